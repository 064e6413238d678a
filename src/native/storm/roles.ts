/**
 * What the contexts of a storm do in a round: senders send their messages in ways chosen at random, receivers take what comes.
 *
 * Role: stormSend and stormReceive, each on a thread of its own. Memory: the context's block, log and buffer; the queue through
 *   its surface. A message's words follow from its sender, priority and sequence, so that a torn one shows at once.
 * Order: [finished] see plan.ts. Units: bytes, nanoseconds. Fails: what must not be is a record, STRANGE or TORN.
 * Checked by: test/native
 */
import { fenceFull, fetchAdd32, load32, loadAcquire32, pause, store32, timeMicros32, timeNanos32, wait32 } from '#machine';
import {
  BATCH_ADDRESS, BATCH_BYTES, BATCH_INFO, BATCH_LENGTH, BATCH_RESULT, BATCH_USER_HIGH, BATCH_USER_LOW, COMPLETION_BYTES,
  COMPLETION_RESULT, COMPLETION_USER_HIGH, COMPLETION_USER_LOW, FLAG_COMPLETE,
} from '../../kernel/layout.ts';
import {
  queueComplete, queueReceive, queueReceiveArray, queueReceiveBatch, queueReceiveTimeout, queueSend, queueSendArray,
  queueSendBatch, queueSubmit, receivedBytes, receivedFlags, receivedPriority, receivedSender, receivedUserHigh,
  receivedUserLow,
} from '../../kernel/queue.ts';
import { STATUS_AGAIN, STATUS_EMPTY, STATUS_FULL, STATUS_NO_CREDIT, STATUS_TIMED_OUT } from '../../kernel/status.ts';
import {
  BATCH_MESSAGES, BUFFER_LIST, BUFFER_MESSAGES, CONTEXT_BUFFER, CONTEXT_HANDLE, CONTEXT_MICROS, CONTEXT_NUMBER, CONTEXT_REAPER,
  CONTEXT_SEQUENCE, MESSAGE_HEAD_BYTES, PLAN_COUNT, PLAN_FINISHED, PLAN_MAX_BYTES, PLAN_NEVER, PLAN_PATIENCE, PLAN_SENDERS,
  RECORD_AWAITED, RECORD_EMPTY, RECORD_FULL, RECORD_REAPED, RECORD_RECEIVED, RECORD_SENT, RECORD_STRANGE, RECORD_TORN, contextAt,
  logAdd, logIsTight, messageWord, randomNext,
} from './plan.ts';

/** Looks at a full lane before the sender sleeps a little. */
const FULL_SPINS = 64;
const NAP_MICROSECONDS = 20;
/** With so much patience time costs nothing (counted instructions), and senders pause: see sendPause. */
const LULL_PATIENCE_MICROSECONDS = 500000;
/** A submitter that waits longer for its completions has been forgotten. */
const REAP_MICROSECONDS = 20000000;

/** Writes a message of `bytes` bytes, a multiple of 4, to `at`. */
const messageWrite = (at: i32, who: i32, sequence: i32, bytes: i32): void => {
  store32(at, 0, who);
  store32(at, 4, sequence);
  store32(at, 8, bytes ^ messageWord(who, sequence, 2));
  const words = bytes >> 2;
  for (let word = 3; word < words; word++) store32(at, word << 2, messageWord(who, sequence, word));
};

/** Whether the `bytes` bytes at `at` are a message as it was written by the sender and priority of `who`. */
const messageIsWhole = (at: i32, who: i32, bytes: i32): boolean => {
  if (bytes < MESSAGE_HEAD_BYTES || (bytes & 3) !== 0 || load32(at, 0) !== who) return false;
  const sequence = load32(at, 4);
  if (load32(at, 8) !== (bytes ^ messageWord(who, sequence, 2))) return false;
  const words = bytes >> 2;
  for (let word = 3; word < words; word++) {
    if (load32(at, word << 2) !== messageWord(who, sequence, word)) return false;
  }
  return true;
};

/** Mostly short messages, now and then any length up to the maximum. */
const messageBytes = (context: i32, max: i32): i32 => {
  const random = randomNext(context);
  const limit = (random & 7) !== 0 && max > 40 ? 40 : max;
  const lengths = (((limit - MESSAGE_HEAD_BYTES) >> 2) + 1) | 0;
  const words = ((random >> 3) % lengths) | 0;
  return (MESSAGE_HEAD_BYTES + (words << 2)) | 0;
};

const what = (kind: i32, who: i32): i32 => kind | (who & 3) << 8 | who >> 2 << 16;

// ---- The submitter's completions.

