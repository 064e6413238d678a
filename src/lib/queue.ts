/**
 * Queue: create, open in another thread, look at, close, recover, destroy.
 *
 * Role: any thread of the process. Memory: one piece per queue: the kernel's queue at its base, then the places (place.ts).
 * Units: bytes. Checked by: test/lib/queue.test.ts, test/lib/handles.test.ts, test/lib/recover.test.ts.
 */
import { load32, loadAcquire32, store32 } from '#machine';
import {
  CONFIG_BYTES, CONFIG_COMPLETIONS, CONFIG_MAX_MESSAGE_BYTES, CONFIG_RECEIVERS, CONFIG_RING_SIZE, CONFIG_SCHEMA,
  CONFIG_SCHEMA_MODE, CONFIG_SCHEMA_PROGRAM, CONFIG_SCHEMA_STEPS, CONFIG_SENDERS, CONFIG_START, LINE_BYTES,
  MESSAGE_BYTES_MAX, POLICY_SLAB, QUEUE_CLOSED, QUEUE_COMPLETIONS, QUEUE_MAX_MESSAGE_BYTES, QUEUE_RECEIVERS,
  QUEUE_RECEIVERS_ATTACHED, QUEUE_RING_SIZE, QUEUE_SCHEMA, QUEUE_SENDERS, QUEUE_SENDERS_ATTACHED, RECEIVERS_MAX,
  RING_SLOTS_MAX, SCHEMA_FULL, SCHEMA_NONE, SCHEMA_STEPS_DEFAULT, SCHEMA_TAG, SENDERS_MAX,
} from '../kernel/layout.ts';
import {
  queueBytes, queueClose, queueCreate, queueLaneLength, queueLength, queueOwed, queueRecoverReceiver, queueRecoverSender,
  queueAttachSender, queueAttachSubmitter, queueRefusals,
} from '../kernel/queue.ts';
import { regionCreate } from '../kernel/region.ts';
import { badArgument, checkInteger, checkOptions, priorities, priorityNumber, type Priority } from './check.ts';
import { QueueError, valueOf } from './errors.ts';
import { heapBytes, regions } from './heap.ts';
import {
  KIND_QUEUE, handleMake, handleRead, objectDestroy, objectMake, pinned, withRecord, type DestroyOptions, type Handle,
} from './objects.ts';
import { Outbox } from './outbox.ts';
import { placeRecover, placesBytes, type QueueShape } from './place.ts';
import { Receiver } from './receiver.ts';
import { refusalReasons, Schema, type AnySchema, type RefusalReason } from './schema.ts';
import { Sender } from './sender.ts';
import { Submitter, TypedSubmitter } from './submitter.ts';
import { TypedSender } from './typed.ts';
import { collectStatistics, type QueueStatistics } from './statistics.ts';

/** Sizes of a queue; all of it is allocated when it is created. */
export interface QueueOptions {
  /** Messages that each sender may have queued at each priority: a power of two, 1 to 65,536. Default 256. */
  readonly ringSize?: number;
  /** Longest message in bytes, 0 to 1,048,576; at least 24 to send descriptors. Default 256. */
  readonly maxMessageBytes?: number;
  /** Senders that may be attached at once, 1 to 32. Default 1. */
  readonly senders?: number;
  /** Receivers that may be attached at once, 1 to 32. Default 1, which is fastest. */
  readonly receivers?: number;
  /** Completions that may be outstanding per sender and priority: 0 (none, the default) or a power of two up to 65,536. */
  readonly completions?: number;
  /**
   * What messages are: a type made by `npx ruvix-queue wit`, whose values alone get in; or just a number (0 to 2^32 - 1) that
   * senders must name to attach. Default 0.
   */
  readonly schema?: number | AnySchema;
  /** Of a typed queue: whether each message is validated (the default), only its length, or nothing but the schema's number. */
  readonly validate?: 'full' | 'tag' | 'none';
  /** Of a typed queue: steps (of at most 40 instructions) that validating one message may take. Default 65,536. */
  readonly stepLimit?: number;
}

/** Names a queue in any thread: see {@link Queue.handle}. */
export type QueueHandle = Handle<'ruvix-queue/queue'>;

