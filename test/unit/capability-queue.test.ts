/** Queues by capability: who may take a place, what a place lets one do, whose badge arrives, and what a revoke leaves of it. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as cap from '../../src/kernel/capability.ts';
import {
  CAPABILITY_OBJECT, COMPLETION_BYTES, DESCRIPTOR_BYTES, POLICY_IMMUTABLE, POLICY_SLAB, SPACE_HEADER_BYTES, STATISTICS_BYTES, STATISTICS_SENT,
  TYPE_RECEIVER, TYPE_SENDER,
} from '../../src/kernel/layout.ts';
import { queueBytes, queueLength, queueRecoverSender } from '../../src/kernel/queue.ts';
import { regionQueue } from '../../src/kernel/region.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BUSY, STATUS_CLOSED, STATUS_EMPTY, STATUS_NO_CAPABILITY, STATUS_NO_COMPLETIONS, STATUS_NO_PLACE, STATUS_NO_RIGHT,
  STATUS_INVALID_MESSAGE, STATUS_OK, STATUS_POLICY, STATUS_STALE_REGION, STATUS_TIMED_OUT, STATUS_TOO_LARGE, STATUS_WRONG_SCHEMA,
} from '../../src/kernel/status.ts';
import { REASON_BITS } from '../../src/kernel/schema/program.ts';
import { storeWorkProgram, WORK_PROGRAM_BYTES, WORK_SCHEMA } from '../../src/programs/messages.ts';
import { ALL, GRANT, READ, REVOKE, System, WRITE } from '../support/capability.ts';
import { allocate, bytesAt, makeConfig, must, named, payload, reset, setBytes, setWord, type Shape, word } from '../support/fixture.ts';
import { interruptedAfter, killedAfter } from '../support/steps.ts';
import { Traced } from '../support/traced.ts';

const traced = await Traced.make();
const { kernel } = traced;
let source = 0;
let target = 0;
beforeEach(() => {
  reset();
  source = allocate(128);
  target = allocate(128);
});

/** A queue with two clients in spaces 0 and 1 (badges 10 and 11), received by the root. */
class Service {
  readonly s = new System(2);
  readonly queue: number;
  readonly senders: number[];
  readonly receiver: number;

  constructor(shape: Shape = {}, submits = 0, program = 0) {
    this.queue = this.s.queue({ completions: submits * 4, ...shape }, program);
    this.senders = [0, 1].map((k) => {
      const writes = must(this.s.grant(this.queue, k, WRITE, 10 + k));
      return must(cap.capAttachSender(this.s.spaces[k]!, writes, shape.schema ?? 0, submits));
    });
    this.receiver = must(cap.capAttachReceiver(this.s.root, this.queue));
  }

  send(k: number, bytes: number, priority = 2, k2: typeof cap = cap): string | number {
    setBytes(source, payload(bytes, bytes));
    return named(k2.capSend(this.s.spaces[k]!, this.senders[k]!, priority, source, bytes));
  }

  receive(): { status: string | number; badge: number } {
    const status = named(cap.capReceive(this.s.root, this.receiver, target, 64));
    return { status, badge: cap.capReceived(this.s.root, this.receiver, cap.RECEIVED_BADGE) };
  }
}

