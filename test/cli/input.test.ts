import { afterAll, expect, test } from 'vitest';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INPUT_DIMENSION_LIMIT, InputError, checkInput, inputLimitBytes } from '../../src/cli/input.ts';

const folder = mkdtempSync(join(tmpdir(), 'input-'));
afterAll(() => rmSync(folder, { recursive: true }));
const ROOM_BYTES = 1 << 30;

/** A file of whole records, then of the bytes of `tail`. */
const vectors = (name: string, records: number[][], tail: number[] = []): string => {
  const bytes = Buffer.concat([
    ...records.map((values) => {
      const record = Buffer.alloc(4 + 4 * values.length);
      record.writeInt32LE(values.length, 0);
      values.forEach((value, i) => record.writeFloatLE(value, 4 + 4 * i));
      return record;
    }),
    Buffer.from(tail),
  ]);
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

const refusal = (path: string, limit = ROOM_BYTES): string => {
  try {
    checkInput(path, limit);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    const message = (error as Error).message;
    expect(message.startsWith(`${path}: record `)).toBe(true);
    return message.slice(path.length + 2);
  }
  return 'accepted';
};

test('whole records of one dimension are accepted, and counted', () => {
  const good = vectors('good', [[1, 2], [3, -4.5], [0, 6]]);
  expect(checkInput(good, ROOM_BYTES)).toEqual({ records: 3, dimension: 2, bytes: 36 });
  expect(checkInput(vectors('single', [[7]]), ROOM_BYTES)).toEqual({ records: 1, dimension: 1, bytes: 8 });
  const extremes = vectors('extremes', [[3.4028234663852886e38, -3.4028234663852886e38, 1e-45, -0]]);
  expect(checkInput(extremes, ROOM_BYTES).records).toBe(1);
});

test('a file that is missing, a directory, a pipe or closed to us is named', () => {
  expect(refusal(join(folder, 'missing'))).toBe('record 0, byte 0: there is no such file');
  expect(refusal(folder)).toBe('record 0, byte 0: this is a directory, not a file');
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(refusal(pipe)).toBe('record 0, byte 0: this is neither a file nor a link to one');
  const closed = vectors('closed', [[1]]);
  chmodSync(closed, 0);
  // Root reads everything.
  expect(refusal(closed)).toBe(process.getuid?.() === 0 ? 'accepted' : 'record 0, byte 0: reading it is not permitted');
});

test('an empty file is refused', () => {
  expect(refusal(vectors('empty', []))).toBe('record 0, byte 0: the file is empty');
});

test('a record cut short is refused wherever the cut is', () => {
  const whole = [[1, 2, 3], [4, 5, 6]];
  const inDimension = "the file ends inside the record's dimension, after";
  expect(refusal(vectors('cut1', [], [3]))).toBe(`record 0, byte 0: ${inDimension} 1 of 4 bytes`);
  expect(refusal(vectors('cut2', whole, [3, 0, 0]))).toBe(`record 2, byte 32: ${inDimension} 3 of 4 bytes`);
  const inRecord = 'the file ends inside the record, after';
  expect(refusal(vectors('cut3', whole, [3, 0, 0, 0]))).toBe(`record 2, byte 32: ${inRecord} 4 of its 16 bytes`);
  expect(refusal(vectors('cut4', whole, [3, 0, 0, 0, 0, 0, 0, 0, 9]))).toBe(`record 2, byte 32: ${inRecord} 9 of its 16 bytes`);
  const missingOne = [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  expect(refusal(vectors('cut5', whole, missingOne))).toBe(`record 2, byte 32: ${inRecord} 12 of its 16 bytes`);
});

test('a dimension that is wrong or changes is refused', () => {
  const range = `must be 1 to ${INPUT_DIMENSION_LIMIT}`;
  expect(refusal(vectors('zero', [[]]))).toBe(`record 0, byte 0: the dimension is 0, and ${range}`);
  expect(refusal(vectors('negative', [[1]], [255, 255, 255, 255]))).toBe(`record 1, byte 8: the dimension is -1, and ${range}`);
  expect(refusal(vectors('absurd', [], [1, 0, 1, 0]))).toBe(`record 0, byte 0: the dimension is 65537, and ${range}`);
  expect(refusal(vectors('text', [], [...Buffer.from('hello world\n')]))).toMatch(/^record 0, byte 0: the dimension is \d+, and/);
  expect(refusal(vectors('changing', [[1, 2], [3, 4], [5, 6, 7]]))).toBe('record 2, byte 24: the dimension changes from 2 to 3');
});

test('values that are no numbers are refused by their place', () => {
  expect(refusal(vectors('nan', [[1, 2], [3, NaN]]))).toBe('record 1, byte 20: value 1 is NaN');
  expect(refusal(vectors('infinite', [[Infinity, 2]]))).toBe('record 0, byte 4: value 0 is Infinity');
  expect(refusal(vectors('negative-infinite', [[1], [-Infinity]]))).toBe('record 1, byte 12: value 0 is -Infinity');
  // The other sign and any payload of NaN.
  expect(refusal(vectors('nan-payload', [[1]], [1, 0, 0, 0, 1, 0, 0x80, 0xff]))).toBe('record 1, byte 12: value 0 is NaN');
});

test('a file larger than the room is refused at the first record that does not fit', () => {
  const path = vectors('large', [[1, 2], [3, 4], [5, 6]]);
  expect(refusal(path, 36)).toBe('accepted');
  expect(refusal(path, 35)).toBe('record 2, byte 24: the file has 36 bytes, and only 35 fit into the memory given (MEMORY=)');
  expect(refusal(path, 11)).toContain('record 0, byte 0: ');
});

test('the room follows from how QEMU lays out the RAM', () => {
  expect(inputLimitBytes(64)).toBe(28 << 20);
  expect(inputLimitBytes(256)).toBe(124 << 20);
  expect(inputLimitBytes(1024)).toBe(256 << 20);
});

test('reading in pieces finds the same places: a fault in the last value of 3 MiB, past several pieces', () => {
  const dimension = 1023;
  const records = 768;
  const bytes = Buffer.alloc(records * (4 + 4 * dimension));
  for (let i = 0; i < records; i++) bytes.writeInt32LE(dimension, i * (4 + 4 * dimension));
  const path = join(folder, 'pieces');
  writeFileSync(path, bytes);
  expect(checkInput(path, ROOM_BYTES)).toEqual({ records, dimension, bytes: bytes.length });
  bytes.writeFloatLE(NaN, bytes.length - 4);
  writeFileSync(path, bytes);
  expect(refusal(path)).toBe(`record ${records - 1}, byte ${bytes.length - 4}: value ${dimension - 1} is NaN`);
  writeFileSync(path, bytes.subarray(0, 2 * 1024 * 1024 + 8));
  expect(refusal(path)).toBe(`record 512, byte ${512 * 4096}: the file ends inside the record, after 8 of its 4096 bytes`);
});

test('a name with a line break still gives one line', () => {
  const path = join(folder, 'two\nlines');
  try {
    checkInput(path, ROOM_BYTES);
    expect.unreachable();
  } catch (error) {
    expect((error as Error).message.split('\n').length).toBe(1);
  }
});
