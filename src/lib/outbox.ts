/**
 * The way of a message from JavaScript into the kernel: what Sender and Submitter share.
 *
 * The kernel's calls are methods named kernel*, so that a capability can stand in between (guarded.ts).
 *
 * Role: the thread that attached. Memory: its place in the queue's piece (place.ts): bytes from the JavaScript heap are laid
 *   down there for the kernel, which copies them into a slot; bytes of a region are copied straight from it.
 * Units: bytes. Fails: the kernel's statuses, returned; wrong arguments thrown.
 * Checked by: test/lib/sender.test.ts, test/lib/descriptor.test.ts, test/lib/completion.test.ts.
 */
import { load32, store32 } from '#machine';
import {
  BATCH_ADDRESS, BATCH_BYTES, BATCH_COUNT_MAX, BATCH_LENGTH, DESCRIPTOR_FLAGS, DESCRIPTOR_LENGTH, DESCRIPTOR_OFFSET_HIGH,
  DESCRIPTOR_OFFSET_LOW, DESCRIPTOR_REGION, DESCRIPTOR_RESERVED, HANDLE_LOW_MASK, LINE_BYTES, SENDER_INDEX,
} from '../kernel/layout.ts';
import {
  queueDetachSender, queueSend, queueSendArray, queueSendBatch, queueSendDescriptor, queueSubmit, queueSubmitDescriptor, refusedByte, refusedReason,
  refusedWord,
} from '../kernel/queue.ts';
import { regionCommitted } from '../kernel/region.ts';
import { STATUS_BUSY, STATUS_INVALID_MESSAGE } from '../kernel/status.ts';
import type { Capability } from './capability.ts';
import { badArgument, checkInteger, checkOptions, checkView, priorityNumber, type Priority } from './check.ts';
import { errorOf, QueueError, valueOf } from './errors.ts';
import { regions } from './heap.ts';
import { BATCH_LIST, placeClaim, placeRelease, type Place, type QueueShape } from './place.ts';
import { Region } from './region.ts';
import type { AnySchema } from './schema.ts';
import { tagHigh, tagLow } from './tag.ts';
import { addressOf, copyIn } from './view.ts';

/** How urgent a message is. */
export interface SendOptions {
  /** Default: `'normal'`. */
  readonly priority?: Priority;
}

/** Part of a region, to be sent as a reference. */
export interface DescriptorOptions {
  /** An immutable or append-only region; by a sender that was made by a capability, a capability to one, with the right to read. */
  readonly region: Region | Capability;
  /** Where the bytes begin; default 0. */
  readonly offset?: number;
  /** How many; default: up to what is committed. */
  readonly length?: number;
  /** The sender's own 32 bits, 0 to 2^32 - 1; default 0. */
  readonly flags?: number;
}

/** Not a tag: the message wants no completion. */
export const NO_TAG = -1;
const DIRECT_BYTES = 128;
const WORD_MAX = 0xffffffff;
/** A longer array is refused by its length all the same. */
const LENGTH_MAX = 0x7fffffff;

export class Outbox {
  readonly handle: number;
  readonly shape: QueueShape;
  readonly place: Place;
  readonly schema: AnySchema | undefined;
  /** In words, what regionName takes. */
  readonly regionIs: string = 'a Region';
  attached = true;

  /** For a valid sender handle of a pinned queue. `schema` explains what the kernel refuses. `claims`: see placeClaim. */
  constructor(shape: QueueShape, handle: number, schema?: AnySchema, claims = true) {
    this.shape = shape;
    this.handle = handle;
    this.schema = schema;
    this.place = placeClaim(shape, load32(handle & ~HANDLE_LOW_MASK, SENDER_INDEX), claims);
  }

  protected kernelSend(priority: number, source: number, length: number): number {
    return queueSend(this.handle, priority, source, length);
  }
  protected kernelSubmit(priority: number, source: number, length: number, tag: number): number {
    return queueSubmit(this.handle, priority, source, length, tagLow(tag), tagHigh(tag));
  }
  protected kernelSendDescriptor(priority: number, record: number): number {
    return queueSendDescriptor(this.handle, priority, record);
  }
  protected kernelSubmitDescriptor(priority: number, record: number, tag: number): number {
    return queueSubmitDescriptor(this.handle, priority, record, tagLow(tag), tagHigh(tag));
  }
  protected kernelSendBatch(priority: number, list: number, count: number): number {
    return queueSendBatch(this.handle, priority, list, count);
  }
  protected kernelSendArray(priority: number, source: number, each: number, count: number): number {
    return queueSendArray(this.handle, priority, source, each, count);
  }
  protected kernelDetach(): number {
    return queueDetachSender(this.handle);
  }
  /** How descriptors of this sender name a region, or undefined if it is not one; and how many bytes of it can be read. */
  protected regionName(region: unknown): number | undefined {
    return region instanceof Region ? region.number : undefined;
  }
  protected regionCommitted(where: string, name: number): number {
    return valueOf(regionCommitted(regions, name), where);
  }

  /** Attaches, by the kernel's call for it. The queue is pinned. */
  static attach(
    shape: QueueShape, schema: number | AnySchema, attach: (queue: number, schema: number) => number, where: string,
  ): Outbox {
    const isNumber = typeof schema === 'number';
    return new Outbox(shape, valueOf(attach(shape.at, (isNumber ? schema : schema.id) | 0), where), isNumber ? undefined : schema);
  }

