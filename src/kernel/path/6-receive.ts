/**
 * The receiver's side: choose the lane, copy out, free the slot; wait when asked to.
 *
 * Role: the context that attached the receiver, one call at a time; any number of receivers at once. Memory: the
 *   receiver block; the queue through 3-lane and 5-wake. Order: see 4-ring, 3-lane, 5-wake. [close] CLOSED is read with
 *   acquire and the lanes are searched again after it: who sees the close also sees every send that had completed before
 *   it. [attach] as in 1-send.
 * Units: bytes, microseconds. Fails: BAD_HANDLE, BAD_ARGUMENT, EMPTY, CLOSED, TIMED_OUT, TOO_SMALL, AGAIN; the queue is
 *   unchanged.
 * Checked by: test/unit/6-receive.test.ts, test/property, test/stress, test/same.
 */
import { addOwned64, load32, loadAcquire32, loadRelaxed32, opaque32, pause, store32, timeMicros32 } from '#machine';
import {
  CLOSED_WHOLLY, HANDLE_LOW_MASK, QUEUE_CLOSED, RECEIVER_BIT, RECEIVER_EMPTY_COUNT, RECEIVER_HANDLE, RECEIVER_QUEUE,
  RECEIVER_SLEEP_COUNT, RECEIVER_SOLE_HANDLE, RECEIVER_STREAK, RECEIVER_TIMEOUT_COUNT,
} from '../layout.ts';
import {
  STATUS_AGAIN, STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_CLOSED, STATUS_EMPTY, STATUS_TIMED_OUT, STATUS_TOO_SMALL,
} from '../status.ts';
import { LANE_TAKE, laneReceive, laneTakeSole } from './3-lane.ts';
import { queueBell, wakeAnnounce, wakeEvent, wakeReceivers, wakeRetract, wakeSleep } from './5-wake.ts';

/** Looks before sleeping, with a pause between: a message that is about to come costs no sleep. */
const RECEIVE_SPINS = 64;
/**
 * A receiver that has taken this many messages without waiting is in a stream: it then lets a few more come before it looks
 * again, so that they cost one exchange of the sender's line and not one each. One in a dialogue looks again at once.
 */
const RECEIVE_STREAM = 4;
const RECEIVE_STREAM_PAUSES = 32;

/** The block of a valid receiver handle, or STATUS_BAD_HANDLE. The smallest handles would name address 0. */
export const receiverBlock = (handle: i32): i32 => {
  if (handle <= HANDLE_LOW_MASK) return STATUS_BAD_HANDLE;
  const receiver = handle & ~HANDLE_LOW_MASK;
  return loadRelaxed32(receiver, RECEIVER_HANDLE) === handle ? receiver : STATUS_BAD_HANDLE; // [attach]
};

/** A look at the lanes, and another if the queue turns out to be closed: STATUS_CLOSED only when nothing was left. */
const receiveLook = (receiver: i32, queue: i32, action: i32, buffer: i32, capacity: i32): i32 => {
  const closed = loadAcquire32(queue, QUEUE_CLOSED); // [close]
  const status = laneReceive(receiver, queue, action, buffer, capacity);
  return status === STATUS_EMPTY && closed === CLOSED_WHOLLY ? STATUS_CLOSED : status;
};

/**
 * The end of a call that found a closed queue empty: one more look, now that the close has been seen.
 * @cold
 */
const receiveClosed = (receiver: i32, queue: i32, action: i32, buffer: i32, capacity: i32): i32 =>
  receiveLook(receiver, queue, action, buffer, capacity);

/**
 * The end of a call that found nothing.
 * @inline
 */
const receiveNothing = (receiver: i32, queue: i32, action: i32, buffer: i32, capacity: i32): i32 => {
  const closed = loadRelaxed32(queue, QUEUE_CLOSED); // [close]
  if (closed === CLOSED_WHOLLY) return receiveClosed(receiver, queue, action, buffer, capacity);
  addOwned64(receiver, RECEIVER_EMPTY_COUNT, 1);
  return STATUS_EMPTY;
};

/**
 * Takes the most urgent message of any queue now, and names what is wrong.
 * @cold
 */
const receiveCareful = (handle: i32, buffer: i32, capacity: i32): i32 => {
  const receiver = receiverBlock(handle);
  if (receiver < 0) return receiver;
  if (capacity < 0 || buffer < 0) return STATUS_BAD_ARGUMENT;
  const queue = load32(receiver, RECEIVER_QUEUE);
  const status = laneReceive(receiver, queue, LANE_TAKE, buffer, capacity);
  return status === STATUS_EMPTY ? receiveNothing(receiver, queue, LANE_TAKE, buffer, capacity) : status;
};

