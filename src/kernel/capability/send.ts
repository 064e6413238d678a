/**
 * Sending by a capability: the sender's side of the queue's surface with one more check.
 *
 * Role, invariants: those of named.ts. Memory: SPACE_RECORD; else what the queue's calls touch.
 * Order: [descriptor] as in path/1-send: the task's record, each word read once.
 * Units: bytes, microseconds. Fails: NO_CAPABILITY, NO_RIGHT, and what the queue's call returns; no effect.
 * Elsewhere: taking and giving back places: place.ts; receiving: receive.ts.
 * Checked by: test/unit/capability-queue.test.ts, test/property/capability.test.ts, test/explore.
 */
import { loadRelaxed32, store32 } from '#machine';
import {
  CAPABILITY_SENDER, DESCRIPTOR_FLAGS, DESCRIPTOR_LENGTH, DESCRIPTOR_OFFSET_HIGH, DESCRIPTOR_OFFSET_LOW, DESCRIPTOR_REGION,
  DESCRIPTOR_RESERVED, RIGHT_READ, SPACE_RECORD, TYPE_REGION,
} from '../layout.ts';
import { sendNow } from '../path/1-send.ts';
import {
  queueCommitSubmit, queueCompletions, queueReceive, queueReceiveTimeout, queueReserve, queueSendArray,
  queueSendBatch, queueSendDescriptor, queueSubmit, queueSubmitDescriptor, refusedByte, refusedReason, refusedWord,
} from '../queue.ts';
import { STATUS_BAD_ARGUMENT } from '../status.ts';
import { placeOf } from './named.ts';
import { capabilityObject } from './space.ts';

/** As queueSend, whose quick way is a part of it: no argument has to move. */
export const capSend = (space: i32, cap: i32, priority: i32, source: i32, bytes: i32): i32 => {
  const sender = placeOf(space, cap, CAPABILITY_SENDER);
  return sender < 0 ? sender : sendNow(sender, priority, source, bytes);
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

/** As queueSendArray. */
export const capSendArray = (space: i32, cap: i32, priority: i32, source: i32, bytes: i32, count: i32): i32 => {
  const sender = placeOf(space, cap, CAPABILITY_SENDER);
  return sender < 0 ? sender : queueSendArray(sender, priority, source, bytes, count);
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
