/** Histograms against sorted lists. */
import { beforeAll, expect, test } from 'vitest';
import fc from 'fast-check';
import { buildProgram, layout, machine, memoryBytes, type Program } from './support.ts';

let program: Program;
beforeAll(async () => { ({ program } = await buildProgram()); });

const FIRST = 8192;
const SECOND = 16384;
const clear = (at: number): void => { memoryBytes.fill(0, at, at + layout.HISTOGRAM_BYTES); };
const duration = fc.oneof(...[100, 100_000, 2 ** 32 - 1].map((max) => fc.integer({ min: 0, max })));

test('buckets follow each other without a gap or an overlap, and end at 2^32', () => {
  let next = 0;
  for (let bucket = 0; bucket < layout.HISTOGRAM_BUCKET_COUNT; bucket++) {
    const limit = program.histogramLimit(bucket) >>> 0;
    expect(program.histogramBucket(next | 0)).toBe(bucket);
    expect(program.histogramBucket(limit | 0)).toBe(bucket);
    expect(limit).toBeGreaterThanOrEqual(next);
    next = limit + 1;
  }
  expect(next).toBe(2 ** 32);
});

test('percentiles are at most 1/32 above the sorted list, and never above its largest', () => {
  const durations = fc.array(duration, { minLength: 1, maxLength: 300 });
  fc.assert(fc.property(durations, fc.integer({ min: 1, max: 100 }), (values, percent) => {
    clear(FIRST);
    for (const value of values) program.histogramAdd(FIRST, value | 0);
    const sorted = [...values].sort((a, b) => a - b);
    const exact = sorted[Math.ceil((percent * values.length) / 100) - 1]!;
    const found = program.histogramPercentile(FIRST, percent) >>> 0;
    expect(found).toBeGreaterThanOrEqual(exact);
    expect(found).toBeLessThanOrEqual(exact + exact / 32);
    expect(found).toBeLessThanOrEqual(sorted.at(-1)!);
    expect(machine.load32(FIRST, layout.HISTOGRAM_MAX) >>> 0).toBe(sorted.at(-1));
  }));
});

test('an empty histogram has percentile 0', () => {
  clear(FIRST);
  expect(program.histogramPercentile(FIRST, 50)).toBe(0);
});

test('ranks of more than 2^24 durations stay exact', () => {
  clear(FIRST);
  const count = 100_000_000;
  machine.store32(FIRST, layout.HISTOGRAM_COUNT, count);
  machine.store32(FIRST, layout.HISTOGRAM_MAX, 20);
  machine.store32(FIRST, layout.HISTOGRAM_BUCKETS + 4 * 10, count - 1_000_000);
  machine.store32(FIRST, layout.HISTOGRAM_BUCKETS + 4 * 20, 1_000_000);
  expect(program.histogramPercentile(FIRST, 99)).toBe(10);
  machine.store32(FIRST, layout.HISTOGRAM_BUCKETS + 4 * 10, count - 1_000_001);
  machine.store32(FIRST, layout.HISTOGRAM_BUCKETS + 4 * 20, 1_000_001);
  expect(program.histogramPercentile(FIRST, 99)).toBe(20);
});

test('merging equals adding everything to one', () => {
  fc.assert(fc.property(fc.array(duration), fc.array(duration), (one, other) => {
    clear(FIRST);
    clear(SECOND);
    for (const value of one) program.histogramAdd(FIRST, value | 0);
    for (const value of other) program.histogramAdd(SECOND, value | 0);
    program.histogramMerge(FIRST, SECOND);
    clear(SECOND);
    for (const value of [...one, ...other]) program.histogramAdd(SECOND, value | 0);
    const bytesAt = (at: number): Uint8Array => memoryBytes.slice(at, at + layout.HISTOGRAM_BYTES);
    expect(bytesAt(FIRST)).toEqual(bytesAt(SECOND));
  }));
});
