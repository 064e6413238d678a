/** An owner dies at any step of any call: what it held is released, what it made and others use stays, nobody waits. */
import { beforeEach, describe, expect, test } from 'vitest';
import { POLICY_APPEND_ONLY, POLICY_IMMUTABLE, POLICY_SLAB } from '../../src/kernel/layout.ts';
import {
  regionAddress, regionAllows, regionAppendFor, regionCommit, regionCommitted, regionCreate, regionCreateFor, regionCreateSlab,
  regionCreateWritable, regionDestroy, regionOutstanding, regionRecover, regionReserve, regionSeal, regionSlabBytes, regionSlotAddress,
  regionSlotAllocate, regionSlotFree, regionTableBytes, regionTableCreate, regionWritable,
} from '../../src/kernel/region.ts';
import { STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_NOT_COMMITTED, STATUS_NO_PLACE, STATUS_OK, STATUS_STALE_REGION } from '../../src/kernel/status.ts';
import { allocate, bytesAt, must, named, payload, reset, setBytes } from '../support/fixture.ts';
import { killedAfter } from '../support/steps.ts';
import { Traced } from '../support/traced.ts';

const DEAD = 5;
const ALIVE = 6;
const LENGTH = 128;
const traced = await Traced.make();
const { kernel } = traced;
let table = 0;
let base = 0;
let source = 0;

const prepare = (): void => {
  reset();
  table = regionTableCreate(allocate(regionTableBytes(2)), regionTableBytes(2), 2);
  base = allocate(LENGTH);
  source = allocate(LENGTH);
};
beforeEach(prepare);

/** Kills `call` after each of its steps in turn, on fresh memory, and has a look. */
const killEverywhere = (ready: () => () => unknown, look: (finished: boolean) => void): number => {
  for (let steps = 0; ; steps++) {
    prepare();
    const call = ready();
    const finished = killedAfter(traced, steps, call);
    expect(regionRecover(table, DEAD)).toBeGreaterThanOrEqual(0);
    look(finished);
    if (finished) return steps;
  }
};
const roomFor = (count: number): void => {
  for (let k = 0; k < count; k++) expect(regionCreate(table, POLICY_SLAB, base, LENGTH)).toBeGreaterThan(0);
  expect(named(regionCreate(table, POLICY_SLAB, base, LENGTH))).toBe(named(STATUS_NO_PLACE));
};

test('what is no table, and no owner, is refused', () => {
  expect(named(regionRecover(table + 64, DEAD))).toBe(named(STATUS_BAD_HANDLE));
  for (const owner of [-1, 1024]) expect(named(regionRecover(table, owner))).toBe(named(STATUS_BAD_ARGUMENT));
});

