/**
 * The receiver's side: choose the lane, copy out, free the slot, account; sleep when asked to.
 *
 * Role: the context that attached the receiver, one call at a time; any number of receivers at once. Memory: the
 *   receiver block; the queue through 3-lane and 5-wake. Order: see 4-ring, 3-lane, 5-wake. [close] CLOSED is read with
 *   acquire and the lanes are searched again after it: who sees the close also sees every send that had completed before
 *   it. [attach] as in 1-send.
 * Units: bytes, microseconds. Fails: BAD_HANDLE, BAD_ARGUMENT, EMPTY, CLOSED, TIMED_OUT, TOO_SMALL, AGAIN; the queue is
 *   unchanged.
 * Checked by: test/unit/6-receive.test.ts, test/property, test/stress, test/same.
 */
import { addOwned64, load32, loadAcquire32, loadRelaxed32, pause, store32, timeMicros32 } from '#machine';
import {
  BATCH_ADDRESS, BATCH_BYTES, BATCH_COUNT_MAX, BATCH_INFO, BATCH_LENGTH, BATCH_RESULT, BATCH_USER_HIGH, BATCH_USER_LOW,
  HANDLE_IS_RECEIVER, HANDLE_LOW_MASK, META_FLAGS_SHIFT, QUEUE_CLOSED, RECEIVER_BIT, RECEIVER_BYTES_RECEIVED,
  RECEIVER_EMPTY_COUNT, RECEIVER_HANDLE, RECEIVER_META, RECEIVER_PRIORITY, RECEIVER_QUEUE, RECEIVER_SENDER,
  RECEIVER_SLEEP_COUNT, RECEIVER_TIMEOUT_COUNT, RECEIVER_USER_HIGH, RECEIVER_USER_LOW,
} from '../layout.ts';
import {
  STATUS_AGAIN, STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_CLOSED, STATUS_EMPTY, STATUS_TIMED_OUT, STATUS_TOO_SMALL,
} from '../status.ts';
import { LANE_PEEK, LANE_TAKE, laneReceive } from './3-lane.ts';
import { wakeAnnounce, wakeEvent, wakeReceivers, wakeRetract, wakeSleep } from './5-wake.ts';

/** Looks before sleeping, with a pause between: a message that is about to come costs no sleep. */
const RECEIVE_SPINS = 64;

/**
 * The block of a valid receiver handle, or STATUS_BAD_HANDLE.
 * @inline
 */
export const receiverBlock = (handle: i32): i32 => {
  if (handle <= 0 || (handle & HANDLE_IS_RECEIVER) === 0) return STATUS_BAD_HANDLE;
  const receiver = handle & ~HANDLE_LOW_MASK;
  if (loadRelaxed32(receiver, RECEIVER_HANDLE) !== handle) return STATUS_BAD_HANDLE; // [attach]
  return receiver;
};

/**
 * The search again, once the queue was seen closed: STATUS_CLOSED only when nothing was left.
 * @cold
 */
const receiveLast = (receiver: i32, queue: i32, action: i32, buffer: i32, capacity: i32): i32 => {
  const status = laneReceive(receiver, queue, action, buffer, capacity);
  return status === STATUS_EMPTY ? STATUS_CLOSED : status;
};

/**
 * Search, and search again if the queue turns out to be closed.
 * @inline
 */
const receiveSearch = (receiver: i32, queue: i32, action: i32, buffer: i32, capacity: i32): i32 => {
  const status = laneReceive(receiver, queue, action, buffer, capacity);
  if (status !== STATUS_EMPTY || loadAcquire32(queue, QUEUE_CLOSED) === 0) return status; // [close]
  return receiveLast(receiver, queue, action, buffer, capacity);
};

/**
 * Counts a message of `bytes` bytes that left the queue.
 * @inline
 */
const receiveAccount = (receiver: i32, bytes: i32): void => {
  addOwned64(receiver, (RECEIVER_BYTES_RECEIVED + (load32(receiver, RECEIVER_PRIORITY) << 3)) | 0, bytes);
};

/**
 * Takes, peeks or discards the most urgent message now (`action`: LANE_*).
 * @inline
 */
export const receiveNow = (handle: i32, action: i32, buffer: i32, capacity: i32): i32 => {
  const receiver = receiverBlock(handle);
  if (receiver < 0) return receiver;
  if (capacity < 0 || buffer < 0) return STATUS_BAD_ARGUMENT;
  const status = receiveSearch(receiver, load32(receiver, RECEIVER_QUEUE), action, buffer, capacity);
  if (status >= 0 && action !== LANE_PEEK) receiveAccount(receiver, status);
  if (status === STATUS_EMPTY) addOwned64(receiver, RECEIVER_EMPTY_COUNT, 1);
  return status;
};

