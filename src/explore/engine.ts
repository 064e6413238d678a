/**
 * Threads, their steps, and one state of everything: what every memory model shares.
 *
 * A step is one access to a word that several threads use (or one choice), with everything local that follows it; a word is
 * local until two threads are seen to need it. Seeing that throws RESTART: the exploration begins again with the word shared.
 * In the end no access that was taken for local conflicts with another, so no interleaving that matters was left out, and
 * killing a thread between two local accesses leaves the same words to everybody else as killing it at the step before.
 *
 * Memory: state = global words | threads | monitor | words of memory that are ever written. Checked by: test/explore.
 */
import { boardOperations, hasTimer, isLocalOnBoard, isTurnOf, takeTurn, timerFires } from './board.ts';
import type { Compiled } from './compile.ts';
import { QUEUE_RECEIVER_BLOCKS, RECEIVER_BYTES, RECEIVER_HANDLE } from '../kernel/layout.ts';
import { STATUS_CLOSED, STATUS_EMPTY } from '../kernel/status.ts';
import { ASLEEP, BOARD_LOCAL, NO_ADDRESS } from './generate.ts';
import { Monitor, statusName, Violation } from './monitor.ts';
import { type Call, KEPT, type Place, type Scenario, type Task } from './scenario.ts';
import { SCHEMA_PROGRAM } from './schema.ts';
import { changeWeights, isJudgedUnchanged } from './unchanged.ts';

// ---- Global words.
const KILLS_LEFT = 0;
const SPURIOUS_LEFT = 1;
const HOSTILE_LEFT = 2;
const GLOBAL_WORDS = 3;

// ---- Thread words: THREAD_HEADER_WORDS of them, then registers.
/** Word 0 is the label, 0 between calls. Index of the current or next call. */
const CALL = 1;
/** 0 awake; asleep: address + 1; woken: -1 - result of the wait. */
const WAIT = 2;
/** 0 until the call reads the time, then started; late once the clock has jumped past every timeout. */
const CLOCK = 3;
const CLOCK_STARTED = 1;
const CLOCK_LATE = 2;
const FLAGS = 4;
const KEPT_RESULT = 5;
/** What the call has written, as one number that is 0 if all words it may not change are as before (unchanged.ts). */
const CHANGED = 6;
/** Operations of the call since it began or slept, where the scenario counts them. */
const COUNT = 7;
const DEAD = 1;
const LAST_BAD = 2;

const LATE_MICROSECONDS = 1_000_000;

export const RESTART = new Error('a word turned out to be shared');

// ---- Transitions: thread << 12 | kind << 9 | choice.
export const STEP = 0;
export const KILL = 1;
export const TIMEOUT = 2;
export const SPURIOUS = 3;
export const HOSTILE = 4;
export const threadOf = (transition: number): number => transition >> 12;
export const kindOf = (transition: number): number => transition >> 9 & 7;
export const choiceOf = (transition: number): number => transition & 511;

/** How an operation touches its word. */
const READS = 1;
const WRITES = 2;
const TOUCH: Record<string, number> = {
  load32: READS, loadRacing32: READS, loadRelaxed32: READS, loadAcquire32: READS, loadSequential32: READS,
  // Of 64 bits the lower half is kept: a stack pointer, in explored code.
  store64: WRITES,
  store32: WRITES, storeRelaxed32: WRITES, storeRelease32: WRITES, storeSequential32: WRITES,
  compareExchange32: 3, fetchAdd32: 3, fetchOr32: 3, fetchAnd32: 3, exchange32: 3, addOwned64: 3,
  // Sleeping and waking meet even where nobody writes the word.
  wait32: 3, notify32: 3,
};

/** One access as told to a replay. */
export interface Access {
  thread: number;
  label: number;
  address: number;
  before: number;
  after: number;
  /** What a load returned, if the model says so. */
  result: number | undefined;
  /** The label whose line to show. */
  told: number;
}

