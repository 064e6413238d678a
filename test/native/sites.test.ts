/**
 * Each atomic access of the kernel against the instructions clang made of it, and the table in docs; then that the check can fail.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changedSources, ROOT } from '../../src/native/build.ts';
import { allProblems, compileSites, type Compiled, problems, sitesOf, tableText } from '../../src/native/sites.ts';

const OUT = path.join(ROOT, 'build/test-native');
mkdirSync(OUT, { recursive: true });
const folder = mkdtempSync(path.join(OUT, 'sites-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sites = sitesOf(ROOT);
let instructions: Compiled;
beforeAll(async () => { instructions = await compileSites(ROOT, path.join(folder, 'shipped')); }, 300_000);

test('every atomic access has become the instructions of its order, and no other ordered instruction is there', () => {
  expect(sites.length).toBeGreaterThan(50);
  expect(new Set(sites.map(({ operation }) => operation)).size).toBeGreaterThan(8);
  expect(allProblems(sites, instructions)).toEqual([]);
});

test('docs/atomic-sites.md is what make atomic-sites writes', () => {
  expect(readFileSync(path.join(ROOT, 'docs/atomic-sites.md'), 'utf8')).toBe(tableText(sites));
});

/** The first site of an operation, and the index of its first instruction of that name. */
const siteOf = (operation: string, mnemonic: string) => {
  const found = sites.flatMap((site) => {
    const at = instructions['v8.0'].findIndex((one) => one.file === site.file && one.line === site.line && one.mnemonic === mnemonic);
    return site.operation === operation && at >= 0 ? [{ site, at }] : [];
  })[0];
  if (!found) throw new Error(`no ${operation} has a ${mnemonic}`);
  return found;
};

test.each([
  ['storeRelease32', 'stlr'], ['loadAcquire32', 'ldar'], ['fenceFull', 'dmb ish'], ['fetchOr32', 'stlxr'],
])('a %s whose %s is missing is named', (operation, mnemonic) => {
  const { site } = siteOf(operation, mnemonic);
  const without = instructions['v8.0'].filter((one) => one.file !== site.file || one.line !== site.line || one.mnemonic !== mnemonic);
  expect(problems(sites, without, 'v8.0')).toContain(`${site.file}:${site.line}: ${operation} has become no ${mnemonic} (v8.0)`);
});

test('a stronger instruction than declared is named', () => {
  const { site, at } = siteOf('loadRelaxed32', 'load');
  const stronger = instructions['v8.0'].map((one, k) => (k === at ? { ...one, mnemonic: 'ldar' } : one));
  expect(problems(sites, stronger, 'v8.0')).toContain(`${site.file}:${site.line}: ldar, and no access there declares it (v8.0)`);
});

test('no ordered instruction is on no line, or on one that declares none', () => {
  const stray = (line: number, mnemonic: string) =>
    problems(sites, [...instructions['v8.0'], { file: line === 0 ? '' : 'src/kernel/queue.ts', line, mnemonic }], 'v8.0');
  expect(stray(0, 'stlr')).toEqual(['no line: stlr, and no access there declares it (v8.0)']);
  expect(stray(0, 'dsb sy')).toEqual(['no line: dsb sy, and no access there declares it (v8.0)']);
  expect(stray(1, 'stlr')).toEqual(['src/kernel/queue.ts:1: stlr, and no access there declares it (v8.0)']);
});

test('machines that are too weak or too strong are found in the code that clang makes', async () => {
  const machine = 'src/machine/native.ts';
  const root = changedSources(path.join(folder, 'changed'), [
    { file: machine, from: 'return __atomic_load_n(AT(i32, p, off), __ATOMIC_ACQUIRE);', to: 'return __atomic_load_n(AT(i32, p, off), __ATOMIC_RELAXED);' },
    { file: machine, from: '__atomic_store_n(AT(i32, p, off), v, __ATOMIC_RELAXED);', to: '__atomic_store_n(AT(i32, p, off), v, __ATOMIC_RELEASE);' },
  ]);
  const changed = await compileSites(root, path.join(root, 'build/sites'));
  const found = problems(sites, changed['v8.0'], 'v8.0');
  for (const site of sites.filter(({ operation }) => operation === 'loadAcquire32')) {
    expect(found).toContain(`${site.file}:${site.line}: loadAcquire32 has become no ldar (v8.0)`);
  }
  for (const site of sites.filter(({ operation }) => operation === 'storeRelaxed32')) {
    expect(found).toContain(`${site.file}:${site.line}: stlr, and no access there declares it (v8.0)`);
  }
}, 300_000);
