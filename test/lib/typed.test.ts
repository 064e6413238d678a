/** Typed queues as a user of the library sees them: values in, views out, and errors that say where. */
import { beforeAll, expect, test } from 'vitest';
import { Queue, QueueError, Region, Schema, type Sender } from '../../src/lib/index.ts';
import { TypedSubmitter } from '../../src/lib/submitter.ts';
import { TypedSender } from '../../src/lib/typed.ts';
import { compileWit } from '../wit/support.ts';

const BODY = `
  flags status { ready, held, late, a, b, c, d, e, f }
  record sample { id: u32, status: status, vector: list<f32>, label: option<string> }
  record other { id: u32 }
`;
interface Sample { id: number; status: Record<string, boolean>; vector: Float32Array; label?: string | undefined }
interface View { readonly id: number; readonly vector: Float32Array; readonly label: string | undefined }
let Sample: Schema<Sample, View>;
let Other: Schema<{ id: number }>;
beforeAll(async () => {
  const types = await compileWit(BODY, 'typed');
  Sample = types.get('sample')!.schema as never;
  Other = types.get('other')!.schema as never;
});

const value = (id: number): Sample => ({ id, status: { ready: true }, vector: Float32Array.of(1.5, 2.5, id), label: 'pump' });
const errorOf = (call: () => unknown): QueueError => {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(QueueError);
    return error as QueueError;
  }
  throw new Error('did not throw');
};

test('a value goes in, a view comes out, and its numbers are not copied', () => {
  const queue = Queue.create({ schema: Sample, ringSize: 4 });
  expect(queue.schema).toBe(Sample.id);
  const sender = queue.sender({ schema: Sample });
  expect(sender).toBeInstanceOf(TypedSender);
  sender.send(value(7), { priority: 'high' });
  expect(sender.trySend(value(8))).toBe(true);
  const receiver = queue.receiver();
  const first = receiver.receive();
  expect([first.priority, first.sender]).toEqual(['high', sender.index]);
  const view = first.as(Sample);
  expect([view.id, [...view.vector], view.label]).toEqual([7, [1.5, 2.5, 7], 'pump']);
  expect(view.vector.buffer).toBe(first.bytes.buffer);
  expect(Sample.decode(receiver.receive().bytes).id).toBe(8);
  sender.detach();
  sender.detach();
  expect(errorOf(() => sender.send(value(1))).code).toBe('DETACHED');
});

test('another thread names the same type, and no other', () => {
  const queue = Queue.create({ schema: Sample, senders: 2 });
  const same = Queue.from(queue.handle);
  same.sender({ schema: Sample }).send(value(1));
  expect(errorOf(() => same.sender({ schema: Other })).code).toBe('WRONG_SCHEMA');
  expect(errorOf(() => same.sender()).code).toBe('WRONG_SCHEMA');
  const message = queue.receiver().receive();
  expect(errorOf(() => message.as(Other)).code).toBe('WRONG_SCHEMA');
});

test('what is not a value of the type does not get in, and the error says where', () => {
  const queue = Queue.create({ schema: Sample, senders: 3, completions: 2 });
  const sender = queue.sender({ schema: Sample });
  const wrong = errorOf(() => sender.send({ ...value(1), id: -1 }));
  expect([wrong.code, wrong.message]).toEqual(['BAD_ARGUMENT', 'encode: sample.id must be a whole number from 0 to 4294967295, not -1']);
  const bytes = Sample.encode(value(1));
  bytes[5] = 0x80;
  const refused = errorOf(() => sender.sendBytes(bytes));
  expect([refused.code, refused.message]).toEqual(['INVALID_MESSAGE', 'send: sample.status: undefined flag bit (9 flags) at byte 5']);
  const submitter = queue.submitter({ schema: Sample });
  expect(errorOf(() => submitter.submitBytes(bytes)).message).toBe('submitBytes: sample.status: undefined flag bit (9 flags) at byte 5');
  // A sender that knows only the number hears the kernel's own words.
  const plain: Sender = queue.sender({ schema: Sample.id });
  expect(errorOf(() => plain.send(bytes)).message).toMatch(/^send: refused at byte 5 \(reason 5, word \d+\)$/);
  expect(errorOf(() => plain.sendBatch([bytes])).code).toBe('INVALID_MESSAGE');
  const text = Sample.encode(value(1));
  text[text.length - 1] = 0xff;
  expect(errorOf(() => plain.trySend(text)).code).toBe('INVALID_MESSAGE');
  expect(queue.length).toBe(0);
  expect(queue.refusals()).toEqual({ bits: 4, text: 1 });
  expect(queue.statistics().rejected).toBe(5);
  expect(submitter.trySubmit(value(2))).toBe(0);
});

