/** A sender's buffer that another thread rewrites during the send: what a receiver gets is always a message of the type. */
import { Worker } from 'node:worker_threads';
import { afterAll, expect, test } from 'vitest';
import { Queue, QueueError, Region } from '../../src/lib/index.ts';
import { memory } from '../../src/machine/node.ts';
import { compileWit } from './support.ts';

const SENDS = 20_000;
let worker: Worker | undefined;
afterAll(() => worker?.terminate());

test('the copy is what is checked', async () => {
  const types = await compileWit('flags status { a, b, c }\nrecord sample { id: u32, status: status, flips: list<bool> }', 'race');
  const { schema } = types.get('sample')!;
  const good = schema.encode({ id: 1, status: { a: true }, flips: Array.from({ length: 64 }, () => true) });
  const slab = Region.slab(good.length);
  const source = slab.view();
  source.set(good);
  // Toggles a forbidden bit in the middle of the message, as fast as it can.
  worker = new Worker(`
    const { workerData: { memory, at } } = require('node:worker_threads');
    const bytes = new Uint8Array(memory);
    for (;;) { Atomics.store(bytes, at, 3); Atomics.store(bytes, at, 1); }
  `, { eval: true, workerData: { memory, at: source.byteOffset + good.length - 8 } });
  await new Promise((resolve) => { worker!.once('online', resolve); });
  const queue = Queue.create({ schema: schema as never });
  const sender = queue.sender({ schema: schema.id });
  const receiver = queue.receiver();
  let sent = 0;
  let refused = 0;
  for (let k = 0; k < SENDS || ((sent === 0 || refused === 0) && k < 100 * SENDS); k++) {
    try {
      sender.send(source);
    } catch (error) {
      expect((error as QueueError).code).toBe('INVALID_MESSAGE');
      refused += 1;
      continue;
    }
    sent += 1;
    const { bytes } = receiver.receive();
    if (bytes.subarray(-64).some((byte) => byte !== 1)) throw new Error(`message ${sent} has a byte that is no bool`);
  }
  expect(sent).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(0);
}, 60_000);
