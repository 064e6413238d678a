import { expect, test } from 'vitest';
import { memoryUsage, Message, MessageInfo, Queue, Region, type QueueHandle } from '../../src/lib/index.ts';
import { bytes, inWorker, nothingLeft, refusal, text } from './support.ts';

test('a message tells its bytes, priority, sender and length', () => {
  const queue = Queue.create({ senders: 2 });
  queue.sender();
  queue.sender().send(text('héllo'), { priority: 'high' });
  const message = queue.receiver().receive();
  expect(message).toBeInstanceOf(Message);
  expect(message).toBeInstanceOf(MessageInfo);
  expect(message).toMatchObject({ length: 6, priority: 'high', sender: 1, tag: undefined, isDescriptor: false, descriptor: undefined });
  expect(message.text()).toBe('héllo');
  expect(message.bytes).toBe(message.bytes);
  message.bytes.fill(0); // the caller's own
});

test('bytes can be looked at as another type, if they are a whole number of elements', () => {
  const queue = Queue.create();
  const sender = queue.sender();
  const receiver = queue.receiver();
  sender.send(Float32Array.of(1.5, -2, 3e9));
  sender.send(bytes(1, 2, 3));
  const floats = receiver.receive();
  expect(floats.viewAs(Float32Array)).toEqual(Float32Array.of(1.5, -2, 3e9));
  expect(floats.viewAs(Uint16Array).length).toBe(6);
  expect(floats.viewAs(DataView).getFloat32(0, true)).toBe(1.5);
  refusal('BAD_ARGUMENT', () => floats.viewAs(Float64Array));
  refusal('BAD_ARGUMENT', () => floats.viewAs(undefined as never));
  refusal('BAD_ARGUMENT', () => receiver.receive().viewAs(Uint16Array));
});

test('tryReceive and its kin say "nothing" in their own way', () => {
  const receiver = Queue.create().receiver();
  expect(receiver.tryReceive()).toBeUndefined();
  expect(receiver.tryReceiveInto(new Uint8Array(8))).toBe(-1);
  expect(receiver.receiveBatch()).toEqual([]);
  expect(receiver.peek()).toBeUndefined();
  expect(receiver.discard()).toBeUndefined();
  refusal('TIMED_OUT', () => receiver.receive({ timeout: 0 }));
  refusal('TIMED_OUT', () => receiver.receiveInto(new Uint8Array(8), { timeout: 0 }));
});

test('receive waits as long as it was told, not longer and hardly shorter', () => {
  const receiver = Queue.create().receiver();
  const began = performance.now();
  refusal('TIMED_OUT', () => receiver.receive({ timeout: 60.5 }));
  const passed = performance.now() - began;
  expect(passed).toBeGreaterThanOrEqual(59);
  expect(passed).toBeLessThan(2000);
});

test('receive blocks until a worker sends, without end or with a long timeout', async () => {
  const queue = Queue.create();
  const receiver = queue.receiver();
  const { result } = inWorker(async ({ Queue: Q }, handle: QueueHandle) => {
    const sender = Q.from(handle).sender();
    for (let n = 1; n <= 3; n++) {
      await new Promise((resolve) => { setTimeout(resolve, 60); });
      sender.send(Uint8Array.of(n));
    }
  }, queue.handle);
  expect(receiver.receive().bytes).toEqual(bytes(1));
  expect(receiver.receive({ timeout: 9_000_000 }).bytes).toEqual(bytes(2)); // longer than one kernel wait can be
  expect(receiver.receive({ timeout: Infinity }).bytes).toEqual(bytes(3));
  await result;
});

test.each([undefined, null, -1, NaN, '5', 5n, {}])('a timeout of %s is refused or means for ever', (timeout) => {
  const receiver = Queue.create({ ringSize: 1 }).receiver();
  if (timeout !== undefined) {
    refusal('BAD_ARGUMENT', () => receiver.receive({ timeout: timeout as number }));
    refusal('BAD_ARGUMENT', () => receiver.receiveInto(new Uint8Array(1), { timeout: timeout as number }));
  }
  refusal('BAD_ARGUMENT', () => receiver.receive(5 as never));
});

