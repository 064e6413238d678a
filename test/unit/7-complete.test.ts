import { beforeEach, describe, expect, test } from 'vitest';
import { COMPLETION_BYTES, FLAG_COMPLETE } from '../../src/kernel/layout.ts';
import * as kernel from '../../src/kernel/queue.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_BAD_PRIORITY, STATUS_BUSY, STATUS_EMPTY, STATUS_NO_COMPLETIONS, STATUS_NO_CREDIT,
  STATUS_NOT_PENDING, STATUS_OK, STATUS_TOO_SMALL,
} from '../../src/kernel/status.ts';
import { Fixture, named, payload, reset, STARTS } from '../support/fixture.ts';

beforeEach(reset);

const message = payload(8, 1);
const owed = (f: Fixture, index: number, priority: number): string | number => named(kernel.queueOwed(f.queue, index, priority));

describe.each(STARTS)('start %i', (start) => {
  test.each([1, 2, 3])('a message is owed from its receive to its completion, with %i receivers', (receivers) => {
    const f = Fixture.attached({ senders: 2, receivers, completions: 2, start });
    for (let round = 0; round < 5; round++) {
      const by = round % receivers;
      expect(f.submit(1, 2, message, round, -round)).toBe(STATUS_OK);
      expect(owed(f, 1, 2)).toBe(0);
      expect(f.receive(by)).toMatchObject({ status: 8, flags: FLAG_COMPLETE, userLow: round, userHigh: 0 - round, sender: 1, priority: 2 });
      expect([owed(f, 1, 2), owed(f, 1, 1), owed(f, 0, 2)]).toEqual([1, 0, 0]);
      expect(f.complete(by, 1, 2, round, -round, -5 * round)).toBe(STATUS_OK);
      expect(owed(f, 1, 2)).toBe(0);
      expect(named(kernel.queueDetachSender(f.senders[1]!))).toBe(named(STATUS_BUSY));
      expect(f.reap(1)).toEqual({ userLow: round, userHigh: 0 - round, result: 0 - 5 * round, receiver: by });
      expect(f.reap(1)).toBe(named(STATUS_EMPTY));
    }
    expect(kernel.queueDetachSender(f.senders[1]!)).toBe(STATUS_OK);
  });

  test('credit ends with as many outstanding as the queue holds, per priority, and comes back by reaping only', () => {
    const f = Fixture.attached({ ringSize: 8, completions: 2, start });
    for (let round = 0; round < 3; round++) {
      for (const priority of [0, 3]) {
        for (const k of [0, 1]) expect(f.submit(0, priority, message, k, 0)).toBe(STATUS_OK);
        f.prepare(message);
        const refused = (...changed: string[]): string | number => f.failing(() => f.submit(0, priority, message, 9, 0), ...changed);
        expect(refused('SENDER_REJECTED_COUNT')).toBe(named(STATUS_NO_CREDIT));
        for (const k of [0, 1]) {
          expect(f.receive().userLow).toBe(k);
          expect(f.complete(0, 0, priority, k, 0, 0)).toBe(STATUS_OK);
          expect(f.submit(0, priority, message, 9, 0)).toBe(named(STATUS_NO_CREDIT));
        }
        expect(f.reap(0)).toMatchObject({ userLow: 0 });
        expect(f.submit(0, priority, message, 2, 0)).toBe(STATUS_OK);
        expect(f.submit(0, priority, message, 9, 0)).toBe(named(STATUS_NO_CREDIT));
        expect(f.reap(0)).toMatchObject({ userLow: 1 });
        f.receive();
        f.complete(0, 0, priority, 2, 0, 0);
        expect(f.reap(0)).toMatchObject({ userLow: 2 });
      }
    }
  });

  test('completions of a more urgent message are reaped first', () => {
    const f = Fixture.attached({ completions: 2, start });
    for (const priority of [3, 0]) f.submit(0, priority, message, priority, 0);
    for (const priority of [0, 3]) expect(f.receive().priority).toBe(priority);
    for (const priority of [3, 0]) expect(f.complete(0, 0, priority, priority, 0, 0)).toBe(STATUS_OK);
    for (const priority of [0, 3]) expect(f.reap(0)).toMatchObject({ userLow: priority });
  });
});

test('completing what is not owed changes nothing', () => {
  const f = Fixture.attached({ senders: 2, receivers: 2, completions: 4 });
  const notPending = (priority: number, sender = 0): void =>
    expect(f.failing(() => f.complete(1, sender, priority, 1, 2, 3))).toBe(named(STATUS_NOT_PENDING));
  notPending(0);
  f.submit(0, 0, message, 1, 2);
  notPending(0);
  f.receive(0);
  notPending(1);
  notPending(0, 1);
  expect(f.complete(0, 0, 0, 1, 2, 3)).toBe(STATUS_OK);
  notPending(0);
});

