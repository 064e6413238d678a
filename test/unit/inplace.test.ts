import { beforeEach, describe, expect, test } from 'vitest';
import { FLAG_COMPLETE, PRIORITY_COUNT } from '../../src/kernel/layout.ts';
import * as kernel from '../../src/kernel/queue.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_BAD_PRIORITY, STATUS_CLOSED, STATUS_EMPTY, STATUS_FULL, STATUS_NOT_PENDING,
  STATUS_NO_CREDIT, STATUS_OK, STATUS_POLICY, STATUS_TOO_LARGE,
} from '../../src/kernel/status.ts';
import { bytesAt, Fixture, named, payload, reset, setBytes, STARTS } from '../support/fixture.ts';

beforeEach(reset);

/** Builds a message in place and commits it. */
const build = (f: Fixture, priority: number, data: Uint8Array, room = data.length): number => {
  const at = kernel.queueReserve(f.senders[0]!, priority, room);
  if (at < 0) return at;
  setBytes(at, data);
  return kernel.queueCommit(f.senders[0]!, data.length);
};

describe('a message built in place', () => {
  test.each(STARTS)('arrives as any other, in order with them, also shorter than reserved (start %i)', (start) => {
    const f = Fixture.attached({ ringSize: 4, maxBytes: 24, start });
    for (let lap = 0; lap < 3; lap++) {
      for (let k = 0; k < 4; k++) {
        expect(k % 2 === 0 ? build(f, 1, payload(10 + k, k), 24) : f.send(0, 1, payload(10 + k, k))).toBe(STATUS_OK);
      }
      for (let k = 0; k < 4; k++) expect(f.receive().data).toEqual(payload(10 + k, k));
    }
  });

  test('is nobody\'s until it is committed, and may be forgotten', () => {
    const f = Fixture.attached({ ringSize: 1 });
    setBytes(kernel.queueReserve(f.senders[0]!, 0, 8), payload(8, 1));
    expect(f.receive().status).toBe(named(STATUS_EMPTY));
    expect(f.send(0, 0, payload(8, 2))).toBe(STATUS_OK);
    expect(f.receive().data).toEqual(payload(8, 2));
    // The place is another by now: what was reserved is not what would be sent.
    expect(f.failing(() => kernel.queueCommit(f.senders[0]!, 8), 'SENDER_REJECTED_COUNT')).toBe(named(STATUS_NOT_PENDING));
  });

  test('is refused like any other', () => {
    const f = Fixture.attached({ ringSize: 1, maxBytes: 24 });
    const [sender] = f.senders as [number];
    const fails = (call: () => number): string | number => f.failing(call, 'SENDER_REJECTED_COUNT');
    expect(fails(() => kernel.queueCommit(sender, 8))).toBe(named(STATUS_NOT_PENDING));
    expect(f.failing(() => kernel.queueReserve(0, 0, 8))).toBe(named(STATUS_BAD_HANDLE));
    expect(f.failing(() => kernel.queueCommit(sender + 1, 8))).toBe(named(STATUS_BAD_HANDLE));
    expect(fails(() => kernel.queueReserve(sender, PRIORITY_COUNT, 8))).toBe(named(STATUS_BAD_PRIORITY));
    expect(fails(() => kernel.queueReserve(sender, 0, 25))).toBe(named(STATUS_TOO_LARGE));
    expect(fails(() => kernel.queueReserve(sender, 0, -1))).toBe(named(STATUS_BAD_ARGUMENT));
    expect(kernel.queueReserve(sender, 0, 8)).toBeGreaterThan(0);
    expect(fails(() => kernel.queueCommit(sender, 25))).toBe(named(STATUS_TOO_LARGE));
    expect(kernel.queueCommit(sender, 24)).toBe(STATUS_OK);
    expect(fails(() => kernel.queueCommit(sender, 24))).toBe(named(STATUS_NOT_PENDING));
    expect(named(kernel.queueReserve(sender, 0, 8))).toBe(named(STATUS_FULL));
    expect(kernel.queueReserve(sender, 3, 8)).toBeGreaterThan(0);
    kernel.queueClose(f.queue);
    expect(fails(() => kernel.queueCommit(sender, 8))).toBe(named(STATUS_CLOSED));
  });

  test('of a submitter needs credit, and is completed', () => {
    const f = Fixture.attached({ completions: 1, ringSize: 2 });
    const [sender] = f.senders as [number];
    setBytes(kernel.queueReserve(sender, 2, 8), payload(8, 5));
    expect(kernel.queueCommitSubmit(sender, 8, 7, -9)).toBe(STATUS_OK);
    expect(f.failing(() => kernel.queueReserve(sender, 2, 8), 'SENDER_REJECTED_COUNT')).toBe(named(STATUS_NO_CREDIT));
    expect(f.receive()).toMatchObject({ data: payload(8, 5), flags: FLAG_COMPLETE, userLow: 7, userHigh: -9 });
    f.complete(0, 0, 2, 7, -9, 1);
    expect(f.reap(0)).toEqual({ userLow: 7, userHigh: -9, result: 1, receiver: 0 });
  });
});

