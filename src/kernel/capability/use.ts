/**
 * Using a place in a queue by its capability: the queue's surface with one more check.
 *
 * Role: the context of the space, one call at a time; of a context of two tasks one may reap while the other does the rest:
 *   they touch different words. `space` is not the task's to choose: whoever lets a task in here passes its own.
 * Memory: reads the capability; SPACE_RECORD; else what the queue's calls touch.
 * Invariants: 1 a call looks at the handle word once, at its start, and everything after belongs to the place it then
 *   named: the
 *   entry is not used again while its context is inside a call (space.ts, 4).
 * Order: [capability] relaxed: what is read through it was written by this context. A call that starts after a revoke has
 *   returned finds the word ended, by coherence; one that found it valid completes as if the revoke came later.
 *   [descriptor] as in path/1-send: the task's record, each word read once.
 * Units: bytes, microseconds. Fails: NO_CAPABILITY, NO_RIGHT, and what the queue's call returns; no effect.
 * Elsewhere: taking and giving back places: place.ts.
 * Checked by: test/unit/capability-queue.test.ts, test/property/capability.test.ts, test/explore.
 */
import { load32, loadRelaxed32, store32 } from '#machine';
import {
  CAPABILITY_BYTES, CAPABILITY_HANDLE, CAPABILITY_INDEX_MASK, CAPABILITY_RECEIVER, CAPABILITY_SENDER, DESCRIPTOR_FLAGS,
  DESCRIPTOR_LENGTH, DESCRIPTOR_OFFSET_HIGH, DESCRIPTOR_OFFSET_LOW, DESCRIPTOR_REGION, DESCRIPTOR_RESERVED, RIGHT_READ,
  SPACE_HEADER_BYTES, SPACE_RECORD, TYPE_REGION,
} from '../layout.ts';
import {
  queueCommitSubmit, queueComplete, queueCompletions, queueDiscard, queuePeek, queueReceive, queueReceiveBatch,
  queueReceiveTimeout, queueRelease, queueReserve, queueSend, queueSendBatch, queueSendDescriptor, queueSubmit,
  queueSubmitDescriptor, queueView, receivedBadge, receivedBytes, receivedFlags, receivedPriority, receivedSender,
  receivedUserHigh, receivedUserLow, refusedByte, refusedReason, refusedWord,
} from '../queue.ts';
import { STATUS_BAD_ARGUMENT, STATUS_NO_CAPABILITY } from '../status.ts';
import { capabilityObject } from './space.ts';

/**
 * The place that a live capability names in its word `kind` (CAPABILITY_SENDER or _RECEIVER), or a status: the word of one that
 * names no such place says STATUS_NO_RIGHT itself.
 * @inline
 */
const placeOf = (space: i32, cap: i32, kind: i32): i32 => {
  const entry = (space + SPACE_HEADER_BYTES + Math.imul(cap & CAPABILITY_INDEX_MASK, CAPABILITY_BYTES)) | 0;
  if (cap < 0 || loadRelaxed32(entry, CAPABILITY_HANDLE) !== cap) return STATUS_NO_CAPABILITY; // [capability]
  return load32(entry, kind);
};

// ---- Sending.
/** As queueSend. */
export const capSend = (space: i32, cap: i32, priority: i32, source: i32, bytes: i32): i32 => {
  const sender = placeOf(space, cap, CAPABILITY_SENDER);
  return sender < 0 ? sender : queueSend(sender, priority, source, bytes);
};
/** As queueSubmit. */
export const capSubmit = (space: i32, cap: i32, priority: i32, source: i32, bytes: i32, userLow: i32, userHigh: i32): i32 => {
  const sender = placeOf(space, cap, CAPABILITY_SENDER);
  return sender < 0 ? sender : queueSubmit(sender, priority, source, bytes, userLow, userHigh);
};
/** As queueSendBatch. */
export const capSendBatch = (space: i32, cap: i32, priority: i32, list: i32, count: i32): i32 => {
  const sender = placeOf(space, cap, CAPABILITY_SENDER);
  return sender < 0 ? sender : queueSendBatch(sender, priority, list, count);
};

/** As queueReserve: builds a message in place. */
export const capReserve = (space: i32, cap: i32, priority: i32, bytes: i32): i32 => {
  const sender = placeOf(space, cap, CAPABILITY_SENDER);
  return sender < 0 ? sender : queueReserve(sender, priority, bytes);
};
/** As queueCommitSubmit; of a sender that is no submitter, user data are not sent: as queueCommit. */
export const capCommit = (space: i32, cap: i32, bytes: i32, userLow: i32, userHigh: i32): i32 => {
  const sender = placeOf(space, cap, CAPABILITY_SENDER);
  return sender < 0 ? sender : queueCommitSubmit(sender, bytes, userLow, userHigh);
};

/**
 * Copies the descriptor at `record`, whose DESCRIPTOR_REGION is a capability to the region (RIGHT_READ), and puts the region in
 * its place. Returns the copy's address.
 */
const descriptorTranslate = (space: i32, record: i32): i32 => {
  if (record < 0 || (record & 3) !== 0) return STATUS_BAD_ARGUMENT;
  const region = capabilityObject(space, loadRelaxed32(record, DESCRIPTOR_REGION), TYPE_REGION, RIGHT_READ); // [descriptor]
  if (region < 0) return region;
  const copy = (space + SPACE_RECORD) | 0;
  store32(copy, DESCRIPTOR_REGION, region);
  store32(copy, DESCRIPTOR_LENGTH, loadRelaxed32(record, DESCRIPTOR_LENGTH)); // [descriptor]
  store32(copy, DESCRIPTOR_OFFSET_LOW, loadRelaxed32(record, DESCRIPTOR_OFFSET_LOW)); // [descriptor]
  store32(copy, DESCRIPTOR_OFFSET_HIGH, loadRelaxed32(record, DESCRIPTOR_OFFSET_HIGH)); // [descriptor]
  store32(copy, DESCRIPTOR_FLAGS, loadRelaxed32(record, DESCRIPTOR_FLAGS)); // [descriptor]
  store32(copy, DESCRIPTOR_RESERVED, loadRelaxed32(record, DESCRIPTOR_RESERVED)); // [descriptor]
  return copy;
};

