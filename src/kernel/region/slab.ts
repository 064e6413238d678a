/**
 * Slots of a Slab region: allocate and free in constant time, each slot under generations of its own.
 *
 *   base                                                         REGION_BASE
 *   | a word per slot | bitmap: slots that may be free | padding | slot 0 | slot 1 | ...
 *
 * Role: any number of contexts at once. The words before the slots lie outside the region: no offset reaches them.
 * Memory: the slot words, the bitmap, SUMMARY of the entry.
 * Invariants: 1 a slot is allocated by the compare-exchange of its word, which holds generation and owner: a death at any step
 *   leaves it free or its owner's, never in between. 2 bitmap and SUMMARY are hints: a bit may be set for a slot that is taken;
 *   a free slot's bit is set but for moments inside these calls (recover.ts mends a death there).
 *   3 no generation of a slot comes twice: after SLAB_GENERATION_MAX the slot is retired.
 * Order: [slot] the word is freed by a read-modify-write after the last use and taken by one before the next.
 *   Whoever clears a hint looks at what it stood for again, and sets it back if that was free meanwhile.
 *   [region] table.ts.
 * Units: bytes; a slot's handle is generation << 10 | index.
 * Fails: STALE_REGION, STALE_SLOT, POLICY (no slots), FULL, AGAIN, BAD_ARGUMENT, BAD_CONFIG, BAD_HANDLE, NO_PLACE; no effect.
 * Elsewhere: slots of an owner that died: recover.ts. Checked by: test/unit/region-slab.test.ts, test/property.
 */
import {
  compareExchange32, fetchAnd32, fetchOr32, fillBytes, loadAcquire32, store32, storeRelease32,
} from '#machine';
import { countRoundUp } from '../count.ts';
import {
  LINE_BYTES, OWNERS_MAX, POLICY_SLAB, REGION_BASE, REGION_INDEX_MASK, REGION_SLOTS, REGION_SLOT_BYTES, REGION_SLOT_WORDS,
  REGION_SUMMARY, SLAB_BITMAP_BYTES, SLAB_GENERATION_MAX, SLAB_GENERATION_SHIFT, SLAB_INDEX_MASK, SLAB_SLOTS_MAX, WORD_FREE,
} from '../layout.ts';
import {
  STATUS_AGAIN, STATUS_BAD_ARGUMENT, STATUS_BAD_CONFIG, STATUS_BAD_HANDLE, STATUS_FULL, STATUS_NO_MEMORY, STATUS_OK,
  STATUS_POLICY, STATUS_STALE_REGION, STATUS_STALE_SLOT,
} from '../status.ts';
import { ownerIs, regionAt, regionEntry, regionFill, regionFits, regionOpen, regionStill, regionTake, tableIs } from './table.ts';

/** Tries of one allocation: each lost one is another's, or a hint that was old. */
const SLAB_TRIES = 64;

/** Bytes before the first slot. */
const slabHead = (slots: i32): i32 => countRoundUp(((slots << 2) + SLAB_BITMAP_BYTES) | 0, LINE_BYTES);

/** Bytes that `slots` slots (1 to SLAB_SLOTS_MAX) of `slotBytes` bytes (a multiple of 8) need, or STATUS_BAD_CONFIG. */
export const regionSlabBytes = (slots: i32, slotBytes: i32): i32 => {
  if (slots < 1 || slots > SLAB_SLOTS_MAX || slotBytes < 8 || (slotBytes & 7) !== 0) return STATUS_BAD_CONFIG;
  const head = slabHead(slots);
  if (slotBytes > ((((0x7fffffff - head) | 0) / slots) | 0)) return STATUS_BAD_CONFIG;
  return (head + Math.imul(slots, slotBytes)) | 0;
};

/** The slot words of an entry, and the bitmap behind them. */
const slabBitmap = (words: i32, slots: i32): i32 => (words + (slots << 2)) | 0;

