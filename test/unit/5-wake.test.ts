import { beforeEach, describe, expect, test } from 'vitest';
import {
  BATCH_ADDRESS, BATCH_BYTES, BATCH_LENGTH, HANDLE_LOW_MASK, QUEUE_EVENT, QUEUE_WAITERS, RECEIVER_SLEEP_COUNT, STATISTICS_BYTES,
  STATISTICS_SLEPT, STATISTICS_WOKEN,
} from '../../src/kernel/layout.ts';
import { queueBell, wakeAnnounce, wakeEvent, wakeEverybody, wakeReceivers, wakeRetract, wakeSleep } from '../../src/kernel/path/5-wake.ts';
import * as kernel from '../../src/kernel/queue.ts';
import { STATUS_CLOSED, STATUS_OK, STATUS_TIMED_OUT, STATUS_TOO_SMALL } from '../../src/kernel/status.ts';
import { allocate, bytesAt, Fixture, named, payload, reset, setWord, STARTS, word, word64 } from '../support/fixture.ts';
import { callElsewhere, type Outcome } from '../support/worker.ts';

beforeEach(reset);

/** Longer than any test here sleeps: whoever is not woken ends too late instead of hanging. */
const LONG = 20_000_000;

/** The result of a call that ended because it was woken: well before its time limit, at which it looks again too. */
const woken = async (ends: Promise<Outcome>): Promise<string | number> => {
  const { result, milliseconds } = await ends;
  expect(milliseconds).toBeLessThan(LONG / 2000);
  return named(result);
};

const until = async (what: string, holds: () => boolean): Promise<void> => {
  for (const end = performance.now() + 20_000; !holds();) {
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await new Promise((next) => { setTimeout(next, 2); });
  }
};

/** Receiver `index` asleep in a thread of its own: its bit set, and so counted. */
const sleeper = async (f: Fixture, index: number, capacity = 64): Promise<{ buffer: number; ends: Promise<Outcome> }> => {
  const buffer = allocate(64);
  const slept = f.receiverBlock(index) + RECEIVER_SLEEP_COUNT;
  const before = word(slept);
  const ends = callElsewhere('queueReceiveTimeout', [f.receivers[index]!, buffer, capacity, LONG]);
  await until(`receiver ${index} sleeps`, () => word(slept) !== before);
  expect(word(f.queue + QUEUE_WAITERS) & 1 << index).toBe(1 << index);
  // Counted just before it really sleeps: give it the time to.
  await new Promise((next) => { setTimeout(next, 30); });
  return { buffer, ends };
};

test('nobody waiting: nothing is counted, nothing is written', () => {
  const f = Fixture.attached({ receivers: 2 });
  const before = f.image();
  expect(wakeReceivers(queueBell(f.queue), 1)).toBe(STATUS_OK);
  expect(f.changes(before)).toEqual([]);
  for (let k = 0; k < 4; k++) f.send(0, k, payload(8, k));
  expect(word(f.queue + QUEUE_EVENT)).toBe(0);
});

test('a receiver announces and retracts itself, and nobody else', () => {
  const f = Fixture.attached({ receivers: 3 });
  wakeAnnounce(queueBell(f.queue), 4);
  wakeAnnounce(queueBell(f.queue), 1);
  expect(word(f.queue + QUEUE_WAITERS)).toBe(5);
  expect(wakeReceivers(queueBell(f.queue), 1)).toBe(STATUS_OK);
  expect([wakeEvent(queueBell(f.queue)), word(f.queue + QUEUE_WAITERS)]).toEqual([1, 5]);
  wakeRetract(queueBell(f.queue), 4);
  expect(word(f.queue + QUEUE_WAITERS)).toBe(1);
  wakeEverybody(queueBell(f.queue));
  expect(wakeEvent(queueBell(f.queue))).toBe(2);
});

test('whoever was woken between the look and the sleep does not sleep', () => {
  const f = Fixture.attached();
  wakeAnnounce(queueBell(f.queue), 1);
  const event = wakeEvent(queueBell(f.queue));
  f.send(0, 0, payload(8, 0));
  const began = performance.now();
  wakeSleep(queueBell(f.queue), event, LONG);
  expect(performance.now() - began).toBeLessThan(LONG / 4000);
});

