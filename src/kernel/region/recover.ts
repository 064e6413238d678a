/**
 * Taking over what an owner that died held in regions.
 *
 * Role: the kernel (or, under Node, the main thread), once it knows that the owner is dead and all its stores are visible.
 *   One recovery
 *   of an owner at a time; it may itself die and be run again.
 * Memory: the table; the slot words of Slabs; the bytes of reservations given up.
 * What becomes of each thing the owner held:
 *   an entry it was filling or sealing, a region it had not sealed   free: nobody else can use it
 *   a region it was destroying                                       as it was
 *   a reservation not committed                                      its bytes are zeroed and committed, so that the
 *   cursor can pass
 *   a slot                                                           free, under the next generation
 *   any other region it created                                      stays, as nobody's: what was sent stays valid
 * Order: [region] table.ts, [reserve], [written] append.ts, [slot] slab.ts.
 * Units: bytes. Fails: BAD_HANDLE, BAD_ARGUMENT; no effect. Checked by: test/unit/region-recover.test.ts, test/property,
 *   test/explore.
 */
import { compareExchange32, fillBytes, load32, loadAcquire32, storeRelease32 } from '#machine';
import {
  CELL_BYTES, CELL_CLAIMING, CELL_COUNT, CELL_DONE, CELL_FROM, CELL_OWNER_SHIFT, CELL_RESERVED, CELL_STATE,
  CELL_STATE_MASK, CELL_TO, OWNERS_MAX, OWNER_SHIFT, POLICY_APPEND_ONLY, POLICY_IMMUTABLE, REGION_BASE, REGION_CURRENT,
  REGION_HANDLE, REGION_INDEX_MASK, REGION_LIMIT, REGION_OWNER, REGION_POLICY, REGION_SLOTS, REGION_SLOT_BYTES,
  REGION_SLOT_WORDS, REGION_TAIL, TABLE_COUNT, WORD_ENDING, WORD_FILLING, WORD_FREE, WORD_STATE_MASK,
} from '../layout.ts';
import { STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE } from '../status.ts';
import { cellFinish, cellReserved, regionAdvance } from './append.ts';
import { regionFreed } from './flight.ts';
import { slabHint, slotFreed } from './slab.ts';
import { ownerIs, regionAt, regionCells, tableIs } from './table.ts';

/** One append cell of the dead owner. Returns the bytes given up. */
const recoverCell = (table: i32, handle: i32, entry: i32, cell: i32, owner: i32): i32 => {
  cellReserved(cell, loadAcquire32(entry, REGION_TAIL)); // [reserve]
  // Read again: an appender that came after it may have said that its claim took place.
  const state = loadAcquire32(cell, CELL_STATE); // [reserve]
  const kind = state & CELL_STATE_MASK;
  // A cell that the dead had left may be a living one's by now; one that it was in cannot change hands.
  if ((state >>> CELL_OWNER_SHIFT & OWNERS_MAX) !== owner) return 0;
  if (kind === CELL_CLAIMING) {
    compareExchange32(cell, CELL_STATE, state, state & ~CELL_STATE_MASK); // [reserve]
  } else if (kind === CELL_RESERVED) {
    const from = loadAcquire32(cell, CELL_FROM); // [reserve]
    const bytes = (loadAcquire32(cell, CELL_TO) - from) | 0; // [reserve]
    fillBytes((loadAcquire32(entry, REGION_BASE) + from) | 0, bytes, 0); // [region]
    cellFinish(table, handle, entry, cell, state);
    return bytes;
  } else if (kind === CELL_DONE) {
    cellFinish(table, handle, entry, cell, state);
  }
  return 0;
};

/** What the owner was appending to one region. Returns the bytes given up. */
const recoverAppends = (table: i32, handle: i32, entry: i32, owner: i32): i32 => {
  let given = 0;
  const cells = regionCells(table, handle & REGION_INDEX_MASK);
  for (let k = 0; k < CELL_COUNT; k++) {
    const cell = (cells + Math.imul(k, CELL_BYTES)) | 0;
    if ((loadAcquire32(cell, CELL_STATE) >>> CELL_OWNER_SHIFT & OWNERS_MAX) === owner) { // [reserve]
      given = (given + recoverCell(table, handle, entry, cell, owner)) | 0;
    }
  }
  regionAdvance(table, handle, entry);
  return given;
};

/** The owner's slots of one Slab become free, and every free slot is known to be. */
const recoverSlots = (entry: i32, owner: i32): void => {
  const words = loadAcquire32(entry, REGION_SLOT_WORDS); // [region]
  const slots = loadAcquire32(entry, REGION_SLOTS); // [region]
  for (let index = 0; index < slots; index++) {
    let word = loadAcquire32(words, index << 2); // [slot]
    if (word > 0 && (word & OWNERS_MAX) === owner) {
      const freed = slotFreed(word);
      if (compareExchange32(words, index << 2, word, freed) === word) word = freed; // [slot]
    }
    if (word < 0 && word !== WORD_FREE) slabHint(entry, words, slots, index);
  }
};

/** An entry that is not valid because of the dead owner. */
const recoverEntry = (entry: i32, word: i32, owner: i32): void => {
  if ((word >>> OWNER_SHIFT & OWNERS_MAX) !== owner) return;
  // Of a death before CURRENT was stored it is the last generation: the one after it is new in either case.
  const current = loadAcquire32(entry, REGION_CURRENT); // [region]
  const state = word & WORD_STATE_MASK;
  if (state !== WORD_FILLING && state !== WORD_ENDING) return;
  compareExchange32(entry, REGION_HANDLE, word, state === WORD_FILLING ? regionFreed(current) : current); // [region]
};

/** A region that lives, in which the dead owner may hold something. Returns the bytes given up. */
const recoverRegion = (table: i32, handle: i32, entry: i32, owner: i32): i32 => {
  const policy = loadAcquire32(entry, REGION_POLICY); // [region]
  if (policy === POLICY_APPEND_ONLY) return recoverAppends(table, handle, entry, owner);
  if (policy !== POLICY_IMMUTABLE && loadAcquire32(entry, REGION_SLOT_BYTES) !== 0) recoverSlots(entry, owner); // [region]
  const unsealed = policy === POLICY_IMMUTABLE && loadAcquire32(entry, REGION_LIMIT) === 0; // [commit]
  if (unsealed && loadAcquire32(entry, REGION_OWNER) === owner) { // [region]
    compareExchange32(entry, REGION_HANDLE, handle, regionFreed(handle)); // [region]
  }
  return 0;
};

/**
 * Takes back what `owner`, now dead, held in the regions of this table. Returns the bytes of AppendOnly regions that it had
 * reserved and not committed: they read as zeros. Repeatable.
 */
export const regionRecover = (table: i32, owner: i32): i32 => {
  if (!tableIs(table)) return STATUS_BAD_HANDLE;
  if (!ownerIs(owner)) return STATUS_BAD_ARGUMENT;
  const count = load32(table, TABLE_COUNT);
  let given = 0;
  for (let index = 0; index < count; index++) {
    const entry = regionAt(table, index);
    const word = loadAcquire32(entry, REGION_HANDLE); // [region]
    if (word < 0) recoverEntry(entry, word, owner);
    const handle = loadAcquire32(entry, REGION_HANDLE); // [region]
    if (handle > 0) {
      given = (given + recoverRegion(table, handle, entry, owner)) | 0;
      if (loadAcquire32(entry, REGION_OWNER) === owner) storeRelease32(entry, REGION_OWNER, 0); // [region]
    }
  }
  return given;
};
