/** Messages made to break the validator, by hand; and UTF-8 against the platform's own check. */
import { isUtf8 } from 'node:buffer';
import { beforeAll, expect, test } from 'vitest';
import {
  REASON_BITS, REASON_CASE, REASON_CHAR, REASON_COUNT, REASON_EMPTY, REASON_GAP, REASON_LENGTH, REASON_MISALIGNED, REASON_OFFSET,
  REASON_PROGRAM, REASON_STEPS, REASON_TEXT, REASON_TOO_LONG, REASON_TOO_SHORT, PROGRAM_HEADER_BYTES, PROGRAM_STEPS_A,
} from '../../src/kernel/schema/program.ts';
import { STATUS_INVALID_MESSAGE, STATUS_OK } from '../../src/kernel/status.ts';
import { memory } from '../../src/machine/node.ts';
import { textFault } from '../../src/kernel/schema/text.ts';
import { compileWit, validate, type Compiled } from './support.ts';

const many = (count: number): string => Array.from({ length: count }, (_, k) => `n${k}`).join();
const BODY = `
  flags nine { ${many(9)} }
  flags word { ${many(32)} }
  enum five { ${many(5)} }
  enum full { ${many(256)} }
  enum more { ${many(257)} }
  type truth = bool;
  type letter = char;
  type text = string;
  type truths = list<bool>;
  type pairs = list<tuple<bool, bool>>;
  type halves = list<five>;
  type numbers = list<u64>;
  type deep = list<list<list<u8>>>;
  record two { a: list<u8>, b: list<f32> }
  record twice { a: string, b: string }
  variant uneven { small(u8), large(tuple<u64, u64>), none }
  record gap { a: bool, b: u32 }
  record bits { set: nine, more: u16 }
  type letters = list<char>;
`;
let types: Map<string, Compiled>;
beforeAll(async () => { types = await compileWit(BODY, 'hostile'); });

const verdict = (name: string, bytes: ArrayLike<number>, shift = 0): [number, number] | 'ok' => {
  const { status, reason, byte } = validate(types.get(name)!.program.words, Uint8Array.from(bytes), shift);
  return status === STATUS_OK ? 'ok' : [reason, byte];
};
/** Words, little endian, then single bytes. */
const message = (words: number[], ...bytes: number[]): number[] =>
  [...new Uint8Array(Uint32Array.from(words).buffer), ...bytes];

test('what is allowed is accepted', () => {
  expect(verdict('truth', [1])).toBe('ok');
  expect(verdict('nine', [255, 1])).toBe('ok');
  expect(verdict('word', [255, 255, 255, 255])).toBe('ok');
  expect(verdict('full', [255])).toBe('ok');
  expect(verdict('more', [0, 1])).toBe('ok');
  expect(verdict('two', message([16, 1, 20, 1, 7, 0x7fc00001]))).toBe('ok');
  expect(verdict('deep', message([8, 2, 24, 1, 36, 1, 32, 3, 0x00030201, 44, 2], 4, 5))).toBe('ok');
  expect(verdict('deep', message([8, 2, 0, 0, 0, 0]))).toBe('ok');
});

test.each<[string, ArrayLike<number>, number, number]>([
  ['truth', [2], REASON_BITS, 0], ['truth', [255], REASON_BITS, 0], ['truth', [], REASON_TOO_SHORT, 0], ['truth', [1, 0], REASON_TOO_LONG, 2],
  ['nine', [0, 2], REASON_BITS, 1], ['nine', [0, 0x80], REASON_BITS, 1], ['bits', [0, 4, 0, 0], REASON_BITS, 1],
  ['five', [5], REASON_CASE, 0], ['five', [255], REASON_CASE, 0], ['more', [1, 1], REASON_CASE, 0], ['more', [255, 255], REASON_CASE, 0],
  ['letter', message([0xd800]), REASON_CHAR, 0], ['letter', message([0xdfff]), REASON_CHAR, 0], ['letter', message([0x110000]), REASON_CHAR, 0],
  ['letter', message([0xffffffff]), REASON_CHAR, 0], ['letters', message([8, 2, 0x41, 0xd800]), REASON_CHAR, 12],
  ['gap', [1, 0, 1, 0, 0, 0, 0, 0], REASON_BITS, 2], ['gap', [3, 0, 1, 0, 0, 0, 0, 0], REASON_BITS, 0],
])('a forbidden value: %s %j', (name, bytes, reason, byte) => expect(verdict(name, bytes)).toEqual([reason, byte]));

