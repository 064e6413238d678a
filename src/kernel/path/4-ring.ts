/**
 * One lane: a ring of slots between one producer and one or several consumers.
 *
 * Role: PRODUCER (one context at a time): ringHasRoom, ringRefresh, ringSlot, ringFill, ringPublish. CONSUMER (one, unless the
 *   ring is shared: 4-shared.ts): ringPop, ringLook, and their parts.
 * Memory: the ring's lines and its slots (layout.ts). The producer writes its line, PRODUCED and the slots; consumers theirs.
 * Invariants: 1 CONSUMED is at most PRODUCED, and PRODUCED at most CONSUMED + slots (as differences).
 *   2 The slots of the positions from CONSUMED to PRODUCED hold whole messages, which nobody writes.
 *   3 The slot of position t is written only after CONSUMED > t - slots was seen.
 *   4 CONSUMED moves from t to t + 1 once, by the one consumer that received t.
 * Order:
 *   [publish]  ringPublish stores PRODUCED = t + 1; ringFind and ringTail acquire it. Visible: the slots of all positions up to
 *              t, and what the producer did before, as a receiver's own CONSUMED before the completion it posted (credit.ts).
 *              Without it: a torn message. The store is sequential towards fenceAll: 5-wake builds its handshake on it.
 *   [free]     ringAdvance releases CONSUMED = t + 1; ringRefresh acquires it. Visible: that the copying of t is over (its loads
 *              come before the release), which licenses overwriting the slot. Without it: a torn message.
 *   [hint]     PRODUCED_HIGH, relaxed: only a number, for statistics; and the one consumer's own CONSUMED.
 *   [meta]     META, badge and user data, stored relaxed by the sender, read relaxed by consumers: covered by [publish]. Atomic
 *              because a consumer of a shared ring that was overtaken may read them while they are rewritten; it then drops
 *              what it read.
 *   The producer keeps its position (AT) and the consumer what it saw of PRODUCED (SEEN) in lines of their own: neither loads
 *   a line that the other is writing unless it has run out of room or of messages.
 * Units: messages, bytes. Fails: EMPTY, TOO_SMALL; no effect. Elsewhere: making and inspecting a ring: ../ring.ts.
 * Checked by: test/unit/4-ring.test.ts, test/property, test/stress, test/same, test/explore.
 */
import {
  addOwned64, copyBytes, load32, loadAcquire32, loadRelaxed32, store32, storePublished32, storeRelaxed32, storeRelease32,
} from '#machine';
import { countAhead } from '../count.ts';
import {
  FLAG_COMPLETE, META_BYTES_MASK, META_FLAGS_SHIFT, RING_AT, RING_CONSUMED, RING_CONSUMER_MASK, RING_CONSUMER_SLOTS,
  RING_CONSUMER_STRIDE_BYTES, RING_FULL_COUNT, RING_MASK, RING_PRODUCED, RING_PRODUCED_HIGH, RING_RECEIVED_BYTES,
  RING_ROOM_END, RING_SEEN, RING_SENT_BYTES, RING_SLOTS, RING_STRIDE_BYTES, SLOT_BADGE, SLOT_META, SLOT_PAYLOAD,
  SLOT_USER_BYTES,
} from '../layout.ts';
import { STATUS_EMPTY, STATUS_TOO_SMALL } from '../status.ts';

/** Fields of the 16-byte record that consumers fill. */
export const INFO_META = 0;
export const INFO_USER_LOW = 4;
export const INFO_USER_HIGH = 8;
export const INFO_BADGE = 12;

/**
 * PRODUCER. Whether a slot is free, as far as is known without looking at the consumers' line.
 * @inline
 */
export const ringHasRoom = (ring: i32): boolean => load32(ring, RING_AT) !== load32(ring, RING_ROOM_END);

/**
 * PRODUCER. Looks at the consumers' line: whether the slot of `at` is free. Counts it if not.
 * @inline
 */
export const ringRefreshAt = (ring: i32, at: i32): boolean => {
  store32(ring, RING_ROOM_END, (loadAcquire32(ring, RING_CONSUMED) + load32(ring, RING_MASK) + 1) | 0); // [free]
  if (at !== load32(ring, RING_ROOM_END)) return true;
  addOwned64(ring, RING_FULL_COUNT, 1);
  return false;
};

/**
 * PRODUCER. As ringHasRoom, after a look at the consumers' line. Counts it if no slot is free.
 * @inline
 */
export const ringRefresh = (ring: i32): boolean => ringRefreshAt(ring, load32(ring, RING_AT));

/**
 * PRODUCER. The slot of position `at`; of RING_AT it is free once ringHasRoom or ringRefresh has said so.
 * @inline
 */
export const ringSlot = (ring: i32, at: i32): i32 =>
  (load32(ring, RING_SLOTS) + Math.imul(at & load32(ring, RING_MASK), load32(ring, RING_STRIDE_BYTES))) | 0;

/**
 * PRODUCER. Writes the header of a filled slot: META is flags << 24 | length.
 * @inline
 */
export const ringFill = (slot: i32, meta: i32, badge: i32): void => {
  storeRelaxed32(slot, SLOT_META, meta); // [meta]
  storeRelaxed32(slot, SLOT_BADGE, badge); // [meta]
};

/** PRODUCER. PRODUCED has wrapped. */
export const ringWrap = (ring: i32): void => {
  storeRelaxed32(ring, RING_PRODUCED_HIGH, (loadRelaxed32(ring, RING_PRODUCED_HIGH) + 1) | 0); // [hint]
};

