/**
 * The scenarios: small queues and the tasks that use them.
 *
 * Each is small enough to be exhausted, and together they make every pair of operations meet. Names say senders x receivers,
 * ring size, and what is special. Elsewhere: what must hold is in monitor.ts. Checked by: test/explore.
 */
import {
  BATCH_ADDRESS, BATCH_BYTES, BATCH_LENGTH, DESCRIPTOR_LENGTH, DESCRIPTOR_REGION, POLICY_APPEND_ONLY, QUEUE_WAITERS,
  QUEUE_EVENT, RING_CONSUMED, RING_PRODUCED, RING_SLOTS, SLOT_BADGE, SLOT_META,
} from '../kernel/layout.ts';
import { STATUS_CLOSED, STATUS_EMPTY, STATUS_FULL, STATUS_NOT_COMMITTED, STATUS_NO_PLACE, STATUS_STALE_REGION } from '../kernel/status.ts';
import { messageName } from './monitor.ts';
import { type Call, KEPT, type Lane, type Place, type QueueShape, type Scenario, type Task } from './scenario.ts';

const MESSAGE_BYTES = 8;
const CRITICAL = 0;
const HIGH = 1;
const NORMAL = 2;
const LOW = 3;

const message = (place: Place, lane: number, number: number): number => {
  const at = place.allocate(16);
  place.store(at, messageName(lane, number));
  place.store(at + 4, ~messageName(lane, number));
  return at;
};

/** Calls, bound to a place and the scenario's lanes. */
export class Calls {
  readonly place: Place;
  private readonly lanes: Lane[];
  private readonly sent: number[];

  constructor(place: Place, lanes: Lane[]) {
    this.place = place;
    this.lanes = lanes;
    this.sent = lanes.map(() => 0);
  }

  send(lane: number, handle = this.place.senders[this.lanes[lane]!.sender]!): Call {
    const number = this.sent[lane]!++;
    const source = message(this.place, lane, number);
    return { name: 'queueSend', operands: [handle, this.lanes[lane]!.priority, source, MESSAGE_BYTES], meaning: { kind: 'send', lane, message: number } };
  }

  sends(lane: number, count: number): Call[] {
    return Array.from({ length: count }, () => this.send(lane));
  }

  submit(lane: number): Call {
    const number = this.sent[lane]!++;
    const name = messageName(lane, number);
    const { sender, priority } = this.lanes[lane]!;
    const source = message(this.place, lane, number);
    const operands = [this.place.senders[sender]!, priority, source, MESSAGE_BYTES, name, ~name];
    return { name: 'queueSubmit', operands, meaning: { kind: 'send', lane, message: number } };
  }

  sendBatch(lane: number, count: number): Call {
    const list = this.place.allocate(count * BATCH_BYTES);
    const first = this.sent[lane]!;
    for (let i = 0; i < count; i++) {
      this.place.store(list + i * BATCH_BYTES + BATCH_ADDRESS, message(this.place, lane, this.sent[lane]!++));
      this.place.store(list + i * BATCH_BYTES + BATCH_LENGTH, MESSAGE_BYTES);
    }
    const { sender, priority } = this.lanes[lane]!;
    return { name: 'queueSendBatch', operands: [this.place.senders[sender]!, priority, list, count], meaning: { kind: 'sendBatch', lane, first, count, list } };
  }

  receive(receiver: number, buffer: number): Call {
    return { name: 'queueReceive', operands: [this.place.receivers[receiver]!, buffer, 16], meaning: { kind: 'receive', receiver, buffer, timed: false } };
  }

  receives(receiver: number, count: number): Call[] {
    const buffer = this.place.allocate(16);
    return Array.from({ length: count }, () => this.receive(receiver, buffer));
  }

  waits(receiver: number, count: number, microseconds: number): Call[] {
    const buffer = this.place.allocate(16);
    return Array.from({ length: count }, () => ({
      name: 'queueReceiveTimeout', operands: [this.place.receivers[receiver]!, buffer, 16, microseconds],
      meaning: { kind: 'receive', receiver, buffer, timed: microseconds >= 0 },
    }));
  }

  receiveBatch(receiver: number, count: number): Call {
    const list = this.place.allocate(count * BATCH_BYTES);
    for (let i = 0; i < count; i++) {
      this.place.store(list + i * BATCH_BYTES + BATCH_ADDRESS, this.place.allocate(16));
      this.place.store(list + i * BATCH_BYTES + BATCH_LENGTH, 16);
    }
    return { name: 'queueReceiveBatch', operands: [this.place.receivers[receiver]!, list, count], meaning: { kind: 'receiveBatch', receiver, list, count } };
  }

