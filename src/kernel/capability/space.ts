/**
 * Capability spaces: tables of fixed size, one for each context, and the entries in them.
 *
 * Role: spaces are made by who boots; entries are taken by the context of the space, and by others that grant into it.
 * Memory: the system block and the spaces (layout.ts, SYSTEM_*, SPACE_*, CAPABILITY_*). A space is never given back.
 * Invariants: 1 the handle word of an entry is its one valid handle (> 0), or a state (< 0, WORD_*); no generation comes twice.
 *   2 fields change only while the word is WORD_FILLING, by the one whose compare-exchange set it.
 *   3 an entry that another one, not free, was derived from is not used again: chains of PARENT stay whole.
 *   4 an entry of TYPE_SENDER or TYPE_RECEIVER is used again only by its own context or its recovery: while this context is
 *     inside a call, what the entry names does not change under it.
 * Order: [capability] the handle word is stored with release after the fields and acquired before them; where the entry may be
 *   used again meanwhile it is read a second time after them. It ends by a compare-exchange. Using a place (named.ts) reads
 *   it relaxed:
 *   whoever begins after a revoke has returned finds the word ended, and by 4 needs no second look. Granting and ending are
 *   each a sequential change of their own word followed by a sequential look at the other's: see grant.ts.
 *   [space] the address of a space is stored with release after it was made.
 * Units: none. Fails: NO_CAPABILITY, NO_RIGHT, NO_PLACE, BAD_HANDLE, BAD_ARGUMENT, NO_MEMORY; no effect.
 * Checked by: test/unit/capability.test.ts, test/property/capability.test.ts.
 */
import {
  compareExchange32, fillBytes, load32, loadAcquire32, loadSequential32, store32, storeRelease32,
  storeSequential32,
} from '#machine';
import {
  CAPABILITY_BADGE, CAPABILITY_BYTES, CAPABILITY_CURRENT, CAPABILITY_DEPTH, CAPABILITY_GENERATION_MAX,
  CAPABILITY_GENERATION_SHIFT, CAPABILITY_HANDLE, CAPABILITY_INDEX_MASK, CAPABILITY_OBJECT, CAPABILITY_PARENT,
  CAPABILITY_RECEIVER, CAPABILITY_RIGHTS, CAPABILITY_SENDER, CAPABILITY_TYPE, LINE_BYTES, OWNER_SHIFT, SPACE_BYTES,
  SPACE_CAPABILITIES, SPACE_HEADER_BYTES, SPACE_OWNER, SPACE_SELF, SPACE_SYSTEM, SYSTEM_SELF, SYSTEM_SPACES,
  SYSTEM_SPACES_MAX, TYPE_RECEIVER, TYPE_SENDER, WORD_ENDING, WORD_FILLING, WORD_FREE, WORD_STATE_MASK,
} from '../layout.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_NO_CAPABILITY, STATUS_NO_MEMORY, STATUS_NO_PLACE, STATUS_NO_RIGHT,
} from '../status.ts';

/** Whether `system` is the address of a capability system, or `space` that of a space. */
export const systemIs = (system: i32): boolean =>
  system >= 0 && (system & 3) === 0 && load32(system, SYSTEM_SELF) === (~system ^ 2);
export const spaceIs = (space: i32): boolean =>
  space >= 0 && (space & 3) === 0 && load32(space, SPACE_SELF) === (~space ^ 3);

/** Space number `index` of the system, or 0. */
export const spaceAt = (system: i32, index: i32): i32 => loadAcquire32(system, (SYSTEM_SPACES + (index << 2)) | 0); // [space]

/** Entry number `index` of a space. */
export const capabilityAt = (space: i32, index: i32): i32 =>
  (space + SPACE_HEADER_BYTES + Math.imul(index, CAPABILITY_BYTES)) | 0;

/** The free word that follows a handle: the next generation, or none after the last. */
export const capabilityFreed = (handle: i32): i32 => {
  const index = handle & CAPABILITY_INDEX_MASK;
  const generation = handle >>> CAPABILITY_GENERATION_SHIFT;
  if (generation === CAPABILITY_GENERATION_MAX) return WORD_FREE | index;
  return WORD_FREE | (generation + 1) << CAPABILITY_GENERATION_SHIFT | index;
};

/** Makes an empty space in the line-aligned memory at `at`, which nobody else uses. Returns its address. */
export const spaceMake = (system: i32, at: i32, bytes: i32): i32 => {
  if (!systemIs(system)) return STATUS_BAD_HANDLE;
  if (at < 0 || (at & (LINE_BYTES - 1)) !== 0) return STATUS_BAD_ARGUMENT;
  if (bytes < SPACE_BYTES) return STATUS_NO_MEMORY;
  for (let number = 0; number < SYSTEM_SPACES_MAX; number++) {
    const word = (SYSTEM_SPACES + (number << 2)) | 0;
    // Taken first, under a number that is no address; who scans the spaces skips it.
    if (spaceAt(system, number) === 0 && compareExchange32(system, word, 0, -1) === 0) { // [space]
      fillBytes(at, SPACE_BYTES, 0);
      for (let index = 0; index < SPACE_CAPABILITIES; index++) {
        store32(capabilityAt(at, index), CAPABILITY_HANDLE, WORD_FREE | 1 << CAPABILITY_GENERATION_SHIFT | index);
        store32(capabilityAt(at, index), CAPABILITY_CURRENT, index);
      }
      store32(at, SPACE_OWNER, (number + 1) | 0);
      store32(at, SPACE_SYSTEM, system);
      store32(at, SPACE_SELF, ~at ^ 3);
      storeRelease32(system, word, at); // [space]
      return at;
    }
  }
  return STATUS_NO_PLACE;
};