/** Reaps one completion, waiting up to `microseconds`. Returns how many, 0 or 1. */
const reapOne = (context: i32, microseconds: i32): i32 => {
  const buffer = load32(context, CONTEXT_BUFFER);
  const began = timeNanos32();
  const got = queueReceiveTimeout(load32(context, CONTEXT_REAPER), buffer, COMPLETION_BYTES, microseconds);
  if (got < 0) {
    if (got !== STATUS_EMPTY && got !== STATUS_TIMED_OUT) logAdd(context, RECORD_STRANGE, got, began, timeNanos32(), 1);
    return 0;
  }
  const low = load32(buffer, COMPLETION_USER_LOW);
  const high = load32(buffer, COMPLETION_USER_HIGH);
  const right = load32(buffer, COMPLETION_RESULT) === (low ^ high) && high >> 2 === load32(context, CONTEXT_NUMBER);
  logAdd(context, what(right ? RECORD_REAPED : RECORD_TORN, high), low, began, timeNanos32(), 1);
  return 1;
};

/** Reaps what is there. */
const reapAll = (context: i32): i32 => {
  let reaped = 0;
  while (reapOne(context, 0) !== 0) reaped = (reaped + 1) | 0;
  return reaped;
};

// ---- Sending.
/**
 * When a send has ended for others: its stores are visible. A call returns before that, by as long as its stores wait for the lines
 * of slots that lie with another core: of long messages some microseconds.
 */
const sentAt = (): i32 => {
  fenceFull();
  return timeNanos32();
};

/** One message by queueSend or queueSubmit. Returns the status. */
const sendSingle = (context: i32, who: i32, max: i32, left: i32): i32 => {
  const buffer = load32(context, CONTEXT_BUFFER);
  const handle = load32(context, CONTEXT_HANDLE);
  const cell = (context + CONTEXT_SEQUENCE + ((who & 3) << 2)) | 0;
  const sequence = load32(cell, 0);
  const bytes = messageBytes(context, max);
  messageWrite(buffer, who, sequence, bytes);
  const began = timeNanos32();
  const status = load32(context, CONTEXT_REAPER) !== 0
    ? queueSubmit(handle, who & 3, buffer, bytes, sequence, who) : queueSend(handle, who & 3, buffer, bytes);
  const ended = sentAt();
  if (status >= 0) {
    logAdd(context, what(RECORD_SENT, who), sequence, began, ended, 1);
    store32(cell, 0, (sequence + 1) | 0);
    return 1;
  }
  if (status === STATUS_FULL && !logIsTight(context, left)) logAdd(context, what(RECORD_FULL, who), sequence, began, ended, 0);
  else if (status !== STATUS_FULL && status !== STATUS_NO_CREDIT) logAdd(context, what(RECORD_STRANGE, who), status, began, ended, 1);
  return status;
};

/** Notes what a call for several messages did, from number `first` on. Returns how many went, or the status. */
const sentSeveral = (context: i32, who: i32, first: i32, sent: i32, began: i32, ended: i32): i32 => {
  if (sent < 0) {
    if (sent !== STATUS_FULL && sent !== STATUS_NO_CREDIT) logAdd(context, what(RECORD_STRANGE, who), sent, began, ended, 1);
    return sent;
  }
  for (let k = 0; k < sent; k++) logAdd(context, what(RECORD_SENT, who), (first + k) | 0, began, ended, 1);
  store32((context + CONTEXT_SEQUENCE + ((who & 3) << 2)) | 0, 0, (first + sent) | 0);
  return sent;
};

/** Up to `count` messages of the greatest length, one behind the other. */
const sendArray = (context: i32, who: i32, max: i32, count: i32): i32 => {
  const at = (load32(context, CONTEXT_BUFFER) + BUFFER_MESSAGES) | 0;
  const first = load32(context, (CONTEXT_SEQUENCE + ((who & 3) << 2)) | 0);
  for (let k = 0; k < count; k++) messageWrite((at + Math.imul(k, max)) | 0, who, (first + k) | 0, max);
  const began = timeNanos32();
  const sent = queueSendArray(load32(context, CONTEXT_HANDLE), who & 3, at, max, count);
  return sentSeveral(context, who, first, sent, began, sentAt());
};

/** Up to `count` messages of one priority in one call. Returns how many went, or the status. */
const sendSeveral = (context: i32, who: i32, max: i32, count: i32): i32 => {
  const buffer = load32(context, CONTEXT_BUFFER);
  const list = (buffer + BUFFER_LIST) | 0;
  const first = load32(context, (CONTEXT_SEQUENCE + ((who & 3) << 2)) | 0);
  for (let k = 0; k < count; k++) {
    const record = (list + Math.imul(k, BATCH_BYTES)) | 0;
    const at = (buffer + BUFFER_MESSAGES + Math.imul(k, max + 3 & ~3)) | 0;
    const bytes = messageBytes(context, max);
    messageWrite(at, who, (first + k) | 0, bytes);
    store32(record, BATCH_ADDRESS, at);
    store32(record, BATCH_LENGTH, bytes);
    store32(record, BATCH_USER_LOW, (first + k) | 0);
    store32(record, BATCH_USER_HIGH, who);
  }
  const began = timeNanos32();
  const sent = queueSendBatch(load32(context, CONTEXT_HANDLE), who & 3, list, count);
  return sentSeveral(context, who, first, sent, began, sentAt());
};

