import { expect, test } from 'vitest';
import { memoryUsage, Queue, Region, type QueueOptions } from '../../src/lib/index.ts';
import { nothingLeft, refusal, rejection, STARTS, text } from './support.ts';

test('a queue has the sizes that were asked for, and defaults', () => {
  const before = memoryUsage().used;
  const queue = Queue.create({ ringSize: 8, maxMessageBytes: 100, senders: 3, receivers: 2, completions: 4, schema: 0xfedcba98 });
  expect(queue).toMatchObject({ ringSize: 8, maxMessageBytes: 100, senders: 3, receivers: 2, completions: 4, schema: 0xfedcba98 });
  const plain = Queue.create();
  expect(plain).toMatchObject({ ringSize: 256, maxMessageBytes: 256, senders: 1, receivers: 1, completions: 0, schema: 0 });
  queue.destroy();
  plain.destroy();
  nothingLeft(before);
});

test.each<[string, unknown]>([
  ['no object', 7], ['null', null], ['ringSize 0', { ringSize: 0 }], ['ringSize 3', { ringSize: 3 }], ['ringSize NaN', { ringSize: NaN }],
  ['ringSize 131072', { ringSize: 131072 }], ['ringSize text', { ringSize: '64' }], ['maxMessageBytes -1', { maxMessageBytes: -1 }],
  ['maxMessageBytes 1.5', { maxMessageBytes: 1.5 }], ['maxMessageBytes 2 MiB', { maxMessageBytes: 1048577 }], ['senders 0', { senders: 0 }],
  ['senders 33', { senders: 33 }], ['receivers 0', { receivers: 0 }], ['receivers 33', { receivers: 33 }],
  ['completions 3', { completions: 3 }], ['completions -1', { completions: -1 }], ['completions Infinity', { completions: Infinity }],
  ['schema -1', { schema: -1 }], ['schema 2^32', { schema: 0x100000000 }], ['schema bigint', { schema: 1n }],
])('create refuses %s', (_name, options) => {
  const before = memoryUsage().used;
  refusal('BAD_ARGUMENT', () => Queue.create(options as QueueOptions));
  nothingLeft(before);
});

test('create refuses what needs more than 1 GiB, and what the memory does not hold, and leaves nothing', () => {
  const before = memoryUsage().used;
  refusal('BAD_CONFIG', () => Queue.create({ ringSize: 65536, maxMessageBytes: 1048576 }));
  const error = refusal('NO_MEMORY', () => Queue.create({ ringSize: 1024, maxMessageBytes: 131072 }));
  expect(error.message).toMatch(/^Queue\.create: needs 51\d\.\d MiB/);
  nothingLeft(before);
});

test('the limits themselves are accepted', () => {
  const before = memoryUsage().used;
  for (const options of [
    { ringSize: 1, maxMessageBytes: 0 }, { ringSize: 65536, maxMessageBytes: 56 }, { ringSize: 4, maxMessageBytes: 1048576 },
    { ringSize: 2, maxMessageBytes: 24, senders: 32, receivers: 32, completions: 2 }, { schema: 0xffffffff },
  ]) {
    const queue = Queue.create(options);
    const sender = queue.sender({ schema: queue.schema });
    const receiver = queue.receiver();
    const message = new Uint8Array(queue.maxMessageBytes).fill(7);
    sender.send(message);
    expect(Buffer.compare(receiver.receive().bytes, message)).toBe(0);
    refusal('TOO_LARGE', () => sender.send(new Uint8Array(queue.maxMessageBytes + 1)));
    sender.detach();
    receiver.detach();
    queue.destroy();
  }
  nothingLeft(before);
});

test('a process has 256 queues and regions at most', () => {
  const before = memoryUsage().used;
  const made: { destroy(): void }[] = [];
  for (let i = 0; i < 255; i++) made.push(Region.slab(1));
  made.push(Queue.create({ ringSize: 1, maxMessageBytes: 8 }));
  refusal('NO_PLACE', () => Queue.create({ ringSize: 1, maxMessageBytes: 8 }));
  refusal('NO_PLACE', () => Region.immutable(text('one more')));
  made.pop()!.destroy();
  made.push(Region.slab(1));
  for (const one of made) one.destroy();
  nothingLeft(before);
});

