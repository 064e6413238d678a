/**
 * A send that needs more than one look: a submitter, a lane that seems full, or something wrong, which is named.
 *
 * Role, memory, order: those of 1-send, which ends here when its comparisons fail. Also the one way in for messages with user
 *   data, and for those built in place (../reserve.ts).
 * Invariant: before the banner nothing another context can see has changed but counters; after it the send cannot fail.
 * Units: bytes. Fails: BAD_HANDLE, FULL, NO_COMPLETIONS, INVALID_MESSAGE and what 2-validate returns; no effect but the counters,
 *   and on the bytes of a slot that is nobody's.
 * Checked by: test/unit/1-send.test.ts, test/property, test/stress, test/same.
 */
import {
  addOwned64, copyBytes, load32, loadRelaxed32, store32, storeRelaxed32, storeRelease32, storeSequential32,
} from '#machine';
import {
  DESCRIPTOR_BYTES, DESCRIPTOR_FLAGS, DESCRIPTOR_LENGTH, DESCRIPTOR_OFFSET_HIGH, DESCRIPTOR_OFFSET_LOW,
  DESCRIPTOR_REGION, DESCRIPTOR_RESERVED, FLAG_COMPLETE, FLAG_DESCRIPTOR, HANDLE_LOW_MASK, META_BYTES_MASK,
  META_FLAGS_SHIFT, RING_AT, RING_STRIDE_BYTES, SENDER_BADGE, SENDER_BELL, SENDER_HANDLE, SENDER_NAMING, SENDER_QUEUE,
  SENDER_QUOTA, SENDER_REGIONS, SENDER_REJECTED_COUNT, SENDER_RINGS, SENDER_RING_STRIDE_BYTES, SENDER_TYPED, SLOT_PAYLOAD,
  SLOT_USER_BYTES,
} from '../layout.ts';
import { regionAddress } from '../region/span.ts';
import { typedAccept } from '../schema/bind.ts';
import { STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_FULL, STATUS_NO_COMPLETIONS, STATUS_OK } from '../status.ts';
import { validateCredit, validateDescriptor, validateSend } from './2-validate.ts';
import { laneAnnounce } from './3-lane.ts';
import { ringFill, ringHasRoom, ringPublish, ringRefresh, ringSlot } from './4-ring.ts';
import { wakeReceivers } from './5-wake.ts';

/** For `kind`: a plain message, or a submitter's with user data; beside it: no wake-up now, the caller wakes for several. */
export const SEND_PLAIN = 0;
export const SEND_SUBMIT = 1;
export const SEND_QUIET = 2;

/**
 * The block of a valid sender handle, or STATUS_BAD_HANDLE. The handle word of a block equals its handle, its own
 * address among it.
 */
export const senderBlock = (handle: i32): i32 => {
  if (handle <= HANDLE_LOW_MASK) return STATUS_BAD_HANDLE;
  const sender = handle & ~HANDLE_LOW_MASK;
  if (loadRelaxed32(sender, SENDER_HANDLE) !== handle) return STATUS_BAD_HANDLE; // [attach]
  return sender;
};

/**
 * The sender's ring at `priority`.
 * @inline
 */
export const sendRing = (sender: i32, priority: i32): i32 =>
  (load32(sender, SENDER_RINGS) + Math.imul(priority, load32(sender, SENDER_RING_STRIDE_BYTES))) | 0;

/** Counts a refused send. */
export const sendReject = (sender: i32, status: i32): i32 => {
  addOwned64(sender, SENDER_REJECTED_COUNT, 1);
  return status;
};

/**
 * When no slot is known to be free, and at the first send in a lane: whether one is. First the announcement: a lane that has
 * room and was never announced, left by a death in between, would stay hidden.
 */
export const sendMakeRoom = (sender: i32, ring: i32): boolean => {
  laneAnnounce(load32(sender, SENDER_QUEUE), ring);
  return ringRefresh(ring);
};

/** What must hold for `bytes` bytes at `source` to enter a lane, in the order in which it is reported. */
export const sendCheck = (sender: i32, priority: i32, source: i32, bytes: i32, kind: i32): i32 => {
  if ((kind & SEND_SUBMIT) !== 0 && loadRelaxed32(sender, SENDER_QUOTA) === 0) return STATUS_NO_COMPLETIONS; // [base]
  return validateSend(sender, load32(sender, SENDER_QUEUE), priority, source, bytes);
};

/** A submitter's message needs credit for its completion. */
export const sendCredit = (sender: i32, priority: i32): i32 => {
  if (loadRelaxed32(sender, SENDER_QUOTA) === 0) return STATUS_OK; // [base]
  return validateCredit(sender, load32(sender, SENDER_QUEUE), priority);
};

/** As sendCheck, and credit. */
export const sendMay = (sender: i32, priority: i32, source: i32, bytes: i32, kind: i32): i32 => {
  const status = sendCheck(sender, priority, source, bytes, kind);
  return status < 0 ? status : sendCredit(sender, priority);
};