/** The operations on memory that a model provides; addresses are checked before. */
export interface Model {
  /** What it wants to say about an access before it happens: the number of choices, 0 if the access is local. */
  operations(engine: Engine): Record<string, (...operands: number[]) => number | void>;
  /** Whether a fence is a step that others notice. */
  fencesMatter: boolean;
  isAtomic: boolean;
  /** State beside the engine's words. */
  reset(engine: Engine): void;
  save(): unknown;
  restore(saved: unknown): void;
  hash(low: number, high: number): [number, number];
  threadDied(thread: number): void;
  /** A side that keeps no rules writes a word. */
  intrude(address: number, value: number): void;
  /** `thread` begins after the end of `other`. */
  joinFrom(thread: number, other: number): void;
  /** Sends (0) and receives (1) of a lane that have ended, as far as a thread must know of them. */
  note(thread: number, lane: number, what: number, count: number): void;
  known(thread: number, lane: number, what: number): number;
  /** Words that are read plainly, as far as the model tells them apart. */
  plainWords(): number[];
  learnPlain(words: readonly number[]): void;
}

export const MEMORY_BYTES = 0x10000;
/** Nothing valid lies below. */
const FIRST_OBJECT = 0x40;
const GUARD_BYTES = 64;
const TABLE = 0x1000;
const QUEUE = 0x2000;

const SPARE_WORDS = 4096;

export class Engine {
  readonly compiled: Compiled;
  readonly scenario: Scenario;
  readonly tasks: Task[] = [];
  readonly monitor: Monitor;
  readonly model: Model;
  readonly state: Int32Array = new Int32Array(SPARE_WORDS);
  readonly image = new Int32Array(MEMORY_BYTES >> 2);
  /** Where in the state a memory word lives; 0: it never changes. */
  readonly slotOf = new Int32Array(MEMORY_BYTES >> 2);
  readonly wordOf = new Int32Array(SPARE_WORDS);
  readonly shared = new Uint8Array(MEMORY_BYTES >> 2);
  readonly covered: Uint8Array;
  readonly threadWords: number;
  words = 0;
  /** Running now, the choice it takes, and how many it turned out to have. */
  thread = 0;
  choice = 0;
  options = 1;
  /** Accesses of the last transition, if `trace` is set. */
  trace: ((access: Access) => void) | undefined;
  steps = 0;
  /** The most operations that a call of each name took between its begin, its sleeps and its end. */
  readonly longest = new Map<string, number>();
  private readonly weights: Int32Array;
  private readonly readers = new Int32Array(MEMORY_BYTES >> 2);
  private readonly writers = new Int32Array(MEMORY_BYTES >> 2);
  private readonly code: ((base: number) => number)[];
  private readonly addressOf: (((base: number) => number) | undefined)[];
  private readonly touch: Uint8Array;
  private readonly isStop: Uint8Array;
  private readonly register = { result: 0 };
  readonly place: Place;
  private readonly scratch: number;
  private allocated = QUEUE;
  /** Words that belong to an object: between two objects there are some that belong to none. */
  private readonly inside = new Uint8Array(MEMORY_BYTES >> 2).fill(1, FIRST_OBJECT >> 2, QUEUE >> 2);
  private readonly hostileAddresses: number[] = [];
  /** 'setup' writes the image; 'run' writes the state; 'free' writes both and remembers, without watching who shares what. */
  private mode: 'setup' | 'run' | 'free' = 'setup';
  private undo: [number, number][] = [];
  private readonly initial: Int32Array;

