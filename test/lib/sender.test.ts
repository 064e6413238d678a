import { expect, test } from 'vitest';
import { memoryUsage, Queue, Region, type Priority } from '../../src/lib/index.ts';
import { bytes, nothingLeft, refusal, STARTS, text } from './support.ts';

const PRIORITIES: Priority[] = ['critical', 'high', 'normal', 'low'];

test.each(STARTS)('messages arrive most urgent first, in order within a priority (start %i)', (start) => {
  const queue = Queue.createFrom({ ringSize: 8 }, start);
  const sender = queue.sender();
  const receiver = queue.receiver();
  for (let round = 0; round < 3; round++) {
    for (const n of [1, 2, 3]) for (const priority of ['low', 'normal', 'critical', 'high'] as const) sender.send(bytes(n), { priority });
    sender.send(bytes(4)); // normal
    sender.send(bytes(5), {}); // normal
    const received = receiver.receiveBatch(100).map((message) => `${message.priority} ${message.bytes[0]}`);
    expect(received).toEqual(PRIORITIES.flatMap((priority) => [1, 2, 3, ...(priority === 'normal' ? [4, 5] : [])].map((n) => `${priority} ${n}`)));
  }
});

test.each([0, 1, 3, 4, 5, 23, 24, 25, 31, 63, 64, 65, 127, 128, 129, 1000, 4096])('%i bytes arrive as they were, from every kind of view', (length) => {
  const before = memoryUsage().used;
  const queue = Queue.create({ ringSize: 4, maxMessageBytes: 4096 });
  const sender = queue.sender();
  const receiver = queue.receiver();
  const content = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 255);
  const padded = new Uint8Array(length + 9);
  padded.set(content, 5);
  const shared = new Uint8Array(new SharedArrayBuffer(length));
  shared.set(content);
  const slab = Region.slab(length + 9);
  slab.view().set(padded);
  const views: ArrayBufferView[] = [
    content, padded.subarray(5, 5 + length), shared, Buffer.from(content), new DataView(padded.buffer, 5, length),
    slab.view(5, length), new Uint8ClampedArray(content),
  ];
  if (length % 8 === 0) views.push(new Float64Array(content.slice().buffer), new BigInt64Array(content.slice().buffer));
  for (const view of views) {
    sender.send(view);
    const message = receiver.receive();
    expect(message.length).toBe(length);
    expect(Buffer.compare(message.bytes, content)).toBe(0);
    expect(message.bytes.buffer).toBeInstanceOf(ArrayBuffer);
  }
  sender.detach();
  receiver.detach();
  queue.destroy();
  slab.destroy();
  nothingLeft(before);
});

test('the bytes may change as soon as send returns', () => {
  const queue = Queue.create();
  const sender = queue.sender();
  const receiver = queue.receiver();
  const slab = Region.slab(8);
  for (const buffer of [new Uint8Array(8), slab.view()]) {
    for (const n of [1, 2, 3]) sender.send(buffer.fill(n));
    buffer.fill(99);
    expect(receiver.receiveBatch().map((message) => [...message.bytes])).toEqual([1, 2, 3].map((n) => Array(8).fill(n)));
  }
});

test('full is full per sender and priority', () => {
  const queue = Queue.create({ ringSize: 2, senders: 2 });
  const [first, second] = [queue.sender(), queue.sender()];
  first.send(bytes(1));
  first.send(bytes(2));
  const error = refusal('FULL', () => first.send(bytes(3)));
  expect(error).toMatchObject({ name: 'QueueError', status: -2 });
  expect(first.trySend(bytes(3))).toBe(false);
  expect(first.trySend(bytes(3), { priority: 'low' })).toBe(true);
  expect(second.trySend(bytes(4))).toBe(true);
  const receiver = queue.receiver();
  const received = receiver.receive();
  expect([received.sender, received.bytes[0]]).toEqual([0, 1]);
  expect(first.trySend(bytes(5))).toBe(true);
  expect(receiver.receiveBatch().map((message) => [message.sender, message.bytes[0]])).toEqual([[1, 4], [0, 2], [0, 5], [0, 3]]);
});

