/**
 * Runs one kernel call in a thread that shares the memory, so that the test can sleep in a call of its own or wake a sleeper.
 *
 * The thread loads a bundle of the kernel made once per test file: a TypeScript loader in each thread would cost far more.
 */
import { build } from 'esbuild';
import { Worker } from 'node:worker_threads';
import { resolve } from 'node:path';
import '../../src/machine/node.ts';
import type * as kernel from '../../src/kernel/queue.ts';

const source = (path: string): string => resolve(import.meta.dirname, '../../src', path);

const bundle = build({
  entryPoints: [source('kernel/queue.ts')], alias: { '#machine': source('machine/node.ts') },
  bundle: true, write: false, format: 'cjs', platform: 'node', target: 'node20',
});

export interface Outcome { result: number; milliseconds: number }

const START = `
const { parentPort, workerData } = require('node:worker_threads');
const { name, values, after } = workerData;
if (after > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, after);
const began = performance.now();
const result = module.exports[name](...values);
parentPort.postMessage({ result, milliseconds: performance.now() - began });`;

/** Calls `name` of the kernel, `after` milliseconds after the thread has started. */
export const callElsewhere = async (name: keyof typeof kernel, values: number[], after = 0): Promise<Outcome> => {
  const { outputFiles } = await bundle;
  const worker = new Worker(`${outputFiles[0]!.text}\n${START}`, { eval: true, workerData: { name, values, after } });
  try {
    return await new Promise<Outcome>((settle, fail) => {
      worker.once('message', settle);
      worker.once('error', fail);
    });
  } finally {
    await worker.terminate();
  }
};