/** Who has died: all that a thread held, or one place by its number. */
export type Dead = { readonly thread: number } | { readonly sender: number } | { readonly receiver: number };

/** Completions owed to one submitter at one priority. */
export interface Owed {
  readonly sender: number;
  readonly priority: Priority;
  readonly count: number;
}

/** The part of `Worker` (node:worker_threads) that {@link Queue.watch} needs. */
export interface WorkerLike {
  readonly threadId: number;
  once(event: 'exit', listener: () => void): unknown;
}

/** Numbers of the places that were taken back. */
export interface Recovered {
  readonly senders: readonly number[];
  readonly receivers: readonly number[];
}

const TYPE = 'ruvix-queue/queue';
const WORD_MAX = 0xffffffff;
const STEPS_MAX = 0x7fffffff;
const MODES = { full: SCHEMA_FULL, tag: SCHEMA_TAG, none: SCHEMA_NONE } as const;
const THREAD_MAX = 0x7ffffffe;
/** Where all rings of a queue begin to count: tests begin shortly before the counters wrap. */
const START_DEFAULT = 0;

/** A schema option: its number, and the type if it is one. */
export const checkSchema = (where: string, schema: number | AnySchema | undefined): { schema: number; type: AnySchema | undefined } => {
  if (schema instanceof Schema) return { schema: schema.id, type: schema };
  return { schema: checkInteger(where, 'schema', schema ?? 0, 0, WORD_MAX), type: undefined };
};

const checkMode = (where: string, validate: unknown): number => {
  const mode = MODES[(validate ?? 'full') as keyof typeof MODES];
  if (mode === undefined) throw badArgument(where, "validate must be 'full', 'tag' or 'none'", validate);
  return mode;
};

/** What the kernel would refuse as BAD_SCHEMA, in words. */
const checkSteps = (where: string, type: AnySchema, maxMessageBytes: number, mode: number, limit: number): void => {
  if (maxMessageBytes < type.bytesMin) {
    throw new QueueError('BAD_SCHEMA', where, `messages of ${type.name} have ${type.bytesMin} bytes or more, maxMessageBytes is ${maxMessageBytes}`);
  }
  const steps = type.steps(maxMessageBytes);
  if (mode === SCHEMA_FULL && steps > limit) {
    throw new QueueError('BAD_SCHEMA', where, `validating ${maxMessageBytes} bytes of ${type.name} may take ${steps} steps, stepLimit is ${limit}`);
  }
};

/** Bit of place `index` in the words that say which are attached (see layout.ts). */
const senderBit = (index: number): number => 0x80000000 >>> index;
const receiverBit = (index: number): number => 1 << index;

/**
 * A queue of messages in the shared memory of this process: lock-free, four strict priorities, first in first out per sender
 * and priority.
 *
 * Create it in one thread, pass `queue.handle` to others, and attach a sender or receiver in each thread that needs one. A
 * Queue object itself holds no place: any number of threads may look at one.
 *
 * Every call throws `STALE_HANDLE` once the queue has been destroyed.
 */
export class Queue {
  readonly #shape: QueueShape;

  private constructor(shape: QueueShape) {
    this.#shape = shape;
  }

  /**
   * Allocates a queue.
   *
   * Throws `BAD_ARGUMENT` (an option that is out of its range), `BAD_CONFIG` (together they need more than 1 GiB), `NO_MEMORY`,
   * `NO_PLACE` (256 queues and regions exist already).
   */
  static create(options?: QueueOptions): Queue {
    return Queue.createFrom(options, START_DEFAULT);
  }

  /** @internal With all rings beginning to count at `start`, a signed 32-bit position. */
  static createFrom(options: QueueOptions | undefined, start: number): Queue {
    const where = 'Queue.create';
    return new Queue(queueMade(where, options, start, (bytes, needed, config) => {
      const register = (at: number): number => regionCreate(regions, POLICY_SLAB, at, needed);
      return objectMake(where, KIND_QUEUE, bytes, () => {}, register, (_at, handle) => {
        valueOf(queueCreate(regions, handle, config), where);
      });
    }));
  }

