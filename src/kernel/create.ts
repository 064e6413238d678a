/**
 * Making a queue: sizes, and every word of its memory.
 *
 * Role: once per queue, before anybody else knows its address. Memory: all of the queue's. Units: bytes.
 * Fails: BAD_CONFIG, BAD_ARGUMENT, NO_MEMORY, STALE_REGION, POLICY: the memory is untouched. BAD_SCHEMA: no queue, but the
 *   program's part of the memory has been used to check it.
 * Elsewhere: layout.ts draws the result. Checked by: test/unit/create.test.ts.
 */
import { fillBytes, load32, store32 } from '#machine';
import { attachReceiver, attachSender } from './attach.ts';
import { countIsPowerOfTwo, countRoundUp } from './count.ts';
import {
  COMPLETION_BYTES, CONFIG_COMPLETIONS, CONFIG_MAX_MESSAGE_BYTES, CONFIG_RECEIVERS, CONFIG_RING_SIZE, CONFIG_SCHEMA,
  CONFIG_SENDERS, CONFIG_START, LINE_BYTES, POLICY_SLAB, PRIORITY_COUNT, QUEUE_COMPLETIONS, QUEUE_COMPLETION_QUEUES,
  QUEUE_COMPLETION_STRIDE_BYTES, QUEUE_HEADER_BYTES, QUEUE_IS_COMPLETION, QUEUE_MAX_MESSAGE_BYTES, QUEUE_LANES,
  QUEUE_LANE_MASK, QUEUE_LANE_SHIFT, QUEUE_USED_WORDS, QUEUE_RECEIVERS, QUEUE_RECEIVER_BLOCKS, QUEUE_REGIONS,
  QUEUE_RING_SIZE, QUEUE_SCHEMA, QUEUE_SELF, QUEUE_SENDERS, RECEIVERS_MAX, RECEIVER_BIT, RECEIVER_BYTES, RECEIVER_INDEX,
  RECEIVER_QUEUE, RECEIVER_TURN, RING_BYTES, RING_SLOTS_MAX, SENDERS_MAX, SENDER_BELL, SENDER_BIT, SENDER_BYTES,
  SENDER_INDEX, SENDER_MAX_BYTES, SENDER_RINGS, SENDER_RING_STRIDE_BYTES, SENDER_QUEUE, SENDER_REGIONS, SLOT_USER_BYTES,
} from './layout.ts';
import { laneRing } from './path/3-lane.ts';
import { queueBell } from './path/5-wake.ts';
import { regionAddress, regionCommitted, regionHost, regionPolicy } from './region.ts';
import { ringCreate, ringSlotsBytes } from './ring.ts';
import { typedBind, typedBytes, typedPrepare } from './schema/bind.ts';
import { STATUS_BAD_ARGUMENT, STATUS_BAD_CONFIG, STATUS_NO_MEMORY, STATUS_POLICY } from './status.ts';

/** Largest memory a queue may need: every address stays below 2^31. */
const QUEUE_BYTES_MAX = 0x40000000;

const userBytes = (completions: i32): i32 => (completions === 0 ? 0 : SLOT_USER_BYTES);

/** log2 of the lanes per priority: enough for all senders. */
const laneShift = (senders: i32): i32 => (32 - Math.clz32((senders - 1) | 0)) | 0;

/** From the queue's address to its first ring. */
const lanesOffset = (senders: i32, receivers: i32): i32 =>
  (QUEUE_HEADER_BYTES + Math.imul(senders, SENDER_BYTES) + Math.imul(receivers, RECEIVER_BYTES)) | 0;

/** Bytes of everything before the slots. */
const blocksBytes = (senders: i32, receivers: i32): i32 =>
  (lanesOffset(senders, receivers) + Math.imul(PRIORITY_COUNT << laneShift(senders), RING_BYTES)) | 0;

/** `each` times `times`, or STATUS_BAD_CONFIG above QUEUE_BYTES_MAX or if `each` is a status. */
const boundedTimes = (each: i32, times: i32): i32 => {
  if (each < 0 || each > ((QUEUE_BYTES_MAX / times) | 0)) return STATUS_BAD_CONFIG;
  return Math.imul(each, times);
};

