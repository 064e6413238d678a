/**
 * Walks: single runs through configurations that are too large to be exhausted, chosen by a seed.
 *
 * Two kinds. Random: at each step any task goes on. Priority (probabilistic concurrency testing): the tasks have an order, the first
 * that can goes on, and at a few random steps it becomes the last; a bug that needs d such changes is met with a probability of
 * 1 / (tasks * steps^(d - 1)) at least, however long the run. Deaths, timeouts, wake-ups for no reason and hostile writes come at random
 * in both. A walk proves nothing; what it finds is a schedule like any other.
 *
 * Checked by: test/explore/walk.test.ts.
 */
import { Engine, KILL, kindOf, type Model, RESTART, STEP, threadOf } from './engine.ts';
import type { Compiled } from './compile.ts';
import { Violation } from './monitor.ts';
import type { Scenario } from './scenario.ts';

export type WalkKind = 'random' | 'priority';

export interface WalkLimits {
  walks: number;
  seed: number;
  seconds?: number;
}

export interface WalkOutcome {
  scenario: string;
  /** Walks that came to their end. */
  walks: number;
  steps: number;
  kills: number;
  seconds: number;
  violation: { message: string; schedule: number[]; seed: number } | undefined;
  engine: Engine;
}

/** Changes of the order in one priority walk, at most. */
const CHANGES = 3;
/** Of how many steps one is something other than a step, where that is possible. */
const EVENTS_EVERY = 25;
const STEPS_MAX = 50_000;

/** A small generator (mulberry32): the same numbers for the same seed everywhere. */
export const randomNumbers = (seed: number): ((below: number) => number) => {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ state >>> 15, state | 1);
    t = (t + Math.imul(t ^ t >>> 7, t | 61)) ^ t;
    return ((t ^ t >>> 14) >>> 0) % below;
  };
};

class Walker {
  private readonly engine: Engine;
  private readonly outcome: WalkOutcome;
  private readonly possible: number[] = [];
  private kept = new Int32Array(0);
  private taken: number[] = [];
  /** Of the longest walk so far: where changes of the order are worth placing. */
  private length = 100;

  constructor(engine: Engine, outcome: WalkOutcome) {
    this.engine = engine;
    this.outcome = outcome;
  }

  get schedule(): number[] {
    return this.taken;
  }

  /** One walk; false if it turned out that a word is shared, which begins everything again. */
  walk(kind: WalkKind, seed: number): boolean {
    const { engine } = this;
    const random = randomNumbers(seed);
    const order = this.order(random);
    const changes = new Set(Array.from({ length: CHANGES }, () => random(this.length)));
    this.taken = [];
    try {
      engine.reset(true);
      for (;;) {
        const steps = engine.transitions(this.possible);
        if (steps === 0) engine.judgeRest();
        if (this.possible.length === 0 || this.taken.length > STEPS_MAX) break;
        const others = this.possible.length - steps;
        if (steps === 0 && random(4) === 0) break;
        const isEvent = steps === 0 || (others > 0 && random(EVENTS_EVERY) === 0);
        this.take(isEvent ? this.possible[steps + random(others)]! : kind === 'random' ? this.possible[random(steps)]!
          : this.first(order, steps, changes), random);
      }
    } catch (error) {
      if (error === RESTART) return false;
      throw error;
    }
    this.length = Math.max(this.length, this.taken.length);
    return true;
  }

  private order(random: (below: number) => number): number[] {
    const order = this.engine.tasks.map((_, t) => t);
    for (let i = order.length - 1; i > 0; i--) {
      const j = random(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }

  private first(order: number[], steps: number, changes: ReadonlySet<number>): number {
    const able = this.possible.slice(0, steps).map(threadOf);
    const first = (): number => order.findIndex((t) => able.includes(t));
    if (changes.has(this.taken.length)) order.push(...order.splice(first(), 1));
    return order[first()]! << 12;
  }

  /** Takes a transition; of its choices, a random one. */
  private take(transition: number, random: (below: number) => number): void {
    const { engine, outcome } = this;
    const isStep = kindOf(transition) === STEP;
    if (this.kept.length < engine.words) this.kept = new Int32Array(engine.words);
    this.kept.set(engine.state.subarray(0, engine.words));
    const saved = engine.model.save();
    this.taken.push(transition);
    if (isStep) outcome.steps++;
    if (kindOf(transition) === KILL) outcome.kills++;
    engine.take(transition);
    const choice = isStep && engine.options > 1 ? random(engine.options) : 0;
    if (choice === 0) return;
    engine.state.set(this.kept.subarray(0, engine.words));
    engine.model.restore(saved);
    this.taken[this.taken.length - 1] = transition | choice;
    engine.take(transition | choice);
  }
}

/** Walks of both kinds in turn, from `seed` on. A violation ends them. */
export const walk = (compiled: Compiled, scenario: Scenario, model: Model, limits: WalkLimits): WalkOutcome => {
  const began = process.cpuUsage();
  const engine = new Engine(compiled, scenario, model);
  const outcome: WalkOutcome = { scenario: scenario.name, walks: 0, steps: 0, kills: 0, seconds: 0, violation: undefined, engine };
  const walker = new Walker(engine, outcome);
  for (let i = 0; i < limits.walks && outcome.violation === undefined && outcome.seconds < (limits.seconds ?? Infinity); i++) {
    const seed = limits.seed + i;
    try {
      while (!walker.walk(i % 2 === 0 ? 'random' : 'priority', seed));
      outcome.walks++;
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      outcome.violation = { message: error.message, schedule: walker.schedule, seed };
    }
    const used = process.cpuUsage(began);
    outcome.seconds = (used.user + used.system) / 1e6;
  }
  return outcome;
};
