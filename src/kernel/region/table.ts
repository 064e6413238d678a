/**
 * The region table: entries and their handles.
 *
 * Role: the other files of this folder. Any number of contexts at once.
 * Memory: the table (layout.ts, REGION_*).
 * Invariants: 1 the handle word of an entry is its one valid handle (> 0), or a state (< 0, WORD_*).
 *   2 policy, base and length change only while the handle word is WORD_FILLING, by the one whose compare-exchange set it.
 *   3 no generation of an entry comes twice: after the last the entry stays free for ever.
 * Order: [region] the handle word is stored with release after the fields, and each field with release after the handle
 *   word became WORD_FILLING; a reader acquires the handle word, acquires the fields, and reads the handle word again: if it is
 *   still the same, the fields belong to it. Without the second look, a region destroyed and its entry reused meanwhile
 *   would lend its bounds to another base.
 *   [commit] span.ts. [host] flight.ts.
 * Units: bytes. Owners are numbers from 1 to OWNERS_MAX, 0 for nobody in particular.
 * Fails: STALE_REGION, NO_PLACE, BAD_ARGUMENT, NO_MEMORY, BAD_CONFIG, BAD_HANDLE; no effect.
 * Elsewhere: what a handle lets one reach: span.ts; destroying: flight.ts; a death inside one of these calls: recover.ts.
 * Checked by: test/unit/region.test.ts, test/property.
 */
import { compareExchange32, fillBytes, load32, loadAcquire32, store32, storeRelease32 } from '#machine';
import {
  CELL_BYTES, CELL_COUNT, LINE_BYTES, OWNERS_MAX, OWNER_SHIFT, REGION_BASE, REGION_BYTES, REGION_CURRENT,
  REGION_GENERATION_SHIFT, REGION_HANDLE, REGION_INDEX_MASK, REGION_LENGTH, REGION_LIMIT, REGION_OWNER, REGION_POLICY,
  REGION_QUEUE, REGION_SLOT_BYTES, TABLE_COUNT, TABLE_HEADER_BYTES, TABLE_REGIONS_MAX, TABLE_SELF, WORD_FILLING, WORD_FREE,
  WORD_STATE_MASK,
} from '../layout.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_CONFIG, STATUS_BAD_HANDLE, STATUS_NO_MEMORY, STATUS_NO_PLACE, STATUS_STALE_REGION,
} from '../status.ts';

/** Bytes of a table for `count` regions, 1 to TABLE_REGIONS_MAX. */
export const regionTableBytes = (count: i32): i32 => {
  if (count < 1 || count > TABLE_REGIONS_MAX) return STATUS_BAD_CONFIG;
  return TABLE_HEADER_BYTES + Math.imul(count, REGION_BYTES + CELL_COUNT * CELL_BYTES) | 0;
};

/** Entry number `index`. */
export const regionAt = (table: i32, index: i32): i32 => (table + TABLE_HEADER_BYTES + Math.imul(index, REGION_BYTES)) | 0;

/** The first append cell of entry number `index`. */
export const regionCells = (table: i32, index: i32): i32 =>
  (regionAt(table, load32(table, TABLE_COUNT)) + Math.imul(index, CELL_COUNT * CELL_BYTES)) | 0;

/** Makes an empty table in the line-aligned memory at `at`, which nobody else uses yet. Returns the table's address. */
export const regionTableCreate = (at: i32, bytes: i32, count: i32): i32 => {
  const needed = regionTableBytes(count);
  if (needed < 0) return needed;
  if (at < 0 || (at & (LINE_BYTES - 1)) !== 0) return STATUS_BAD_ARGUMENT;
  if (bytes < needed) return STATUS_NO_MEMORY;
  fillBytes(at, needed, 0);
  for (let index = 0; index < count; index++) {
    store32(regionAt(at, index), REGION_HANDLE, WORD_FREE | 1 << REGION_GENERATION_SHIFT | index);
    store32(regionAt(at, index), REGION_CURRENT, index);
  }
  store32(at, TABLE_COUNT, count);
  store32(at, TABLE_SELF, ~at ^ 1);
  return at;
};

/** Whether `table` is the address of a region table. */
export const tableIs = (table: i32): boolean =>
  table >= 0 && (table & 3) === 0 && load32(table, TABLE_SELF) === (~table ^ 1);

/** Whether `owner` is the number of an owner, or nobody's. */
export const ownerIs = (owner: i32): boolean => owner >= 0 && owner <= OWNERS_MAX;

/** A handle word of an entry that `owner` works on, in one of the states WORD_*. */
export const regionWord = (state: i32, owner: i32, handle: i32): i32 =>
  state | owner << OWNER_SHIFT | (handle & REGION_INDEX_MASK);

/**
 * The entry of a live handle, or STATUS_STALE_REGION, or STATUS_BAD_HANDLE if there is no table.
 * @inline
 */
export const regionEntry = (table: i32, handle: i32): i32 => {
  const index = handle & REGION_INDEX_MASK;
  if (!tableIs(table)) return STATUS_BAD_HANDLE;
  if (handle <= 0 || index >= load32(table, TABLE_COUNT)) return STATUS_STALE_REGION;
  const entry = regionAt(table, index);
  if (loadAcquire32(entry, REGION_HANDLE) !== handle) return STATUS_STALE_REGION; // [region]
  return entry;
};

/** Whether the fields just read from `entry` are those of `handle`. */
export const regionStill = (entry: i32, handle: i32): boolean => loadAcquire32(entry, REGION_HANDLE) === handle; // [region]

/** Takes a free entry for `owner`: WORD_FILLING. Returns the handle it will have, or STATUS_NO_PLACE. */
export const regionTake = (table: i32, owner: i32): i32 => {
  const count = load32(table, TABLE_COUNT);
  for (let index = 0; index < count; index++) {
    const entry = regionAt(table, index);
    const free = loadAcquire32(entry, REGION_HANDLE); // [region]
    const handle = free & ~WORD_STATE_MASK;
    if ((free & WORD_STATE_MASK) === WORD_FREE && handle >>> REGION_GENERATION_SHIFT !== 0) {
      const word = regionWord(WORD_FILLING, owner, handle);
      if (compareExchange32(entry, REGION_HANDLE, free, word) === free) { // [region]
        storeRelease32(entry, REGION_CURRENT, handle); // [region]
        return handle;
      }
    }
  }
  return STATUS_NO_PLACE;
};

/** Whether `bytes` bytes at `base` can be a region: 8-byte aligned, below 2^31. */
export const regionFits = (base: i32, bytes: i32): boolean =>
  base >= 0 && (base & 7) === 0 && bytes > 0 && ((base + bytes) | 0) >= 0;

/**
 * Fills an entry just taken. Its slots and cells, if any, are the caller's. It becomes valid by regionOpen.
 * @noinline
 */
export const regionFill = (entry: i32, owner: i32, policy: i32, base: i32, bytes: i32, limit: i32): void => {
  storeRelease32(entry, REGION_POLICY, policy); // [region]
  storeRelease32(entry, REGION_BASE, base); // [region]
  storeRelease32(entry, REGION_LENGTH, bytes); // [region]
  storeRelease32(entry, REGION_LIMIT, limit); // [commit]
  storeRelease32(entry, REGION_OWNER, owner); // [region]
  storeRelease32(entry, REGION_QUEUE, 0); // [host]
  storeRelease32(entry, REGION_SLOT_BYTES, 0); // [region]
};

/** Makes a filled entry valid. */
export const regionOpen = (entry: i32, handle: i32): i32 => {
  storeRelease32(entry, REGION_HANDLE, handle); // [region]
  return handle;
};
