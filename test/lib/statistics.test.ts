import { expect, test } from 'vitest';
import { store32 } from '../../src/machine/node.ts';
import { RECEIVER_EMPTY_COUNT } from '../../src/kernel/layout.ts';
import { receiverAt } from '../../src/kernel/attach.ts';
import { pinned } from '../../src/lib/objects.ts';
import { memoryUsage, Queue } from '../../src/lib/index.ts';
import { nothingLeft, refusal, rejection, STARTS } from './support.ts';

const none = { critical: 0, high: 0, normal: 0, low: 0, total: 0 };

test.each(STARTS)('everything that happens is counted once (start %i)', async (start) => {
  const before = memoryUsage().used;
  const queue = Queue.createFrom({ ringSize: 4, maxMessageBytes: 32 }, start);
  const sender = queue.sender();
  const receiver = queue.receiver();
  expect(queue.statistics()).toEqual({
    sent: none, received: none, sentBytes: none, receivedBytes: none, full: none, rejected: 0, empty: 0, timedOut: 0, slept: 0, woken: 0,
  });
  for (let i = 0; i < 5; i++) {
    sender.send(new Uint8Array(10), { priority: 'high' });
    sender.send(new Uint8Array(3), { priority: 'low' });
    receiver.receive();
    receiver.discard();
  }
  sender.send(new Uint8Array(32), { priority: 'critical' });
  for (let i = 0; i < 4; i++) sender.send(new Uint8Array(1));
  refusal('FULL', () => sender.send(new Uint8Array(1)));
  expect(sender.trySend(new Uint8Array(1))).toBe(false);
  refusal('TOO_LARGE', () => sender.send(new Uint8Array(33)));
  refusal('BAD_ARGUMENT', () => sender.send('text' as never)); // not counted: never reached the kernel
  while (receiver.tryReceive() !== undefined);
  refusal('TIMED_OUT', () => receiver.receive({ timeout: 50 }));
  await rejection('TIMED_OUT', receiver.receiveAsync({ timeout: 2 }));
  const { empty, slept, ...rest } = queue.statistics();
  expect(rest).toEqual({
    sent: { critical: 1, high: 5, normal: 4, low: 5, total: 15 },
    received: { critical: 1, high: 5, normal: 4, low: 5, total: 15 },
    sentBytes: { critical: 32, high: 50, normal: 4, low: 15, total: 101 },
    receivedBytes: { critical: 32, high: 50, normal: 4, low: 15, total: 101 },
    full: { ...none, normal: 2, total: 2 },
    rejected: 1,
    timedOut: 2,
    woken: 1, // the asynchronous receive, when it gave up
  });
  expect(empty).toBeGreaterThanOrEqual(1);
  expect(slept).toBeGreaterThanOrEqual(2);
  sender.detach();
  receiver.detach();
  queue.destroy();
  nothingLeft(before);
});

test('counts beyond 2^32 are told exactly', () => {
  const queue = Queue.create();
  pinned('test', queue.handle.region, 1, (at) => {
    store32(receiverAt(at, 0), RECEIVER_EMPTY_COUNT, 0x80000001);
    store32(receiverAt(at, 0), RECEIVER_EMPTY_COUNT + 4, 5);
  });
  expect(queue.statistics().empty).toBe(5 * 2 ** 32 + 2 ** 31 + 1);
});
