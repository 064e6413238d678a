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
 * Units: bytes. Fails: BAD_HANDLE and what 2-validate and ringClaim return; no effect but the counters.
 * Checked by: test/unit/1-send.test.ts, test/property, test/stress, test/same.
 */
import { addOwned64, copyBytes, load32, loadRelaxed32, store32, storeRelaxed32 } from '#machine';
import {
  BATCH_ADDRESS, BATCH_BYTES, BATCH_COUNT_MAX, BATCH_LENGTH, BATCH_RESULT, BATCH_USER_HIGH, BATCH_USER_LOW,
  DESCRIPTOR_BYTES, DESCRIPTOR_FLAGS, DESCRIPTOR_LENGTH, DESCRIPTOR_OFFSET_HIGH, DESCRIPTOR_OFFSET_LOW,
  DESCRIPTOR_REGION, DESCRIPTOR_RESERVED, FLAG_COMPLETE, FLAG_DESCRIPTOR, HANDLE_IS_RECEIVER, HANDLE_LOW_MASK,
  META_FLAGS_SHIFT, PRIORITY_COUNT, RING_STRIDE_BYTES, SENDER_HANDLE, SENDER_QUEUE, SENDER_QUOTA, SENDER_REJECTED_COUNT,
  SENDER_RINGS, SENDER_RING_STRIDE_BYTES, SLOT_PAYLOAD, SLOT_USER_BYTES,
} from '../layout.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_BAD_PRIORITY, STATUS_NO_COMPLETIONS, STATUS_OK,
} from '../status.ts';
import { validateCredit, validateDescriptor, validateSend } from './2-validate.ts';
import { laneAnnounce } from './3-lane.ts';
import { ringClaim, ringPublish } from './4-ring.ts';
import { wakeReceivers } from './5-wake.ts';

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
const sendReject = (sender: i32, status: i32): i32 => {
  addOwned64(sender, SENDER_REJECTED_COUNT, 1);
  return status;
};

/**
 * Publishes a filled slot. A submitter's message carries user data and the wish for a completion.
 * @inline
 */
const sendFinish = (
  sender: i32, queue: i32, ring: i32, slot: i32, bytes: i32, flags: i32, userLow: i32, userHigh: i32,
): void => {
  let meta = flags << META_FLAGS_SHIFT | bytes;
  if (loadRelaxed32(sender, SENDER_QUOTA) !== 0) { // [base]
    const user = (slot + load32(ring, RING_STRIDE_BYTES) - SLOT_USER_BYTES) | 0;
    storeRelaxed32(user, 0, userLow); // [meta]
    storeRelaxed32(user, 4, userHigh); // [meta]
    meta = meta | FLAG_COMPLETE << META_FLAGS_SHIFT;
  }
  laneAnnounce(queue, ring);
  ringPublish(ring, slot, meta);
};

/**
 * One inline message, without the wake-up.
 * @inline
 */
const sendQuiet = (sender: i32, queue: i32, priority: i32, source: i32, bytes: i32, userLow: i32, userHigh: i32): i32 => {
  const valid = validateSend(sender, queue, priority, source, bytes);
  if (valid < 0) return sendReject(sender, valid);
  const credit = validateCredit(sender, queue, priority);
  if (credit < 0) return sendReject(sender, credit);
  const ring = senderRing(sender, priority);
  const slot = ringClaim(ring);
  if (slot < 0) return slot;
  // ---- Point of no return: from here on nothing fails.
  copyBytes((slot + SLOT_PAYLOAD) | 0, source, bytes);
  sendFinish(sender, queue, ring, slot, bytes, 0, userLow, userHigh);
  return STATUS_OK;
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
  const status = sendQuiet(sender, queue, priority, source, bytes, userLow, userHigh);
  if (status >= 0) wakeReceivers(queue, 1);
  return status;
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
  const credit = validateCredit(sender, queue, priority);
  if (credit < 0) return sendReject(sender, credit);
  const ring = senderRing(sender, priority);
  const slot = ringClaim(ring);
  if (slot < 0) return slot;
  // ---- Point of no return: from here on nothing fails.
  const payload = (slot + SLOT_PAYLOAD) | 0;
  store32(payload, DESCRIPTOR_REGION, region);
  store32(payload, DESCRIPTOR_LENGTH, length);
  store32(payload, DESCRIPTOR_OFFSET_LOW, offsetLow);
  store32(payload, DESCRIPTOR_OFFSET_HIGH, offsetHigh);
  store32(payload, DESCRIPTOR_FLAGS, userFlags);
  store32(payload, DESCRIPTOR_RESERVED, 0);
  sendFinish(sender, queue, ring, slot, DESCRIPTOR_BYTES, FLAG_DESCRIPTOR, userLow, userHigh);
  wakeReceivers(queue, 1);
  return STATUS_OK;
};

/**
 * Sends the `count` messages of the batch records at `list` (layout.ts, BATCH_*), one wake-up for all. Returns how many
 * went, stopping at the first that cannot; its status is in its record, and is returned if it is the very first.
 */
export const sendBatch = (handle: i32, priority: i32, list: i32, count: i32): i32 => {
  const sender = senderBlock(handle);
  if (sender < 0) return sender;
  if ((priority >>> 0) >= PRIORITY_COUNT) return sendReject(sender, STATUS_BAD_PRIORITY);
  if (list < 0 || (list & 3) !== 0 || count < 0 || count > BATCH_COUNT_MAX) return sendReject(sender, STATUS_BAD_ARGUMENT);
  const queue = load32(sender, SENDER_QUEUE);
  let sent = 0;
  let status = STATUS_OK;
  while (sent < count && status >= 0) {
    const record = (list + Math.imul(sent, BATCH_BYTES)) | 0;
    status = sendQuiet(
      sender, queue, priority, load32(record, BATCH_ADDRESS), load32(record, BATCH_LENGTH),
      load32(record, BATCH_USER_LOW), load32(record, BATCH_USER_HIGH),
    );
    store32(record, BATCH_RESULT, status);
    if (status >= 0) sent = (sent + 1) | 0;
  }
  if (sent === 0) return status;
  wakeReceivers(queue, sent);
  return sent;
};
