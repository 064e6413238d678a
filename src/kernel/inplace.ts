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
import { load32, loadRelaxed32, store32 } from '#machine';
import {
  META_BYTES_MASK, QUEUE_LANES, QUEUE_RECEIVERS, RECEIVER_LANE, RECEIVER_QUEUE, RECEIVER_TURN, RECEIVER_VIEW_AT,
  RECEIVER_VIEW_RING, RING_AT, RING_BYTES, RING_CONSUMED, SENDER_RESERVED, SENDER_RESERVED_AT, SLOT_META, SLOT_PAYLOAD,
} from './layout.ts';
import { SEND_PLAIN, sendMay, sendFinish, sendMakeRoom, sendReject, sendRing, senderBlock } from './path/1-send-careful.ts';
import { LANE_PEEK, laneNumbered } from './path/3-lane.ts';
import { ringAdvance, ringConsumerSlot, ringHasRoom, ringSlot } from './path/4-ring.ts';
import { receiveOther, receiverBlock } from './path/6-receive.ts';
import { STATUS_FULL, STATUS_NOT_PENDING, STATUS_POLICY } from './status.ts';

/**
 * The address at which the sender may build its next message at `priority`, of `bytes` bytes or fewer. It stays the sender's
 * until it commits it, or sends anything else at this priority.
 */
export const messageReserve = (handle: i32, priority: i32, bytes: i32): i32 => {
  const sender = senderBlock(handle);
  if (sender < 0) return sender;
  const status = sendMay(sender, priority, 0, bytes, SEND_PLAIN);
  if (status < 0) return sendReject(sender, status);
  const ring = sendRing(sender, priority);
  if (!ringHasRoom(ring) && !sendMakeRoom(sender, ring)) return STATUS_FULL;
  const at = load32(ring, RING_AT);
  store32(sender, SENDER_RESERVED, (priority + 1) | 0);
  store32(sender, SENDER_RESERVED_AT, at);
  return (ringSlot(ring, at) + SLOT_PAYLOAD) | 0;
};

/** Makes the first `bytes` bytes of what was reserved a message, with this user data if the sender is a submitter. */
export const messageCommit = (handle: i32, bytes: i32, userLow: i32, userHigh: i32): i32 => {
  const sender = senderBlock(handle);
  if (sender < 0) return sender;
  const priority = (load32(sender, SENDER_RESERVED) - 1) | 0;
  if (priority < 0) return sendReject(sender, STATUS_NOT_PENDING);
  const ring = sendRing(sender, priority);
  if (load32(ring, RING_AT) !== load32(sender, SENDER_RESERVED_AT)) return sendReject(sender, STATUS_NOT_PENDING);
  const status = sendMay(sender, priority, 0, bytes, SEND_PLAIN);
  if (status < 0) return sendReject(sender, status);
  store32(sender, SENDER_RESERVED, 0);
  return sendFinish(sender, ring, bytes, SEND_PLAIN, userLow, userHigh);
};

/** The address of the most urgent message, which stays where it is; what is known about it is in the receiver's words. */
export const messageView = (handle: i32): i32 => {
  const receiver = receiverBlock(handle);
  if (receiver < 0) return receiver;
  const queue = load32(receiver, RECEIVER_QUEUE);
  if (load32(queue, QUEUE_RECEIVERS) !== 1) return STATUS_POLICY;
  const bytes = receiveOther(handle, LANE_PEEK);
  if (bytes < 0) return bytes;
  const ring = laneNumbered(queue, load32(receiver, RECEIVER_LANE));
  const at = loadRelaxed32(ring, RING_CONSUMED); // [hint] own word
  store32(receiver, RECEIVER_VIEW_RING, ring);
  store32(receiver, RECEIVER_VIEW_AT, at);
  return (ringConsumerSlot(ring, at) + SLOT_PAYLOAD) | 0;
};

/** Ends the view: the message is received, its slot free. Returns its length. */
export const messageRelease = (handle: i32): i32 => {
  const receiver = receiverBlock(handle);
  if (receiver < 0) return receiver;
  const ring = load32(receiver, RECEIVER_VIEW_RING);
  if (ring === 0) return STATUS_NOT_PENDING;
  const at = loadRelaxed32(ring, RING_CONSUMED); // [hint] own word
  if (at !== load32(receiver, RECEIVER_VIEW_AT)) return STATUS_NOT_PENDING;
  const bytes = loadRelaxed32(ringConsumerSlot(ring, at), SLOT_META) & META_BYTES_MASK; // [meta]
  const lanes = load32(load32(receiver, RECEIVER_QUEUE), QUEUE_LANES);
  store32(receiver, RECEIVER_VIEW_RING, 0);
  store32(receiver, RECEIVER_TURN, ((ring - lanes) | 0) / RING_BYTES | 0);
  ringAdvance(ring, (at + 1) | 0, bytes);
  return bytes;
};
