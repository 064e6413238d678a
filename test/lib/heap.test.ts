import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allocate, heapAllocate, heapBytes, heapFree, heapKind, memoryUsage } from '../../src/lib/heap.ts';
import type { Region } from '../../src/lib/index.ts';
import { memory } from '../../src/machine/node.ts';
import { inWorker, nothingLeft, refusal } from './support.ts';

const U8 = new Uint8Array(memory);

test('pieces are line aligned, inside the memory, and do not overlap', () => {
  const before = memoryUsage().used;
  const pieces = [1, 63, 64, 65, 4096, 1_000_000, 7].map((bytes) => ({ bytes, at: heapAllocate(bytes, 9) }));
  for (const { at, bytes } of pieces) {
    expect(at % 64).toBe(0);
    expect(at + bytes).toBeLessThanOrEqual(memory.byteLength);
    expect(heapKind(at)).toBe(9);
    expect(heapBytes(at)).toBe(bytes);
  }
  const sorted = [...pieces].sort((a, b) => a.at - b.at);
  for (let i = 1; i < sorted.length; i++) expect(sorted[i]!.at).toBeGreaterThanOrEqual(sorted[i - 1]!.at + sorted[i - 1]!.bytes + 64);
  for (const { at } of pieces) expect(heapFree(at)).toBe(true);
  nothingLeft(before);
});

test('a piece is given back once', () => {
  const before = memoryUsage().used;
  const at = heapAllocate(100, 9);
  expect(heapFree(at)).toBe(true);
  expect(heapFree(at)).toBe(false);
  expect(heapKind(at)).toBe(-1);
  expect(heapFree(0)).toBe(false);
  nothingLeft(before);
});

test('all of the memory can be had, in one piece and again after small ones', () => {
  const before = memoryUsage();
  const most = before.available - before.used - 64;
  expect(heapAllocate(most + 1, 9)).toBe(-1);
  const all = heapAllocate(most, 9);
  expect(all).toBeGreaterThan(0);
  expect(heapAllocate(1, 9)).toBe(-1);
  expect(memoryUsage().used).toBe(before.available);
  heapFree(all);
  const small = Array.from({ length: 1000 }, (_, i) => heapAllocate(1 + i * 37, 9));
  for (const at of small.filter((_, i) => i % 2 === 0)) heapFree(at);
  for (const at of small.filter((_, i) => i % 2 === 1)) heapFree(at);
  const again = heapAllocate(most, 9);
  expect(again).toBe(all);
  heapFree(again);
  nothingLeft(before.used);
});

test('a gap of one line is found, in memory that is used up otherwise', () => {
  const before = memoryUsage();
  const pieces = Array.from({ length: 100 }, () => heapAllocate(1, 9));
  const rest = heapAllocate(before.available - memoryUsage().used - 64, 9);
  expect(heapAllocate(1, 9)).toBe(-1);
  for (const [index, at] of [...pieces.entries()].reverse()) { // each search begins behind the gap
    heapFree(at);
    expect(heapAllocate(65, 9)).toBe(-1);
    expect(heapAllocate(64, 9), `piece ${index}`).toBe(at);
  }
  for (const at of [...pieces, rest]) heapFree(at);
  nothingLeft(before.used);
});

test('a refusal says what was needed, what is free and what to do', () => {
  const error = refusal('NO_MEMORY', () => allocate('here', 300 * 1048576, 9));
  expect(error.message).toMatch(/^here: needs 300\.0 MiB in one piece; 255\.\d MiB of 255\.\d MiB are free.*RUVIX_QUEUE_MIB=586 /);
  expect(error.status).toBe(-11);
});

test('random allocating and freeing against a model', () => {
  const before = memoryUsage().used;
  const step = fc.oneof(
    fc.record({ kind: fc.constant('allocate' as const), bytes: fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 9_000_000 })) }),
    fc.record({ kind: fc.constant('free' as const), which: fc.nat() }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
    const live: { at: number; bytes: number; mark: number }[] = [];
    let mark = 0;
    let used = before;
    for (const one of steps) {
      if (one.kind === 'allocate') {
        const at = heapAllocate(one.bytes, 9);
        if (at < 0) continue;
        mark = (mark + 1) & 255;
        U8[at] = mark;
        U8[at + one.bytes - 1] = mark;
        live.push({ at, bytes: one.bytes, mark });
        used += 64 + Math.ceil(one.bytes / 64) * 64;
      } else if (live.length > 0) {
        const [piece] = live.splice(one.which % live.length, 1);
        expect(heapFree(piece!.at)).toBe(true);
        used -= 64 + Math.ceil(piece!.bytes / 64) * 64;
      }
      expect(memoryUsage().used).toBe(used);
      for (const { at, bytes, mark: own } of live) expect([U8[at], U8[at + bytes - 1]]).toEqual([own, own]);
    }
    for (const { at } of live) heapFree(at);
    nothingLeft(before);
  }), { numRuns: 60, seed: Number(process.env['SEED'] ?? Date.now() & 0xffff) });
});

test('two workers and this thread allocate at once: no piece is handed out twice', async () => {
  const before = memoryUsage().used;
  const churn = async (library: typeof import('../../src/lib/index.ts'), mark: number): Promise<string> => {
    let seed = mark;
    const random = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 1) >>> 8;
    const live: { region: Region; view: Uint8Array }[] = [];
    for (let i = 0; i < 3000; i++) {
      if (live.length < 40) {
        const region = library.Region.slab(1 + (random() % (i % 100 === 0 ? 2_000_000 : 20_000)));
        const view = region.view();
        if (view.some((byte) => byte !== 0)) return 'not zeroed';
        live.push({ region, view: view.fill(mark) });
      } else {
        const [piece] = live.splice(random() % live.length, 1);
        if (piece!.view.some((byte) => byte !== mark)) return 'somebody else wrote here';
        piece!.region.destroy();
      }
    }
    for (const { region } of live) region.destroy();
    return 'fine';
  };
  const workers = [1, 2].map((mark) => inWorker(churn, mark));
  await expect(Promise.all(workers.map(({ result }) => result))).resolves.toEqual(['fine', 'fine']);
  nothingLeft(before);
});
