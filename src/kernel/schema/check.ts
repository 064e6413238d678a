/**
 * The registration checker: whether words from anywhere are a validation program that cannot harm whoever runs it.
 *
 * Role: whoever makes a queue with a schema, once, over the copy that the queue will use. Memory: reads the program; writes
 *   `marks`, which belongs to the caller: a word for each word of the program: the frame of the operation that begins there,
 *   or 0.
 * Invariants of an accepted program, which interpret.ts relies on: 1 every operation lies in its frame, aligned. 2 jumps and
 *   skips go forward, to an operation of the same frame. 3 every frame ends with its one END. 4 lists have elements of at
 *   least a byte, and products of size and count stay below 2^31. 5 the depth is as declared, or less. (Steps the interpreter
 *   counts.)
 * Units: words where the name says so, else bytes. Fails: BAD_SCHEMA; no effect but the marks.
 * Checked by: test/wit/check.test.ts.
 */
import { fillBytes, load32, store32 } from '#machine';
import { MESSAGE_BYTES_MAX } from '../layout.ts';
import { STATUS_BAD_SCHEMA, STATUS_OK } from '../status.ts';
import {
  OP_BELOW16, OP_BELOW8, OP_BLOCKS, OP_CHAR, OP_CHECKS, OP_END, OP_JUMP, OP_LIST, OP_LIST_MASK, OP_MASK16, OP_MASK32, OP_MASK8,
  OP_REPEAT, OP_SWITCH16, OP_SWITCH8, OP_TEXT, OP_ZERO, PROGRAM_BYTES_MAX, PROGRAM_BYTES_MIN, PROGRAM_DEPTH, PROGRAM_DEPTH_MAX,
  PROGRAM_HEADER_BYTES, PROGRAM_ID, PROGRAM_MAGIC, PROGRAM_MARK, PROGRAM_RESERVED, PROGRAM_ROOT_ALIGN, PROGRAM_ROOT_BYTES,
  PROGRAM_STEPS_A, PROGRAM_STEPS_A_MAX, PROGRAM_STEPS_B, PROGRAM_STEPS_B_MAX, PROGRAM_WORDS, PROGRAM_WORDS_MAX, ZERO_WORDS_MAX,
} from './program.ts';

/** What a frame's operations may touch, and where the frame around it goes on; kept behind the marks while they are inside. */
const CHECK_EXTENT = 0;
const CHECK_ALIGN = 4;
/** Where the program must go on after the frame's END: byte offset, 0 for wherever that is. */
const CHECK_SKIP = 8;
const CHECK_NUMBER = 12;
const CHECK_FRAME_BYTES = 16;

/** Bytes of `marks` for a program of `words` words. */
export const checkBytes = (words: i32): i32 => ((words << 2) + Math.imul(PROGRAM_DEPTH_MAX + 1, CHECK_FRAME_BYTES)) | 0;

const isBetween = (value: i32, least: i32, most: i32): boolean => value >= least && value <= most;

/** 1, 2, 4 or 8. */
const isAlign = (value: i32): boolean => isBetween(value, 1, 8) && (value & (value - 1)) === 0;

const headerHolds = (program: i32, words: i32): boolean => {
  if (!isBetween(words, (PROGRAM_HEADER_BYTES >> 2) + 1, PROGRAM_WORDS_MAX)) return false;
  const root = load32(program, PROGRAM_ROOT_BYTES);
  const align = load32(program, PROGRAM_ROOT_ALIGN);
  const longest = load32(program, PROGRAM_BYTES_MAX);
  if (load32(program, PROGRAM_MARK) !== PROGRAM_MAGIC || load32(program, PROGRAM_WORDS) !== words) return false;
  if (!isBetween(root, 1, MESSAGE_BYTES_MAX) || !isAlign(align) || (root & (align - 1)) !== 0) return false;
  if (load32(program, PROGRAM_BYTES_MIN) !== root || !isBetween(longest, root, MESSAGE_BYTES_MAX)) return false;
  if (!isBetween(load32(program, PROGRAM_DEPTH), 0, PROGRAM_DEPTH_MAX)) return false;
  if (!isBetween(load32(program, PROGRAM_STEPS_A), 1, PROGRAM_STEPS_A_MAX)) return false;
  if (!isBetween(load32(program, PROGRAM_STEPS_B), 0, PROGRAM_STEPS_B_MAX)) return false;
  return load32(program, PROGRAM_ID) > 0 && load32(program, PROGRAM_RESERVED) === 0;
};

