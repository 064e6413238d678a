/**
 * The judge: what was sent and received so far, as words inside the explored state, and whether each result may be.
 *
 * Checks: each successful send received exactly once or still queued (conservation); order per sender and priority, also in real
 * time between receivers (FIFO); no more urgent message left behind (priority); Empty only if empty; Full only if full; payloads
 * whole; at rest, lengths and statistics equal to what the tasks saw. Messages carry a word that names them, and its complement.
 *
 * Memory: LANE_WORDS per lane, then for each task what it saw when its call began. Checked by: test/explore/seeded.test.ts.
 */
import {
  BATCH_ADDRESS, BATCH_BYTES, BATCH_RESULT, META_BYTES_MASK, QUEUE_LANE_SHIFT, QUEUE_RECEIVER_BLOCKS, RECEIVER_BYTES,
  RECEIVER_LANE, RECEIVER_USER_LOW,
  RECEIVER_VIEW_AT, RECEIVER_VIEW_RING, RING_CONSUMED, RING_MASK, RING_PRODUCED, RING_SLOTS, RING_STRIDE_BYTES, SLOT_PAYLOAD,
} from '../kernel/layout.ts';
import * as status from '../kernel/status.ts';
import { type Ended, History } from './history.ts';
import type { Call, Place, Scenario } from './scenario.ts';

const BEGUN = 0;
const OK = 1;
const GOT = 2;
/** Completions posted, and reaped. */
const POSTED = 3;
const REAPED = 4;
/** Messages whose send had ended when the queue was closed. */
const AT_CLOSE = 5;
const LANE_WORDS = 6;
/** Each message of an array. */
const ARRAY_BYTES = 8;
/** Less urgent than every priority. */
const ALL = 4;
const CLOSE_BEGUN = 1;
const CLOSE_ENDED = 2;

const STATUS_NAMES = new Map<number, string>(Object.entries(status).map(([name, value]) => [value, name]));
export const statusName = (value: number): string => STATUS_NAMES.get(value) ?? String(value);

export class Violation extends Error {}

const fail = (message: string): never => { throw new Violation(message); };

export const countBits = (mask: number): number => {
  let bits = 0;
  for (let m = mask; m !== 0; m &= m - 1) bits++;
  return bits;
};

/** The word that names message `message` of monitor lane `lane`. */
export const messageName = (lane: number, message: number): number => 0x51000000 | lane << 8 | message;

/** The lowest `count` bits of a mask. */
const firstBits = (mask: number, count: number): number => {
  if (count >= 32) return mask;
  let rest = mask;
  for (let i = 0; i < count; i++) rest &= rest - 1;
  return mask & ~rest;
};

/** What a task must know of others when its call begins: all that ended before it, or (weak memory) happened before it. */
export interface Knowledge {
  /** Every access takes effect at once, so what ended before a call began is known to it. */
  isAtomic: boolean;
  note(thread: number, lane: number, what: number, count: number): void;
  known(thread: number, lane: number, what: number): number;
}

const STOPS = new Map<number, Ended['stop']>([
  [status.STATUS_FULL, 'full'], [status.STATUS_CLOSED, 'closed'], [status.STATUS_EMPTY, 'empty'], [status.STATUS_TIMED_OUT, 'empty'],
]);

const SENDS = 0;
const RECEIVES = 1;
const CLOSES = 0;

export class Monitor {
  readonly words: number;
  private readonly scenario: Scenario;
  private readonly place: Place;
  private readonly lanes: number;
  private readonly read: (address: number) => number;
  private readonly tasks: number;
  private readonly rings: number[];
  private readonly model: Knowledge;
  private readonly history: History | undefined;
  /** The state, and where the monitor's words begin; set by the engine. */
  state: Int32Array = new Int32Array(0);
  at = 0;

