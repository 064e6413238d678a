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
import { addOwned64, load32, loadAcquire32, loadRelaxed32, pause, timeMicros32 } from '#machine';
import {
  HANDLE_IS_RECEIVER, HANDLE_LOW_MASK, QUEUE_CLOSED, RECEIVER_BIT, RECEIVER_BYTES_RECEIVED, RECEIVER_EMPTY_COUNT,
  RECEIVER_HANDLE, RECEIVER_PRIORITY, RECEIVER_QUEUE, RECEIVER_SLEEP_COUNT, RECEIVER_TIMEOUT_COUNT,
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

/** A look at the lanes, and another if the queue turns out to be closed: STATUS_CLOSED only when nothing was left. */
const receiveLook = (receiver: i32, queue: i32, action: i32, buffer: i32, capacity: i32): i32 => {
  const closed = loadAcquire32(queue, QUEUE_CLOSED); // [close]
  const status = laneReceive(receiver, queue, action, buffer, capacity);
  return status === STATUS_EMPTY && closed !== 0 ? STATUS_CLOSED : status;
};

/**
 * Counts a message of `bytes` bytes that left the queue.
 * @inline
 */
const receiveAccount = (receiver: i32, bytes: i32): void => {
  addOwned64(receiver, (RECEIVER_BYTES_RECEIVED + (load32(receiver, RECEIVER_PRIORITY) << 3)) | 0, bytes);
};

/**
 * The end of a call that found a closed queue empty: one more look, now that the close has been seen.
 * @cold
 */
const receiveClosed = (receiver: i32, queue: i32, action: i32, buffer: i32, capacity: i32): i32 => {
  const status = receiveLook(receiver, queue, action, buffer, capacity);
  if (status >= 0 && action !== LANE_PEEK) receiveAccount(receiver, status);
  return status;
};

/**
 * Takes, peeks or discards the most urgent message now (`action`: LANE_*).
 * @inline
 */
export const receiveNow = (handle: i32, action: i32, buffer: i32, capacity: i32): i32 => {
  const receiver = receiverBlock(handle);
  if (receiver < 0) return receiver;
  if (capacity < 0 || buffer < 0) return STATUS_BAD_ARGUMENT;
  const queue = load32(receiver, RECEIVER_QUEUE);
  const status = laneReceive(receiver, queue, action, buffer, capacity);
  if (status >= 0) {
    if (action !== LANE_PEEK) receiveAccount(receiver, status);
    return status;
  }
  if (status !== STATUS_EMPTY) return status;
  if (loadRelaxed32(queue, QUEUE_CLOSED) !== 0) return receiveClosed(receiver, queue, action, buffer, capacity); // [close]
  addOwned64(receiver, RECEIVER_EMPTY_COUNT, 1);
  return STATUS_EMPTY;
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
    status = receiveLook(receiver, queue, LANE_TAKE, buffer, capacity);
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
  let status = receiveLook(receiver, queue, LANE_TAKE, buffer, capacity);
  if (receiveIsIdle(status) && microseconds !== 0) {
    const began = timeMicros32();
    for (let spins = 0; spins < RECEIVE_SPINS && receiveIsIdle(status); spins++) {
      pause();
      status = receiveLook(receiver, queue, LANE_TAKE, buffer, capacity);
    }
    if (receiveIsIdle(status)) status = receiveSleep(receiver, queue, buffer, capacity, microseconds, began);
  }
  if (status >= 0) receiveAccount(receiver, status);
  else if (status === STATUS_EMPTY) addOwned64(receiver, RECEIVER_EMPTY_COUNT, 1);
  else if (status === STATUS_TIMED_OUT) addOwned64(receiver, RECEIVER_TIMEOUT_COUNT, 1);
  return status;
};
