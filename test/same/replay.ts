/**
 * Runs a script of kernel calls that lies in memory, and prints what became of it: the same restricted source on Node, on the host and on
 * the board, so that results and memory can be compared word by word.
 *
 * Memory: everything lies in the arena, at the same addresses everywhere: the script, its results, and what the calls use.
 *   script    count, then records of 8 words: operation, mask of the arguments that are numbers of earlier results, 6 arguments
 *   results   a word per record
 * Units: words. Fails: an unknown operation gives the result -99. Checked by: test/same/same.test.ts.
 */
import { consoleByte, load32, store32 } from '#machine';
import {
  queueAttachReceiver, queueAttachSender, queueAttachSubmitter, queueBytes, queueClose, queueComplete, queueCompletions, queueCreate,
  queueDetachReceiver, queueDetachSender, queueDiscard, queueLaneLength, queueLength, queueOwed, queuePeek, queueReceive,
  queueReceiveBatch, queueReceiveTimeout, queueRecoverReceiver, queueRecoverSender, queueSend, queueSendBatch, queueSendDescriptor,
  queueStatistics, queueSubmit, queueSubmitDescriptor, receivedBytes, receivedFlags, receivedPriority, receivedSender,
  receivedUserHigh, receivedUserLow,
} from '../../src/kernel/queue.ts';
import {
  regionAddress, regionAllows, regionAppend, regionAppendFor, regionCommit, regionCommitted, regionCreate, regionCreateSlab,
  regionCreateWritable, regionDestroy, regionDestroyFor, regionOutstanding, regionRecover, regionReserve, regionSeal,
  regionSlabBytes, regionSlotAddress, regionSlotAllocate, regionSlotFree, regionTableBytes, regionTableCreate, regionWritable,
} from '../../src/kernel/region.ts';

export const ARENA = 0x20100000;
export const SCRIPT = ARENA;
export const RESULTS = 0x20180000;
/** The calls' own memory: tables, queues, regions, buffers. */
export const GROUND = 0x201a0000;
export const GROUND_BYTES = 0x60000;
export const RECORD_BYTES = 32;
const PAGE_BYTES = 4096;
const UNKNOWN = -99;

/** Calls about regions and about making queues. */
const replayMaking = (operation: i32, a: i32, b: i32, c: i32, d: i32): i32 => {
  switch (operation) {
    case 0: return regionTableBytes(a);
    case 1: return regionTableCreate(a, b, c);
    case 2: return regionCreate(a, b, c, d);
    case 3: return regionDestroy(a, b);
    case 4: return regionAppend(a, b, c, d);
    case 5: return regionReserve(a, b, c, d);
    case 6: return regionCommit(a, b, c, d);
    case 7: return regionCommitted(a, b);
    case 8: return regionAddress(a, b, c, d);
    case 9: return queueBytes(a);
    case 10: return queueCreate(a, b, c);
    case 11: return queueAttachSender(a, b);
    case 12: return queueAttachSubmitter(a, b);
    case 13: return queueAttachReceiver(a);
    case 14: return queueDetachSender(a);
    case 15: return queueDetachReceiver(a);
    case 16: return queueRecoverSender(a, b);
    case 17: return queueRecoverReceiver(a, b);
    case 18: return queueClose(a);
    case 19: store32(a, b, c); return c;
    default: return UNKNOWN;
  }
};

/** Calls that send, receive, complete and look. */
const replayUsing = (operation: i32, a: i32, b: i32, c: i32, d: i32, e: i32, f: i32): i32 => {
  switch (operation) {
    case 20: return queueSend(a, b, c, d);
    case 21: return queueSubmit(a, b, c, d, e, f);
    case 22: return queueSendDescriptor(a, b, c);
    case 23: return queueSubmitDescriptor(a, b, c, d, e);
    case 24: return queueSendBatch(a, b, c, d);
    case 25: return queueReceive(a, b, c);
    case 26: return queueReceiveTimeout(a, b, c, 0);
    case 27: return queueReceiveBatch(a, b, c);
    case 28: return queuePeek(a);
    case 29: return queueDiscard(a);
    case 30: return queueComplete(a, b, c, d, e, f);
    case 31: return queueCompletions(a);
    case 32: return queueLength(a);
    case 33: return queueLaneLength(a, b);
    case 34: return queueOwed(a, b, c);
    case 35: return queueStatistics(a, b);
    case 36: return receivedBytes(a);
    case 37: return receivedFlags(a);
    case 38: return receivedPriority(a);
    case 39: return receivedSender(a);
    case 40: return receivedUserLow(a);
    case 41: return receivedUserHigh(a);
    default: return UNKNOWN;
  }
};

