import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PRIORITY_COUNT, PRIORITY_CRITICAL, PRIORITY_HIGH, PRIORITY_LOW, PRIORITY_NORMAL, QUEUE_USED } from '../../src/kernel/layout.ts';
import { laneIsMoreUrgent } from '../../src/kernel/path/3-lane.ts';
import * as kernel from '../../src/kernel/queue.ts';
import { STATUS_EMPTY, STATUS_OK, STATUS_TOO_SMALL } from '../../src/kernel/status.ts';
import { Fixture, named, payload, reset, STARTS, word } from '../support/fixture.ts';
import { Traced } from '../support/traced.ts';

let traced: Traced;
beforeAll(async () => { traced = await Traced.make(); });
beforeEach(reset);

const SENDERS = [1, 2, 3, 4, 5, 8, 9, 16, 17, 31, 32];

test('Critical is more urgent than High, High than Normal, Normal than Low', () => {
  const order = [PRIORITY_CRITICAL, PRIORITY_HIGH, PRIORITY_NORMAL, PRIORITY_LOW];
  for (let a = 0; a < 4; a++) for (let b = 0; b < 4; b++) expect(laneIsMoreUrgent(order[a]!, order[b]!)).toBe(a < b);
});

describe.each(SENDERS)('%i senders', (senders) => {
  test.each([1, 2])('and %i receivers: each lane is found alone, and told apart', (receivers) => {
    const f = Fixture.attached({ senders, receivers, ringSize: 1, maxBytes: 8 });
    for (let round = 0; round < 2; round++) {
      for (let priority = PRIORITY_COUNT - 1; priority >= 0; priority--) {
        for (let sender = senders - 1; sender >= 0; sender--) {
          expect(f.send(sender, priority, payload(8, sender))).toBe(STATUS_OK);
          const got = f.receive(sender % receivers);
          expect([got.sender, got.priority]).toEqual([sender, priority]);
          expect(Buffer.compare(got.data, payload(8, sender))).toBe(0);
          expect(f.receive(0).status).toBe(named(STATUS_EMPTY));
        }
      }
    }
  });

  test.each(STARTS)('all at once, from start %i: by priority, then the senders in turn, each in its order', (start) => {
    const f = Fixture.attached({ senders, ringSize: 2, maxBytes: 8, start });
    for (let k = 0; k < 2; k++) {
      for (let priority = PRIORITY_COUNT - 1; priority >= 0; priority--) {
        for (let sender = 0; sender < senders; sender++) expect(f.send(sender, priority, payload(8, k))).toBe(STATUS_OK);
      }
    }
    for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
      for (let k = 0; k < 2; k++) {
        for (let sender = 0; sender < senders; sender++) {
          const got = f.receive();
          expect([got.priority, got.sender]).toEqual([priority, sender]);
          expect(Buffer.compare(got.data, payload(8, k))).toBe(0);
        }
      }
    }
    expect(f.receive().status).toBe(named(STATUS_EMPTY));
  });
});

test('a more urgent message overtakes all that is queued', () => {
  const f = Fixture.attached({ senders: 3, ringSize: 4 });
  for (let k = 0; k < 4; k++) for (let sender = 0; sender < 3; sender++) f.send(sender, PRIORITY_LOW, payload(8, k));
  for (const priority of [PRIORITY_NORMAL, PRIORITY_HIGH, PRIORITY_CRITICAL]) {
    f.send(2, priority, payload(8, 9));
    expect(f.receive()).toMatchObject({ sender: 2, priority });
  }
  expect(f.receive().priority).toBe(PRIORITY_LOW);
});

test('among equals, the search goes on behind the one served last: nobody starves', () => {
  const f = Fixture.attached({ senders: 4, ringSize: 8 });
  for (let k = 0; k < 6; k++) for (const sender of [0, 2, 3]) f.send(sender, 2, payload(8, k));
  const order = Array.from({ length: 6 }, () => f.receive().sender);
  expect(order).toEqual([0, 2, 3, 0, 2, 3]);
  // A sender that comes late is served in its turn; a discarded message counts as served, a peeked one does not.
  f.send(1, 2, payload(8, 0));
  kernel.queuePeek(f.receivers[0]!);
  expect(kernel.receivedSender(f.receivers[0]!)).toBe(0);
  kernel.queueDiscard(f.receivers[0]!);
  expect(kernel.receivedSender(f.receivers[0]!)).toBe(0);
  expect(f.receive().sender).toBe(1);
  expect(f.receive().sender).toBe(2);
});

