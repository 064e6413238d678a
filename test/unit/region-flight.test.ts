/** A region in flight is not destroyed: the call says how many descriptors to it are under way, and changes nothing. */
import { beforeEach, describe, expect, test } from 'vitest';
import {
  PRIORITY_COUNT, POLICY_APPEND_ONLY, POLICY_IMMUTABLE, REGION_GENERATION_MAX, REGION_GENERATION_SHIFT, SENDER_NAMING, WORD_FREE,
} from '../../src/kernel/layout.ts';
import * as kernel from '../../src/kernel/queue.ts';
import {
  regionAddress, regionDestroy, regionHost, regionOutstanding, regionPolicy,
} from '../../src/kernel/region.ts';
import { regionFreed } from '../../src/kernel/region/flight.ts';
import { STATUS_BAD_HANDLE, STATUS_OK, STATUS_STALE_REGION } from '../../src/kernel/status.ts';
import { Fixture, named, payload, reset, setWord, type Shape, shapesOf, STARTS, nameOf } from '../support/fixture.ts';

beforeEach(reset);

const make = (shape: Shape): Fixture => {
  const f = Fixture.attached({ maxBytes: 24, ...shape });
  expect(regionHost(f.table, f.region, f.queue)).toBe(STATUS_OK);
  return f;
};
const send = (f: Fixture, sender: number, priority: number, region: number): void => {
  expect(named(kernel.queueSendDescriptor(f.senders[sender]!, priority, f.descriptor(region, 0, 8)))).toBe(STATUS_OK);
};
const refused = (f: Fixture, region: number, count: number): void => {
  const before = f.image();
  expect(regionDestroy(f.table, region)).toBe(count);
  expect(f.changes(before)).toEqual([]);
  expect(regionOutstanding(f.table, region)).toBe(count);
};

const SHAPES = shapesOf({ senders: [1, 3], receivers: [1, 2], ringSize: [1, 4], start: STARTS });

describe.each(SHAPES.map((shape) => [nameOf(shape), shape] as const))('%s', (_, shape) => {
  test('queued descriptors of every sender and priority are counted, until they are received', () => {
    const f = make(shape);
    const region = f.dataRegion(POLICY_IMMUTABLE, 64).handle;
    const other = f.dataRegion(POLICY_APPEND_ONLY, 64, 8).handle;
    let queued = 0;
    for (let sender = 0; sender < f.shape.senders; sender++) {
      for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
        if (f.shape.ringSize > 1) {
          f.send(sender, priority, payload(24, region));
          send(f, sender, priority, other);
        }
        send(f, sender, priority, region);
        refused(f, region, ++queued);
      }
    }
    while (queued > 0) {
      const { flags, data } = f.receive(0);
      if (flags === 1 && new Int32Array(data.buffer)[0] === region) queued -= 1;
      if (queued > 0) refused(f, region, queued);
    }
    expect(regionDestroy(f.table, region)).toBe(STATUS_OK);
    expect(named(regionDestroy(f.table, region))).toBe(named(STATUS_STALE_REGION));
  });
});

test('a payload that looks like a descriptor is none', () => {
  const f = make({});
  const region = f.dataRegion(POLICY_IMMUTABLE, 64).handle;
  f.send(0, 0, new Uint8Array(Int32Array.of(region, 8, 0, 0, 0, 0).buffer));
  expect(regionDestroy(f.table, region)).toBe(STATUS_OK);
});

test('a descriptor in the middle of its send is counted', () => {
  const f = make({ senders: 2 });
  const region = f.dataRegion(POLICY_IMMUTABLE, 64).handle;
  setWord(f.senderBlock(1) + SENDER_NAMING, region);
  refused(f, region, 1);
  setWord(f.senderBlock(1) + SENDER_NAMING, 0);
  expect(regionDestroy(f.table, region)).toBe(STATUS_OK);
});

test('what is queued goes with the memory of its queue', () => {
  const f = make({});
  const region = f.dataRegion(POLICY_IMMUTABLE, 64).handle;
  send(f, 0, 1, region);
  refused(f, region, 1);
  expect(regionDestroy(f.table, f.region)).toBe(STATUS_OK);
  expect(regionDestroy(f.table, region)).toBe(STATUS_OK);
});

test('a refused destroy leaves the region to be used on', () => {
  const f = make({});
  const { handle, base } = f.dataRegion(POLICY_APPEND_ONLY, 64, 16);
  send(f, 0, 2, handle);
  refused(f, handle, 1);
  expect(regionPolicy(f.table, handle)).toBe(POLICY_APPEND_ONLY);
  expect(regionAddress(f.table, handle, 0, 16)).toBe(base);
  send(f, 0, 2, handle);
  refused(f, handle, 2);
});

test('what is no region is refused', () => {
  const f = make({});
  for (const handle of [0, -1, 255, f.region + 256]) {
    expect(f.failing(() => regionDestroy(f.table, handle))).toBe(named(STATUS_STALE_REGION));
    expect(f.failing(() => regionHost(f.table, handle, f.queue))).toBe(named(STATUS_STALE_REGION));
  }
  expect(f.failing(() => regionDestroy(f.queue, f.region))).toBe(named(STATUS_BAD_HANDLE));
  expect(f.failing(() => regionOutstanding(f.queue, f.region))).toBe(named(STATUS_BAD_HANDLE));
});

test('the handle after the last generation is none', () => {
  expect(regionFreed(REGION_GENERATION_MAX << REGION_GENERATION_SHIFT | 7)).toBe(WORD_FREE | 7);
  expect(regionFreed(1 << REGION_GENERATION_SHIFT | 7)).toBe(WORD_FREE | 2 << REGION_GENERATION_SHIFT | 7);
});