/** Bytes of a queue without its completion queues. */
const plainBytes = (ringSize: i32, maxBytes: i32, senders: i32, receivers: i32, completions: i32): i32 => {
  if (senders < 1 || senders > SENDERS_MAX || receivers < 1 || receivers > RECEIVERS_MAX) return STATUS_BAD_CONFIG;
  if (completions !== 0 && (!countIsPowerOfTwo(completions) || completions > RING_SLOTS_MAX)) return STATUS_BAD_CONFIG;
  const slots = boundedTimes(ringSlotsBytes(ringSize, maxBytes, userBytes(completions)), senders * PRIORITY_COUNT | 0);
  if (slots < 0) return slots;
  return (blocksBytes(senders, receivers) + slots) | 0;
};

/** Bytes of one completion queue: its senders are the receivers. */
const completionBytes = (receivers: i32, completions: i32): i32 => plainBytes(completions, COMPLETION_BYTES, receivers, 1, 0);

/** Bytes of a queue without the part of its schema. */
const untypedBytes = (config: i32): i32 => {
  const senders = load32(config, CONFIG_SENDERS);
  const receivers = load32(config, CONFIG_RECEIVERS);
  const completions = load32(config, CONFIG_COMPLETIONS);
  const ringSize = load32(config, CONFIG_RING_SIZE);
  const plain = plainBytes(ringSize, load32(config, CONFIG_MAX_MESSAGE_BYTES), senders, receivers, completions);
  if (plain < 0 || completions === 0) return plain;
  const queues = boundedTimes(completionBytes(receivers, completions), senders);
  if (queues < 0 || queues > ((QUEUE_BYTES_MAX - plain) | 0)) return STATUS_BAD_CONFIG;
  return (plain + queues) | 0;
};

/** Bytes that a queue with the configuration at `config` (layout.ts, CONFIG_*) needs. */
export const queueSize = (config: i32): i32 => {
  const untyped = untypedBytes(config);
  const typed = untyped < 0 ? 0 : typedBytes(config);
  if (typed < 0) return typed;
  return typed === 0 ? untyped : (countRoundUp(untyped, LINE_BYTES) + typed) | 0;
};

/** Fills the memory at `at` with a queue that has no completion queues yet. The parameters have been checked. */
const createPlain = (
  at: i32, regions: i32, ringSize: i32, maxBytes: i32, schema: i32, senders: i32, receivers: i32, completions: i32, start: i32,
): void => {
  const shared = receivers > 1 ? 1 : 0;
  const shift = laneShift(senders);
  const receiverBlocks = (at + QUEUE_HEADER_BYTES + Math.imul(senders, SENDER_BYTES)) | 0;
  fillBytes(at, blocksBytes(senders, receivers), 0);
  store32(at, QUEUE_RING_SIZE, ringSize);
  store32(at, QUEUE_MAX_MESSAGE_BYTES, maxBytes);
  store32(at, QUEUE_SCHEMA, schema);
  store32(at, QUEUE_SENDERS, senders);
  store32(at, QUEUE_RECEIVERS, receivers);
  store32(at, QUEUE_COMPLETIONS, completions);
  store32(at, QUEUE_REGIONS, regions);
  store32(at, QUEUE_RECEIVER_BLOCKS, receiverBlocks);
  store32(at, QUEUE_LANES, (at + lanesOffset(senders, receivers)) | 0);
  store32(at, QUEUE_LANE_SHIFT, shift);
  store32(at, QUEUE_LANE_MASK, -1 << (32 - (1 << shift)));
  store32(at, QUEUE_USED_WORDS, ((PRIORITY_COUNT << shift) + 31) >> 5);
  for (let index = 0; index < receivers; index++) {
    const receiver = (receiverBlocks + Math.imul(index, RECEIVER_BYTES)) | 0;
    store32(receiver, RECEIVER_QUEUE, at);
    store32(receiver, RECEIVER_INDEX, index);
    store32(receiver, RECEIVER_BIT, 1 << index);
    store32(receiver, RECEIVER_TURN, -1);
  }
  const laneBytes = ringSlotsBytes(ringSize, maxBytes, userBytes(completions));
  let slots = (at + blocksBytes(senders, receivers)) | 0;
  for (let index = 0; index < senders; index++) {
    const sender = (at + QUEUE_HEADER_BYTES + Math.imul(index, SENDER_BYTES)) | 0;
    store32(sender, SENDER_QUEUE, at);
    store32(sender, SENDER_BELL, queueBell(at));
    store32(sender, SENDER_INDEX, index);
    store32(sender, SENDER_BIT, 0x80000000 >>> index | 0);
    store32(sender, SENDER_MAX_BYTES, maxBytes);
    store32(sender, SENDER_RINGS, laneRing(at, index, 0));
    store32(sender, SENDER_RING_STRIDE_BYTES, RING_BYTES << shift);
    store32(sender, SENDER_REGIONS, regions);
    for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
      ringCreate(laneRing(at, index, priority), slots, ringSize, maxBytes, userBytes(completions), shared, start);
      slots = (slots + laneBytes) | 0;
    }
  }
  store32(at, QUEUE_SELF, ~at);
};