/**
 * PRODUCER. Makes the filled slots from position `at`, which is RING_AT, up to `next` messages: `bytes` bytes in all.
 * @inline
 */
export const ringPublish = (ring: i32, at: i32, next: i32, bytes: i32): void => {
  storePublished32(ring, RING_PRODUCED, next); // [publish]
  if ((next >>> 0) < (at >>> 0)) ringWrap(ring);
  store32(ring, RING_AT, next);
  addOwned64(ring, RING_SENT_BYTES, bytes);
};

/**
 * CONSUMER of an unshared ring. Whether there is a message at `at`, its own position.
 * @inline
 */
export const ringFind = (ring: i32, at: i32): boolean => {
  if (at !== load32(ring, RING_SEEN)) return true;
  const produced = loadAcquire32(ring, RING_PRODUCED); // [publish]
  if (produced === at) return false;
  store32(ring, RING_SEEN, produced);
  return true;
};

/**
 * CONSUMER. The slot of position `at`.
 * @inline
 */
export const ringConsumerSlot = (ring: i32, at: i32): i32 => {
  const index = at & load32(ring, RING_CONSUMER_MASK);
  return (load32(ring, RING_CONSUMER_SLOTS) + Math.imul(index, load32(ring, RING_CONSUMER_STRIDE_BYTES))) | 0;
};

/**
 * CONSUMER of an unshared ring, at position `at`. The position up to which there are messages, looked up anew if fewer than
 * `wanted` are known.
 */
export const ringEnd = (ring: i32, at: i32, wanted: i32): i32 => {
  if (countAhead(load32(ring, RING_SEEN), at) < (wanted >>> 0)) {
    store32(ring, RING_SEEN, loadAcquire32(ring, RING_PRODUCED)); // [publish]
  }
  return load32(ring, RING_SEEN);
};

/** CONSUMER. User data are a slot's last 8 bytes. */
export const ringUser = (ring: i32, slot: i32): i32 => (slot + load32(ring, RING_CONSUMER_STRIDE_BYTES) - SLOT_USER_BYTES) | 0;

/** CONSUMER. Copies a slot's user data. */
export const ringUserData = (ring: i32, slot: i32, into: i32): void => {
  store32(into, 0, loadRelaxed32(ringUser(ring, slot), 0)); // [meta]
  store32(into, 4, loadRelaxed32(ringUser(ring, slot), 4)); // [meta]
};

/**
 * CONSUMER of an unshared ring. Ends the receiving of the positions before `next`, `bytes` bytes in all.
 * @inline
 */
export const ringAdvance = (ring: i32, next: i32, bytes: i32): void => {
  storeRelease32(ring, RING_CONSUMED, next); // [free]
  addOwned64(ring, RING_RECEIVED_BYTES, bytes);
};

/**
 * CONSUMER. Writes what is known about a message into the caller's record: META, with FLAG_COMPLETE the user data, and the badge.
 * @inline
 */
export const ringInform = (ring: i32, slot: i32, meta: i32, info: i32): void => {
  store32(info, INFO_BADGE, loadRelaxed32(slot, SLOT_BADGE)); // [meta]
  if ((meta & FLAG_COMPLETE << META_FLAGS_SHIFT) !== 0) ringUserData(ring, slot, (info + INFO_USER_LOW) | 0);
};

/**
 * CONSUMER of an unshared ring. Copies the next message to `buffer` and frees its slot. Returns its length, STATUS_EMPTY, or
 * STATUS_TOO_SMALL if it is longer than `capacity` (it stays; META is in `info`).
 * @inline
 */
export const ringPop = (ring: i32, buffer: i32, capacity: i32, info: i32): i32 => {
  const at = loadRelaxed32(ring, RING_CONSUMED); // [hint] own word
  if (!ringFind(ring, at)) return STATUS_EMPTY;
  const slot = ringConsumerSlot(ring, at);
  const meta = loadRelaxed32(slot, SLOT_META); // [meta]
  const bytes = meta & META_BYTES_MASK;
  store32(info, INFO_META, meta);
  if (bytes > capacity) return STATUS_TOO_SMALL;
  copyBytes(buffer, (slot + SLOT_PAYLOAD) | 0, bytes);
  ringInform(ring, slot, meta, info);
  ringAdvance(ring, (at + 1) | 0, bytes);
  return bytes;
};

/**
 * CONSUMER of an unshared ring. The length of the next message, without copying it.
 * @inline
 */
export const ringSee = (ring: i32, info: i32): i32 => {
  const at = loadRelaxed32(ring, RING_CONSUMED); // [hint] own word
  if (!ringFind(ring, at)) return STATUS_EMPTY;
  const slot = ringConsumerSlot(ring, at);
  const meta = loadRelaxed32(slot, SLOT_META); // [meta]
  store32(info, INFO_META, meta);
  ringInform(ring, slot, meta, info);
  return meta & META_BYTES_MASK;
};

/**
 * CONSUMER of an unshared ring. As ringSee; `take` 1: the message is received and dropped.
 * @noinline
 */
export const ringLook = (ring: i32, info: i32, take: i32): i32 => {
  const bytes = ringSee(ring, info);
  if (bytes >= 0 && take !== 0) ringAdvance(ring, (loadRelaxed32(ring, RING_CONSUMED) + 1) | 0, bytes); // [hint] own word
  return bytes;
};
