/**
 * Sender: puts messages into a queue and forgets them.
 *
 * Role: one thread. Elsewhere: messages whose completion is wanted: submitter.ts; how bytes get into the kernel: outbox.ts.
 * Checked by: test/lib/sender.test.ts, test/lib/descriptor.test.ts.
 */
import { queueAttachSender } from '../kernel/queue.ts';
import { STATUS_FULL } from '../kernel/status.ts';
import { badArgument, checkBytes, checkInteger, checkOptions, priorityNumber } from './check.ts';
import { NO_TAG, Outbox, type DescriptorOptions, type SendOptions } from './outbox.ts';
import type { QueueShape } from './place.ts';

/** A longer message is refused by its length all the same. */
const EACH_MAX = 0x7fffffff;

/**
 * One of a queue's senders, made by `queue.sender()`; belongs to the thread that made it.
 *
 * A message is in the queue when the call returns: the bytes may be changed again. Messages of one sender and priority are
 * received in the order they were sent.
 *
 * All calls throw `CLOSED` once the queue is closed, `DETACHED` after `detach`, and `BAD_HANDLE` once `queue.recover` has
 * declared this sender dead.
 */
export class Sender {
  readonly #outbox: Outbox;

  private constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** @internal Attaches. The queue is pinned. */
  static attach(shape: QueueShape, schema: number): Sender {
    return new Sender(Outbox.attach(shape, schema, queueAttachSender, 'sender'));
  }

  /** @internal */
  static over(outbox: Outbox): Sender {
    return new Sender(outbox);
  }

  /** Number of this sender within the queue, 0 to 31: receivers see it as `message.sender`. */
  get index(): number {
    return this.#outbox.place.index;
  }

  /**
   * Sends a copy of `bytes`, 0 to the queue's `maxMessageBytes`.
   *
   * Throws `FULL`, `TOO_LARGE`, `CLOSED`, `BAD_PRIORITY`, `BAD_ARGUMENT`, `INVALID_MESSAGE` (not of the queue's schema).
   */
  send(bytes: ArrayBufferView, options?: SendOptions): void {
    const status = this.#outbox.send('send', bytes, options, NO_TAG);
    if (status < 0) throw this.#outbox.error(status, 'send');
  }

  /** As `send`, but returns false if all slots of this sender at this priority are in use, true if it was sent. */
  trySend(bytes: ArrayBufferView, options?: SendOptions): boolean {
    const status = this.#outbox.send('trySend', bytes, options, NO_TAG);
    if (status === STATUS_FULL) return false;
    if (status < 0) throw this.#outbox.error(status, 'trySend');
    return true;
  }

  /**
   * Sends a reference to part of a region; the bytes stay where they are. Takes a slot of 24 bytes.
   *
   * Throws `FULL`, `TOO_LARGE` (maxMessageBytes is below 24), `CLOSED`, `POLICY` (a slab), `STALE_REGION`, `OUT_OF_BOUNDS`,
   * `NOT_COMMITTED`, `BAD_PRIORITY`, `BAD_ARGUMENT`.
   */
  sendDescriptor(descriptor: DescriptorOptions, options?: SendOptions): void {
    const status = this.#outbox.sendDescriptor('sendDescriptor', descriptor, options, NO_TAG);
    if (status < 0) throw this.#outbox.error(status, 'sendDescriptor');
  }

  /** As `sendDescriptor`, but returns false where that throws `FULL`. */
  trySendDescriptor(descriptor: DescriptorOptions, options?: SendOptions): boolean {
    const status = this.#outbox.sendDescriptor('trySendDescriptor', descriptor, options, NO_TAG);
    if (status === STATUS_FULL) return false;
    if (status < 0) throw this.#outbox.error(status, 'trySendDescriptor');
    return true;
  }

  /**
   * Sends several messages of one priority, with one wake-up for up to 32 of them. Returns how many went, which is fewer than
   * given if the queue was full or the next one cannot be sent: sending the rest again tells why.
   *
   * Throws, if not even the first went, what `send` throws except `FULL`.
   */
  sendBatch(messages: readonly ArrayBufferView[], options?: SendOptions): number {
    const where = 'sendBatch';
    if (!Array.isArray(messages)) throw badArgument(where, 'messages must be an array', messages);
    const priority = priorityNumber(where, checkOptions(where, options)?.priority);
    const views = messages.map((message, index) => checkBytes(where, `messages[${index}]`, message));
    return this.#sendAll(where, views.length, (first) => this.#outbox.sendSome(views, first, priority));
  }

  /**
   * Sends messages of `each` bytes (1 or more) that lie one behind the other in `messages`, as many as it holds: the fastest way
   * for small ones. Returns how many went, which is fewer if the queue was full.
   *
   * Throws `BAD_ARGUMENT` if `messages` is not a whole number of messages; if not even the first went, what `send` throws
   * except `FULL`.
   */
  sendArray(messages: ArrayBufferView, each: number, options?: SendOptions): number {
    const where = 'sendArray';
    const priority = priorityNumber(where, checkOptions(where, options)?.priority);
    const bytes = checkBytes(where, 'messages', messages);
    checkInteger(where, 'each', each, 1, EACH_MAX);
    if (bytes.length % each !== 0) throw badArgument(where, `messages must be a whole number of ${each} bytes each`, bytes.length);
    return this.#sendAll(where, bytes.length / each, (first) => this.#outbox.sendPacked(bytes, each, first, priority));
  }

  /** Calls `some` with the number of the first message that is still to go, until all went or it does not take all it tried. */
  #sendAll(where: string, count: number, some: (first: number) => { readonly tried: number; readonly status: number }): number {
    this.#outbox.checkAttached(where);
    let sent = 0;
    while (sent < count) {
      const { tried, status } = some(sent);
      if (status < 0 && status !== STATUS_FULL && sent === 0) throw this.#outbox.error(status, where);
      if (status > 0) sent += status;
      if (status < tried) return sent;
    }
    return sent;
  }

  /** Gives the place back, so that another sender can take it. What was sent stays queued. A second call does nothing. */
  detach(): void {
    if (this.#outbox.attached) this.#outbox.detach();
  }
}