/**
 * The entry of a live capability of this space, or STATUS_NO_CAPABILITY.
 * @inline
 */
export const capabilityEntry = (space: i32, cap: i32): i32 => {
  if (!spaceIs(space)) return STATUS_BAD_HANDLE;
  const entry = capabilityAt(space, cap & CAPABILITY_INDEX_MASK);
  if (cap <= 0 || loadAcquire32(entry, CAPABILITY_HANDLE) !== cap) return STATUS_NO_CAPABILITY; // [capability]
  return entry;
};

/** Whether the fields just read from `entry` are those of `cap`. */
export const capabilityStill = (entry: i32, cap: i32): boolean =>
  loadSequential32(entry, CAPABILITY_HANDLE) === cap; // [capability]

/** What a live capability of this type and with all these rights names, or STATUS_NO_CAPABILITY, STATUS_NO_RIGHT. */
export const capabilityObject = (space: i32, cap: i32, type: i32, rights: i32): i32 => {
  const entry = capabilityEntry(space, cap);
  if (entry < 0) return entry;
  const object = loadAcquire32(entry, CAPABILITY_OBJECT); // [capability]
  const is = loadAcquire32(entry, CAPABILITY_TYPE); // [capability]
  const has = loadAcquire32(entry, CAPABILITY_RIGHTS); // [capability]
  if (!capabilityStill(entry, cap)) return STATUS_NO_CAPABILITY;
  return is === type && (has & rights) === rights ? object : STATUS_NO_RIGHT;
};

/** Whether anything that is not free may have been derived from `entry`. */
const hasChildren = (system: i32, entry: i32): boolean => {
  for (let number = 0; number < SYSTEM_SPACES_MAX; number++) {
    const space = spaceAt(system, number);
    for (let index = 0; index < SPACE_CAPABILITIES && space > 0; index++) {
      const other = capabilityAt(space, index);
      const word = loadSequential32(other, CAPABILITY_HANDLE); // [capability]
      const state = word & WORD_STATE_MASK;
      if (state === WORD_FILLING) return true;
      if (state !== WORD_FREE && loadAcquire32(other, CAPABILITY_PARENT) === entry) return true; // [capability]
    }
  }
  return false;
};

/** Makes an ended entry free, if nothing was derived from it. Whether it did. */
export const capabilityReuse = (system: i32, entry: i32, word: i32): boolean => {
  if (hasChildren(system, entry)) return false;
  return compareExchange32(entry, CAPABILITY_HANDLE, word, capabilityFreed(word & ~WORD_STATE_MASK)) === word; // [capability]
};

/** The word of an entry that the context of number `owner` fills. */
export const capabilityFilling = (owner: i32, index: i32): i32 =>
  WORD_FILLING | owner << OWNER_SHIFT | (index & CAPABILITY_INDEX_MASK);

/** Takes a free entry of `space` for the context of number `owner`: WORD_FILLING. Returns its handle, or STATUS_NO_PLACE. */
export const capabilityTake = (space: i32, owner: i32): i32 => {
  const system = load32(space, SPACE_SYSTEM);
  for (let pass = 0; pass < 2; pass++) {
    for (let index = 0; index < SPACE_CAPABILITIES; index++) {
      const entry = capabilityAt(space, index);
      const word = loadAcquire32(entry, CAPABILITY_HANDLE); // [capability]
      const handle = word & ~WORD_STATE_MASK;
      if ((word & WORD_STATE_MASK) === WORD_FREE && handle >>> CAPABILITY_GENERATION_SHIFT !== 0) {
        if (compareExchange32(entry, CAPABILITY_HANDLE, word, capabilityFilling(owner, index)) === word) { // [capability]
          storeRelease32(entry, CAPABILITY_CURRENT, handle); // [capability]
          return handle;
        }
      }
    }
    for (let index = 0; index < SPACE_CAPABILITIES; index++) {
      const entry = capabilityAt(space, index);
      const word = loadAcquire32(entry, CAPABILITY_HANDLE); // [capability]
      const type = loadAcquire32(entry, CAPABILITY_TYPE); // [capability]
      const place = type === TYPE_SENDER || type === TYPE_RECEIVER;
      if ((word & WORD_STATE_MASK) === WORD_ENDING && !place) capabilityReuse(system, entry, word);
    }
  }
  return STATUS_NO_PLACE;
};

/** Fills an entry just taken with a capability that names no place. */
export const capabilityFill = (
  entry: i32, type: i32, object: i32, rights: i32, badge: i32, depth: i32, parent: i32,
): void => {
  storeRelease32(entry, CAPABILITY_SENDER, STATUS_NO_RIGHT); // [capability]
  storeRelease32(entry, CAPABILITY_RECEIVER, STATUS_NO_RIGHT); // [capability]
  storeRelease32(entry, CAPABILITY_OBJECT, object); // [capability]
  storeRelease32(entry, CAPABILITY_TYPE, type); // [capability]
  storeRelease32(entry, CAPABILITY_RIGHTS, rights); // [capability]
  storeRelease32(entry, CAPABILITY_BADGE, badge); // [capability]
  storeRelease32(entry, CAPABILITY_DEPTH, depth); // [capability]
  storeSequential32(entry, CAPABILITY_PARENT, parent); // [capability]
};
