/**
 * The windows: every page of free RAM is written and read back; code, device tree and initrd must not change by that.
 */
import { load32, load8, store32 } from '#machine';
import {
  boardFreeBase, boardFreeBytes, boardHalt, boardImageTextBytes, boardImageWindow, boardInitrdBase, boardInitrdBytes,
  boardRamMebibytes,
} from '../../../src/board/board.ts';
import { consoleNumber, consoleText, consoleUnsigned } from '../../../src/board/console.ts';

const PAGE = 4096;
const TREE = 0x78000000;
const TREE_BYTES = 8192;

const sumOf = (base: i32, bytes: i32): i32 => {
  let sum: i32 = 0;
  for (let i = 0; i < bytes; i++) sum = (Math.imul(sum, 31) + load8(base, i)) | 0;
  return sum;
};

const untouched = (): i32 => {
  const image = sumOf(boardImageWindow(), boardImageTextBytes());
  const both = (Math.imul(image, 7) + sumOf(TREE, TREE_BYTES)) | 0;
  return (Math.imul(both, 7) + sumOf(boardInitrdBase(), boardInitrdBytes())) | 0;
};

/** First and last word of every page gets its own address, then all are looked at: no two are the same memory. */
const fill = (): void => {
  const pages = (boardFreeBytes() / PAGE) | 0;
  for (let i = 0; i < pages; i++) {
    const page = (boardFreeBase() + Math.imul(i, PAGE)) | 0;
    store32(page, 0, page);
    store32(page, PAGE - 4, ~page);
  }
  for (let i = 0; i < pages; i++) {
    const page = (boardFreeBase() + Math.imul(i, PAGE)) | 0;
    if (load32(page, 0) !== page || load32(page, PAGE - 4) !== ~page) boardHalt('memory: a page is not its own, at', page);
  }
};

export const memoryStart = (): void => {
  consoleText('RAM ');
  consoleNumber(boardRamMebibytes());
  consoleText(' MiB, free ');
  consoleNumber(boardFreeBytes() >> 20);
  consoleText(' MiB, initrd ');
  consoleNumber(boardInitrdBytes());
  consoleText(' bytes sum ');
  consoleUnsigned(sumOf(boardInitrdBase(), boardInitrdBytes()));
  consoleText('\n');
  const before = untouched();
  fill();
  if (untouched() !== before) boardHalt('memory: code, device tree or initrd changed', before);
};