  sendArray(lane: number, count: number): Call {
    const first = this.sent[lane]!;
    const source = this.place.allocate(count * MESSAGE_BYTES);
    for (let i = 0; i < count; i++) {
      const name = messageName(lane, this.sent[lane]!++);
      this.place.store(source + i * MESSAGE_BYTES, name);
      this.place.store(source + i * MESSAGE_BYTES + 4, ~name);
    }
    const { sender, priority } = this.lanes[lane]!;
    return {
      name: 'queueSendArray', operands: [this.place.senders[sender]!, priority, source, MESSAGE_BYTES, count],
      meaning: { kind: 'sendArray', lane, first, count },
    };
  }

  receiveArray(receiver: number, count: number): Call {
    const buffer = this.place.allocate(count * MESSAGE_BYTES);
    return {
      name: 'queueReceiveArray', operands: [this.place.receivers[receiver]!, buffer, MESSAGE_BYTES, count],
      meaning: { kind: 'receiveArray', receiver, buffer, count },
    };
  }

  /** A wait with a buffer too small for any message. */
  waitsSmall(receiver: number): Call {
    const [call] = this.waits(receiver, 1, -1);
    call!.operands[2] = 4;
    return call!;
  }

  discard(receiver: number): Call {
    return { name: 'queueDiscard', operands: [this.place.receivers[receiver]!], meaning: { kind: 'discard', receiver } };
  }

  peek(receiver: number): Call {
    return { name: 'queuePeek', operands: [this.place.receivers[receiver]!], meaning: { kind: 'peek', receiver } };
  }

  view(receiver: number): Call {
    return { name: 'queueView', operands: [this.place.receivers[receiver]!], meaning: { kind: 'view', receiver } };
  }

  release(receiver: number): Call {
    return { name: 'queueRelease', operands: [this.place.receivers[receiver]!], meaning: { kind: 'release', receiver } };
  }

  /** A message built in its slot. */
  build(lane: number): Call {
    const number = this.sent[lane]!++;
    const { sender, priority } = this.lanes[lane]!;
    const name = messageName(lane, number);
    return { name: 'taskBuild', operands: [this.place.senders[sender]!, priority, name, ~name], meaning: { kind: 'send', lane, message: number } };
  }

  complete(receiver: number): Call {
    return { name: 'taskComplete', operands: [this.place.receivers[receiver]!], meaning: { kind: 'complete', receiver }, ifGood: true };
  }

  reaps(sender: number, count: number): Call[] {
    const buffer = this.place.allocate(16);
    const reaper = this.place.call('queueCompletions', this.place.senders[sender]!);
    return Array.from({ length: count }, () => ({ name: 'queueReceive', operands: [reaper, buffer, 16], meaning: { kind: 'reap', sender, buffer } }));
  }

  other(name: string, ...operands: number[]): Call {
    return { name, operands, meaning: { kind: 'other' } };
  }

  close(): Call {
    return { name: 'queueClose', operands: [this.place.queue], meaning: { kind: 'close' } };
  }

  /** What the kernel does once task number `dead`, a sender, has died: recover, and let a successor send. */
  recoverSender(dead: number, sender: number, lane: number | undefined, killable = false): Task {
    const { queue } = this.place;
    const calls: Call[] = [this.other('queueRecoverSender', queue, sender)];
    if (lane !== undefined) {
      calls.push({ ...this.other('queueAttachSender', queue, 0), keep: true }, this.send(lane, KEPT));
    }
    return { name: `recovery of sender ${sender}`, calls, afterDeathOf: dead, killable };
  }

  recoverReceiver(dead: number, receiver: number, receives: number, killable = false): Task {
    const { queue } = this.place;
    const buffer = this.place.allocate(16);
    const calls: Call[] = [this.other('queueRecoverReceiver', queue, receiver), { ...this.other('queueAttachReceiver', queue), keep: true }];
    for (let i = 0; i < receives; i++) {
      calls.push({ name: 'queueReceive', operands: [KEPT, buffer, 16], meaning: { kind: 'receive', receiver, buffer, timed: false } });
    }
    return { name: `recovery of receiver ${receiver}`, calls, afterDeathOf: dead, killable };
  }
}

const shape = (senders: number, receivers: number, ringSize: number, more: Partial<QueueShape> = {}): QueueShape =>
  ({ senders, receivers, ringSize, maxBytes: 16, completions: 0, start: 0, ...more });

interface Options {
  kills?: number;
  spurious?: number;
  soloSteps?: number;
  lanes?: Lane[];
}

const scenario = (name: string, form: QueueShape, options: Options, tasks: (calls: Calls) => Task[]): Scenario => {
  const lanes = options.lanes ?? Array.from({ length: form.senders }, (_, sender) => ({ sender, priority: NORMAL }));
  return {
    name, shape: form, lanes, kills: options.kills ?? 0, spurious: options.spurious ?? 0,
    ...(options.soloSteps === undefined ? {} : { soloSteps: options.soloSteps }),
    tasks: (place) => tasks(new Calls(place, lanes)),
  };
};

