/**
 * Sixth pass: Porffor, from the lowered TypeScript to C.
 *
 * Called directly, not through the package's shim (which replaces itself on first use). stdin is closed: without input Porffor
 * opens a prompt. An old output is removed first, since a failing run leaves it in place.
 */
import { createRequire } from 'node:module';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import type { Report } from './report.ts';

export const binary = (): string => {
  const require = createRequire(import.meta.url);
  try {
    return path.join(path.dirname(require.resolve('@porffor/linux-x64/package.json')), 'porf');
  } catch {
    throw new Error('Porffor has no compiler for this machine: its package @porffor/linux-x64 (glibc) is not installed');
  }
};

/** The C text, or undefined with the error told. */
export const porffor = async (input: string, output: string, report: Report): Promise<string | undefined> => {
  await rm(output, { force: true });
  const run = await execa(binary(), ['c', input, '-o', output, '--module', '--no-gc', '--quiet'], { stdin: 'ignore', reject: false, all: true });
  if (run.exitCode !== 0) {
    report.general('RVX9001', `Porffor failed: ${run.all.trim()}`);
    return undefined;
  }
  return readFile(output, 'utf8');
};