/** Bytes an operation loads at its offset, and their alignment: bytes << 4 | align. */
const accessOf = (code: i32, operand: i32): i32 => {
  switch (code) {
    case OP_MASK8: case OP_BELOW8: case OP_SWITCH8: return 1 << 4 | 1;
    case OP_MASK16: case OP_BELOW16: case OP_SWITCH16: return 2 << 4 | 2;
    case OP_MASK32: case OP_CHAR: return 4 << 4 | 4;
    case OP_ZERO: return (operand << 2) << 4 | 4;
    case OP_END: case OP_JUMP: case OP_REPEAT: return 0 << 4 | 1;
    default: return 8 << 4 | 4;
  }
};

/** Words of the operation at `at`, or 0 if it is none or its operands cannot be. `left` words are there. */
const operationWords = (at: i32, left: i32): i32 => {
  const code = load32(at, 0) & 255;
  const first = left > 1 ? load32(at, 4) : 0;
  let words = 0;
  if (code === OP_END) words = 1;
  else if (code < OP_CHECKS || code === OP_JUMP) words = 2;
  else if (code === OP_REPEAT) words = 3;
  else if (code < OP_BLOCKS || code === OP_LIST) words = 5;
  else if (code === OP_SWITCH8 || code === OP_SWITCH16) words = isBetween(first, 1, PROGRAM_WORDS_MAX) ? (2 + first) | 0 : 0;
  if (words > left) return 0;
  if (code === OP_ZERO && !isBetween(first, 1, ZERO_WORDS_MAX)) return 0;
  if ((code === OP_BELOW8 || code === OP_BELOW16) && first < 1) return 0;
  return words;
};

/** Whether the operands of a list can be: size, most, align - 1. */
const listHolds = (at: i32, code: i32): boolean => {
  const size = load32(at, 4);
  const align = (load32(at, 12) + 1) | 0;
  if (!isBetween(size, 1, MESSAGE_BYTES_MAX) || !isAlign(align) || (size & (align - 1)) !== 0) return false;
  if (!isBetween(load32(at, 8), 1, (MESSAGE_BYTES_MAX / size) | 0)) return false;
  if (code === OP_TEXT) return size === 1;
  return code !== OP_LIST_MASK || (size === align && size <= 4);
};

/** The largest power of two, up to `align`, that divides `value`. */
const alignWithin = (value: i32, align: i32): i32 => {
  let found = align;
  while ((value & (found - 1)) !== 0) found >>= 1;
  return found;
};

/** Enters the body of a list or repetition at `at`: fills `frame`, whose surrounding one is `outer`. False: it cannot be. */
const frameEnter = (frame: i32, outer: i32, program: i32, at: i32): boolean => {
  const code = load32(at, 0) & 255;
  const offset = load32(at, 0) >>> 8;
  const number = ((at - program) | 0) >> 2;
  let extent = load32(at, 4);
  let align = (code === OP_LIST ? load32(at, 12) + 1 : 1) | 0;
  if (code === OP_REPEAT) {
    extent = load32(at, 8);
    const count = load32(at, 4);
    if (!isBetween(extent, 1, MESSAGE_BYTES_MAX) || !isBetween(count, 1, (MESSAGE_BYTES_MAX / extent) | 0)) return false;
    if (Math.imul(count, extent) > ((load32(outer, CHECK_EXTENT) - offset) | 0)) return false;
    align = alignWithin(offset | extent, load32(outer, CHECK_ALIGN));
  }
  store32(frame, CHECK_EXTENT, extent);
  store32(frame, CHECK_ALIGN, align);
  store32(frame, CHECK_SKIP, code === OP_LIST ? load32(at, 16) : 0);
  store32(frame, CHECK_NUMBER, number);
  return true;
};

