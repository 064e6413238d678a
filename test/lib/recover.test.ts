import { threadId, type MessagePort } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { load32 } from '../../src/machine/node.ts';
import { QUEUE_WAITERS } from '../../src/kernel/layout.ts';
import { KIND_QUEUE, pinned } from '../../src/lib/objects.ts';
import { memoryUsage, Queue, Region, type QueueHandle } from '../../src/lib/index.ts';
import { bytes, inWorker, nothingLeft, pause, refusal } from './support.ts';

type Library = typeof import('../../src/lib/index.ts');

test('what a terminated worker held is taken back by its thread, and nothing else is', async () => {
  const before = memoryUsage().used;
  const queue = Queue.create({ senders: 3, receivers: 3 });
  const mine = { sender: queue.sender(), receiver: queue.receiver() };
  const { worker, thread, next } = inWorker(async ({ Queue: Q }: Library, handle: QueueHandle, port) => {
    const other = Q.from(handle);
    const sender = other.sender();
    other.receiver();
    other.sender();
    sender.send(Uint8Array.of(5));
    port.postMessage('attached');
    await new Promise(() => { setInterval(() => {}, 1000); });
  }, queue.handle);
  await next();
  refusal('NO_PLACE', () => queue.sender());
  await worker.terminate();
  expect(queue.recover({ thread: thread + 1 })).toEqual({ senders: [], receivers: [] });
  expect(queue.recover({ thread })).toEqual({ senders: [1, 2], receivers: [1] });
  expect(queue.recover({ thread })).toEqual({ senders: [], receivers: [] });
  expect(mine.receiver.receive()).toMatchObject({ sender: 1, bytes: bytes(5) });
  mine.sender.send(bytes(6));
  const again = [queue.sender(), queue.sender(), queue.receiver()];
  expect(again.map(({ index }) => index)).toEqual([1, 2, 1]);
  for (const one of [...again, mine.sender, mine.receiver]) one.detach();
  queue.destroy();
  nothingLeft(before);
});

test('watch does it when the worker exits, however it exits, and minds no destroyed queue', async () => {
  const before = memoryUsage().used;
  const queue = Queue.create({ senders: 1 });
  const body = ({ Queue: Q }: Library, [handle, how]: [QueueHandle, string]): void => {
    Q.from(handle).sender().send(Buffer.from(how));
    if (how === 'exit') process.exit(3);
    if (how === 'throw') setTimeout(() => { throw new Error('as intended'); }, 1);
  };
  for (const how of ['end', 'exit', 'throw']) {
    const running = inWorker(body, [queue.handle, how]);
    expect(queue.watch(running.worker)).toBe(queue);
    running.worker.on('error', () => {});
    await running.ended;
    queue.sender().detach(); // NO_PLACE if the worker still had it
  }
  const receiver = queue.receiver();
  expect(receiver.receiveBatch().map((message) => message.text())).toEqual(['end', 'exit', 'throw']);
  receiver.detach();
  const last = inWorker(() => {}, 0);
  queue.watch(last.worker);
  queue.destroy();
  await last.ended;
  await pause(5);
  for (const wrong of [undefined, null, {}, { threadId: 5 }, { threadId: -1, once: () => {} }]) refusal('BAD_ARGUMENT', () => queue.watch(wrong as never));
  nothingLeft(before);
});

test('what a worker gave back before it ended is not taken back from whoever has it now', async () => {
  const queue = Queue.create();
  const { thread, ended } = inWorker(({ Queue: Q }: Library, handle: QueueHandle) => {
    const other = Q.from(handle);
    other.sender().detach();
    other.receiver().detach();
  }, queue.handle);
  await ended;
  expect(queue.recover({ thread })).toEqual({ senders: [], receivers: [] });
});

test('the longest message touches no other place', () => {
  for (const maxMessageBytes of [24, 64, 2048, 65_536, 100_000, 1_048_576]) {
    const queue = Queue.create({ senders: 2, receivers: 2, ringSize: 1, maxMessageBytes });
    const senders = [queue.sender(), queue.sender()];
    const receivers = [queue.receiver(), queue.receiver()];
    const longer = new Uint8Array(maxMessageBytes + 70_000).fill(0x77);
    for (const sender of senders) {
      sender.sendBatch(Array.from({ length: 33 }, () => longer.subarray(0, maxMessageBytes)));
      refusal('TOO_LARGE', () => sender.send(longer));
      refusal('TOO_LARGE', () => sender.sendBatch([longer]));
    }
    for (const receiver of receivers) receiver.receive();
    expect(queue.recover({ thread: threadId })).toEqual({ senders: [0, 1], receivers: [0, 1] });
    queue.destroy();
  }
});

