/**
 * The short exploration: every scenario, every interleaving, a death before every step, under both memory models.
 *
 * A scenario that stops at its bound is allowed under the weak model only, and is told.
 */
import { afterAll, describe, expect, test, vi } from 'vitest';
import { coverage, type Missing, missingText } from '../../src/explore/coverage.ts';
import { compileKernel, exploreOne, SHORT } from '../../src/explore/suite.ts';
import { unexplained } from '../../src/explore/unexplored.ts';

const MINUTES = 60_000;
vi.setConfig({ testTimeout: 10 * MINUTES, hookTimeout: 10 * MINUTES });
const compiled = compileKernel();
const marks = new Uint8Array(compiled.blocks.length);
const told: string[] = [];

const covers = (engineMarks: Uint8Array): void => engineMarks.forEach((mark, i) => { marks[i]! |= mark; });

describe.each(['sequential', 'weak'] as const)('%s memory', (model) => {
  test.each(SHORT.scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', (_name, scenario) => {
    const { outcome, schedule } = exploreOne(compiled, scenario, model, SHORT[model]);
    covers(outcome.engine.covered);
    expect(outcome.violation && `${outcome.violation.message}: make replay SCHEDULE='${schedule}'`).toBeUndefined();
    if (model === 'sequential') expect(outcome.exhausted, `${outcome.states} states`).toBe(true);
    else if (!outcome.exhausted) told.push(`${scenario.name} (${model}): stopped after ${outcome.states} states`);
  });
});

test('what is not covered has a reason', () => {
  const { linesCovered, linesTotal, branchesCovered, branchesTotal, missing } = coverage(compiled, marks);
  told.push(`kernel lines run: ${linesCovered} of ${linesTotal}; branch arms: ${branchesCovered} of ${branchesTotal}`);
  const { places, idle } = unexplained(missing);
  expect(places.map(missingText)).toEqual([]);
  for (const entry of idle) told.push(`explored by now, though listed as not: ${entry.file} ${entry.function ?? ''} ${entry.line ?? ''}`);
  expect(branchesCovered / branchesTotal).toBeGreaterThan(0.8);
});

test('a branch without a reason is told', () => {
  const place: Missing = { file: 'src/kernel/path/4-ring.ts', line: 1, function: 'ringPop', what: 'never true', text: 'if (new) branch();' };
  expect(unexplained([place]).places).toEqual([place]);
});

afterAll(() => console.log(told.join('\n')));
