/**
 * Tasks: pinned to a core, cooperative, asleep on a word of memory.
 *
 * Role: taskCreate, taskYield, taskEnd from tasks; taskLoop is the last thing each core calls; wait.ts sleeps and wakes.
 * Memory: one state word per task (layout.ts); task records; CORE_TASK, CORE_IDLE of the core records.
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
 *   label     releasing side                     acquiring side             visible                    without it
 *   [create]  creator stores READY               core loads the state       record and first context   a task begins with rubbish
 *   [end]     core stores FREE, off the stack    creator's CAS to CLAIMED   last use of the stack      two tasks on one stack
 *   [wake]    notifier's CAS to WOKEN            core loads the state       all the notifier did       the sleeper misses its news
 *   [idle]    core: IDLE = 1, fence, look at states; waker: state, fence, look at IDLE. Forbidden: both see the old value, and
 *             the core sleeps with a ready task.
 * Fails: taskCreate says TASK_NONE when all are in use, TASK_NO_CORE for a core that is not there.
 * Checked by: test/boot/hello.test.ts, test/boot/wait.test.ts.
 */
import {
  compareExchange32, exchange32, fenceFull, fetchAdd32, fillBytes, load32, loadAcquire32, loadRelaxed32, pack64, store32, store64,
  storeRelaxed32, storeRelease32, storeSequential32, timeMicros32,
} from '#machine';
import {
  CONTEXT_BYTES, CONTEXT_RETURN_OFFSET, CORE_ENDED_OFFSET, CORE_IDLE_OFFSET, CORE_NO_TASK, CORE_STACK_OFFSET, CORE_TASK_OFFSET, LIVE_TASKS_OFFSET,
  STACK_SLOT_BYTES, STACK_TOP_GAP_BYTES, STACK_WINDOW, TASKS_OFFSET, TASK_ARGUMENT_OFFSET, TASK_BYTES, TASK_CORE_OFFSET,
  TASK_COUNT_LIMIT, TASK_DEADLINE_OFFSET, TASK_ROLE_OFFSET, TASK_STACK_OFFSET, TASK_STATES_OFFSET, TASK_TIMED_OFFSET,
} from './layout.ts';
import {
  boardMemory, callProgramStart, callProgramTask, contextSwitch, interruptsOff, interruptsOn, taskBeginAddress, thisCore,
  waitForInterrupt,
} from './processor.ts';
import { INTERRUPT_WAKE, interruptSend } from './interrupt.ts';
import { boardCores, coreRecord, taskCore } from './core.ts';
import { boardConsoleFlush } from './console.ts';
import { timerSleep } from './timer.ts';
import { boardExit } from './exit.ts';

export const TASK_NONE = -1;
export const TASK_NO_CORE = -2;
/** The role of the first task, which runs programStart(). */
export const TASK_ROLE_START = -1;

const STATE_FREE = 0;
const STATE_CLAIMED = 1;
const STATE_RUNNING = 2;
const STATE_READY = 3;
export const STATE_WOKEN = 4;
export const STATE_EXPIRED = 5;
const NO_DEADLINE = 0x7fffffff;

const taskRecord = (task: i32): i32 => (boardMemory() + TASKS_OFFSET + Math.imul(task, TASK_BYTES)) | 0;
/** Address of the state words; a task's is at its number times 4. */
export const taskStates = (): i32 => (boardMemory() + TASK_STATES_OFFSET) | 0;
/** The calling task's number, negative outside any task. */
export const taskSelf = (): i32 => load32(thisCore(), CORE_TASK_OFFSET);

/** After a task of that core has been made ready: interrupts the core if it may sleep. */
export const taskWakeCore = (task: i32): void => {
  const core = coreRecord(load32(taskRecord(task), TASK_CORE_OFFSET));
  fenceFull(); // [idle]
  if (core === thisCore() || loadRelaxed32(core, CORE_IDLE_OFFSET) === 0) return; // [idle]
  if (exchange32(core, CORE_IDLE_OFFSET, 0) === 1) interruptSend(core, INTERRUPT_WAKE);
};

