/**
 * Completion: tells the submitter of a message, by its user data, that it is done with and how it went.
 *
 * Role: a receiver, once for each message it received that carried FLAG_COMPLETE, in any order. The submitter (or
 *   whoever reaps for
 *   it) receives the entries from its completion queue: queueCompletions.
 * Memory: the receiver's lane in the submitter's completion queue, which is a queue like any other, with the receivers
 *   as senders.
 * Invariants: 1 completions posted and not reaped never exceed the credit taken at submit (2-validate), so posting
 *   finds room.
 *   2 completions posted never exceed messages received: both are ring positions, so a death at any step leaves nothing
 *   to mend.
 * Order: that of a send.
 * Fails: BAD_HANDLE, BAD_ARGUMENT, BAD_PRIORITY, NO_COMPLETIONS, NOT_PENDING; no effect.
 * Checked by: test/unit/7-complete.test.ts, test/property.
 */
import { load32, store32 } from '#machine';
import { creditOwed, creditQueue } from '../credit.ts';
import {
  COMPLETION_BYTES, COMPLETION_RECEIVER, COMPLETION_RESULT, COMPLETION_USER_HIGH, COMPLETION_USER_LOW, PRIORITY_COUNT,
  QUEUE_COMPLETIONS, QUEUE_HEADER_BYTES, QUEUE_SENDERS, RECEIVER_ENTRY, RECEIVER_INDEX, RECEIVER_QUEUE, SENDER_BYTES,
  SENDER_HANDLE,
} from '../layout.ts';
import { STATUS_BAD_ARGUMENT, STATUS_BAD_PRIORITY, STATUS_NOT_PENDING, STATUS_NO_COMPLETIONS } from '../status.ts';
import { sendNow } from './1-send.ts';
import { receiverBlock } from './6-receive.ts';

/** Completes one message that came from sender number `index` at `priority` with this user data, at that priority. */
export const completePost = (handle: i32, index: i32, priority: i32, userLow: i32, userHigh: i32, result: i32): i32 => {
  const receiver = receiverBlock(handle);
  if (receiver < 0) return receiver;
  const queue = load32(receiver, RECEIVER_QUEUE);
  if ((priority >>> 0) >= PRIORITY_COUNT) return STATUS_BAD_PRIORITY;
  if ((index >>> 0) >= (load32(queue, QUEUE_SENDERS) >>> 0)) return STATUS_BAD_ARGUMENT;
  if (load32(queue, QUEUE_COMPLETIONS) === 0) return STATUS_NO_COMPLETIONS;
  if (creditOwed(queue, index, priority) <= 0) return STATUS_NOT_PENDING;
  const number = load32(receiver, RECEIVER_INDEX);
  const lane = (creditQueue(queue, index) + QUEUE_HEADER_BYTES + Math.imul(number, SENDER_BYTES)) | 0;
  store32(receiver, RECEIVER_ENTRY + COMPLETION_USER_LOW, userLow);
  store32(receiver, RECEIVER_ENTRY + COMPLETION_USER_HIGH, userHigh);
  store32(receiver, RECEIVER_ENTRY + COMPLETION_RESULT, result);
  store32(receiver, RECEIVER_ENTRY + COMPLETION_RECEIVER, number);
  return sendNow(load32(lane, SENDER_HANDLE), priority, (receiver + RECEIVER_ENTRY) | 0, COMPLETION_BYTES);
};
