import { expect, test } from 'vitest';
import { load32, storeRelease32 } from '../../src/machine/node.ts';
import { regionReserve } from '../../src/kernel/region.ts';
import { heapFree, ownersAt, regions } from '../../src/lib/heap.ts';
import { memoryUsage, Queue, Region, type QueueHandle, type RegionHandle } from '../../src/lib/index.ts';
import { bytes, inWorker, nothingLeft, pause, refusal, takeAllMemory, text } from './support.ts';

const string = (view: Uint8Array): string => Buffer.from(view).toString();

test('an immutable region holds a copy, or what fill wrote', () => {
  const before = memoryUsage().used;
  const source = text('contents');
  const copied = Region.immutable(source);
  source.fill(0);
  const filled = Region.immutable(5, (view) => {
    expect([...view]).toEqual([0, 0, 0, 0, 0]);
    view.set(text('hello'));
  });
  const both = Region.immutable(text('abc'), (view) => { view[1] = 0x42; });
  const floats = Region.immutable(Float64Array.of(1, 2, 3));
  const zeros = Region.immutable(3);
  expect([copied, filled, both].map((region) => string(region.view()))).toEqual(['contents', 'hello', 'aBc']);
  expect(floats.viewAs(Float64Array)).toEqual(Float64Array.of(1, 2, 3));
  expect([...zeros.view()]).toEqual([0, 0, 0]);
  expect(copied).toMatchObject({ policy: 'immutable', length: 8, committed: 8 });
  refusal('POLICY', () => copied.append(bytes(1)));
  for (const region of [copied, filled, both, floats, zeros]) region.destroy();
  nothingLeft(before);
});

test('a fill that throws leaves nothing', () => {
  const before = memoryUsage().used;
  expect(() => Region.immutable(1000, () => { throw new Error('mine'); })).toThrow('mine');
  nothingLeft(before);
});

test('memory that is used again is zeroed', () => {
  const first = Region.slab(1000);
  const { byteOffset } = first.view().fill(0xff);
  const rest = takeAllMemory();
  first.destroy();
  const again = Region.slab(1000);
  expect(Math.abs(again.view().byteOffset - byteOffset)).toBeLessThan(1000); // for the most part the same memory
  expect(again.view().every((byte) => byte === 0)).toBe(true);
  rest.forEach(heapFree);
  again.destroy();
});

test('wrong sizes and contents are refused, and leave nothing', () => {
  const before = memoryUsage().used;
  for (const size of [0, -1, 1.5, NaN, Infinity, 2 ** 31, 2 ** 53]) {
    for (const make of [Region.immutable, Region.appendOnly, Region.slab]) refusal('BAD_ARGUMENT', () => make(size));
  }
  for (const wrong of [undefined, null, '5', {}, [1], new ArrayBuffer(4), new Uint8Array(0)]) {
    refusal('BAD_ARGUMENT', () => Region.immutable(wrong as never));
  }
  for (const wrong of [undefined, null, '5', new Uint8Array(3)]) refusal('BAD_ARGUMENT', () => Region.slab(wrong as never));
  refusal('BAD_ARGUMENT', () => Region.immutable(5, 'fill' as never));
  refusal('NO_MEMORY', () => Region.slab(2 ** 31 - 1));
  refusal('NO_MEMORY', () => Region.appendOnly(memoryUsage().available));
  nothingLeft(before);
});

test('memory can be exhausted by regions, is refused clearly, and comes back whole', () => {
  const before = memoryUsage().used;
  const made: Region[] = [];
  let error: unknown;
  while (error === undefined) {
    try {
      made.push(Region.slab(20_000_000));
    } catch (thrown) {
      error = thrown;
    }
  }
  expect(error).toMatchObject({ code: 'NO_MEMORY', message: expect.stringMatching(/^Region\.slab: needs 19\.1 MiB in one piece; \d/) as string });
  expect(made.length).toBe(13);
  refusal('NO_MEMORY', () => Region.immutable(20_000_000, () => { throw new Error('never called'); }));
  made.pop()!.destroy();
  made.push(Region.slab(20_000_000));
  for (const region of made) region.destroy();
  nothingLeft(before);
});

