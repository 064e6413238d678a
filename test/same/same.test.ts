/**
 * The same scripts on Node, as a Linux process at -O0 and -O2, and on the board: equal results, and equal memory, page by page.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';

// The arena lies at the same addresses everywhere, so Node's memory must reach that far (pages are committed when touched).
process.env['RUVIX_QUEUE_MIB'] = '1024';
const { memory } = await import('../../src/machine/node.ts');
const replay = await import('./replay.ts');
const { replayOne, replayRunAny } = await import('./replay-capability.ts');
const { BY_CAPABILITY, randomScript, Script, makeQueue, OPERATIONS, TABLE_BYTES, TABLE_REGIONS } = await import('./script.ts');
const { capabilitiesByHand, generationsByHand, randomCapabilities, regionsByHand } = await import('./script-capability.ts');
const { named } = await import('../support/fixture.ts');
type Scripts = InstanceType<typeof Script>;

const ROOT = path.join(import.meta.dirname, '../..');
const OUT = path.join(ROOT, 'build/same');
const SEED = Number(process.env['SEED'] ?? 20261125);
const CALLS = 1500;
const run = (tool: string, ...args: string[]): string =>
  execFileSync(tool, args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 240_000 });
const lower = (...args: string[]): string => run(process.execPath, '--import', 'tsx', 'src/lower/main.ts', ...args);
const words = new Int32Array(memory);

/** Plays a script while it is written. */
const written = (seed: number, calls: number): Scripts => {
  words.fill(0, replay.ARENA >> 2, (replay.GROUND + replay.GROUND_BYTES) >> 2);
  return randomCapabilities(seed, calls, (record, k) => {
    words.set(record, replay.replayRecord(k) >> 2);
    return replayOne(k);
  });
};

/** Runs a script under Node: a line per page, as replayPrint prints, and the results. */
const onNode = (script: Scripts): { pages: string[]; results: Int32Array } => {
  words.fill(0, replay.ARENA >> 2, (replay.GROUND + replay.GROUND_BYTES) >> 2);
  words.set(script.encode(), replay.SCRIPT >> 2);
  const count = replayRunAny();
  const page = (at: number, bytes: number): string =>
    `P ${at.toString(16).padStart(8, '0')} ${(replay.replayHash(at, bytes) >>> 0).toString(16).padStart(8, '0')}`;
  const pages: string[] = [];
  for (let at = replay.RESULTS; at < replay.RESULTS + count * 4; at += 256) pages.push(page(at, 256));
  for (let at = replay.GROUND; at < replay.GROUND + replay.GROUND_BYTES; at += 4096) pages.push(page(at, 4096));
  return { pages, results: words.slice(replay.RESULTS >> 2, (replay.RESULTS >> 2) + count) };
};

const fileOf = (script: Scripts): string => {
  const file = path.join(OUT, 'script.bin');
  writeFileSync(file, Buffer.from(script.encode().buffer));
  return file;
};
const pagesIn = (output: string): string[] => output.split(/\r?\n/).filter((line) => line.startsWith('P '));

/** Where the two differ, in words that lead to the call. */
const compare = (script: Scripts, node: ReturnType<typeof onNode>, other: string[], what: string): void => {
  expect(other.length, what).toBe(node.pages.length);
  const at = node.pages.findIndex((line, k) => line !== other[k]);
  if (at < 0) return;
  const call = at * 64;
  const near = call < script.records.length ? script.records.slice(call, call + 64).map(({ operation }, k) => `${call + k} ${operation} ${node.results[call + k]}`) : [];
  throw new Error(`${what}: ${node.pages[at]} on Node, ${other[at]} there\n${near.join('\n')}`);
};

/** The image that has the calls of the script. */
const imageFor = (script: Scripts): string =>
  (script.records.some(({ operation }) => OPERATIONS.indexOf(operation) >= BY_CAPABILITY) ? 'board-capability' : 'board');
