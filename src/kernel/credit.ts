/**
 * Credit: how many completions are outstanding, computed from ring positions only.
 *
 *   submitted = PRODUCED - BASE             posted = sum of PRODUCED    over the receivers' lanes in the submitter's
 *   received  = CONSUMED - BASE             reaped = sum of CONSUMED    completion queue, less their start
 *   reaped <= posted <= received <= submitted <= reaped + quota
 *
 * Role: 2-validate (may one more be submitted?), 7-complete (is one owed?), attach and recovery. Memory: reads only.
 * Invariant: each position moves in one step together with the message itself, so no death can leave a count behind.
 * Order: [base] SENDER_BASE and SENDER_QUOTA are relaxed: they are written only while the place is nobody's, before the
 *   messages that count from them are published. [publish], [free]: 4-ring; creditOwed acquires what was posted before it
 *   reads what was received, so that the difference is never too low.
 * Units: messages, modulo 2^32. Fails: none. Checked by: test/unit/7-complete.test.ts.
 */
import { load32, loadRelaxed32 } from '#machine';
import {
  QUEUE_COMPLETION_QUEUES, QUEUE_COMPLETION_STRIDE_BYTES, QUEUE_HEADER_BYTES, QUEUE_RECEIVERS, RING_START, SENDER_BASE,
  SENDER_BYTES, SENDER_QUOTA,
} from './layout.ts';
import { laneRing } from './path/3-lane.ts';
import { ringHead, ringTail } from './ring.ts';

/** The completion queue of sender number `index`. */
export const creditQueue = (queue: i32, index: i32): i32 =>
  (load32(queue, QUEUE_COMPLETION_QUEUES) + Math.imul(index, load32(queue, QUEUE_COMPLETION_STRIDE_BYTES))) | 0;

/** Completions of sender number `index` reaped so far at `priority`. */
export const creditReaped = (index: i32, queue: i32, priority: i32): i32 => {
  const completions = creditQueue(queue, index);
  const receivers = load32(queue, QUEUE_RECEIVERS);
  let reaped = 0;
  for (let receiver = 0; receiver < receivers; receiver++) {
    const ring = laneRing(completions, receiver, priority);
    reaped = (reaped + ringHead(ring) - load32(ring, RING_START)) | 0;
  }
  return reaped;
};

/** Completions of sender number `index` posted so far at `priority`: exact for lanes at rest, never too high. */
const creditPosted = (index: i32, queue: i32, priority: i32): i32 => {
  const completions = creditQueue(queue, index);
  const receivers = load32(queue, QUEUE_RECEIVERS);
  let posted = 0;
  for (let receiver = 0; receiver < receivers; receiver++) {
    const ring = laneRing(completions, receiver, priority);
    posted = (posted + ringTail(ring) - load32(ring, RING_START)) | 0;
  }
  return posted;
};

/** Messages of submitter number `index` at `priority` that were received and are not completed, in the hands of all receivers. */
export const creditOwed = (queue: i32, index: i32, priority: i32): i32 => {
  const sender = (queue + QUEUE_HEADER_BYTES + Math.imul(index, SENDER_BYTES)) | 0;
  if (loadRelaxed32(sender, SENDER_QUOTA) === 0) return 0; // [base]
  const posted = creditPosted(index, queue, priority);
  const base = loadRelaxed32(sender, (SENDER_BASE + (priority << 2)) | 0); // [base]
  return (ringHead(laneRing(queue, index, priority)) - base - posted) | 0;
};
