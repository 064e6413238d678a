/**
 * PL011: polled output, interrupt-driven input.
 *
 * Role: uartPut is called by console.ts (one core at a time, under its lock) and by panic.ts (alone). uartInterrupt runs on
 *   core 0 in interrupt context. uartRead and uartWait are called by tasks on any core.
 * Memory: device registers; the input ring of layout.ts: `produced` is written by the interrupt only, `consumed` by readers.
 * Invariants: 0 <= produced - consumed <= INPUT_BYTES, counters wrap. No byte is dropped: when the ring is full the interrupt
 *   is switched off and the bytes stay in the device (whose sender waits, if it can) until a reader has made room.
 * Order:
 *   label      releasing side                acquiring side              visible          without it
 *   [input]    interrupt stores produced     reader loads produced       ring bytes       a reader sees an old byte
 *   [room]     reader's CAS on consumed      interrupt loads consumed    reader's loads   a byte is overwritten unread
 *   [pause]    interrupt sets paused, fence, looks at consumed again; reader moves consumed, fence, looks at paused. Forbidden:
 *              both see the old value, and input stops for ever.
 * Checked by: test/boot/input.test.ts.
 */
import { WAIT_TIMED_OUT } from '../machine/contract.ts';
import {
  compareExchange32, exchange32, fenceFull, load8, loadAcquire32, loadRelaxed32, mmioLoad32, mmioStore32, notify32, pause, store8,
  storeRelease32, storeSequential32, wait32,
} from '#machine';
import { INPUT_BYTES, INPUT_CONSUMED_OFFSET, INPUT_PAUSED_OFFSET, INPUT_PRODUCED_OFFSET, INPUT_RING_OFFSET } from './layout.ts';
import { boardMemory } from './processor.ts';

const UART_DATA = 0x00;
const UART_FLAGS = 0x18;
const UART_DIVISOR_WHOLE = 0x24;
const UART_DIVISOR_FRACTION = 0x28;
const UART_LINE = 0x2c;
const UART_CONTROL = 0x30;
const UART_INTERRUPT_LEVEL = 0x34;
const UART_INTERRUPT_MASK = 0x38;
const UART_INTERRUPT_CLEAR = 0x44;

const FLAG_BUSY = 8;
const FLAG_INPUT_EMPTY = 16;
const FLAG_OUTPUT_FULL = 32;
const DATA_BREAK = 0x400;
const LINE_8_BITS_FIFO = 0x70;
const CONTROL_ON = 0x301;
const INTERRUPT_INPUT = 0x50;
const INTERRUPT_ALL = 0x7ff;
/** 115200 baud from the 24 MHz of QEMU virt. */
const DIVISOR_WHOLE = 13;
const DIVISOR_FRACTION = 1;

let uartBase: i32 = 0;

/** Switches the device on at `base`, without interrupts. A device that firmware has switched on keeps its divisors. */
export const uartOpen = (base: i32): void => {
  if ((mmioLoad32(base, UART_CONTROL) & 1) === 0) {
    mmioStore32(base, UART_DIVISOR_WHOLE, DIVISOR_WHOLE);
    mmioStore32(base, UART_DIVISOR_FRACTION, DIVISOR_FRACTION);
  }
  mmioStore32(base, UART_INTERRUPT_MASK, 0);
  mmioStore32(base, UART_LINE, LINE_8_BITS_FIFO);
  mmioStore32(base, UART_CONTROL, CONTROL_ON);
  uartBase = base;
};

/** Input arrives by interrupt from now on; the interrupt controller is ready. */
export const uartInputOn = (): void => {
  mmioStore32(uartBase, UART_INTERRUPT_LEVEL, 0);
  mmioStore32(uartBase, UART_INTERRUPT_CLEAR, INTERRUPT_ALL);
  mmioStore32(uartBase, UART_INTERRUPT_MASK, INTERRUPT_INPUT);
};

