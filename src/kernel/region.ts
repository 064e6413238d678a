/**
 * Region table: policy and bounds of shared memory that descriptors may name.
 *
 * Role: create, destroy: the kernel's memory owner. Reserve, commit, append: the one appender of a region. regionAddress:
 *   every sender of a descriptor (through 2-validate) and every receiver that follows one, any number at once.
 * Memory: the table (layout.ts, REGION_*); regionAppend writes the region itself beyond its committed cursor.
 * Invariants: 1 the handle word of an entry is either the one valid handle (> 0), 0 while being filled, or negative
 *   while free.
 *   2 policy, base and length change only while the handle word is 0.
 *   3 committed never decreases while the handle lives, and bytes below it never change.
 * Order: [region] the handle word is stored with release after the fields, and each field with release after the handle
 *   word became 0; a reader acquires the handle word, acquires the fields, and reads the handle word again: if it is
 *   still the same, the fields belong to it. Without the second look, a region destroyed and its entry reused meanwhile
 *   would lend its bounds to another base.
 *   [commit] committed stored with release after the bytes, loaded with acquire before a descriptor is accepted or
 *              followed: nobody reads a byte that is still being written.
 * Units: bytes; offsets from the region's base.
 * Fails: STALE_REGION, POLICY, OUT_OF_BOUNDS, NOT_COMMITTED, FULL, NO_PLACE, BAD_ARGUMENT, NO_MEMORY, BAD_CONFIG, BAD_HANDLE; no
 *   effect.
 * Elsewhere: who may create or destroy (capabilities) is not decided here; a region destroyed while descriptors to it
 *   are queued makes them stale: the receiver's regionAddress says so.
 * Checked by: test/unit/region.test.ts, test/property.
 */
import { compareExchange32, copyBytes, fillBytes, load32, loadAcquire32, store32, storeRelease32 } from '#machine';
import {
  LINE_BYTES, POLICY_APPEND_ONLY, POLICY_IMMUTABLE, POLICY_SLAB, REGION_BASE, REGION_BYTES, REGION_COMMITTED,
  REGION_GENERATION_SHIFT, REGION_HANDLE, REGION_INDEX_MASK, REGION_LENGTH, REGION_POLICY, TABLE_COUNT,
  TABLE_HEADER_BYTES, TABLE_REGIONS_MAX, TABLE_SELF,
} from './layout.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_CONFIG, STATUS_BAD_HANDLE, STATUS_FULL, STATUS_NO_MEMORY, STATUS_NO_PLACE,
  STATUS_NOT_COMMITTED, STATUS_OK, STATUS_OUT_OF_BOUNDS, STATUS_POLICY, STATUS_STALE_REGION,
} from './status.ts';

const FREE = 0x80000000 | 0;
const BEING_FILLED = 0;

/** Bytes of a table for `count` regions, 1 to TABLE_REGIONS_MAX. */
export const regionTableBytes = (count: i32): i32 => {
  if (count < 1 || count > TABLE_REGIONS_MAX) return STATUS_BAD_CONFIG;
  return TABLE_HEADER_BYTES + Math.imul(count, REGION_BYTES) | 0;
};

/** Makes an empty table in the line-aligned memory at `at`, which nobody else uses yet. Returns the table's address. */
export const regionTableCreate = (at: i32, bytes: i32, count: i32): i32 => {
  const needed = regionTableBytes(count);
  if (needed < 0) return needed;
  if (at < 0 || (at & (LINE_BYTES - 1)) !== 0) return STATUS_BAD_ARGUMENT;
  if (bytes < needed) return STATUS_NO_MEMORY;
  fillBytes(at, needed, 0);
  for (let index = 0; index < count; index++) {
    const entry = (at + TABLE_HEADER_BYTES + Math.imul(index, REGION_BYTES)) | 0;
    store32(entry, REGION_HANDLE, FREE | 1 << REGION_GENERATION_SHIFT | index);
  }
  store32(at, TABLE_COUNT, count);
  store32(at, TABLE_SELF, ~at ^ 1);
  return at;
};

