/**
 * Exceptions: the last words of the kernel.
 *
 * Role: boardException is called by boot/vectors.S for everything but interrupts, on the exception stack with interrupts masked.
 * Memory: PANIC_OWNER of layout.ts; reads the exception frame.
 * Invariants: one core reports; the others are parked first, or as soon as they print, so the report is in one piece and what it
 *   describes stays as it was. A second exception while reporting ends the machine without a third.
 * Order: [panic] the CAS on PANIC_OWNER to its loads in console.ts: who sees an owner that is not itself, parks.
 *   [stop] see interrupt.ts.
 * Fails: does not return, except to skip the semihosting instruction when there is no host.
 * Checked by: test/boot/panic.test.ts.
 */
import { compareExchange32, high64, load32, load64, loadAcquire32, low64, pack64, pause, store64, timeMicros32 } from '#machine';
import {
  CORE_NUMBER_OFFSET, CORE_STOPPED_OFFSET, FRAME_ADDRESS_OFFSET, FRAME_FAULT_OFFSET, FRAME_LINK_REGISTER_OFFSET,
  FRAME_RECORD_OFFSET, FRAME_REGISTERS_OFFSET, FRAME_STACK_OFFSET, FRAME_STATE_OFFSET, FRAME_SYNDROME_OFFSET, IMAGE_WINDOW,
  INITRD_WINDOW, INITRD_WINDOW_BYTES, PANIC_OWNER_OFFSET, STACK_MAPPED_BIT, STACK_WINDOW, STACK_WINDOW_END, TREE_WINDOW,
  BLOCK_BYTES,
} from './layout.ts';
import { boardMemory, imageTextEnd, semihostingAddress, thisCore } from './processor.ts';
import { consoleHex, consoleNumber, consolePark, consoleText, consoleTextAt } from './console.ts';
import { syndromeClass, syndromeHasAddress, syndromePrint } from './syndrome.ts';
import { backtracePrint } from './backtrace.ts';
import { eventsPrint } from './events.ts';
import { boardCores, coreRecord, coreStarted } from './core.ts';
import { INTERRUPT_STOP, interruptIsOpen, interruptSend } from './interrupt.ts';
import { taskSelf } from './state.ts';
import { exitNow, HOST_ABSENT } from './exit.ts';

const CLASS_UNDEFINED = 0;
const CLASS_BREAKPOINT = 0x3c;
const BREAKPOINT_HALT = 0x52;
const REGISTERS = 31;
const STOP_MICROSECONDS = 100000;

// Kinds of exception, from boot/vectors.S.
const KIND_FAST_INTERRUPT = 2;
const KIND_SYSTEM_ERROR = 3;
const KIND_NESTED = 4;
const KIND_LOWER_LEVEL = 8;

const stopOthers = (): void => {
  if (!interruptIsOpen()) return;
  for (let number = 0; number < boardCores(); number++) {
    const core = coreRecord(number);
    if (core !== thisCore() && coreStarted(core)) interruptSend(core, INTERRUPT_STOP);
  }
  const began = timeMicros32();
  for (let number = 0; number < boardCores(); number++) {
    const core = coreRecord(number);
    while (core !== thisCore() && coreStarted(core) && loadAcquire32(core, CORE_STOPPED_OFFSET) === 0) { // [stop]
      if (((timeMicros32() - began) | 0) > STOP_MICROSECONDS) return;
      pause();
    }
  }
};

const print64 = (at: i32, off: i32): void => {
  consoleHex(high64(load64(at, off)), 8);
  consoleHex(low64(load64(at, off)), 8);
};

/** A number that may be an address, too. */
const printNumber = (v: i32): void => {
  consoleNumber(v);
  if (v >= 0 && v < 4096) return;
  consoleText(' (0x');
  consoleHex(v, 8);
  consoleText(')');
};

/** Says which part of the address space an address is in, if that tells something. */
const printWindow = (address: i32): void => {
  if (address >= 0 && address < 4096) consoleText(', near address 0');
  else if (address >= IMAGE_WINDOW && address < imageTextEnd()) consoleText(', in the kernel\'s code');
  else if (address >= STACK_WINDOW && address < STACK_WINDOW_END && (address & STACK_MAPPED_BIT) === 0) {
    consoleText(', in the guard below a stack: stack overflow');
  } else if (address >= INITRD_WINDOW && address < INITRD_WINDOW + INITRD_WINDOW_BYTES) {
    consoleText(', in the window of the initrd');
  } else if (address >= TREE_WINDOW && address < TREE_WINDOW + BLOCK_BYTES) {
    consoleText(', in the device tree');
  }
};

