/**
 * What explored tasks may call: the kernel's surface. Restricted TypeScript, lowered together with the kernel.
 *
 * Elsewhere: scenarios.ts says who calls what; the monitor (monitor.ts) judges the results.
 */
export {
  queueAttachReceiver, queueAttachSender, queueAttachSubmitter, queueBytes, queueClose, queueCommit, queueCommitSubmit, queueComplete,
  queueCompletions, queueCreate, queueDetachReceiver, queueDetachSender, queueDiscard, queueLaneLength, queueLength,
  queueOwed, queuePeek, queueReceive, queueReceiveArray, queueReceiveBatch, queueReceiveTimeout, queueRecoverReceiver,
  queueRecoverSender, queueRelease, queueReserve, queueSend, queueSendArray, queueSendBatch, queueSendDescriptor, queueStatistics,
  queueSubmit, queueSubmitDescriptor, queueView, receivedBadge, receivedBytes, receivedFlags,
  receivedPriority, receivedSender, receivedUserHigh, receivedUserLow,
} from '../kernel/queue.ts';
export { laneRing } from '../kernel/path/3-lane.ts';
export {
  regionAddress, regionAppend, regionAppendFor, regionCommit, regionCommitted, regionCreate, regionCreateSlab, regionCreateWritable,
  regionDestroy, regionDestroyFor, regionHost, regionOutstanding, regionPolicy, regionRecover, regionReserve, regionSeal, regionSlotAddress,
  regionSlotAllocate, regionSlotFree, regionTableCreate, regionWritable,
} from '../kernel/region.ts';
import { load32, store32 } from '#machine';
import {
  DESCRIPTOR_BYTES, DESCRIPTOR_FLAGS, DESCRIPTOR_LENGTH, DESCRIPTOR_OFFSET_HIGH, DESCRIPTOR_OFFSET_LOW, DESCRIPTOR_REGION,
  DESCRIPTOR_RESERVED,
} from '../kernel/layout.ts';
import {
  regionAddress, regionAppend, regionCommitted, regionSeal, regionSlotAddress, regionSlotAllocate, regionSlotFree, regionWritable,
} from '../kernel/region.ts';
import {
  queueCommit, queueComplete, queueReceive, queueReserve, queueSendDescriptor, receivedPriority, receivedSender, receivedUserHigh, receivedUserLow,
} from '../kernel/queue.ts';

/** What tasks return for bytes that are not those written. */
export const WRONG_BYTES = -99;

/** Completes the message this receiver received last. */
export const taskComplete = (receiver: i32): i32 =>
  queueComplete(receiver, receivedSender(receiver), receivedPriority(receiver), receivedUserLow(receiver), receivedUserHigh(receiver), 0);

/** Builds a message of two words in its slot and sends it. */
export const taskBuild = (sender: i32, priority: i32, low: i32, high: i32): i32 => {
  const at = queueReserve(sender, priority, 8);
  if (at < 0) return at;
  store32(at, 0, low);
  store32(at, 4, high);
  return queueCommit(sender, 8);
};

/** Reads what an AppendOnly region has committed, as a receiver of a descriptor would: its 8-byte records hold 0x5eed, 0x5eee. */
export const taskReadCommitted = (table: i32, region: i32): i32 => {
  const committed = regionCommitted(table, region);
  if (committed < 8) return 0;
  const at = regionAddress(table, region, committed - 8 | 0, 8);
  if (at < 0) return at;
  return load32(at, 0) === 0x5eed && load32(at, 4) === 0x5eee ? committed : -1;
};

/** Reads all committed 8-byte records: whole, or zero where a dead appender left them. Returns their bytes, at least `least`. */
export const taskReadRecords = (table: i32, region: i32, least: i32): i32 => {
  const committed = regionCommitted(table, region);
  if (committed < least) return WRONG_BYTES;
  for (let offset = 0; offset < committed; offset = (offset + 8) | 0) {
    const at = regionAddress(table, region, offset, 8);
    if (at < 0) return at;
    const low = load32(at, 0);
    if ((low !== 0x5eed && low !== 0) || load32(at, 4) !== (low === 0 ? 0 : 0x5eee)) return WRONG_BYTES;
  }
  return committed;
};

