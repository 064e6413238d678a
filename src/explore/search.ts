/**
 * Depth-first search over all transitions, each state once: the proof for one scenario, or a schedule that breaks it.
 *
 * States are told apart by 64 bits of a hash; two different states that collide would hide one (below 10^-5 for 10^7 states).
 * With a bound on preemptions the search is smaller and finds the failures with the fewest switches; it is then no proof.
 * Checked by: test/explore/seeded.test.ts.
 */
import type { Compiled } from './compile.ts';
import { choiceOf, Engine, KILL, kindOf, type Model, RESTART, STEP, threadOf } from './engine.ts';
import { Violation } from './monitor.ts';
import type { Scenario } from './scenario.ts';

export interface Limits {
  /** Of processor time; absent where what is reached must not depend on the machine. */
  seconds?: number;
  states: number;
  /** At most so many switches away from a task that could go on; absent: all interleavings. */
  preemptions?: number;
}

export interface Outcome {
  scenario: string;
  states: number;
  transitions: number;
  /** Transitions that killed a task. */
  kills: number;
  exhausted: boolean;
  /** Every interleaving within the bound on preemptions was explored. */
  bounded: boolean;
  preemptions: number | undefined;
  seconds: number;
  violation: { message: string; schedule: number[] } | undefined;
  engine: Engine;
}

/** A set of 64-bit numbers. */
class Fingerprints {
  size = 0;
  private table = new Int32Array(1 << 17);

  /** Adds; false if it was there. */
  add(low: number, high: number): boolean {
    if (this.size * 4 > this.table.length) this.grow();
    const fresh = this.insert(low, high);
    if (fresh) this.size++;
    return fresh;
  }

  private insert(low: number, high: number): boolean {
    const l = low === 0 && high === 0 ? 1 : low;
    const mask = this.table.length - 2;
    for (let i = (l << 1) & mask; ; i = (i + 2) & mask) {
      const a = this.table[i]!;
      const b = this.table[i + 1]!;
      if (a === l && b === high) return false;
      if (a === 0 && b === 0) {
        this.table[i] = l;
        this.table[i + 1] = high;
        return true;
      }
    }
  }

  private grow(): void {
    const old = this.table;
    this.table = new Int32Array(old.length * 2);
    for (let i = 0; i < old.length; i += 2) if (old[i] !== 0 || old[i + 1] !== 0) this.insert(old[i]!, old[i + 1]!);
  }
}

interface Frame {
  state: Int32Array;
  model: unknown;
  pending: number[];
  next: number;
  taken: number;
  last: number;
  switches: number;
}

const EMPTY: Frame = { state: new Int32Array(0), model: undefined, pending: [], next: 0, taken: 0, last: -1, switches: 0 };

/** Two independent 32-bit hashes of the state's words; zero words cost nothing and count nothing. */
const hashState = (state: Int32Array, words: number, seed: number): [number, number] => {
  let low = seed | 1;
  let high = 0x9e3779b9 ^ seed;
  for (let i = 0; i < words; i++) {
    const word = state[i]!;
    if (word === 0) continue;
    let k = Math.imul(word ^ Math.imul(i + 1, 0x85ebca6b), 0xcc9e2d51);
    k ^= k >>> 15;
    low = Math.imul(low ^ k, 0x01000193) ^ low >>> 13;
    high = Math.imul(high + k | 0, 0x1b873593);
    high ^= high >>> 16;
  }
  return [low, high];
};

class Search {
  readonly engine: Engine;
  readonly outcome: Outcome;
  private readonly limits: Limits;
  private readonly progress: (outcome: Outcome) => void;
  private seen = new Fingerprints();
  private readonly stack: Frame[] = [];
  private depth = 0;
  private readonly began = process.cpuUsage();

  constructor(engine: Engine, limits: Limits, progress: (outcome: Outcome) => void) {
    this.engine = engine;
    this.limits = limits;
    this.progress = progress;
    this.outcome = {
      scenario: engine.scenario.name, states: 0, transitions: 0, kills: 0, exhausted: false, bounded: false, preemptions: limits.preemptions,
      seconds: 0, violation: undefined, engine,
    };
  }

