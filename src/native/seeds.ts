/**
 * Seeded interleavings on the board: what a seed stands for, and many of them one after another.
 *
 * Role: make explore-native, test/native/explore-native.test.ts. A seed chooses the shape of the queue, the load and the schedule; with
 *   counted instructions it repeats exactly. On QEMU's threads it chooses shape and load only, and the host the rest.
 * Units: as in threads.ts. Fails: what a history shows is in the outcome; machines that do not end throw.
 * Checked by: test/native/explore-native.test.ts
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Checker, type History, type Result, type Violation } from './history.ts';
import { runStorm } from './machine.ts';
import type { Shape } from './threads.ts';

export interface SeededRun {
  seed: number;
  counted: boolean;
  shape: Shape;
  yields: number;
  result: Result;
  violations: (Violation | { pattern: 'bad end'; text: string })[];
  records: number;
  /** Of all logs. */
  fingerprint: string;
  history: History;
}

const CPUS = 4;
const SECONDS_LIMIT = 120;
/** A second of the board's time, which counted instructions skip when all cores sleep. */
const COUNTED_PATIENCE = 1_000_000;
const THREADS_PATIENCE = 2_000;

/** One of the list, by the seed and a number of its own for each choice. */
const pick = <T>(seed: number, choice: number, list: readonly T[]): T => {
  const mixed = Math.imul(Math.imul(seed, 0x9e3779b1) ^ Math.imul(choice + 1, 0x85ebca6b), 0xc2b2ae35) >>> 8;
  return list[mixed % list.length]!;
};

export const shapeOf = (seed: number, counted: boolean): { shape: Shape; yields: number } => ({
  shape: {
    senders: pick(seed, 0, [1, 2, 2, 3]), receivers: pick(seed, 1, [1, 1, 2, 3]), ringSize: pick(seed, 2, [1, 2, 2, 4, 8]),
    maxBytes: pick(seed, 3, [24, 64, 200]), completions: pick(seed, 4, [0, 0, 1, 2]),
    start: pick(seed, 5, [0, -20, 0x7ffffff0]), count: counted ? 150 : 1000, seed, patience: counted ? COUNTED_PATIENCE : THREADS_PATIENCE,
  },
  yields: pick(seed, 6, [4, 12, 32, 80, 160]),
});

const fingerprintOf = (history: History): string => {
  const hash = createHash('sha256');
  for (const { log } of history.contexts) hash.update(new Uint8Array(log.buffer, log.byteOffset, log.byteLength));
  return hash.digest('hex').slice(0, 16);
};

export const runSeed = async (image: string, seed: number, counted: boolean): Promise<SeededRun> => {
  const { shape, yields } = shapeOf(seed, counted);
  const folder = mkdtempSync(path.join(tmpdir(), 'storm-'));
  try {
    const run = await runStorm(image, path.join(folder, 'ram'), shape, { cpus: CPUS, counted, yields, secondsLimit: SECONDS_LIMIT });
    const checker = new Checker(shape.senders, counted ? { slack: 0, sleepers: true } : { slack: 1000, sleepers: false });
    const result = checker.round(run.history);
    const ended = run.exitCode === 0 ? [] : [{ pattern: 'bad end' as const, text: run.text.trim() }];
    return {
      seed, counted, shape, yields, result, violations: [...result.violations, ...ended], fingerprint: fingerprintOf(run.history),
      records: run.history.contexts.reduce((sum, { log }) => sum + (log.length >> 2), 0), history: run.history,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** One line about a run, the same whenever the run is the same. */
export const lineOf = ({ seed, counted, shape, yields, result, records, fingerprint }: SeededRun): string => {
  const s = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
  return `seed ${String(seed).padStart(4)}${counted ? '' : ', threads'}: ${s(shape.senders, 'sender')}, ${s(shape.receivers, 'receiver')}, ring ${shape.ringSize}, `
    + `completions ${shape.completions}, from ${shape.start}, yields ${yields}/256: ${result.messages} messages, ${result.empties} Empty, `
    + `${result.fulls} Full, ${records} records, history ${fingerprint}`;
};

/** Runs seeds, `lanes` machines at once, and tells each in order as soon as it and all before it are done. */
export const runSeeds = async (
  image: string, seeds: readonly number[], counted: boolean, lanes: number, tell: (run: SeededRun) => void,
): Promise<void> => {
  const done = new Map<number, SeededRun>();
  let [next, told] = [0, 0];
  const lane = async (): Promise<void> => {
    while (next < seeds.length) {
      const at = next++;
      done.set(at, await runSeed(image, seeds[at]!, counted));
      for (let run = done.get(told); run; run = done.get(++told)) {
        done.delete(told);
        tell(run);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, seeds.length) }, lane));
};
