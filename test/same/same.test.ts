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
const { randomScript, Script, makeQueue, OPERATIONS, TABLE_BYTES, TABLE_REGIONS } = await import('./script.ts');
type Scripts = InstanceType<typeof Script>;

const ROOT = path.join(import.meta.dirname, '../..');
const OUT = path.join(ROOT, 'build/same');
const SEED = Number(process.env['SEED'] ?? 20261125);
const CALLS = 1500;
const run = (tool: string, ...args: string[]): string =>
  execFileSync(tool, args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 240_000 });
const lower = (...args: string[]): string => run(process.execPath, '--import', 'tsx', 'src/lower/main.ts', ...args);
const words = new Int32Array(memory);

/** Runs a script under Node: a line per page, as replayPrint prints, and the results. */
const onNode = (script: Scripts): { pages: string[]; results: Int32Array } => {
  words.fill(0, replay.ARENA >> 2, (replay.GROUND + replay.GROUND_BYTES) >> 2);
  words.set(script.encode(), replay.SCRIPT >> 2);
  const count = replay.replayRun();
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

const boot = (file: string, ...more: string[]): string => run(
  process.execPath, '--import', 'tsx', 'src/cli/boot.ts', path.join(OUT, 'board/kernel8.img'), '--no-input', '--seconds', '120', '--initrd', file, ...more,
);

beforeAll(() => {
  mkdirSync(OUT, { recursive: true });
  for (const level of ['0', '2']) {
    const object = path.join(OUT, `host${level}.o`);
    lower('test/same/host.ts', '-o', object, '--target', 'host', '-O', level);
    run('clang', '-O2', '-no-pie', object, 'src/lower/runtime/host.c', '-lpthread', '-o', path.join(OUT, `host${level}`));
  }
  lower('test/same/board.ts', '-o', path.join(OUT, 'board.o'));
  run(process.execPath, '--import', 'tsx', 'src/cli/link.ts', path.join(OUT, 'board.o'), '-o', path.join(OUT, 'board'));
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

test.each([0, 0x7ffffffe, -2])('a script by hand, positions from %i, gives the same everywhere', (start) => {
  const script = byHand(start);
  const node = onNode(script);
  expect(new Set(node.results).size).toBeGreaterThan(10);
  const file = fileOf(script);
  for (const level of ['0', '2']) compare(script, node, pagesIn(run(path.join(OUT, `host${level}`), file)), `host -O${level}`);
  compare(script, node, pagesIn(boot(file, '--cpus', '1')), 'board');
}, 300_000);

test(`random scripts give the same under Node and natively (SEED=${SEED})`, () => {
  const seen = new Map<string, Set<number>>();
  for (let k = 0; k < 60; k++) {
    const script = randomScript(SEED + k, CALLS);
    const node = onNode(script);
    script.records.forEach(({ operation }, n) => seen.set(operation, (seen.get(operation) ?? new Set()).add(Math.min(node.results[n]!, 0))));
    const file = fileOf(script);
    for (const level of ['0', '2']) compare(script, node, pagesIn(run(path.join(OUT, `host${level}`), file)), `SEED=${SEED + k} host -O${level}`);
    if (k < 2) compare(script, node, pagesIn(boot(file, '--cpus', '1')), `SEED=${SEED + k} board`);
  }
  // The scripts are worth something: every call is in them, and both succeeds and fails where it can.
  expect([...seen.keys()].sort()).toEqual(OPERATIONS.filter((name) => name !== 'tableBytes').sort());
  for (const name of [
    'send', 'submit', 'sendDescriptor', 'receive', 'complete', 'append', 'sendBatch', 'reserve', 'commit', 'seal', 'slotAllocate', 'slotFree',
  ] as const) {
    expect(seen.get(name)!.has(0), name).toBe(true);
    expect(seen.get(name)!.size, name).toBeGreaterThan(2);
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