describe('a place', () => {
  test('is taken by a right of the queue, and names its type', () => {
    const s = new System(1);
    const queue = s.queue({ schema: 7 });
    const [reads, writes] = [must(s.grant(queue, 0, READ)), must(s.grant(queue, 0, WRITE))];
    const space = s.spaces[0]!;
    s.fails(STATUS_NO_RIGHT, () => cap.capAttachSender(space, reads, 7, 0));
    s.fails(STATUS_NO_RIGHT, () => cap.capAttachReceiver(space, writes));
    s.fails(STATUS_WRONG_SCHEMA, () => cap.capAttachSender(space, writes, 8, 0));
    s.fails(STATUS_NO_COMPLETIONS, () => cap.capAttachSender(space, writes, 7, 1));
    s.fails(STATUS_NO_CAPABILITY, () => cap.capAttachSender(space, queue + 640, 7, 0));
    expect(cap.capType(space, must(cap.capAttachSender(space, writes, 7, 0)))).toBe(TYPE_SENDER);
    expect(cap.capType(space, must(cap.capAttachReceiver(space, reads)))).toBe(TYPE_RECEIVER);
    s.fails(STATUS_NO_PLACE, () => cap.capAttachReceiver(space, reads));
  });

  test('is of one context: it cannot be passed on', () => {
    const f = new Service();
    const to = must(f.s.grant(f.s.targets[1]!, 0, WRITE));
    f.s.fails(STATUS_NO_RIGHT, () => cap.capGrant(f.s.spaces[0]!, f.senders[0]!, to, WRITE, 10));
    f.s.fails(STATUS_NO_CAPABILITY, () => cap.capSend(f.s.spaces[1]!, f.senders[0]! + 64, 0, source, 8));
  });

  test('of a sender does not receive, and the other way round; nor does a queue, nor a region', () => {
    const f = new Service();
    const space = f.s.spaces[0]!;
    const [sender] = f.senders;
    const { root } = f.s;
    for (const wrong of [f.receiver, f.queue, cap.CAP_REGIONS]) {
      f.s.fails(STATUS_NO_RIGHT, () => cap.capSend(root, wrong, 0, source, 8));
      f.s.fails(STATUS_NO_RIGHT, () => cap.capSubmit(root, wrong, 0, source, 8, 1, 2));
      f.s.fails(STATUS_NO_RIGHT, () => cap.capSendBatch(root, wrong, 0, source, 1));
      f.s.fails(STATUS_NO_RIGHT, () => cap.capSendArray(root, wrong, 0, source, 8, 1));
      f.s.fails(STATUS_NO_RIGHT, () => cap.capSendDescriptor(root, wrong, 0, source));
      f.s.fails(STATUS_NO_RIGHT, () => cap.capSubmitDescriptor(root, wrong, 0, source, 1, 2));
      f.s.fails(STATUS_NO_RIGHT, () => cap.capReserve(root, wrong, 0, 8));
      f.s.fails(STATUS_NO_RIGHT, () => cap.capCommit(root, wrong, 8, 0, 0));
      f.s.fails(STATUS_NO_RIGHT, () => cap.capReap(root, wrong, target, 16));
      f.s.fails(STATUS_NO_RIGHT, () => cap.capReapTimeout(root, wrong, target, 16, 0));
      f.s.fails(STATUS_NO_RIGHT, () => cap.capRefused(root, wrong, cap.REFUSED_REASON));
    }
    f.s.fails(STATUS_NO_RIGHT, () => cap.capReceive(space, sender!, target, 64));
    f.s.fails(STATUS_NO_RIGHT, () => cap.capReceiveTimeout(space, sender!, target, 64, 0));
    f.s.fails(STATUS_NO_RIGHT, () => cap.capReceiveArray(space, sender!, target, 8, 1));
    f.s.fails(STATUS_NO_RIGHT, () => cap.capReceiveBatch(space, sender!, target, 1));
    f.s.fails(STATUS_NO_RIGHT, () => cap.capPeek(space, sender!));
    f.s.fails(STATUS_NO_RIGHT, () => cap.capDiscard(space, sender!));
    f.s.fails(STATUS_NO_RIGHT, () => cap.capView(space, sender!));
    f.s.fails(STATUS_NO_RIGHT, () => cap.capRelease(space, sender!));
    f.s.fails(STATUS_NO_RIGHT, () => cap.capComplete(space, sender!, 0, 0, 0, 0, 0));
    f.s.fails(STATUS_NO_RIGHT, () => cap.capReceived(space, sender!, cap.RECEIVED_BYTES));
    f.s.fails(STATUS_BAD_ARGUMENT, () => cap.capReceived(root, f.receiver, 7));
  });

  test('given back is free for another; a submitter first reaps', () => {
    const f = new Service({}, 1);
    setBytes(source, payload(8, 1));
    expect(cap.capSubmit(f.s.spaces[0]!, f.senders[0]!, 1, source, 8, 3, 4)).toBe(STATUS_OK);
    f.s.fails(STATUS_BUSY, () => cap.capDrop(f.s.spaces[0]!, f.senders[0]!));
    expect(f.receive()).toEqual({ status: 8, badge: 10 });
    expect(cap.capComplete(f.s.root, f.receiver, 0, 1, 3, 4, -5)).toBe(STATUS_OK);
    expect(cap.capReap(f.s.spaces[0]!, f.senders[0]!, target, COMPLETION_BYTES)).toBe(COMPLETION_BYTES);
    expect([word(target), word(target + 4), word(target + 8)]).toEqual([3, 4, -5]);
    expect(cap.capDrop(f.s.spaces[0]!, f.senders[0]!)).toBe(STATUS_OK);
    f.s.fails(STATUS_NO_CAPABILITY, () => cap.capSend(f.s.spaces[0]!, f.senders[0]!, 1, source, 8));
    expect(cap.capDrop(f.s.root, f.receiver)).toBe(STATUS_OK);
    expect(cap.capAttachReceiver(f.s.root, f.queue)).toBeGreaterThan(0);
  });
});