test('one place is taken back by its number; a living owner is told that it is held for dead', async () => {
  const queue = Queue.create({ senders: 2, receivers: 2, completions: 4 });
  const [sender, submitter] = [queue.sender(), queue.submitter()];
  const [first, second] = [queue.receiver(), queue.receiver()];
  expect(queue.recover({ sender: 0 })).toEqual({ senders: [0], receivers: [] });
  expect(queue.recover({ sender: 1 })).toEqual({ senders: [1], receivers: [] });
  expect(queue.recover({ receiver: 1 })).toEqual({ senders: [], receivers: [1] });
  refusal('BAD_HANDLE', () => sender.send(bytes(1)));
  refusal('BAD_HANDLE', () => sender.sendBatch([bytes(1)]));
  refusal('BAD_HANDLE', () => sender.detach());
  refusal('BAD_HANDLE', () => submitter.submit(bytes(1)));
  refusal('BAD_HANDLE', () => second.receive());
  refusal('BAD_HANDLE', () => second.tryReceive());
  refusal('BAD_HANDLE', () => second.complete({ sender: 0, priority: 'low', tag: 0 }));
  refusal('BAD_HANDLE', () => second.detach());
  await expect(second.receiveAsync()).rejects.toMatchObject({ code: 'BAD_HANDLE' });
  queue.sender().send(bytes(9));
  expect(first.receive().bytes).toEqual(bytes(9));
});

test('an asynchronous receive that is held for dead does not disturb its successor', async () => {
  const queue = Queue.create();
  const old = queue.receiver();
  const abort = new AbortController();
  const pending = old.receiveAsync({ signal: abort.signal }).catch((error: unknown) => error);
  queue.recover({ receiver: 0 });
  const receiver = queue.receiver();
  const next = receiver.receiveAsync({ timeout: 5000 });
  expect(await pending).toMatchObject({ code: 'BAD_HANDLE' });
  abort.abort();
  expect(pinned('test', queue.handle.region, KIND_QUEUE, (at) => load32(at, QUEUE_WAITERS))).toBe(1);
  queue.sender().send(bytes(1));
  expect((await next).bytes).toEqual(bytes(1));
});

test('wrong arguments are refused', () => {
  const queue = Queue.create({ senders: 2 });
  for (const wrong of [
    undefined, null, 5, {}, { thread: -1 }, { thread: 1.5 }, { thread: '1' }, { sender: 2 }, { receiver: 1 }, { sender: 0, receiver: 0 },
    { thread: 1, sender: 0 }, { place: 1 },
  ]) refusal('BAD_ARGUMENT', () => queue.recover(wrong as never));
});

test('a worker that dies asleep in receive leaves no trace', async () => {
  const queue = Queue.create({ receivers: 2 });
  const receiver = queue.receiver();
  const { worker, thread, next } = inWorker(({ Queue: Q }: Library, handle: QueueHandle, port) => {
    const other = Q.from(handle).receiver();
    port.postMessage('attached');
    other.receive();
  }, queue.handle);
  await next();
  const sleeps = (): number => pinned('test', queue.handle.region, KIND_QUEUE, (at) => load32(at, QUEUE_WAITERS));
  while (sleeps() === 0) await pause(1);
  await worker.terminate();
  expect(queue.recover({ thread }).receivers).toEqual([1]);
  expect(sleeps()).toBe(0);
  queue.sender().send(bytes(1));
  expect(receiver.receive().bytes).toEqual(bytes(1));
});

