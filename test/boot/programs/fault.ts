/**
 * Breaks one rule on purpose; which one, says `fault=` on the command line.
 */
import { load32, load8, store32, wait32 } from '#machine';
import {
  boardArgument, boardConsoleByte, boardExit, boardFreeBase, boardHalt, boardInitrdBase, boardTimerEvery, taskCreate,
} from '../../../src/board/board.ts';
import { consoleText } from '../../../src/board/console.ts';

const IMAGE = 0x10000000;
const TREE = 0x78000000;
const NOWHERE = 0x5ff00000;
const PATIENCE_MICROSECONDS = 5000000;

/** Grows the stack by a frame per call: the sum is made after the call, so that no loop can replace it. */
const recurse = (depth: i32): i32 => (recurse((depth + 1) | 0) + load32(boardFreeBase(), (depth & 15) << 2)) | 0;

/** Writes to `kind`, one store for each, so that the line in the backtrace is its own. */
const touch = (kind: i32): void => {
  if (kind === 116) store32(IMAGE, 0, 1); // text
  consoleText('not the code; ');
  if (kind === 105) store32(boardInitrdBase(), 0, 2); // initrd
  consoleText('not the initrd; ');
  if (kind === 100) store32(TREE, 0, 3); // device tree
  consoleText('not the tree; ');
  store32(16, 0, 4); // near null
};

const fault = (kind: i32): void => {
  switch (kind) {
    case 114: boardConsoleByte(load8(NOWHERE, 0)); break; // read
    case 115: boardConsoleByte(recurse(0)); break; // stack
    case 104: boardHalt('the test wants to stop, number', 42); break; // halt
    case 109: boardTimerEvery(1000); wait32(boardFreeBase(), 8, load32(boardFreeBase(), 8), -1); break; // midway: in the interrupt
    case 111: taskCreate(1, 0, 7); wait32(boardFreeBase(), 0, 0, PATIENCE_MICROSECONDS); break; // other core
    case 119: wait32(boardFreeBase(), 2, 0, 0); break; // wait on an odd address
    case 120: boardExit(3); break; // exit
    case 122: boardExit(256); break; // zero in the host's eyes
    default: touch(kind);
  }
};

export const faultStart = (): void => {
  store32(boardFreeBase(), 0, 0);
  const kind = boardArgument('fault');
  consoleText('about to fail\n');
  fault(kind === 0 ? 0 : load8(kind, 0));
  consoleText('nothing happened\n');
};

export const faultTask = (argument: i32): void => { boardHalt('the other core stops, number', argument); };
export const faultTimer = (): void => { boardHalt('stopped in an interrupt, number', 1); };
