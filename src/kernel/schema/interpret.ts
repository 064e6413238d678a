/**
 * The validator: runs a validation program over a message. Bounded, without recursion, without a heap.
 *
 * Role: the sending context, over the copy in its slot, before it is published; any receiver. Memory: reads program and message;
 *   writes the scratch, which belongs to the caller alone.
 * Invariants, for a program that check.ts accepts: 1 every byte read lies in the message, and every access is aligned. 2 frames
 *   never exceed the depth the program declares. 3 steps never exceed the program's bound. 4 a message is accepted exactly if it
 *   is the one encoding of a value of the type (docs/typed-queues.md).
 * Units: bytes, addresses. Fails: INVALID_MESSAGE, with reason, word of the program and byte of the message in the scratch; no
 *   other effect. Elsewhere: operations: operation.ts; strings and lists: block.ts, text.ts; programs: program.ts.
 * Checked by: test/wit/vectors.test.ts, test/wit/hostile.test.ts, test/wit/native.test.ts, test/wit/check.test.ts.
 */
import { load16, load32, load8, store32 } from '#machine';
import { STATUS_INVALID_MESSAGE, STATUS_OK } from '../status.ts';
import { blockAny, blockBegin } from './block.ts';
import {
  BLOCK_OPERATION_BYTES, schemaBlock, schemaBlockSteps, schemaFits, schemaHolds, schemaRefuse, schemaRefuseCheck,
  schemaRefused, schemaSteps,
} from './operation.ts';
import {
  FRAME_BASE, FRAME_BODY, FRAME_BYTES, FRAME_ELEMENT_BYTES, FRAME_LEFT, OP_BLOCKS, OP_CHECKS, OP_END, OP_JUMP, OP_LIST,
  OP_LIST_ANY, OP_REPEAT, OP_SWITCH16, OP_SWITCH8, PROGRAM_HEADER_BYTES, PROGRAM_ROOT_BYTES, REASON_CASE, REASON_LENGTH,
  REASON_PROGRAM, REASON_STEPS, SCRATCH_FRAMES,
} from './program.ts';

/** Fills a frame. Returns its address. */
const frameFill = (frame: i32, count: i32, size: i32, body: i32, base: i32): i32 => {
  store32(frame, FRAME_LEFT, count);
  store32(frame, FRAME_ELEMENT_BYTES, size);
  store32(frame, FRAME_BODY, body);
  store32(frame, FRAME_BASE, base);
  return frame;
};

/** Whether the `bytes` bytes at `at` are one value of the program's type: STATUS_OK, or STATUS_INVALID_MESSAGE. */
export const schemaValidate = (program: i32, at: i32, bytes: i32, scratch: i32): i32 => {
  if (schemaFits(program, at, bytes, scratch) < 0) return STATUS_INVALID_MESSAGE;
  const limit = (at + bytes) | 0;
  const bottom = (scratch + SCRATCH_FRAMES - FRAME_BYTES) | 0;
  let steps = schemaSteps(program, bytes);
  let cursor = (at + load32(program, PROGRAM_ROOT_BYTES)) | 0;
  let base = at;
  let frame = bottom;
  let pc = (program + PROGRAM_HEADER_BYTES) | 0;
  for (; steps > 0; steps = (steps - 1) | 0) {
    const code = load32(pc, 0) & 255;
    const a = (base + (load32(pc, 0) >>> 8)) | 0;
    if (code < OP_CHECKS) {
      if (!schemaHolds(code, a, load32(pc, 4))) return schemaRefuseCheck(scratch, program, pc, at, a);
      pc = (pc + 8) | 0;
      continue;
    }
    if (code < OP_BLOCKS) {
      let end = 0;
      if (code === OP_LIST_ANY) end = blockAny(scratch, at, a, cursor, limit, load32(pc, 4), load32(pc, 8), load32(pc, 12));
      else end = schemaBlock(code, scratch, at, a, pc, cursor, limit);
      if (end < 0) return schemaRefused(scratch, program, pc, at);
      if (code !== OP_LIST_ANY) steps = (steps - schemaBlockSteps(code, (end - cursor) | 0)) | 0;
      cursor = end;
      pc = (pc + BLOCK_OPERATION_BYTES) | 0;
      continue;
    }
    switch (code) {
      case OP_END: {
        if (frame === bottom) {
          return cursor === limit ? STATUS_OK : schemaRefuse(scratch, program, pc, at, REASON_LENGTH, cursor);
        }
        const left = (load32(frame, FRAME_LEFT) - 1) | 0;
        store32(frame, FRAME_LEFT, left);
        pc = left !== 0 ? load32(frame, FRAME_BODY) : (pc + 4) | 0;
        base = left !== 0 ? (base + load32(frame, FRAME_ELEMENT_BYTES)) | 0 : load32(frame, FRAME_BASE);
        frame = left !== 0 ? frame : (frame - FRAME_BYTES) | 0;
        break;
      }
      case OP_LIST: {
        const count = load32(a, 4);
        const size = load32(pc, 4);
        const start = blockBegin(scratch, at, a, load32(a, 0), count, cursor, limit, size, load32(pc, 8), load32(pc, 12));
        if (start < 0) return schemaRefused(scratch, program, pc, at);
        if (count === 0) { pc = (program + load32(pc, 16)) | 0; break; }
        cursor = (start + Math.imul(count, size)) | 0;
        frame = frameFill((frame + FRAME_BYTES) | 0, count, size, (pc + 20) | 0, base);
        base = start;
        pc = (pc + 20) | 0;
        break;
      }
      case OP_REPEAT:
        frame = frameFill((frame + FRAME_BYTES) | 0, load32(pc, 4), load32(pc, 8), (pc + 12) | 0, base);
        base = a;
        pc = (pc + 12) | 0;
        break;
      case OP_SWITCH8: case OP_SWITCH16: {
        const index = code === OP_SWITCH8 ? load8(a, 0) : load16(a, 0);
        if (index >= load32(pc, 4)) return schemaRefuse(scratch, program, pc, at, REASON_CASE, a);
        pc = (program + load32(pc, (8 + (index << 2)) | 0)) | 0;
        break;
      }
      case OP_JUMP: pc = (program + load32(pc, 4)) | 0; break;
      default: return schemaRefuse(scratch, program, pc, at, REASON_PROGRAM, a);
    }
  }
  return schemaRefuse(scratch, program, pc, at, REASON_STEPS, cursor);
};
