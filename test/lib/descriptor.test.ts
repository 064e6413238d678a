import { expect, test } from 'vitest';
import { memory } from '../../src/machine/node.ts';
import { Descriptor, memoryUsage, Queue, Region, type QueueHandle } from '../../src/lib/index.ts';
import { bytes, inWorker, nothingLeft, refusal, text } from './support.ts';

test('a descriptor message shows the bytes in place, as bytes, text or floats', () => {
  const before = memoryUsage().used;
  const queue = Queue.create({ maxMessageBytes: 24 });
  const sender = queue.sender();
  const receiver = queue.receiver();
  const region = Region.immutable(Float32Array.of(1, 2, 3, 4));
  sender.sendDescriptor({ region, offset: 4, length: 8, flags: 0xfffffffe }, { priority: 'critical' });
  sender.sendDescriptor({ region });
  expect(sender.trySendDescriptor({ region, offset: 16 })).toBe(true);
  const message = receiver.receive();
  expect(message).toMatchObject({ length: 24, isDescriptor: true, priority: 'critical', tag: undefined });
  expect(message.descriptor).toEqual(expect.objectContaining({ region: region.handle.region, offset: 4, length: 8, flags: 0xfffffffe }));
  expect(message.viewAs(Float32Array)).toEqual(Float32Array.of(2, 3));
  expect(message.bytes.buffer).toBe(memory);
  expect(message.bytes.byteOffset).toBe(region.view().byteOffset + 4);
  expect(message.descriptor!.viewAs(Float32Array)).toEqual(Float32Array.of(2, 3));
  refusal('BAD_ARGUMENT', () => message.viewAs(Float64Array));
  const whole = receiver.receive();
  expect(whole.descriptor).toMatchObject({ offset: 0, length: 16, flags: 0 });
  expect(whole.viewAs(Float32Array).length).toBe(4);
  expect(receiver.receive().bytes.length).toBe(0);
  const words = Region.immutable(text('zero-copy text'));
  sender.sendDescriptor({ region: words, offset: 5, length: 4 });
  expect(receiver.receive().text()).toBe('copy');
  sender.detach();
  receiver.detach();
  for (const one of [queue, region, words]) one.destroy();
  nothingLeft(before);
});

test('what a descriptor may not name is refused, by its own code', () => {
  const queue = Queue.create();
  const sender = queue.sender();
  const immutable = Region.immutable(new Uint8Array(100));
  const growing = Region.appendOnly(100);
  growing.append(new Uint8Array(10));
  const gone = Region.immutable(bytes(1));
  gone.destroy();
  for (const send of [sender.sendDescriptor.bind(sender), sender.trySendDescriptor.bind(sender)]) {
    refusal('POLICY', () => send({ region: Region.slab(8) }));
    refusal('STALE_REGION', () => send({ region: gone }));
    refusal('STALE_REGION', () => send({ region: gone, length: 1 }));
    refusal('OUT_OF_BOUNDS', () => send({ region: immutable, offset: 101 }));
    refusal('OUT_OF_BOUNDS', () => send({ region: immutable, length: 101 }));
    refusal('OUT_OF_BOUNDS', () => send({ region: immutable, offset: 50, length: 51 }));
    refusal('OUT_OF_BOUNDS', () => send({ region: immutable, offset: 0xffffffff, length: 2 }));
    refusal('OUT_OF_BOUNDS', () => send({ region: immutable, offset: 1, length: 0xffffffff }));
    refusal('NOT_COMMITTED', () => send({ region: growing, offset: 10, length: 1 }));
    refusal('NOT_COMMITTED', () => send({ region: growing, offset: 11 }));
    send({ region: growing, offset: 0, length: 10 });
    send({ region: growing, offset: 10 });
    for (const wrong of [undefined, null, {}, immutable, { region: immutable.handle }]) refusal('BAD_ARGUMENT', () => send(wrong as never));
    for (const field of ['offset', 'length', 'flags']) {
      for (const value of [-1, 1.5, NaN, 2 ** 32, '0', null]) {
        if (value === null && field !== 'length') continue; // as absent
        refusal('BAD_ARGUMENT', () => send({ region: immutable, [field]: value }));
      }
    }
    refusal('BAD_PRIORITY', () => send({ region: immutable }, { priority: 'x' as never }));
  }
  expect(queue.length).toBe(4);
});