  constructor(scenario: Scenario, place: Place, tasks: number, read: (address: number) => number, model: Knowledge) {
    this.model = model;
    this.scenario = scenario;
    this.place = place;
    this.lanes = scenario.lanes.length;
    this.rings = scenario.lanes.map(({ sender, priority }) => place.call('laneRing', place.queue, sender, priority));
    this.tasks = tasks;
    this.read = read;
    const isOrdered = model.isAtomic && this.lanes > 0 && !scenario.hostile && scenario.judgesHistory !== false;
    this.history = isOrdered ? new History(scenario.lanes, scenario.shape.ringSize, tasks) : undefined;
    // Per lane; per task and lane two snapshots; CLOSED; LOST; HISTORY; per task the message it views.
    this.words = this.lanes * LANE_WORDS + tasks * this.lanes * 2 + tasks + 3 + tasks + (scenario.observe ? tasks : 0);
  }

  private lane(lane: number, word: number): number {
    return this.state[this.at + lane * LANE_WORDS + word]!;
  }

  private mark(lane: number, word: number, bits: number): void {
    this.state[this.at + lane * LANE_WORDS + word]! |= bits;
  }

  private snapshot(task: number, lane: number): number {
    return this.at + this.lanes * LANE_WORDS + (task * this.lanes + lane) * 2;
  }

  private closedAt(task: number): number {
    return this.at + this.lanes * LANE_WORDS + this.tasks * this.lanes * 2 + task;
  }

  private get closed(): number {
    return this.at + this.lanes * LANE_WORDS + this.tasks * this.lanes * 2 + this.tasks;
  }

  private get lost(): number {
    return this.closed + 1;
  }

  /** The set of states that explain what happened so far. */
  private get explained(): number {
    return this.lost + (this.scenario.observe ? this.tasks : 1);
  }

  /** The name of the message that a task views, 0 for none. */
  private viewing(task: number): number {
    return this.explained + 1 + task;
  }

  ring(lane: number): number {
    return this.rings[lane]!;
  }

  private receiverBlock(receiver: number): number {
    return this.read(this.place.queue + QUEUE_RECEIVER_BLOCKS) + receiver * RECEIVER_BYTES;
  }

  /** Messages that have left the lane's ring. */
  private consumed(lane: number): number {
    return (this.read(this.ring(lane) + RING_CONSUMED) - this.scenario.shape.start) | 0;
  }

  /** Whether something is published in some lane: a message that a sleeping receiver should have been woken for. */
  queued(): boolean {
    return this.rings.some((ring) => this.read(ring + RING_CONSUMED) !== this.read(ring + RING_PRODUCED));
  }

  private explainBegin(task: number, { meaning }: Call): void {
    const { history, state, explained } = this;
    if (!history) return;
    const begin = (call: Parameters<History['begin']>[2]): void => { state[explained] = history.begin(state[explained]!, task, call); };
    if (meaning.kind === 'send') begin({ kind: 'send', lane: meaning.lane, messages: [meaning.message] });
    if (meaning.kind === 'sendBatch') {
      begin({ kind: 'send', lane: meaning.lane, messages: Array.from({ length: meaning.count }, (_, i) => meaning.first + i) });
    }
    if (meaning.kind === 'sendArray') {
      begin({ kind: 'send', lane: meaning.lane, messages: Array.from({ length: meaning.count }, (_, i) => meaning.first + i) });
    }
    if (meaning.kind === 'receiveArray') begin({ kind: 'receive', count: meaning.count, ofOneLane: true });
    // What is viewed is received at some moment until it is released.
    if (meaning.kind === 'receive' || meaning.kind === 'discard' || meaning.kind === 'view') begin({ kind: 'receive', count: 1 });
    if (meaning.kind === 'receiveBatch') begin({ kind: 'receive', count: meaning.count });
    if (meaning.kind === 'close') begin({ kind: 'close' });
  }

  private explainEnd(task: number, call: Call, result: number): void {
    const { history, state, explained } = this;
    const ended = history && this.ended(call, result);
    if (!history || !ended) return;
    state[explained] = history.end(state[explained]!, task, ended);
    if (history.isImpossible(state[explained]!)) fail(`no order of the calls explains what they returned, at the latest ${call.name}`);
  }

