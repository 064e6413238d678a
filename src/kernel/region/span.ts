/**
 * What a region's handle lets one reach: descriptors only bytes that never change again.
 *
 * Role: regionAllows: the sender of a descriptor, which has announced it (flight.ts). The rest: everybody, any number at once.
 * Memory: reads the table.
 * Invariants: 1 LIMIT never decreases while the handle lives, and bytes below LIMIT - 1 never change.
 *   2 an answer is about one generation, and not about a region half sealed: fields are read between two looks at the handle.
 * Order: [region] table.ts. [naming] flight.ts.
 *   [commit] LIMIT is stored with release after the bytes, loaded with acquire before a descriptor is accepted or
 *              followed: nobody reads a byte that is still being written.
 * Units: bytes; offsets from the region's base.
 * Fails: STALE_REGION, POLICY, OUT_OF_BOUNDS, NOT_COMMITTED, BAD_HANDLE; no effect.
 * Checked by: test/unit/region.test.ts, test/property.
 */
import { load32, loadAcquire32, loadSequential32 } from '#machine';
import {
  POLICY_SLAB, REGION_BASE, REGION_HANDLE, REGION_INDEX_MASK, REGION_LENGTH, REGION_LIMIT, REGION_POLICY, TABLE_COUNT,
} from '../layout.ts';
import {
  STATUS_NOT_COMMITTED, STATUS_OK, STATUS_OUT_OF_BOUNDS, STATUS_POLICY, STATUS_STALE_REGION,
} from '../status.ts';
import { regionAt, regionEntry, regionStill } from './table.ts';

/** Bytes that descriptors may name: all of a sealed Immutable region, the committed ones of an AppendOnly one, else none. */
const regionReadable = (limit: i32): i32 => (limit === 0 ? 0 : (limit - 1) | 0);

/** Bytes committed: all of a Slab or sealed Immutable region, the readable part of an AppendOnly one, none before the seal. */
export const regionCommitted = (table: i32, handle: i32): i32 => {
  const entry = regionEntry(table, handle);
  if (entry < 0) return entry;
  const policy = loadAcquire32(entry, REGION_POLICY); // [region]
  const length = loadAcquire32(entry, REGION_LENGTH); // [region]
  const limit = loadAcquire32(entry, REGION_LIMIT); // [commit]
  if (!regionStill(entry, handle)) return STATUS_STALE_REGION;
  return policy === POLICY_SLAB ? length : regionReadable(limit);
};

/** The policy of a live region. */
export const regionPolicy = (table: i32, handle: i32): i32 => {
  const entry = regionEntry(table, handle);
  if (entry < 0) return entry;
  const policy = loadAcquire32(entry, REGION_POLICY); // [region]
  return regionStill(entry, handle) ? policy : STATUS_STALE_REGION;
};

/**
 * As regionAddress, but STATUS_POLICY for a region whose policy is `refused` (0: none).
 */
export const regionSpan = (table: i32, handle: i32, offset: i32, bytes: i32, refused: i32): i32 => {
  const entry = regionEntry(table, handle);
  if (entry < 0) return entry;
  const policy = loadAcquire32(entry, REGION_POLICY); // [region]
  const length = loadAcquire32(entry, REGION_LENGTH); // [region]
  const base = loadAcquire32(entry, REGION_BASE); // [region]
  const limit = loadAcquire32(entry, REGION_LIMIT); // [commit]
  if (!regionStill(entry, handle)) return STATUS_STALE_REGION;
  if (policy === refused) return STATUS_POLICY;
  if ((offset >>> 0) > (length >>> 0)) return STATUS_OUT_OF_BOUNDS;
  if ((bytes >>> 0) > ((length - offset) >>> 0)) return STATUS_OUT_OF_BOUNDS;
  if (policy !== POLICY_SLAB) {
    if ((offset >>> 0) >= (limit >>> 0) || (bytes >>> 0) >= ((limit - offset) >>> 0)) return STATUS_NOT_COMMITTED;
  }
  return (base + offset) | 0;
};

/**
 * The address of `bytes` bytes at `offset` of a live region, all of them inside it and, unless it is a Slab, committed.
 * Offset and length may be any 32-bit values: they are claims until checked here, compared unsigned, so that no sum can
 * wrap.
 */
export const regionAddress = (table: i32, handle: i32, offset: i32, bytes: i32): i32 =>
  regionSpan(table, handle, offset, bytes, 0);

/**
 * Whether a descriptor may name these bytes: STATUS_OK, or the status that says why not. `table` is a table. While the
 * sender's announcement (flight.ts) stands, the handle cannot end once it was seen valid; but the region may be sealed
 * between the looks at the handle and at LIMIT, and its owner may still die before the seal is done: hence the second look.
 * @inline
 */
export const regionAllows = (table: i32, handle: i32, offset: i32, bytes: i32): i32 => {
  const index = handle & REGION_INDEX_MASK;
  if (handle < 0 || index >= load32(table, TABLE_COUNT)) return STATUS_STALE_REGION;
  const entry = regionAt(table, index);
  if (loadSequential32(entry, REGION_HANDLE) !== handle) return STATUS_STALE_REGION; // [naming]
  const limit = loadAcquire32(entry, REGION_LIMIT); // [commit]
  if ((offset >>> 0) >= (limit >>> 0)) return regionRefuses(table, handle, offset, bytes);
  if ((bytes >>> 0) >= ((limit - offset) >>> 0)) return regionRefuses(table, handle, offset, bytes);
  return regionStill(entry, handle) ? STATUS_OK : STATUS_STALE_REGION;
};

/**
 * Why a descriptor was refused.
 * @cold
 */
const regionRefuses = (table: i32, handle: i32, offset: i32, bytes: i32): i32 => {
  const status = regionSpan(table, handle, offset, bytes, POLICY_SLAB);
  return status < 0 ? status : STATUS_OK; // An appender has committed it since.
};

/**
 * Whether a descriptor needs no further look: as regionAllows, but without a reason.
 * @inline
 */
export const regionHolds = (table: i32, handle: i32, offset: i32, bytes: i32): boolean => {
  const index = handle & REGION_INDEX_MASK;
  if (handle <= 0 || index >= load32(table, TABLE_COUNT)) return false;
  const entry = regionAt(table, index);
  if (loadSequential32(entry, REGION_HANDLE) !== handle) return false; // [naming]
  const limit = loadAcquire32(entry, REGION_LIMIT); // [commit]
  return (offset >>> 0) < (limit >>> 0) && (bytes >>> 0) < ((limit - offset) >>> 0) && regionStill(entry, handle);
};
