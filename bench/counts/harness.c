// Counts instructions per operation, on bare metal under -icount: programStart of the image that bench/main.ts boots.
#include "../count.h"
#include "../hand/queue.h"

// The kernel, from TypeScript.
extern i32 regionTableCreate(i32 at, i32 bytes, i32 count), regionTableBytes(i32 count);
extern i32 regionCreate(i32 table, i32 policy, i32 base, i32 bytes), regionAppend(i32 table, i32 handle, i32 source, i32 bytes);
extern i32 queueBytes(i32 config), queueCreate(i32 table, i32 region, i32 config);
extern i32 queueAttachSender(i32 queue, i32 schema), queueAttachReceiver(i32 queue);
extern i32 queueSend(i32 sender, i32 priority, i32 source, i32 bytes), queueSendDescriptor(i32 sender, i32 priority, i32 record);
extern i32 queueReserve(i32 sender, i32 priority, i32 bytes), queueCommit(i32 sender, i32 bytes), queueView(i32 receiver), queueRelease(i32 receiver);
extern i32 queueReceive(i32 receiver, i32 buffer, i32 capacity);
extern i32 queueSendBatch(i32 sender, i32 priority, i32 list, i32 count), queueReceiveBatch(i32 receiver, i32 list, i32 count);
extern i32 queueSendArray(i32 sender, i32 priority, i32 source, i32 bytes, i32 count);
extern i32 queueReceiveArray(i32 receiver, i32 buffer, i32 bytes, i32 count);
extern i32 schemaValidate(i32 program, i32 at, i32 bytes, i32 scratch);
extern i32 capSystemBytes(void), capSystemCreate(i32 at, i32 bytes, i32 table), capRegionCreate(i32 space, i32 cap, i32 policy, i32 base, i32 bytes);
extern i32 capQueueCreate(i32 space, i32 cap, i32 config), capAttachSender(i32 space, i32 cap, i32 schema, i32 submits);
extern i32 capSend(i32 space, i32 cap, i32 priority, i32 source, i32 bytes);
// Of records.wit, from bench/counts/records.ts and validators.ts.
extern i32 storeReadingProgram(i32 at), storeEmbeddingProgram(i32 at);
extern i32 isReadingMessage(i32 at, i32 bytes, i32 scratch), isEmbeddingMessage(i32 at, i32 bytes, i32 scratch);

enum { ROUNDS = 1024, RING = 64, BYTES = 64, BATCH = 32, NORMAL = 2, LOW = 3, APPEND_ONLY = 2, SLAB = 3 };
enum { FLOATS = 768, FLOATS_BYTES = 8 + 4 * FLOATS };

// One row: instructions of ROUNDS times `work`, less the same loop around nothing, per `per` operations, in thousandths.
#define ROW(name, per, work) do { \
  uint64_t spent = LOOP(ROUNDS, work); \
  spent -= LOOP(ROUNDS, {}); /* afterwards: no register is kept for it meanwhile */ \
  put("COUNT " name " "); \
  put_number(spent * 1000 / (ROUNDS * (per))); \
  put("\n"); \
} while (0)

static inline void *at(i32 address) { return (void *)(uintptr_t)(uint32_t)address; }

static i32 make_config(i32 senders) {
  i32 config = take(40);
  i32 *c = at(config);
  c[0] = RING; c[1] = BYTES; c[2] = 0; c[3] = senders; c[4] = 1; c[5] = 0; c[6] = 0; c[7] = 0; c[8] = 0; c[9] = 0;
  return config;
}
static i32 make_queue(i32 table, i32 senders) {
  i32 config = make_config(senders), bytes = queueBytes(config);
  i32 queue = queueCreate(table, regionCreate(table, SLAB, take(bytes), bytes), config);
  if (queue < 0) fail("queueCreate");
  return queue;
}

static i32 message, buffer, record, list;

