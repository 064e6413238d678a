/**
 * Floating point in tasks: two tasks of one core add different series, giving way after every term. Their sums live in registers
 * that a switch must keep. Then one adds without ever giving way, while a timer interrupt copies blocks: an interrupt must keep
 * the registers it copies through.
 */
import {
  copyBytes, fetchAdd32, fillBytes, floatOf, load32, loadAcquire32, loadF64, loadRelaxed32, store32, storeF64, truncate32,
} from '#machine';
import { boardFreeBase, boardTimerEvery, taskCreate, taskYield } from '../../../src/board/board.ts';
import { consoleNumber, consoleText } from '../../../src/board/console.ts';

const TERMS = 1000;
const FINISHED_OFFSET = 0;
const SUMS_OFFSET = 64;
/** Copies made by the timer, of a block without any number a sum could keep. */
const COPIES_OFFSET = 4;
const BLOCK_OFFSET = 512;
const BLOCK_BYTES = 4096 - BLOCK_OFFSET >> 1;
const COPIES = 300;
const STEADY_TERMS = 20000;
const TIMER_MICROSECONDS = 200;

/** @float */
const series = (step: i32): f64 => {
  let sum: f64 = 0;
  let squares: f64 = 0;
  let left: f64 = floatOf(TERMS);
  for (let i = 0; i < TERMS; i++) {
    const term: f64 = floatOf(i) * floatOf(step) + 0.5;
    sum = sum + term;
    squares = squares + term * term / left;
    taskYield();
    left = left - 0.125;
  }
  return sum + squares;
};

/**
 * Four sums at once, in the registers that a called function may use.
 * @float
 */
const steady = (): f64 => {
  let a: f64 = 0;
  let b: f64 = 1;
  let c: f64 = 2;
  let d: f64 = 3;
  for (let i = 0; i < STEADY_TERMS; i++) {
    a = a + 0.5;
    b = b + a * 0.25;
    c = c + 1.75;
    d = d - c * 0.125;
  }
  return a + b * 3 + c * 5 + d * 7;
};

/** @float */
const steadyAgrees = (): boolean => {
  storeF64(boardFreeBase(), SUMS_OFFSET, steady());
  fillBytes((boardFreeBase() + BLOCK_OFFSET) | 0, BLOCK_BYTES, 255);
  store32(boardFreeBase(), COPIES_OFFSET, 0);
  boardTimerEvery(TIMER_MICROSECONDS);
  let agrees = true;
  while (agrees && loadRelaxed32(boardFreeBase(), COPIES_OFFSET) < COPIES) agrees = steady() === loadF64(boardFreeBase(), SUMS_OFFSET);
  boardTimerEvery(0);
  return agrees;
};

/** All block sizes in turn. */
export const floatTimer = (): void => {
  const copies = load32(boardFreeBase(), COPIES_OFFSET);
  const from = (boardFreeBase() + BLOCK_OFFSET) | 0;
  copyBytes((from + BLOCK_BYTES) | 0, from, (copies & 15) << 4);
  store32(boardFreeBase(), COPIES_OFFSET, (copies + 1) | 0);
};

/** @float */
export const floatTask = (argument: i32): void => {
  storeF64(boardFreeBase(), (SUMS_OFFSET + (argument << 3)) | 0, series(argument));
  consoleText('series ');
  consoleNumber(argument);
  consoleText(' gives ');
  consoleNumber(truncate32(series(argument)));
  consoleText('\n');
  fetchAdd32(boardFreeBase(), FINISHED_OFFSET, 1);
};

export const floatStart = (): void => {
  store32(boardFreeBase(), FINISHED_OFFSET, 0);
  taskCreate(0, 0, 1);
  taskCreate(0, 0, 2);
  while (loadAcquire32(boardFreeBase(), FINISHED_OFFSET) < 2) taskYield();
  if (steadyAgrees()) consoleText('interrupts keep the registers\n');
  else consoleText('an interrupt changed a register\n');
};