  private ended({ meaning }: Call, result: number): Ended | undefined {
    const stop = STOPS.get(result) ?? 'any';
    const named = (buffer: number): [number, number] => [this.read(buffer) >> 8 & 255, this.read(buffer) & 255];
    if (meaning.kind === 'close') return { stop: 'done' };
    if (meaning.kind === 'send') return result === 0 ? { sent: 1, stop: 'done' } : { stop };
    if (meaning.kind === 'sendBatch') {
      if (result === meaning.count) return { sent: result, stop: 'done' };
      const last = this.read(meaning.list + Math.max(result, 0) * BATCH_BYTES + BATCH_RESULT);
      return { sent: Math.max(result, 0), stop: STOPS.get(last) ?? 'any' };
    }
    if (meaning.kind === 'sendArray') {
      return result === meaning.count ? { sent: result, stop: 'done' } : { sent: Math.max(result, 0), stop: result < 0 ? stop : 'any' };
    }
    if (meaning.kind === 'receiveArray') {
      return result < 0 ? { stop } : { got: Array.from({ length: result }, (_, i) => named(meaning.buffer + i * ARRAY_BYTES)), stop: 'done' };
    }
    if (meaning.kind === 'receive') return result < 0 ? { stop } : { got: [named(meaning.buffer)], stop: 'done' };
    if (meaning.kind === 'discard') return result < 0 ? { stop } : { got: [[this.laneOfLast(meaning.receiver), -1]], stop: 'done' };
    if (meaning.kind === 'view') return result < 0 ? { stop } : undefined;
    if (meaning.kind === 'release') return result < 0 ? undefined : { got: [[this.laneOfLast(meaning.receiver), -1]], stop: 'done' };
    if (meaning.kind !== 'receiveBatch') return undefined;
    const records = Array.from({ length: Math.max(result, 0) }, (_, i) => meaning.list + i * BATCH_BYTES);
    const got = records.map((record) => named(this.read(record + BATCH_ADDRESS)));
    if (got.length === meaning.count) return { got, stop: 'done' };
    const last = this.read(meaning.list + got.length * BATCH_BYTES + BATCH_RESULT);
    return { got, stop: STOPS.get(last) ?? 'any' };
  }

  private laneOfLast(receiver: number): number {
    const told = this.read(this.receiverBlock(receiver) + RECEIVER_LANE);
    const shift = this.read(this.place.queue + QUEUE_LANE_SHIFT);
    return this.scenario.lanes.findIndex(({ sender, priority }) => (priority << shift) + sender === told);
  }

  /** Where the message is that a receiver views. */
  private viewed(receiver: number): number {
    const block = this.receiverBlock(receiver);
    const ring = this.read(block + RECEIVER_VIEW_RING);
    const index = this.read(block + RECEIVER_VIEW_AT) & this.read(ring + RING_MASK);
    return this.read(ring + RING_SLOTS) + index * this.read(ring + RING_STRIDE_BYTES) + SLOT_PAYLOAD;
  }

  begin(task: number, call: Call): void {
    this.explainBegin(task, call);
    const { meaning } = call;
    if (meaning.kind === 'send') this.mark(meaning.lane, BEGUN, 1 << meaning.message);
    if (meaning.kind === 'release' && this.state[this.viewing(task)] !== 0) this.intact(task, this.viewed(meaning.receiver));
    if (meaning.kind === 'sendBatch' || meaning.kind === 'sendArray') this.mark(meaning.lane, BEGUN, ((1 << meaning.count) - 1) << meaning.first);
    if (meaning.kind === 'close') {
      this.state[this.closed] = CLOSE_BEGUN;
      for (let lane = 0; lane < this.lanes; lane++) this.mark(lane, AT_CLOSE, firstBits(this.lane(lane, OK), this.model.known(task, lane, SENDS)));
    }
    for (let lane = 0; lane < this.lanes; lane++) {
      this.state[this.snapshot(task, lane)] = firstBits(this.lane(lane, OK), this.model.known(task, lane, SENDS));
      this.state[this.snapshot(task, lane) + 1] = this.lane(lane, GOT);
    }
    // The queue's own row of notes: whether this task must know of the close.
    this.state[this.closedAt(task)] = this.model.known(task, this.lanes, CLOSES) > 0 ? this.state[this.closed]! : 0;
  }