test('an append-only region grows at its end, and shows only what was appended', () => {
  const before = memoryUsage().used;
  const region = Region.appendOnly(10);
  expect(region).toMatchObject({ policy: 'appendOnly', length: 10, committed: 0 });
  expect(region.view().length).toBe(0);
  expect(region.append(text('abc'))).toBe(0);
  expect(region.append(new Uint8Array(0))).toBe(3);
  expect(region.append(Uint16Array.of(0x6564, 0x6766))).toBe(3);
  expect(region.committed).toBe(7);
  const early = region.view();
  refusal('FULL', () => region.append(text('1234')));
  expect(region.committed).toBe(7);
  expect(region.append(text('hij'))).toBe(7);
  expect(string(region.view())).toBe('abcdefghij');
  expect(string(early)).toBe('abcdefg');
  refusal('FULL', () => region.append(text('k')));
  for (const wrong of [undefined, 'x', [], new ArrayBuffer(1)]) refusal('BAD_ARGUMENT', () => region.append(wrong as never));
  region.destroy();
  nothingLeft(before);
});

test('bytes that come from the region itself, or another, are appended as well', () => {
  const region = Region.appendOnly(100);
  region.append(text('abc'));
  expect(region.append(region.view())).toBe(3);
  expect(region.append(Region.immutable(text('xyz')).view())).toBe(6);
  expect(string(region.view())).toBe('abcabcxyz');
});

test('a view lies inside what is committed', () => {
  const region = Region.appendOnly(100);
  region.append(new Uint8Array(50).map((_, i) => i));
  expect([...region.view(48)]).toEqual([48, 49]);
  expect([...region.view(2, 3)]).toEqual([2, 3, 4]);
  expect(region.view(50).length).toBe(0);
  refusal('NOT_COMMITTED', () => region.view(51));
  refusal('NOT_COMMITTED', () => region.view(50, 1));
  refusal('NOT_COMMITTED', () => region.view(0, 100));
  refusal('OUT_OF_BOUNDS', () => region.view(0, 101));
  refusal('OUT_OF_BOUNDS', () => region.view(101, 0));
  for (const wrong of [-1, 0.5, NaN, '0', 2 ** 31]) {
    refusal('BAD_ARGUMENT', () => region.view(wrong as number));
    refusal('BAD_ARGUMENT', () => region.view(0, wrong as number));
  }
});

test('a view as another type is aligned and whole', () => {
  const region = Region.immutable(Float32Array.of(1, 2, 3, 4));
  expect(region.viewAs(Float32Array)).toEqual(Float32Array.of(1, 2, 3, 4));
  expect(region.viewAs(Float32Array, 4, 2)).toEqual(Float32Array.of(2, 3));
  expect(region.viewAs(Uint8Array, 3, 2).length).toBe(2);
  expect(region.viewAs(Float32Array).buffer).toBe(region.view().buffer);
  refusal('BAD_ARGUMENT', () => region.viewAs(Float32Array, 2, 1));
  refusal('BAD_ARGUMENT', () => region.viewAs(Float64Array, 4, 1));
  refusal('BAD_ARGUMENT', () => region.viewAs(Float64Array, 8, 0.5));
  refusal('BAD_ARGUMENT', () => region.viewAs(Uint16Array, 15));
  refusal('OUT_OF_BOUNDS', () => region.viewAs(Float32Array, 0, 5));
  refusal('BAD_ARGUMENT', () => region.viewAs(5 as never));
});

test('several threads append at once: whole, without gaps, each where it was told', async () => {
  const region = Region.appendOnly(200_000);
  const body = ({ Region: R, Queue: Q }: typeof import('../../src/lib/index.ts'), [handle, results, me]: [RegionHandle, QueueHandle, number]): number => {
    const grows = R.from(handle);
    const sender = Q.from(results).sender();
    let appended = 0;
    for (let n = 0; n < 1500; n++) {
      const length = 2 + ((n * 7 + me) % 9);
      const offset = grows.append(new Uint32Array(length).fill(me << 24 | n));
      // A descriptor to it can be sent at once, unless one before it is still being written.
      for (let tries = 0; ; tries++) {
        try {
          sender.sendDescriptor({ region: grows, offset, length: length * 4, flags: me << 24 | n });
          break;
        } catch (error) {
          if (!['NOT_COMMITTED', 'FULL'].includes((error as { code: string }).code) || tries > 1e7) throw error;
        }
      }
      appended += length * 4;
    }
    return appended;
  };
  const queue = Queue.create({ senders: 3, ringSize: 4096 });
  const workers = [1, 2, 3].map((me) => inWorker(body, [region.handle, queue.handle, me] as [RegionHandle, QueueHandle, number]));
  let mine = 0;
  for (let n = 0; n < 500; n++) {
    region.append(Uint32Array.of(n, n));
    mine += 8;
    if (n % 50 === 0) await pause(1);
  }
  const appended = await Promise.all(workers.map(({ result }) => result));
  expect(region.committed).toBe(mine + appended.reduce((sum, bytes) => sum + bytes));
  const seen = new Set<number>();
  for (const message of queue.receiver().receiveBatch(65_536)) {
    const words = message.viewAs(Uint32Array);
    expect(words.every((word) => word === message.descriptor!.flags)).toBe(true);
    seen.add(message.descriptor!.flags);
  }
  expect(seen.size).toBe(4500);
});

