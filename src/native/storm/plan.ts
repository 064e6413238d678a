/**
 * The storm: many senders and receivers on one queue, each writing down what it did and when. Memory, making and ending.
 *
 * Role: restricted TypeScript, the same on Node's workers, on host threads and on the board. Whoever runs it calls stormCreate
 *   once, and for each round stormRound, then stormSend and stormReceive once per context in threads of their own, then stormEnd. The
 *   history is read from memory, from outside, by ../history.ts.
 * Memory: one area from `at` on, a line each unless said otherwise: header (4 lines), a block of two lines for each context (senders
 *   first), logs, buffers, region table, queue.
 * Invariants: between rounds the queue is empty and nothing is outstanding; a context writes its own block and log only.
 * Order: [finished] fetchAdd by senders that are done, acquired by receivers: what comes after may be believed Empty.
 * Units: bytes, nanoseconds modulo 2^32, records. Fails: a negative status of the kernel, or STORM_* below.
 * Checked by: test/native
 */
import { fillBytes, load32, machineHalt, store32, storeRelaxed32, timeMicros32, timeNanos32 } from '#machine';
import {
  CONFIG_BYTES, CONFIG_COMPLETIONS, CONFIG_MAX_MESSAGE_BYTES, CONFIG_RECEIVERS, CONFIG_RING_SIZE, CONFIG_SENDERS, CONFIG_START,
  POLICY_SLAB, STATISTICS_BYTES, STATISTICS_RECEIVED, STATISTICS_SENT,
} from '../../kernel/layout.ts';
import {
  queueAttachReceiver, queueAttachSender, queueAttachSubmitter, queueBytes, queueCompletions, queueCreate, queueLength,
  queueStatistics,
} from '../../kernel/queue.ts';
import { regionCreate, regionTableBytes, regionTableCreate } from '../../kernel/region.ts';

// ---- Header.
/** "STORM" and a line feed, then this version: how a reader of raw memory finds the area. */
export const PLAN_MAGIC = 0x524f5453;
export const PLAN_VERSION = 0x01000a4d;
/** The area's own address, so that addresses can be turned into offsets. */
export const PLAN_SELF = 8;
export const PLAN_BYTES_TOTAL = 12;
export const PLAN_SENDERS = 16;
export const PLAN_RECEIVERS = 20;
export const PLAN_RING = 24;
export const PLAN_MAX_BYTES = 28;
export const PLAN_COMPLETIONS = 32;
export const PLAN_START = 36;
/** Messages of each sender in each round. */
export const PLAN_COUNT = 40;
export const PLAN_SEED = 44;
/** Microseconds a receive waits at most. */
export const PLAN_PATIENCE = 48;
export const PLAN_ROUND = 52;
export const PLAN_QUEUE = 56;
/** The clocks when the round began. */
export const PLAN_NANOS = 60;
export const PLAN_MICROS = 64;
/** Atomic [finished]: senders that are done with this round. */
export const PLAN_FINISHED = 128;
/** A word that nobody changes: sleeping on it is a pause. */
export const PLAN_NEVER = 192;
export const PLAN_HEADER_BYTES = 256;

// ---- Context block.
export const CONTEXT_HANDLE = 0;
export const CONTEXT_NUMBER = 4;
export const CONTEXT_LOG = 8;
/** Records that fit, and that were written in this round. */
export const CONTEXT_ROOM = 12;
export const CONTEXT_COUNT = 16;
export const CONTEXT_BUFFER = 20;
export const CONTEXT_RANDOM = 24;
/** Sender: receives its completions; 0 if it is no submitter. */
export const CONTEXT_REAPER = 28;
/** Microseconds that its part of the round took. */
export const CONTEXT_MICROS = 32;
/** Sender: messages sent so far, one word per priority. */
export const CONTEXT_SEQUENCE = 64;
export const CONTEXT_BYTES = 128;

// ---- Log record: kind | priority << 8 | sender << 16; sequence; nanoseconds when the call began, and when it had ended.
export const RECORD_WHAT = 0;
export const RECORD_SEQUENCE = 4;
export const RECORD_BEGAN = 8;
export const RECORD_ENDED = 12;
export const RECORD_BYTES = 16;
export const RECORD_SENT = 1;
export const RECORD_FULL = 2;
export const RECORD_RECEIVED = 3;
/** A receive that found nothing; sequence 1 if it had waited for all of its patience. */
export const RECORD_EMPTY = 4;
export const RECORD_REAPED = 5;
/** Received, but not what was sent. */
export const RECORD_TORN = 6;
/** A status nobody expects: the sequence. */
export const RECORD_STRANGE = 7;
/** Received by a call that may have slept. */
export const RECORD_AWAITED = 8;

