/*
 * The host runtime: what boot and src/board are on bare metal, for native builds that run as a Linux process in tests.
 *
 *   clang -O2 -no-pie NAME.o host.c -lpthread -o NAME        (NAME.o from src/lower with --target host)
 *   ./NAME [FILE]      maps RAM, maps FILE read-only, calls kernelModuleInit if there is one, then hostMain()
 *
 * The program exports hostMain(ramBase, ramBytes, fileBase, fileBytes): i32, the exit status; or the test brings its own main
 * and calls hostMap. Addresses are those of the bare-metal map: RAM at 0x20000000, the file at 0x60000000. HOST_RAM_MIB sets the size.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define RAM_BASE 0x20000000u
#define FILE_BASE 0x60000000u
#define WAIT_WOKEN 0
#define WAIT_CHANGED 1
#define WAIT_TIMED_OUT 2

static int *word(int32_t p, int32_t off) { return (int *)((uintptr_t)(uint32_t)p + (intptr_t)off); }

/* Sleeps while the word equals `expected`: the kernel compares and sleeps in one step. Spurious returns count as woken. */
int32_t kernelWait32(int32_t p, int32_t off, int32_t expected, int32_t microseconds) {
  struct timespec limit = {microseconds / 1000000, microseconds % 1000000 * 1000L};
  if (__atomic_load_n(word(p, off), __ATOMIC_SEQ_CST) != expected) return WAIT_CHANGED;
  long r = syscall(SYS_futex, word(p, off), FUTEX_WAIT, expected, microseconds < 0 ? NULL : &limit, NULL, 0);
  if (r == 0) return WAIT_WOKEN;
  if (__atomic_load_n(word(p, off), __ATOMIC_SEQ_CST) != expected) return WAIT_CHANGED;
  extern int *__errno_location(void);
  return *__errno_location() == 110 /* ETIMEDOUT */ ? WAIT_TIMED_OUT : WAIT_WOKEN;
}

int32_t kernelNotify32(int32_t p, int32_t off, int32_t count) {
  return (int32_t)syscall(SYS_futex, word(p, off), FUTEX_WAKE, count < 0 ? INT32_MAX : count, NULL, NULL, 0);
}

/* Makes every running thread of the process pass a full fence (membarrier(2), Linux 4.14). The first call registers the process. */
void machineFenceAll(void) {
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0) return;
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0
      && syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0) return;
  fputs("halt: this Linux has no membarrier(2), by which a receiver goes to sleep\n", stderr);
  exit(1);
}

uint64_t machineTicks(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
uint64_t machineTicksPerSecond(void) { return 1000000000u; }

int32_t boardConsoleByte(int32_t v) {
  putchar(v & 255);
  if (v == '\n') fflush(stdout);
  return 0;
}

int32_t boardHalt(int32_t where, int32_t number) {
  fflush(stdout);
  fprintf(stderr, "halt: %s %d\n", (const char *)(uintptr_t)(uint32_t)where, number);
  abort();
}

/* Maps `bytes` of zeroed RAM at `base`. Exits with a message if the place is taken. */
void hostMap(uint32_t base, uint32_t bytes) {
  void *at = (void *)(uintptr_t)base;
  if (mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0) != at) {
    perror("hostMap");
    exit(2);
  }
}

static uint32_t mapFile(const char *name) {
  struct stat status;
  int file = open(name, O_RDONLY);
  if (file < 0 || fstat(file, &status) != 0) {
    perror(name);
    exit(2);
  }
  void *at = (void *)(uintptr_t)FILE_BASE;
  if (status.st_size > 0 && mmap(at, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE, file, 0) != at) {
    perror(name);
    exit(2);
  }
  close(file);
  return (uint32_t)status.st_size;
}

extern void kernelModuleInit(void) __attribute__((weak));
extern int32_t hostMain(int32_t, int32_t, int32_t, int32_t) __attribute__((weak));

__attribute__((weak)) int main(int argc, char **argv) {
  const char *mib = getenv("HOST_RAM_MIB");
  uint32_t bytes = (mib ? (uint32_t)atoi(mib) : 64u) << 20;
  hostMap(RAM_BASE, bytes);
  uint32_t fileBytes = argc > 1 ? mapFile(argv[1]) : 0;
  if (kernelModuleInit) kernelModuleInit();
  int32_t status = hostMain ? hostMain((int32_t)RAM_BASE, (int32_t)bytes, fileBytes ? (int32_t)FILE_BASE : 0, (int32_t)fileBytes) : 2;
  fflush(stdout);
  return status;
}
