/**
 * What stands for the board's modules that only talk to devices, when wait.ts and schedule.ts are explored. Restricted TypeScript.
 *
 * Role: each name is exported by the module of src/board named beside it, whose text bounds.ts replaces by an export from here.
 *   Everything else of the board is its own source. Checked by: test/explore/kernel.test.ts.
 */
import { load32 } from '#machine';
import { CORE_AFFINITY_OFFSET } from '../board/layout.ts';
import { gicSend, sleepTimerSet } from '../board/processor.ts';

// ---- interrupt.ts: a core's affinity is its number here.
export const INTERRUPT_WAKE = 0;
export const interruptSend = (core: i32, number: i32): void => { gicSend(load32(core, CORE_AFFINITY_OFFSET), number); };

// ---- timer.ts: a timer that is set may fire at any moment, so its ticks do not matter.
export const timerSleep = (microseconds: i32): void => { sleepTimerSet(microseconds); };

// ---- events.ts: records for people, which nothing hangs on.
export const EVENT_WAKE = 3;
export const boardEvent = (kind: i32, first: i32, second: i32): void => {};

// ---- console.ts and exit.ts: the program goes on after its last task, so that its stack is given back in each order.
export const boardConsoleFlush = (): void => {};
export const boardExit = (code: i32): void => {};
