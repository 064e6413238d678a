import { beforeEach, describe, expect, test } from 'vitest';
import { FLAG_DESCRIPTOR, POLICY_IMMUTABLE, QUEUE_WAITERS, RECEIVER_SLEEP_COUNT } from '../../src/kernel/layout.ts';
import * as kernel from '../../src/kernel/queue.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_CLOSED, STATUS_EMPTY, STATUS_OK, STATUS_TIMED_OUT, STATUS_TOO_SMALL,
} from '../../src/kernel/status.ts';
import { bytesAt, Fixture, named, payload, reset, STARTS, word } from '../support/fixture.ts';
import { callElsewhere } from '../support/worker.ts';

beforeEach(reset);

const timed = (f: Fixture, microseconds: number, capacity = 64): { status: string | number; milliseconds: number } => {
  const began = performance.now();
  const status = named(kernel.queueReceiveTimeout(f.receivers[0]!, f.target, capacity, microseconds));
  return { status, milliseconds: performance.now() - began };
};

const after = (milliseconds: number): Promise<void> => new Promise((next) => { setTimeout(next, milliseconds); });

describe.each(STARTS)('start %i', (start) => {
  test.each([1, 3])('messages come by priority, then in order, with %i receivers', (receivers) => {
    const f = Fixture.attached({ receivers, start });
    for (let k = 0; k < 12; k++) f.send(0, 3 - k % 4, payload(20 + k, k));
    for (let k = 0; k < 12; k++) {
      const priority = Math.floor(k / 3);
      const number = 3 - priority + 4 * (k % 3);
      expect(f.receive(k % receivers)).toMatchObject({
        status: 20 + number, data: payload(20 + number, number), sender: 0, priority, bytes: 20 + number, flags: 0,
      });
    }
    expect(f.receive().status).toBe(named(STATUS_EMPTY));
  });

  test('senders of equal priority take turns', () => {
    const f = Fixture.attached({ senders: 3, start });
    for (let k = 0; k < 3; k++) for (const sender of [0, 1, 2]) f.send(sender, 1, payload(8, sender));
    expect(Array.from({ length: 9 }, () => f.receive().sender)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
  });

  test.each([1, 2])('a buffer that is too small learns the length and leaves the message, with %i receivers', (receivers) => {
    const f = Fixture.attached({ receivers, start });
    f.send(0, 2, payload(33, 1));
    for (const receive of [
      (): number => kernel.queueReceive(f.receivers[0]!, f.target, 32),
      (): number => kernel.queueReceiveTimeout(f.receivers[0]!, f.target, 32, -1),
    ]) {
      // Length, sender and priority may be written again with the same values: the second time nothing changes.
      expect(named(receive())).toBe(named(STATUS_TOO_SMALL));
      expect(f.failing(() => named(receive()))).toBe(named(STATUS_TOO_SMALL));
      expect([kernel.receivedBytes(f.receivers[0]!), kernel.receivedPriority(f.receivers[0]!)]).toEqual([33, 2]);
    }
    expect(kernel.queueLength(f.queue)).toBe(1);
    expect(f.receive(0, 33).data).toEqual(payload(33, 1));
  });

  test('peek leaves, discard drops', () => {
    const f = Fixture.attached({ start });
    f.send(0, 1, payload(5, 1));
    f.send(0, 1, payload(6, 2));
    expect([kernel.queuePeek(f.receivers[0]!), kernel.queuePeek(f.receivers[0]!)]).toEqual([5, 5]);
    expect(kernel.receivedPriority(f.receivers[0]!)).toBe(1);
    expect(kernel.queueDiscard(f.receivers[0]!)).toBe(5);
    expect(f.receive().data).toEqual(payload(6, 2));
    expect(named(kernel.queuePeek(f.receivers[0]!))).toBe(named(STATUS_EMPTY));
    expect(named(kernel.queueDiscard(f.receivers[0]!))).toBe(named(STATUS_EMPTY));
  });

  test('a closed queue gives what is left, then says so', () => {
    const f = Fixture.attached({ start });
    f.send(0, 3, payload(8, 1));
    f.send(0, 0, payload(9, 2));
    kernel.queueClose(f.queue);
    expect([f.receive().status, timed(f, -1).status]).toEqual([9, 8]);
    for (const receive of [
      kernel.queueReceive, kernel.queuePeek, kernel.queueDiscard,
      (receiver: number): number => kernel.queueReceiveTimeout(receiver, f.target, 64, -1),
    ]) expect(f.failing(() => receive(f.receivers[0]!, f.target, 64))).toBe(named(STATUS_CLOSED));
  });
});

test('a descriptor says so', () => {
  const f = Fixture.attached();
  const { handle } = f.dataRegion(POLICY_IMMUTABLE, 64);
  const record = f.descriptor(handle, 8, 16, { flags: 5 });
  expect(kernel.queueSendDescriptor(f.senders[0]!, 0, record)).toBe(STATUS_OK);
  expect(f.receive()).toMatchObject({ status: 24, flags: FLAG_DESCRIPTOR, data: bytesAt(record, 24) });
});

test('failures change nothing but what counts them', () => {
  const f = Fixture.attached();
  const [receiver, sender] = [f.receivers[0]!, f.senders[0]!];
  expect(f.failing(() => kernel.queueReceive(receiver, f.target, 64), 'RECEIVER_EMPTY_COUNT')).toBe(named(STATUS_EMPTY));
  expect(f.failing(() => kernel.queueReceiveTimeout(receiver, f.target, 64, 0), 'RECEIVER_EMPTY_COUNT')).toBe(named(STATUS_EMPTY));
  expect(f.failing(() => kernel.queueReceiveTimeout(receiver, f.target, 64, 20_000), 'RECEIVER_TIMEOUT_COUNT', 'RECEIVER_SLEEP_COUNT'))
    .toBe(named(STATUS_TIMED_OUT));
  for (const [buffer, capacity] of [[-8, 64], [f.target, -1]] as const) {
    expect(f.failing(() => kernel.queueReceive(receiver, buffer, capacity))).toBe(named(STATUS_BAD_ARGUMENT));
    expect(f.failing(() => kernel.queueReceiveTimeout(receiver, buffer, capacity, -1))).toBe(named(STATUS_BAD_ARGUMENT));
  }
  for (const handle of [0, -1, sender, receiver + 1]) {
    expect(f.failing(() => kernel.queueReceive(handle, f.target, 64))).toBe(named(STATUS_BAD_HANDLE));
    expect(f.failing(() => kernel.queueReceiveTimeout(handle, f.target, 64, -1))).toBe(named(STATUS_BAD_HANDLE));
  }
});

test('a time limit is kept: not before it, and not much after it', () => {
  const f = Fixture.attached();
  for (const limit of [1, 20, 80]) {
    const { status, milliseconds } = timed(f, limit * 1000);
    expect(status).toBe(named(STATUS_TIMED_OUT));
    expect(milliseconds).toBeGreaterThanOrEqual(limit - 0.1);
    expect(milliseconds).toBeLessThan(limit + 5000);
  }
  expect(word(f.queue + QUEUE_WAITERS)).toBe(0);
});

test('wake-ups for nothing do not stretch a time limit', async () => {
  const f = Fixture.attached({ receivers: 2 });
  const slept = f.receiverBlock(1) + RECEIVER_SLEEP_COUNT;
  const sleeping = callElsewhere('queueReceiveTimeout', [f.receivers[1]!, f.target, 64, 2_000_000]);
  for (const end = performance.now() + 20_000; word(slept) === 0 && performance.now() < end;) await after(5);
  // Late in the sleep, something that looks like news and is none.
  await after(1500);
  kernel.queueRecoverReceiver(f.queue, 0);
  const { result, milliseconds } = await sleeping;
  expect(named(result)).toBe(named(STATUS_TIMED_OUT));
  expect(word(slept)).toBeGreaterThan(1);
  expect(milliseconds).toBeGreaterThanOrEqual(1999);
  expect(milliseconds).toBeLessThan(3400);
});
