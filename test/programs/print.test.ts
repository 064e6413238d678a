/** Numbers and text as the program prints them, against what JavaScript prints. */
import { beforeAll, expect, test } from 'vitest';
import fc from 'fast-check';
import { buildProgram, memoryBytes, type Running } from './support.ts';

let running: Running;
beforeAll(async () => { running = await buildProgram(); });

const printed = (print: (p: Running['program']) => void): string => {
  print(running.program);
  return running.printed();
};
const integer = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const edges = [0, 1, 9, 10, 99, 100, 2 ** 31 - 1, -(2 ** 31), -1, 1_000_000_000];

test('unsigned, signed and hexadecimal numbers', () => {
  const check = (value: number): void => {
    expect(printed((p) => p.printUnsigned(value))).toBe(String(value >>> 0));
    expect(printed((p) => p.printSigned(value))).toBe(String(value));
    expect(printed((p) => p.printHex(value))).toBe((value >>> 0).toString(16).padStart(8, '0'));
  };
  edges.forEach(check);
  fc.assert(fc.property(integer, check));
});

test('numbers in columns', () => {
  fc.assert(fc.property(integer, fc.integer({ min: 0, max: 14 }), (value, width) => {
    expect(printed((p) => p.printPadded(value, width))).toBe(String(value >>> 0).padStart(width));
    expect(running.program.decimalWidth(value)).toBe(String(value >>> 0).length);
  }));
});

test('numbers with leading zeros', () => {
  fc.assert(fc.property(integer, fc.integer({ min: 1, max: 14 }), (value, digits) => {
    expect(printed((p) => p.printDigits(value, digits))).toBe(String(value >>> 0).padStart(digits, '0'));
  }));
});

test('64-bit numbers', () => {
  const check = (value: bigint): void => {
    const low = Number(BigInt.asIntN(32, value));
    const high = Number(BigInt.asIntN(32, value >> 32n));
    expect(printed((p) => p.printUnsigned64(low, high))).toBe(String(value));
    const padded = value < 2n ** 32n ? String(value).padStart(11) : ` ${value}`;
    expect(printed((p) => p.printPadded64(low, high, 11))).toBe(padded);
  };
  [0n, 9999n, 10000n, 2n ** 32n - 1n, 2n ** 32n, 10n ** 19n, 2n ** 64n - 1n].forEach(check);
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), check));
});

test('ratios, rounded to the nearest', () => {
  const check = (part: number, whole: number): void => {
    // Exact, in integers: floor(part / whole * 10000 + 1/2).
    const scaled = (BigInt(part) * 20000n + BigInt(whole)) / (2n * BigInt(whole));
    expect(printed((p) => p.printRatio(part, whole, 4)))
      .toBe(`${scaled / 10000n}.${String(scaled % 10000n).padStart(4, '0')}`);
  };
  check(0, 1);
  check(1, 1);
  check(1, 3);
  check(2, 3);
  check(99_999, 100_000);
  check(19_999, 20_000);
  check(134_000_000, 134_000_001);
  fc.assert(fc.property(fc.integer({ min: 1, max: 2 ** 27 - 1 }), fc.double({ min: 0, max: 1, noNaN: true }),
    (whole, share) => check(Math.floor(whole * share), whole)));
});

test('words end at a space or a zero byte, and show nothing that is not printable', () => {
  memoryBytes.set(new TextEncoder().encode('abc\x07\x7f\xff~ d\0'), 4096);
  expect(printed((p) => p.printWord(4096))).toBe('abc????~');
  memoryBytes.set(new TextEncoder().encode('abc\0d'), 4096);
  expect(printed((p) => p.printWord(4096))).toBe('abc');
});