/** Says that slot `index` may be free. */
export const slabHint = (entry: i32, words: i32, slots: i32, index: i32): void => {
  fetchOr32(slabBitmap(words, slots), index >>> 5 << 2, 0x80000000 >>> (index & 31) | 0); // [slot]
  fetchOr32(entry, REGION_SUMMARY, 0x80000000 >>> (index >>> 5) | 0); // [slot]
};

/** Makes a Slab region of free slots in the line-aligned memory at `base`, which nobody else uses. Returns the handle, > 0. */
export const regionCreateSlab = (table: i32, owner: i32, base: i32, bytes: i32, slots: i32, slotBytes: i32): i32 => {
  const needed = regionSlabBytes(slots, slotBytes);
  if (needed < 0) return needed;
  if (!regionFits(base, bytes) || (base & (LINE_BYTES - 1)) !== 0 || !ownerIs(owner)) return STATUS_BAD_ARGUMENT;
  if (bytes < needed) return STATUS_NO_MEMORY;
  if (!tableIs(table)) return STATUS_BAD_HANDLE;
  const handle = regionTake(table, owner);
  if (handle < 0) return handle;
  const entry = regionAt(table, handle & REGION_INDEX_MASK);
  fillBytes(base, slabHead(slots), 0);
  for (let index = 0; index < slots; index++) store32(base, index << 2, WORD_FREE | 1 << SLAB_GENERATION_SHIFT);
  storeRelease32(entry, REGION_SUMMARY, 0); // [slot]
  for (let index = 0; index < slots; index++) slabHint(entry, base, slots, index);
  regionFill(entry, owner, POLICY_SLAB, (base + slabHead(slots)) | 0, Math.imul(slots, slotBytes), 0);
  storeRelease32(entry, REGION_SLOTS, slots); // [region]
  storeRelease32(entry, REGION_SLOT_WORDS, base); // [region]
  storeRelease32(entry, REGION_SLOT_BYTES, slotBytes); // [region]
  return regionOpen(entry, handle);
};

/** The slot words of a live region that has slots; `entry` is its entry. */
const slabWords = (entry: i32, handle: i32): i32 => {
  const policy = loadAcquire32(entry, REGION_SLOT_BYTES); // [region]
  const words = loadAcquire32(entry, REGION_SLOT_WORDS); // [region]
  if (!regionStill(entry, handle)) return STATUS_STALE_REGION;
  return policy === 0 ? STATUS_POLICY : words;
};

/** Whether a slot word is that of a slot that can be taken. */
const slotIsFree = (word: i32): boolean => word < 0 && word !== WORD_FREE;

/** Withdraws the hint of a slot, unless the slot is free after all. */
const slabUnhint = (entry: i32, words: i32, slots: i32, index: i32): void => {
  const word = index >>> 5 << 2;
  const bit = 0x80000000 >>> (index & 31) | 0;
  const bitmap = slabBitmap(words, slots);
  if ((fetchAnd32(bitmap, word, ~bit) & ~bit) === 0) { // [slot]
    const group = 0x80000000 >>> (index >>> 5) | 0;
    fetchAnd32(entry, REGION_SUMMARY, ~group); // [slot]
    if (loadAcquire32(bitmap, word) !== 0) fetchOr32(entry, REGION_SUMMARY, group); // [slot]
  }
  if (slotIsFree(loadAcquire32(words, index << 2))) slabHint(entry, words, slots, index); // [slot]
};

/** A slot that may be free, or -1. SUMMARY may hide one for a moment: before saying no, all words are looked at. */
const slabPick = (entry: i32, words: i32, slots: i32): i32 => {
  const bitmap = slabBitmap(words, slots);
  const group = Math.clz32(loadAcquire32(entry, REGION_SUMMARY)); // [slot]
  if (group < 32) {
    const bits = loadAcquire32(bitmap, group << 2); // [slot]
    if (bits !== 0) return (group << 5) + Math.clz32(bits) | 0;
  }
  for (let word = 0; word < (SLAB_BITMAP_BYTES >> 2); word++) {
    const bits = loadAcquire32(bitmap, word << 2); // [slot]
    if (bits !== 0) return (word << 5) + Math.clz32(bits) | 0;
  }
  return -1;
};

