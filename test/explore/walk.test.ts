/**
 * Beyond exhaustion: walks by a seed, and searches with few preemptions, of configurations of four lanes, three senders and two
 * receivers. Both find bugs there, and say how far they came.
 */
import { describe, expect, test, vi } from 'vitest';
import { ENTRY, SCALED } from '../../src/explore/bounds.ts';
import { compile } from '../../src/explore/compile.ts';
import { parse, makeModel, runSchedule } from '../../src/explore/schedule.ts';
import { Engine } from '../../src/explore/engine.ts';
import { BIG } from '../../src/explore/scenarios.ts';
import { search } from '../../src/explore/search.ts';
import { SEEDED } from '../../src/explore/seeded.ts';
import { compileKernel, SHORT, walkOne } from '../../src/explore/suite.ts';
import { randomNumbers, walk } from '../../src/explore/walk.ts';

const MINUTES = 60_000;
vi.setConfig({ testTimeout: 10 * MINUTES, hookTimeout: 10 * MINUTES });
const compiled = compileKernel();

describe.each(['sequential', 'weak'] as const)('walks, %s memory', (model) => {
  test.each(BIG.map((scenario) => [scenario.name, scenario] as const))('%s', (_name, scenario) => {
    const { outcome, schedule } = walkOne(compiled, scenario, model, SHORT.walks);
    expect(outcome.violation && `${outcome.violation.message}: make replay SCHEDULE='${schedule}'`).toBeUndefined();
    expect(outcome.walks).toBe(SHORT.walks.walks);
    expect(outcome.steps).toBeGreaterThan(outcome.walks * 20);
    if (scenario.kills > 0) expect(outcome.kills).toBeGreaterThan(outcome.walks / 4);
  });
});

test.each(BIG.map((scenario) => [scenario.name, scenario] as const))('few preemptions: %s', (_name, scenario) => {
  const outcome = search(compiled, scenario, makeModel('sequential'), SHORT.few);
  expect(outcome).toMatchObject({ exhausted: false, violation: undefined, preemptions: 1 });
  if (scenario.name === '3x2 four lanes') expect(outcome.bounded).toBe(true);
});

test('the same seed walks the same way, another seed another', () => {
  const steps = (seed: number): number => walk(compiled, BIG[1]!, makeModel('sequential'), { walks: 20, seed }).steps;
  expect(steps(7)).toBe(steps(7));
  expect(steps(7)).not.toBe(steps(8));
  const numbers = randomNumbers(1);
  expect(new Set(Array.from({ length: 100 }, () => numbers(10)))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
});

test.each([
  ['receive without compare-exchange', '3x2 four lanes'],
  ['a send wakes nobody', '3x2 four lanes, sleeping, two die'],
  ['claim a shared message before it is copied', '3x2 four lanes, batches, interrupt, close'],
  ['least urgent first', '3x2 four lanes'],
])('walks find "%s" in %s, as a schedule that replays', (name, scenarioName) => {
  const bug = SEEDED.find((one) => one.name === name)!;
  const scenario = BIG.find((one) => one.name === scenarioName)!;
  const broken = compile(ENTRY, [...SCALED, ...bug.change]);
  const { outcome, schedule } = walkOne(broken, scenario, bug.model, { walks: 20_000, seed: 1 });
  expect(outcome.violation).toBeDefined();
  const engine = new Engine(broken, scenario, makeModel(bug.model));
  expect(runSchedule(engine, parse(schedule!)).violation).toBeDefined();
  expect(runSchedule(new Engine(compiled, scenario, makeModel(bug.model)), parse(schedule!)).violation).toBeUndefined();
});
