/**
 * The ring as an object of its own: create, push, inspect. A queue holds four per sender.
 *
 * Role: ringCreate before anybody uses the ring; ringPush by its one producer; ringPop and ringLook (path/4-ring.ts), or
 *   sharedTake (path/4-shared.ts), by its consumers; the rest by anybody. Memory, invariants, order: path/4-ring.ts.
 * Units: bytes, positions. Fails: BAD_CONFIG, BAD_ARGUMENT, TOO_LARGE, FULL; no effect.
 * Checked by: test/unit/4-ring.test.ts.
 */
import { copyBytes, fillBytes, load32, loadAcquire32, store32 } from '#machine';
import { countIsPowerOfTwo, countRoundUp } from './count.ts';
import {
  LINE_BYTES, MESSAGE_BYTES_MAX, RING_AT, RING_BYTES, RING_CONSUMED, RING_CONSUMER_MASK, RING_CONSUMER_SLOTS,
  RING_CONSUMER_STRIDE_BYTES, RING_MASK, RING_MAX_BYTES, RING_PRODUCED, RING_ROOM_END, RING_SEEN, RING_SHARED, RING_SLOTS,
  RING_SLOTS_MAX, RING_START, RING_STRIDE_BYTES, SLOT_HEADER_BYTES, SLOT_PAYLOAD,
} from './layout.ts';
import { ringFill, ringHasRoom, ringPublish, ringRefresh, ringSlot } from './path/4-ring.ts';
import { STATUS_BAD_ARGUMENT, STATUS_BAD_CONFIG, STATUS_FULL, STATUS_OK, STATUS_TOO_LARGE } from './status.ts';

/** Bytes from one slot to the next; `userBytes` is SLOT_USER_BYTES in queues with completions, else 0. */
export const ringStride = (maxBytes: i32, userBytes: i32): i32 =>
  (SLOT_HEADER_BYTES + countRoundUp(maxBytes, 8) + userBytes) | 0;

/** Bytes of all slots of one ring, in whole lines, or a status: STATUS_BAD_CONFIG also if they do not fit in 2^31 bytes. */
export const ringSlotsBytes = (ringSize: i32, maxBytes: i32, userBytes: i32): i32 => {
  if (!countIsPowerOfTwo(ringSize) || ringSize > RING_SLOTS_MAX) return STATUS_BAD_CONFIG;
  if (maxBytes < 0 || maxBytes > MESSAGE_BYTES_MAX) return STATUS_BAD_CONFIG;
  const stride = ringStride(maxBytes, userBytes);
  if (stride > (((0x7fffffff - LINE_BYTES) / ringSize) | 0)) return STATUS_BAD_CONFIG;
  return countRoundUp(Math.imul(ringSize, stride), LINE_BYTES);
};

/**
 * Makes an empty ring at `ring` with its slots at `slots`, both line aligned and used by nobody yet. Parameters as for
 * ringSlotsBytes.
 */
export const ringCreate = (ring: i32, slots: i32, ringSize: i32, maxBytes: i32, userBytes: i32, shared: i32, start: i32): i32 => {
  const bytes = ringSlotsBytes(ringSize, maxBytes, userBytes);
  if (bytes < 0) return bytes;
  if (ring < 0 || slots < 0 || ((ring | slots) & (LINE_BYTES - 1)) !== 0) return STATUS_BAD_ARGUMENT;
  const stride = ringStride(maxBytes, userBytes);
  const mask = (ringSize - 1) | 0;
  fillBytes(ring, RING_BYTES, 0);
  store32(ring, RING_AT, start);
  store32(ring, RING_ROOM_END, start);
  store32(ring, RING_START, start);
  store32(ring, RING_MASK, mask);
  store32(ring, RING_STRIDE_BYTES, stride);
  store32(ring, RING_SLOTS, slots);
  store32(ring, RING_MAX_BYTES, maxBytes);
  store32(ring, RING_PRODUCED, start);
  store32(ring, RING_CONSUMED, start);
  store32(ring, RING_SEEN, start);
  store32(ring, RING_SHARED, shared);
  store32(ring, RING_CONSUMER_MASK, mask);
  store32(ring, RING_CONSUMER_STRIDE_BYTES, stride);
  store32(ring, RING_CONSUMER_SLOTS, slots);
  return ring;
};

/** PRODUCER. Claims, copies and publishes `bytes` bytes. */
export const ringPush = (ring: i32, source: i32, bytes: i32): i32 => {
  if (bytes < 0 || source < 0) return STATUS_BAD_ARGUMENT;
  if (bytes > load32(ring, RING_MAX_BYTES)) return STATUS_TOO_LARGE;
  if (!ringHasRoom(ring) && !ringRefresh(ring)) return STATUS_FULL;
  const at = load32(ring, RING_AT);
  const slot = ringSlot(ring, at);
  copyBytes((slot + SLOT_PAYLOAD) | 0, source, bytes);
  ringFill(slot, bytes, 0);
  ringPublish(ring, at, (at + 1) | 0, bytes);
  return STATUS_OK;
};

/** Position of the next message to be sent. */
export const ringTail = (ring: i32): i32 => loadAcquire32(ring, RING_PRODUCED); // [publish]

/** Position of the next message to be received. */
export const ringHead = (ring: i32): i32 => loadAcquire32(ring, RING_CONSUMED); // [free]

/** Messages in the ring: exact at rest, a hint from 0 to the ring size while others run. */
export const ringLength = (ring: i32): i32 => {
  const head = ringHead(ring);
  const ahead = (ringTail(ring) - head) | 0;
  const size = (load32(ring, RING_CONSUMER_MASK) + 1) | 0;
  if (ahead < 0) return 0;
  return ahead > size ? size : ahead;
};
