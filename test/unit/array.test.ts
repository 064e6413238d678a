import { beforeEach, describe, expect, test } from 'vitest';
import {
  BATCH_COUNT_MAX, FLAG_COMPLETE, FLAG_DESCRIPTOR, POLICY_IMMUTABLE, PRIORITY_CRITICAL, PRIORITY_LOW, PRIORITY_NORMAL, QUEUE_EVENT,
  QUEUE_LANES, QUEUE_WAITERS, RING_BYTES, RING_CONSUMED, RING_PRODUCED, RING_SLOTS, RING_STRIDE_BYTES, STATISTICS_BYTES,
  STATISTICS_RECEIVED, STATISTICS_RECEIVED_BYTES, STATISTICS_SENT, STATISTICS_SENT_BYTES,
} from '../../src/kernel/layout.ts';
import { laneRing } from '../../src/kernel/path/3-lane.ts';
import * as kernel from '../../src/kernel/queue.ts';
import { regionCreate } from '../../src/kernel/region.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_BAD_PRIORITY, STATUS_CLOSED, STATUS_EMPTY, STATUS_FULL, STATUS_NO_CREDIT, STATUS_OK,
  STATUS_TOO_LARGE, STATUS_TOO_SMALL,
} from '../../src/kernel/status.ts';
import { allocate, bytesAt, Fixture, named, payload, reset, setBytes, setWord, STARTS, word, word64 } from '../support/fixture.ts';

beforeEach(reset);

/** `count` messages of `bytes` bytes, one behind the other, numbered from `first` on. */
const arrayOf = (bytes: number, count: number, first = 0): number => {
  const at = allocate(Math.max(4, bytes * count));
  for (let k = 0; k < count; k++) setBytes(at + k * bytes, payload(bytes, first + k));
  return at;
};
const joined = (bytes: number, count: number, first = 0): number[] =>
  Array.from({ length: count }, (_, k) => [...payload(bytes, first + k)]).flat();
/** At a priority: sent, received, and the bytes of both. */
const counted = (f: Fixture, priority: number): number[] => {
  const at = allocate(STATISTICS_BYTES);
  expect(kernel.queueStatistics(f.queue, at)).toBe(STATUS_OK);
  return [STATISTICS_SENT, STATISTICS_RECEIVED, STATISTICS_SENT_BYTES, STATISTICS_RECEIVED_BYTES]
    .map((field) => Number(word64(at + field + 8 * priority)));
};
const room = (bytes: number): number => allocate(bytes);

