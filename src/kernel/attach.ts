/**
 * Attaching and detaching senders and receivers.
 *
 * Role: the context itself. Memory: the attach words and blocks of the queue.
 * Invariants: 1 a place belongs to the context whose fetch-or set its bit, until its bit is cleared. 2 a submitter's
 *   BASE is set only
 *   while nothing of its place is outstanding; a place of which something is can only be taken by a submitter, who
 *   inherits it.
 * Order: [attach] the bit is set and cleared by read-modify-writes: whoever gets a place sees all that its last owner
 *   wrote. The
 *   handle word is stored with release after the block is ready. [base] see credit.ts. [close] LIMIT and CLOSED: each of attach
 *   and queueClose stores one and then reads or stores the other, sequentially: a sender attached while the queue is being closed
 *   ends up with LIMIT 0. Acquire and release would allow both to miss.
 * Units: none. Handles: block address | kind | 5-bit generation. A handle kept over exactly 32 attaches of its place
 *   would be
 *   accepted again.
 * Fails: NO_PLACE, WRONG_SCHEMA, CLOSED, BAD_HANDLE, BAD_ARGUMENT, BUSY, NO_COMPLETIONS; no effect.
 * Elsewhere: taking over from dead contexts: recover.ts.
 * Checked by: test/unit/attach.test.ts.
 */
import {
  fetchAnd32, fetchOr32, load32, loadRelaxed32, loadSequential32, store32, storeRelaxed32, storeRelease32, storeSequential32,
} from '#machine';
import { creditQueue, creditReaped } from './credit.ts';
import {
  HANDLE_GENERATION_MASK, HANDLE_IS_RECEIVER, PRIORITY_COUNT, QUEUE_CLOSED, QUEUE_COMPLETIONS, QUEUE_HEADER_BYTES,
  QUEUE_IS_COMPLETION, QUEUE_RECEIVERS, QUEUE_RECEIVERS_ATTACHED, QUEUE_RECEIVER_BLOCKS, QUEUE_SCHEMA, QUEUE_SELF,
  QUEUE_SENDERS, QUEUE_SENDERS_ATTACHED, QUEUE_USED_WORDS, RECEIVER_BIT, RECEIVER_BYTES, RECEIVER_GENERATION,
  RECEIVER_HANDLE, RECEIVER_QUEUE, RECEIVER_SOLE_HANDLE, SENDER_BASE, SENDER_BIT, SENDER_BYTES, SENDER_GENERATION,
  SENDER_HANDLE, SENDER_INDEX, SENDER_LIMIT, SENDER_MAX_BYTES, SENDER_QUEUE, SENDER_QUOTA, SENDER_REAPED_CACHE, SENDER_TYPED,
  SENDER_REAPER,
} from './layout.ts';
import { senderBlock } from './path/1-send-careful.ts';
import { laneRing } from './path/3-lane.ts';
import { receiverBlock } from './path/6-receive.ts';
import { ringTail } from './ring.ts';
import {
  STATUS_BAD_HANDLE, STATUS_BUSY, STATUS_CLOSED, STATUS_NO_COMPLETIONS, STATUS_NO_PLACE, STATUS_OK, STATUS_WRONG_SCHEMA,
} from './status.ts';

/** Whether `queue` is the address of a queue. */
export const queueIs = (queue: i32): boolean => queue > 0 && (queue & 3) === 0 && load32(queue, QUEUE_SELF) === ~queue;

/** The block of sender number `index`. */
export const senderAt = (queue: i32, index: i32): i32 => (queue + QUEUE_HEADER_BYTES + Math.imul(index, SENDER_BYTES)) | 0;

/** The block of receiver number `index`. */
export const receiverAt = (queue: i32, index: i32): i32 =>
  (load32(queue, QUEUE_RECEIVER_BLOCKS) + Math.imul(index, RECEIVER_BYTES)) | 0;

/** Gives a receiver's place its next handle. */
const receiverRenew = (receiver: i32): i32 => {
  const generation = load32(receiver, RECEIVER_GENERATION);
  const handle = receiver | HANDLE_IS_RECEIVER | generation;
  store32(receiver, RECEIVER_GENERATION, (generation + 1) & HANDLE_GENERATION_MASK);
  const queue = load32(receiver, RECEIVER_QUEUE);
  const isSole = load32(queue, QUEUE_RECEIVERS) === 1 && load32(queue, QUEUE_USED_WORDS) === 1;
  storeRelease32(receiver, RECEIVER_HANDLE, handle); // [attach]
  storeRelease32(receiver, RECEIVER_SOLE_HANDLE, isSole ? handle : 0); // [attach]
  return handle;
};

/** Ends the handle of a receiver's place. */
export const receiverEnd = (receiver: i32): void => {
  storeRelease32(receiver, RECEIVER_SOLE_HANDLE, 0); // [attach]
  storeRelease32(receiver, RECEIVER_HANDLE, 0); // [attach]
};

/** Whether a submitter's place still has messages whose completion has not been reaped. */
const senderOutstanding = (sender: i32, queue: i32): boolean => {
  if (loadRelaxed32(sender, SENDER_QUOTA) === 0) return false; // [base]
  const index = load32(sender, SENDER_INDEX);
  for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
    const base = loadRelaxed32(sender, (SENDER_BASE + (priority << 2)) | 0); // [base]
    if (((ringTail(laneRing(queue, index, priority)) - base) | 0) !== creditReaped(index, queue, priority)) return true;
  }
  return false;
};

