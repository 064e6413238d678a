/**
 * Taking messages with one receiver handle: now, blocking, or by a promise.
 *
 * Role: the thread that attached the receiver. A receiver of a queue, and the reaper of a sender's completions, are both
 *   this. One call at a time: while a promise is pending, other calls are refused.
 * Invariants: 1 WAITERS has our bit while a promise is pending, so every send after the announcement wakes. 2 nobody's
 *   wake-up is lost to a promise that was given up: giving up wakes everybody, which also takes our waiter off the word.
 * Order: the handshake of ../kernel/path/5-wake.ts [sleep], word for word: announce, fence, read EVENT, look, and only
 *   then wait for EVENT to change. A count between the look and the wait makes the wait return at once.
 * Units: milliseconds. Fails: statuses; BUSY, CANNOT_BLOCK thrown. Checked by: test/lib/async.test.ts.
 */
import { addOwned64, load32, waitAsync32 } from '#machine';
import {
  HANDLE_LOW_MASK, QUEUE_EVENT, RECEIVER_BIT, RECEIVER_QUEUE, RECEIVER_SLEEP_COUNT, RECEIVER_TIMEOUT_COUNT,
} from '../kernel/layout.ts';
import { queueBell, wakeAnnounce, wakeEverybody, wakeEvent, wakeRetract } from '../kernel/path/5-wake.ts';
import { receiverBlock } from '../kernel/path/6-receive.ts';
import {
  queueComplete, queueDetachReceiver, queueDiscard, queuePeek, queueReceive, queueReceiveArray, queueReceiveTimeout,
} from '../kernel/queue.ts';
import { STATUS_AGAIN, STATUS_EMPTY, STATUS_TIMED_OUT } from '../kernel/status.ts';
import { badArgument, checkOptions, checkTimeout } from './check.ts';
import { QueueError } from './errors.ts';
import { tagHigh, tagLow } from './tag.ts';

/** One wait in the kernel, and one timer, last at most this long; longer ones are repeated. Tests shorten it. */
export const longestWait = { kernelMicroseconds: 2_000_000_000, timerMilliseconds: 0x7fffffff };

/** How long an asynchronous receive waits, and how to give it up. */
export interface AsyncOptions {
  /** Milliseconds, fractions allowed; absent: for ever. */
  readonly timeout?: number;
  /** Gives up when aborted; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

// A pending Atomics.waitAsync does not keep Node alive; a pending receive should, like any other input.
let pendingCount = 0;
let keeper: NodeJS.Timeout | undefined;
const keepAlive = (change: 1 | -1): void => {
  pendingCount += change;
  keeper ??= setInterval(() => {}, 0x7fffffff);
  if (pendingCount > 0) keeper.ref();
  else keeper.unref();
};

/** A promise that is being waited for. */
class Pending<T> {
  readonly promise: Promise<T>;
  #resolve!: (value: T) => void;
  #reject!: (reason: unknown) => void;
  #settled = false;
  readonly #inbox: Inbox;
  readonly #buffer: number;
  readonly #capacity: number;
  readonly #make: (status: number) => T;
  readonly #deadline: number;
  // Not the timeout of waitAsync: one that is woken early stays in Node's list until its time is over.
  #timer: NodeJS.Timeout | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #aborted = (): void => this.giveUp(this.#signal!.reason);
  readonly #woken = (): void => { if (!this.#settled) this.#look(); };