test('what a dead receiver owed can be completed in its stead, and the submitter goes on', async () => {
  const queue = Queue.create({ completions: 2 });
  const submitter = queue.submitter();
  submitter.submit(bytes(1), { tag: 11 });
  submitter.submit(bytes(2), { tag: 22, priority: 'high' });
  const { worker, thread, next } = inWorker(async ({ Queue: Q }: Library, handle: QueueHandle, port) => {
    const receiver = Q.from(handle).receiver();
    port.postMessage(receiver.receiveBatch().length);
    await new Promise(() => { setInterval(() => {}, 1000); });
  }, queue.handle);
  expect(await next()).toBe(2);
  await worker.terminate();
  queue.recover({ thread });
  const receiver = queue.receiver();
  expect(queue.owed()).toEqual([{ sender: 0, priority: 'high', count: 1 }, { sender: 0, priority: 'normal', count: 1 }]);
  for (const { sender, priority } of queue.owed()) receiver.complete({ sender, priority, tag: 404 }, -1);
  expect(queue.owed()).toEqual([]);
  expect(submitter.completions()).toEqual([
    { tag: 404, result: -1, receiver: 0, priority: 'high' }, { tag: 404, result: -1, receiver: 0, priority: 'normal' },
  ]);
  submitter.submit(bytes(3));
  receiver.complete(receiver.receive(), 3);
  expect(submitter.completion()).toMatchObject({ result: 3 });
  submitter.detach();
});

test('what a dead submitter is to hear comes to the next one', async () => {
  const queue = Queue.create({ completions: 2 });
  const receiver = queue.receiver();
  const { worker, thread, next } = inWorker(async ({ Queue: Q }: Library, handle: QueueHandle, port) => {
    Q.from(handle).submitter().submit(Uint8Array.of(1), { tag: 7 });
    port.postMessage('submitted');
    await new Promise(() => { setInterval(() => {}, 1000); });
  }, queue.handle);
  await next();
  await worker.terminate();
  queue.recover({ thread });
  const submitter = queue.submitter();
  submitter.submit(bytes(2));
  refusal('NO_CREDIT', () => submitter.submit(bytes(3)));
  for (const message of receiver.receiveBatch()) receiver.complete(message, 1);
  expect(submitter.completions().map(({ tag }) => tag)).toEqual([7, 0]);
  submitter.detach();
});

test('workers killed at any moment of sending and receiving: the queue works on, in order, and nothing stays behind', async () => {
  const before = memoryUsage().used;
  const queue = Queue.create({ senders: 2, receivers: 2, ringSize: 32, completions: 8 });
  const region = Region.appendOnly(100_000);
  const churn = ({ Queue: Q, Region: R }: Library, [handle, grows]: [QueueHandle, Region['handle']], port: MessagePort): void => {
    const other = Q.from(handle);
    const sender = other.sender();
    const receiver = other.receiver();
    const growing = R.from(grows);
    port.postMessage('up');
    for (let n = 0; ; n++) {
      const priority = n % 3 === 0 ? 'high' : 'low';
      sender.trySend(Uint32Array.of(n, ~n), { priority });
      if (n % 5 === 0) other.statistics();
      if (n % 100 === 0 && growing.committed < 90_000) growing.append(Uint32Array.of(n, ~n));
      if (n % 7 === 0) for (const message of receiver.receiveBatch(3)) if (message.tag !== undefined) receiver.complete(message, n);
    }
  };
  for (let round = 0; round < 12; round++) {
    const { worker, thread, next } = inWorker(churn as never, [queue.handle, region.handle]);
    await next();
    await pause(5 + round * 3);
    await worker.terminate();
    queue.recover({ thread });
    Region.recover({ thread });
    const sender = queue.submitter();
    const receiver = queue.receiver();
    const last: Record<string, number> = {};
    for (let message = receiver.tryReceive(); message !== undefined; message = receiver.tryReceive()) {
      const [n, check] = message.viewAs(Int32Array);
      expect(check).toBe(~n!);
      expect(n).toBeGreaterThan(last[message.priority] ?? -1);
      last[message.priority] = n!;
    }
    expect(sender.trySubmit(bytes(1), { priority: 'critical' })).toBe(0);
    receiver.complete(receiver.receive(), 5);
    expect(sender.completions()).toMatchObject([{ tag: 0, result: 5 }]);
    expect(queue.length).toBe(0);
    sender.detach();
    receiver.detach();
  }
  const words = region.viewAs(Int32Array);
  // What a worker was appending when it was killed reads as zeros.
  for (let i = 0; i < words.length; i += 2) expect(words[i + 1]).toBe(words[i] === 0 && words[i + 1] === 0 ? 0 : ~words[i]!);
  queue.destroy({ force: true });
  region.destroy({ force: true });
  // A worker killed inside statistics() leaves the record of that call behind: that much is known and documented.
  expect(memoryUsage().used - before).toBeLessThanOrEqual(12 * 320);
});
