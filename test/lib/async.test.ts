import { expect, test } from 'vitest';
import { load32 } from '../../src/machine/node.ts';
import { QUEUE_WAITERS } from '../../src/kernel/layout.ts';
import { Inbox, longestWait } from '../../src/lib/inbox.ts';
import { KIND_QUEUE, pinned } from '../../src/lib/objects.ts';
import { Queue, type Message, type QueueHandle } from '../../src/lib/index.ts';
import { bytes, inWorker, pause, refusal, rejection, text } from './support.ts';

type Library = typeof import('../../src/lib/index.ts');

/** Receivers that have announced that they sleep: a bit each. */
const waiters = (queue: Queue): number => pinned('test', queue.handle.region, KIND_QUEUE, (at) => load32(at, QUEUE_WAITERS));

const waitUntil = async (condition: () => boolean): Promise<void> => {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it never happened');
    await pause(2);
  }
};

test('a message that is there, or comes later from this or another thread', async () => {
  const queue = Queue.create({ senders: 2 });
  const sender = queue.sender();
  const receiver = queue.receiver();
  sender.send(bytes(1));
  expect((await receiver.receiveAsync()).bytes).toEqual(bytes(1));
  const here = receiver.receiveAsync();
  expect(waiters(queue)).toBe(1);
  sender.send(bytes(2));
  expect((await here).bytes).toEqual(bytes(2));
  expect(waiters(queue)).toBe(0);
  const elsewhere = receiver.receiveAsync({ timeout: 60_000 });
  const { result } = inWorker(({ Queue: Q }, handle: QueueHandle) => Q.from(handle).sender().send(Uint8Array.of(3)), queue.handle);
  const [message] = await Promise.all([elsewhere, result]);
  expect(message.bytes).toEqual(bytes(3));
  expect(waiters(queue)).toBe(0);
});

test('it works in a worker as well, and the thread goes on meanwhile', async () => {
  const queue = Queue.create();
  const { result, next } = inWorker(async ({ Queue: Q }, handle: QueueHandle, port) => {
    const pending = Q.from(handle).receiver().receiveAsync();
    await new Promise((resolve) => { setTimeout(resolve, 20); });
    port.postMessage('still running');
    return (await pending).text();
  }, queue.handle);
  await next();
  expect(waiters(queue)).toBe(1);
  queue.sender().send(text('hello'));
  await expect(result).resolves.toBe('hello');
});

test('a timeout is kept, and 0 does not wait', async () => {
  const receiver = Queue.create().receiver();
  await rejection('TIMED_OUT', receiver.receiveAsync({ timeout: 0 }));
  const began = performance.now();
  await rejection('TIMED_OUT', receiver.receiveAsync({ timeout: 40 }));
  expect(performance.now() - began).toBeGreaterThanOrEqual(38);
  for (const timeout of [-1, NaN, '1']) await rejection('BAD_ARGUMENT', receiver.receiveAsync({ timeout: timeout as number }));
  await rejection('BAD_ARGUMENT', receiver.receiveAsync({ signal: {} as never }));
  await rejection('BAD_ARGUMENT', receiver.receiveAsync(5 as never));
});

test('waits that are longer than one wait can be are made of several', async () => {
  const queue = Queue.create();
  const sender = queue.sender();
  const receiver = queue.receiver();
  const before = { ...longestWait };
  Object.assign(longestWait, { kernelMicroseconds: 5000, timerMilliseconds: 5 });
  try {
    for (const wait of [() => receiver.receiveAsync({ timeout: 43 }), async () => receiver.receive({ timeout: 43 })]) {
      const began = performance.now();
      await rejection('TIMED_OUT', wait());
      expect(performance.now() - began).toBeGreaterThanOrEqual(42);
    }
    const pending = receiver.receiveAsync({ timeout: 60_000 });
    await pause(20);
    sender.send(bytes(1));
    await pending;
  } finally {
    Object.assign(longestWait, before);
  }
});

test('close ends a pending receive', async () => {
  const queue = Queue.create();
  const pending = rejection('CLOSED', queue.receiver().receiveAsync());
  queue.close();
  await pending;
});

test('while one is pending, every other call is refused; afterwards all work', async () => {
  const queue = Queue.create();
  const receiver = queue.receiver();
  const pending = receiver.receiveAsync();
  for (const call of [
    () => receiver.receive(), () => receiver.tryReceive(), () => receiver.receiveInto(bytes(1)), () => receiver.tryReceiveInto(bytes(1)),
    () => receiver.receiveBatch(), () => receiver.peek(), () => receiver.discard(), () => receiver.detach(),
  ]) expect(refusal('BUSY', call).message).toMatch('an asynchronous receive is pending');
  await rejection('BUSY', receiver.receiveAsync());
  queue.sender().send(bytes(1));
  await pending;
  expect(receiver.tryReceive()).toBeUndefined();
  receiver.detach();
  await rejection('DETACHED', receiver.receiveAsync());
});

