import { beforeEach, describe, expect, test } from 'vitest';
import {
  FLAG_COMPLETE, META_FLAGS_SHIFT, RING_BYTES, RING_CONSUMED, RING_CONSUMED_CACHE, RING_FULL_COUNT, RING_PRODUCED, RING_SENT_BYTES, SLOT_STATE,
} from '../../src/kernel/layout.ts';
import { ringClaim, ringLook, ringPop, ringPublish } from '../../src/kernel/path/4-ring.ts';
import { ringCreate, ringHead, ringLength, ringPush, ringSlotsBytes, ringStride, ringTail } from '../../src/kernel/ring.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_CONFIG, STATUS_EMPTY, STATUS_FULL, STATUS_OK, STATUS_TOO_LARGE, STATUS_TOO_SMALL,
} from '../../src/kernel/status.ts';
import { allocate, bytesAt, named, payload, reset, setBytes, setWord, STARTS, word, word64 } from '../support/fixture.ts';

const STARTS_ALL = [...STARTS, 0x7fffffff, -1];
const USER = 8;

interface Ring { ring: number; slots: number; from: number; end: number; info: number; source: number; target: number }

const make = (ringSize: number, maxBytes: number, shared: number, start: number, userBytes = 0): Ring => {
  const from = allocate(0);
  const slots = allocate(ringSlotsBytes(ringSize, maxBytes, userBytes));
  const ring = ringCreate(allocate(RING_BYTES), slots, ringSize, maxBytes, userBytes, shared, start);
  const [info, source, target] = [allocate(64), allocate(maxBytes), allocate(maxBytes)];
  return { ring, slots, from, end: allocate(0), info, source, target };
};

const push = (r: Ring, data: Uint8Array): number => {
  setBytes(r.source, data);
  return ringPush(r.ring, r.source, data.length);
};

/** Which words of a ring a call changed, from the start of the ring; all else must stay. */
const changed = (r: Ring, call: () => number): { status: string | number; words: number[] } => {
  const before = bytesAt(r.from, r.end - r.from);
  const status = named(call());
  const after = bytesAt(r.from, r.end - r.from);
  const words = new Set<number>();
  for (let k = 0; k < before.length; k++) if (before[k] !== after[k]) words.add((r.from + k - r.ring) & ~3);
  return { status, words: [...words].sort((a, b) => a - b) };
};

beforeEach(reset);

describe('sizes', () => {
  test('a slot has an 8-byte header, whole 8-byte words of payload, its user data, and whole lines', () => {
    for (const [bytes, user, stride] of [
      [0, 0, 64], [1, 0, 64], [55, 0, 64], [56, 0, 64], [57, 0, 128], [48, 8, 64], [49, 8, 128], [56, 8, 128], [120, 0, 128], [121, 0, 192],
    ] as const) expect([bytes, user, ringStride(bytes, user)]).toEqual([bytes, user, stride]);
  });

  test('what cannot be is refused', () => {
    for (const size of [0, -1, 3, 5, 131072, 0x80000000 | 0]) expect(named(ringSlotsBytes(size, 8, 0))).toBe(named(STATUS_BAD_CONFIG));
    for (const bytes of [-1, 1048577, 0x7fffffff]) expect(named(ringSlotsBytes(1, bytes, 0))).toBe(named(STATUS_BAD_CONFIG));
    // Slots of 1 MiB and a header: 2048 of them no longer fit below 2^31.
    expect(named(ringSlotsBytes(65536, 1048576, 0))).toBe(named(STATUS_BAD_CONFIG));
    expect(ringSlotsBytes(1024, 1048576, 0)).toBe(1024 * (1048576 + 64));
    expect(ringSlotsBytes(65536, 56, 0)).toBe(65536 * 64);
  });

  test('a ring is made where it is told, or not at all', () => {
    const at = allocate(4096);
    const before = bytesAt(at, 4096);
    expect(named(ringCreate(at, at + 128, 3, 8, 0, 0, 0))).toBe(named(STATUS_BAD_CONFIG));
    expect(named(ringCreate(at + 8, at + 128, 2, 8, 0, 0, 0))).toBe(named(STATUS_BAD_ARGUMENT));
    expect(named(ringCreate(at, at + 132, 2, 8, 0, 0, 0))).toBe(named(STATUS_BAD_ARGUMENT));
    expect(named(ringCreate(-64, at + 128, 2, 8, 0, 0, 0))).toBe(named(STATUS_BAD_ARGUMENT));
    expect(named(ringCreate(at, -64, 2, 8, 0, 0, 0))).toBe(named(STATUS_BAD_ARGUMENT));
    expect(bytesAt(at, 4096)).toEqual(before);
    expect(ringCreate(at, at + 128, 2, 8, 0, 0, 0)).toBe(at);
    expect(bytesAt(at + 128 + 128, 64)).toEqual(before.slice(0, 64));
  });
});

