/**
 * Appending to a region: several appenders at once, and one committed cursor that only moves over what is written.
 *
 *   base                 LIMIT - 1                          end of the last reservation (cell TAIL)
 *   | committed: never changes | written | being written | written | free ...
 *
 * Role: any number of contexts, CELL_COUNT reservations at once. An appender reserves room (one atomic claim), writes
 *   there, and commits; the cursor passes its bytes once all earlier ones are committed too.
 * Memory: the append cells of the region, TAIL, LIMIT; the appender writes the bytes.
 * Invariants: 1 reservations follow each other without a gap: each begins where the one that TAIL named ends.
 *   2 a cell that TAIL names is taken by nobody, so its end can be read. 3 LIMIT moves only from the beginning of a written
 *   reservation to its end. 4 whoever is inside these calls has a cell that is not free: such a region cannot be destroyed.
 * Order: [reserve] a cell's fields are written between CELL_CLAIMING and the compare-exchange of TAIL that publishes them.
 *   Before TAIL moves on from a cell, the cell is CELL_RESERVED: so of a dead appender's cell that is still CELL_CLAIMING it
 *   can be told whether its claim took place (TAIL names it) or not.
 *   [written] CELL_DONE is stored sequentially, and then the others are looked at sequentially: of two appenders that end
 *   at once, one sees the other done. Without it both would leave the cursor behind.
 *   [commit] LIMIT moves by compare-exchange after the bytes: see span.ts.
 * Units: bytes; offsets from the region's base. A cell's count of uses has 19 bits: one paused over exactly 2^19 uses of
 *   its cell would be fooled. TAIL counts in 29 bits; ticket 0 is nobody's.
 * Fails: STALE_REGION, POLICY, BAD_ARGUMENT, FULL, AGAIN (all cells taken), BAD_HANDLE; no effect.
 * Elsewhere: an appender that died: recover.ts. Checked by: test/unit/region-append.test.ts, test/property, test/explore.
 */
import { compareExchange32, copyBytes, loadAcquire32, loadSequential32, storeRelease32, storeSequential32 } from '#machine';
import {
  CELL_BYTES, CELL_CLAIMING, CELL_COUNT, CELL_DONE, CELL_FREE, CELL_FROM, CELL_LEFT, CELL_OWNER_SHIFT, CELL_RESERVED,
  CELL_STATE, CELL_STATE_MASK, CELL_TICKET, CELL_TO, CELL_USES_SHIFT, OWNERS_MAX, POLICY_APPEND_ONLY, REGION_BASE,
  REGION_INDEX_MASK, REGION_LENGTH, REGION_LIMIT, REGION_POLICY, REGION_TAIL,
} from '../layout.ts';
import { STATUS_AGAIN, STATUS_BAD_ARGUMENT, STATUS_FULL, STATUS_POLICY, STATUS_STALE_REGION } from '../status.ts';
import { regionCommitted, regionPolicy } from './span.ts';
import { ownerIs, regionCells, regionEntry, regionStill } from './table.ts';

/** Tries of one reservation: each lost one is another's reservation. */
const RESERVE_TRIES = 64;
/** Steps of one look along the written cells: each is a commit of somebody's. */
const ADVANCE_STEPS = 1024;

/** Cell number `k` of the region with this handle. */
const cellAt = (table: i32, handle: i32, k: i32): i32 =>
  (regionCells(table, handle & REGION_INDEX_MASK) + Math.imul(k, CELL_BYTES)) | 0;

/** Whether a cell in this state is nobody's: free, or written and passed by the cursor. */
export const cellIsIdle = (entry: i32, cell: i32, state: i32): boolean => {
  if ((state & CELL_STATE_MASK) === CELL_FREE) return true;
  if ((state & CELL_STATE_MASK) !== CELL_LEFT) return false;
  const to = loadAcquire32(cell, CELL_TO); // [reserve]
  return (to >>> 0) < (loadAcquire32(entry, REGION_LIMIT) >>> 0); // [commit]
};

