/**
 * The queue's surface. START HERE: each line names the step that does the work.
 *
 *   send -> path/1-send -> 2-validate -> 3-lane -> 4-ring publish -> 5-wake  ||  path/6-receive -> 3-lane -> 4-ring pop
 *   -> 7-complete -> sender reaps
 *
 * Addresses and lengths are bytes, times microseconds, records as drawn in layout.ts; results >= 0 or a status of
 *   status.ts.
 * Orders not argued in the steps: [close] 6-receive, [base] 2-validate.
 * The seed's words: KernelQueue is this file, RingBuffer is ring.ts, MessageDescriptor the DESCRIPTOR_* record.
 */
import { compareExchange32, load32, loadRelaxed32, storeSequential32 } from '#machine';
import { receiveArray, sendArray } from './array.ts';
import { attachReceiver, attachSender, detachReceiver, detachSender, queueIs, senderAt } from './attach.ts';
import { creditOwed } from './credit.ts';
import { receiveBatch, sendBatch } from './batch.ts';
import { countersCollect, countersLaneLength, countersRefusals } from './counters.ts';
import { queueMake, queueSize } from './create.ts';
import { commitCareful, messageCommit, messageRelease, messageReserve, messageView } from './inplace.ts';
import {
  CLOSED_BEGUN, CLOSED_WHOLLY, META_BYTES_MASK, META_FLAGS_SHIFT, PRIORITY_COUNT, QUEUE_CLOSED, QUEUE_SENDERS,
  RECEIVER_BADGE, RECEIVER_LANE, RECEIVER_META, RECEIVER_QUEUE, RECEIVER_USER_HIGH, RECEIVER_USER_LOW, SENDER_LIMIT,
  SENDER_QUOTA, SENDER_REAPER, SENDER_TYPED,
} from './layout.ts';
import { SEND_SUBMIT, sendCareful, sendDescriptorCareful, senderBlock } from './path/1-send-careful.ts';
import { sendDescriptorNow, sendNow } from './path/1-send.ts';
import { LANE_DISCARD, LANE_PEEK, lanePriority, laneSender } from './path/3-lane.ts';
import { queueBell, wakeEverybody } from './path/5-wake.ts';
import { receiveNow, receiveOther, receiverBlock, receiveTimeout } from './path/6-receive.ts';
import { completePost } from './path/7-complete.ts';
import { recoverReceiver, recoverSender } from './recover.ts';
import { REASON_COUNT_OF, SCRATCH_BYTE, SCRATCH_REASON, SCRATCH_WORD } from './schema/program.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_BAD_PRIORITY, STATUS_NO_COMPLETIONS, STATUS_OK,
} from './status.ts';

// ---- Making and ending.
/** Bytes a queue of this configuration needs. */
export const queueBytes = (config: i32): i32 => queueSize(config);
/** Makes a queue at the base of a Slab region. Returns its address. */
export const queueCreate = (regions: i32, region: i32, config: i32): i32 => queueMake(regions, region, config);
/** Takes a place as sender; `schema` must be the queue's. Returns a handle. */
export const queueAttachSender = (queue: i32, schema: i32): i32 => attachSender(queue, schema, 0);
/** Takes a place as sender all of whose messages are completed. Needs a queue made with completions. */
export const queueAttachSubmitter = (queue: i32, schema: i32): i32 => attachSender(queue, schema, 1);
export const queueDetachSender = (sender: i32): i32 => detachSender(sender);
/** Takes a place as receiver. Returns a handle. */
export const queueAttachReceiver = (queue: i32): i32 => attachReceiver(queue);
export const queueDetachReceiver = (receiver: i32): i32 => detachReceiver(receiver);
/** Frees the place of a context known to be dead. */
export const queueRecoverSender = (queue: i32, index: i32): i32 => recoverSender(queue, index);
export const queueRecoverReceiver = (queue: i32, index: i32): i32 => recoverReceiver(queue, index);
/** No send that begins after this succeeds; receivers get what is left, then STATUS_CLOSED. Wakes all sleepers. */
export const queueClose = (queue: i32): i32 => {
  if (!queueIs(queue)) return STATUS_BAD_HANDLE;
  compareExchange32(queue, QUEUE_CLOSED, 0, CLOSED_BEGUN); // [close]
  const senders = load32(queue, QUEUE_SENDERS);
  for (let index = 0; index < senders; index++) storeSequential32(senderAt(queue, index), SENDER_LIMIT, 0); // [close]
  storeSequential32(queue, QUEUE_CLOSED, CLOSED_WHOLLY); // [close]
  wakeEverybody(queueBell(queue));
  return STATUS_OK;
};

