/**
 * What the run came to: sums over the roles, what is missing, how often the answers are right, and their checksum.
 *
 * Role: the program, after all roles have ended. Memory: reads the job; fills JOB_VECTOR_LATENCY and JOB_ALERT_LATENCY.
 * Units: messages, vectors. Fails: never. Checked by: test/programs/roles.test.ts, test/programs/run.test.ts.
 */
import { load32, load8 } from '#machine';
import { CHECKSUM_START, checksumNext, checksumVector } from './checksum.ts';
import { classEnd, classStart, isHeldOut } from './classes.ts';
import { vectorAddress } from './fvecs.ts';
import {
  ALERTS_SENT, ANSWER_NONE, CLASSIFIER_ALERTS, CLASSIFIER_ALERT_LATENCY, CLASSIFIER_COUNT, CLASSIFIER_INVERSIONS,
  CLASSIFIER_READ, CLASSIFIER_REORDERED, CLASSIFIER_STRANGE, CLASSIFIER_VECTORS, CLASSIFIER_VECTOR_LATENCY,
  COLLECTOR_COMPLETED, COLLECTOR_DUPLICATED, COLLECTOR_REORDERED, EXIT_FAILED, EXIT_OK, JOB_ALERT_LATENCY, JOB_ANSWERS,
  JOB_CLASSES, JOB_DIMENSION, JOB_RECORDS, JOB_VECTOR_LATENCY, SENSOR_NEXT, jobClassifier,
} from './job.ts';
import { histogramMerge } from './latency.ts';
import { wrongWasRefused } from './wrong.ts';

const sumOfClassifiers = (job: i32, word: i32): i32 => {
  let sum = 0;
  for (let number = 0; number < CLASSIFIER_COUNT; number++) sum = (sum + load32(jobClassifier(job, number), word)) | 0;
  return sum;
};

export const resultReceived = (job: i32): i32 => sumOfClassifiers(job, CLASSIFIER_VECTORS);
export const resultAlertsReceived = (job: i32): i32 => sumOfClassifiers(job, CLASSIFIER_ALERTS);
export const resultInversions = (job: i32): i32 => sumOfClassifiers(job, CLASSIFIER_INVERSIONS);
export const resultReordered = (job: i32): i32 =>
  (sumOfClassifiers(job, CLASSIFIER_REORDERED) + load32(job, COLLECTOR_REORDERED)) | 0;
/** Messages received from somebody who should not be able to send any. */
export const resultStrange = (job: i32): i32 => sumOfClassifiers(job, CLASSIFIER_STRANGE);
/** Vectors without an answer. */
export const resultLost = (job: i32): i32 => (load32(job, JOB_RECORDS) - load32(job, COLLECTOR_COMPLETED)) | 0;

/** The answer for a record, or ANSWER_NONE. */
export const answerOf = (job: i32, record: i32): i32 => load8(load32(job, JOB_ANSWERS), record);

/** Over every (index, answer) pair in order: four bytes of the index, low first, and one of the answer. */
export const resultChecksum = (job: i32): i32 => {
  const records = load32(job, JOB_RECORDS);
  let checksum = CHECKSUM_START;
  for (let record = 0; record < records; record++) {
    checksum = checksumNext(checksum, record & 255);
    checksum = checksumNext(checksum, (record >>> 8) & 255);
    checksum = checksumNext(checksum, (record >>> 16) & 255);
    checksum = checksumNext(checksum, (record >>> 24) & 255);
    checksum = checksumNext(checksum, answerOf(job, record));
  }
  return checksum;
};

/** Over what the classifiers read, and over what they had to read: the vectors of the input. */
export const resultBytesRead = (job: i32): i32 => sumOfClassifiers(job, CLASSIFIER_READ);
export const resultBytesSent = (job: i32): i32 => {
  const records = load32(job, JOB_RECORDS);
  const dimension = load32(job, JOB_DIMENSION);
  let sum = 0;
  for (let record = 0; record < records; record++) {
    sum = (sum + checksumVector(vectorAddress(job, record), dimension, record)) | 0;
  }
  return sum;
};

/** Records of a class that were held out of its reference. */
export const heldOut = (job: i32, number: i32): i32 => (classEnd(job, number) - classStart(job, number)) >> 1;

/** Those of them that were answered with their class. */
export const heldOutRight = (job: i32, number: i32): i32 => {
  const start = classStart(job, number);
  let right = 0;
  for (let record = start; record < classEnd(job, number); record++) {
    if (isHeldOut(start, record) && answerOf(job, record) === number) right = (right + 1) | 0;
  }
  return right;
};

export const heldOutSum = (job: i32): i32 => {
  let sum = 0;
  for (let number = 0; number < load32(job, JOB_CLASSES); number++) sum = (sum + heldOut(job, number)) | 0;
  return sum;
};

export const heldOutRightSum = (job: i32): i32 => {
  let sum = 0;
  for (let number = 0; number < load32(job, JOB_CLASSES); number++) sum = (sum + heldOutRight(job, number)) | 0;
  return sum;
};

/** Records answered with reference number `number`; ANSWER_NONE: not answered. */
export const answeredWith = (job: i32, number: i32): i32 => {
  const records = load32(job, JOB_RECORDS);
  let count = 0;
  for (let record = 0; record < records; record++) {
    if (answerOf(job, record) === number) count = (count + 1) | 0;
  }
  return count;
};

/** Adds up the classifiers' histograms. Once. */
export const resultMergeLatencies = (job: i32): void => {
  for (let number = 0; number < CLASSIFIER_COUNT; number++) {
    const classifier = jobClassifier(job, number);
    histogramMerge((job + JOB_VECTOR_LATENCY) | 0, (classifier + CLASSIFIER_VECTOR_LATENCY) | 0);
    histogramMerge((job + JOB_ALERT_LATENCY) | 0, (classifier + CLASSIFIER_ALERT_LATENCY) | 0);
  }
};

/**
 * EXIT_OK only if every vector was sent, received and completed once, in order, and read byte for byte as it is in the input, no
 * alert was lost or overtaken, and nothing that the wrong sender tried got through.
 */
export const resultExit = (job: i32): i32 => {
  const records = load32(job, JOB_RECORDS);
  if (load32(job, SENSOR_NEXT) !== records || resultReceived(job) !== records) return EXIT_FAILED;
  if (answeredWith(job, ANSWER_NONE) !== 0) return EXIT_FAILED;
  if (resultBytesRead(job) !== resultBytesSent(job)) return EXIT_FAILED;
  if (!wrongWasRefused(job) || resultStrange(job) !== 0) return EXIT_FAILED;
  if (load32(job, COLLECTOR_DUPLICATED) !== 0 || resultReordered(job) !== 0 || resultInversions(job) !== 0) return EXIT_FAILED;
  return resultAlertsReceived(job) === load32(job, ALERTS_SENT) ? EXIT_OK : EXIT_FAILED;
};
