/**
 * The whole exploration: every scenario under both memory models, then every seeded bug; and what was covered of the source.
 *
 * Role: src/cli/explore.ts prints it, test/explore runs the short form. A run says how far it came: exhausted, or the bound at
 * which it stopped. Checked by: test/explore.
 */
import { BOARDS, LARGE_BOARDS } from './boards.ts';
import { PROGRAMS } from './bounds.ts';
import { compile, type Compiled } from './compile.ts';
import { coverage, type Coverage } from './coverage.ts';
import type { Engine } from './engine.ts';
import { makeModel, type ModelName, print, scheduleOf, shrink } from './schedule.ts';
import { REFUSALS } from './refusals.ts';
import { LARGE_REGIONS, REGIONS } from './regions.ts';
import type { Replacement } from './program.ts';
import type { ProgramName, Scenario } from './scenario.ts';
import { BIG, DEATHS, HOSTILITY, LARGE, MORE, SCENARIOS } from './scenarios.ts';
import { type Limits, type Outcome, search } from './search.ts';
import { SEEDED, type SeededBug } from './seeded.ts';
import { walk, type WalkLimits, type WalkOutcome } from './walk.ts';

export const ALL: readonly Scenario[] = [
  ...SCENARIOS, ...MORE, ...DEATHS, ...HOSTILITY, ...REFUSALS, ...REGIONS, ...BOARDS, ...LARGE, ...LARGE_REGIONS, ...LARGE_BOARDS, ...BIG,
];

export const scenarioNamed = (name: string): Scenario => {
  const found = ALL.find((one) => one.name === name);
  if (!found) throw new Error(`${name}: no such scenario`);
  return found;
};

export interface Depth {
  scenarios: readonly Scenario[];
  sequential: Limits;
  weak: Limits;
  /** Too large to be exhausted: at most so many preemptions, then walks under each model. */
  big: readonly Scenario[];
  few: Limits;
  walks: WalkLimits;
}

export const SHORT: Depth = {
  scenarios: [...SCENARIOS, ...MORE, ...DEATHS, ...HOSTILITY, ...REFUSALS, ...REGIONS, ...BOARDS],
  sequential: { seconds: 90, states: 2_000_000 },
  weak: { seconds: 8, states: 60_000 },
  big: BIG,
  few: { seconds: 6, states: 400_000, preemptions: 1 },
  walks: { walks: 400, seed: 1, seconds: 10 },
};

export const DEEP: Depth = {
  scenarios: [...SHORT.scenarios, ...LARGE, ...LARGE_REGIONS, ...LARGE_BOARDS],
  sequential: { seconds: 240, states: 12_000_000 },
  weak: { seconds: 120, states: 4_000_000 },
  big: BIG,
  few: { seconds: 120, states: 8_000_000, preemptions: 2 },
  walks: { walks: 40_000, seed: 1, seconds: 60 },
};

export interface Line {
  scenario: string;
  model: ModelName;
  outcome: Outcome;
  schedule: string | undefined;
}

export interface WalkLine {
  scenario: string;
  model: ModelName;
  outcome: WalkOutcome;
  schedule: string | undefined;
}

/** What a scenario runs, with a seeded bug if one is given. */
export const compileProgram = (name: ProgramName = 'kernel', change: readonly Replacement[] = []): Compiled => {
  const { entry, scaled, substitutes } = PROGRAMS[name];
  return compile(entry, [...scaled, ...change], substitutes);
};

export const compileKernel = (): Compiled => compileProgram();

export const compileBug = (bug: SeededBug): Compiled => compileProgram(scenarioNamed(bug.in[0]!).program, bug.change);

/** One scenario under one model; a failure comes back shrunk, as a schedule to replay. */
export const exploreOne = (compiled: Compiled, scenario: Scenario, model: ModelName, limits: Limits, progress?: (o: Outcome) => void): Line => {
  // Looking at every task alone from every state is worth its time once: it does not depend on stale values.
  const { soloSteps: _, ...withoutSolo } = scenario;
  const used = model === 'weak' ? withoutSolo : scenario;
  const outcome = search(compiled, used, makeModel(model), limits, progress);
  const { violation } = outcome;
  const schedule = violation && print(shrink(compiled, used, fewestSwitches(compiled, used, model, outcome)));
  return { scenario: scenario.name, model, outcome, schedule };
};

/** The failure again with as few switches between tasks as possible, if that is quickly found. */
const fewestSwitches = (compiled: Compiled, scenario: Scenario, model: ModelName, first: Outcome): ReturnType<typeof scheduleOf> => {
  for (const preemptions of [0, 1, 2]) {
    const again = search(compiled, scenario, makeModel(model), { seconds: 5, states: 200_000, preemptions });
    if (again.violation) return scheduleOf(again.engine, model, again.violation.schedule);
  }
  return scheduleOf(first.engine, model, first.violation!.schedule);
};

/** Walks through one scenario; a failure comes back shrunk. */
export const walkOne = (compiled: Compiled, scenario: Scenario, model: ModelName, limits: WalkLimits): WalkLine => {
  const outcome = walk(compiled, scenario, makeModel(model), limits);
  const { violation } = outcome;
  const schedule = violation && print(shrink(compiled, scenario, scheduleOf(outcome.engine, model, violation.schedule)));
  return { scenario: scenario.name, model, outcome, schedule };
};