/** First pass: every operation by itself, and in its frame. Leaves the marks. */
const operationsHold = (program: i32, words: i32, marks: i32): boolean => {
  const frames = (marks + (words << 2)) | 0;
  const most = Math.imul(load32(program, PROGRAM_DEPTH), CHECK_FRAME_BYTES);
  let frame = frames;
  store32(frame, CHECK_EXTENT, load32(program, PROGRAM_ROOT_BYTES));
  store32(frame, CHECK_ALIGN, load32(program, PROGRAM_ROOT_ALIGN));
  store32(frame, CHECK_NUMBER, 1);
  let word = PROGRAM_HEADER_BYTES >> 2;
  while (word < words) {
    const at = (program + (word << 2)) | 0;
    const length = operationWords(at, (words - word) | 0);
    if (length === 0) return false;
    const code = load32(at, 0) & 255;
    const offset = load32(at, 0) >>> 8;
    const access = accessOf(code, length > 1 ? load32(at, 4) : 0);
    const align = access & 15;
    if (align > load32(frame, CHECK_ALIGN) || (offset & (align - 1)) !== 0) return false;
    if ((offset + (access >> 4) | 0) > load32(frame, CHECK_EXTENT)) return false;
    store32(marks, word << 2, load32(frame, CHECK_NUMBER));
    word = (word + length) | 0;
    if (code >= OP_CHECKS && code <= OP_LIST && code !== OP_END && !listHolds(at, code)) return false;
    if (code === OP_LIST || code === OP_REPEAT) {
      const inner = (frame + CHECK_FRAME_BYTES) | 0;
      if (((inner - frames) | 0) > most || !frameEnter(inner, frame, program, at)) return false;
      frame = inner;
    } else if (code === OP_END) {
      if (frame === frames) return word === words;
      const skip = load32(frame, CHECK_SKIP);
      if (skip !== 0 && skip !== word << 2) return false;
      frame = (frame - CHECK_FRAME_BYTES) | 0;
    }
  }
  return false;
};

/** Whether byte offset `target` is an operation after `word`, of the frame marked there. */
const targetHolds = (target: i32, word: i32, words: i32, marks: i32): boolean => {
  if ((target & 3) !== 0 || !isBetween(target, (word << 2) + 4 | 0, (words << 2) - 4 | 0)) return false;
  return load32(marks, target) === load32(marks, word << 2);
};

/** Second pass, with the marks of the first: every jump. */
const jumpsHold = (program: i32, words: i32, marks: i32): boolean => {
  for (let word = PROGRAM_HEADER_BYTES >> 2; word < words; word++) {
    if (load32(marks, word << 2) !== 0) {
      const at = (program + (word << 2)) | 0;
      const code = load32(at, 0) & 255;
      if (code === OP_JUMP && !targetHolds(load32(at, 4), word, words, marks)) return false;
      if (code === OP_SWITCH8 || code === OP_SWITCH16) {
        const count = load32(at, 4);
        for (let k = 0; k < count; k++) if (!targetHolds(load32(at, (8 + (k << 2)) | 0), word, words, marks)) return false;
      }
    }
  }
  return true;
};

/** STATUS_OK if the `words` words at `program` are a safe program, else STATUS_BAD_SCHEMA. `marks`: checkBytes of memory. */
export const schemaCheck = (program: i32, words: i32, marks: i32): i32 => {
  if (!headerHolds(program, words)) return STATUS_BAD_SCHEMA;
  fillBytes(marks, checkBytes(words), 0);
  if (!operationsHold(program, words, marks)) return STATUS_BAD_SCHEMA;
  return jumpsHold(program, words, marks) ? STATUS_OK : STATUS_BAD_SCHEMA;
};
