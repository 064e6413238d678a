/**
 * The short exploration: every scenario, every interleaving, a death before every step, under both memory models.
 *
 * A scenario that stops at its bound is allowed under the weak model only, and is told.
 */
import { afterAll, describe, expect, test, vi } from 'vitest';
import { coverage } from '../../src/explore/coverage.ts';
import { compileKernel, exploreOne, SHORT } from '../../src/explore/suite.ts';

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

test('the paths of send and receive are covered', () => {
  const { linesCovered, linesTotal, missing } = coverage(compiled, marks);
  told.push(`kernel lines run: ${linesCovered} of ${linesTotal}`);
  const open = missing.filter((place) => place.endsWith('never run') && /path\/(?:3|4|5)-/.test(place));
  expect(open.length, open.join('\n')).toBeLessThan(10);
});

afterAll(() => console.log(told.join('\n')));
