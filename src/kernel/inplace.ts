/**
 * Messages that nobody copies: built in their slot by the sender, read in their slot by the receiver.
 *
 * Role: messageReserve, messageCommit: the context that attached the sender. messageView, messageRelease: the one that
 *   attached the receiver, of a queue that has no other receiver: a slot that somebody reads can be claimed by nobody else.
 * Memory: the slot itself, between the two calls; the blocks' own words (RESERVED, VIEW).
 * Invariant: a reserved slot is nobody's until it is committed, a viewed one stays the receiver's until it is released; to forget
 *   either costs nothing, and the next send or receive begins anew.
 * Order: that of 4-ring. Units: bytes. Fails: what sending and receiving return; NOT_PENDING if nothing is reserved or viewed,
 *   or what was is no longer the next; POLICY for a view of a queue with several receivers; no effect.
 * Checked by: test/unit/inplace.test.ts.
 */
import { load32, loadRelaxed32, opaque32, store32 } from '#machine';
import {
  HANDLE_LOW_MASK, META_BYTES_MASK, QUEUE_RECEIVERS, RECEIVER_LANE, RECEIVER_QUEUE, RECEIVER_SOLE_HANDLE, RECEIVER_TURN,
  RECEIVER_VIEW_AT, RECEIVER_VIEW_RING, RING_AT, RING_CONSUMED, SENDER_BADGE, SENDER_BELL, SENDER_RESERVED, SENDER_RESERVED_AT,
  SLOT_META, SLOT_PAYLOAD,
} from './layout.ts';
import {
  SEND_PLAIN, sendFinish, sendMakeRoom, sendMay, sendReject, sendRing, sendTyped, senderBlock,
} from './path/1-send-careful.ts';
import { sendIsPlain, senderIs } from './path/1-send.ts';
import { LANE_PEEK, laneFindSole, laneNumbered, laneOf } from './path/3-lane.ts';
import { ringAdvance, ringConsumerSlot, ringFill, ringHasRoom, ringPublish, ringSlot } from './path/4-ring.ts';
import { wakeReceivers } from './path/5-wake.ts';
import { receiveOther, receiverBlock } from './path/6-receive.ts';
import { STATUS_FULL, STATUS_NOT_PENDING, STATUS_POLICY } from './status.ts';

/**
 * Notes the reservation of the free slot at the ring's position. Returns the address of its payload.
 * @inline
 */
const reserveAt = (sender: i32, ring: i32, priority: i32): i32 => {
  const at = load32(ring, RING_AT);
  store32(sender, SENDER_RESERVED, (priority + 1) | 0);
  store32(sender, SENDER_RESERVED_AT, at);
  return (ringSlot(ring, at) + SLOT_PAYLOAD) | 0;
};

/**
 * Looks at one thing after the other: a submitter, a lane that seems full, or something wrong.
 * @cold
 */
const reserveCareful = (handle: i32, priority: i32, bytes: i32): i32 => {
  const sender = senderBlock(handle);
  if (sender < 0) return sender;
  const status = sendMay(sender, priority, 0, bytes, SEND_PLAIN);
  if (status < 0) return sendReject(sender, status);
  const ring = sendRing(sender, priority);
  if (!ringHasRoom(ring) && !sendMakeRoom(sender, ring)) return STATUS_FULL;
  return reserveAt(sender, ring, priority);
};

/**
 * The address at which the sender may build its next message at `priority`, of `bytes` bytes or fewer. It stays the sender's
 * until it commits it, or sends anything else at this priority.
 * @inline
 */
export const messageReserve = (handle: i32, priority: i32, bytes: i32): i32 => {
  if (senderIs(handle)) {
    const sender = opaque32(handle & ~HANDLE_LOW_MASK);
    if (sendIsPlain(sender, priority, bytes)) {
      const ring = sendRing(sender, priority);
      if (ringHasRoom(ring)) return reserveAt(sender, ring, priority);
    }
  }
  return reserveCareful(handle, priority, bytes);
};

/**
 * As messageCommit, for all senders: with this user data if it is a submitter.
 * @cold
 */
