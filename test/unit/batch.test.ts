import { beforeEach, describe, expect, test } from 'vitest';
import {
  BATCH_ADDRESS, BATCH_BYTES, BATCH_COUNT_MAX, BATCH_INFO, BATCH_LENGTH, BATCH_RESULT, BATCH_USER_HIGH, BATCH_USER_LOW, FLAG_COMPLETE,
  PRIORITY_CRITICAL, PRIORITY_LOW, QUEUE_EVENT, QUEUE_WAITERS,
} from '../../src/kernel/layout.ts';
import * as kernel from '../../src/kernel/queue.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_BAD_PRIORITY, STATUS_CLOSED, STATUS_EMPTY, STATUS_FULL, STATUS_NO_CREDIT, STATUS_OK,
  STATUS_TOO_LARGE, STATUS_TOO_SMALL,
} from '../../src/kernel/status.ts';
import { allocate, bytesAt, Fixture, named, payload, reset, setBytes, setWord, STARTS, word } from '../support/fixture.ts';

beforeEach(reset);

const UNTOUCHED = 77;
/** A list of records, each with a buffer of its own, of these lengths or capacities. */
const listOf = (lengths: number[]): number => {
  const list = allocate(lengths.length * BATCH_BYTES);
  for (const [k, length] of lengths.entries()) {
    const buffer = allocate(64);
    setBytes(buffer, payload(64, k));
    setWord(list + k * BATCH_BYTES + BATCH_ADDRESS, buffer);
    setWord(list + k * BATCH_BYTES + BATCH_LENGTH, length);
    setWord(list + k * BATCH_BYTES + BATCH_RESULT, UNTOUCHED);
    setWord(list + k * BATCH_BYTES + BATCH_USER_LOW, 100 + k);
    setWord(list + k * BATCH_BYTES + BATCH_USER_HIGH, -k);
  }
  return list;
};
const field = (list: number, k: number, offset: number): number => word(list + k * BATCH_BYTES + offset);
const results = (list: number, count: number): (string | number)[] =>
  Array.from({ length: count }, (_, k) => named(field(list, k, BATCH_RESULT)));

describe.each(STARTS)('start %i', (start) => {
  test('messages of one batch come out in order, in one batch', () => {
    const f = Fixture.attached({ ringSize: 4, start });
    const sent = listOf([1, 0, 64, 8]);
    expect(kernel.queueSendBatch(f.senders[0]!, 2, sent, 4)).toBe(4);
    expect(results(sent, 4)).toEqual([0, 0, 0, 0]);
    const received = listOf([64, 64, 64, 64, 64]);
    expect(kernel.queueReceiveBatch(f.receivers[0]!, received, 5)).toBe(4);
    expect(results(received, 5)).toEqual([1, 0, 64, 8, named(STATUS_EMPTY)]);
    for (const [k, bytes] of [1, 0, 64, 8].entries()) {
      expect(bytesAt(field(received, k, BATCH_ADDRESS), bytes)).toEqual(payload(64, k).slice(0, bytes));
      expect(field(received, k, BATCH_INFO)).toBe(2 << 8);
    }
  });

  test('a batch stops where the lane is full; what went stays', () => {
    const f = Fixture.attached({ ringSize: 2, start });
    const list = listOf([8, 8, 8, 8]);
    expect(kernel.queueSendBatch(f.senders[0]!, 0, list, 4)).toBe(2);
    expect(results(list, 4)).toEqual([0, 0, named(STATUS_FULL), UNTOUCHED]);
    expect(named(kernel.queueSendBatch(f.senders[0]!, 0, list, 4))).toBe(named(STATUS_FULL));
    expect(kernel.queueLength(f.queue)).toBe(2);
  });

  test('a submitter\'s batch carries user data, and stops where the credit ends', () => {
    const f = Fixture.attached({ senders: 2, ringSize: 8, completions: 2, start });
    const list = listOf([8, 8, 8]);
    expect(kernel.queueSendBatch(f.senders[1]!, PRIORITY_LOW, list, 3)).toBe(2);
    expect(results(list, 3)).toEqual([0, 0, named(STATUS_NO_CREDIT)]);
    const received = listOf([64, 64]);
    expect(kernel.queueReceiveBatch(f.receivers[0]!, received, 2)).toBe(2);
    for (const k of [0, 1]) {
      expect(field(received, k, BATCH_INFO)).toBe(FLAG_COMPLETE << 24 | PRIORITY_LOW << 8 | 1);
      expect([field(received, k, BATCH_USER_LOW), field(received, k, BATCH_USER_HIGH)]).toEqual([100 + k, 0 - k]);
      expect(f.complete(0, 1, PRIORITY_LOW, 100 + k, -k, k)).toBe(STATUS_OK);
    }
    expect(f.reap(1)).toEqual({ userLow: 100, userHigh: 0, result: 0, receiver: 0 });
    expect(f.reap(1)).toEqual({ userLow: 101, userHigh: -1, result: 1, receiver: 0 });
  });
});

