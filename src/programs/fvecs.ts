/**
 * The vector file in memory: its format, checked record by record, and where each vector lies.
 *
 * Role: inputCheck once, before anything is printed; the rest by any role. Memory: reads the input.
 * Format (.fvecs): per record a little-endian int32 dimension, then that many little-endian float32; one dimension throughout.
 * Units: bytes; records are counted from 0. Vectors are only 4-byte aligned.
 * Fails: inputCheck prints one line, NAME: record R, byte B: REASON, and returns EXIT_REFUSED. The same words as the host's
 *   check in src/cli/input.ts, which sees the file first.
 * Checked by: test/programs/fvecs.test.ts.
 */
import { load32, store32 } from '#machine';
import {
  DIMENSION_LIMIT, EXIT_OK, EXIT_REFUSED, JOB_DIMENSION, JOB_INPUT_BASE, JOB_INPUT_BYTES, JOB_INPUT_NAME, JOB_RECORDS,
  JOB_RECORD_BYTES,
} from './job.ts';
import { printEnd, printSigned, printText, printUnsigned, printWord } from './print.ts';

/** Bytes of a record's dimension, and of one value. */
export const DIMENSION_BYTES = 4;
export const VALUE_BYTES_SHIFT = 2;
const EXPONENT_MASK = 0x7f800000;
const FRACTION_MASK = 0x007fffff;

/** The beginning of an error line. */
const refuseAt = (job: i32, record: i32, byte: i32): void => {
  if (load32(job, JOB_INPUT_NAME) === 0) printText('initrd');
  else printWord(load32(job, JOB_INPUT_NAME));
  printText(': record ');
  printUnsigned(record);
  printText(', byte ');
  printUnsigned(byte);
  printText(': ');
};

/** One error line about the input as a whole, with a number in its middle. */
export const refuseInput = (job: i32, before: text, number: i32, behind: text): i32 => {
  refuseAt(job, 0, 0);
  printText(before);
  printUnsigned(number);
  printText(behind);
  printEnd();
  return EXIT_REFUSED;
};

const refuseDimension = (job: i32, record: i32, byte: i32, dimension: i32, first: i32): i32 => {
  refuseAt(job, record, byte);
  if (dimension <= 0 || dimension > DIMENSION_LIMIT) {
    printText('the dimension is ');
    printSigned(dimension);
    printText(', and must be 1 to ');
    printUnsigned(DIMENSION_LIMIT);
  } else {
    printText('the dimension changes from ');
    printUnsigned(first);
    printText(' to ');
    printUnsigned(dimension);
  }
  printEnd();
  return EXIT_REFUSED;
};

const refuseValue = (job: i32, record: i32, byte: i32, value: i32, bits: i32): i32 => {
  refuseAt(job, record, byte);
  printText('value ');
  printUnsigned(value);
  printText(' is ');
  if ((bits & FRACTION_MASK) !== 0) printText('NaN');
  else if (bits < 0) printText('-Infinity');
  else printText('Infinity');
  printEnd();
  return EXIT_REFUSED;
};

const refuseEnd = (job: i32, record: i32, byte: i32, left: i32, recordBytes: i32): i32 => {
  refuseAt(job, record, byte);
  if (left < DIMENSION_BYTES) {
    printText("the file ends inside the record's dimension, after ");
    printUnsigned(left);
    printText(' of 4 bytes');
  } else {
    printText('the file ends inside the record, after ');
    printUnsigned(left);
    printText(' of its ');
    printUnsigned(recordBytes);
    printText(' bytes');
  }
  printEnd();
  return EXIT_REFUSED;
};

/** The number of the first value that is not a finite number, of `count` values at `at`; or `count`. */
const firstUnusable = (at: i32, count: i32): i32 => {
  for (let i = 0; i < count; i++) {
    if ((load32(at, i << VALUE_BYTES_SHIFT) & EXPONENT_MASK) === EXPONENT_MASK) return i;
  }
  return count;
};

/** Checks the whole input and stores its shape in the job. */
export const inputCheck = (job: i32): i32 => {
  const base = load32(job, JOB_INPUT_BASE);
  const bytes = load32(job, JOB_INPUT_BYTES);
  if (bytes === 0) {
    refuseAt(job, 0, 0);
    printText('the file is empty');
    printEnd();
    return EXIT_REFUSED;
  }
  let first = 0;
  let record = 0;
  let at = 0;
  while (at < bytes) {
    const left = (bytes - at) | 0;
    if (left < DIMENSION_BYTES) return refuseEnd(job, record, at, left, 0);
    const dimension = load32((base + at) | 0, 0);
    if (dimension <= 0 || dimension > DIMENSION_LIMIT || (first !== 0 && dimension !== first)) {
      return refuseDimension(job, record, at, dimension, first);
    }
    first = dimension;
    const recordBytes = (DIMENSION_BYTES + (dimension << VALUE_BYTES_SHIFT)) | 0;
    // A truncated record is looked at as far as it goes: the first thing wrong in the file is the one named.
    const values = ((left < recordBytes ? left : recordBytes) - DIMENSION_BYTES) >> VALUE_BYTES_SHIFT;
    const wrong = firstUnusable((base + at + DIMENSION_BYTES) | 0, values);
    if (wrong < values) {
      const byte = (at + DIMENSION_BYTES + (wrong << VALUE_BYTES_SHIFT)) | 0;
      return refuseValue(job, record, byte, wrong, load32((base + byte) | 0, 0));
    }
    if (left < recordBytes) return refuseEnd(job, record, at, left, recordBytes);
    at = (at + recordBytes) | 0;
    record = (record + 1) | 0;
  }
  store32(job, JOB_RECORDS, record);
  store32(job, JOB_DIMENSION, first);
  store32(job, JOB_RECORD_BYTES, (DIMENSION_BYTES + (first << VALUE_BYTES_SHIFT)) | 0);
  return EXIT_OK;
};

/** Where vector number `index` begins, from the input's first byte. */
export const vectorOffset = (job: i32, index: i32): i32 =>
  (Math.imul(index, load32(job, JOB_RECORD_BYTES)) + DIMENSION_BYTES) | 0;

/** The address of vector number `index`. */
export const vectorAddress = (job: i32, index: i32): i32 => (load32(job, JOB_INPUT_BASE) + vectorOffset(job, index)) | 0;
