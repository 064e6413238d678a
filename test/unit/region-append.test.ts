/** Appending by several at once: who interrupts whom at any step, the bytes are there, whole, once, and the cursor passes them in order. */
import { beforeEach, describe, expect, test } from 'vitest';
import { CELL_COUNT, POLICY_APPEND_ONLY, POLICY_IMMUTABLE, POLICY_SLAB } from '../../src/kernel/layout.ts';
import {
  regionAddress, regionAllows, regionAppendFor, regionCommit, regionCommitted, regionCreate, regionDestroy, regionOutstanding, regionReserve,
  regionTableBytes, regionTableCreate,
} from '../../src/kernel/region.ts';
import {
  STATUS_AGAIN, STATUS_BAD_ARGUMENT, STATUS_FULL, STATUS_NOT_COMMITTED, STATUS_OK, STATUS_POLICY, STATUS_STALE_REGION,
} from '../../src/kernel/status.ts';
import { allocate, bytesAt, must, named, payload, reset, setBytes } from '../support/fixture.ts';
import { interruptedAfter } from '../support/steps.ts';
import { Traced } from '../support/traced.ts';

const LENGTH = 128;
const traced = await Traced.make();
const { kernel } = traced;
let from = 0;
let table = 0;
let base = 0;
let source = 0;

beforeEach(() => {
  reset();
  from = allocate(0);
  table = regionTableCreate(allocate(regionTableBytes(2)), regionTableBytes(2), 2);
  base = allocate(LENGTH);
  source = allocate(LENGTH);
});

const fails = (status: number, call: () => number): void => {
  const before = bytesAt(from, 4096);
  expect(named(call())).toBe(named(status));
  expect(Buffer.compare(bytesAt(from, 4096), before)).toBe(0);
};
const append = (): number => must(regionCreate(table, POLICY_APPEND_ONLY, base, LENGTH));
const reserve = (region: number, owner: number, bytes: number): number => must(regionReserve(table, region, owner, bytes));

test('reservations follow each other, and are read once all before them are committed', () => {
  const region = append();
  const a = reserve(region, 1, 10);
  const b = reserve(region, 2, 20);
  const c = reserve(region, 1, 30);
  expect([a, b, c]).toEqual([base, base + 10, base + 30]);
  setBytes(b, payload(20, 2));
  expect(regionCommit(table, region, 2, b)).toBe(10);
  expect(regionCommitted(table, region)).toBe(0);
  fails(STATUS_NOT_COMMITTED, () => regionAllows(table, region, 10, 1));
  setBytes(c, payload(30, 3));
  expect(regionCommit(table, region, 1, c)).toBe(30);
  expect(regionCommitted(table, region)).toBe(0);
  setBytes(a, payload(10, 1));
  expect(regionCommit(table, region, 1, a)).toBe(0);
  expect(regionCommitted(table, region)).toBe(60);
  expect(regionAllows(table, region, 0, 60)).toBe(STATUS_OK);
  fails(STATUS_NOT_COMMITTED, () => regionAddress(table, region, 0, 61));
  expect([...bytesAt(base, 60)]).toEqual([...payload(10, 1), ...payload(20, 2), ...payload(30, 3)]);
});

describe('a reservation', () => {
  test('is refused beyond the end, to other policies, and with lengths and owners that cannot be', () => {
    const region = append();
    for (const bytes of [LENGTH + 1, 0x7fffffff]) fails(STATUS_FULL, () => regionReserve(table, region, 1, bytes));
    for (const bytes of [0, -1, -0x80000000]) fails(STATUS_BAD_ARGUMENT, () => regionReserve(table, region, 1, bytes));
    for (const owner of [-1, 1024]) fails(STATUS_BAD_ARGUMENT, () => regionReserve(table, region, owner, 8));
    reserve(region, 1, LENGTH);
    fails(STATUS_FULL, () => regionReserve(table, region, 1, 1));
    for (const policy of [POLICY_IMMUTABLE, POLICY_SLAB]) {
      const other = must(regionCreate(table, policy, base, LENGTH));
      fails(STATUS_POLICY, () => regionReserve(table, other, 1, 1));
      fails(STATUS_POLICY, () => regionCommit(table, other, 1, base));
      regionDestroy(table, other);
    }
  });

  test('is committed once, by its owner, by its address', () => {
    const region = append();
    const at = reserve(region, 7, 16);
    for (const [owner, address] of [[6, at], [7, at + 8], [7, at - 8], [7, -1], [0, at], [-1, at], [1031, at]] as const) {
      fails(STATUS_BAD_ARGUMENT, () => regionCommit(table, region, owner, address));
    }
    expect(regionCommit(table, region, 7, at)).toBe(0);
    fails(STATUS_BAD_ARGUMENT, () => regionCommit(table, region, 7, at));
  });

  test('of which there are as many at once as cells', () => {
    const region = append();
    const at = Array.from({ length: CELL_COUNT }, () => reserve(region, 1, 8));
    fails(STATUS_AGAIN, () => regionReserve(table, region, 1, 8));
    regionCommit(table, region, 1, at[0]!);
    reserve(region, 1, 8);
    fails(STATUS_AGAIN, () => regionReserve(table, region, 1, 8));
    for (const one of [...at.slice(1), base + 8 * CELL_COUNT]) regionCommit(table, region, 1, one);
    expect(regionCommitted(table, region)).toBe(8 * (CELL_COUNT + 1));
  });

  test('keeps its region from being destroyed, which says how many there are', () => {
    const region = append();
    const at = [reserve(region, 1, 8), reserve(region, 2, 8)];
    const image = bytesAt(from, 2048);
    expect(regionDestroy(table, region)).toBe(2);
    expect(Buffer.compare(bytesAt(from, 2048), image)).toBe(0);
    regionCommit(table, region, 2, at[1]!);
    expect(regionOutstanding(table, region)).toBe(2);
    regionCommit(table, region, 1, at[0]!);
    expect(regionOutstanding(table, region)).toBe(0);
    expect(regionDestroy(table, region)).toBe(STATUS_OK);
    fails(STATUS_STALE_REGION, () => regionCommit(table, region, 1, at[0]!));
  });
});

