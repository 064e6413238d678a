/**
 * How the cost of a send and a receive grows, in instructions of bare metal: builds the image of harness.c, boots it, collects.
 *
 * Role: part of make bench; the tables are in docs/bench.md. Units: instructions for a send and a receive, uncontended.
 * Fails: throws if anything does not build, boot or count. Checked by: test/bench/ratios-report.test.ts.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { linkImage } from '../../src/cli/link.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const OUT = path.join(ROOT, 'build/bench');
const SECONDS_LIMIT = 180;
const FLAGS = [
  '--target=aarch64-none-elf', '-march=armv8-a', '-ffreestanding', '-mno-outline-atomics', '-mno-implicit-float', '-O2', '-Wall', '-Wextra', '-Werror',
];

/** Series of harness.c: parameter and instructions, ascending. */
export type Growth = Record<string, [parameter: number, instructions: number][]>;

export const countGrowth = async (): Promise<Growth> => {
  mkdirSync(OUT, { recursive: true });
  const object = (name: string): string => path.join(OUT, `growth-${name}.o`);
  const run = (tool: string, args: string[]): Promise<unknown> => execa(tool, args, { cwd: ROOT, stdin: 'ignore' });
  await run(process.execPath, ['--import', 'tsx', 'src/lower/main.ts', 'bench/growth/kernel.ts', '-o', object('kernel')]);
  await run('clang', [...FLAGS, '-c', 'bench/growth/harness.c', '-o', object('harness')]);
  await run('ld.lld', ['-r', object('kernel'), object('harness'), '-o', object('all')]);
  const image = await linkImage(object('all'), path.join(OUT, 'growth-image'));
  const { stdout } = await execa('qemu-system-aarch64', [
    '-M', 'virt,gic-version=2', '-cpu', 'cortex-a72', '-smp', '1', '-m', '512M', '-display', 'none', '-monitor', 'none', '-serial', 'stdio',
    '-nic', 'none', '-semihosting', '-icount', 'shift=0,sleep=off', '-kernel', image,
  ], { stdin: 'ignore', timeout: SECONDS_LIMIT * 1000 });
  if (!stdout.includes('COUNTED')) throw new Error(`the growth image did not finish:\n${stdout}`);
  const growth: Growth = {};
  for (const [, series, parameter, thousandths] of stdout.matchAll(/^GROWTH (\w+) (\d+) (\d+)/gm)) {
    (growth[series!] ??= []).push([Number(parameter), Math.round(Number(thousandths) / 100) / 10]);
  }
  return growth;
};
