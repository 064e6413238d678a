/**
 * Random grants, revokes, seals, appends, slots, sends and deaths of three tasks, also in the middle of a call, against a model: every
 * status and byte is exact, and every capability that ever was is valid exactly as long as the model says.
 *
 * A failure prints how to run it again: SEED=... REPLAY=... npx vitest run test/property/system.test.ts
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reset, STARTS } from '../support/fixture.ts';
import { Traced } from '../support/traced.ts';
import { OPS, SPACES, Tasks, type Op, type Step } from './system.ts';

const RUNS = 6000;
const SECONDS = 35;
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);
const traced = await Traced.make();

/** How often each comes. */
const WEIGHTS: { [op in Op]: number } = {
  grant: 16, revoke: 3, drop: 5, attach: 8, send: 10, describe: 8, receive: 12, create: 8, seal: 3, append: 8, reserve: 5, commit: 6,
  destroy: 3, allocate: 6, free: 5, follow: 5, die: 1, dieSending: 1, dieAppending: 1, dieGranting: 1,
};

const small = fc.nat({ max: 31 });
const step: fc.Arbitrary<Step> = fc.record({
  op: fc.oneof(...OPS.map((op) => ({ weight: WEIGHTS[op], arbitrary: fc.constant(op) }))),
  space: fc.nat({ max: SPACES - 1 }), which: fc.nat({ max: 200 }), a: small, b: small, odd: fc.nat({ max: 40 }),
});

const seen: Record<string, number> = {};
const run = (start: number, steps: Step[]): void => {
  reset();
  const tasks = new Tasks(traced, start);
  for (const one of steps) {
    tasks.play(one);
    tasks.check();
  }
  for (const { kind, live, depth } of tasks.all) seen[`${kind} ${live} ${depth}`] = (seen[`${kind} ${live} ${depth}`] ?? 0) + 1;
  while (tasks.lanes.flat(2).length > 0) tasks.receive();
};

test('three tasks, their capabilities, regions and messages answer as their model', () => {
  const details = fc.check(fc.property(fc.constantFrom(...STARTS), fc.array(step, { maxLength: 150, size: 'max' }), run), {
    numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: SECONDS * 1000, ...(process.env['REPLAY'] === undefined ? {} : { path: process.env['REPLAY'] }),
  });
  if (details.failed) {
    const again = `again: SEED=${details.seed} REPLAY=${details.counterexamplePath} npx vitest run test/property/system.test.ts`;
    throw new Error(`${String(details.errorInstance)}\n${fc.defaultReportMessage(details)}\n\n${again}`);
  }
  if (process.env['REPLAY'] !== undefined) return;
  // A machine so slow that hardly any was done has tested nothing; nor have runs without deep ones, places and ended ones.
  expect(details.numRuns).toBeGreaterThan(RUNS / 20);
  for (const what of ['queue true 2', 'queue false 3', 'region true 1', 'region false 2', 'sender true 1', 'sender false 1']) {
    expect(seen[what] ?? 0, what).toBeGreaterThan(0);
  }
}, (SECONDS + 60) * 1000);
