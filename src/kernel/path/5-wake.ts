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
 *   sender    PRODUCED = t + 1 (storePublished32, 4-ring); read WAITERS (sequential); if any: count EVENT, notify
 *   receiver  set its bit (read-modify-write); fenceAll; read EVENT; read PRODUCED; sleep while EVENT is what was read
 *   Forbidden: the sender reads WAITERS 0, and the receiver reads PRODUCED before t + 1 and sleeps: nobody is woken for t.
 *   Reading EVENT before PRODUCED matters: a count between the look and the sleep must end the sleep.
 *   Acquire and release are not enough (store, then load, on both sides). Only the receiver clears its bit: a waker
 *   paused between clearing and
 *   notifying would strand it while other senders see nobody waiting.
 * Units: microseconds. Fails: none. Checked by: test/unit/5-wake.test.ts, test/stress, test/boot.
 */
import { fenceAll, fetchAdd32, fetchAnd32, fetchOr32, loadSequential32, notify32, opaque32, wait32 } from '#machine';
import { BELL_EVENT, BELL_WAITERS, QUEUE_BELL } from '../layout.ts';
import { STATUS_OK } from '../status.ts';

/** The bell of a queue. */
export const queueBell = (queue: i32): i32 => (queue + QUEUE_BELL) | 0;

/**
 * Wakes up to `count` sleeping receivers, after that many messages were published. Nobody waiting: one load. Returns
 * STATUS_OK, as the last thing a send does.
 * @inline
 */
export const wakeReceivers = (bell: i32, count: i32): i32 => {
  if (loadSequential32(bell, BELL_WAITERS) !== 0) return wakeSleepers(bell, count); // [sleep]
  return STATUS_OK;
};

/**
 * Ends the sleep of up to `count` receivers.
 * @cold
 */
const wakeSleepers = (bell: i32, count: i32): i32 => {
  fetchAdd32(bell, BELL_EVENT, 1); // [sleep]
  notify32(bell, BELL_EVENT, count);
  return opaque32(STATUS_OK); // A result the compiler knew would make it come back here from the last call of a send.
};

/** More sleepers than a queue can have. */
const EVERYBODY = 32;

/**
 * Wakes every sleeper to look for itself: a dead context may have published without waking, or been woken for a message
 * it never took.
 */
export const wakeEverybody = (bell: i32): i32 => wakeSleepers(bell, EVERYBODY);

/** RECEIVER `bit` is about to sleep: from here on senders count EVENT. */
export const wakeAnnounce = (bell: i32, bit: i32): void => {
  fetchOr32(bell, BELL_WAITERS, bit); // [sleep]
  fenceAll(); // [sleep]
};

/** The count to sleep on: read it before the last look at the lanes. */
export const wakeEvent = (bell: i32): i32 => loadSequential32(bell, BELL_EVENT); // [sleep]

/** Sleeps while EVENT is `event`, at most `microseconds` (negative: for ever). Wakes spuriously too. */
export const wakeSleep = (bell: i32, event: i32, microseconds: i32): void => {
  wait32(bell, BELL_EVENT, event, microseconds);
};

/** RECEIVER `bit` no longer sleeps. */
export const wakeRetract = (bell: i32, bit: i32): void => {
  fetchAnd32(bell, BELL_WAITERS, ~bit); // [sleep]
};
