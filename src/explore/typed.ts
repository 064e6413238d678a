/**
 * Scenarios of queues with a schema: what a receiver takes was judged, whatever happens to the sender's memory meanwhile, and what is refused
 * leaves the queue as it was, whatever a receiver does meanwhile.
 *
 * The schema: schema.ts. The monitor's messages are as it says.
 * Checked by: test/explore/kernel.test.ts, test/explore/seeded.test.ts.
 */
import { STATUS_EMPTY, STATUS_FULL, STATUS_INVALID_MESSAGE, STATUS_NOT_COMMITTED, STATUS_STALE_REGION } from '../kernel/status.ts';
import { messageName } from './monitor.ts';
import type { Call, Place, QueueShape, Scenario, Task } from './scenario.ts';
import { Calls } from './scenarios.ts';
import { BAD_BITS, MESSAGE_BYTES, SCHEMA_ID } from './schema.ts';

const NORMAL = 2;
const BAD = 0x00aa0001;
const GOOD = 0x51000000;

const SHAPE: QueueShape = { senders: 1, receivers: 1, ringSize: 2, maxBytes: 24, completions: 0, start: 0, schema: SCHEMA_ID };

const other = (name: string, operands: number[], accept: number[] = []): Call => ({ name, operands, meaning: { kind: 'other', accept } });
const is = (name: string, operands: number[], value: number): Call => ({ name, operands, meaning: { kind: 'is', value } });

const typed = (name: string, tasks: (calls: Calls) => Task[], more: Partial<Scenario> = {}): Scenario => {
  const lanes = more.lanes ?? [{ sender: 0, priority: NORMAL }];
  return { name: `typed: ${name}`, shape: SHAPE, lanes, kills: 0, spurious: 0, ...more, tasks: (place) => tasks(new Calls(place, lanes)) };
};

/** The two words of a message. */
const message = (place: Place, first: number, second = ~first): number => {
  const at = place.allocate(16);
  place.store(at, first);
  place.store(at + 4, second);
  return at;
};

const sender = (calls: Call[], more: Partial<Task> = {}): Task => ({ name: 'sender', calls, ...more });
const receiver = (calls: Call[], more: Partial<Task> = {}): Task => ({ name: 'receiver', calls, ...more });

const refused = ({ place }: Calls): Call => is('queueSend', [place.senders[0]!, NORMAL, message(place, BAD), MESSAGE_BYTES], STATUS_INVALID_MESSAGE);

const refusedOrFull = (c: Calls): Call => ({ ...refused(c), meaning: { kind: 'other', accept: [STATUS_INVALID_MESSAGE, STATUS_FULL] } });

/** Receives and judges again. */
const takes = ({ place }: Calls, count: number): Call[] => {
  const buffer = place.allocate(32);
  return Array.from({ length: count }, () => other('taskReceiveJudged', [place.receivers[0]!, buffer, BAD_BITS], [STATUS_EMPTY]));
};

const describes = (place: Place, region: number): number => {
  const at = place.allocate(24);
  place.store(at, region);
  place.store(at + 4, MESSAGE_BYTES);
  return at;
};

/** A message that is rewritten at any moment, `budget` times, well and badly. */
const rewritten = (name: string, budget: number, tasks: (calls: Calls, source: number) => Task[]): Scenario => {
  let source = 0;
  return typed(name, (c) => {
    source = message(c.place, GOOD);
    return tasks(c, source);
  }, { lanes: [], hostile: { addresses: () => [source], values: [GOOD, BAD, GOOD + 1], budget } });
};

export const TYPED: Scenario[] = [
  rewritten('the source is rewritten', 2, (c, source) => {
    const send = other('queueSend', [c.place.senders[0]!, NORMAL, source, MESSAGE_BYTES]);
    return [sender([send, send]), receiver(takes(c, 3))];
  }),
  rewritten('the source is rewritten, batches and arrays', 2, (c, source) => {
    const [handle] = c.place.senders as [number];
    const list = c.place.allocate(48);
    for (const record of [list, list + 24]) {
      c.place.store(record, source);
      c.place.store(record + 4, MESSAGE_BYTES);
    }
    const calls = [other('queueSendBatch', [handle, NORMAL, list, 2]), other('queueSendArray', [handle, NORMAL, source, MESSAGE_BYTES, 1])];
    return [sender(calls), receiver(takes(c, 3))];
  }),
  typed('refused while a receiver runs', (c) => [sender([refused(c), c.send(0), refused(c), c.send(0), refusedOrFull(c)]), receiver(c.receives(0, 4))]),
  typed('refused while a receiver sleeps', (c) => [sender([refused(c), c.send(0), refused(c)]), receiver(c.waits(0, 1, -1))], { spurious: 1 }),
  typed('a sender dies while its message is judged', (c) => [sender([refused(c), c.send(0), refused(c)], { killable: true }),
    receiver(c.receives(0, 2)), c.recoverSender(0, 0, undefined)], { kills: 1 }),
  typed('what is described is judged where it lies', (c) => {
    const { place } = c;
    const region = place.call('regionCreateWritable', place.table, 1, place.allocate(64), MESSAGE_BYTES);
    const wrong = place.call('regionCreate', place.table, 1, message(place, BAD), MESSAGE_BYTES);
    const send = other('queueSendDescriptor', [place.senders[0]!, NORMAL, describes(place, region)], [STATUS_NOT_COMMITTED, STATUS_STALE_REGION, STATUS_FULL]);
    const follow = other('taskFollowJudged', [place.table, place.receivers[0]!, place.allocate(24), BAD_BITS], [STATUS_EMPTY]);
    return [{ name: 'owner', calls: [other('taskFillTwiceAndSeal', [place.table, region, BAD, messageName(0, 0)])] },
      sender([send, is('queueSendDescriptor', [place.senders[0]!, NORMAL, describes(place, wrong)], STATUS_INVALID_MESSAGE), send]), receiver([follow, follow])];
  }, { lanes: [] }),
  typed('refused in each way', (c) => {
    const { place } = c;
    const [handle] = place.senders as [number];
    const good = message(place, GOOD);
    const bad = message(place, BAD);
    const list = place.allocate(48);
    for (const [i, at] of [good, bad].entries()) {
      place.store(list + i * 24, at);
      place.store(list + i * 24 + 4, MESSAGE_BYTES);
    }
    const buffer = place.allocate(32);
    const array = place.allocate(16);
    [GOOD, 0, BAD, 0].forEach((word, i) => place.store(array + i * 4, word));
    const drain = is('queueReceive', [place.receivers[0]!, buffer, 16], MESSAGE_BYTES);
    return [sender([
      refused(c), is('queueSend', [handle, NORMAL, good, 4], STATUS_INVALID_MESSAGE), is('queueSend', [handle, NORMAL, good, 12], STATUS_INVALID_MESSAGE),
      is('queueSendBatch', [handle, NORMAL, list, 2], 1), drain, is('queueSendBatch', [handle, NORMAL, list + 24, 1], STATUS_INVALID_MESSAGE),
      is('queueSendArray', [handle, NORMAL, array, MESSAGE_BYTES, 2], 1), drain, is('queueSendArray', [handle, NORMAL, bad, MESSAGE_BYTES, 1], STATUS_INVALID_MESSAGE),
      is('taskBuild', [handle, NORMAL, BAD, 0], STATUS_INVALID_MESSAGE), is('taskBuild', [handle, NORMAL, GOOD, 0], 0), drain,
    ])];
  }, { lanes: [] }),
];
