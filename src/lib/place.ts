/**
 * What the library adds to a sender's or receiver's place in a queue: who has it, and memory for messages on their way
 * between the JavaScript heap and a slot. It lies behind the queue in the same piece, so it needs no life of its own.
 *
 *   | owner | record 24 | entry 16 | .. 64 | batch records 32 x 16 | buffer: the longest message, or several ||
 *
 * Role: the thread that attached. Places 0 .. senders - 1 are the senders', the receivers' follow.
 * Memory: OWNER is written by the attaching and detaching thread and by recovery; the rest by the owner.
 * Invariant: OWNER is the thread that attached the place, plus 1; unless it was terminated between attaching and saying so.
 *   0: nobody. Negative: being recovered by that thread.
 * Checked by: test/lib/recover.test.ts.
 */
import { threadId } from 'node:worker_threads';
import { compareExchange32, loadAcquire32, storeRelease32 } from '#machine';
import { COMPLETION_BYTES, BATCH_BYTES, DESCRIPTOR_BYTES, LINE_BYTES } from '../kernel/layout.ts';
import { KIND_QUEUE, pinned } from './objects.ts';

/** A queue as all its users in this thread know it. Lengths in bytes. */
export interface QueueShape {
  /** Region handle, and address while nobody has destroyed it. */
  readonly region: number;
  readonly at: number;
  /** Address of place 0. */
  readonly places: number;
  readonly ringSize: number;
  readonly maxMessageBytes: number;
  readonly senders: number;
  readonly receivers: number;
  readonly completions: number;
  readonly schema: number;
}

/** Addresses of one place. */
export interface Place {
  readonly index: number;
  readonly at: number;
  /** Of a descriptor record. */
  readonly record: number;
  /** Of a completion entry. */
  readonly entry: number;
  /** Of BATCH_LIST batch records. */
  readonly list: number;
  readonly buffer: number;
  /** Longest message a receive may deliver, and all of the buffer. */
  readonly bytes: number;
  readonly bufferBytes: number;
}

const PLACE_OWNER = 0;
const PLACE_RECORD = 8;
const PLACE_ENTRY = PLACE_RECORD + DESCRIPTOR_BYTES;
const PLACE_LIST = LINE_BYTES;
/** Messages of one kernel batch call. */
export const BATCH_LIST = 32;
const PLACE_BUFFER = PLACE_LIST + BATCH_LIST * BATCH_BYTES;
/** Room for a whole batch up to here; of longer messages fewer go at once. */
const BATCH_BUFFER_BYTES = 65536;

if (PLACE_ENTRY + COMPLETION_BYTES > PLACE_LIST) throw new Error('the records of a place do not fit into its first line');

const roundUp = (bytes: number): number => Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;

const bufferBytes = (maxMessageBytes: number): number => {
  const one = roundUp(Math.max(maxMessageBytes, DESCRIPTOR_BYTES));
  return Math.max(one, Math.min(one * BATCH_LIST, BATCH_BUFFER_BYTES));
};

/** Bytes of all places of a queue. */
export const placesBytes = (maxMessageBytes: number, senders: number, receivers: number): number =>
  (PLACE_BUFFER + bufferBytes(maxMessageBytes)) * (senders + receivers);

const placeAt = (shape: QueueShape, index: number): number =>
  shape.places + index * (PLACE_BUFFER + bufferBytes(shape.maxMessageBytes));

/** Takes note that this thread has attached place `index`; not if `claims` is false: then its capability says whose it is. */
export const placeClaim = (shape: QueueShape, index: number, claims = true): Place => {
  const at = placeAt(shape, index);
  if (claims) storeRelease32(at, PLACE_OWNER, threadId + 1);
  return {
    index,
    at,
    record: at + PLACE_RECORD,
    entry: at + PLACE_ENTRY,
    list: at + PLACE_LIST,
    buffer: at + PLACE_BUFFER,
    bytes: Math.max(shape.maxMessageBytes, DESCRIPTOR_BYTES),
    bufferBytes: bufferBytes(shape.maxMessageBytes),
  };
};

/** Detaches a place of this thread. Once `detach` is done, another thread may have it, or destroy the queue: hence the pin. */
export const placeRelease = (where: string, shape: QueueShape, place: Place, detach: () => unknown): void =>
  pinned(where, shape.region, KIND_QUEUE, () => {
    detach();
    compareExchange32(place.at, PLACE_OWNER, threadId + 1, 0);
  });

/**
 * Recovers place `index` by `recover` if `thread` has it or died while recovering it; whoever has it, if `thread` is
 * undefined. False if it did nothing. The queue is pinned.
 *
 * Two threads may find the same owner; if both recovered, the second could hit a thread that has attached meanwhile. So the
 * first makes itself, negated, the owner.
 */
export const placeRecover = (shape: QueueShape, index: number, thread: number | undefined, recover: () => unknown): boolean => {
  const at = placeAt(shape, index);
  const owner = loadAcquire32(at, PLACE_OWNER);
  if (thread !== undefined && Math.abs(owner) !== thread + 1) return false;
  const recovering = -(threadId + 1);
  if (compareExchange32(at, PLACE_OWNER, owner, recovering) !== owner) return false;
  recover();
  compareExchange32(at, PLACE_OWNER, recovering, 0);
  return true;
};
