import { expect, test } from 'vitest';
import { getEnvironmentData, MessageChannel, receiveMessageOnPort, setEnvironmentData } from 'node:worker_threads';
import { load32, memory, store32 } from '../../src/machine/node.ts';
import { regionCreate } from '../../src/kernel/region.ts';
import { PINS_RETIRED, pinsAt, regions } from '../../src/lib/heap.ts';
import { KIND_QUEUE, KIND_REGION, objectMake, pin, unpin } from '../../src/lib/objects.ts';
import { memoryUsage, Queue, Region, type QueueHandle } from '../../src/lib/index.ts';
import { inWorker, nothingLeft, pause, refusal, text } from './support.ts';

const cloned = <T>(value: T): T => {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(value);
  const { message } = receiveMessageOnPort(port2) as { message: T };
  port1.close();
  return message;
};

test('every forged handle is refused', () => {
  const before = memoryUsage().used;
  for (let entry = 0; entry < 256; entry++) expect(load32(pinsAt, entry << 2) & 0xffff).toBe(PINS_RETIRED);
  const queue = Queue.create();
  const region = Region.slab(64);
  const good = queue.handle;
  for (const value of [
    undefined, null, 5, 'handle', queue, {}, [], { ...good, type: 'x' }, { ...good, memory: 5 }, { ...good, region: '256' },
    { ...good, region: 1.5 }, { ...good, region: NaN }, { ...good, region: 0 }, { ...good, region: -good.region },
    { ...good, region: 2 ** 31 }, { ...good, region: 2 ** 40 }, region.handle,
    { ...good, region: region.handle.region },
  ]) refusal('BAD_HANDLE', () => Queue.from(value as QueueHandle));
  for (let bit = 0; bit < 31; bit++) {
    const forged = { ...good, region: good.region ^ (1 << bit) };
    // One flipped bit may leave 0, or name the other live object, which is a region.
    refusal([0, region.handle.region].includes(forged.region) ? 'BAD_HANDLE' : 'STALE_HANDLE', () => Queue.from(forged));
  }
  refusal('FOREIGN_HANDLE', () => Queue.from({ ...good, memory: '0123456789abcdef' }));
  refusal('BAD_HANDLE', () => Region.from(good as never));
  refusal('BAD_HANDLE', () => Region.from({ ...region.handle, region: good.region }));
  refusal('FOREIGN_HANDLE', () => Region.from({ ...region.handle, memory: '' }));
  expect(Queue.from(good).length).toBe(0);
  queue.destroy();
  region.destroy();
  nothingLeft(before);
});

test('a cloned handle, also through JSON, opens the same queue and region', () => {
  const queue = Queue.create({ maxMessageBytes: 99 });
  const region = Region.immutable(text('hello'));
  queue.sender().send(text('here'));
  for (const handle of [cloned(queue.handle), JSON.parse(JSON.stringify(queue.handle)) as QueueHandle]) {
    expect(Queue.from(handle)).toMatchObject({ maxMessageBytes: 99, length: 1, handle: queue.handle });
  }
  expect(Buffer.from(Region.from(cloned(region.handle)).view()).toString()).toBe('hello');
});

test('a worker opens a queue by its handle, and its messages arrive', async () => {
  const queue = Queue.create();
  const { result } = inWorker(({ Queue: Q }, handle: QueueHandle) => {
    const sender = Q.from(handle).sender();
    sender.send(Buffer.from('from the worker'));
    sender.detach();
    return sender.index;
  }, queue.handle);
  await expect(result).resolves.toBe(0);
  expect(queue.receiver().receive().text()).toBe('from the worker');
});

test('a handle of a destroyed queue stays stale when its entry and memory are used again', () => {
  const old: QueueHandle[] = [];
  for (let round = 0; round < 50; round++) {
    const queue = Queue.create({ ringSize: 1, maxMessageBytes: 8 });
    for (const handle of old) refusal('STALE_HANDLE', () => Queue.from(handle));
    old.push(queue.handle);
    queue.destroy();
  }
  expect(new Set(old.map(({ region }) => region & 255)).size).toBe(1);
  expect(new Set(old.map(({ region }) => region)).size).toBe(50);
});

