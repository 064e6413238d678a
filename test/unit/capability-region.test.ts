/** Regions by capability: each call takes its right, and what a context holds is its own. */
import { beforeEach, expect, test } from 'vitest';
import * as cap from '../../src/kernel/capability.ts';
import { POLICY_APPEND_ONLY, POLICY_IMMUTABLE, POLICY_SLAB } from '../../src/kernel/layout.ts';
import { regionSlabBytes } from '../../src/kernel/region.ts';
import { STATUS_NO_CAPABILITY, STATUS_NO_RIGHT, STATUS_OK, STATUS_POLICY, STATUS_STALE_REGION } from '../../src/kernel/status.ts';
import { ALL, READ, REVOKE, System, WRITE } from '../support/capability.ts';
import { allocate, bytesAt, must, named, payload, reset, setBytes } from '../support/fixture.ts';

const BYTES = 128;
let s: System;
let base = 0;
let source = 0;
beforeEach(() => {
  reset();
  s = new System(2);
  base = allocate(BYTES);
  source = allocate(BYTES);
});

/** Calls that need READ, WRITE or REVOKE of the region that `region` names in space 0. */
const calls = (region: number): [right: number, call: () => number][] => {
  const space = s.spaces[0]!;
  return [
    [READ, () => cap.capRegion(space, region)], [READ, () => cap.capRegionAddress(space, region, 0, 0)],
    [READ, () => cap.capRegionCommitted(space, region)], [READ, () => cap.capRegionPolicy(space, region)],
    [READ, () => cap.capSlotAddress(space, region, 1024)], [WRITE, () => cap.capRegionWritable(space, region)],
    [WRITE, () => cap.capRegionSeal(space, region)], [WRITE, () => cap.capRegionReserve(space, region, 200)],
    [WRITE, () => cap.capRegionCommit(space, region, base)], [WRITE, () => cap.capRegionAppend(space, region, source, 200)],
    [WRITE, () => cap.capSlotAllocate(space, region)], [WRITE, () => cap.capSlotFree(space, region, 1024)],
    [REVOKE, () => cap.capRegionDestroy(space, region)],
  ];
};

test('every call takes the right it needs, and a capability to a region', () => {
  const region = must(cap.capRegionCreate(s.root, cap.CAP_REGIONS, POLICY_IMMUTABLE, base, BYTES));
  for (const held of [READ, WRITE, REVOKE]) {
    const given = must(s.grant(region, 0, held));
    for (const [right, call] of calls(given)) {
      if (right !== held) s.fails(STATUS_NO_RIGHT, call);
      else expect([named(STATUS_NO_RIGHT), named(STATUS_NO_CAPABILITY)]).not.toContain(named(call()));
    }
  }
  for (const [, call] of calls(must(s.grant(s.queue(), 0, ALL)))) s.fails(STATUS_NO_RIGHT, call);
  for (const wrong of [0, -1, 63]) for (const [, call] of calls(wrong)) s.fails(STATUS_NO_CAPABILITY, call);
});

test('making a region of memory takes the table', () => {
  const reads = must(s.grant(cap.CAP_REGIONS, 0, READ));
  s.fails(STATUS_NO_RIGHT, () => cap.capRegionCreate(s.spaces[0]!, reads, POLICY_SLAB, base, BYTES));
  s.fails(STATUS_NO_RIGHT, () => cap.capRegionCreateWritable(s.root, cap.CAP_SYSTEM, base, BYTES));
  s.fails(STATUS_NO_CAPABILITY, () => cap.capRegionCreateSlab(s.root, 0, base, BYTES, 1, 8));
  s.fails('STATUS_BAD_ARGUMENT', () => cap.capRegionCreate(s.root, cap.CAP_REGIONS, 9, base, BYTES));
  s.fails('STATUS_BAD_ARGUMENT', () => cap.capRegionCreateWritable(s.root, cap.CAP_REGIONS, base + 4, BYTES));
});

test('one fills and seals, another reads; nobody writes again', () => {
  const region = must(cap.capRegionCreateWritable(s.root, cap.CAP_REGIONS, base, BYTES));
  const reads = must(s.grant(region, 0, READ));
  setBytes(must(cap.capRegionWritable(s.root, region)), payload(BYTES, 1));
  expect(named(cap.capRegionAddress(s.spaces[0]!, reads, 0, 1))).toBe('STATUS_NOT_COMMITTED');
  expect(cap.capRegionSeal(s.root, region)).toBe(STATUS_OK);
  expect(bytesAt(must(cap.capRegionAddress(s.spaces[0]!, reads, 0, BYTES)), BYTES)).toEqual(payload(BYTES, 1));
  s.fails(STATUS_POLICY, () => cap.capRegionWritable(s.root, region));
});

test('two append at once, and a dead one gives its room up', () => {
  const region = must(cap.capRegionCreate(s.root, cap.CAP_REGIONS, POLICY_APPEND_ONLY, base, BYTES));
  const [a, b] = [0, 1].map((k) => must(s.grant(region, k, READ | WRITE)));
  const room = must(cap.capRegionReserve(s.spaces[0]!, a!, 16));
  expect(cap.capRegionAppend(s.spaces[1]!, b!, source, 8)).toBe(16);
  expect(named(cap.capRegionCommit(s.spaces[1]!, b!, room))).toBe('STATUS_BAD_ARGUMENT');
  expect(cap.capRegionDestroy(s.root, region)).toBe(2);
  expect(cap.capRecover(s.root, s.targets[0]!)).toBe(16);
  expect(cap.capRegionCommitted(s.spaces[1]!, b!)).toBe(24);
  expect(cap.capRegionDestroy(s.root, region)).toBe(STATUS_OK);
  expect(named(cap.capRegionCommitted(s.spaces[1]!, b!))).toBe(named(STATUS_STALE_REGION));
});

test('slots of a dead context come back', () => {
  const bytes = regionSlabBytes(2, 32);
  const slab = must(cap.capRegionCreateSlab(s.root, cap.CAP_REGIONS, allocate(bytes), bytes, 2, 32));
  const given = must(s.grant(slab, 0, READ | WRITE));
  const slots = [0, 1].map(() => must(cap.capSlotAllocate(s.spaces[0]!, given)));
  expect(new Set(slots.map((slot) => cap.capSlotAddress(s.spaces[0]!, given, slot))).size).toBe(2);
  s.fails('STATUS_FULL', () => cap.capSlotAllocate(s.root, slab));
  cap.capRecover(s.root, s.targets[0]!);
  const slot = must(cap.capSlotAllocate(s.root, slab));
  expect(cap.capSlotFree(s.root, slab, slot)).toBe(STATUS_OK);
  s.fails('STATUS_STALE_SLOT', () => cap.capSlotFree(s.root, slab, slot));
});