test('what a thread was appending when it died reads as zeros, and lets those behind it through', () => {
  const region = Region.appendOnly(64);
  region.append(text('abcd'));
  // As a thread that died between its two calls leaves it.
  const [dead, owner] = [123456, 900];
  storeRelease32(ownersAt, owner << 2, -(dead + 1));
  expect(regionReserve(regions, region.number, owner, 8)).toBeGreaterThan(0);
  expect(region.append(text('efgh'))).toBe(12);
  expect(region.committed).toBe(4);
  expect(refusal('IN_FLIGHT', () => region.destroy()).needed).toBe(2);
  for (const wrong of [undefined, null, {}, { thread: -1 }, { thread: 'x' }]) refusal('BAD_ARGUMENT', () => Region.recover(wrong as never));
  expect(Region.recover({ thread: dead + 1 })).toBe(0);
  expect(Region.recover({ thread: dead })).toBe(8);
  expect(Region.recover({ thread: dead })).toBe(0);
  expect(load32(ownersAt, owner << 2)).toBe(0);
  expect(string(region.view())).toBe('abcd\0\0\0\0\0\0\0\0efgh');
  region.destroy();
});

test('eight appends that do not end are told from a region that is full', () => {
  const region = Region.appendOnly(64);
  for (let k = 0; k < 8; k++) expect(regionReserve(regions, region.number, 901, 4)).toBeGreaterThan(0);
  expect(refusal('AGAIN', () => region.append(bytes(1))).message).toBe('append: eight appends are under way and do not end: recover threads that have died');
  storeRelease32(ownersAt, 901 << 2, 77_001);
  expect(Region.recover({ thread: 77_000 })).toBe(32);
  expect(region.append(bytes(1))).toBe(32);
});

test('a writable region is filled, sealed for good, and described only then', () => {
  const before = memoryUsage().used;
  const queue = Queue.create();
  const sender = queue.sender();
  const region = Region.writable(12);
  expect(region).toMatchObject({ policy: 'immutable', length: 12, committed: 0 });
  refusal('NOT_COMMITTED', () => region.view(0, 4));
  refusal('NOT_COMMITTED', () => sender.sendDescriptor({ region, length: 4 }));
  expect([...region.writable]).toEqual(Array.from({ length: 12 }, () => 0));
  Region.from(region.handle).writable.set(text('hello, world'));
  region.seal();
  expect(string(region.view())).toBe('hello, world');
  sender.sendDescriptor({ region });
  for (const call of [() => region.writable, () => region.seal(), () => Region.immutable(3).seal(), () => Region.slab(8).writable]) refusal('POLICY', call);
  expect(queue.receiver().receive().text()).toBe('hello, world');
  for (const wrong of [0, -1, 1.5, '5', undefined]) refusal('BAD_ARGUMENT', () => Region.writable(wrong as never));
  region.destroy();
  refusal('STALE_HANDLE', () => region.writable);
  refusal('STALE_HANDLE', () => region.seal());
  expect(memoryUsage().used).toBeGreaterThan(before);
});

