/**
 * Checks the recorded history of a storm (storm/plan.ts) against what a queue of this kind may do.
 *
 * Role: reads the memory of a round that has ended, whoever ran it: Node's workers, host threads, the board. Its own second opinion:
 *   it knows calls, times and answers, and nothing of rings.
 * Checked are the four patterns by which a FIFO history fails to be linearizable, per sender and priority (a value from nowhere,
 *   twice, overtaken, Empty while present), and: nothing lost, torn or answered strangely; more urgent first; Full only if full;
 *   every submitted message completed once; no receive that waits out its time although there was something to receive.
 * Presence: a message is surely there after its send has ended and before a receive of it has begun. "While present" means that over
 *   a call's whole time, at each moment, some message of one lane was surely there: a look at that lane cannot have found nothing.
 * Units: nanoseconds since the round began; sequence numbers. A clock shared by all contexts; equal times count as simultaneous.
 * Checked by: test/native/history.test.ts
 */
import {
  CONTEXT_BYTES, CONTEXT_COUNT, CONTEXT_LOG, CONTEXT_MICROS, PLAN_BYTES_TOTAL, PLAN_COMPLETIONS, PLAN_COUNT, PLAN_HEADER_BYTES,
  PLAN_MAGIC, PLAN_MICROS, PLAN_NANOS, PLAN_PATIENCE, PLAN_RECEIVERS, PLAN_RING, PLAN_ROUND, PLAN_SEED, PLAN_SELF, PLAN_SENDERS,
  PLAN_VERSION, RECORD_AWAITED, RECORD_BYTES, RECORD_EMPTY, RECORD_FULL, RECORD_REAPED, RECORD_RECEIVED, RECORD_SENT, RECORD_STRANGE,
  RECORD_TORN,
} from './storm/plan.ts';

export interface Context {
  role: 'sender' | 'receiver';
  number: number;
  /** Records of four words, as plan.ts draws them. */
  log: Int32Array;
  /** Microseconds its part of the round took. */
  micros: number;
}

export interface History {
  senders: number;
  receivers: number;
  ringSize: number;
  completions: number;
  count: number;
  seed: number;
  round: number;
  /** Microseconds a receive waits at most. */
  patience: number;
  /** The nanosecond clock when the round began. */
  nanos: number;
  contexts: Context[];
}

export type Pattern =
  | 'from nowhere' | 'twice' | 'overtaken' | 'Empty while present' | 'lost' | 'torn' | 'strange status' | 'less urgent first'
  | 'Full with room' | 'completed twice' | 'completed before received' | 'never completed' | 'asleep while present';

export interface Violation {
  pattern: Pattern;
  text: string;
}

export interface Result {
  messages: number;
  empties: number;
  fulls: number;
  completions: number;
  violations: Violation[];
  /** Calls whose times could not be told apart from those 4.3 s later, so that only orders within one context were checked. */
  unclocked: boolean;
}

export interface Rules {
  /** Nanoseconds by which one core may see another's clock or stores late. Under -icount there is none. */
  slack: number;
  /** Whether sleeping through one's own wake-up shows in the times: not on a machine that may be busy with other things. */
  sleepers: boolean;
}

const PRIORITIES = ['Critical', 'High', 'Normal', 'Low'];
/** Violations of one round that are told in words; all are counted. */
const TOLD = 20;
/** Nanoseconds for which a store of a receiver may stay unseen by a sender that finds no room. */
const STORE_NANOS = 20_000;
const CLOCK_NANOS = 2 ** 32;
const UNCLOCKED_NANOS = 1e9;

/** Reads the history of the area that begins at byte `from` of a memory. */
export const readHistory = (memory: Uint8Array, from: number): History => {
  const words = new Int32Array(memory.buffer, memory.byteOffset + from, (memory.byteLength - from) >> 2);
  const at = (field: number, base = 0): number => words[(base + field) >> 2]!;
  if (at(0) !== PLAN_MAGIC || at(4) !== PLAN_VERSION) throw new Error('no history here');
  const [senders, receivers] = [at(PLAN_SENDERS), at(PLAN_RECEIVERS)];
  const contexts = Array.from({ length: senders + receivers }, (_, index): Context => {
    const block = PLAN_HEADER_BYTES + index * CONTEXT_BYTES;
    const log = (at(CONTEXT_LOG, block) - at(PLAN_SELF)) >> 2;
    return {
      role: index < senders ? 'sender' : 'receiver', number: index < senders ? index : index - senders,
      log: words.subarray(log, log + at(CONTEXT_COUNT, block) * (RECORD_BYTES >> 2)),
      micros: (at(CONTEXT_MICROS, block) - at(PLAN_MICROS)) >>> 0,
    };
  });
  return {
    senders, receivers, contexts, ringSize: at(PLAN_RING), completions: at(PLAN_COMPLETIONS), count: at(PLAN_COUNT),
    seed: at(PLAN_SEED), round: at(PLAN_ROUND), patience: at(PLAN_PATIENCE), nanos: at(PLAN_NANOS),
  };
};