const sender = (calls: Call[], more: Partial<Task> = {}): Task => ({ name: 'sender', calls, ...more });
const receiver = (calls: Call[], more: Partial<Task> = {}): Task => ({ name: 'receiver', calls, ...more });

const TWO_PRIORITIES: Lane[] = [{ sender: 0, priority: CRITICAL }, { sender: 0, priority: NORMAL }];
const NEAR_WRAP = -1;
const SOLO_STEPS = 400;

export const SCENARIOS: Scenario[] = [
  scenario('1x1 ring 1', shape(1, 1, 1), { soloSteps: SOLO_STEPS }, (c) => [sender(c.sends(0, 3)), receiver(c.receives(0, 3))]),
  scenario('1x1 ring 2', shape(1, 1, 2), { soloSteps: SOLO_STEPS }, (c) => [sender(c.sends(0, 4)), receiver(c.receives(0, 4))]),
  scenario('1x1 ring 2 near 2^32', shape(1, 1, 2, { start: NEAR_WRAP }), {}, (c) => [sender(c.sends(0, 4)), receiver(c.receives(0, 4))]),
  scenario('1x1 ring 1 near 2^31', shape(1, 1, 1, { start: 0x7fffffff }), {}, (c) => [sender(c.sends(0, 3)), receiver(c.receives(0, 3))]),
  scenario('1x1 two priorities', shape(1, 1, 2), { lanes: TWO_PRIORITIES },
    (c) => [sender([c.send(1), c.send(0), c.send(1), c.send(0)]), receiver(c.receives(0, 5))]),
  scenario('2x1 ring 1', shape(2, 1, 1), { soloSteps: SOLO_STEPS },
    (c) => [sender(c.sends(0, 2)), sender(c.sends(1, 2)), receiver(c.receives(0, 4))]),
  scenario('2x1 priorities', shape(2, 1, 2), { lanes: [{ sender: 0, priority: CRITICAL }, { sender: 1, priority: NORMAL }] },
    (c) => [sender(c.sends(0, 2)), sender(c.sends(1, 2)), receiver(c.receives(0, 4))]),
  scenario('1x2 ring 1', shape(1, 2, 1), { soloSteps: SOLO_STEPS },
    (c) => [sender(c.sends(0, 3)), receiver(c.receives(0, 2)), receiver(c.receives(1, 2))]),
  scenario('1x2 ring 2', shape(1, 2, 2), {}, (c) => [sender(c.sends(0, 3)), receiver(c.receives(0, 2)), receiver(c.receives(1, 2))]),
  scenario('2x2 ring 1', shape(2, 2, 1), {},
    (c) => [sender(c.sends(0, 2)), sender(c.sends(1, 1)), receiver(c.receives(0, 2)), receiver(c.receives(1, 1))]),
  scenario('1x1 sleeping', shape(1, 1, 2), { spurious: 1 }, (c) => [sender(c.sends(0, 2)), receiver(c.waits(0, 2, -1))]),
  scenario('1x1 sleeping, timeouts', shape(1, 1, 2), { spurious: 1 },
    (c) => [sender(c.sends(0, 2)), receiver(c.waits(0, 2, 100), { timed: true })]),
  scenario('2x1 sleeping', shape(2, 1, 1), {}, (c) => [sender(c.sends(0, 1)), sender(c.sends(1, 1)), receiver(c.waits(0, 2, -1))]),
  scenario('1x2 sleeping', shape(1, 2, 2), {}, (c) => [sender(c.sends(0, 2)), receiver(c.waits(0, 1, -1)), receiver(c.waits(1, 1, -1))]),
  scenario('1x1 batches', shape(1, 1, 2), {}, (c) => [sender([c.sendBatch(0, 3), c.sendBatch(0, 2)]), receiver([c.receiveBatch(0, 2), c.receiveBatch(0, 3)])]),
  scenario('2x2 batches', shape(2, 2, 2), {},
    (c) => [sender([c.sendBatch(0, 2)]), sender([c.sendBatch(1, 2)]), receiver([c.receiveBatch(0, 2)]), receiver([c.receiveBatch(1, 2)])]),
  scenario('1x1 arrays', shape(1, 1, 2), {}, (c) => [sender([c.sendArray(0, 3), c.sendArray(0, 2)]), receiver([c.receiveArray(0, 2), c.receiveArray(0, 3)])]),
  scenario('1x1 arrays near 2^32', shape(1, 1, 2, { start: NEAR_WRAP }), {},
    (c) => [sender([c.sendArray(0, 2), c.sendArray(0, 2)]), receiver([c.receiveArray(0, 2), c.receiveArray(0, 2)])]),
  scenario('1x1 arrays, two priorities', shape(1, 1, 2), { lanes: TWO_PRIORITIES },
    (c) => [sender([c.sendArray(1, 2), c.sendArray(0, 2)]), receiver([c.receiveArray(0, 3), c.receiveArray(0, 3)])]),
  scenario('1x1 arrays, sleeping', shape(1, 1, 2), {}, (c) => [sender([c.sendArray(0, 2)]), receiver([...c.waits(0, 1, -1), c.receiveArray(0, 2)])]),
  scenario('2x1 arrays', shape(2, 1, 2), {},
    (c) => [sender([c.sendArray(0, 2)]), sender([c.sendArray(1, 2)]), receiver([c.receiveArray(0, 2), c.receiveArray(0, 3)])]),
  scenario('1x2 arrays', shape(1, 2, 2), {}, (c) => [sender([c.sendArray(0, 3)]), receiver([c.receiveArray(0, 2)]), receiver([c.receiveArray(1, 2)])]),
  scenario('1x1 peek and discard', shape(1, 1, 2), {}, (c) => [sender(c.sends(0, 3)), receiver([c.peek(0), c.discard(0), c.peek(0), ...c.receives(0, 2)])]),
  scenario('1x2 peek and discard', shape(1, 2, 1), {},
    (c) => [sender(c.sends(0, 3)), receiver([c.discard(0), c.peek(0)]), receiver([...c.receives(1, 1), c.discard(1)])]),
  scenario('1x1 close', shape(1, 1, 2), {},
    (c) => [sender(c.sends(0, 2)), receiver(c.waits(0, 3, -1)), { name: 'closer', calls: [c.close()] }]),
  scenario('1x2 close', shape(1, 2, 1), {},
    (c) => [sender(c.sends(0, 1)), receiver(c.waits(0, 1, -1)), receiver(c.waits(1, 1, -1)), { name: 'closer', calls: [c.close()] }]),
  scenario('interrupt sends', shape(2, 1, 1), {},
    (c) => [sender(c.sends(0, 2)), { name: 'interrupt', calls: c.sends(1, 2), interrupts: 0 }, receiver(c.waits(0, 2, -1))]),
  scenario('interrupt on the receiver', shape(2, 1, 2), {},
    (c) => [sender(c.sends(0, 1)), { name: 'interrupt', calls: c.sends(1, 2), interrupts: 2 }, receiver(c.waits(0, 3, -1))]),
  scenario('1x1 completions', shape(1, 1, 2, { completions: 1 }), {},
    (c) => [sender([c.submit(0), ...c.reaps(0, 1), c.submit(0), ...c.reaps(0, 1)]),
      receiver([...c.receives(0, 1), c.complete(0), ...c.receives(0, 1), c.complete(0)])]),
  scenario('1x1 completions, sleeping', shape(1, 1, 2, { completions: 1 }), {},
    (c) => [sender([c.submit(0), ...c.reaps(0, 1)]), receiver([...c.waits(0, 1, -1), c.complete(0)])]),
  scenario('1x2 completions', shape(1, 2, 2, { completions: 2 }), {},
    (c) => [sender([c.submit(0), c.submit(0), ...c.reaps(0, 2)]),
      receiver([...c.receives(0, 1), c.complete(0)]), receiver([...c.receives(1, 1), c.complete(1)])]),
];