/** Adds what a submitter's message carries besides, publishes the filled slot, and wakes. Nothing fails here. */
export const sendFinish = (sender: i32, ring: i32, meta: i32, kind: i32, userLow: i32, userHigh: i32): i32 => {
  const at = load32(ring, RING_AT);
  const slot = ringSlot(ring, at);
  let flags = meta;
  if (loadRelaxed32(sender, SENDER_QUOTA) !== 0) { // [base]
    const user = (slot + load32(ring, RING_STRIDE_BYTES) - SLOT_USER_BYTES) | 0;
    storeRelaxed32(user, 0, userLow); // [meta]
    storeRelaxed32(user, 4, userHigh); // [meta]
    flags = flags | FLAG_COMPLETE << META_FLAGS_SHIFT;
  }
  ringFill(slot, flags, load32(sender, SENDER_BADGE));
  ringPublish(ring, at, (at + 1) | 0, meta & META_BYTES_MASK);
  return (kind & SEND_QUIET) !== 0 ? STATUS_OK : wakeReceivers(load32(sender, SENDER_BELL), 1);
};

/** What the queue's schema, if it has one, says about `bytes` bytes at `at`. */
export const sendTyped = (sender: i32, at: i32, bytes: i32): i32 => {
  const typed = load32(sender, SENDER_TYPED);
  return typed === 0 ? STATUS_OK : typedAccept(typed, at, bytes);
};

/**
 * Sends `bytes` bytes from `source`; `kind`: SEND_*. A schema judges the copy in the slot: the source may be rewritten meanwhile.
 * @cold
 */
export const sendCareful = (
  handle: i32, priority: i32, source: i32, bytes: i32, kind: i32, userLow: i32, userHigh: i32,
): i32 => {
  const sender = senderBlock(handle);
  if (sender < 0) return sender;
  const status = sendMay(sender, priority, source, bytes, kind);
  if (status < 0) return sendReject(sender, status);
  const ring = sendRing(sender, priority);
  if (!ringHasRoom(ring) && !sendMakeRoom(sender, ring)) return STATUS_FULL;
  const payload = (ringSlot(ring, load32(ring, RING_AT)) + SLOT_PAYLOAD) | 0;
  copyBytes(payload, source, bytes);
  const accepted = sendTyped(sender, payload, bytes);
  if (accepted < 0) return sendReject(sender, accepted);
  // ---- Point of no return: from here on nothing fails.
  return sendFinish(sender, ring, bytes, kind, userLow, userHigh);
};

/** The same about what a descriptor names: in place, once the region's policy has admitted it. */
const sendTypedRegion = (sender: i32, region: i32, offset: i32, bytes: i32): i32 => {
  if (load32(sender, SENDER_TYPED) === 0) return STATUS_OK;
  const at = regionAddress(load32(sender, SENDER_REGIONS), region, offset, bytes);
  return at < 0 ? at : sendTyped(sender, at, bytes);
};

/**
 * Sends the descriptor record at `record`. Each word is read once: the sender may be rewriting it.
 * @cold
 */
export const sendDescriptorCareful = (
  handle: i32, priority: i32, record: i32, kind: i32, userLow: i32, userHigh: i32,
): i32 => {
  const sender = senderBlock(handle);
  if (sender < 0) return sender;
  const status = sendCheck(sender, priority, record, 0, kind);
  if (status < 0) return sendReject(sender, status);
  if ((record & 3) !== 0) return sendReject(sender, STATUS_BAD_ARGUMENT);
  const region = loadRelaxed32(record, DESCRIPTOR_REGION); // [descriptor]
  const length = loadRelaxed32(record, DESCRIPTOR_LENGTH); // [descriptor]
  const offsetLow = loadRelaxed32(record, DESCRIPTOR_OFFSET_LOW); // [descriptor]
  const offsetHigh = loadRelaxed32(record, DESCRIPTOR_OFFSET_HIGH); // [descriptor]
  const flags = loadRelaxed32(record, DESCRIPTOR_FLAGS); // [descriptor]
  const reserved = loadRelaxed32(record, DESCRIPTOR_RESERVED); // [descriptor]
  const credit = sendCredit(sender, priority);
  storeSequential32(sender, SENDER_NAMING, region); // [naming]
  let refused = validateDescriptor(sender, region, length, offsetLow, offsetHigh, reserved);
  if (refused >= 0) refused = credit;
  if (refused >= 0) refused = sendTypedRegion(sender, region, offsetLow, length);
  const ring = sendRing(sender, priority);
  if (refused < 0) refused = sendReject(sender, refused);
  else if (!ringHasRoom(ring) && !sendMakeRoom(sender, ring)) refused = STATUS_FULL;
  if (refused >= 0) {
    // ---- Point of no return: from here on nothing fails.
    const payload = (ringSlot(ring, load32(ring, RING_AT)) + SLOT_PAYLOAD) | 0;
    store32(payload, DESCRIPTOR_REGION, region);
    store32(payload, DESCRIPTOR_LENGTH, length);
    store32(payload, DESCRIPTOR_OFFSET_LOW, offsetLow);
    store32(payload, DESCRIPTOR_OFFSET_HIGH, offsetHigh);
    store32(payload, DESCRIPTOR_FLAGS, flags);
    store32(payload, DESCRIPTOR_RESERVED, 0);
    sendFinish(sender, ring, FLAG_DESCRIPTOR << META_FLAGS_SHIFT | DESCRIPTOR_BYTES, SEND_QUIET, userLow, userHigh);
  }
  storeRelease32(sender, SENDER_NAMING, 0); // [naming]
  return refused < 0 ? refused : wakeReceivers(load32(sender, SENDER_BELL), 1);
};
