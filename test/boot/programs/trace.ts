/**
 * One event of each kind: two messages to another core, a wake-up with its interrupt, something taken away; then a good end, or a
 * panic if `fault=` says so.
 */
import { loadSequential32, notify32, store32, storeSequential32, wait32 } from '#machine';
import {
  EVENT_RECEIVE, EVENT_REVOKE, EVENT_SEND, boardArgument, boardEvent, boardFreeBase, boardHalt, taskCreate,
} from '../../../src/board/board.ts';

const CHANNEL = 3;
const FIRST_MESSAGE = 100;
const MESSAGES = 2;
const SENT_OFFSET = 0;
const TAKEN_OFFSET = 64;
const PATIENCE_MICROSECONDS = 5000000;

const reach = (off: i32, goal: i32): void => {
  while (true) {
    const v = loadSequential32(boardFreeBase(), off);
    if (v >= goal) return;
    wait32(boardFreeBase(), off, v, PATIENCE_MICROSECONDS);
  }
};

export const traceTask = (): void => {
  for (let i = 0; i < MESSAGES; i++) {
    reach(SENT_OFFSET, (i + 1) | 0);
    boardEvent(EVENT_RECEIVE, CHANNEL, (FIRST_MESSAGE + i) | 0);
    storeSequential32(boardFreeBase(), TAKEN_OFFSET, (i + 1) | 0);
    notify32(boardFreeBase(), TAKEN_OFFSET, 1);
  }
};

export const traceStart = (): void => {
  store32(boardFreeBase(), SENT_OFFSET, 0);
  store32(boardFreeBase(), TAKEN_OFFSET, 0);
  taskCreate(1, 0, 0);
  for (let i = 0; i < MESSAGES; i++) {
    wait32(boardFreeBase(), SENT_OFFSET, i, 20000); // lets the other go to sleep
    boardEvent(EVENT_SEND, CHANNEL, (FIRST_MESSAGE + i) | 0);
    storeSequential32(boardFreeBase(), SENT_OFFSET, (i + 1) | 0);
    notify32(boardFreeBase(), SENT_OFFSET, 1);
    reach(TAKEN_OFFSET, (i + 1) | 0);
  }
  boardEvent(EVENT_REVOKE, 9, -1);
  if (boardArgument('fault') !== 0) boardHalt('the test wants to stop, number', 42);
};
