import { expect, test } from 'vitest';
import { heapFree } from '../../src/lib/heap.ts';
import { memoryUsage, Region, type RegionHandle } from '../../src/lib/index.ts';
import { bytes, inWorker, nothingLeft, refusal, takeAllMemory, text } from './support.ts';

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

test('one thread appends; another is told so, until the right is released or recovered', async () => {
  const region = Region.appendOnly(100);
  region.append(text('main '));
  const body = ({ Region: R }: typeof import('../../src/lib/index.ts'), handle: RegionHandle): string => {
    try {
      R.from(handle).append(Buffer.from('worker '));
      return 'appended';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  await expect(inWorker(body, region.handle).result).resolves.toBe('NOT_APPENDER');
  region.releaseAppender();
  const second = inWorker(body, region.handle);
  await expect(second.result).resolves.toBe('appended');
  expect(refusal('NOT_APPENDER', () => region.append(text('x'))).message).toBe(`append: thread ${second.thread} appends to this region`);
  region.releaseAppender(); // not ours to release
  refusal('NOT_APPENDER', () => region.append(text('x')));
  await second.worker.terminate();
  expect(region.recover({ thread: second.thread + 1 })).toBe(false);
  expect(region.recover({ thread: second.thread })).toBe(true);
  expect(region.recover({ thread: second.thread })).toBe(false);
  for (const wrong of [undefined, null, {}, { thread: -1 }, { thread: 'x' }]) refusal('BAD_ARGUMENT', () => region.recover(wrong as never));
  region.append(text('again'));
  expect(string(Region.from(region.handle).view())).toBe('main worker again');
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
    () => again.append(bytes(1)), () => again.releaseAppender(), () => again.recover({ thread: 1 }), () => Region.from(region.handle),
  ]) refusal('STALE_HANDLE', call);
  expect(again.length).toBe(8);
});
