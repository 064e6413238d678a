import { beforeEach, describe, expect, test } from 'vitest';
import {
  OWNERS_MAX, POLICY_APPEND_ONLY, POLICY_IMMUTABLE, POLICY_SLAB, REGION_GENERATION_MAX, REGION_GENERATION_SHIFT, REGION_HANDLE, TABLE_HEADER_BYTES,
  TABLE_REGIONS_MAX, WORD_FREE,
} from '../../src/kernel/layout.ts';
import {
  regionAddress, regionAllows, regionAppend, regionCommit, regionCommitted, regionCreate, regionCreateFor, regionCreateWritable, regionDestroy,
  regionOutstanding, regionPolicy, regionRecover, regionReserve, regionSeal, regionSlotAddress, regionSlotAllocate, regionSlotFree,
  regionTableBytes, regionTableCreate, regionWritable,
} from '../../src/kernel/region.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_CONFIG, STATUS_FULL, STATUS_NO_MEMORY, STATUS_NO_PLACE, STATUS_NOT_COMMITTED, STATUS_OK,
  STATUS_OUT_OF_BOUNDS, STATUS_POLICY, STATUS_STALE_REGION,
} from '../../src/kernel/status.ts';
import { allocate, bytesAt, named, payload, reset, setBytes, setWord, word } from '../support/fixture.ts';

const POLICIES = [POLICY_IMMUTABLE, POLICY_APPEND_ONLY, POLICY_SLAB];
let from = 0;
let table = 0;
let base = 0;
const LENGTH = 128;

beforeEach(() => {
  reset();
  from = allocate(0);
  table = regionTableCreate(allocate(regionTableBytes(3)), regionTableBytes(3), 3);
  base = allocate(LENGTH);
  setBytes(base, payload(LENGTH, 1));
});

/** Runs a call and demands that it fails with `status` and changes no byte of the table or the regions. */
const fails = (status: number, call: () => number): void => {
  const before = bytesAt(from, 8192);
  expect(named(call())).toBe(named(status));
  expect(Buffer.compare(bytesAt(from, 8192), before)).toBe(0);
};

describe('a table', () => {
  test('of 1 to 256 regions has a line and eight cells each, and one more line', () => {
    for (const count of [1, 2, TABLE_REGIONS_MAX]) expect(regionTableBytes(count)).toBe(64 + (64 + 8 * 16) * count);
    for (const count of [0, -1, TABLE_REGIONS_MAX + 1, 0x80000000 | 0]) expect(named(regionTableBytes(count))).toBe(named(STATUS_BAD_CONFIG));
  });

  test('is made in place; what does not fit is refused', () => {
    const at = allocate(2048);
    fails(STATUS_BAD_CONFIG, () => regionTableCreate(at, 2048, 0));
    fails(STATUS_BAD_ARGUMENT, () => regionTableCreate(at + 32, 2016, 2));
    fails(STATUS_BAD_ARGUMENT, () => regionTableCreate(-64, 2048, 2));
    fails(STATUS_NO_MEMORY, () => regionTableCreate(at, regionTableBytes(2) - 1, 2));
    expect(regionTableCreate(at, regionTableBytes(2), 2)).toBe(at);
    // Not a byte beyond.
    expect(bytesAt(at + regionTableBytes(2), 64)).toEqual(new Uint8Array(64).fill(0xa5));
  });

  test('of 256 regions gives 256 different handles, then none', () => {
    const large = regionTableCreate(allocate(regionTableBytes(256)), regionTableBytes(256), 256);
    const handles = Array.from({ length: 256 }, () => regionCreate(large, POLICY_SLAB, base, LENGTH));
    expect(new Set(handles).size).toBe(256);
    expect(Math.min(...handles)).toBeGreaterThan(0);
    fails(STATUS_NO_PLACE, () => regionCreate(large, POLICY_SLAB, base, LENGTH));
    expect(regionDestroy(large, handles[200]!)).toBe(STATUS_OK);
    const again = regionCreate(large, POLICY_SLAB, base, LENGTH);
    expect(again & 255).toBe(handles[200]! & 255);
    expect(again).not.toBe(handles[200]);
  });
});

