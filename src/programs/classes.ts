/**
 * The classes of the input: runs of records, given as counts in file order (`classes=1001,1127,...`).
 *
 * Role: classesCount and classesFill by setup; the rest by any role. Memory: the table of class starts (JOB_CLASS_STARTS).
 * Units: records. Fails: one line, classes: REASON, and EXIT_REFUSED. Checked by: test/programs/classes.test.ts.
 */
import { load32, load8, store32 } from '#machine';
import {
  CLASS_COUNT_LIMIT, EXIT_OK, EXIT_REFUSED, JOB_CLASSES, JOB_CLASSES_ARGUMENT, JOB_CLASS_STARTS, JOB_RECORDS,
} from './job.ts';
import { printEnd, printText, printUnsigned } from './print.ts';

const DIGIT_ZERO = 48;
const DIGIT_NINE = 57;
const COMMA = 44;
const SPACE = 32;
/** Digits of the longest count: no input has 10^9 records. */
const COUNT_DIGITS_LIMIT = 9;

const refuseClasses = (before: text, number: i32, behind: text): i32 => {
  printText('classes: ');
  printText(before);
  printUnsigned(number);
  printText(behind);
  printEnd();
  return EXIT_REFUSED;
};

const digitsAt = (at: i32): i32 => {
  let width = 0;
  while (load8(at, width) >= DIGIT_ZERO && load8(at, width) <= DIGIT_NINE) width = (width + 1) | 0;
  return width;
};

const numberAt = (at: i32, digits: i32): i32 => {
  let value = 0;
  for (let i = 0; i < digits; i++) value = (Math.imul(value, 10) + load8(at, i) - DIGIT_ZERO) | 0;
  return value;
};

/** Reads the argument, if there is one, checks it against the input, and stores the number of classes in the job. */
export const classesCount = (job: i32): i32 => {
  let at = load32(job, JOB_CLASSES_ARGUMENT);
  if (at === 0) return EXIT_OK;
  const records = load32(job, JOB_RECORDS);
  let classes = 0;
  let left = records;
  let more = true;
  while (more) {
    const digits = digitsAt(at);
    const count = digits === 0 || digits > COUNT_DIGITS_LIMIT ? 0 : numberAt(at, digits);
    const next = load8(at, digits);
    if (count === 0 || (next !== COMMA && next !== SPACE && next !== 0)) {
      return refuseClasses('count number ', classes, ' of classes=COUNT,COUNT,... is not a whole number from 1 on');
    }
    if (classes === CLASS_COUNT_LIMIT) return refuseClasses('there are more than ', CLASS_COUNT_LIMIT, ' counts');
    if (count > left) return refuseClasses('the counts add up to more than the ', records, ' records of the input');
    left = (left - count) | 0;
    classes = (classes + 1) | 0;
    at = (at + digits + 1) | 0;
    more = next === COMMA;
  }
  if (left > 0) return refuseClasses('the counts leave ', left, ' records of the input without a class');
  store32(job, JOB_CLASSES, classes);
  return EXIT_OK;
};

/** Fills the table of class starts: JOB_CLASSES + 1 words, the last one the number of records. */
export const classesFill = (job: i32): void => {
  const starts = load32(job, JOB_CLASS_STARTS);
  const classes = load32(job, JOB_CLASSES);
  let at = load32(job, JOB_CLASSES_ARGUMENT);
  let start = 0;
  for (let number = 0; number < classes; number++) {
    store32(starts, number << 2, start);
    const digits = digitsAt(at);
    start = (start + numberAt(at, digits)) | 0;
    at = (at + digits + 1) | 0;
  }
  store32(starts, classes << 2, start);
};

export const classStart = (job: i32, number: i32): i32 => load32(load32(job, JOB_CLASS_STARTS), number << 2);
export const classEnd = (job: i32, number: i32): i32 => load32(load32(job, JOB_CLASS_STARTS), ((number << 2) + 4) | 0);

/** Whether a record is left out of its class's reference, to measure with; `start` is its class's first record. */
export const isHeldOut = (start: i32, record: i32): boolean => ((record - start) & 1) !== 0;