test('a submitter waits for its completions: a status if none comes, and never those of another', () => {
  const f = new Service({}, 1);
  const reap = (k: number, microseconds: number): string | number =>
    named(cap.capReapTimeout(f.s.spaces[k]!, f.senders[k]!, target, COMPLETION_BYTES, microseconds));
  expect(reap(0, 0)).toBe(named(STATUS_EMPTY));
  setBytes(source, payload(8, 1));
  expect(cap.capSubmit(f.s.spaces[0]!, f.senders[0]!, 1, source, 8, 3, 4)).toBe(STATUS_OK);
  expect(f.receive().status).toBe(8);
  expect(cap.capComplete(f.s.root, f.receiver, 0, 1, 3, 4, -5)).toBe(STATUS_OK);
  expect(reap(1, 1000)).toBe(named(STATUS_TIMED_OUT));
  expect([reap(0, 1000), word(target), word(target + 4), word(target + 8)]).toEqual([COMPLETION_BYTES, 3, 4, -5]);
  const plain = new Service();
  plain.s.fails(STATUS_NO_COMPLETIONS, () => cap.capReapTimeout(plain.s.spaces[0]!, plain.senders[0]!, target, COMPLETION_BYTES, 0));
  plain.s.fails(STATUS_NO_CAPABILITY, () => cap.capReapTimeout(plain.s.spaces[0]!, plain.senders[0]! + 64, target, COMPLETION_BYTES, 0));
});

test('a sender learns by its capability why its message was refused, each its own', () => {
  const program = allocate(WORK_PROGRAM_BYTES);
  storeWorkProgram(program);
  const f = new Service({ schema: WORK_SCHEMA }, 0, program);
  const refused = (k: number): number[] =>
    [cap.REFUSED_REASON, cap.REFUSED_WORD, cap.REFUSED_BYTE].map((what) => cap.capRefused(f.s.spaces[k]!, f.senders[k]!, what));
  setBytes(source, new Uint8Array(16).fill(0));
  setBytes(source, [1]);
  expect(named(cap.capSend(f.s.spaces[1]!, f.senders[1]!, 2, source, 16))).toBe(STATUS_OK);
  setBytes(source + 13, [8]);
  expect(named(cap.capSend(f.s.spaces[1]!, f.senders[1]!, 2, source, 16))).toBe(named(STATUS_INVALID_MESSAGE));
  expect(refused(0)).toEqual([0, 0, 0]);
  const [reason, at, byte] = refused(1);
  expect([reason, byte]).toEqual([REASON_BITS, 13]);
  expect(at).toBeGreaterThan(12);
  f.s.fails(STATUS_BAD_ARGUMENT, () => cap.capRefused(f.s.spaces[1]!, f.senders[1]!, 3));
  f.s.fails(STATUS_NO_CAPABILITY, () => cap.capRefused(f.s.spaces[1]!, f.senders[1]! + 64, cap.REFUSED_BYTE));
});

test('the badge of the capability arrives with the message, by every way of sending', () => {
  const f = new Service();
  const region = must(cap.capRegionCreate(f.s.root, cap.CAP_REGIONS, POLICY_IMMUTABLE, source, 128));
  for (const k of [0, 1]) {
    const space = f.s.spaces[k]!;
    const sender = f.senders[k]!;
    const reads = must(f.s.grant(region, k, READ));
    const record = allocate(64);
    [reads, 8, 16, 0, 0, 0].forEach((value, n) => setWord(record + 4 * n, value));
    const list = allocate(64);
    [source, 8, 0, 0, 0, 0].forEach((value, n) => setWord(list + 4 * n, value));
    expect(f.send(k, 5)).toBe(STATUS_OK);
    expect(named(cap.capSendDescriptor(space, sender, 2, record))).toBe(STATUS_OK);
    expect(named(cap.capSendBatch(space, sender, 2, list, 1))).toBe(1);
    expect(f.receive()).toEqual({ status: 5, badge: 10 + k });
    expect(named(cap.capSendArray(space, sender, 2, source, 12, 1))).toBe(1);
    const built = must(cap.capReserve(space, sender, 2, 4));
    setWord(built, 42);
    expect(named(cap.capCommit(space, sender, 4, 0, 0))).toBe(STATUS_OK);
    for (const bytes of [DESCRIPTOR_BYTES, 8, 12, 4]) {
      expect(f.receive()).toEqual({ status: bytes, badge: 10 + k });
      // The receiver learns the region, not the capability by which the sender named it.
      if (bytes === DESCRIPTOR_BYTES) expect([word(target), word(target + 4), word(target + 8)]).toEqual([cap.capRegion(f.s.root, region), 8, 16]);
      if (bytes === 4) expect(word(target)).toBe(42);
    }
  }
  expect(f.receive().status).toBe(named(STATUS_EMPTY));
});

