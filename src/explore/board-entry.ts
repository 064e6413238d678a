/**
 * What explored tasks may call on the board: sleeping and waking by src/board, and the kernel on top of it. Restricted TypeScript.
 *
 * Elsewhere: boards.ts says who calls what.
 */
import { compareExchange32, fetchAdd32, load32, loadAcquire32, store32, storeRelaxed32 } from '#machine';
import { taskCreate } from '../board/tasks.ts';
import { kernelNotify32, kernelWait32 } from '../board/wait.ts';
import { gicSend } from '../board/processor.ts';
import { WAIT_WOKEN } from '../machine/contract.ts';

export { kernelNotify32, kernelWait32 };
export { taskLoop, taskMain } from '../board/tasks.ts';
export { laneRing } from '../kernel/path/3-lane.ts';
export {
  queueAttachReceiver, queueAttachSender, queueBytes, queueCreate, queueLength, queueReceive, queueReceiveTimeout, queueSend, queueStatistics,
} from '../kernel/queue.ts';
export { regionCreate, regionTableCreate } from '../kernel/region.ts';

/** Added to every result, so that 0 means: has not ended. */
const ENDED = 10;

/** Sleeps until the word is not 0. Returns how many of its sleeps a notifier has ended. */
export const taskSleepUntil = (word: i32): i32 => {
  let woken: i32 = 0;
  while (loadAcquire32(word, 0) === 0) {
    if (kernelWait32(word, 0, 0, -1) === WAIT_WOKEN) woken = (woken + 1) | 0;
  }
  return (ENDED + woken) | 0;
};

/** One sleep, if the word is 0. */
export const taskSleepOnce = (word: i32, microseconds: i32): i32 => (ENDED + kernelWait32(word, 0, 0, microseconds)) | 0;

/** One sleep; who is woken by a notifier reads what that one stored before. */
export const taskSleepAndRead = (word: i32): i32 => {
  if (kernelWait32(word, 0, 0, -1) !== WAIT_WOKEN) return ENDED;
  return (ENDED + 1 + load32(word, 4)) | 0;
};

/** Changes the word and wakes up to `count` who sleep on it. Returns how many. */
export const taskNotify = (word: i32, count: i32): i32 => {
  store32(word, 4, 1);
  storeRelaxed32(word, 0, 1);
  return (ENDED + kernelNotify32(word, 0, count)) | 0;
};

/** Takes one of a count, sleeping while it is 0. */
export const taskTake = (word: i32): i32 => {
  let woken: i32 = 0;
  while (true) {
    const count = loadAcquire32(word, 0);
    if (count === 0) {
      if (kernelWait32(word, 0, 0, -1) === WAIT_WOKEN) woken = (woken + 1) | 0;
    } else if (compareExchange32(word, 0, count, (count - 1) | 0) === count) {
      return (ENDED + woken) | 0;
    }
  }
};

/** Gives one, and wakes one. */
export const taskGive = (word: i32): i32 => {
  fetchAdd32(word, 0, 1);
  return (ENDED + kernelNotify32(word, 0, 1)) | 0;
};

/** A device's interrupt of a core. */
export const taskInterrupt = (core: i32): i32 => {
  gicSend(core, 1);
  return ENDED;
};

/** What tasks made by taskCreate do; their results are behind the word. */
export const ROLE_SLEEP = 0;
export const ROLE_NOTIFY = 1;
const RESULT = 8;

/** As a program of the board: what taskMain calls. */
export const programTask = (role: i32, word: i32): i32 => {
  const result = role === ROLE_SLEEP ? taskSleepUntil(word) : taskNotify(word, 1);
  storeRelaxed32(word, RESULT, result);
  return 0;
};

/** Makes a task on `core` that wakes this one, as soon as there is room for one. Returns how many of its sleeps that ended. */
export const taskMakeAndSleep = (core: i32, word: i32): i32 => {
  while (taskCreate(core, ROLE_NOTIFY, word) < 0) {}
  return taskSleepUntil(word);
};
