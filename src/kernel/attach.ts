/**
 * Attaching and detaching senders and receivers, and taking over from dead ones.
 *
 * Role: the context itself attaches and detaches; recover* is the kernel's (or, under Node, the main thread's), once it
 *   knows that a context is dead
 *   and all its stores are visible. Memory: the attach words and blocks of the queue.
 * Invariant: a place belongs to the context whose fetch-or set its bit, until its bit is cleared.
 * Order: [attach] the bit is set and cleared by read-modify-writes: whoever gets a place sees all that its last owner
 *   wrote. The handle word is
 *   stored with release after the block is ready.
 * Units: none. Handles: block address | 6-bit generation. A handle kept over exactly 64 attaches of its place would be
 *   accepted again.
 * Fails: NO_PLACE, WRONG_SCHEMA, CLOSED, BAD_HANDLE, BAD_ARGUMENT, BUSY; no effect.
 * Checked by: test/unit/attach.test.ts.
 */
import { fetchAdd32, fetchAnd32, fetchOr32, load32, loadRelaxed32, notify32, store32, storeRelease32 } from '#machine';
import {
  HANDLE_GENERATION_MASK, PRIORITY_COUNT, QUEUE_CLOSED, QUEUE_EVENT, QUEUE_HEADER_BYTES, QUEUE_POLLED, QUEUE_READY,
  QUEUE_RECEIVERS, QUEUE_RECEIVERS_ATTACHED, QUEUE_RECEIVER_BLOCKS, QUEUE_RECEIVER_STRIDE_BYTES, QUEUE_SCHEMA,
  QUEUE_SENDERS, QUEUE_SENDERS_ATTACHED, QUEUE_WAITERS, RECEIVER_BIT, RECEIVER_GENERATION, RECEIVER_HANDLE,
  RECEIVER_PENDING, RECEIVER_QUEUE, SENDER_BIT, SENDER_BYTES, SENDER_GENERATION, SENDER_HANDLE, SENDER_QUEUE,
  SENDER_QUOTA, SENDER_SUBMITTED,
} from './layout.ts';
import { senderBlock } from './path/1-send.ts';
import { creditReaped } from './path/2-validate.ts';
import { laneRing } from './path/3-lane.ts';
import { ringAdopt } from './path/4-ring.ts';
import { receiverBlock } from './path/6-receive.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BUSY, STATUS_CLOSED, STATUS_NO_PLACE, STATUS_OK, STATUS_WRONG_SCHEMA,
} from './status.ts';

/** More sleepers than a queue can have. */
const EVERYBODY = 32;

const senderAt = (queue: i32, index: i32): i32 => (queue + QUEUE_HEADER_BYTES + Math.imul(index, SENDER_BYTES)) | 0;

const receiverAt = (queue: i32, index: i32): i32 =>
  (load32(queue, QUEUE_RECEIVER_BLOCKS) + Math.imul(index, load32(queue, QUEUE_RECEIVER_STRIDE_BYTES))) | 0;

/** Takes a sender's place. `schema` must be the queue's. Returns the handle, > 0. */
export const attachSender = (queue: i32, schema: i32): i32 => {
  if (load32(queue, QUEUE_SCHEMA) !== schema) return STATUS_WRONG_SCHEMA;
  if (loadRelaxed32(queue, QUEUE_CLOSED) !== 0) return STATUS_CLOSED; // [close]
  const senders = load32(queue, QUEUE_SENDERS);
  for (let index = 0; index < senders; index++) {
    const sender = senderAt(queue, index);
    const bit = load32(sender, SENDER_BIT);
    if ((fetchOr32(queue, QUEUE_SENDERS_ATTACHED, bit) & bit) === 0) { // [attach]
      const handle = sender | load32(sender, SENDER_GENERATION);
      store32(sender, SENDER_GENERATION, (load32(sender, SENDER_GENERATION) + 1) & HANDLE_GENERATION_MASK);
      storeRelease32(sender, SENDER_HANDLE, handle); // [attach]
      return handle;
    }
  }
  return STATUS_NO_PLACE;
};

/** Takes a receiver's place. Returns the handle, > 0. */
export const attachReceiver = (queue: i32): i32 => {
  const receivers = load32(queue, QUEUE_RECEIVERS);
  for (let index = 0; index < receivers; index++) {
    const receiver = receiverAt(queue, index);
    const bit = load32(receiver, RECEIVER_BIT);
    if ((fetchOr32(queue, QUEUE_RECEIVERS_ATTACHED, bit) & bit) === 0) { // [attach]
      const handle = receiver | load32(receiver, RECEIVER_GENERATION);
      store32(receiver, RECEIVER_GENERATION, (load32(receiver, RECEIVER_GENERATION) + 1) & HANDLE_GENERATION_MASK);
      storeRelease32(receiver, RECEIVER_HANDLE, handle); // [attach]
      return handle;
    }
  }
  return STATUS_NO_PLACE;
};

