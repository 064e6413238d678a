/**
 * Helpers of the library's tests: workers that run a function of the test file, and what an error must be like.
 */
import { buildSync } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker, type MessagePort } from 'node:worker_threads';
import { afterAll, afterEach, expect } from 'vitest';
import { load32 } from '../../src/machine/node.ts';
import { heapAllocate, heapLinesTaken, PINS_RETIRED, pinsAt } from '../../src/lib/heap.ts';
import { memoryUsage, QueueError, type QueueErrorCode } from '../../src/lib/index.ts';

type Library = typeof import('../../src/lib/index.ts');
/** Runs in a worker; may use nothing of the test file but its arguments. What it returns arrives as `result`. */
export type Body<D, R> = (library: Library, data: D, port: MessagePort) => R | Promise<R>;

export interface Running<R> {
  readonly worker: Worker;
  readonly thread: number;
  /** What the body returned, or the error it threw. */
  readonly result: Promise<R>;
  readonly ended: Promise<void>;
  /** The next message that the body posts by itself. */
  next(): Promise<unknown>;
}

const folder = mkdtempSync(join(tmpdir(), 'ruvix-lib-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let bundle: string | undefined;
/** The library as one JavaScript file, from the sources: workers that run it start at once. */
const libraryBundle = (): string => {
  if (bundle === undefined) {
    const outfile = join(folder, 'library.mjs');
    const entryPoints = [fileURLToPath(new URL('../../src/lib/index.ts', import.meta.url))];
    buildSync({ entryPoints, outfile, bundle: true, format: 'esm', platform: 'node', sourcemap: 'inline', logLevel: 'error' });
    bundle = pathToFileURL(outfile).href;
  }
  return bundle;
};

const workers = new Set<Worker>();
afterEach(async () => {
  await Promise.all([...workers].map((worker) => worker.terminate()));
  workers.clear();
});

/** Runs `body` in a worker, which shares the memory. It is terminated when the test ends. */
export const inWorker = <D, R>(body: Body<D, R>, data: D): Running<R> => {
  const start = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(${JSON.stringify(libraryBundle())})
      .then((library) => (${body.toString()})(library, workerData, parentPort))
      .then((value) => parentPort.postMessage({ result: value }), (error) => parentPort.postMessage({ error, code: error?.code }));`;
  const worker = new Worker(start, { eval: true, workerData: data });
  workers.add(worker);
  const waiting: ((message: unknown) => void)[] = [];
  const posted: unknown[] = [];
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const result = new Promise<R>((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', (message: { result?: R; error?: Error; code?: string }) => {
      if (typeof message === 'object' && 'result' in message) resolve(message.result as R);
      else if (typeof message === 'object' && 'error' in message) reject(Object.assign(message.error!, { code: message.code }));
      else if (waiting.length > 0) waiting.shift()!(message);
      else posted.push(message);
    });
    void ended.then(() => reject(new Error('the worker ended early')));
  });
  result.catch(() => {});
  const next = (): Promise<unknown> =>
    (posted.length > 0 ? Promise.resolve(posted.shift()) : new Promise((resolve) => waiting.push(resolve)));
  return { worker, thread: worker.threadId, result, ended, next };
};

/** What `call` throws, which must be a QueueError with this code. */
export const refusal = (code: QueueErrorCode, call: () => unknown): QueueError => {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown, `expected ${code}`).toBeInstanceOf(QueueError);
  expect((thrown as QueueError).code).toBe(code);
  return thrown as QueueError;
};

/** As refusal, of a promise. */
export const rejection = async (code: QueueErrorCode, promise: Promise<unknown>): Promise<QueueError> => {
  const thrown = await promise.then(() => undefined, (error: unknown) => error);
  expect(thrown, `expected ${code}`).toBeInstanceOf(QueueError);
  expect((thrown as QueueError).code).toBe(code);
  return thrown as QueueError;
};

export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
export const text = (value: string): Uint8Array => new TextEncoder().encode(value);
export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/** Takes all memory that can be had. Give the pieces back with heapFree. */
export const takeAllMemory = (): number[] => {
  const pieces: number[] = [];
  for (let size = memoryUsage().available; size >= 1;) {
    const at = heapAllocate(size, 9);
    if (at < 0) size >>= 1;
    else pieces.push(at);
  }
  return pieces;
};

/** Nothing may be left: no memory in use beyond `before`, no call that still looks at anything. */
export const nothingLeft = (before: number): void => {
  expect(memoryUsage().used).toBe(before);
  expect(heapLinesTaken() * 64).toBe(before);
  for (let entry = 0; entry < 256; entry++) expect([0, PINS_RETIRED]).toContain(load32(pinsAt, entry << 2) & 0xffff);
};

/** Positions at which rings begin to count: from zero, and so that they wrap as signed and as unsigned within a test. */
export const STARTS = [0, 0x7ffffffe, 0xfffffffe | 0];
