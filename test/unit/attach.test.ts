import { beforeEach, describe, expect, test } from 'vitest';
import {
  HANDLE_GENERATION_MASK, HANDLE_IS_RECEIVER, PRIORITY_COUNT, QUEUE_RECEIVERS_ATTACHED, QUEUE_SENDERS_ATTACHED,
} from '../../src/kernel/layout.ts';
import * as kernel from '../../src/kernel/queue.ts';
import {
  STATUS_BAD_HANDLE, STATUS_BUSY, STATUS_CLOSED, STATUS_EMPTY, STATUS_NO_COMPLETIONS, STATUS_NO_PLACE, STATUS_OK, STATUS_WRONG_SCHEMA,
} from '../../src/kernel/status.ts';
import { Fixture, named, payload, reset, STARTS, word } from '../support/fixture.ts';

beforeEach(reset);

/** Every call that takes a sender's handle. */
const senderCalls = (f: Fixture): [string, (handle: number) => number][] => [
  ['send', (handle) => kernel.queueSend(handle, 0, f.source, 8)],
  ['submit', (handle) => kernel.queueSubmit(handle, 0, f.source, 8, 1, 2)],
  ['send a descriptor', (handle) => kernel.queueSendDescriptor(handle, 0, f.records)],
  ['submit a descriptor', (handle) => kernel.queueSubmitDescriptor(handle, 0, f.records, 1, 2)],
  ['send a batch', (handle) => kernel.queueSendBatch(handle, 0, f.records, 1)],
  ['ask for completions', (handle) => kernel.queueCompletions(handle)],
  ['detach a sender', (handle) => kernel.queueDetachSender(handle)],
];

/** Every call that takes a receiver's handle. */
const receiverCalls = (f: Fixture): [string, (handle: number) => number][] => [
  ['receive', (handle) => kernel.queueReceive(handle, f.target, 64)],
  ['receive with a time limit', (handle) => kernel.queueReceiveTimeout(handle, f.target, 64, -1)],
  ['receive a batch', (handle) => kernel.queueReceiveBatch(handle, f.records, 1)],
  ['peek', (handle) => kernel.queuePeek(handle)],
  ['discard', (handle) => kernel.queueDiscard(handle)],
  ['complete', (handle) => kernel.queueComplete(handle, 0, 0, 0, 0, 0)],
  ['ask for the length', (handle) => kernel.receivedBytes(handle)],
  ['ask for the flags', (handle) => kernel.receivedFlags(handle)],
  ['ask for the priority', (handle) => kernel.receivedPriority(handle)],
  ['ask for the sender', (handle) => kernel.receivedSender(handle)],
  ['ask for user data, low', (handle) => kernel.receivedUserLow(handle)],
  ['ask for user data, high', (handle) => kernel.receivedUserHigh(handle)],
  ['detach a receiver', (handle) => kernel.queueDetachReceiver(handle)],
];

describe.each([1, 4, 32])('%i places', (places) => {
  test('for senders are taken once each, then none is left', () => {
    const f = new Fixture({ senders: places });
    const handles = Array.from({ length: places }, () => kernel.queueAttachSender(f.queue, 0));
    expect(new Set(handles).size).toBe(places);
    expect(Math.min(...handles)).toBeGreaterThan(0);
    expect(word(f.queue + QUEUE_SENDERS_ATTACHED)).toBe(-1 << (32 - places));
    expect(f.failing(() => kernel.queueAttachSender(f.queue, 0))).toBe(named(STATUS_NO_PLACE));
    for (const handle of handles) expect(kernel.queueDetachSender(handle)).toBe(STATUS_OK);
    expect(word(f.queue + QUEUE_SENDERS_ATTACHED)).toBe(0);
  });

  test('for receivers are taken once each, then none is left', () => {
    const f = new Fixture({ receivers: places });
    const handles = Array.from({ length: places }, () => kernel.queueAttachReceiver(f.queue));
    expect(new Set(handles).size).toBe(places);
    expect(word(f.queue + QUEUE_RECEIVERS_ATTACHED)).toBe(places === 32 ? -1 : (1 << places) - 1);
    expect(f.failing(() => kernel.queueAttachReceiver(f.queue))).toBe(named(STATUS_NO_PLACE));
    for (const handle of handles) expect(kernel.queueDetachReceiver(handle)).toBe(STATUS_OK);
    expect(word(f.queue + QUEUE_RECEIVERS_ATTACHED)).toBe(0);
  });
});

