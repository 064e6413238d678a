/**
 * Validation programs as restricted TypeScript: a queue is made with one (CONFIG_SCHEMA_PROGRAM).
 *
 * Made by `ruvix-queue wit` from messages.wit; changes are lost when it is made again.
 * Role: programs. Memory: writes where it is told. Fails: none.
 * Checked by: test/wit/generated.test.ts.
 */

import { wordsStore } from '../kernel/schema/words.ts';

/** ruvix:job/messages#work: its number, bytes of its program, and of its shortest message. */
export const WORK_SCHEMA = 1415152385;
export const WORK_PROGRAM_BYTES = 128;
export const WORK_BYTES_MIN = 16;
/** Writes the program to `at`. */
export const storeWorkProgram = (at: i32): i32 => {
  let to = at;
  to = wordsStore(to, '0154495700000020000000100000000400000000000000060000000000000010001000005459830164f946f1');
  to = wordsStore(to, '0000000000000000ffffff000000000d00000002000000480000006c00000c00ffffffff0000040700000004');
  to = wordsStore(to, '0004000000000003000000000000000f0000007c00000c00fffef80000000c04000000030000000a');
  return to;
};