/** Where in a memory an area begins, at a multiple of a page; -1 if there is none. */
export const findArea = (memory: Uint8Array): number => {
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength >> 2);
  for (let at = 0; at < words.length; at += 16) if (words[at] === PLAN_MAGIC && words[at + 1] === PLAN_VERSION) return at << 2;
  return -1;
};

export const areaBytes = (memory: Uint8Array, from: number): number =>
  new DataView(memory.buffer, memory.byteOffset + from).getInt32(PLAN_BYTES_TOTAL, true);

/** Begin and end of each record in nanoseconds since the round began, unwrapped: a context's records are in its own order. */
const timesOf = (context: Context, from: number): { began: Float64Array; ended: Float64Array; last: number } => {
  const records = context.log.length >> 2;
  const [began, ended] = [new Float64Array(records), new Float64Array(records)];
  let now = 0;
  let low = from | 0;
  for (let k = 0; k < records; k++) {
    const [begins, ends] = [context.log[k * 4 + 2]!, context.log[k * 4 + 3]!];
    // The messages of one batch have the same times.
    if (k > 0 && begins === context.log[k * 4 - 2] && ends === context.log[k * 4 - 1]) {
      began[k] = began[k - 1]!;
      ended[k] = ended[k - 1]!;
      continue;
    }
    began[k] = now + ((begins - low) >>> 0);
    now = began[k]! + ((ends - begins) >>> 0);
    ended[k] = now;
    low = ends;
  }
  return { began, ended, last: now };
};

/** One sender's messages of one priority in one round, in the order they were sent. */
class Lane {
  /** Sequence of the round's first message. */
  readonly base: number;
  readonly sentBegan: number[] = [];
  readonly sentEnded: number[] = [];
  receivedBegan = new Float64Array(0);
  receivedEnded = new Float64Array(0);
  reapedEnded = new Float64Array(0);
  /** Stretches of time over which something is surely there. */
  readonly from: number[] = [];
  readonly until: number[] = [];

  constructor(base: number) {
    this.base = base;
  }

  get length(): number { return this.sentEnded.length; }

  /** After all sends: room for what is received. */
  seal(): void {
    this.receivedBegan = new Float64Array(this.length).fill(-1);
    this.receivedEnded = new Float64Array(this.length).fill(Infinity);
    this.reapedEnded = new Float64Array(this.length).fill(-1);
  }

  /** After all receives: the stretches, merged. */
  stretch(slack: number): void {
    for (let k = 0; k < this.length; k++) {
      const from = this.sentEnded[k]! + slack;
      const until = this.receivedBegan[k]! < 0 ? Infinity : this.receivedBegan[k]!;
      const last = this.until.length - 1;
      if (until <= from) continue;
      if (last >= 0 && from < this.until[last]!) this.until[last] = Math.max(this.until[last]!, until);
      else {
        this.from.push(from);
        this.until.push(until);
      }
    }
  }
}

/** Checks the rounds of one run one after another: sequence numbers go on from round to round. */
export class Checker {
  readonly #next: number[];
  readonly #rules: Rules;
  #violations: Violation[] = [];
  #told = 0;
  #history!: History;
  #lanes: Lane[] = [];

  /** `from`: a history whose rounds before are not there; its first sequence numbers are taken as they are. */
  constructor(senders: number, rules: Rules, from?: History) {
    this.#next = new Array<number>(senders * 4).fill(0);
    this.#rules = rules;
    for (const context of from?.contexts ?? []) {
      for (let k = context.log.length - 4; k >= 0; k -= 4) {
        const word = context.log[k]!;
        if (context.role === 'sender' && (word & 255) === RECORD_SENT) this.#next[context.number * 4 + (word >> 8 & 3)] = context.log[k + 1]!;
      }
    }
  }

  #tell(pattern: Pattern, text: string): void {
    this.#told += 1;
    if (this.#violations.length < TOLD) this.#violations.push({ pattern, text });
  }