describe('creating a region', () => {
  test('takes every policy and says it back', () => {
    for (const policy of POLICIES) {
      const handle = regionCreate(table, policy, base, LENGTH);
      expect(handle).toBeGreaterThan(0);
      expect(regionPolicy(table, handle)).toBe(policy);
      expect(regionCommitted(table, handle)).toBe(policy === POLICY_APPEND_ONLY ? 0 : LENGTH);
    }
  });

  test('refuses other policies, and memory that cannot be', () => {
    for (const policy of [0, 4, -1]) fails(STATUS_BAD_ARGUMENT, () => regionCreate(table, policy, base, LENGTH));
    for (const [at, bytes] of [[-8, 8], [base + 4, 8], [base, 0], [base, -1], [0x7ffffff8, 8], [0x7fffff00, 0x100]] as const) {
      fails(STATUS_BAD_ARGUMENT, () => regionCreate(table, POLICY_SLAB, at, bytes));
    }
    expect(regionCreate(table, POLICY_SLAB, 0x7ffffff0, 8)).toBeGreaterThan(0);
  });

  test('fails when the table is full', () => {
    for (let k = 0; k < 3; k++) regionCreate(table, POLICY_SLAB, base, LENGTH);
    fails(STATUS_NO_PLACE, () => regionCreate(table, POLICY_SLAB, base, LENGTH));
  });
});

describe('a handle', () => {
  test('is stale after its region is destroyed, also when the entry lives again', () => {
    const handle = regionCreate(table, POLICY_APPEND_ONLY, base, LENGTH);
    expect(regionDestroy(table, handle)).toBe(STATUS_OK);
    const stale = (): void => {
      fails(STATUS_STALE_REGION, () => regionDestroy(table, handle));
      fails(STATUS_STALE_REGION, () => regionPolicy(table, handle));
      fails(STATUS_STALE_REGION, () => regionCommitted(table, handle));
      fails(STATUS_STALE_REGION, () => regionAppend(table, handle, base, 8));
      fails(STATUS_STALE_REGION, () => regionReserve(table, handle, 1, 8));
      fails(STATUS_STALE_REGION, () => regionCommit(table, handle, 1, base));
      fails(STATUS_STALE_REGION, () => regionSeal(table, handle));
      fails(STATUS_STALE_REGION, () => regionWritable(table, handle));
      fails(STATUS_STALE_REGION, () => regionOutstanding(table, handle));
      fails(STATUS_STALE_REGION, () => regionSlotAllocate(table, handle, 1));
      fails(STATUS_STALE_REGION, () => regionSlotFree(table, handle, 1024));
      fails(STATUS_STALE_REGION, () => regionSlotAddress(table, handle, 1024));
      fails(STATUS_STALE_REGION, () => regionAllows(table, handle, 0, 0));
      fails(STATUS_STALE_REGION, () => regionAddress(table, handle, 0, 0));
    };
    stale();
    const next = regionCreate(table, POLICY_APPEND_ONLY, base, LENGTH);
    expect(next & 255).toBe(handle & 255);
    stale();
    expect(regionPolicy(table, next)).toBe(POLICY_APPEND_ONLY);
  });

  test('that never was is stale', () => {
    const handle = regionCreate(table, POLICY_SLAB, base, LENGTH);
    for (const wrong of [0, -1, handle + 1, handle + 256, handle | 0x80000000, 255, 3 | 1 << REGION_GENERATION_SHIFT, 0x7fffffff]) {
      fails(STATUS_STALE_REGION, () => regionAddress(table, wrong, 0, 0));
    }
  });

  test('of the last generation is the last of its entry', () => {
    const small = regionTableCreate(allocate(regionTableBytes(1)), regionTableBytes(1), 1);
    const entry = small + TABLE_HEADER_BYTES;
    setWord(entry + REGION_HANDLE, WORD_FREE | (REGION_GENERATION_MAX - 1) << REGION_GENERATION_SHIFT);
    const before = regionCreate(small, POLICY_SLAB, base, LENGTH);
    expect(before >>> REGION_GENERATION_SHIFT).toBe(REGION_GENERATION_MAX - 1);
    regionDestroy(small, before);
    const last = regionCreate(small, POLICY_SLAB, base, LENGTH);
    expect(last >>> REGION_GENERATION_SHIFT).toBe(REGION_GENERATION_MAX);
    expect(regionAddress(small, last, 0, 8)).toBe(base);
    expect(regionDestroy(small, last)).toBe(STATUS_OK);
    fails(STATUS_NO_PLACE, () => regionCreate(small, POLICY_SLAB, base, LENGTH));
    fails(STATUS_STALE_REGION, () => regionAddress(small, last, 0, 8));
    expect(word(entry + REGION_HANDLE)).toBe(WORD_FREE);
    expect(regionRecover(small, 0)).toBe(0);
    fails(STATUS_NO_PLACE, () => regionCreate(small, POLICY_SLAB, base, LENGTH));
  });
});

