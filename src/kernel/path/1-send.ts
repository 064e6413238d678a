/**
 * The sender's side: check everything, pass the point of no return, publish, wake.
 *
 * Role: the context that attached the sender (a task, a worker, one core's interrupt level), one call at a time; any
 *   number of senders at once.
 * Memory: the sender block, one of its lanes; reads the message. Invariant: before the banner nothing another context
 *   can see has changed; after
 *   it the send cannot fail. Order: see 4-ring [publish], 3-lane [used], 5-wake [sleep]. [attach] the handle word,
 *   relaxed: it is compared,
 *   and nothing is read through it that attach wrote later.
 *   [descriptor] the sender's record, relaxed: each word is read once, and what was checked is what is stored; the
 *   other side is any
 *   code of the sender.
 * Units: bytes. Fails: BAD_HANDLE FULL and what 2-validate returns; no effect but the counters.
 * Checked by: test/unit/1-send.test.ts, test/property, test/stress, test/same.
 */
import { addOwned64, copyBytes, load32, loadRelaxed32, store32, storeRelaxed32 } from '#machine';
import {
  DESCRIPTOR_BYTES, DESCRIPTOR_FLAGS, DESCRIPTOR_LENGTH, DESCRIPTOR_OFFSET_HIGH, DESCRIPTOR_OFFSET_LOW,
  DESCRIPTOR_REGION, DESCRIPTOR_RESERVED, FLAG_COMPLETE, FLAG_DESCRIPTOR, HANDLE_IS_RECEIVER, HANDLE_LOW_MASK,
  META_FLAGS_SHIFT, RING_STRIDE_BYTES, SENDER_DESCRIPTOR, SENDER_HANDLE, SENDER_QUEUE, SENDER_QUOTA,
  SENDER_REJECTED_COUNT, SENDER_RINGS, SENDER_RING_STRIDE_BYTES, SLOT_PAYLOAD, SLOT_USER_BYTES,
} from '../layout.ts';
import { STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_FULL, STATUS_NO_COMPLETIONS, STATUS_OK } from '../status.ts';
import { validateCredit, validateDescriptor, validateSend } from './2-validate.ts';
import { laneAnnounce } from './3-lane.ts';
import { ringClaim, ringHasRoom, ringPublish, ringRefresh } from './4-ring.ts';
import { wakeReceivers } from './5-wake.ts';

/** Beside the message flags: no wake-up now, the caller wakes for several. Its bit lies outside META. */
export const SEND_QUIET = 256;

/**
 * The block of a valid sender handle, or STATUS_BAD_HANDLE. The handle word of a block equals its handle, its own
 * address among it.
 * @inline
 */
export const senderBlock = (handle: i32): i32 => {
  if (handle <= 0 || (handle & HANDLE_IS_RECEIVER) !== 0) return STATUS_BAD_HANDLE;
  const sender = handle & ~HANDLE_LOW_MASK;
  if (loadRelaxed32(sender, SENDER_HANDLE) !== handle) return STATUS_BAD_HANDLE; // [attach]
  return sender;
};

/** The sender's ring at `priority`. */
const senderRing = (sender: i32, priority: i32): i32 =>
  (load32(sender, SENDER_RINGS) + Math.imul(priority, load32(sender, SENDER_RING_STRIDE_BYTES))) | 0;

/**
 * Counts a refused send.
 * @cold
 */
export const sendReject = (sender: i32, status: i32): i32 => {
  addOwned64(sender, SENDER_REJECTED_COUNT, 1);
  return status;
};

/**
 * Copies the message into the free slot, publishes it and wakes. Nothing fails here.
 * @inline
 */
const sendPublish = (
  sender: i32, queue: i32, priority: i32, source: i32, bytes: i32, flags: i32, userLow: i32, userHigh: i32,
): i32 => {
  const ring = senderRing(sender, priority);
  const slot = ringClaim(ring);
  let meta = flags << META_FLAGS_SHIFT | bytes;
  copyBytes((slot + SLOT_PAYLOAD) | 0, source, bytes);
  if (loadRelaxed32(sender, SENDER_QUOTA) !== 0) { // [base]
    const user = (slot + load32(ring, RING_STRIDE_BYTES) - SLOT_USER_BYTES) | 0;
    storeRelaxed32(user, 0, userLow); // [meta]
    storeRelaxed32(user, 4, userHigh); // [meta]
    meta = meta | FLAG_COMPLETE << META_FLAGS_SHIFT;
  }
  ringPublish(ring, slot, meta);
  return (flags & SEND_QUIET) !== 0 ? STATUS_OK : wakeReceivers(queue, 1);
};

/**
 * When no slot is known to be free, and at the first send in a lane.
 * @cold
 */
const sendTight = (
  sender: i32, queue: i32, priority: i32, source: i32, bytes: i32, flags: i32, userLow: i32, userHigh: i32,
): i32 => {
  const ring = senderRing(sender, priority);
  // First the announcement: a lane that has room and was never announced, left by a death in between, would stay hidden.
  laneAnnounce(queue, ring);
  if (!ringRefresh(ring)) return STATUS_FULL;
  return sendPublish(sender, queue, priority, source, bytes, flags, userLow, userHigh);
};