/** Whether `table` is the address of a region table. */
const tableIs = (table: i32): boolean => table >= 0 && (table & 3) === 0 && load32(table, TABLE_SELF) === (~table ^ 1);

/**
 * The entry of a live handle, or STATUS_STALE_REGION, or STATUS_BAD_HANDLE if there is no table.
 * @inline
 */
const regionEntry = (table: i32, handle: i32): i32 => {
  const index = handle & REGION_INDEX_MASK;
  if (!tableIs(table)) return STATUS_BAD_HANDLE;
  if (handle <= 0 || index >= load32(table, TABLE_COUNT)) return STATUS_STALE_REGION;
  const entry = (table + TABLE_HEADER_BYTES + Math.imul(index, REGION_BYTES)) | 0;
  if (loadAcquire32(entry, REGION_HANDLE) !== handle) return STATUS_STALE_REGION; // [region]
  return entry;
};

/**
 * Registers `bytes` bytes at `base` (8-byte aligned) under a policy. Immutable: must already hold its contents.
 * AppendOnly: starts empty. Returns the handle, > 0.
 */
export const regionCreate = (table: i32, policy: i32, base: i32, bytes: i32): i32 => {
  if (policy !== POLICY_IMMUTABLE && policy !== POLICY_APPEND_ONLY && policy !== POLICY_SLAB) return STATUS_BAD_ARGUMENT;
  if (base < 0 || (base & 7) !== 0 || bytes <= 0 || ((base + bytes) | 0) < 0) return STATUS_BAD_ARGUMENT;
  if (!tableIs(table)) return STATUS_BAD_HANDLE;
  const count = load32(table, TABLE_COUNT);
  for (let index = 0; index < count; index++) {
    const entry = (table + TABLE_HEADER_BYTES + Math.imul(index, REGION_BYTES)) | 0;
    const free = loadAcquire32(entry, REGION_HANDLE); // [region]
    const handle = free & 0x7fffffff;
    if (free < 0 && handle >>> REGION_GENERATION_SHIFT !== 0) {
      if (compareExchange32(entry, REGION_HANDLE, free, BEING_FILLED) === free) { // [region]
        storeRelease32(entry, REGION_POLICY, policy); // [region]
        storeRelease32(entry, REGION_BASE, base); // [region]
        storeRelease32(entry, REGION_LENGTH, bytes); // [region]
        storeRelease32(entry, REGION_COMMITTED, 0); // [commit]
        storeRelease32(entry, REGION_HANDLE, handle); // [region]
        return handle;
      }
    }
  }
  return STATUS_NO_PLACE;
};

/**
 * Ends a region: its handle is stale from now on. The entry is used again under the next generation; after 2^23 - 1 of
 * them it is retired (generation 0), so that no old handle ever comes to life again.
 */
export const regionDestroy = (table: i32, handle: i32): i32 => {
  const entry = regionEntry(table, handle);
  if (entry < 0) return entry;
  const next = FREE | (handle + (1 << REGION_GENERATION_SHIFT));
  if (compareExchange32(entry, REGION_HANDLE, handle, next) !== handle) return STATUS_STALE_REGION; // [region]
  return STATUS_OK;
};

/** Whether the fields just read from `entry` are those of `handle`. */
const regionStill = (entry: i32, handle: i32): boolean => loadAcquire32(entry, REGION_HANDLE) === handle; // [region]

/** Bytes committed: all of an Immutable or Slab region, the readable part of an AppendOnly one. */
export const regionCommitted = (table: i32, handle: i32): i32 => {
  const entry = regionEntry(table, handle);
  if (entry < 0) return entry;
  const policy = loadAcquire32(entry, REGION_POLICY); // [region]
  const length = loadAcquire32(entry, REGION_LENGTH); // [region]
  const committed = loadAcquire32(entry, REGION_COMMITTED); // [commit]
  if (!regionStill(entry, handle)) return STATUS_STALE_REGION;
  return policy === POLICY_APPEND_ONLY ? committed : length;
};