/** Nothing received, but waiting may help. */
const receiveIsIdle = (status: i32): boolean => status === STATUS_EMPTY || status === STATUS_AGAIN;

/**
 * The part of receiveTimeout that may sleep. Each turn of the loop follows a wake-up; `microseconds` bounds them all.
 */
const receiveSleep = (receiver: i32, queue: i32, buffer: i32, capacity: i32, microseconds: i32, began: i32): i32 => {
  const bit = load32(receiver, RECEIVER_BIT);
  let status = STATUS_EMPTY;
  wakeAnnounce(queue, bit);
  while (status === STATUS_EMPTY) {
    const event = wakeEvent(queue);
    status = receiveSearch(receiver, queue, LANE_TAKE, buffer, capacity);
    if (status === STATUS_AGAIN) status = STATUS_EMPTY;
    else if (status === STATUS_EMPTY) {
      const passed = (timeMicros32() - began) >>> 0;
      if (microseconds >= 0 && passed >= (microseconds >>> 0)) {
        status = STATUS_TIMED_OUT;
      } else {
        addOwned64(receiver, RECEIVER_SLEEP_COUNT, 1);
        wakeSleep(queue, event, microseconds < 0 ? -1 : (microseconds - passed) | 0);
      }
    }
  }
  wakeRetract(queue, bit);
  // The wake-up was for a message that is still there: pass it on to a receiver with a larger buffer.
  if (status === STATUS_TOO_SMALL) wakeReceivers(queue, 1);
  return status;
};

/**
 * Takes the most urgent message, waiting up to `microseconds` for one (0: not at all, STATUS_EMPTY; negative: for
 * ever).
 */
export const receiveTimeout = (handle: i32, buffer: i32, capacity: i32, microseconds: i32): i32 => {
  const receiver = receiverBlock(handle);
  if (receiver < 0) return receiver;
  if (capacity < 0 || buffer < 0) return STATUS_BAD_ARGUMENT;
  const queue = load32(receiver, RECEIVER_QUEUE);
  let status = receiveSearch(receiver, queue, LANE_TAKE, buffer, capacity);
  if (receiveIsIdle(status) && microseconds !== 0) {
    const began = timeMicros32();
    for (let spins = 0; spins < RECEIVE_SPINS && receiveIsIdle(status); spins++) {
      pause();
      status = receiveSearch(receiver, queue, LANE_TAKE, buffer, capacity);
    }
    if (receiveIsIdle(status)) status = receiveSleep(receiver, queue, buffer, capacity, microseconds, began);
  }
  if (status >= 0) receiveAccount(receiver, status);
  else if (status === STATUS_EMPTY) addOwned64(receiver, RECEIVER_EMPTY_COUNT, 1);
  else if (status === STATUS_TIMED_OUT) addOwned64(receiver, RECEIVER_TIMEOUT_COUNT, 1);
  return status;
};

/**
 * Takes up to `count` messages, most urgent first, into the buffers of the batch records at `list`. Returns how many
 * came; the status that stopped it is in the next record, and is returned if nothing came.
 */
export const receiveBatch = (handle: i32, list: i32, count: i32): i32 => {
  const receiver = receiverBlock(handle);
  if (receiver < 0) return receiver;
  if (list < 0 || (list & 3) !== 0 || count < 0 || count > BATCH_COUNT_MAX) return STATUS_BAD_ARGUMENT;
  let received = 0;
  let status = 0;
  while (received < count && status >= 0) {
    const record = (list + Math.imul(received, BATCH_BYTES)) | 0;
    status = receiveNow(handle, LANE_TAKE, load32(record, BATCH_ADDRESS), load32(record, BATCH_LENGTH));
    store32(record, BATCH_RESULT, status);
    if (status >= 0) {
      const flags = (load32(receiver, RECEIVER_META) >>> META_FLAGS_SHIFT) | 0;
      const from = load32(receiver, RECEIVER_PRIORITY) << 8 | load32(receiver, RECEIVER_SENDER);
      store32(record, BATCH_INFO, flags << META_FLAGS_SHIFT | from);
      store32(record, BATCH_USER_LOW, load32(receiver, RECEIVER_USER_LOW));
      store32(record, BATCH_USER_HIGH, load32(receiver, RECEIVER_USER_HIGH));
      received = (received + 1) | 0;
    }
  }
  return received === 0 && status < 0 ? status : received;
};
