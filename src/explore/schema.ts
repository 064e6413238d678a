/**
 * The schema of explored queues that have one: eight bytes, and in the first word the bits of BAD_BITS are zero.
 *
 * Checked by: test/explore/kernel.test.ts (the kernel takes the program only if it is one).
 */
import { OP_END, OP_MASK32, PROGRAM_HEADER_BYTES, PROGRAM_MAGIC } from '../kernel/schema/program.ts';

export const MESSAGE_BYTES = 8;
export const BAD_BITS = 0x00ff0000;
export const SCHEMA_ID = 77;
const OPERATIONS = [OP_MASK32, BAD_BITS, OP_END];

export const SCHEMA_PROGRAM = [
  PROGRAM_MAGIC, (PROGRAM_HEADER_BYTES >> 2) + OPERATIONS.length, MESSAGE_BYTES, 4, 0, OPERATIONS.length, 0, MESSAGE_BYTES, MESSAGE_BYTES,
  SCHEMA_ID, 1, 0, ...OPERATIONS,
];
