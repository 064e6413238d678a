/**
 * A lane with several consumers: copy first, then claim.
 *
 * Role: CONSUMER, any number at once, of a ring made shared. Memory: CONSUMED of the ring; reads PRODUCED and the slots.
 * Invariant: CONSUMED moves from t to t + 1 by compare-exchange. Success proves that it was t all along, so by invariant 3 of
 *   4-ring the slot was not rewritten while it was copied; failure drops the copy. Nobody ever holds a slot while it copies, so a
 *   paused or dead consumer stops no one. (One paused over exactly 2^32 messages of a lane would be fooled.)
 * Order: [publish], [free], [meta] as in 4-ring. CONSUMED is acquired before PRODUCED: whoever moved it had seen PRODUCED further
 *   on, so PRODUCED is never seen behind it.
 * Units: messages, bytes. Fails: EMPTY, AGAIN, TOO_SMALL; no effect, but the buffer is scratch until the call succeeds.
 * Checked by: test/unit/4-ring.test.ts, test/stress, test/explore.
 */
import { compareExchange32, copyRacing, fenceFull, load32, loadAcquire32, loadRelaxed32, store32 } from '#machine';
import {
  FLAG_COMPLETE, META_BYTES_MASK, META_FLAGS_SHIFT, RING_CONSUMED, RING_PRODUCED, RING_SHARED, SLOT_BADGE, SLOT_META,
  SLOT_PAYLOAD,
} from '../layout.ts';
import { STATUS_AGAIN, STATUS_EMPTY, STATUS_TOO_SMALL } from '../status.ts';
import { INFO_BADGE, INFO_META, INFO_USER_HIGH, INFO_USER_LOW, ringConsumerSlot, ringUser } from './4-ring.ts';

/** Tries of one receive. Each lost try is another consumer's success. */
const SHARED_TRIES = 64;

/** What sharedTake does with the message it finds. */
export const SHARED_POP = 0;
export const SHARED_LOOK = 1;
export const SHARED_DROP = 2;

/** Whether several consumers share the ring. */
export const ringIsShared = (ring: i32): boolean => load32(ring, RING_SHARED) !== 0;

/** Whether `at` is still the next position, after reading from its slot: the fence keeps those reads before the look. */
const sharedConfirm = (ring: i32, at: i32): boolean => {
  fenceFull(); // [free]
  return loadAcquire32(ring, RING_CONSUMED) === at; // [free]
};

/** Receives position `at`; false if another consumer did. */
const sharedAdvance = (ring: i32, at: i32): boolean => compareExchange32(ring, RING_CONSUMED, at, (at + 1) | 0) === at; // [free]

/**
 * Takes the next message (SHARED_POP), tells its length (SHARED_LOOK: advice, another may take it) or drops it. Returns its
 * length, STATUS_EMPTY, STATUS_TOO_SMALL (META is in `info`), or STATUS_AGAIN.
 * @cold
 */
export const sharedTake = (ring: i32, action: i32, buffer: i32, capacity: i32, info: i32): i32 => {
  for (let tries = 0; tries < SHARED_TRIES; tries++) {
    const at = loadAcquire32(ring, RING_CONSUMED); // [free]
    if (loadAcquire32(ring, RING_PRODUCED) === at) return STATUS_EMPTY; // [publish]
    const slot = ringConsumerSlot(ring, at);
    const meta = loadRelaxed32(slot, SLOT_META); // [meta]
    const badge = loadRelaxed32(slot, SLOT_BADGE); // [meta]
    const bytes = meta & META_BYTES_MASK;
    const completes = (meta & FLAG_COMPLETE << META_FLAGS_SHIFT) !== 0;
    let userLow = 0;
    let userHigh = 0;
    if (completes) {
      userLow = loadRelaxed32(ringUser(ring, slot), 0); // [meta]
      userHigh = loadRelaxed32(ringUser(ring, slot), 4); // [meta]
    }
    const fits = action !== SHARED_POP || bytes <= capacity;
    if (action === SHARED_POP && fits) copyRacing(buffer, (slot + SLOT_PAYLOAD) | 0, bytes);
    if (action === SHARED_LOOK || !fits ? sharedConfirm(ring, at) : sharedAdvance(ring, at)) {
      store32(info, INFO_META, meta);
      if (!fits) return STATUS_TOO_SMALL;
      store32(info, INFO_BADGE, badge);
      if (completes) {
        store32(info, INFO_USER_LOW, userLow);
        store32(info, INFO_USER_HIGH, userHigh);
      }
      return bytes;
    }
  }
  return STATUS_AGAIN;
};
