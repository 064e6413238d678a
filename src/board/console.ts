/**
 * The console: whole lines of one context at a time.
 *
 * Role: called from tasks, from a core's own context and from interrupts, on any core.
 * Memory: each context that may print has a line buffer of its own, which nobody else touches; the lock word of layout.ts.
 * Invariants: 1. Bytes of a line up to LINE_TEXT_BYTES leave together: other lines come before or behind them, even if the task
 *   sleeps in the middle of it. 2. Interrupts are off while the lock is held, so the holder is never interrupted by somebody who
 *   wants it.
 * Order: [line] releasing the lock (store) to taking it (CAS): device writes of one line come before those of the next.
 * Fails: nothing; after a panic has begun on another core the caller is parked here.
 * Elsewhere: panic.ts prints past the buffers and the lock by consolePanicOn.
 */
import {
  compareExchange32, load8, load32, loadAcquire32, loadRelaxed32, pause, store8, store32, storeRelease32, textByte,
} from '#machine';
import {
  CONSOLE_LOCK_OFFSET, CORE_NO_TASK, CORE_NUMBER_OFFSET, CORE_TASK_OFFSET, LINES_OFFSET, LINE_BYTES, LINE_FIRST_CORE,
  LINE_FIRST_EXCEPTION, LINE_LENGTH_OFFSET, LINE_TEXT_BYTES, LINE_TEXT_OFFSET, PANIC_OWNER_OFFSET,
} from './layout.ts';
import {
  boardMemory, everythingOff, inException, interruptsOff, interruptsRestore, interruptsSaveOff, thisCore, waitForInterrupt,
} from './processor.ts';
import { uartPut } from './uart.ts';

const NEW_LINE = 10;
const CARRIAGE_RETURN = 13;

const lineOfContext = (): i32 => {
  const core = thisCore();
  const task = load32(core, CORE_TASK_OFFSET);
  let index = task;
  if (inException()) index = (LINE_FIRST_EXCEPTION + load32(core, CORE_NUMBER_OFFSET)) | 0;
  else if (task === CORE_NO_TASK) index = (LINE_FIRST_CORE + load32(core, CORE_NUMBER_OFFSET)) | 0;
  return (boardMemory() + LINES_OFFSET + Math.imul(index, LINE_BYTES)) | 0;
};

/** For ever: another core reports a panic. */
export const consolePark = (): void => {
  everythingOff();
  while (true) waitForInterrupt();
};

const consoleLock = (p: i32): void => {
  while (compareExchange32(p, CONSOLE_LOCK_OFFSET, 0, 1) !== 0) { // [line]
    while (loadRelaxed32(p, CONSOLE_LOCK_OFFSET) !== 0) {
      if (loadRelaxed32(p, PANIC_OWNER_OFFSET) !== 0) consolePark();
      pause();
    }
  }
};

/** For ever: no other core prints any more, not even half a line. */
export const consoleClose = (): void => {
  interruptsOff();
  consoleLock(boardMemory());
};

const putByte = (v: i32): void => {
  if (v === NEW_LINE) uartPut(CARRIAGE_RETURN);
  uartPut(v);
};

/** Sends what the calling context has printed since its last line end. */
export const boardConsoleFlush = (): void => {
  const line = lineOfContext();
  const length = load32(line, LINE_LENGTH_OFFSET);
  if (length === 0) return;
  const p = boardMemory();
  const state = interruptsSaveOff();
  consoleLock(p);
  for (let i = 0; i < length; i++) putByte(load8((line + LINE_TEXT_OFFSET) | 0, i));
  storeRelease32(p, CONSOLE_LOCK_OFFSET, 0); // [line]
  interruptsRestore(state);
  store32(line, LINE_LENGTH_OFFSET, 0);
};

/** Prints one byte; it leaves with its line. A line feed becomes carriage return and line feed. */
export const boardConsoleByte = (v: i32): void => {
  const p = boardMemory();
  const owner = loadAcquire32(p, PANIC_OWNER_OFFSET);
  if (owner !== 0) {
    if (owner !== ((load32(thisCore(), CORE_NUMBER_OFFSET) + 1) | 0)) consolePark();
    putByte(v);
    return;
  }
  const line = lineOfContext();
  const length = load32(line, LINE_LENGTH_OFFSET);
  store8((line + LINE_TEXT_OFFSET) | 0, length, v);
  store32(line, LINE_LENGTH_OFFSET, (length + 1) | 0);
  if ((v & 255) === NEW_LINE || ((length + 1) | 0) === LINE_TEXT_BYTES) boardConsoleFlush();
};

export const consoleText = (t: text): void => {
  let i: i32 = 0;
  while (textByte(t, i) !== 0) {
    boardConsoleByte(textByte(t, i));
    i = (i + 1) | 0;
  }
};

/** Prints the zero-ended bytes at an address. */
export const consoleTextAt = (at: i32): void => {
  let i: i32 = 0;
  while (load8(at, i) !== 0) {
    boardConsoleByte(load8(at, i));
    i = (i + 1) | 0;
  }
};

/** Prints an unsigned number in decimal. */
export const consoleUnsigned = (v: i32): void => {
  const rest = ((v >>> 0) / (10 >>> 0)) >>> 0;
  if (rest !== 0) consoleUnsigned(rest | 0);
  boardConsoleByte((48 + (v - Math.imul(rest | 0, 10))) | 0);
};

/** Prints a signed number in decimal. */
export const consoleNumber = (v: i32): void => {
  if (v < 0) boardConsoleByte(45);
  consoleUnsigned(v < 0 ? (0 - v) | 0 : v);
};

/** Prints the low `digits` hexadecimal digits of a number. */
export const consoleHex = (v: i32, digits: i32): void => {
  for (let i = digits; i > 0; i--) {
    const digit = (v >>> ((i - 1) << 2)) & 15;
    boardConsoleByte(digit < 10 ? (48 + digit) | 0 : (87 + digit) | 0);
  }
};