test('places are limited, given back, and numbered from 0', () => {
  const queue = Queue.create({ senders: 2, receivers: 2 });
  const senders = [queue.sender(), queue.sender()];
  const receivers = [queue.receiver(), queue.receiver()];
  expect(senders.map(({ index }) => index)).toEqual([0, 1]);
  expect(receivers.map(({ index }) => index)).toEqual([0, 1]);
  refusal('NO_PLACE', () => queue.sender());
  refusal('NO_PLACE', () => queue.receiver());
  senders[0]!.detach();
  receivers[1]!.detach();
  expect(queue.sender().index).toBe(0);
  expect(queue.receiver().index).toBe(1);
});

test('a sender names the schema', () => {
  const queue = Queue.create({ schema: 0x80000001 });
  refusal('WRONG_SCHEMA', () => queue.sender());
  refusal('WRONG_SCHEMA', () => queue.sender({ schema: 1 }));
  refusal('BAD_ARGUMENT', () => queue.sender({ schema: -1 }));
  refusal('BAD_ARGUMENT', () => queue.sender(5 as never));
  expect(queue.sender({ schema: 0x80000001 }).index).toBe(0);
});

test.each(STARTS)('length counts by priority, also across the wrap of the counters (start %i)', (start) => {
  const queue = Queue.createFrom({ ringSize: 4 }, start);
  const sender = queue.sender();
  const receiver = queue.receiver();
  for (let round = 0; round < 5; round++) {
    sender.send(text('a'), { priority: 'low' });
    sender.send(text('b'), { priority: 'low' });
    sender.send(text('c'), { priority: 'critical' });
    expect(queue.length).toBe(3);
    expect(['critical', 'high', 'normal', 'low'].map((priority) => queue.lengthOf(priority as 'low'))).toEqual([1, 0, 0, 2]);
    expect(receiver.receiveBatch().map((message) => message.text()).join('')).toBe('cab');
    expect(queue.length).toBe(0);
  }
  refusal('BAD_PRIORITY', () => queue.lengthOf('urgent' as never));
});

test('close: sends are refused, the rest is received, then receives are', async () => {
  const queue = Queue.create();
  const sender = queue.sender();
  const receiver = queue.receiver();
  sender.send(text('last'));
  expect(queue.closed).toBe(false);
  queue.close();
  queue.close();
  expect(queue.closed).toBe(true);
  refusal('CLOSED', () => sender.send(text('x')));
  refusal('CLOSED', () => sender.trySend(text('x')));
  refusal('CLOSED', () => sender.sendBatch([text('x')]));
  refusal('CLOSED', () => queue.sender());
  expect(receiver.peek()?.length).toBe(4);
  expect(receiver.receive().text()).toBe('last');
  refusal('CLOSED', () => receiver.receive());
  refusal('CLOSED', () => receiver.tryReceive());
  refusal('CLOSED', () => receiver.receiveBatch());
  refusal('CLOSED', () => receiver.peek());
  refusal('CLOSED', () => receiver.discard());
  refusal('CLOSED', () => receiver.tryReceiveInto(new Uint8Array(8)));
  await rejection('CLOSED', receiver.receiveAsync());
});

test('destroy waits for everybody to detach, then makes every call a stale one', () => {
  const before = memoryUsage().used;
  const queue = Queue.create({ senders: 2, receivers: 2 });
  const other = Queue.from(queue.handle);
  const senders = [queue.sender(), other.sender()];
  const receiver = queue.receiver();
  expect(refusal('BUSY', () => queue.destroy()).message).toBe('destroy: still attached: sender 0, sender 1, receiver 0');
  senders[0]!.detach();
  receiver.detach();
  expect(refusal('BUSY', () => other.destroy()).message).toBe('destroy: still attached: sender 1');
  senders[1]!.send(text('still works'));
  senders[1]!.detach();
  other.destroy();
  for (const call of [
    () => queue.destroy(), () => queue.length, () => queue.lengthOf('low'), () => queue.closed, () => queue.close(), () => queue.sender(),
    () => queue.receiver(), () => queue.submitter(), () => queue.statistics(), () => queue.owed(), () => queue.recover({ thread: 1 }),
    () => Queue.from(queue.handle),
  ]) refusal('STALE_HANDLE', call);
  refusal('DETACHED', () => senders[0]!.send(text('x')));
  senders[0]!.detach();
  expect(queue.ringSize).toBe(256);
  nothingLeft(before);
});
