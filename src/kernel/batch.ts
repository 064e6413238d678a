/**
 * Several messages with one call: one check of the handle, one publication, one wake-up.
 *
 * Role: sendBatch: the context that attached the sender; receiveBatch: that of the receiver. Memory: the caller's
 *   records (layout.ts, BATCH_*), and that of the single calls.
 * Invariant: a batch of a plain sender enters its lane with one store, so that none of it or all of what was reported is
 *   there; a receiver frees what it took from a lane with one store. A receiver takes lane after lane, the most urgent
 *   first: a message more urgent that arrives meanwhile waits for the next call.
 * Order: that of the single calls. Units: bytes. Fails: what the single calls return, for the first message; later ones end
 *   the batch.
 * Checked by: test/unit/batch.test.ts, test/property.
 */
import { copyBytes, load32, loadRelaxed32, store32 } from '#machine';
import {
  BATCH_ADDRESS, BATCH_BYTES, BATCH_COUNT_MAX, BATCH_INFO, BATCH_LENGTH, BATCH_RESULT, BATCH_USER_HIGH, BATCH_USER_LOW,
  FLAG_COMPLETE, META_BYTES_MASK, META_FLAGS_SHIFT, PRIORITY_COUNT, QUEUE_RECEIVERS, QUEUE_USED_WORDS, RECEIVER_LANE,
  RECEIVER_META, RECEIVER_QUEUE, RECEIVER_TURN, RECEIVER_USER_HIGH, RECEIVER_USER_LOW, RING_AT, RING_CONSUMED, RING_ROOM_END,
  SENDER_BADGE, SENDER_BELL, SENDER_LIMIT, SLOT_META, SLOT_PAYLOAD,
} from './layout.ts';
import {
  SEND_PLAIN, SEND_QUIET, sendCareful, sendCheck, sendMakeRoom, sendReject, sendRing, senderBlock,
} from './path/1-send-careful.ts';
import { laneNumbered, lanePick, lanePriority, laneSender, laneUsed } from './path/3-lane.ts';
import {
  ringAdvance, ringConsumerSlot, ringEnd, ringFill, ringHasRoom, ringInform, ringRefreshAt, ringPublish, ringSlot, ringUserData,
} from './path/4-ring.ts';
import { wakeReceivers } from './path/5-wake.ts';
import { receiveNow, receiverBlock } from './path/6-receive.ts';
import { STATUS_BAD_ARGUMENT, STATUS_BAD_PRIORITY, STATUS_FULL, STATUS_OK, STATUS_TOO_SMALL } from './status.ts';

const recordAt = (list: i32, number: i32): i32 => (list + Math.imul(number, BATCH_BYTES)) | 0;

/** Whether a batch's list can be one. */
const batchIs = (list: i32, count: i32): boolean => list >= 0 && (list & 3) === 0 && count >= 0 && count <= BATCH_COUNT_MAX;

/** Room at position `at`, which lies ahead of what has been published: at the first send in a lane, and when none is known. */
const batchRoom = (sender: i32, ring: i32, at: i32): boolean => {
  if (at === load32(ring, RING_AT)) return ringHasRoom(ring) || sendMakeRoom(sender, ring);
  return at !== load32(ring, RING_ROOM_END) || ringRefreshAt(ring, at);
};

/** The batch of a plain sender whose LIMIT was `limit`, published at once. Returns how many went, or why the first did not. */
const batchPublish = (sender: i32, priority: i32, list: i32, count: i32, limit: i32): i32 => {
  const ring = sendRing(sender, priority);
  const badge = load32(sender, SENDER_BADGE);
  const first = load32(ring, RING_AT);
  let at = first;
  let total = 0;
  let sent = 0;
  while (sent < count) {
    const record = recordAt(list, sent);
    const source = load32(record, BATCH_ADDRESS);
    const bytes = load32(record, BATCH_LENGTH);
    let status = STATUS_OK;
    if (source < 0 || (bytes >>> 0) >= (limit >>> 0)) {
      status = sendReject(sender, sendCheck(sender, priority, source, bytes, SEND_PLAIN));
    } else if (!batchRoom(sender, ring, at)) status = STATUS_FULL;
    store32(record, BATCH_RESULT, status);
    if (status < 0) break;
    const slot = ringSlot(ring, at);
    copyBytes((slot + SLOT_PAYLOAD) | 0, source, bytes);
    ringFill(slot, bytes, badge);
    total = (total + bytes) | 0; // No more than the ring holds, which is less than 2^31.
    at = (at + 1) | 0;
    sent = (sent + 1) | 0;
  }
  if (sent === 0) return count === 0 ? STATUS_OK : load32(list, BATCH_RESULT);
  ringPublish(ring, first, at, total);
  return sent;
};

/** The batch of a sender with more to check: one message after the other, and no wake-up yet. */
const batchCareful = (handle: i32, priority: i32, list: i32, count: i32): i32 => {
  let sent = 0;
  let status = STATUS_OK;
  while (sent < count && status >= 0) {
    const record = recordAt(list, sent);
    const userLow = load32(record, BATCH_USER_LOW);
    const userHigh = load32(record, BATCH_USER_HIGH);
    const source = load32(record, BATCH_ADDRESS);
    status = sendCareful(handle, priority, source, load32(record, BATCH_LENGTH), SEND_QUIET, userLow, userHigh);
    store32(record, BATCH_RESULT, status);
    if (status >= 0) sent = (sent + 1) | 0;
  }
  return sent === 0 ? status : sent;
};

/**
 * Sends the `count` messages of the batch records at `list` (layout.ts, BATCH_*), one wake-up for all. Returns how many
 * went, stopping at the first that cannot; its status is in its record, and is returned if it is the very first.
 */