/** Of a context's buffer: the message, batch records, and room for their messages. */
export const BUFFER_LIST = 4096;
export const BUFFER_MESSAGES = 4608;
export const BUFFER_BYTES = 12800;
export const BATCH_MESSAGES = 8;
/** Longest message: a batch of them fits into a buffer. */
const MESSAGE_LIMIT = 1024;
/** Three words of every message say what it is. */
export const MESSAGE_HEAD_BYTES = 12;

export const STORM_BAD_SHAPE = -100;
export const STORM_NO_MEMORY = -101;
export const STORM_NOT_EMPTY = -102;
export const STORM_MISCOUNTED = -103;

const roundUp = (bytes: i32): i32 => (bytes + 63) & ~63;

/** Records that a context may need: all messages, as many completions, and some for what failed. */
const roomFor = (messages: i32): i32 => (Math.imul(messages, 3) + 1024) | 0;

/** The block of context number `index`: senders, then receivers. */
export const contextAt = (plan: i32, index: i32): i32 => (plan + PLAN_HEADER_BYTES + Math.imul(index, CONTEXT_BYTES)) | 0;

/** Adds a record to a context's log; what does not fit is dropped if `needed` is 0, and stops everything otherwise. */
export const logAdd = (context: i32, what: i32, sequence: i32, began: i32, ended: i32, needed: i32): void => {
  const count = load32(context, CONTEXT_COUNT);
  const room = load32(context, CONTEXT_ROOM);
  if (count >= room) {
    if (needed !== 0) machineHalt('storm: no room in the log of context', load32(context, CONTEXT_NUMBER));
    return;
  }
  const record = (load32(context, CONTEXT_LOG) + Math.imul(count, RECORD_BYTES)) | 0;
  store32(record, RECORD_WHAT, what);
  store32(record, RECORD_SEQUENCE, sequence);
  store32(record, RECORD_BEGAN, began);
  store32(record, RECORD_ENDED, ended);
  store32(context, CONTEXT_COUNT, (count + 1) | 0);
};

/** Whether only needed records still fit: those of failed calls must leave room for the others. */
export const logIsTight = (context: i32, left: i32): boolean =>
  load32(context, CONTEXT_COUNT) >= ((load32(context, CONTEXT_ROOM) - left) | 0);

/** The next number of a context's own sequence, 0 to 65535. */
export const randomNext = (context: i32): i32 => {
  const next = (Math.imul(load32(context, CONTEXT_RANDOM), 1664525) + 1013904223) | 0;
  store32(context, CONTEXT_RANDOM, next);
  return next >>> 16 | 0;
};

/** Word number `word` of the message with this sequence, of `who` = sender << 2 | priority. */
export const messageWord = (who: i32, sequence: i32, word: i32): i32 =>
  Math.imul(who + 1, 0x9e3779b1 | 0) ^ Math.imul(sequence + 1, 0x85ebca6b | 0) ^ word;

/** Makes the contexts' blocks, logs and buffers from `free` on. Returns the first byte behind them. */
const makeContexts = (plan: i32, free: i32): i32 => {
  const senders = load32(plan, PLAN_SENDERS);
  const all = (senders + load32(plan, PLAN_RECEIVERS)) | 0;
  const count = load32(plan, PLAN_COUNT);
  let next = free;
  for (let index = 0; index < all; index++) {
    const context = contextAt(plan, index);
    const room = roomFor(index < senders ? count : Math.imul(count, senders));
    fillBytes(context, CONTEXT_BYTES, 0);
    store32(context, CONTEXT_NUMBER, index < senders ? index : (index - senders) | 0);
    store32(context, CONTEXT_ROOM, room);
    store32(context, CONTEXT_LOG, next);
    next = roundUp((next + Math.imul(room, RECORD_BYTES)) | 0);
    store32(context, CONTEXT_BUFFER, next);
    next = (next + BUFFER_BYTES) | 0;
    store32(context, CONTEXT_RANDOM, (Math.imul(load32(plan, PLAN_SEED), 0x9e3779b1 | 0) + Math.imul(index + 1, 0x85ebca6b | 0)) | 0);
  }
  return next;
};