  constructor(compiled: Compiled, scenario: Scenario, model: Model) {
    this.compiled = compiled;
    this.scenario = scenario;
    this.model = model;
    this.threadWords = compiled.words;
    this.covered = new Uint8Array(compiled.blocks.length);
    this.isStop = Uint8Array.from(compiled.labels, (label) => (label?.operation === undefined ? 0 : 1));
    this.touch = Uint8Array.from(compiled.labels, (label) => TOUCH[label?.operation ?? ''] ?? 0);
    const operations = { ...model.operations(this), ...boardOperations(this) };
    const make = (text: string): unknown[] =>
      new Function('$S', '$M', '$T', '$V', `${compiled.pure}\nreturn ${text};`)(this.state, operations, this.register, this.covered);
    this.code = make(compiled.functions) as typeof this.code;
    this.addressOf = make(compiled.addresses) as typeof this.addressOf;
    this.scratch = GLOBAL_WORDS;
    this.place = this.setUp();
    this.tasks = scenario.tasks(this.place);
    if (scenario.hostile) this.hostileAddresses = scenario.hostile.addresses(this.place);
    this.monitor = new Monitor(scenario, this.place, this.tasks.length + 1, (address) => this.peek(address), model);
    this.monitor.state = this.state;
    this.monitor.at = GLOBAL_WORDS + (this.tasks.length + 1) * this.threadWords;
    this.words = this.monitor.at + this.monitor.words;
    this.state.fill(0);
    this.state[KILLS_LEFT] = scenario.kills;
    this.state[SPURIOUS_LEFT] = scenario.spurious;
    this.state[HOSTILE_LEFT] = scenario.hostile?.budget ?? 0;
    const isJudged = !scenario.hostile && !scenario.observe;
    this.weights = isJudged ? changeWeights(this.place, (address) => this.peek(address), this.allocated) : new Int32Array(0);
    this.mode = 'run';
    for (const address of this.hostileAddresses) {
      this.makeSlot(address >> 2);
      this.shared[address >> 2] = 1;
    }
    this.initial = this.state.slice(0, this.words);
  }

  /** Back to the first state; with the words seen to be written and shared so far, and if asked who touched the others. */
  reset(remember = false): void {
    const memory = this.monitor.at + this.monitor.words;
    this.state.set(this.initial.subarray(0, memory));
    for (let k = memory; k < this.words; k++) this.state[k] = this.image[this.wordOf[k]!]!;
    if (!remember) {
      this.readers.fill(0);
      this.writers.fill(0);
    }
    this.onReset();
    this.model.reset(this);
  }

  /** The words found to be shared so far. */
  sharedWords(): number[] {
    return [...this.shared.keys()].filter((word) => this.shared[word] !== 0);
  }

  /** Takes over what another run found. */
  learn(shared: readonly number[], plain: readonly number[]): void {
    for (const word of shared) {
      this.makeSlot(word);
      this.shared[word] = 1;
    }
    this.model.learnPlain(plain);
  }

  /** The call a task makes next, in words. */
  nextCall(thread: number): string {
    const call = this.tasks[thread]!.calls[this.state[this.base(thread) + CALL]!];
    return call ? `${call.name}(${call.operands.map((operand) => (operand === KEPT ? 'kept' : operand)).join(', ')})` : 'nothing';
  }

  // ---- Setup.
  private setUp(): Place {
    const { shape } = this.scenario;
    const call = (name: string, ...operands: number[]): number => this.callFreely(name, operands);
    const store = (address: number, value: number): void => { this.image[address >> 2] = value; };
    const read = (address: number): number => this.image[address >> 2]!;
    const allocate = (bytes: number): number => {
      const at = this.allocated;
      this.allocated += ((bytes + 63) & -64) + GUARD_BYTES;
      this.inside.fill(1, at >> 2, (at + bytes + 3) >> 2);
      if (this.allocated > MEMORY_BYTES) throw new Error('the scenario needs more memory');
      return at;
    };
    if (this.scenario.observe) return { queue: 0, bytes: 0, region: 0, table: 0, senders: [], receivers: [], allocate, store, read, call };
    const config = 0x40;
    const program = 0x100;
    const { ringSize, maxBytes, completions, start, schema = 0 } = shape;
    const record = [ringSize, maxBytes, schema, shape.senders, shape.receivers, completions, start, schema === 0 ? 0 : program];
    for (const [i, value] of record.entries()) store(config + i * 4, value);
    for (const [i, value] of SCHEMA_PROGRAM.entries()) store(program + i * 4, value);
    const table = call('regionTableCreate', TABLE, QUEUE - TABLE, 4);
    const bytes = call('queueBytes', config);
    const region = call('regionCreate', table, 3, allocate(bytes), bytes);
    const queue = call('queueCreate', table, region, config);
    if (queue !== QUEUE) throw new Error(`queueCreate: ${queue}`);
    const times = (count: number, name: string, ...operands: number[]): number[] =>
      Array.from({ length: count }, () => call(name, queue, ...operands));
    const senders = times(shape.senders, shape.completions > 0 ? 'queueAttachSubmitter' : 'queueAttachSender', schema);
    const receivers = times(shape.receivers, 'queueAttachReceiver');
    return { queue, bytes, region, table, senders, receivers, allocate, store, read, call };
  }