/** A new task on `core`: it will run programTask(role, argument). Returns its number, or TASK_NONE or TASK_NO_CORE. */
export const taskCreate = (core: i32, role: i32, argument: i32): i32 => {
  if (core < 0 || core >= boardCores()) return TASK_NO_CORE;
  const states = taskStates();
  let task: i32 = 0;
  while (task < TASK_COUNT_LIMIT) {
    if (compareExchange32(states, task << 2, STATE_FREE, STATE_CLAIMED) === STATE_FREE) break; // [end]
    task = (task + 1) | 0;
  }
  if (task === TASK_COUNT_LIMIT) return TASK_NONE;
  const record = taskRecord(task);
  store32(record, TASK_CORE_OFFSET, core);
  store32(record, TASK_ROLE_OFFSET, role);
  store32(record, TASK_ARGUMENT_OFFSET, argument);
  store32(record, TASK_TIMED_OFFSET, 0);
  const top = (STACK_WINDOW + Math.imul((task + 1) | 0, STACK_SLOT_BYTES) - STACK_TOP_GAP_BYTES) | 0;
  const context = (top - CONTEXT_BYTES) | 0;
  fillBytes(context, CONTEXT_BYTES, 0);
  store64(context, CONTEXT_RETURN_OFFSET, pack64(taskBeginAddress(), 0));
  store64(record, TASK_STACK_OFFSET, pack64(context, 0));
  fetchAdd32(boardMemory(), LIVE_TASKS_OFFSET, 1);
  storeRelease32(states, task << 2, STATE_READY); // [create]
  taskWakeCore(task);
  return task;
};

/** Ends the sleep of `task`, which is this core's and sleeps timed in state `asleep`, if its time is up. */
const taskExpire = (record: i32, task: i32, asleep: i32): boolean => {
  if (((load32(record, TASK_DEADLINE_OFFSET) - timeMicros32()) | 0) > 0) return false;
  // Lost to a notifier: the task is WOKEN then, and ready all the same.
  compareExchange32(taskStates(), task << 2, asleep, STATE_EXPIRED);
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
  storeRelaxed32(core, CORE_IDLE_OFFSET, 0); // a waker that still sees 1 sends an interrupt too many
  interruptsOn();
};

/** Leaves the calling context, whose stack pointer belongs at `from`, for the next ready task; sleeps while there is none. */
const taskLeave = (core: i32, self: i32, from: i32): void => {
  boardConsoleFlush();
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
  storeRelaxed32(taskStates(), self << 2, STATE_RUNNING);
  return state;
};

/** Sets the end of the calling task's next sleep; `microseconds` < 0 is never. */
export const taskTime = (self: i32, microseconds: i32): void => {
  store32(taskRecord(self), TASK_TIMED_OFFSET, microseconds < 0 ? 0 : 1);
  store32(taskRecord(self), TASK_DEADLINE_OFFSET, (timeMicros32() + microseconds) | 0);
};

/** Goes on as if it had not slept. The calling task's state is `asleep` or WOKEN; returns false if it was WOKEN meanwhile. */
export const taskStayAwake = (self: i32, asleep: i32): boolean => {
  const found = compareExchange32(taskStates(), self << 2, asleep, STATE_RUNNING);
  if (found !== asleep) storeRelaxed32(taskStates(), self << 2, STATE_RUNNING);
  return found === asleep;
};

/** Lets the other ready tasks of this core run first. */
export const taskYield = (): void => {
  const self = taskSelf();
  storeRelaxed32(taskStates(), self << 2, STATE_READY);
  taskSuspend(self);
};

/** A core's own context: runs tasks, sleeps, for ever. A task that ends comes back here, so that its stack can be used again. */
export const taskLoop = (): void => {
  const core = thisCore();
  while (true) {
    taskLeave(core, CORE_NO_TASK, (core + CORE_STACK_OFFSET) | 0);
    storeRelease32(taskStates(), load32(core, CORE_ENDED_OFFSET) << 2, STATE_FREE); // [end]
  }
};

/** The first function of every task, on its own stack. The program ends with code 0 when the last task has ended. */
export const taskMain = (): void => {
  const self = taskSelf();
  const record = taskRecord(self);
  storeRelaxed32(taskStates(), self << 2, STATE_RUNNING);
  if (load32(record, TASK_ROLE_OFFSET) === TASK_ROLE_START) callProgramStart();
  else callProgramTask(load32(record, TASK_ROLE_OFFSET), load32(record, TASK_ARGUMENT_OFFSET));
  boardConsoleFlush();
  if (fetchAdd32(boardMemory(), LIVE_TASKS_OFFSET, -1) === 1) boardExit(0);
  const core = thisCore();
  store32(core, CORE_TASK_OFFSET, CORE_NO_TASK);
  store32(core, CORE_ENDED_OFFSET, self);
  contextSwitch((record + TASK_STACK_OFFSET) | 0, (core + CORE_STACK_OFFSET) | 0);
};
