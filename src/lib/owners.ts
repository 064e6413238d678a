/**
 * Owner numbers of threads: in whose name a thread appends to regions and holds slots, so that what it held can be released when
 * it has died.
 *
 * Role: any thread. Numbers up to SYSTEM_SPACES_MAX are those of capability spaces; the rest are handed out here.
 * Memory: a word per number, from ownersAt: 0 nobody; a thread plus 1; negative while that thread is inside a call, or another
 *   recovers it: then it is that one's.
 * Invariants: 1 what a number holds was taken by the thread that its word names. 2 a number is taken from a thread that is inside no
 *   call and holds nothing, or by the recovery of a dead one; the thread notices when it comes back, and takes another.
 * Order: words change by compare-exchange only. Fails: NO_PLACE.
 * Checked by: test/lib/owners.test.ts.
 */
import { threadId } from 'node:worker_threads';
import { compareExchange32, load32, loadAcquire32 } from '#machine';
import {
  CELL_BYTES, CELL_COUNT, CELL_OWNER_SHIFT, CELL_STATE, OWNERS_MAX, POLICY_APPEND_ONLY, REGION_HANDLE, REGION_POLICY,
  REGION_SLOTS, REGION_SLOT_BYTES, REGION_SLOT_WORDS, SYSTEM_SPACES_MAX, TABLE_REGIONS_MAX,
} from '../kernel/layout.ts';
import { regionRecover } from '../kernel/region.ts';
import { cellIsIdle } from '../kernel/region/append.ts';
import { regionAt, regionCells } from '../kernel/region/table.ts';
import { QueueError } from './errors.ts';
import { ownersAt, regions } from './heap.ts';

const FIRST = SYSTEM_SPACES_MAX + 1;
const COUNT = OWNERS_MAX + 1 - FIRST;
const SELF = threadId + 1;
/** Changes the word of a number from one value to another. Whether it did. */
const change = (owner: number, from: number, to: number): boolean => compareExchange32(ownersAt, owner << 2, from, to) === from;

/** Whether the live region in an entry has slots or unfinished appends of `owner`. */
const holdsIn = (index: number, owner: number): boolean => {
  const entry = regionAt(regions, index);
  if (loadAcquire32(entry, REGION_HANDLE) <= 0) return false;
  if (load32(entry, REGION_POLICY) === POLICY_APPEND_ONLY) {
    for (let k = 0; k < CELL_COUNT; k++) {
      const cell = regionCells(regions, index) + k * CELL_BYTES;
      const state = loadAcquire32(cell, CELL_STATE);
      if (((state >>> CELL_OWNER_SHIFT) & OWNERS_MAX) === owner && !cellIsIdle(entry, cell, state)) return true;
    }
    return false;
  }
  const slots = load32(entry, REGION_SLOT_BYTES) === 0 ? 0 : load32(entry, REGION_SLOTS);
  for (let slot = 0; slot < slots; slot++) {
    const word = loadAcquire32(load32(entry, REGION_SLOT_WORDS), slot << 2);
    if (word > 0 && (word & OWNERS_MAX) === owner) return true;
  }
  return false;
};

const holds = (owner: number): boolean => {
  for (let index = 0; index < TABLE_REGIONS_MAX; index++) if (holdsIn(index, owner)) return true;
  return false;
};

let mine = 0;

/** Takes a number that is nobody's, or that of a thread that holds nothing. */
const take = (where: string): number => {
  const at = (k: number): number => FIRST + ((threadId + k) % COUNT);
  for (let k = 0; k < COUNT; k++) if (change(at(k), 0, -SELF)) return at(k);
  for (let k = 0; k < COUNT; k++) {
    const word = loadAcquire32(ownersAt, at(k) << 2);
    if (word > 0 && change(at(k), word, -SELF)) {
      // From here on that thread begins nothing under this number.
      if (!holds(at(k))) return at(k);
      change(at(k), -SELF, word);
    }
  }
  throw new QueueError('NO_PLACE', where, `${COUNT} threads hold parts of regions: recover those that have ended`);
};

/** Runs `use` with this thread's owner number. */
export const asOwner = <T>(where: string, use: (owner: number) => T): T => {
  if (mine === 0 || !change(mine, SELF, -SELF)) mine = take(where);
  const owner = mine;
  try {
    return use(owner);
  } finally {
    change(owner, -SELF, SELF);
  }
};

/** Releases what `thread`, which has ended, held in regions. Returns the bytes of append-only regions given up. */
export const recoverOwner = (thread: number): number => {
  let given = 0;
  for (let owner = FIRST; owner <= OWNERS_MAX; owner++) {
    const word = loadAcquire32(ownersAt, owner << 2);
    if (Math.abs(word) === thread + 1 && change(owner, word, -SELF)) {
      given += regionRecover(regions, owner);
      change(owner, -SELF, 0);
    }
  }
  return given;
};
