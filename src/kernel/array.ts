/**
 * Several messages of one length with one call, from memory where they lie one behind the other: a batch (batch.ts) would need a
 * record for each.
 *
 * Role: sendArray: the context that attached the sender; receiveArray: that of the receiver. Memory: the caller's array, and that
 *   of the single calls.
 * Invariant: as in batch.ts: one publication, one release, one wake-up. What one call receives is of one sender and one
 *   priority, the most urgent that had any: a message more urgent that arrives meanwhile waits for the next call.
 * Order: that of the single calls; see 4-ring, 1-send [close]. Units: bytes. Fails: what the single calls return, for the first
 *   message; a later one ends the array.
 * Checked by: test/unit/array.test.ts, test/property, test/same, test/explore.
 */
import { addOwned64, copyBytes, load32, loadRelaxed32, store32 } from '#machine';
import { countAhead } from './count.ts';
import {
  BATCH_COUNT_MAX, META_BYTES_MASK, PRIORITY_COUNT, QUEUE_RECEIVERS, RECEIVER_LANE, RECEIVER_META, RECEIVER_QUEUE,
  RECEIVER_TURN, RING_AT, RING_CONSUMED, RING_CONSUMER_MASK, RING_CONSUMER_SLOTS, RING_CONSUMER_STRIDE_BYTES, RING_MASK,
  RING_FULL_COUNT, RING_ROOM_END, RING_SLOTS, RING_STRIDE_BYTES, SENDER_BADGE, SENDER_BELL, SLOT_META, SLOT_PAYLOAD,
} from './layout.ts';
import { SEND_QUIET, sendCareful, sendMakeRoom, sendReject, sendRing, senderBlock } from './path/1-send-careful.ts';
import { sendIsPlain } from './path/1-send.ts';
import { LANE_PEEK, laneNumbered } from './path/3-lane.ts';
import {
  INFO_META, ringAdvance, ringConsumerSlot, ringEnd, ringFill, ringInform, ringPublish, ringSlot,
} from './path/4-ring.ts';
import { wakeReceivers } from './path/5-wake.ts';
import { receiveNow, receiveOther, receiverBlock } from './path/6-receive.ts';
import { STATUS_BAD_ARGUMENT, STATUS_BAD_PRIORITY, STATUS_EMPTY, STATUS_FULL, STATUS_OK, STATUS_TOO_SMALL } from './status.ts';

/** Whether `count` messages of `bytes` bytes can lie at `at`. */
const arrayIs = (at: i32, bytes: i32, count: i32): boolean => {
  if (at < 0 || bytes < 0 || count < 0 || count > BATCH_COUNT_MAX) return false;
  return bytes === 0 || count <= (((0x7fffffff - at) | 0) / bytes | 0);
};

/** How many of `count` positions from `at` on lie before the end of a ring of `mask` + 1 slots. */
const arrayAhead = (at: i32, mask: i32, count: i32): i32 => {
  const ahead = (mask + 1 - (at & mask)) | 0;
  return ahead < count ? ahead : count;
};

/** How far `end` is ahead of position `at`, at most all slots of a ring: what the other side says may be anything. */
const arrayWithin = (end: i32, at: i32, mask: i32): i32 => {
  const ahead = countAhead(end, at);
  return ahead > (mask >>> 0) ? (mask + 1) | 0 : ahead | 0;
};

/** Free slots of a ring from position `at` on, at most `count`: looked up anew if fewer are known, counted if fewer are free. */
const arrayRoom = (sender: i32, ring: i32, at: i32, count: i32): i32 => {
  const mask = load32(ring, RING_MASK);
  if (arrayWithin(load32(ring, RING_ROOM_END), at, mask) < count && !sendMakeRoom(sender, ring)) return 0;
  const room = arrayWithin(load32(ring, RING_ROOM_END), at, mask);
  if (room >= count) return count;
  addOwned64(ring, RING_FULL_COUNT, 1);
  return room;
};

/**
 * Fills `count` slots, none behind the ring's end, from `from` on.
 * @noinline
 */
const arrayFill = (slot: i32, stride: i32, from: i32, bytes: i32, count: i32, badge: i32): void => {
  let to = slot;
  let source = from;
  for (let left = count; left !== 0; left = (left - 1) | 0) {
    copyBytes((to + SLOT_PAYLOAD) | 0, source, bytes);
    ringFill(to, bytes, badge);
    source = (source + bytes) | 0;
    to = (to + stride) | 0;
  }
};

/** The array of a plain sender, published at once. Returns how many messages went, or STATUS_FULL. */
const arrayPublish = (sender: i32, ring: i32, source: i32, bytes: i32, count: i32): i32 => {
  const first = load32(ring, RING_AT);
  const room = arrayRoom(sender, ring, first, count);
  if (room === 0) return STATUS_FULL;
  const badge = load32(sender, SENDER_BADGE);
  const stride = load32(ring, RING_STRIDE_BYTES);
  const mask = load32(ring, RING_MASK);
  const ahead = arrayAhead(first, mask, room);
  arrayFill(ringSlot(ring, first), stride, source, bytes, ahead, badge);
  if (ahead !== room) {
    const behind = (source + Math.imul(bytes, ahead)) | 0;
    arrayFill(load32(ring, RING_SLOTS), stride, behind, bytes, (room - ahead) | 0, badge);
  }
  ringPublish(ring, first, (first + room) | 0, Math.imul(bytes, room));
  return room;
};