/** Takes an idle cell that TAIL does not name. Returns its number, or STATUS_AGAIN. */
const cellTake = (table: i32, handle: i32, entry: i32, owner: i32): i32 => {
  for (let k = 0; k < CELL_COUNT; k++) {
    const cell = cellAt(table, handle, k);
    const state = loadAcquire32(cell, CELL_STATE); // [reserve]
    if ((loadAcquire32(entry, REGION_TAIL) & CELL_STATE_MASK) !== k && cellIsIdle(entry, cell, state)) { // [reserve]
      const uses = (state >>> CELL_USES_SHIFT) + 1 << CELL_USES_SHIFT;
      const mine = uses | owner << CELL_OWNER_SHIFT;
      if (compareExchange32(cell, CELL_STATE, state, mine | CELL_CLAIMING) === state) { // [reserve]
        // TAIL may have come to name it before it was ours; from now on it cannot.
        if ((loadAcquire32(entry, REGION_TAIL) & CELL_STATE_MASK) !== k) return k; // [reserve]
        storeRelease32(cell, CELL_STATE, mine); // [reserve]
      }
    }
  }
  return STATUS_AGAIN;
};

/** Gives a cell back that reserved nothing. Returns `status`. */
const cellGive = (cell: i32, status: i32): i32 => {
  storeRelease32(cell, CELL_STATE, loadAcquire32(cell, CELL_STATE) & ~CELL_STATE_MASK); // [reserve]
  return status;
};

/** If the claim of a cell took place (TAIL is its ticket): CELL_RESERVED, whoever says so first. */
export const cellReserved = (cell: i32, tail: i32): void => {
  const state = loadAcquire32(cell, CELL_STATE); // [reserve]
  if ((state & CELL_STATE_MASK) !== CELL_CLAIMING || loadAcquire32(cell, CELL_TICKET) !== tail) return; // [reserve]
  compareExchange32(cell, CELL_STATE, state, state ^ CELL_CLAIMING ^ CELL_RESERVED); // [reserve]
};

/** Claims what follows the reservation that TAIL named as `tail`, if it still does. */
const cellClaim = (entry: i32, cell: i32, tail: i32, k: i32, from: i32, bytes: i32): boolean => {
  const ticket = ((tail & ~CELL_STATE_MASK) + CELL_COUNT) | k;
  storeRelease32(cell, CELL_FROM, from); // [reserve]
  storeRelease32(cell, CELL_TO, (from + bytes) | 0); // [reserve]
  storeRelease32(cell, CELL_TICKET, ticket); // [reserve]
  if (compareExchange32(entry, REGION_TAIL, tail, ticket) !== tail) return false; // [reserve]
  cellReserved(cell, ticket);
  return true;
};

/**
 * Reserves the next `bytes` bytes (1 or more) for `owner`. Returns their address. They are not part of the region until
 * regionCommit, and neither is what others reserve behind them.
 */
export const regionReserve = (table: i32, handle: i32, owner: i32, bytes: i32): i32 => {
  const entry = regionEntry(table, handle);
  if (entry < 0) return entry;
  const policy = loadAcquire32(entry, REGION_POLICY); // [region]
  const length = loadAcquire32(entry, REGION_LENGTH); // [region]
  const base = loadAcquire32(entry, REGION_BASE); // [region]
  if (!regionStill(entry, handle)) return STATUS_STALE_REGION;
  if (policy !== POLICY_APPEND_ONLY) return STATUS_POLICY;
  if (bytes <= 0 || !ownerIs(owner)) return STATUS_BAD_ARGUMENT;
  let k = -1;
  let cell = 0;
  for (let tries = 0; tries < RESERVE_TRIES; tries++) {
    const tail = loadAcquire32(entry, REGION_TAIL); // [reserve]
    const before = cellAt(table, handle, tail & CELL_STATE_MASK);
    cellReserved(before, tail);
    const from = loadAcquire32(before, CELL_TO); // [reserve]
    if (loadAcquire32(entry, REGION_TAIL) === tail) { // [reserve]
      if (bytes > ((length - from) | 0)) return k < 0 ? STATUS_FULL : cellGive(cell, STATUS_FULL);
      if (k < 0) {
        k = cellTake(table, handle, entry, owner);
        if (k < 0) return k;
        cell = cellAt(table, handle, k);
        if (!regionStill(entry, handle)) return cellGive(cell, STATUS_STALE_REGION);
      } else if (cellClaim(entry, cell, tail, k, from, bytes)) {
        return (base + from) | 0;
      }
    }
  }
  return k < 0 ? STATUS_AGAIN : cellGive(cell, STATUS_AGAIN);
};

