/**
 * Leaving: an exit code to the host under an emulator, power off elsewhere, by the firmware or by the watchdog.
 *
 * Role: exitHost and exitFirmware on the boot core; boardExit from any task; exitNow from panic.ts.
 * Memory: the host block of layout.ts.
 * Fails: nothing; neither returns.
 * Elsewhere: without a host the semihosting instruction is an exception, which panic.ts turns into the answer HOST_ABSENT.
 */
import { pack64, store64 } from '#machine';
import { HOST_BLOCK_OFFSET } from './layout.ts';
import { boardMemory, psci, semihosting } from './processor.ts';
import { PSCI_HVC, PSCI_NONE } from './core.ts';
import { watchdogPowerOff } from './watchdog.ts';
import { uartDrain } from './uart.ts';
import { boardConsoleFlush, consoleClose, consolePark } from './console.ts';

const HOST_ERROR_NUMBER = 0x13;
const HOST_EXIT_EXTENDED = 0x20;
const HOST_STOPPED_BY_PROGRAM = 0x20026;
/** What panic.ts puts into x0 when there is no host. */
export const HOST_ABSENT = -1;
const PSCI_SYSTEM_OFF = 0x84000008 | 0;

let conduit: i32 = 0;
let hostPresent: i32 = 0;

/** How the firmware is called: PSCI_NONE, PSCI_HVC or PSCI_SMC. */
export const exitConduit = (): i32 => conduit;

/** Asks for a host with a harmless question. */
export const exitHost = (): void => {
  hostPresent = semihosting(HOST_ERROR_NUMBER, 0) === HOST_ABSENT ? 0 : 1;
};

/** What the tree says of the firmware. Where it says nothing, no call is ever made: it would be an undefined instruction. */
export const exitFirmware = (conduitOfTree: i32): void => { conduit = conduitOfTree; };

/** At once, without a word. The host sees the low 8 bits, so a code they would hide becomes 1. */
export const exitNow = (code: i32): void => {
  uartDrain();
  if (hostPresent === 1) {
    const block = (boardMemory() + HOST_BLOCK_OFFSET) | 0;
    store64(block, 0, pack64(HOST_STOPPED_BY_PROGRAM, 0));
    store64(block, 8, pack64(code !== 0 && (code & 255) === 0 ? 1 : code, 0));
    semihosting(HOST_EXIT_EXTENDED, block);
  }
  // A board that has failed stays on, with its message on the console.
  if (code === 0 && conduit !== PSCI_NONE) psci((conduit - PSCI_HVC) | 0, PSCI_SYSTEM_OFF);
  if (code === 0) watchdogPowerOff();
  consolePark();
};

/** Ends the program on all cores: no line is cut, the exit code goes to the host if there is one. */
export const boardExit = (code: i32): void => {
  boardConsoleFlush();
  consoleClose();
  exitNow(code);
};
