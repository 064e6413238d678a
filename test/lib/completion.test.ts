import { expect, test } from 'vitest';
import { memoryUsage, Queue, Region, type Message, type MessageInfo, type QueueHandle } from '../../src/lib/index.ts';
import { bytes, inWorker, nothingLeft, pause, refusal, rejection, STARTS, text } from './support.ts';

test.each(STARTS)('a completion carries tag, result, receiver and priority back (start %i)', (start) => {
  const before = memoryUsage().used;
  const queue = Queue.createFrom({ ringSize: 8, completions: 8, senders: 2, receivers: 2 }, start);
  const plain = queue.sender();
  const submitter = queue.submitter();
  const receivers = [queue.receiver(), queue.receiver()];
  for (let round = 0; round < 4; round++) {
    plain.send(bytes(1), { priority: 'critical' });
    expect(submitter.submit(bytes(2), { priority: 'low', tag: 2 ** 53 - 1 })).toBe(2 ** 53 - 1);
    expect(submitter.submit(bytes(3), { tag: 0xffffffff })).toBe(0xffffffff);
    expect(submitter.submit(bytes(4))).toBe(round);
    const messages = [0, 1, 1, 0].map((r) => receivers[r]!.receive());
    expect(messages.map(({ tag, sender }) => [tag, sender])).toEqual([[undefined, 0], [0xffffffff, 1], [round, 1], [2 ** 53 - 1, 1]]);
    expect(submitter.completions()).toEqual([]);
    receivers[0]!.complete(messages[3]!, -2147483648);
    receivers[1]!.complete(messages[2]!);
    receivers[1]!.complete(messages[1]!, 2147483647);
    expect(submitter.completions()).toEqual([
      { tag: round, result: 0, receiver: 1, priority: 'normal' },
      { tag: 0xffffffff, result: 2147483647, receiver: 1, priority: 'normal' },
      { tag: 2 ** 53 - 1, result: -2147483648, receiver: 0, priority: 'low' },
    ]);
  }
  submitter.detach();
  plain.detach();
  for (const receiver of receivers) receiver.detach();
  queue.destroy();
  nothingLeft(before);
});

test('a descriptor is submitted alike, and says when the region may go', () => {
  const queue = Queue.create({ completions: 2 });
  const submitter = queue.submitter();
  const receiver = queue.receiver();
  const region = Region.immutable(text('borrowed'));
  const tag = submitter.submitDescriptor({ region, length: 6 });
  expect(submitter.trySubmitDescriptor({ region, offset: 6 }, { tag: 77 })).toBe(77);
  refusal('NO_CREDIT', () => submitter.submitDescriptor({ region }));
  expect(submitter.trySubmitDescriptor({ region })).toBeUndefined();
  const messages = receiver.receiveBatch();
  expect(messages.map((message) => message.text())).toEqual(['borrow', 'ed']);
  for (const message of messages) receiver.complete(message, message.length);
  expect(submitter.completions().map((completion) => [completion.tag, completion.result])).toEqual([[tag, 24], [77, 24]]);
  refusal('POLICY', () => submitter.submitDescriptor({ region: Region.slab(1) }));
  refusal('STALE_REGION', () => { region.destroy(); submitter.trySubmitDescriptor({ region }); });
});

test('credit is per priority, comes back by reaping, and its lack is told from a full queue', () => {
  const queue = Queue.create({ ringSize: 4, completions: 2 });
  const submitter = queue.submitter();
  const receiver = queue.receiver();
  submitter.submit(bytes(1));
  submitter.submit(bytes(2));
  expect(refusal('NO_CREDIT', () => submitter.submit(bytes(3))).status).toBe(-19);
  expect(submitter.trySubmit(bytes(3))).toBeUndefined();
  expect(submitter.trySubmit(bytes(4), { priority: 'high' })).toBe(2);
  for (const message of receiver.receiveBatch()) receiver.complete(message);
  refusal('NO_CREDIT', () => submitter.submit(bytes(3)));
  expect(submitter.completions(2).length).toBe(2);
  expect(submitter.trySubmit(bytes(3))).toBe(3); // the refused ones used up no tag
  const tight = Queue.create({ ringSize: 1, completions: 4 }).submitter();
  tight.submit(bytes(1));
  refusal('FULL', () => tight.submit(bytes(2)));
  expect(tight.trySubmit(bytes(2))).toBeUndefined();
});

test('each message is completed once, by whoever received it', () => {
  const queue = Queue.create({ completions: 4, senders: 2 });
  const submitter = queue.submitter();
  const plain = queue.sender();
  const receiver = queue.receiver();
  submitter.submit(bytes(1), { tag: 1 });
  submitter.submit(bytes(2), { tag: 2 });
  plain.send(bytes(3));
  const peeked = receiver.peek()!;
  refusal('NOT_PENDING', () => receiver.complete(peeked));
  const [first, third, second] = receiver.receiveBatch();
  receiver.complete(first!);
  refusal('NOT_PENDING', () => receiver.complete(first!));
  refusal('NOT_PENDING', () => receiver.complete(third!));
  for (const result of [1.5, NaN, 2 ** 31, -(2 ** 31) - 1, '1', null]) refusal('BAD_ARGUMENT', () => receiver.complete(second!, result as number));
  const nearly = [{ sender: 0, priority: 'low' }, { sender: 2, priority: 'low', tag: 1 }, { sender: 0, priority: 'low', tag: -1 }];
  for (const wrong of [undefined, null, 5, {}, ...nearly]) {
    refusal('BAD_ARGUMENT', () => receiver.complete(wrong as never));
  }
  refusal('BAD_PRIORITY', () => receiver.complete({ sender: 0, priority: 'x' as never, tag: 1 }));
  receiver.complete({ sender: 0, priority: 'normal', tag: 22 }, 5);
  refusal('NOT_PENDING', () => receiver.complete(second!));
  expect(submitter.completions().map(({ tag, result }) => [tag, result])).toEqual([[1, 0], [22, 5]]);
});