describe('appending', () => {
  test('copies behind what is there, commits it and returns its offset', () => {
    const handle = regionCreate(table, POLICY_APPEND_ONLY, base, LENGTH);
    const source = allocate(LENGTH);
    let committed = 0;
    for (const bytes of [0, 1, 7, 8, 55, 57]) {
      setBytes(source, payload(bytes, bytes));
      expect(regionAppend(table, handle, source, bytes)).toBe(committed);
      expect(bytesAt(base + committed, bytes)).toEqual(payload(bytes, bytes));
      committed += bytes;
      expect(regionCommitted(table, handle)).toBe(committed);
    }
    expect(committed).toBe(LENGTH);
    fails(STATUS_FULL, () => regionAppend(table, handle, source, 1));
    expect(regionAppend(table, handle, source, 0)).toBe(LENGTH);
  });

  test('is refused to other policies, and with lengths and addresses that cannot be', () => {
    for (const policy of [POLICY_IMMUTABLE, POLICY_SLAB]) {
      const handle = regionCreate(table, policy, base, LENGTH);
      fails(STATUS_POLICY, () => regionAppend(table, handle, base, 1));
    }
    const handle = regionCreate(table, POLICY_APPEND_ONLY, base, LENGTH);
    fails(STATUS_BAD_ARGUMENT, () => regionAppend(table, handle, base, -1));
    fails(STATUS_BAD_ARGUMENT, () => regionAppend(table, handle, -4, 1));
    fails(STATUS_FULL, () => regionAppend(table, handle, from, LENGTH + 1));
    fails(STATUS_FULL, () => regionAppend(table, handle, from, 0x7fffffff));
  });
});

describe('an address', () => {
  // Offsets and lengths around every edge: the answer must be that of plain, unbounded arithmetic.
  const edges = [0, 1, 7, 63, 64, 65, 127, 128, 129, 0x7fffffff, 0x80000000 | 0, -1, -128, -129];

  test.each(POLICIES)('under policy %i is inside the region and committed, for any offset and length', (policy) => {
    const handle = regionCreate(table, policy, base, LENGTH);
    const committed = policy === POLICY_APPEND_ONLY ? 64 : LENGTH;
    if (policy === POLICY_APPEND_ONLY) regionAppend(table, handle, from, 64);
    for (const offset of edges) {
      for (const bytes of edges) {
        const end = (offset >>> 0) + (bytes >>> 0);
        const expected = end > LENGTH ? STATUS_OUT_OF_BOUNDS : end > committed ? STATUS_NOT_COMMITTED : base + offset;
        expect([offset, bytes, named(regionAddress(table, handle, offset, bytes))]).toEqual([offset, bytes, named(expected)]);
      }
    }
    fails(STATUS_OUT_OF_BOUNDS, () => regionAddress(table, handle, 129, 0));
    if (policy === POLICY_APPEND_ONLY) fails(STATUS_NOT_COMMITTED, () => regionAddress(table, handle, 64, 1));
  });

  test('in a region that reaches to the end of the address space does not wrap', () => {
    const handle = regionCreate(table, POLICY_IMMUTABLE, 8, 0x7ffffff0);
    expect(regionAddress(table, handle, 0x7fffffef, 1)).toBe(0x7ffffff7);
    fails(STATUS_OUT_OF_BOUNDS, () => regionAddress(table, handle, 0x7fffffef, 2));
    fails(STATUS_OUT_OF_BOUNDS, () => regionAddress(table, handle, 0x7ffffff0, 0x7fffffff));
    fails(STATUS_OUT_OF_BOUNDS, () => regionAddress(table, handle, 1, -1));
  });
});

