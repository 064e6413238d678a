/**
 * Which lines and branches of the kernel the explored tasks ran through.
 *
 * A block counts once some task entered it while exploring; a branch has two arms, each a block. Functions that touch no memory
 * are not counted. Setup and draining count too: they run the same machines.
 * Elsewhere: why what is missing is missing: unexplored.ts.
 * Checked by: test/explore/kernel.test.ts.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Compiled } from './compile.ts';
import { ROOT } from './program.ts';
import type { ProgramName } from './scenario.ts';

/** A line, or an arm of a branch, that was never run. */
export interface Missing {
  file: string;
  line: number;
  function: string;
  what: 'never run' | 'never true' | 'never false';
  /** The source line. */
  text: string;
}

export interface Coverage {
  linesCovered: number;
  linesTotal: number;
  branchesCovered: number;
  branchesTotal: number;
  missing: Missing[];
}

export const missingText = ({ file, line, function: name, what, text }: Missing): string => `${file}:${line} ${name}: ${what}: ${text}`;

/** Validation reads a message that nobody else writes: there is nothing to interleave. test/wit checks it. */
const NOT_SHARED = 'src/kernel/schema/';

const isOfKernel = (file: string): boolean => file.startsWith('src/kernel/') && !file.startsWith(NOT_SHARED);

/** What the scenarios of each program are about. */
const COUNTED: Record<ProgramName, (file: string) => boolean> = {
  kernel: isOfKernel,
  capability: (file) => file.startsWith('src/kernel/capability/'),
  board: (file) => ['wait', 'schedule', 'state'].some((name) => file === `src/board/${name}.ts`),
};

/** Of several programs together. */
export const coverages = (programs: readonly { name: ProgramName; compiled: Compiled; marks: Uint8Array }[]): Coverage => {
  const all = programs.map(({ name, compiled, marks }) => coverage(compiled, marks, COUNTED[name]));
  const sum = (key: 'linesCovered' | 'linesTotal' | 'branchesCovered' | 'branchesTotal'): number => all.reduce((total, one) => total + one[key], 0);
  return {
    linesCovered: sum('linesCovered'), linesTotal: sum('linesTotal'), branchesCovered: sum('branchesCovered'), branchesTotal: sum('branchesTotal'),
    missing: all.flatMap(({ missing }) => missing),
  };
};

const coverage = (compiled: Compiled, marks: Uint8Array, counts: (file: string) => boolean): Coverage => {
  const lines = new Map<string, boolean>();
  const missing = new Map<string, Missing>();
  const texts = new Map<string, string[]>();
  let branchesCovered = 0;
  let branchesTotal = 0;
  const textAt = (file: string, line: number): string => {
    if (!texts.has(file)) texts.set(file, readFileSync(path.join(ROOT, file), 'utf8').split('\n'));
    return (texts.get(file)![line - 1] ?? '').trim();
  };
  const miss = (file: string, name: string, line: number, what: Missing['what']): void => {
    missing.set(`${file}:${line} ${what}`, { file, line, function: name, what, text: textAt(file, line) });
  };
  const numberOf = new Map(compiled.blocks.map(({ block, number }) => [block, number] as const));
  const isRun = new Map<string, boolean>();
  for (const { flow, block, number } of compiled.blocks) {
    for (const line of block.lines) isRun.set(`${flow.file}:${line}`, (isRun.get(`${flow.file}:${line}`) ?? false) || marks[number] === 1);
  }
  for (const { flow, block, number } of compiled.blocks) {
    if (!counts(flow.file)) continue;
    for (const line of block.lines) {
      const key = `${flow.file}:${line}`;
      lines.set(key, isRun.get(key)!);
      if (!isRun.get(key)) miss(flow.file, flow.name, line, 'never run');
    }
    const end = block.end!;
    if (end.form !== 'branch') continue;
    for (const arm of [end.yes, end.no]) {
      branchesTotal++;
      if (marks[numberOf.get(arm)!] === 1) branchesCovered++;
      else if (marks[number] === 1) miss(flow.file, flow.name, block.lines.at(-1) ?? 0, arm === end.yes ? 'never true' : 'never false');
    }
  }
  const linesCovered = [...lines.values()].filter((covered) => covered).length;
  const order = [...missing.values()].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line));
  return { linesCovered, linesTotal: lines.size, branchesCovered, branchesTotal, missing: order };
};