test('full, closed, or too small a maximum', () => {
  const region = Region.immutable(bytes(1));
  const queue = Queue.create({ ringSize: 1 });
  const sender = queue.sender();
  sender.sendDescriptor({ region });
  refusal('FULL', () => sender.sendDescriptor({ region }));
  expect(sender.trySendDescriptor({ region })).toBe(false);
  queue.close();
  refusal('CLOSED', () => sender.sendDescriptor({ region }, { priority: 'low' }));
  refusal('TOO_LARGE', () => Queue.create({ maxMessageBytes: 23 }).sender().sendDescriptor({ region }));
});

test('a region is not destroyed while descriptors to it are queued', () => {
  const queue = Queue.create();
  const region = Region.immutable(text('kept'));
  const sender = queue.sender();
  sender.sendDescriptor({ region });
  sender.sendDescriptor({ region }, { priority: 'low' });
  const receiver = queue.receiver();
  for (const left of [2, 1]) {
    expect(refusal('IN_FLIGHT', () => region.destroy()).needed).toBe(left);
    expect(receiver.receive().text()).toBe('kept');
  }
  region.destroy();
  refusal('STALE_HANDLE', () => region.destroy());
});

test('a region destroyed after its descriptor was received: the bytes are gone', () => {
  const queue = Queue.create();
  const region = Region.immutable(text('gone'));
  queue.sender().sendDescriptor({ region });
  const message = queue.receiver().receive();
  region.destroy();
  Region.immutable(text('another'));
  expect(message.descriptor!.length).toBe(4);
  refusal('STALE_REGION', () => message.bytes);
  refusal('STALE_REGION', () => message.text());
  refusal('STALE_REGION', () => message.viewAs(Uint8Array));
  refusal('STALE_REGION', () => message.descriptor!.viewAs(Uint8Array));
});

test('receiveInto delivers the record, which can be decoded', () => {
  const queue = Queue.create();
  const region = Region.appendOnly(100);
  region.append(text('0123456789'));
  queue.sender().sendDescriptor({ region, offset: 3, length: 4, flags: 5 });
  const receiver = queue.receiver();
  const buffer = new Uint8Array(40);
  expect(receiver.receiveInto(buffer.subarray(1))).toBe(24);
  expect(receiver.last.isDescriptor).toBe(true);
  const descriptor = Descriptor.decode(buffer.subarray(1));
  expect(descriptor).toMatchObject({ region: region.handle.region, offset: 3, length: 4, flags: 5 });
  expect(Buffer.from(descriptor.bytes).toString()).toBe('3456');
  refusal('BAD_ARGUMENT', () => Descriptor.decode(buffer.subarray(0, 23)));
  refusal('BAD_ARGUMENT', () => Descriptor.decode('x' as never));
  for (const [word, value] of [[0, 0xffffffff], [0, 0], [1, 0xffffffff], [2, 0x80000000]] as const) {
    const forged = new Uint8Array(buffer.slice(1, 25));
    new Uint32Array(forged.buffer)[word] = value;
    expect(() => Descriptor.decode(forged).bytes).toThrow(/^descriptor: /);
  }
});

test('a worker reads an append-only region as it grows, by descriptors', async () => {
  const queue = Queue.create({ ringSize: 16 });
  const { result } = inWorker(({ Queue: Q }, handle: QueueHandle) => {
    let sum = 0;
    for (const message of Q.from(handle).receiver()) for (const value of message.viewAs(Float64Array)) sum += value;
    return sum;
  }, queue.handle);
  const region = Region.appendOnly(8 * 3000);
  const sender = queue.sender();
  let expected = 0;
  for (let n = 0; n < 1000; n++) {
    const values = Float64Array.of(n, n / 2, -1);
    expected += n * 1.5 - 1;
    const offset = region.append(values);
    while (!sender.trySendDescriptor({ region, offset, length: 24 })) await new Promise((resolve) => { setImmediate(resolve); });
  }
  queue.close();
  await expect(result).resolves.toBe(expected);
});
