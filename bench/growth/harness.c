// How the cost of a send and a receive grows: with the message, the ring, the senders and the priorities. Counted by ../count.h;
// prints `GROWTH series parameter thousandths` for bench/growth/growth.ts.
#include "../count.h"

// The kernel, from TypeScript.
extern i32 regionTableCreate(i32 at, i32 bytes, i32 count), regionTableBytes(i32 count);
extern i32 regionCreate(i32 table, i32 policy, i32 base, i32 bytes);
extern i32 queueBytes(i32 config), queueCreate(i32 table, i32 region, i32 config);
extern i32 queueAttachSender(i32 queue, i32 schema), queueAttachReceiver(i32 queue);
extern i32 queueSend(i32 sender, i32 priority, i32 source, i32 bytes), queueReceive(i32 receiver, i32 buffer, i32 capacity);

enum { BYTES = 64, RING = 64, SLAB = 3, SENDERS = 8, PRIORITIES = 4, LOW = 3, LONGEST = 1 << 20 };

// One row: instructions of `rounds` times `work`, less those of the loop around nothing, per `per` pairs, in thousandths.
#define ROW(series, parameter, rounds, per, work) do { \
  uint64_t empty = LOOP(rounds, {}), spent = LOOP(rounds, work) - empty; \
  put("GROWTH " series " "); \
  put_number(parameter); \
  put(" "); \
  put_number(spent * 1000 / ((uint64_t)(rounds) * (per))); \
  put("\n"); \
} while (0)

static i32 memory, table, message, buffer;

// A queue in the same memory each time.
typedef struct { i32 senders[SENDERS], receiver; } Queue;
static Queue make_queue(i32 ring, i32 bytes, i32 senders) {
  Queue made;
  area = memory;
  i32 count = regionTableBytes(4), config;
  table = regionTableCreate(take(count), count, 4);
  config = take(32);
  i32 *c = (i32 *)(uintptr_t)(uint32_t)config;
  c[0] = ring; c[1] = bytes; c[2] = 0; c[3] = senders; c[4] = 1; c[5] = 0; c[6] = 0;
  i32 needed = queueBytes(config), queue = queueCreate(table, regionCreate(table, SLAB, take(needed), needed), config);
  if (queue < 0) fail("queueCreate");
  for (int k = 0; k < senders; k++) made.senders[k] = queueAttachSender(queue, 0);
  made.receiver = queueAttachReceiver(queue);
  return made;
}
static void pair(const Queue *q, int sender, i32 priority, i32 bytes) {
  EXPECT(queueSend(q->senders[sender], priority, message, bytes), 0);
  EXPECT(queueReceive(q->receiver, buffer, bytes), bytes);
}

static void grow_message(void) {
  for (i32 bytes = 8; bytes <= LONGEST; bytes *= 2) {
    Queue q = make_queue(4, bytes, 1);
    pair(&q, 0, LOW, bytes);
    int rounds = bytes > 65536 ? 4 : 64;
    ROW("message", (uint64_t)bytes, rounds, 1, pair(&q, 0, LOW, bytes));
  }
}
static void grow_ring(void) {
  for (i32 ring = 16; ring <= 65536; ring *= 4) {
    Queue q = make_queue(ring, BYTES, 1);
    pair(&q, 0, LOW, BYTES);
    // Once around, so that the wrap is in.
    ROW("ring", (uint64_t)ring, ring, 1, pair(&q, 0, LOW, BYTES));
    // And filled, then emptied: every look at the other side's line is in.
    ROW("ring_full", (uint64_t)ring, 1, ring, {
      for (i32 k = 0; k < ring; k++) EXPECT(queueSend(q.senders[0], LOW, message, BYTES), 0);
      for (i32 k = 0; k < ring; k++) EXPECT(queueReceive(q.receiver, buffer, BYTES), BYTES);
    });
  }
}
static void grow_senders(void) {
  for (i32 senders = 1; senders <= SENDERS; senders++) {
    Queue q = make_queue(RING, BYTES, senders);
    pair(&q, 0, LOW, BYTES);
    ROW("senders_declared", (uint64_t)senders, 64, 1, pair(&q, 0, LOW, BYTES));
    for (i32 k = 0; k < senders; k++) pair(&q, k, LOW, BYTES);
    // One of them sends, the others did: the receive looks at each of their empty lanes first.
    ROW("senders_idle", (uint64_t)senders, 64, 1, pair(&q, 0, LOW, BYTES));
    // All send in turn.
    ROW("senders_turns", (uint64_t)senders, 64, senders, for (i32 k = 0; k < senders; k++) pair(&q, k, LOW, BYTES));
    // All have messages queued.
    ROW("senders_busy", (uint64_t)senders, 64, 4 * senders, {
      for (i32 k = 0; k < 4 * senders; k++) EXPECT(queueSend(q.senders[k % senders], LOW, message, BYTES), 0);
      for (i32 k = 0; k < 4 * senders; k++) EXPECT(queueReceive(q.receiver, buffer, BYTES), BYTES);
    });
  }
}
static void grow_priorities(void) {
  for (i32 used = 1; used <= PRIORITIES; used++) {
    Queue q = make_queue(RING, BYTES, 1);
    for (i32 k = 0; k < used; k++) pair(&q, 0, LOW - k, BYTES);
    // A message of the least urgent: the receive looks at every more urgent lane that was ever used.
    ROW("priorities_low", (uint64_t)used, 64, 1, pair(&q, 0, LOW, BYTES));
    ROW("priorities_spread", (uint64_t)used, 64, used, for (i32 k = 0; k < used; k++) pair(&q, 0, LOW - k, BYTES));
  }
}

i32 programStart(void) {
  counter_start();
  area = (boardFreeBase() + 63) & ~63;
  message = take(LONGEST);
  buffer = take(LONGEST);
  memory = area;
  grow_message();
  grow_ring();
  grow_senders();
  grow_priorities();
  put("COUNTED\n");
  return boardExit(0);
}

i32 programTask(i32 role, i32 argument) { return role & argument & 0; }
i32 programTimer(void) { return 0; }
