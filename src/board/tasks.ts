/**
 * Tasks: pinned to a core, cooperative, each with a stack of its own.
 *
 * Role: taskCreate, taskYield from tasks; taskMain is where boot/switch.S begins a task; taskLoop is the last call of each core.
 * Memory: states and records of tasks; the new task's stack; CORE_TASK, CORE_ENDED of the calling core.
 * Order: labels of state.ts.
 * Fails: taskCreate says TASK_NONE when all are in use, TASK_NO_CORE for a core that is not there; it has no effect then.
 * Elsewhere: sleeping and waking are in wait.ts, choosing the next task in schedule.ts.
 * Checked by: test/boot/hello.test.ts, test/boot/wait.test.ts
 */
import {
  compareExchange32, fetchAdd32, fillBytes, load32, pack64, store32, store64, storeRelaxed32, storeRelease32,
} from '#machine';
import {
  CONTEXT_BYTES, CONTEXT_RETURN_OFFSET, CORE_ENDED_OFFSET, CORE_NO_TASK, CORE_STACK_OFFSET, CORE_TASK_OFFSET, LIVE_TASKS_OFFSET,
  STACK_SLOT_BYTES, STACK_TOP_GAP_BYTES, STACK_WINDOW, TASK_ARGUMENT_OFFSET, TASK_CORE_OFFSET, TASK_COUNT_LIMIT, TASK_ROLE_OFFSET,
  TASK_STACK_OFFSET, TASK_TIMED_OFFSET,
} from './layout.ts';
import { boardMemory, callProgramStart, callProgramTask, contextSwitch, taskBeginAddress, thisCore } from './processor.ts';
import {
  STATE_CLAIMED, STATE_FREE, STATE_READY, STATE_RUNNING, taskRecord, taskSelf, taskStates, taskWakeCore,
} from './state.ts';
import { taskLeave, taskSuspend } from './schedule.ts';
import { boardCores } from './core.ts';
import { boardConsoleFlush } from './console.ts';
import { boardExit } from './exit.ts';

export const TASK_NONE = -1;
export const TASK_NO_CORE = -2;
/** The role of the first task, which runs programStart(). */
export const TASK_ROLE_START = -1;

/** A free task, claimed; TASK_NONE if there is none. */
const taskClaim = (): i32 => {
  for (let task = 0; task < TASK_COUNT_LIMIT; task++) {
    if (compareExchange32(taskStates(), task << 2, STATE_FREE, STATE_CLAIMED) === STATE_FREE) return task; // [end]
  }
  return TASK_NONE;
};

/** A new task on `core`: it will run programTask(role, argument). Returns its number, or TASK_NONE or TASK_NO_CORE. */
export const taskCreate = (core: i32, role: i32, argument: i32): i32 => {
  if (core < 0 || core >= boardCores()) return TASK_NO_CORE;
  const task = taskClaim();
  if (task === TASK_NONE) return TASK_NONE;
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
  fetchAdd32(boardMemory(), LIVE_TASKS_OFFSET, 1); // [live]
  storeRelease32(taskStates(), task << 2, STATE_READY); // [create]
  taskWakeCore(task);
  return task;
};

/** Lets the other ready tasks of this core run first. */
export const taskYield = (): void => {
  const self = taskSelf();
  storeRelaxed32(taskStates(), self << 2, STATE_READY); // [own]
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
  storeRelaxed32(taskStates(), self << 2, STATE_RUNNING); // [own]
  if (load32(record, TASK_ROLE_OFFSET) === TASK_ROLE_START) callProgramStart();
  else callProgramTask(load32(record, TASK_ROLE_OFFSET), load32(record, TASK_ARGUMENT_OFFSET));
  boardConsoleFlush();
  if (fetchAdd32(boardMemory(), LIVE_TASKS_OFFSET, -1) === 1) boardExit(0); // [live] a count, nothing hangs on it
  const core = thisCore();
  store32(core, CORE_TASK_OFFSET, CORE_NO_TASK);
  store32(core, CORE_ENDED_OFFSET, self);
  contextSwitch((record + TASK_STACK_OFFSET) | 0, (core + CORE_STACK_OFFSET) | 0);
};