/** @inline */
const sendRoom = (
  sender: i32, queue: i32, priority: i32, source: i32, bytes: i32, flags: i32, userLow: i32, userHigh: i32,
): i32 => {
  if (!ringHasRoom(senderRing(sender, priority))) {
    return sendTight(sender, queue, priority, source, bytes, flags, userLow, userHigh);
  }
  // ---- Point of no return: from here on nothing fails.
  return sendPublish(sender, queue, priority, source, bytes, flags, userLow, userHigh);
};

/**
 * A submitter's message needs credit for its completion.
 * @cold
 */
const sendCredited = (
  sender: i32, queue: i32, priority: i32, source: i32, bytes: i32, flags: i32, userLow: i32, userHigh: i32,
): i32 => {
  const credit = validateCredit(sender, queue, priority);
  if (credit < 0) return sendReject(sender, credit);
  return sendRoom(sender, queue, priority, source, bytes, flags, userLow, userHigh);
};

/**
 * A checked message: from `source`, private to the sender. Every way out is a last call, so that the common one needs no
 * stack frame.
 * @inline
 */
export const sendChecked = (
  sender: i32, queue: i32, priority: i32, source: i32, bytes: i32, flags: i32, userLow: i32, userHigh: i32,
): i32 => {
  if (loadRelaxed32(sender, SENDER_QUOTA) !== 0) { // [base]
    return sendCredited(sender, queue, priority, source, bytes, flags, userLow, userHigh);
  }
  return sendRoom(sender, queue, priority, source, bytes, flags, userLow, userHigh);
};

/** STATUS_NO_COMPLETIONS if user data is given (`submit` 1) to a sender that is no submitter. */
const sendKind = (sender: i32, submit: i32): i32 =>
  submit !== 0 && loadRelaxed32(sender, SENDER_QUOTA) === 0 ? STATUS_NO_COMPLETIONS : STATUS_OK; // [base]

/**
 * Sends `bytes` bytes from `source`. `submit` 1: with user data, which only a submitter may.
 * @inline
 */
export const sendInline = (
  handle: i32, priority: i32, source: i32, bytes: i32, submit: i32, userLow: i32, userHigh: i32,
): i32 => {
  const sender = senderBlock(handle);
  if (sender < 0) return sender;
  const kind = sendKind(sender, submit);
  if (kind < 0) return sendReject(sender, kind);
  const queue = load32(sender, SENDER_QUEUE);
  const valid = validateSend(sender, queue, priority, source, bytes);
  if (valid < 0) return sendReject(sender, valid);
  return sendChecked(sender, queue, priority, source, bytes, 0, userLow, userHigh);
};

/**
 * Sends the descriptor record at `record` (layout.ts, DESCRIPTOR_*). Each word is read once: the sender may be
 * rewriting it.
 * @inline
 */
export const sendDescriptor = (handle: i32, priority: i32, record: i32, submit: i32, userLow: i32, userHigh: i32): i32 => {
  const sender = senderBlock(handle);
  if (sender < 0) return sender;
  const kind = sendKind(sender, submit);
  if (kind < 0) return sendReject(sender, kind);
  const queue = load32(sender, SENDER_QUEUE);
  const valid = validateSend(sender, queue, priority, record, 0);
  if (valid < 0) return sendReject(sender, valid);
  if ((record & 3) !== 0) return sendReject(sender, STATUS_BAD_ARGUMENT);
  const region = loadRelaxed32(record, DESCRIPTOR_REGION); // [descriptor]
  const length = loadRelaxed32(record, DESCRIPTOR_LENGTH); // [descriptor]
  const offsetLow = loadRelaxed32(record, DESCRIPTOR_OFFSET_LOW); // [descriptor]
  const offsetHigh = loadRelaxed32(record, DESCRIPTOR_OFFSET_HIGH); // [descriptor]
  const userFlags = loadRelaxed32(record, DESCRIPTOR_FLAGS); // [descriptor]
  const reserved = loadRelaxed32(record, DESCRIPTOR_RESERVED); // [descriptor]
  const named = validateDescriptor(sender, region, length, offsetLow, offsetHigh, reserved);
  if (named < 0) return sendReject(sender, named);
  const checked = (sender + SENDER_DESCRIPTOR) | 0;
  store32(checked, DESCRIPTOR_REGION, region);
  store32(checked, DESCRIPTOR_LENGTH, length);
  store32(checked, DESCRIPTOR_OFFSET_LOW, offsetLow);
  store32(checked, DESCRIPTOR_OFFSET_HIGH, offsetHigh);
  store32(checked, DESCRIPTOR_FLAGS, userFlags);
  store32(checked, DESCRIPTOR_RESERVED, 0);
  return sendChecked(sender, queue, priority, checked, DESCRIPTOR_BYTES, FLAG_DESCRIPTOR, userLow, userHigh);
};
