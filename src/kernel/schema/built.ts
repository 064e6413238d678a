/**
 * Validators of the schemas that are known when the image is built.
 *
 * Made by `ruvix-queue wit` from messages.wit; changes are lost when it is made again.
 * Role: the senders of a queue with such a schema. Memory: reads the message.
 * Fails: none: 1 if the bytes are a message of the schema, else 0.
 * Checked by: test/wit/generated.test.ts.
 */

import { load32, load8 } from '#machine';
import { blockNext } from './block.ts';

/** ruvix:job/messages#work */
export const isWorkMessage = (at: i32, bytes: i32, scratch: i32): i32 => {
  if ((at & 7) !== 0 || bytes < 16 || bytes > 1048576) return 0;
  const limit = (at + bytes) | 0;
  let cursor = (at + 16) | 0;
  if ((load32(at, 0) & -256) !== 0) return 0;
  switch (load8(at, 0)) {
    case 0: {
      if ((load32(at, 12)) !== 0) return 0;
      cursor = blockNext(at, (at + 4) | 0, cursor, limit, 4, 262144);
      if (cursor < 0) return 0;
      break;
    }
    case 1: {
      if ((load32(at, 12) & -67584) !== 0) return 0;
      if (load8(at, 12) >= 3) return 0;
      break;
    }
    default: return 0;
  }
  return cursor === limit ? 1 : 0;
};

/** The number of the validator for this identity, or 0 if there is none here. */
export const builtNumber = (id: i32, more: i32): i32 => {
  if (id === 1415152385 && more === 1694058225) return 1;
  return 0;
};

/** Whether the bytes are a message, says validator `number`. */
export const builtAccepts = (number: i32, at: i32, bytes: i32, scratch: i32): i32 => {
  switch (number) {
    case 1: return isWorkMessage(at, bytes, scratch);
    default: return 0;
  }
};