describe.each(STARTS)('start %i', (start) => {
  test.each([0, 1, 7, 8, 24, 63, 64])('messages of %i bytes come out in order, across the end of the ring', (bytes) => {
    const f = Fixture.attached({ ringSize: 8, start });
    let number = 0;
    // Each turn leaves the positions elsewhere in the ring.
    for (const count of [3, 8, 5, 8, 1, 7]) {
      expect(kernel.queueSendArray(f.senders[0]!, 2, arrayOf(bytes, count, number), bytes, count)).toBe(count);
      expect(kernel.queueLength(f.queue)).toBe(count);
      const to = room(bytes * count + 8);
      expect(kernel.queueReceiveArray(f.receivers[0]!, to, bytes, count + 1)).toBe(count);
      expect([...bytesAt(to, bytes * count)]).toEqual(joined(bytes, count, number));
      expect([...bytesAt(to + bytes * count, 8)]).toEqual(new Array(8).fill(0xa5));
      expect([kernel.receivedBytes(f.receivers[0]!), kernel.receivedPriority(f.receivers[0]!), kernel.receivedFlags(f.receivers[0]!)])
        .toEqual([bytes, 2, 0]);
      number += count;
    }
    expect(counted(f, 2)).toEqual([number, number, number * bytes, number * bytes]);
  });

  test('an array stops where the lane is full; what went stays', () => {
    const f = Fixture.attached({ ringSize: 4, start });
    const from = arrayOf(8, 6);
    expect(kernel.queueSendArray(f.senders[0]!, 0, from, 8, 6)).toBe(4);
    expect(named(kernel.queueSendArray(f.senders[0]!, 0, from + 32, 8, 2))).toBe(named(STATUS_FULL));
    expect(f.receive().data).toEqual(payload(8, 0));
    expect(kernel.queueSendArray(f.senders[0]!, 0, from + 32, 8, 2)).toBe(1);
    for (const k of [1, 2, 3, 4]) expect(f.receive().data).toEqual(payload(8, k));
    expect(f.receive().status).toBe(named(STATUS_EMPTY));
  });

  test('single messages and arrays follow each other', () => {
    const f = Fixture.attached({ ringSize: 8, start });
    f.send(0, 1, payload(16, 0));
    expect(kernel.queueSendArray(f.senders[0]!, 1, arrayOf(16, 3, 1), 16, 3)).toBe(3);
    f.send(0, 1, payload(16, 4));
    expect(f.receive().data).toEqual(payload(16, 0));
    const to = room(64);
    expect(kernel.queueReceiveArray(f.receivers[0]!, to, 16, 3)).toBe(3);
    expect([...bytesAt(to, 48)]).toEqual(joined(16, 3, 1));
    expect(f.receive().data).toEqual(payload(16, 4));
  });

  test('a submitter\'s messages carry user data 0, end where the credit ends, and come one at a time', () => {
    const f = Fixture.attached({ ringSize: 8, completions: 2, start });
    expect(kernel.queueSendArray(f.senders[0]!, PRIORITY_LOW, arrayOf(8, 3), 8, 3)).toBe(2);
    expect(named(kernel.queueSendArray(f.senders[0]!, PRIORITY_LOW, arrayOf(8, 3), 8, 3))).toBe(named(STATUS_NO_CREDIT));
    const to = room(64);
    for (const k of [0, 1]) {
      expect(kernel.queueReceiveArray(f.receivers[0]!, to, 8, 8)).toBe(1);
      expect(bytesAt(to, 8)).toEqual(payload(8, k));
      expect(kernel.receivedFlags(f.receivers[0]!)).toBe(FLAG_COMPLETE);
      expect([kernel.receivedUserLow(f.receivers[0]!), kernel.receivedUserHigh(f.receivers[0]!)]).toEqual([0, 0]);
      expect(f.complete(0, 0, PRIORITY_LOW, 0, 0, k)).toBe(STATUS_OK);
    }
    expect(f.reap(0)).toEqual({ userLow: 0, userHigh: 0, result: 0, receiver: 0 });
  });
});

test('a shorter message ends the array it is in, and its length is told', () => {
  const f = Fixture.attached({ ringSize: 8 });
  for (const [k, bytes] of [16, 16, 5, 16].entries()) f.send(0, 0, payload(bytes, k));
  const to = room(64);
  expect(kernel.queueReceiveArray(f.receivers[0]!, to, 16, 4)).toBe(3);
  expect([...bytesAt(to, 37)]).toEqual([...joined(16, 2), ...payload(5, 2)]);
  expect(bytesAt(to + 37, 8)).toEqual(new Uint8Array(8).fill(0xa5));
  expect(kernel.receivedBytes(f.receivers[0]!)).toBe(5);
  expect(counted(f, 0)).toEqual([4, 3, 53, 37]);
  expect(f.receive().data).toEqual(payload(16, 3));
});

test('a longer message stays, and is told if it is the first', () => {
  const f = Fixture.attached({ ringSize: 8 });
  for (const [k, bytes] of [16, 17].entries()) f.send(0, 0, payload(bytes, k));
  const to = room(64);
  expect(kernel.queueReceiveArray(f.receivers[0]!, to, 16, 4)).toBe(1);
  expect(kernel.receivedBytes(f.receivers[0]!)).toBe(16);
  expect(named(kernel.queueReceiveArray(f.receivers[0]!, to, 16, 4))).toBe(named(STATUS_TOO_SMALL));
  expect(kernel.receivedBytes(f.receivers[0]!)).toBe(17);
  expect(f.receive().data).toEqual(payload(17, 1));
});

