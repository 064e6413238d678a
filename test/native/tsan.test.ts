/**
 * ThreadSanitizer on the C that Porffor made of the kernel: senders, receivers, batches, completions and sleeping on host threads, with
 * no report; and reports as soon as a release of the generated code is weakened.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../src/native/build.ts';
import { buildThreads, type CChange, type Shape, stormC, threadArguments } from '../../src/native/threads.ts';

const SEED = Number(process.env['SEED'] ?? 20261126);
const OUT = path.join(ROOT, 'build/test-native');
mkdirSync(OUT, { recursive: true });
const folder = mkdtempSync(path.join(OUT, 'tsan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Several receivers copy optimistically and drop what a lost compare-exchange shows to be stale, so their copy may race by design
 * (contract.ts, copyRacing). Only then its reads are left out. A single receiver's copy is checked like everything else.
 */
const IGNORING: CChange = [
  'machine_copy(AT(u8, d, 0), AT(u8, s, 0), (u32)n); __asm__ volatile',
  'AnnotateIgnoreReadsBegin(__FILE__, __LINE__); machine_copy(AT(u8, d, 0), AT(u8, s, 0), (u32)n); AnnotateIgnoreReadsEnd(__FILE__, __LINE__); __asm__ volatile',
];
const IGNORING_PREFIX = 'void AnnotateIgnoreReadsBegin(const char *, int);\nvoid AnnotateIgnoreReadsEnd(const char *, int);\n';
/** A store that hands something over, made relaxed in the C; `after` tells it from the others of its order. */
const relaxed = (after: string): CChange => [
  `__atomic_store_n(AT(i32, p, off), v, __ATOMIC_RELEASE);${after}`, `__atomic_store_n(AT(i32, p, off), v, __ATOMIC_RELAXED);${after}`,
];

let c: string;
beforeAll(async () => { c = await stormC(folder); }, 300_000);

let programs = 0;
const program = async (changes: readonly CChange[], prefix = ''): Promise<string> => {
  const at = path.join(folder, `storm-${programs++}`);
  await buildThreads(c, at, { sanitize: true, changes, prefix });
  return at;
};

const run = async (binary: string, shape: Partial<Shape>, rounds = 2) => {
  const whole: Shape = {
    senders: 2, receivers: 1, ringSize: 4, maxBytes: 64, completions: 0, start: -2000, count: 4000, seed: SEED, patience: 2000, ...shape,
  };
  const result = await execa(binary, threadArguments(`${binary}.memory`, 1 << 26, whole, rounds, false), {
    reject: false, timeout: 100_000, env: { TSAN_OPTIONS: 'exitcode=66' },
  });
  return { ...result, said: `${result.stdout}\n${result.stderr}` };
};

const SHAPES: Partial<Shape>[] = [
  { senders: 1, ringSize: 1 },
  { senders: 3, ringSize: 8, completions: 4 },
  { senders: 2, ringSize: 64, maxBytes: 256, start: 0x7ffffff0 },
];

test(`one receiver: no data race, SEED=${SEED}`, async () => {
  const binary = await program([]);
  for (const shape of SHAPES) {
    const { exitCode, said } = await run(binary, shape);
    expect(said).not.toContain('ThreadSanitizer');
    expect([exitCode, said.match(/^round \d 0$/gm)?.length]).toEqual([0, 2]);
  }
}, 300_000);

test(`several receivers: no data race but in their optimistic copy, SEED=${SEED}`, async () => {
  const binary = await program([IGNORING], IGNORING_PREFIX);
  for (const shape of SHAPES) {
    const { exitCode, said } = await run(binary, { ...shape, receivers: 2 });
    expect(said).not.toContain('ThreadSanitizer');
    expect([exitCode, said.match(/^round \d 0$/gm)?.length]).toEqual([0, 2]);
  }
}, 300_000);

test('the optimistic copy of several receivers is what it would report', async () => {
  const { said } = await run(await program([]), { senders: 1, receivers: 3, ringSize: 1, count: 8000 }, 4);
  expect(said).toContain('WARNING: ThreadSanitizer: data race');
  for (const [first] of said.matchAll(/^ {4}#0 .*$/gm)) expect(first).toMatch(/memcpy|machine_copy|pthread_create/);
}, 300_000);

test.each([
  ['a publication', '\n__asm__'],
  ['the freeing of a slot', '\n\treturn 0;'],
])('%s made relaxed is reported, by TypeScript line', async (_what, after) => {
  const { exitCode, said } = await run(await program([relaxed(after)]), { senders: 1, ringSize: 2 });
  expect(said).toContain('WARNING: ThreadSanitizer: data race');
  expect(said).toMatch(/#1 .*src\/kernel\/path\/\S+\.ts:\d+/);
  expect(exitCode).toBe(66);
}, 300_000);
