/**
 * What explored tasks may call: the kernel's surface. Restricted TypeScript, lowered together with the kernel.
 *
 * Elsewhere: scenarios.ts says who calls what; the monitor (monitor.ts) judges the results.
 */
export {
  queueAttachReceiver, queueAttachSender, queueAttachSubmitter, queueBytes, queueClose, queueComplete, queueCompletions, queueCreate,
  queueDetachReceiver, queueDetachSender, queueDiscard, queueLaneLength, queueLength, queuePeek, queueReceive,
  queueReceiveBatch, queueReceiveTimeout, queueRecoverReceiver, queueRecoverSender, queueSend, queueSendBatch,
  queueSendDescriptor, queueStatistics, queueSubmit, queueSubmitDescriptor, receivedBytes, receivedFlags,
  receivedPriority, receivedSender, receivedUserHigh, receivedUserLow,
} from '../kernel/queue.ts';
export { laneRing } from '../kernel/path/3-lane.ts';
export {
  regionAddress, regionAppend, regionCommitted, regionCreate, regionDestroy, regionTableBytes, regionTableCreate,
} from '../kernel/region.ts';
import { load32 } from '#machine';
import { regionAddress, regionCommitted } from '../kernel/region.ts';
import {
  queueComplete, receivedPriority, receivedSender, receivedUserHigh, receivedUserLow,
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