export const commitCareful = (handle: i32, bytes: i32, userLow: i32, userHigh: i32): i32 => {
  const sender = senderBlock(handle);
  if (sender < 0) return sender;
  const priority = (load32(sender, SENDER_RESERVED) - 1) | 0;
  if (priority < 0) return sendReject(sender, STATUS_NOT_PENDING);
  const ring = sendRing(sender, priority);
  if (load32(ring, RING_AT) !== load32(sender, SENDER_RESERVED_AT)) return sendReject(sender, STATUS_NOT_PENDING);
  const status = sendMay(sender, priority, 0, bytes, SEND_PLAIN);
  if (status < 0) return sendReject(sender, status);
  const accepted = sendTyped(sender, (ringSlot(ring, load32(ring, RING_AT)) + SLOT_PAYLOAD) | 0, bytes);
  if (accepted < 0) return sendReject(sender, accepted);
  store32(sender, SENDER_RESERVED, 0);
  return sendFinish(sender, ring, bytes, SEND_PLAIN, userLow, userHigh);
};

/**
 * Makes the first `bytes` bytes of what was reserved a message.
 * @inline
 */
export const messageCommit = (handle: i32, bytes: i32): i32 => {
  if (senderIs(handle)) {
    const sender = opaque32(handle & ~HANDLE_LOW_MASK);
    const priority = (load32(sender, SENDER_RESERVED) - 1) | 0;
    if (sendIsPlain(sender, priority, bytes)) {
      const ring = sendRing(sender, priority);
      const at = load32(ring, RING_AT);
      if (at === load32(sender, SENDER_RESERVED_AT)) {
        store32(sender, SENDER_RESERVED, 0);
        ringFill(ringSlot(ring, at), bytes, load32(sender, SENDER_BADGE));
        ringPublish(ring, at, (at + 1) | 0, bytes);
        return wakeReceivers(load32(sender, SENDER_BELL), 1);
      }
    }
  }
  return commitCareful(handle, bytes, 0, 0);
};

/**
 * Notes the view of the next message of a lane. Returns the address of its payload.
 * @inline
 */
const viewAt = (receiver: i32, ring: i32): i32 => {
  const at = loadRelaxed32(ring, RING_CONSUMED); // [hint] own word
  store32(receiver, RECEIVER_VIEW_RING, ring);
  store32(receiver, RECEIVER_VIEW_AT, at);
  return (ringConsumerSlot(ring, at) + SLOT_PAYLOAD) | 0;
};

/** @cold */
const viewCareful = (handle: i32): i32 => {
  const receiver = receiverBlock(handle);
  if (receiver < 0) return receiver;
  const queue = load32(receiver, RECEIVER_QUEUE);
  if (load32(queue, QUEUE_RECEIVERS) !== 1) return STATUS_POLICY;
  const bytes = receiveOther(handle, LANE_PEEK);
  return bytes < 0 ? bytes : viewAt(receiver, laneNumbered(queue, load32(receiver, RECEIVER_LANE)));
};

/**
 * The address of the most urgent message, which stays where it is; what is known about it is in the receiver's words.
 * @inline
 */
export const messageView = (handle: i32): i32 => {
  if (handle > HANDLE_LOW_MASK) {
    const receiver = opaque32(handle & ~HANDLE_LOW_MASK);
    if (loadRelaxed32(receiver, RECEIVER_SOLE_HANDLE) === handle) { // [attach]
      const queue = load32(receiver, RECEIVER_QUEUE);
      const lane = laneFindSole(receiver, queue);
      if (lane >= 0) return viewAt(receiver, laneNumbered(queue, lane));
    }
  }
  return viewCareful(handle);
};

/**
 * Ends the view: the message is received, its slot free. Returns its length.
 * @inline
 */
export const messageRelease = (handle: i32): i32 => {
  const block = receiverBlock(handle);
  if (block < 0) return block;
  const receiver = opaque32(block);
  const ring = load32(receiver, RECEIVER_VIEW_RING);
  if (ring === 0) return STATUS_NOT_PENDING;
  const at = loadRelaxed32(ring, RING_CONSUMED); // [hint] own word
  if (at !== load32(receiver, RECEIVER_VIEW_AT)) return STATUS_NOT_PENDING;
  const bytes = loadRelaxed32(ringConsumerSlot(ring, at), SLOT_META) & META_BYTES_MASK; // [meta]
  store32(receiver, RECEIVER_VIEW_RING, 0);
  store32(receiver, RECEIVER_TURN, laneOf(load32(receiver, RECEIVER_QUEUE), ring));
  ringAdvance(ring, (at + 1) | 0, bytes);
  return bytes;
};
