/**
 * make atomics-cost: what atomic instructions cost on AArch64 as every processor has them (load-exclusive and store-exclusive
 *   loops) and as a Cortex-A76 has them (LSE), in instructions; writes docs/bench/atomics.json and the table of docs/raspberry-pi.md.
 *
 * Role: builds bench/atomics/harness.c with the kernel in both ways, boots each in QEMU under -icount, which counts exactly.
 * Units: instructions per operation, on a core that nobody disturbs. Fails: exit 1 if anything does not build, boot or count.
 * Checked by: test/bench/atomics.test.ts
 */
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { execa } from 'execa';
import { BOARDS, emulatorOf } from '../../src/cli/boards.ts';
import { linkImage } from '../../src/cli/link.ts';
import { ATOMICS, ATOMICS_NAMES, type AtomicKind } from '../../src/lower/clang.ts';
import { between } from '../table.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const OUT = path.join(ROOT, 'build/bench');
const RESULT = path.join(ROOT, 'docs/bench/atomics.json');
const PAGE = path.join(ROOT, 'docs/raspberry-pi.md');
const SECONDS_LIMIT = 120;
/** One processor for both: it has LSE. */
const PROCESSOR = 'cortex-a76';
const FLAGS = ['--target=aarch64-none-elf', '-ffreestanding', '-mno-outline-atomics', '-mno-implicit-float', '-O2', '-Wall', '-Wextra', '-Werror'];

const ROWS = [
  ['compare_exchange', '`compareExchange32` that succeeds'],
  ['compare_exchange_lost', '`compareExchange32` that finds another value'],
  ['exchange', '`exchange32`'],
  ['add', '`fetchAdd32`'],
  ['or', '`fetchOr32`'],
  ['and', '`fetchAnd32`'],
  ['send_recv_one_receiver', '64 B, send + receive, one receiver declared: no such access'],
  ['send_recv_two_receivers', 'the same, two receivers declared'],
  ['attach_detach', 'attach and detach a sender'],
  ['slot_allocate_free', 'allocate and free a slot'],
  ['reserve_commit', 'reserve and commit 64 B of an append-only region'],
] as const;

export type Counts = Record<string, number>;
export interface Cost { clang: number; counts: Record<AtomicKind, Counts> }

const run = async (tool: string, words: string[]): Promise<string> => (await execa(tool, words, { cwd: ROOT, stdin: 'ignore' })).stdout;

const build = async (kind: AtomicKind): Promise<string> => {
  mkdirSync(OUT, { recursive: true });
  const object = (name: string): string => path.join(OUT, `atomics-${kind}-${name}.o`);
  await run(process.execPath, ['--import', 'tsx', 'src/lower/main.ts', 'bench/atomics/kernel.ts', '-o', object('kernel'), '--atomics', kind]);
  await run('clang', [...FLAGS, ...ATOMICS[kind], '-c', 'bench/atomics/harness.c', '-o', object('harness')]);
  await run('ld.lld', ['-r', object('kernel'), object('harness'), '-o', object('all')]);
  return linkImage(object('all'), path.join(OUT, `atomics-${kind}-image`));
};

const count = async (kind: AtomicKind): Promise<Counts> => {
  const stdout = (await execa(emulatorOf('virt'), [
    '-M', 'virt,gic-version=2', '-cpu', PROCESSOR, '-smp', '1', '-m', '128M', ...BOARDS.virt.flags, ...BOARDS.virt.serial,
    '-icount', 'shift=0,sleep=off', '-kernel', await build(kind),
  ], { stdin: 'ignore', timeout: SECONDS_LIMIT * 1000 })).stdout;
  if (!stdout.includes('COUNTED')) throw new Error(`the counting image did not finish:\n${stdout}`);
  const rows = new Map([...stdout.matchAll(/^COUNT (\w+) (\d+)/gm)].map((row) => [row[1]!, Math.round(Number(row[2]) / 100) / 10]));
  return Object.fromEntries(ROWS.map(([name]) => {
    if (!rows.has(name)) throw new Error(`the counting image printed no row ${name}`);
    return [name, rows.get(name)!];
  }));
};

export const countAtomics = async (): Promise<Cost> => {
  const version = await run('clang', ['--version']);
  const counts = Object.fromEntries(await Promise.all(ATOMICS_NAMES.map(async (kind) => [kind, await count(kind)] as const)));
  return { clang: Number(/version (\d+)/.exec(version)![1]), counts: counts as Cost['counts'] };
};

/** docs/raspberry-pi.md with the table of these counts. */
export const pageWith = (page: string, { counts }: Cost): string => between(page, 'atomics', [
  '| instructions, AArch64, the call included | exclusive loops | LSE |', '| --- | --- | --- |',
  ...ROWS.map(([name, what]) => `| ${what} | ${counts.llsc[name]} | ${counts.lse[name]} |`),
].join('\n'));

const command = new Command('atomics-cost').action(async () => {
  const cost = await countAtomics();
  for (const [name, what] of ROWS) {
    console.log(`${what.padEnd(64)} ${String(cost.counts.llsc[name]).padStart(8)} ${String(cost.counts.lse[name]).padStart(8)}`);
  }
  writeFileSync(RESULT, `${JSON.stringify(cost, null, 2)}\n`);
  writeFileSync(PAGE, pageWith(readFileSync(PAGE, 'utf8'), cost));
});

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) await command.parseAsync();
