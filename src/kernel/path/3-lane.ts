/**
 * Which lane a message enters, and which lane is served next.
 *
 * Role: laneAnnounce: the sender, before its first message in a lane. laneReceive: a receiver. Memory: USED words of
 *   the queue
 *   (layout.ts); the receiver's cursor.
 * Invariants: 1 the USED bit of a lane is set before its first message is published, and never cleared: every later
 *   search looks at it.
 *   2 Lanes are searched from Critical to Low, so a receive never passes a more urgent message whose send had completed
 *   when the
 *   receive began. 3 Among senders of equal priority the search starts behind the one served last.
 * Order: [used] the bit is set by a read-modify-write before STATE is published (4-ring), and USED is acquired before
 *   STATE is read: who
 *   knows of a completed send, or reads STATE after its own fence (5-wake), finds the bit. Without it: a message nobody
 *   looks for.
 *   Bits are sticky because clearing them would need a second look at the lane after the clearing, and a receiver
 *   paused between the
 *   two would hide messages from the others. The price: a receive looks at every more urgent lane that was ever used.
 * Units: lane n is bit 31 - (n & 31), so that counting leading zeros finds the most urgent. Fails: EMPTY and what
 *   4-ring returns.
 * Checked by: test/unit/3-lane.test.ts, test/property, test/stress.
 */
import { fetchOr32, load32, loadAcquire32, store32 } from '#machine';
import {
  QUEUE_LANES, QUEUE_LANE_MASK, QUEUE_LANE_SHIFT, QUEUE_USED, QUEUE_USED_WORDS, RECEIVER_CURSOR, RECEIVER_META,
  RECEIVER_PRIORITY, RECEIVER_SENDER, RING_ANNOUNCED, RING_BYTES,
} from '../layout.ts';
import { STATUS_AGAIN, STATUS_EMPTY } from '../status.ts';
import { ringLook, ringPop } from './4-ring.ts';

/** What laneReceive does with the message it finds. */
export const LANE_TAKE = 0;
export const LANE_PEEK = 1;
export const LANE_DISCARD = 2;

/** Whether priority `a` is delivered before priority `b`. */
export const laneIsMoreUrgent = (a: i32, b: i32): boolean => a < b;

/** The ring of sender number `index` at `priority`. */
export const laneRing = (queue: i32, index: i32, priority: i32): i32 =>
  (load32(queue, QUEUE_LANES) + Math.imul((priority << load32(queue, QUEUE_LANE_SHIFT)) + index, RING_BYTES)) | 0;

/**
 * Sets the USED bit of a ring's lane.
 * @cold
 */
const laneUse = (queue: i32, ring: i32): void => {
  const lane = ((ring - load32(queue, QUEUE_LANES)) | 0) / RING_BYTES | 0;
  fetchOr32(queue, (QUEUE_USED + (lane >> 5 << 2)) | 0, 0x80000000 >>> (lane & 31) | 0); // [used]
  store32(ring, RING_ANNOUNCED, 1);
};

/**
 * SENDER, before publishing in `ring`: makes sure that every later search looks at this lane.
 * @inline
 */
export const laneAnnounce = (queue: i32, ring: i32): void => {
  if (load32(ring, RING_ANNOUNCED) === 0) laneUse(queue, ring);
};

/**
 * The next lane to look at, as a number in its word: of the most urgent priority in `lanes`, the sender at or behind the
 * cursor, else the first. `shift` is log2 of the lanes per priority; a priority's lanes are aligned in their word.
 * @inline
 */
const lanePick = (receiver: i32, queue: i32, lanes: i32, shift: i32): i32 => {
  const first = Math.clz32(lanes);
  if (shift === 0) return first;
  const start = first >> shift << shift;
  const equals = lanes & (load32(queue, QUEUE_LANE_MASK) >>> start);
  const behind = equals & (-1 >>> (start + load32(receiver, RECEIVER_CURSOR)));
  return Math.clz32(behind !== 0 ? behind : equals);
};

/**
 * RECEIVER. Takes, peeks or discards the next message by priority. Returns its length, or STATUS_EMPTY, _TOO_SMALL, _AGAIN.
 * @inline
 */
export const laneReceive = (receiver: i32, queue: i32, action: i32, buffer: i32, capacity: i32): i32 => {
  const info = (receiver + RECEIVER_META) | 0;
  const shift = load32(queue, QUEUE_LANE_SHIFT);
  let word = 0;
  do {
    let lanes = loadAcquire32(queue, (QUEUE_USED + (word << 2)) | 0); // [used]
    while (lanes !== 0) {
      const bit = lanePick(receiver, queue, lanes, shift);
      const lane = ((word << 5) + bit) | 0;
      const ring = (load32(queue, QUEUE_LANES) + Math.imul(lane, RING_BYTES)) | 0;
      let status = STATUS_EMPTY;
      if (action === LANE_TAKE) status = ringPop(ring, buffer, capacity, info);
      else status = ringLook(ring, info, action === LANE_DISCARD ? 1 : 0);
      if (status === STATUS_AGAIN) return status;
      if (status !== STATUS_EMPTY) {
        const index = lane & ((1 << shift) - 1);
        store32(receiver, RECEIVER_SENDER, index);
        store32(receiver, RECEIVER_PRIORITY, lane >> shift);
        if (action !== LANE_PEEK && status >= 0) store32(receiver, RECEIVER_CURSOR, (index + 1) & ((1 << shift) - 1));
        return status;
      }
      lanes = lanes & ~(0x80000000 >>> bit);
    }
    word = (word + 1) | 0;
  } while (word < load32(queue, QUEUE_USED_WORDS));
  return STATUS_EMPTY;
};