/** The 8 bytes that appenders append. */
const appended = (c: Calls): number => {
  const source = c.place.allocate(16);
  c.place.store(source, 0x5eed);
  c.place.store(source + 4, 0x5eee);
  return source;
};

/** An AppendOnly region and the calls that append to it and read what is committed. */
const appending = (c: Calls): { region: number; append: Call; read: Call } => {
  const { table } = c.place;
  const region = c.place.call('regionCreate', table, POLICY_APPEND_ONLY, c.place.allocate(64), 64);
  return {
    region, append: c.other('regionAppend', table, region, appended(c), 8),
    read: { name: 'taskReadCommitted', operands: [table, region], meaning: { kind: 'other' } },
  };
};

const following = (c: Calls): Call => {
  const { table, receivers } = c.place;
  return { ...c.other('taskFollowDescriptor', table, receivers[0]!, c.place.allocate(24)), meaning: { kind: 'other', accept: [STATUS_EMPTY] } };
};

export const MORE: Scenario[] = [
  scenario('1x2 two priorities', shape(1, 2, 2), { lanes: TWO_PRIORITIES },
    (c) => [sender([c.send(1), c.send(0), c.send(0)]), receiver(c.receives(0, 1)), receiver(c.receives(1, 1))]),
  scenario('1x2 batch wakes two', shape(1, 2, 2), {}, (c) => [sender([c.sendBatch(0, 2)]), receiver(c.waits(0, 1, -1)), receiver(c.waits(1, 1, -1))]),
  scenario('1x1 built and viewed', shape(1, 1, 2), {},
    (c) => [sender([c.build(0), c.send(0), c.build(0)]), receiver([c.view(0), c.release(0), c.release(0), c.view(0),
      c.release(0), ...c.receives(0, 1)])]),
  scenario('1x1 built and viewed, ring 1', shape(1, 1, 1, { start: NEAR_WRAP }), { lanes: TWO_PRIORITIES },
    (c) => [sender([c.build(1), c.build(0), c.build(1)]), receiver([c.view(0), c.view(0), c.release(0), ...c.receives(0, 1), c.release(0)])]),
  scenario('attach while closing', shape(1, 1, 1), {}, (c) => {
    c.place.call('queueDetachSender', c.place.senders[0]!);
    const attach: Call = { ...c.other('queueAttachSender', c.place.queue, 0), keep: true, meaning: { kind: 'other', accept: [STATUS_CLOSED] } };
    return [sender([attach, { ...c.send(0, KEPT), ifGood: true }]), { name: 'closer', calls: [c.close()] }, receiver(c.receives(0, 1))];
  }),
  scenario('1x1 close after the send', shape(1, 1, 2), {},
    (c) => [sender(c.sends(0, 1)), receiver(c.receives(0, 2)), { name: 'closer', calls: [c.close()], afterEndOf: [0] }]),
  scenario('1x2 too small', shape(1, 2, 1), {}, (c) => [sender(c.sends(0, 1)), receiver([c.waitsSmall(0)]), receiver(c.waits(1, 1, -1))]),
  scenario('append and read', shape(1, 1, 1), { lanes: [] }, (c) => {
    const { append, read } = appending(c);
    return [{ name: 'appender', calls: [append, append] }, { name: 'reader', calls: [read, read] }];
  }),
  scenario('1x1 descriptors', shape(1, 1, 1, { maxBytes: 24 }), { lanes: [] }, (c) => {
    const { table, senders } = c.place;
    const { region } = appending(c);
    const send: Call = {
      ...c.other('taskSendAppended', table, region, senders[0]!, appended(c), c.place.allocate(24)), meaning: { kind: 'other', accept: [STATUS_FULL] },
    };
    return [sender([send, send]), receiver([following(c), following(c)])];
  }),
  scenario('a region ends while descriptors are followed', shape(1, 1, 1, { maxBytes: 24 }), { lanes: [] }, (c) => {
    const { table } = c.place;
    const old = c.place.allocate(64);
    const region = c.place.call('regionCreate', table, 2, old, 64);
    c.place.call('regionAppend', table, region, appended(c), 8);
    const read: Call = { ...c.other('taskReadCommitted', table, region), meaning: { kind: 'other', accept: [STATUS_STALE_REGION] } };
    const owner = [c.other('regionDestroy', table, region), c.other('regionCreate', table, 3, c.place.allocate(64), 32)];
    return [{ name: 'owner', calls: owner }, { name: 'reader', calls: [read, read] }];
  }),
  scenario('a place changes hands', shape(1, 1, 1), {}, (c) => {
    const attach: Call = { ...c.other('queueAttachSender', c.place.queue, 0), keep: true, meaning: { kind: 'other', accept: [STATUS_NO_PLACE] } };
    return [sender([c.send(0), c.other('queueDetachSender', c.place.senders[0]!)]),
      sender([attach, { ...c.send(0, KEPT), ifGood: true }]), receiver(c.receives(0, 2))];
  }),
];

