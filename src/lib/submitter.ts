/**
 * Submitter: a sender that hears when each of its messages is done with; TypedSubmitter: the same, of values.
 *
 * Role: one thread. Memory: as outbox.ts; the place's entry holds a completion on its way out.
 * Checked by: test/lib/completion.test.ts, test/lib/typed.test.ts.
 */
import { load32 } from '#machine';
import {
  BATCH_COUNT_MAX, COMPLETION_BYTES, COMPLETION_RECEIVER, COMPLETION_RESULT, COMPLETION_USER_HIGH, COMPLETION_USER_LOW,
  RECEIVER_LANE,
} from '../kernel/layout.ts';
import { queueAttachSubmitter, queueCompletions } from '../kernel/queue.ts';
import { lanePriority } from '../kernel/path/3-lane.ts';
import { STATUS_EMPTY, STATUS_FULL, STATUS_NO_CREDIT } from '../kernel/status.ts';
import { checkInteger, checkOptions, checkTimeout, priorities, type Priority } from './check.ts';
import { errorOf, valueOf } from './errors.ts';
import { Inbox, type AsyncOptions } from './inbox.ts';
import { Outbox, type DescriptorOptions, type SendOptions } from './outbox.ts';
import type { QueueShape } from './place.ts';
import type { AnySchema, Schema } from './schema.ts';
import { TAG_MAX, tagOf } from './tag.ts';

/** As {@link SendOptions}, with a tag. */
export interface SubmitOptions extends SendOptions {
  /** What the completion will carry back: a whole number from 0 to 2^53 - 1. Default: 0, 1, 2 ... per submitter. */
  readonly tag?: number;
}

/** What became of a submitted message. */
export interface Completion {
  /** The tag with which it was submitted. */
  readonly tag: number;
  /** The receiver's answer, a signed 32-bit integer. */
  readonly result: number;
  /** Number of the receiver that completed it. */
  readonly receiver: number;
  /** Priority of the message, which its completion shares. */
  readonly priority: Priority;
}