  private forget(task: number): void {
    for (let lane = 0; lane < this.lanes; lane++) {
      this.state[this.snapshot(task, lane)] = 0;
      this.state[this.snapshot(task, lane) + 1] = 0;
    }
    this.state[this.closedAt(task)] = 0;
  }

  end(task: number, call: Call, result: number): void {
    const { meaning } = call;
    if (this.scenario.hostile) {
      // A length told without a copy is the hostile side's claim.
      const isClaim = ['peek', 'discard', 'view', 'release'].includes(meaning.kind);
      const most = isClaim ? META_BYTES_MASK : 16;
      if (!STATUS_NAMES.has(result) && (result < 0 || result > most)) fail(`${call.name} returned ${result}`);
      return this.forget(task);
    }
    if (meaning.kind === 'send') this.sent(task, meaning.lane, meaning.message, result);
    else if (meaning.kind === 'sendBatch') this.sentBatch(task, meaning, result);
    else if (meaning.kind === 'receive') this.receivedCall(task, meaning.receiver, meaning.buffer, result, meaning.timed, call.operands[2]! < 8);
    else if (meaning.kind === 'receiveBatch') this.receivedBatch(task, meaning, result);
    else if (meaning.kind === 'sendArray') this.sentArray(task, meaning, result);
    else if (meaning.kind === 'receiveArray') this.receivedArray(task, meaning, result);
    else if (meaning.kind === 'discard') this.discarded(task, meaning.receiver, result);
    else if (meaning.kind === 'peek') { if (result < 0) this.nothing(task, result, false); }
    else if (meaning.kind === 'complete') this.completed(meaning.receiver, result);
    else if (meaning.kind === 'reap') this.reaped(meaning.sender, meaning.buffer, result);
    else if (meaning.kind === 'observe') this.state[this.lost + 1 + task] = result;
    else if (meaning.kind === 'close') this.closeEnded(task);
    else if (meaning.kind === 'view') this.viewEnded(task, result);
    else if (meaning.kind === 'release') this.releaseEnded(task, meaning.receiver, result);
    else if (meaning.kind === 'is') this.isExactly(call, result, meaning.value);
    else if (result < 0 && !(meaning.accept ?? []).includes(result)) fail(`${call.name} returned ${statusName(result)}`);
    this.explainEnd(task, call, result);
    this.forget(task);
  }

  /** What is viewed stays as it is until it is released. */
  private intact(task: number, address: number): void {
    const word = this.state[this.viewing(task)]!;
    if (this.read(address) !== word || this.read(address + 4) !== ~word) fail('a message changed while it was viewed');
  }

  private viewEnded(task: number, result: number): void {
    if (result < 0) return this.nothing(task, result, false);
    this.state[this.viewing(task)] = this.read(result);
    this.intact(task, result);
  }

  private releaseEnded(task: number, receiver: number, result: number): void {
    const word = this.state[this.viewing(task)]!;
    this.state[this.viewing(task)] = 0;
    if (word === 0) return result === status.STATUS_NOT_PENDING ? undefined : fail(`a release of nothing returned ${statusName(result)}`);
    if (result !== 8) fail(`a release returned ${statusName(result)}`);
    this.take(task, receiver, word >> 8 & 255, word & 255);
  }

  private isExactly(call: Call, result: number, value: number): void {
    if (result !== value) fail(`${call.name} returned ${statusName(result)}, not ${statusName(value)}`);
  }

  private closeEnded(task: number): void {
    this.state[this.closed] = CLOSE_BEGUN | CLOSE_ENDED;
    this.model.note(task, this.lanes, CLOSES, 1);
  }