describe.each([1, 2, 4, 8])('a ring of %i', (size) => {
  describe.each([0, 1])('shared %i', (shared) => {
    test.each(STARTS_ALL)('from position %i keeps order and contents over three laps, at every fill', (start) => {
      const r = make(size, 57, shared, start);
      let sent = 0;
      let got = 0;
      for (let fill = 1; fill <= size; fill++) {
        for (let lap = 0; lap < 3 * size; lap++) {
          while (sent - got < fill) {
            expect(push(r, payload(sent % 58, sent))).toBe(STATUS_OK);
            sent++;
            expect(ringLength(r.ring)).toBe(sent - got);
            expect(ringTail(r.ring)).toBe((start + sent) | 0);
          }
          expect(ringPop(r.ring, r.target, 57, r.info)).toBe(got % 58);
          expect(bytesAt(r.target, got % 58)).toEqual(payload(got % 58, got));
          got++;
          expect(ringHead(r.ring)).toBe((start + got) | 0);
        }
      }
      while (got < sent) expect(ringPop(r.ring, r.target, 57, r.info)).toBe(got++ % 58);
      expect(named(ringPop(r.ring, r.target, 57, r.info))).toBe(named(STATUS_EMPTY));
      expect(word64(r.ring + RING_SENT_BYTES)).toBe(BigInt(Array.from({ length: sent }, (_, k) => k % 58).reduce((a, b) => a + b)));
    });

    test.each(STARTS_ALL)('from position %i: what fails changes only what counts it', (start) => {
      const r = make(size, 24, shared, start);
      expect(changed(r, () => ringPop(r.ring, r.target, 24, r.info))).toEqual({ status: named(STATUS_EMPTY), words: [] });
      expect(changed(r, () => ringLook(r.ring, r.info, 0))).toEqual({ status: named(STATUS_EMPTY), words: [] });
      expect(changed(r, () => ringLook(r.ring, r.info, 1))).toEqual({ status: named(STATUS_EMPTY), words: [] });
      expect(changed(r, () => ringPush(r.ring, r.source, 25))).toEqual({ status: named(STATUS_TOO_LARGE), words: [] });
      expect(changed(r, () => ringPush(r.ring, r.source, -1))).toEqual({ status: named(STATUS_BAD_ARGUMENT), words: [] });
      expect(changed(r, () => ringPush(r.ring, -8, 8))).toEqual({ status: named(STATUS_BAD_ARGUMENT), words: [] });
      for (let k = 0; k < size; k++) push(r, payload(24, k));
      expect(changed(r, () => push(r, bytesAt(r.source, 24)))).toEqual({ status: named(STATUS_FULL), words: [RING_FULL_COUNT] });
      expect(changed(r, () => ringPop(r.ring, r.target, 23, r.info)).words.every((at) => at === r.info - r.ring)).toBe(true);
      expect(named(ringPop(r.ring, r.target, 0, r.info))).toBe(named(STATUS_TOO_SMALL));
      expect(word(r.info) & 0xffffff).toBe(24);
      // After one is taken the producer finds it, and its copy of CONSUMED is refreshed only then.
      expect(ringPop(r.ring, r.target, 24, r.info)).toBe(24);
      expect(bytesAt(r.target, 24)).toEqual(payload(24, 0));
      expect(push(r, payload(24, 99))).toBe(STATUS_OK);
      expect(word(r.ring + RING_CONSUMED_CACHE)).toBe((start + 1) | 0);
      expect(word64(r.ring + RING_FULL_COUNT)).toBe(1n);
    });
  });
});

describe('looking', () => {
  test.each([0, 1])('shows length, flags and user data, and takes only when told to (shared %i)', (shared) => {
    const r = make(2, 24, shared, -1, USER);
    const slot = ringClaim(r.ring);
    setWord(slot + ringStride(24, USER) - 8, 0x11111111);
    setWord(slot + ringStride(24, USER) - 4, -7);
    ringPublish(r.ring, slot, FLAG_COMPLETE << META_FLAGS_SHIFT | 5);
    for (let k = 0; k < 2; k++) {
      expect(ringLook(r.ring, r.info, 0)).toBe(5);
      expect([word(r.info), word(r.info + 4), word(r.info + 8)]).toEqual([FLAG_COMPLETE << META_FLAGS_SHIFT | 5, 0x11111111, -7]);
    }
    expect(ringLength(r.ring)).toBe(1);
    expect(ringLook(r.ring, r.info, 1)).toBe(5);
    expect(ringLength(r.ring)).toBe(0);
  });
});

test('a slot holds position t exactly while its STATE is t', () => {
  const r = make(4, 8, 0, -2);
  const states = (): number[] => [0, 1, 2, 3].map((k) => word(r.slots + 64 * k + SLOT_STATE));
  // Positions -2, -1, 0, 1 lie in slots 2, 3, 0, 1; before, they hold those of one lap earlier.
  expect(states()).toEqual([-4, -3, -6, -5]);
  push(r, payload(8, 0));
  expect(states()).toEqual([-4, -3, -2, -5]);
  ringPop(r.ring, r.target, 8, r.info);
  expect(states()).toEqual([-4, -3, -2, -5]);
  for (let k = 1; k < 5; k++) push(r, payload(8, k));
  expect(states()).toEqual([0, 1, 2, -1]);
  expect(word(r.ring + RING_CONSUMED)).toBe(-1);
});

test('length is 0 to the ring size even while a position is ahead of its count', () => {
  const r = make(2, 8, 0, 5);
  push(r, payload(8, 0));
  setWord(r.ring + RING_PRODUCED, 5);
  ringPop(r.ring, r.target, 8, r.info);
  expect(ringLength(r.ring)).toBe(0);
  setWord(r.ring + RING_CONSUMED, 0);
  expect(ringLength(r.ring)).toBe(2);
});