test('discarded messages and those of receiveInto are completed as well', () => {
  const queue = Queue.create({ completions: 4 });
  const submitter = queue.submitter();
  const receiver = queue.receiver();
  submitter.submit(bytes(1), { tag: 10 });
  submitter.submit(bytes(2), { tag: 20 });
  receiver.complete(receiver.discard()!, 1);
  receiver.tryReceiveInto(new Uint8Array(8));
  const last: MessageInfo = receiver.last;
  receiver.complete(last, 2);
  refusal('NOT_PENDING', () => receiver.complete(last));
  expect(submitter.completions().map(({ tag, result }) => [tag, result])).toEqual([[10, 1], [20, 2]]);
});

test('owed says what was received and not completed', () => {
  const queue = Queue.create({ completions: 4, senders: 2 });
  const submitter = queue.submitter();
  const receiver = queue.receiver();
  expect(queue.owed()).toEqual([]);
  submitter.submit(bytes(1));
  submitter.submit(bytes(2));
  submitter.submit(bytes(3), { priority: 'low' });
  expect(queue.owed()).toEqual([]);
  const messages = receiver.receiveBatch();
  expect(queue.owed()).toEqual([{ sender: 0, priority: 'normal', count: 2 }, { sender: 0, priority: 'low', count: 1 }]);
  messages.forEach((message: Message) => receiver.complete(message));
  expect(queue.owed()).toEqual([]);
});

test('a submitter with completions to come cannot detach; one without completions does not exist', () => {
  const queue = Queue.create({ completions: 2 });
  const submitter = queue.submitter();
  const receiver = queue.receiver();
  submitter.submit(bytes(1));
  expect(refusal('BUSY', () => submitter.detach()).message).toBe('detach: completions are to come, or to be taken');
  receiver.complete(receiver.receive());
  refusal('BUSY', () => submitter.detach());
  submitter.completions();
  submitter.detach();
  submitter.detach();
  for (const call of [
    () => submitter.submit(bytes(1)), () => submitter.trySubmit(bytes(1)), () => submitter.completions(), () => submitter.completion(),
  ]) refusal('DETACHED', call);
  refusal('NO_COMPLETIONS', () => Queue.create().submitter());
  refusal('WRONG_SCHEMA', () => queue.submitter({ schema: 5 }));
  const plain = Queue.create({ senders: 2 });
  plain.sender().send(bytes(1));
  const other = plain.receiver();
  refusal('NO_COMPLETIONS', () => other.complete({ sender: 0, priority: 'normal', tag: 1 }));
});

test('wrong tags and limits are refused', () => {
  const submitter = Queue.create({ completions: 2 }).submitter();
  for (const tag of [-1, 1.5, NaN, 2 ** 53, '1', 1n, null]) refusal('BAD_ARGUMENT', () => submitter.submit(bytes(1), { tag: tag as number }));
  for (const limit of [0, 1.5, NaN, 65537]) refusal('BAD_ARGUMENT', () => submitter.completions(limit));
  for (const timeout of [-1, NaN, '5']) refusal('BAD_ARGUMENT', () => submitter.completion({ timeout: timeout as number }));
});

test('completions are waited for, blocking and by promise, also after the close', async () => {
  const queue = Queue.create({ completions: 4 });
  const submitter = queue.submitter();
  refusal('TIMED_OUT', () => submitter.completion({ timeout: 3 }));
  await rejection('TIMED_OUT', submitter.completionAsync({ timeout: 3 }));
  const { result } = inWorker(async ({ Queue: Q }, handle: QueueHandle) => {
    const receiver = Q.from(handle).receiver();
    for await (const message of receiver) {
      await new Promise((resolve) => { setTimeout(resolve, 30); });
      receiver.complete(message, (message.tag ?? 0) * 2);
    }
  }, queue.handle);
  for (const tag of [1, 2, 3, 4]) submitter.submit(bytes(tag), { tag });
  queue.close();
  expect(submitter.completion()).toMatchObject({ tag: 1, result: 2 });
  expect(await submitter.completionAsync()).toMatchObject({ tag: 2, result: 4 });
  expect(submitter.completion({ timeout: 5000 })).toMatchObject({ tag: 3, result: 6 });
  const pending = submitter.completionAsync({ timeout: 5000 });
  refusal('BUSY', () => submitter.completions());
  refusal('BUSY', () => submitter.completion());
  refusal('BUSY', () => submitter.detach());
  await rejection('BUSY', submitter.completionAsync());
  expect(await pending).toMatchObject({ tag: 4, result: 8 });
  await result;
  submitter.detach();
});

test('a wait for a completion can be aborted, and the completion is not lost', async () => {
  const queue = Queue.create({ completions: 4 });
  const submitter = queue.submitter();
  const receiver = queue.receiver();
  submitter.submit(bytes(1), { tag: 5 });
  const abort = new AbortController();
  const pending = submitter.completionAsync({ signal: abort.signal });
  const caught = pending.catch((error: unknown) => error);
  await pause(5);
  abort.abort(new Error('enough'));
  receiver.complete(receiver.receive());
  expect(await caught).toMatchObject({ message: 'enough' });
  expect(submitter.completions()).toMatchObject([{ tag: 5 }]);
});