export interface Found {
  bug: SeededBug;
  line: Line | undefined;
  seconds: number;
  /** Whether some scenario stopped at a bound, so that a survivor proves little. */
  incomplete: boolean;
}

const SEEDED_LIMITS: Limits = { seconds: 30, states: 1_000_000 };

/** Looks for one seeded bug; without a schedule, which takes longer than finding it. */
export const exploreSeeded = (bug: SeededBug): Found => {
  const began = process.cpuUsage();
  const compiled = compileBug(bug);
  let incomplete = false;
  let line: Line | undefined;
  for (const name of bug.in) {
    const outcome = search(compiled, scenarioNamed(name), makeModel(bug.model), SEEDED_LIMITS);
    if (outcome.violation) {
      line = { scenario: name, model: bug.model, outcome, schedule: undefined };
      break;
    }
    incomplete ||= !outcome.exhausted;
  }
  const used = process.cpuUsage(began);
  return { bug, line, seconds: (used.user + used.system) / 1e6, incomplete };
};

export interface Summary {
  scenarios: number;
  exhausted: number;
  incomplete: number;
  /** Of the big scenarios: those of which every interleaving with at most `preemptions` switches was seen. */
  bounded: number;
  preemptions: number;
  walks: number;
  walk_steps: number;
  states: number;
  transitions: number;
  violations: number;
  seeded_total: number;
  seeded_found: number;
  kills: number;
  seconds: number;
  lines_covered: number;
  lines_total: number;
  branches_covered: number;
  branches_total: number;
}

export interface Report {
  line(line: Line): void;
  walked(line: WalkLine): void;
  found(found: Found): void;
  progress(outcome: Outcome): void;
}

const MODELS = ['sequential', 'weak'] as const;

class Whole {
  readonly sums: Summary = {
    scenarios: 0, exhausted: 0, incomplete: 0, bounded: 0, preemptions: 0, walks: 0, walk_steps: 0, states: 0, transitions: 0, violations: 0,
    seeded_total: 0, seeded_found: 0, kills: 0, seconds: 0, lines_covered: 0, lines_total: 0, branches_covered: 0, branches_total: 0,
  };
  readonly compiled = compileKernel();
  readonly marks = new Uint8Array(this.compiled.blocks.length);
  private readonly depth: Depth;
  private readonly report: Report;

  constructor(depth: Depth, report: Report) {
    this.depth = depth;
    this.report = report;
  }

  private cover(engine: Engine): void {
    for (const [i, mark] of engine.covered.entries()) this.marks[i]! |= mark;
  }

  private search(scenario: Scenario, model: ModelName, limits: Limits): Line {
    const { sums, report } = this;
    const line = exploreOne(this.compiled, scenario, model, limits, (outcome) => report.progress(outcome));
    const { outcome } = line;
    this.cover(outcome.engine);
    sums.states += outcome.states;
    sums.transitions += outcome.transitions;
    sums.kills += outcome.kills;
    if (outcome.violation) sums.violations++;
    report.line(line);
    return line;
  }

  /** All interleavings of the scenarios small enough. */
  exhaust(): void {
    const { sums } = this;
    for (const model of MODELS) {
      for (const scenario of this.depth.scenarios) {
        const { outcome } = this.search(scenario, model, this.depth[model]);
        sums.scenarios++;
        if (outcome.violation) continue;
        if (outcome.exhausted) sums.exhausted++;
        else sums.incomplete++;
      }
    }
  }

  /** The big ones: few preemptions, then walks. */
  reach(): void {
    const { sums, depth } = this;
    sums.preemptions = depth.few.preemptions!;
    for (const scenario of depth.big) {
      if (this.search(scenario, 'sequential', depth.few).outcome.bounded) sums.bounded++;
    }
    for (const model of MODELS) {
      for (const scenario of depth.big) {
        const line = walkOne(this.compiled, scenario, model, depth.walks);
        this.cover(line.outcome.engine);
        sums.walks += line.outcome.walks;
        sums.walk_steps += line.outcome.steps;
        sums.kills += line.outcome.kills;
        if (line.outcome.violation) sums.violations++;
        this.report.walked(line);
      }
    }
  }

  findSeeded(): void {
    for (const bug of SEEDED) {
      const found = exploreSeeded(bug);
      this.sums.seeded_total++;
      if (found.line) this.sums.seeded_found++;
      this.report.found(found);
    }
  }

  covered(): Coverage {
    const { sums } = this;
    const covered = coverage(this.compiled, this.marks);
    sums.lines_covered = covered.linesCovered;
    sums.lines_total = covered.linesTotal;
    sums.branches_covered = covered.branchesCovered;
    sums.branches_total = covered.branchesTotal;
    return covered;
  }
}

/** Runs everything; `covered` comes back beside the sums. */
export const exploreAll = (depth: Depth, report: Report): { summary: Summary; covered: Coverage } => {
  const began = performance.now();
  const whole = new Whole(depth, report);
  whole.exhaust();
  whole.reach();
  whole.findSeeded();
  const covered = whole.covered();
  whole.sums.seconds = Math.round((performance.now() - began) / 1000);
  return { summary: whole.sums, covered };
};
