/**
 * Tags: the user data of a submitted message, as one number.
 *
 * Role: all of the library. Checked by: test/lib/completion.test.ts.
 */
const TWO_32 = 0x100000000;

/** A tag is a whole number up to this. */
export const TAG_MAX = Number.MAX_SAFE_INTEGER;
export const tagLow = (tag: number): number => tag | 0;
export const tagHigh = (tag: number): number => Math.floor(tag / TWO_32) | 0;
export const tagOf = (low: number, high: number): number => (high >>> 0) * TWO_32 + (low >>> 0);
