/**
 * Which lane a message enters, and which lane is served next.
 *
 * Role: laneAnnounce: the sender, after publishing. laneReceive: a receiver. Memory: READY words of the queue
 *   (layout.ts), the receiver's cursor.
 * Invariants: 1 a lane with a message whose send has completed is found by every later search: its READY bit is set, or
 *   the one receiver is between
 *   clearing it and looking again, or the queue is polled. 2 priorities are searched from Critical to Low, so a receive
 *   never passes a more urgent
 *   message whose send had completed when it began. 3 among senders of equal priority the search starts behind the one
 *   served last.
 * Order: [ready], between a sender that leaves its bit as it is and the receiver that clears it.
 *   sender    STATE = t (sequential, 4-ring); read READY (sequential), set the bit if it is clear
 *   receiver  clear the bit (read-modify-write); full fence; read STATE
 *   Forbidden: the sender reads the bit still set, and the receiver reads STATE before t: a message nobody looks for.
 *   Both sides store, then load what the other stored: acquire and release do not forbid that, the sequential order
 *   does.
 *   A polled queue (one sender, or several receivers) has no READY words: a receiver paused between clearing and
 *   looking would hide messages
 *   from the other receivers.
 * Units: sender s is bit 31 - s, so that counting leading zeros finds the lowest. Fails: EMPTY and what 4-ring returns.
 * Checked by: test/unit/3-lane.test.ts, test/property, test/stress.
 */
import { fenceFull, fetchAnd32, fetchOr32, load32, loadAcquire32, loadSequential32, store32 } from '#machine';
import {
  PRIORITY_COUNT, QUEUE_HEADER_BYTES, QUEUE_POLLED, QUEUE_READY, RECEIVER_CURSOR, RECEIVER_META, RECEIVER_PRIORITY,
  RECEIVER_SENDER, RING_BYTES, SENDERS_MAX, SENDER_BIT, SENDER_BYTES, SENDER_POLLED, SENDER_RINGS,
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
  (queue + QUEUE_HEADER_BYTES + SENDER_RINGS + Math.imul(index, SENDER_BYTES) + (priority * RING_BYTES)) | 0;

/** SENDER, after publishing at `priority`: makes sure that the next search looks at this lane. */
export const laneAnnounce = (sender: i32, queue: i32, priority: i32): void => {
  if (load32(sender, SENDER_POLLED) !== 0) return;
  const word = (QUEUE_READY + (priority << 2)) | 0;
  const bit = load32(sender, SENDER_BIT);
  if ((loadSequential32(queue, word) & bit) === 0) fetchOr32(queue, word, bit); // [ready]
};

const laneAct = (ring: i32, action: i32, buffer: i32, capacity: i32, info: i32): i32 => {
  if (action === LANE_TAKE) return ringPop(ring, buffer, capacity, info);
  return ringLook(ring, info, action === LANE_DISCARD ? 1 : 0);
};

/** A lane whose READY bit is set was empty: clear the bit and look once more, for a sender that still saw it set. */
const laneRetire = (queue: i32, word: i32, bit: i32, ring: i32, action: i32, buffer: i32, capacity: i32, info: i32): i32 => {
  fetchAnd32(queue, word, ~bit); // [ready]
  fenceFull(); // [ready]
  const status = laneAct(ring, action, buffer, capacity, info);
  if (status !== STATUS_EMPTY) fetchOr32(queue, word, bit); // [ready]
  return status;
};

/**
 * RECEIVER. Takes, peeks or discards the next message by priority. Returns its length, or STATUS_EMPTY, _TOO_SMALL,
 * _AGAIN.
 */
export const laneReceive = (receiver: i32, queue: i32, action: i32, buffer: i32, capacity: i32): i32 => {
  const polled = load32(queue, QUEUE_POLLED);
  const info = (receiver + RECEIVER_META) | 0;
  for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
    const word = (QUEUE_READY + (priority << 2)) | 0;
    let candidates = polled !== 0 ? polled : loadAcquire32(queue, word); // [ready]
    while (candidates !== 0) {
      const behind = candidates & (-1 >>> load32(receiver, RECEIVER_CURSOR));
      const index = Math.clz32(behind !== 0 ? behind : candidates);
      const bit = 0x80000000 >>> index | 0;
      const ring = laneRing(queue, index, priority);
      let status = laneAct(ring, action, buffer, capacity, info);
      if (status === STATUS_EMPTY && polled === 0) status = laneRetire(queue, word, bit, ring, action, buffer, capacity, info);
      if (status === STATUS_AGAIN) return status;
      if (status !== STATUS_EMPTY) {
        store32(receiver, RECEIVER_SENDER, index);
        store32(receiver, RECEIVER_PRIORITY, priority);
        if (action !== LANE_PEEK && status >= 0) store32(receiver, RECEIVER_CURSOR, (index + 1) & (SENDERS_MAX - 1));
        return status;
      }
      candidates = candidates & ~bit;
    }
  }
  return STATUS_EMPTY;
};
