/**
 * PL011: the registers, polled output, one byte of input.
 *
 * Role: uartPut is called by console.ts (one core at a time, under its lock) and by panic.ts (alone); the input side by input.ts.
 * Memory: device registers only.
 * Checked by: test/boot/hello.test.ts, test/boot/input.test.ts, test/pi/trees.test.ts
 * Elsewhere: where the device is, says hardware.ts; lines of text are console.ts, the input ring input.ts.
 */
import { mmioLoad32, mmioStore32, pause } from '#machine';

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
/** In what uartGet returns: a break, not a byte. */
export const UART_BREAK = 0x400;
const LINE_FIFO = 0x10;
const LINE_8_BITS = 0x60;
const CONTROL_OFF = 0;
const CONTROL_ON = 0x301;
const INTERRUPT_INPUT = 0x50;
const INTERRUPT_ALL = 0x7ff;

/** What the device is fed with, which tells the divisors of 115200 baud. */
export const UART_RATE_KEPT = 0;
export const UART_CLOCK_24_MHZ = 1;
export const UART_CLOCK_48_MHZ = 2;
const DIVISOR_WHOLE_24 = 13;
const DIVISOR_FRACTION_24 = 1;
const DIVISOR_WHOLE_48 = 26;
const DIVISOR_FRACTION_48 = 3;

let uartBase: i32 = 0;

/** Only a device that is off may be given another rate; a change takes effect with the next write to the line control. */
const uartRate = (base: i32, whole: i32, fraction: i32): void => {
  while ((mmioLoad32(base, UART_FLAGS) & FLAG_BUSY) !== 0 && (mmioLoad32(base, UART_CONTROL) & 1) !== 0) pause();
  mmioStore32(base, UART_CONTROL, CONTROL_OFF);
  mmioStore32(base, UART_DIVISOR_WHOLE, whole);
  mmioStore32(base, UART_DIVISOR_FRACTION, fraction);
};

/**
 * Switches the device on at `base`, without interrupts. UART_RATE_KEPT leaves rate and FIFO to the firmware. With 24 MHz (QEMU) a
 * device that is on keeps its rate, and the FIFO stays on or off: switching it would drop what somebody has typed already. With
 * 48 MHz (Raspberry Pi 3 and 4) the firmware may have set the device up for the Bluetooth chip, so everything is set.
 */
export const uartOpen = (base: i32, clock: i32): void => {
  if (clock === UART_CLOCK_48_MHZ) uartRate(base, DIVISOR_WHOLE_48, DIVISOR_FRACTION_48);
  else if (clock === UART_CLOCK_24_MHZ && (mmioLoad32(base, UART_CONTROL) & 1) === 0) {
    uartRate(base, DIVISOR_WHOLE_24, DIVISOR_FRACTION_24);
  }
  mmioStore32(base, UART_INTERRUPT_MASK, 0);
  const fifo = clock === UART_CLOCK_48_MHZ ? LINE_FIFO : mmioLoad32(base, UART_LINE) & LINE_FIFO;
  mmioStore32(base, UART_LINE, fifo | LINE_8_BITS);
  mmioStore32(base, UART_CONTROL, CONTROL_ON);
  uartBase = base;
};

/** Forgets old interrupts, except those for input: what has been typed already counts. */
export const uartInputOpen = (): void => {
  mmioStore32(uartBase, UART_INTERRUPT_LEVEL, 0);
  mmioStore32(uartBase, UART_INTERRUPT_CLEAR, INTERRUPT_ALL & ~INTERRUPT_INPUT);
  uartInputOn();
};

/**
 * Lets input interrupt. The interrupt is a level: it is there as long as bytes are, and is never cleared. (Clearing it with bytes
 * left would lose it: QEMU raises it when the first byte arrives, not again for the second.)
 */
export const uartInputOn = (): void => { mmioStore32(uartBase, UART_INTERRUPT_MASK, INTERRUPT_INPUT); };
export const uartInputOff = (): void => { mmioStore32(uartBase, UART_INTERRUPT_MASK, 0); };

/** The next byte of input with its error flags, or -1. */
export const uartGet = (): i32 =>
  ((mmioLoad32(uartBase, UART_FLAGS) & FLAG_INPUT_EMPTY) !== 0 ? -1 : mmioLoad32(uartBase, UART_DATA) & 0xfff);

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
