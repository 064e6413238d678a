/** A kernel that says AGAIN, as it does when other receivers were faster 64 times: too rare to provoke. */
import { expect, test, vi } from 'vitest';
import { STATUS_AGAIN } from '../../src/kernel/status.ts';
import { Queue } from '../../src/lib/index.ts';
import { bytes, refusal } from './support.ts';

let again = 0;
vi.mock('../../src/kernel/queue.ts', async (original) => {
  const kernel = await original<Record<string, (...values: number[]) => number>>();
  const faltering = (name: string) => (...values: number[]): number => (again-- > 0 ? STATUS_AGAIN : kernel[name]!(...values));
  return {
    ...kernel,
    ...Object.fromEntries(['queueReceive', 'queueReceiveTimeout', 'queuePeek', 'queueDiscard'].map((name) => [name, faltering(name)])),
  };
});

test('the library tries again by itself, within the time it has', async () => {
  const queue = Queue.create();
  const sender = queue.sender();
  const receiver = queue.receiver();
  for (const take of [
    () => receiver.tryReceive()!.length, () => receiver.receive().length, () => receiver.receive({ timeout: 1000 }).length,
    () => receiver.receive({ timeout: 0 }).length, () => receiver.tryReceiveInto(new Uint8Array(8)), () => receiver.receiveBatch().length,
    () => receiver.discard()!.length, () => receiver.peek()!.length, async () => (await receiver.receiveAsync()).length,
  ]) {
    sender.send(bytes(1));
    again = 3;
    expect(await take()).toBe(1);
    expect(again).toBeLessThan(0); // it was asked
  }
  receiver.receive();
  again = 3;
  refusal('TIMED_OUT', () => receiver.receive({ timeout: 1 }));
  expect(again).toBeLessThan(0);
});
