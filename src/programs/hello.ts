/**
 * The boot smoke program: says what it runs on, then shows tasks on all cores, sleeping and waking, and timer interrupts.
 *
 * Role: entry module of build/virt/hello; ends with exit code 0, or halts where something did not happen.
 * Memory: a few words at the start of the free RAM window.
 * Order: [ball] a player's store of the ball (sequential) to the other's load: all the player did before its throw. Sleeping and
 *   waking on the ball are the machine's wait32 and notify32.
 * Checked by: test/boot/hello.test.ts.
 */
import {
  fetchAdd32, loadAcquire32, loadSequential32, notify32, store32, storeSequential32, timeMicros32, wait32,
} from '#machine';
import {
  boardCores, boardEntryLevel, boardExit, boardFreeBase, boardFreeBytes, boardGicVersion, boardHalt, boardImagePage,
  boardImageTextBytes, boardImageWindow, boardInitrdBytes, boardRamMebibytes, boardTimerEvery, boardTimerHz, taskCore, taskCreate,
} from '../board/board.ts';
import { consoleHex, consoleNumber, consoleText } from '../board/console.ts';

export * from '../board/program.ts';

const ROLE_GREET = 1;
const ROLE_PLAYER = 2;

const THROWS = 1000;
const TICKS = 20;
const TICK_MICROSECONDS = 2000;
const PATIENCE_MICROSECONDS = 10000000;

// Words of this program, a cache line apart.
const GREETED_OFFSET = 0;
const BALL_OFFSET = 64;
const FINISHED_OFFSET = 128;
const TICKS_OFFSET = 192;

/** Sleeps until the word reaches `goal`. */
const awaitCount = (off: i32, goal: i32, late: text): void => {
  const began = timeMicros32();
  while (true) {
    const count = loadSequential32(boardFreeBase(), off);
    if (count >= goal) return;
    if (((timeMicros32() - began) | 0) > PATIENCE_MICROSECONDS) boardHalt(late, count);
    wait32(boardFreeBase(), off, count, PATIENCE_MICROSECONDS);
  }
};

const countAndNotify = (off: i32): void => {
  fetchAdd32(boardFreeBase(), off, 1);
  notify32(boardFreeBase(), off, 1);
};

/** Throws the ball back whenever its count has this player's parity. */
const play = (parity: i32): void => {
  const base = boardFreeBase();
  while (true) {
    const ball = loadAcquire32(base, BALL_OFFSET); // [ball]
    if (ball >= THROWS) break;
    if ((ball & 1) === parity) {
      storeSequential32(base, BALL_OFFSET, (ball + 1) | 0); // [ball]
      notify32(base, BALL_OFFSET, 1);
    } else {
      wait32(base, BALL_OFFSET, ball, -1);
    }
  }
  countAndNotify(FINISHED_OFFSET);
};

export const programTask = (role: i32, argument: i32): void => {
  if (role === ROLE_GREET) {
    consoleText('core ');
    consoleNumber(taskCore());
    consoleText(' runs task ');
    consoleNumber(argument);
    consoleText('\n');
    countAndNotify(GREETED_OFFSET);
  } else {
    play(argument);
  }
};

export const programTimer = (): void => { countAndNotify(TICKS_OFFSET); };

const pingPong = (first: i32, second: i32): void => {
  const base = boardFreeBase();
  store32(base, BALL_OFFSET, 0);
  store32(base, FINISHED_OFFSET, 0);
  if (taskCreate(first, ROLE_PLAYER, 0) < 0 || taskCreate(second, ROLE_PLAYER, 1) < 0) {
    boardHalt('hello: no room for a player', first);
  }
  awaitCount(FINISHED_OFFSET, 2, 'hello: the players do not finish; finished');
  consoleNumber(loadSequential32(base, BALL_OFFSET));
  consoleText(' throws between core ');
  consoleNumber(first);
  consoleText(' and core ');
  consoleNumber(second);
  consoleText('\n');
};

const banner = (): void => {
  consoleText('hello from TypeScript: entered at EL');
  consoleNumber(boardEntryLevel());
  consoleText(', cores ');
  consoleNumber(boardCores());
  if (boardGicVersion() === 0) {
    consoleText(', local interrupt controller');
  } else {
    consoleText(', GICv');
    consoleNumber(boardGicVersion());
  }
  consoleText(', timer ');
  consoleNumber(boardTimerHz());
  consoleText(' Hz\nimage at 0x');
  consoleHex(boardImagePage(), 5);
  consoleText('000, seen at 0x');
  consoleHex(boardImageWindow(), 8);
  consoleText(', code ');
  consoleNumber(boardImageTextBytes());
  consoleText(' bytes\nRAM ');
  consoleNumber(boardRamMebibytes());
  consoleText(' MiB, free ');
  consoleNumber(boardFreeBytes() >> 20);
  consoleText(' MiB at 0x');
  consoleHex(boardFreeBase(), 8);
  consoleText(', initrd ');
  consoleNumber(boardInitrdBytes());
  consoleText(' bytes\n');
};

export const programStart = (): void => {
  banner();
  store32(boardFreeBase(), GREETED_OFFSET, 0);
  store32(boardFreeBase(), TICKS_OFFSET, 0);
  for (let core = 0; core < boardCores(); core++) {
    if (taskCreate(core, ROLE_GREET, core) < 0) boardHalt('hello: no room for a task on core', core);
    awaitCount(GREETED_OFFSET, (core + 1) | 0, 'hello: a core does not greet; greeted');
  }
  pingPong(0, 0);
  pingPong(0, (boardCores() - 1) | 0);
  boardTimerEvery(TICK_MICROSECONDS);
  awaitCount(TICKS_OFFSET, TICKS, 'hello: no timer interrupts; ticks');
  boardTimerEvery(0);
  consoleNumber(TICKS);
  consoleText(' timer interrupts\n');
  boardExit(0);
};