const boot = (image: string, file: string, ...more: string[]): string => run(
  process.execPath, '--import', 'tsx', 'src/cli/boot.ts', path.join(OUT, image, 'kernel8.img'), '--no-input', '--seconds', '120', '--initrd', file, ...more,
);

beforeAll(() => {
  mkdirSync(OUT, { recursive: true });
  for (const level of ['0', '2']) {
    const object = path.join(OUT, `host${level}.o`);
    lower('test/same/host.ts', '-o', object, '--target', 'host', '-O', level);
    run('clang', '-O2', '-no-pie', object, 'src/lower/runtime/host.c', '-lpthread', '-o', path.join(OUT, `host${level}`));
  }
  // With capabilities it is too large for an image but when optimised for size.
  for (const [image, level] of [['board', '2'], ['board-capability', 's']] as const) {
    lower(`test/same/${image}.ts`, '-o', path.join(OUT, `${image}.o`), '-O', level);
    run(process.execPath, '--import', 'tsx', 'src/cli/link.ts', path.join(OUT, `${image}.o`), '-o', path.join(OUT, image));
  }
}, 300_000);

/** Every priority, wrap, full and empty, a buffer too small, a completion: on queues that start just below the wraps. */
const byHand = (start: number): Scripts => {
  const script = new Script();
  const table = script.add('tableCreate', script.allocate(TABLE_BYTES), TABLE_BYTES, TABLE_REGIONS);
  const q = makeQueue(script, table, { ringSize: 2, max: 40, senders: 2, receivers: 1, completions: 2, start });
  const source = script.allocate(64);
  script.words(source, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  const buffer = script.allocate(64);
  for (let round = 0; round < 3; round++) {
    for (const priority of [3, 2, 1, 0]) {
      for (let k = 0; k < 3; k++) script.add('submit', q.senders[0]!, priority, source, 4 * k, k, round);
      script.add('send', q.senders[1]!, priority, source + 4, 40);
    }
    script.add('receive', q.receivers[0]!, buffer, 0);
    script.add('receive', q.receivers[0]!, buffer, 0);
    for (let k = 0; k < 14; k++) {
      script.add('receive', q.receivers[0]!, buffer, 64);
      const from = script.add('receivedSender', q.receivers[0]!);
      const at = script.add('receivedPriority', q.receivers[0]!);
      script.add('complete', q.receivers[0]!, from, at, script.add('receivedUserLow', q.receivers[0]!), round, -k);
    }
    for (let k = 0; k < 9; k++) script.add('receive', script.add('completions', q.senders[0]!), buffer, 16);
    script.add('statistics', q.queue, script.allocate(256));
  }
  return script;
};

/** Runs a script everywhere. */
const everywhere = (script: Scripts, what: string, board: boolean): Int32Array => {
  const node = onNode(script);
  const file = fileOf(script);
  for (const level of ['0', '2']) compare(script, node, pagesIn(run(path.join(OUT, `host${level}`), file)), `${what} host -O${level}`);
  if (board) compare(script, node, pagesIn(boot(imageFor(script), file, '--cpus', '1')), `${what} board`);
  return node.results;
};

const STARTS = [0, 0x7ffffffe, -2];
test.each(STARTS)('a script by hand, positions from %i, gives the same everywhere', (start) => {
  expect(new Set(everywhere(byHand(start), 'by hand', true)).size).toBeGreaterThan(10);
}, 300_000);

/** Statuses that a script met. */
const statusesOf = (results: Int32Array): string[] => [...new Set(results)].filter((one) => one < 0 && one >= -28).map((one) => String(named(one)));

test.each(STARTS)('capabilities: rights, badges, forged and worn-out handles, revoked and recovered, from %i: the same everywhere', (start) => {
  const script = capabilitiesByHand(start);
  const results = everywhere(script, 'by hand', true);
  expect(statusesOf(results)).toEqual(expect.arrayContaining(
    ['NO_CAPABILITY', 'NO_RIGHT', 'TOO_DEEP', 'NO_PLACE', 'POLICY', 'NOT_COMMITTED', 'BAD_ARGUMENT', 'BAD_PRIORITY'].map((name) => `STATUS_${name}`),
  ));
  // No forged number is a capability.
  const isForged = ({ operation, args: [, cap] }: Scripts['records'][number]): boolean =>
    operation === 'capSend' && typeof cap === 'object' && script.records[cap.result]!.operation === 'xor';
  const forged = [...results].filter((_, k) => isForged(script.records[k]!));
  expect(forged.length).toBe(32);
  expect(forged.every((one) => one < 0)).toBe(true);
}, 300_000);

test.each(STARTS)('regions: appended together, slots, claims that would wrap, destroyed in flight, from %i: the same everywhere', (start) => {
  const results = everywhere(regionsByHand(start), 'by hand', true);
  expect(statusesOf(results)).toEqual(expect.arrayContaining(
    ['AGAIN', 'FULL', 'OUT_OF_BOUNDS', 'NOT_COMMITTED', 'STALE_SLOT', 'BAD_ARGUMENT', 'STALE_REGION'].map((name) => `STATUS_${name}`),
  ));
}, 300_000);

test('slots and regions at their last generation: the same everywhere', () => {
  expect(statusesOf(everywhere(generationsByHand(), 'by hand', true))).toEqual(expect.arrayContaining(['STATUS_FULL', 'STATUS_STALE_SLOT', 'STATUS_NO_PLACE']));
}, 300_000);

/** What random scripts met: of each call, 0 if it ever succeeded, and its statuses. */
const randomly = (make: (seed: number, calls: number) => Scripts, count: number): Map<string, Set<number>> => {
  const seen = new Map<string, Set<number>>();
  for (let k = 0; k < count; k++) {
    const script = make(SEED + k, CALLS);
    const results = everywhere(script, `SEED=${SEED + k}`, k < 2);
    script.records.forEach(({ operation }, n) => seen.set(operation, (seen.get(operation) ?? new Set()).add(Math.min(results[n]!, 0))));
  }
  return seen;
};

test(`random scripts give the same under Node and natively (SEED=${SEED})`, () => {
  const seen = randomly(randomScript, 60);
  // The scripts are worth something: every call is in them, and both succeeds and fails where it can.
  expect([...seen.keys()].sort()).toEqual(OPERATIONS.slice(0, BY_CAPABILITY).filter((name) => name !== 'tableBytes').sort());
  for (const name of [
    'send', 'submit', 'sendDescriptor', 'receive', 'complete', 'append', 'sendBatch', 'reserve', 'commit', 'seal', 'slotAllocate', 'slotFree',
  ] as const) {
    expect(seen.get(name)!.has(0), name).toBe(true);
    expect(seen.get(name)!.size, name).toBeGreaterThan(2);
  }
}, 300_000);

test(`random scripts by capability give the same under Node and natively (SEED=${SEED})`, () => {
  const seen = randomly(written, 180);
  for (const name of OPERATIONS.slice(BY_CAPABILITY)) {
    expect(seen.get(name)?.has(0), `${name} succeeds`).toBe(true);
    if (name !== 'xor' && !name.startsWith('system')) expect(seen.get(name)!.size, `${name} fails`).toBeGreaterThan(1);
  }
}, 300_000);

test('a difference of one word in one result is found', () => {
  const script = randomScript(SEED, 200);
  const node = onNode(script);
  words[(replay.RESULTS >> 2) + 70]! += 1;
  const changed = (replay.replayHash(replay.RESULTS + 256, 256) >>> 0).toString(16).padStart(8, '0');
  const other = node.pages.map((line, k) => (k === 1 ? `${line.slice(0, 11)}${changed}` : line));
  expect(() => compare(script, node, other, 'made up')).toThrow(/made up: P 20180100/);
});