  /** Runs a whole call in the scratch thread, watching nothing. */
  private callFreely(name: string, operands: readonly number[]): number {
    const base = this.scratch;
    this.enter(base, name, operands, 0);
    let pc = this.state[base]!;
    const { thread, choice } = this;
    this.choice = 0;
    for (let steps = 0; pc !== 0; steps++) {
      if (steps > 1_000_000) throw new Violation(`${name} does not end`);
      pc = this.code[pc]!(base);
    }
    this.thread = thread;
    this.choice = choice;
    this.state[base] = 0;
    return this.register.result;
  }

  private enter(base: number, name: string, operands: readonly number[], kept: number): void {
    const printed = this.compiled.named.get(name);
    const entry = printed === undefined ? undefined : this.compiled.entries.get(printed);
    if (!entry) throw new Error(`${name}: no such function among the explored ones`);
    this.state[base + entry.base] = 0;
    for (const [i, parameter] of entry.parameters.entries()) {
      const slot = entry.slots.get(parameter);
      const operand = operands[i];
      if (operand === undefined) throw new Error(`${name} needs ${entry.parameters.length} operands`);
      if (slot !== undefined) this.state[base + entry.base + slot] = operand === KEPT ? kept : operand;
    }
    this.state[base] = entry.label;
  }

  // ---- Memory as the models see it.
  private makeSlot(word: number): void {
    if (this.slotOf[word] !== 0) return;
    if (this.words >= SPARE_WORDS) throw new Error('the scenario writes too many words');
    this.slotOf[word] = this.words;
    this.wordOf[this.words] = word;
    this.state[this.words] = this.image[word]!;
    this.words++;
  }

  check(address: number): void {
    if ((address & 3) !== 0 || this.inside[address >> 2] !== 1) {
      throw new Violation(`an access outside of all objects: 0x${(address >>> 0).toString(16)}`);
    }
  }

  /** The word, whatever the mode. */
  peek(address: number): number {
    this.check(address);
    const slot = this.slotOf[address >> 2]!;
    return slot !== 0 ? this.state[slot]! : this.image[address >> 2]!;
  }

  poke(address: number, value: number): void {
    this.check(address);
    const word = address >> 2;
    const slot = this.slotOf[word]!;
    if (slot !== 0) {
      if (this.mode === 'run') this.noteChange(word, (value - this.state[slot]!) | 0);
      this.state[slot] = value;
    } else if (this.mode === 'setup') this.image[word] = value;
    else if (this.mode === 'free') {
      this.undo.push([word, this.image[word]!]);
      this.image[word] = value;
    } else {
      this.makeSlot(word);
      throw RESTART;
    }
  }

  /** Sums of weighted differences: what a call changes and changes back, others in between or not, adds up to 0. */
  private noteChange(word: number, difference: number): void {
    const at = this.base(this.thread) + CHANGED;
    this.state[at] = (this.state[at]! + Math.imul(this.weights[word] ?? 0, difference)) | 0;
  }

  /** A write that is no task's. */
  put(address: number, value: number): void {
    this.state[this.slotOf[address >> 2]!] = value;
  }

  get watching(): boolean {
    return this.mode === 'run';
  }

  // ---- Waiting and time, the same in every model.
  /** `word` is the latest value. */
  wait(address: number, word: number, expected: number, microseconds: number): number {
    if (this.mode !== 'run') throw new Violation('a wait outside of exploration');
    const at = this.base(this.thread) + WAIT;
    const now = this.state[at]!;
    if (now < 0) {
      this.state[at] = 0;
      return -1 - now;
    }
    if (word !== expected) return 1;
    this.state[at] = address + 1;
    this.timedWait[this.thread] = microseconds >= 0 ? 1 : 0;
    return ASLEEP;
  }

