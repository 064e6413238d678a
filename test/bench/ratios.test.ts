/** The comparison with other queues, in tiny: that everything builds, runs and is verified. Its figures mean nothing here. */
import { beforeAll, expect, test } from 'vitest';
import { execa } from 'execa';
import { checkHost, distanceClass, hostRows, type Trial } from '../../bench/host.ts';
import { HAS, LINKS } from '../../bench/node/job.ts';
import { measureNode, nodeRows } from '../../bench/node/run.ts';
import { buildHarness } from '../../bench/peers/build.ts';

const isX86 = process.arch === 'x64';
const MINUTES = 60_000;

let harness: string;
beforeAll(async () => { if (isX86) harness = await buildHarness(); }, 10 * MINUTES);

test.skipIf(!isX86)('every queue passes verification in every row, and every row has its figures', async () => {
  const { trials } = await checkHost(harness);
  const rows = new Set(trials.map(({ row }) => row));
  expect([...rows].sort()).toEqual(
    ['alone', 'batch1024', 'batch64', 'contended', 'levels1024', 'levels64', 'roundtrip', 'stream1024', 'stream64']);
  for (const { ns, before, after } of trials) for (const value of [ns, before, after]) expect(value).toBeGreaterThan(0);
  const here = trials.map((trial) => ({ ...trial, before: 100, after: 100 }));
  const names = hostRows(here, 'near').map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['one_sender_1024', 'round_trip_line', 'contended_dpdk', 'batch32', 'seed_mutex', 'pipe']));
}, 5 * MINUTES);

test.skipIf(!isX86)('the harness refuses what it does not know', async () => {
  const { exitCode, stderr } = await execa(harness, ['--nonsense'], { reject: false });
  expect(exitCode).toBe(1);
  expect(stderr).toBe('harness: unknown option');
});

test('the ratios are those of medians, of trials at one distance', () => {
  expect([28, 103, 410].map(distanceClass)).toEqual(['siblings', 'near', 'far']);
  const trial = (peer: string, wait: string, ns: number, before = 100, after = 100): Trial => ({ row: 'stream1024', peer, wait, ns, before, after });
  const ours = 'ruvix-queue (this)';
  const rows = hostRows([
    trial(ours, 'plain', 30), trial(ours, 'adaptive', 10), trial(ours, 'adaptive', 11), trial(ours, 'adaptive', 99),
    trial('rtrb', 'plain', 22), trial('rtrb', 'adaptive', 11), trial('boost spsc_queue', 'plain', 33),
    // The cores moved in the middle, or are at another distance: these do not count.
    trial('rtrb', 'plain', 1, 100, 410), trial('rtrb', 'plain', 1, 410, 410),
  ], 'near');
  const row = rows.find(({ name }) => name === 'one_sender_1024')!;
  expect(row).toMatchObject({ ours: 11, way: 'adaptive', peers: { rtrb: 22, 'boost spsc_queue': 33 }, ratio: 2, ratioSameWait: 1, goal: 1.4, met: true });
});

test('every way between two workers passes verification', async () => {
  const trials = await measureNode(0, 0.02, () => {});
  for (const link of LINKS) for (const kind of HAS[link]) expect(trials.some((one) => one.link === link && one.kind === kind)).toBe(true);
  for (const { value } of trials) expect(value).toBeGreaterThan(0);
  expect(nodeRows(trials).length).toBe(7);
}, 5 * MINUTES);
