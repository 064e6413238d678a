/**
 * Seeded interleavings on the board: they repeat byte for byte, find what is broken, and a failing seed fails again in the same way.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { type Change, changedSources, ROOT } from '../../src/native/build.ts';
import type { Pattern } from '../../src/native/history.ts';
import { buildStorm } from '../../src/native/machine.ts';
import { lineOf, runSeed } from '../../src/native/seeds.ts';

const OUT = path.join(ROOT, 'build/test-native');
mkdirSync(OUT, { recursive: true });
const folder = mkdtempSync(path.join(OUT, 'explore-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const command = (...words: string[]) => execa(process.execPath, ['--import', 'tsx', 'src/cli/explore-native.ts', ...words], {
  cwd: ROOT, reject: false, timeout: 580_000,
});

test('make explore-native: histories of seeds are as they may be, and one seed alone gives the same line', async () => {
  const several = await command('--seeds', '6', '--threads', '1');
  expect(several.exitCode, several.stdout + several.stderr).toBe(0);
  const lines = several.stdout.split('\n');
  expect(lines.filter((line) => /^seed +\d+: .* messages, .*history [0-9a-f]{16}$/.test(line))).toHaveLength(6);
  expect(lines.filter((line) => /^seed +1, threads: /.test(line))).toHaveLength(1);
  expect(JSON.parse(lines.at(-1)!.replace('EXPLORE-NATIVE ', ''))).toMatchObject({ seeds: 6, threads: 1, violations: 0 });
  expect(lineOf(await runSeed(path.join(ROOT, 'build/explore-native/hooks/kernel8.img'), 4, true))).toBe(lines[3]);
  expect(new Set(lines.slice(0, 6).map((line) => line.slice(-16))).size).toBe(6);
}, 600_000);

test('SEEDS that say nothing are refused', async () => {
  const { exitCode, stderr } = await command('--seeds', 'all');
  expect([exitCode, stderr]).toEqual([2, 'SEEDS must be a number, or first-last, not all.']);
});

const SEND = 'src/kernel/path/1-send.ts';
const RING = 'src/kernel/path/4-ring.ts';
const SHARED = 'src/kernel/path/4-shared.ts';
const SEND_COPY = '  copyBytes((slot + SLOT_PAYLOAD) | 0, source, bytes);\n';
const SEND_PUBLISH = '  ringPublish(ring, at, (at + 1) | 0, bytes);\n';
const POP_COPY = '  copyBytes(buffer, (slot + SLOT_PAYLOAD) | 0, bytes);\n';
const POP_ADVANCE = '  ringInform(ring, slot, meta, info);\n  ringAdvance(ring, (at + 1) | 0, bytes);\n  return bytes;\n';
const SEND_WAKE = '  return wakeReceivers(load32(sender, SENDER_BELL), 1);\n';

/** Changes of the kernel's source, and what their histories must show. */
const BUGS: Record<string, [Pattern, Change[]]> = {
  'published before it is copied': ['torn', [{ file: SEND, from: SEND_COPY, to: '' }, { file: SEND, from: SEND_PUBLISH, to: SEND_PUBLISH + SEND_COPY }]],
  'freed before it is copied': ['torn', [{ file: RING, from: POP_COPY + POP_ADVANCE, to: POP_ADVANCE.replace('  return', `${POP_COPY}  return`) }]],
  'received without compare-exchange': ['twice', [{
    file: SHARED, from: 'compareExchange32(ring, RING_CONSUMED, at, (at + 1) | 0) === at;',
    to: '{ if (loadAcquire32(ring, RING_CONSUMED) !== at) return false; storeRelease32(ring, RING_CONSUMED, (at + 1) | 0); return true; };',
  }, { file: SHARED, from: "} from '#machine';", to: ", storeRelease32 } from '#machine';" }]],
  'a send that wakes nobody': ['asleep while present', [{ file: SEND, from: SEND_PUBLISH + SEND_WAKE, to: `${SEND_PUBLISH}  return 0;\n` }]],
};
const SEEDS_TRIED = 25;

test.each(Object.entries(BUGS))('a bug is found and its seed fails again in the same way: %s', async (name, [pattern, changes]) => {
  const root = changedSources(path.join(folder, name.replaceAll(' ', '-')), changes);
  const image = await buildStorm(root, path.join(root, 'build/storm'), true);
  for (let seed = 1; seed <= SEEDS_TRIED; seed++) {
    const run = await runSeed(image, seed, true);
    if (!run.violations.some((one) => one.pattern === pattern)) continue;
    const again = await runSeed(image, seed, true);
    expect(lineOf(again)).toBe(lineOf(run));
    expect(again.violations).toEqual(run.violations);
    return;
  }
  throw new Error(`not found by ${SEEDS_TRIED} seeds`);
}, 600_000);