test('what is too large, not bytes, or not a priority is refused by send and trySend, and changes nothing', () => {
  const queue = Queue.create({ maxMessageBytes: 10 });
  const sender = queue.sender();
  const detached = new Uint8Array(10);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  for (const send of [sender.send.bind(sender), sender.trySend.bind(sender)]) {
    refusal('TOO_LARGE', () => send(new Uint8Array(11)));
    refusal('TOO_LARGE', () => send(new Uint8Array(5_000_000)));
    for (const wrong of [undefined, null, 'text', 5, {}, [1, 2], new ArrayBuffer(4), new SharedArrayBuffer(4), detached]) {
      refusal('BAD_ARGUMENT', () => send(wrong as never));
    }
    for (const priority of ['urgent', '', 0, 3, null, NaN, {}]) refusal('BAD_PRIORITY', () => send(bytes(1), { priority: priority as never }));
    for (const options of [5, 'high', null]) refusal('BAD_ARGUMENT', () => send(bytes(1), options as never));
  }
  expect(queue.length).toBe(0);
  expect(refusal('BAD_ARGUMENT', () => sender.send('too long to be shown in full, so it is cut somewhere' as never)).message.length).toBeLessThan(140);
});

test('a batch goes in order, stops where it is full, and says how many went', () => {
  const queue = Queue.create({ ringSize: 64, maxMessageBytes: 300 });
  const sender = queue.sender();
  const receiver = queue.receiver();
  const list = Array.from({ length: 100 }, (_, i) => new Uint8Array(i * 3).fill(i));
  expect(sender.sendBatch([])).toBe(0);
  expect(sender.sendBatch(list, { priority: 'high' })).toBe(64);
  expect(sender.sendBatch(list.slice(64), { priority: 'high' })).toBe(0);
  const check = (messages: { bytes: Uint8Array }[], first: number): void => messages.forEach((message, i) => {
    expect(Buffer.compare(message.bytes, list[first + i]!)).toBe(0);
  });
  check(receiver.receiveBatch(64), 0);
  expect(sender.sendBatch(list.slice(64), { priority: 'high' })).toBe(36);
  check(receiver.receiveBatch(64), 64);
});

test('a batch of long messages goes in parts, and one from regions without a copy in between', () => {
  const queue = Queue.create({ ringSize: 16, maxMessageBytes: 60_000 });
  const sender = queue.sender();
  const receiver = queue.receiver();
  const slab = Region.slab(60_000);
  slab.view().fill(7);
  const list = [new Uint8Array(60_000).fill(1), slab.view(), new Uint8Array(10).fill(2), new Uint8Array(59_999).fill(3), slab.view(1, 3)];
  expect(sender.sendBatch(list)).toBe(5);
  expect(receiver.receiveBatch().map((message) => `${message.length} ${message.bytes[0]} ${message.bytes.at(-1)}`))
    .toEqual(['60000 1 1', '60000 7 7', '10 2 2', '59999 3 3', '3 7 7']);
});

test('a batch stops before a message that cannot be sent, and throws if that is the first', () => {
  const queue = Queue.create({ maxMessageBytes: 8 });
  const sender = queue.sender();
  const list = [bytes(1), bytes(2), new Uint8Array(9), bytes(3)];
  expect(sender.sendBatch(list)).toBe(2);
  refusal('TOO_LARGE', () => sender.sendBatch(list.slice(2)));
  expect(queue.length).toBe(2);
  // The library looks at all of them before the first goes.
  expect(refusal('BAD_ARGUMENT', () => sender.sendBatch([bytes(1), 'x' as never])).message).toMatch('messages[1]');
  refusal('BAD_ARGUMENT', () => sender.sendBatch('abc' as never));
  refusal('BAD_PRIORITY', () => sender.sendBatch([bytes(1)], { priority: 'x' as never }));
  expect(queue.length).toBe(2);
});

test('a detached sender refuses everything, what it sent stays, and its place is free', () => {
  const queue = Queue.create();
  const sender = queue.sender();
  const region = Region.immutable(text('r'));
  sender.send(text('stays'));
  sender.detach();
  sender.detach();
  refusal('DETACHED', () => sender.send(bytes(1)));
  refusal('DETACHED', () => sender.trySend(bytes(1)));
  refusal('DETACHED', () => sender.sendBatch([bytes(1)]));
  refusal('DETACHED', () => sender.sendDescriptor({ region }));
  refusal('DETACHED', () => sender.trySendDescriptor({ region }));
  queue.sender().send(text('next'));
  expect(queue.receiver().receiveBatch().map((message) => message.text())).toEqual(['stays', 'next']);
});