test.each<[string, ArrayLike<number>, number, number]>([
  // The pair of an empty list.
  ['numbers', message([8, 0]), REASON_EMPTY, 0], ['text', message([1, 0]), REASON_EMPTY, 0],
  // Offsets: into the root, one off, beyond, shared by two lists, an empty one between.
  ['numbers', message([0, 1, 0, 0]), REASON_OFFSET, 0], ['numbers', message([7, 1, 0, 0]), REASON_OFFSET, 0],
  ['numbers', message([9, 1, 0, 0]), REASON_OFFSET, 0], ['numbers', message([16, 1, 0, 0]), REASON_OFFSET, 0],
  ['numbers', message([0xfffffff8, 1, 0, 0]), REASON_OFFSET, 0],
  ['twice', message([16, 2, 16, 2], 65, 66), REASON_OFFSET, 8], ['twice', message([16, 2, 17, 1], 65, 66), REASON_OFFSET, 8],
  ['twice', message([17, 1, 16, 1], 65, 66), REASON_OFFSET, 0], ['twice', message([0, 0, 17, 1], 65, 66), REASON_OFFSET, 8],
  // Counts whose product overflows, in every way 32 bits can.
  ['numbers', message([8, 2, 0, 0]), REASON_COUNT, 0], ['numbers', message([8, 0x20000000, 0, 0]), REASON_COUNT, 0],
  ['numbers', message([8, 0x20000001, 0, 0]), REASON_COUNT, 0], ['numbers', message([8, 0x80000000, 0, 0]), REASON_COUNT, 0],
  ['numbers', message([8, 0xffffffff, 0, 0]), REASON_COUNT, 0], ['text', message([8, 0xffffffff], 65), REASON_COUNT, 0],
  ['text', message([8, 0x80000000], 65), REASON_COUNT, 0], ['text', message([8, 2], 65), REASON_COUNT, 0],
  ['truths', message([8, 0xffffffff], 1), REASON_COUNT, 0], ['pairs', message([8, 0x80000001], 1, 1), REASON_COUNT, 0],
  // A list whose elements would begin beyond the end.
  ['two', message([16, 1, 20, 1], 7), REASON_COUNT, 8],
  // Gaps, and what comes after the end.
  ['two', message([16, 1, 20, 1, 0x0700, 0]), REASON_GAP, 17], ['two', message([16, 1, 20, 1, 0x01000000, 0]), REASON_GAP, 19],
  ['numbers', message([0, 0], 0), REASON_LENGTH, 8], ['numbers', message([8, 1, 0, 0], 0), REASON_LENGTH, 16],
  ['deep', message([8, 1, 16, 1, 0, 0], 0), REASON_LENGTH, 24],
  // Elements.
  ['truths', message([8, 6], 1, 1, 0, 1, 1, 2), REASON_BITS, 13], ['truths', message([8, 5], 0, 2, 0, 1, 1), REASON_BITS, 9],
  ['pairs', message([8, 2], 1, 1, 1, 2), REASON_BITS, 11], ['pairs', message([8, 3], 1, 1, 1, 0, 4, 1), REASON_BITS, 12],
  ['halves', message([8, 3], 1, 4, 5), REASON_CASE, 10],
  // The tail of a smaller case.
  ['uneven', [0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], REASON_BITS, 23],
  ['uneven', [0, 0, 0, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], REASON_BITS, 9],
  ['uneven', [2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], REASON_BITS, 8],
  ['uneven', [1, 0, 0, 9, 0, 0, 0, 0, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], REASON_BITS, 3],
  ['uneven', [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], REASON_CASE, 0],
])('a forbidden form: %s %j', (name, bytes, reason, byte) => expect(verdict(name, bytes)).toEqual([reason, byte]));

