/**
 * Receiver: takes messages out of a queue, most urgent first.
 *
 * Role: one thread. Memory: its place in the queue's piece (place.ts), which holds a message on its way to the heap.
 * Units: bytes, milliseconds. Checked by: test/lib/receiver.test.ts, test/lib/async.test.ts, test/lib/completion.test.ts.
 */
import { setImmediate } from 'node:timers/promises';
import { load32 } from '#machine';
import { BATCH_COUNT_MAX, RECEIVER_INDEX } from '../kernel/layout.ts';
import { queueAttachReceiver, receivedBytes } from '../kernel/queue.ts';
import { STATUS_AGAIN, STATUS_CLOSED, STATUS_EMPTY, STATUS_NOT_PENDING, STATUS_TOO_SMALL } from '../kernel/status.ts';
import {
  badArgument, checkInt32, checkInteger, checkOptions, checkTimeout, priorityNumber, type Priority,
} from './check.ts';
import { errorOf, QueueError, valueOf } from './errors.ts';
import { Inbox, type AsyncOptions } from './inbox.ts';
import { Message, MessageInfo } from './message.ts';
import { placeClaim, placeRelease, type Place, type QueueShape } from './place.ts';
import { TAG_MAX } from './tag.ts';
import { Target } from './view.ts';

/** How long a blocking receive waits. */
export interface ReceiveOptions {
  /** Milliseconds, fractions allowed; 0: do not wait; absent: for ever. */
  readonly timeout?: number;
}

/** What names a message to be completed: the message itself, or as much of it. */
export interface Completable {
  /** Number of the sender. */
  readonly sender: number;
  readonly priority: Priority;
  readonly tag: number | undefined;
}

/** Messages that an asynchronous iteration takes in a row before it lets other events of the thread happen. */
const ITERATION_BURST = 64;

/**
 * One of a queue's receivers, made by `queue.receiver()`; belongs to the thread that made it.
 *
 * Every receive returns the most urgent message queued, and among equals those of one sender in the order they were sent.
 * With several receivers each message goes to one of them. Once the queue is closed and everything in it has been received,
 * receives throw `CLOSED`, and iterations end.
 *
 * While a promise of `receiveAsync` is pending, all other calls of this object but `complete` throw `BUSY`. After `detach` all
 * throw `DETACHED`; once `queue.recover` has declared it dead, `BAD_HANDLE`.
 */
