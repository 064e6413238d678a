// How the cost of a send and a receive grows: with the message, the ring, the senders and the priorities. Counted as in
// ../counts/harness.c, by INST_RETIRED under -icount; prints `GROWTH series parameter thousandths` for bench/growth.ts.
#include <stdint.h>

typedef int32_t i32;

// The kernel, from TypeScript, and the board.
extern i32 regionTableCreate(i32 at, i32 bytes, i32 count), regionTableBytes(i32 count);
extern i32 regionCreate(i32 table, i32 policy, i32 base, i32 bytes);
extern i32 queueBytes(i32 config), queueCreate(i32 table, i32 region, i32 config);
extern i32 queueAttachSender(i32 queue, i32 schema), queueAttachReceiver(i32 queue);
extern i32 queueSend(i32 sender, i32 priority, i32 source, i32 bytes), queueReceive(i32 receiver, i32 buffer, i32 capacity);
extern i32 boardFreeBase(void), boardConsoleByte(i32 byte), boardExit(i32 code);

enum { BYTES = 64, RING = 64, SLAB = 3, SENDERS = 8, PRIORITIES = 4, LOW = 3, LONGEST = 1 << 20 };

static void put(const char *s) { while (*s) boardConsoleByte(*s++); }
static void put_number(uint64_t v) {
  char digits[24];
  int n = 0;
  do { digits[n++] = (char)('0' + v % 10); v /= 10; } while (v);
  while (n) boardConsoleByte(digits[--n]);
}
static void fail(const char *what) { put("FAILED "); put(what); put("\n"); boardExit(1); }

static void counter_start(void) {
  uint64_t events;
  __asm__ volatile("mrs %0, pmceid0_el0" : "=r"(events));
  if (!(events >> 8 & 1)) fail("no INST_RETIRED: not under -icount");
  __asm__ volatile("msr pmevtyper0_el0, %0; msr pmccfiltr_el0, xzr; msr pmcntenset_el0, %1; msr pmcr_el0, %2; isb"
                   :: "r"(0x08ul), "r"(0x80000001ul), "r"(0x47ul));
}
static inline uint64_t counter(void) {
  uint64_t v;
  __asm__ volatile("isb; mrs %0, pmevcntr0_el0" : "=r"(v) :: "memory");
  return v & 0xffffffffu;
}

// One row: instructions of `rounds` times `work`, less those of the loop around nothing, per `per` pairs, in thousandths.
#define LOOP(rounds, work) ({ \
  uint64_t from = counter(); \
  for (int round = 0; round < (rounds); round++) { __asm__ volatile("" ::: "memory"); work; } \
  counter() - from; \
})
#define ROW(series, parameter, rounds, per, work) do { \
  uint64_t empty = LOOP(rounds, {}), spent = LOOP(rounds, work) - empty; \
  put("GROWTH " series " "); \
  put_number(parameter); \
  put(" "); \
  put_number(spent * 1000 / ((uint64_t)(rounds) * (per))); \
  put("\n"); \
} while (0)
#define EXPECT(call, value) do { if ((call) != (value)) fail(#call); } while (0)

static i32 area, memory, table, message, buffer;
static i32 take(i32 bytes) { i32 at = area; area += (bytes + 63) & ~63; return at; }

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