/** As queueSendDescriptor; DESCRIPTOR_REGION is a capability to the region. What arrives names the region itself. */
export const capSendDescriptor = (space: i32, cap: i32, priority: i32, record: i32): i32 => {
  const sender = placeOf(space, cap, CAPABILITY_SENDER);
  if (sender < 0) return sender;
  const copy = descriptorTranslate(space, record);
  return copy < 0 ? copy : queueSendDescriptor(sender, priority, copy);
};
/** As queueSubmitDescriptor; DESCRIPTOR_REGION is a capability to the region. */
export const capSubmitDescriptor = (
  space: i32, cap: i32, priority: i32, record: i32, userLow: i32, userHigh: i32,
): i32 => {
  const sender = placeOf(space, cap, CAPABILITY_SENDER);
  if (sender < 0) return sender;
  const copy = descriptorTranslate(space, record);
  return copy < 0 ? copy : queueSubmitDescriptor(sender, priority, copy, userLow, userHigh);
};
/** Takes the next completion of a submitter: as queueReceive, or queueReceiveTimeout, from queueCompletions. */
export const capReap = (space: i32, cap: i32, buffer: i32, capacity: i32): i32 => {
  const sender = placeOf(space, cap, CAPABILITY_SENDER);
  const reaper = sender < 0 ? sender : queueCompletions(sender);
  return reaper < 0 ? reaper : queueReceive(reaper, buffer, capacity);
};
export const capReapTimeout = (space: i32, cap: i32, buffer: i32, capacity: i32, microseconds: i32): i32 => {
  const sender = placeOf(space, cap, CAPABILITY_SENDER);
  const reaper = sender < 0 ? sender : queueCompletions(sender);
  return reaper < 0 ? reaper : queueReceiveTimeout(reaper, buffer, capacity, microseconds);
};

/** What capRefused says about the last message of a sender that its queue's schema refused: as the functions refused*. */
export const REFUSED_REASON = 0;
export const REFUSED_WORD = 1;
export const REFUSED_BYTE = 2;
export const capRefused = (space: i32, cap: i32, what: i32): i32 => {
  const sender = placeOf(space, cap, CAPABILITY_SENDER);
  if (sender < 0) return sender;
  if (what === REFUSED_REASON) return refusedReason(sender);
  if (what === REFUSED_WORD) return refusedWord(sender);
  return what === REFUSED_BYTE ? refusedByte(sender) : STATUS_BAD_ARGUMENT;
};

// ---- Receiving.
/** As queueReceive. */
export const capReceive = (space: i32, cap: i32, buffer: i32, capacity: i32): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  return receiver < 0 ? receiver : queueReceive(receiver, buffer, capacity);
};
/** As queueReceiveTimeout. */
export const capReceiveTimeout = (space: i32, cap: i32, buffer: i32, capacity: i32, microseconds: i32): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  return receiver < 0 ? receiver : queueReceiveTimeout(receiver, buffer, capacity, microseconds);
};
/** As queueReceiveBatch. */
export const capReceiveBatch = (space: i32, cap: i32, list: i32, count: i32): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  return receiver < 0 ? receiver : queueReceiveBatch(receiver, list, count);
};
/** As queuePeek. */
export const capPeek = (space: i32, cap: i32): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  return receiver < 0 ? receiver : queuePeek(receiver);
};
/** As queueDiscard. */
export const capDiscard = (space: i32, cap: i32): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  return receiver < 0 ? receiver : queueDiscard(receiver);
};
/** As queueView and queueRelease: reads a message in place. */
export const capView = (space: i32, cap: i32): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  return receiver < 0 ? receiver : queueView(receiver);
};
export const capRelease = (space: i32, cap: i32): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  return receiver < 0 ? receiver : queueRelease(receiver);
};
/** As queueComplete. */
export const capComplete = (
  space: i32, cap: i32, index: i32, priority: i32, userLow: i32, userHigh: i32, result: i32,
): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  return receiver < 0 ? receiver : queueComplete(receiver, index, priority, userLow, userHigh, result);
};

/** What capReceived says about the last message received: as the functions received* of the queue. */
export const RECEIVED_BYTES = 0;
export const RECEIVED_FLAGS = 1;
export const RECEIVED_PRIORITY = 2;
export const RECEIVED_SENDER = 3;
export const RECEIVED_BADGE = 4;
export const RECEIVED_USER_LOW = 5;
export const RECEIVED_USER_HIGH = 6;

/** About the last message received: `what` is RECEIVED_*. */
export const capReceived = (space: i32, cap: i32, what: i32): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  if (receiver < 0) return receiver;
  switch (what) {
    case RECEIVED_BYTES: return receivedBytes(receiver);
    case RECEIVED_FLAGS: return receivedFlags(receiver);
    case RECEIVED_PRIORITY: return receivedPriority(receiver);
    case RECEIVED_SENDER: return receivedSender(receiver);
    case RECEIVED_BADGE: return receivedBadge(receiver);
    case RECEIVED_USER_LOW: return receivedUserLow(receiver);
    case RECEIVED_USER_HIGH: return receivedUserHigh(receiver);
    default: return STATUS_BAD_ARGUMENT;
  }
};
