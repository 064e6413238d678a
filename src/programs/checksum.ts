/**
 * Checksums: FNV-1a (Fowler, Noll, Vo; draft-eastlake-fnv), 32 bits, over bytes, and the same over words for vectors.
 *
 * Role: classifiers over what they read, the report over what they should have read, and over the answers. Memory: reads only.
 * Invariant: each step is one-to-one, so two vectors that differ in one word never have the same checksum.
 * Units: none. Fails: never. Checked by: test/programs/acceptance.test.ts, test/programs/run.test.ts.
 */
import { load32 } from '#machine';

export const CHECKSUM_START = 0x811c9dc5 | 0;
const CHECKSUM_PRIME = 0x01000193;

/** Takes a byte, or a word. */
export const checksumNext = (checksum: i32, value: i32): i32 => Math.imul(checksum ^ value, CHECKSUM_PRIME);

/** Of vector number `index`, whose `count` values lie at `values`. */
export const checksumVector = (values: i32, count: i32, index: i32): i32 => {
  let checksum = checksumNext(CHECKSUM_START, index);
  for (let i = 0; i < count; i++) checksum = checksumNext(checksum, load32(values, i << 2));
  return checksum;
};