test('a descriptor is checked where it lies', () => {
  const queue = Queue.create({ schema: Sample });
  const sender = queue.sender({ schema: Sample });
  const good = Sample.encode(value(3));
  const region = Region.immutable(good);
  sender.sendDescriptor({ region });
  const view = queue.receiver().receive().as(Sample);
  expect([view.id, view.vector.length]).toEqual([3, 3]);
  expect(view.vector.buffer).toBe(region.view().buffer);
  good[4] = 1;
  good[5] = 4;
  expect(errorOf(() => sender.sendDescriptor({ region: Region.immutable(good) })).message)
    .toBe('sendDescriptor: sample.status: undefined flag bit (9 flags) at byte 5');
  expect(errorOf(() => sender.sendDescriptor({ region, length: 8 })).message).toMatch(/shorter than any value of the type at byte 8$/);
});

test('modes, limits and sizes are checked when the queue is made', () => {
  const loose = Queue.create({ schema: Sample, validate: 'none' });
  loose.sender({ schema: Sample }).sendBytes(new Uint8Array(3));
  const received = loose.receiver().receive();
  expect(() => received.as(Sample).label).toThrow(RangeError);
  expect(errorOf(() => Sample.decode(received.bytes)).code).toBe('BAD_ARGUMENT');
  const tag = Queue.create({ schema: Sample, validate: 'tag' }).sender({ schema: Sample });
  expect(errorOf(() => tag.sendBytes(new Uint8Array(3))).code).toBe('INVALID_MESSAGE');
  tag.sendBytes(new Uint8Array(32).fill(255));
  expect(errorOf(() => Queue.create({ schema: Sample, validate: 'all' as never })).code).toBe('BAD_ARGUMENT');
  expect(errorOf(() => Queue.create({ schema: {} as never })).code).toBe('BAD_ARGUMENT');
  const small = errorOf(() => Queue.create({ schema: Sample, maxMessageBytes: 8 }));
  expect([small.code, small.message]).toEqual([
    'BAD_SCHEMA', 'Queue.create: messages of test:typed/types#sample have 28 bytes or more, maxMessageBytes is 8',
  ]);
  const long = errorOf(() => Queue.create({ schema: Sample, maxMessageBytes: 1048576 }));
  expect(long.message).toMatch(/may take \d+ steps, stepLimit is 65536$/);
  expect(Queue.create({ schema: Sample, maxMessageBytes: 1048576, ringSize: 1, stepLimit: 1_000_000 }).maxMessageBytes).toBe(1048576);
  expect(errorOf(() => Queue.create({ schema: Sample, stepLimit: 0 })).code).toBe('BAD_ARGUMENT');
});

test('a full queue is told from a wrong value', () => {
  const queue = Queue.create({ schema: Sample, ringSize: 1 });
  const sender = queue.sender({ schema: Sample });
  sender.send(value(1));
  expect(sender.trySend(value(2))).toBe(false);
  expect(errorOf(() => sender.send(value(2))).code).toBe('FULL');
});

test('a submitter of values hears of each', () => {
  const queue = Queue.create({ schema: Sample, ringSize: 2, completions: 2, senders: 2 });
  const submitter = queue.submitter({ schema: Sample });
  expect(submitter).toBeInstanceOf(TypedSubmitter);
  expect(errorOf(() => queue.submitter({ schema: Other })).code).toBe('WRONG_SCHEMA');
  expect(errorOf(() => submitter.submit({ ...value(1), id: 1.5 })).message).toMatch(/^encode: sample\.id must be a whole number/);
  const region = Region.immutable(Sample.encode(value(6)));
  expect([submitter.submit(value(5), { tag: 50 }), submitter.submitDescriptor({ region }, { tag: 60 })]).toEqual([50, 60]);
  expect(submitter.trySubmit(value(7))).toBe(undefined);
  expect(errorOf(() => submitter.submit(value(7))).code).toBe('NO_CREDIT');
  const receiver = queue.receiver();
  for (const id of [5, 6]) {
    const message = receiver.receive();
    expect([message.as(Sample).id, message.tag]).toEqual([id, id * 10]);
    receiver.complete(message, id);
  }
  expect(submitter.completions()).toMatchObject([{ tag: 50, result: 5 }, { tag: 60, result: 6 }]);
  expect(submitter.submitBytes(Sample.encode(value(8)), { priority: 'high' })).toBe(0);
  const bad = Sample.encode(value(8));
  bad[5] = 0x80;
  expect(errorOf(() => submitter.submitBytes(bad)).code).toBe('INVALID_MESSAGE');
  expect(receiver.receive().as(Sample).id).toBe(8);
});
