/**
 * Random sequences of all calls, on two queues at once, against a model made of arrays: every status, byte and counter is exact.
 *
 * A failure prints how to run it again: SEED=... REPLAY=... npx vitest run test/property
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reset, type Shape, STARTS } from '../support/fixture.ts';
import { Driver, OPS, type Step } from './driver.ts';

const RUNS = 2000;
const SECONDS = 35;
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);

/** How often each call comes, of about 100. */
const WEIGHTS: { [op in keyof typeof OPS]: number } = {
  send: 12, submit: 10, sendDescriptor: 5, submitDescriptor: 5, sendBatch: 4, sendArray: 4, receive: 14, receiveTimeout: 2, receiveBatch: 4,
  receiveArray: 4, peek: 3,
  discard: 3, complete: 12, reap: 9, attachSender: 3, attachSubmitter: 5, attachReceiver: 4, detachReceiver: 2, detachSender: 4,
  statistics: 2, lengths: 2, owed: 2, createRegion: 4, destroyRegion: 1, append: 3, commit: 3, reserve: 3,
  seal: 2, recoverOwner: 1, follow: 2, close: 1,
};

const shape: fc.Arbitrary<Shape> = fc.record({
  senders: fc.integer({ min: 1, max: 4 }), receivers: fc.integer({ min: 1, max: 3 }), ringSize: fc.constantFrom(1, 2, 4, 8),
  maxBytes: fc.constantFrom(40, 24, 0, 8, 100, 23), completions: fc.constantFrom(0, 2, 4), start: fc.constantFrom(...STARTS),
  schema: fc.constantFrom(0, 7),
});

const small = fc.nat({ max: 63 });
const step: fc.Arbitrary<Step> = fc.record({
  op: fc.oneof(...Object.entries(WEIGHTS).map(([op, weight]) => ({ weight, arbitrary: fc.constant(op as keyof typeof OPS) }))),
  queue: fc.nat({ max: 1 }), who: fc.nat({ max: 3 }), priority: fc.nat({ max: 3 }), a: small, b: small, odd: fc.nat({ max: 63 }),
});

/** What each run begins with: places taken on both queues, so that most calls find some; and data to describe. */
const beginning = (queues: Driver[]): Step[] => queues.flatMap((_, queue) => {
  const plain: Step = { op: 'attachReceiver', queue, who: 0, priority: 0, a: 0, b: 7, odd: 9 };
  return [
    plain, plain, { ...plain, op: 'attachSubmitter' }, { ...plain, op: 'attachSender' }, { ...plain, op: 'attachSubmitter' },
    { ...plain, op: 'createRegion' }, { ...plain, op: 'createRegion', a: 1 }, { ...plain, op: 'append', a: 2, b: 20 },
  ];
});

const run = (shapes: [Shape, Shape], steps: Step[]): void => {
  reset();
  const queues = shapes.map((one) => new Driver(one));
  for (const one of [...beginning(queues), ...steps]) queues[one.queue]!.play(one);
  for (const queue of queues) queue.drain();
};

test('two queues answer as their models', () => {
  const property = fc.property(fc.tuple(shape, shape), fc.array(step, { maxLength: 120, size: 'max' }), run);
  const replay = process.env['REPLAY'];
  const details = fc.check(property, {
    numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: SECONDS * 1000, ...(replay === undefined ? {} : { path: replay }),
  });
  if (details.failed) {
    const again = `again: SEED=${details.seed} REPLAY=${details.counterexamplePath} npx vitest run test/property`;
    throw new Error(`${String(details.errorInstance)}\n${fc.defaultReportMessage(details)}\n\n${again}`);
  }
  // Interrupted runs count too, but a machine so slow that hardly any was done has tested nothing.
  if (replay === undefined) expect(details.numRuns).toBeGreaterThan(RUNS / 20);
}, (SECONDS + 30) * 1000);