/** Death inside an append: what was committed stays, what was not is gone, and no descriptor names more than is committed. */
const REGION_DEATHS: Scenario[] = [
  scenario('appender dies', shape(1, 1, 1), { lanes: [], kills: 1 }, (c) => {
    const { append, read } = appending(c);
    return [{ name: 'appender', calls: [append, append], killable: true }, { name: 'reader', calls: [read, read] },
      { name: 'successor', calls: [append, read], afterDeathOf: 0 }];
  }),
  scenario('appender dies, descriptors beyond the cursor', shape(1, 1, 1, { maxBytes: 24 }), { lanes: [], kills: 1 }, (c) => {
    const { region, append } = appending(c);
    const record = c.place.allocate(24);
    c.place.store(record + DESCRIPTOR_REGION, region);
    c.place.store(record + DESCRIPTOR_LENGTH, 8);
    const early: Call = {
      ...c.other('queueSendDescriptor', c.place.senders[0]!, NORMAL, record), meaning: { kind: 'other', accept: [STATUS_NOT_COMMITTED, STATUS_FULL] },
    };
    return [{ name: 'appender', calls: [append], killable: true }, sender([early, early]), receiver([following(c), following(c)]),
      { name: 'successor', calls: [append], afterDeathOf: 0 }];
  }),
  scenario('appender that sends descriptors dies', shape(1, 1, 1, { maxBytes: 24 }), { lanes: [], kills: 1 }, (c) => {
    const { table, senders, queue } = c.place;
    const { region } = appending(c);
    const source = appended(c);
    const send = (handle: number): Call => ({
      ...c.other('taskSendAppended', table, region, handle, source, c.place.allocate(24)), meaning: { kind: 'other', accept: [STATUS_FULL] },
    });
    return [sender([send(senders[0]!), send(senders[0]!)], { killable: true }), receiver([following(c), following(c)]),
      { name: 'recovery of sender 0', afterDeathOf: 0, calls: [c.other('queueRecoverSender', queue, 0), c.other('regionRecover', table, 0),
        { ...c.other('queueAttachSender', queue, 0), keep: true }, send(KEPT)] }];
  }),
];

