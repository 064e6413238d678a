/**
 * A call that fails leaves memory as it was: the words for which that does not hold, and why.
 *
 * What may change: the counter of the failure (64 bits); private notes of one side, which say the same as before, only newer (what
 * of the other side's cursor was seen, that a lane was announced, what was reaped); a receiver's words about the message that was too
 * large; places in which a call builds what it does not send, a free slot among them where a schema judges the copy in it, with the notes of
 * that judgement; EVENT, which wakes others for a message that stays; the results of
 * a batch, and the buffer of a receive that lost its message to another. All other words must hold what they held, but for what
 * others changed meanwhile: engine.ts adds up the differences that a call makes, weighted by word.
 *
 * Checked by: test/explore/seeded.test.ts.
 */
import * as layout from '../kernel/layout.ts';
import type { Call, Place } from './scenario.ts';

/** A sender's block for its schema (src/kernel/schema/bind.ts). */
const TYPED_SENDER_BYTES = 256;

type Span = readonly [offset: number, bytes: number];

const QUEUE: Span[] = [[layout.QUEUE_USED, 16], [layout.QUEUE_EVENT, 4]];
const SENDER: Span[] = [
  [layout.SENDER_REJECTED_COUNT, 8], [layout.SENDER_REAPED_CACHE, layout.PRIORITY_COUNT * 4],
];
const RECEIVER: Span[] = [
  [layout.RECEIVER_META, 20], [layout.RECEIVER_STREAK, 4], [layout.RECEIVER_EMPTY_COUNT, 8], [layout.RECEIVER_TIMEOUT_COUNT,
    8], [layout.RECEIVER_SLEEP_COUNT, 8],
  [layout.RECEIVER_ENTRY, layout.COMPLETION_BYTES],
];
const RING: Span[] = [[layout.RING_ROOM_END, 4], [layout.RING_SEEN, 4], [layout.RING_FULL_COUNT, 8], [layout.RING_ANNOUNCED, 4]];

/** Calls whose own words in the caller's memory (records, buffers) are no part of the queue. */
const JUDGED = /^(queue|region|received)/;

/** Whether a failure of this call is judged: operations of the kernel, not what a scenario builds of several. */
export const isJudgedUnchanged = (call: Call): boolean => JUDGED.test(call.name);

/** An odd number for each word, so that no plausible set of changes adds up to 0. */
const weight = (word: number): number => Math.imul(word + 1, 0x9e3779b1) | 1;

/** A weight for each word that a failing call must not change, 0 for the others. Objects end at `end`; what follows is callers' memory. */
export const changeWeights = (place: Place, read: (address: number) => number, end: number): Int32Array => {
  const weights = new Int32Array(end >> 2);
  const mark = (at: number, spans: readonly Span[], bytes?: number): void => {
    for (let off = 0; bytes !== undefined && off < bytes; off += 4) weights[(at + off) >> 2] = weight((at + off) >> 2);
    for (const [offset, length] of spans) for (let off = 0; off < length; off += 4) weights[(at + offset + off) >> 2] = 0;
  };
  const markQueue = (queue: number, bytes: number): void => {
    const senders = read(queue + layout.QUEUE_SENDERS);
    mark(queue, QUEUE, bytes);
    for (let s = 0; s < senders; s++) mark(queue + layout.QUEUE_HEADER_BYTES + s * layout.SENDER_BYTES, SENDER);
    const blocks = read(queue + layout.QUEUE_RECEIVER_BLOCKS);
    for (let r = 0; r < read(queue + layout.QUEUE_RECEIVERS); r++) mark(blocks + r * layout.RECEIVER_BYTES, RECEIVER);
    const lanes = layout.PRIORITY_COUNT << read(queue + layout.QUEUE_LANE_SHIFT);
    for (let lane = 0; lane < lanes; lane++) {
      const ring = read(queue + layout.QUEUE_LANES) + lane * layout.RING_BYTES;
      mark(ring, RING);
      const slots = (read(ring + layout.RING_MASK) + 1) * read(ring + layout.RING_STRIDE_BYTES);
      if (read(queue + layout.QUEUE_TYPED) !== 0) mark(read(ring + layout.RING_SLOTS), [[0, slots]]);
    }
    for (let s = 0; s < senders; s++) {
      const typed = read(queue + layout.QUEUE_HEADER_BYTES + s * layout.SENDER_BYTES + layout.SENDER_TYPED);
      if (typed !== 0) mark(typed, [[0, TYPED_SENDER_BYTES]]);
    }
  };
  mark(place.table, [], place.queue - place.table);
  markQueue(place.queue, place.bytes);
  const stride = read(place.queue + layout.QUEUE_COMPLETION_STRIDE_BYTES);
  for (let s = 0; s < read(place.queue + layout.QUEUE_SENDERS) && stride > 0; s++) {
    markQueue(read(place.queue + layout.QUEUE_COMPLETION_QUEUES) + s * stride, stride);
  }
  return weights;
};