test('a descriptor names a region by a capability to it, with the right to read', () => {
  const f = new Service();
  const space = f.s.spaces[0]!;
  const send = (region: number): string | number => {
    const record = allocate(64);
    [region, 8, 0, 0, 0, 0].forEach((value, n) => setWord(record + 4 * n, value));
    return named(cap.capSendDescriptor(space, f.senders[0]!, 2, record));
  };
  const region = must(cap.capRegionCreate(f.s.root, cap.CAP_REGIONS, POLICY_IMMUTABLE, source, 128));
  expect(send(cap.capRegion(f.s.root, region))).toBe(named(STATUS_NO_CAPABILITY));
  expect(send(must(f.s.grant(region, 0, WRITE)))).toBe(named(STATUS_NO_RIGHT));
  expect(send(f.senders[0]!)).toBe(named(STATUS_NO_RIGHT));
  const slab = must(cap.capRegionCreate(f.s.root, cap.CAP_REGIONS, POLICY_SLAB, source, 128));
  expect(send(must(f.s.grant(slab, 0, READ)))).toBe(named(STATUS_POLICY));
  for (const record of [-4, source + 2]) f.s.fails(STATUS_BAD_ARGUMENT, () => cap.capSendDescriptor(space, f.senders[0]!, 2, record));
  expect(send(must(f.s.grant(region, 0, READ)))).toBe(STATUS_OK);
  expect(cap.capRegionDestroy(f.s.root, region)).toBe(1);
  expect(f.receive().status).toBe(DESCRIPTOR_BYTES);
  expect(cap.capRegionDestroy(f.s.root, region)).toBe(STATUS_OK);
});

describe('a revoke', () => {
  test('ends the places taken by what it ends; what was sent is received', () => {
    const f = new Service();
    expect(f.send(0, 8)).toBe(STATUS_OK);
    expect(cap.capRevoke(f.s.root, f.queue)).toBe(5);
    f.s.fails(STATUS_NO_CAPABILITY, () => cap.capSend(f.s.spaces[0]!, f.senders[0]!, 2, source, 8));
    f.s.fails(STATUS_NO_CAPABILITY, () => cap.capReceive(f.s.root, f.receiver, target, 64));
    expect(cap.capDrop(f.s.root, f.receiver)).toBe(STATUS_OK);
    const again = must(cap.capAttachReceiver(f.s.root, f.queue));
    expect(cap.capReceive(f.s.root, again, target, 64)).toBe(8);
  });

  test('leaves the place to its context until that drops it', () => {
    const f = new Service({ senders: 2 }, 1);
    cap.capSubmit(f.s.spaces[0]!, f.senders[0]!, 1, source, 8, 3, 4);
    cap.capRevoke(f.s.root, f.queue);
    const writes = must(f.s.grant(f.queue, 1, WRITE));
    f.s.fails(STATUS_NO_PLACE, () => cap.capAttachSender(f.s.spaces[1]!, writes, 0, 1));
    expect(cap.capDrop(f.s.spaces[0]!, f.senders[0]!)).toBe(STATUS_OK);
    expect(cap.capAttachSender(f.s.spaces[1]!, writes, 0, 1)).toBeGreaterThan(0);
    f.s.fails(STATUS_NO_CAPABILITY, () => cap.capDrop(f.s.spaces[0]!, f.senders[0]!));
  });

  test('at any step of a send: it is received whole, or refused wholly; the next one is refused', () => {
    const outcomes = new Set<string | number>();
    for (let step = 1; ; step++) {
      reset();
      source = allocate(128);
      target = allocate(128);
      const f = new Service();
      let result: string | number = 0;
      const done = interruptedAfter(traced, step, () => { result = f.send(0, 40, 2, kernel as unknown as typeof cap); },
        () => { cap.capRevoke(f.s.root, f.queue); });
      if (!done) break;
      outcomes.add(result);
      expect(f.send(0, 8)).toBe(named(STATUS_NO_CAPABILITY));
      cap.capDrop(f.s.root, f.receiver);
      const again = must(cap.capAttachReceiver(f.s.root, f.queue));
      const got = cap.capReceive(f.s.root, again, target, 64);
      expect(named(got)).toBe(result === STATUS_OK ? 40 : named(STATUS_EMPTY));
      if (got > 0) expect(bytesAt(target, 40)).toEqual(payload(40, 40));
    }
    // The look at the capability is the first step: a revoke after it comes after the send.
    expect([...outcomes]).toEqual([STATUS_OK]);
  });

  test('at any step of taking a place: there is none, or it is ended', () => {
    for (let step = 1; ; step++) {
      reset();
      const s = new System(1);
      const queue = s.queue({ senders: 1 });
      const writes = must(s.grant(queue, 0, WRITE, 3));
      let place = 0;
      const done = interruptedAfter(traced, step, () => { place = kernel.capAttachSender(s.spaces[0]!, writes, 0, 0); },
        () => { cap.capRevoke(s.root, queue); });
      if (!done) break;
      if (place > 0) {
        expect(named(cap.capSend(s.spaces[0]!, place, 0, 4096, 8))).toBe(named(STATUS_NO_CAPABILITY));
        expect(cap.capDrop(s.spaces[0]!, place)).toBe(STATUS_OK);
      }
      expect(must(cap.capAttachSender(s.root, queue, 0, 0))).toBeGreaterThan(0);
    }
  });
});