/** The array of a sender with more to check: one message after the other, and no wake-up yet. */
const arrayCareful = (handle: i32, priority: i32, source: i32, bytes: i32, count: i32): i32 => {
  let sent = 0;
  let from = source;
  let status = STATUS_OK;
  while (sent < count && status >= 0) {
    status = sendCareful(handle, priority, from, bytes, SEND_QUIET, 0, 0);
    from = (from + bytes) | 0;
    if (status >= 0) sent = (sent + 1) | 0;
  }
  return sent === 0 ? status : sent;
};

/**
 * Sends `count` messages of `bytes` bytes each that lie one behind the other at `source`, with one wake-up. Returns how many
 * went, from the first on, or why the very first did not.
 */
export const sendArray = (handle: i32, priority: i32, source: i32, bytes: i32, count: i32): i32 => {
  const sender = senderBlock(handle);
  if (sender < 0) return sender;
  if ((priority >>> 0) >= PRIORITY_COUNT) return sendReject(sender, STATUS_BAD_PRIORITY);
  if (!arrayIs(source, bytes, count)) return sendReject(sender, STATUS_BAD_ARGUMENT);
  if (count === 0) return STATUS_OK;
  let sent = 0;
  if (!sendIsPlain(sender, priority, bytes)) sent = arrayCareful(handle, priority, source, bytes, count);
  else sent = arrayPublish(sender, sendRing(sender, priority), source, bytes, count);
  if (sent > 0) wakeReceivers(load32(sender, SENDER_BELL), sent);
  return sent;
};

/**
 * Copies up to `count` messages, none behind the ring's end, as long as each is exactly `bytes` bytes and nothing is with it.
 * @noinline
 */
const arrayCopy = (slot: i32, stride: i32, buffer: i32, bytes: i32, count: i32): i32 => {
  let from = slot;
  let to = buffer;
  let left = count;
  while (left !== 0 && loadRelaxed32(from, SLOT_META) === bytes) { // [meta]
    copyBytes(to, (from + SLOT_PAYLOAD) | 0, bytes);
    to = (to + bytes) | 0;
    from = (from + stride) | 0;
    left = (left - 1) | 0;
  }
  return (count - left) | 0;
};

/** As arrayCopy, for `count` messages from position `at` on. */
const arrayTake = (ring: i32, at: i32, buffer: i32, bytes: i32, count: i32): i32 => {
  const stride = load32(ring, RING_CONSUMER_STRIDE_BYTES);
  const ahead = arrayAhead(at, load32(ring, RING_CONSUMER_MASK), count);
  const taken = arrayCopy(ringConsumerSlot(ring, at), stride, buffer, bytes, ahead);
  if (taken === count || taken !== ahead) return taken;
  const behind = (buffer + Math.imul(bytes, ahead)) | 0;
  return (taken + arrayCopy(load32(ring, RING_CONSUMER_SLOTS), stride, behind, bytes, (count - ahead) | 0)) | 0;
};

/**
 * Takes messages of one unshared ring, of which one is known: as arrayTake, and behind them one that is shorter, or carries a
 * descriptor or user data. Returns how many.
 */
const arrayDrain = (receiver: i32, ring: i32, buffer: i32, bytes: i32, count: i32): i32 => {
  const info = (receiver + RECEIVER_META) | 0;
  const first = loadRelaxed32(ring, RING_CONSUMED); // [hint] own word
  const known = arrayWithin(ringEnd(ring, first, count), first, load32(ring, RING_CONSUMER_MASK));
  const most = known < count ? known : count;
  let taken = arrayTake(ring, first, buffer, bytes, most);
  let total = Math.imul(bytes, taken);
  let meta = bytes;
  if (taken !== most) {
    const slot = ringConsumerSlot(ring, (first + taken) | 0);
    const other = loadRelaxed32(slot, SLOT_META); // [meta]
    const length = other & META_BYTES_MASK;
    if (length > bytes && taken === 0) return STATUS_TOO_SMALL;
    if (length <= bytes) {
      copyBytes((buffer + total) | 0, (slot + SLOT_PAYLOAD) | 0, length);
      meta = other;
      total = (total + length) | 0;
      taken = (taken + 1) | 0;
    }
  }
  if (taken === 0) return STATUS_EMPTY; // Only if a sender took back what it had published.
  store32(info, INFO_META, meta);
  ringInform(ring, ringConsumerSlot(ring, (first + taken - 1) | 0), meta, info);
  ringAdvance(ring, (first + taken) | 0, total);
  return taken;
};

/**
 * Takes up to `count` messages, the most urgent and what follows it of the same sender and priority, to `buffer`, each `bytes`
 * behind the one before. All but the last are of exactly `bytes` bytes; it too, or it is shorter, or carries a descriptor or
 * user data: received*() tell. A queue with several receivers gives one at a time. Returns how many came.
 */
export const receiveArray = (handle: i32, buffer: i32, bytes: i32, count: i32): i32 => {
  const receiver = receiverBlock(handle);
  if (receiver < 0) return receiver;
  if (!arrayIs(buffer, bytes, count)) return STATUS_BAD_ARGUMENT;
  if (count === 0) return STATUS_OK;
  const queue = load32(receiver, RECEIVER_QUEUE);
  if (load32(queue, QUEUE_RECEIVERS) !== 1) {
    const status = receiveNow(handle, buffer, bytes);
    return status < 0 ? status : 1;
  }
  const length = receiveOther(handle, LANE_PEEK);
  if (length < 0) return length;
  const lane = load32(receiver, RECEIVER_LANE);
  const taken = arrayDrain(receiver, laneNumbered(queue, lane), buffer, bytes, count);
  if (taken > 0) store32(receiver, RECEIVER_TURN, lane);
  return taken;
};