test('any receiver may complete, in any order, and says who it was', () => {
  const f = Fixture.attached({ receivers: 2, completions: 2 });
  for (const k of [0, 1]) f.submit(0, 1, message, k, 0);
  for (const k of [0, 1]) expect(f.receive(k).userLow).toBe(k);
  expect(f.complete(0, 0, 1, 1, 0, 11)).toBe(STATUS_OK);
  expect(f.complete(0, 0, 1, 0, 0, 10)).toBe(STATUS_OK);
  expect(f.reap(0)).toEqual({ userLow: 1, userHigh: 0, result: 11, receiver: 0 });
  expect(f.reap(0)).toEqual({ userLow: 0, userHigh: 0, result: 10, receiver: 0 });
});

test('messages of a plain sender are not completed, nor those it left to a submitter', () => {
  const f = new Fixture({ completions: 2 });
  f.receivers.push(kernel.queueAttachReceiver(f.queue));
  f.senders.push(kernel.queueAttachSender(f.queue, 0));
  f.prepare(message);
  expect(f.failing(() => f.submit(0, 3, message, 1, 2), 'SENDER_REJECTED_COUNT')).toBe(named(STATUS_NO_COMPLETIONS));
  expect(named(kernel.queueCompletions(f.senders[0]!))).toBe(named(STATUS_NO_COMPLETIONS));
  expect(f.send(0, 3, message)).toBe(STATUS_OK);
  expect(kernel.queueDetachSender(f.senders[0]!)).toBe(STATUS_OK);
  f.senders[0] = kernel.queueAttachSubmitter(f.queue, 0);
  expect(owed(f, 0, 3)).toBe(0);
  expect(f.submit(0, 3, message, 5, 0)).toBe(STATUS_OK);
  expect(f.receive().flags).toBe(0);
  expect(f.complete(0, 0, 3, 0, 0, 0)).toBe(named(STATUS_NOT_PENDING));
  expect(f.receive().flags).toBe(FLAG_COMPLETE);
  expect(owed(f, 0, 3)).toBe(1);
  expect(f.complete(0, 0, 3, 5, 0, 0)).toBe(STATUS_OK);
  expect(f.reap(0)).toMatchObject({ userLow: 5 });
});

test('bad arguments are refused and change nothing', () => {
  const f = Fixture.attached({ senders: 3, completions: 1 });
  expect(f.failing(() => kernel.queueComplete(f.senders[0]!, 0, 0, 0, 0, 0))).toBe(named(STATUS_BAD_HANDLE));
  for (const priority of [-1, 4]) expect(f.failing(() => f.complete(0, 0, priority, 0, 0, 0))).toBe(named(STATUS_BAD_PRIORITY));
  for (const sender of [-1, 3, 32]) expect(f.failing(() => f.complete(0, sender, 0, 0, 0, 0))).toBe(named(STATUS_BAD_ARGUMENT));
  expect(owed(f, 3, 0)).toBe(named(STATUS_BAD_ARGUMENT));
  expect(owed(f, 0, 4)).toBe(named(STATUS_BAD_PRIORITY));
  expect(named(kernel.queueOwed(f.table, 0, 0))).toBe(named(STATUS_BAD_HANDLE));
  const plain = Fixture.attached();
  expect(plain.failing(() => plain.complete(0, 0, 0, 0, 0, 0))).toBe(named(STATUS_NO_COMPLETIONS));
});

test('an entry needs its 16 bytes, and waits for a larger buffer', () => {
  const f = Fixture.attached({ completions: 1 });
  f.submit(0, 0, message, 4, 0);
  f.receive();
  f.complete(0, 0, 0, 4, 0, 7);
  const reaper = kernel.queueCompletions(f.senders[0]!);
  expect(named(kernel.queueReceive(reaper, f.target, COMPLETION_BYTES - 1))).toBe(named(STATUS_TOO_SMALL));
  expect(f.reap(0)).toMatchObject({ userLow: 4, result: 7 });
});

test('a closed queue still takes completions', () => {
  const f = Fixture.attached({ completions: 1 });
  f.submit(0, 0, message, 4, 0);
  kernel.queueClose(f.queue);
  f.receive();
  expect(f.complete(0, 0, 0, 4, 0, 7)).toBe(STATUS_OK);
  expect(f.reap(0)).toMatchObject({ result: 7 });
});
