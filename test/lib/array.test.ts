/** sendArray and receiveArrayInto: messages of one length, one behind the other in memory. */
import { describe, expect, test } from 'vitest';
import { Queue, Region, type QueueError } from '../../src/lib/index.ts';

const codeOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return (error as QueueError).code;
  }
  return 'none';
};
const numbers = (count: number, first = 0): Float32Array => Float32Array.from({ length: count }, (_, k) => first + k);

describe('an array', () => {
  test('is as many messages, and comes back as an array of them', () => {
    const queue = Queue.create({ ringSize: 128, maxMessageBytes: 64 });
    const sender = queue.sender();
    const receiver = queue.receiver();
    expect(sender.sendArray(numbers(16 * 100), 64, { priority: 'high' })).toBe(100);
    expect(queue.length).toBe(100);
    const into = new Float32Array(16 * 100);
    let came = 0;
    while (came < 100) {
      const count = receiver.receiveArrayInto(into.subarray(came * 16), 64);
      expect(count).toBeGreaterThan(1);
      expect([receiver.last.priority, receiver.last.length]).toEqual(['high', 64]);
      came += count;
    }
    expect(into).toEqual(numbers(16 * 100));
    expect(receiver.receiveArrayInto(into, 64)).toBe(0);
  });

  test('stops where the queue is full, and goes on from there', () => {
    const queue = Queue.create({ ringSize: 8, maxMessageBytes: 8 });
    const sender = queue.sender();
    const receiver = queue.receiver();
    const all = Uint8Array.from({ length: 160 }, (_, k) => k);
    const got: number[] = [];
    let sent = 0;
    const into = new Uint8Array(24);
    while (got.length < 160) {
      sent += sender.sendArray(all.subarray(sent * 8), 8);
      const count = receiver.receiveArrayInto(into, 8);
      got.push(...into.subarray(0, count * 8));
    }
    expect(got).toEqual([...all]);
    expect(sender.sendArray(all, 8)).toBe(8);
    expect(sender.sendArray(all, 8)).toBe(0);
  });

  test('of several priorities and senders comes in arrays of one of each, the most urgent first', () => {
    const queue = Queue.create({ ringSize: 8, maxMessageBytes: 8, senders: 2 });
    const [a, b] = [queue.sender(), queue.sender()];
    const receiver = queue.receiver();
    a.sendArray(Buffer.from('aaaaaaaabbbbbbbb'), 8, { priority: 'low' });
    b.sendArray(Buffer.from('ccccccccdddddddd'), 8, { priority: 'low' });
    b.sendArray(Buffer.from('eeeeeeeeffffffff'), 8, { priority: 'critical' });
    const into = Buffer.alloc(80);
    const came: string[] = [];
    for (let k = 0; k < 3; k++) {
      const count = receiver.receiveArrayInto(into, 8);
      came.push(`${receiver.last.priority} ${receiver.last.sender} ${into.subarray(0, count * 8).toString()}`);
    }
    expect(came[0]).toBe('critical 1 eeeeeeeeffffffff');
    expect(came.slice(1).sort()).toEqual(['low 0 aaaaaaaabbbbbbbb', 'low 1 ccccccccdddddddd']);
  });

  test('ends with a shorter message; a longer one stays', () => {
    const queue = Queue.create({ ringSize: 8, maxMessageBytes: 16 });
    const sender = queue.sender();
    const receiver = queue.receiver();
    for (const text of ['12345678', '123', '1234567890']) sender.send(Buffer.from(text));
    const into = Buffer.alloc(32, '.');
    expect(receiver.receiveArrayInto(into, 8)).toBe(2);
    expect(receiver.last.length).toBe(3);
    expect(into.toString()).toBe(`12345678123${'.'.repeat(21)}`);
    expect(codeOf(() => receiver.receiveArrayInto(into, 8))).toBe('TOO_SMALL');
    // Places longer than any message hold one each.
    expect(receiver.receiveArrayInto(Buffer.alloc(200000), 100000)).toBe(1);
    expect(receiver.last.length).toBe(10);
  });

  test('in shared memory is sent from there and received there', () => {
    const queue = Queue.create({ ringSize: 1024, maxMessageBytes: 128 });
    const region = Region.slab(128 * 2000);
    const view = region.view();
    view.fill(7);
    const sender = queue.sender();
    expect(sender.sendArray(view.subarray(0, 128 * 1000), 128)).toBe(1000);
    expect(queue.receiver().receiveArrayInto(view.subarray(128 * 1000), 128)).toBe(1000);
    expect(view.every((byte) => byte === 7)).toBe(true);
  });

  test('of a queue with several receivers comes one message at a time', () => {
    const queue = Queue.create({ ringSize: 8, maxMessageBytes: 8, receivers: 2 });
    queue.sender().sendArray(Buffer.from('aaaaaaaabbbbbbbb'), 8);
    const receivers = [queue.receiver(), queue.receiver()];
    const into = Buffer.alloc(16);
    expect(receivers.map((receiver) => receiver.receiveArrayInto(into, 8))).toEqual([1, 1]);
  });
});

test('what cannot be is refused, and nothing is sent or taken', () => {
  const queue = Queue.create({ ringSize: 8, maxMessageBytes: 8 });
  const sender = queue.sender();
  const receiver = queue.receiver();
  const bytes = Buffer.alloc(20);
  for (const each of [0, -1, 3, 8, 1.5, NaN, 2 ** 31, '4', undefined]) {
    expect(codeOf(() => sender.sendArray(bytes, each as number))).toBe('BAD_ARGUMENT');
  }
  expect(codeOf(() => sender.sendArray('text' as never, 4))).toBe('BAD_ARGUMENT');
  expect(codeOf(() => sender.sendArray(bytes, 4, { priority: 'urgent' as never }))).toBe('BAD_PRIORITY');
  expect(codeOf(() => sender.sendArray(bytes, 20))).toBe('TOO_LARGE');
  expect(sender.sendArray(Buffer.alloc(0), 4)).toBe(0);
  expect(queue.length).toBe(0);
  sender.send(Buffer.from('1234'));
  for (const each of [0, -1, 21, 1.5, undefined]) expect(codeOf(() => receiver.receiveArrayInto(bytes, each as number))).toBe('BAD_ARGUMENT');
  expect(codeOf(() => receiver.last)).toBe('EMPTY');
  expect(queue.length).toBe(1);
  queue.close();
  expect(codeOf(() => sender.sendArray(bytes, 4))).toBe('CLOSED');
  expect(receiver.receiveArrayInto(bytes, 4)).toBe(1);
  expect(codeOf(() => receiver.receiveArrayInto(bytes, 4))).toBe('CLOSED');
  sender.detach();
  receiver.detach();
  expect(codeOf(() => sender.sendArray(bytes, 4))).toBe('DETACHED');
  expect(codeOf(() => receiver.receiveArrayInto(bytes, 4))).toBe('DETACHED');
});
