/**
 * Seeded bugs of the board's sleeping and waking: fences, second looks, masks and compare-exchanges, taken away one by one.
 *
 * Elsewhere: seeded.ts has the kernel's, boards.ts the scenarios. Checked by: test/explore/seeded.test.ts.
 */
import { bug, importing, one, type SeededBug } from './bug.ts';

const WAIT = 'src/board/wait.ts';
const SCHEDULE = 'src/board/schedule.ts';
const STATE = 'src/board/state.ts';
const TASKS = 'src/board/tasks.ts';

const ANNOUNCE = '  storeSequential32(taskStates(), self << 2, asleep); // [sleep]\n';
const SLEEP_FENCE = '  fenceFull(); // [sleep]\n';
const COMPARE = '  if (loadAcquire32(p, off) !== expected) return stayAwake(self, asleep); // [sleep]\n';
const MASK = '  interruptsOff(); // what becomes ready from here on by an interrupt ends the WFI\n';
const IDLE = '  storeSequential32(core, CORE_IDLE_OFFSET, 1); // [idle]\n';
const IDLE_FENCE = '  fenceFull(); // [idle]\n';
const LAST_LOOK = '  if (taskPick(0) === CORE_NO_TASK) { // [idle]\n';

const ONE = 'board: one sleeps, one wakes';
const READS = 'board: who is woken reads';
const TIMED = 'board: a timed sleep';
const MADE = 'board: a task is made on a sleeping core';
const QUEUE = 'board: a receiver sleeps';