// ---- Sending.
/** Copies a message into the queue. */
export const queueSend = (sender: i32, priority: i32, source: i32, bytes: i32): i32 => sendNow(sender, priority, source, bytes);
/** As queueSend, by a submitter: the completion carries the user data back. */
export const queueSubmit = (sender: i32, priority: i32, source: i32, bytes: i32, userLow: i32, userHigh: i32): i32 =>
  sendCareful(sender, priority, source, bytes, SEND_SUBMIT, userLow, userHigh);
/** Sends a reference to part of an Immutable or AppendOnly region: nothing is copied but the 24-byte descriptor. */
export const queueSendDescriptor = (sender: i32, priority: i32, descriptor: i32): i32 =>
  sendDescriptorNow(sender, priority, descriptor);
/** As queueSendDescriptor, by a submitter: when its completion is reaped, the bytes may be used again. */
export const queueSubmitDescriptor = (sender: i32, priority: i32, descriptor: i32, userLow: i32, userHigh: i32): i32 =>
  sendDescriptorCareful(sender, priority, descriptor, SEND_SUBMIT, userLow, userHigh);
/** Sends several messages with one wake-up. Returns how many went. */
export const queueSendBatch = (sender: i32, priority: i32, list: i32, count: i32): i32 =>
  sendBatch(sender, priority, list, count);
/** Sends `count` messages of `bytes` bytes each that lie one behind the other, with one wake-up. Returns how many went. */
export const queueSendArray = (sender: i32, priority: i32, source: i32, bytes: i32, count: i32): i32 =>
  sendArray(sender, priority, source, bytes, count);
/** The address at which to build a message of up to `bytes` bytes in place: no copy. */
export const queueReserve = (sender: i32, priority: i32, bytes: i32): i32 => messageReserve(sender, priority, bytes);
/** Sends what was built in the place reserved last. */
export const queueCommit = (sender: i32, bytes: i32): i32 => messageCommit(sender, bytes);
/** As queueCommit, by a submitter. */
export const queueCommitSubmit = (sender: i32, bytes: i32, userLow: i32, userHigh: i32): i32 =>
  commitCareful(sender, bytes, userLow, userHigh);

// ---- About the last message of this sender that was refused with STATUS_INVALID_MESSAGE: its own words.
const refusedCell = (sender: i32, cell: i32): i32 => {
  const block = senderBlock(sender);
  if (block < 0) return block;
  const typed = load32(block, SENDER_TYPED);
  return typed === 0 ? 0 : load32(typed, cell);
};
/** REASON_* of schema/program.ts; 0: none was, or nothing is validated here. */
export const refusedReason = (sender: i32): i32 => refusedCell(sender, SCRATCH_REASON);
/** Which word of the validation program refused it, and at which byte. */
export const refusedWord = (sender: i32): i32 => refusedCell(sender, SCRATCH_WORD);
export const refusedByte = (sender: i32): i32 => refusedCell(sender, SCRATCH_BYTE);
/** Messages refused for this reason, over all senders, modulo 2^31. */
export const queueRefusals = (queue: i32, reason: i32): i32 => {
  if (!queueIs(queue)) return STATUS_BAD_HANDLE;
  return (reason >>> 0) >= REASON_COUNT_OF ? STATUS_BAD_ARGUMENT : countersRefusals(queue, reason);
};

// ---- Receiving.
/** Takes the most urgent message. Returns its length, or STATUS_EMPTY at once. */
export const queueReceive = (receiver: i32, buffer: i32, capacity: i32): i32 => receiveNow(receiver, buffer, capacity);
/** As queueReceive, but sleeps up to `microseconds` for a message; negative: for ever. */
export const queueReceiveTimeout = (receiver: i32, buffer: i32, capacity: i32, microseconds: i32): i32 =>
  receiveTimeout(receiver, buffer, capacity, microseconds);
export const queueReceiveBatch = (receiver: i32, list: i32, count: i32): i32 => receiveBatch(receiver, list, count);
/** Receives messages of one sender and priority to places of `bytes` bytes each. Returns how many came: see array.ts. */
export const queueReceiveArray = (receiver: i32, buffer: i32, bytes: i32, count: i32): i32 =>
  receiveArray(receiver, buffer, bytes, count);