test('an object is not destroyed under a call that looks at it', () => {
  const before = memoryUsage().used;
  const queue = Queue.create();
  const { region } = queue.handle;
  pin('test', region, KIND_QUEUE);
  pin('test', region, KIND_QUEUE);
  expect(refusal('BUSY', () => queue.destroy()).message).toMatch('another thread is inside a call on it, or was terminated there');
  unpin(region);
  refusal('BUSY', () => queue.destroy());
  unpin(region);
  queue.destroy();
  refusal('STALE_HANDLE', () => pin('test', region, KIND_QUEUE));
  nothingLeft(before);
});

test('by force it is, and a call that was thought dead harms no later object', () => {
  const before = memoryUsage().used;
  const queue = Queue.create();
  const { region } = queue.handle;
  pin('test', region, KIND_QUEUE);
  refusal('BUSY', () => queue.destroy({ force: false }));
  refusal('BAD_ARGUMENT', () => queue.destroy({ force: 1 as never }));
  refusal('BAD_ARGUMENT', () => queue.destroy(true as never));
  const sender = queue.sender();
  refusal('BUSY', () => queue.destroy({ force: true })); // force is not meant for those
  expect(queue.length).toBe(0);
  sender.detach();
  queue.destroy({ force: true });
  unpin(region);
  const next = Queue.create();
  expect(next.handle.region & 255).toBe(region & 255);
  unpin(region);
  expect(next.length).toBe(0);
  next.destroy();
  nothingLeft(before);
});

test('an object whose making fails at the end leaves no entry', () => {
  const before = memoryUsage().used;
  for (let i = 0; i < 300; i++) {
    expect(() => objectMake('test', KIND_REGION, 64, () => {}, (at) => regionCreate(regions, 3, at, 64), () => { throw new Error('at the end'); })).toThrow('at the end');
  }
  nothingLeft(before);
});

test('pins do not run into the generation', () => {
  const queue = Queue.create();
  const { region } = queue.handle;
  const word = (region & 255) << 2;
  const generation = load32(pinsAt, word);
  store32(pinsAt, word, generation + 0xfffe);
  refusal('BUSY', () => queue.length);
  store32(pinsAt, word, generation);
  expect(queue.length).toBe(0);
});

const KEY = 'ruvix-queue/memory';
/** Runs `start` while workers that it makes inherit `other` instead of our memory. */
const withMemory = <T>(other: SharedArrayBuffer | undefined, start: () => T): T => {
  const own = getEnvironmentData(KEY);
  setEnvironmentData(KEY, other);
  try {
    return start();
  } finally {
    setEnvironmentData(KEY, own);
  }
};

test('a worker that was started with another memory refuses the handle with the reason', async () => {
  const { result } = withMemory(undefined, () => inWorker(({ Queue: Q }, handle: QueueHandle) => {
    try {
      return Q.from(handle).handle.memory;
    } catch (error) {
      return `${(error as { code: string }).code} ${(error as Error).message}`;
    }
  }, Queue.create().handle));
  expect(await result).toMatch(/^FOREIGN_HANDLE Queue\.from: the handle belongs to another process, or this worker was started before/);
});

test('a memory that another version of the library laid out is refused', async () => {
  const other = new SharedArrayBuffer(1 << 20);
  const words = new Int32Array(other);
  words[16] = 2; // made
  words[17] = 0x52565800; // by version 0
  const { result } = withMemory(other, () => inWorker(() => 'imported', 0));
  await expect(result).rejects.toMatchObject({ code: 'INCOMPATIBLE' });
});

test('a thread that imports the library while another lays out the memory waits for it', async () => {
  const queue = Queue.create();
  const words = new Int32Array(memory);
  expect(words[16]).toBe(2);
  words[16] = 1;
  try {
    const { result } = inWorker(({ Queue: Q }, handle: QueueHandle) => Q.from(handle).ringSize, queue.handle);
    let done = false;
    void result.then(() => { done = true; });
    await pause(400);
    expect(done).toBe(false);
    words[16] = 2;
    await expect(result).resolves.toBe(256);
  } finally {
    words[16] = 2;
  }
});
