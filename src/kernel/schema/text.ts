/**
 * Strings of a message: UTF-8, and nothing else.
 *
 * Role: called by interpret.ts and by generated validators, one context at a time. Memory: reads the message.
 * Invariant: every byte read lies in the range given. Well-formed is what Unicode 15, table 3-7, lists: shortest forms, no
 *   surrogates, nothing above 10FFFF. Units: bytes. Fails: none; the result says where.
 * Checked by: test/wit/hostile.test.ts.
 */
import { load32, load8 } from '#machine';

const HIGH_BITS = 0x80808080 | 0;

/** Whether byte `i` of a character at `p` is one of 0x80 to 0xbf. */
const isContinuation = (p: i32, i: i32): boolean => (load8(p, i) & 0xc0) === 0x80;

/** Bytes of the well-formed character at `p`, of which `left` bytes are there; 0 if there is none. The first is not ASCII. */
const textCharacterBytes = (p: i32, left: i32): i32 => {
  const first = load8(p, 0);
  if (first < 0xc2 || first > 0xf4 || left < 2 || !isContinuation(p, 1)) return 0;
  if (first < 0xe0) return 2;
  if (left < 3 || !isContinuation(p, 2)) return 0;
  const second = load8(p, 1);
  if (first < 0xf0) {
    if (first === 0xe0 && second < 0xa0) return 0;
    return first === 0xed && second > 0x9f ? 0 : 3;
  }
  if (left < 4 || !isContinuation(p, 3)) return 0;
  if (first === 0xf0 && second < 0x90) return 0;
  return first === 0xf4 && second > 0x8f ? 0 : 4;
};

/** The address of the first byte of what is not UTF-8 from `start` to `end`, or `end`. */
export const textFault = (start: i32, end: i32): i32 => {
  let p = start;
  while (p < end) {
    // Four at once where four are left: most text is ASCII.
    if ((p & 3) === 0 && (end - p | 0) >= 4 && (load32(p, 0) & HIGH_BITS) === 0) {
      p = (p + 4) | 0;
    } else if (load8(p, 0) < 0x80) {
      p = (p + 1) | 0;
    } else {
      const bytes = textCharacterBytes(p, (end - p) | 0);
      if (bytes === 0) return p;
      p = (p + bytes) | 0;
    }
  }
  return end;
};