test.each([0, 1, 24, 25, 64, 256])('receiveInto delivers %i bytes into heap, shared and region memory, and touches no more', (length) => {
  const before = memoryUsage().used;
  const queue = Queue.create();
  const sender = queue.sender();
  const receiver = queue.receiver();
  const slab = Region.slab(300);
  const content = Uint8Array.from({ length }, (_, i) => i + 1);
  const targets: ArrayBufferView[] = [
    new Uint8Array(300), new Uint8Array(new SharedArrayBuffer(300)), slab.view(), Buffer.alloc(300), new DataView(new ArrayBuffer(300)),
    new Uint8Array(400).subarray(7, 307), new Float32Array(75), slab.view(0, length),
  ];
  for (const target of targets) {
    const view = new Uint8Array(target.buffer, target.byteOffset, target.byteLength).fill(200);
    for (const into of [() => receiver.receiveInto(target, { timeout: 0 }), () => receiver.tryReceiveInto(target)]) {
      sender.send(content, { priority: 'low' });
      expect(into()).toBe(length);
      expect(Buffer.compare(view.subarray(0, length), content)).toBe(0);
      expect(view.subarray(length).every((byte) => byte === 200)).toBe(true);
      expect(receiver.last).toMatchObject({ length, priority: 'low', sender: 0, tag: undefined, isDescriptor: false });
    }
  }
  sender.detach();
  receiver.detach();
  queue.destroy();
  slab.destroy();
  nothingLeft(before);
});

test('a buffer that is too small leaves the message, and the error tells the length', () => {
  const queue = Queue.create();
  const sender = queue.sender();
  const receiver = queue.receiver();
  const slab = Region.slab(9);
  sender.send(new Uint8Array(10).fill(5));
  for (const target of [new Uint8Array(9), new Uint8Array(0), slab.view()]) {
    const error = refusal('TOO_SMALL', () => receiver.tryReceiveInto(target));
    expect(error.needed).toBe(10);
    expect(refusal('TOO_SMALL', () => receiver.receiveInto(target)).needed).toBe(10);
    expect(target.every((byte) => byte === 0)).toBe(true);
    refusal('EMPTY', () => receiver.last);
  }
  expect(queue.length).toBe(1);
  expect(receiver.receiveInto(new Uint8Array(10))).toBe(10);
});

test('receiveInto refuses what is not a buffer, before it takes anything', () => {
  const queue = Queue.create();
  queue.sender().send(bytes(1));
  const receiver = queue.receiver();
  const detached = new Uint8Array(10);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  for (const wrong of [undefined, null, 'x', [], new ArrayBuffer(8), detached]) {
    refusal('BAD_ARGUMENT', () => receiver.receiveInto(wrong as never));
    refusal('BAD_ARGUMENT', () => receiver.tryReceiveInto(wrong as never));
  }
  expect(queue.length).toBe(1);
});

test('`last` speaks of the message just delivered and of no other', () => {
  const queue = Queue.create();
  const sender = queue.sender();
  const receiver = queue.receiver();
  refusal('EMPTY', () => receiver.last);
  sender.send(bytes(1, 2), { priority: 'high' });
  sender.send(bytes(1), { priority: 'low' });
  receiver.tryReceiveInto(new Uint8Array(8));
  const first = receiver.last;
  expect(first).toMatchObject({ length: 2, priority: 'high' });
  expect(receiver.last).toBe(first);
  receiver.peek();
  refusal('EMPTY', () => receiver.last);
  receiver.tryReceiveInto(new Uint8Array(8));
  expect(receiver.last).toMatchObject({ length: 1, priority: 'low' });
  expect(receiver.tryReceiveInto(new Uint8Array(8))).toBe(-1);
  refusal('EMPTY', () => receiver.last);
});

test('peek leaves, discard drops, both tell what it is', () => {
  const queue = Queue.create();
  const sender = queue.sender();
  const receiver = queue.receiver();
  sender.send(bytes(1), { priority: 'low' });
  sender.send(bytes(1, 2, 3), { priority: 'critical' });
  expect(receiver.peek()).toMatchObject({ length: 3, priority: 'critical', sender: 0 });
  expect(receiver.peek()).not.toBeInstanceOf(Message);
  expect(queue.length).toBe(2);
  expect(receiver.discard()).toMatchObject({ length: 3, priority: 'critical' });
  expect(receiver.receive()).toMatchObject({ length: 1, priority: 'low' });
  expect(queue.length).toBe(0);
});

