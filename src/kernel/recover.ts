/**
 * Taking over from dead contexts.
 *
 * Role: the kernel (or, under Node, the main thread), once it knows that a context is dead and all its stores are
 *   visible. One recovery of a queue at a time; it may itself die and be run again. Memory: the dead context's words;
 *   WAITERS and EVENT of the queue.
 * Order: [publish], [hint] 4-ring: PRODUCED is read relaxed, since all stores of the dead are visible. [naming] region/flight.ts,
 *   [attach] attach.ts, [sleep] 5-wake.
 * Fails: BAD_HANDLE, BAD_ARGUMENT; no effect. Checked by: test/unit/recover.test.ts.
 */
import { fetchAnd32, load32, loadRelaxed32, store32, storeRelease32 } from '#machine';
import { queueIs, receiverAt, receiverEnd, senderAt } from './attach.ts';
import { creditQueue } from './credit.ts';
import {
  BELL_WAITERS, PRIORITY_COUNT, QUEUE_COMPLETIONS, QUEUE_RECEIVERS, QUEUE_RECEIVERS_ATTACHED, QUEUE_SENDERS,
  QUEUE_SENDERS_ATTACHED, RECEIVER_BIT, RING_AT, RING_PRODUCED, SENDER_BIT, SENDER_HANDLE,
  SENDER_NAMING, SENDER_RESERVED,
} from './layout.ts';
import { laneRing } from './path/3-lane.ts';
import { ringWrap } from './path/4-ring.ts';
import { queueBell, wakeEverybody } from './path/5-wake.ts';
import { STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_OK } from './status.ts';

/**
 * PRODUCER that takes the lane over from one that died or was stopped: if the last messages were published but not yet
 * counted, counts them. The old producer no longer runs, and all its stores are visible. Statistics may end up off: those
 * messages' bytes are not counted, and PRODUCED_HIGH is one too high if the old producer died between the stores of a wrap.
 */
export const ringAdopt = (ring: i32): void => {
  const at = loadRelaxed32(ring, RING_PRODUCED); // [publish]
  if ((at >>> 0) < (load32(ring, RING_AT) >>> 0)) ringWrap(ring);
  store32(ring, RING_AT, at);
};

/** Counts what the dead producer of these four lanes had published, and wakes the receivers to look for it. */
const lanesAdopt = (queue: i32, index: i32): void => {
  for (let priority = 0; priority < PRIORITY_COUNT; priority++) ringAdopt(laneRing(queue, index, priority));
  wakeEverybody(queueBell(queue));
};

/**
 * Takes the place of dead sender number `index` back. What it had published stays queued, at most one message more than
 * it knew; what it had not published is gone. Repeatable.
 * @noinline
 */
export const recoverSender = (queue: i32, index: i32): i32 => {
  if (!queueIs(queue)) return STATUS_BAD_HANDLE;
  if ((index >>> 0) >= (load32(queue, QUEUE_SENDERS) >>> 0)) return STATUS_BAD_ARGUMENT;
  const sender = senderAt(queue, index);
  storeRelease32(sender, SENDER_HANDLE, 0); // [attach]
  lanesAdopt(queue, index);
  storeRelease32(sender, SENDER_NAMING, 0); // [naming]
  store32(sender, SENDER_RESERVED, 0);
  fetchAnd32(queue, QUEUE_SENDERS_ATTACHED, ~load32(sender, SENDER_BIT)); // [attach]
  return STATUS_OK;
};

/**
 * Takes the place of dead receiver number `index` back. A message it was receiving is received again by its successor
 * (one receiver) or gone (several). What it had received and not completed stays owed (queueOwed). Repeatable.
 * @noinline
 */
export const recoverReceiver = (queue: i32, index: i32): i32 => {
  if (!queueIs(queue)) return STATUS_BAD_HANDLE;
  if ((index >>> 0) >= (load32(queue, QUEUE_RECEIVERS) >>> 0)) return STATUS_BAD_ARGUMENT;
  const receiver = receiverAt(queue, index);
  receiverEnd(receiver);
  fetchAnd32(queueBell(queue), BELL_WAITERS, ~load32(receiver, RECEIVER_BIT)); // [sleep]
  if (load32(queue, QUEUE_COMPLETIONS) !== 0) {
    const senders = load32(queue, QUEUE_SENDERS);
    for (let sender = 0; sender < senders; sender++) lanesAdopt(creditQueue(queue, sender), index);
  }
  fetchAnd32(queue, QUEUE_RECEIVERS_ATTACHED, ~load32(receiver, RECEIVER_BIT)); // [attach]
  wakeEverybody(queueBell(queue));
  return STATUS_OK;
};