  private readonly timedWait = new Uint8Array(32);

  /** Wakes up to `count` sleepers; which ones is a choice. */
  notify(address: number, count: number): number {
    const sleepers: number[] = [];
    for (let t = 0; t < this.tasks.length; t++) if (this.state[this.base(t) + WAIT] === address + 1) sleepers.push(t);
    if (this.mode !== 'run' || sleepers.length === 0) return 0;
    const woken = Math.min(count, sleepers.length);
    // Rotations are enough to try every sleeper as the one that is left asleep.
    this.options = woken < sleepers.length ? sleepers.length : 1;
    for (let i = 0; i < woken; i++) {
      const t = sleepers[(this.choice + i) % sleepers.length]!;
      this.state[this.base(t) + WAIT] = -1;
    }
    return woken;
  }

  /** Whether the running task has just been woken: said once. */
  wasWoken(): boolean {
    const at = this.base(this.thread) + WAIT;
    if (this.state[at]! >= 0) return false;
    this.state[at] = 0;
    return true;
  }

  /** The running task sleeps until somebody wakes who sleeps at `key`. */
  sleepAt(key: number): number {
    this.state[this.base(this.thread) + WAIT] = key + 1;
    return ASLEEP;
  }

  wakeAt(key: number): void {
    for (let t = 0; t < this.tasks.length; t++) if (this.isAsleepAt(t, key)) this.state[this.base(t) + WAIT] = -1;
  }

  isAsleepAt(thread: number, key: number): boolean {
    return this.state[this.base(thread) + WAIT] === key + 1;
  }

  time(): number {
    if (this.mode !== 'run') return 0;
    const at = this.base(this.thread) + CLOCK;
    if (this.tasks[this.thread]!.timed && this.state[at] === CLOCK_STARTED) {
      this.options = 2;
      if (this.choice === 1) this.state[at] = CLOCK_LATE;
    }
    if (this.state[at] === 0) this.state[at] = CLOCK_STARTED;
    return this.state[at] === CLOCK_LATE ? LATE_MICROSECONDS : 0;
  }

  // ---- Threads.
  base(thread: number): number {
    return GLOBAL_WORDS + this.threadWords + thread * this.threadWords;
  }

  isDead(thread: number): boolean {
    return (this.state[this.base(thread) + FLAGS]! & DEAD) !== 0;
  }

  isAsleep(thread: number): boolean {
    return this.state[this.base(thread) + WAIT]! > 0;
  }

  isFinished(thread: number): boolean {
    const base = this.base(thread);
    return this.state[base] === 0 && this.state[base + CALL]! >= this.tasks[thread]!.calls.length;
  }

  inCall(thread: number): boolean {
    return this.state[this.base(thread)] !== 0;
  }

  labelOf(thread: number): number {
    return this.state[this.base(thread)]!;
  }

  private mayBegin(task: Task): boolean {
    if (!isTurnOf(this, task)) return false;
    if (task.afterDeathOf !== undefined && !this.isDead(task.afterDeathOf)) return false;
    return task.afterEndOf === undefined || task.afterEndOf.every((t) => this.isDead(t) || this.isFinished(t));
  }

  canStep(thread: number): boolean {
    if (this.isDead(thread) || this.isAsleep(thread) || this.isFinished(thread)) return false;
    const task = this.tasks[thread]!;
    if (this.state[this.base(thread)] === 0 && this.state[this.base(thread) + CALL] === 0 && !this.mayBegin(task)) return false;
    for (let t = 0; t < this.tasks.length; t++) if (this.tasks[t]!.interrupts === thread && this.inCall(t)) return false;
    return true;
  }