describe('a death while', () => {
  test.each([POLICY_IMMUTABLE, POLICY_APPEND_ONLY, POLICY_SLAB])('a region of policy %i is created leaves the entry free, or the region', (policy) => {
    const steps = killEverywhere(() => () => kernel.regionCreateFor(table, DEAD, policy, base, LENGTH), () => {
      const made = [257, 513, 769].filter((handle) => regionOutstanding(table, handle) === 0).length
        + [256, 512].filter((handle) => regionOutstanding(table, handle) === 0).length;
      expect(made).toBeLessThanOrEqual(1);
      roomFor(2 - made);
    });
    expect(steps).toBeGreaterThan(8);
  });

  test('the second region of an entry is created: no generation comes twice', () => {
    killEverywhere(() => {
      regionDestroy(table, must(regionCreate(table, POLICY_SLAB, base, LENGTH)));
      return () => kernel.regionCreateFor(table, DEAD, POLICY_SLAB, base, LENGTH);
    }, () => {
      expect(named(regionOutstanding(table, 256))).toBe(named(STATUS_STALE_REGION));
      const next = regionCreate(table, POLICY_SLAB, base, LENGTH);
      expect(next === 256).toBe(false);
      expect(next).toBeGreaterThan(0);
    });
  });

  test('a slab is made', () => {
    killEverywhere(() => () => kernel.regionCreateSlab(table, DEAD, base, LENGTH + 192, 2, 32), (finished) => {
      roomFor(finished || regionOutstanding(table, 256) === 0 ? 1 : 2);
    });
  });

  test('an Immutable region is filled or sealed: it is gone, or sealed whole', () => {
    let region = 0;
    let sealed = 0;
    killEverywhere(() => {
      region = must(regionCreateWritable(table, DEAD, base, LENGTH));
      setBytes(base, payload(LENGTH, 3));
      return () => kernel.regionSeal(table, region);
    }, (finished) => {
      expect(regionWritable(table, region)).toBeLessThan(0);
      if (regionOutstanding(table, region) === 0) {
        sealed += 1;
        expect(regionAllows(table, region, 0, LENGTH)).toBe(STATUS_OK);
        expect(regionDestroy(table, region)).toBe(STATUS_OK);
      } else {
        expect(finished).toBe(false);
        expect(named(regionAllows(table, region, 0, 0))).toBe(named(STATUS_STALE_REGION));
      }
      roomFor(2);
    });
    expect(sealed).toBeGreaterThan(0);
  });

  test('a region is destroyed: it is as it was, or gone', () => {
    let region = 0;
    let kept = 0;
    killEverywhere(() => {
      region = must(regionCreateFor(table, DEAD, POLICY_IMMUTABLE, base, LENGTH));
      return () => kernel.regionDestroyFor(table, DEAD, region);
    }, (finished) => {
      const alive = regionOutstanding(table, region) === 0;
      expect(alive && finished).toBe(false);
      if (alive) {
        kept += 1;
        expect(regionAddress(table, region, 0, LENGTH)).toBe(base);
        expect(regionDestroy(table, region)).toBe(STATUS_OK);
      }
      roomFor(2);
    });
    expect(kept).toBeGreaterThan(3);
  });

  test.each([false, true])('it appends (another has reserved behind it: %s): the cursor passes, over its bytes or over zeros', (behind) => {
    let region = 0;
    let zeroed = 0;
    const steps = killEverywhere(() => {
      region = must(regionCreate(table, POLICY_APPEND_ONLY, base, LENGTH));
      setBytes(source, payload(12, 7));
      expect(regionAppendFor(table, region, ALIVE, source, 12)).toBe(0);
      return () => kernel.regionAppendFor(table, region, DEAD, source, 12);
    }, () => {
      if (behind) regionAppendFor(table, region, ALIVE, source, 12);
      const end = must(regionAppendFor(table, region, ALIVE, source, 12)) + 12;
      expect(regionCommitted(table, region)).toBe(end);
      for (let at = 0; at < end; at += 12) {
        const piece = bytesAt(base + at, 12);
        if (piece.some((byte) => byte !== 0)) expect(piece).toEqual(payload(12, 7));
        else zeroed += 1;
      }
      expect(regionRecover(table, DEAD)).toBe(0);
      expect(regionOutstanding(table, region)).toBe(0);
      expect(regionDestroy(table, region)).toBe(STATUS_OK);
    });
    expect(zeroed).toBeGreaterThan(0);
    expect(zeroed).toBeLessThan(steps);
  });

  test('a reservation is open: recovery says how many bytes were given up, and unblocks those behind it', () => {
    const region = must(regionCreate(table, POLICY_APPEND_ONLY, base, LENGTH));
    const dead = must(regionReserve(table, region, DEAD, 24));
    const alive = must(regionReserve(table, region, ALIVE, 8));
    const more = must(regionReserve(table, region, DEAD, 8));
    setBytes(dead, payload(24, 1));
    setBytes(alive, payload(8, 2));
    expect(regionCommit(table, region, ALIVE, alive)).toBe(24);
    expect(named(regionAllows(table, region, 24, 8))).toBe(named(STATUS_NOT_COMMITTED));
    expect(regionRecover(table, DEAD)).toBe(24 + 8);
    expect(regionCommitted(table, region)).toBe(40);
    expect([...bytesAt(base, 24)]).toEqual(Array<number>(24).fill(0));
    expect(bytesAt(alive, 8)).toEqual(payload(8, 2));
    expect([...bytesAt(more, 8)]).toEqual(Array<number>(8).fill(0));
    expect(named(regionCommit(table, region, DEAD, dead))).toBe(named(STATUS_BAD_ARGUMENT));
    expect(regionDestroy(table, region)).toBe(STATUS_OK);
  });

  test('it allocates or frees a slot: the slots are all there again', () => {
    for (const frees of [false, true]) {
      let region = 0;
      let kept = 0;
      killEverywhere(() => {
        const bytes = regionSlabBytes(3, 16);
        region = must(regionCreateSlab(table, ALIVE, allocate(bytes), bytes, 3, 16));
        kept = must(regionSlotAllocate(table, region, ALIVE));
        const slot = must(regionSlotAllocate(table, region, DEAD));
        return () => (frees ? kernel.regionSlotFree(table, region, slot) : kernel.regionSlotAllocate(table, region, DEAD));
      }, () => {
        expect(regionSlotAddress(table, region, kept)).toBeGreaterThan(0);
        for (let k = 0; k < 2; k++) expect(regionSlotAllocate(table, region, ALIVE)).toBeGreaterThan(0);
        expect(named(regionSlotAllocate(table, region, ALIVE))).toBe('STATUS_FULL');
        expect(regionSlotFree(table, region, kept)).toBe(STATUS_OK);
      });
    }
  });

  test('it recovers another: run again, all is as after one recovery', () => {
    const make = (): number => {
      const region = must(regionCreate(table, POLICY_APPEND_ONLY, base, LENGTH));
      must(regionReserve(table, region, 7, 16));
      must(regionReserve(table, region, 7, 16));
      regionAppendFor(table, region, ALIVE, source, 8);
      regionCreateWritable(table, 7, base, LENGTH);
      return region;
    };
    for (let steps = 0; ; steps++) {
      prepare();
      const region = make();
      const finished = killedAfter(traced, steps, () => kernel.regionRecover(table, 7));
      regionRecover(table, 7);
      expect(regionCommitted(table, region)).toBe(40);
      expect(regionOutstanding(table, region)).toBe(0);
      expect(regionDestroy(table, region)).toBe(STATUS_OK);
      roomFor(2);
      if (finished) break;
    }
  });
});

test('what a dead owner made for others stays, and can be used and destroyed', () => {
  const region = must(regionCreateWritable(table, DEAD, base, LENGTH));
  regionSeal(table, region);
  const log = must(regionCreateFor(table, DEAD, POLICY_APPEND_ONLY, source, LENGTH));
  regionAppendFor(table, log, DEAD, base, 16);
  expect(regionRecover(table, DEAD)).toBe(0);
  expect(regionAllows(table, region, 0, LENGTH)).toBe(STATUS_OK);
  expect(regionAllows(table, log, 0, 16)).toBe(STATUS_OK);
  expect(regionAppendFor(table, log, ALIVE, base, 8)).toBe(16);
  expect(regionDestroy(table, region)).toBe(STATUS_OK);
  expect(regionDestroy(table, log)).toBe(STATUS_OK);
});
