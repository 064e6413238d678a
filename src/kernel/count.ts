/**
 * Free-running 32-bit counters and powers of two.
 *
 * Role: the only arithmetic on ring positions. Units: positions count messages and wrap at 2^32; they are compared only
 *   through
 * their difference. Fails: none. Checked by: test/unit/count.test.ts.
 */

/** How far `later` is ahead of `earlier`, as an unsigned number below 2^32. */
export const countAhead = (later: i32, earlier: i32): u32 => (later - earlier) >>> 0;

/** Whether `value` is 1, 2, 4, ... 2^30. */
export const countIsPowerOfTwo = (value: i32): boolean => value > 0 && (value & (value - 1)) === 0;

/** `value` rounded up to a multiple of `unit`, a power of two; value + unit below 2^31. */
export const countRoundUp = (value: i32, unit: i32): i32 => (value + unit - 1) & (0 - unit);
