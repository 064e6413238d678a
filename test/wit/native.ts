/**
 * The validator and straight-line validators over messages that lie in memory: the same restricted source under Node and natively.
 *
 * Memory: a case table at `cases`: count, then 4 words a case: address offsets (from the table) of program and message, bytes of the
 *   message, number of its straight-line validator. A line a case group is printed: a hash of all that was answered.
 * Checked by: test/wit/native.test.ts.
 */
import { consoleByte, load32 } from '#machine';
import { schemaValidate } from '../../src/kernel/schema/interpret.ts';
import { SCRATCH_BYTE, SCRATCH_REASON, SCRATCH_WORD } from '../../src/kernel/schema/program.ts';

const FNV_PRIME = 16777619;

const mix = (hash: i32, value: i32): i32 => Math.imul(hash ^ value, FNV_PRIME);

/** `hash` with the interpreter's whole answer. */
export const nativeInterpret = (hash: i32, program: i32, at: i32, bytes: i32, scratch: i32): i32 => {
  const status = schemaValidate(program, at, bytes, scratch);
  if (status === 0) return mix(hash, 0);
  const told = mix(mix(hash, load32(scratch, SCRATCH_REASON)), load32(scratch, SCRATCH_WORD));
  return mix(mix(told, load32(scratch, SCRATCH_BYTE)), status);
};

/** Prints a word in hexadecimal, and a line's end. */
export const nativePrint = (value: i32): void => {
  for (let k = 0; k < 8; k++) {
    const digit = value >>> (28 - (k << 2)) & 15;
    consoleByte(digit < 10 ? (48 + digit) | 0 : (87 + digit) | 0);
  }
  consoleByte(10);
};
