import { beforeEach, describe, expect, test } from 'vitest';
import * as layout from '../../src/kernel/layout.ts';
import { laneRing } from '../../src/kernel/path/3-lane.ts';
import * as kernel from '../../src/kernel/queue.ts';
import { STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_BAD_PRIORITY, STATUS_OK } from '../../src/kernel/status.ts';
import { allocate, Fixture, named, payload, reset, setWord, STARTS, word64 } from '../support/fixture.ts';

beforeEach(reset);

const collect = (f: Fixture): ((field: number, priority?: number) => bigint) => {
  const into = allocate(layout.STATISTICS_BYTES);
  expect(kernel.queueStatistics(f.queue, into)).toBe(STATUS_OK);
  return (field, priority = 0) => word64(into + field + 8 * priority);
};

describe.each([...STARTS, -1, 0x7fffffff])('start %i', (start) => {
  test('each priority is counted by itself, over all senders and receivers', () => {
    const f = Fixture.attached({ senders: 3, receivers: 2, ringSize: 2, start });
    for (let priority = 0; priority < 4; priority++) {
      for (let sender = 0; sender < 3; sender++) {
        for (let k = 0; k <= 2 + priority; k++) f.send(sender, priority, payload(10 + priority, k));
      }
    }
    for (let k = 0; k < 9; k++) f.receive(k % 2);
    expect(kernel.queueDiscard(f.receivers[0]!)).toBe(11);
    const statistics = collect(f);
    for (let priority = 0; priority < 4; priority++) {
      const received = [6n, 4n, 0n, 0n][priority]!;
      const bytes = BigInt(10 + priority);
      expect(statistics(layout.STATISTICS_SENT, priority)).toBe(6n);
      expect(statistics(layout.STATISTICS_SENT_BYTES, priority)).toBe(6n * bytes);
      expect(statistics(layout.STATISTICS_RECEIVED, priority)).toBe(received);
      expect(statistics(layout.STATISTICS_RECEIVED_BYTES, priority)).toBe(received * bytes);
      expect(statistics(layout.STATISTICS_FULL, priority)).toBe(3n * BigInt(1 + priority));
      expect(kernel.queueLaneLength(f.queue, priority)).toBe(Number(6n - received));
    }
    expect(kernel.queueLength(f.queue)).toBe(14);
  });

  test('what failed is counted by kind', () => {
    const f = Fixture.attached({ senders: 2, receivers: 2, start });
    f.receive(0);
    f.receive(1);
    kernel.queuePeek(f.receivers[1]!);
    kernel.queueReceiveTimeout(f.receivers[0]!, f.target, 64, 1);
    kernel.queueReceiveTimeout(f.receivers[0]!, f.target, 64, 0);
    f.send(0, 4, payload(8, 0));
    f.send(1, 0, payload(65, 0));
    f.send(1, -1, payload(8, 0));
    kernel.queueClose(f.queue);
    f.send(1, 0, payload(8, 0));
    f.receive(0);
    const statistics = collect(f);
    expect(statistics(layout.STATISTICS_EMPTY)).toBe(4n);
    expect(statistics(layout.STATISTICS_TIMED_OUT)).toBe(1n);
    expect(statistics(layout.STATISTICS_REJECTED)).toBe(4n);
    expect(statistics(layout.STATISTICS_WOKEN)).toBe(1n);
    expect(statistics(layout.STATISTICS_SENT)).toBe(0n);
  });
});

test('every counter carries into its high word', () => {
  const f = Fixture.attached({ senders: 2, ringSize: 1 });
  const below = (at: number): void => { setWord(at, -1); setWord(at + 4, 5); };
  const ring = laneRing(f.queue, 1, 2);
  const receiver = f.receiverBlock(0);
  below(ring + layout.RING_SENT_BYTES);
  below(ring + layout.RING_FULL_COUNT);
  below(f.senderBlock(1) + layout.SENDER_REJECTED_COUNT);
  below(receiver + layout.RECEIVER_EMPTY_COUNT);
  below(receiver + layout.RECEIVER_TIMEOUT_COUNT);
  below(receiver + layout.RECEIVER_BYTES_RECEIVED + 16);
  f.send(1, 2, payload(3, 0));
  f.send(1, 2, payload(3, 0));
  f.send(1, 7, payload(3, 0));
  f.receive();
  f.receive();
  kernel.queueReceiveTimeout(f.receivers[0]!, f.target, 64, 1);
  const statistics = collect(f);
  const carried = 6n << 32n;
  expect(statistics(layout.STATISTICS_SENT_BYTES, 2)).toBe(carried + 2n);
  expect(statistics(layout.STATISTICS_RECEIVED_BYTES, 2)).toBe(carried + 2n);
  expect(statistics(layout.STATISTICS_FULL, 2)).toBe(carried);
  expect(statistics(layout.STATISTICS_REJECTED)).toBe(carried);
  expect(statistics(layout.STATISTICS_EMPTY)).toBe(carried);
  expect(statistics(layout.STATISTICS_TIMED_OUT)).toBe(carried);
});

test('the sum of two senders carries', () => {
  const f = Fixture.attached({ senders: 2 });
  for (const sender of [0, 1]) setWord(f.senderBlock(sender) + layout.SENDER_REJECTED_COUNT, 0x80000001 | 0);
  expect(collect(f)(layout.STATISTICS_REJECTED)).toBe((1n << 32n) + 2n);
});

test.each([0, 3])('a lane that wrapped %i times is counted on', (wraps) => {
  const f = Fixture.attached({ start: -2, ringSize: 8 });
  setWord(laneRing(f.queue, 0, 1) + layout.RING_PRODUCED_HIGH, wraps);
  for (let k = 0; k < 5; k++) f.send(0, 1, payload(1, k));
  for (let k = 0; k < 2; k++) f.receive();
  const statistics = collect(f);
  expect(statistics(layout.STATISTICS_SENT, 1)).toBe((BigInt(wraps) << 32n) + 5n);
  expect(statistics(layout.STATISTICS_RECEIVED, 1)).toBe((BigInt(wraps) << 32n) + 2n);
});

test('messages still queued are taken from the high word too', () => {
  const f = Fixture.attached({ ringSize: 8 });
  const ring = laneRing(f.queue, 0, 0);
  for (const [field, value] of [[layout.RING_PRODUCED, 1], [layout.RING_PRODUCED_HIGH, 1], [layout.RING_CONSUMED, -2]] as const) {
    setWord(ring + field, value);
  }
  expect(collect(f)(layout.STATISTICS_SENT)).toBe((1n << 32n) + 1n);
  expect(collect(f)(layout.STATISTICS_RECEIVED)).toBe((1n << 32n) - 2n);
});

test('bad arguments are refused', () => {
  const f = Fixture.attached();
  for (const into of [-8, f.target + 4]) expect(f.failing(() => kernel.queueStatistics(f.queue, into))).toBe(named(STATUS_BAD_ARGUMENT));
  for (const queue of [0, -4, f.table, f.senders[0]!]) {
    expect(f.failing(() => kernel.queueStatistics(queue, f.target))).toBe(named(STATUS_BAD_HANDLE));
    expect(f.failing(() => kernel.queueLength(queue))).toBe(named(STATUS_BAD_HANDLE));
    expect(f.failing(() => kernel.queueLaneLength(queue, 0))).toBe(named(STATUS_BAD_HANDLE));
  }
  for (const priority of [-1, 4]) expect(f.failing(() => kernel.queueLaneLength(f.queue, priority))).toBe(named(STATUS_BAD_PRIORITY));
});
