/**
 * Queues by capability: making them, taking places in them, giving places back.
 *
 * Role: the context of the space. Memory: entries of its space, and what attach.ts touches.
 * Invariants: 1 a place is named by one capability, of the context that took it, derived from the capability to the queue.
 *   2 its badge is written into the sender's block before the place can be used: no message carries another.
 * Order: that of granting (grant.ts) and attaching (../attach.ts). [badge] the badge is stored before the capability is valid,
 *   by the only context that sends. [attach] ../attach.ts.
 * Units: bytes. Fails: what grant.ts and ../attach.ts return; no effect. A context killed between taking a place and
 *   noting it, or
 *   inside giving it back, leaves the place taken: the supervisor frees it by queueRecoverSender or queueRecoverReceiver.
 * Elsewhere: using a place: send.ts, receive.ts.
 * Checked by: test/unit/capability-queue.test.ts, test/property/capability.test.ts.
 */
import { load32, loadAcquire32, loadRelaxed32, store32, storeRelease32 } from '#machine';
import { attachReceiver, attachSender, detachReceiver, detachSender } from '../attach.ts';
import { queueMake } from '../create.ts';
import {
  CAPABILITY_BADGE, CAPABILITY_DEPTH, CAPABILITY_HANDLE, CAPABILITY_INDEX_MASK, CAPABILITY_RECEIVER,
  CAPABILITY_SENDER, HANDLE_LOW_MASK, RECEIVER_HANDLE, RECEIVER_INDEX, RECEIVER_QUEUE, RIGHTS_ALL, RIGHT_READ, RIGHT_REVOKE,
  RIGHT_WRITE, SENDER_BADGE, SENDER_HANDLE, SENDER_INDEX, SENDER_QUEUE, SPACE_OWNER, SPACE_SYSTEM, SYSTEM_REGIONS, TYPE_QUEUE,
  TYPE_RECEIVER, TYPE_REGION, TYPE_SENDER, WORD_ENDING, WORD_FREE, WORD_STATE_MASK,
} from '../layout.ts';
import { queueClose } from '../queue.ts';
import { recoverReceiver, recoverSender } from '../recover.ts';
import { regionQueue } from '../region.ts';
import { STATUS_BAD_HANDLE, STATUS_NO_CAPABILITY, STATUS_NO_RIGHT, STATUS_OK } from '../status.ts';
import { capabilityDrop, capabilityEnd, capabilityOpen } from './grant.ts';
import {
  capabilityAt, capabilityEntry, capabilityFill, capabilityFreed, capabilityObject, capabilityTake, spaceIs,
} from './space.ts';

/** The region table of the space's system; its checks have passed. */
const tableOf = (space: i32): i32 => load32(load32(space, SPACE_SYSTEM), SYSTEM_REGIONS);

/** The queue that `cap` names, with this right. By its region: what is made later at the same address is another queue. */
export const capabilityQueue = (space: i32, cap: i32, right: i32): i32 => {
  const region = capabilityObject(space, cap, TYPE_QUEUE, right);
  return region < 0 ? region : regionQueue(tableOf(space), region);
};

/** Makes a queue in the Slab region that `region` names (RIGHT_WRITE). Returns a capability to it with all rights. */
export const capQueueCreate = (space: i32, region: i32, config: i32): i32 => {
  const handle = capabilityObject(space, region, TYPE_REGION, RIGHT_WRITE);
  if (handle < 0) return handle;
  const origin = capabilityAt(space, region & CAPABILITY_INDEX_MASK);
  const owner = load32(space, SPACE_OWNER);
  const cap = capabilityTake(space, owner);
  if (cap < 0) return cap;
  const entry = capabilityAt(space, cap & CAPABILITY_INDEX_MASK);
  const queue = queueMake(tableOf(space), handle, config);
  if (queue < 0) return placeGiveUp(entry, WORD_FREE | cap, queue);
  capabilityFill(entry, TYPE_QUEUE, handle, RIGHTS_ALL, 0, load32(origin, CAPABILITY_DEPTH), origin);
  return capabilityOpen(entry, owner, cap, origin, region);
};

/** Frees an entry that nobody but this context uses. Returns `status`. */
const placeGiveUp = (entry: i32, freed: i32, status: i32): i32 => {
  storeRelease32(entry, CAPABILITY_HANDLE, freed); // [capability]
  return status;
};

/** Notes a place just taken in a filled entry and makes it valid; gives both back if the queue's capability has ended. */
const placeOpen = (space: i32, entry: i32, cap: i32, word: i32, place: i32, queue: i32): i32 => {
  const origin = capabilityAt(space, queue & CAPABILITY_INDEX_MASK);
  storeRelease32(entry, word, place); // [capability]
  const opened = capabilityOpen(entry, load32(space, SPACE_OWNER), cap, origin, queue);
  if (opened > 0) return opened;
  if (word === CAPABILITY_SENDER) detachSender(place);
  else detachReceiver(place);
  placeForget(entry);
  return placeGiveUp(entry, WORD_FREE | cap, opened);
};

/**
 * Takes a sender's place in the queue that `cap` names (RIGHT_WRITE). `submits` 1: all its messages are completed. Its messages
 * carry the badge of `cap`. Returns a capability to the place.
 */
