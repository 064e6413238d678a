/**
 * A whole exploration as a list of pieces, each of which any process can do by itself; results are plain data, to be kept and added up.
 *
 * The list begins with what is worth most: everything small under sequential consistency, the seeded bugs, then the weak model, then
 * what is too large to be exhausted. Role: pool.ts works it off, src/cli/explore.ts prints it. Checked by: test/explore/pool.test.ts.
 */
import { compileProgram, DEEP, type Depth, exploreOne, exploreSeeded, scenarioNamed, SHORT, walkOne } from './suite.ts';
import { type Coverage, coverages } from './coverage.ts';
import { PROGRAMS } from './bounds.ts';
import type { Compiled } from './compile.ts';
import type { Engine } from './engine.ts';
import type { ProgramName, Scenario } from './scenario.ts';
import type { ModelName } from './schedule.ts';
import type { Outcome } from './search.ts';
import { SEEDED } from './seeded.ts';

export interface Choice {
  deep: boolean;
  /** Only scenarios and bugs whose name has this text. */
  only: string;
  /** Of the first walk. */
  seed: number;
}

export interface Piece {
  kind: 'search' | 'few' | 'walk' | 'seeded';
  /** Of the scenario, or of the bug. */
  name: string;
  model: ModelName;
}

export interface Result extends Piece {
  seconds: number;
  states: number;
  transitions: number;
  kills: number;
  exhausted: boolean;
  bounded: boolean;
  walks: number;
  steps: number;
  /** For a seeded bug: what was found. */
  violation?: { message: string; schedule: string | undefined; in: string; seed?: number };
  /** Of a seeded bug that was not found: a search stopped at its bound. */
  incomplete: boolean;
  program: ProgramName;
  /** Blocks of the program that were run. */
  covered: number[];
}

export const keyOf = ({ kind, name, model }: Piece): string => `${kind} ${model} ${name}`;

export const depthOf = ({ deep }: Choice): Depth => (deep ? DEEP : SHORT);

const MODELS = ['sequential', 'weak'] as const;

export const piecesOf = (choice: Choice): Piece[] => {
  const depth = depthOf(choice);
  const named = ({ name }: { name: string }): boolean => name.includes(choice.only);
  const scenarios = depth.scenarios.filter(named);
  const isSmall = (scenario: Scenario): boolean => SHORT.scenarios.includes(scenario);
  const searches = (model: ModelName, list: readonly Scenario[]): Piece[] => list.map(({ name }) => ({ kind: 'search', name, model }));
  const big = depth.big.filter(named);
  return [
    ...searches('sequential', scenarios.filter(isSmall)),
    ...SEEDED.filter(named).map(({ name, model }): Piece => ({ kind: 'seeded', name, model })),
    ...searches('weak', scenarios.filter(isSmall)),
    ...big.map(({ name }): Piece => ({ kind: 'few', name, model: 'sequential' })),
    ...MODELS.flatMap((model) => big.map(({ name }): Piece => ({ kind: 'walk', name, model }))),
    ...MODELS.flatMap((model) => searches(model, scenarios.filter((one) => !isSmall(one)))),
  ];
};

const compiledPrograms = new Map<ProgramName, Compiled>();

const compiledFor = (program: ProgramName): Compiled => {
  let found = compiledPrograms.get(program);
  if (!found) compiledPrograms.set(program, found = compileProgram(program));
  return found;
};

const marked = (engine: Engine): number[] => [...engine.covered.keys()].filter((block) => engine.covered[block] === 1);

const NOTHING = { states: 0, transitions: 0, kills: 0, exhausted: false, bounded: false, walks: 0, steps: 0, incomplete: false, covered: [] };