  /** A task died, perhaps inside a call: what it was receiving may be lost. */
  killed(task: number, call: Call | undefined, inside: boolean): void {
    if (inside && call) {
      const { kind } = call.meaning;
      if (kind === 'receive' || kind === 'discard' || kind === 'release') this.state[this.lost]! += 1;
      if (call.meaning.kind === 'receiveBatch' || call.meaning.kind === 'receiveArray') this.state[this.lost]! += call.meaning.count;
    }
    if (this.history) this.state[this.explained] = this.history.died(this.state[this.explained]!, task);
    this.state[this.viewing(task)] = 0;
    this.forget(task);
  }

  private sent(task: number, lane: number, message: number, result: number): void {
    const bit = 1 << message;
    if (result === 0) {
      if ((this.state[this.closedAt(task)]! & CLOSE_ENDED) !== 0) fail('a send into a closed queue succeeded');
      this.mark(lane, OK, bit);
      return this.model.note(task, lane, SENDS, countBits(this.lane(lane, OK)));
    }
    this.state[this.at + lane * LANE_WORDS + BEGUN]! &= ~bit;
    if (result === status.STATUS_CLOSED) return this.state[this.closed] === 0 ? fail('a send said CLOSED on an open queue') : undefined;
    if (result === status.STATUS_NO_CREDIT) return undefined;
    if (result !== status.STATUS_FULL) fail(`a send returned ${statusName(result)}`);
    const before = Math.min(countBits(this.state[this.snapshot(task, lane) + 1]!), this.model.known(task, lane, RECEIVES));
    const inside = countBits(this.lane(lane, BEGUN)) - before;
    if (inside < this.scenario.shape.ringSize) fail(`a send said FULL with at most ${inside} of ${this.scenario.shape.ringSize} slots in use`);
  }

  private sentBatch(task: number, meaning: { lane: number; first: number; count: number }, result: number): void {
    for (let i = 0; i < meaning.count; i++) {
      if (i < result) this.mark(meaning.lane, OK, 1 << (meaning.first + i));
      else this.state[this.at + meaning.lane * LANE_WORDS + BEGUN]! &= ~(1 << (meaning.first + i));
    }
    if (result < 0) this.sent(task, meaning.lane, meaning.first, result);
    this.model.note(task, meaning.lane, SENDS, countBits(this.lane(meaning.lane, OK)));
  }

  /** Less than all of an array went: there was no more room, or the queue is being closed. */
  private sentArray(task: number, meaning: { lane: number; first: number; count: number }, result: number): void {
    this.sentBatch(task, meaning, result);
    if (result > 0 && result < meaning.count && !this.isClosed()) this.sent(task, meaning.lane, meaning.first + result, status.STATUS_FULL);
  }

  /** A receive came back with nothing. */
  private nothing(task: number, result: number, timed: boolean): void {
    const isTimeout = timed && result === status.STATUS_TIMED_OUT;
    const isClosed = result === status.STATUS_CLOSED;
    if (isClosed && this.state[this.closed] === 0) fail('a receive said CLOSED on an open queue');
    if (isClosed) {
      for (let lane = 0; lane < this.lanes; lane++) {
        if (this.consumed(lane) < countBits(this.lane(lane, AT_CLOSE))) fail('a receive said CLOSED and left a message behind');
      }
    }
    if (result === status.STATUS_AGAIN && this.scenario.shape.receivers > 1) return;
    if (!isTimeout && !isClosed && result !== status.STATUS_EMPTY) fail(`a receive returned ${statusName(result)}`);
    this.noneLeft(task, ALL, statusName(result));
  }

  /** What each task of an observed program returned. */
  results(): number[] {
    return [...this.state.subarray(this.lost + 1, this.lost + this.tasks)];
  }

  isClosed(): boolean {
    return this.state[this.closed] !== 0;
  }