/** Fills an Immutable region with a record, and seals it. */
export const taskFillAndSeal = (table: i32, region: i32): i32 => {
  const at = regionWritable(table, region);
  if (at < 0) return at;
  store32(at, 0, 0x5eed);
  store32(at, 4, 0x5eee);
  return regionSeal(table, region);
};

/** Takes a slot, writes to it, reads that back and frees it. */
export const taskUseSlot = (table: i32, region: i32, owner: i32): i32 => {
  const slot = regionSlotAllocate(table, region, owner);
  if (slot < 0) return slot;
  const at = regionSlotAddress(table, region, slot);
  if (at < 0) return at;
  store32(at, 0, owner);
  if (load32(at, 0) !== owner) return WRONG_BYTES;
  return regionSlotFree(table, region, slot);
};

/** Appends the 8 bytes at `source` and sends a descriptor to them, built at `record`. */
export const taskSendAppended = (table: i32, region: i32, sender: i32, source: i32, record: i32): i32 => {
  const offset = regionAppend(table, region, source, 8);
  if (offset < 0) return offset;
  store32(record, DESCRIPTOR_REGION, region);
  store32(record, DESCRIPTOR_LENGTH, 8);
  store32(record, DESCRIPTOR_OFFSET_LOW, offset);
  store32(record, DESCRIPTOR_OFFSET_HIGH, 0);
  store32(record, DESCRIPTOR_FLAGS, 0);
  store32(record, DESCRIPTOR_RESERVED, 0);
  return queueSendDescriptor(sender, 2, record);
};

/** Receives a message of which the bits of `bad` in the first word must be zero. */
export const taskReceiveJudged = (receiver: i32, buffer: i32, bad: i32): i32 => {
  const bytes = queueReceive(receiver, buffer, DESCRIPTOR_BYTES);
  if (bytes < 0) return bytes;
  return bytes === 8 && (load32(buffer, 0) & bad) === 0 ? bytes : WRONG_BYTES;
};

/** Fills an Immutable region with one word, then with another, and seals it. */
export const taskFillTwiceAndSeal = (table: i32, region: i32, first: i32, second: i32): i32 => {
  const at = regionWritable(table, region);
  if (at < 0) return at;
  store32(at, 0, first);
  store32(at, 4, first);
  store32(at, 0, second);
  store32(at, 4, ~second);
  return regionSeal(table, region);
};

/** Receives a descriptor, and judges what it names. */
export const taskFollowJudged = (table: i32, receiver: i32, buffer: i32, bad: i32): i32 => {
  const bytes = queueReceive(receiver, buffer, DESCRIPTOR_BYTES);
  if (bytes < 0) return bytes;
  const at = regionAddress(table, load32(buffer, DESCRIPTOR_REGION), load32(buffer, DESCRIPTOR_OFFSET_LOW), load32(buffer, DESCRIPTOR_LENGTH));
  if (at < 0) return at;
  return (load32(at, 0) & bad) === 0 && load32(at, 4) === ~load32(at, 0) ? bytes : WRONG_BYTES;
};

/** Receives a descriptor and reads what it names. */
export const taskFollowDescriptor = (table: i32, receiver: i32, buffer: i32): i32 => {
  const bytes = queueReceive(receiver, buffer, DESCRIPTOR_BYTES);
  if (bytes < 0) return bytes;
  const region = load32(buffer, DESCRIPTOR_REGION);
  const at = regionAddress(table, region, load32(buffer, DESCRIPTOR_OFFSET_LOW), load32(buffer, DESCRIPTOR_LENGTH));
  if (at < 0) return at;
  return load32(at, 0) === 0x5eed && load32(at, 4) === 0x5eee ? bytes : WRONG_BYTES;
};