/**
 * Makes the place a submitter's: its credit counts from here, unless something of a dead predecessor is still
 * outstanding.
 */
const senderSubmits = (sender: i32, queue: i32, outstanding: boolean): void => {
  const index = load32(sender, SENDER_INDEX);
  for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
    const word = priority << 2;
    const reaped = creditReaped(index, queue, priority);
    if (!outstanding) {
      storeRelaxed32(sender, (SENDER_BASE + word) | 0, (ringTail(laneRing(queue, index, priority)) - reaped) | 0); // [base]
    }
    store32(sender, (SENDER_REAPED_CACHE + word) | 0, reaped);
  }
  store32(sender, SENDER_REAPER, receiverRenew(receiverAt(creditQueue(queue, index), 0)));
  storeRelaxed32(sender, SENDER_QUOTA, load32(queue, QUEUE_COMPLETIONS)); // [base]
};

/**
 * Lets a plain sender's messages through by one comparison, unless the queue has been closed. A queueClose that is not seen here
 * stores its 0 after ours: both store first and look at the other's word then.
 */
const senderLimit = (sender: i32, queue: i32, submits: i32): void => {
  const special = submits !== 0 || load32(sender, SENDER_TYPED) !== 0;
  storeSequential32(sender, SENDER_LIMIT, special ? 0 : (load32(sender, SENDER_MAX_BYTES) + 1) | 0); // [close]
  if (loadSequential32(queue, QUEUE_CLOSED) !== 0) storeRelaxed32(sender, SENDER_LIMIT, 0); // [close]
};

/**
 * Takes a sender's place; `schema` must be the queue's. `submits` 1: all its messages are completed. Returns the
 * handle, > 0.
 */
export const attachSender = (queue: i32, schema: i32, submits: i32): i32 => {
  if (!queueIs(queue)) return STATUS_BAD_HANDLE;
  if (load32(queue, QUEUE_SCHEMA) !== schema) return STATUS_WRONG_SCHEMA;
  if (submits !== 0 && load32(queue, QUEUE_COMPLETIONS) === 0) return STATUS_NO_COMPLETIONS;
  if (loadRelaxed32(queue, QUEUE_CLOSED) !== 0) return STATUS_CLOSED; // [close]
  const senders = load32(queue, QUEUE_SENDERS);
  for (let index = 0; index < senders; index++) {
    const sender = senderAt(queue, index);
    const bit = load32(sender, SENDER_BIT);
    if ((fetchOr32(queue, QUEUE_SENDERS_ATTACHED, bit) & bit) === 0) { // [attach]
      const outstanding = senderOutstanding(sender, queue);
      if (submits !== 0 || !outstanding) {
        if (submits !== 0) senderSubmits(sender, queue, outstanding);
        else storeRelaxed32(sender, SENDER_QUOTA, 0); // [base]
        const generation = load32(sender, SENDER_GENERATION);
        store32(sender, SENDER_GENERATION, (generation + 1) & HANDLE_GENERATION_MASK);
        senderLimit(sender, queue, submits);
        storeRelease32(sender, SENDER_HANDLE, sender | generation); // [attach]
        return sender | generation;
      }
      fetchAnd32(queue, QUEUE_SENDERS_ATTACHED, ~bit); // [attach]
    }
  }
  return STATUS_NO_PLACE;
};

/** Takes a receiver's place. Returns the handle, > 0. */
export const attachReceiver = (queue: i32): i32 => {
  if (!queueIs(queue)) return STATUS_BAD_HANDLE;
  const receivers = load32(queue, QUEUE_RECEIVERS);
  for (let index = 0; index < receivers; index++) {
    const receiver = receiverAt(queue, index);
    const bit = load32(receiver, RECEIVER_BIT);
    if ((fetchOr32(queue, QUEUE_RECEIVERS_ATTACHED, bit) & bit) === 0) return receiverRenew(receiver); // [attach]
  }
  return STATUS_NO_PLACE;
};

/**
 * Gives the place back. What was sent stays queued. STATUS_BUSY while completions are outstanding.
 * @noinline
 */
export const detachSender = (handle: i32): i32 => {
  const sender = senderBlock(handle);
  if (sender < 0) return sender;
  const queue = load32(sender, SENDER_QUEUE);
  if (senderOutstanding(sender, queue)) return STATUS_BUSY;
  storeRelease32(sender, SENDER_HANDLE, 0); // [attach]
  fetchAnd32(queue, QUEUE_SENDERS_ATTACHED, ~load32(sender, SENDER_BIT)); // [attach]
  return STATUS_OK;
};

/**
 * Gives the place back. The reaper of a completion queue belongs to its submitter: STATUS_BAD_HANDLE.
 * @noinline
 */
export const detachReceiver = (handle: i32): i32 => {
  const receiver = receiverBlock(handle);
  if (receiver < 0) return receiver;
  const queue = load32(receiver, RECEIVER_QUEUE);
  if (load32(queue, QUEUE_IS_COMPLETION) !== 0) return STATUS_BAD_HANDLE;
  receiverEnd(receiver);
  fetchAnd32(queue, QUEUE_RECEIVERS_ATTACHED, ~load32(receiver, RECEIVER_BIT)); // [attach]
  return STATUS_OK;
};