export const capAttachSender = (space: i32, cap: i32, schema: i32, submits: i32): i32 => {
  const queue = capabilityQueue(space, cap, RIGHT_WRITE);
  if (queue < 0) return queue;
  const origin = capabilityAt(space, cap & CAPABILITY_INDEX_MASK);
  const mine = capabilityTake(space, load32(space, SPACE_OWNER));
  if (mine < 0) return mine;
  const entry = capabilityAt(space, mine & CAPABILITY_INDEX_MASK);
  const badge = load32(origin, CAPABILITY_BADGE);
  capabilityFill(entry, TYPE_SENDER, queue, RIGHT_WRITE, badge, load32(origin, CAPABILITY_DEPTH), origin);
  const sender = attachSender(queue, schema, submits);
  if (sender < 0) return placeGiveUp(entry, WORD_FREE | mine, sender);
  store32(sender & ~HANDLE_LOW_MASK, SENDER_BADGE, badge);
  return placeOpen(space, entry, mine, CAPABILITY_SENDER, sender, cap);
};

/** Takes a receiver's place in the queue that `cap` names (RIGHT_READ). Returns a capability to the place. */
export const capAttachReceiver = (space: i32, cap: i32): i32 => {
  const queue = capabilityQueue(space, cap, RIGHT_READ);
  if (queue < 0) return queue;
  const origin = capabilityAt(space, cap & CAPABILITY_INDEX_MASK);
  const mine = capabilityTake(space, load32(space, SPACE_OWNER));
  if (mine < 0) return mine;
  const entry = capabilityAt(space, mine & CAPABILITY_INDEX_MASK);
  const badge = load32(origin, CAPABILITY_BADGE);
  capabilityFill(entry, TYPE_RECEIVER, queue, RIGHT_READ, badge, load32(origin, CAPABILITY_DEPTH), origin);
  const receiver = attachReceiver(queue);
  if (receiver < 0) return placeGiveUp(entry, WORD_FREE | mine, receiver);
  return placeOpen(space, entry, mine, CAPABILITY_RECEIVER, receiver, cap);
};

/** Closes the queue that `cap` names (RIGHT_REVOKE: it ends what others do with it). */
export const capQueueClose = (space: i32, cap: i32): i32 => {
  const queue = capabilityQueue(space, cap, RIGHT_REVOKE);
  return queue < 0 ? queue : queueClose(queue);
};

/** The entry names no place any more. */
const placeForget = (entry: i32): void => {
  storeRelease32(entry, CAPABILITY_SENDER, STATUS_NO_RIGHT); // [capability]
  storeRelease32(entry, CAPABILITY_RECEIVER, STATUS_NO_RIGHT); // [capability]
};

/** Takes the place of an ended capability back as that of a dead context: what is still outstanding stays the place's. */
export const placeRecover = (entry: i32): void => {
  const sender = loadAcquire32(entry, CAPABILITY_SENDER); // [capability]
  const receiver = loadAcquire32(entry, CAPABILITY_RECEIVER); // [capability]
  const sending = sender & ~HANDLE_LOW_MASK;
  const receiving = receiver & ~HANDLE_LOW_MASK;
  // Not if the place was given back already, and is another's now.
  if (sender > 0 && loadRelaxed32(sending, SENDER_HANDLE) === sender) { // [attach]
    recoverSender(load32(sending, SENDER_QUEUE), load32(sending, SENDER_INDEX));
  }
  if (receiver > 0 && loadRelaxed32(receiving, RECEIVER_HANDLE) === receiver) { // [attach]
    recoverReceiver(load32(receiving, RECEIVER_QUEUE), load32(receiving, RECEIVER_INDEX));
  }
  placeForget(entry);
};

/**
 * Gives up a capability, live or revoked; a place is given back too. STATUS_BUSY for a sender with completions outstanding,
 * unless it was revoked. What was derived from it stays, and can still be revoked by what it was derived from.
 */
export const capDrop = (space: i32, cap: i32): i32 => {
  if (!spaceIs(space)) return STATUS_BAD_HANDLE;
  // A number with bits of a state in it would pass for one that has ended.
  if (cap <= 0 || (cap & WORD_STATE_MASK) !== 0) return STATUS_NO_CAPABILITY;
  const entry = capabilityAt(space, cap & CAPABILITY_INDEX_MASK);
  const live = capabilityEntry(space, cap) > 0;
  if (!live && loadAcquire32(entry, CAPABILITY_HANDLE) !== (WORD_ENDING | cap)) return STATUS_NO_CAPABILITY; // [capability]
  const sender = load32(entry, CAPABILITY_SENDER);
  const receiver = load32(entry, CAPABILITY_RECEIVER);
  if (sender <= 0 && receiver <= 0) return capabilityDrop(space, cap);
  if (live && sender > 0) {
    const status = detachSender(sender);
    if (status < 0 && status !== STATUS_BAD_HANDLE) return status;
  }
  capabilityEnd(entry, cap);
  if (!live && sender > 0) placeRecover(entry);
  if (receiver > 0) detachReceiver(receiver);
  placeForget(entry);
  return placeGiveUp(entry, capabilityFreed(cap), STATUS_OK);
};
