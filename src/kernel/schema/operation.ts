/**
 * The single operations of a validation program, and how a refusal is written down.
 *
 * Role: called by interpret.ts, which has the loop; schemaFits and isScalar by generated validators too.
 * Memory: reads program and message; writes reason, word and byte to the scratch.
 * Invariant: reads only what the operation names. Units: bytes, addresses. Fails: INVALID_MESSAGE, REFUSED.
 * Checked by: test/wit/hostile.test.ts.
 */
import { load16, load32, load8, store32 } from '#machine';
import { STATUS_INVALID_MESSAGE, STATUS_OK } from '../status.ts';
import { blockByteOf, blockMasked, blockRefuse, blockText } from './block.ts';
import {
  OP_BELOW16, OP_BELOW8, OP_CHAR, OP_MASK16, OP_MASK32, OP_MASK8, OP_TEXT, OP_ZERO, PROGRAM_BYTES_MAX,
  PROGRAM_BYTES_MIN, PROGRAM_ROOT_BYTES, PROGRAM_STEPS_A, PROGRAM_STEPS_B, PROGRAM_STEPS_SHIFT, REASON_BITS, REASON_CASE,
  REASON_CHAR, REASON_MISALIGNED, REASON_TOO_LONG, REASON_TOO_SHORT, SCRATCH_BYTE, SCRATCH_REASON, SCRATCH_WORD,
} from './program.ts';

/** Steps that a message of `bytes` bytes may take; its length has been checked. */
export const schemaSteps = (program: i32, bytes: i32): i32 => {
  const more = Math.imul(load32(program, PROGRAM_STEPS_B), (bytes - load32(program, PROGRAM_ROOT_BYTES)) | 0);
  return (load32(program, PROGRAM_STEPS_A) + ((more + 63) >> PROGRAM_STEPS_SHIFT)) | 0;
};

/**
 * Refused by the operation at `pc`; the scratch has the address.
 * @cold
 */
export const schemaRefused = (scratch: i32, program: i32, pc: i32, at: i32): i32 => {
  store32(scratch, SCRATCH_WORD, ((pc - program) | 0) >> 2);
  store32(scratch, SCRATCH_BYTE, (load32(scratch, SCRATCH_BYTE) - at) | 0);
  return STATUS_INVALID_MESSAGE;
};

/**
 * Refused by the operation at `pc`, because of what lies at `address`.
 * @cold
 */
export const schemaRefuse = (scratch: i32, program: i32, pc: i32, at: i32, reason: i32, address: i32): i32 => {
  blockRefuse(scratch, reason, address);
  return schemaRefused(scratch, program, pc, at);
};

/**
 * Address and length, before anything is read: a status.
 * @inline
 */
export const schemaFits = (program: i32, at: i32, bytes: i32, scratch: i32): i32 => {
  let reason = REASON_MISALIGNED;
  if ((at & 7) === 0) {
    if (bytes < load32(program, PROGRAM_BYTES_MIN)) reason = REASON_TOO_SHORT;
    else if (bytes > load32(program, PROGRAM_BYTES_MAX)) reason = REASON_TOO_LONG;
    else return STATUS_OK;
  }
  store32(scratch, SCRATCH_REASON, reason);
  store32(scratch, SCRATCH_WORD, 0);
  store32(scratch, SCRATCH_BYTE, reason === REASON_MISALIGNED ? 0 : bytes);
  return STATUS_INVALID_MESSAGE;
};

/** Whether `count` words at `p` are zero: the address of the first byte that is not, or 0. */
const zeroFault = (p: i32, count: i32): i32 => {
  for (let i = 0; i < count; i++) {
    const bad = load32(p, i << 2);
    if (bad !== 0) return (p + (i << 2) + blockByteOf(bad)) | 0;
  }
  return 0;
};

/** Whether `value` is a Unicode scalar value. */
export const isScalar = (value: i32): boolean =>
  (value >>> 0) < 0xd800 || ((value - 0xe000) >>> 0) < 0x102000;

/**
 * One check operation on what lies at `a`: whether it holds.
 * @inline
 */
export const schemaHolds = (code: i32, a: i32, operand: i32): boolean => {
  switch (code) {
    case OP_MASK32: return (load32(a, 0) & operand) === 0;
    case OP_MASK16: return (load16(a, 0) & operand) === 0;
    case OP_MASK8: return (load8(a, 0) & operand) === 0;
    case OP_ZERO: return zeroFault(a, operand) === 0;
    case OP_BELOW8: return load8(a, 0) < operand;
    case OP_BELOW16: return load16(a, 0) < operand;
    default: return isScalar(load32(a, 0));
  }
};

/**
 * The check at `pc` does not hold: finds reason and byte.
 * @cold
 */
export const schemaRefuseCheck = (scratch: i32, program: i32, pc: i32, at: i32, a: i32): i32 => {
  const code = load32(pc, 0) & 255;
  const mask = load32(pc, 4);
  switch (code) {
    case OP_MASK32: return schemaRefuse(scratch, program, pc, at, REASON_BITS, (a + blockByteOf(load32(a, 0) & mask)) | 0);
    case OP_MASK16: return schemaRefuse(scratch, program, pc, at, REASON_BITS, (a + blockByteOf(load16(a, 0) & mask)) | 0);
    case OP_MASK8: return schemaRefuse(scratch, program, pc, at, REASON_BITS, a);
    case OP_ZERO: return schemaRefuse(scratch, program, pc, at, REASON_BITS, zeroFault(a, mask));
    case OP_CHAR: return schemaRefuse(scratch, program, pc, at, REASON_CHAR, a);
    default: return schemaRefuse(scratch, program, pc, at, REASON_CASE, a);
  }
};

/** Bytes of an operation with a block. */
export const BLOCK_OPERATION_BYTES = 20;

/** A string, or a list whose words are masked: its end, or REFUSED. */
export const schemaBlock = (code: i32, scratch: i32, at: i32, a: i32, pc: i32, cursor: i32, limit: i32): i32 => {
  if (code === OP_TEXT) return blockText(scratch, at, a, cursor, limit);
  return blockMasked(scratch, at, a, cursor, limit, load32(pc, 4), load32(pc, 8), load32(pc, 12), load32(pc, 16));
};

/** What such an operation takes beyond its one step. */
export const schemaBlockSteps = (code: i32, bytes: i32): i32 => (code === OP_TEXT ? bytes >> 1 : (bytes + 3) >> 2);