/** Whether completions for this sender are still to be reaped, at any priority. */
const senderOwed = (sender: i32, queue: i32): boolean => {
  if (load32(sender, SENDER_QUOTA) === 0) return false;
  for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
    if (load32(sender, (SENDER_SUBMITTED + (priority << 2)) | 0) !== creditReaped(sender, queue, priority)) return true;
  }
  return false;
};

/** Gives the place back. What was sent stays queued. STATUS_BUSY while completions are outstanding. */
export const detachSender = (handle: i32): i32 => {
  const sender = senderBlock(handle);
  if (sender < 0) return sender;
  const queue = load32(sender, SENDER_QUEUE);
  if (senderOwed(sender, queue)) return STATUS_BUSY;
  storeRelease32(sender, SENDER_HANDLE, 0); // [attach]
  fetchAnd32(queue, QUEUE_SENDERS_ATTACHED, ~load32(sender, SENDER_BIT)); // [attach]
  return STATUS_OK;
};

/** Whether the receiver still owes completions. */
const receiverOwes = (receiver: i32, queue: i32): boolean => {
  const words = load32(queue, QUEUE_SENDERS) << 2;
  if (load32(queue, QUEUE_RECEIVER_STRIDE_BYTES) === RECEIVER_PENDING) return false;
  for (let word = 0; word < words; word++) {
    if (load32(receiver, (RECEIVER_PENDING + (word << 2)) | 0) !== 0) return true;
  }
  return false;
};

/** Gives the place back. STATUS_BUSY while the receiver owes completions. */
export const detachReceiver = (handle: i32): i32 => {
  const receiver = receiverBlock(handle);
  if (receiver < 0) return receiver;
  const queue = load32(receiver, RECEIVER_QUEUE);
  if (receiverOwes(receiver, queue)) return STATUS_BUSY;
  storeRelease32(receiver, RECEIVER_HANDLE, 0); // [attach]
  fetchAnd32(queue, QUEUE_RECEIVERS_ATTACHED, ~load32(receiver, RECEIVER_BIT)); // [attach]
  return STATUS_OK;
};

/**
 * Wakes every sleeper to look for itself: a dead context may have published without waking, or been woken for a message
 * it never took.
 */
export const wakeEverybody = (queue: i32): void => {
  fetchAdd32(queue, QUEUE_EVENT, 1); // [sleep]
  notify32(queue, QUEUE_EVENT, EVERYBODY);
};

/**
 * Takes the place of dead sender number `index` back. What it had published stays queued, at most one message more than
 *   it knew; what it
 * had not published is gone. Repeatable.
 */
export const recoverSender = (queue: i32, index: i32): i32 => {
  if ((index >>> 0) >= (load32(queue, QUEUE_SENDERS) >>> 0)) return STATUS_BAD_ARGUMENT;
  const sender = senderAt(queue, index);
  storeRelease32(sender, SENDER_HANDLE, 0); // [attach]
  for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
    ringAdopt(laneRing(queue, index, priority));
    if (load32(queue, QUEUE_POLLED) === 0) {
      fetchOr32(queue, (QUEUE_READY + (priority << 2)) | 0, load32(sender, SENDER_BIT)); // [ready]
    }
  }
  fetchAnd32(queue, QUEUE_SENDERS_ATTACHED, ~load32(sender, SENDER_BIT)); // [attach]
  wakeEverybody(queue);
  return STATUS_OK;
};

/**
 * Takes the place of dead receiver number `index` back. A message it was receiving is received again by its successor
 *   (one receiver) or gone
 * (several). The completions it owed stay owed: its successor can post them. Repeatable.
 */
export const recoverReceiver = (queue: i32, index: i32): i32 => {
  if ((index >>> 0) >= (load32(queue, QUEUE_RECEIVERS) >>> 0)) return STATUS_BAD_ARGUMENT;
  const receiver = receiverAt(queue, index);
  storeRelease32(receiver, RECEIVER_HANDLE, 0); // [attach]
  fetchAnd32(queue, QUEUE_WAITERS, ~load32(receiver, RECEIVER_BIT)); // [sleep]
  if (load32(queue, QUEUE_POLLED) === 0) {
    const everySender = -1 << (32 - load32(queue, QUEUE_SENDERS));
    for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
      fetchOr32(queue, (QUEUE_READY + (priority << 2)) | 0, everySender); // [ready]
    }
  }
  fetchAnd32(queue, QUEUE_RECEIVERS_ATTACHED, ~load32(receiver, RECEIVER_BIT)); // [attach]
  wakeEverybody(queue);
  return STATUS_OK;
};
