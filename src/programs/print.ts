/**
 * Text and numbers on the console.
 *
 * Role: any role; the console keeps the lines of different tasks apart. Memory: none. Units: columns are characters.
 * Fails: never. Checked by: test/programs/print.test.ts.
 */
import { consoleByte, load8, textByte } from '#machine';

const SPACE = 32;
const DIGIT_ZERO = 48;
const NEW_LINE = 10;
const DELETE = 127;
const QUESTION_MARK = 63;

export const printText = (t: text): void => {
  let i: i32 = 0;
  while (textByte(t, i) !== 0) {
    consoleByte(textByte(t, i));
    i = (i + 1) | 0;
  }
};

/** The bytes at `at` up to a zero byte or a space; anything but printable ASCII shows as a question mark. */
export const printWord = (at: i32): void => {
  let i: i32 = 0;
  while (load8(at, i) !== 0 && load8(at, i) !== SPACE) {
    const byte = load8(at, i);
    consoleByte(byte >= SPACE && byte < DELETE ? byte : QUESTION_MARK);
    i = (i + 1) | 0;
  }
};

export const printEnd = (): void => {
  consoleByte(NEW_LINE);
};

export const printSpaces = (count: i32): void => {
  for (let i = 0; i < count; i++) consoleByte(SPACE);
};

/** Decimal digits of `value`, unsigned. */
export const decimalWidth = (value: i32): i32 => {
  let rest: u32 = value >>> 0;
  let width = 1;
  while (rest >= 10) {
    rest = (rest / (10 >>> 0)) >>> 0;
    width = (width + 1) | 0;
  }
  return width;
};

/** `value`, unsigned, with zeros in front up to `digits` digits. */
export const printDigits = (value: i32, digits: i32): void => {
  if (digits > 1 || (value >>> 0) >= 10) {
    const tens = ((value >>> 0) / (10 >>> 0)) >>> 0;
    printDigits(tens | 0, (digits - 1) | 0);
    consoleByte((DIGIT_ZERO + (value - Math.imul(tens | 0, 10))) | 0);
  } else {
    consoleByte((DIGIT_ZERO + value) | 0);
  }
};

export const printUnsigned = (value: i32): void => {
  printDigits(value, 1);
};

export const printSigned = (value: i32): void => {
  if (value < 0) printText('-');
  printDigits(value < 0 ? (0 - value) | 0 : value, 1);
};

/** `value`, unsigned, right-aligned in `width` columns. */
export const printPadded = (value: i32, width: i32): void => {
  printSpaces((width - decimalWidth(value)) | 0);
  printDigits(value, 1);
};

/** Divides a 64-bit number of four 16-bit parts by 10,000, prints what is above, then the four digits below. */
const printParts = (p3: i32, p2: i32, p1: i32, p0: i32, digits: i32): void => {
  if ((p3 | p2 | p1) === 0 && p0 < 10000) {
    printDigits(p0, digits);
    return;
  }
  const r3 = (p3 % 10000) | 0;
  const r2 = ((r3 << 16 | p2) % 10000) | 0;
  const r1 = ((r2 << 16 | p1) % 10000) | 0;
  const r0 = ((r1 << 16 | p0) % 10000) | 0;
  const q2 = ((r3 << 16 | p2) / 10000) | 0;
  const q1 = ((r2 << 16 | p1) / 10000) | 0;
  const q0 = ((r1 << 16 | p0) / 10000) | 0;
  printParts((p3 / 10000) | 0, q2, q1, q0, 1);
  printDigits(r0, 4);
};

/** A 64-bit number, unsigned. */
export const printUnsigned64 = (low: i32, high: i32): void => {
  printParts((high >>> 16) | 0, high & 0xffff, (low >>> 16) | 0, low & 0xffff, 1);
};

/** A 64-bit counter, right-aligned in `width` columns if it has less than 32 bits. */
export const printPadded64 = (low: i32, high: i32, width: i32): void => {
  if (high === 0) printPadded(low, width);
  else {
    printSpaces(1);
    printUnsigned64(low, high);
  }
};

/** All eight digits. */
export const printHex = (value: i32): void => {
  for (let shift = 28; shift >= 0; shift = (shift - 4) | 0) {
    const digit = (value >>> shift) & 15;
    consoleByte(digit < 10 ? (DIGIT_ZERO + digit) | 0 : (87 + digit) | 0);
  }
};

/** `part` / `whole` with `digits` digits behind the point, rounded to the nearest; 0 <= part <= whole < 2^27, whole > 0. */
export const printRatio = (part: i32, whole: i32, digits: i32): void => {
  let unit = 1;
  for (let i = 0; i < digits; i++) unit = Math.imul(unit, 10);
  let scaled = 0;
  let rest = part;
  for (let i = 0; i < digits; i++) {
    const ten = Math.imul(rest % whole | 0, 10);
    scaled = (Math.imul(scaled, 10) + ((ten / whole) | 0)) | 0;
    rest = ten;
  }
  // The digit behind the last one printed decides.
  const half = Math.imul((rest % whole) | 0, 2) >= whole ? 1 : 0;
  scaled = (scaled + half + (part === whole ? unit : 0)) | 0;
  printUnsigned((scaled / unit) | 0);
  printText('.');
  printDigits((scaled % unit) | 0, digits);
};