export class Receiver implements Iterable<Message>, AsyncIterable<Message> {
  readonly #inbox: Inbox;
  readonly #shape: QueueShape;
  readonly #place: Place;
  readonly #target = new Target();
  #attached = true;
  /** Whether the receiver's words speak of a message that receiveInto just delivered, and that message if asked for. */
  #fresh = false;
  #last: MessageInfo | undefined;
  /** What becomes of a length or status, with the message in the place's buffer. */
  readonly #deliver = (status: number): Message => {
    if (status < 0) throw this.#error('receiveAsync', status);
    return this.#message();
  };

  private constructor(shape: QueueShape, inbox: Inbox, claims: boolean) {
    this.#shape = shape;
    this.#inbox = inbox;
    this.#place = placeClaim(shape, shape.senders + load32(inbox.block, RECEIVER_INDEX), claims);
  }

  /** @internal Attaches. The queue is pinned. */
  static attach(shape: QueueShape): Receiver {
    return new Receiver(shape, new Inbox(valueOf(queueAttachReceiver(shape.at), 'receiver')), true);
  }

  /** @internal Of a place taken by a capability. The queue is pinned. */
  static over(shape: QueueShape, inbox: Inbox): Receiver {
    return new Receiver(shape, inbox, false);
  }

  /** Number of this receiver within the queue, 0 to 31. */
  get index(): number {
    return this.#place.index - this.#shape.senders;
  }

  /** Every call begins with this. */
  #begin(where: string): void {
    if (!this.#attached) throw new QueueError('DETACHED', where);
    this.#inbox.checkFree(where);
    this.#fresh = false;
    this.#last = undefined;
  }

  #error(where: string, status: number): QueueError {
    if (status !== STATUS_TOO_SMALL) return errorOf(status, where);
    const needed = receivedBytes(this.#inbox.handle);
    return new QueueError('TOO_SMALL', where, `the message has ${needed} bytes, more than the buffer; it stays queued`, needed);
  }

  /** The message that was just copied to the place's buffer. */
  #message(): Message {
    return Message.taken(this.#inbox.block, this.#place.buffer, this.#inbox.follows);
  }

  /**
   * Takes the next message, blocking this thread until there is one. Blocking also keeps this thread's timers, promises and
   * worker messages waiting; on the main thread, `receiveAsync` is usually better.
   *
   * Throws `TIMED_OUT`, `CLOSED`, `BUSY`, `BAD_ARGUMENT`, `CANNOT_BLOCK` (where the host forbids `Atomics.wait`).
   */
  receive(options?: ReceiveOptions): Message {
    const timeout = checkTimeout('receive', checkOptions('receive', options)?.timeout);
    this.#begin('receive');
    const status = this.#inbox.wait('receive', this.#place.buffer, this.#place.bytes, timeout);
    if (status < 0) throw this.#error('receive', status);
    return this.#message();
  }

  /** The next message, or undefined if nothing is queued now. Throws `CLOSED`, `BUSY`. */
  tryReceive(): Message | undefined {
    this.#begin('tryReceive');
    const status = this.#inbox.take(this.#place.buffer, this.#place.bytes);
    if (status === STATUS_EMPTY) return undefined;
    if (status < 0) throw this.#error('tryReceive', status);
    return this.#message();
  }

  /**
   * Promises the next message, without blocking the thread. A pending promise keeps the process alive; give it up by `signal`:
   * that loses no message.
   *
   * Rejects with `TIMED_OUT`, `CLOSED`, `BUSY`, `BAD_ARGUMENT`, or the reason of the signal.
   */
  async receiveAsync(options?: AsyncOptions): Promise<Message> {
    this.#begin('receiveAsync');
    return this.#inbox.later('receiveAsync', this.#place.buffer, this.#place.bytes, this.#deliver, options);
  }

  /**
   * Takes the next message into `target` and returns its length, blocking as `receive` does. Allocates nothing. If `target`
   * views a region of this library (`Region.slab`), the message is copied straight into it; with several receivers, `target`
   * may then be scribbled on even if the call fails. `last` tells more about the message. A descriptor message delivers the 24
   * bytes of its record: see `Descriptor.decode`.
   *
   * Throws `TOO_SMALL` (the message stays; `needed` in the error), `TIMED_OUT`, `CLOSED`, `BUSY`, `BAD_ARGUMENT`, `CANNOT_BLOCK`.
   */
  receiveInto(target: ArrayBufferView, options?: ReceiveOptions): number {
    const timeout = checkTimeout('receiveInto', checkOptions('receiveInto', options)?.timeout);
    return this.#into('receiveInto', target, timeout);
  }

  /** As `receiveInto`, but returns -1 if nothing is queued now. Throws `TOO_SMALL`, `CLOSED`, `BUSY`, `BAD_ARGUMENT`. */
  tryReceiveInto(target: ArrayBufferView): number {
    return this.#into('tryReceiveInto', target, -1);
  }

  /** `timeout` negative: do not wait, and return -1 on empty. */
  #into(where: string, target: ArrayBufferView, timeout: number): number {
    const into = this.#target;
    into.take(where, target);
    this.#begin(where);
    const direct = into.address !== 0;
    const at = direct ? into.address : this.#place.buffer;
    const capacity = direct ? into.bytes : Math.min(into.bytes, this.#place.bytes);
    const status = timeout < 0 ? this.#inbox.take(at, capacity) : this.#inbox.wait(where, at, capacity, timeout);
    if (status < 0) {
      if (timeout < 0 && status === STATUS_EMPTY) return -1;
      throw this.#error(where, status);
    }
    this.#fresh = true;
    if (!direct) into.copy(at, status);
    return status;
  }

  /** About the message that `receiveInto` just delivered, or the last one of `receiveArrayInto`. Throws `EMPTY` if the call before was another. */
  get last(): MessageInfo {
    if (!this.#attached) throw new QueueError('DETACHED', 'last');
    if (!this.#fresh) throw new QueueError('EMPTY', 'last', 'only right after receiveInto or receiveArrayInto has delivered a message');
    return (this.#last ??= MessageInfo.about(this.#inbox.block, true));
  }

  /**
   * Up to `limit` messages (1 to 65,536) that are queued now, most urgent first; an empty array if there are none. Throws
   * `CLOSED`, `BUSY`, `BAD_ARGUMENT`.
   */
  receiveBatch(limit = 32): Message[] {
    checkInteger('receiveBatch', 'limit', limit, 1, BATCH_COUNT_MAX);
    this.#begin('receiveBatch');
    const messages: Message[] = [];
    while (messages.length < limit) {
      const status = this.#inbox.take(this.#place.buffer, this.#place.bytes);
      if (status === STATUS_EMPTY || (status === STATUS_CLOSED && messages.length > 0)) break;
      if (status < 0) throw this.#error('receiveBatch', status);
      messages.push(this.#message());
    }
    return messages;
  }

  /**
   * Takes into `target` up to as many messages as it has places of `each` bytes (1 or more): the most urgent message, and what
   * follows it of the same sender and priority, as far as each is exactly `each` bytes long; the last of them may be shorter.
   * Returns how many, 0 if nothing is queued; `last` tells about the last one, and its length. A queue with several receivers
   * gives one at a time.
   *
   * Throws `TOO_SMALL` (the first message is longer than `each`; it stays), `CLOSED`, `BUSY`, `BAD_ARGUMENT`.
   */
  receiveArrayInto(target: ArrayBufferView, each: number): number {
    const where = 'receiveArrayInto';
    const into = this.#target;
    into.take(where, target);
    checkInteger(where, 'each', each, 1, into.bytes);
    this.#begin(where);
    const places = Math.floor(into.bytes / each);
    const direct = into.address !== 0;
    // A place longer than any message: there is room for one.
    const size = direct ? each : Math.min(each, this.#place.bufferBytes);
    const count = direct ? places : Math.min(places, size < each ? 1 : Math.floor(this.#place.bufferBytes / size));
    const at = direct ? into.address : this.#place.buffer;
    const status = this.#inbox.takeArray(at, size, Math.min(count, BATCH_COUNT_MAX));
    if (status === STATUS_EMPTY) return 0;
    if (status < 0) throw this.#error(where, status);
    this.#fresh = true;
    if (!direct) into.copy(at, (status - 1) * each + receivedBytes(this.#inbox.handle));
    return status;
  }

  /**
   * About the message that would be received next, which stays; undefined if nothing is queued. With several receivers,
   * another may take it meanwhile. Throws `CLOSED`, `BUSY`.
   */
  peek(): MessageInfo | undefined {
    return this.#look('peek', () => this.#inbox.peek(), false);
  }

  /** Drops the next message, and returns what is known about it; undefined if nothing is queued. Throws `CLOSED`, `BUSY`. */
  discard(): MessageInfo | undefined {
    return this.#look('discard', () => this.#inbox.discard(), true);
  }

  #look(where: string, call: () => number, taken: boolean): MessageInfo | undefined {
    this.#begin(where);
    let status = STATUS_AGAIN;
    while (status === STATUS_AGAIN) status = call();
    if (status === STATUS_EMPTY) return undefined;
    if (status < 0) throw this.#error(where, status);
    return MessageInfo.about(this.#inbox.block, taken);
  }

  /**
   * Tells the sender of `message` that it is done with, for example that a region it points to may be reused. `result` is any
   * signed 32-bit integer. Once per message whose `tag` is not undefined, in any order. Instead of the message, a plain object
   * with its sender, priority and tag will do: see `queue.owed`.
   *
   * Throws `NOT_PENDING` (no completion wanted, or done already), `BAD_ARGUMENT`, `BAD_PRIORITY`, `NO_COMPLETIONS`.
   */
  complete(message: Completable, result = 0): void {
    const where = 'complete';
    if (!this.#attached) throw new QueueError('DETACHED', where);
    checkInt32(where, 'result', result);
    if (typeof message !== 'object' || message === null) throw badArgument(where, 'message must be what was received', message);
    const received = message instanceof MessageInfo ? message : undefined;
    if (received !== undefined && !received.owed) throw errorOf(STATUS_NOT_PENDING, where);
    const tag = checkInteger(where, 'tag', message.tag, 0, TAG_MAX);
    const sender = checkInteger(where, 'sender', message.sender, 0, this.#shape.senders - 1);
    const priority = priorityNumber(where, message.priority);
    valueOf(this.#inbox.complete(sender, priority, tag, result), where);
    if (received !== undefined) received.owed = false;
  }

  /**
   * Gives the place back, so that another receiver can take it. A second call does nothing.
   *
   * Throws `BUSY` while `receiveAsync` is pending. Completions that it owes can be posted by any other receiver.
   */
  detach(): void {
    if (!this.#attached) return;
    this.#begin('detach');
    placeRelease('detach', this.#shape, this.#place, () => valueOf(this.#inbox.detach(), 'detach'));
    this.#attached = false;
  }

  /** Blocks for each message, until the queue is closed and empty. */
  *[Symbol.iterator](): Iterator<Message> {
    for (;;) {
      let message: Message;
      try {
        message = this.receive();
      } catch (error) {
        if (isClosed(error)) return;
        throw error;
      }
      yield message;
    }
  }

  /** Every message until the queue is closed and empty, without blocking the thread. */
  [Symbol.asyncIterator](): AsyncIterator<Message> {
    return this.#iterate(undefined);
  }

  /**
   * As iterating over the receiver itself, with a signal to stop by: the iteration then throws the reason of the signal. No
   * message is lost: one that was not delivered stays in the queue.
   */
  messages(options?: { readonly signal?: AbortSignal }): AsyncIterable<Message> {
    const signal = checkOptions('messages', options)?.signal;
    return { [Symbol.asyncIterator]: () => this.#iterate(signal) };
  }

  #iterate(signal: AbortSignal | undefined): AsyncIterator<Message> {
    let done = false;
    let waiting = false;
    let burst = 0;
    const options = signal === undefined ? {} : { signal };
    const end = { done: true, value: undefined } as const;
    const next = async (): Promise<IteratorResult<Message>> => {
      if (++burst > ITERATION_BURST) {
        burst = 0;
        await setImmediate();
      }
      if (done) return end;
      waiting = true;
      try {
        return { done: false, value: await this.receiveAsync(options) };
      } catch (error) {
        if (done || isClosed(error)) return end;
        throw error;
      } finally {
        waiting = false;
      }
    };
    const finish = async (): Promise<IteratorResult<Message>> => {
      done = true;
      if (waiting) this.#inbox.pending?.giveUp(end);
      return end;
    };
    return { next, return: finish };
  }
}

const isClosed = (error: unknown): boolean => error instanceof QueueError && error.code === 'CLOSED';
