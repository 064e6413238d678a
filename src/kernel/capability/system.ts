/**
 * Making the capability system, its spaces, and taking over from contexts that died.
 *
 * Role: capSystemCreate: once, by who boots, who then has the root space with capabilities to everything. capSpaceCreate,
 *   capRecover: contexts with a capability for it. Memory: the system block, spaces; recovery: all that the dead context held.
 * Order: that of the calls used; [capability] space.ts.
 * Units: bytes. Fails: BAD_ARGUMENT, NO_MEMORY, NO_CAPABILITY, NO_RIGHT, NO_PLACE, BAD_HANDLE; no effect.
 * Elsewhere: revoking: revoke.ts. Checked by: test/unit/capability.test.ts, test/property/capability.test.ts.
 */
import { compareExchange32, fillBytes, load32, loadAcquire32, loadSequential32, store32, storeRelease32 } from '#machine';
import {
  CAPABILITY_CURRENT, CAPABILITY_DEPTH, CAPABILITY_HANDLE, CAPABILITY_INDEX_MASK,
  LINE_BYTES, RIGHTS_ALL, RIGHT_REVOKE, RIGHT_WRITE, SPACE_BYTES, SPACE_CAPABILITIES, SPACE_OWNER, SPACE_SYSTEM, SYSTEM_BYTES,
  SYSTEM_REGIONS, SYSTEM_SELF, SYSTEM_SPACES_MAX, TYPE_REGIONS, TYPE_SPACE, TYPE_SYSTEM, WORD_ENDING, WORD_FREE, WORD_STATE_MASK,
} from '../layout.ts';
import { regionRecover } from '../region.ts';
import { STATUS_BAD_ARGUMENT, STATUS_NO_MEMORY } from '../status.ts';
import { capabilityEnd, capabilityOpen } from './grant.ts';
import { placeRecover } from './place.ts';
import {
  capabilityAt, capabilityFill, capabilityFilling, capabilityFreed, capabilityObject, capabilityReuse, capabilityTake, spaceAt,
  spaceMake,
} from './space.ts';

/** Bytes of a system with its root space. */
export const capSystemBytes = (): i32 => (SYSTEM_BYTES + SPACE_BYTES) | 0;

/** A first capability, derived from none. */
const rootTake = (root: i32, type: i32, object: i32): void => {
  const cap = capabilityTake(root, load32(root, SPACE_OWNER));
  const entry = capabilityAt(root, cap & CAPABILITY_INDEX_MASK);
  capabilityFill(entry, type, object, RIGHTS_ALL, 0, 0, 0);
  storeRelease32(entry, CAPABILITY_HANDLE, cap); // [capability]
};

/** The capabilities of a new root space, all of generation 1: to the system, to the region table, to the root space itself. */
export const CAP_SYSTEM = 64;
export const CAP_REGIONS = 65;
export const CAP_ROOT = 66;

/**
 * Makes a system over the region table `regions` in the line-aligned memory at `at`, which nobody else uses. Returns the
 * address of
 * its root space, which has CAP_SYSTEM, CAP_REGIONS and CAP_ROOT, and is the only source of capabilities.
 */
export const capSystemCreate = (at: i32, bytes: i32, regions: i32): i32 => {
  if (at < 0 || (at & (LINE_BYTES - 1)) !== 0) return STATUS_BAD_ARGUMENT;
  if (bytes < capSystemBytes()) return STATUS_NO_MEMORY;
  fillBytes(at, SYSTEM_BYTES, 0);
  store32(at, SYSTEM_REGIONS, regions);
  store32(at, SYSTEM_SELF, ~at ^ 2);
  const root = spaceMake(at, (at + SYSTEM_BYTES) | 0, SPACE_BYTES);
  rootTake(root, TYPE_SYSTEM, at);
  rootTake(root, TYPE_REGIONS, regions);
  rootTake(root, TYPE_SPACE, root);
  return root;
};

/**
 * Makes an empty space for another context in the line-aligned memory at `at`. `system`: a capability with RIGHT_WRITE. Returns a
 * capability to the space with all rights.
 */
export const capSpaceCreate = (space: i32, system: i32, at: i32, bytes: i32): i32 => {
  const block = capabilityObject(space, system, TYPE_SYSTEM, RIGHT_WRITE);
  if (block < 0) return block;
  const owner = load32(space, SPACE_OWNER);
  const cap = capabilityTake(space, owner);
  if (cap < 0) return cap;
  const entry = capabilityAt(space, cap & CAPABILITY_INDEX_MASK);
  const made = spaceMake(block, at, bytes);
  if (made < 0) {
    storeRelease32(entry, CAPABILITY_HANDLE, WORD_FREE | cap); // [capability]
    return made;
  }
  const origin = capabilityAt(space, system & CAPABILITY_INDEX_MASK);
  capabilityFill(entry, TYPE_SPACE, made, RIGHTS_ALL, 0, load32(origin, CAPABILITY_DEPTH), origin);
  return capabilityOpen(entry, owner, cap, origin, system);
};

/** The address of the space that `cap` names (RIGHT_WRITE): what its context passes to every call. */
export const capSpace = (space: i32, cap: i32): i32 => capabilityObject(space, cap, TYPE_SPACE, RIGHT_WRITE);

/** Frees what the dead context was filling in one space. */
const recoverFilling = (space: i32, owner: i32): void => {
  for (let index = 0; index < SPACE_CAPABILITIES; index++) {
    const entry = capabilityAt(space, index);
    const filling = capabilityFilling(owner, index);
    if (loadSequential32(entry, CAPABILITY_HANDLE) === filling) { // [capability]
      placeRecover(entry);
      // Of a death before CURRENT was stored it is the last generation: the one after it is new in either case.
      const freed = capabilityFreed(loadAcquire32(entry, CAPABILITY_CURRENT)); // [capability]
      compareExchange32(entry, CAPABILITY_HANDLE, filling, freed); // [capability]
    }
  }
};

/** Ends every capability of a dead context's space, and gives its places back. */
const recoverSpace = (dead: i32): void => {
  for (let index = 0; index < SPACE_CAPABILITIES; index++) {
    const entry = capabilityAt(dead, index);
    const cap = loadAcquire32(entry, CAPABILITY_HANDLE); // [capability]
    if (cap > 0) capabilityEnd(entry, cap);
    const word = loadAcquire32(entry, CAPABILITY_HANDLE); // [capability]
    if ((word & WORD_STATE_MASK) === WORD_ENDING) {
      placeRecover(entry);
      capabilityReuse(load32(dead, SPACE_SYSTEM), entry, word);
    }
  }
};

/**
 * Takes over from the dead context whose space `cap` names (RIGHT_REVOKE): its capabilities end, its places are given back,
 * what it
 * held in regions is released. What it granted to others, and what it sent, stays. The space can be used for another context.
 * Repeatable. Returns the bytes of AppendOnly regions given up (regionRecover).
 */
export const capRecover = (space: i32, cap: i32): i32 => {
  const dead = capabilityObject(space, cap, TYPE_SPACE, RIGHT_REVOKE);
  if (dead < 0) return dead;
  const system = load32(dead, SPACE_SYSTEM);
  const owner = load32(dead, SPACE_OWNER);
  for (let number = 0; number < SYSTEM_SPACES_MAX; number++) {
    const other = spaceAt(system, number);
    if (other > 0) recoverFilling(other, owner);
  }
  recoverSpace(dead);
  return regionRecover(load32(system, SYSTEM_REGIONS), owner);
};
