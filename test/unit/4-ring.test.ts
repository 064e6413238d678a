import { beforeEach, describe, expect, test } from 'vitest';
import {
  FLAG_COMPLETE, META_FLAGS_SHIFT, RING_BYTES, RING_AT, RING_CONSUMED, RING_FULL_COUNT, RING_PRODUCED,
  RING_ROOM_END, RING_SEEN, RING_SENT_BYTES,
} from '../../src/kernel/layout.ts';
import * as sole from '../../src/kernel/path/4-ring.ts';
import { ringIsShared, SHARED_DROP, SHARED_LOOK, SHARED_POP, sharedTake } from '../../src/kernel/path/4-shared.ts';
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

// A consumer uses one of the two ways, as the ring was made.
const ringPop = (ring: number, buffer: number, capacity: number, info: number): number =>
  (ringIsShared(ring) ? sharedTake(ring, SHARED_POP, buffer, capacity, info) : sole.ringPop(ring, buffer, capacity, info));
const ringLook = (ring: number, info: number, take: number): number =>
  (ringIsShared(ring) ? sharedTake(ring, take === 0 ? SHARED_LOOK : SHARED_DROP, 0, 0, info) : sole.ringLook(ring, info, take));

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
  test('a slot has an 8-byte header, whole 8-byte words of payload, and its user data', () => {
    for (const [bytes, user, stride] of [
      [0, 0, 8], [1, 0, 16], [8, 0, 16], [9, 0, 24], [24, 0, 32], [56, 0, 64], [57, 0, 72], [64, 0, 72], [0, 8, 16], [48, 8, 64], [49, 8, 72],
    ] as const) expect([bytes, user, ringStride(bytes, user)]).toEqual([bytes, user, stride]);
  });

  test('what cannot be is refused', () => {
    for (const size of [0, -1, 3, 5, 131072, 0x80000000 | 0]) expect(named(ringSlotsBytes(size, 8, 0))).toBe(named(STATUS_BAD_CONFIG));
    for (const bytes of [-1, 1048577, 0x7fffffff]) expect(named(ringSlotsBytes(1, bytes, 0))).toBe(named(STATUS_BAD_CONFIG));
    // Slots of 1 MiB and a header: 2048 of them no longer fit below 2^31.
    expect(named(ringSlotsBytes(65536, 1048576, 0))).toBe(named(STATUS_BAD_CONFIG));
    expect(ringSlotsBytes(1024, 1048576, 0)).toBe(1024 * (1048576 + 8));
    expect(ringSlotsBytes(65536, 56, 0)).toBe(65536 * 64);
  });

  test('a ring is made where it is told, or not at all', () => {
    const at = allocate(4096);
    const before = bytesAt(at, 4096);
    expect(named(ringCreate(at, at + RING_BYTES, 3, 8, 0, 0, 0))).toBe(named(STATUS_BAD_CONFIG));
    expect(named(ringCreate(at + 8, at + RING_BYTES, 2, 8, 0, 0, 0))).toBe(named(STATUS_BAD_ARGUMENT));
    expect(named(ringCreate(at, at + RING_BYTES + 4, 2, 8, 0, 0, 0))).toBe(named(STATUS_BAD_ARGUMENT));
    expect(named(ringCreate(-64, at + RING_BYTES, 2, 8, 0, 0, 0))).toBe(named(STATUS_BAD_ARGUMENT));
    expect(named(ringCreate(at, -64, 2, 8, 0, 0, 0))).toBe(named(STATUS_BAD_ARGUMENT));
    expect(bytesAt(at, 4096)).toEqual(before);
    expect(ringCreate(at, at + RING_BYTES, 2, 8, 0, 0, 0)).toBe(at);
    expect(bytesAt(at + RING_BYTES, 2 * 16 + 64)).toEqual(before.slice(0, 2 * 16 + 64));
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
      expect(changed(r, () => ringPop(r.ring, r.target, 23, r.info)).words.every((at) => [r.info - r.ring, RING_SEEN].includes(at))).toBe(true);
      expect(named(ringPop(r.ring, r.target, 0, r.info))).toBe(named(STATUS_TOO_SMALL));
      expect(word(r.info) & 0xffffff).toBe(24);
      // After one is taken the producer finds it, and its copy of CONSUMED is refreshed only then.
      expect(ringPop(r.ring, r.target, 24, r.info)).toBe(24);
      expect(bytesAt(r.target, 24)).toEqual(payload(24, 0));
      expect(push(r, payload(24, 99))).toBe(STATUS_OK);
      expect(word(r.ring + RING_ROOM_END)).toBe((start + 1 + size) | 0);
      expect(word64(r.ring + RING_FULL_COUNT)).toBe(1n);
    });
  });
});

