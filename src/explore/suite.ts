/**
 * What a whole exploration is made of: the scenarios, how far each is searched, and looking for seeded bugs.
 *
 * Role: work.ts makes a list of it, pool.ts works it off, src/cli/explore.ts prints it; test/explore runs the short form. A run says how
 *   far it came: exhausted, or the bound at which it stopped. Checked by: test/explore.
 */
import { BOARDS, LARGE_BOARDS } from './boards.ts';
import { PROGRAMS } from './bounds.ts';
import { CAPABILITIES } from './capabilities.ts';
import { compile, type Compiled } from './compile.ts';
import { makeModel, type ModelName, print, scheduleOf, shrink } from './schedule.ts';
import { REFUSALS } from './refusals.ts';
import { LARGE_REGIONS, REGIONS } from './regions.ts';
import type { Replacement } from './program.ts';
import type { ProgramName, Scenario } from './scenario.ts';
import { BIG, DEATHS, HOSTILITY, LARGE, MORE, SCENARIOS } from './scenarios.ts';
import { type Limits, type Outcome, search } from './search.ts';
import type { SeededBug } from './seeded.ts';
import { TYPED } from './typed.ts';
import { walk, type WalkLimits, type WalkOutcome } from './walk.ts';

export const ALL: readonly Scenario[] = [
  ...SCENARIOS, ...MORE, ...DEATHS, ...HOSTILITY, ...REFUSALS, ...REGIONS, ...TYPED, ...CAPABILITIES, ...BOARDS,
  ...LARGE, ...LARGE_REGIONS, ...LARGE_BOARDS, ...BIG,
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

/** The short run is bounded by states alone: what it reaches does not depend on the machine. */
export const SHORT: Depth = {
  scenarios: [...SCENARIOS, ...MORE, ...DEATHS, ...HOSTILITY, ...REFUSALS, ...REGIONS, ...TYPED, ...CAPABILITIES, ...BOARDS],
  sequential: { states: 2_000_000 },
  weak: { states: 60_000 },
  big: BIG,
  few: { states: 400_000, preemptions: 1 },
  walks: { walks: 400, seed: 1 },
};

/** The deep run is bounded by time as well, so that it ends within about an hour on two processors. */
export const DEEP: Depth = {
  scenarios: [...SHORT.scenarios, ...LARGE, ...LARGE_REGIONS, ...LARGE_BOARDS],
  sequential: { seconds: 240, states: 12_000_000 },
  weak: { seconds: 90, states: 4_000_000 },
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

const SEEDED_LIMITS: Limits = { states: 1_000_000 };

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