test('a descriptor ends the array it is in, and is known by its flag', () => {
  const f = Fixture.attached({ ringSize: 8 });
  const region = regionCreate(f.table, POLICY_IMMUTABLE, allocate(64), 64);
  f.send(0, 0, payload(24, 0));
  expect(kernel.queueSendDescriptor(f.senders[0]!, 0, f.descriptor(region, 8, 16))).toBe(STATUS_OK);
  f.send(0, 0, payload(24, 1));
  const to = room(96);
  expect(kernel.queueReceiveArray(f.receivers[0]!, to, 24, 3)).toBe(2);
  expect(kernel.receivedFlags(f.receivers[0]!)).toBe(FLAG_DESCRIPTOR);
  expect(word(to + 24)).toBe(region);
  expect(f.receive().data).toEqual(payload(24, 1));
});

test('an array is of the most urgent priority, and of one sender; senders take turns', () => {
  const f = Fixture.attached({ senders: 2, ringSize: 4 });
  const [receiver] = f.receivers as [number];
  for (const sender of [0, 1]) {
    for (const priority of [PRIORITY_LOW, PRIORITY_NORMAL]) {
      expect(kernel.queueSendArray(f.senders[sender]!, priority, arrayOf(8, 2, sender * 10 + priority), 8, 2)).toBe(2);
    }
  }
  const to = room(64);
  const came: number[][] = [];
  for (let k = 0; k < 4; k++) {
    expect(kernel.queueReceiveArray(receiver, to, 8, 4)).toBe(2);
    came.push([kernel.receivedPriority(receiver), kernel.receivedSender(receiver)]);
    expect([...bytesAt(to, 16)]).toEqual(joined(8, 2, came[k]![1]! * 10 + came[k]![0]!));
  }
  expect(came.map(([priority]) => priority)).toEqual([PRIORITY_NORMAL, PRIORITY_NORMAL, PRIORITY_LOW, PRIORITY_LOW]);
  expect(came.map(([, sender]) => sender).sort()).toEqual([0, 0, 1, 1]);
  expect(came[0]![1]).not.toBe(came[1]![1]);
  expect(named(kernel.queueReceiveArray(receiver, to, 8, 4))).toBe(named(STATUS_EMPTY));
});

test('a queue of several receivers gives one message at a time', () => {
  const f = Fixture.attached({ receivers: 2, ringSize: 4 });
  expect(kernel.queueSendArray(f.senders[0]!, 0, arrayOf(8, 3), 8, 3)).toBe(3);
  const to = room(64);
  for (const k of [0, 1, 2]) {
    expect(kernel.queueReceiveArray(f.receivers[k & 1]!, to, 8, 8)).toBe(1);
    expect(bytesAt(to, 8)).toEqual(payload(8, k));
  }
  expect(named(kernel.queueReceiveArray(f.receivers[0]!, to, 8, 8))).toBe(named(STATUS_EMPTY));
});

test('an array of nothing is done at once; a closed queue gives what is left', () => {
  const f = Fixture.attached({ ringSize: 2 });
  expect(kernel.queueSendArray(f.senders[0]!, 0, f.source, 8, 0)).toBe(0);
  expect(kernel.queueReceiveArray(f.receivers[0]!, f.target, 8, 0)).toBe(0);
  expect(kernel.queueSendArray(f.senders[0]!, 0, arrayOf(8, 1), 8, 1)).toBe(1);
  kernel.queueClose(f.queue);
  expect(named(kernel.queueSendArray(f.senders[0]!, 0, f.source, 8, 1))).toBe(named(STATUS_CLOSED));
  expect(kernel.queueReceiveArray(f.receivers[0]!, f.target, 8, 4)).toBe(1);
  expect(named(kernel.queueReceiveArray(f.receivers[0]!, f.target, 8, 4))).toBe(named(STATUS_CLOSED));
});

