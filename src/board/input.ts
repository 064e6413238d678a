/**
 * Console input: a ring filled by the UART's interrupt, emptied by tasks.
 *
 * Role: inputInterrupt runs on core 0 in interrupt context; boardConsoleRead and boardConsoleWait are for tasks on any core.
 * Memory: the input words and ring of layout.ts: `produced` is written by the interrupt only, `consumed` by readers.
 * Invariants: 0 <= produced - consumed <= INPUT_BYTES, counters wrap. No byte is dropped: when the ring is full the interrupt
 *   is switched off and the bytes stay in the device (whose sender waits, if it can) until a reader has made room.
 * Order:
 *   label      releasing side                acquiring side              visible          without it
 *   [input]    interrupt stores produced     reader loads produced       ring bytes       a reader sees an old byte
 *   [room]     reader's CAS on consumed      interrupt loads consumed    reader's loads   a byte is overwritten unread
 *   [pause]    interrupt sets paused, fence, looks at consumed again; reader moves consumed, fence, looks at paused. Forbidden:
 *              both see the old value, and input stops for ever.
 * Fails: boardConsoleRead says -1 when there is nothing.
 * Checked by: test/boot/input.test.ts
 */
import { WAIT_TIMED_OUT } from '../machine/contract.ts';
import {
  compareExchange32, exchange32, fenceFull, load8, loadAcquire32, loadRelaxed32, notify32, store8, storeRelease32,
  storeSequential32, wait32,
} from '#machine';
import { INPUT_BYTES, INPUT_CONSUMED_OFFSET, INPUT_PAUSED_OFFSET, INPUT_PRODUCED_OFFSET, INPUT_RING_OFFSET } from './layout.ts';
import { boardMemory } from './processor.ts';
import { UART_BREAK, uartGet, uartInputOff, uartInputOn } from './uart.ts';
import { boardConsoleFlush } from './console.ts';

const inputIsFull = (p: i32, produced: i32): boolean =>
  ((produced - loadAcquire32(p, INPUT_CONSUMED_OFFSET)) | 0) === INPUT_BYTES; // [room]

/** Whoever takes PAUSED from 1 to 0 switches the interrupt on again. */
const inputResume = (p: i32): void => {
  if (exchange32(p, INPUT_PAUSED_OFFSET, 0) === 1) uartInputOn(); // [pause]
};

/** Stops input while the ring is full. True if it is stopped; false if a reader made room meanwhile. */
const inputPause = (p: i32, produced: i32): boolean => {
  uartInputOff();
  storeSequential32(p, INPUT_PAUSED_OFFSET, 1); // [pause]
  fenceFull(); // [pause]
  if (inputIsFull(p, produced)) return true;
  inputResume(p);
  return false;
};

/** The device's interrupt: takes what has arrived, wakes readers. */
export const inputInterrupt = (): void => {
  const p = boardMemory();
  const before = loadRelaxed32(p, INPUT_PRODUCED_OFFSET); // [input] nobody else writes it
  let produced = before;
  while (true) {
    if (inputIsFull(p, produced) && inputPause(p, produced)) break;
    const v = uartGet();
    if (v < 0) break;
    if ((v & UART_BREAK) === 0) {
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
    const consumed = loadRelaxed32(p, INPUT_CONSUMED_OFFSET); // [room] the CAS checks it
    if (loadAcquire32(p, INPUT_PRODUCED_OFFSET) === consumed) return -1; // [input]
    const v = load8((p + INPUT_RING_OFFSET) | 0, consumed & (INPUT_BYTES - 1));
    if (compareExchange32(p, INPUT_CONSUMED_OFFSET, consumed, (consumed + 1) | 0) === consumed) { // [room]
      fenceFull(); // [pause]
      if (loadRelaxed32(p, INPUT_PAUSED_OFFSET) === 1) inputResume(p); // [pause]
      return v;
    }
  }
};

/**
 * Sleeps until there is input (0), or `microseconds` have passed (WAIT_TIMED_OUT 2; < 0 waits for ever). What the task has
 * printed of a line, a question perhaps, leaves first.
 */
export const boardConsoleWait = (microseconds: i32): i32 => {
  const p = boardMemory();
  boardConsoleFlush();
  const produced = loadAcquire32(p, INPUT_PRODUCED_OFFSET); // [input]
  if (produced !== loadRelaxed32(p, INPUT_CONSUMED_OFFSET)) return 0; // [room] a hint: a reader may be faster
  return wait32(p, INPUT_PRODUCED_OFFSET, produced, microseconds) === WAIT_TIMED_OUT ? WAIT_TIMED_OUT : 0;
};
