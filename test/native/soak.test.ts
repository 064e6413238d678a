/**
 * A short soak in all three places; and three broken kernels, which its histories show, once with the history that is kept.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { changedSources, ROOT } from '../../src/native/build.ts';
import { type Built, recheck, soak } from '../../src/native/soak.ts';
import { buildThreads, type CChange, stormC } from '../../src/native/threads.ts';

const SEED = Number(process.env['SEED'] ?? 20261126) % 1_000_000;
const OUT = path.join(ROOT, 'build/test-native');
mkdirSync(OUT, { recursive: true });
const folder = mkdtempSync(path.join(OUT, 'soak-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const command = (...words: string[]) => execa(process.execPath, ['--import', 'tsx', 'src/cli/soak.ts', ...words], {
  cwd: ROOT, reject: false, timeout: 580_000,
});

test(`make soak, short: histories of host threads, workers and the board are as they may be, SEED=${SEED}`, async () => {
  const { exitCode, stdout, stderr } = await command('--messages', '300000', '--seed', String(SEED));
  const said = /^SOAK (\{.*\})$/m.exec(stdout)?.[1];
  expect(said, stdout + stderr).toBeDefined();
  const { messages, violations, places } = JSON.parse(said!) as {
    messages: number; violations: number;
    places: Record<string, Record<'messages' | 'shapes' | 'empties' | 'fulls' | 'completions', number>>;
  };
  expect([exitCode, violations]).toEqual([0, 0]);
  expect(messages).toBeGreaterThan(325_000);
  for (const place of ['threads', 'workers', 'board']) {
    expect(places[place]!.shapes, place).toBeGreaterThan(8);
    for (const key of ['empties', 'fulls', 'completions'] as const) expect(places[place]![key], `${place} ${key}`).toBeGreaterThan(0);
  }
}, 600_000);

test('arguments that make no sense are refused', async () => {
  const { exitCode, stderr } = await command('--messages', 'many');
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('MESSAGES and SEED must be whole numbers, not many')]);
});

/** The kernel with a change in its generated C or its source, on host threads only. */
const broken = async (name: string, changes: readonly CChange[], root = ROOT): Promise<Built> => {
  const own = path.join(folder, name);
  mkdirSync(own);
  await buildThreads(await stormC(own, root), path.join(own, 'threads'), { changes });
  return { threads: path.join(own, 'threads'), image: '', folder: own };
};

const COMPARE = 'i32 x = e; __atomic_compare_exchange_n(AT(i32, p, off), &x, d, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); return x;';
const LOAD_THEN_STORE = 'i32 x = __atomic_load_n(AT(i32, p, off), __ATOMIC_SEQ_CST); '
  + 'if (x == e) __atomic_store_n(AT(i32, p, off), d, __ATOMIC_SEQ_CST); return x;';

test('a compare-exchange that is none is found, and its history is kept', async () => {
  const built = await broken('compare', [[COMPARE, LOAD_THEN_STORE]]);
  const { sum, failure } = await soak('threads', built, 3_000_000, SEED, () => {});
  expect(failure, `${sum.messages} messages without a finding`).toBeDefined();
  expect(failure!.violations.length).toBeGreaterThan(0);
  expect(failure!.shape.receivers).toBeGreaterThan(1);
  expect(existsSync(failure!.kept)).toBe(true);
  expect(JSON.parse(readFileSync(`${failure!.kept}.txt`, 'utf8').split('\n')[0]!)).toMatchObject({ place: 'threads', shape: failure!.shape });
  expect(recheck(failure!.kept)).toEqual(failure!.violations);
  const again = await command('--history', failure!.kept);
  expect([again.exitCode, again.stdout]).toEqual([1, expect.stringContaining(failure!.violations[0]!.text)]);
}, 600_000);

test('a kernel that serves the least urgent lane first is found', async () => {
  const root = changedSources(path.join(folder, 'sources'), [
    { file: 'src/kernel/path/3-lane.ts', from: 'const first = Math.clz32(lanes);', to: 'const first = Math.clz32(lanes & (0 - lanes));' },
  ]);
  const { failure } = await soak('threads', await broken('lanes', [], root), 500_000, SEED, () => {});
  expect(failure?.violations.map(({ pattern }) => pattern)).toContain('less urgent first');
}, 600_000);

test('an array that is published before it is filled is found', async () => {
  const publish = '  ringPublish(ring, first, (first + room) | 0, Math.imul(bytes, room));\n';
  const badge = '  const badge = load32(sender, SENDER_BADGE);\n';
  const root = changedSources(path.join(folder, 'array'), [
    { file: 'src/kernel/array.ts', from: publish, to: '' }, { file: 'src/kernel/array.ts', from: badge, to: publish + badge },
  ]);
  const { failure } = await soak('threads', await broken('arrays', [], root), 2_000_000, SEED, () => {});
  expect(failure?.violations.length).toBeGreaterThan(0);
}, 600_000);
