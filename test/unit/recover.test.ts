import { beforeEach, describe, expect, test } from 'vitest';
import {
  HANDLE_LOW_MASK, PRIORITY_COUNT, QUEUE_WAITERS, RECEIVER_QUEUE, RING_AT, RING_PRODUCED, RING_PRODUCED_HIGH,
} from '../../src/kernel/layout.ts';
import { laneRing } from '../../src/kernel/path/3-lane.ts';
import * as kernel from '../../src/kernel/queue.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_EMPTY, STATUS_NO_CREDIT, STATUS_NO_PLACE, STATUS_OK,
} from '../../src/kernel/status.ts';
import { Fixture, named, payload, reset, setWord, STARTS, word } from '../support/fixture.ts';

// Deaths at every single step are the explorer's (test/explore); here: the outcome of each kind, and what may not be touched.

beforeEach(reset);

const recoverSender = (f: Fixture, index: number): void => {
  expect(kernel.queueRecoverSender(f.queue, index)).toBe(STATUS_OK);
};

test('numbers that no sender or receiver has are refused', () => {
  const f = Fixture.attached({ senders: 2, receivers: 3, completions: 1 });
  for (const index of [2, -1, 32, 0x7fffffff]) {
    expect(f.failing(() => kernel.queueRecoverSender(f.queue, index))).toBe(named(STATUS_BAD_ARGUMENT));
  }
  for (const index of [3, -1, 32]) expect(f.failing(() => kernel.queueRecoverReceiver(f.queue, index))).toBe(named(STATUS_BAD_ARGUMENT));
});

describe('a dead sender', () => {
  test('has no handle any more, and its place is free', () => {
    const f = Fixture.attached({ senders: 2 });
    recoverSender(f, 1);
    f.prepare(payload(8, 0));
    expect(f.failing(() => f.send(1, 0, payload(8, 0)))).toBe(named(STATUS_BAD_HANDLE));
    expect(f.send(0, 0, payload(8, 0))).toBe(STATUS_OK);
    expect(kernel.queueAttachSender(f.queue, 0)).toBeGreaterThan(0);
    expect(named(kernel.queueAttachSender(f.queue, 0))).toBe(named(STATUS_NO_PLACE));
  });

  test.each([...STARTS, -1, 0x7fffffff])('that had published and not counted leaves the message, counted once (start %i)', (start) => {
    for (const senders of [1, 2]) {
      for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
        reset();
        const f = Fixture.attached({ senders, ringSize: 2, start });
        f.send(0, priority, payload(8, 0));
        // Back to the moment after PRODUCED and before AT.
        setWord(f.ring(0, priority) + RING_AT, start);
        setWord(f.ring(0, priority) + RING_PRODUCED_HIGH, 0);
        for (let times = 0; times < 2; times++) {
          recoverSender(f, 0);
          expect(word(f.ring(0, priority) + RING_AT)).toBe((start + 1) | 0);
          expect(word(f.ring(0, priority) + RING_PRODUCED)).toBe((start + 1) | 0);
          expect(word(f.ring(0, priority) + RING_PRODUCED_HIGH)).toBe(start === -1 ? 1 : 0);
          expect(kernel.queueLaneLength(f.queue, priority)).toBe(1);
        }
        f.senders[0] = kernel.queueAttachSender(f.queue, 0);
        f.send(0, priority, payload(8, 1));
        for (let k = 0; k < 2; k++) expect(f.receive().data).toEqual(payload(8, k));
        expect(f.receive().status).toBe(named(STATUS_EMPTY));
      }
    }
  });

  test('with nothing under way loses nothing: empty, part filled, full lanes', () => {
    for (let queued = 0; queued <= 2; queued++) {
      reset();
      const f = Fixture.attached({ ringSize: 2, start: -1 });
      for (let k = 0; k < queued; k++) f.send(0, 1, payload(8, k));
      recoverSender(f, 0);
      f.senders[0] = kernel.queueAttachSender(f.queue, 0);
      for (let k = queued; k < 2; k++) expect(f.send(0, 1, payload(8, k))).toBe(STATUS_OK);
      for (let k = 0; k < 2; k++) expect(f.receive().data).toEqual(payload(8, k));
    }
  });

  test('with completions outstanding leaves its place to a submitter, who inherits them, and to nobody else', () => {
    const f = Fixture.attached({ completions: 2 });
    f.submit(0, 2, payload(8, 0), 1, 0);
    f.submit(0, 2, payload(8, 1), 2, 0);
    recoverSender(f, 0);
    expect(named(kernel.queueAttachSender(f.queue, 0))).toBe(named(STATUS_NO_PLACE));
    f.senders[0] = kernel.queueAttachSubmitter(f.queue, 0);
    expect(f.senders[0]).toBeGreaterThan(0);
    f.prepare(payload(8, 2));
    expect(f.failing(() => f.submit(0, 2, payload(8, 2), 3, 0), 'SENDER_REJECTED_COUNT')).toBe(named(STATUS_NO_CREDIT));
    for (let k = 1; k <= 2; k++) {
      expect(f.receive().userLow).toBe(k);
      f.complete(0, 0, 2, k, 0, 0);
      expect(f.reap(0)).toEqual({ userLow: k, userHigh: 0, result: 0, receiver: 0 });
    }
    expect(kernel.queueDetachSender(f.senders[0])).toBe(STATUS_OK);
    expect(kernel.queueAttachSender(f.queue, 0)).toBeGreaterThan(0);
  });
});