export const sendBatch = (handle: i32, priority: i32, list: i32, count: i32): i32 => {
  const sender = senderBlock(handle);
  if (sender < 0) return sender;
  if ((priority >>> 0) >= PRIORITY_COUNT) return sendReject(sender, STATUS_BAD_PRIORITY);
  if (!batchIs(list, count)) return sendReject(sender, STATUS_BAD_ARGUMENT);
  let sent = 0;
  const limit = loadRelaxed32(sender, SENDER_LIMIT); // [close] once: a batch that began before the close is not judged by it
  if (limit !== 0) sent = batchPublish(sender, priority, list, count, limit);
  else sent = batchCareful(handle, priority, list, count);
  if (sent > 0) wakeReceivers(load32(sender, SENDER_BELL), sent);
  return sent;
};

/** Fills the record of a message just received with what is in the receiver's block about it. */
const batchInform = (receiver: i32, queue: i32, record: i32, bytes: i32): void => {
  const lane = load32(receiver, RECEIVER_LANE);
  const flags = load32(receiver, RECEIVER_META) & ~META_BYTES_MASK;
  store32(record, BATCH_RESULT, bytes);
  store32(record, BATCH_INFO, flags | lanePriority(queue, lane) << 8 | laneSender(queue, lane));
  store32(record, BATCH_USER_LOW, load32(receiver, RECEIVER_USER_LOW));
  store32(record, BATCH_USER_HIGH, load32(receiver, RECEIVER_USER_HIGH));
};

/**
 * Takes messages of one unshared lane into the records from number `from` on. Returns the number of the next record, or its
 * complement if that record cannot hold the next message: then its result says why.
 */
const batchDrain = (receiver: i32, queue: i32, lane: i32, list: i32, from: i32, count: i32): i32 => {
  const ring = laneNumbered(queue, lane);
  const first = loadRelaxed32(ring, RING_CONSUMED); // [hint] own word
  const end = ringEnd(ring, first, (count - from) | 0);
  const info = lanePriority(queue, lane) << 8 | laneSender(queue, lane);
  let at = first;
  let total = 0;
  let number = from;
  let status = STATUS_OK;
  while (at !== end && number < count && status === STATUS_OK) {
    const record = recordAt(list, number);
    const buffer = load32(record, BATCH_ADDRESS);
    const capacity = load32(record, BATCH_LENGTH);
    const slot = ringConsumerSlot(ring, at);
    const meta = loadRelaxed32(slot, SLOT_META); // [meta]
    const bytes = meta & META_BYTES_MASK;
    store32(receiver, RECEIVER_META, meta);
    if (buffer < 0 || capacity < 0) status = STATUS_BAD_ARGUMENT;
    else if (bytes > capacity) status = STATUS_TOO_SMALL;
    else {
      copyBytes(buffer, (slot + SLOT_PAYLOAD) | 0, bytes);
      store32(record, BATCH_INFO, (meta & ~META_BYTES_MASK) | info);
      if ((meta & FLAG_COMPLETE << META_FLAGS_SHIFT) !== 0) ringUserData(ring, slot, (record + BATCH_USER_LOW) | 0);
      total = (total + bytes) | 0;
      at = (at + 1) | 0;
      number = (number + 1) | 0;
    }
    store32(record, BATCH_RESULT, status < 0 ? status : bytes);
  }
  if (at === first && status === STATUS_OK) return number;
  store32(receiver, RECEIVER_LANE, lane);
  if (at !== first) {
    const last = ringConsumerSlot(ring, (at - 1) | 0);
    ringInform(ring, last, loadRelaxed32(last, SLOT_META), (receiver + RECEIVER_META) | 0); // [meta]
    ringAdvance(ring, at, total);
    store32(receiver, RECEIVER_TURN, lane);
  }
  return status < 0 ? ~number : number;
};

/** One pass over all lanes of a queue with one receiver, the most urgent first. Returns as batchDrain. */
const batchPass = (receiver: i32, queue: i32, list: i32, count: i32): i32 => {
  const words = load32(queue, QUEUE_USED_WORDS);
  let number = 0;
  for (let word = 0; word < words; word++) {
    let lanes = laneUsed(queue, word);
    while (lanes !== 0 && number >= 0 && number < count) {
      const bit = lanePick(receiver, queue, lanes);
      number = batchDrain(receiver, queue, ((word << 5) + bit) | 0, list, number, count);
      lanes = lanes & ~(0x80000000 >>> bit);
    }
  }
  return number;
};

/**
 * Takes up to `count` messages, most urgent first, into the buffers of the batch records at `list`. Returns how many
 * came; the status that stopped it is in the next record, and is returned if nothing came.
 */
export const receiveBatch = (handle: i32, list: i32, count: i32): i32 => {
  const receiver = receiverBlock(handle);
  if (receiver < 0) return receiver;
  if (!batchIs(list, count)) return STATUS_BAD_ARGUMENT;
  const queue = load32(receiver, RECEIVER_QUEUE);
  let received = 0;
  let status = 0;
  if (load32(queue, QUEUE_RECEIVERS) === 1) received = batchPass(receiver, queue, list, count);
  if (received < 0) {
    received = ~received;
    status = load32(recordAt(list, received), BATCH_RESULT);
  }
  while (received < count && status >= 0) {
    const record = recordAt(list, received);
    status = receiveNow(handle, load32(record, BATCH_ADDRESS), load32(record, BATCH_LENGTH));
    if (status >= 0) {
      batchInform(receiver, queue, record, status);
      received = (received + 1) | 0;
    } else store32(record, BATCH_RESULT, status);
  }
  return received === 0 && status < 0 ? status : received;
};