/** After a send that found no slot or no credit: looks again, then sleeps a little. Returns completions reaped meanwhile. */
const sendRest = (plan: i32, context: i32, tries: i32): i32 => {
  if (load32(context, CONTEXT_REAPER) !== 0) return (reapAll(context) + reapOne(context, NAP_MICROSECONDS)) | 0;
  if ((tries & (FULL_SPINS - 1)) !== 0) pause();
  else wait32(plan, PLAN_NEVER, 0, NAP_MICROSECONDS);
  return 0;
};

/** In turns about as long as a receiver takes to fall asleep, and longer than anybody waits, so that a lost wake-up shows. */
const sendPause = (plan: i32, context: i32, sent: i32, patience: i32): void => {
  const random = randomNext(context);
  if ((random & 1) === 0) wait32(plan, PLAN_NEVER, 0, (sent & 1) !== 0 ? random >> 4 & 63 : patience << 1);
};

/** SENDER number `number`, one round. */
export const stormSend = (plan: i32, number: i32): void => {
  const context = contextAt(plan, number);
  const count = load32(plan, PLAN_COUNT);
  const max = load32(plan, PLAN_MAX_BYTES);
  const submits = load32(context, CONTEXT_REAPER) !== 0;
  const patience = load32(plan, PLAN_PATIENCE);
  let reaped = 0;
  let sent = 0;
  let tries = 0;
  while (sent < count) {
    const random = randomNext(context);
    const who = number << 2 | (random & 3);
    const left = (count - sent) | 0;
    const several = (random >> 2 & 7) === 0 ? (random >> 5 & (BATCH_MESSAGES - 1)) + 1 | 0 : 1;
    let went = 0;
    if (several === 1) went = sendSingle(context, who, max, (left << 1) + 64 | 0);
    else if (submits || (random >> 9 & 1) === 0) went = sendSeveral(context, who, max, several < left ? several : left);
    else went = sendArray(context, who, max, several < left ? several : left);
    if (went > 0) {
      sent = (sent + went) | 0;
      if (submits && (random >> 8 & 3) === 0) reaped = (reaped + reapAll(context)) | 0;
      if (patience >= LULL_PATIENCE_MICROSECONDS) sendPause(plan, context, sent, patience);
    } else {
      tries = (tries + 1) | 0;
      reaped = (reaped + sendRest(plan, context, tries)) | 0;
    }
  }
  fetchAdd32(plan, PLAN_FINISHED, 1); // [finished]
  while (submits && reaped < count) {
    const more = reapOne(context, REAP_MICROSECONDS);
    if (more === 0) {
      logAdd(context, RECORD_STRANGE, STATUS_TIMED_OUT, timeNanos32(), timeNanos32(), 1);
      reaped = count;
    }
    reaped = (reaped + more) | 0;
  }
  store32(context, CONTEXT_MICROS, timeMicros32());
};

// ---- Receiving.

/** Writes down a message and completes it if it asks for that. */
const receiveNote = (
  context: i32, kind: i32, who: i32, at: i32, bytes: i32, flags: i32, userLow: i32, userHigh: i32, began: i32, ended: i32,
): void => {
  const sequence = load32(at, 4);
  const userIsRight = (flags & FLAG_COMPLETE) === 0 || (userLow === sequence && userHigh === who);
  const whole = messageIsWhole(at, who, bytes) && userIsRight;
  logAdd(context, what(whole ? kind : RECORD_TORN, who), sequence, began, ended, 1);
  if ((flags & FLAG_COMPLETE) === 0) return;
  const status = queueComplete(load32(context, CONTEXT_HANDLE), who >> 2, who & 3, userLow, userHigh, userLow ^ userHigh);
  if (status < 0) logAdd(context, what(RECORD_STRANGE, who), status, began, ended, 1);
};