describe('a dead receiver', () => {
  test('has no handle any more, waits no more, and its place is free', () => {
    const f = Fixture.attached({ receivers: 2 });
    setWord(f.queue + QUEUE_WAITERS, 3);
    expect(kernel.queueRecoverReceiver(f.queue, 0)).toBe(STATUS_OK);
    expect(word(f.queue + QUEUE_WAITERS)).toBe(2);
    expect(f.failing(() => f.receive(0).status)).toBe(named(STATUS_BAD_HANDLE));
    expect(f.receive(1).status).toBe(named(STATUS_EMPTY));
    expect(kernel.queueAttachReceiver(f.queue)).toBeGreaterThan(0);
    expect(named(kernel.queueAttachReceiver(f.queue))).toBe(named(STATUS_NO_PLACE));
  });

  test.each(STARTS)('that had published a completion and not counted it leaves the completion, counted once (start %i)', (start) => {
    const f = Fixture.attached({ completions: 1, start });
    f.submit(0, 2, payload(8, 0), 7, 8);
    f.receive();
    f.complete(0, 0, 2, 7, 8, 9);
    const completions = word((kernel.queueCompletions(f.senders[0]!) & ~HANDLE_LOW_MASK) + RECEIVER_QUEUE);
    const ring = laneRing(completions, 0, 2);
    setWord(ring + RING_AT, start);
    setWord(ring + RING_PRODUCED_HIGH, 0);
    expect(kernel.queueRecoverReceiver(f.queue, 0)).toBe(STATUS_OK);
    expect(word(ring + RING_PRODUCED)).toBe((start + 1) | 0);
    f.receivers[0] = kernel.queueAttachReceiver(f.queue);
    expect(kernel.queueOwed(f.queue, 0, 2)).toBe(0);
    expect(f.reap(0)).toEqual({ userLow: 7, userHigh: 8, result: 9, receiver: 0 });
    expect(f.reap(0)).toBe(named(STATUS_EMPTY));
    for (let k = 0; k < 3; k++) {
      expect(f.submit(0, 2, payload(8, k), k, 0)).toBe(STATUS_OK);
      f.receive();
      expect(f.complete(0, 0, 2, k, 0, 0)).toBe(STATUS_OK);
      expect(f.reap(0)).toEqual({ userLow: k, userHigh: 0, result: 0, receiver: 0 });
    }
  });

  test('leaves what it had received and not completed owed: its successor can answer', () => {
    const f = Fixture.attached({ completions: 2 });
    for (let k = 0; k < 2; k++) f.submit(0, 3, payload(8, k), k, 0);
    f.receive();
    f.receive();
    expect(kernel.queueRecoverReceiver(f.queue, 0)).toBe(STATUS_OK);
    f.receivers[0] = kernel.queueAttachReceiver(f.queue);
    expect(kernel.queueOwed(f.queue, 0, 3)).toBe(2);
    for (let k = 0; k < 2; k++) expect(f.complete(0, 0, 3, k, 0, -1)).toBe(STATUS_OK);
    expect(kernel.queueOwed(f.queue, 0, 3)).toBe(0);
    for (let k = 0; k < 2; k++) expect(f.reap(0)).toEqual({ userLow: k, userHigh: 0, result: -1, receiver: 0 });
  });
});