test('the buffer is read before anything else can use it', async () => {
  const queue = Queue.create();
  const sender = queue.sender();
  const receiver = queue.receiver();
  const pending = receiver.receiveAsync();
  sender.send(bytes(1));
  sender.send(bytes(2));
  // Microtasks that run between the arrival and the awaiting code.
  let second: Message | undefined;
  const racing = (async () => {
    for (let i = 0; i < 1000 && second === undefined; i++) {
      await Promise.resolve();
      try {
        second = receiver.tryReceive();
      } catch { /* still pending */ }
      if (i % 50 === 49) await pause(1);
    }
  })();
  const first = await pending;
  await racing;
  expect([first.bytes, second!.bytes]).toEqual([bytes(1), bytes(2)]);
});

test('a message sent between the last look and the sleep is not slept over', async () => {
  const queue = Queue.create();
  const sender = queue.sender();
  const receiver = queue.receiver();
  const { take } = Inbox.prototype;
  let looks = 0;
  Inbox.prototype.take = function (this: Inbox, buffer: number, capacity: number): number {
    const status = take.call(this, buffer, capacity);
    if (++looks === 2) sender.send(bytes(7)); // the first look is before the announcement, the second after it
    return status;
  };
  try {
    const message = await Promise.race([receiver.receiveAsync(), pause(5000)]);
    expect(message?.bytes).toEqual(bytes(7));
    expect(looks).toBe(3);
  } finally {
    Inbox.prototype.take = take;
  }
});

