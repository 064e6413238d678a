/**
 * The processor as src/board sees it, for exploration: cores with an interrupt line each, masks, WFI, and contexts that take turns.
 *
 * Role: what stands for the functions of src/board/processor.ts. All else of the board that is explored (wait.ts, schedule.ts, state.ts,
 *   tasks.ts, core.ts) is its own source; hardware.ts stands for the modules that only talk to devices.
 * Memory: the board's block at BOARD, and behind it LINE_BYTES for each core, which no memory model knows: devices take effect at once and
 *   order nothing. So an interrupt makes no store visible, which is less than the hardware promises.
 *
 *   +0 pending  bits: PENDING_WAKE, PENDING_DEVICE     +8 running  the context whose turn it is: the address of its stack pointer
 *   +4 masked   1 between interruptsOff and On         +12 last    who gave it the turn, as a task's number + 1     +16 timer  1 if set
 *
 * Interrupts: a wake-up sent to a core that takes interrupts is gone at once (its handler does nothing), the worst moment for a core that
 *   is about to sleep; sent to one that masks them it stays pending and ends the WFI. A device's interrupt stays pending until its handler
 *   begins, which it may at any step outside of a mask. A timer that is set may end a WFI at any moment. A WFI may end for no reason.
 * Checked by: test/explore/kernel.test.ts.
 */
import { CORES_OFFSET, CORE_BYTES } from '../board/layout.ts';
import type { Engine } from './engine.ts';
import { BOARD_LOCAL, BOARD_STEPS } from './generate.ts';
import type { Task } from './scenario.ts';

export const BOARD = 0x200;
/** Behind two tasks' records. */
const LINES = BOARD + 0xc80;
const LINE_BYTES = 64;
const PENDING = 0;
const MASKED = 4;
const RUNNING = 8;
const LAST = 12;
const TIMER = 16;
const PENDING_WAKE = 1;
const PENDING_DEVICE = 2;
const INTERRUPT_WAKE = 0;

const line = (core: number, word: number): number => LINES + core * LINE_BYTES + word;
export const coreAddress = (core: number): number => BOARD + CORES_OFFSET + core * CORE_BYTES;
export const runningWord = (core: number): number => line(core, RUNNING);

/** Whether an operation of the board is local; undefined for others. */
export const isLocalOnBoard = (operation: string): boolean | undefined =>
  (BOARD_LOCAL.includes(operation) ? true : BOARD_STEPS.includes(operation) ? false : undefined);

/** Whether a task may begin: its context has the turn, and its interrupt is let in. */
export const isTurnOf = (engine: Engine, task: Task): boolean => {
  if (task.core === undefined) return true;
  if (task.context !== undefined && engine.peek(line(task.core, RUNNING)) !== task.context) return false;
  return task.interrupts === undefined || engine.peek(line(task.core, MASKED)) === 0;
};

/** A task begins, or goes on after its sleep in contextSwitch: what was done on its core before is known to it. */
export const takeTurn = (engine: Engine, thread: number): void => {
  const { core, context, interrupts } = engine.tasks[thread]!;
  if (core === undefined) return;
  const last = engine.peek(line(core, LAST));
  if (context !== undefined && last !== 0) engine.model.joinFrom(thread, last - 1);
  if (interrupts !== undefined) engine.poke(line(core, PENDING), engine.peek(line(core, PENDING)) & ~PENDING_DEVICE);
};

/** Whether a timer may end the sleep of a task in WFI. */
export const hasTimer = (engine: Engine, thread: number): boolean => {
  const { core } = engine.tasks[thread]!;
  return engine.isAsleepAt(thread, line(core!, PENDING)) && engine.peek(line(core!, TIMER)) !== 0;
};

export const timerFires = (engine: Engine, { core }: Task): void => {
  if (core !== undefined) engine.put(line(core, TIMER), 0);
};

export const boardOperations = (engine: Engine): Record<string, (...operands: number[]) => number | void> => {
  const self = (): Task => engine.tasks[engine.thread]!;
  const core = (): number => self().core!;
  const change = (word: number, next: (before: number) => number): void => {
    const before = engine.peek(word);
    if (next(before) !== before) engine.poke(word, next(before));
  };
  /** What is pending from wake-ups is taken where the mask ends: their handler does nothing. */
  const mask = (value: number): void => {
    change(line(core(), MASKED), () => value);
    if (value === 0) change(line(core(), PENDING), (before) => before & ~PENDING_WAKE);
  };
  return {
    boardMemory: () => BOARD,
    thisCore: () => (engine.watching ? coreAddress(core()) : 0),
    inException: () => (self().interrupts === undefined ? 0 : 1),
    taskBeginAddress: () => 0,
    pack64: (low) => low!,
    interruptsOff: () => mask(1),
    interruptsOn: () => mask(0),
    waitForInterrupt: () => {
      if (engine.wasWoken() || engine.peek(line(core(), PENDING)) !== 0) return 0;
      return engine.sleepAt(line(core(), PENDING));
    },
    contextSwitch: (from, to) => {
      if (!engine.wasWoken()) {
        change(line(core(), RUNNING), () => to!);
        change(line(core(), LAST), () => engine.thread + 1);
        engine.wakeAt(to!);
        return engine.sleepAt(from!);
      }
      if (engine.peek(line(core(), RUNNING)) !== from) return engine.sleepAt(from!);
      takeTurn(engine, engine.thread);
      return 0;
    },
    gicSend: (target, number) => {
      if (!engine.watching) return;
      const bit = number === INTERRUPT_WAKE ? PENDING_WAKE : PENDING_DEVICE;
      const isTaken = bit === PENDING_WAKE && engine.peek(line(target!, MASKED)) === 0;
      if (!isTaken) change(line(target!, PENDING), (before) => before | bit);
      engine.wakeAt(line(target!, PENDING));
    },
    sleepTimerSet: () => change(line(core(), TIMER), () => 1),
  };
};