test('slots are taken once, given back once, and never again under the same number', () => {
  const before = memoryUsage().used;
  const region = Region.slots(3, 24);
  expect(region).toMatchObject({ policy: 'slab', length: 72, committed: 72, slots: 3, slotBytes: 24 });
  const taken = [region.allocate(), region.allocate(), region.allocate()];
  refusal('FULL', () => region.allocate());
  taken.forEach((slot, k) => region.slot(slot).fill(k + 1));
  expect(taken.map((slot) => [...region.slot(slot)])).toEqual([1, 2, 3].map((k) => Array.from({ length: 24 }, () => k)));
  expect([...region.view()].sort()).toEqual(taken.flatMap((slot) => [...region.slot(slot)]).sort());
  const again = Region.from(region.handle);
  expect(again).toMatchObject({ policy: 'slab', length: 72, slots: 3 });
  again.free(taken[1]!);
  const old = [taken[1]!];
  for (let round = 0; round < 50; round++) {
    for (const stale of old) {
      refusal('STALE_SLOT', () => region.free(stale));
      refusal('STALE_SLOT', () => region.slot(stale));
    }
    const next = region.allocate();
    expect(old).not.toContain(next);
    region.free(next);
    old.push(next);
  }
  for (let bit = 0; bit < 32; bit++) {
    const forged = taken[0]! ^ (1 << bit);
    if (!taken.includes(forged)) refusal('STALE_SLOT', () => region.slot(forged));
  }
  for (const wrong of [undefined, null, 1.5, '1', 2 ** 31, NaN, {}]) {
    refusal('BAD_ARGUMENT', () => region.free(wrong as never));
    refusal('BAD_ARGUMENT', () => region.slot(wrong as never));
  }
  refusal('POLICY', () => Queue.create().sender().sendDescriptor({ region }));
  for (const [slots, each] of [[0, 8], [1025, 8], [1, 0], [1, 7], [1, 12], [1.5, 8], [1, 2 ** 31], [undefined, 8], [1, '8']]) {
    refusal('BAD_ARGUMENT', () => Region.slots(slots as number, each as number));
  }
  refusal('BAD_CONFIG', () => Region.slots(1024, 2 ** 31 - 8));
  for (const other of [Region.slab(64), Region.immutable(8), Region.appendOnly(8)]) {
    expect([other.slots, other.slotBytes]).toEqual([0, 0]);
    for (const call of [() => other.allocate(), () => other.free(1), () => other.slot(1)]) refusal('POLICY', call);
  }
  region.destroy();
  for (const call of [() => again.allocate(), () => again.free(taken[0]!), () => again.slot(taken[0]!), () => again.slots]) refusal('STALE_HANDLE', call);
  expect(memoryUsage().used).toBeGreaterThan(before);
});

test('slots that a dead thread held are free again; what it passed on as freed stays as it is', async () => {
  const region = Region.slots(8, 8);
  const mine = region.allocate();
  const { result, worker, thread, ended } = inWorker(({ Region: R }: typeof import('../../src/lib/index.ts'), handle: RegionHandle): number[] => {
    const slots = R.from(handle);
    const taken = Array.from({ length: 7 }, () => slots.allocate());
    slots.free(taken[6]!);
    return taken;
  }, region.handle);
  const taken = await result;
  await worker.terminate();
  await ended;
  const last = region.allocate();
  refusal('FULL', () => region.allocate());
  expect(Region.recover({ thread })).toBe(0);
  for (const slot of taken) refusal('STALE_SLOT', () => region.slot(slot));
  for (const slot of [mine, last]) expect(region.slot(slot).length).toBe(8);
  expect(Array.from({ length: 6 }, () => region.allocate()).length).toBe(6);
  refusal('FULL', () => region.allocate());
});

test('all threads see the same bytes', async () => {
  const slab = Region.slab(16);
  const { result, next, worker } = inWorker(async ({ Region: R }, handle: RegionHandle, port) => {
    const region = R.from(handle);
    const view = region.view();
    view[0] = 7;
    port.postMessage('written');
    await new Promise((resolve) => { port.once('message', resolve); });
    return [view[1], region.policy, region.length];
  }, slab.handle);
  await next();
  expect(slab.view()[0]).toBe(7);
  slab.view()[1] = 9;
  worker.postMessage('read');
  await expect(result).resolves.toEqual([9, 'slab', 16]);
});

test('a destroyed region is stale in every call', () => {
  const region = Region.appendOnly(8);
  const again = Region.from(region.handle);
  region.destroy();
  Region.slab(8); // its entry and memory are in use again
  for (const call of [
    () => region.destroy(), () => again.destroy(), () => again.view(), () => again.viewAs(Uint16Array), () => again.committed,
    () => again.append(bytes(1)), () => Region.from(region.handle),
  ]) refusal('STALE_HANDLE', call);
  expect(again.length).toBe(8);
});
