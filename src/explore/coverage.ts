/**
 * Which lines and branches of the kernel the explored tasks ran through.
 *
 * A block counts once some task entered it while exploring; a branch has two arms, each a block. Functions that touch no memory
 * are not counted. Setup and draining count too: they run the same machines.
 * Checked by: test/explore/kernel.test.ts.
 */
import type { Compiled } from './compile.ts';

export interface Coverage {
  linesCovered: number;
  linesTotal: number;
  branchesCovered: number;
  branchesTotal: number;
  /** `file:line` of lines and of branch arms never run, and the function. */
  missing: string[];
}

export const coverage = (compiled: Compiled, marks: Uint8Array): Coverage => {
  const lines = new Map<string, boolean>();
  const missing = new Set<string>();
  let branchesCovered = 0;
  let branchesTotal = 0;
  const numberOf = new Map(compiled.blocks.map(({ block, number }) => [block, number] as const));
  for (const { flow, block, number } of compiled.blocks) {
    if (!flow.file.startsWith('src/kernel/')) continue;
    for (const line of block.lines) {
      const key = `${flow.file}:${line}`;
      lines.set(key, (lines.get(key) ?? false) || marks[number] === 1);
    }
    const end = block.end!;
    if (end.form !== 'branch') continue;
    for (const arm of [end.yes, end.no]) {
      branchesTotal++;
      if (marks[numberOf.get(arm)!] === 1) branchesCovered++;
      else if (marks[number] === 1) {
        missing.add(`${flow.file}:${block.lines.at(-1) ?? 0} ${flow.name}: never ${arm === end.yes ? 'true' : 'false'}`);
      }
    }
  }
  for (const [key, covered] of lines) if (!covered) missing.add(`${key}: never run`);
  const linesCovered = [...lines.values()].filter((covered) => covered).length;
  return { linesCovered, linesTotal: lines.size, branchesCovered, branchesTotal, missing: [...missing].sort() };
};
