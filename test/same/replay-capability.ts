/**
 * The replay with capabilities: operations 55 on, and all of replay.ts. A program of its own on the board: an image has limits.
 *
 * The user data that a completion carries are one argument, given twice: a record has six.
 */
import { load32, store32 } from '#machine';
import {
  capAttachReceiver, capAttachSender, capBadge, capCommit, capComplete, capDepth, capDiscard, capDrop, capGrant, capPeek,
  capQueueClose, capQueueCreate, capQueueLaneLength, capQueueLength, capQueueOwed, capQueueRefusals, capQueueStatistics,
  capReap, capReapTimeout, capReceive, capReceiveArray, capReceiveBatch, capReceiveTimeout, capReceived, capRecover, capRefused,
  capRegion, capRegionAddress, capRegionAppend, capRegionCommit, capRegionCommitted, capRegionCreate, capRegionCreateSlab,
  capRegionCreateWritable, capRegionDestroy, capRegionPolicy, capRegionReserve, capRegionSeal, capRegionWritable, capRelease,
  capReserve, capRevoke, capRights, capSend, capSendArray, capSendBatch, capSendDescriptor, capSlotAddress, capSlotAllocate,
  capSlotFree, capSpace, capSpaceCreate, capSubmit, capSubmitDescriptor, capSystemBytes, capSystemCreate, capType, capView,
} from '../../src/kernel/capability.ts';
import { queueReceiveArray, queueSendArray } from '../../src/kernel/queue.ts';
import { replayArgument, replayCall, replayRecord, RESULTS, SCRIPT } from './replay.ts';

const UNKNOWN = -99;

/** Making systems, spaces and queues; passing on and taking back. */
const replayGranting = (operation: i32, a: i32, b: i32, c: i32, d: i32, e: i32): i32 => {
  switch (operation) {
    case 55: return a ^ b;
    case 56: return capSystemBytes();
    case 57: return capSystemCreate(a, b, c);
    case 58: return capSpaceCreate(a, b, c, d);
    case 59: return capSpace(a, b);
    case 60: return capRecover(a, b);
    case 61: return capGrant(a, b, c, d, e);
    case 62: return capRevoke(a, b);
    case 63: return capDrop(a, b);
    case 64: return capType(a, b);
    case 65: return capRights(a, b);
    case 66: return capDepth(a, b);
    case 67: return capBadge(a, b);
    case 68: return capQueueCreate(a, b, c);
    case 69: return capQueueClose(a, b);
    case 70: return capAttachSender(a, b, c, d);
    case 71: return capAttachReceiver(a, b);
    default: return UNKNOWN;
  }
};

/** Using places. */
const replayPlaces = (operation: i32, a: i32, b: i32, c: i32, d: i32, e: i32, f: i32): i32 => {
  switch (operation) {
    case 72: return capSend(a, b, c, d, e);
    case 73: return capSubmit(a, b, c, d, e, f, f);
    case 74: return capSendBatch(a, b, c, d, e);
    case 75: return capReserve(a, b, c, d);
    case 76: return capCommit(a, b, c, d, e);
    case 77: return capSendDescriptor(a, b, c, d);
    case 78: return capSubmitDescriptor(a, b, c, d, e, f);
    case 79: return capReap(a, b, c, d);
    case 80: return capReceive(a, b, c, d);
    case 81: return capReceiveTimeout(a, b, c, d, e);
    case 82: return capReceiveBatch(a, b, c, d);
    case 83: return capPeek(a, b);
    case 84: return capDiscard(a, b);
    case 85: return capView(a, b);
    case 86: return capRelease(a, b);
    case 87: return capComplete(a, b, c, d, e, e, f);
    case 88: return capReceived(a, b, c);
    default: return UNKNOWN;
  }
};

/** Regions by capability. */
const replayCapRegions = (operation: i32, a: i32, b: i32, c: i32, d: i32, e: i32, f: i32): i32 => {
  switch (operation) {
    case 89: return capRegionCreate(a, b, c, d, e);
    case 90: return capRegionCreateWritable(a, b, c, d);
    case 91: return capRegionCreateSlab(a, b, c, d, e, f);
    case 92: return capRegion(a, b);
    case 93: return capRegionAddress(a, b, c, d);
    case 94: return capRegionCommitted(a, b);
    case 95: return capRegionPolicy(a, b);
    case 96: return capRegionWritable(a, b);
    case 97: return capRegionSeal(a, b);
    case 98: return capRegionReserve(a, b, c);
    case 99: return capRegionCommit(a, b, c);
    case 100: return capRegionAppend(a, b, c, d);
    case 101: return capSlotAllocate(a, b);
    case 102: return capSlotFree(a, b, c);
    case 103: return capSlotAddress(a, b, c);
    case 104: return capRegionDestroy(a, b);
    default: return UNKNOWN;
  }
};

/** What came later: arrays, waiting for completions, refusals, and looking at a queue. */
const replayLater = (operation: i32, a: i32, b: i32, c: i32, d: i32, e: i32, f: i32): i32 => {
  switch (operation) {
    case 105: return queueSendArray(a, b, c, d, e);
    case 106: return queueReceiveArray(a, b, c, d);
    case 107: return capSendArray(a, b, c, d, e, f);
    case 108: return capReceiveArray(a, b, c, d, e);
    case 109: return capReapTimeout(a, b, c, d, 0);
    case 110: return capRefused(a, b, c);
    case 111: return capQueueLength(a, b);
    case 112: return capQueueLaneLength(a, b, c);
    case 113: return capQueueOwed(a, b, c, d);
    case 114: return capQueueRefusals(a, b, c);
    case 115: return capQueueStatistics(a, b, c);
    default: return UNKNOWN;
  }
};

const replayAny = (operation: i32, a: i32, b: i32, c: i32, d: i32, e: i32, f: i32): i32 => {
  if (operation < 55) return replayCall(operation, a, b, c, d, e, f);
  if (operation < 72) return replayGranting(operation, a, b, c, d, e);
  if (operation < 89) return replayPlaces(operation, a, b, c, d, e, f);
  if (operation < 105) return replayCapRegions(operation, a, b, c, d, e, f);
  return replayLater(operation, a, b, c, d, e, f);
};

/** Runs record number `k` of a script, and notes its result. */
export const replayOne = (k: i32): i32 => {
  const at = replayRecord(k);
  const a = replayArgument(at, 0);
  const b = replayArgument(at, 1);
  const c = replayArgument(at, 2);
  const d = replayArgument(at, 3);
  const result = replayAny(load32(at, 0), a, b, c, d, replayArgument(at, 4), replayArgument(at, 5));
  store32(RESULTS, k << 2, result);
  return result;
};

/** Runs a script of any calls. */
export const replayRunAny = (): i32 => {
  const count = load32(SCRIPT, 0);
  for (let k = 0; k < count; k++) replayOne(k);
  return count;
};
