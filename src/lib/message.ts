/**
 * What a receive returns: about a message, its bytes, or what its descriptor points to.
 *
 * Role: made by receiver.ts in the thread that received; ordinary objects. Memory: reads regions. Units: bytes.
 * Checked by: test/lib/receiver.test.ts, test/lib/descriptor.test.ts.
 */
import { load32 } from '#machine';
import {
  DESCRIPTOR_BYTES, DESCRIPTOR_FLAGS, DESCRIPTOR_LENGTH, DESCRIPTOR_OFFSET_LOW, DESCRIPTOR_REGION, FLAG_COMPLETE,
  FLAG_DESCRIPTOR, META_BYTES_MASK, META_FLAGS_SHIFT, QUEUE_SCHEMA, RECEIVER_BADGE, RECEIVER_LANE, RECEIVER_META, RECEIVER_QUEUE,
  RECEIVER_USER_HIGH, RECEIVER_USER_LOW,
} from '../kernel/layout.ts';
import { lanePriority, laneSender } from '../kernel/path/3-lane.ts';
import { regionAddress } from '../kernel/region.ts';
import { badArgument, checkBytes, priorities, type Priority } from './check.ts';
import { QueueError, valueOf } from './errors.ts';
import { regions } from './heap.ts';
import { tagOf } from './tag.ts';
import { checkElements, sharedView, U8, type ViewConstructor } from './view.ts';

/** A reference to part of a region, as it travels in a message: the bytes stay where they are. */
export class Descriptor {
  /** The region's number. */
  readonly region: number;
  /** Where the bytes begin in the region. */
  readonly offset: number;
  /** How many there are. */
  readonly length: number;
  /** The sender's own 32 bits, 0 to 2^32 - 1. */
  readonly flags: number;
  readonly #follows: boolean;

  private constructor(region: number, offset: number, length: number, flags: number, follows: boolean) {
    this.region = region;
    this.offset = offset;
    this.length = length;
    this.flags = flags;
    this.#follows = follows;
  }

  /**
   * Reads the 24 bytes that `receiveInto` delivers for a message whose `isDescriptor` is true. Throws `BAD_ARGUMENT` if there
   * are fewer.
   */
  static decode(record: Uint8Array): Descriptor {
    const bytes = checkBytes('Descriptor.decode', 'record', record);
    if (bytes.length < DESCRIPTOR_BYTES) {
      throw badArgument('Descriptor.decode', `record must have ${DESCRIPTOR_BYTES} bytes`, record);
    }
    const copy = new Uint8Array(DESCRIPTOR_BYTES);
    copy.set(bytes.subarray(0, DESCRIPTOR_BYTES));
    const words = new Uint32Array(copy.buffer);
    const word = (at: number): number => words[at >> 2]!;
    return new Descriptor(word(DESCRIPTOR_REGION), word(DESCRIPTOR_OFFSET_LOW), word(DESCRIPTOR_LENGTH), word(DESCRIPTOR_FLAGS), true);
  }

  /** @internal The descriptor record at an address. */
  static at(record: number, follows: boolean): Descriptor {
    const word = (at: number): number => load32(record, at) >>> 0;
    return new Descriptor(word(DESCRIPTOR_REGION), word(DESCRIPTOR_OFFSET_LOW), word(DESCRIPTOR_LENGTH), word(DESCRIPTOR_FLAGS), follows);
  }