describe('attaching', () => {
  test.each([[0, 1], [7, 0], [7, -7], [-1, 0x7fffffff]])('with schema %i wants this very schema, not %i', (schema, other) => {
    const f = new Fixture({ schema, completions: 1 });
    expect(f.failing(() => kernel.queueAttachSender(f.queue, other))).toBe(named(STATUS_WRONG_SCHEMA));
    expect(f.failing(() => kernel.queueAttachSubmitter(f.queue, other))).toBe(named(STATUS_WRONG_SCHEMA));
    expect(kernel.queueAttachSender(f.queue, schema)).toBeGreaterThan(0);
  });

  test('as a submitter needs a queue with completions', () => {
    const f = new Fixture();
    expect(f.failing(() => kernel.queueAttachSubmitter(f.queue, 0))).toBe(named(STATUS_NO_COMPLETIONS));
    const plain = kernel.queueAttachSender(f.queue, 0);
    expect(named(kernel.queueCompletions(plain))).toBe(named(STATUS_NO_COMPLETIONS));
  });

  test('is over for senders once the queue is closed; receivers still come for what is left', () => {
    const f = new Fixture({ completions: 1 });
    kernel.queueClose(f.queue);
    expect(f.failing(() => kernel.queueAttachSender(f.queue, 0))).toBe(named(STATUS_CLOSED));
    expect(f.failing(() => kernel.queueAttachSubmitter(f.queue, 0))).toBe(named(STATUS_CLOSED));
    expect(kernel.queueAttachReceiver(f.queue)).toBeGreaterThan(0);
  });

  test('needs a queue', () => {
    const f = new Fixture();
    for (const wrong of [0, -1, 2, -64, f.queue + 64, f.queue + 2, f.table, f.records]) {
      for (const call of [
        () => kernel.queueAttachSender(wrong, 0), () => kernel.queueAttachSubmitter(wrong, 0), () => kernel.queueAttachReceiver(wrong),
        () => kernel.queueRecoverSender(wrong, 0), () => kernel.queueRecoverReceiver(wrong, 0), () => kernel.queueClose(wrong),
        () => kernel.queueLength(wrong), () => kernel.queueLaneLength(wrong, 0), () => kernel.queueStatistics(wrong, f.records),
        () => kernel.queueOwed(wrong, 0, 0),
      ]) expect(f.failing(call), String(wrong)).toBe(named(STATUS_BAD_HANDLE));
    }
  });
});

describe('a handle', () => {
  test('is refused by every call once its place is given back, also when the place is taken again', () => {
    const f = Fixture.attached({ completions: 1 });
    const [sender, receiver] = [f.senders[0]!, f.receivers[0]!];
    expect(kernel.queueDetachSender(sender)).toBe(STATUS_OK);
    expect(kernel.queueDetachReceiver(receiver)).toBe(STATUS_OK);
    for (let times = 0; times < 2; times++) {
      for (const [name, call] of senderCalls(f)) expect(f.failing(() => call(sender)), name).toBe(named(STATUS_BAD_HANDLE));
      for (const [name, call] of receiverCalls(f)) expect(f.failing(() => call(receiver)), name).toBe(named(STATUS_BAD_HANDLE));
      if (times === 0) {
        expect(kernel.queueAttachSubmitter(f.queue, 0)).not.toBe(sender);
        expect(kernel.queueAttachReceiver(f.queue)).not.toBe(receiver);
      }
    }
  });

  test('of the other kind, of another queue object, or made up is refused by every call', () => {
    const f = Fixture.attached({ completions: 1, senders: 2 });
    const [sender, receiver] = [f.senders[0]!, f.receivers[0]!];
    const reaper = kernel.queueCompletions(sender);
    for (const [name, call] of senderCalls(f)) {
      for (const wrong of [receiver, reaper, 0, -1, sender + 1, sender ^ HANDLE_IS_RECEIVER, sender + 64, -sender, f.queue, f.table]) {
        expect(f.failing(() => call(wrong)), `${name} ${wrong}`).toBe(named(STATUS_BAD_HANDLE));
      }
    }
    for (const [name, call] of receiverCalls(f)) {
      for (const wrong of [sender, 0, -1, receiver + 1, receiver ^ HANDLE_IS_RECEIVER, receiver + 64, -receiver, f.queue | 32, f.table | 32]) {
        expect(f.failing(() => call(wrong)), `${name} ${wrong}`).toBe(named(STATUS_BAD_HANDLE));
      }
    }
  });

  test('comes back only after all generations of its place', () => {
    const f = new Fixture();
    const seen: number[] = [];
    for (let k = 0; k <= HANDLE_GENERATION_MASK + 1; k++) {
      const handle = kernel.queueAttachSender(f.queue, 0);
      seen.push(handle);
      kernel.queueDetachSender(handle);
    }
    expect(new Set(seen.slice(0, -1)).size).toBe(HANDLE_GENERATION_MASK + 1);
    expect(seen.at(-1)).toBe(seen[0]);
  });
});

