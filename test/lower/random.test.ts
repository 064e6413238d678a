/**
 * Random programs give the same results and the same memory under Node and natively, at -O0 and at -O2.
 *
 * SEED=n repeats a run; a failure names the program's own seed, to be repeated with COUNT=1. The second part breaks rules of the
 * lowering one at a time and shows that the comparison notices each.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { clang } from '../../src/lower/clang.ts';
import { Report } from '../../src/lower/report.ts';
import { RULES } from '../../src/lower/rules.ts';
import { linkHost, lowerCommand, ROOT, temporaryFolder, writeSources } from './lower.ts';
import { CALLS, cDriver, generate, nodeDriver } from './random/generate.ts';

const COUNT = Number(process.env['COUNT'] ?? 2000);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);
const BATCH = 250;
const MINUTE = 60_000;

const folder = temporaryFolder('random');

interface Batch {
  seed: number;
  count: number;
  entry: string;
  folder: string;
}

const prepare = (seed: number, count: number): Batch => {
  const place = path.join(folder, String(seed));
  const entry = writeSources(place, {
    'source/program.ts': generate(seed, count), 'node.ts': nodeDriver('./source/program.ts', seed, count), 'driver.c': cDriver(seed, count),
  });
  return { seed, count, entry, folder: place };
};

const runNode = async (batch: Batch): Promise<string[]> =>
  (await execa('node', ['--import', 'tsx', path.join(batch.folder, 'node.ts')])).stdout.split('\n');

/** Lowers and compiles at -O0, leaving the C for other levels. */
const lower = async (batch: Batch, broken = ''): Promise<void> => {
  const options = ['--target', 'host', '-O', '0', '--keep'];
  const run = await lowerCommand(batch.entry, path.join(batch.folder, 'native0.o'), options, { RVX_BREAK: broken });
  if (run.exitCode !== 0) throw new Error(`seed ${batch.seed}: ${String(run.stderr).slice(0, 2000)}`);
};

/** The native output, or how it died. */
const runNative = async (batch: Batch, level: string): Promise<string[]> => {
  const name = path.join(batch.folder, `native${level}`);
  const from = path.join(batch.folder, 'native0');
  const report = new Report(ROOT);
  if (level !== '0') await clang(`${from}.c`, `${from}.pre.h`, `${name}.o`, 'host', level, report);
  if (report.failed) throw new Error(report.text());
  await linkHost(`${name}.o`, name, path.join(batch.folder, 'driver.c'));
  const native = await execa(name, { reject: false, timeout: 20_000 });
  return native.exitCode === 0 ? native.stdout.split('\n') : [`died: ${native.shortMessage}`];
};

const sourceOf = (batch: Batch, program: number): string =>
  readFileSync(batch.entry, 'utf8').split(new RegExp(`(?=^export const run)`, 'm')).find((part) => part.startsWith(`export const run${program} `)) ?? '';

const compare = (batch: Batch, level: string, node: string[], native: string[]): void => {
  const at = node.findIndex((line, i) => line !== native[i]);
  if (at < 0 && native.length === node.length) return;
  const program = Math.floor(Math.max(at, 0) / CALLS);
  throw new Error(`SEED=${batch.seed + program} COUNT=1 differs at -O${level}:\nnode   ${node[at]}\nnative ${native[at]}\n${sourceOf(batch, program)}`);
};

const checkBatch = async (batch: Batch): Promise<number> => {
  const node = await runNode(batch);
  expect(node).toHaveLength(batch.count * CALLS);
  await lower(batch);
  for (const level of ['0', '2']) compare(batch, level, node, await runNative(batch, level));
  return node.length;
};

describe('random programs', () => {
  test(`${COUNT} programs from SEED=${SEED}`, async () => {
    process.stdout.write(`random programs: SEED=${SEED} COUNT=${COUNT}\n`);
    const batches: Batch[] = [];
    for (let done = 0; done < COUNT; done += BATCH) batches.push(prepare(SEED + done, Math.min(BATCH, COUNT - done)));
    let calls = 0;
    // Two at a time: the compilers are single-threaded.
    const worker = async (): Promise<void> => {
      for (let batch = batches.pop(); batch; batch = batches.pop()) {
        const done = await checkBatch(batch);
        calls += done;
      }
    };
    await Promise.all([worker(), worker()]);
    expect(calls).toBe(COUNT * CALLS);
  }, 20 * MINUTE);
});

describe('a broken rule is caught', () => {
  const batch = prepare(7, 60);
  const node = runNode(batch);

  test('and without one nothing is', async () => {
    await lower(batch);
    expect(await runNative(batch, '0')).toEqual(await node);
  }, 5 * MINUTE);

  test.each(RULES)('%s', async (rule) => {
    await lower(batch, rule);
    expect(await runNative(batch, '0')).not.toEqual(await node);
  }, 5 * MINUTE);
});