/** Attaches everybody. With completions, every even sender is a submitter. */
const attachAll = (plan: i32): i32 => {
  const queue = load32(plan, PLAN_QUEUE);
  const senders = load32(plan, PLAN_SENDERS);
  for (let index = 0; index < senders; index++) {
    const submits = load32(plan, PLAN_COMPLETIONS) !== 0 && (index & 1) === 0;
    const handle = submits ? queueAttachSubmitter(queue, 0) : queueAttachSender(queue, 0);
    if (handle < 0) return handle;
    store32(contextAt(plan, index), CONTEXT_HANDLE, handle);
    store32(contextAt(plan, index), CONTEXT_REAPER, submits ? queueCompletions(handle) : 0);
  }
  const receivers = load32(plan, PLAN_RECEIVERS);
  for (let index = 0; index < receivers; index++) {
    const handle = queueAttachReceiver(queue);
    if (handle < 0) return handle;
    store32(contextAt(plan, (senders + index) | 0), CONTEXT_HANDLE, handle);
  }
  return 0;
};

/** Makes everything in `bytes` bytes at `at` (line aligned). The shape stands in the header already. Returns 0 or why not. */
export const stormCreate = (at: i32, bytes: i32): i32 => {
  const contexts = (load32(at, PLAN_SENDERS) + load32(at, PLAN_RECEIVERS)) | 0;
  const max = load32(at, PLAN_MAX_BYTES);
  if (max < MESSAGE_HEAD_BYTES || max > MESSAGE_LIMIT || load32(at, PLAN_COUNT) < 1 || load32(at, PLAN_COUNT) > 4000000) return STORM_BAD_SHAPE;
  const end = (at + bytes) | 0;
  const tableBytes = regionTableBytes(1);
  const table = makeContexts(at, contextAt(at, contexts));
  const config = roundUp((table + tableBytes) | 0);
  const memory = roundUp((config + CONFIG_BYTES) | 0);
  if (table < 0 || memory > end) return STORM_NO_MEMORY;
  fillBytes(config, CONFIG_BYTES, 0);
  store32(config, CONFIG_RING_SIZE, load32(at, PLAN_RING));
  store32(config, CONFIG_MAX_MESSAGE_BYTES, max);
  store32(config, CONFIG_SENDERS, load32(at, PLAN_SENDERS));
  store32(config, CONFIG_RECEIVERS, load32(at, PLAN_RECEIVERS));
  store32(config, CONFIG_COMPLETIONS, load32(at, PLAN_COMPLETIONS));
  store32(config, CONFIG_START, load32(at, PLAN_START));
  const needed = queueBytes(config);
  if (needed < 0) return needed;
  if (needed > ((end - memory) | 0)) return STORM_NO_MEMORY;
  fillBytes(table, tableBytes, 0);
  regionTableCreate(table, tableBytes, 1);
  const queue = queueCreate(table, regionCreate(table, POLICY_SLAB, memory, needed), config);
  if (queue < 0) return queue;
  store32(at, PLAN_QUEUE, queue);
  store32(at, PLAN_SELF, at);
  store32(at, PLAN_BYTES_TOTAL, (memory + needed - at) | 0);
  store32(at, PLAN_ROUND, 0);
  store32(at, 4, PLAN_VERSION);
  store32(at, 0, PLAN_MAGIC);
  return attachAll(at);
};

/** Before the threads of a round start. */
export const stormRound = (plan: i32): void => {
  const all = (load32(plan, PLAN_SENDERS) + load32(plan, PLAN_RECEIVERS)) | 0;
  for (let index = 0; index < all; index++) store32(contextAt(plan, index), CONTEXT_COUNT, 0);
  store32(plan, PLAN_ROUND, (load32(plan, PLAN_ROUND) + 1) | 0);
  storeRelaxed32(plan, PLAN_FINISHED, 0); // [finished]
  store32(plan, PLAN_NANOS, timeNanos32());
  store32(plan, PLAN_MICROS, timeMicros32());
};

/** After the threads of a round have ended: 0 if the queue is empty and its statistics are what was sent. */
export const stormEnd = (plan: i32): i32 => {
  const queue = load32(plan, PLAN_QUEUE);
  if (queueLength(queue) !== 0) return STORM_NOT_EMPTY;
  const statistics = load32(contextAt(plan, 0), CONTEXT_BUFFER);
  fillBytes(statistics, STATISTICS_BYTES, 0);
  const status = queueStatistics(queue, statistics);
  if (status < 0) return status;
  const expected = Math.imul(Math.imul(load32(plan, PLAN_COUNT), load32(plan, PLAN_SENDERS)), load32(plan, PLAN_ROUND));
  let sent = 0;
  let received = 0;
  for (let priority = 0; priority < 4; priority++) {
    sent = (sent + load32(statistics, (STATISTICS_SENT + (priority << 3)) | 0)) | 0;
    received = (received + load32(statistics, (STATISTICS_RECEIVED + (priority << 3)) | 0)) | 0;
  }
  return sent === expected && received === expected ? 0 : STORM_MISCOUNTED;
};