/** Moves the cursor over all written reservations that follow it. */
export const regionAdvance = (table: i32, handle: i32, entry: i32): void => {
  let from = 0;
  for (let steps = 0; steps < ADVANCE_STEPS && from >= 0; steps++) {
    const limit = loadSequential32(entry, REGION_LIMIT); // [commit]
    from = -1;
    for (let k = 0; k < CELL_COUNT && from < 0; k++) {
      const cell = cellAt(table, handle, k);
      const state = loadSequential32(cell, CELL_STATE); // [written]
      const kind = state & CELL_STATE_MASK;
      if (kind === CELL_DONE || kind === CELL_LEFT) {
        from = loadAcquire32(cell, CELL_FROM); // [reserve]
        const to = loadAcquire32(cell, CELL_TO); // [reserve]
        const changed = (loadAcquire32(cell, CELL_STATE) ^ state) & ~CELL_STATE_MASK; // [reserve] DONE may have become LEFT
        if (((from + 1) | 0) !== limit || changed !== 0) from = -1;
        else compareExchange32(entry, REGION_LIMIT, limit, (to + 1) | 0); // [commit]
      }
    }
  }
};

/** Ends a written reservation: marks it, moves the cursor, leaves the cell. @noinline */
export const cellFinish = (table: i32, handle: i32, entry: i32, cell: i32, state: i32): void => {
  // No longer the latest claim, should the cell be taken again while TAIL still names it.
  storeRelease32(cell, CELL_TICKET, 0); // [reserve]
  storeSequential32(cell, CELL_STATE, state & ~CELL_STATE_MASK | CELL_DONE); // [written]
  regionAdvance(table, handle, entry);
  storeRelease32(cell, CELL_STATE, state & ~CELL_STATE_MASK | CELL_LEFT); // [reserve]
};

/**
 * Makes the bytes that `owner` reserved at `address` part of the region, never to change again. Returns their offset. They
 * can be read once regionCommitted has passed them: at once, unless an earlier reservation is still being written.
 */
export const regionCommit = (table: i32, handle: i32, owner: i32, address: i32): i32 => {
  const entry = regionEntry(table, handle);
  if (entry < 0) return entry;
  const policy = loadAcquire32(entry, REGION_POLICY); // [region]
  const base = loadAcquire32(entry, REGION_BASE); // [region]
  if (!regionStill(entry, handle)) return STATUS_STALE_REGION;
  if (policy !== POLICY_APPEND_ONLY) return STATUS_POLICY;
  const from = (address - base) | 0;
  for (let k = 0; k < CELL_COUNT; k++) {
    const cell = cellAt(table, handle, k);
    const state = loadAcquire32(cell, CELL_STATE); // [reserve]
    if ((state & CELL_STATE_MASK) === CELL_RESERVED && (state >>> CELL_OWNER_SHIFT & OWNERS_MAX) === owner) {
      if (loadAcquire32(cell, CELL_FROM) === from) { // [reserve]
        cellFinish(table, handle, entry, cell, state);
        return from;
      }
    }
  }
  return STATUS_BAD_ARGUMENT;
};

/** Copies `bytes` bytes to the end of an AppendOnly region and commits them. Returns their offset. */
export const regionAppendFor = (table: i32, handle: i32, owner: i32, source: i32, bytes: i32): i32 => {
  if (source < 0) return STATUS_BAD_ARGUMENT;
  if (bytes === 0) {
    const policy = regionPolicy(table, handle);
    return policy < 0 || policy === POLICY_APPEND_ONLY ? regionCommitted(table, handle) : STATUS_POLICY;
  }
  const room = regionReserve(table, handle, owner, bytes);
  if (room < 0) return room;
  copyBytes(room, source, bytes);
  return regionCommit(table, handle, owner, room);
};

/** As regionAppendFor, for nobody in particular. */
export const regionAppend = (table: i32, handle: i32, source: i32, bytes: i32): i32 =>
  regionAppendFor(table, handle, 0, source, bytes);