/** Sends one byte when there is room. Before uartOpen: nothing, there is no device yet. */
export const uartPut = (v: i32): void => {
  if (uartBase === 0) return;
  while ((mmioLoad32(uartBase, UART_FLAGS) & FLAG_OUTPUT_FULL) !== 0) pause();
  mmioStore32(uartBase, UART_DATA, v & 255);
};

/** Returns when the last byte has left. */
export const uartDrain = (): void => {
  if (uartBase === 0) return;
  while ((mmioLoad32(uartBase, UART_FLAGS) & FLAG_BUSY) !== 0) pause();
};

const inputIsFull = (p: i32, produced: i32): boolean =>
  ((produced - loadAcquire32(p, INPUT_CONSUMED_OFFSET)) | 0) === INPUT_BYTES; // [room]

/** Stops input while the ring is full. True if it is stopped; false if a reader made room meanwhile. */
const inputPause = (p: i32, produced: i32): boolean => {
  mmioStore32(uartBase, UART_INTERRUPT_MASK, 0);
  storeSequential32(p, INPUT_PAUSED_OFFSET, 1); // [pause]
  fenceFull(); // [pause]
  if (inputIsFull(p, produced)) return true;
  if (exchange32(p, INPUT_PAUSED_OFFSET, 0) === 1) mmioStore32(uartBase, UART_INTERRUPT_MASK, INTERRUPT_INPUT); // [pause]
  return false;
};

/** The device's interrupt: takes what has arrived, wakes readers. */
export const uartInterrupt = (): void => {
  const p = boardMemory();
  let produced = loadRelaxed32(p, INPUT_PRODUCED_OFFSET);
  const before = produced;
  mmioStore32(uartBase, UART_INTERRUPT_CLEAR, INTERRUPT_INPUT);
  while ((mmioLoad32(uartBase, UART_FLAGS) & FLAG_INPUT_EMPTY) === 0) {
    if (inputIsFull(p, produced)) {
      if (inputPause(p, produced)) break;
    }
    const v = mmioLoad32(uartBase, UART_DATA);
    if ((v & DATA_BREAK) === 0) {
      store8((p + INPUT_RING_OFFSET) | 0, produced & (INPUT_BYTES - 1), v);
      produced = (produced + 1) | 0;
      storeRelease32(p, INPUT_PRODUCED_OFFSET, produced); // [input]
    }
  }
  if (produced !== before) notify32(p, INPUT_PRODUCED_OFFSET, INPUT_BYTES);
};

/** The next byte received, or -1. */
export const boardConsoleRead = (): i32 => {
  const p = boardMemory();
  while (true) {
    const consumed = loadRelaxed32(p, INPUT_CONSUMED_OFFSET);
    if (loadAcquire32(p, INPUT_PRODUCED_OFFSET) === consumed) return -1; // [input]
    const v = load8((p + INPUT_RING_OFFSET) | 0, consumed & (INPUT_BYTES - 1));
    if (compareExchange32(p, INPUT_CONSUMED_OFFSET, consumed, (consumed + 1) | 0) === consumed) { // [room]
      fenceFull(); // [pause]
      if (loadRelaxed32(p, INPUT_PAUSED_OFFSET) === 1 && exchange32(p, INPUT_PAUSED_OFFSET, 0) === 1) { // [pause]
        mmioStore32(uartBase, UART_INTERRUPT_MASK, INTERRUPT_INPUT);
      }
      return v;
    }
  }
};

/** Sleeps until there is input (0), or `microseconds` have passed (WAIT_TIMED_OUT; < 0 waits for ever). */
export const boardConsoleWait = (microseconds: i32): i32 => {
  const p = boardMemory();
  const produced = loadAcquire32(p, INPUT_PRODUCED_OFFSET); // [input]
  if (produced !== loadRelaxed32(p, INPUT_CONSUMED_OFFSET)) return 0;
  return wait32(p, INPUT_PRODUCED_OFFSET, produced, microseconds) === WAIT_TIMED_OUT ? WAIT_TIMED_OUT : 0;
};
