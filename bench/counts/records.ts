/**
 * Validation programs as restricted TypeScript: a queue is made with one (CONFIG_SCHEMA_PROGRAM).
 *
 * Made by `ruvix-queue wit` from records.wit; changes are lost when it is made again.
 * Role: programs. Memory: writes where it is told. Fails: none.
 * Checked by: test/wit/generated.test.ts.
 */

import { wordsStore } from '../../src/kernel/schema/words.ts';

/** bench:counts/records#reading: its number, bytes of its program, and of its shortest message. */
export const READING_SCHEMA = 1066062805;
export const READING_PROGRAM_BYTES = 68;
export const READING_BYTES_MIN = 64;
/** Writes the program to `at`. */
export const storeReadingProgram = (at: i32): i32 => {
  let to = at;
  to = wordsStore(to, '0154495700000011000000400000000800000000000000030000000000000040000000403f8ad3d5adabd057');
  to = wordsStore(to, '0000000000003c00fe00fe0000003e04000000050000000a');
  return to;
};

/** bench:counts/records#embedding: its number, bytes of its program, and of its shortest message. */
export const EMBEDDING_SCHEMA = 890361454;
export const EMBEDDING_PROGRAM_BYTES = 72;
export const EMBEDDING_BYTES_MIN = 8;
/** Writes the program to `at`. */
export const storeEmbeddingProgram = (at: i32): i32 => {
  let to = at;
  to = wordsStore(to, '0154495700000012000000080000000400000000000000020000000000000008001000003511d66efa577df0');
  to = wordsStore(to, '0000000000000007000000040004000000000003000000000000000a');
  return to;
};
