/** Slots of a Slab: constant time, a generation per slot, no stale or double free, whoever interrupts whom at any step. */
import { beforeEach, describe, expect, test } from 'vitest';
import {
  POLICY_SLAB, REGION_SLOT_WORDS, SLAB_GENERATION_MAX, SLAB_GENERATION_SHIFT, SLAB_SLOTS_MAX, TABLE_HEADER_BYTES, WORD_FREE,
} from '../../src/kernel/layout.ts';
import {
  regionAddress, regionAllows, regionCreate, regionCreateSlab, regionDestroy, regionPolicy, regionRecover, regionSlabBytes, regionSlotAddress,
  regionSlotAllocate, regionSlotFree, regionTableBytes, regionTableCreate,
} from '../../src/kernel/region.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_CONFIG, STATUS_FULL, STATUS_NO_MEMORY, STATUS_OK, STATUS_OUT_OF_BOUNDS, STATUS_POLICY,
  STATUS_STALE_REGION, STATUS_STALE_SLOT,
} from '../../src/kernel/status.ts';
import { allocate, bytesAt, must, named, reset, setBytes, setWord, word } from '../support/fixture.ts';
import { interruptedAfter } from '../support/steps.ts';
import { Traced } from '../support/traced.ts';

const traced = await Traced.make();
const { kernel } = traced;
const SLOT_BYTES = 24;
let from = 0;
let table = 0;

beforeEach(() => {
  reset();
  from = allocate(0);
  table = regionTableCreate(allocate(regionTableBytes(2)), regionTableBytes(2), 2);
});

const slab = (slots: number, slotBytes = SLOT_BYTES): number => {
  const bytes = regionSlabBytes(slots, slotBytes);
  return must(regionCreateSlab(table, 1, allocate(bytes), bytes, slots, slotBytes));
};
const fails = (status: number, call: () => number): void => {
  const before = bytesAt(from, 16384);
  expect(named(call())).toBe(named(status));
  expect(Buffer.compare(bytesAt(from, 16384), before)).toBe(0);
};

test('every slot is given once, apart from the others, inside the region; then none', () => {
  for (const slots of [1, 2, 31, 32, 33, 64, 100, SLAB_SLOTS_MAX]) {
    const region = slab(slots);
    expect(regionPolicy(table, region)).toBe(POLICY_SLAB);
    const taken = Array.from({ length: slots }, () => must(regionSlotAllocate(table, region, 1)));
    const at = taken.map((slot) => must(regionSlotAddress(table, region, slot)));
    const first = regionAddress(table, region, 0, slots * SLOT_BYTES);
    expect([...at].sort((a, b) => a - b)).toEqual(Array.from({ length: slots }, (_, k) => first + k * SLOT_BYTES));
    fails(STATUS_FULL, () => regionSlotAllocate(table, region, 1));
    fails(STATUS_OUT_OF_BOUNDS, () => regionAddress(table, region, 0, slots * SLOT_BYTES + 1));
    // The memory of the slots is all the owner's; the words that say whose they are do not lie in it.
    setBytes(first, new Uint8Array(slots * SLOT_BYTES).fill(255));
    for (const slot of taken) expect(regionSlotFree(table, region, slot)).toBe(STATUS_OK);
    expect(regionDestroy(table, region)).toBe(STATUS_OK);
  }
});

test('allocating and freeing take as many steps in a large slab as in a small one', () => {
  const steps = (slots: number): number[] => {
    const region = slab(slots);
    const taken: number[] = [];
    for (let k = 0; k < slots >> 1; k++) taken.push(regionSlotAllocate(table, region, 1));
    const counts = [traced.of(() => taken.push(kernel.regionSlotAllocate(table, region, 1))).length];
    counts.push(traced.of(() => kernel.regionSlotFree(table, region, taken[0]!)).length);
    regionDestroy(table, region);
    return counts;
  };
  expect(steps(SLAB_SLOTS_MAX)).toEqual(steps(66));
});

describe('a slot handle', () => {
  test('is stale once freed, also when the slot is taken again', () => {
    const region = slab(1);
    const old = must(regionSlotAllocate(table, region, 1));
    expect(regionSlotFree(table, region, old)).toBe(STATUS_OK);
    const stale = (): void => {
      fails(STATUS_STALE_SLOT, () => regionSlotFree(table, region, old));
      fails(STATUS_STALE_SLOT, () => regionSlotAddress(table, region, old));
    };
    stale();
    const next = must(regionSlotAllocate(table, region, 1));
    expect(next).not.toBe(old);
    stale();
    expect(regionSlotFree(table, region, next)).toBe(STATUS_OK);
    fails(STATUS_STALE_SLOT, () => regionSlotFree(table, region, next));
  });

  test('with any bit flipped is another one, or none', () => {
    const region = slab(3);
    const slots = Array.from({ length: 3 }, () => must(regionSlotAllocate(table, region, 1)));
    for (let bit = 0; bit < 32; bit++) {
      const wrong = slots[0]! ^ 1 << bit;
      if (slots.includes(wrong)) continue;
      fails(STATUS_STALE_SLOT, () => regionSlotFree(table, region, wrong));
      fails(STATUS_STALE_SLOT, () => regionSlotAddress(table, region, wrong));
    }
    for (const wrong of [0, -1, 0x7fffffff, -0x80000000, word(regionAddress(table, region, 0, 0) - 256)]) {
      fails(STATUS_STALE_SLOT, () => regionSlotFree(table, region, wrong));
    }
  });

  test('of the last generation is the last of its slot', () => {
    const region = slab(2);
    const words = word(table + TABLE_HEADER_BYTES + REGION_SLOT_WORDS);
    setWord(words, WORD_FREE | (SLAB_GENERATION_MAX - 1) << SLAB_GENERATION_SHIFT);
    const before = must(regionSlotAllocate(table, region, 1));
    expect(before >>> SLAB_GENERATION_SHIFT).toBe(SLAB_GENERATION_MAX - 1);
    regionSlotFree(table, region, before);
    const last = must(regionSlotAllocate(table, region, 1));
    expect(last >>> SLAB_GENERATION_SHIFT).toBe(SLAB_GENERATION_MAX);
    expect(regionSlotFree(table, region, last)).toBe(STATUS_OK);
    expect(word(words)).toBe(WORD_FREE);
    regionRecover(table, 1);
    const other = must(regionSlotAllocate(table, region, 1));
    expect(other & 1023).toBe(1);
    fails(STATUS_FULL, () => regionSlotAllocate(table, region, 1));
    fails(STATUS_STALE_SLOT, () => regionSlotFree(table, region, last));
  });
});

