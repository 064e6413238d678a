/**
 * The boot tests' program: one image with several small programs, chosen by `run=` on the command line.
 */
import { load32, load8, store32 } from '#machine';
import { boardArgument, boardExit, boardFreeBase, boardHalt } from '../../../src/board/board.ts';
import { consoleText } from '../../../src/board/console.ts';
import { echoStart } from './echo.ts';
import { faultStart, faultTask, faultTimer } from './fault.ts';
import { floatStart, floatTask, floatTimer } from './float.ts';
import { memoryStart } from './memory.ts';
import { traceStart, traceTask } from './trace.ts';
import { waitStart, waitTask, waitTimer } from './wait.ts';

export * from '../../../src/board/program.ts';

/** Which program runs; the others' tasks and interrupts go to it. */
const CHOICE_OFFSET = 4096;

/** Never gives way. */
const spin = (): void => {
  consoleText('spinning\n');
  while (true) store32(boardFreeBase(), 0, 0);
};

export const programStart = (): void => {
  const run = boardArgument('run');
  const choice = run === 0 ? 0 : load8(run, 0);
  store32(boardFreeBase(), CHOICE_OFFSET, choice);
  switch (choice) {
    case 101: echoStart(); break; // echo
    case 102: faultStart(); break; // fault
    case 109: memoryStart(); break; // memory
    case 112: floatStart(); break; // point: floating point
    case 116: traceStart(); break; // trace
    case 119: waitStart(); break; // wait
    case 113: return; // quiet: the last task ends
    case 115: spin(); break;
    default: boardHalt('checks: no such program, first letter', choice);
  }
  consoleText('done\n');
  boardExit(0);
};

export const programTask = (role: i32, argument: i32): void => {
  switch (load32(boardFreeBase(), CHOICE_OFFSET)) {
    case 102: faultTask(argument); break;
    case 112: floatTask(argument); break;
    case 116: traceTask(); break;
    default: waitTask(role, argument);
  }
};

export const programTimer = (): void => {
  switch (load32(boardFreeBase(), CHOICE_OFFSET)) {
    case 102: faultTimer(); break;
    case 112: floatTimer(); break;
    default: waitTimer();
  }
};