test('an entry used again starts empty, whatever was left in its cells', () => {
  for (let round = 0; round < 20; round++) {
    const region = append();
    expect(regionCommitted(table, region)).toBe(0);
    for (let k = 0; k <= round % 9; k++) expect(regionAppendFor(table, region, 1 + k % 3, source, 8)).toBe(k * 8);
    expect(regionCommitted(table, region)).toBe((round % 9 + 1) * 8);
    expect(regionDestroy(table, region)).toBe(STATUS_OK);
  }
});

/** All that was appended is there, once, in pieces that lie side by side. */
const expectWhole = (region: number, pieces: { at: number; bytes: number; number: number }[]): void => {
  const sorted = [...pieces].sort((a, b) => a.at - b.at);
  let end = 0;
  for (const { at, bytes, number } of sorted) {
    expect(at).toBe(end);
    expect(bytesAt(base + at, bytes)).toEqual(payload(bytes, number));
    end += bytes;
  }
  expect(regionCommitted(table, region)).toBe(end);
  expect(regionOutstanding(table, region)).toBe(0);
};

describe('another appender at any step', () => {
  const others = ['a whole append', 'two appends', 'a reservation that ends later', 'a reservation refused'] as const;
  test.each(others)('%s', (what) => {
    for (let step = 1; ; step++) {
      const region = append();
      const pieces: { at: number; bytes: number; number: number }[] = [];
      const second = allocate(64);
      let open = 0;
      setBytes(source, payload(12, step));
      const done = interruptedAfter(traced, step, () => {
        pieces.push({ at: must(kernel.regionAppendFor(table, region, 1, source, 12)), bytes: 12, number: step });
      }, () => {
        const cursor = regionCommitted(table, region);
        expect(regionAllows(table, region, 0, cursor)).toBe(STATUS_OK);
        if (what === 'a reservation that ends later') {
          open = reserve(region, 2, 20);
          setBytes(open, payload(20, 99));
          return;
        }
        if (what === 'a reservation refused') {
          expect(named(regionReserve(table, region, 2, LENGTH + 1))).toBe('STATUS_FULL');
          return;
        }
        for (const bytes of what === 'two appends' ? [8, 9] : [20]) {
          setBytes(second, payload(bytes, bytes));
          pieces.push({ at: must(regionAppendFor(table, region, 2, second, bytes)), bytes, number: bytes });
        }
      });
      if (open > 0) {
        expect(regionCommitted(table, region)).toBeLessThanOrEqual(Math.max(open - base, 12));
        pieces.push({ at: must(regionCommit(table, region, 2, open)), bytes: 20, number: 99 });
      }
      expectWhole(region, pieces);
      expect(regionDestroy(table, region)).toBe(STATUS_OK);
      if (!done) {
        expect(step).toBeGreaterThan(30);
        return;
      }
    }
  });

  test('destroying is refused, or the append ends with a stale handle', () => {
    let refused = 0;
    let stale = 0;
    for (let step = 1; ; step++) {
      const region = append();
      let destroyed = -1;
      let result = 0;
      const done = interruptedAfter(traced, step, () => { result = kernel.regionAppendFor(table, region, 1, source, 12); },
        () => { destroyed = regionDestroy(table, region); });
      if (!done) break;
      if (destroyed > 0) {
        refused += 1;
        expect([destroyed, result]).toEqual([1, 0]);
        expect(regionDestroy(table, region)).toBe(STATUS_OK);
      } else if (result < 0) {
        stale += 1;
        expect(named(result)).toBe('STATUS_STALE_REGION');
      }
    }
    expect(refused).toBeGreaterThan(10);
    expect(stale).toBeGreaterThan(3);
  });
});