  round(history: History): Result {
    this.#violations = [];
    this.#told = 0;
    this.#history = history;
    this.#lanes = this.#next.map((base) => new Lane(base));
    const clocks = history.contexts.map((context) => timesOf(context, history.nanos));
    const unclocked = history.contexts.some((context, k) => context.micros * 1000 - clocks[k]!.last > CLOCK_NANOS - UNCLOCKED_NANOS);
    const result: Result = { messages: 0, empties: 0, fulls: 0, completions: 0, violations: [], unclocked };
    const each = (role: Context['role'], visit: (context: Context, times: ReturnType<typeof timesOf>) => void): void =>
      history.contexts.forEach((context, k) => { if (context.role === role) visit(context, clocks[k]!); });
    each('sender', (context, times) => this.#sends(context, times));
    for (const lane of this.#lanes) lane.seal();
    each('receiver', (context, times) => this.#receives(context, times, unclocked));
    this.#orders(unclocked);
    if (!unclocked) {
      for (const lane of this.#lanes) lane.stretch(this.#rules.slack);
      each('receiver', (context, times) => { result.empties += this.#looks(context, times); });
    }
    each('sender', (context, times) => {
      result.completions += this.#completions(context, times, unclocked);
      result.fulls += this.#fulls(context, times, unclocked);
    });
    result.messages = this.#lanes.reduce((sum, lane) => sum + lane.length, 0);
    this.#lanes.forEach((lane, k) => { this.#next[k]! += lane.length; });
    result.violations = this.#violations;
    const more = this.#told - this.#violations.length;
    if (more > 0) result.violations.push({ pattern: this.#violations[0]!.pattern, text: `... and ${more} more` });
    return result;
  }

  #name(lane: number, sequence: number): string {
    return `message ${sequence} of sender ${lane >> 2} at ${PRIORITIES[lane & 3]}`;
  }

  #sends(context: Context, { began, ended }: ReturnType<typeof timesOf>): void {
    for (let k = 0; k < began.length; k++) {
      const word = context.log[k * 4]!;
      const [kind, index] = [word & 255, context.number * 4 + (word >> 8 & 3)];
      if (kind === RECORD_STRANGE) this.#tell('strange status', `sender ${context.number} got status ${context.log[k * 4 + 1]}`);
      if (kind === RECORD_TORN) this.#tell('torn', `sender ${context.number} reaped a completion of which user data and result do not agree`);
      if (kind !== RECORD_SENT) continue;
      const lane = this.#lanes[index]!;
      if (context.log[k * 4 + 1] !== (lane.base + lane.length | 0)) throw new Error(`the log of sender ${context.number} is not in order`);
      lane.sentBegan.push(began[k]!);
      lane.sentEnded.push(ended[k]!);
    }
  }

  #receives(context: Context, { began, ended }: ReturnType<typeof timesOf>, unclocked: boolean): void {
    const last = new Array<number>(this.#lanes.length).fill(-1);
    const by = `receiver ${context.number}`;
    for (let k = 0; k < began.length; k++) {
      const word = context.log[k * 4]!;
      const [kind, index, sequence] = [word & 255, (word >> 16 & 255) * 4 + (word >> 8 & 3), context.log[k * 4 + 1]!];
      if (kind === RECORD_STRANGE) this.#tell('strange status', `${by} got status ${sequence}`);
      if (kind === RECORD_TORN) this.#tell('torn', `${by} received ${this.#name(index, sequence)}, not as it was sent`);
      if (kind !== RECORD_RECEIVED && kind !== RECORD_AWAITED && kind !== RECORD_TORN) continue;
      const lane = this.#lanes[index];
      const at = lane === undefined ? -1 : (sequence - lane.base) | 0;
      if (lane === undefined || at < 0 || at >= lane.length) {
        this.#tell('from nowhere', `${by} received ${this.#name(index, sequence)}, which was not sent in this round`);
        continue;
      }
      if (lane.receivedBegan[at]! >= 0) this.#tell('twice', `${by} received ${this.#name(index, sequence)} again`);
      if (!unclocked && ended[k]! < lane.sentBegan[at]!) {
        this.#tell('from nowhere', `${by} received ${this.#name(index, sequence)} before its send began`);
      }
      if (at < last[index]!) this.#tell('overtaken', `${by} received ${this.#name(index, sequence)} after ${lane.base + last[index]!}`);
      last[index] = Math.max(last[index]!, at);
      lane.receivedBegan[at] = began[k]!;
      lane.receivedEnded[at] = ended[k]!;
    }
  }

  /** Lost ones, and those overtaken between receivers. */
  #orders(unclocked: boolean): void {
    this.#lanes.forEach((lane, index) => {
      let earliest = Infinity;
      let which = 0;
      for (let k = lane.length - 1; k >= 0; k--) {
        if (lane.receivedBegan[k]! < 0) this.#tell('lost', `${this.#name(index, lane.base + k)} was sent and never received`);
        else if (!unclocked && earliest < lane.receivedBegan[k]!) {
          this.#tell('overtaken', `${this.#name(index, lane.base + k)}: a receive of ${lane.base + which} had ended before its own began`);
        }
        if (lane.receivedEnded[k]! < earliest) [earliest, which] = [lane.receivedEnded[k]!, k];
      }
    });
  }

  /** Empty while present, less urgent first, asleep while present. Returns how many calls found nothing. */
  #looks(context: Context, { began, ended }: ReturnType<typeof timesOf>): number {
    const next = new Array<number>(this.#lanes.length).fill(0);
    const by = `receiver ${context.number}`;
    let empties = 0;
    for (let k = 0; k < began.length; k++) {
      const word = context.log[k * 4]!;
      const [kind, priority] = [word & 255, word >> 8 & 3];
      const empty = kind === RECORD_EMPTY;
      if (empty) empties += 1;
      if (!empty && kind !== RECORD_RECEIVED && kind !== RECORD_AWAITED) continue;
      const [from, until] = [began[k]!, ended[k]!];
      for (let index = 0; index < this.#lanes.length; index++) {
        if (!empty && (index & 3) >= priority) continue;
        const lane = this.#lanes[index]!;
        let at = next[index]!;
        while (at < lane.until.length && lane.until[at]! <= from) at++;
        next[index] = at;
        if (at < lane.until.length && lane.from[at]! < from && lane.until[at]! > until) {
          const there = `sender ${index >> 2} had a message at ${PRIORITIES[index & 3]} in the queue all the time, ${from} to ${until} ns`;
          if (empty) this.#tell('Empty while present', `${by} found nothing, and ${there}`);
          else this.#tell('less urgent first', `${by} received ${this.#name((word >> 16 & 255) * 4 + priority, context.log[k * 4 + 1]!)}, and ${there}`);
        }
      }
      if (this.#rules.sleepers && kind === RECORD_AWAITED) this.#sleeper(by, word, context.log[k * 4 + 1]!, from, until);
    }
    return empties;
  }

  /** A receive that took until its time was over, although its message was there long before. */
  #sleeper(by: string, word: number, sequence: number, from: number, until: number): void {
    const index = (word >> 16 & 255) * 4 + (word >> 8 & 3);
    const lane = this.#lanes[index];
    const sent = lane?.sentEnded[sequence - lane.base];
    if (sent === undefined || until - Math.max(from, sent) < this.#history.patience * 500) return;
    this.#tell('asleep while present', `${by} slept ${until - Math.max(from, sent)} ns after ${this.#name(index, sequence)} had been sent to it`);
  }

  #completions(context: Context, { began, ended }: ReturnType<typeof timesOf>, unclocked: boolean): number {
    if (this.#history.completions === 0 || (context.number & 1) !== 0) return 0;
    let completions = 0;
    for (let k = 0; k < began.length; k++) {
      const word = context.log[k * 4]!;
      if ((word & 255) !== RECORD_REAPED) continue;
      const [index, sequence] = [context.number * 4 + (word >> 8 & 3), context.log[k * 4 + 1]!];
      const lane = this.#lanes[index]!;
      const at = (sequence - lane.base) | 0;
      completions += 1;
      if (at < 0 || at >= lane.length) {
        this.#tell('from nowhere', `a completion of ${this.#name(index, sequence)}, which was not sent in this round`);
        continue;
      }
      if (lane.reapedEnded[at]! >= 0) this.#tell('completed twice', this.#name(index, sequence));
      if (!unclocked && ended[k]! < lane.receivedBegan[at]!) this.#tell('completed before received', this.#name(index, sequence));
      lane.reapedEnded[at] = ended[k]!;
    }
    for (let index = context.number * 4; index < context.number * 4 + 4; index++) {
      const lane = this.#lanes[index]!;
      for (let k = 0; k < lane.length; k++) if (lane.reapedEnded[k]! < 0) this.#tell('never completed', this.#name(index, lane.base + k));
    }
    return completions;
  }

  /** A lane is full only while as many messages as it has slots were sent and not yet received. */
  #fulls(context: Context, { began, ended }: ReturnType<typeof timesOf>, unclocked: boolean): number {
    const [sent, taken] = [[0, 0, 0, 0], [0, 0, 0, 0]];
    let fulls = 0;
    for (let k = 0; k < began.length; k++) {
      const word = context.log[k * 4]!;
      const [kind, priority] = [word & 255, word >> 8 & 3];
      if (kind === RECORD_SENT) sent[priority]! += 1;
      if (kind !== RECORD_FULL) continue;
      fulls += 1;
      const lane = this.#lanes[context.number * 4 + priority]!;
      const before = began[k]! - (this.#rules.slack === 0 ? 0 : STORE_NANOS);
      while (taken[priority]! < lane.length && lane.receivedEnded[taken[priority]!]! < before) taken[priority]! += 1;
      if (unclocked || sent[priority]! - taken[priority]! >= this.#history.ringSize) continue;
      this.#tell('Full with room', `sender ${context.number} at ${PRIORITIES[priority]} after ${sent[priority]} sends, ${taken[priority]} of them received: ring size ${this.#history.ringSize}, ${ended[k]} ns`);
    }
    return fulls;
  }
}
