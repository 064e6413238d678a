/**
 * Making regions: with their contents, or to be filled and sealed.
 *
 * Role: whoever owns the memory. An Immutable region is filled by its creator alone, before anybody else knows the handle.
 * Memory: an entry of the table; nothing of the region itself.
 * Invariants: 1 LIMIT of an Immutable region is 0 until it is sealed and all of it from then on: no descriptor names a byte
 *   that may still change, and regionWritable gives no address of one that may not.
 * Order: [region] table.ts: sealing takes the handle word to WORD_FILLING and back, so that nobody reads a half-sealed
 *   entry, and
 *   of two that seal one wins. [commit] span.ts: the seal is the release of the bytes. [reserve] append.ts.
 * Units: bytes. Fails: BAD_ARGUMENT, BAD_HANDLE, NO_PLACE, STALE_REGION, POLICY; no effect.
 * Elsewhere: slots of a Slab: slab.ts. That nothing writes to sealed memory by its bare address is the page tables' to enforce.
 * Checked by: test/unit/region.test.ts, test/property, test/same.
 */
import { compareExchange32, load32, loadAcquire32, loadRelaxed32, storeRelease32 } from '#machine';
import {
  CELL_BYTES, CELL_COUNT, CELL_LEFT, CELL_STATE, CELL_STATE_MASK, CELL_TICKET, CELL_TO, POLICY_APPEND_ONLY,
  POLICY_IMMUTABLE, POLICY_SLAB, REGION_BASE, REGION_HANDLE, REGION_INDEX_MASK, REGION_LENGTH, REGION_LIMIT, REGION_OWNER,
  REGION_POLICY, REGION_TAIL, WORD_FILLING,
} from '../layout.ts';
import { STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_OK, STATUS_POLICY, STATUS_STALE_REGION } from '../status.ts';
import {
  ownerIs, regionAt, regionCells, regionEntry, regionFill, regionFits, regionOpen, regionStill, regionTake, regionWord, tableIs,
} from './table.ts';

/**
 * Prepares the append cells of an entry that is being filled. Nobody is inside an append here: destroying waits for that. The
 * count of TAIL moves on, so that nothing left over from the last generation names this one's.
 */
const cellsReset = (table: i32, entry: i32, index: i32): void => {
  const cells = regionCells(table, index);
  const tail = loadRelaxed32(entry, REGION_TAIL); // [reserve] nobody else's now
  for (let k = 0; k < CELL_COUNT; k++) {
    const cell = (cells + Math.imul(k, CELL_BYTES)) | 0;
    const state = loadAcquire32(cell, CELL_STATE); // [reserve]
    if ((state & CELL_STATE_MASK) === CELL_LEFT) {
      compareExchange32(cell, CELL_STATE, state, state & ~CELL_STATE_MASK); // [reserve]
    }
  }
  const cell = (cells + Math.imul(tail & CELL_STATE_MASK, CELL_BYTES)) | 0;
  storeRelease32(cell, CELL_TO, 0); // [reserve]
  storeRelease32(cell, CELL_TICKET, 0); // [reserve]
  storeRelease32(entry, REGION_TAIL, (tail + CELL_COUNT) | 0); // [reserve]
};

/**
 * Makes an entry for `owner` with the given LIMIT. Returns the handle.
 * @noinline
 */
const regionMake = (table: i32, owner: i32, policy: i32, base: i32, bytes: i32, limit: i32): i32 => {
  if (!regionFits(base, bytes) || !ownerIs(owner)) return STATUS_BAD_ARGUMENT;
  if (!tableIs(table)) return STATUS_BAD_HANDLE;
  const handle = regionTake(table, owner);
  if (handle < 0) return handle;
  const index = handle & REGION_INDEX_MASK;
  const entry = regionAt(table, index);
  if (policy === POLICY_APPEND_ONLY) cellsReset(table, entry, index);
  regionFill(entry, owner, policy, base, bytes, limit);
  return regionOpen(entry, handle);
};

/**
 * Registers `bytes` bytes at `base` (8-byte aligned) under a policy, for `owner`. Immutable: must already hold its contents.
 * AppendOnly: starts empty. Slab: one piece of memory without slots. Returns the handle, > 0.
 */
export const regionCreateFor = (table: i32, owner: i32, policy: i32, base: i32, bytes: i32): i32 => {
  if (policy === POLICY_IMMUTABLE) return regionMake(table, owner, policy, base, bytes, (bytes + 1) | 0);
  if (policy === POLICY_APPEND_ONLY) return regionMake(table, owner, policy, base, bytes, 1);
  if (policy === POLICY_SLAB) return regionMake(table, owner, policy, base, bytes, 0);
  return STATUS_BAD_ARGUMENT;
};

/** As regionCreateFor, for nobody in particular. */
export const regionCreate = (table: i32, policy: i32, base: i32, bytes: i32): i32 =>
  regionCreateFor(table, 0, policy, base, bytes);

/** Registers memory that becomes an Immutable region once `owner` has filled and sealed it. Returns the handle, > 0. */
export const regionCreateWritable = (table: i32, owner: i32, base: i32, bytes: i32): i32 =>
  regionMake(table, owner, POLICY_IMMUTABLE, base, bytes, 0);

/** The address at which an Immutable region may be filled; STATUS_POLICY once it is sealed, for good. */
export const regionWritable = (table: i32, handle: i32): i32 => {
  const entry = regionEntry(table, handle);
  if (entry < 0) return entry;
  const policy = loadAcquire32(entry, REGION_POLICY); // [region]
  const base = loadAcquire32(entry, REGION_BASE); // [region]
  const limit = loadAcquire32(entry, REGION_LIMIT); // [commit]
  if (!regionStill(entry, handle)) return STATUS_STALE_REGION;
  return policy === POLICY_IMMUTABLE && limit === 0 ? base : STATUS_POLICY;
};

/** Ends the filling of an Immutable region: from here on it may be described, and never be written again. */
export const regionSeal = (table: i32, handle: i32): i32 => {
  const writable = regionWritable(table, handle);
  if (writable < 0) return writable;
  const entry = regionAt(table, handle & REGION_INDEX_MASK);
  const word = regionWord(WORD_FILLING, loadAcquire32(entry, REGION_OWNER), handle); // [region]
  if (compareExchange32(entry, REGION_HANDLE, handle, word) !== handle) return STATUS_STALE_REGION; // [region]
  // Ours alone now; another that sealed it in between has left LIMIT set, and it stays as it is.
  storeRelease32(entry, REGION_LIMIT, (load32(entry, REGION_LENGTH) + 1) | 0); // [commit]
  storeRelease32(entry, REGION_HANDLE, handle); // [region]
  return STATUS_OK;
};