test('a dead client leaves its place, and what it sent', () => {
  const f = new Service({ senders: 2 });
  f.send(0, 24);
  expect(cap.capRecover(f.s.root, f.s.targets[0]!)).toBe(0);
  const writes = must(f.s.grant(f.queue, 0, WRITE, 99));
  const place = must(cap.capAttachSender(f.s.spaces[0]!, writes, 0, 0));
  setBytes(source, payload(16, 2));
  expect(cap.capSend(f.s.spaces[0]!, place, 2, source, 16)).toBe(STATUS_OK);
  expect(f.receive()).toEqual({ status: 24, badge: 10 });
  expect(f.receive()).toEqual({ status: 16, badge: 99 });
});

test('a death at any step of dropping a place leaves it free for one, and for one only', () => {
  for (let steps = 0; ; steps++) {
    reset();
    source = allocate(128);
    target = allocate(128);
    const f = new Service({ senders: 2 });
    const finished = killedAfter(traced, steps, () => kernel.capDrop(f.s.spaces[0]!, f.senders[0]!));
    const early = cap.capAttachSender(f.s.root, f.queue, 0, 0);
    cap.capRecover(f.s.root, f.s.targets[0]!);
    if (early < 0) {
      if (cap.capAttachSender(f.s.root, f.queue, 0, 0) < 0) {
        // Killed inside giving it back: nobody can tell from the place alone whose it is.
        const region = word(f.s.root + SPACE_HEADER_BYTES + (f.queue & 63) * 64 + CAPABILITY_OBJECT);
        expect(queueRecoverSender(regionQueue(f.s.table, region), 0)).toBe(STATUS_OK);
        must(cap.capAttachSender(f.s.root, f.queue, 0, 0));
      }
    } else expect(named(cap.capSend(f.s.root, early, 0, source, 8))).toBe(STATUS_OK);
    expect(named(cap.capAttachSender(f.s.root, f.queue, 0, 0))).toBe(named(STATUS_NO_PLACE));
    if (finished) break;
  }
});