test('a message anywhere but at a multiple of 8 is refused', () => {
  for (let shift = 0; shift < 16; shift++) expect(verdict('truth', [1], shift)).toEqual(shift % 8 === 0 ? 'ok' : [REASON_MISALIGNED, 0]);
});

test('a program that was never checked is stopped by its steps, or called what it is', () => {
  const { words } = types.get('truth')!.program;
  const run = (change: (copy: Int32Array) => void): number => {
    const copy = words.slice();
    change(copy);
    const { status, reason } = validate(copy, Uint8Array.of(1));
    return status === STATUS_INVALID_MESSAGE ? reason : status;
  };
  expect(run(() => {})).toBe(STATUS_OK);
  expect(run((copy) => { copy[PROGRAM_HEADER_BYTES / 4] = 99; })).toBe(REASON_PROGRAM);
  expect(run((copy) => { copy[PROGRAM_STEPS_A / 4] = 1; })).toBe(REASON_STEPS);
  // A jump to itself.
  expect(run((copy) => { copy.set([15, PROGRAM_HEADER_BYTES], PROGRAM_HEADER_BYTES / 4); })).toBe(REASON_STEPS);
});

// ---- UTF-8.
const BYTES = new Uint8Array(memory);
const isText = (bytes: Uint8Array): boolean => isUtf8(bytes);
/** Compares at one start alignment, with text before and after that would complete a sequence cut off. */
const compare = (bytes: Uint8Array, start: number): void => {
  BYTES.fill(0x80, start, start + bytes.length + 8);
  BYTES.set(bytes, start);
  const accepted = textFault(start, start + bytes.length) === start + bytes.length;
  if (accepted !== isText(bytes)) throw new Error(`${[...bytes].map((b) => b.toString(16)).join(' ')} at ${start}`);
};

test('UTF-8: every sequence of one to three bytes that differs in kind, and every boundary of four', () => {
  const kinds = [
    0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1,
    0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xfe, 0xff,
  ];
  for (let a = 0; a < 256; a++) {
    compare(Uint8Array.of(a), 4096);
    for (let b = 0; b < 256; b++) {
      compare(Uint8Array.of(a, b), 4096 + (a & 3));
      for (const c of kinds) compare(Uint8Array.of(a, b, c), 4096 + (b & 3));
    }
  }
  for (const a of kinds) for (const b of kinds) for (const c of kinds) for (const d of kinds) compare(Uint8Array.of(a, b, c, d), 4096 + (c & 3));
});

test('UTF-8: a fault is found wherever it stands, and its place is told', () => {
  const text = 'plain text, täxt, текст, 文字, 😀😀, and plain again for some words'.repeat(3);
  const bytes = Buffer.from(text);
  for (let start = 4096; start < 4100; start++) {
    BYTES.set(bytes, start);
    expect(textFault(start, start + bytes.length)).toBe(start + bytes.length);
    for (let at = 0; at < bytes.length; at++) {
      const bad = Uint8Array.from(bytes);
      bad[at] = 0xff;
      BYTES.set(bad, start);
      const fault = textFault(start, start + bytes.length) - start;
      // The first byte of the character that is broken.
      expect(fault).toBeLessThanOrEqual(at);
      expect(isText(bad.subarray(0, fault))).toBe(true);
      expect(at - fault).toBeLessThan(4);
    }
  }
  const [cut, lone] = [Buffer.from('ab€').subarray(0, 4), Uint8Array.of(65, 0x80)];
  expect(verdict('text', message([8, cut.length], ...cut))).toEqual([REASON_TEXT, 10]);
  expect(verdict('text', message([8, 2], ...lone))).toEqual([REASON_TEXT, 9]);
});
