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
 * Order: [used] the bit is set by a read-modify-write before PRODUCED is published (4-ring), and read relaxed before PRODUCED
 *   is: who knows of a completed send, or looks after its own fence (5-wake), finds the bit by coherence. Without the
 *   announcement: a message nobody looks for.
 *   Bits are sticky because clearing them would need a second look at the lane after the clearing, and a receiver
 *   paused between the
 *   two would hide messages from the others. The price: a receive looks at every more urgent lane that was ever used.
 * Units: lane n is bit 31 - (n & 31), so that counting leading zeros finds the most urgent. Fails: EMPTY and what
 *   4-ring returns.
 * Checked by: test/unit/3-lane.test.ts, test/property, test/stress.
 */
import { addOwned64, fetchOr32, load32, loadRelaxed32, store32 } from '#machine';
import {
  QUEUE_LANES, QUEUE_LANE_MASK, QUEUE_LANE_SHIFT, QUEUE_USED, QUEUE_USED_WORDS, RECEIVER_BYTES_RECEIVED, RECEIVER_LANE,
  RECEIVER_META, RECEIVER_TURN, RING_ANNOUNCED, RING_BYTES,
} from '../layout.ts';
import { STATUS_EMPTY } from '../status.ts';
import { ringLook, ringPop, ringSee } from './4-ring.ts';
import { ringIsShared, sharedTake, SHARED_DROP, SHARED_LOOK, SHARED_POP } from './4-shared.ts';

/** What laneReceive does with the message it finds. */
export const LANE_TAKE = SHARED_POP;
export const LANE_PEEK = SHARED_LOOK;
export const LANE_DISCARD = SHARED_DROP;

/** Whether priority `a` is delivered before priority `b`. */
export const laneIsMoreUrgent = (a: i32, b: i32): boolean => a < b;

/** The ring of lane number `lane`. */
export const laneNumbered = (queue: i32, lane: i32): i32 => (load32(queue, QUEUE_LANES) + Math.imul(lane, RING_BYTES)) | 0;

/** The number of a lane, from its ring. */
export const laneOf = (queue: i32, ring: i32): i32 => ((ring - load32(queue, QUEUE_LANES)) | 0) / RING_BYTES | 0;

/** The ring of sender number `index` at `priority`. */
export const laneRing = (queue: i32, index: i32, priority: i32): i32 =>
  laneNumbered(queue, ((priority << load32(queue, QUEUE_LANE_SHIFT)) + index) | 0);

/** Sender and priority of lane number `lane`. */
export const laneSender = (queue: i32, lane: i32): i32 => lane & ((1 << load32(queue, QUEUE_LANE_SHIFT)) - 1);
export const lanePriority = (queue: i32, lane: i32): i32 => lane >> load32(queue, QUEUE_LANE_SHIFT);

/**
 * Sets the USED bit of a ring's lane.
 * @cold
 */
const laneUse = (queue: i32, ring: i32): void => {
  const lane = laneOf(queue, ring);
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

/** The lanes of word `word` that were ever used. */
export const laneUsed = (queue: i32, word: i32): i32 => loadRelaxed32(queue, (QUEUE_USED + (word << 2)) | 0); // [used]

/**
 * The next lane to look at, as a number in its word: of the most urgent priority in `lanes`, the sender behind the one served
 * last, else the first. A priority's lanes are aligned in their word.
 * @inline
 */
export const lanePick = (receiver: i32, queue: i32, lanes: i32): i32 => {
  const first = Math.clz32(lanes);
  const shift = load32(queue, QUEUE_LANE_SHIFT);
  if (shift === 0 || (lanes & (lanes - 1)) === 0) return first;
  const start = first >> shift << shift;
  const equals = lanes & (load32(queue, QUEUE_LANE_MASK) >>> start);
  const next = (load32(receiver, RECEIVER_TURN) + 1) & ((1 << shift) - 1);
  const behind = equals & (-1 >>> (start + next));
  return Math.clz32(behind !== 0 ? behind : equals);
};

/** What a receiver remembers of the lane it found something in. */
const laneNote = (receiver: i32, lane: i32, status: i32, action: i32): void => {
  store32(receiver, RECEIVER_LANE, lane);
  if (status >= 0 && action !== LANE_PEEK) store32(receiver, RECEIVER_TURN, lane);
};

/**
 * The only RECEIVER of a queue of one word of lanes. Takes the most urgent message. Returns its length, or STATUS_EMPTY or
 * STATUS_TOO_SMALL.
 * @inline
 */
export const laneTakeSole = (receiver: i32, queue: i32, buffer: i32, capacity: i32): i32 => {
  let lanes = laneUsed(queue, 0);
  while (lanes !== 0) {
    const lane = lanePick(receiver, queue, lanes);
    const status = ringPop(laneNumbered(queue, lane), buffer, capacity, (receiver + RECEIVER_META) | 0);
    if (status !== STATUS_EMPTY) {
      laneNote(receiver, lane, status, LANE_TAKE);
      return status;
    }
    lanes = lanes & ~(0x80000000 >>> lane);
  }
  return STATUS_EMPTY;
};

/**
 * As laneTakeSole, but leaves the message where it is. Returns the number of its lane, or STATUS_EMPTY.
 * @inline
 */
export const laneFindSole = (receiver: i32, queue: i32): i32 => {
  let lanes = laneUsed(queue, 0);
  while (lanes !== 0) {
    const lane = lanePick(receiver, queue, lanes);
    if (ringSee(laneNumbered(queue, lane), (receiver + RECEIVER_META) | 0) !== STATUS_EMPTY) {
      store32(receiver, RECEIVER_LANE, lane);
      return lane;
    }
    lanes = lanes & ~(0x80000000 >>> lane);
  }
  return STATUS_EMPTY;
};

/** A lane that several receivers share: its bytes are counted by each of them. */
const laneShared = (receiver: i32, ring: i32, priority: i32, action: i32, buffer: i32, capacity: i32): i32 => {
  const bytes = sharedTake(ring, action, buffer, capacity, (receiver + RECEIVER_META) | 0);
  if (bytes >= 0 && action !== LANE_PEEK) addOwned64(receiver, (RECEIVER_BYTES_RECEIVED + (priority << 3)) | 0, bytes);
  return bytes;
};

/**
 * RECEIVER. Takes, peeks or discards the most urgent message of all lanes. Returns its length, or STATUS_EMPTY, _TOO_SMALL,
 * _AGAIN.
 */
export const laneReceive = (receiver: i32, queue: i32, action: i32, buffer: i32, capacity: i32): i32 => {
  const info = (receiver + RECEIVER_META) | 0;
  const words = load32(queue, QUEUE_USED_WORDS);
  for (let word = 0; word < words; word++) {
    let lanes = laneUsed(queue, word);
    while (lanes !== 0) {
      const bit = lanePick(receiver, queue, lanes);
      const lane = ((word << 5) + bit) | 0;
      const ring = laneNumbered(queue, lane);
      let status = STATUS_EMPTY;
      if (ringIsShared(ring)) status = laneShared(receiver, ring, lanePriority(queue, lane), action, buffer, capacity);
      else if (action === LANE_TAKE) status = ringPop(ring, buffer, capacity, info);
      else status = ringLook(ring, info, action === LANE_DISCARD ? 1 : 0);
      if (status !== STATUS_EMPTY) {
        laneNote(receiver, lane, status, action);
        return status;
      }
      lanes = lanes & ~(0x80000000 >>> bit);
    }
  }
  return STATUS_EMPTY;
};