test('a queue is made in a Slab one may write, and closed by who may end it', () => {
  const s = new System(1);
  const queue = s.queue();
  const given = must(s.grant(queue, 0, READ | WRITE | GRANT));
  s.fails(STATUS_NO_RIGHT, () => cap.capQueueClose(s.spaces[0]!, given));
  const ends = must(s.grant(queue, 0, REVOKE));
  expect(cap.capQueueClose(s.spaces[0]!, ends)).toBe(STATUS_OK);
  s.fails(STATUS_CLOSED, () => cap.capAttachSender(s.spaces[0]!, given, 0, 0));
  const region = must(cap.capRegionCreate(s.root, cap.CAP_REGIONS, POLICY_SLAB, allocate(64), 64));
  const config = allocate(32);
  [4, 64, 0, 1, 1, 0, 0, 0].forEach((value, n) => setWord(config + 4 * n, value));
  s.fails('STATUS_NO_MEMORY', () => cap.capQueueCreate(s.root, region, config));
  const reads = must(s.grant(region, 0, READ));
  s.fails(STATUS_NO_RIGHT, () => cap.capQueueCreate(s.spaces[0]!, reads, config));
  s.fails(STATUS_NO_RIGHT, () => cap.capQueueCreate(s.root, queue, config));
});

test('what the queue refuses is refused as without a capability', () => {
  const f = new Service();
  expect(named(cap.capSend(f.s.spaces[0]!, f.senders[0]!, 4, source, 8))).toBe('STATUS_BAD_PRIORITY');
  expect(named(cap.capSend(f.s.spaces[0]!, f.senders[0]!, 0, source, 65))).toBe(named(STATUS_TOO_LARGE));
  expect(named(cap.capPeek(f.s.root, f.receiver))).toBe(named(STATUS_EMPTY));
  expect(queueLength(f.s.table)).toBeLessThan(0);
  expect(ALL).toBe(31);
});

test('a queue is looked at with the right to read it', () => {
  const f = new Service({ completions: 4 }, 1);
  const { spaces: [space, other], root } = f.s;
  const [reads, writes] = [must(f.s.grant(f.queue, 0, READ)), must(f.s.grant(f.queue, 0, WRITE))];
  const record = allocate(STATISTICS_BYTES);
  const looks: ((space: number, one: number) => number)[] = [
    (at, one) => cap.capQueueLength(at, one), (at, one) => cap.capQueueLaneLength(at, one, 1), (at, one) => cap.capQueueOwed(at, one, 1, 1),
    (at, one) => cap.capQueueRefusals(at, one, REASON_BITS), (at, one) => cap.capQueueStatistics(at, one, record),
  ];
  for (const look of looks) {
    for (const wrong of [writes, f.senders[0]!]) f.s.fails(STATUS_NO_RIGHT, () => look(space!, wrong));
    f.s.fails(STATUS_NO_CAPABILITY, () => look(other!, reads + 640));
  }
  for (const k of [1, 2, 3]) expect(f.send(1, k, 1)).toBe(STATUS_OK);
  expect(f.receive().status).toBe(1);
  expect(looks.map((look) => look(space!, reads))).toEqual([2, 2, 1, 0, 0]);
  expect(word(record + STATISTICS_SENT + 8)).toBe(3);
  expect(named(cap.capQueueLaneLength(space!, reads, 4))).toBe('STATUS_BAD_PRIORITY');
  expect(named(cap.capQueueRefusals(space!, reads, -1))).toBe('STATUS_BAD_ARGUMENT');
  expect(named(cap.capQueueOwed(space!, reads, 2, 0))).toBe('STATUS_BAD_ARGUMENT');
  expect(cap.capQueueLength(root, f.queue)).toBe(2);
});

test('a queue made where another was is not reached by capabilities to that one', () => {
  const s = new System(1);
  const config = makeConfig({ senders: 1, receivers: 1, ringSize: 4, maxBytes: 64, completions: 0, start: 0, schema: 0 });
  const bytes = must(queueBytes(config));
  const at = allocate(bytes);
  const make = (): [number, number] => {
    const region = must(cap.capRegionCreate(s.root, cap.CAP_REGIONS, POLICY_SLAB, at, bytes));
    return [region, must(cap.capQueueCreate(s.root, region, config))];
  };
  const [region, old] = make();
  const given = must(s.grant(old, 0, ALL));
  expect(cap.capRegionDestroy(s.root, region)).toBe(STATUS_OK);
  const [, next] = make();
  for (const [space, one] of [[s.root, old], [s.spaces[0]!, given]] as const) {
    s.fails(STATUS_STALE_REGION, () => cap.capAttachSender(space, one, 0, 0));
    s.fails(STATUS_STALE_REGION, () => cap.capAttachReceiver(space, one));
    s.fails(STATUS_STALE_REGION, () => cap.capQueueClose(space, one));
  }
  expect(cap.capAttachSender(s.root, next, 0, 0)).toBeGreaterThan(0);
});