  run(): Outcome {
    for (;;) {
      try {
        this.explore();
        break;
      } catch (error) {
        if (error === RESTART) continue;
        if (!(error instanceof Violation)) throw error;
        this.outcome.violation = { message: error.message, schedule: this.schedule() };
        break;
      }
    }
    this.outcome.states = this.seen.size;
    this.outcome.seconds = this.cpuSeconds();
    return this.outcome;
  }

  /** Processor time, so that a busy machine does not shorten the search. */
  private cpuSeconds(): number {
    const used = process.cpuUsage(this.began);
    return (used.user + used.system) / 1e6;
  }

  private schedule(): number[] {
    return this.stack.slice(0, this.depth).map((frame) => frame.taken);
  }

  /** Notes the engine's state as the frame at `depth`, unless it was seen before. */
  private push(last: number, switches: number): void {
    const { engine } = this;
    const bounded = this.limits.preemptions !== undefined;
    const seed = bounded ? (last + 2) * 64 + switches : 0;
    let [low, high] = hashState(engine.state, engine.words, seed);
    [low, high] = engine.model.hash(low, high);
    if (!this.seen.add(low, high)) return;
    let frame = this.stack[this.depth];
    if (!frame) this.stack[this.depth] = frame = { ...EMPTY, pending: [] };
    if (frame.state.length !== engine.words) frame.state = new Int32Array(engine.words);
    frame.state.set(engine.state.subarray(0, engine.words));
    frame.model = engine.model.save();
    const steps = engine.transitions(frame.pending);
    frame.next = 0;
    frame.last = last;
    frame.switches = switches;
    if (steps === 0) engine.judgeRest();
    if (engine.scenario.soloSteps !== undefined) engine.judgeSolo(engine.scenario.soloSteps);
    this.depth++;
  }

  private isAllowed(frame: Frame, transition: number): boolean {
    if (this.limits.preemptions === undefined) return true;
    if (kindOf(transition) !== STEP || threadOf(transition) === frame.last || frame.last < 0) return true;
    return !this.engine.canStep(frame.last) || frame.switches < this.limits.preemptions;
  }

  private explore(): void {
    const { engine, outcome, limits } = this;
    this.seen = new Fingerprints();
    this.depth = 0;
    outcome.transitions = 0;
    outcome.kills = 0;
    engine.reset();
    this.push(-1, 0);
    while (this.depth > 0) {
      const frame = this.stack[this.depth - 1]!;
      if (frame.next >= frame.pending.length) {
        this.depth--;
        continue;
      }
      const transition = frame.pending[frame.next++]!;
      engine.state.set(frame.state);
      engine.model.restore(frame.model);
      if (!this.isAllowed(frame, transition)) continue;
      frame.taken = transition;
      const isStep = kindOf(transition) === STEP;
      const switched = isStep && frame.last >= 0 && threadOf(transition) !== frame.last && engine.canStep(frame.last);
      engine.take(transition);
      if (isStep && choiceOf(transition) === 0) {
        for (let choice = 1; choice < engine.options; choice++) frame.pending.push(transition | choice);
      }
      outcome.transitions++;
      if (kindOf(transition) === KILL) outcome.kills++;
      this.push(isStep ? threadOf(transition) : frame.last, frame.switches + (switched ? 1 : 0));
      if ((outcome.transitions & 0xfff) === 0 && this.overLimit()) return;
    }
    outcome.exhausted = limits.preemptions === undefined;
    outcome.bounded = !outcome.exhausted;
  }

  private overLimit(): boolean {
    const { outcome, limits } = this;
    outcome.states = this.seen.size;
    outcome.seconds = this.cpuSeconds();
    if ((outcome.transitions & 0x3ffff) === 0) this.progress(outcome);
    return outcome.seconds > (limits.seconds ?? Infinity) || this.seen.size > limits.states;
  }
}

/** Explores one scenario. A violation ends it. */
export const search = (compiled: Compiled, scenario: Scenario, model: Model, limits: Limits, progress: (o: Outcome) => void = () => {}): Outcome =>
  new Search(new Engine(compiled, scenario, model), limits, progress).run();
