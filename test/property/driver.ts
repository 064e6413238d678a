/**
 * Plays steps on a queue and on its model, and compares every answer. A call that must fail, or that only looks, may change no
 * word but those of `may`: the counters and caches that its documentation names.
 */
import { memory } from '../../src/machine/node.ts';
import * as layout from '../../src/kernel/layout.ts';
import * as kernel from '../../src/kernel/queue.ts';
import * as region from '../../src/kernel/region.ts';
import { STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_BAD_PRIORITY } from '../../src/kernel/status.ts';
import {
  allocate, bytesAt, Fixture, named, payload, same, sameBytes, setBytes, setWord, type Shape, word, word64,
} from '../support/fixture.ts';
import { type Answer, type Descriptor, type Info, QueueModel } from './model.ts';

export interface Step {
  op: keyof typeof OPS;
  queue: number;
  who: number;
  priority: number;
  /** Chooses lengths, regions, places. */
  a: number;
  b: number;
  /** Chooses the odd cases: small numbers do. */
  odd: number;
}

/** One call: what it must answer, what it may change when that is a failure, and what must hold after it. */
interface Call {
  expected: number;
  call: () => number;
  may?: number[];
  looks?: boolean;
  after?: () => void;
}

const WORDS = new Int32Array(memory);
const BATCH_MAX = 5;
const AREA_BYTES = 128;
const cell = (at: number): number[] => [at, at + 4];
const addressOf = (handle: number): number => handle & ~layout.HANDLE_LOW_MASK;

export class Driver {
  readonly f: Fixture;
  readonly model: QueueModel;
  /** Handles by place: valid while the model says so, else stale. */
  readonly senders: number[];
  readonly receivers: number[];
  readonly area: number;
  readonly data: number;
  readonly statistics: number;
  /** Reservations made: region, owner, address. */
  readonly reserved: [number, number, number][] = [];
  #number = 0;

  constructor(shape: Shape) {
    this.f = new Fixture(shape);
    this.model = new QueueModel(this.f.shape);
    this.senders = this.model.senders.map(() => 0);
    this.receivers = this.model.receivers.map(() => 0);
    this.area = allocate(BATCH_MAX * AREA_BYTES);
    this.data = allocate(4 * AREA_BYTES);
    this.statistics = allocate(layout.STATISTICS_BYTES);
    same(this.model.regions.create(layout.POLICY_SLAB, this.f.queue, this.f.queueBytes), this.f.region, 'the region of the queue');
  }

  // ---- Choosing.
  /** A sender: its handle, and its number or -1 if the handle is not valid. */
  sender(step: Step): { handle: number; index: number } {
    if (step.odd === 0) return { handle: this.receivers[0]!, index: -1 };
    if (step.odd === 1) return { handle: [0, -1, this.f.queue, this.f.table][step.b % 4]!, index: -1 };
    const index = step.who % this.senders.length;
    return { handle: this.senders[index]!, index: this.model.senders[index]!.attached ? index : -1 };
  }

  receiver(step: Step): { handle: number; index: number } {
    if (step.odd === 0) return { handle: this.senders[0]!, index: -1 };
    const index = step.who % this.receivers.length;
    return { handle: this.receivers[index]!, index: this.model.receivers[index] === true ? index : -1 };
  }

  priority(step: Step): number { return step.odd === 2 ? [-1, 4, 0x7fffffff, -0x80000000][step.b % 4]! : step.priority; }

  /** Mostly lengths that fit, each extreme often. */
  bytes(choice: number): number {
    const max = this.f.shape.maxBytes;
    return [0, max, max + 1, 1, Math.min(8, max)][choice] ?? choice % (max + 1);
  }