test('receivers take turns each by its own cursor', () => {
  const f = Fixture.attached({ senders: 2, receivers: 2, ringSize: 4 });
  for (let k = 0; k < 2; k++) for (const sender of [0, 1]) f.send(sender, 2, payload(8, k));
  expect([f.receive(0).sender, f.receive(1).sender, f.receive(0).sender, f.receive(1).sender]).toEqual([0, 0, 1, 1]);
});

test('a message that does not fit stays first: a smaller, less urgent one does not pass it', () => {
  const f = Fixture.attached({ senders: 2 });
  f.send(0, PRIORITY_LOW, payload(4, 1));
  f.send(1, PRIORITY_HIGH, payload(40, 2));
  expect(f.receive(0, 8)).toMatchObject({ status: named(STATUS_TOO_SMALL), bytes: 40, sender: 1, priority: PRIORITY_HIGH });
  expect(f.receive(0, 40)).toMatchObject({ status: 40, sender: 1 });
  expect(f.receive(0, 8)).toMatchObject({ status: 4, sender: 0 });
});

test('peek, discard and receive see the same message first', () => {
  const f = Fixture.attached({ senders: 3 });
  for (const [sender, priority] of [[2, 3], [0, 1], [1, 1], [2, 0]] as const) f.send(sender, priority, payload(8 + sender, 0));
  for (const [sender, priority] of [[2, 0], [0, 1], [1, 1], [2, 3]] as const) {
    expect(kernel.queuePeek(f.receivers[0]!)).toBe(8 + sender);
    expect([kernel.receivedSender(f.receivers[0]!), kernel.receivedPriority(f.receivers[0]!)]).toEqual([sender, priority]);
    if (priority === 1) expect(kernel.queueDiscard(f.receivers[0]!)).toBe(8 + sender);
    else expect(f.receive()).toMatchObject({ status: 8 + sender, sender, priority });
  }
});

describe('a lane', () => {
  const used = (f: Fixture): string => [0, 1, 2, 3].map((k) => (word(f.queue + QUEUE_USED + 4 * k) >>> 0).toString(2).padStart(32, '0')).join('');

  test.each([1, 3, 32])('is known from its first message on, for ever (%i senders)', (senders) => {
    const f = Fixture.attached({ senders, ringSize: 1, maxBytes: 8 });
    expect(used(f)).not.toContain('1');
    const perPriority = 2 ** Math.ceil(Math.log2(senders));
    const known: number[] = [];
    for (const [sender, priority] of [[senders - 1, 3], [0, 0], [senders >> 1, 2]] as const) {
      for (let k = 0; k < 2; k++) {
        f.send(sender, priority, payload(8, 0));
        f.receive();
      }
      known.push(priority * perPriority + sender);
      expect([...used(f)].flatMap((bit, lane) => (bit === '1' ? [lane] : []))).toEqual([...known].sort((a, b) => a - b));
    }
  });

  test('that was never used costs a receive nothing', () => {
    const f = Fixture.attached({ senders: 8, ringSize: 1 });
    const touched = (): number[] => {
      const accesses = traced.of(() => expect(traced.kernel.queueReceive(f.receivers[0]!, f.target, 64)).toBeLessThan(0));
      const lanes: number[] = [];
      for (let lane = 0; lane < 32; lane++) {
        const ring = f.ring(lane & 7, lane >> 3);
        if (accesses.some(({ address }) => address >= ring && address < ring + 128)) lanes.push(lane);
      }
      return lanes;
    };
    expect(touched()).toEqual([]);
    f.send(5, 2, payload(8, 0));
    f.receive();
    expect(touched()).toEqual([21]);
  });
});
