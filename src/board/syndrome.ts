/**
 * ESR_EL1 in words.
 *
 * Role: printed by panic.ts; reads nothing but its argument. Elsewhere: Arm ARM, "ESR_EL1" and the fault status codes.
 */
import { consoleHex, consoleNumber, consoleText } from './console.ts';

const CLASS_DATA_ABORT = 0x24;
const CLASS_DATA_ABORT_SAME = 0x25;
const CLASS_INSTRUCTION_ABORT = 0x20;
const CLASS_INSTRUCTION_ABORT_SAME = 0x21;
const ABORT_WRITE = 0x40;

export const syndromeClass = (esr: i32): i32 => (esr >>> 26) & 63;

/** True if FAR_EL1 holds an address that belongs to this exception. */
export const syndromeHasAddress = (esr: i32): boolean => {
  const c = syndromeClass(esr);
  return (c >= CLASS_INSTRUCTION_ABORT && c <= CLASS_DATA_ABORT_SAME) || c === 0x34 || c === 0x35;
};

const printFault = (status: i32): void => {
  const kind = status >> 2;
  switch (kind) {
    case 0: consoleText('address size fault'); break;
    case 1: consoleText('translation fault (nothing is mapped there)'); break;
    case 2: consoleText('access flag fault'); break;
    case 3: consoleText('permission fault'); break;
    case 4: consoleText('external abort (no device answers)'); return;
    case 5: consoleText('external abort while reading the page tables'); break;
    case 6: consoleText('memory error'); return;
    case 7: consoleText('memory error in the page tables'); break;
    case 8: consoleText('address not aligned'); return;
    case 12: consoleText('conflicting translations'); return;
    default: consoleText('fault status 0x'); consoleHex(status, 2); return;
  }
  consoleText(', level ');
  consoleNumber(status & 3);
};

const printAbort = (esr: i32): void => {
  const c = syndromeClass(esr);
  if (c === CLASS_INSTRUCTION_ABORT || c === CLASS_INSTRUCTION_ABORT_SAME) consoleText('instruction abort: ');
  else if ((esr & ABORT_WRITE) !== 0) consoleText('data abort on a write: ');
  else consoleText('data abort on a read: ');
  printFault(esr & 63);
};

/** Prints what happened, for example "data abort on a write: permission fault, level 3". */
export const syndromePrint = (esr: i32): void => {
  const c = syndromeClass(esr);
  switch (c) {
    case 0x00: consoleText('undefined instruction'); break;
    case 0x01: consoleText('trapped WFI or WFE'); break;
    case 0x07: consoleText('trapped floating point'); break;
    case 0x0e: consoleText('illegal execution state'); break;
    case 0x15: consoleText('system call (SVC)'); break;
    case 0x16: consoleText('hypervisor call (HVC)'); break;
    case 0x17: consoleText('firmware call (SMC)'); break;
    case 0x18: consoleText('trapped system register'); break;
    case CLASS_INSTRUCTION_ABORT: case CLASS_INSTRUCTION_ABORT_SAME: case CLASS_DATA_ABORT: case CLASS_DATA_ABORT_SAME:
      printAbort(esr); break;
    case 0x22: consoleText('program counter not aligned'); break;
    case 0x26: consoleText('stack pointer not aligned'); break;
    case 0x2c: consoleText('floating-point exception'); break;
    case 0x2f: consoleText('system error (a late external abort)'); break;
    case 0x30: case 0x31: consoleText('hardware breakpoint'); break;
    case 0x32: case 0x33: consoleText('single step'); break;
    case 0x34: case 0x35: consoleText('watchpoint'); break;
    case 0x3c: consoleText('breakpoint instruction (BRK)'); break;
    default: consoleText('exception class 0x'); consoleHex(c, 2); break;
  }
};
