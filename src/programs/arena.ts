/**
 * Handing out the memory behind the job block, line by line.
 *
 * Role: setup, before any role runs. Memory: JOB_ARENA_NEXT, JOB_ARENA_END. Units: bytes.
 * Fails: one printed line and EXIT_REFUSED if there is not so much left. Checked by: test/programs/roles.test.ts.
 */
import { load32, store32 } from '#machine';
import { LINE_BYTES } from '../kernel/layout.ts';
import { refuseInput } from './fvecs.ts';
import { EXIT_OK, JOB_ARENA_END, JOB_ARENA_NEXT } from './job.ts';

export const roundUpToLine = (value: i32): i32 => (value + LINE_BYTES - 1) & (0 - LINE_BYTES);

/** The largest number of bytes there can be: what is more than any memory. */
const BYTES_MAX = 0x7fffffff;

/** `count` times `bytes`, or more than any memory if that is more. */
export const arenaTimes = (count: i32, bytes: i32): i32 =>
  (count > ((BYTES_MAX / bytes) | 0) ? BYTES_MAX : Math.imul(count, bytes));

/** Takes line-aligned memory and stores its address in a word of the job. EXIT_OK, or refuses an input that needs more. */
export const arenaTable = (job: i32, word: i32, bytes: i32): i32 => {
  const at = load32(job, JOB_ARENA_NEXT);
  const left = (load32(job, JOB_ARENA_END) - at - LINE_BYTES) | 0;
  const missing = left < 0 ? bytes : (bytes - left) | 0;
  if (missing > 0) {
    return refuseInput(job, 'beside the input the job needs ', missing, ' bytes more memory than there is (MEMORY=)');
  }
  store32(job, JOB_ARENA_NEXT, roundUpToLine((at + bytes) | 0));
  store32(job, word, at);
  return EXIT_OK;
};