  /** All transitions from here; steps first. Returns how many of them are steps. */
  transitions(into: number[]): number {
    into.length = 0;
    for (let t = 0; t < this.tasks.length; t++) if (this.canStep(t)) into.push(t << 12);
    const steps = into.length;
    for (let t = 0; t < this.tasks.length; t++) {
      const dead = this.isDead(t);
      const task = this.tasks[t]!;
      if (!dead && this.isAsleep(t)) {
        if (this.isTimedWait(t)) into.push(t << 12 | TIMEOUT << 9);
        if (this.state[SPURIOUS_LEFT]! > 0) into.push(t << 12 | SPURIOUS << 9);
      }
      const begun = this.inCall(t) || this.state[this.base(t) + CALL]! > 0;
      if (task.killable && !dead && !this.isFinished(t) && this.state[KILLS_LEFT]! > 0 && begun) into.push(t << 12 | KILL << 9);
    }
    if (this.state[HOSTILE_LEFT]! > 0) {
      const { values } = this.scenario.hostile!;
      for (let i = 0; i < this.hostileAddresses.length * values.length; i++) into.push(HOSTILE << 9 | i);
    }
    return steps;
  }

  /** The call of the sleeping thread says whether it waits with a timeout. */
  private isTimedWait(thread: number): boolean {
    if (this.tasks[thread]!.core !== undefined) return hasTimer(this, thread);
    const { meaning } = this.tasks[thread]!.calls[this.state[this.base(thread) + CALL]!]!;
    return meaning.kind === 'receive' && meaning.timed;
  }

  take(transition: number): void {
    const thread = threadOf(transition);
    const base = this.base(thread);
    this.options = 1;
    switch (kindOf(transition)) {
      case STEP: return this.step(thread, choiceOf(transition));
      case KILL: return this.kill(thread);
      case TIMEOUT:
        this.state[base + WAIT] = -1 - 2;
        this.state[base + CLOCK] = CLOCK_LATE;
        timerFires(this, this.tasks[thread]!);
        return;
      case SPURIOUS:
        this.state[base + WAIT] = -1;
        this.state[SPURIOUS_LEFT]!--;
        return;
      default: {
        const { values } = this.scenario.hostile!;
        const index = choiceOf(transition);
        this.state[HOSTILE_LEFT]!--;
        this.model.intrude(this.hostileAddresses[(index / values.length) | 0]!, values[index % values.length]!);
      }
    }
  }

  private kill(thread: number): void {
    const base = this.base(thread);
    const inside = this.inCall(thread);
    const call = this.tasks[thread]!.calls[this.state[base + CALL]!];
    this.state.fill(0, base, base + this.threadWords);
    this.state[base + FLAGS] = DEAD;
    this.state[KILLS_LEFT]!--;
    this.monitor.killed(thread, call, inside);
    this.model.threadDied(thread);
  }

  /** Ends calls that `ifGood` skips. */
  private skip(base: number, calls: Call[]): void {
    while ((this.state[base + FLAGS]! & LAST_BAD) !== 0 && calls[this.state[base + CALL]!]?.ifGood) this.state[base + CALL]!++;
  }

  step(thread: number, choice: number): void {
    const base = this.base(thread);
    const { calls } = this.tasks[thread]!;
    const { state } = this;
    this.thread = thread;
    if (state[base] === 0) {
      const call = calls[state[base + CALL]!]!;
      if (state[base + CALL] === 0) this.joinOthers(thread);
      this.enter(base, call.name, call.operands, state[base + KEPT_RESULT]!);
      this.monitor.begin(thread, call);
    }
    let pc = state[base]!;
    let taken = false;
    for (;;) {
      while (pc !== 0 && this.isStop[pc] === 0) pc = this.code[pc]!(base);
      if (pc === 0) return this.endCall(thread, base, calls);
      const local = this.isLocal(pc, base);
      if (!local && taken) break;
      this.choice = local ? 0 : choice;
      taken ||= !local;
      this.steps++;
      this.labelNow = this.toldLabel(pc, base);
      if (this.scenario.countsSteps) state[base + COUNT]!++;
      const next = this.trace ? this.traced(pc, base) : this.code[pc]!(base);
      if (next === pc && state[base + WAIT]! > 0) {
        this.noteLength(base, calls[state[base + CALL]!]!);
        break;
      }
      pc = next;
    }
    state[base] = pc;
  }