const printReason = (frame: i32, kind: i32): void => {
  const esr = low64(load64(frame, FRAME_SYNDROME_OFFSET));
  if (kind >= KIND_LOWER_LEVEL) consoleText('from a lower exception level: ');
  else if (kind >= KIND_NESTED) consoleText('while handling another: ');
  if ((kind & 3) === KIND_FAST_INTERRUPT) {
    consoleText('fast interrupt');
  } else if ((kind & 3) === KIND_SYSTEM_ERROR) {
    consoleText('system error (a late external abort)');
  } else if (syndromeClass(esr) === CLASS_BREAKPOINT && (esr & 0xffff) === BREAKPOINT_HALT) {
    consoleTextAt(low64(load64(frame, FRAME_REGISTERS_OFFSET)));
    consoleText(' ');
    printNumber(low64(load64(frame, (FRAME_REGISTERS_OFFSET + 8) | 0)));
  } else {
    syndromePrint(esr);
    if (syndromeHasAddress(esr) && high64(load64(frame, FRAME_FAULT_OFFSET)) === 0) {
      printWindow(low64(load64(frame, FRAME_FAULT_OFFSET)));
    }
  }
  consoleText('\n');
};

const printRegisters = (frame: i32): void => {
  consoleText('  esr ');
  consoleHex(low64(load64(frame, FRAME_SYNDROME_OFFSET)), 8);
  consoleText('  elr ');
  print64(frame, FRAME_ADDRESS_OFFSET);
  consoleText('  far ');
  print64(frame, FRAME_FAULT_OFFSET);
  consoleText('  spsr ');
  consoleHex(low64(load64(frame, FRAME_STATE_OFFSET)), 8);
  for (let i = 0; i < REGISTERS; i++) {
    if ((i & 3) === 0) consoleText('\n');
    consoleText('  x');
    consoleNumber(i);
    if (i < 10) consoleText(' ');
    consoleText(' ');
    print64(frame, (FRAME_REGISTERS_OFFSET + (i << 3)) | 0);
  }
  consoleText('  sp  ');
  print64(frame, FRAME_STACK_OFFSET);
  consoleText('\n');
};

const report = (frame: i32, kind: i32): void => {
  consoleText('\nPANIC on core ');
  consoleNumber(load32(thisCore(), CORE_NUMBER_OFFSET));
  if (taskSelf() >= 0) {
    consoleText(' in task ');
    consoleNumber(taskSelf());
  }
  consoleText(': ');
  printReason(frame, kind);
  printRegisters(frame);
  consoleText('  backtrace:\n');
  backtracePrint(low64(load64(frame, FRAME_ADDRESS_OFFSET)), low64(load64(frame, FRAME_LINK_REGISTER_OFFSET)),
    low64(load64(frame, FRAME_RECORD_OFFSET)));
  eventsPrint();
};

/** The exception vector. Frame and kinds are those of boot/vectors.S. */
export const boardException = (frame: i32, kind: i32): void => {
  const pc = low64(load64(frame, FRAME_ADDRESS_OFFSET));
  if (syndromeClass(low64(load64(frame, FRAME_SYNDROME_OFFSET))) === CLASS_UNDEFINED && pc === semihostingAddress()) {
    store64(frame, FRAME_REGISTERS_OFFSET, pack64(HOST_ABSENT, 0));
    store64(frame, FRAME_ADDRESS_OFFSET, pack64((pc + 4) | 0, 0));
    return;
  }
  const self = (load32(thisCore(), CORE_NUMBER_OFFSET) + 1) | 0;
  const owner = compareExchange32(boardMemory(), PANIC_OWNER_OFFSET, 0, self); // [panic]
  if (owner === self) {
    consoleText('\nPANIC while reporting a panic\n');
    exitNow(1);
  }
  if (owner !== 0) consolePark();
  stopOthers();
  report(frame, kind);
  exitNow(1);
};
