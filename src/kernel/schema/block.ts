/**
 * The blocks of a message: strings and lists, each of which begins where the one before it ended.
 *
 * Role: called by interpret.ts and by generated validators. Memory: reads the message; writes reason and place to the scratch.
 * Invariants: 1 a block is read only after it is known to lie in the message. 2 offset and count are read once, by the caller:
 *   what was checked is what is used. 3 no product or sum is formed of numbers that were not compared first.
 * Units: bytes, addresses. Fails: REFUSED, with reason and address in the scratch; the message is untouched.
 * Checked by: test/wit/hostile.test.ts.
 */
import { load32, load8, store32 } from '#machine';
import {
  REASON_BITS, REASON_COUNT, REASON_EMPTY, REASON_GAP, REASON_OFFSET, REASON_TEXT, SCRATCH_BYTE, SCRATCH_REASON,
} from './program.ts';
import { textFault } from './text.ts';

export const REFUSED = -1;

/**
 * Notes why, and the address at which.
 * @cold
 */
export const blockRefuse = (scratch: i32, reason: i32, address: i32): i32 => {
  store32(scratch, SCRATCH_REASON, reason);
  store32(scratch, SCRATCH_BYTE, address);
  return REFUSED;
};

/**
 * Bytes that were skipped for alignment.
 * @cold
 */
const blockGap = (scratch: i32, from: i32, to: i32): i32 => {
  for (let p = from; p < to; p++) {
    if (load8(p, 0) !== 0) return blockRefuse(scratch, REASON_GAP, p);
  }
  return to;
};

/**
 * The address of the elements of a list whose pair (offset, count) lies at `pair`; `cursor` itself if it is empty. `cursor` is
 * where the block before ended, `most` what makes `count * size` safe.
 * @inline
 */
export const blockBegin = (
  scratch: i32, at: i32, pair: i32, offset: i32, count: i32, cursor: i32, limit: i32, size: i32, most: i32, align: i32,
): i32 => {
  if (count === 0) return offset === 0 ? cursor : blockRefuse(scratch, REASON_EMPTY, pair);
  const start = (cursor + align) & ~align;
  if (offset !== ((start - at) | 0)) return blockRefuse(scratch, REASON_OFFSET, pair);
  if ((count >>> 0) > (most >>> 0)) return blockRefuse(scratch, REASON_COUNT, pair);
  if (Math.imul(count, size) > ((limit - start) | 0)) return blockRefuse(scratch, REASON_COUNT, pair);
  return start === cursor ? start : blockGap(scratch, cursor, start);
};

/**
 * The end of a list whose elements may be anything.
 * @inline
 */
export const blockAny = (
  scratch: i32, at: i32, pair: i32, cursor: i32, limit: i32, size: i32, most: i32, align: i32,
): i32 => {
  const count = load32(pair, 4);
  const start = blockBegin(scratch, at, pair, load32(pair, 0), count, cursor, limit, size, most, align);
  return start < 0 ? start : (start + Math.imul(count, size)) | 0;
};

/**
 * As blockAny where no alignment can be needed, and without the reason: for generated validators.
 * @inline
 */
export const blockNext = (at: i32, pair: i32, cursor: i32, limit: i32, size: i32, most: i32): i32 => {
  const count = load32(pair, 4);
  if (load32(pair, 0) !== (count === 0 ? 0 : (cursor - at) | 0)) return REFUSED;
  if ((count >>> 0) > (most >>> 0)) return REFUSED;
  const end = (cursor + Math.imul(count, size)) | 0;
  return end > limit ? REFUSED : end;
};

/** The byte of a word in which the lowest bit of `bad` lies. */
export const blockByteOf = (bad: i32): i32 => (31 - Math.clz32(bad & (0 - bad))) >> 3;

/** The end of a list of `size` bytes an element, size 1, 2 or 4, of whose words the bits of `mask` are zero. */
export const blockMasked = (
  scratch: i32, at: i32, pair: i32, cursor: i32, limit: i32, size: i32, most: i32, align: i32, mask: i32,
): i32 => {
  const end = blockAny(scratch, at, pair, cursor, limit, size, most, align);
  if (end < 0 || end === cursor) return end;
  let p = (cursor + align) & ~align;
  // Bytes up to a word, words, bytes: the mask repeats with the element, so each byte has its own part of it.
  while (p < end && (p & 3) !== 0) {
    if ((load8(p, 0) & (mask >>> ((p & 3) << 3)) & 255) !== 0) return blockRefuse(scratch, REASON_BITS, p);
    p = (p + 1) | 0;
  }
  while (((end - p) | 0) >= 4) {
    const bad = load32(p, 0) & mask;
    if (bad !== 0) return blockRefuse(scratch, REASON_BITS, (p + blockByteOf(bad)) | 0);
    p = (p + 4) | 0;
  }
  while (p < end) {
    if ((load8(p, 0) & (mask >>> ((p & 3) << 3)) & 255) !== 0) return blockRefuse(scratch, REASON_BITS, p);
    p = (p + 1) | 0;
  }
  return end;
};

/** The end of a string. */
export const blockText = (scratch: i32, at: i32, pair: i32, cursor: i32, limit: i32): i32 => {
  const offset = load32(pair, 0);
  const count = load32(pair, 4);
  if (count === 0) return offset === 0 ? cursor : blockRefuse(scratch, REASON_EMPTY, pair);
  if (offset !== ((cursor - at) | 0)) return blockRefuse(scratch, REASON_OFFSET, pair);
  if ((count >>> 0) > ((limit - cursor) >>> 0)) return blockRefuse(scratch, REASON_COUNT, pair);
  const end = (cursor + count) | 0;
  const fault = textFault(cursor, end);
  return fault === end ? end : blockRefuse(scratch, REASON_TEXT, fault);
};
