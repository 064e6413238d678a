/**
 * Floating point in tasks: two tasks of one core add different series, giving way after every term. Their sums live in registers
 * that a switch must keep.
 */
import { fetchAdd32, floatOf, loadAcquire32, store32, storeF64, truncate32 } from '#machine';
import { boardFreeBase, taskCreate, taskYield } from '../../../src/board/board.ts';
import { consoleNumber, consoleText } from '../../../src/board/console.ts';

const TERMS = 1000;
const FINISHED_OFFSET = 0;
const SUMS_OFFSET = 64;

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
};
