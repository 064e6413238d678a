/**
 * The short exploration: every scenario, every interleaving, a death before every step, under both memory models.
 *
 * A scenario that stops at its bound is allowed under the weak model only, and is told.
 */
import { afterAll, describe, expect, test, vi } from 'vitest';
import { isOfBoard, coverage, type Missing, missingText } from '../../src/explore/coverage.ts';
import { compileKernel, compileProgram, exploreOne, SHORT } from '../../src/explore/suite.ts';
import { unexplained } from '../../src/explore/unexplored.ts';

const MINUTES = 60_000;
vi.setConfig({ testTimeout: 10 * MINUTES, hookTimeout: 10 * MINUTES });
const compiled = { kernel: compileKernel(), board: compileProgram('board') };
const marks = { kernel: new Uint8Array(compiled.kernel.blocks.length), board: new Uint8Array(compiled.board.blocks.length) };
const told: string[] = [];

describe.each(['sequential', 'weak'] as const)('%s memory', (model) => {
  test.each(SHORT.scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', (_name, scenario) => {
    const { program = 'kernel' } = scenario;
    const { outcome, schedule } = exploreOne(compiled[program], scenario, model, SHORT[model]);
    outcome.engine.covered.forEach((mark, i) => { marks[program][i]! |= mark; });
    expect(outcome.violation && `${outcome.violation.message}: make replay SCHEDULE='${schedule}'`).toBeUndefined();
    if (model === 'sequential') expect(outcome.exhausted, `${outcome.states} states`).toBe(true);
    else if (!outcome.exhausted) told.push(`${scenario.name} (${model}): stopped after ${outcome.states} states`);
  });
});

test('what is not covered has a reason', () => {
  const { linesCovered, linesTotal, branchesCovered, branchesTotal, missing } = coverage(compiled.kernel, marks.kernel);
  told.push(`kernel lines run: ${linesCovered} of ${linesTotal}; branch arms: ${branchesCovered} of ${branchesTotal}`);
  const { places, idle } = unexplained(missing);
  expect(places.map(missingText)).toEqual([]);
  for (const entry of idle) told.push(`explored by now, though listed as not: ${entry.file} ${entry.function ?? ''} ${entry.line ?? ''}`);
  expect(branchesCovered / branchesTotal).toBeGreaterThan(0.8);
});

test('of what sleeps and wakes on the board, all is run', () => {
  const { missing } = coverage(compiled.board, marks.board, isOfBoard);
  const { places } = unexplained(missing);
  expect(places.map(missingText)).toEqual([]);
});

test('a branch without a reason is told', () => {
  const place: Missing = { file: 'src/kernel/path/4-ring.ts', line: 1, function: 'ringPop', what: 'never true', text: 'if (new) branch();' };
  expect(unexplained([place]).places).toEqual([place]);
});

afterAll(() => console.log(told.join('\n')));
