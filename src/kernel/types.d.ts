/**
 * Names of the machine's number kinds, ambient in all restricted TypeScript. Under Node they are plain numbers; the
 *   lowering
 * (src/lower) gives each its exact C type and rejects code in which the two could differ.
 */

/** A signed 32-bit integer. Produced by `| 0`, `& | ^ ~ << >>`, `Math.imul` and every machine operation. */
type i32 = number;
/** An unsigned 32-bit integer, produced by `>>> n`. Compare unsigned by `(a >>> 0) < (b >>> 0)`. */
type u32 = number;
/** A double. Only in functions whose doc comment carries `@float`; kernel functions never do. */
type f64 = number;
/** A 64-bit integer: opaque, made and taken apart by machine operations only. */
type i64 = bigint;
/** A constant string: only literals, only as an argument; read by `textByte`. */
type text = string;
