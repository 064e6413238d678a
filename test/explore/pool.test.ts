/**
 * A whole exploration in several processes: nothing is left out, what an interrupted run has done is not done again, and a run says what it did.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { explore, readResults } from '../../src/explore/pool.ts';
import { ROOT } from '../../src/explore/program.ts';
import { SEEDED } from '../../src/explore/seeded.ts';
import { DEEP, SHORT } from '../../src/explore/suite.ts';
import { type Choice, keyOf, piecesOf, type Result, summarize } from '../../src/explore/work.ts';

vi.setConfig({ testTimeout: 300_000 });

const folder = mkdtempSync(path.join(tmpdir(), 'explore-'));
afterAll(() => rmSync(folder, { recursive: true }));
const choice = (more: Partial<Choice> = {}): Choice => ({ deep: false, only: '', seed: 1, ...more });

describe('the list', () => {
  test.each([[false, SHORT], [true, DEEP]] as const)('deep %s: every scenario under both models, the big ones, every bug, each once', (deep, depth) => {
    const keys = piecesOf(choice({ deep })).map(keyOf);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { name } of depth.scenarios) for (const model of ['sequential', 'weak']) expect(keys).toContain(`search ${model} ${name}`);
    for (const { name } of depth.big) expect(keys).toContain(`few sequential ${name}`);
    for (const { name, model } of SEEDED) expect(keys).toContain(`seeded ${model} ${name}`);
    expect(keys.length).toBe(depth.scenarios.length * 2 + depth.big.length * 3 + SEEDED.length);
  });
});

test('a line that was cut off is no result', () => {
  const file = path.join(folder, 'cut.jsonl');
  expect(readResults(file)).toEqual([]);
  writeFileSync(file, '{"kind":"search","name":"a","model":"weak"}\n{"kind":"search","name":"b","mod');
  expect(readResults(file).map(({ name }) => name)).toEqual(['a']);
  appendFileSync(file, '\n{"kind":"search","name":"c","model":"weak"}\n');
  expect(readResults(file).map(({ name }) => name)).toEqual(['a', 'c']);
});

test('two processes do everything; an interrupted run goes on where it was', async () => {
  const chosen = choice({ only: 'board: a timed sleep' });
  const stop = new Error('interrupted');
  await expect(explore(chosen, 2, { result: () => { throw stop; }, progress: () => {} }, folder)).rejects.toBe(stop);
  const file = path.join(folder, 'short-board_a_timed_sleep.jsonl');
  const kept = readResults(file);
  expect(kept.length).toBeGreaterThan(0);
  // A result of another source is none.
  appendFileSync(file, `${JSON.stringify({ ...kept[0], kind: 'search', model: 'weak', name: 'board: a timed sleep', source: 'another' })}\n`);

  const told: [Result, boolean][] = [];
  const results = await explore(chosen, 2, { result: (result, _done, _all, isOld) => told.push([result, isOld]), progress: () => {} }, folder);
  expect(told.filter(([, isOld]) => isOld).map(([result]) => result)).toEqual(expect.arrayContaining(kept));
  expect(told.filter(([, isOld]) => isOld).length).toBe(kept.length);
  expect(results.map(keyOf).sort()).toEqual(piecesOf(chosen).map(keyOf).sort());
  expect(existsSync(file)).toBe(false);
  expect(readdirSync(folder)).toContain('finished-short-board_a_timed_sleep.jsonl');

  const { summary } = summarize(results, chosen);
  expect(summary).toMatchObject({ scenarios: 4, exhausted: 4, incomplete: 0, violations: 0 });
  expect(summary.seeded_found).toBe(summary.seeded_total);
});

describe('the command', () => {
  const run = (...options: string[]): { status: number | null; stderr: string } =>
    spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/explore.ts', ...options], { cwd: ROOT, encoding: 'utf8' });

  test('ends with one line that says what was covered', () => {
    const lines = execFileSync(process.execPath, ['--import', 'tsx', 'src/cli/explore.ts', '--only', 'typed: refused while'], { cwd: ROOT, encoding: 'utf8' });
    const last = /^EXPLORE (.*)$/.exec(lines.trim().split('\n').at(-1)!)!;
    const told = JSON.parse(last[1]!) as Record<string, number>;
    expect(told).toMatchObject({ scenarios: 4, exhausted: 4, incomplete: 0, violations: 0 });
    for (const key of ['states', 'seeded_total', 'seeded_found', 'kills', 'seconds', 'processes']) expect(told[key], key).toBeTypeOf('number');
  });

  test.each([['--processes', '0'], ['--seed', 'x']])('%s %s is refused', (...options) => {
    const { status, stderr } = run(...options);
    expect(status).toBe(1);
    expect(stderr).toContain(`'${options[1]}' is invalid`);
  });
});
