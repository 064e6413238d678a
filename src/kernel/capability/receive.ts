/**
 * Receiving by a capability: the receiver's side of the queue's surface with one more check.
 *
 * Role, invariants: those of named.ts. Memory: what the queue's calls touch. Units: bytes, microseconds.
 * Fails: NO_CAPABILITY, NO_RIGHT, and what the queue's call returns; no effect. Elsewhere: sending: send.ts.
 * Checked by: test/unit/capability-queue.test.ts, test/property/capability.test.ts, test/explore.
 */
import { CAPABILITY_RECEIVER } from '../layout.ts';
import {
  queueComplete, queueDiscard, queuePeek, queueReceive, queueReceiveArray, queueReceiveBatch, queueReceiveTimeout, queueRelease,
  queueView, receivedBadge, receivedBytes, receivedFlags, receivedPriority, receivedSender, receivedUserHigh, receivedUserLow,
} from '../queue.ts';
import { STATUS_BAD_ARGUMENT } from '../status.ts';
import { placeOf } from './named.ts';

/** As queueReceive. */
export const capReceive = (space: i32, cap: i32, buffer: i32, capacity: i32): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  return receiver < 0 ? receiver : queueReceive(receiver, buffer, capacity);
};
/** As queueReceiveTimeout. */
export const capReceiveTimeout = (space: i32, cap: i32, buffer: i32, capacity: i32, microseconds: i32): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  return receiver < 0 ? receiver : queueReceiveTimeout(receiver, buffer, capacity, microseconds);
};
/** As queueReceiveBatch. */
export const capReceiveBatch = (space: i32, cap: i32, list: i32, count: i32): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  return receiver < 0 ? receiver : queueReceiveBatch(receiver, list, count);
};
/** As queueReceiveArray. */
export const capReceiveArray = (space: i32, cap: i32, buffer: i32, bytes: i32, count: i32): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  return receiver < 0 ? receiver : queueReceiveArray(receiver, buffer, bytes, count);
};
/** As queuePeek. */
export const capPeek = (space: i32, cap: i32): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  return receiver < 0 ? receiver : queuePeek(receiver);
};
/** As queueDiscard. */
export const capDiscard = (space: i32, cap: i32): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  return receiver < 0 ? receiver : queueDiscard(receiver);
};
/** As queueView and queueRelease: reads a message in place. */
export const capView = (space: i32, cap: i32): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  return receiver < 0 ? receiver : queueView(receiver);
};
export const capRelease = (space: i32, cap: i32): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  return receiver < 0 ? receiver : queueRelease(receiver);
};
/** As queueComplete. */
export const capComplete = (
  space: i32, cap: i32, index: i32, priority: i32, userLow: i32, userHigh: i32, result: i32,
): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  return receiver < 0 ? receiver : queueComplete(receiver, index, priority, userLow, userHigh, result);
};

/** What capReceived says about the last message received: as the functions received* of the queue. */
export const RECEIVED_BYTES = 0;
export const RECEIVED_FLAGS = 1;
export const RECEIVED_PRIORITY = 2;
export const RECEIVED_SENDER = 3;
export const RECEIVED_BADGE = 4;
export const RECEIVED_USER_LOW = 5;
export const RECEIVED_USER_HIGH = 6;

/** About the last message received: `what` is RECEIVED_*. */
export const capReceived = (space: i32, cap: i32, what: i32): i32 => {
  const receiver = placeOf(space, cap, CAPABILITY_RECEIVER);
  if (receiver < 0) return receiver;
  switch (what) {
    case RECEIVED_BYTES: return receivedBytes(receiver);
    case RECEIVED_FLAGS: return receivedFlags(receiver);
    case RECEIVED_PRIORITY: return receivedPriority(receiver);
    case RECEIVED_SENDER: return receivedSender(receiver);
    case RECEIVED_BADGE: return receivedBadge(receiver);
    case RECEIVED_USER_LOW: return receivedUserLow(receiver);
    case RECEIVED_USER_HIGH: return receivedUserHigh(receiver);
    default: return STATUS_BAD_ARGUMENT;
  }
};