describe('looking', () => {
  test.each([0, 1])('shows length, flags and user data, and takes only when told to (shared %i)', (shared) => {
    const r = make(2, 24, shared, -1, USER);
    const slot = sole.ringSlot(r.ring, -1);
    setWord(slot + ringStride(24, USER) - 8, 0x11111111);
    setWord(slot + ringStride(24, USER) - 4, -7);
    sole.ringFill(slot, FLAG_COMPLETE << META_FLAGS_SHIFT | 5, 77);
    sole.ringPublish(r.ring, -1, 0, 5);
    for (let k = 0; k < 2; k++) {
      expect(ringLook(r.ring, r.info, 0)).toBe(5);
      expect([0, 4, 8, 12].map((at) => word(r.info + at))).toEqual([FLAG_COMPLETE << META_FLAGS_SHIFT | 5, 0x11111111, -7, 77]);
    }
    expect(ringLength(r.ring)).toBe(1);
    expect(ringLook(r.ring, r.info, 1)).toBe(5);
    expect(ringLength(r.ring)).toBe(0);
  });
});

describe('each side keeps what it knows of the other', () => {
  test('the producer looks at CONSUMED once a lap, at most', () => {
    const r = make(4, 8, 0, -2);
    for (let k = 0; k < 2; k++) push(r, payload(8, k));
    expect([RING_AT, RING_PRODUCED, RING_ROOM_END].map((at) => word(r.ring + at))).toEqual([0, 0, 2]);
    for (let k = 0; k < 2; k++) ringPop(r.ring, r.target, 8, r.info);
    for (let k = 0; k < 2; k++) push(r, payload(8, k));
    expect([RING_AT, RING_PRODUCED, RING_ROOM_END].map((at) => word(r.ring + at))).toEqual([2, 2, 2]);
    push(r, payload(8, 0));
    expect([RING_AT, RING_PRODUCED, RING_ROOM_END].map((at) => word(r.ring + at))).toEqual([3, 3, 4]);
  });

  test('the consumer looks at PRODUCED when it has received all it knew of', () => {
    const r = make(4, 8, 0, -2);
    for (let k = 0; k < 2; k++) push(r, payload(8, k));
    ringPop(r.ring, r.target, 8, r.info);
    expect([RING_CONSUMED, RING_SEEN].map((at) => word(r.ring + at))).toEqual([-1, 0]);
    push(r, payload(8, 2));
    ringPop(r.ring, r.target, 8, r.info);
    expect([RING_CONSUMED, RING_SEEN].map((at) => word(r.ring + at))).toEqual([0, 0]);
    ringPop(r.ring, r.target, 8, r.info);
    expect([RING_CONSUMED, RING_SEEN].map((at) => word(r.ring + at))).toEqual([1, 1]);
  });

  test('consumers of a shared ring know nothing beforehand', () => {
    const r = make(4, 8, 1, -2);
    for (let k = 0; k < 3; k++) push(r, payload(8, k));
    ringPop(r.ring, r.target, 8, r.info);
    expect([RING_CONSUMED, RING_SEEN].map((at) => word(r.ring + at))).toEqual([-1, -2]);
  });
});
