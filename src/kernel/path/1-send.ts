/**
 * The sender's side: check everything, pass the point of no return, publish, wake.
 *
 * Role: the context that attached the sender (a task, a worker, one core's interrupt level), one call at a time; any
 *   number of senders at once.
 * Memory: the sender block, one of its lanes; reads the message. Invariant: before the banner nothing another context can see has
 *   changed; after it the send cannot fail.
 *   One comparison with SENDER_LIMIT finds plain messages to an open queue; all else, and whatever is wrong, goes the careful way
 *   (1-send-careful.ts), which looks at one thing after the other. Every way out is a last call: the common one needs no stack.
 * Order: see 4-ring [publish], 3-lane [used], 5-wake [sleep]. [attach] the handle word, relaxed: it is compared, and nothing is
 *   read through it that attach wrote later. [close] LIMIT, relaxed: a send that does not see it at 0 counts as begun before the
 *   close; who knows of the close finds 0 by coherence (attach.ts).
 *   [descriptor] the sender's record, relaxed: each word is read once, and what was checked is what is stored; the
 *   other side is any code of the sender. [naming] ../region/flight.ts.
 * Units: bytes. Fails: what 1-send-careful returns, FULL; no effect but the counters.
 * Checked by: test/unit/1-send.test.ts, test/property, test/stress, test/same.
 */
import { copyBytes, load32, loadRelaxed32, opaque32, store32, storeRelease32, storeSequential32 } from '#machine';
import {
  DESCRIPTOR_BYTES, DESCRIPTOR_FLAGS, DESCRIPTOR_LENGTH, DESCRIPTOR_OFFSET_HIGH, DESCRIPTOR_OFFSET_LOW,
  DESCRIPTOR_REGION, DESCRIPTOR_RESERVED, FLAG_DESCRIPTOR, HANDLE_LOW_MASK, META_FLAGS_SHIFT, PRIORITY_COUNT, RING_ANNOUNCED,
  RING_AT, SENDER_BADGE, SENDER_BELL, SENDER_HANDLE, SENDER_LIMIT, SENDER_NAMING, SENDER_REGIONS, SLOT_PAYLOAD,
} from '../layout.ts';
import { regionHolds } from '../region/span.ts';
import { STATUS_FULL } from '../status.ts';
import { sendCareful, sendDescriptorCareful, sendMakeRoom, sendRing } from './1-send-careful.ts';
import { ringFill, ringHasRoom, ringPublish, ringRefresh, ringSlot } from './4-ring.ts';
import { wakeReceivers } from './5-wake.ts';

/**
 * Whether the word at a sender's block says that this is its handle. The smallest handles would name address 0.
 * @inline
 */
export const senderIs = (handle: i32): boolean =>
  handle > HANDLE_LOW_MASK && loadRelaxed32(handle & ~HANDLE_LOW_MASK, SENDER_HANDLE) === handle; // [attach]

/**
 * Whether `bytes` bytes at `priority` need no further look.
 * @inline
 */
export const sendIsPlain = (sender: i32, priority: i32, bytes: i32): boolean =>
  (bytes >>> 0) < (loadRelaxed32(sender, SENDER_LIMIT) >>> 0) && (priority >>> 0) < PRIORITY_COUNT; // [close]

/**
 * Copies the message into the free slot, publishes it and wakes. Nothing fails here.
 * @inline
 */
const sendCopy = (sender: i32, ring: i32, source: i32, bytes: i32): i32 => {
  const at = load32(ring, RING_AT);
  const slot = ringSlot(ring, at);
  copyBytes((slot + SLOT_PAYLOAD) | 0, source, bytes);
  ringFill(slot, bytes, load32(sender, SENDER_BADGE));
  ringPublish(ring, at, (at + 1) | 0, bytes);
  return wakeReceivers(load32(sender, SENDER_BELL), 1);
};

/**
 * The rest of a send that had to look for room.
 * @noinline
 */
const sendRoomed = (sender: i32, ring: i32, source: i32, bytes: i32): i32 => sendCopy(sender, ring, source, bytes);

/**
 * The first send in a lane, which is announced before anything else: one that has room and was never announced, left by a death
 * in between, would stay hidden.
 * @cold
 */
