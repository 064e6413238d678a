/**
 * make bench: counts instructions per operation on bare metal and compares them with the same algorithm in hand-written
 *   C; then, unless --quick, measures this and other queues side by side (ratios.ts).
 *
 *     node --import tsx bench/main.ts [--quick]
 *
 * Role: builds the kernel and bench/hand into one image, boots it in QEMU under -icount (one instruction per tick, so
 *   that counts are exact and repeat), prints a table and a line `COUNTS {json}`, also in build/bench/counts.json; the ratios end
 *   with a line `RATIOS {json}`, also in build/bench/ratios.json.
 * Units: instructions per operation, on an uncontended core. Fails: exit 1 if anything does not build, boot or count.
 * Checked by: test/bench/counts.test.ts, which also holds the counts to those of docs/counts.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { execa } from 'execa';
import { linkImage } from '../src/cli/link.ts';
import { measureRatios } from './ratios.ts';

const ROOT = path.join(import.meta.dirname, '..');
const OUT = path.join(ROOT, 'build/bench');
const SECONDS_LIMIT = 120;
const FLAGS = [
  '--target=aarch64-none-elf', '-march=armv8-a', '-ffreestanding', '-mno-outline-atomics', '-mno-implicit-float', '-O2', '-Wall',
  '-Wextra', '-Werror',
];

/** The keys of `COUNTS`, the rows of harness.c they come from, and what they mean. */
const ROWS = [
  ['send_recv_64_single', 'send + receive, 64 bytes, one sender declared'],
  ['send_recv_64_many', 'send + receive, 64 bytes, four senders declared'],
  ['cap_send_recv_64', 'send by capability + receive, 64 bytes'],
  ['send_recv_64_lowest_of_four', 'the same at Low, all four priorities in use'],
  ['send_recv_64_four_senders', 'the same, four senders in turn, four queued'],
  ['reserve_commit_view', 'reserve, commit, view, release: nothing copied'],
  ['batch32_64_per_message', 'batch of 32 single buffers, per message'],
  ['array32_64_per_message', 'array of 32, per message'],
  ['descriptor_checked', 'descriptor send + receive, region checked'],
  ['empty_poll', 'receive on empty, one priority in use'],
  ['empty_poll_four', 'receive on empty, all four priorities in use'],
  ['send_full', 'send on full'],
  ['validate_64_interpreted', 'validate a record of 64 bytes, interpreted'],
  ['validate_64_generated', 'the same by generated code'],
  ['validate_768_floats_interpreted', 'validate a list of 768 floats, interpreted'],
  ['validate_768_floats_generated', 'the same by generated code'],
] as const;
const HAND = ['send_recv_64_single', 'send_recv_64_many', 'descriptor_checked', 'empty_poll', 'send_full'] as const;

const run = (tool: string, args: string[]): Promise<{ stdout: string }> => execa(tool, args, { cwd: ROOT, stdin: 'ignore' });

const build = async (): Promise<string> => {
  mkdirSync(OUT, { recursive: true });
  const object = (name: string): string => path.join(OUT, `${name}.o`);
  await run(process.execPath, ['--import', 'tsx', 'src/lower/main.ts', 'bench/counts/kernel.ts', '-o', object('kernel')]);
  await run('clang', [...FLAGS, '-c', 'bench/counts/harness.c', '-o', object('harness')]);
  await run('clang', [...FLAGS, '-c', 'bench/hand/queue.c', '-o', object('hand')]);
  await run('ld.lld', ['-r', object('kernel'), object('harness'), object('hand'), '-o', object('counts')]);
  return linkImage(object('counts'), path.join(OUT, 'image'));
};

/** Boots the image and returns its rows: instructions per operation. */
const count = async (image: string): Promise<Map<string, number>> => {
  const { stdout } = await execa('qemu-system-aarch64', [
    '-M', 'virt,gic-version=2', '-cpu', 'cortex-a72', '-smp', '1', '-m', '128M', '-display', 'none', '-monitor', 'none', '-serial', 'stdio',
    '-nic', 'none', '-semihosting', '-icount', 'shift=0,sleep=off', '-kernel', image,
  ], { stdin: 'ignore', timeout: SECONDS_LIMIT * 1000 });
  if (!stdout.includes('COUNTED')) throw new Error(`the counting image did not finish:\n${stdout}`);
  return new Map([...stdout.matchAll(/^COUNT (\w+) (\d+)/gm)].map((row) => [row[1]!, Number(row[2]) / 1000]));
};

const round = (value: number): number => Math.round(value * 10) / 10;

/** The table's figures under their keys, with the ratio of the kernel's pair to the hand-written one. */
const collect = (rows: Map<string, number>): Record<string, number> => {
  const of = (name: string): number => {
    const value = rows.get(name);
    if (value === undefined) throw new Error(`the counting image printed no row ${name}`);
    return value;
  };
  const counts: Record<string, number> = {};
  for (const [name] of ROWS) counts[name] = round(of(name));
  for (const name of HAND) counts[`hand_${name}`] = round(of(`hand_${name}`));
  counts['ratio_to_hand_c'] = Math.round((of('send_recv_64_single') / of('hand_send_recv_64_single')) * 1000) / 1000;
  return counts;
};

const print = (counts: Record<string, number>): void => {
  console.log('instructions per operation, AArch64 -O2, QEMU -icount shift=0      this kernel    by hand in C');
  for (const [name, meaning] of ROWS) {
    const hand = counts[`hand_${name}`];
    console.log(`${meaning.padEnd(62)} ${String(counts[name]).padStart(14)} ${String(hand ?? '').padStart(14)}`);
  }
};

await new Command('bench')
  .description('Counts instructions per operation of the kernel, then measures it beside other queues.')
  .option('--quick', 'instruction counts only')
  .action(async (options: { quick?: boolean }) => {
    console.log('building the counting image ...');
    const image = await build();
    console.log('counting under QEMU ...');
    const counts = collect(await count(image));
    print(counts);
    writeFileSync(path.join(OUT, 'counts.json'), `${JSON.stringify(counts, null, 2)}\n`);
    console.log(`COUNTS ${JSON.stringify(counts)}`);
    if (options.quick !== true) await measureRatios(console.log);
  })
  .parseAsync();
