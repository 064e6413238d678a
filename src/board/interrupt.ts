/**
 * Interrupts: one door for GICv2 and GICv3, and what each interrupt does.
 *
 * Role: interruptOpen and interruptCore at start; boardInterrupt is called by boot/vectors.S on the exception stack with
 *   interrupts masked; interruptSend from anywhere.
 * Memory: the settings below, written once on the boot core before others start.
 * Order: [start] settings are written before PSCI starts a core, which is why plain loads of them are enough everywhere.
 * Fails: boardHalt at an interrupt nobody asked for.
 * Elsewhere: gic2.ts, gic3.ts talk to the devices; tasks.ts decides when a core must be woken.
 */
import { storeRelease32 } from '#machine';
import { CORE_STOPPED_OFFSET } from './layout.ts';
import { callProgramTimer, periodTimerNext, sleepTimerOff, thisCore } from './processor.ts';
import { gic2Acknowledge, gic2Core, gic2Enable, gic2End, gic2Open, gic2Send } from './gic2.ts';
import { gic3Acknowledge, gic3Core, gic3Enable, gic3End, gic3Open, gic3Send } from './gic3.ts';
import { inputInterrupt } from './input.ts';
import { timerPeriod } from './timer.ts';
import { consolePark } from './console.ts';
import { boardHalt } from './halt.ts';

/** Software interrupts. Waking needs no work: the core looks for ready tasks after any interrupt. */
export const INTERRUPT_WAKE = 0;
export const INTERRUPT_STOP = 1;
const INTERRUPT_NONE = 1020;
const NUMBER_MASK = 1023;

let version: i32 = 0;
let sleepTimerNumber: i32 = 0;
let periodTimerNumber: i32 = 0;
let uartNumber: i32 = 0;

/** 2 or 3; 0 before interruptOpen. */
export const boardGicVersion = (): i32 => version;

/** `second` is the CPU interface (version 2) or the redistributors (version 3), `secondBytes` long. */
export const interruptOpen = (gic: i32, distributor: i32, second: i32, secondBytes: i32): void => {
  if (gic === 3) gic3Open(distributor, second, secondBytes);
  else gic2Open(distributor, second);
  version = gic;
};

/** Interrupt numbers of the board's devices. */
export const interruptNumbers = (sleepTimer: i32, periodTimer: i32, uart: i32): void => {
  sleepTimerNumber = sleepTimer;
  periodTimerNumber = periodTimer;
  uartNumber = uart;
};

const interruptEnable = (number: i32): void => {
  if (version === 3) gic3Enable(number);
  else gic2Enable(number);
};

/** Makes this core ready for its private interrupts: software, both timers. */
export const interruptCore = (): void => {
  if (version === 3) gic3Core();
  else gic2Core();
  interruptEnable(sleepTimerNumber);
  interruptEnable(periodTimerNumber);
};

/** Lets the UART interrupt the boot core. */
export const interruptUart = (): void => { interruptEnable(uartNumber); };

/** Sends a software interrupt to a core. Earlier stores are visible to it when the interrupt arrives. */
export const interruptSend = (core: i32, number: i32): void => {
  if (version === 3) gic3Send(core, number);
  else gic2Send(core, number);
};

const interruptHandle = (number: i32): void => {
  if (number === INTERRUPT_WAKE) return;
  if (number === sleepTimerNumber) {
    sleepTimerOff();
  } else if (number === periodTimerNumber) {
    periodTimerNext(timerPeriod());
    callProgramTimer();
  } else if (number === uartNumber) {
    inputInterrupt();
  } else if (number === INTERRUPT_STOP) {
    storeRelease32(thisCore(), CORE_STOPPED_OFFSET, 1); // [stop] everything this core stored is visible to the reporting core
    consolePark();
  } else {
    boardHalt('an interrupt nobody asked for, number', number);
  }
};

/** The interrupt vector: handles what is pending, one after the other. */
export const boardInterrupt = (): void => {
  while (true) {
    const acknowledged = version === 3 ? gic3Acknowledge() : gic2Acknowledge();
    if ((acknowledged & NUMBER_MASK) >= INTERRUPT_NONE) return;
    interruptHandle(acknowledged & NUMBER_MASK);
    if (version === 3) gic3End(acknowledged);
    else gic2End(acknowledged);
  }
};