describe('a view', () => {
  test.each(STARTS)('is the most urgent message where it lies, received when released (start %i)', (start) => {
    const f = Fixture.attached({ senders: 2, ringSize: 2, maxBytes: 24, start });
    const [receiver] = f.receivers as [number];
    for (let lap = 0; lap < 3; lap++) {
      f.send(0, 3, payload(24, 1));
      f.send(1, 2, payload(9, 2));
      for (const [sender, priority, data] of [[1, 2, payload(9, 2)], [0, 3, payload(24, 1)]] as const) {
        const at = kernel.queueView(receiver);
        expect(kernel.queueView(receiver)).toBe(at);
        expect(bytesAt(at, kernel.receivedBytes(receiver))).toEqual(data);
        expect([kernel.receivedSender(receiver), kernel.receivedPriority(receiver)]).toEqual([sender, priority]);
        expect(kernel.queueRelease(receiver)).toBe(data.length);
      }
      expect(named(kernel.queueView(receiver))).toBe(named(STATUS_EMPTY));
    }
  });

  test('keeps the slot until it is released', () => {
    const f = Fixture.attached({ ringSize: 1 });
    f.send(0, 0, payload(8, 1));
    const at = kernel.queueView(f.receivers[0]!);
    f.prepare(payload(8, 2));
    expect(f.send(0, 0, payload(8, 2))).toBe(named(STATUS_FULL));
    expect(bytesAt(at, 8)).toEqual(payload(8, 1));
    kernel.queueRelease(f.receivers[0]!);
    expect(f.send(0, 0, payload(8, 2))).toBe(STATUS_OK);
  });

  test('is released once, and not after the message was received otherwise', () => {
    const f = Fixture.attached({ ringSize: 2 });
    const [receiver] = f.receivers as [number];
    expect(f.failing(() => kernel.queueRelease(receiver))).toBe(named(STATUS_NOT_PENDING));
    for (let k = 0; k < 2; k++) f.send(0, 0, payload(8, k));
    kernel.queueView(receiver);
    f.receive();
    expect(f.failing(() => kernel.queueRelease(receiver))).toBe(named(STATUS_NOT_PENDING));
    kernel.queueView(receiver);
    expect(kernel.queueRelease(receiver)).toBe(8);
    expect(f.failing(() => kernel.queueRelease(receiver))).toBe(named(STATUS_NOT_PENDING));
    expect(f.failing(() => kernel.queueRelease(0))).toBe(named(STATUS_BAD_HANDLE));
  });

  test('of a queue with several receivers there is none: the slot could be taken under it', () => {
    const f = Fixture.attached({ receivers: 2 });
    f.send(0, 0, payload(8, 1));
    expect(f.failing(() => kernel.queueView(f.receivers[0]!))).toBe(named(STATUS_POLICY));
  });

  test('counts as a receive', () => {
    const f = Fixture.attached({ senders: 3 });
    for (let sender = 0; sender < 3; sender++) f.send(sender, 1, payload(8, sender));
    kernel.queueView(f.receivers[0]!);
    kernel.queueRelease(f.receivers[0]!);
    expect(f.receive().sender).toBe(1);
    expect(f.receive().sender).toBe(2);
  });
});