describe('detaching', () => {
  test.each(STARTS)('a sender leaves its messages queued, and its successor goes on behind them (start %i)', (start) => {
    const f = Fixture.attached({ ringSize: 4, start });
    f.send(0, 2, payload(8, 0));
    f.send(0, 2, payload(8, 1));
    kernel.queueDetachSender(f.senders[0]!);
    f.senders[0] = kernel.queueAttachSender(f.queue, 0);
    f.send(0, 2, payload(8, 2));
    for (let k = 0; k < 3; k++) expect(f.receive().data).toEqual(payload(8, k));
  });

  test('a submitter waits until its completions are reaped, at every priority', () => {
    for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
      const f = Fixture.attached({ completions: 2 });
      const detach = (): number => kernel.queueDetachSender(f.senders[0]!);
      f.submit(0, priority, payload(8, 0), 1, 2);
      expect(f.failing(detach)).toBe(named(STATUS_BUSY));
      f.receive();
      expect(f.failing(detach)).toBe(named(STATUS_BUSY));
      f.complete(0, 0, priority, 1, 2, 0);
      expect(f.failing(detach)).toBe(named(STATUS_BUSY));
      f.reap(0);
      expect(detach()).toBe(STATUS_OK);
    }
  });

  test('the reaper of a completion queue is refused', () => {
    const f = Fixture.attached({ completions: 1 });
    const reaper = kernel.queueCompletions(f.senders[0]!);
    expect(f.failing(() => kernel.queueDetachReceiver(reaper))).toBe(named(STATUS_BAD_HANDLE));
    expect(named(kernel.queueReceive(reaper, f.target, 16))).toBe(named(STATUS_EMPTY));
  });

  test('a submitter ends its reaper: the next submitter has another', () => {
    const f = Fixture.attached({ completions: 1 });
    const reaper = kernel.queueCompletions(f.senders[0]!);
    kernel.queueDetachSender(f.senders[0]!);
    f.senders[0] = kernel.queueAttachSubmitter(f.queue, 0);
    const next = kernel.queueCompletions(f.senders[0]);
    expect(next).not.toBe(reaper);
    expect(f.failing(() => kernel.queueReceive(reaper, f.target, 16))).toBe(named(STATUS_BAD_HANDLE));
  });

  test('a receiver leaves its place to another, who may complete what it received', () => {
    const f = Fixture.attached({ completions: 1 });
    f.submit(0, 1, payload(8, 0), 5, 6);
    f.receive();
    expect(kernel.queueDetachReceiver(f.receivers[0]!)).toBe(STATUS_OK);
    f.receivers[0] = kernel.queueAttachReceiver(f.queue);
    expect(kernel.queueOwed(f.queue, 0, 1)).toBe(1);
    expect(f.complete(0, 0, 1, 5, 6, 7)).toBe(STATUS_OK);
    expect(f.reap(0)).toEqual({ userLow: 5, userHigh: 6, result: 7, receiver: 0 });
  });
});

describe('a place that changes its kind', () => {
  test.each(STARTS)('counts credit from the submitter on, whatever plain senders sent before (start %i)', (start) => {
    const f = new Fixture({ completions: 1, ringSize: 8, start });
    f.receivers.push(kernel.queueAttachReceiver(f.queue));
    for (let turn = 0; turn < 4; turn++) {
      // A plain sender leaves two messages queued.
      f.senders[0] = kernel.queueAttachSender(f.queue, 0);
      for (let k = 0; k < 2; k++) expect(f.send(0, 2, payload(8, k))).toBe(STATUS_OK);
      expect(kernel.queueDetachSender(f.senders[0])).toBe(STATUS_OK);
      // A submitter has one credit, gets one completion.
      f.senders[0] = kernel.queueAttachSubmitter(f.queue, 0);
      expect(f.submit(0, 2, payload(8, 2), 3, 4)).toBe(STATUS_OK);
      expect(f.failing(() => kernel.queueDetachSender(f.senders[0]!))).toBe(named(STATUS_BUSY));
      for (let k = 0; k < 2; k++) {
        const got = f.receive();
        expect([got.flags, kernel.queueOwed(f.queue, 0, 2)]).toEqual([0, 0]);
        expect(f.complete(0, 0, 2, 0, 0, 0)).toBe('STATUS_NOT_PENDING');
      }
      expect([f.receive().userLow, kernel.queueOwed(f.queue, 0, 2)]).toEqual([3, 1]);
      expect(f.complete(0, 0, 2, 3, 4, turn)).toBe(STATUS_OK);
      expect(f.complete(0, 0, 2, 3, 4, turn)).toBe('STATUS_NOT_PENDING');
      expect(f.reap(0)).toEqual({ userLow: 3, userHigh: 4, result: turn, receiver: 0 });
      expect(kernel.queueDetachSender(f.senders[0])).toBe(STATUS_OK);
    }
  });

  test('owes nothing while it is a plain sender\'s', () => {
    const f = new Fixture({ completions: 1 });
    f.senders[0] = kernel.queueAttachSender(f.queue, 0);
    f.receivers.push(kernel.queueAttachReceiver(f.queue));
    f.send(0, 2, payload(8, 0));
    expect(f.receive().flags).toBe(0);
    expect(f.failing(() => f.complete(0, 0, 2, 0, 0, 0))).toBe('STATUS_NOT_PENDING');
  });
});