/** Calls about what regions hold. */
const replayHolding = (operation: i32, a: i32, b: i32, c: i32, d: i32, e: i32, f: i32): i32 => {
  switch (operation) {
    case 42: return regionCreateWritable(a, b, c, d);
    case 43: return regionWritable(a, b);
    case 44: return regionSeal(a, b);
    case 45: return regionAllows(a, b, c, d);
    case 46: return regionAppendFor(a, b, c, d, e);
    case 47: return regionSlabBytes(a, b);
    case 48: return regionCreateSlab(a, b, c, d, e, f);
    case 49: return regionSlotAllocate(a, b, c);
    case 50: return regionSlotFree(a, b, c);
    case 51: return regionSlotAddress(a, b, c);
    case 52: return regionOutstanding(a, b);
    case 53: return regionDestroyFor(a, b, c);
    case 54: return regionRecover(a, b);
    default: return UNKNOWN;
  }
};

/** One call, of the operations below 55. */
export const replayCall = (operation: i32, a: i32, b: i32, c: i32, d: i32, e: i32, f: i32): i32 => {
  if (operation < 20) return replayMaking(operation, a, b, c, d);
  if (operation < 42) return replayUsing(operation, a, b, c, d, e, f);
  return replayHolding(operation, a, b, c, d, e, f);
};

/** Record number `k` of the script, and one of its arguments. */
export const replayRecord = (k: i32): i32 => (SCRIPT + RECORD_BYTES + Math.imul(k, RECORD_BYTES)) | 0;
export const replayArgument = (record: i32, number: i32): i32 => {
  const value = load32(record, (8 + (number << 2)) | 0);
  return (load32(record, 4) >>> number & 1) !== 0 ? load32(RESULTS, value << 2) : value;
};

/** Runs a script of calls without capabilities. */
export const replayRun = (): i32 => {
  const count = load32(SCRIPT, 0);
  for (let k = 0; k < count; k++) {
    const at = replayRecord(k);
    const a = replayArgument(at, 0);
    const b = replayArgument(at, 1);
    const c = replayArgument(at, 2);
    const d = replayArgument(at, 3);
    store32(RESULTS, k << 2, replayCall(load32(at, 0), a, b, c, d, replayArgument(at, 4), replayArgument(at, 5)));
  }
  return count;
};

/** A hash of `bytes` bytes, word by word (FNV-1a over words). */
export const replayHash = (at: i32, bytes: i32): i32 => {
  let hash = 0x811c9dc5 | 0;
  for (let offset = 0; offset < bytes; offset = (offset + 4) | 0) hash = Math.imul(hash ^ load32(at, offset), 16777619);
  return hash;
};

const putHex = (value: i32): void => {
  for (let k = 0; k < 8; k++) {
    const digit = value >>> (28 - (k << 2)) & 15;
    consoleByte(digit < 10 ? (48 + digit) | 0 : (87 + digit) | 0);
  }
};

/** Prints a line for the results and one for each page of the ground: `PAGE address hash`. */
export const replayPrint = (count: i32): void => {
  for (let at = RESULTS; at < ((RESULTS + (count << 2)) | 0); at = (at + 256) | 0) putPage(at, 256);
  for (let at = GROUND; at < ((GROUND + GROUND_BYTES) | 0); at = (at + PAGE_BYTES) | 0) putPage(at, PAGE_BYTES);
};

const putPage = (at: i32, bytes: i32): void => {
  consoleByte(80); // P
  consoleByte(32);
  putHex(at);
  consoleByte(32);
  putHex(replayHash(at, bytes));
  consoleByte(10);
};
