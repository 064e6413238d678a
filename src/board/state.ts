/**
 * The state word of each task: who may run, who sleeps where.
 *
 * Role: schedule.ts, tasks.ts and wait.ts change states; taskWakeCore is called by whoever makes a task ready.
 * Memory: one word per task (layout.ts), one cache line for all; CORE_IDLE of the core records.
 *
 *   state          means                                 left by
 *   0 FREE         no task                               creator, CAS to CLAIMED
 *   1 CLAIMED      being created                         creator, to READY
 *   2 RUNNING      on its core                           its core, to any below
 *   3 READY        wants to run                          its core, to RUNNING
 *   4 WOKEN        wants to run: was notified            its core
 *   5 EXPIRED      wants to run: its time is up          its core
 *   address | 1    asleep on the word at address         a notifier, CAS to WOKEN, or its core, CAS to EXPIRED or RUNNING
 *
 *   The address is part of the word, so one CAS answers "still asleep on this very address?": a task that woke and slept again
 *   elsewhere is not hit, one that sleeps again on the same word is rightly hit.
 * Invariants: 1. Only a task's own core takes it to RUNNING. 2. A core in WFI has said so in IDLE before its last look.
 * Order:
 *   label     releasing side                   acquiring side            visible                   without it
 *   [create]  creator stores READY             core loads the state      record, first context     a task begins with rubbish
 *   [end]     core stores FREE, off the stack  creator's CAS to CLAIMED  last use of the stack     two tasks on one stack
 *   [wake]    notifier's CAS to WOKEN          core loads the state      all the notifier did      the sleeper misses its news
 *   [idle]    core: IDLE = 1, fence, look at states; waker: state, fence, look at IDLE. Forbidden: both see the old value, and
 *             the core sleeps with a ready task.
 *   [own]     the task's own core on both sides: program order is enough
 * Fails: nothing.
 * Checked by: test/boot/wait.test.ts
 */
import { exchange32, fenceFull, load32, loadRelaxed32 } from '#machine';
import { CORE_IDLE_OFFSET, CORE_TASK_OFFSET, TASKS_OFFSET, TASK_BYTES, TASK_CORE_OFFSET, TASK_STATES_OFFSET } from './layout.ts';
import { boardMemory, thisCore } from './processor.ts';
import { INTERRUPT_WAKE, interruptSend } from './interrupt.ts';
import { coreRecord } from './core.ts';

export const STATE_FREE = 0;
export const STATE_CLAIMED = 1;
export const STATE_RUNNING = 2;
export const STATE_READY = 3;
export const STATE_WOKEN = 4;
export const STATE_EXPIRED = 5;

export const taskRecord = (task: i32): i32 => (boardMemory() + TASKS_OFFSET + Math.imul(task, TASK_BYTES)) | 0;
/** Address of the state words; a task's is at its number times 4. */
export const taskStates = (): i32 => (boardMemory() + TASK_STATES_OFFSET) | 0;
/** The calling task's number, negative outside any task. */
export const taskSelf = (): i32 => load32(thisCore(), CORE_TASK_OFFSET);

/** After a task of that core has been made ready: interrupts the core if it may sleep. */
export const taskWakeCore = (task: i32): void => {
  const core = coreRecord(load32(taskRecord(task), TASK_CORE_OFFSET));
  fenceFull(); // [idle]
  if (core === thisCore() || loadRelaxed32(core, CORE_IDLE_OFFSET) === 0) return; // [idle]
  if (exchange32(core, CORE_IDLE_OFFSET, 0) === 1) interruptSend(core, INTERRUPT_WAKE); // [idle]
};
