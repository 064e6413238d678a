/**
 * The whole exploration: every scenario under both memory models, then every seeded bug; and what was covered of the source.
 *
 * Role: src/cli/explore.ts prints it, test/explore runs the short form. A run says how far it came: exhausted, or the bound at
 * which it stopped. Checked by: test/explore.
 */
import { ENTRY, SCALED } from './bounds.ts';
import { compile, type Compiled } from './compile.ts';
import { coverage, type Coverage } from './coverage.ts';
import { makeModel, type ModelName, print, scheduleOf, shrink } from './schedule.ts';
import type { Scenario } from './scenario.ts';
import { DEATHS, HOSTILITY, LARGE, MORE, SCENARIOS } from './scenarios.ts';
import { type Limits, type Outcome, search } from './search.ts';
import { SEEDED, type SeededBug } from './seeded.ts';

export const ALL: readonly Scenario[] = [...SCENARIOS, ...MORE, ...DEATHS, ...HOSTILITY, ...LARGE];

export const scenarioNamed = (name: string): Scenario => {
  const found = ALL.find((one) => one.name === name);
  if (!found) throw new Error(`${name}: no such scenario`);
  return found;
};

export interface Depth {
  scenarios: readonly Scenario[];
  sequential: Limits;
  weak: Limits;
}

export const SHORT: Depth = {
  scenarios: [...SCENARIOS, ...MORE, ...DEATHS, ...HOSTILITY],
  sequential: { seconds: 60, states: 1_000_000 },
  weak: { seconds: 8, states: 60_000 },
};

export const DEEP: Depth = {
  scenarios: ALL,
  sequential: { seconds: 240, states: 12_000_000 },
  weak: { seconds: 120, states: 4_000_000 },
};

export interface Line {
  scenario: string;
  model: ModelName;
  outcome: Outcome;
  schedule: string | undefined;
}

export const compileKernel = (): Compiled => compile(ENTRY, SCALED);

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
  const compiled = compile(ENTRY, [...SCALED, ...bug.change]);
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
  found(found: Found): void;
  progress(outcome: Outcome): void;
}

/** Runs everything; `covered` comes back beside the sums. */
export const exploreAll = (depth: Depth, report: Report): { summary: Summary; covered: Coverage } => {
  const began = performance.now();
  const compiled = compileKernel();
  const marks = new Uint8Array(compiled.blocks.length);
  const sums: Summary = {
    scenarios: 0, exhausted: 0, incomplete: 0, states: 0, transitions: 0, violations: 0, seeded_total: 0, seeded_found: 0, kills: 0,
    seconds: 0, lines_covered: 0, lines_total: 0, branches_covered: 0, branches_total: 0,
  };
  for (const model of ['sequential', 'weak'] as const) {
    for (const scenario of depth.scenarios) {
      if (model === 'weak' && scenario.hostile) continue; // hostile values come at any moment already
      const line = exploreOne(compiled, scenario, model, depth[model], (outcome) => report.progress(outcome));
      const { outcome } = line;
      for (const [i, mark] of outcome.engine.covered.entries()) marks[i]! |= mark;
      sums.scenarios++;
      sums.states += outcome.states;
      sums.transitions += outcome.transitions;
      sums.kills += outcome.kills;
      if (outcome.violation) sums.violations++;
      else if (outcome.exhausted) sums.exhausted++;
      else sums.incomplete++;
      report.line(line);
    }
  }
  for (const bug of SEEDED) {
    const found = exploreSeeded(bug);
    sums.seeded_total++;
    if (found.line) sums.seeded_found++;
    report.found(found);
  }
  const covered = coverage(compiled, marks);
  sums.lines_covered = covered.linesCovered;
  sums.lines_total = covered.linesTotal;
  sums.branches_covered = covered.branchesCovered;
  sums.branches_total = covered.branchesTotal;
  sums.seconds = Math.round((performance.now() - began) / 1000);
  return { summary: sums, covered };
};