export const DEATHS: Scenario[] = [
  scenario('sender that builds dies', shape(1, 1, 1), { kills: 1 },
    (c) => [sender([c.build(0), c.build(0)], { killable: true }), receiver([c.view(0), c.release(0), ...c.receives(0, 1)]),
      c.recoverSender(0, 0, 0)]),
  scenario('receiver that views dies', shape(1, 1, 2), { kills: 1 },
    (c) => [sender(c.sends(0, 3)), receiver([c.view(0), c.release(0)], { killable: true }), c.recoverReceiver(1, 0, 2)]),
  ...REGION_DEATHS,
  scenario('sender dies', shape(1, 1, 1), { kills: 1 },
    (c) => [sender(c.sends(0, 2), { killable: true }), receiver(c.receives(0, 3)), c.recoverSender(0, 0, 0)]),
  scenario('sender dies near 2^32', shape(1, 1, 2, { start: NEAR_WRAP }), { kills: 1 },
    (c) => [sender(c.sends(0, 2), { killable: true }), receiver(c.receives(0, 3)), c.recoverSender(0, 0, 0)]),
  scenario('sender dies, receiver sleeps', shape(1, 1, 1), { kills: 1 },
    (c) => [sender(c.sends(0, 2), { killable: true }), receiver(c.waits(0, 2, -1)), c.recoverSender(0, 0, undefined)]),
  scenario('one of two senders dies', shape(2, 1, 1), { kills: 1 },
    (c) => [sender(c.sends(0, 1), { killable: true }), sender(c.sends(1, 1)), receiver(c.waits(0, 2, -1)), c.recoverSender(0, 0, undefined)]),
  scenario('sender dies, successor attaches by itself', shape(1, 1, 1), { kills: 1 }, (c) => {
    const attach: Call = { ...c.other('queueAttachSender', c.place.queue, 0), keep: true, meaning: { kind: 'other', accept: [STATUS_NO_PLACE] } };
    return [sender(c.sends(0, 1), { killable: true }), receiver(c.receives(0, 2)), c.recoverSender(0, 0, undefined),
      { name: 'successor', calls: [attach, { ...c.send(0, KEPT), ifGood: true }], afterDeathOf: 0 }];
  }),
  scenario('receiver dies', shape(1, 1, 2), { kills: 1 },
    (c) => [sender(c.sends(0, 3)), receiver(c.receives(0, 2), { killable: true }), c.recoverReceiver(1, 0, 2)]),
  scenario('receiver of two senders dies', shape(2, 1, 1), { kills: 1 },
    (c) => [sender(c.sends(0, 2)), sender(c.sends(1, 1)), receiver(c.receives(0, 2), { killable: true }), c.recoverReceiver(2, 0, 2)]),
  scenario('one of two receivers dies', shape(1, 2, 1), { kills: 1 },
    (c) => [sender(c.sends(0, 2)), receiver(c.waits(0, 1, -1), { killable: true }), receiver(c.receives(1, 2)), c.recoverReceiver(1, 0, 0)]),
  scenario('one of two sleeping receivers dies', shape(1, 2, 2), { kills: 1 },
    (c) => [sender(c.sends(0, 1)), receiver(c.waits(0, 1, -1), { killable: true }), receiver(c.waits(1, 1, -1)), c.recoverReceiver(1, 0, 0)]),
  scenario('batch sender dies', shape(1, 1, 2), { kills: 1 },
    (c) => [sender([c.sendBatch(0, 2)], { killable: true }), receiver(c.receives(0, 3)), c.recoverSender(0, 0, undefined)]),
  scenario('batch receiver dies', shape(1, 1, 2), { kills: 1 },
    (c) => [sender(c.sends(0, 3)), receiver([c.receiveBatch(0, 2)], { killable: true }), c.recoverReceiver(1, 0, 2)]),
  scenario('array sender dies', shape(1, 1, 2), { kills: 1 },
    (c) => [sender([c.sendArray(0, 2)], { killable: true }), receiver(c.receives(0, 3)), c.recoverSender(0, 0, undefined)]),
  scenario('array receiver dies', shape(1, 1, 2), { kills: 1 },
    (c) => [sender([c.sendArray(0, 3)]), receiver([c.receiveArray(0, 2)], { killable: true }), c.recoverReceiver(1, 0, 2)]),
  scenario('completing receiver dies', shape(1, 1, 1, { completions: 1 }), { kills: 1 },
    (c) => [sender([c.submit(0), ...c.reaps(0, 2)]), receiver([...c.receives(0, 1), c.complete(0)], { killable: true }), c.recoverReceiver(1, 0, 1)]),
  scenario('submitter dies', shape(1, 1, 1, { completions: 1 }), { kills: 1 }, (c) => {
    const { queue } = c.place;
    const first = c.submit(0);
    const second = c.submit(0);
    const again: Call = { ...second, operands: [KEPT, ...second.operands.slice(1)] };
    return [sender([first, ...c.reaps(0, 1)], { killable: true }), receiver([...c.receives(0, 1), c.complete(0), ...c.receives(0, 1)]),
      { name: 'recovery of sender 0', afterDeathOf: 0, calls: [c.other('queueRecoverSender', queue, 0), { ...c.other('queueAttachSubmitter', queue, 0), keep: true }, again] }];
  }),
  scenario('recovery of a sender dies', shape(1, 1, 1), { kills: 2 },
    (c) => [sender(c.sends(0, 2), { killable: true }), receiver(c.waits(0, 2, -1)), c.recoverSender(0, 0, undefined, true),
      { ...c.recoverSender(2, 0, 0), name: 'second recovery' }]),
  scenario('recovery of a receiver dies', shape(2, 1, 1), { kills: 2 },
    (c) => [sender(c.sends(0, 1)), sender(c.sends(1, 1)), receiver(c.receives(0, 1), { killable: true }),
      { ...c.recoverReceiver(2, 0, 0, true), calls: [c.other('queueRecoverReceiver', c.place.queue, 0)] },
      { ...c.recoverReceiver(3, 0, 1), name: 'second recovery' }]),
];