test('receiveBatch takes what is there, up to its limit, and keeps what it has if the queue turns out closed', () => {
  const queue = Queue.create();
  const sender = queue.sender();
  const receiver = queue.receiver();
  for (let n = 0; n < 40; n++) sender.send(bytes(n));
  expect(receiver.receiveBatch().length).toBe(32);
  expect(receiver.receiveBatch(3).map((message) => message.bytes[0])).toEqual([32, 33, 34]);
  queue.close();
  expect(receiver.receiveBatch(100).length).toBe(5);
  refusal('CLOSED', () => receiver.receiveBatch());
  for (const limit of [0, -1, 1.5, NaN, 65537, '3']) refusal('BAD_ARGUMENT', () => receiver.receiveBatch(limit as number));
});

test('iterating blocks for each message and ends when the queue is closed and empty', async () => {
  const queue = Queue.create();
  const { result } = inWorker(({ Queue: Q }, handle: QueueHandle) => {
    const received: string[] = [];
    for (const message of Q.from(handle).receiver()) received.push(message.text());
    return received;
  }, queue.handle);
  const sender = queue.sender();
  for (const word of ['a', 'b', 'c']) {
    await new Promise((resolve) => { setTimeout(resolve, 20); });
    sender.send(text(word));
  }
  queue.close();
  await expect(result).resolves.toEqual(['a', 'b', 'c']);
});

test('iterating hands on errors other than the close, and can be left', () => {
  const queue = Queue.create();
  const sender = queue.sender();
  const receiver = queue.receiver();
  sender.send(bytes(1));
  sender.send(bytes(2));
  for (const message of receiver) {
    expect(message.bytes).toEqual(bytes(1));
    break;
  }
  expect(receiver.receive().bytes).toEqual(bytes(2));
  receiver.detach();
  refusal('DETACHED', () => [...receiver]);
});

test('a detached receiver refuses everything, and its place is free', () => {
  const queue = Queue.create();
  const receiver = queue.receiver();
  queue.sender().send(bytes(1));
  receiver.detach();
  receiver.detach();
  const message = { sender: 0, priority: 'low', tag: 0 } as const;
  for (const call of [
    () => receiver.receive(), () => receiver.tryReceive(), () => receiver.receiveInto(bytes(1)), () => receiver.tryReceiveInto(bytes(1)),
    () => receiver.receiveBatch(), () => receiver.peek(), () => receiver.discard(), () => receiver.last, () => receiver.complete(message),
  ]) refusal('DETACHED', call);
  expect(queue.receiver().receive().bytes).toEqual(bytes(1));
});

test('with several receivers each message goes to one of them', async () => {
  const queue = Queue.create({ receivers: 3, ringSize: 64 });
  const body = ({ Queue: Q }: typeof import('../../src/lib/index.ts'), handle: QueueHandle): number[] => {
    const mine: number[] = [];
    for (const message of Q.from(handle).receiver()) mine.push(message.viewAs(Uint32Array)[0]!);
    return mine;
  };
  const workers = [1, 2, 3].map(() => inWorker(body, queue.handle));
  const sender = queue.sender();
  for (let n = 0; n < 3000;) {
    if (sender.trySend(Uint32Array.of(n))) n++;
    else await new Promise((resolve) => { setImmediate(resolve); });
  }
  queue.close();
  const received = await Promise.all(workers.map(({ result }) => result));
  for (const mine of received) expect(mine).toEqual([...mine].sort((a, b) => a - b));
  expect(received.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 3000 }, (_, n) => n));
});

test('a host that forbids blocking gets an error, and the receiver works on', () => {
  const queue = Queue.create();
  const sender = queue.sender();
  const receiver = queue.receiver();
  const { wait } = Atomics;
  Atomics.wait = (() => { throw new TypeError('Atomics.wait cannot be called in this context'); }) as typeof wait;
  try {
    expect(refusal('CANNOT_BLOCK', () => receiver.receive({ timeout: 1000 })).message).toMatch('use the async form');
    sender.send(bytes(7));
    expect(receiver.receive().bytes).toEqual(bytes(7));
    expect(queue.statistics().woken).toBe(0); // it is not announced as a sleeper any more
  } finally {
    Atomics.wait = wait;
  }
});
