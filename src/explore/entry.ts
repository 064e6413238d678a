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
import {
  queueComplete, receivedPriority, receivedSender, receivedUserHigh, receivedUserLow,
} from '../kernel/queue.ts';

/** Completes the message this receiver received last. */
export const taskComplete = (receiver: i32): i32 =>
  queueComplete(receiver, receivedSender(receiver), receivedPriority(receiver), receivedUserLow(receiver), receivedUserHigh(receiver), 0);
