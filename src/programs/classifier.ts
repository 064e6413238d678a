/**
 * The classifiers: receive, read the vector where it lies, answer.
 *
 * Role: CLASSIFIER_COUNT tasks, each with its own receiver. Messages of sender SENDER_SENSOR are vectors, which are completed
 *   with the number of the nearest reference; those of SENDER_ALERTS are alerts, which are counted.
 * Memory: the classifier's own block. Order: that of the queue; see inversion.ts.
 * Invariants: 1 numbers of one sender at one priority only grow, as seen by one receiver; what does not is counted as
 *   reordered. 2 a descriptor's offset is that of the vector its user data names: anything else would be a torn message, and
 *   stops everything.
 * Units: microseconds. Fails: any status but TIMED_OUT, AGAIN and CLOSED stops everything.
 * Checked by: test/programs/roles.test.ts.
 */
import { load32, machineHalt, store32, timeMicros32 } from '#machine';
import {
  DESCRIPTOR_LENGTH, DESCRIPTOR_OFFSET_LOW, DESCRIPTOR_REGION,
} from '../kernel/layout.ts';
import {
  queueComplete, queueReceiveTimeout, receivedPriority, receivedSender, receivedUserHigh, receivedUserLow,
} from '../kernel/queue.ts';
import { regionAddress } from '../kernel/region.ts';
import { STATUS_AGAIN, STATUS_CLOSED, STATUS_TIMED_OUT } from '../kernel/status.ts';
import { nearestReference } from './centroids.ts';
import { vectorOffset } from './fvecs.ts';
import { inversionAlert, inversionBegin, inversionVector } from './inversion.ts';
import {
  ALERT_MICROS, ALERT_NUMBER, CLASSIFIER_ALERTS, CLASSIFIER_ALERT_LATENCY, CLASSIFIER_MESSAGE, CLASSIFIER_NEXT_ALERT,
  CLASSIFIER_NEXT_VECTOR, CLASSIFIER_RECEIVED_MICROS,
  CLASSIFIER_RECEIVER, CLASSIFIER_REORDERED, CLASSIFIER_VECTORS, CLASSIFIER_VECTOR_LATENCY, JOB_REGIONS,
  SENDER_ALERTS, WORK_MESSAGE_BYTES, jobClassifier,
} from './job.ts';
import { histogramAdd } from './latency.ts';

/** Longest sleep; nothing depends on it but how soon a broken wake-up shows as a timeout in the statistics. */
const RECEIVE_MICROSECONDS = 1000000;

const countUp = (classifier: i32, word: i32): void => {
  store32(classifier, word, (load32(classifier, word) + 1) | 0);
};

/** Counts message `number`, which should come after all earlier ones of its sender. `next`: the word that follows them. */
const orderCheck = (classifier: i32, next: i32, number: i32): void => {
  if (number < load32(classifier, next)) countUp(classifier, CLASSIFIER_REORDERED);
  store32(classifier, next, (number + 1) | 0);
};

const takeAlert = (classifier: i32, now: i32): void => {
  const message = (classifier + CLASSIFIER_MESSAGE) | 0;
  const number = load32(message, ALERT_NUMBER);
  countUp(classifier, CLASSIFIER_ALERTS);
  inversionAlert(classifier, number);
  orderCheck(classifier, CLASSIFIER_NEXT_ALERT, number);
  histogramAdd((classifier + CLASSIFIER_ALERT_LATENCY) | 0, (now - load32(message, ALERT_MICROS)) | 0);
};

const takeVector = (job: i32, classifier: i32, receiver: i32, now: i32): void => {
  const message = (classifier + CLASSIFIER_MESSAGE) | 0;
  const index = receivedUserLow(receiver);
  const sent = receivedUserHigh(receiver);
  const offset = load32(message, DESCRIPTOR_OFFSET_LOW);
  inversionVector(classifier);
  countUp(classifier, CLASSIFIER_VECTORS);
  orderCheck(classifier, CLASSIFIER_NEXT_VECTOR, index);
  histogramAdd((classifier + CLASSIFIER_VECTOR_LATENCY) | 0, (now - sent) | 0);
  if (offset !== vectorOffset(job, index)) machineHalt('classifier: torn message', index);
  const region = load32(message, DESCRIPTOR_REGION);
  const vector = regionAddress(load32(job, JOB_REGIONS), region, offset, load32(message, DESCRIPTOR_LENGTH));
  if (vector < 0) machineHalt('classifier: region', vector);
  const answer = nearestReference(job, vector);
  const status = queueComplete(receiver, receivedSender(receiver), receivedPriority(receiver), index, sent, answer);
  if (status < 0) machineHalt('classifier: complete', status);
};

/** Waits for one message and handles it. Returns 0 when the queue is closed and empty. */
export const classifierStep = (job: i32, number: i32): i32 => {
  const classifier = jobClassifier(job, number);
  const receiver = load32(classifier, CLASSIFIER_RECEIVER);
  inversionBegin(job, classifier);
  const bytes = queueReceiveTimeout(receiver, (classifier + CLASSIFIER_MESSAGE) | 0, WORK_MESSAGE_BYTES, RECEIVE_MICROSECONDS);
  if (bytes === STATUS_CLOSED) return 0;
  if (bytes === STATUS_TIMED_OUT || bytes === STATUS_AGAIN) return 1;
  if (bytes < 0) machineHalt('classifier: receive', bytes);
  const now = timeMicros32();
  store32(classifier, CLASSIFIER_RECEIVED_MICROS, now);
  if (receivedSender(receiver) === SENDER_ALERTS) takeAlert(classifier, now);
  else takeVector(job, classifier, receiver, now);
  return 1;
};
