/**
 * The short exploration: every scenario, every interleaving, a death before every step, under both memory models.
 *
 * A scenario that stops at its bound is allowed under the weak model only, and is told.
 */
import { afterAll, describe, expect, test, vi } from 'vitest';
import { coverages, type Missing, missingText } from '../../src/explore/coverage.ts';
import { compileProgram, exploreOne, SHORT } from '../../src/explore/suite.ts';
import { PROGRAMS } from '../../src/explore/bounds.ts';
import type { ProgramName } from '../../src/explore/scenario.ts';
import { unexplained } from '../../src/explore/unexplored.ts';

const MINUTES = 60_000;
vi.setConfig({ testTimeout: 10 * MINUTES, hookTimeout: 10 * MINUTES });
const programs = (Object.keys(PROGRAMS) as ProgramName[]).map((name) => {
  const compiled = compileProgram(name);
  return { name, compiled, marks: new Uint8Array(compiled.blocks.length) };
});
const told: string[] = [];

describe.each(['sequential', 'weak'] as const)('%s memory', (model) => {
  test.each(SHORT.scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', (_name, scenario) => {
    const { compiled, marks } = programs.find(({ name }) => name === (scenario.program ?? 'kernel'))!;
    const { outcome, schedule } = exploreOne(compiled, scenario, model, SHORT[model]);
    outcome.engine.covered.forEach((mark, i) => { marks[i]! |= mark; });
    expect(outcome.violation && `${outcome.violation.message}: make replay SCHEDULE='${schedule}'`).toBeUndefined();
    if (model === 'sequential') expect(outcome.exhausted, `${outcome.states} states`).toBe(true);
    else if (!outcome.exhausted) told.push(`${scenario.name} (${model}): stopped after ${outcome.states} states`);
  });
});

test('what is not covered has a reason', () => {
  const { linesCovered, linesTotal, branchesCovered, branchesTotal, missing } = coverages(programs);
  told.push(`lines run: ${linesCovered} of ${linesTotal}; branch arms: ${branchesCovered} of ${branchesTotal}`);
  const { places, idle } = unexplained(missing);
  expect(places.map(missingText)).toEqual([]);
  expect(idle).toEqual([]);
  expect(branchesCovered / branchesTotal).toBeGreaterThan(0.8);
});

test('a branch without a reason is told', () => {
  const place: Missing = { file: 'src/kernel/path/4-ring.ts', line: 1, function: 'ringPop', what: 'never true', text: 'if (new) branch();' };
  expect(unexplained([place]).places).toEqual([place]);
});

afterAll(() => console.log(told.join('\n')));
