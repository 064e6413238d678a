/**
 * Worker threads on one queue: several senders and receivers, all priorities, rings so small that they are full and empty all the time,
 * sleeping on both sides. Checked: nothing lost, doubled or torn, order per sender and priority, completions exactly once (the senders
 * wait for theirs), no lost wake-up (a stall of 20 s fails with where it stood), statistics at rest.
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import * as layout from '../../src/kernel/layout.ts';
import * as kernel from '../../src/kernel/queue.ts';
import { regionCreate, regionTableBytes, regionTableCreate } from '../../src/kernel/region.ts';
import { fillBytes, load32, loadSequential32, store32 } from '../../src/machine/node.ts';
import { packed, type Task } from './worker.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const BASE = 1 << 20;
let script: string;
beforeAll(async () => {
  script = path.join(mkdtempSync(path.join(tmpdir(), 'stress-')), 'worker.mjs');
  await build({ entryPoints: [path.join(import.meta.dirname, 'worker.ts')], bundle: true, platform: 'node', format: 'esm', outfile: script });
  expect(readFileSync(script, 'utf8')).toContain('Atomics');
});

interface Shape { senders: number; receivers: number; ringSize: number; completions: number; start: number; count: number; bytes: number }

const run = async (shape: Shape): Promise<void> => {
  let free = BASE;
  const take = (bytes: number): number => {
    const at = free;
    free += Math.ceil(bytes / 64) * 64;
    fillBytes(at, bytes, 0);
    return at;
  };
  const table = regionTableCreate(take(regionTableBytes(4)), regionTableBytes(4), 4);
  const config = take(32);
  [shape.ringSize, 128, 0, shape.senders, shape.receivers, shape.completions, shape.start].forEach((value, k) => store32(config, k * 4, value));
  const bytes = kernel.queueBytes(config);
  const queue = kernel.queueCreate(table, regionCreate(table, layout.POLICY_SLAB, take(bytes), bytes), config);
  expect(queue).toBeGreaterThan(0);
  const total = shape.senders * shape.count;
  const [finished, never] = [take(64), take(64)];
  const common = { count: shape.count, bytes: shape.bytes, completions: shape.completions > 0, room: total, finished, never };
  const attach = shape.completions > 0 ? kernel.queueAttachSubmitter : kernel.queueAttachSender;
  const tasks: Task[] = [
    ...Array.from({ length: shape.senders }, (_, number): Task => (
      { role: 'sender', number, handle: attach(queue, 0), buffer: take(256), history: 0, seed: SEED + number * 77, ...common })),
    ...Array.from({ length: shape.receivers }, (_, number): Task => (
      { role: 'receiver', number, handle: kernel.queueAttachReceiver(queue), buffer: take(256), history: take(total * 4 + 4), seed: 0, ...common })),
  ];
  const ends = tasks.map((task) => new Promise<void>((resolve, reject) => {
    const worker = new Worker(script, { workerData: task });
    worker.on('error', reject);
    worker.on('exit', (code) => { if (code === 0) resolve(); else reject(new Error(`${task.role} ${task.number} ended with ${code}`)); });
  }));
  const failed = Promise.all(ends);
  await Promise.race([failed, Promise.all(ends.slice(0, shape.senders))]);
  expect(loadSequential32(finished, 0)).toBe(shape.senders);
  kernel.queueClose(queue);
  await failed;

  const last = new Map<number, number>();
  const seen = new Set<number>();
  for (const task of tasks.filter(({ role }) => role === 'receiver')) {
    last.clear();
    const received = load32(task.history, total * 4);
    for (let k = 0; k < received; k++) {
      const word = load32(task.history, k * 4);
      expect(seen.has(word)).toBe(false);
      seen.add(word);
      const [lane, sequence] = [word >>> 24, word & 0xffffff];
      expect(sequence).toBeGreaterThan(last.get(lane) ?? -1);
      last.set(lane, sequence);
    }
  }
  expect(seen.size).toBe(total);
  for (let sender = 0; sender < shape.senders; sender++) {
    for (let priority = 0; priority < 4; priority++) {
      const count = [...seen].filter((word) => word >>> 24 === (packed(sender, priority, 0) >>> 24)).length;
      expect(count === 0 || seen.has(packed(sender, priority, count - 1))).toBe(true);
    }
  }
  const statistics = take(layout.STATISTICS_BYTES);
  expect(kernel.queueStatistics(queue, statistics)).toBe(0);
  const sum = (field: number): number => [0, 1, 2, 3].reduce((all, k) => all + load32(statistics, field + k * 8), 0);
  expect([sum(layout.STATISTICS_SENT), sum(layout.STATISTICS_RECEIVED)]).toEqual([total, total]);
  expect([sum(layout.STATISTICS_SENT_BYTES), sum(layout.STATISTICS_RECEIVED_BYTES)]).toEqual([total * shape.bytes, total * shape.bytes]);
  expect(kernel.queueLength(queue)).toBe(0);
};

const SHAPES: Shape[] = [
  { senders: 1, receivers: 1, ringSize: 1, completions: 0, start: -2, count: 4000, bytes: 16 },
  { senders: 1, receivers: 1, ringSize: 64, completions: 0, start: 0x7ffffff0, count: 60_000, bytes: 56 },
  { senders: 3, receivers: 1, ringSize: 2, completions: 0, start: 0x7ffffffe, count: 4000, bytes: 128 },
  { senders: 1, receivers: 3, ringSize: 2, completions: 0, start: -100, count: 8000, bytes: 64 },
  { senders: 3, receivers: 2, ringSize: 1, completions: 0, start: 0, count: 3000, bytes: 40 },
  { senders: 2, receivers: 2, ringSize: 64, completions: 0, start: -5000, count: 40_000, bytes: 120 },
  { senders: 2, receivers: 2, ringSize: 2, completions: 1, start: -3, count: 2000, bytes: 48 },
  { senders: 3, receivers: 2, ringSize: 8, completions: 8, start: 0x7ffffff8, count: 4000, bytes: 64 },
];

test.each(SHAPES)(`$senders senders, $receivers receivers, ring $ringSize, completions $completions, from $start (SEED=${SEED})`, (shape) => run(shape), 120_000);