/** The length of the most urgent message, which stays. */
export const queuePeek = (receiver: i32): i32 => receiveOther(receiver, LANE_PEEK);
/** Drops the most urgent message. Returns its length. */
export const queueDiscard = (receiver: i32): i32 => receiveOther(receiver, LANE_DISCARD);
/** The address of the most urgent message, to be read where it is until queueRelease: no copy. The queue's only receiver. */
export const queueView = (receiver: i32): i32 => messageView(receiver);
/** Ends the view: the message is received. Returns its length. */
export const queueRelease = (receiver: i32): i32 => messageRelease(receiver);

// ---- About the last message received, peeked or discarded, or found too large: the receiver's own words.
const receivedWord = (receiver: i32, word: i32): i32 => {
  const block = receiverBlock(receiver);
  return block < 0 ? block : load32(block, word);
};
export const receivedBytes = (receiver: i32): i32 => {
  const meta = receivedWord(receiver, RECEIVER_META);
  return meta < 0 ? meta : meta & META_BYTES_MASK;
};
export const receivedFlags = (receiver: i32): i32 => {
  const meta = receivedWord(receiver, RECEIVER_META);
  return meta < 0 ? meta : meta >> META_FLAGS_SHIFT;
};
export const receivedPriority = (receiver: i32): i32 => {
  const lane = receivedWord(receiver, RECEIVER_LANE);
  return lane < 0 ? lane : lanePriority(receivedWord(receiver, RECEIVER_QUEUE), lane);
};
/** The sender's number, 0 to 31. */
export const receivedSender = (receiver: i32): i32 => {
  const lane = receivedWord(receiver, RECEIVER_LANE);
  return lane < 0 ? lane : laneSender(receivedWord(receiver, RECEIVER_QUEUE), lane);
};
/** The badge of the sender's place when it sent. */
export const receivedBadge = (receiver: i32): i32 => receivedWord(receiver, RECEIVER_BADGE);
/** User data; meaningful with FLAG_COMPLETE. */
export const receivedUserLow = (receiver: i32): i32 => receivedWord(receiver, RECEIVER_USER_LOW);
export const receivedUserHigh = (receiver: i32): i32 => receivedWord(receiver, RECEIVER_USER_HIGH);

// ---- Completing.
/** Tells submitter number `index` that its message with this user data is done with. */
export const queueComplete = (receiver: i32, index: i32, priority: i32, userLow: i32, userHigh: i32, result: i32): i32 =>
  completePost(receiver, index, priority, userLow, userHigh, result);
/** The handle with which this submitter's completions are received: entries of COMPLETION_BYTES. One context reaps. */
export const queueCompletions = (sender: i32): i32 => {
  const block = senderBlock(sender);
  if (block < 0) return block;
  return loadRelaxed32(block, SENDER_QUOTA) === 0 ? STATUS_NO_COMPLETIONS : load32(block, SENDER_REAPER); // [base]
};

// ---- Looking.
/** Messages queued, over all priorities: exact at rest, else a hint. */
export const queueLength = (queue: i32): i32 => {
  if (!queueIs(queue)) return STATUS_BAD_HANDLE;
  let length = 0;
  for (let priority = 0; priority < PRIORITY_COUNT; priority++) length = (length + countersLaneLength(queue, priority)) | 0;
  return length;
};
export const queueLaneLength = (queue: i32, priority: i32): i32 => {
  if (!queueIs(queue)) return STATUS_BAD_HANDLE;
  return (priority >>> 0) >= PRIORITY_COUNT ? STATUS_BAD_PRIORITY : countersLaneLength(queue, priority);
};
/**
 * Messages of a submitter that were received and are not completed yet, in the hands of all receivers: after the death of one,
 * what it owed is what remains when the living ones have completed theirs. Completing more than that gives credit away.
 */
export const queueOwed = (queue: i32, index: i32, priority: i32): i32 => {
  if (!queueIs(queue)) return STATUS_BAD_HANDLE;
  if ((priority >>> 0) >= PRIORITY_COUNT) return STATUS_BAD_PRIORITY;
  if ((index >>> 0) >= (load32(queue, QUEUE_SENDERS) >>> 0)) return STATUS_BAD_ARGUMENT;
  const owed = creditOwed(queue, index, priority);
  return owed < 0 ? 0 : owed; // Below zero while messages that a plain predecessor left are still queued.
};
/** Fills a STATISTICS record. */
export const queueStatistics = (queue: i32, into: i32): i32 =>
  queueIs(queue) ? countersCollect(queue, into) : STATUS_BAD_HANDLE;