test('what cannot be is refused, and only counted', () => {
  const f = Fixture.attached();
  const [sender, receiver] = [f.senders[0]!, f.receivers[0]!];
  const at = f.source;
  const wrong = [
    [-8, 8, 1], [at, -1, 1], [at, 8, -1], [at, 1, BATCH_COUNT_MAX + 1], [0x7fffffff - 15, 8, 2], [at, 0x7fffffff, 1], [at, 1 << 20, 1 << 16],
  ] as const;
  for (const [place, bytes, count] of wrong) {
    expect(f.failing(() => kernel.queueSendArray(sender, 0, place, bytes, count), 'SENDER_REJECTED_COUNT')).toBe(named(STATUS_BAD_ARGUMENT));
    expect(f.failing(() => kernel.queueReceiveArray(receiver, place, bytes, count))).toBe(named(STATUS_BAD_ARGUMENT));
  }
  for (const priority of [-1, 4]) {
    expect(f.failing(() => kernel.queueSendArray(sender, priority, at, 8, 1), 'SENDER_REJECTED_COUNT')).toBe(named(STATUS_BAD_PRIORITY));
  }
  expect(f.failing(() => kernel.queueSendArray(sender, 0, at, 65, 1), 'SENDER_REJECTED_COUNT')).toBe(named(STATUS_TOO_LARGE));
  expect(f.failing(() => kernel.queueSendArray(receiver, 0, at, 8, 1))).toBe(named(STATUS_BAD_HANDLE));
  expect(f.failing(() => kernel.queueReceiveArray(sender, at, 8, 1))).toBe(named(STATUS_BAD_HANDLE));
});

test.each([64, 1000, 65536])('a position of the other side that cannot be leads %i messages nowhere outside the ring', (count) => {
  for (const end of [16, 0x7fffffff, -1, -0x80000000, 3000]) {
    reset();
    const f = Fixture.attached({ senders: 2, ringSize: 4 });
    const [array, to] = [arrayOf(1, count), room(count)];
    const ring = laneRing(f.queue, 0, PRIORITY_NORMAL);
    const slots = word(ring + RING_SLOTS);
    const mine = (address: number): boolean => address >= slots && address < slots + 4 * word(ring + RING_STRIDE_BYTES);
    const beside = (): number[] => {
      const all: number[] = [];
      for (let at = word(f.queue + QUEUE_LANES); at < f.queue + f.queueBytes; at += 4) {
        if ((at < ring || at >= ring + RING_BYTES) && !mine(at)) all.push(word(at));
      }
      return all;
    };
    const before = beside();
    setWord(ring + RING_CONSUMED, end);
    expect(kernel.queueSendArray(f.senders[0]!, PRIORITY_NORMAL, array, 1, count)).toBeLessThanOrEqual(4);
    expect(beside()).toEqual(before);
    setWord(ring + RING_CONSUMED, 0);
    setWord(ring + RING_PRODUCED, end);
    expect(kernel.queueReceiveArray(f.receivers[0]!, to, 1, count)).toBeLessThanOrEqual(4);
    expect(bytesAt(to + 4, count - 4).every((byte) => byte === 0xa5)).toBe(true);
  }
});

test('an array wakes once, as many as there are messages, and only if somebody waits', () => {
  const f = Fixture.attached({ ringSize: 8 });
  kernel.queueSendArray(f.senders[0]!, PRIORITY_CRITICAL, arrayOf(8, 2), 8, 2);
  expect(word(f.queue + QUEUE_EVENT)).toBe(0);
  setWord(f.queue + QUEUE_WAITERS, 1);
  kernel.queueSendArray(f.senders[0]!, PRIORITY_LOW, arrayOf(8, 3), 8, 3);
  expect(word(f.queue + QUEUE_EVENT)).toBe(1);
});