  /** What the task waited for before it began is known to it. */
  private joinOthers(thread: number): void {
    const { afterDeathOf, afterEndOf = [] } = this.tasks[thread]!;
    for (const other of afterDeathOf === undefined ? afterEndOf : [afterDeathOf, ...afterEndOf]) this.model.joinFrom(thread, other);
    takeTurn(this, thread);
  }

  /** Whether a task that has not begun waits for this one's end. */
  isAwaited(thread: number): boolean {
    return this.tasks.some((task, t) => (task.afterDeathOf === thread || task.afterEndOf?.includes(thread)) &&
      this.state[this.base(t)] === 0 && this.state[this.base(t) + CALL] === 0);
  }

  /** The label of the access that happens now; of the call for a block copy, which has no line of its own. */
  labelNow = 0;

  private toldLabel(pc: number, base: number): number {
    const { flow } = this.compiled.labels[pc]!;
    return flow.file === '' ? this.state[base + this.compiled.entries.get(flow.name)!.base]! : pc;
  }

  /** Where a label stands in the source: file:line. */
  lineOf(label: number): string {
    const { flow, line } = this.compiled.labels[label]!;
    return `${flow.file}:${line}`;
  }

  private endCall(thread: number, base: number, calls: Call[]): void {
    const { state } = this;
    const call = calls[state[base + CALL]!]!;
    const { result } = this.register;
    state[base] = 0;
    state[base + CALL]!++;
    state[base + CLOCK] = 0;
    this.noteLength(base, call);
    const changed = state[base + CHANGED]!;
    state[base + CHANGED] = 0;
    if (call.keep) state[base + KEPT_RESULT] = result;
    state[base + FLAGS] = result < 0 ? LAST_BAD : 0;
    this.monitor.end(thread, call, result);
    if (changed !== 0 && result < 0 && isJudgedUnchanged(call)) {
      throw new Violation(`${call.name} returned ${statusName(result)} and changed memory`);
    }
    this.skip(base, calls);
    if (state[base + CALL]! >= calls.length) {
      state[base + FLAGS] = 0;
      state[base + KEPT_RESULT] = 0;
    }
  }

  /** Remembers how many operations the call took without sleeping, and counts anew. */
  private noteLength(base: number, call: Call): void {
    const count = this.state[base + COUNT]!;
    if (count > (this.longest.get(call.name) ?? 0)) this.longest.set(call.name, count);
    this.state[base + COUNT] = 0;
  }

  /** Whether nobody else can notice this operation or influence it. */
  private isLocal(pc: number, base: number): boolean {
    const touch = this.touch[pc]!;
    if (touch === 0) return this.isLocalWithoutWord(this.compiled.labels[pc]!.operation!);
    const address = this.addressOf[pc]!(base);
    this.check(address);
    const word = address >> 2;
    if (this.shared[word] !== 0) return false;
    const bit = 1 << this.thread;
    const others = (touch & WRITES) !== 0 ? this.readers[word]! | this.writers[word]! : this.writers[word]!;
    if ((touch & READS) !== 0) this.readers[word]! |= bit;
    if ((touch & WRITES) !== 0) this.writers[word]! |= bit;
    if ((others & ~bit) === 0) return true;
    this.shared[word] = 1;
    this.makeSlot(word);
    throw RESTART;
  }

  private isLocalWithoutWord(operation: string): boolean {
    if (operation === 'machineHalt') throw new Violation('the kernel halted');
    if (operation === 'haltTrap') throw new Violation('the board halted');
    if (operation === 'fenceFull') return !this.model.fencesMatter;
    const onBoard = isLocalOnBoard(operation);
    if (onBoard !== undefined) return onBoard;
    return !(this.tasks[this.thread]!.timed && this.state[this.base(this.thread) + CLOCK] === CLOCK_STARTED);
  }

