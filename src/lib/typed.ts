/**
 * Typed senders: values in, validated messages out.
 *
 * Role: the thread that attached. Elsewhere: bytes of a value: schema.ts; the check itself: ../kernel/schema.
 * Checked by: test/lib/typed.test.ts.
 */
import { STATUS_FULL } from '../kernel/status.ts';
import { NO_TAG, type DescriptorOptions, type Outbox, type SendOptions } from './outbox.ts';
import type { Schema } from './schema.ts';

/**
 * A sender of values of one type, made by `queue.sender({ schema })`; belongs to the thread that made it. Apart from that it is
 * as a Sender.
 *
 * The kernel checks each message once more, in its slot: nothing that is not a value of the type gets into the queue.
 */
export class TypedSender<T> {
  readonly #outbox: Outbox;
  readonly #schema: Pick<Schema<T, unknown>, 'write'>;

  private constructor(outbox: Outbox, schema: Pick<Schema<T, unknown>, 'write'>) {
    this.#outbox = outbox;
    this.#schema = schema;
  }

  /** @internal */
  static over<T>(outbox: Outbox, schema: Pick<Schema<T, unknown>, 'write'>): TypedSender<T> {
    return new TypedSender(outbox, schema);
  }

  /** Number of this sender within the queue, 0 to 31. */
  get index(): number {
    return this.#outbox.place.index;
  }

  /**
   * Sends a value.
   *
   * Throws `BAD_ARGUMENT` (with the path of what does not fit the type), and what `Sender.send` throws.
   */
  send(value: T, options?: SendOptions): void {
    this.sendBytes(this.#schema.write(value), options);
  }

  /** As `send`, but returns false if all slots of this sender at this priority are in use, true if it was sent. */
  trySend(value: T, options?: SendOptions): boolean {
    const status = this.#outbox.send('trySend', this.#schema.write(value), options, NO_TAG);
    if (status === STATUS_FULL) return false;
    if (status < 0) throw this.#outbox.error(status, 'trySend');
    return true;
  }

  /**
   * Sends bytes that are a message already, as `schema.encode` makes them or another thread sent them.
   *
   * Throws `INVALID_MESSAGE` (they are not: the error says where), and what `Sender.send` throws.
   */
  sendBytes(bytes: ArrayBufferView, options?: SendOptions): void {
    const status = this.#outbox.send('send', bytes, options, NO_TAG);
    if (status < 0) throw this.#outbox.error(status, 'send');
  }

  /**
   * Sends a reference to a message that lies in a region, at a multiple of 8. It is checked where it lies.
   *
   * Throws `INVALID_MESSAGE`, and what `Sender.sendDescriptor` throws.
   */
  sendDescriptor(descriptor: DescriptorOptions, options?: SendOptions): void {
    const status = this.#outbox.sendDescriptor('sendDescriptor', descriptor, options, NO_TAG);
    if (status < 0) throw this.#outbox.error(status, 'sendDescriptor');
  }

  /** Gives the place back, so that another sender can take it. What was sent stays queued. A second call does nothing. */
  detach(): void {
    if (this.#outbox.attached) this.#outbox.detach();
  }
}