test('an abort gives the reason, takes the announcement back, and loses no message', async () => {
  const queue = Queue.create();
  const sender = queue.sender();
  const receiver = queue.receiver();
  const abort = new AbortController();
  const pending = receiver.receiveAsync({ signal: abort.signal });
  const caught = pending.catch((error: unknown) => error);
  await pause(5);
  abort.abort();
  expect(waiters(queue)).toBe(0);
  sender.send(bytes(1));
  expect(await caught).toMatchObject({ name: 'AbortError' });
  expect(receiver.tryReceive()!.bytes).toEqual(bytes(1));
  const reason = { my: 'reason' };
  await expect(receiver.receiveAsync({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  await expect(receiver.receiveAsync({ signal: AbortSignal.timeout(5) })).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(queue.statistics().sent.total).toBe(queue.statistics().received.total);
});

test('an abort in the moment of the wake-up leaves the message to the next receive', async () => {
  const queue = Queue.create();
  const sender = queue.sender();
  const receiver = queue.receiver();
  for (let round = 0; round < 300; round++) {
    const abort = new AbortController();
    const outcome = receiver.receiveAsync({ signal: abort.signal }).then((message) => message.bytes[0], () => 'aborted');
    sender.send(bytes(round & 255)); // the waiter is woken here, and looks later
    if (round % 3 === 1) await Promise.resolve();
    if (round % 3 === 2) await new Promise((resolve) => { setImmediate(resolve); });
    abort.abort();
    const first = await outcome;
    const got = first === 'aborted' ? receiver.tryReceive()!.bytes[0] : first;
    expect(got).toBe(round & 255);
  }
  expect(queue.length).toBe(0);
});

test.each(['abort', 'timeout'])('a wake-up meant for another is not swallowed by a receive that gives up (%s)', async (how) => {
  // Two sleepers; a send wakes one. If that is ours, and it gives up without having looked, the other must hear of the message.
  const queue = Queue.create({ receivers: 2, ringSize: 16 });
  const sender = queue.sender();
  const receiver = queue.receiver();
  const { next, result } = inWorker(({ Queue: Q }, handle: QueueHandle, port) => {
    let count = 0;
    for (const message of Q.from(handle).receiver()) {
      count++;
      port.postMessage(message.bytes[0]);
    }
    return count;
  }, queue.handle);
  await waitUntil(() => waiters(queue) !== 0); // The worker is there.
  for (let round = 0; round < 40; round++) {
    const abort = new AbortController();
    // First in the waiting list, then the worker.
    const outcome = receiver
      .receiveAsync(how === 'abort' ? { signal: abort.signal } : { timeout: 1 })
      .then((message) => message.bytes[0], () => 'gave up');
    if (how === 'abort') await waitUntil(() => waiters(queue) === 3);
    sender.send(bytes(round));
    abort.abort();
    if (how === 'timeout') for (const until = performance.now() + 3; performance.now() < until;); // time runs out before it looks
    const mine = await outcome;
    expect(mine === 'gave up' ? await next() : mine).toBe(round);
  }
  queue.close();
  expect(await result).toBeGreaterThan(0);
});

test('a receive that gave up leaves no waiter behind that could swallow a later wake-up', async () => {
  const queue = Queue.create({ receivers: 2 });
  const sender = queue.sender();
  const receiver = queue.receiver();
  for (let i = 0; i < 20; i++) {
    const abort = new AbortController();
    const outcome = receiver.receiveAsync({ signal: abort.signal }).catch(() => 'gave up');
    abort.abort();
    await outcome;
  }
  const { next } = inWorker(({ Queue: Q }, handle: QueueHandle, port) => {
    port.postMessage(Q.from(handle).receiver().receive({ timeout: 20_000 }).text());
  }, queue.handle);
  await waitUntil(() => waiters(queue) === 2);
  await pause(20);
  sender.send(text('for the worker'));
  // Were one of the twenty still on the word, this one notification would go to it.
  await expect(Promise.race([next(), pause(5000)])).resolves.toBe('for the worker');
});

test('async iteration yields messages until the close, or until it is left', async () => {
  const queue = Queue.create({ ringSize: 512 });
  const sender = queue.sender();
  const receiver = queue.receiver();
  for (let n = 0; n < 5; n++) sender.send(bytes(n));
  const received: number[] = [];
  for await (const message of receiver) {
    received.push(message.bytes[0]!);
    if (received.length === 3) break;
  }
  expect(received).toEqual([0, 1, 2]);
  setTimeout(() => { sender.send(bytes(99)); queue.close(); }, 10);
  for await (const message of receiver) received.push(message.bytes[0]!);
  expect(received).toEqual([0, 1, 2, 3, 4, 99]);
  for await (const message of receiver) received.push(message.bytes[0]!); // closed already: ends at once
  expect(received.length).toBe(6);
});

test('async iteration lets other events happen while messages keep coming', async () => {
  const queue = Queue.create({ ringSize: 1024 });
  const sender = queue.sender();
  const receiver = queue.receiver();
  let ticks = 0;
  let count = 0;
  const timer = setInterval(() => { ticks++; }, 0);
  for (let n = 0; n < 64; n++) sender.send(bytes(n));
  for await (const message of receiver) {
    sender.send(message.bytes); // never empty
    if (++count === 5000) break;
  }
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(3);
});

test('async iteration is stopped by its signal, with the reason, and by return, at once', async () => {
  const queue = Queue.create();
  const sender = queue.sender();
  const receiver = queue.receiver();
  sender.send(bytes(1));
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error('stop')), 10);
  const received: number[] = [];
  await expect((async () => {
    for await (const message of receiver.messages({ signal: abort.signal })) received.push(message.bytes[0]!);
  })()).rejects.toThrow('stop');
  expect(received).toEqual([1]);
  const iterator = receiver[Symbol.asyncIterator]();
  const next = iterator.next();
  await pause(2);
  await expect(iterator.return!()).resolves.toEqual({ done: true, value: undefined });
  await expect(next).resolves.toEqual({ done: true, value: undefined });
  await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
  sender.send(bytes(2));
  expect(receiver.receive().bytes).toEqual(bytes(2));
  refusal('BAD_ARGUMENT', () => receiver.messages(5 as never));
  receiver.detach();
  await rejection('DETACHED', receiver[Symbol.asyncIterator]().next());
});

test('a ping-pong of 2000 round trips through promises on both sides loses no wake-up', async () => {
  const there = Queue.create({ ringSize: 4 });
  const back = Queue.create({ ringSize: 4 });
  const body = async ({ Queue: Q }: Library, [a, b]: QueueHandle[]): Promise<void> => {
    const sender = Q.from(b!).sender();
    for await (const message of Q.from(a!).receiver()) sender.send(message.bytes);
  };
  const { result } = inWorker(body, [there.handle, back.handle]);
  const sender = there.sender();
  const receiver = back.receiver();
  for (let n = 0; n < 2000; n++) {
    sender.send(Uint16Array.of(n));
    expect((await receiver.receiveAsync({ timeout: 20_000 })).viewAs(Uint16Array)[0]).toBe(n);
  }
  there.close();
  await result;
});

test('a worker that is terminated while it awaits a message can be recovered, and takes no wake-up with it', async () => {
  const queue = Queue.create({ receivers: 2 });
  const sender = queue.sender();
  const receiver = queue.receiver();
  for (let round = 0; round < 5; round++) {
    const { worker, thread } = inWorker(({ Queue: Q }, handle: QueueHandle) => Q.from(handle).receiver().receiveAsync(), queue.handle);
    await waitUntil(() => waiters(queue) === 2);
    if (round % 2 === 1) sender.send(bytes(round)); // the wake-up goes to the worker, which dies of it or not
    await worker.terminate();
    expect(queue.recover({ thread }).receivers).toEqual([1]);
    expect(waiters(queue)).toBe(0);
    if (queue.length === 0) {
      const pending = receiver.receiveAsync({ timeout: 20_000 });
      sender.send(bytes(round));
      await pending;
    } else receiver.receive();
  }
});
