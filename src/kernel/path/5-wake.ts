/**
 * Sleeping and waking: no lost wake-up, and no notification when nobody waits.
 *
 * Role: wakeReceivers: a sender after publishing (an interrupt handler too). wakeEverybody: queueClose and recovery. The rest: a
 *   receiver that found nothing.
 * Memory: WAITERS (receivers set and clear their own bit) and EVENT (wakers count) of the queue.
 * Invariant: a receiver sleeps only if after announcing itself it found every lane empty, or a sender that published
 *   since has not yet run
 *   wakeReceivers.
 * Order: [sleep], between a sender that sees nobody waiting and a receiver that goes to sleep.
 *   sender    STATE = t (sequential, 4-ring); read WAITERS (sequential); if any: count EVENT, notify
 *   receiver  set its bit (read-modify-write); full fence; read EVENT; read STATE; sleep while EVENT is what was read
 *   Forbidden: the sender reads WAITERS 0, and the receiver reads STATE before t and sleeps: nobody is woken for t.
 *   Reading EVENT before STATE matters: a count between the look and the sleep must end the sleep.
 *   Acquire and release are not enough (store, then load, on both sides). Only the receiver clears its bit: a waker
 *   paused between clearing and
 *   notifying would strand it while other senders see nobody waiting.
 * Units: microseconds. Fails: none. Checked by: test/unit/5-wake.test.ts, test/stress, test/boot.
 */
import { fenceFull, fetchAdd32, fetchAnd32, fetchOr32, loadSequential32, notify32, wait32 } from '#machine';
import { QUEUE_EVENT, QUEUE_WAITERS } from '../layout.ts';
import { STATUS_OK } from '../status.ts';

/**
 * Wakes up to `count` sleeping receivers, after that many messages were published. Nobody waiting: one load. Returns
 * STATUS_OK, as the last thing a send does.
 * @inline
 */
export const wakeReceivers = (queue: i32, count: i32): i32 => {
  if (loadSequential32(queue, QUEUE_WAITERS) !== 0) return wakeSleepers(queue, count); // [sleep]
  return STATUS_OK;
};

/**
 * Ends the sleep of up to `count` receivers.
 * @cold
 */
const wakeSleepers = (queue: i32, count: i32): i32 => {
  fetchAdd32(queue, QUEUE_EVENT, 1); // [sleep]
  notify32(queue, QUEUE_EVENT, count);
  return STATUS_OK;
};

/** More sleepers than a queue can have. */
const EVERYBODY = 32;

/**
 * Wakes every sleeper to look for itself: a dead context may have published without waking, or been woken for a message
 * it never took.
 */
export const wakeEverybody = (queue: i32): i32 => wakeSleepers(queue, EVERYBODY);

/** RECEIVER `bit` is about to sleep: from here on senders count EVENT. */
export const wakeAnnounce = (queue: i32, bit: i32): void => {
  fetchOr32(queue, QUEUE_WAITERS, bit); // [sleep]
  fenceFull(); // [sleep]
};

/** The count to sleep on: read it before the last look at the lanes. */
export const wakeEvent = (queue: i32): i32 => loadSequential32(queue, QUEUE_EVENT); // [sleep]

/** Sleeps while EVENT is `event`, at most `microseconds` (negative: for ever). Wakes spuriously too. */
export const wakeSleep = (queue: i32, event: i32, microseconds: i32): void => {
  wait32(queue, QUEUE_EVENT, event, microseconds);
};

/** RECEIVER `bit` no longer sleeps. */
export const wakeRetract = (queue: i32, bit: i32): void => {
  fetchAnd32(queue, QUEUE_WAITERS, ~bit); // [sleep]
};