// Each row has a queue of its own: a receive looks at every lane that was ever used.
static void count_kernel(i32 table, i32 append) {
  i32 single = make_queue(table, 1), many = make_queue(table, 4), four = make_queue(table, 1), named = make_queue(table, 1);
  i32 s1 = queueAttachSender(single, 0), r1 = queueAttachReceiver(single);
  i32 s4 = queueAttachSender(many, 0), r4 = queueAttachReceiver(many);
  i32 sf = queueAttachSender(four, 0), rf = queueAttachReceiver(four);
  i32 sn = queueAttachSender(named, 0), rn = queueAttachReceiver(named);
  ROW("send_recv_64_single", 1, queueSend(s1, NORMAL, message, BYTES); EXPECT(queueReceive(r1, buffer, BYTES), BYTES));
  ROW("send_recv_64_many", 1, queueSend(s4, NORMAL, message, BYTES); EXPECT(queueReceive(r4, buffer, BYTES), BYTES));
  ROW("reserve_commit_view", 1, EXPECT(queueReserve(s1, NORMAL, BYTES) > 0, 1); EXPECT(queueCommit(s1, BYTES), 0);
      EXPECT(queueView(r1) > 0, 1); EXPECT(queueRelease(r1), BYTES));
  ROW("empty_poll", 1, EXPECT(queueReceive(r1, buffer, BYTES), EMPTY));
  for (int k = 0; k < 4; k++) { queueSend(sf, k, message, BYTES); queueReceive(rf, buffer, BYTES); }
  ROW("send_recv_64_lowest_of_four", 1, queueSend(sf, LOW, message, BYTES); EXPECT(queueReceive(rf, buffer, BYTES), BYTES));
  ROW("empty_poll_four", 1, EXPECT(queueReceive(rf, buffer, BYTES), EMPTY));
  i32 s4b = queueAttachSender(many, 0), s4c = queueAttachSender(many, 0), s4d = queueAttachSender(many, 0);
  ROW("send_recv_64_four_senders", 4, queueSend(s4, NORMAL, message, BYTES); queueSend(s4b, NORMAL, message, BYTES);
      queueSend(s4c, NORMAL, message, BYTES); queueSend(s4d, NORMAL, message, BYTES);
      for (int k = 0; k < 4; k++) EXPECT(queueReceive(r4, buffer, BYTES), BYTES));
  i32 *d = at(record);
  d[0] = append; d[1] = 64; d[2] = 128; d[3] = 0; d[4] = 0; d[5] = 0;
  ROW("descriptor_checked", 1, queueSendDescriptor(sn, NORMAL, record); EXPECT(queueReceive(rn, buffer, BYTES), 24));
  i32 *b = at(list);
  for (int k = 0; k < BATCH; k++) { b[6 * k] = message; b[6 * k + 1] = BYTES; }
  ROW("batch32_64_per_message", BATCH,
      EXPECT(queueSendBatch(s1, NORMAL, list, BATCH), BATCH); EXPECT(queueReceiveBatch(r1, list, BATCH), BATCH));
  i32 sources = take(BATCH * BYTES), places = take(BATCH * BYTES);
  ROW("array32_64_per_message", BATCH, EXPECT(queueSendArray(s1, NORMAL, sources, BYTES, BATCH), BATCH);
      EXPECT(queueReceiveArray(r1, places, BYTES, BATCH), BATCH));
  for (int k = 0; k < RING; k++) queueSend(s1, NORMAL, message, BYTES);
  ROW("send_full", 1, EXPECT(queueSend(s1, NORMAL, message, BYTES), FULL));
}

// A send that looks at its capability first, with the receive of any.
static void count_capability(i32 table) {
  i32 config = make_config(1), bytes = queueBytes(config), queue = take(bytes), system = capSystemBytes();
  i32 space = capSystemCreate(take(system), system, table);
  i32 cap = capQueueCreate(space, capRegionCreate(space, 65, SLAB, queue, bytes), config);
  i32 place = capAttachSender(space, cap, 0, 0), receiver = queueAttachReceiver(queue);
  if (place < 0 || receiver < 0) fail("a queue by capability");
  ROW("cap_send_recv_64", 1, capSend(space, place, NORMAL, message, BYTES); EXPECT(queueReceive(receiver, buffer, BYTES), BYTES));
}