/** What every submitter can: references to regions, and taking completions. See {@link Submitter}. */
export abstract class AnySubmitter {
  readonly #outbox: Outbox;
  readonly #reaper: Inbox;
  #nextTag = 0;
  /** What becomes of a length or status, with the completion in the place's entry. */
  readonly #deliver = (status: number): Completion => {
    if (status < 0) throw errorOf(status, 'completionAsync');
    return this.#completion();
  };

  /** @internal */
  protected constructor(outbox: Outbox, reaper?: Inbox) {
    this.#outbox = outbox;
    this.#reaper = reaper ?? new Inbox(valueOf(queueCompletions(outbox.handle), 'submitter'));
  }

  /** Number of this submitter among the queue's senders, 0 to 31: receivers see it as `message.sender`. */
  get index(): number {
    return this.#outbox.place.index;
  }

  /** @internal */
  protected submitted(where: string, bytes: ArrayBufferView, options: SubmitOptions | undefined): number {
    const tag = this.#tag(where, options);
    return this.#submitted(where, tag, this.#outbox.send(where, bytes, options, tag));
  }

  /** @internal */
  protected trySubmitted(where: string, bytes: ArrayBufferView, options: SubmitOptions | undefined): number | undefined {
    const tag = this.#tag(where, options);
    return this.#trySubmitted(where, tag, this.#outbox.send(where, bytes, options, tag));
  }

  /**
   * Sends a reference to part of a region, whose bytes stay where they are; the completion says when they are no longer needed.
   * Returns the tag.
   *
   * Throws what `submit` throws, `POLICY` (a slab), `STALE_REGION`, `OUT_OF_BOUNDS`, `NOT_COMMITTED`.
   */
  submitDescriptor(descriptor: DescriptorOptions, options?: SubmitOptions): number {
    const tag = this.#tag('submitDescriptor', options);
    return this.#submitted('submitDescriptor', tag, this.#outbox.sendDescriptor('submitDescriptor', descriptor, options, tag));
  }

  /** As `submitDescriptor`, but returns undefined where that throws `NO_CREDIT` or `FULL`. */
  trySubmitDescriptor(descriptor: DescriptorOptions, options?: SubmitOptions): number | undefined {
    const where = 'trySubmitDescriptor';
    const tag = this.#tag(where, options);
    return this.#trySubmitted(where, tag, this.#outbox.sendDescriptor(where, descriptor, options, tag));
  }

  #tag(where: string, options: SubmitOptions | undefined): number {
    const tag = checkOptions(where, options)?.tag;
    return tag === undefined ? this.#nextTag : checkInteger(where, 'tag', tag, 0, TAG_MAX);
  }

  #submitted(where: string, tag: number, status: number): number {
    if (status < 0) throw this.#outbox.error(status, where);
    if (tag === this.#nextTag) this.#nextTag++;
    return tag;
  }

  #trySubmitted(where: string, tag: number, status: number): number | undefined {
    if (status === STATUS_FULL || status === STATUS_NO_CREDIT) return undefined;
    return this.#submitted(where, tag, status);
  }

  /**
   * Up to `limit` completions (1 to 65,536) that have arrived, most urgent first; an empty array if there are none.
   *
   * Throws `BUSY` (a completionAsync is pending), `BAD_ARGUMENT`.
   */
  completions(limit = BATCH_COUNT_MAX): Completion[] {
    const where = 'completions';
    checkInteger(where, 'limit', limit, 1, BATCH_COUNT_MAX);
    this.#begin(where);
    const completions: Completion[] = [];
    while (completions.length < limit) {
      const status = this.#reaper.take(this.#outbox.place.entry, COMPLETION_BYTES);
      if (status === STATUS_EMPTY) break;
      if (status < 0) throw errorOf(status, where);
      completions.push(this.#completion());
    }
    return completions;
  }

  /**
   * The next completion, blocking this thread until there is one, up to `timeout` milliseconds (default: for ever).
   *
   * Throws `TIMED_OUT`, `BUSY`, `BAD_ARGUMENT`, `CANNOT_BLOCK`.
   */
  completion(options?: { readonly timeout?: number }): Completion {
    const where = 'completion';
    const timeout = checkTimeout(where, checkOptions(where, options)?.timeout);
    this.#begin(where);
    const status = this.#reaper.wait(where, this.#outbox.place.entry, COMPLETION_BYTES, timeout);
    if (status < 0) throw errorOf(status, where);
    return this.#completion();
  }

  /**
   * Promises the next completion, without blocking. As with `receiveAsync`, it keeps the process alive while pending.
   *
   * Rejects with `TIMED_OUT`, `BUSY`, `BAD_ARGUMENT`, or the reason of the signal.
   */
  async completionAsync(options?: AsyncOptions): Promise<Completion> {
    this.#begin('completionAsync');
    return this.#reaper.later('completionAsync', this.#outbox.place.entry, COMPLETION_BYTES, this.#deliver, options);
  }

  #begin(where: string): void {
    this.#outbox.checkAttached(where);
    this.#reaper.checkFree(where);
  }

  #completion(): Completion {
    const { entry } = this.#outbox.place;
    return {
      tag: tagOf(load32(entry, COMPLETION_USER_LOW), load32(entry, COMPLETION_USER_HIGH)),
      result: load32(entry, COMPLETION_RESULT),
      receiver: load32(entry, COMPLETION_RECEIVER),
      priority: priorities[lanePriority(this.#reaper.queue, load32(this.#reaper.block, RECEIVER_LANE))]!,
    };
  }

  /**
   * Gives the place back, so that another sender can take it. What was sent stays queued. A second call does nothing.
   *
   * Throws `BUSY` while completions are to come or to be taken, or a completionAsync is pending.
   */
  detach(): void {
    if (!this.#outbox.attached) return;
    this.#reaper.checkFree('detach');
    this.#outbox.detach();
  }
}

/**
 * A sender all of whose messages are completed by whoever received them, made by `queue.submitter()`; belongs to the thread
 * that made it. The queue must have been created with `completions`, which is how many messages of one priority may be on
 * their way at once: submitted, and their completions not yet taken by `completions`, `completion` or `completionAsync`.
 *
 * Apart from that it is as a Sender; it throws `CLOSED`, `DETACHED` and `BAD_HANDLE` as that does. Completions can still be
 * taken after the queue was closed.
 */
export class Submitter extends AnySubmitter {
  /** @internal Attaches. The queue is pinned. */
  static attach(shape: QueueShape, schema: number | AnySchema): Submitter {
    return new Submitter(Outbox.attach(shape, schema, queueAttachSubmitter, 'submitter'));
  }

  /** @internal */
  static over(outbox: Outbox, reaper: Inbox): Submitter {
    return new Submitter(outbox, reaper);
  }

  /**
   * Sends a copy of `bytes`, 0 to the queue's `maxMessageBytes`. Returns the tag.
   *
   * Throws `NO_CREDIT` (as many as `completions` are on their way at this priority), `FULL`, `TOO_LARGE`, `CLOSED`,
   * `BAD_PRIORITY`, `BAD_ARGUMENT`, `INVALID_MESSAGE` (not of the queue's schema).
   */
  submit(bytes: ArrayBufferView, options?: SubmitOptions): number {
    return this.submitted('submit', bytes, options);
  }

  /** As `submit`, but returns undefined where that throws `NO_CREDIT` or `FULL`. */
  trySubmit(bytes: ArrayBufferView, options?: SubmitOptions): number | undefined {
    return this.trySubmitted('trySubmit', bytes, options);
  }
}

/**
 * A submitter of values of one type, made by `queue.submitter({ schema })`. Apart from that it is as a Submitter; the kernel checks
 * each message once more, in its slot.
 */
export class TypedSubmitter<T> extends AnySubmitter {
  readonly #schema: Pick<Schema<T, unknown>, 'write'>;

  private constructor(schema: Pick<Schema<T, unknown>, 'write'>, outbox: Outbox, reaper?: Inbox) {
    super(outbox, reaper);
    this.#schema = schema;
  }

  /** @internal */
  static over<T>(schema: Pick<Schema<T, unknown>, 'write'>, outbox: Outbox, reaper?: Inbox): TypedSubmitter<T> {
    return new TypedSubmitter(schema, outbox, reaper);
  }

  /**
   * Sends a value. Returns the tag.
   *
   * Throws `BAD_ARGUMENT` (with the path of what does not fit the type), and what `Submitter.submit` throws.
   */
  submit(value: T, options?: SubmitOptions): number {
    return this.submitted('submit', this.#schema.write(value), options);
  }

  /** As `submit`, but returns undefined where that throws `NO_CREDIT` or `FULL`. */
  trySubmit(value: T, options?: SubmitOptions): number | undefined {
    return this.trySubmitted('trySubmit', this.#schema.write(value), options);
  }

  /**
   * Sends bytes that are a message already, as `schema.encode` makes them or another thread sent them. Returns the tag.
   *
   * Throws `INVALID_MESSAGE` (they are not: the error says where), and what `Submitter.submit` throws.
   */
  submitBytes(bytes: ArrayBufferView, options?: SubmitOptions): number {
    return this.submitted('submitBytes', bytes, options);
  }
}
