/**
 * Validators of the schemas that are known when the image is built.
 *
 * Made by `ruvix-queue wit` from records.wit; changes are lost when it is made again.
 * Role: the senders of a queue with such a schema. Memory: reads the message.
 * Fails: none: 1 if the bytes are a message of the schema, else 0.
 * Checked by: test/wit/generated.test.ts.
 */

import { load32, load8 } from '#machine';
import { blockNext } from '../../src/kernel/schema/block.ts';

/** bench:counts/records#reading */
export const isReadingMessage = (at: i32, bytes: i32, _scratch: i32): i32 => {
  if ((at & 7) !== 0 || bytes !== 64) return 0;
  if ((load32(at, 60) & -33489408) !== 0) return 0;
  if (load8(at, 62) >= 5) return 0;
  return 1;
};

/** bench:counts/records#embedding */
export const isEmbeddingMessage = (at: i32, bytes: i32, scratch: i32): i32 => {
  if ((at & 7) !== 0 || bytes < 8 || bytes > 1048576) return 0;
  const limit = (at + bytes) | 0;
  const cursor = (at + 8) | 0;
  return blockNext(at, at, cursor, limit, 4, 262144) === limit ? 1 : 0;
};

/** The number of the validator for this identity, or 0 if there is none here. */
export const builtNumber = (id: i32, more: i32): i32 => {
  if (id === 1066062805 && more === -1381248937) return 1;
  if (id === 890361454 && more === -94929424) return 2;
  return 0;
};

/** Whether the bytes are a message, says validator `number`. */
export const builtAccepts = (number: i32, at: i32, bytes: i32, scratch: i32): i32 => {
  switch (number) {
    case 1: return isReadingMessage(at, bytes, scratch);
    case 2: return isEmbeddingMessage(at, bytes, scratch);
    default: return 0;
  }
};
