/**
 * Refuses vector files that the main job could not use, before anything is booted.
 *
 * Role: the host side of `make run`, for both targets; the kernel checks what it is given once more by itself.
 * Format (.fvecs): per record a little-endian int32 dimension, then that many little-endian float32; one dimension throughout.
 * Units: records are counted from 0; byte offsets are from the start of the file and point at what is wrong: the record for its
 *   length and dimension, the value for a value that is no number.
 * Fails: with InputError, whose message is the one line to print: FILE: record R, byte B: REASON.
 * Checked by: test/cli/input.test.ts
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** The centroids of a class are kept as doubles; a larger dimension is a damaged file rather than a vector. */
export const INPUT_DIMENSION_LIMIT = 65_536;
const MEBIBYTE = 1024 * 1024;
/** QEMU puts the input at half the RAM or at 128 MiB, whichever is less... */
const INPUT_START_LIMIT_MEBIBYTES = 128;
/** ...and after it, on a 2 MiB boundary, the device tree, which takes up to 2 MiB. */
const DEVICE_TREE_MEBIBYTES = 4;
/** The kernel's read-only window onto the input (docs/memory-map.md). */
const INPUT_WINDOW_MEBIBYTES = 256;
/** Read at once; a multiple of 4, so that no value is split. */
const CHUNK_BYTES = MEBIBYTE;
/** All exponent bits of a float32: set in NaN and in the infinities, and in nothing else. */
const EXPONENT_MASK = 0x7f80_0000;
const FRACTION_MASK = 0x007f_ffff;

export interface InputSummary {
  records: number;
  dimension: number;
  bytes: number;
}

export class InputError extends Error {
  constructor(file: string, record: number, byte: number, reason: string) {
    super(`${file.replace(/\p{Cc}/gu, '?')}: record ${record}, byte ${byte}: ${reason}`);
    this.name = 'InputError';
  }
}

/** The longest input that a machine with this much RAM takes, the same on both targets so that both refuse alike. */
export const inputLimitBytes = (memoryMebibytes: number): number => {
  const start = Math.min(Math.floor(memoryMebibytes / 2), INPUT_START_LIMIT_MEBIBYTES);
  return Math.min(memoryMebibytes - start - DEVICE_TREE_MEBIBYTES, INPUT_WINDOW_MEBIBYTES) * MEBIBYTE;
};

const IS_DIRECTORY = 'this is a directory, not a file';

const systemReason = (error: unknown): string => {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'reading it is not permitted';
  if (code === 'EISDIR') return IS_DIRECTORY;
  return `it cannot be read (${code ?? String(error)})`;
};

/** Reads until the buffer is full or the file ends. */
const readFully = (file: number, into: Uint8Array): number => {
  let length = 0;
  while (length < into.length) {
    const more = readSync(file, into, length, into.length - length, null);
    if (more === 0) break;
    length += more;
  }
  return length;
};

const valueName = (bits: number): string => ((bits & FRACTION_MASK) !== 0 ? 'NaN' : bits < 0 ? '-Infinity' : 'Infinity');

const dimensionReason = (dimension: number, first: number): string | undefined => {
  if (dimension <= 0 || dimension > INPUT_DIMENSION_LIMIT) {
    return `the dimension is ${dimension}, and must be 1 to ${INPUT_DIMENSION_LIMIT}`;
  }
  if (first !== 0 && dimension !== first) return `the dimension changes from ${first} to ${dimension}`;
  return undefined;
};

const checkOpened = (path: string, file: number, limitBytes: number): InputSummary => {
  const status = fstatSync(file);
  if (!status.isFile()) {
    throw new InputError(path, 0, 0, status.isDirectory() ? IS_DIRECTORY : 'this is neither a file nor a link to one');
  }
  const words = new Int32Array(CHUNK_BYTES / 4);
  const bytes = new Uint8Array(words.buffer);
  let dimension = 0;
  let record = 0;
  let recordStart = 0;
  /** Values of the current record still to come; 0 where a dimension stands next. */
  let remaining = 0;
  let position = 0;
  for (;;) {
    const length = readFully(file, bytes);
    for (let i = 0; i < length >> 2; i++) {
      const word = words[i]!;
      if (remaining > 0) {
        if ((word & EXPONENT_MASK) === EXPONENT_MASK) {
          const value = dimension - remaining;
          throw new InputError(path, record, position + 4 * i, `value ${value} is ${valueName(word)}`);
        }
        remaining -= 1;
        if (remaining === 0) record += 1;
        continue;
      }
      recordStart = position + 4 * i;
      const reason = dimensionReason(word, dimension);
      if (reason !== undefined) throw new InputError(path, record, recordStart, reason);
      if (dimension === 0 && status.size > limitBytes) {
        const recordBytes = 4 + 4 * word;
        const fitting = Math.max(0, Math.floor(limitBytes / recordBytes));
        throw new InputError(path, fitting, fitting * recordBytes,
          `the file has ${status.size} bytes, and only ${limitBytes} fit into the memory given (MEMORY=)`);
      }
      dimension = word;
      remaining = word;
    }
    position += length;
    if (length < CHUNK_BYTES) break;
  }
  if (position === 0) throw new InputError(path, 0, 0, 'the file is empty');
  if (remaining > 0 || position % 4 !== 0) {
    if (remaining === 0) recordStart = position - (position % 4);
    const left = position - recordStart;
    throw new InputError(path, record, recordStart, left < 4
      ? `the file ends inside the record's dimension, after ${left} of 4 bytes`
      : `the file ends inside the record, after ${left} of its ${4 + 4 * dimension} bytes`);
  }
  return { records: record, dimension, bytes: position };
};

/** Reads the whole file once. Returns what it holds, or throws InputError. */
export const checkInput = (path: string, limitBytes: number): InputSummary => {
  let file: number;
  try {
    // Without O_NONBLOCK, opening a pipe nobody writes to would wait for ever.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new InputError(path, 0, 0, systemReason(error));
  }
  try {
    return checkOpened(path, file, limitBytes);
  } catch (error) {
    throw error instanceof InputError ? error : new InputError(path, 0, 0, systemReason(error));
  } finally {
    closeSync(file);
  }
};