/** The policy of a live region. */
export const regionPolicy = (table: i32, handle: i32): i32 => {
  const entry = regionEntry(table, handle);
  if (entry < 0) return entry;
  const policy = loadAcquire32(entry, REGION_POLICY); // [region]
  return regionStill(entry, handle) ? policy : STATUS_STALE_REGION;
};

/**
 * The address at which the appender of an AppendOnly region may write the next `bytes` bytes. Nothing changes: they are
 * not part of the region until regionCommit.
 */
export const regionReserve = (table: i32, handle: i32, bytes: i32): i32 => {
  const entry = regionEntry(table, handle);
  if (entry < 0) return entry;
  const policy = loadAcquire32(entry, REGION_POLICY); // [region]
  const length = loadAcquire32(entry, REGION_LENGTH); // [region]
  const base = loadAcquire32(entry, REGION_BASE); // [region]
  const committed = loadAcquire32(entry, REGION_COMMITTED); // [commit]
  if (!regionStill(entry, handle)) return STATUS_STALE_REGION;
  if (policy !== POLICY_APPEND_ONLY) return STATUS_POLICY;
  if (bytes < 0) return STATUS_BAD_ARGUMENT;
  return bytes > ((length - committed) | 0) ? STATUS_FULL : (base + committed) | 0;
};

/** Makes the `bytes` bytes written behind the cursor part of the region, never to change again. Returns their offset. */
export const regionCommit = (table: i32, handle: i32, bytes: i32): i32 => {
  const room = regionReserve(table, handle, bytes);
  if (room < 0) return room;
  const entry = regionEntry(table, handle);
  if (entry < 0) return entry;
  const committed = loadAcquire32(entry, REGION_COMMITTED); // [commit]
  storeRelease32(entry, REGION_COMMITTED, (committed + bytes) | 0); // [commit]
  return committed;
};

/** Copies `bytes` bytes to the end of an AppendOnly region and commits them. Returns their offset. */
export const regionAppend = (table: i32, handle: i32, source: i32, bytes: i32): i32 => {
  if (source < 0) return STATUS_BAD_ARGUMENT;
  const room = regionReserve(table, handle, bytes);
  if (room < 0) return room;
  copyBytes(room, source, bytes);
  return regionCommit(table, handle, bytes);
};

/**
 * As regionAddress, but STATUS_POLICY for a region whose policy is `refused` (0: none).
 * @inline
 */
export const regionSpan = (table: i32, handle: i32, offset: i32, bytes: i32, refused: i32): i32 => {
  const entry = regionEntry(table, handle);
  if (entry < 0) return entry;
  const policy = loadAcquire32(entry, REGION_POLICY); // [region]
  const length = loadAcquire32(entry, REGION_LENGTH); // [region]
  const base = loadAcquire32(entry, REGION_BASE); // [region]
  const committed = loadAcquire32(entry, REGION_COMMITTED); // [commit]
  if (!regionStill(entry, handle)) return STATUS_STALE_REGION;
  if (policy === refused) return STATUS_POLICY;
  if ((offset >>> 0) > (length >>> 0)) return STATUS_OUT_OF_BOUNDS;
  if ((bytes >>> 0) > ((length - offset) >>> 0)) return STATUS_OUT_OF_BOUNDS;
  if (policy === POLICY_APPEND_ONLY && ((offset + bytes) | 0) > committed) return STATUS_NOT_COMMITTED;
  return (base + offset) | 0;
};

/**
 * The address of `bytes` bytes at `offset` of a live region, all of them inside it and, if AppendOnly, committed.
 * Offset and length may be any 32-bit values: they are claims until checked here, compared unsigned, so that no sum can
 * wrap.
 */
export const regionAddress = (table: i32, handle: i32, offset: i32, bytes: i32): i32 =>
  regionSpan(table, handle, offset, bytes, 0);