/** Takes a free slot for `owner`. Returns the slot's handle, > 0. */
export const regionSlotAllocate = (table: i32, handle: i32, owner: i32): i32 => {
  const entry = regionEntry(table, handle);
  if (entry < 0) return entry;
  const words = slabWords(entry, handle);
  if (words < 0) return words;
  if (!ownerIs(owner)) return STATUS_BAD_ARGUMENT;
  const slots = loadAcquire32(entry, REGION_SLOTS); // [region]
  for (let tries = 0; tries < SLAB_TRIES; tries++) {
    const index = slabPick(entry, words, slots);
    if (index < 0) return STATUS_FULL;
    if (index >= slots) return STATUS_AGAIN; // Not a bit of ours: the region ended meanwhile.
    const word = loadAcquire32(words, index << 2); // [slot]
    const mine = word & ~WORD_FREE;
    const taken = slotIsFree(word) && compareExchange32(words, index << 2, word, mine | owner) === word; // [slot]
    slabUnhint(entry, words, slots, index);
    if (taken) return mine | index;
  }
  return STATUS_AGAIN;
};

/** The offset of an allocated slot's word in the slot words, or STATUS_STALE_SLOT. */
const slotWord = (words: i32, slots: i32, slot: i32): i32 => {
  const index = slot & SLAB_INDEX_MASK;
  if (slot <= 0 || index >= slots) return STATUS_STALE_SLOT;
  const word = loadAcquire32(words, index << 2); // [slot]
  return (word & ~OWNERS_MAX) === (slot & ~SLAB_INDEX_MASK) ? index << 2 : STATUS_STALE_SLOT;
};

/** The word of a slot whose present one is `word`, once freed: the next generation, or none. */
export const slotFreed = (word: i32): i32 => {
  const generation = word >>> SLAB_GENERATION_SHIFT & SLAB_GENERATION_MAX;
  return generation === SLAB_GENERATION_MAX ? WORD_FREE : WORD_FREE | (generation + 1) << SLAB_GENERATION_SHIFT;
};

/** Frees an allocated slot. Its handle is stale from now on. */
export const regionSlotFree = (table: i32, handle: i32, slot: i32): i32 => {
  const entry = regionEntry(table, handle);
  if (entry < 0) return entry;
  const words = slabWords(entry, handle);
  if (words < 0) return words;
  const slots = loadAcquire32(entry, REGION_SLOTS); // [region]
  const at = slotWord(words, slots, slot);
  if (at < 0) return at;
  const word = loadAcquire32(words, at); // [slot]
  if ((word & ~OWNERS_MAX) !== (slot & ~SLAB_INDEX_MASK)) return STATUS_STALE_SLOT;
  const freed = slotFreed(word);
  if (compareExchange32(words, at, word, freed) !== word) return STATUS_STALE_SLOT; // [slot]
  if (freed !== WORD_FREE) slabHint(entry, words, slots, slot & SLAB_INDEX_MASK);
  return STATUS_OK;
};

/** The address of an allocated slot. */
export const regionSlotAddress = (table: i32, handle: i32, slot: i32): i32 => {
  const entry = regionEntry(table, handle);
  if (entry < 0) return entry;
  const words = slabWords(entry, handle);
  if (words < 0) return words;
  const at = slotWord(words, loadAcquire32(entry, REGION_SLOTS), slot); // [region]
  if (at < 0) return at;
  const base = loadAcquire32(entry, REGION_BASE); // [region]
  const bytes = loadAcquire32(entry, REGION_SLOT_BYTES); // [region]
  return regionStill(entry, handle) ? (base + Math.imul(at >> 2, bytes)) | 0 : STATUS_STALE_REGION;
};