describe.each(STARTS)('start %i', (start) => {
  test.each([1, 2])('a sleeping receiver is woken by a send, with %i receivers', async (receivers) => {
    const f = Fixture.attached({ receivers, start });
    for (let round = 0; round < 3; round++) {
      const { buffer, ends } = await sleeper(f, receivers - 1);
      expect(f.send(0, 3, payload(40, round))).toBe(STATUS_OK);
      expect(await woken(ends)).toBe(40);
      expect(bytesAt(buffer, 40)).toEqual(payload(40, round));
      expect([word(f.queue + QUEUE_EVENT), word(f.queue + QUEUE_WAITERS)]).toEqual([round + 1, 0]);
    }
  });
});

test('a receiver of this thread is woken by a sender of another', async () => {
  const f = Fixture.attached();
  f.prepare(payload(8, 3));
  // This thread blocks before the other can run: it starts while this one sleeps, or has sent already.
  const sending = callElsewhere('queueSend', [f.senders[0]!, 1, f.source, 8], 200);
  await new Promise((next) => { setTimeout(next, 100); });
  const result = kernel.queueReceiveTimeout(f.receivers[0]!, f.target, 64, LONG);
  expect(named(result)).toBe(8);
  expect(bytesAt(f.target, 8)).toEqual(payload(8, 3));
  expect((await sending).result).toBe(STATUS_OK);
});

test('close wakes all', async () => {
  const f = Fixture.attached({ receivers: 3 });
  const sleepers = [await sleeper(f, 0), await sleeper(f, 1), await sleeper(f, 2)];
  kernel.queueClose(f.queue);
  for (const { ends } of sleepers) expect(await woken(ends)).toBe(named(STATUS_CLOSED));
  expect(word(f.queue + QUEUE_WAITERS)).toBe(0);
});

test('a batch wakes as many as it has messages', async () => {
  const f = Fixture.attached({ receivers: 2 });
  const sleepers = [await sleeper(f, 0), await sleeper(f, 1)];
  const list = allocate(2 * BATCH_BYTES);
  f.prepare(payload(8, 7));
  for (const k of [0, 1]) {
    setWord(list + k * BATCH_BYTES + BATCH_ADDRESS, f.source);
    setWord(list + k * BATCH_BYTES + BATCH_LENGTH, 8);
  }
  expect(kernel.queueSendBatch(f.senders[0]!, 0, list, 2)).toBe(2);
  for (const { ends } of sleepers) expect(await woken(ends)).toBe(8);
  expect(word(f.queue + QUEUE_EVENT)).toBe(1);
});

test('whoever is woken for a message too large for it passes the wake-up on', async () => {
  const f = Fixture.attached({ receivers: 2 });
  // Sleepers are woken in the order in which they fell asleep.
  const little = await sleeper(f, 0, 4);
  const large = await sleeper(f, 1, 64);
  expect(f.send(0, 0, payload(40, 9))).toBe(STATUS_OK);
  expect(await woken(little.ends)).toBe(named(STATUS_TOO_SMALL));
  expect(await woken(large.ends)).toBe(40);
  expect(bytesAt(large.buffer, 40)).toEqual(payload(40, 9));
  expect(word(f.queue + QUEUE_EVENT)).toBe(2);
});

test('a completion wakes its submitter', async () => {
  const f = Fixture.attached({ completions: 1 });
  f.submit(0, 0, payload(8, 0), 21, 22);
  const reaper = kernel.queueCompletions(f.senders[0]!);
  const reaping = callElsewhere('queueReceiveTimeout', [reaper, f.target, 16, LONG]);
  await until('the submitter sleeps', () => word((reaper & ~HANDLE_LOW_MASK) + RECEIVER_SLEEP_COUNT) !== 0);
  kernel.queueDiscard(f.receivers[0]!);
  expect(f.complete(0, 0, 0, 21, 22, 23)).toBe(STATUS_OK);
  expect(await woken(reaping)).toBe(16);
  expect([word(f.target), word(f.target + 4), word(f.target + 8)]).toEqual([21, 22, 23]);
});

test('sleeps and wake-ups are counted', async () => {
  const f = Fixture.attached();
  expect(named(kernel.queueReceiveTimeout(f.receivers[0]!, f.target, 64, 10_000))).toBe(named(STATUS_TIMED_OUT));
  const { ends } = await sleeper(f, 0);
  f.send(0, 0, payload(8, 0));
  await ends;
  const statistics = allocate(STATISTICS_BYTES);
  kernel.queueStatistics(f.queue, statistics);
  expect(word64(statistics + STATISTICS_SLEPT)).toBeGreaterThanOrEqual(2n);
  expect(word64(statistics + STATISTICS_WOKEN)).toBe(1n);
});