  /**
   * The queue that another thread's `handle` names.
   *
   * Throws `BAD_HANDLE` (not a queue's handle), `FOREIGN_HANDLE` (of another process), `STALE_HANDLE` (destroyed).
   */
  static from(handle: QueueHandle): Queue {
    const region = handleRead('Queue.from', TYPE, handle);
    return pinned('Queue.from', region, KIND_QUEUE, (at) => new Queue(shapeOf(region, at)));
  }

  /** Plain data for workerData or postMessage: `Queue.from(handle)` in the other thread is the same queue. */
  get handle(): QueueHandle {
    return handleMake(TYPE, this.#shape.region);
  }

  /** Messages that each sender may have queued at each priority. */
  get ringSize(): number { return this.#shape.ringSize; }
  /** Longest message in bytes. */
  get maxMessageBytes(): number { return this.#shape.maxMessageBytes; }
  /** Senders that may be attached at once. */
  get senders(): number { return this.#shape.senders; }
  /** Receivers that may be attached at once. */
  get receivers(): number { return this.#shape.receivers; }
  /** Completions that may be outstanding per sender and priority. */
  get completions(): number { return this.#shape.completions; }
  /** The number that senders must name. */
  get schema(): number { return this.#shape.schema; }

  #look<T>(where: string, look: (at: number) => T): T {
    return pinned(where, this.#shape.region, KIND_QUEUE, look);
  }

  /** Attaches a sender in this thread. Throws `NO_PLACE` (all are taken), `WRONG_SCHEMA`, `CLOSED`, `BAD_ARGUMENT`. */
  sender(options?: { readonly schema?: number }): Sender;
  /** The same, of values of the queue's schema. */
  sender<T, V>(options: { readonly schema: Schema<T, V> }): TypedSender<T>;
  sender(options?: { readonly schema?: number | Schema<unknown, unknown> }): Sender | TypedSender<unknown> {
    const given = checkOptions('sender', options)?.schema;
    const { schema } = checkSchema('sender', given);
    if (!(given instanceof Schema)) return this.#look('sender', () => Sender.attach(this.#shape, schema));
    return this.#look('sender', () => TypedSender.over(Outbox.attach(this.#shape, given, queueAttachSender, 'sender'), given));
  }

  /**
   * Attaches a sender in this thread all of whose messages are completed. It takes a sender's place.
   *
   * Throws what `sender` throws, `NO_COMPLETIONS` (the queue was created without).
   */
  submitter(options?: { readonly schema?: number }): Submitter;
  /** The same, of values of the queue's schema. */
  submitter<T, V>(options: { readonly schema: Schema<T, V> }): TypedSubmitter<T>;
  submitter(options?: { readonly schema?: number | Schema<unknown, unknown> }): Submitter | TypedSubmitter<unknown> {
    const given = checkOptions('submitter', options)?.schema;
    const { schema } = checkSchema('submitter', given);
    if (!(given instanceof Schema)) return this.#look('submitter', () => Submitter.attach(this.#shape, schema));
    return this.#look('submitter', () => TypedSubmitter.over(given, Outbox.attach(this.#shape, given, queueAttachSubmitter, 'submitter')));
  }

  /** Attaches a receiver in this thread. Throws `NO_PLACE` (all are taken). */
  receiver(): Receiver {
    return this.#look('receiver', () => Receiver.attach(this.#shape));
  }

  /** Messages queued now, over all senders and priorities: exact while nobody sends or receives, else a hint. */
  get length(): number {
    return this.#look('length', (at) => queueLength(at));
  }

  /** Messages queued now at one priority. Throws `BAD_PRIORITY`. */
  lengthOf(priority: Priority): number {
    const number = priorityNumber('lengthOf', priority);
    return this.#look('lengthOf', (at) => valueOf(queueLaneLength(at, number), 'lengthOf'));
  }

  /** Whether `close` has been called, by any thread. */
  get closed(): boolean {
    return this.#look('closed', (at) => loadAcquire32(at, QUEUE_CLOSED) !== 0);
  }

  /**
   * Ends the sending: sends throw `CLOSED` from now on, and receivers, once they have received what is left. Wakes all that
   * wait. A second call does nothing.
   */
  close(): void {
    this.#look('close', (at) => queueClose(at));
  }

  /** Messages that a typed queue has refused so far, by reason (`'text'`, `'bits'`, ...); reasons that did not occur are left out. */
  refusals(): Partial<Record<RefusalReason, number>> {
    return this.#look('refusals', (at) => Object.fromEntries(refusalReasons
      .map(([name, reason]) => [name, valueOf(queueRefusals(at, reason), 'refusals')] as const).filter(([, count]) => count > 0)));
  }

  /** What has happened in this queue so far. Exact while nobody uses it, else each number was right a moment ago. */
  statistics(): QueueStatistics {
    return this.#look('statistics', (at) => collectStatistics(at));
  }

  /**
   * Takes places back from a thread that has ended without detaching: from a Worker after its `'exit'` event, not earlier.
   *
   * What a dead sender had sent stays queued, and at most one message more than it knew. A message that a dead receiver was
   * just taking is received again (queues with one receiver) or gone (with several). Completions that a dead receiver owed can be
   * posted by any other (see `owed`); those of a dead submitter come to the next one. May be called again.
   *
   * `{ thread }` names all places of that thread; `{ sender }` or `{ receiver }` one place by number, whoever has it. Calling
   * this for a thread that still runs makes its senders and receivers throw `BAD_HANDLE`, and may lose messages.
   *
   * Throws `BAD_ARGUMENT`.
   */
  recover(dead: Dead): Recovered {
    const where = 'recover';
    const shape = this.#shape;
    const given = checkOptions(where, dead as Partial<Record<'thread' | 'sender' | 'receiver', number>>) ?? {};
    const names = (['thread', 'sender', 'receiver'] as const).filter((name) => given[name] !== undefined);
    if (names.length !== 1) throw badArgument(where, 'expects one of { thread }, { sender } or { receiver }', dead);
    const name = names[0]!;
    const most = { thread: THREAD_MAX, sender: shape.senders - 1, receiver: shape.receivers - 1 }[name];
    const number = checkInteger(where, name, given[name], 0, most);
    return this.#look(where, (at) => {
      const thread = name === 'thread' ? number : undefined;
      const take = (kind: 'sender' | 'receiver', count: number, first: number, call: (queue: number, index: number) => number) =>
        numbersTo(count).filter((index) => {
          if (thread === undefined && (name !== kind || number !== index)) return false;
          return placeRecover(shape, first + index, thread, () => valueOf(call(at, index), where));
        });
      return {
        senders: take('sender', shape.senders, 0, queueRecoverSender),
        receivers: take('receiver', shape.receivers, shape.senders, queueRecoverReceiver),
      };
    });
  }

  /**
   * Messages of submitters that were received and are not completed yet, in the hands of all receivers. After the death of a
   * receiver, while the others hold none, this is what it owed: any receiver can complete in its stead, by
   * `receiver.complete({ sender, priority, tag })`. Their tags are known to the submitters alone; choose one that says so.
   */
  owed(): Owed[] {
    return this.#look('owed', (at) => {
      const places = numbersTo(this.#shape.senders).flatMap((sender) => priorities.map((priority) => ({ sender, priority })));
      return places
        .map((place) => ({ ...place, count: valueOf(queueOwed(at, place.sender, priorities.indexOf(place.priority)), 'owed') }))
        .filter(({ count }) => count > 0);
    });
  }

  /** Calls `recover` for all places of a worker when it exits. Returns the queue. */
  watch(worker: WorkerLike): this {
    if (typeof worker?.once !== 'function' || !Number.isInteger(worker.threadId) || worker.threadId < 1) {
      throw badArgument('watch', 'worker must be a running Worker of node:worker_threads', worker);
    }
    const thread = worker.threadId;
    worker.once('exit', () => {
      try {
        this.recover({ thread });
      } catch (error) {
        if (!(error instanceof QueueError) || error.code !== 'STALE_HANDLE') throw error;
      }
    });
    return this;
  }

  /**
   * Gives the memory back, with all messages still in it. Every handle to the queue is stale from now on.
   *
   * Throws `BUSY` while senders or receivers are attached (detach or recover them), or another thread is inside a call on it,
   * or was terminated there: then `force` helps.
   */
  destroy(options?: DestroyOptions): void {
    objectDestroy('destroy', this.#shape.region, KIND_QUEUE, options, attachedTo);
  }
}

/** In words, who is attached to the queue at `at`; undefined: nobody. */
export const attachedTo = (at: number): string | undefined => {
  const senders = numbersOf(loadAcquire32(at, QUEUE_SENDERS_ATTACHED), senderBit);
  const receivers = numbersOf(loadAcquire32(at, QUEUE_RECEIVERS_ATTACHED), receiverBit);
  if (senders.length + receivers.length === 0) return undefined;
  return `still attached: ${[...senders.map((n) => `sender ${n}`), ...receivers.map((n) => `receiver ${n}`)].join(', ')}`;
};

const numbersTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const numbersOf = (word: number, bit: (index: number) => number): number[] =>
  numbersTo(32).filter((index) => (word & bit(index)) !== 0);

const checkPowerOfTwo = (where: string, name: string, value: number, least: number): number => {
  checkInteger(where, name, value, least, RING_SLOTS_MAX);
  if ((value & (value - 1)) === 0) return value;
  throw badArgument(where, `${name} must be a power of two`, value);
};

/** Reads back what the queue at `at` was made of. */
export const shapeOf = (region: number, at: number): QueueShape => {
  const maxMessageBytes = load32(at, QUEUE_MAX_MESSAGE_BYTES);
  const senders = load32(at, QUEUE_SENDERS);
  const receivers = load32(at, QUEUE_RECEIVERS);
  return {
    region,
    at,
    places: at + heapBytes(at) - placesBytes(maxMessageBytes, senders, receivers),
    ringSize: load32(at, QUEUE_RING_SIZE),
    maxMessageBytes,
    senders,
    receivers,
    completions: load32(at, QUEUE_COMPLETIONS),
    schema: load32(at, QUEUE_SCHEMA) >>> 0,
  };
};

/** Checks options, and writes them as the kernel's configuration for `make`, which makes a queue in `bytes` bytes: `needed` for itself. */
export const queueMade = (
  where: string, options: QueueOptions | undefined, start: number, make: (bytes: number, needed: number, config: number) => number,
): QueueShape => {
  const given = checkOptions(where, options) ?? {};
  const ringSize = checkPowerOfTwo(where, 'ringSize', given.ringSize ?? 256, 1);
  const maxMessageBytes = checkInteger(where, 'maxMessageBytes', given.maxMessageBytes ?? 256, 0, MESSAGE_BYTES_MAX);
  const senders = checkInteger(where, 'senders', given.senders ?? 1, 1, SENDERS_MAX);
  const receivers = checkInteger(where, 'receivers', given.receivers ?? 1, 1, RECEIVERS_MAX);
  const completions = checkPowerOfTwo(where, 'completions', given.completions ?? 0, 0);
  const { schema, type } = checkSchema(where, given.schema);
  const mode = checkMode(where, given.validate);
  const stepLimit = given.stepLimit === undefined ? 0 : checkInteger(where, 'stepLimit', given.stepLimit, 1, STEPS_MAX);
  if (type !== undefined) checkSteps(where, type, maxMessageBytes, mode, stepLimit || SCHEMA_STEPS_DEFAULT);
  const programWords = type?.program.length ?? 0;
  const region = withRecord(where, CONFIG_BYTES + 4 * programWords, (config) => {
    type?.program.forEach((word, index) => store32(config, CONFIG_BYTES + 4 * index, word));
    store32(config, CONFIG_SCHEMA_PROGRAM, type === undefined ? 0 : config + CONFIG_BYTES);
    store32(config, CONFIG_SCHEMA_MODE, mode);
    store32(config, CONFIG_SCHEMA_STEPS, stepLimit);
    store32(config, CONFIG_RING_SIZE, ringSize);
    store32(config, CONFIG_MAX_MESSAGE_BYTES, maxMessageBytes);
    store32(config, CONFIG_SCHEMA, schema | 0);
    store32(config, CONFIG_SENDERS, senders);
    store32(config, CONFIG_RECEIVERS, receivers);
    store32(config, CONFIG_COMPLETIONS, completions);
    store32(config, CONFIG_START, start);
    const needed = Math.ceil(valueOf(queueBytes(config), where) / LINE_BYTES) * LINE_BYTES;
    return make(needed + placesBytes(maxMessageBytes, senders, receivers), needed, config);
  });
  return pinned(where, region, KIND_QUEUE, (at) => shapeOf(region, at));
};