  /** Every message whose send had ended when the task's call began, at a priority more urgent than `below`, has left. */
  private noneLeft(task: number, below: number, what: string): void {
    for (let lane = 0; lane < this.lanes; lane++) {
      const { sender, priority } = this.scenario.lanes[lane]!;
      if (priority >= below) continue;
      const there = countBits(this.state[this.snapshot(task, lane)]!);
      if (this.consumed(lane) < there) fail(`${what} while a message of sender ${sender} at priority ${priority} was queued`);
    }
  }

  private take(task: number, receiver: number, lane: number, message: number): void {
    const bit = 1 << message;
    const { sender, priority } = this.scenario.lanes[lane] ?? fail(`a message of no lane: ${lane}`);
    const name = `message ${message} of sender ${sender} at priority ${priority}`;
    if ((this.lane(lane, BEGUN) & bit) === 0) fail(`${name} was received and never sent`);
    if ((this.lane(lane, GOT) & bit) !== 0) fail(`${name} was received twice`);
    if (this.state[this.snapshot(task, lane) + 1]! >>> message !== 0) fail(`${name} came after a later one`);
    const missing = this.lane(lane, OK) & (bit - 1) & ~this.lane(lane, GOT);
    if (this.scenario.shape.receivers === 1 && countBits(missing) > this.state[this.lost]!) fail(`${name} overtook another`);
    this.mark(lane, GOT, bit);
    if (this.scenario.shape.receivers === 1 && task < this.tasks - 1) this.model.note(task, lane, RECEIVES, countBits(this.lane(lane, GOT)));
    if (this.laneOfLast(receiver) !== lane) fail(`${name} was reported as another's`);
  }

  private takePayload(task: number, receiver: number, buffer: number, bytes: number): number {
    const word = this.read(buffer);
    if (bytes !== 8 || this.read(buffer + 4) !== ~word || word >>> 16 !== 0x5100) {
      fail(`a torn message: ${bytes} bytes, ${word.toString(16)} ${this.read(buffer + 4).toString(16)}`);
    }
    const lane = word >> 8 & 255;
    this.take(task, receiver, lane, word & 255);
    return lane;
  }

  private receivedCall(task: number, receiver: number, buffer: number, result: number, timed: boolean, tooSmall: boolean): void {
    if (result === status.STATUS_TOO_SMALL && tooSmall) return;
    if (result < 0) return this.nothing(task, result, timed);
    const lane = this.takePayload(task, receiver, buffer, result);
    this.noneLeft(task, this.scenario.lanes[lane]!.priority, `priority ${this.scenario.lanes[lane]!.priority} was served`);
  }

  private receivedBatch(task: number, meaning: { receiver: number; list: number; count: number }, result: number): void {
    if (result < 0) return this.nothing(task, result, false);
    for (let i = 0; i < result; i++) {
      const record = meaning.list + i * BATCH_BYTES;
      const buffer = this.read(record + BATCH_ADDRESS);
      const word = this.read(buffer);
      if (this.read(buffer + 4) !== ~word || this.read(record + BATCH_RESULT) !== 8) fail('a torn message in a batch');
      const lane = word >> 8 & 255;
      const bit = 1 << (word & 255);
      if ((this.lane(lane, BEGUN) & bit) === 0 || (this.lane(lane, GOT) & bit) !== 0) fail('a batch holds a message twice, or one never sent');
      this.mark(lane, GOT, bit);
    }
    if (result < meaning.count) this.noneLeft(task, ALL, 'a batch ended');
  }

  /** An array took messages of one lane: all that were there when it began, as far as it had room. */
  private receivedArray(task: number, meaning: { receiver: number; buffer: number; count: number }, result: number): void {
    if (result < 0) return this.nothing(task, result, false);
    let lane = -1;
    for (let i = 0; i < result; i++) {
      const next = this.takePayload(task, meaning.receiver, meaning.buffer + i * ARRAY_BYTES, ARRAY_BYTES);
      if (i > 0 && next !== lane) fail('an array holds messages of two lanes');
      lane = next;
    }
    if (lane < 0 || result > meaning.count) fail(`an array of ${meaning.count} received ${result} messages`);
    this.noneLeft(task, this.scenario.lanes[lane]!.priority, 'an array was served');
    const isShort = result < meaning.count && this.scenario.shape.receivers === 1;
    const there = countBits(this.state[this.snapshot(task, lane)]!);
    if (isShort && this.consumed(lane) < there) fail('an array left a message that it had room for');
  }