test.each([
  ['too large', [8, 65, 8], STATUS_TOO_LARGE], ['negative', [8, -1, 8], STATUS_BAD_ARGUMENT],
] as const)('a message in the middle that is %s ends a batch', (_, lengths, status) => {
  const f = Fixture.attached();
  const list = listOf([...lengths]);
  expect(kernel.queueSendBatch(f.senders[0]!, 0, list, 3)).toBe(1);
  expect(results(list, 3)).toEqual([0, named(status), UNTOUCHED]);
  expect(kernel.queueLength(f.queue)).toBe(1);
});

test('a receive stops at a buffer that is too small, and the message stays', () => {
  const f = Fixture.attached();
  for (let k = 0; k < 3; k++) f.send(0, 0, payload(16, k));
  const list = listOf([16, 15, 16]);
  expect(kernel.queueReceiveBatch(f.receivers[0]!, list, 3)).toBe(1);
  expect(results(list, 3)).toEqual([16, named(STATUS_TOO_SMALL), UNTOUCHED]);
  expect(kernel.receivedBytes(f.receivers[0]!)).toBe(16);
  expect(f.receive().data).toEqual(payload(16, 1));
});

test('a receive is most urgent first', () => {
  const f = Fixture.attached();
  for (const priority of [3, 1, 2, 0]) f.send(0, priority, payload(8, priority));
  const list = listOf([8, 8, 8, 8]);
  expect(kernel.queueReceiveBatch(f.receivers[0]!, list, 3)).toBe(3);
  for (const k of [0, 1, 2]) expect(bytesAt(field(list, k, BATCH_ADDRESS), 8)).toEqual(payload(8, k));
  expect(kernel.queueLaneLength(f.queue, PRIORITY_LOW)).toBe(1);
});

test('an empty batch is done at once, whatever the queue', () => {
  const f = Fixture.attached({ ringSize: 1 });
  expect(kernel.queueSendBatch(f.senders[0]!, 0, f.records, 0)).toBe(0);
  expect(kernel.queueReceiveBatch(f.receivers[0]!, f.records, 0)).toBe(0);
  kernel.queueClose(f.queue);
  const list = listOf([8]);
  expect(named(kernel.queueSendBatch(f.senders[0]!, 0, list, 1))).toBe(named(STATUS_CLOSED));
  expect(named(kernel.queueReceiveBatch(f.receivers[0]!, list, 1))).toBe(named(STATUS_CLOSED));
});

test('what cannot be is refused, and only counted', () => {
  const f = Fixture.attached();
  const [sender, receiver] = [f.senders[0]!, f.receivers[0]!];
  const list = listOf([8]);
  for (const [at, count] of [[-8, 1], [list + 2, 1], [list, -1], [list, BATCH_COUNT_MAX + 1]] as const) {
    expect(f.failing(() => kernel.queueSendBatch(sender, 0, at, count), 'SENDER_REJECTED_COUNT')).toBe(named(STATUS_BAD_ARGUMENT));
    expect(f.failing(() => kernel.queueReceiveBatch(receiver, at, count))).toBe(named(STATUS_BAD_ARGUMENT));
  }
  for (const priority of [-1, 4]) {
    expect(f.failing(() => kernel.queueSendBatch(sender, priority, list, 1), 'SENDER_REJECTED_COUNT')).toBe(named(STATUS_BAD_PRIORITY));
  }
  expect(f.failing(() => kernel.queueSendBatch(receiver, 0, list, 1))).toBe(named(STATUS_BAD_HANDLE));
  expect(f.failing(() => kernel.queueReceiveBatch(sender, list, 1))).toBe(named(STATUS_BAD_HANDLE));
});

test('a batch wakes once, and only if somebody waits', () => {
  const f = Fixture.attached();
  const list = listOf([8, 8, 8]);
  kernel.queueSendBatch(f.senders[0]!, PRIORITY_CRITICAL, list, 2);
  expect(word(f.queue + QUEUE_EVENT)).toBe(0);
  setWord(f.queue + QUEUE_WAITERS, 1);
  kernel.queueSendBatch(f.senders[0]!, PRIORITY_LOW, list, 3);
  expect(word(f.queue + QUEUE_EVENT)).toBe(1);
});