  /**
   * The bytes in place: a view of shared memory, no copy. It must not be used once the region has been destroyed.
   *
   * Throws `STALE_REGION` if the region has been destroyed meanwhile; `NO_CAPABILITY` if it was received by a capability: whoever has
   * one to the region follows it, by `capability.follow(message)`.
   */
  get bytes(): Uint8Array {
    if (!this.#follows) throw new QueueError('NO_CAPABILITY', 'descriptor', 'follow it by a capability to its region');
    const at = valueOf(regionAddress(regions, this.region, this.offset | 0, this.length | 0), 'descriptor');
    return sharedView(at, this.length);
  }

  /** As `bytes`, as another typed array. Throws also `BAD_ARGUMENT` if they are misaligned or not a whole number of elements. */
  viewAs<T>(type: ViewConstructor<T>): T {
    return viewOf(type, this.bytes);
  }
}

const viewOf = <T>(type: ViewConstructor<T>, bytes: Uint8Array): T => {
  const elements = checkElements('viewAs', type, bytes);
  return new type(bytes.buffer, bytes.byteOffset, elements);
};

/** About a message: what `peek`, `discard` and `receiver.last` return. */
export class MessageInfo {
  /** Bytes of the message itself: 24 if it is a descriptor. */
  readonly length: number;
  readonly priority: Priority;
  /** Number of the sender within the queue, 0 to 31. */
  readonly sender: number;
  /** What the capability of the sender carries, 0 to 2^31 - 1: no sender can choose it. 0 for a sender without one. */
  readonly badge: number;
  /** With which the sender wants to hear of its completion; undefined if it does not. See `receiver.complete`. */
  readonly tag: number | undefined;
  /** Whether the message is a reference to part of a region. */
  readonly isDescriptor: boolean;
  /** @internal Whether it is still to be completed. */
  owed: boolean;

  /** Reads the receiver's words about its last message. */
  protected constructor(block: number, taken: boolean) {
    const meta = load32(block, RECEIVER_META);
    const flags = meta >>> META_FLAGS_SHIFT;
    const wanted = (flags & FLAG_COMPLETE) !== 0;
    this.length = meta & META_BYTES_MASK;
    const lane = load32(block, RECEIVER_LANE);
    const queue = load32(block, RECEIVER_QUEUE);
    this.priority = priorities[lanePriority(queue, lane)]!;
    this.sender = laneSender(queue, lane);
    this.badge = load32(block, RECEIVER_BADGE);
    this.tag = wanted ? tagOf(load32(block, RECEIVER_USER_LOW), load32(block, RECEIVER_USER_HIGH)) : undefined;
    this.isDescriptor = (flags & FLAG_DESCRIPTOR) !== 0;
    this.owed = wanted && taken;
  }

  /** @internal */
  static about(block: number, taken: boolean): MessageInfo {
    return new MessageInfo(block, taken);
  }
}

/** A received message. */
export class Message extends MessageInfo {
  /** The reference that was sent instead of bytes; undefined if bytes were. */
  readonly descriptor: Descriptor | undefined;
  readonly #bytes: Uint8Array | undefined;
  readonly #schema: number;

  private constructor(block: number, at: number, follows: boolean) {
    super(block, true);
    this.#schema = load32(load32(block, RECEIVER_QUEUE), QUEUE_SCHEMA);
    this.descriptor = this.isDescriptor ? Descriptor.at(at, follows) : undefined;
    this.#bytes = this.isDescriptor ? undefined : U8.slice(at, at + this.length);
  }

  /** @internal The message that was copied to address `at`. */
  static taken(block: number, at: number, follows: boolean): Message {
    return new Message(block, at, follows);
  }

  /**
   * The message: a copy that belongs to the caller. Of a descriptor message the bytes it points to, in place: see
   * `Descriptor.bytes`, which may throw `STALE_REGION`.
   */
  get bytes(): Uint8Array {
    return this.#bytes ?? this.descriptor!.bytes;
  }

  /** `bytes` as another typed array: `message.viewAs(Float32Array)`. Throws `BAD_ARGUMENT`, `STALE_REGION`. */
  viewAs<T>(type: ViewConstructor<T>): T {
    return viewOf(type, this.bytes);
  }

  /**
   * The message as a value of the queue's schema, read in place: lists of numbers are views, nothing is copied. `schema.decode`
   * gives the whole value instead.
   *
   * Throws `WRONG_SCHEMA` (the queue has another), `STALE_REGION`. If the queue does not validate, reading a field may throw a
   * RangeError.
   */
  as<V>(schema: { readonly id: number; view(bytes: Uint8Array): V }): V {
    if (schema.id !== this.#schema) throw new QueueError('WRONG_SCHEMA', 'as');
    return schema.view(this.bytes);
  }

  /** `bytes` read as UTF-8. Throws `STALE_REGION`. */
  text(): string {
    const { buffer, byteOffset, byteLength } = this.bytes;
    return Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
  }
}