  fresh(bytes: number): Uint8Array {
    this.#number += 1;
    return payload(bytes, this.#number);
  }

  capacity(step: Step): number {
    return [0, -1, this.f.shape.maxBytes >> 1][step.odd - 3] ?? this.f.shape.maxBytes;
  }

  region(choice: number): number {
    const { handles } = this.model.regions;
    return [0, -1, 0x7fffffff, 7][choice - 60] ?? handles[choice % handles.length]!;
  }

  // ---- Addresses that failures may change.
  lane(index: number, priority: number): number {
    const { queue } = this.f;
    return word(queue + layout.QUEUE_LANES) + ((priority << word(queue + layout.QUEUE_LANE_SHIFT)) + index) * layout.RING_BYTES;
  }

  sendMay(index: number, priority: number): number[] {
    if (index < 0) return [];
    const block = this.f.senderBlock(index);
    const may = cell(block + layout.SENDER_REJECTED_COUNT);
    if (priority < 0 || priority > 3) return may;
    const lane = this.lane(index, priority);
    return [...may, block + layout.SENDER_REAPED_CACHE + 4 * priority, lane + layout.RING_ROOM_END, ...cell(lane + layout.RING_FULL_COUNT)];
  }

  receiverMay(block: number): number[] {
    const queue = word(block + layout.RECEIVER_QUEUE);
    const lanes = layout.PRIORITY_COUNT << word(queue + layout.QUEUE_LANE_SHIFT);
    const seen = Array.from({ length: lanes }, (_, lane) => word(queue + layout.QUEUE_LANES) + lane * layout.RING_BYTES + layout.RING_SEEN);
    return [
      layout.RECEIVER_META, layout.RECEIVER_USER_LOW, layout.RECEIVER_USER_HIGH, layout.RECEIVER_BADGE, layout.RECEIVER_LANE,
      ...cell(layout.RECEIVER_EMPTY_COUNT), ...cell(layout.RECEIVER_TIMEOUT_COUNT), ...cell(layout.RECEIVER_SLEEP_COUNT),
      layout.RECEIVER_STREAK,
    ].map((offset) => block + offset).concat(seen);
  }

  // ---- Comparing.
  info(handle: number, expected: Info): void {
    same(kernel.receivedBytes(handle), expected.bytes, 'receivedBytes');
    same(kernel.receivedFlags(handle), expected.flags, 'receivedFlags');
    same(kernel.receivedSender(handle), expected.sender, 'receivedSender');
    same(kernel.receivedPriority(handle), expected.priority, 'receivedPriority');
    same(kernel.receivedUserLow(handle), expected.userLow, 'receivedUserLow');
    same(kernel.receivedUserHigh(handle), expected.userHigh, 'receivedUserHigh');
  }

  /** All counters but that of sleeps, which depends on time. */
  counts(): void {
    same(named(kernel.queueStatistics(this.f.queue, this.statistics)), 0, 'queueStatistics');
    const { counts } = this.model;
    const is = (field: number, value: number, what: string): void =>
      same(word64(this.statistics + field), BigInt(value), `statistics: ${what}`);
    for (let priority = 0; priority < 4; priority++) {
      is(layout.STATISTICS_SENT + 8 * priority, counts.sent[priority]!, `sent ${priority}`);
      is(layout.STATISTICS_RECEIVED + 8 * priority, counts.received[priority]!, `received ${priority}`);
      is(layout.STATISTICS_SENT_BYTES + 8 * priority, counts.sentBytes[priority]!, `bytes sent ${priority}`);
      is(layout.STATISTICS_RECEIVED_BYTES + 8 * priority, counts.receivedBytes[priority]!, `bytes received ${priority}`);
      is(layout.STATISTICS_FULL + 8 * priority, counts.full[priority]!, `full ${priority}`);
      same(kernel.queueLaneLength(this.f.queue, priority), this.model.lanes.length(priority), `length ${priority}`);
    }
    is(layout.STATISTICS_REJECTED, counts.rejected, 'rejected');
    is(layout.STATISTICS_EMPTY, counts.empty, 'empty');
    is(layout.STATISTICS_TIMED_OUT, counts.timedOut, 'timed out');
    is(layout.STATISTICS_WOKEN, counts.woken, 'woken');
  }

  play(step: Step): void {
    const { expected, call, may, looks, after } = OPS[step.op](this, step);
    const from = this.f.table >> 2;
    const to = (this.f.queue + this.f.queueBytes) >> 2;
    const before = expected < 0 || looks === true ? WORDS.slice(from, to) : undefined;
    same(named(call()), named(expected), step.op);
    for (let k = 0; before !== undefined && k < before.length; k++) {
      const at = (from + k) << 2;
      if (WORDS[from + k] !== before[k] && may?.includes(at) !== true) {
        throw new Error(`${step.op}: ${named(expected)} changed ${at < this.f.queue ? `table + ${at - this.f.table}` : this.f.describe(at)}`);
      }
    }
    after?.();
  }

  /** Everything that is left comes out in the model's order; and the counters agree. */
  drain(): void {
    if (this.model.receivers[0] === true) {
      const step: Step = { op: 'receive', queue: 0, who: 0, priority: 0, a: 0, b: 0, odd: 9 };
      for (let left = kernel.queueLength(this.f.queue); left >= 0; left--) this.play(step);
    }
    this.counts();
  }
}

type Op = (driver: Driver, step: Step) => Call;

const send = (submit: boolean): Op => (driver, step) => {
  const { f, model } = driver;
  const { handle, index } = driver.sender(step);
  const priority = driver.priority(step);
  const bytes = step.odd === 3 ? -1 - step.b : driver.bytes(step.a);
  const data = driver.fresh(Math.max(bytes, 0));
  const source = step.odd === 4 ? -8 : f.source;
  setBytes(f.source, data);
  const expected = model.send(index, priority, source < 0 ? -1 : bytes < 0 ? bytes : data, submit, submit ? step.a : 0, submit ? ~step.b : 0);
  const call = (): number => (submit ? kernel.queueSubmit(handle, priority, source, bytes, step.a, ~step.b)
    : kernel.queueSend(handle, priority, source, bytes));
  return { expected, call, may: driver.sendMay(index, priority) };
};

/** At, before and behind the committed cursor and the end of a region of each policy. */
const descriptorFor = (driver: Driver, step: Step): Descriptor => {
  const { regions } = driver.model;
  const region = driver.region(step.a);
  const length = regions.find(region)?.length ?? 8;
  const cursor = Math.max(regions.committed(region), 0);
  const offset = [0, cursor >> 1, cursor, length, length + 1, -8][step.b % 8] ?? 0;
  const bytes = [cursor - offset, 0, cursor - offset + 1, length - offset, length - offset + 1, -1][(step.b >> 3) % 8] ?? 1;
  return { region, offset, bytes, offsetHigh: step.odd === 4 ? 1 : 0, reserved: step.odd === 5 ? 1 : 0 };
};

const sendDescriptor = (submit: boolean): Op => (driver, step) => {
  const { f, model } = driver;
  const { handle, index } = driver.sender(step);
  const priority = driver.priority(step);
  const { region: named, offset, bytes, offsetHigh, reserved } = descriptorFor(driver, step);
  const record = f.descriptor(named, offset, bytes, { offsetHigh, flags: step.who, reserved });
  const data = bytesAt(record, layout.DESCRIPTOR_BYTES);
  const wrong = step.odd === 3 ? [-4, record + 2][step.b % 2]! : record;
  let expected: number;
  if (wrong === record) {
    const descriptor = { region: named, offset, bytes, offsetHigh, reserved };
    expected = model.sendDescriptor(index, priority, descriptor, data, submit, submit ? step.a : 0, submit ? step.b : 0);
  } else if (wrong < 0 || index < 0) expected = model.send(index, priority, -1, submit);
  else expected = model.send(index, priority, model.closed ? new Uint8Array(0) : -1, submit);
  const call = (): number => (submit ? kernel.queueSubmitDescriptor(handle, priority, wrong, step.a, step.b)
    : kernel.queueSendDescriptor(handle, priority, wrong));
  return { expected, call, may: driver.sendMay(index, priority) };
};

const UNTOUCHED = 0x5eed;
const record = (driver: Driver, k: number, field: number): number => driver.f.records + k * layout.BATCH_BYTES + field;
const prepareRecord = (driver: Driver, k: number, bytes: number, userLow: number): void => {
  setWord(record(driver, k, layout.BATCH_ADDRESS), driver.area + k * AREA_BYTES);
  setWord(record(driver, k, layout.BATCH_LENGTH), bytes);
  setWord(record(driver, k, layout.BATCH_RESULT), UNTOUCHED);
  setWord(record(driver, k, layout.BATCH_USER_LOW), userLow);
  setWord(record(driver, k, layout.BATCH_USER_HIGH), ~userLow);
};
/** Each record up to the one at which the batch stopped has its result; those behind it are as they were. */
const checkResults = (driver: Driver, count: number, results: number[]): void => {
  for (let k = 0; k < count; k++) {
    same(named(word(record(driver, k, layout.BATCH_RESULT))), named(results[k] ?? UNTOUCHED), `result ${k} of a batch`);
  }
};
/** A list or a count that cannot be. */
const oddBatch = (driver: Driver, step: Step): [list: number, count: number] | undefined =>
  (step.odd === 3 ? ([[-8, 1], [driver.f.records + 2, 1], [driver.f.records, -1], [driver.f.records, layout.BATCH_COUNT_MAX + 1]] as const)
    .map(([list, count]): [number, number] => [list, count])[step.b % 4] : undefined);

const sendBatch: Op = (driver, step) => {
  const { handle, index } = driver.sender(step);
  const priority = driver.priority(step);
  const odd = oddBatch(driver, step);
  const may = driver.sendMay(index, priority);
  if (odd !== undefined || index < 0 || priority < 0 || priority > 3) {
    const [list, count] = odd ?? [driver.f.records, 1];
    return { expected: driver.model.rejectBatch(index, priority), call: () => kernel.queueSendBatch(handle, priority, list, count), may };
  }
  const count = step.a % (BATCH_MAX + 1);
  const results: number[] = [];
  for (let k = 0; k < count; k++) {
    const bytes = step.b % 6 === k ? driver.f.shape.maxBytes + 1 : driver.bytes(step.b + k);
    const data = driver.fresh(bytes);
    setBytes(driver.area + k * AREA_BYTES, data);
    prepareRecord(driver, k, bytes, step.a + k);
    if ((results.at(-1) ?? 0) >= 0) results.push(driver.model.send(index, priority, data, false, step.a + k, ~(step.a + k)));
  }
  const sent = results.filter((result) => result >= 0).length;
  return {
    expected: sent > 0 ? sent : results[0] ?? 0, call: () => kernel.queueSendBatch(handle, priority, driver.f.records, count), may,
    after: () => checkResults(driver, count, results),
  };
};

/** An array that cannot be: its place, bytes of a message, count. */
const oddArray = (driver: Driver, step: Step): [at: number, bytes: number, count: number] | undefined =>
  (step.odd === 3 ? ([[-8, 8, 1], [driver.area, -1, 1], [driver.area, 8, -1], [driver.area, 1, layout.BATCH_COUNT_MAX + 1],
    [0x7fffffff - 7, 8, 2]] as const).map(([at, bytes, count]): [number, number, number] => [at, bytes, count])[step.b % 5] : undefined);

const sendArray: Op = (driver, step) => {
  const { handle, index } = driver.sender(step);
  const priority = driver.priority(step);
  const odd = oddArray(driver, step);
  const may = driver.sendMay(index, priority);
  if (odd !== undefined || index < 0 || priority < 0 || priority > 3) {
    const [at, bytes, count] = odd ?? [driver.area, 8, 1];
    return { expected: driver.model.rejectBatch(index, priority), call: () => kernel.queueSendArray(handle, priority, at, bytes, count), may };
  }
  const count = step.a % (BATCH_MAX + 1);
  const bytes = step.odd === 5 ? driver.f.shape.maxBytes + 1 : driver.bytes(step.b);
  let sent = 0;
  let status = 0;
  for (let k = 0; k < count; k++) {
    const data = driver.fresh(bytes);
    setBytes(driver.area + k * bytes, data);
    if (status >= 0) status = driver.model.send(index, priority, data);
    if (status >= 0) sent += 1;
  }
  return { expected: sent > 0 ? sent : status, call: () => kernel.queueSendArray(handle, priority, driver.area, bytes, count), may };
};

const receiveArray: Op = (driver, step) => {
  const { f, model, area } = driver;
  const { handle, index } = driver.receiver(step);
  const odd = oddArray(driver, step);
  if (odd !== undefined || index < 0) {
    const [at, bytes, count] = odd ?? [area, 8, 1];
    const expected = index < 0 ? STATUS_BAD_HANDLE : STATUS_BAD_ARGUMENT;
    return { expected, call: () => kernel.queueReceiveArray(handle, at, bytes, count) };
  }
  const count = step.a % (BATCH_MAX + 1);
  const bytes = step.b % 3 === 0 ? f.shape.maxBytes : driver.bytes(step.b);
  const { status, messages } = model.receiveArray(index, bytes, count);
  return {
    expected: status, call: () => kernel.queueReceiveArray(handle, area, bytes, count), may: driver.receiverMay(f.receiverBlock(index)),
    after: () => {
      for (const [k, data] of messages.entries()) sameBytes(bytesAt(area + k * bytes, data.length), data, `message ${k} of an array`);
      if (count > 0) driver.info(handle, model.lanes.info[index]!);
    },
  };
};

const receiveBatch: Op = (driver, step) => {
  const { f, model } = driver;
  const { handle, index } = driver.receiver(step);
  const odd = oddBatch(driver, step);
  if (odd !== undefined || index < 0) {
    const [list, count] = odd ?? [f.records, 1];
    return { expected: index < 0 ? STATUS_BAD_HANDLE : STATUS_BAD_ARGUMENT, call: () => kernel.queueReceiveBatch(handle, list, count) };
  }
  const count = step.a % (BATCH_MAX + 1);
  const answers: Answer[] = [];
  const infos: Info[] = [];
  for (let k = 0; k < count; k++) {
    const capacity = step.b % 8 === k ? f.shape.maxBytes >> 1 : f.shape.maxBytes;
    prepareRecord(driver, k, capacity, 0);
    if ((answers.at(-1)?.status ?? 0) >= 0) {
      answers.push(model.receive(index, capacity, 'take', 0, k > 0 && f.shape.receivers === 1));
      infos.push({ ...model.lanes.info[index]! });
    }
  }
  const got = answers.filter(({ status }) => status >= 0).length;
  return {
    expected: got > 0 ? got : answers[0]?.status ?? 0, call: () => kernel.queueReceiveBatch(handle, f.records, count),
    may: driver.receiverMay(f.receiverBlock(index)),
    after: () => {
      checkResults(driver, count, answers.map(({ status }) => status));
      for (let k = 0; k < got; k++) {
        const { flags, priority, sender, userLow, userHigh } = infos[k]!;
        sameBytes(bytesAt(driver.area + k * AREA_BYTES, answers[k]!.status), answers[k]!.data!, `message ${k} of a batch`);
        same(word(record(driver, k, layout.BATCH_INFO)), flags << 24 | priority << 8 | sender, `info ${k} of a batch`);
        if ((flags & layout.FLAG_COMPLETE) !== 0) {
          same(word(record(driver, k, layout.BATCH_USER_LOW)), userLow, `user data of ${k}`);
          same(word(record(driver, k, layout.BATCH_USER_HIGH)), userHigh, `user data of ${k}`);
        }
      }
    },
  };
};

const receive = (action: 'take' | 'peek' | 'discard', timed = false): Op => (driver, step) => {
  const { f, model } = driver;
  const { handle, index } = driver.receiver(step);
  const capacity = action === 'take' ? driver.capacity(step) : f.shape.maxBytes;
  const microseconds = timed ? step.b % 2 : 0;
  const buffer = action === 'take' && step.odd === 6 ? -8 : f.target;
  const answer = model.receive(index, buffer < 0 ? -1 : capacity, action, microseconds);
  const call = (): number => {
    if (action === 'peek') return kernel.queuePeek(handle);
    if (action === 'discard') return kernel.queueDiscard(handle);
    if (timed) return kernel.queueReceiveTimeout(handle, buffer, capacity, microseconds);
    return kernel.queueReceive(handle, buffer, capacity);
  };
  return {
    expected: answer.status, call, looks: action === 'peek', may: index < 0 ? [] : driver.receiverMay(f.receiverBlock(index)),
    after: () => {
      if (answer.status >= 0 && action === 'take') sameBytes(bytesAt(f.target, answer.status), answer.data!, 'a message');
      if (index >= 0) driver.info(handle, model.lanes.info[index]!);
    },
  };
};

const complete: Op = (driver, step) => {
  const { handle, index } = driver.receiver(step);
  const info = index < 0 ? undefined : driver.model.lanes.info[index];
  // Mostly what was received last, so that many are owed.
  const usual = info !== undefined && step.a % 4 !== 0;
  const sender = step.odd === 3 ? [-1, driver.senders.length][step.b % 2]! : usual ? info.sender : step.b % driver.senders.length;
  const priority = step.odd !== 2 && usual ? info.priority : driver.priority(step);
  const entry = Int32Array.of(step.a, ~step.b, step.a - step.b, Math.max(index, 0));
  return {
    expected: driver.model.complete(index, sender, priority, new Uint8Array(entry.buffer)),
    call: () => kernel.queueComplete(handle, sender, priority, entry[0]!, entry[1]!, entry[2]!),
  };
};

const reap: Op = (driver, step) => {
  const { f, model } = driver;
  const { handle, index } = driver.sender(step);
  const capacity = [0, 8, 15][step.odd - 3] ?? layout.COMPLETION_BYTES;
  const answer = model.reap(index, capacity);
  const reaper = kernel.queueCompletions(handle);
  return {
    expected: answer.status, call: () => (reaper < 0 ? reaper : kernel.queueReceive(reaper, f.target, capacity)),
    may: reaper < 0 ? [] : driver.receiverMay(addressOf(reaper)),
    after: () => {
      if (answer.status >= 0) sameBytes(bytesAt(f.target, answer.status), answer.data!, 'a completion');
      if (reaper > 0) driver.info(reaper, model.completions[index]!.info[0]!);
    },
  };
};

const attachSender = (submits: boolean): Op => (driver, step) => {
  const schema = driver.f.shape.schema + (step.odd === 3 ? 1 : 0);
  const queue = step.odd === 0 ? driver.f.table : driver.f.queue;
  const index = step.odd === 0 ? STATUS_BAD_HANDLE : driver.model.attachSender(schema, submits);
  const call = (): number => {
    const handle = submits ? kernel.queueAttachSubmitter(queue, schema) : kernel.queueAttachSender(queue, schema);
    if (handle < 0) return handle;
    driver.senders[index] = handle;
    return (addressOf(handle) - driver.f.senderBlock(0)) / layout.SENDER_BYTES;
  };
  return { expected: index, call };
};

const attachReceiver: Op = (driver, step) => {
  const queue = step.odd === 0 ? driver.f.records : driver.f.queue;
  const index = step.odd === 0 ? STATUS_BAD_HANDLE : driver.model.attachReceiver();
  const call = (): number => {
    const handle = kernel.queueAttachReceiver(queue);
    if (handle < 0) return handle;
    driver.receivers[index] = handle;
    return (addressOf(handle) - driver.f.receiverBlock(0)) / layout.RECEIVER_BYTES;
  };
  return { expected: index, call };
};

const detachReceiver: Op = (driver, step) => {
  const { handle, index } = driver.receiver(step);
  const { completions } = driver.f.shape;
  // The handle of a completion queue is a receiver's too, but not one to be detached.
  const reaper = completions > 0 && step.odd === 3 ? kernel.queueCompletions(driver.senders[0]!) : -1;
  if (reaper > 0) return { expected: STATUS_BAD_HANDLE, call: () => kernel.queueDetachReceiver(reaper) };
  return { expected: driver.model.detachReceiver(index), call: () => kernel.queueDetachReceiver(handle) };
};

const lengths: Op = (driver, step) => {
  const priority = driver.priority(step);
  const wrong = priority < 0 || priority > 3;
  return {
    looks: true, expected: wrong ? STATUS_BAD_PRIORITY : driver.model.lanes.length(priority),
    call: () => {
      same(kernel.queueLength(driver.f.queue), [0, 1, 2, 3].reduce((sum, p) => sum + driver.model.lanes.length(p), 0), 'queueLength');
      return kernel.queueLaneLength(driver.f.queue, priority);
    },
  };
};

const owed: Op = (driver, step) => {
  const index = step.odd === 3 ? driver.senders.length : step.who % driver.senders.length;
  const place = driver.model.senders[index];
  const expected = place === undefined ? STATUS_BAD_ARGUMENT : place.submits ? place.owed[step.priority]! : 0;
  return { looks: true, expected, call: () => kernel.queueOwed(driver.f.queue, index, step.priority) };
};

// ---- Regions.
const createRegion: Op = (driver, { a, b, who, odd }) => {
  const policy = odd === 3 ? [0, 4][a % 2]! : 1 + a % 3;
  const base = driver.data + a % 4 * AREA_BYTES + (odd === 4 ? 4 : 0);
  const bytes = odd === 5 ? -(b % 2) : 8 + b % 8 * 8;
  if (policy === layout.POLICY_IMMUTABLE && b % 2 === 0) {
    const expected = driver.model.regions.create(policy, base, bytes, 1 + who, false);
    return { expected, call: () => region.regionCreateWritable(driver.f.table, 1 + who, base, bytes) };
  }
  const expected = driver.model.regions.create(policy, base, bytes, 1 + who);
  return { expected, call: () => region.regionCreateFor(driver.f.table, 1 + who, policy, base, bytes) };
};

const destroyRegion: Op = (driver, { a }) => {
  const handle = driver.region(a);
  // That of the queue stays.
  if (handle === driver.f.region) return { expected: STATUS_BAD_HANDLE, call: () => region.regionDestroy(driver.f.queue, handle) };
  const described = driver.model.described(handle);
  const expected = driver.model.regions.destroy(handle, described);
  return { expected, looks: expected > 0, call: () => region.regionDestroy(driver.f.table, handle) };
};

const append: Op = (driver, { a, b, who, odd }) => {
  const { f, model } = driver;
  const handle = driver.region(a);
  const bytes = odd === 4 ? -1 : b % 24;
  const data = driver.fresh(Math.max(bytes, 0));
  setBytes(f.source, data);
  const source = odd === 5 ? -8 : f.source;
  const expected = source < 0 ? STATUS_BAD_ARGUMENT : model.regions.append(handle, 1 + who, bytes);
  return {
    expected, call: () => region.regionAppendFor(f.table, handle, 1 + who, source, bytes),
    after: () => {
      if (expected >= 0) sameBytes(bytesAt(model.regions.find(handle)!.base + expected, bytes), data, 'appended');
    },
  };
};

const reserve: Op = (driver, { a, b, who, odd }) => {
  const handle = driver.region(a);
  const bytes = odd === 4 ? -1 : b % 20;
  const expected = driver.model.regions.reserve(handle, 1 + who, bytes);
  if (expected >= 0) driver.reserved.push([handle, 1 + who, expected]);
  return { expected, call: () => region.regionReserve(driver.f.table, handle, 1 + who, bytes) };
};

/** Mostly something reserved, by its owner. */
const commit: Op = (driver, { a, b, odd }) => {
  const [handle, owner, address] = driver.reserved[b % Math.max(driver.reserved.length, 1)] ?? [driver.region(a), 1, 8];
  const wrong: [number, number] = odd === 3 ? [owner + 1, address] : odd === 4 ? [owner, address + 1] : [owner, address];
  return {
    expected: driver.model.regions.commit(handle, ...wrong), call: () => region.regionCommit(driver.f.table, handle, ...wrong),
  };
};

const seal: Op = (driver, { a, b }) => {
  const handle = driver.region(a);
  if (b % 2 === 0) return { looks: true, expected: driver.model.regions.writable(handle), call: () => region.regionWritable(driver.f.table, handle) };
  return { expected: driver.model.regions.seal(handle), call: () => region.regionSeal(driver.f.table, handle) };
};

/** The death of an owner. */
const recoverOwner: Op = (driver, { who }) => ({
  expected: driver.model.regions.recover(1 + who), call: () => region.regionRecover(driver.f.table, 1 + who),
});

const follow: Op = (driver, step) => {
  const { region: handle, offset, bytes } = descriptorFor(driver, step);
  const { regions } = driver.model;
  return {
    looks: true, expected: regions.span(handle, offset, bytes),
    call: () => {
      same(named(region.regionCommitted(driver.f.table, handle)), named(regions.committed(handle)), 'regionCommitted');
      return region.regionAddress(driver.f.table, handle, offset, bytes);
    },
  };
};

export const OPS = {
  send: send(false), submit: send(true), sendDescriptor: sendDescriptor(false), submitDescriptor: sendDescriptor(true), sendBatch, sendArray,
  receive: receive('take'), receiveTimeout: receive('take', true), receiveBatch, receiveArray, peek: receive('peek'), discard: receive('discard'),
  complete, reap, attachSender: attachSender(false), attachSubmitter: attachSender(true), attachReceiver, detachReceiver,
  detachSender: (driver: Driver, step: Step): Call => {
    const { handle, index } = driver.sender(step);
    return { expected: driver.model.detachSender(index), call: () => kernel.queueDetachSender(handle) };
  },
  close: (driver: Driver, step: Step): Call => (step.odd === 0
    ? { expected: STATUS_BAD_HANDLE, call: () => kernel.queueClose(driver.f.queue + 64) }
    : { expected: driver.model.close(), call: () => kernel.queueClose(driver.f.queue) }),
  statistics: (driver: Driver): Call => ({ looks: true, expected: 0, call: () => { driver.counts(); return 0; } }),
  lengths, owed, createRegion, destroyRegion, append, commit, reserve, seal, recoverOwner, follow,
};
