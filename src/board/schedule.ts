/**
 * Which task of a core runs next, and what the core does when none wants to.
 *
 * Role: called by tasks.ts and wait.ts on the core concerned, on the stack of the context that gives way. Cooperative: nothing
 *   here is ever called from an interrupt.
 * Memory: states and records of this core's tasks; CORE_TASK, CORE_IDLE of its own record; stack pointers of both contexts.
 * Invariants: see state.ts. A task that gives way idles on its own stack, so being woken again costs no switch.
 * Order: labels of state.ts.
 * Units: microseconds; deadlines are compared by wrapping difference.
 * Fails: nothing.
 * Checked by: test/boot/wait.test.ts
 */
import {
  compareExchange32, fenceFull, load32, loadAcquire32, store32, storeRelaxed32, storeSequential32, timeMicros32,
} from '#machine';
import {
  CORE_IDLE_OFFSET, CORE_NO_TASK, CORE_TASK_OFFSET, TASK_CORE_OFFSET, TASK_COUNT_LIMIT, TASK_DEADLINE_OFFSET, TASK_STACK_OFFSET,
  TASK_TIMED_OFFSET,
} from './layout.ts';
import { contextSwitch, interruptsOff, interruptsOn, thisCore, waitForInterrupt } from './processor.ts';
import { STATE_EXPIRED, STATE_RUNNING, taskRecord, taskStates } from './state.ts';
import { taskCore } from './core.ts';
import { timerSleep } from './timer.ts';

const NO_DEADLINE = 0x7fffffff;

/** Ends the sleep of `task`, which is this core's and sleeps timed in state `asleep`, if its time is up. */
const taskExpire = (record: i32, task: i32, asleep: i32): boolean => {
  if (((load32(record, TASK_DEADLINE_OFFSET) - timeMicros32()) | 0) > 0) return false;
  // Lost to a notifier: the task is WOKEN then, and ready all the same.
  compareExchange32(taskStates(), task << 2, asleep, STATE_EXPIRED); // [wake]
  return true;
};

/** The next task of this core that wants to run, from the one after `after` round to `after` itself; CORE_NO_TASK if none. */
const taskPick = (after: i32): i32 => {
  const own = taskCore();
  for (let i = 1; i <= TASK_COUNT_LIMIT; i++) {
    const task = (after + i) & (TASK_COUNT_LIMIT - 1);
    const record = taskRecord(task);
    const state = loadAcquire32(taskStates(), task << 2); // [create] [wake]
    if (state > STATE_RUNNING && load32(record, TASK_CORE_OFFSET) === own) {
      if (state <= STATE_EXPIRED) return task;
      if (load32(record, TASK_TIMED_OFFSET) === 1 && taskExpire(record, task, state)) return task;
    }
  }
  return CORE_NO_TASK;
};

/** Microseconds until the first timed sleep of this core ends; NO_DEADLINE if none is timed. */
const taskNearestDeadline = (): i32 => {
  const own = taskCore();
  const now = timeMicros32();
  let nearest: i32 = NO_DEADLINE;
  for (let task = 0; task < TASK_COUNT_LIMIT; task++) {
    const record = taskRecord(task);
    const state = loadAcquire32(taskStates(), task << 2); // [create]
    if (state > STATE_EXPIRED && load32(record, TASK_CORE_OFFSET) === own && load32(record, TASK_TIMED_OFFSET) === 1) {
      const left = (load32(record, TASK_DEADLINE_OFFSET) - now) | 0;
      if (left < nearest) nearest = left < 0 ? 0 : left;
    }
  }
  return nearest;
};

/** Sleeps until an interrupt, unless a task became ready before the last look. */
const coreIdle = (core: i32): void => {
  interruptsOff(); // what becomes ready from here on by an interrupt ends the WFI
  storeSequential32(core, CORE_IDLE_OFFSET, 1); // [idle]
  fenceFull(); // [idle]
  if (taskPick(0) === CORE_NO_TASK) { // [idle]
    const left = taskNearestDeadline();
    if (left !== NO_DEADLINE) timerSleep(left);
    waitForInterrupt();
  }
  storeRelaxed32(core, CORE_IDLE_OFFSET, 0); // [idle] a waker that still sees 1 sends an interrupt too many
  interruptsOn();
};

/** Leaves the calling context, whose stack pointer belongs at `from`, for the next ready task; sleeps while there is none. */
export const taskLeave = (core: i32, self: i32, from: i32): void => {
  let next = taskPick(self);
  while (next === CORE_NO_TASK) {
    coreIdle(core);
    next = taskPick(self);
  }
  if (next === self) return;
  store32(core, CORE_TASK_OFFSET, next);
  contextSwitch(from, (taskRecord(next) + TASK_STACK_OFFSET) | 0);
};

/**
 * Suspends the calling task, whose state says what for, until it is picked. Returns the state it was picked in:
 * STATE_WOKEN, STATE_EXPIRED or, after taskYield, STATE_READY.
 */
export const taskSuspend = (self: i32): i32 => {
  taskLeave(thisCore(), self, (taskRecord(self) + TASK_STACK_OFFSET) | 0);
  const state = loadAcquire32(taskStates(), self << 2); // [wake]
  storeRelaxed32(taskStates(), self << 2, STATE_RUNNING); // [own]
  return state;
};