/** Lengths, flags and positions that a careful enemy would try: near 0, near the ring's positions, at the ends of the range. */
const HOSTILE_VALUES = [0, -1, 1, 2, 3, -2, 0x7fffffff, 0x80000000 | 0, 16, 17, 0x00ffffff, 0x01000018, 0x02000010, 0xff000008 | 0, 0xff000010 | 0];
const HOSTILE_WRITES = 2;

/** More messages than all rings of such a queue hold: who takes the other side's word for their number leaves the queue. */
const BEYOND = 12;

type HostileWords = (ring: number, slot: number, place: Place) => number[];

const hostile = (
  name: string, form: QueueShape, words: HostileWords, tasks: (calls: Calls) => Task[], writes = HOSTILE_WRITES,
): Scenario => ({
  ...scenario(name, form, { soloSteps: SOLO_STEPS }, tasks),
  hostile: {
    values: HOSTILE_VALUES, budget: writes,
    addresses: (place) => {
      const ring = place.call('laneRing', place.queue, 0, NORMAL);
      return words(ring, place.read(ring + RING_SLOTS), place);
    },
  },
});

/**
 * One side lies: the words it may write take any of some values at any moment. The other side must end every call in a bounded
 * number of its own steps and touch nothing outside the objects of the queue; what it is told means nothing.
 */
export const HOSTILITY: Scenario[] = [
  hostile('hostile sender, receiver', shape(1, 1, 2), (ring, slot) => [ring + RING_PRODUCED, slot + SLOT_META, slot + SLOT_BADGE],
    (c) => [sender(c.sends(0, 1)), receiver(c.receives(0, 3))]),
  hostile('hostile sender, batches and views', shape(1, 1, 2), (ring, slot) => [ring + RING_PRODUCED, slot + SLOT_META],
    (c) => [sender(c.sends(0, 1)), receiver([c.receiveBatch(0, 3), c.view(0), c.release(0), c.peek(0), c.discard(0)])], 1),
  hostile('hostile sender, arrays', shape(1, 1, 2), (ring, slot) => [ring + RING_PRODUCED, slot + SLOT_META],
    (c) => [sender(c.sends(0, 1)), receiver([c.receiveArray(0, BEYOND), c.receiveArray(0, 2)])]),
  hostile('hostile receiver, arrays', shape(1, 1, 2), (ring) => [ring + RING_CONSUMED], (c) => [sender([c.sendArray(0, BEYOND), c.sendArray(0, 2)])]),
  hostile('hostile sender, two receivers', shape(1, 2, 1), (ring, slot) => [ring + RING_PRODUCED, slot + SLOT_META],
    (c) => [sender(c.sends(0, 1)), receiver(c.receives(0, 1)), receiver([...c.receives(1, 1), c.peek(1), c.discard(1)])], 1),
  hostile('hostile sender of completions', shape(1, 1, 1, { completions: 1 }), (ring, slot) => [ring + RING_PRODUCED, slot + SLOT_META],
    (c) => [sender([c.submit(0)]), receiver([...c.receives(0, 2), { ...c.complete(0), ifGood: false }])], 1),
  hostile('hostile receiver, sender', shape(1, 1, 2), (ring) => [ring + RING_CONSUMED], (c) => [sender([...c.sends(0, 3), c.sendBatch(0, 3), c.build(0)])]),
  hostile('hostile bell', shape(1, 1, 1), (_, __, place) => [place.queue + QUEUE_WAITERS, place.queue + QUEUE_EVENT],
    (c) => [sender(c.sends(0, 2)), receiver(c.receives(0, 2))]),
];

