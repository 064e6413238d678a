/**
 * What explored tasks may call: the kernel's surface. Restricted TypeScript, lowered together with the kernel.
 *
 * Elsewhere: scenarios.ts says who calls what; the monitor (monitor.ts) judges the results.
 */
export {
  queueAttachReceiver, queueAttachSender, queueAttachSubmitter, queueBytes, queueClose, queueComplete, queueCompletions, queueCreate,
  queueDetachReceiver, queueDetachSender, queueDiscard, queueLaneLength, queueLength, queueOwed, queuePeek, queueReceive,
  queueReceiveBatch, queueReceiveTimeout, queueRecoverReceiver, queueRecoverSender, queueSend, queueSendBatch,
  queueSendDescriptor, queueStatistics, queueSubmit, queueSubmitDescriptor, receivedBytes, receivedFlags,
  receivedPriority, receivedSender, receivedUserHigh, receivedUserLow,
} from '../kernel/queue.ts';
export { laneRing } from '../kernel/path/3-lane.ts';
export {
  regionAddress, regionAppend, regionCommit, regionCommitted, regionCreate, regionDestroy, regionPolicy, regionRecover, regionReserve,
  regionTableCreate,
} from '../kernel/region.ts';
import { load32, store32 } from '#machine';
import {
  DESCRIPTOR_BYTES, DESCRIPTOR_FLAGS, DESCRIPTOR_LENGTH, DESCRIPTOR_OFFSET_HIGH, DESCRIPTOR_OFFSET_LOW, DESCRIPTOR_REGION,
  DESCRIPTOR_RESERVED,
} from '../kernel/layout.ts';
import { regionAddress, regionAppend, regionCommitted } from '../kernel/region.ts';
import {
  queueComplete, queueReceive, queueSendDescriptor, receivedPriority, receivedSender, receivedUserHigh, receivedUserLow,
} from '../kernel/queue.ts';

/** Completes the message this receiver received last. */
export const taskComplete = (receiver: i32): i32 =>
  queueComplete(receiver, receivedSender(receiver), receivedPriority(receiver), receivedUserLow(receiver), receivedUserHigh(receiver), 0);

/** Reads what an AppendOnly region has committed, as a receiver of a descriptor would: its 8-byte records hold 0x5eed, 0x5eee. */
export const taskReadCommitted = (table: i32, region: i32): i32 => {
  const committed = regionCommitted(table, region);
  if (committed < 8) return 0;
  const at = regionAddress(table, region, committed - 8 | 0, 8);
  if (at < 0) return at;
  return load32(at, 0) === 0x5eed && load32(at, 4) === 0x5eee ? committed : -1;
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

/** What taskFollowDescriptor returns for bytes that are not those appended. */
export const WRONG_BYTES = -99;

/** Receives a descriptor and reads what it names. */
export const taskFollowDescriptor = (table: i32, receiver: i32, buffer: i32): i32 => {
  const bytes = queueReceive(receiver, buffer, DESCRIPTOR_BYTES);
  if (bytes < 0) return bytes;
  const region = load32(buffer, DESCRIPTOR_REGION);
  const at = regionAddress(table, region, load32(buffer, DESCRIPTOR_OFFSET_LOW), load32(buffer, DESCRIPTOR_LENGTH));
  if (at < 0) return WRONG_BYTES;
  return load32(at, 0) === 0x5eed && load32(at, 4) === 0x5eee ? bytes : WRONG_BYTES;
};