  private traced(pc: number, base: number): number {
    const operation = this.compiled.labels[pc]!.operation!;
    if (BOARD_LOCAL.includes(operation)) return this.code[pc]!(base);
    const address = NO_ADDRESS.has(operation) ? -1 : this.addressOf[pc]!(base);
    const before = address < 0 ? 0 : this.peek(address);
    const told = this.labelNow;
    this.lastValue = undefined;
    const next = this.code[pc]!(base);
    this.trace!({ thread: this.thread, label: pc, address, before, after: address < 0 ? 0 : this.peek(address), result: this.lastValue, told });
    return next;
  }

  /** What the last load returned, for traces. */
  lastValue: number | undefined;
  /** Told when a run begins again. */
  onReset: () => void = () => {};

  // ---- Judging a state in which nobody steps.
  /** No step is possible: is that how it should be? */
  judgeRest(): void {
    if (this.scenario.hostile) return;
    const sleepers = this.tasks.map((_, t) => t).filter((t) => !this.isDead(t) && this.isAsleep(t));
    if (sleepers.length > 0) {
      const names = sleepers.map((t) => this.tasks[t]!.name).join(', ');
      if (this.monitor.queued()) throw new Violation(`${names} asleep although a message is queued`);
      if (this.monitor.isClosed()) throw new Violation(`${names} asleep although the queue is closed`);
    }
    const stuck = this.tasks.findIndex((_, t) => this.inCall(t) && !this.isAsleep(t));
    if (stuck >= 0) throw new Violation(`${this.tasks[stuck]!.name} cannot go on`);
    // A board's timer that is set ends a sleep; a queue's wake-ups must not need it.
    if (this.scenario.observe && sleepers.some((t) => this.isTimedWait(t))) return;
    if (this.scenario.observe) this.scenario.observe(this.monitor.results(), (address) => this.peek(address));
    else this.drain();
  }

  private drain(): void {
    const kept = this.state.slice(0, this.words);
    this.mode = 'free';
    this.undo = [];
    const buffer = 0x80;
    try {
      const { queue, receivers } = this.place;
      const call = (name: string, ...operands: number[]): number => this.callFreely(name, operands);
      const blocks = this.peek(queue + QUEUE_RECEIVER_BLOCKS);
      const handles = receivers.map((_, i) => this.peek(blocks + i * RECEIVER_BYTES + RECEIVER_HANDLE));
      let number = handles.findIndex((handle) => handle !== 0);
      const receiver = number >= 0 ? handles[number]! : call('queueAttachReceiver', queue);
      if (receiver < 0) throw new Violation('no place for a receiver is left after recovery');
      if (number < 0) number = ((receiver - blocks) / RECEIVER_BYTES) | 0;
      this.monitor.atRest((take) => {
        for (let i = 0; i < 64; i++) {
          const bytes = call('queueReceive', receiver, buffer, 16);
          if (bytes < 0) {
            if (bytes !== STATUS_EMPTY && bytes !== STATUS_CLOSED) throw new Violation(`a receive at rest returned ${bytes}`);
            if (call('queueLength', queue) !== 0) throw new Violation('queueLength is not 0 at rest');
            return;
          }
          take(number, buffer, bytes);
        }
      }, () => {
        const into = 0x100;
        call('queueStatistics', queue, into);
        return Array.from({ length: 8 }, (_, i) => BigInt(this.peek(into + i * 8) >>> 0) | BigInt(this.peek(into + i * 8 + 4)) << 32n);
      });
    } finally {
      for (const [word, value] of this.undo.reverse()) this.image[word] = value;
      this.mode = 'run';
      this.state.set(kept);
    }
  }

  /** Every thread in a call, run alone from here, must end it or sleep within `bound` steps. */
  judgeSolo(bound: number): void {
    const kept = this.state.slice(0, this.words);
    const saved = this.model.save();
    for (let t = 0; t < this.tasks.length; t++) {
      if (!this.inCall(t) || this.isAsleep(t) || this.isDead(t)) continue;
      let steps = 0;
      try {
        while (this.inCall(t) && !this.isAsleep(t)) {
          if (++steps > bound) throw new Violation(`${this.tasks[t]!.name}, running alone, does not end its call in ${bound} steps`);
          this.step(t, 0);
        }
      } finally {
        this.state.set(kept);
        this.model.restore(saved);
      }
    }
  }
}