export const BOARD_SEEDED: SeededBug[] = [
  bug('sequential', 'board: the word is compared before the sleep is announced', [ONE],
    one(WAIT, ANNOUNCE + SLEEP_FENCE + COMPARE, COMPARE + ANNOUNCE + SLEEP_FENCE)),
  bug('sequential', 'board: no compare before the sleep', [ONE], one(WAIT, COMPARE, '')),
  bug('sequential', 'board: who stays awake does not ask whether it was counted', [ONE],
    one(WAIT, '  if (compareExchange32(taskStates(), self << 2, asleep, STATE_RUNNING) === asleep) return WAIT_CHANGED; // [wake]\n', ''),
    one(WAIT, '  return WAIT_WOKEN;\n', '  return WAIT_CHANGED;\n')),
  bug('sequential', 'board: a notifier stores without compare-exchange', [ONE, TIMED],
    one(WAIT, '      if (compareExchange32(taskStates(), task << 2, asleep, STATE_WOKEN) === asleep) { // [wake]\n',
      '      storeRelaxed32(taskStates(), task << 2, STATE_WOKEN);\n      if (woken < count) {\n')),
  bug('sequential', 'board: a notifier counts whom it did not wake', [ONE, TIMED],
    one(WAIT, '=== asleep) { // [wake]\n        woken', '!== STATE_WOKEN) {\n        woken')),
  bug('sequential', 'board: a core in WFI is not interrupted', [ONE],
    one(STATE, '  if (exchange32(core, CORE_IDLE_OFFSET, 0) === 1) interruptSend(core, INTERRUPT_WAKE); // [idle]\n', '  exchange32(core, CORE_IDLE_OFFSET, 0);\n')),
  bug('sequential', 'board: whom the queue notifies is not interrupted', [QUEUE], one(WAIT, '        taskWakeCore(task);\n', '')),
  bug('sequential', 'board: no last look before WFI', [ONE], one(SCHEDULE, LAST_LOOK, '  if (core !== 0) {\n')),
  bug('sequential', 'board: IDLE is set after the last look', [ONE], one(SCHEDULE, IDLE + IDLE_FENCE, ''), one(SCHEDULE, LAST_LOOK, LAST_LOOK + IDLE + IDLE_FENCE)),
  bug('sequential', 'board: interrupts are not masked before WFI', [ONE], one(SCHEDULE, MASK, '')),
  bug('sequential', 'board: interrupts are masked after the last look', [ONE], one(SCHEDULE, MASK, ''), one(SCHEDULE, LAST_LOOK, LAST_LOOK + MASK)),
  bug('sequential', 'board: interrupts are let in before WFI', ['board: an interrupt wakes'],
    one(SCHEDULE, '    waitForInterrupt();\n', '    interruptsOn();\n    waitForInterrupt();\n')),
  bug('sequential', 'board: a sleep expires without compare-exchange', [TIMED],
    one(SCHEDULE, '  compareExchange32(taskStates(), task << 2, asleep, STATE_EXPIRED); // [wake]\n', '  storeRelaxed32(taskStates(), task << 2, STATE_EXPIRED);\n')),
  bug('sequential', 'board: no timer is set for a timed sleep', ['board: a timed sleep that nobody ends'],
    one(SCHEDULE, '    if (left !== NO_DEADLINE) timerSleep(left);\n', '')),
  bug('sequential', 'board: a switch does not say which task runs', ['board: two tasks of one core'],
    one(SCHEDULE, '  store32(core, CORE_TASK_OFFSET, next);\n', '')),
  bug('sequential', 'board: a made task wakes no core', [MADE], one(TASKS, '  taskWakeCore(task);\n', '')),

  bug('weak', 'board: no fence between announcing a sleep and comparing', [ONE], one(WAIT, SLEEP_FENCE + COMPARE, COMPARE)),
  bug('weak', 'board: no fence between the change of a word and the look at its sleepers', [ONE], one(WAIT, '  fenceFull(); // [sleep] after the caller\'s change of the word\n', '')),
  bug('weak', 'board: no fence between waking a task and the look at IDLE', [ONE], one(STATE, IDLE_FENCE, '')),
  bug('weak', 'board: no fence between IDLE and the last look', [ONE], one(SCHEDULE, IDLE_FENCE, '')),
  bug('weak', 'board: who is woken reads its state relaxed', [READS],
    one(SCHEDULE, 'const state = loadAcquire32(taskStates(), self << 2); // [wake]', 'const state = loadRelaxed32(taskStates(), self << 2);'),
    one(SCHEDULE, 'const state = loadAcquire32(taskStates(), task << 2); // [create] [wake]', 'const state = loadRelaxed32(taskStates(), task << 2);'),
    importing(SCHEDULE, 'loadRelaxed32')),
  bug('weak', 'board: a made task is published relaxed', [MADE],
    one(TASKS, '  storeRelease32(taskStates(), task << 2, STATE_READY); // [create]\n', '  storeRelaxed32(taskStates(), task << 2, STATE_READY);\n')),
  bug('weak', 'board: the next task is looked for relaxed', [MADE],
    one(SCHEDULE, 'const state = loadAcquire32(taskStates(), task << 2); // [create] [wake]', 'const state = loadRelaxed32(taskStates(), task << 2);'),
    importing(SCHEDULE, 'loadRelaxed32')),
  bug('weak', 'board: the end of a task is stored relaxed', ['board: a task is made where another has ended'],
    one(TASKS, '  storeRelease32(taskStates(), load32(core, CORE_ENDED_OFFSET) << 2, STATE_FREE); // [end]\n',
      '    storeRelaxed32(taskStates(), load32(core, CORE_ENDED_OFFSET) << 2, STATE_FREE);\n')),
];

const FENCED = 'the full fence behind the store orders it before the look; the store\'s own order is not needed';

export const BOARD_SURVIVING: (SeededBug & { why: string })[] = [
  {
    ...bug('weak', 'board: IDLE stored relaxed', [ONE, QUEUE],
      one(SCHEDULE, 'storeSequential32(core, CORE_IDLE_OFFSET, 1)', 'storeRelaxed32(core, CORE_IDLE_OFFSET, 1)')),
    why: FENCED,
  },
  {
    ...bug('weak', 'board: a sleep announced relaxed', [ONE, READS, QUEUE],
      one(WAIT, 'storeSequential32(taskStates(), self << 2, asleep)', 'storeRelaxed32(taskStates(), self << 2, asleep)')),
    why: FENCED,
  },
  {
    ...bug('weak', 'board: only the second look at the state of who is woken is relaxed', [READS, QUEUE],
      one(SCHEDULE, 'const state = loadAcquire32(taskStates(), self << 2); // [wake]', 'const state = loadRelaxed32(taskStates(), self << 2);'),
      importing(SCHEDULE, 'loadRelaxed32')),
    why: 'the look that picked the task has acquired the same state, on the same core',
  },
];
