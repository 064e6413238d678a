/**
 * References, and the nearest of them to a vector.
 *
 * With classes the reference of a class is its centroid: the mean of every second record, the first one included. Without
 * classes the first vectors of the input are the references themselves.
 * Nearest means the smallest squared distance |v - c|^2 = |v|^2 - 2 (v . c - |c|^2 / 2); so the largest v . c - |c|^2 / 2.
 *
 * Role: rowsFill by setup; nearestReference by the classifiers, any number at once. Memory: the rows, written by setup only.
 * Order of arithmetic: every sum starts at its first term and runs upwards, in doubles, without fused multiply-add, so all
 *   targets get the same bits. Equal scores go to the lower number. Inputs are finite float32, so no sum can overflow.
 * Units: a row is JOB_ROW_BYTES long: the double -|c|^2 / 2, then one double per dimension.
 * Fails: never. Checked by: test/programs/centroids.test.ts.
 */
import { floatOf, load32, loadF32, loadF64, storeF64 } from '#machine';
import { classEnd, classStart } from './classes.ts';
import { VALUE_BYTES_SHIFT, vectorAddress } from './fvecs.ts';
import { JOB_CLASSES, JOB_DIMENSION, JOB_REFERENCES, JOB_ROWS, JOB_ROW_BYTES } from './job.ts';

/** Where the values of a row start, and bytes of one. */
const ROW_VALUES = 8;
const DOUBLE_BYTES_SHIFT = 3;

/** Bytes of a row. */
export const rowBytes = (dimension: i32): i32 => (ROW_VALUES + (dimension << DOUBLE_BYTES_SHIFT)) | 0;

/** @float The row becomes the vector. */
const rowSet = (row: i32, vector: i32, dimension: i32): void => {
  for (let i = 0; i < dimension; i++) {
    storeF64(row, (ROW_VALUES + (i << DOUBLE_BYTES_SHIFT)) | 0, loadF32(vector, i << VALUE_BYTES_SHIFT));
  }
};

/** @float The vector is added to the row. */
const rowAdd = (row: i32, vector: i32, dimension: i32): void => {
  for (let i = 0; i < dimension; i++) {
    const at = (ROW_VALUES + (i << DOUBLE_BYTES_SHIFT)) | 0;
    storeF64(row, at, loadF64(row, at) + loadF32(vector, i << VALUE_BYTES_SHIFT));
  }
};

/** @float The row, a sum of `count` vectors, becomes their mean, and gets its first double. */
const rowFinish = (row: i32, count: i32, dimension: i32): void => {
  const divisor = floatOf(count);
  let square: f64 = 0;
  for (let i = 0; i < dimension; i++) {
    const at = (ROW_VALUES + (i << DOUBLE_BYTES_SHIFT)) | 0;
    const mean = loadF64(row, at) / divisor;
    storeF64(row, at, mean);
    square = square + mean * mean;
  }
  storeF64(row, 0, square * -0.5);
};

/** The mean of every second record of class `number`. */
const rowOfClass = (job: i32, row: i32, number: i32, dimension: i32): void => {
  const start = classStart(job, number);
  const end = classEnd(job, number);
  let count = 1;
  rowSet(row, vectorAddress(job, start), dimension);
  for (let record = (start + 2) | 0; record < end; record = (record + 2) | 0) {
    rowAdd(row, vectorAddress(job, record), dimension);
    count = (count + 1) | 0;
  }
  rowFinish(row, count, dimension);
};

/** Fills all rows. The job's references, rows and classes are set. */
export const rowsFill = (job: i32): void => {
  const dimension = load32(job, JOB_DIMENSION);
  const references = load32(job, JOB_REFERENCES);
  let row = load32(job, JOB_ROWS);
  for (let number = 0; number < references; number++) {
    if (load32(job, JOB_CLASSES) !== 0) {
      rowOfClass(job, row, number, dimension);
    } else {
      rowSet(row, vectorAddress(job, number), dimension);
      rowFinish(row, 1, dimension);
    }
    row = (row + load32(job, JOB_ROW_BYTES)) | 0;
  }
};

/** @float v . c - |c|^2 / 2. */
const rowScore = (row: i32, vector: i32, dimension: i32): f64 => {
  let score = loadF64(row, 0);
  for (let i = 0; i < dimension; i++) {
    score = score + loadF32(vector, i << VALUE_BYTES_SHIFT) * loadF64(row, (ROW_VALUES + (i << DOUBLE_BYTES_SHIFT)) | 0);
  }
  return score;
};

/** @float The number of the reference nearest to the vector at `vector`. */
export const nearestReference = (job: i32, vector: i32): i32 => {
  const dimension = load32(job, JOB_DIMENSION);
  const references = load32(job, JOB_REFERENCES);
  const bytes = load32(job, JOB_ROW_BYTES);
  let row = load32(job, JOB_ROWS);
  let nearest = 0;
  let best = rowScore(row, vector, dimension);
  for (let number = 1; number < references; number++) {
    row = (row + bytes) | 0;
    const score = rowScore(row, vector, dimension);
    if (score > best) {
      best = score;
      nearest = number;
    }
  }
  return nearest;
};