test('what cannot be is refused', () => {
  const wrong = [[0, 8], [-1, 8], [SLAB_SLOTS_MAX + 1, 8], [1, 0], [1, 4], [1, 12], [1, -8], [1024, 0x200000], [2, 0x7ffffff8]] as const;
  for (const [slots, bytes] of wrong) {
    expect(named(regionSlabBytes(slots, bytes))).toBe(named(STATUS_BAD_CONFIG));
    fails(STATUS_BAD_CONFIG, () => regionCreateSlab(table, 1, from, 4096, slots, bytes));
  }
  const bytes = regionSlabBytes(4, 64);
  const at = allocate(bytes);
  fails(STATUS_NO_MEMORY, () => regionCreateSlab(table, 1, at, bytes - 1, 4, 64));
  fails(STATUS_BAD_ARGUMENT, () => regionCreateSlab(table, 1, at + 8, bytes, 4, 64));
  fails(STATUS_BAD_ARGUMENT, () => regionCreateSlab(table, 1024, at, bytes, 4, 64));
  fails(STATUS_BAD_ARGUMENT, () => regionCreateSlab(table, 1, 0x7fffffc0, bytes, 4, 64));
  const region = must(regionCreateSlab(table, 1, at, bytes, 4, 64));
  fails(STATUS_BAD_ARGUMENT, () => regionSlotAllocate(table, region, 1024));
  fails(STATUS_POLICY, () => regionAllows(table, region, 0, 8));
  const plain = must(regionCreate(table, POLICY_SLAB, at, bytes));
  fails(STATUS_POLICY, () => regionSlotAllocate(table, plain, 1));
  fails(STATUS_POLICY, () => regionSlotFree(table, plain, 1024));
  fails(STATUS_STALE_REGION, () => regionSlotAllocate(table, plain + 256, 1));
});

describe('another context at any step', () => {
  test.each([1, 2, 33])('of an allocation in %i slots takes and frees: no slot is given twice, none is lost', (slots) => {
    for (let step = 1; ; step++) {
      const region = slab(slots);
      const mine: number[] = [];
      const kept = slots > 2 ? Array.from({ length: slots - 2 }, () => must(regionSlotAllocate(table, region, 3))) : [];
      const done = interruptedAfter(traced, step, () => {
        const got = kernel.regionSlotAllocate(table, region, 1);
        if (got > 0) mine.push(got);
        else expect(named(got)).toBe('STATUS_FULL');
      }, () => {
        for (let k = 0; k < 3; k++) {
          const other = regionSlotAllocate(table, region, 2);
          if (other < 0) continue;
          expect(regionSlotAddress(table, region, other)).toBeGreaterThan(0);
          if (k < 2 || slots === 1) regionSlotFree(table, region, other);
          else mine.push(other);
        }
      });
      expect(new Set([...mine, ...kept].map((slot) => slot & 1023)).size).toBe(mine.length + kept.length);
      for (const slot of [...mine, ...kept]) expect(regionSlotFree(table, region, slot)).toBe(STATUS_OK);
      for (let k = 0; k < slots; k++) must(regionSlotAllocate(table, region, 1));
      fails(STATUS_FULL, () => regionSlotAllocate(table, region, 1));
      regionDestroy(table, region);
      reset();
      table = regionTableCreate(allocate(regionTableBytes(2)), regionTableBytes(2), 2);
      if (!done) return;
    }
  });

  test('of a free: the other takes what there is, and the slot freed comes back', () => {
    for (let step = 1; ; step++) {
      const region = slab(1);
      const slot = must(regionSlotAllocate(table, region, 1));
      let other = 0;
      const done = interruptedAfter(traced, step, () => expect(named(kernel.regionSlotFree(table, region, slot))).toBe(STATUS_OK),
        () => { other = regionSlotAllocate(table, region, 2); });
      if (other > 0) regionSlotFree(table, region, other);
      expect(regionSlotAllocate(table, region, 1)).toBeGreaterThan(slot);
      regionDestroy(table, region);
      if (!done) return;
    }
  });

  test('that frees the same slot: one of the two is refused', () => {
    for (let step = 1; ; step++) {
      const region = slab(2);
      const slot = must(regionSlotAllocate(table, region, 1));
      const results: unknown[] = [];
      const done = interruptedAfter(traced, step, () => results.push(named(kernel.regionSlotFree(table, region, slot))),
        () => results.push(named(regionSlotFree(table, region, slot))));
      expect(results.filter((one) => one === STATUS_OK)).toHaveLength(1);
      expect(results.filter((one) => one === 'STATUS_STALE_SLOT')).toHaveLength(results.length - 1);
      regionDestroy(table, region);
      if (!done) return;
    }
  });
});