/**
 * Takes the most urgent message now. The only receiver of a queue of up to eight senders needs one search of one word of lanes
 * none of which is shared; all else goes the careful way. As in 1-send, every way out is a last call.
 * @inline
 */
export const receiveNow = (handle: i32, buffer: i32, capacity: i32): i32 => {
  if (handle > HANDLE_LOW_MASK && capacity >= 0 && buffer >= 0) {
    const receiver = opaque32(handle & ~HANDLE_LOW_MASK);
    if (loadRelaxed32(receiver, RECEIVER_SOLE_HANDLE) === handle) { // [attach]
      const queue = load32(receiver, RECEIVER_QUEUE);
      const status = laneTakeSole(receiver, queue, buffer, capacity);
      return status === STATUS_EMPTY ? receiveNothing(receiver, queue, LANE_TAKE, buffer, capacity) : status;
    }
  }
  return receiveCareful(handle, buffer, capacity);
};

/** Peeks at or discards the most urgent message now (`action`: LANE_PEEK or LANE_DISCARD). */
export const receiveOther = (handle: i32, action: i32): i32 => {
  const receiver = receiverBlock(handle);
  if (receiver < 0) return receiver;
  const queue = load32(receiver, RECEIVER_QUEUE);
  const status = laneReceive(receiver, queue, action, 0, 0);
  return status === STATUS_EMPTY ? receiveNothing(receiver, queue, action, 0, 0) : status;
};

/** Nothing received, but waiting may help. */
const receiveIsIdle = (status: i32): boolean => status === STATUS_EMPTY || status === STATUS_AGAIN;

/**
 * The part of receiveTimeout that may sleep. Each turn of the loop follows a wake-up; `microseconds` bounds them all.
 */
const receiveSleep = (receiver: i32, queue: i32, buffer: i32, capacity: i32, microseconds: i32, began: i32): i32 => {
  const bell = queueBell(queue);
  const bit = load32(receiver, RECEIVER_BIT);
  let status = STATUS_EMPTY;
  wakeAnnounce(bell, bit);
  while (status === STATUS_EMPTY) {
    const event = wakeEvent(bell);
    status = receiveLook(receiver, queue, LANE_TAKE, buffer, capacity);
    if (status === STATUS_AGAIN) status = STATUS_EMPTY;
    else if (status === STATUS_EMPTY) {
      const passed = (timeMicros32() - began) >>> 0;
      if (microseconds >= 0 && passed >= (microseconds >>> 0)) {
        status = STATUS_TIMED_OUT;
      } else {
        addOwned64(receiver, RECEIVER_SLEEP_COUNT, 1);
        wakeSleep(bell, event, microseconds < 0 ? -1 : (microseconds - passed) | 0);
      }
    }
  }
  wakeRetract(bell, bit);
  // The wake-up was for a message that is still there: pass it on to a receiver with a larger buffer.
  if (status === STATUS_TOO_SMALL) wakeReceivers(bell, 1);
  return status;
};

/** The part of receiveTimeout that waits: a few looks first, which a message about to come makes enough. */
const receiveWait = (receiver: i32, queue: i32, buffer: i32, capacity: i32, microseconds: i32): i32 => {
  const began = timeMicros32();
  if (load32(receiver, RECEIVER_STREAK) >= RECEIVE_STREAM) {
    for (let pauses = 0; pauses < RECEIVE_STREAM_PAUSES; pauses++) pause();
  }
  store32(receiver, RECEIVER_STREAK, 0);
  for (let spins = 0; spins < RECEIVE_SPINS; spins++) {
    pause();
    const status = receiveLook(receiver, queue, LANE_TAKE, buffer, capacity);
    if (!receiveIsIdle(status)) return status;
  }
  return receiveSleep(receiver, queue, buffer, capacity, microseconds, began);
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
  if (receiveIsIdle(status) && microseconds !== 0) status = receiveWait(receiver, queue, buffer, capacity, microseconds);
  else if (status >= 0) store32(receiver, RECEIVER_STREAK, (load32(receiver, RECEIVER_STREAK) + 1) | 0);
  if (status === STATUS_EMPTY) addOwned64(receiver, RECEIVER_EMPTY_COUNT, 1);
  else if (status === STATUS_TIMED_OUT) addOwned64(receiver, RECEIVER_TIMEOUT_COUNT, 1);
  return status;
};