const FOUR_LANES: Lane[] = [
  { sender: 0, priority: CRITICAL }, { sender: 1, priority: HIGH }, { sender: 2, priority: NORMAL }, { sender: 0, priority: LOW },
];

/** Too large to be exhausted: explored with few preemptions, and by walks; there are too many histories to keep. */
export const BIG: Scenario[] = [
  scenario('3x2 four lanes', shape(3, 2, 2), { lanes: FOUR_LANES },
    (c) => [sender([c.send(0), c.send(3), c.send(0), c.send(3)]), sender(c.sends(1, 3)), sender(c.sends(2, 3)),
      receiver(c.receives(0, 5)), receiver(c.receives(1, 5))]),
  scenario('3x2 four lanes, sleeping, two die', shape(3, 2, 2), { lanes: FOUR_LANES, kills: 2, spurious: 2 },
    (c) => [sender([c.send(3), c.send(0), c.send(3), c.send(0)], { killable: true }), sender(c.sends(1, 3)), sender(c.sends(2, 3)),
      receiver(c.waits(0, 5, -1), { killable: true }), receiver(c.waits(1, 5, 100), { timed: true }),
      c.recoverSender(0, 0, 0), c.recoverReceiver(3, 0, 3)]),
  scenario('3x2 four lanes, batches, interrupt, close', shape(3, 2, 4), { lanes: FOUR_LANES },
    (c) => [sender([c.sendBatch(3, 3), c.send(0), c.sendBatch(3, 2)]), sender([c.sendBatch(1, 3), c.send(1)]),
      { name: 'interrupt', calls: c.sends(2, 3), interrupts: 1 }, receiver([c.receiveBatch(0, 3), ...c.waits(0, 3, -1)]),
      receiver([...c.waits(1, 2, -1), c.receiveBatch(1, 4), ...c.receives(1, 1)]), { name: 'closer', calls: [c.close()] }]),
  scenario('3x2 four lanes, completions, receiver dies', shape(3, 2, 2, { completions: 2 }), { lanes: FOUR_LANES, kills: 1 },
    (c) => [sender([c.submit(0), c.submit(3), ...c.reaps(0, 2), c.submit(0)]), sender([c.submit(1), ...c.reaps(1, 1), c.submit(1)]),
      sender([c.submit(2), ...c.reaps(2, 1), c.submit(2)]),
      receiver([...c.receives(0, 1), c.complete(0), ...c.receives(0, 1), c.complete(0)], { killable: true }),
      receiver([...c.waits(1, 1, -1), c.complete(1), ...c.receives(1, 1), c.complete(1), ...c.receives(1, 1), c.complete(1)]),
      c.recoverReceiver(3, 0, 2)]),
].map((one) => ({ ...one, judgesHistory: false }));

/** Larger ones for the deep run. */
export const LARGE: Scenario[] = [
  scenario('2x2 ring 2, two messages each', shape(2, 2, 2), {},
    (c) => [sender(c.sends(0, 2)), sender(c.sends(1, 2)), receiver(c.receives(0, 2)), receiver(c.receives(1, 2))]),
  scenario('3x1 ring 1', shape(3, 1, 1), {}, (c) => [sender(c.sends(0, 1)), sender(c.sends(1, 1)), sender(c.sends(2, 1)), receiver(c.receives(0, 4))]),
  scenario('1x3 ring 2', shape(1, 3, 2), {},
    (c) => [sender(c.sends(0, 3)), receiver(c.receives(0, 1)), receiver(c.receives(1, 1)), receiver(c.receives(2, 1))]),
  scenario('2x2 sleeping', shape(2, 2, 1), {},
    (c) => [sender(c.sends(0, 1)), sender(c.sends(1, 1)), receiver(c.waits(0, 1, -1)), receiver(c.waits(1, 1, -1))]),
  scenario('two priorities, two senders, sleeping', shape(2, 1, 2), { lanes: [...TWO_PRIORITIES, { sender: 1, priority: NORMAL }] },
    (c) => [sender([c.send(1), c.send(0)]), sender([c.send(2)]), receiver(c.waits(0, 3, -1))]),
  scenario('2x2, one of each dies', shape(2, 2, 1), { kills: 2 },
    (c) => [sender(c.sends(0, 1), { killable: true }), sender(c.sends(1, 1)),
      receiver(c.receives(0, 1), { killable: true }), receiver(c.receives(1, 2)), c.recoverSender(0, 0, undefined), c.recoverReceiver(2, 0, 0)]),
];

/** Those that are exhausted. */
export const ALL_SCENARIOS: readonly Scenario[] = [...SCENARIOS, ...MORE, ...DEATHS, ...HOSTILITY, ...LARGE];
