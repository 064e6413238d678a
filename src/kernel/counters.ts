/**
 * Statistics: sums over counters that each have one writer, so that no message pays for a shared one.
 *
 * Role: anybody, any time. Memory: reads the blocks of all senders and receivers; writes the caller's record. Order:
 *   [hint] and relaxed reads of the
 *   two halves, high, low, high again; exact at rest, each counter exact at some recent moment otherwise.
 * Units: messages, bytes, calls; 64 bits, low word first. Fails: BAD_ARGUMENT; no effect. Checked by:
 *   test/unit/counters.test.ts.
 */
import { fillBytes, load32, loadRelaxed32, store32 } from '#machine';
import {
  BELL_EVENT, PRIORITY_COUNT, QUEUE_BELL, QUEUE_HEADER_BYTES, QUEUE_RECEIVERS, QUEUE_RECEIVER_BLOCKS, QUEUE_SENDERS,
  RECEIVER_BYTES, RECEIVER_BYTES_RECEIVED, RECEIVER_EMPTY_COUNT, RECEIVER_SLEEP_COUNT, RECEIVER_TIMEOUT_COUNT,
  RING_FULL_COUNT, RING_PRODUCED, RING_PRODUCED_HIGH, RING_RECEIVED_BYTES, RING_SENT_BYTES, RING_START, SENDER_BYTES,
  SENDER_TYPED,
  SENDER_REJECTED_COUNT, STATISTICS_BYTES, STATISTICS_EMPTY, STATISTICS_FULL, STATISTICS_RECEIVED,
  STATISTICS_RECEIVED_BYTES, STATISTICS_REJECTED, STATISTICS_SENT, STATISTICS_SENT_BYTES, STATISTICS_SLEPT,
  STATISTICS_TIMED_OUT, STATISTICS_WOKEN,
} from './layout.ts';
import { laneRing } from './path/3-lane.ts';
import { typedRefusals } from './schema/bind.ts';
import { ringLength } from './ring.ts';
import { STATUS_BAD_ARGUMENT, STATUS_OK } from './status.ts';

/** Adds low, high to the 64-bit cell at `into` + `cell`. */
const cellAdd = (into: i32, cell: i32, low: i32, high: i32): void => {
  const sum = (load32(into, cell) + low) | 0;
  const carry = (sum >>> 0) < (low >>> 0) ? 1 : 0;
  store32(into, cell, sum);
  store32(into, (cell + 4) | 0, (load32(into, (cell + 4) | 0) + high + carry) | 0);
};

/** Tries of reading a counter between two of its carries: a carry comes once in 2^32. */
const CELL_TRIES = 4;

/** Adds another context's counter at `at` + `off` to a cell. */
const cellAddCounter = (into: i32, cell: i32, at: i32, off: i32): void => {
  let high = loadRelaxed32(at, (off + 4) | 0); // [hint]
  let low = loadRelaxed32(at, off); // [hint]
  for (let tries = 0; tries < CELL_TRIES; tries++) {
    const again = loadRelaxed32(at, (off + 4) | 0); // [hint]
    if (again !== high) {
      high = again;
      low = loadRelaxed32(at, off); // [hint]
    }
  }
  cellAdd(into, cell, low, high);
};

/** Adds one lane: messages sent are its positions, received are those less the ones still in it. */
const cellsAddLane = (into: i32, ring: i32, priority: i32): void => {
  const cell = priority << 3;
  const start = load32(ring, RING_START);
  const queued = ringLength(ring);
  const high = loadRelaxed32(ring, RING_PRODUCED_HIGH); // [hint]
  const produced = loadRelaxed32(ring, RING_PRODUCED); // [hint]
  const low = (produced - start) | 0;
  const sentHigh = (high - ((produced >>> 0) < (start >>> 0) ? 1 : 0)) | 0;
  cellAdd(into, (STATISTICS_SENT + cell) | 0, low, sentHigh);
  const received = (low - queued) | 0;
  cellAdd(into, (STATISTICS_RECEIVED + cell) | 0, received, (sentHigh - ((low >>> 0) < (queued >>> 0) ? 1 : 0)) | 0);
  cellAddCounter(into, (STATISTICS_SENT_BYTES + cell) | 0, ring, RING_SENT_BYTES);
  cellAddCounter(into, (STATISTICS_FULL + cell) | 0, ring, RING_FULL_COUNT);
  cellAddCounter(into, (STATISTICS_RECEIVED_BYTES + cell) | 0, ring, RING_RECEIVED_BYTES);
};

/** Fills the 8-byte aligned record at `into` (layout.ts, STATISTICS_*). */
export const countersCollect = (queue: i32, into: i32): i32 => {
  if (into < 0 || (into & 7) !== 0) return STATUS_BAD_ARGUMENT;
  fillBytes(into, STATISTICS_BYTES, 0);
  const senders = load32(queue, QUEUE_SENDERS);
  for (let index = 0; index < senders; index++) {
    const sender = (queue + QUEUE_HEADER_BYTES + Math.imul(index, SENDER_BYTES)) | 0;
    cellAddCounter(into, STATISTICS_REJECTED, sender, SENDER_REJECTED_COUNT);
    for (let priority = 0; priority < PRIORITY_COUNT; priority++) cellsAddLane(into, laneRing(queue, index, priority), priority);
  }
  const receivers = load32(queue, QUEUE_RECEIVERS);
  for (let index = 0; index < receivers; index++) {
    const receiver = (load32(queue, QUEUE_RECEIVER_BLOCKS) + Math.imul(index, RECEIVER_BYTES)) | 0;
    cellAddCounter(into, STATISTICS_EMPTY, receiver, RECEIVER_EMPTY_COUNT);
    cellAddCounter(into, STATISTICS_TIMED_OUT, receiver, RECEIVER_TIMEOUT_COUNT);
    cellAddCounter(into, STATISTICS_SLEPT, receiver, RECEIVER_SLEEP_COUNT);
    for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
      const cell = priority << 3;
      cellAddCounter(into, (STATISTICS_RECEIVED_BYTES + cell) | 0, receiver, (RECEIVER_BYTES_RECEIVED + cell) | 0);
    }
  }
  store32(into, STATISTICS_WOKEN, loadRelaxed32(queue, QUEUE_BELL + BELL_EVENT)); // [hint]
  return STATUS_OK;
};

/** Messages queued at `priority`, over all senders: exact at rest, else a hint. */
export const countersLaneLength = (queue: i32, priority: i32): i32 => {
  const senders = load32(queue, QUEUE_SENDERS);
  let length = 0;
  for (let index = 0; index < senders; index++) length = (length + ringLength(laneRing(queue, index, priority))) | 0;
  return length;
};

/** Messages that the queue's schema refused for `reason`, modulo 2^31. */
export const countersRefusals = (queue: i32, reason: i32): i32 => {
  let sum = 0;
  const senders = load32(queue, QUEUE_SENDERS);
  for (let index = 0; index < senders; index++) {
    const typed = load32((queue + QUEUE_HEADER_BYTES + Math.imul(index, SENDER_BYTES)) | 0, SENDER_TYPED);
    if (typed !== 0) sum = (sum + typedRefusals(typed, reason)) & 0x7fffffff;
  }
  return sum;
};
