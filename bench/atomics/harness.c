// Counts what read-modify-writes cost, alone and within calls of the kernel; bench/atomics/cost.ts builds it with and without LSE.
// Counted by ../count.h; prints `COUNT name thousandths`.
#include "../count.h"

// The kernel, from TypeScript.
extern i32 atomicCompareExchange(i32 p, i32 expected, i32 v), atomicExchange(i32 p, i32 v), atomicAdd(i32 p, i32 v);
extern i32 atomicOr(i32 p, i32 v), atomicAnd(i32 p, i32 v);
extern i32 regionTableCreate(i32 at, i32 bytes, i32 count), regionTableBytes(i32 count);
extern i32 regionCreate(i32 table, i32 policy, i32 base, i32 bytes), regionSlabBytes(i32 slots, i32 bytes);
extern i32 regionCreateSlab(i32 table, i32 owner, i32 base, i32 bytes, i32 slots, i32 slotBytes);
extern i32 regionSlotAllocate(i32 table, i32 handle, i32 owner), regionSlotFree(i32 table, i32 handle, i32 slot);
extern i32 regionReserve(i32 table, i32 handle, i32 owner, i32 bytes), regionCommit(i32 table, i32 handle, i32 owner, i32 address);
extern i32 queueBytes(i32 config), queueCreate(i32 table, i32 region, i32 config);
extern i32 queueAttachSender(i32 queue, i32 schema), queueDetachSender(i32 sender), queueAttachReceiver(i32 queue);
extern i32 queueSend(i32 sender, i32 priority, i32 source, i32 bytes), queueReceive(i32 receiver, i32 buffer, i32 capacity);

enum { ROUNDS = 256, RING = 64, BYTES = 64, NORMAL = 2, APPEND_ONLY = 2, SLAB = 3, OWNER = 1, SLOTS = 32 };

// One row: instructions of ROUNDS times `work`, less the same loop around nothing, each, in thousandths.
#define ROW(name, work) do { \
  uint64_t empty = LOOP(ROUNDS, {}), spent = LOOP(ROUNDS, work) - empty; \
  put("COUNT " name " "); \
  put_number(spent * 1000 / ROUNDS); \
  put("\n"); \
} while (0)
#define POSITIVE(call) ({ i32 result = (call); if (result <= 0) fail(#call); result; })

static inline i32 *words(i32 address) { return (i32 *)(uintptr_t)(uint32_t)address; }

static i32 make_queue(i32 table, i32 receivers) {
  i32 config = take(64);
  i32 *c = words(config);
  for (int k = 0; k < 16; k++) c[k] = 0;
  c[0] = RING; c[1] = BYTES; c[3] = 2; c[4] = receivers;
  i32 bytes = queueBytes(config);
  return POSITIVE(queueCreate(table, regionCreate(table, SLAB, take(bytes), bytes), config));
}

i32 programStart(void) {
  counter_start();
  area = (boardFreeBase() + 63) & ~63;
  i32 word = take(64), message = take(BYTES), buffer = take(BYTES), bytes = regionTableBytes(8);
  i32 table = regionTableCreate(take(bytes), bytes, 8);
  *words(word) = 7;
  ROW("compare_exchange", EXPECT(atomicCompareExchange(word, 7, 7), 7));
  ROW("compare_exchange_lost", EXPECT(atomicCompareExchange(word, 8, 9), 7));
  ROW("exchange", EXPECT(atomicExchange(word, 7), 7));
  ROW("add", EXPECT(atomicAdd(word, 0), 7));
  ROW("or", EXPECT(atomicOr(word, 1), 7));
  ROW("and", EXPECT(atomicAnd(word, 7), 7));

  i32 one = make_queue(table, 1), two = make_queue(table, 2);
  i32 s1 = POSITIVE(queueAttachSender(one, 0)), r1 = POSITIVE(queueAttachReceiver(one));
  i32 s2 = POSITIVE(queueAttachSender(two, 0)), r2 = POSITIVE(queueAttachReceiver(two));
  ROW("send_recv_one_receiver", EXPECT(queueSend(s1, NORMAL, message, BYTES), 0); EXPECT(queueReceive(r1, buffer, BYTES), BYTES));
  ROW("send_recv_two_receivers", EXPECT(queueSend(s2, NORMAL, message, BYTES), 0); EXPECT(queueReceive(r2, buffer, BYTES), BYTES));
  ROW("attach_detach", EXPECT(queueDetachSender(POSITIVE(queueAttachSender(one, 0))), 0));

  i32 slab_bytes = regionSlabBytes(SLOTS, BYTES);
  i32 slab = POSITIVE(regionCreateSlab(table, OWNER, take(slab_bytes), slab_bytes, SLOTS, BYTES));
  ROW("slot_allocate_free", EXPECT(regionSlotFree(table, slab, POSITIVE(regionSlotAllocate(table, slab, OWNER))), 0));
  i32 log = POSITIVE(regionCreate(table, APPEND_ONLY, take(ROUNDS * BYTES), ROUNDS * BYTES));
  ROW("reserve_commit", if (regionCommit(table, log, OWNER, POSITIVE(regionReserve(table, log, OWNER, BYTES))) < 0) fail("regionCommit"));
  put("COUNTED\n");
  return boardExit(0);
}

i32 programTask(i32 role, i32 argument) { return role & argument & 0; }
i32 programTimer(void) { return 0; }