  constructor(
    inbox: Inbox, buffer: number, capacity: number, make: (status: number) => T, timeout: number, signal: AbortSignal | undefined,
  ) {
    this.#inbox = inbox;
    this.#buffer = buffer;
    this.#capacity = capacity;
    this.#make = make;
    this.#deadline = performance.now() + timeout;
    this.#signal = signal;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    inbox.pending = this;
    signal?.addEventListener('abort', this.#aborted);
    keepAlive(1);
    this.#armTimer();
    wakeAnnounce(queueBell(inbox.queue), inbox.bit);
    this.#look();
  }

  #armTimer(): void {
    if (this.#deadline === Infinity) return;
    const left = Math.max(0, this.#deadline - performance.now());
    const most = longestWait.timerMilliseconds;
    this.#timer = setTimeout(() => (left > most ? this.#armTimer() : this.#expire()), Math.min(left, most));
  }

  /** The receiver's loop of receiveSleep (6-receive), with the sleep left to the event loop. */
  #look(): void {
    for (;;) {
      const event = wakeEvent(queueBell(this.#inbox.queue));
      const status = this.#inbox.take(this.#buffer, this.#capacity);
      if (status !== STATUS_EMPTY) return this.#finish(status);
      addOwned64(this.#inbox.block, RECEIVER_SLEEP_COUNT, 1);
      const waiting = waitAsync32(this.#inbox.queue, QUEUE_EVENT, event);
      if (waiting !== undefined) return void waiting.then(this.#woken);
    }
  }

  #expire(): void {
    const status = this.#inbox.take(this.#buffer, this.#capacity);
    if (status === STATUS_EMPTY) addOwned64(this.#inbox.block, RECEIVER_TIMEOUT_COUNT, 1);
    this.#leave();
    this.#finish(status === STATUS_EMPTY ? STATUS_TIMED_OUT : status);
  }

  /**
   * Before going away unwoken. Our waiter is still on the word, or has just been woken for a message that we will not take:
   * waking everybody removes it, and sends the others to look for that message.
   */
  #leave(): void {
    if (receiverBlock(this.#inbox.handle) >= 0) wakeEverybody(queueBell(this.#inbox.queue));
  }

  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#aborted);
    this.#inbox.pending = undefined;
    keepAlive(-1);
    // Once somebody has declared this receiver dead, its bit belongs to a successor.
    if (receiverBlock(this.#inbox.handle) >= 0) wakeRetract(queueBell(this.#inbox.queue), this.#inbox.bit);
  }

  #finish(status: number): void {
    this.#settle();
    try {
      this.#resolve(this.#make(status));
    } catch (error) {
      this.#reject(error);
    }
  }

  /** Rejects. */
  giveUp(reason: unknown): void {
    if (this.#settled) return;
    this.#leave();
    this.#settle();
    this.#reject(reason);
  }
}

export class Inbox {
  readonly handle: number;
  readonly block: number;
  readonly queue: number;
  readonly bit: number;
  /** Whether descriptors can be followed by their region's number: not by whoever has only capabilities. */
  readonly follows: boolean = true;
  pending: { giveUp(reason: unknown): void } | undefined;

  /** For a valid receiver handle. */
  constructor(handle: number) {
    this.handle = handle;
    this.block = handle & ~HANDLE_LOW_MASK;
    this.queue = load32(this.block, RECEIVER_QUEUE);
    this.bit = load32(this.block, RECEIVER_BIT);
  }

  // The kernel's calls, so that a capability can stand in between (guarded.ts).
  protected kernelReceive(buffer: number, capacity: number): number {
    return queueReceive(this.handle, buffer, capacity);
  }
  protected kernelReceiveArray(buffer: number, each: number, count: number): number {
    return queueReceiveArray(this.handle, buffer, each, count);
  }
  protected kernelReceiveTimeout(buffer: number, capacity: number, microseconds: number): number {
    return queueReceiveTimeout(this.handle, buffer, capacity, microseconds);
  }
  peek(): number {
    return queuePeek(this.handle);
  }
  discard(): number {
    return queueDiscard(this.handle);
  }
  complete(sender: number, priority: number, tag: number, result: number): number {
    return queueComplete(this.handle, sender, priority, tagLow(tag), tagHigh(tag), result);
  }
  detach(): number {
    return queueDetachReceiver(this.handle);
  }

  /** Refuses a call while a promise is pending. */
  checkFree(where: string): void {
    if (this.pending !== undefined) {
      throw new QueueError('BUSY', where, 'an asynchronous receive is pending here: await it, or abort it by its signal');
    }
  }

  /** Takes the most urgent message now. Each lost try is another receiver's success, so STATUS_AGAIN is tried again. */
  take(buffer: number, capacity: number): number {
    for (;;) {
      const status = this.kernelReceive(buffer, capacity);
      if (status !== STATUS_AGAIN) return status;
    }
  }

  /** As take, but up to `count` messages of one sender and priority, to places of `each` bytes. Returns how many, or a status. */
  takeArray(buffer: number, each: number, count: number): number {
    for (;;) {
      const status = this.kernelReceiveArray(buffer, each, count);
      if (status !== STATUS_AGAIN) return status;
    }
  }

  /** Takes the most urgent message, blocking this thread for up to `timeout` milliseconds. */
  wait(where: string, buffer: number, capacity: number, timeout: number): number {
    const deadline = timeout === Infinity ? Infinity : performance.now() + timeout;
    let left = timeout;
    for (;;) {
      const microseconds = left === Infinity ? -1 : Math.min(Math.ceil(left * 1000), longestWait.kernelMicroseconds);
      const status = this.#waitOnce(where, buffer, capacity, microseconds);
      if (status === STATUS_EMPTY) return STATUS_TIMED_OUT;
      if (status !== STATUS_AGAIN && status !== STATUS_TIMED_OUT) return status;
      if (deadline !== Infinity) left = Math.max(0, deadline - performance.now());
      if (status === STATUS_TIMED_OUT && left === 0) return status;
    }
  }

  #waitOnce(where: string, buffer: number, capacity: number, microseconds: number): number {
    try {
      return this.kernelReceiveTimeout(buffer, capacity, microseconds);
    } catch (error) {
      // Atomics.wait is forbidden here. The kernel had announced us as a sleeper.
      wakeRetract(queueBell(this.queue), this.bit);
      throw error instanceof TypeError ? new QueueError('CANNOT_BLOCK', where) : error;
    }
  }

  /**
   * Takes the most urgent message, without blocking. `make` turns the length or status into what the promise resolves to, or
   * throws what it rejects with; it runs before anything else can use the buffer. Rejects also with the reason of `signal` or
   * of giveUp.
   */
  async later<T>(
    where: string, buffer: number, capacity: number, make: (status: number) => T, options: AsyncOptions | undefined,
  ): Promise<T> {
    const timeout = checkTimeout(where, checkOptions(where, options)?.timeout);
    const signal = options?.signal;
    if (signal !== undefined && (typeof signal?.aborted !== 'boolean' || typeof signal.addEventListener !== 'function')) {
      throw badArgument(where, 'signal must be an AbortSignal', signal);
    }
    if (signal?.aborted) throw signal.reason;
    const status = this.take(buffer, capacity);
    if (status !== STATUS_EMPTY) return make(status);
    if (timeout === 0) return make(STATUS_TIMED_OUT);
    return new Pending(this, buffer, capacity, make, timeout, signal).promise;
  }
}