  /** The error for a status of this sender's: of a refused message it says why, and where in it. */
  error(status: number, where: string): QueueError {
    if (status !== STATUS_INVALID_MESSAGE) return errorOf(status, where);
    const [reason, word, byte] = [refusedReason(this.handle), refusedWord(this.handle), refusedByte(this.handle)];
    return errorOf(status, where, this.schema?.explain(reason, word, byte) ?? `refused at byte ${byte} (reason ${reason}, word ${word})`);
  }

  checkAttached(where: string): void {
    if (!this.attached) throw new QueueError('DETACHED', where);
  }

  detach(): void {
    placeRelease('detach', this.shape, this.place, () => {
      const status = this.kernelDetach();
      const detail = status === STATUS_BUSY ? 'completions are to come, or to be taken' : undefined;
      if (status < 0) throw errorOf(status, 'detach', detail);
    });
    this.attached = false;
  }

  /** Sends a copy of the bytes. */
  send(where: string, message: ArrayBufferView, options: SendOptions | undefined, tag: number): number {
    const priority = priorityNumber(where, checkOptions(where, options)?.priority);
    const length = checkView(where, 'bytes', message);
    this.checkAttached(where);
    // Bytes in the shared memory are copied from there; of few it costs more to find out than to copy them twice.
    let source = length > DIRECT_BYTES ? addressOf(message) : 0;
    if (source === 0) {
      source = this.place.buffer;
      // One that is too large is not copied: the kernel refuses it by its length.
      if (length <= this.shape.maxMessageBytes) copyIn(source, message);
    }
    if (tag === NO_TAG) return this.kernelSend(priority, source, length > LENGTH_MAX ? LENGTH_MAX : length);
    return this.kernelSubmit(priority, source, length > LENGTH_MAX ? LENGTH_MAX : length, tag);
  }

  /** Sends a reference to part of a region. */
  sendDescriptor(where: string, descriptor: DescriptorOptions, options: SendOptions | undefined, tag: number): number {
    const priority = priorityNumber(where, checkOptions(where, options)?.priority);
    const region = this.regionName(descriptor?.region);
    if (region === undefined) throw badArgument(where, `descriptor must be { region: ${this.regionIs}, offset, length, flags }`, descriptor);
    const offset = checkInteger(where, 'offset', descriptor.offset ?? 0, 0, WORD_MAX);
    const flags = checkInteger(where, 'flags', descriptor.flags ?? 0, 0, WORD_MAX);
    const length = descriptor.length === undefined
      ? Math.max(0, this.regionCommitted(where, region) - offset)
      : checkInteger(where, 'length', descriptor.length, 0, WORD_MAX);
    this.checkAttached(where);
    const { record } = this.place;
    store32(record, DESCRIPTOR_REGION, region);
    store32(record, DESCRIPTOR_LENGTH, length | 0);
    store32(record, DESCRIPTOR_OFFSET_LOW, offset | 0);
    store32(record, DESCRIPTOR_OFFSET_HIGH, 0);
    store32(record, DESCRIPTOR_FLAGS, flags | 0);
    store32(record, DESCRIPTOR_RESERVED, 0);
    return tag === NO_TAG ? this.kernelSendDescriptor(priority, record) : this.kernelSubmitDescriptor(priority, record, tag);
  }

  /**
   * One kernel array: messages of `each` bytes of `bytes` from number `first` on, as many as fit into the place, or as one call
   * takes if they lie in the shared memory. Returns how many, and the status.
   */
  sendPacked(bytes: Uint8Array, each: number, first: number, priority: number): { readonly tried: number; readonly status: number } {
    const left = bytes.length / each - first;
    const address = addressOf(bytes);
    if (address !== 0) {
      const tried = Math.min(left, BATCH_COUNT_MAX);
      return { tried, status: this.kernelSendArray(priority, address + first * each, each, tried) };
    }
    const tried = Math.max(1, Math.min(left, Math.floor(this.place.bufferBytes / each)));
    if (each <= this.shape.maxMessageBytes) copyIn(this.place.buffer, bytes.subarray(first * each, (first + tried) * each));
    return { tried, status: this.kernelSendArray(priority, this.place.buffer, each, tried) };
  }

  /** One kernel batch: as many of `views` from number `first` on as fit into the place. Returns how many, and the status. */
  sendSome(views: readonly Uint8Array[], first: number, priority: number): { readonly tried: number; readonly status: number } {
    const tried = this.#stage(views, first);
    return { tried, status: this.kernelSendBatch(priority, this.place.list, tried) };
  }

  /** Lays messages down and describes them in the batch list. At least one. */
  #stage(views: readonly Uint8Array[], first: number): number {
    let count = 0;
    let at = this.place.buffer;
    const end = at + this.place.bufferBytes;
    while (count < BATCH_LIST && first + count < views.length) {
      const view = views[first + count]!;
      let address = addressOf(view);
      if (address === 0) {
        address = at;
        if (view.length <= this.shape.maxMessageBytes) {
          if (at + view.length > end) break;
          copyIn(at, view);
          at += Math.ceil(view.length / LINE_BYTES) * LINE_BYTES;
        }
      }
      const record = this.place.list + count * BATCH_BYTES;
      store32(record, BATCH_ADDRESS, address);
      store32(record, BATCH_LENGTH, Math.min(view.length, LENGTH_MAX));
      count++;
    }
    return count;
  }
}