/** One message; `microseconds` 0: queueReceive. Returns a status. */
const receiveSingle = (context: i32, microseconds: i32, capacity: i32): i32 => {
  const handle = load32(context, CONTEXT_HANDLE);
  const buffer = load32(context, CONTEXT_BUFFER);
  const began = timeNanos32();
  const got = microseconds === 0 ? queueReceive(handle, buffer, capacity) : queueReceiveTimeout(handle, buffer, capacity, microseconds);
  const ended = timeNanos32();
  if (got >= 0) {
    const who = receivedSender(handle) << 2 | receivedPriority(handle);
    receiveNote(
      context, microseconds === 0 ? RECORD_RECEIVED : RECORD_AWAITED, who, buffer, got, receivedFlags(handle), receivedUserLow(handle),
      receivedUserHigh(handle), began, ended,
    );
  } else if (got === STATUS_EMPTY || got === STATUS_TIMED_OUT) {
    logAdd(context, RECORD_EMPTY, got === STATUS_TIMED_OUT ? 1 : 0, began, ended, 0);
  } else if (got !== STATUS_AGAIN) logAdd(context, RECORD_STRANGE, got, began, ended, 1);
  return got;
};

/** As many as a batch holds. Returns a status. */
const receiveSeveral = (context: i32, capacity: i32): i32 => {
  const buffer = load32(context, CONTEXT_BUFFER);
  const list = (buffer + BUFFER_LIST) | 0;
  for (let k = 0; k < BATCH_MESSAGES; k++) {
    const record = (list + Math.imul(k, BATCH_BYTES)) | 0;
    store32(record, BATCH_ADDRESS, (buffer + BUFFER_MESSAGES + Math.imul(k, capacity + 3 & ~3)) | 0);
    store32(record, BATCH_LENGTH, capacity);
  }
  const began = timeNanos32();
  const got = queueReceiveBatch(load32(context, CONTEXT_HANDLE), list, BATCH_MESSAGES);
  const ended = timeNanos32();
  for (let k = 0; k < got; k++) {
    const record = (list + Math.imul(k, BATCH_BYTES)) | 0;
    const info = load32(record, BATCH_INFO);
    const who = (info & 255) << 2 | (info >> 8 & 255);
    receiveNote(
      context, RECORD_RECEIVED, who, load32(record, BATCH_ADDRESS), load32(record, BATCH_RESULT), info >>> 24 | 0,
      load32(record, BATCH_USER_LOW), load32(record, BATCH_USER_HIGH), began, ended,
    );
  }
  if (got === STATUS_EMPTY) logAdd(context, RECORD_EMPTY, 0, began, ended, 0);
  else if (got < 0 && got !== STATUS_AGAIN) logAdd(context, RECORD_STRANGE, got, began, ended, 1);
  return got;
};

/** As many as a batch holds, of the greatest length but the last. Returns a status. */
const receiveArray = (context: i32, capacity: i32): i32 => {
  const handle = load32(context, CONTEXT_HANDLE);
  const buffer = (load32(context, CONTEXT_BUFFER) + BUFFER_MESSAGES) | 0;
  const began = timeNanos32();
  const got = queueReceiveArray(handle, buffer, capacity, BATCH_MESSAGES);
  const ended = timeNanos32();
  const who = receivedSender(handle) << 2 | receivedPriority(handle);
  // Completing one is another call, which may change what is known of the last.
  const bytes = receivedBytes(handle);
  const flags = receivedFlags(handle);
  const userLow = receivedUserLow(handle);
  const userHigh = receivedUserHigh(handle);
  for (let k = 0; k < got; k++) {
    const isLast = k === ((got - 1) | 0);
    receiveNote(
      context, RECORD_RECEIVED, who, (buffer + Math.imul(k, capacity)) | 0, isLast ? bytes : capacity, isLast ? flags : 0, userLow,
      userHigh, began, ended,
    );
  }
  if (got === STATUS_EMPTY) logAdd(context, RECORD_EMPTY, 0, began, ended, 0);
  else if (got < 0 && got !== STATUS_AGAIN) logAdd(context, RECORD_STRANGE, got, began, ended, 1);
  return got;
};

/** RECEIVER number `number`, one round: until all senders have finished and nothing is left. */
export const stormReceive = (plan: i32, number: i32): void => {
  const senders = load32(plan, PLAN_SENDERS);
  const context = contextAt(plan, (senders + number) | 0);
  const capacity = load32(plan, PLAN_MAX_BYTES);
  const patience = load32(plan, PLAN_PATIENCE);
  let quiet = false;
  while (!quiet) {
    const finished = loadAcquire32(plan, PLAN_FINISHED); // [finished]
    const random = randomNext(context);
    let got = 0;
    if ((random & 15) === 0) got = receiveSeveral(context, capacity);
    else if ((random & 15) === 8) got = receiveArray(context, capacity);
    else got = receiveSingle(context, (random & 1) === 0 ? 0 : patience, capacity);
    const nothing = got === STATUS_EMPTY || got === STATUS_TIMED_OUT;
    if (nothing && finished === senders) quiet = true;
    else if (got === STATUS_EMPTY) {
      const later = receiveSingle(context, patience, capacity);
      if (later < 0 && finished === senders) quiet = true;
    }
  }
  store32(context, CONTEXT_MICROS, timeMicros32());
};
