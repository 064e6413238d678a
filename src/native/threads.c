/*
 * The storm on host threads: maps the memory of the run from a file, so that another process can read the history, and runs rounds.
 *
 *   threads FILE BYTES SENDERS RECEIVERS RING MAX COMPLETIONS START COUNT SEED PATIENCE ROUNDS [ask]
 *
 * One thread for each sender and receiver, started anew each round. After a round: "round N STATUS" on standard output; with `ask`
 * it goes on when a line comes in. Exit status 1 if a round ended with a status that is not 0, 2 if it could not begin.
 * Linked with the kernel and the storm (src/native/storm/host.ts) and src/lower/runtime/host.c.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define AREA 0x20000000u
#define WORDS_FROM 4 /* PLAN_SENDERS / 4, and the words behind it in the order of the arguments */

extern int32_t stormCreate(int32_t at, int32_t bytes), stormEnd(int32_t plan);
extern int32_t stormRound(int32_t plan), stormSend(int32_t plan, int32_t number), stormReceive(int32_t plan, int32_t number);

static int32_t senders;

static void *context(void *argument) {
  int32_t index = (int32_t)(intptr_t)argument;
  if (index < senders) stormSend((int32_t)AREA, index);
  else stormReceive((int32_t)AREA, index - senders);
  return NULL;
}

static int fail(const char *what) {
  perror(what);
  return 2;
}

int main(int count, char **words) {
  if (count < 13) return fprintf(stderr, "threads: too few arguments\n"), 2;
  int32_t bytes = atoi(words[2]), rounds = atoi(words[12]), contexts;
  int file = open(words[1], O_RDWR | O_CREAT, 0644);
  if (file < 0 || ftruncate(file, bytes) != 0) return fail(words[1]);
  int32_t *area = mmap((void *)(uintptr_t)AREA, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, file, 0);
  if (area != (void *)(uintptr_t)AREA) return fail("mmap");
  for (int k = 0; k < 9; k++) area[WORDS_FROM + k] = (int32_t)strtoll(words[3 + k], NULL, 10);
  senders = area[WORDS_FROM];
  contexts = senders + area[WORDS_FROM + 1];
  int32_t status = stormCreate((int32_t)AREA, bytes);
  if (status < 0) return fprintf(stderr, "stormCreate: %d\n", status), 2;
  for (int32_t round = 0; round < rounds; round++) {
    pthread_t threads[64];
    stormRound((int32_t)AREA);
    for (int32_t k = 0; k < contexts; k++) {
      if (pthread_create(&threads[k], NULL, context, (void *)(intptr_t)k) != 0) return fail("pthread_create");
    }
    for (int32_t k = 0; k < contexts; k++) pthread_join(threads[k], NULL);
    status = stormEnd((int32_t)AREA);
    printf("round %d %d\n", round, status);
    fflush(stdout);
    if (status != 0) return 1;
    char line[64];
    if (count > 13 && round + 1 < rounds && fgets(line, sizeof line, stdin) == NULL) return 0;
  }
  return 0;
}
