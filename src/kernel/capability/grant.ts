/**
 * Passing capabilities on, giving them up, and looking at them.
 *
 * Role: the context of the space. Memory: an entry of the target's space, or of its own.
 * Invariants: 1 what is granted carries equal or fewer rights, one more depth, and its origin's badge if that has one.
 *   2 nothing outlives its origin's revocation: see the order.
 * Order: [capability] a grant stores the PARENT of its new entry and then looks at its origin, both sequentially; ending
 *   an entry
 *   (a read-modify-write) comes before the sequential look for what was derived from it, entries being filled among it. One of
 *   the two sees the other: either the grant finds its origin ended, or the revoke finds the new entry and ends it before it
 *   is valid: it becomes so by compare-exchange only. So nothing derived is valid for a moment after a revoke has returned.
 * Units: none. Fails: NO_CAPABILITY, NO_RIGHT, TOO_DEEP, NO_PLACE, BAD_HANDLE, BAD_ARGUMENT, BUSY; no effect.
 * Elsewhere: revoking: revoke.ts; places in queues: place.ts.
 * Checked by: test/unit/capability.test.ts, test/property/capability.test.ts, test/explore.
 */
import { compareExchange32, load32, loadAcquire32 } from '#machine';
import {
  CAPABILITY_BADGE, CAPABILITY_DEPTH, CAPABILITY_DEPTH_MAX, CAPABILITY_HANDLE, CAPABILITY_INDEX_MASK, CAPABILITY_OBJECT,
  CAPABILITY_RIGHTS, CAPABILITY_TYPE, RIGHTS_ALL, RIGHT_GRANT, RIGHT_GRANT_ONCE, RIGHT_WRITE, SPACE_OWNER, SPACE_SYSTEM,
  TYPE_RECEIVER, TYPE_SENDER, TYPE_SPACE, WORD_ENDING,
} from '../layout.ts';
import { STATUS_BAD_ARGUMENT, STATUS_NO_CAPABILITY, STATUS_NO_RIGHT, STATUS_OK, STATUS_TOO_DEEP } from '../status.ts';
import {
  capabilityAt, capabilityEntry, capabilityFill, capabilityFilling, capabilityFreed, capabilityObject, capabilityReuse,
  capabilityStill, capabilityTake,
} from './space.ts';

/** Ends a live capability. Whether it was this call that did. */
export const capabilityEnd = (entry: i32, cap: i32): boolean =>
  compareExchange32(entry, CAPABILITY_HANDLE, cap, WORD_ENDING | cap) === cap; // [capability]

/**
 * Makes an entry valid that the context of number `owner` filled, derived from `origin` (a live `cap`), unless that has ended
 * meanwhile. Returns the new handle, or STATUS_NO_CAPABILITY: then the entry is free, or ended.
 */
export const capabilityOpen = (entry: i32, owner: i32, handle: i32, origin: i32, cap: i32): i32 => {
  const filling = capabilityFilling(owner, handle);
  const word = capabilityStill(origin, cap) ? handle : capabilityFreed(handle);
  const found = compareExchange32(entry, CAPABILITY_HANDLE, filling, word); // [capability]
  return word === handle && found === filling ? handle : STATUS_NO_CAPABILITY;
};

/** The rights that a holder of `held` may pass on: all of them; with RIGHT_GRANT_ONCE alone not the right to go on; else none. */
const grantable = (held: i32): i32 => {
  if ((held & RIGHT_GRANT) !== 0) return held;
  return (held & RIGHT_GRANT_ONCE) !== 0 ? held & ~RIGHT_GRANT_ONCE : 0;
};

/**
 * Passes `cap` on to the space that the capability `target` names (TYPE_SPACE, RIGHT_WRITE), with `rights` of its rights.
 * `badge`: what receivers read of the sender; only a capability without one (0) can be given one. Returns the handle,
 * valid in the other space.
 */
export const capGrant = (space: i32, cap: i32, target: i32, rights: i32, badge: i32): i32 => {
  const origin = capabilityEntry(space, cap);
  if (origin < 0) return origin;
  const type = loadAcquire32(origin, CAPABILITY_TYPE); // [capability]
  const object = loadAcquire32(origin, CAPABILITY_OBJECT); // [capability]
  const held = loadAcquire32(origin, CAPABILITY_RIGHTS); // [capability]
  const own = loadAcquire32(origin, CAPABILITY_BADGE); // [capability]
  const depth = loadAcquire32(origin, CAPABILITY_DEPTH); // [capability]
  if (!capabilityStill(origin, cap)) return STATUS_NO_CAPABILITY;
  const into = capabilityObject(space, target, TYPE_SPACE, RIGHT_WRITE);
  if (into < 0) return into;
  if (rights <= 0 || rights > RIGHTS_ALL) return STATUS_BAD_ARGUMENT;
  if (type === TYPE_SENDER || type === TYPE_RECEIVER || (rights & ~grantable(held)) !== 0) return STATUS_NO_RIGHT;
  if (own !== 0 && badge !== own) return STATUS_NO_RIGHT;
  if (depth >= CAPABILITY_DEPTH_MAX) return STATUS_TOO_DEEP;
  const owner = load32(space, SPACE_OWNER);
  const handle = capabilityTake(into, owner);
  if (handle < 0) return handle;
  const entry = capabilityAt(into, handle & CAPABILITY_INDEX_MASK);
  capabilityFill(entry, type, object, rights, badge, (depth + 1) | 0, origin);
  return capabilityOpen(entry, owner, handle, origin, cap);
};

/**
 * Gives up a capability that is no place. What was derived from it stays, and can still be revoked by what it was derived
 * from. Also of one that has been revoked.
 */
export const capabilityDrop = (space: i32, cap: i32): i32 => {
  const entry = capabilityAt(space, cap & CAPABILITY_INDEX_MASK);
  const ended = WORD_ENDING | cap;
  const mine = capabilityEnd(entry, cap);
  if (!mine && loadAcquire32(entry, CAPABILITY_HANDLE) !== ended) return STATUS_NO_CAPABILITY; // [capability]
  capabilityReuse(load32(space, SPACE_SYSTEM), entry, ended);
  return STATUS_OK;
};

/** One word of a live capability of this space. */
const capWord = (space: i32, cap: i32, word: i32): i32 => {
  const entry = capabilityEntry(space, cap);
  if (entry < 0) return entry;
  const value = loadAcquire32(entry, word); // [capability]
  return capabilityStill(entry, cap) ? value : STATUS_NO_CAPABILITY;
};
/** Its type (TYPE_*), rights (RIGHT_*), depth, and badge, an i32 of which negative ones look like a status. */
export const capType = (space: i32, cap: i32): i32 => capWord(space, cap, CAPABILITY_TYPE);
export const capRights = (space: i32, cap: i32): i32 => capWord(space, cap, CAPABILITY_RIGHTS);
export const capDepth = (space: i32, cap: i32): i32 => capWord(space, cap, CAPABILITY_DEPTH);
export const capBadge = (space: i32, cap: i32): i32 => capWord(space, cap, CAPABILITY_BADGE);