// A record of 64 bytes and a list of 768 floats, through the interpreter and through the generated validators.
static void count_schema(void) {
  i32 reading = take(128), embedding = take(128), scratch = take(192), flat = take(64), floats = take(FLOATS_BYTES);
  storeReadingProgram(reading);
  storeEmbeddingProgram(embedding);
  uint8_t *f = at(flat);
  for (int k = 0; k < 60; k++) f[k] = (uint8_t)(k * 7);
  f[60] = 255; f[61] = 1; f[62] = 4; f[63] = 1;
  i32 *v = at(floats);
  v[0] = 8; v[1] = FLOATS;
  EXPECT(schemaValidate(reading, flat, 64, scratch), 0);
  EXPECT(isReadingMessage(flat, 64, scratch), 1);
  EXPECT(schemaValidate(embedding, floats, FLOATS_BYTES, scratch), 0);
  EXPECT(isEmbeddingMessage(floats, FLOATS_BYTES, scratch), 1);
  ROW("validate_64_interpreted", 1, schemaValidate(reading, flat, 64, scratch));
  ROW("validate_64_generated", 1, isReadingMessage(flat, 64, scratch));
  ROW("validate_768_floats_interpreted", 1, schemaValidate(embedding, floats, FLOATS_BYTES, scratch));
  ROW("validate_768_floats_generated", 1, isEmbeddingMessage(floats, FLOATS_BYTES, scratch));
}

static void count_hand(void) {
  Table *table = at(take(64 + 64));
  table->count = 1;
  Region *region = &table->regions[0];
  region->handle = 256; region->limit = 1025;
  Queue *single = hand_create(at(take(65536)), table, RING, BYTES, 1);
  Queue *many = hand_create(at(take(262144)), table, RING, BYTES, 4);
  uintptr_t s1 = single->sender[0].handle, r1 = single->receiver.handle;
  Queue *named = hand_create(at(take(65536)), table, RING, BYTES, 1);
  uintptr_t sn = named->sender[0].handle, rn = named->receiver.handle;
  uintptr_t s4 = many->sender[0].handle, r4 = many->receiver.handle;
  void *m = at(message), *out = at(buffer);
  ROW("hand_send_recv_64_single", 1, hand_send(s1, NORMAL, m, BYTES); EXPECT(hand_receive(r1, out, BYTES), BYTES));
  ROW("hand_send_recv_64_many", 1, hand_send(s4, NORMAL, m, BYTES); EXPECT(hand_receive(r4, out, BYTES), BYTES));
  Descriptor *d = at(record);
  d->region = 256; d->length = 64; d->offset_low = 128;
  ROW("hand_descriptor_checked", 1, hand_send_descriptor(sn, NORMAL, d); EXPECT(hand_receive(rn, out, BYTES), 24));
  ROW("hand_empty_poll", 1, EXPECT(hand_receive(r1, out, BYTES), EMPTY));
  for (int k = 0; k < RING; k++) hand_send(s1, NORMAL, m, BYTES);
  ROW("hand_send_full", 1, EXPECT(hand_send(s1, NORMAL, m, BYTES), FULL));
}

i32 programStart(void) {
  counter_start();
  area = (boardFreeBase() + 63) & ~63;
  message = take(BYTES);
  buffer = take(BYTES);
  record = take(64);
  list = take(BATCH * 24);
  for (int k = 0; k < BYTES; k++) ((uint8_t *)at(message))[k] = (uint8_t)(k * 7);
  i32 bytes = regionTableBytes(8), table = regionTableCreate(take(bytes), bytes, 8);
  i32 store = take(4096), append = regionCreate(table, APPEND_ONLY, store, 4096), content = take(1024);
  EXPECT(regionAppend(table, append, content, 1024), 0);
  count_kernel(table, append);
  count_capability(table);
  count_schema();
  count_hand();
  put("COUNTED\n");
  return boardExit(0);
}

i32 programTask(i32 role, i32 argument) { return role & argument & 0; }
i32 programTimer(void) { return 0; }
