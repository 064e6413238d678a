/**
 * Storms in three places, round by round: host threads, Node's workers, the board on QEMU's threads. One interface for all.
 *
 * Role: soak.ts asks for rounds and checks each before the next. Memory: host threads map a file in memory, from which the history is read;
 *   workers share this process's buffer; the board's RAM is a file (machine.ts).
 * Fails: throws when a place cannot run or a round does not end in time. Checked by: test/native/soak.test.ts
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { load32, memory, store32 } from '../machine/node.ts';
import { ROOT } from './build.ts';
import { areaBytes, type History, readHistory } from './history.ts';
import { runStorm } from './machine.ts';
import {
  PLAN_BYTES_TOTAL, PLAN_COMPLETIONS, PLAN_COUNT, PLAN_HEADER_BYTES, PLAN_MAX_BYTES, PLAN_PATIENCE, PLAN_RECEIVERS, PLAN_RING, PLAN_SEED,
  PLAN_SENDERS, PLAN_START, stormCreate, stormEnd, stormRound,
} from './storm/plan.ts';
import { type Shape, threadArguments } from './threads.ts';

export interface Round {
  history: History;
  /** The memory it was read from, until the next round. */
  area: Uint8Array;
  /** Of stormEnd: 0 if queue and statistics are as they must be. */
  status: number;
}

export type Rounds = AsyncGenerator<Round, void>;

const AREA_BYTES = 256 << 20;
const ROUND_SECONDS = 300;

/** A promise that fails after the time a round may take. */
const inTime = async <T>(what: string, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: a round did not end in ${ROUND_SECONDS} s`)), ROUND_SECONDS * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** A folder in memory where there is one: histories are large and short-lived. */
const memoryFolder = (): string => mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'storm-'));

const readArea = (file: number, buffer: Uint8Array): Uint8Array => {
  readSync(file, buffer, 0, PLAN_HEADER_BYTES, 0);
  const bytes = areaBytes(buffer, 0);
  readSync(file, buffer, 0, bytes, 0);
  return buffer.subarray(0, bytes);
};

export const threadRounds = async function* threadRounds(program: string, shape: Shape, rounds: number): Rounds {
  const folder = memoryFolder();
  const child = spawn(program, threadArguments(path.join(folder, 'memory'), AREA_BYTES, shape, rounds, true), { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const buffer = new Uint8Array(AREA_BYTES);
  child.stdin.on('error', () => {}); // it has ended: its last line says how
  try {
    for (let round = 0; round < rounds; round++) {
      const { value } = await inTime('host threads', lines.next());
      const status = /^round \d+ (-?\d+)$/.exec(String(value))?.[1];
      if (status === undefined) throw new Error(`host threads ended in round ${round}: ${String(value)}`);
      const file = openSync(path.join(folder, 'memory'), 'r');
      const area = readArea(file, buffer);
      closeSync(file);
      yield { history: readHistory(area, 0), area, status: Number(status) };
      if (Number(status) !== 0) return;
      if (round + 1 < rounds) child.stdin.write('\n');
    }
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Where the area lies in this process's memory. */
const WORKER_AREA = 1 << 20;

export const workerRounds = async function* workerRounds(folder: string, shape: Shape, rounds: number): Rounds {
  const script = path.join(folder, 'worker.mjs');
  await build({ entryPoints: [path.join(ROOT, 'src/native/worker.ts')], bundle: true, platform: 'node', format: 'esm', outfile: script });
  const words: [number, number][] = [
    [PLAN_SENDERS, shape.senders], [PLAN_RECEIVERS, shape.receivers], [PLAN_RING, shape.ringSize], [PLAN_MAX_BYTES, shape.maxBytes],
    [PLAN_COMPLETIONS, shape.completions], [PLAN_START, shape.start], [PLAN_COUNT, shape.count], [PLAN_SEED, shape.seed],
    [PLAN_PATIENCE, shape.patience],
  ];
  for (const [field, value] of words) store32(WORKER_AREA, field, value);
  const created = stormCreate(WORKER_AREA, memory.byteLength - WORKER_AREA);
  if (created < 0) throw new Error(`the storm could not be made: ${created}`);
  const workers = Array.from({ length: shape.senders + shape.receivers }, (_, index) =>
    new Worker(script, { workerData: { plan: WORKER_AREA, index } }));
  /** All workers have said one thing: that they are ready, or done. */
  const answers = (): Promise<unknown> => inTime('workers', Promise.all(workers.map((worker) => new Promise<void>((resolve, reject) => {
    worker.removeAllListeners('message').removeAllListeners('error');
    worker.on('message', () => resolve()).on('error', reject);
  }))));
  try {
    await answers();
    for (let round = 0; round < rounds; round++) {
      stormRound(WORKER_AREA);
      const ended = answers();
      for (const worker of workers) worker.postMessage('go');
      await ended;
      const area = new Uint8Array(memory, WORKER_AREA, load32(WORKER_AREA, PLAN_BYTES_TOTAL));
      yield { history: readHistory(area, 0), area, status: stormEnd(WORKER_AREA) };
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
};

/** Each round is a machine of its own. */
export const boardRounds = async function* boardRounds(image: string, shape: Shape): Rounds {
  const folder = memoryFolder();
  try {
    const run = await runStorm(image, path.join(folder, 'ram'), shape, { cpus: 4, counted: false, yields: 0, secondsLimit: ROUND_SECONDS });
    yield { history: run.history, area: run.area, status: run.exitCode };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