/**
 * Gives every sender its completion queue, with all its senders (our receivers) attached, and its one receiver's place
 * taken.
 */
const createCompletions = (at: i32, first: i32, senders: i32, receivers: i32, completions: i32, start: i32): void => {
  const bytes = completionBytes(receivers, completions);
  store32(at, QUEUE_COMPLETION_QUEUES, first);
  store32(at, QUEUE_COMPLETION_STRIDE_BYTES, bytes);
  for (let index = 0; index < senders; index++) {
    const queue = (first + Math.imul(index, bytes)) | 0;
    createPlain(queue, 0, completions, COMPLETION_BYTES, 0, receivers, 1, 0, start);
    store32(queue, QUEUE_IS_COMPLETION, 1);
    for (let receiver = 0; receiver < receivers; receiver++) attachSender(queue, 0, 0);
    attachReceiver(queue);
  }
};

/**
 * Makes a queue in the Slab region `region`, at its base, which must be line aligned. `regions` is the table in which
 * the queue looks up the regions of descriptors, and `region` too. Returns the queue's address.
 */
export const queueMake = (regions: i32, region: i32, config: i32): i32 => {
  const needed = queueSize(config);
  if (needed < 0) return needed;
  const policy = regionPolicy(regions, region);
  if (policy < 0) return policy;
  if (policy !== POLICY_SLAB) return STATUS_POLICY;
  if (regionCommitted(regions, region) < needed) return STATUS_NO_MEMORY;
  const at = regionAddress(regions, region, 0, needed);
  if (at < 0) return at;
  if ((at & (LINE_BYTES - 1)) !== 0) return STATUS_BAD_ARGUMENT;
  const senders = load32(config, CONFIG_SENDERS);
  const receivers = load32(config, CONFIG_RECEIVERS);
  const completions = load32(config, CONFIG_COMPLETIONS);
  const ringSize = load32(config, CONFIG_RING_SIZE);
  const maxBytes = load32(config, CONFIG_MAX_MESSAGE_BYTES);
  const start = load32(config, CONFIG_START);
  const area = (at + countRoundUp(untypedBytes(config), LINE_BYTES)) | 0;
  const typed = ((at + needed) | 0) > area ? 1 : 0;
  if (typed !== 0) {
    const prepared = typedPrepare(config, area, (at + needed - area) | 0);
    if (prepared < 0) return prepared;
  }
  createPlain(at, regions, ringSize, maxBytes, load32(config, CONFIG_SCHEMA), senders, receivers, completions, start);
  if (completions !== 0) {
    const first = (at + plainBytes(ringSize, maxBytes, senders, receivers, completions)) | 0;
    createCompletions(at, first, senders, receivers, completions, start);
  }
  if (typed !== 0) typedBind(at, area, senders);
  regionHost(regions, region, at);
  return at;
};