  /** A discard took the oldest message of the lane the receiver names. */
  private discarded(task: number, receiver: number, result: number): void {
    if (result < 0) return this.nothing(task, result, false);
    const lane = this.laneOfLast(receiver);
    const left = this.lane(lane, BEGUN) & ~this.lane(lane, GOT);
    if (left === 0) fail('a discard took a message that is not there');
    this.take(task, receiver, lane, 31 - Math.clz32(left & -left));
  }

  private completed(receiver: number, result: number): void {
    if (result < 0) fail(`a completion failed: ${statusName(result)}`);
    const block = this.receiverBlock(receiver);
    const word = this.read(block + RECEIVER_USER_LOW);
    this.mark(word >> 8 & 255, POSTED, 1 << (word & 255));
  }

  private reaped(sender: number, buffer: number, result: number): void {
    if (result === status.STATUS_EMPTY || result === status.STATUS_TIMED_OUT) return;
    if (result !== 16) fail(`reaping returned ${statusName(result)}`);
    const word = this.read(buffer);
    const lane = word >> 8 & 255;
    const bit = 1 << (word & 255);
    if (this.scenario.lanes[lane]?.sender !== sender || this.read(buffer + 4) !== ~word) fail('a completion of another sender, or torn');
    if ((this.lane(lane, REAPED) & bit) !== 0) fail('a completion was reaped twice');
    if ((this.lane(lane, GOT) & bit) === 0) fail('a completion of a message nobody received');
    this.mark(lane, REAPED, bit);
  }

  /** After everything was drained: nothing lost, nothing from nowhere. `drain` receives until the queue is empty. */
  atRest(drain: (take: (receiver: number, buffer: number, bytes: number) => void) => void, statistics: () => bigint[]): void {
    if (this.lanes === 0) return; // tasks that judge their own results
    const lostBefore = this.state[this.lost]!;
    drain((receiver, buffer, bytes) => {
      const call: Call = { name: 'a receive at rest', operands: [], meaning: { kind: 'receive', receiver, buffer, timed: false } };
      this.explainBegin(this.tasks - 1, call);
      this.takePayload(this.tasks - 1, receiver, buffer, bytes);
      this.explainEnd(this.tasks - 1, call, bytes);
    });
    let missing = 0;
    const sent = [0, 0, 0, 0];
    const unsure = [0, 0, 0, 0];
    for (let lane = 0; lane < this.lanes; lane++) {
      const { priority } = this.scenario.lanes[lane]!;
      missing += countBits(this.lane(lane, OK) & ~this.lane(lane, GOT));
      sent[priority]! += countBits(this.lane(lane, OK));
      unsure[priority]! += countBits(this.lane(lane, BEGUN) & ~this.lane(lane, OK));
    }
    if (missing > lostBefore * (this.scenario.lossPerKill ?? 1)) fail(`${missing} messages are lost`);
    const counted = statistics();
    for (let priority = 0; priority < 4; priority++) {
      // A sender that died inside the wrap of a counter may leave its upper half one off (4-ring, ringAdopt).
      const told = this.scenario.kills > 0 ? counted[priority]! & 0xffffffffn : counted[priority]!;
      const extra = Number(told) - sent[priority]!;
      if (extra < 0 || extra > unsure[priority]!) fail(`statistics say ${counted[priority]} sent at priority ${priority}, it was ${sent[priority]}`);
      if (counted[priority] !== counted[4 + priority]) fail(`at rest, ${counted[priority]} sent and ${counted[4 + priority]} received at priority ${priority}`);
    }
  }
}
