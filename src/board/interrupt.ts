/**
 * Interrupts: one door for three controllers (GICv2, GICv3, the Raspberry Pi 3's own), and what each interrupt does.
 *
 * Role: interruptOpen and interruptCore at start; boardInterrupt is called by boot/vectors.S on the exception stack with
 *   interrupts masked; interruptSend from anywhere.
 * Memory: the settings below, written once on the boot core before others start.
 * Order: [start] settings are written before a core is started, which is why plain loads of them are enough everywhere.
 * Fails: boardHalt at an interrupt nobody asked for.
 * Elsewhere: gic2.ts, gic3.ts, local.ts and legacy.ts talk to the devices; tasks.ts decides when a core must be woken.
 */
import { storeRelease32 } from '#machine';
import { CORE_STOPPED_OFFSET } from './layout.ts';
import { callProgramTimer, periodTimerNext, sleepTimerOff, thisCore } from './processor.ts';
import { gic2Acknowledge, gic2Core, gic2Enable, gic2End, gic2Open, gic2Send } from './gic2.ts';
import { gic3Acknowledge, gic3Core, gic3Enable, gic3End, gic3Open, gic3Send } from './gic3.ts';
import { localAcknowledge, localCore, localEnable, localOpen, localSend } from './local.ts';
import { LEGACY_FIRST_NUMBER, legacyEnable, legacyOpen } from './legacy.ts';
import { inputInterrupt } from './input.ts';
import { timerPeriod } from './timer.ts';
import { consolePark } from './console.ts';
import { EVENT_INTERRUPT, boardEvent } from './events.ts';
import { boardHalt } from './halt.ts';

/** Software interrupts. Waking needs no work: the core looks for ready tasks after any interrupt. */
export const INTERRUPT_WAKE = 0;
export const INTERRUPT_STOP = 1;
const INTERRUPT_NONE = 1020;
const NUMBER_MASK = 1023;

/** Controllers: the number of a GIC is its version. */
const CONTROLLER_LOCAL = 1;
const CONTROLLER_GIC2 = 2;
const CONTROLLER_GIC3 = 3;

let controller: i32 = 0;
let sleepTimerNumber: i32 = 0;
let periodTimerNumber: i32 = 0;
let uartNumber: i32 = 0;

/** 2 or 3; 0 where the board has no GIC, and before it is opened. */
export const boardGicVersion = (): i32 => (controller >= CONTROLLER_GIC2 ? controller : 0);

/** True once software interrupts can be sent. */
export const interruptIsOpen = (): boolean => controller !== 0;

/** `second` is the CPU interface (version 2) or the redistributors (version 3), `secondBytes` long. */
export const interruptOpenGic = (version: i32, distributor: i32, second: i32, secondBytes: i32): void => {
  if (version === CONTROLLER_GIC3) gic3Open(distributor, second, secondBytes);
  else gic2Open(distributor, second);
  controller = version;
};

/** The Raspberry Pi 3: a controller beside the cores, and one for its devices behind it. */
export const interruptOpenLocal = (local: i32, legacy: i32): void => {
  localOpen(local);
  legacyOpen(legacy);
  controller = CONTROLLER_LOCAL;
};

/** Interrupt numbers of the board's devices. */
export const interruptNumbers = (sleepTimer: i32, periodTimer: i32, uart: i32): void => {
  sleepTimerNumber = sleepTimer;
  periodTimerNumber = periodTimer;
  uartNumber = uart;
};

const interruptEnable = (number: i32): void => {
  if (controller === CONTROLLER_GIC3) gic3Enable(number);
  else if (controller === CONTROLLER_GIC2) gic2Enable(number);
  else if (number < LEGACY_FIRST_NUMBER) localEnable(number);
  else legacyEnable(number);
};

/** Makes this core ready for its private interrupts: software, both timers. */
export const interruptCore = (): void => {
  if (controller === CONTROLLER_GIC3) gic3Core();
  else if (controller === CONTROLLER_GIC2) gic2Core();
  else localCore();
  interruptEnable(sleepTimerNumber);
  interruptEnable(periodTimerNumber);
};

/** Lets the UART interrupt the boot core. */
export const interruptUart = (): void => { interruptEnable(uartNumber); };

/** Sends a software interrupt to a core. Earlier stores are visible to it when the interrupt arrives. */
export const interruptSend = (core: i32, number: i32): void => {
  if (controller === CONTROLLER_GIC3) gic3Send(core, number);
  else if (controller === CONTROLLER_GIC2) gic2Send(core, number);
  else localSend(core, number);
};

const interruptAcknowledge = (): i32 => {
  if (controller === CONTROLLER_GIC3) return gic3Acknowledge();
  return controller === CONTROLLER_GIC2 ? gic2Acknowledge() : localAcknowledge();
};

/** The Raspberry Pi 3 has no end of interrupt: its sources are levels, which the handler has taken away. */
const interruptEnd = (acknowledged: i32): void => {
  if (controller === CONTROLLER_GIC3) gic3End(acknowledged);
  else if (controller === CONTROLLER_GIC2) gic2End(acknowledged);
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
    const acknowledged = interruptAcknowledge();
    if ((acknowledged & NUMBER_MASK) >= INTERRUPT_NONE) return;
    boardEvent(EVENT_INTERRUPT, acknowledged & NUMBER_MASK, 0);
    interruptHandle(acknowledged & NUMBER_MASK);
    interruptEnd(acknowledged);
  }
};
