/**
 * From the first line of TypeScript to the program's first task: a table of contents of the start.
 *
 * Role: boot/start.S calls kernelMain on the boot core and kernelSecondary on each other core, once, with the MMU on, interrupts
 *   masked, on the core's own stack. Neither returns.
 * Fails: boardHalt; where, depends on how far the console is: before hardwareGuess nothing can be said.
 */
import { interruptsOn } from './processor.ts';
import { atomicsCheck } from './atomics.ts';
import { coreInit, coreReady, coreStartAll } from './core.ts';
import { hardwareGuess, hardwareOpen } from './hardware.ts';
import { treeCheck } from './tree.ts';
import { interruptCore, interruptUart } from './interrupt.ts';
import { uartInputOpen } from './uart.ts';
import { exitConduit, exitHost } from './exit.ts';
import { TASK_ROLE_START, taskCreate, taskLoop } from './tasks.ts';

export const kernelMain = (): void => {
  coreInit(0);
  hardwareGuess(); // a console for bad news
  exitHost(); // and an exit code for them
  atomicsCheck();
  treeCheck();
  hardwareOpen();
  interruptCore();
  interruptUart();
  uartInputOpen();
  coreReady();
  coreStartAll(exitConduit());
  taskCreate(0, TASK_ROLE_START, 0);
  interruptsOn();
  taskLoop();
};

export const kernelSecondary = (number: i32): void => {
  coreInit(number);
  interruptCore();
  coreReady();
  interruptsOn();
  taskLoop();
};
