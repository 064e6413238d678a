/**
 * One lane: a ring of slots between one producer and one or several consumers.
 *
 * Role: PRODUCER (one context at a time): ringHasRoom, ringRefresh,
 *   ringClaim, ringPublish. CONSUMER (any number if the ring is shared, else one):
 *   ringPop, ringLook.
 * Memory: the ring's two lines and its slots (layout.ts). The producer writes its line and the slots; consumers only
 *   CONSUMED.
 * Invariants: 1 CONSUMED is at most PRODUCED + 1, and PRODUCED at most CONSUMED + slots (as differences).
 *   2 A slot's STATE equals position t exactly from the publication of t until that of t + slots.
 *   3 The slot of position t is written only after CONSUMED > t - slots was seen.
 *   4 CONSUMED moves from t to t + 1 once, by the one consumer that received t.
 * Order:
 *   [publish]  ringPublish stores STATE = t; ringReady acquires it. Visible: the slot's header and payload. Without it:
 *              a torn message. The store is sequential: 5-wake builds its handshake on it.
 *   [free]     ringAdvance releases CONSUMED = t + 1; ringRefresh acquires it. Visible: that the copying of t is over (its loads
 *              come before the release), which licenses overwriting the slot. Without it: a torn message.
 *   [count]    ringPublish releases PRODUCED = t + 1; ringTail acquires it. Visible: all that the producer did before, as a
 *              receiver's own CONSUMED before the completion it posted (credit.ts). Without it: a completion that is owed
 *              would look like one too many.
 *   [hint]     the producer's own PRODUCED and PRODUCED_HIGH, relaxed: only numbers, for length and statistics.
 *   [meta]     META and user data, stored relaxed by the sender, read relaxed by consumers: covered by [publish]. Atomic because
 *              a consumer of a shared ring that was overtaken may read them while they are rewritten; it then drops what
 *              it read.
 *   A shared ring is received optimistically: copy first, then CONSUMED by compare-exchange. Success proves that CONSUMED
 *   was t all along, so by invariant 3 the slot was not rewritten; failure drops the copy. Nobody ever holds a slot while
 *   it copies, so a paused or dead consumer stops no one. (One paused over exactly 2^32 messages of a lane would be fooled.)
 * Units: messages, bytes. Fails: EMPTY, AGAIN, TOO_SMALL; no effect. Elsewhere: making and inspecting a ring: ../ring.ts.
 * Checked by: test/unit/4-ring.test.ts, test/property, test/stress, test/same.
 */
import {
  addOwned64, compareExchange32, copyRacing, fenceFull, load32, loadAcquire32, loadRelaxed32, store32, storeRelaxed32,
  storeRelease32, storeSequential32,
} from '#machine';
import { countAhead } from '../count.ts';
import {
  FLAG_COMPLETE, META_BYTES_MASK, META_FLAGS_SHIFT, RING_CONSUMED, RING_CONSUMED_CACHE, RING_CONSUMER_MASK,
  RING_CONSUMER_SLOTS, RING_CONSUMER_STRIDE_BYTES, RING_FULL_COUNT, RING_MASK, RING_PRODUCED, RING_PRODUCED_HIGH,
  RING_SENT_BYTES, RING_SHARED, RING_SLOTS, RING_STRIDE_BYTES, SLOT_META, SLOT_PAYLOAD, SLOT_STATE, SLOT_USER_BYTES,
} from '../layout.ts';
import { STATUS_AGAIN, STATUS_EMPTY, STATUS_TOO_SMALL } from '../status.ts';

/** Tries of one shared receive. Each lost try is another consumer's success. */
const RING_TRIES = 64;
/**
 * Fields of the 12-byte record that ringPop and ringLook fill when they succeed: META, and with FLAG_COMPLETE the user
 * data.
 */
const INFO_META = 0;
const INFO_USER_LOW = 4;
const INFO_USER_HIGH = 8;

/**
 * PRODUCER. Whether a slot is free, as far as is known without looking at the consumers' line.
 * @inline
 */
export const ringHasRoom = (ring: i32): boolean => {
  const at = loadRelaxed32(ring, RING_PRODUCED); // [hint]
  return countAhead(at, load32(ring, RING_CONSUMED_CACHE)) <= (load32(ring, RING_MASK) >>> 0);
};

/** PRODUCER. Looks at the consumers' line: whether a slot is free. Counts it if none is. */
export const ringRefresh = (ring: i32): boolean => {
  store32(ring, RING_CONSUMED_CACHE, loadAcquire32(ring, RING_CONSUMED)); // [free]
  if (ringHasRoom(ring)) return true;
  addOwned64(ring, RING_FULL_COUNT, 1);
  return false;
};

/**
 * PRODUCER. The slot for the next message; ringHasRoom or ringRefresh has said that it is free.
 * @inline
 */
export const ringClaim = (ring: i32): i32 => {
  const at = loadRelaxed32(ring, RING_PRODUCED); // [hint]
  return (load32(ring, RING_SLOTS) + Math.imul(at & load32(ring, RING_MASK), load32(ring, RING_STRIDE_BYTES))) | 0;
};

/**
 * PRODUCER. Makes the filled slot from ringClaim the next message. META is flags << 24 | length.
 * @inline
 */
export const ringPublish = (ring: i32, slot: i32, meta: i32): void => {
  const at = loadRelaxed32(ring, RING_PRODUCED); // [hint] own word
  storeRelaxed32(slot, SLOT_META, meta); // [meta]
  storeSequential32(slot, SLOT_STATE, at); // [publish]
  const next = (at + 1) | 0;
  if (next === 0) storeRelaxed32(ring, RING_PRODUCED_HIGH, (loadRelaxed32(ring, RING_PRODUCED_HIGH) + 1) | 0); // [hint] own word
  storeRelease32(ring, RING_PRODUCED, next); // [count]
  addOwned64(ring, RING_SENT_BYTES, meta & META_BYTES_MASK);
};