const searched = (piece: Piece, choice: Choice, progress: (outcome: Outcome) => void): Result => {
  const scenario = scenarioNamed(piece.name);
  const { program = 'kernel' } = scenario;
  const depth = depthOf(choice);
  const { outcome, schedule } = exploreOne(compiledFor(program), scenario, piece.model, piece.kind === 'few' ? depth.few : depth[piece.model], progress);
  const { states, transitions, kills, exhausted, bounded, seconds, violation, engine } = outcome;
  return {
    ...piece, ...NOTHING, states, transitions, kills, exhausted, bounded, seconds, program, covered: marked(engine),
    ...(violation ? { violation: { message: violation.message, schedule, in: piece.name } } : {}),
  };
};

const walked = (piece: Piece, choice: Choice): Result => {
  const scenario = scenarioNamed(piece.name);
  const { program = 'kernel' } = scenario;
  const { outcome, schedule } = walkOne(compiledFor(program), scenario, piece.model, { ...depthOf(choice).walks, seed: choice.seed });
  const { walks, steps, kills, seconds, violation, engine } = outcome;
  return {
    ...piece, ...NOTHING, walks, steps, kills, seconds, program, covered: marked(engine),
    ...(violation ? { violation: { message: violation.message, schedule, in: piece.name, seed: violation.seed } } : {}),
  };
};

const sought = (piece: Piece): Result => {
  const bug = SEEDED.find(({ name }) => name === piece.name)!;
  const { line, seconds, incomplete } = exploreSeeded(bug);
  const violation = line && { message: line.outcome.violation!.message, schedule: undefined, in: line.scenario };
  return { ...piece, ...NOTHING, seconds, incomplete, program: 'kernel', ...(violation ? { violation } : {}) };
};

/** Does one piece. */
export const doPiece = (piece: Piece, choice: Choice, progress: (outcome: Outcome) => void): Result => {
  if (piece.kind === 'walk') return walked(piece, choice);
  return piece.kind === 'seeded' ? sought(piece) : searched(piece, choice, progress);
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
  /** Of all processes together. */
  processor_seconds: number;
  lines_covered: number;
  lines_total: number;
  branches_covered: number;
  branches_total: number;
}

/** Adds everything up; what was covered of the source comes back beside the sums. */
export const summarize = (results: readonly Result[], choice: Choice): { summary: Summary; covered: Coverage } => {
  const of = (...kinds: Piece['kind'][]): Result[] => results.filter(({ kind }) => kinds.includes(kind));
  const sum = (list: readonly Result[], key: 'states' | 'transitions' | 'kills' | 'walks' | 'steps' | 'seconds'): number =>
    list.reduce((total, one) => total + one[key], 0);
  const covered = coverages((Object.keys(PROGRAMS) as ProgramName[]).map((name) => {
    const compiled = compiledFor(name);
    const marks = new Uint8Array(compiled.blocks.length);
    for (const one of results) if (one.program === name) for (const block of one.covered) marks[block] = 1;
    return { name, compiled, marks };
  }));
  const searches = of('search');
  const clean = searches.filter(({ violation }) => !violation);
  const explored = of('search', 'few', 'walk');
  return { covered, summary: {
    scenarios: searches.length, exhausted: clean.filter(({ exhausted }) => exhausted).length,
    incomplete: clean.filter(({ exhausted }) => !exhausted).length, bounded: of('few').filter(({ bounded }) => bounded).length,
    preemptions: depthOf(choice).few.preemptions!, walks: sum(of('walk'), 'walks'), walk_steps: sum(of('walk'), 'steps'),
    states: sum(explored, 'states'), transitions: sum(explored, 'transitions'), violations: explored.filter(({ violation }) => violation).length,
    seeded_total: of('seeded').length, seeded_found: of('seeded').filter(({ violation }) => violation).length, kills: sum(explored, 'kills'),
    processor_seconds: Math.round(sum(results, 'seconds')), lines_covered: covered.linesCovered, lines_total: covered.linesTotal,
    branches_covered: covered.branchesCovered, branches_total: covered.branchesTotal,
  } };
};
