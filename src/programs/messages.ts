/**
 * Validation programs as restricted TypeScript: a queue is made with one (CONFIG_SCHEMA_PROGRAM).
 *
 * Made by `ruvix-queue wit` from messages.wit; changes are lost when it is made again.
 * Role: programs. Memory: writes where it is told. Fails: none.
 * Checked by: test/wit/generated.test.ts.
 */

import { wordsStore } from '../kernel/schema/words.ts';

/** ruvix:job/messages#sample: its number, bytes of its program, and of its shortest message. */
export const SAMPLE_SCHEMA = 801734162;
export const SAMPLE_PROGRAM_BYTES = 72;
export const SAMPLE_BYTES_MIN = 8;
/** Writes the program to `at`. */
export const storeSampleProgram = (at: i32): i32 => {
  let to = at;
  to = wordsStore(to, '0154495700000012000000080000000400000000000000020000000000000008001000002fc97e1257df57b6');
  to = wordsStore(to, '0000000000000007000000040004000000000003000000000000000a');
  return to;
};

/** ruvix:job/messages#alert: its number, bytes of its program, and of its shortest message. */
export const ALERT_SCHEMA = 1438219637;
export const ALERT_PROGRAM_BYTES = 68;
export const ALERT_BYTES_MIN = 12;
/** Writes the program to `at`. */
export const storeAlertProgram = (at: i32): i32 => {
  let to = at;
  to = wordsStore(to, '01544957000000110000000c000000040000000000000003000000000000000c0000000c55b97d7575c63bde');
  to = wordsStore(to, '0000000000000800fffef80000000804000000030000000a');
  return to;
};