/** CONSUMER. Whether position `at` is still the next to be received: always, unless others share the ring. */
const ringStillAt = (ring: i32, at: i32): boolean =>
  load32(ring, RING_SHARED) === 0 || loadAcquire32(ring, RING_CONSUMED) === at; // [free]

/**
 * CONSUMER. The slot of position `at`, which the caller just read from CONSUMED; STATUS_EMPTY if it is not published;
 * STATUS_AGAIN if the ring is shared and another consumer moved on meanwhile.
 * @inline
 */
const ringReady = (ring: i32, at: i32): i32 => {
  const index = at & load32(ring, RING_CONSUMER_MASK);
  const slot = (load32(ring, RING_CONSUMER_SLOTS) + Math.imul(index, load32(ring, RING_CONSUMER_STRIDE_BYTES))) | 0;
  if (loadAcquire32(slot, SLOT_STATE) === at) return slot; // [publish]
  // A slot lapped since then carries a later position: then CONSUMED has moved, and acquiring STATE made us see it.
  return ringStillAt(ring, at) ? STATUS_EMPTY : STATUS_AGAIN;
};

/** CONSUMER. Ends the receiving of position `at`; false if another consumer of a shared ring received it. */
const ringAdvance = (ring: i32, at: i32): boolean => {
  if (load32(ring, RING_SHARED) !== 0) return compareExchange32(ring, RING_CONSUMED, at, (at + 1) | 0) === at; // [free]
  storeRelease32(ring, RING_CONSUMED, (at + 1) | 0); // [free]
  return true;
};

/**
 * CONSUMER. As ringStillAt, after reading from the slot without receiving it: the fence keeps those reads before the second look.
 * @inline
 */
const ringConfirm = (ring: i32, at: i32): boolean => {
  if (load32(ring, RING_SHARED) === 0) return true;
  fenceFull(); // [free]
  return loadAcquire32(ring, RING_CONSUMED) === at; // [free]
};

/** User data are a slot's last 8 bytes. */
const slotUser = (ring: i32, slot: i32): i32 => (slot + load32(ring, RING_CONSUMER_STRIDE_BYTES) - SLOT_USER_BYTES) | 0;

/** Fills the caller's record once the message is its own. */
const infoStore = (info: i32, meta: i32, userLow: i32, userHigh: i32): void => {
  store32(info, INFO_META, meta);
  if ((meta & FLAG_COMPLETE << META_FLAGS_SHIFT) === 0) return;
  store32(info, INFO_USER_LOW, userLow);
  store32(info, INFO_USER_HIGH, userHigh);
};

/**
 * CONSUMER. Copies the next message to `buffer` and frees its slot. Returns its length, STATUS_EMPTY, STATUS_TOO_SMALL
 * if it is longer than `capacity` (it stays; META is in `info`), or STATUS_AGAIN.
 * @inline
 */
export const ringPop = (ring: i32, buffer: i32, capacity: i32, info: i32): i32 => {
  for (let tries = 0; tries < RING_TRIES; tries++) {
    const at = loadAcquire32(ring, RING_CONSUMED); // [free]
    const slot = ringReady(ring, at);
    if (slot === STATUS_EMPTY) return STATUS_EMPTY;
    if (slot >= 0) {
      const meta = loadRelaxed32(slot, SLOT_META); // [meta]
      const bytes = meta & META_BYTES_MASK;
      if (bytes > capacity) {
        if (ringConfirm(ring, at)) {
          store32(info, INFO_META, meta);
          return STATUS_TOO_SMALL;
        }
      } else {
        copyRacing(buffer, (slot + SLOT_PAYLOAD) | 0, bytes);
        let userLow = 0;
        let userHigh = 0;
        if ((meta & FLAG_COMPLETE << META_FLAGS_SHIFT) !== 0) {
          userLow = loadRelaxed32(slotUser(ring, slot), 0); // [meta]
          userHigh = loadRelaxed32(slotUser(ring, slot), 4); // [meta]
        }
        if (ringAdvance(ring, at)) {
          infoStore(info, meta, userLow, userHigh);
          return bytes;
        }
      }
    }
  }
  return STATUS_AGAIN;
};

/**
 * CONSUMER. The length of the next message, without copying it. `take` 0: it stays, and with several consumers the
 * answer is advice. `take` 1: it is received and dropped.
 * @cold
 * @inline
 */
export const ringLook = (ring: i32, info: i32, take: i32): i32 => {
  for (let tries = 0; tries < RING_TRIES; tries++) {
    const at = loadAcquire32(ring, RING_CONSUMED); // [free]
    const slot = ringReady(ring, at);
    if (slot === STATUS_EMPTY) return STATUS_EMPTY;
    if (slot >= 0) {
      const meta = loadRelaxed32(slot, SLOT_META); // [meta]
      let userLow = 0;
      let userHigh = 0;
      if ((meta & FLAG_COMPLETE << META_FLAGS_SHIFT) !== 0) {
        userLow = loadRelaxed32(slotUser(ring, slot), 0); // [meta]
        userHigh = loadRelaxed32(slotUser(ring, slot), 4); // [meta]
      }
      if (take !== 0 ? ringAdvance(ring, at) : ringConfirm(ring, at)) {
        infoStore(info, meta, userLow, userHigh);
        return meta & META_BYTES_MASK;
      }
    }
  }
  return STATUS_AGAIN;
};
