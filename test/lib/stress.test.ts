/** Many messages through real threads: loss, duplicates, order, priority, bytes. */
import { expect, test } from 'vitest';
import { Queue, type QueueHandle } from '../../src/lib/index.ts';
import { inWorker, STARTS } from './support.ts';

type Library = typeof import('../../src/lib/index.ts');

/** Sends `count` messages of pseudo-random priority and length; waits by sleeping a little when full. */
const send = ({ Queue: Q, priorities }: Library, [handle, count, seed, batch]: [QueueHandle, number, number, number]): number[] => {
  const sender = Q.from(handle).sender();
  const still = new Int32Array(new SharedArrayBuffer(4));
  let random = seed;
  const next = [0, 0, 0, 0];
  const build = (priority: number): Uint8Array => {
    random = (Math.imul(random, 1664525) + 1013904223) | 0;
    const length = 8 + ((random >>> 8) % 13) * 4;
    const words = new Uint32Array(length >> 2).fill(next[priority]! ^ 0x5a5a5a5a);
    words[0] = next[priority]!++;
    words[1] = length;
    return new Uint8Array(words.buffer);
  };
  for (let sent = 0; sent < count;) {
    random = (Math.imul(random, 1664525) + 1013904223) | 0;
    const priority = (random >>> 16) & 3;
    const options = { priority: priorities[priority]! };
    let list = Array.from({ length: Math.min(batch, count - sent) }, () => build(priority));
    sent += list.length;
    while (list.length > 0) {
      const went = batch === 1 ? Number(sender.trySend(list[0]!, options)) : sender.sendBatch(list, options);
      list = list.slice(went);
      if (list.length > 0) Atomics.wait(still, 0, 0, 0.05);
    }
  }
  sender.detach();
  return next;
};

/** Receives until the close. Returns how many came per sender and priority, or what was wrong. */
const receive = ({ Queue: Q, priorities }: Library, [handle, exact, into]: [QueueHandle, boolean, boolean]): number[][] | string => {
  const receiver = Q.from(handle).receiver();
  const last = Array.from({ length: 32 }, () => [-1, -1, -1, -1]);
  const count = Array.from({ length: 32 }, () => [0, 0, 0, 0]);
  const buffer = new Uint8Array(64);
  for (;;) {
    let length: number;
    let words: Uint32Array;
    let about: { sender: number; priority: 'critical' | 'high' | 'normal' | 'low' };
    try {
      if (into) {
        length = receiver.receiveInto(buffer);
        about = receiver.last;
        words = new Uint32Array(buffer.buffer, 0, length >> 2);
      } else {
        const message = receiver.receive();
        ({ length } = message);
        about = message;
        words = message.viewAs(Uint32Array);
      }
    } catch (error) {
      return (error as { code?: string }).code === 'CLOSED' ? count : String(error);
    }
    const priority = priorities.indexOf(about.priority);
    const [n, told] = words;
    const before = last[about.sender]![priority]!;
    if (told !== length || words.subarray(2).some((word) => word !== (n! ^ 0x5a5a5a5a) >>> 0)) return `torn: ${words.join()}`;
    if (exact ? n !== before + 1 : n! <= before) return `sender ${about.sender} ${about.priority}: ${n} after ${before}`;
    last[about.sender]![priority] = n!;
    count[about.sender]![priority]!++;
  }
};

const COUNT = 50_000;

test.each([
  { senders: 2, receivers: 1, batch: 1, into: false, start: STARTS[0]! },
  { senders: 2, receivers: 1, batch: 1, into: true, start: STARTS[1]! },
  { senders: 2, receivers: 2, batch: 20, into: false, start: STARTS[2]! },
])('100,000 messages: $senders senders, $receivers receivers, batches of $batch, into a buffer: $into', async (options) => {
  const { senders, receivers, batch, into, start } = options;
  const queue = Queue.createFrom({ senders, receivers, ringSize: 64, maxMessageBytes: 56 }, start);
  const sending = Array.from({ length: senders }, (_, seed) => inWorker(send, [queue.handle, COUNT, seed + 1, batch]));
  const receiving = Array.from({ length: receivers }, () => inWorker(receive, [queue.handle, receivers === 1, into]));
  const sent = await Promise.all(sending.map(({ result }) => result));
  queue.close();
  const received = await Promise.all(receiving.map(({ result }) => result));
  for (const one of received) expect(one).not.toBeTypeOf('string');
  const total = (sender: number, priority: number): number =>
    (received as number[][][]).reduce((sum, one) => sum + one[sender]![priority]!, 0);
  // Sender numbers depend on which worker attached first: compare them as sets.
  const bySender = Array.from({ length: senders }, (_, sender) => [0, 1, 2, 3].map((priority) => total(sender, priority)));
  expect(bySender.map(String).sort()).toEqual(sent.map(String).sort());
  const statistics = queue.statistics();
  expect(statistics.sent.total).toBe(COUNT * senders);
  expect(statistics.received).toEqual(statistics.sent);
  expect(statistics.receivedBytes).toEqual(statistics.sentBytes);
  expect(queue.length).toBe(0);
});