describe('an Immutable region made to be filled', () => {
  test('can be written until it is sealed, and described from then on', () => {
    const handle = regionCreateWritable(table, 3, base, LENGTH);
    expect(regionWritable(table, handle)).toBe(base);
    expect(regionCommitted(table, handle)).toBe(0);
    for (const bytes of [0, 1, LENGTH]) {
      fails(STATUS_NOT_COMMITTED, () => regionAddress(table, handle, 0, bytes));
      fails(STATUS_NOT_COMMITTED, () => regionAllows(table, handle, 0, bytes));
    }
    setBytes(base, payload(LENGTH, 9));
    expect(regionSeal(table, handle)).toBe(STATUS_OK);
    expect(regionCommitted(table, handle)).toBe(LENGTH);
    expect(regionAddress(table, handle, 0, LENGTH)).toBe(base);
    expect(regionAllows(table, handle, 0, LENGTH)).toBe(STATUS_OK);
    expect(bytesAt(base, LENGTH)).toEqual(payload(LENGTH, 9));
  });

  test('is never writable again, however it is asked', () => {
    const handle = regionCreateWritable(table, 3, base, LENGTH);
    regionSeal(table, handle);
    for (let k = 0; k < 3; k++) {
      fails(STATUS_POLICY, () => regionWritable(table, handle));
      fails(STATUS_POLICY, () => regionSeal(table, handle));
    }
    expect(regionDestroy(table, handle)).toBe(STATUS_OK);
    fails(STATUS_STALE_REGION, () => regionWritable(table, handle));
  });

  test('is the only kind that is filled and sealed', () => {
    for (const policy of POLICIES) {
      const handle = regionCreate(table, policy, base, LENGTH);
      fails(STATUS_POLICY, () => regionWritable(table, handle));
      fails(STATUS_POLICY, () => regionSeal(table, handle));
    }
  });

  test('belongs to an owner with a number that can be', () => {
    for (const owner of [-1, OWNERS_MAX + 1, 0x7fffffff]) {
      fails(STATUS_BAD_ARGUMENT, () => regionCreateWritable(table, owner, base, LENGTH));
      fails(STATUS_BAD_ARGUMENT, () => regionCreateFor(table, owner, POLICY_SLAB, base, LENGTH));
    }
    expect(regionCreateWritable(table, OWNERS_MAX, base, LENGTH)).toBeGreaterThan(0);
  });
});

describe('what a descriptor may name', () => {
  const edges = [0, 1, 63, 64, 65, 127, 128, 129, 0x7fffffff, 0x80000000 | 0, -1, -64, -128];

  test.each(POLICIES)('under policy %i is what never changes again, for any offset and length', (policy) => {
    const handle = regionCreate(table, policy, base, LENGTH);
    const committed = policy === POLICY_APPEND_ONLY ? 64 : LENGTH;
    if (policy === POLICY_APPEND_ONLY) regionAppend(table, handle, from, 64);
    for (const offset of edges) {
      for (const bytes of edges) {
        const end = (offset >>> 0) + (bytes >>> 0);
        const expected = policy === POLICY_SLAB ? STATUS_POLICY
          : end > LENGTH ? STATUS_OUT_OF_BOUNDS : end > committed ? STATUS_NOT_COMMITTED : STATUS_OK;
        expect([offset, bytes, named(regionAllows(table, handle, offset, bytes))]).toEqual([offset, bytes, named(expected)]);
      }
    }
  });

  test('is found by no handle that differs in a bit', () => {
    const handle = regionCreate(table, POLICY_IMMUTABLE, base, LENGTH);
    for (let bit = 0; bit < 32; bit++) {
      for (const call of [regionAllows, regionAddress]) fails(STATUS_STALE_REGION, () => call(table, handle ^ 1 << bit, 0, 8));
      fails(STATUS_STALE_REGION, () => regionDestroy(table, handle ^ 1 << bit));
      // Nor by the words of entries that are not valid: their states are negative numbers.
      fails(STATUS_STALE_REGION, () => regionAllows(table, word(table + TABLE_HEADER_BYTES + 64 + REGION_HANDLE), 0, 0));
    }
  });
});