const sendFirst = (sender: i32, ring: i32, source: i32, bytes: i32): i32 =>
  (sendMakeRoom(sender, ring) ? sendCopy(sender, ring, source, bytes) : STATUS_FULL);

/**
 * When no slot is known to be free.
 * @noinline
 */
const sendTight = (sender: i32, ring: i32, source: i32, bytes: i32): i32 => {
  if (load32(ring, RING_ANNOUNCED) === 0) return sendFirst(sender, ring, source, bytes);
  return ringRefresh(ring) ? sendRoomed(sender, ring, source, bytes) : STATUS_FULL;
};

/**
 * Sends `bytes` bytes from `source`.
 * @inline
 */
export const sendNow = (handle: i32, priority: i32, source: i32, bytes: i32): i32 => {
  if (senderIs(handle) && source >= 0) {
    const sender = opaque32(handle & ~HANDLE_LOW_MASK);
    if (sendIsPlain(sender, priority, bytes)) {
      const ring = sendRing(sender, priority);
      if (!ringHasRoom(ring)) return sendTight(sender, ring, source, bytes);
      // ---- Point of no return: from here on nothing fails.
      return sendCopy(sender, ring, source, bytes);
    }
  }
  return sendCareful(handle, priority, source, bytes, 0, 0, 0);
};

/**
 * Stores the checked words of a descriptor in the free slot, publishes it and wakes. Nothing fails here.
 * @inline
 */
const descriptorStore = (
  sender: i32, ring: i32, region: i32, length: i32, offsetLow: i32, offsetHigh: i32, flags: i32,
): i32 => {
  const at = load32(ring, RING_AT);
  const slot = ringSlot(ring, at);
  const payload = (slot + SLOT_PAYLOAD) | 0;
  store32(payload, DESCRIPTOR_REGION, region);
  store32(payload, DESCRIPTOR_LENGTH, length);
  store32(payload, DESCRIPTOR_OFFSET_LOW, offsetLow);
  store32(payload, DESCRIPTOR_OFFSET_HIGH, offsetHigh);
  store32(payload, DESCRIPTOR_FLAGS, flags);
  store32(payload, DESCRIPTOR_RESERVED, 0);
  ringFill(slot, FLAG_DESCRIPTOR << META_FLAGS_SHIFT | DESCRIPTOR_BYTES, load32(sender, SENDER_BADGE));
  ringPublish(ring, at, (at + 1) | 0, DESCRIPTOR_BYTES);
  storeRelease32(sender, SENDER_NAMING, 0); // [naming]
  return wakeReceivers(load32(sender, SENDER_BELL), 1);
};

/**
 * Sends the descriptor record at `record` (layout.ts, DESCRIPTOR_*). What was checked is what is sent: each word is read once,
 * for the sender may be rewriting it; the careful way reads them anew.
 * @inline
 */
export const sendDescriptorNow = (handle: i32, priority: i32, record: i32): i32 => {
  if (senderIs(handle) && record >= 0 && (record & 3) === 0) {
    const sender = opaque32(handle & ~HANDLE_LOW_MASK);
    if (sendIsPlain(sender, priority, DESCRIPTOR_BYTES)) {
      const ring = sendRing(sender, priority);
      if (ringHasRoom(ring)) {
        const region = loadRelaxed32(record, DESCRIPTOR_REGION); // [descriptor]
        const length = loadRelaxed32(record, DESCRIPTOR_LENGTH); // [descriptor]
        const offsetLow = loadRelaxed32(record, DESCRIPTOR_OFFSET_LOW); // [descriptor]
        const offsetHigh = loadRelaxed32(record, DESCRIPTOR_OFFSET_HIGH); // [descriptor]
        const flags = loadRelaxed32(record, DESCRIPTOR_FLAGS); // [descriptor]
        const zero = offsetHigh | loadRelaxed32(record, DESCRIPTOR_RESERVED); // [descriptor]
        storeSequential32(sender, SENDER_NAMING, region); // [naming]
        if (zero === 0 && regionHolds(load32(sender, SENDER_REGIONS), region, offsetLow, length)) {
          // ---- Point of no return: from here on nothing fails.
          return descriptorStore(sender, ring, region, length, offsetLow, offsetHigh, flags);
        }
      }
    }
  }
  return sendDescriptorCareful(handle, priority, record, 0, 0, 0);
};
