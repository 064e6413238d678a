/**
 * Sleeping on a word and waking its sleepers: the machine contract's wait32 and notify32 on bare metal.
 *
 * Role: kernelWait32 from tasks; kernelNotify32 from tasks and interrupts, on any core.
 * Memory: state words of state.ts; deadline of the calling task.
 * Invariants: compare-and-sleep is one step towards notify: whom a notifier counted was asleep, or is told WAIT_WOKEN.
 * Order: labels of state.ts, and [sleep]:
 *     sleeper:  state = address | 1 ; fence ; read the word        notifier (caller): change the word ; fence ; read the states
 *   Forbidden outcome: the sleeper reads the old word and the notifier reads the old state, so it sleeps through its own wake-up.
 *   Store then load needs the full fence on both sides; release and acquire would allow it.
 * Fails: boardHalt outside a task, or for an address that is no multiple of 4.
 * Checked by: test/boot/wait.test.ts
 */
import { WAIT_CHANGED, WAIT_TIMED_OUT, WAIT_WOKEN } from '../machine/contract.ts';
import {
  compareExchange32, fenceFull, loadAcquire32, loadRelaxed32, store32, storeRelaxed32, storeSequential32, timeMicros32,
} from '#machine';
import { TASK_COUNT_LIMIT, TASK_DEADLINE_OFFSET, TASK_TIMED_OFFSET } from './layout.ts';
import { inException } from './processor.ts';
import { STATE_EXPIRED, STATE_RUNNING, STATE_WOKEN, taskRecord, taskSelf, taskStates, taskWakeCore } from './state.ts';
import { taskSuspend } from './schedule.ts';
import { EVENT_WAKE, boardEvent } from './events.ts';
import { boardHalt } from './halt.ts';

/** Goes on as if it had not slept; WAIT_WOKEN if a notifier has counted it meanwhile, so that no wake-up is lost. */
const stayAwake = (self: i32, asleep: i32): i32 => {
  if (compareExchange32(taskStates(), self << 2, asleep, STATE_RUNNING) === asleep) return WAIT_CHANGED; // [wake]
  storeRelaxed32(taskStates(), self << 2, STATE_RUNNING); // [own]
  return WAIT_WOKEN;
};

/** See wait32 in src/machine/contract.ts. */
export const kernelWait32 = (p: i32, off: i32, expected: i32, microseconds: i32): i32 => {
  const self = taskSelf();
  const address = (p + off) | 0;
  if (self < 0 || inException()) boardHalt('wait32 outside a task, on the word at', address);
  if ((address & 3) !== 0) boardHalt('wait32 on an address that is no multiple of 4,', address);
  const asleep = address | 1;
  store32(taskRecord(self), TASK_TIMED_OFFSET, microseconds < 0 ? 0 : 1);
  if (microseconds >= 0) store32(taskRecord(self), TASK_DEADLINE_OFFSET, (timeMicros32() + microseconds) | 0);
  storeSequential32(taskStates(), self << 2, asleep); // [sleep]
  fenceFull(); // [sleep]
  if (loadAcquire32(p, off) !== expected) return stayAwake(self, asleep); // [sleep]
  return taskSuspend(self) === STATE_EXPIRED ? WAIT_TIMED_OUT : WAIT_WOKEN;
};

/** See notify32 in src/machine/contract.ts. */
export const kernelNotify32 = (p: i32, off: i32, count: i32): i32 => {
  const asleep = ((p + off) | 0) | 1;
  let woken: i32 = 0;
  fenceFull(); // [sleep] after the caller's change of the word
  for (let task = 0; task < TASK_COUNT_LIMIT; task++) {
    if (woken >= count) break;
    if (loadRelaxed32(taskStates(), task << 2) === asleep) { // [sleep]
      if (compareExchange32(taskStates(), task << 2, asleep, STATE_WOKEN) === asleep) { // [wake]
        woken = (woken + 1) | 0;
        boardEvent(EVENT_WAKE, task, (p + off) | 0);
        taskWakeCore(task);
      }
    }
  }
  return woken;
};
