/**
 * The classifiers: receive, read the vector where it lies, answer.
 *
 * Role: CLASSIFIER_COUNT tasks, each with a space and a receiver of its own. Who sent a message tells its badge: from the sensor
 *   come vectors, which are completed with the number of the nearest reference, from the alerts alerts, which are counted.
 * Memory: the classifier's own block. Order: that of the queue; see inversion.ts.
 * Invariants: 1 numbers of one sender at one priority only grow, as seen by one receiver; what does not is counted as
 *   reordered. 2 a descriptor's region, offset and length are those of the vector its user data names: anything else would be a
 *   torn message, and stops everything. 3 that it is a message of the queue's type, whole, was checked before it was queued.
 * Units: microseconds. Fails: any status but TIMED_OUT, AGAIN and CLOSED stops everything.
 * Checked by: test/programs/roles.test.ts.
 */
import { load32, load8, machineHalt, store32, timeMicros32 } from '#machine';
import {
  RECEIVED_BADGE, RECEIVED_FLAGS, RECEIVED_PRIORITY, RECEIVED_SENDER, RECEIVED_USER_HIGH, RECEIVED_USER_LOW, capComplete,
  capReceiveTimeout, capReceived, capRegion, capRegionAddress,
} from '../kernel/capability.ts';
import {
  DESCRIPTOR_LENGTH, DESCRIPTOR_OFFSET_LOW, DESCRIPTOR_REGION, FLAG_DESCRIPTOR,
} from '../kernel/layout.ts';
import { STATUS_AGAIN, STATUS_CLOSED, STATUS_TIMED_OUT } from '../kernel/status.ts';
import { nearestReference } from './centroids.ts';
import { checksumVector } from './checksum.ts';
import { inversionAlert, inversionBegin, inversionVector } from './inversion.ts';
import {
  BADGE_ALERTS, BADGE_SENSOR, CLASSIFIER_ALERTS, CLASSIFIER_ALERT_LATENCY, CLASSIFIER_CAP, CLASSIFIER_MESSAGE,
  CLASSIFIER_NEXT_ALERT, CLASSIFIER_NEXT_VECTOR, CLASSIFIER_READ, CLASSIFIER_RECEIVED_MICROS, CLASSIFIER_REORDERED,
  CLASSIFIER_STRANGE, CLASSIFIER_VECTORS, CLASSIFIER_VECTORS_CAP, CLASSIFIER_VECTOR_LATENCY, JOB_DIMENSION, JOB_MESSAGE_BYTES,
  JOB_STRIDE_BYTES, SPACE_CLASSIFIER, WORK_MESSAGE_BYTES, jobClassifier, jobSpace,
} from './job.ts';
import { histogramAdd } from './latency.ts';
import { WORK_ALERT, WORK_ALERT_MICROS, WORK_ALERT_NUMBER, WORK_CASE, WORK_VECTOR_VALUES } from './work.ts';

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

const takeAlert = (space: i32, classifier: i32, now: i32): void => {
  const message = (classifier + CLASSIFIER_MESSAGE) | 0;
  const number = load32(message, WORK_ALERT_NUMBER);
  const flags = capReceived(space, load32(classifier, CLASSIFIER_CAP), RECEIVED_FLAGS);
  if (flags !== 0 || load8(message, WORK_CASE) !== WORK_ALERT) machineHalt('classifier: no alert', number);
  countUp(classifier, CLASSIFIER_ALERTS);
  inversionAlert(classifier, number);
  orderCheck(classifier, CLASSIFIER_NEXT_ALERT, number);
  histogramAdd((classifier + CLASSIFIER_ALERT_LATENCY) | 0, (now - load32(message, WORK_ALERT_MICROS)) | 0);
};

/** Where the values of vector number `index` lie, which the message in hand is about. */
const vectorValues = (job: i32, space: i32, classifier: i32, index: i32): i32 => {
  const descriptor = (classifier + CLASSIFIER_MESSAGE) | 0;
  const vectors = load32(classifier, CLASSIFIER_VECTORS_CAP);
  const flags = capReceived(space, load32(classifier, CLASSIFIER_CAP), RECEIVED_FLAGS);
  const offset = load32(descriptor, DESCRIPTOR_OFFSET_LOW);
  const bytes = load32(descriptor, DESCRIPTOR_LENGTH);
  const isWhole = (flags & FLAG_DESCRIPTOR) !== 0 && load32(descriptor, DESCRIPTOR_REGION) === capRegion(space, vectors)
    && offset === Math.imul(index, load32(job, JOB_STRIDE_BYTES)) && bytes === load32(job, JOB_MESSAGE_BYTES);
  if (!isWhole) machineHalt('classifier: torn message', index);
  const message = capRegionAddress(space, vectors, offset, bytes);
  if (message < 0) machineHalt('classifier: region', message);
  // A message of this length is a vector of the job's dimension, or the queue had not let it in.
  return (message + WORK_VECTOR_VALUES) | 0;
};

const takeVector = (job: i32, space: i32, classifier: i32, now: i32): void => {
  const place = load32(classifier, CLASSIFIER_CAP);
  const index = capReceived(space, place, RECEIVED_USER_LOW);
  const sent = capReceived(space, place, RECEIVED_USER_HIGH);
  const sender = capReceived(space, place, RECEIVED_SENDER);
  const priority = capReceived(space, place, RECEIVED_PRIORITY);
  inversionVector(classifier);
  countUp(classifier, CLASSIFIER_VECTORS);
  orderCheck(classifier, CLASSIFIER_NEXT_VECTOR, index);
  histogramAdd((classifier + CLASSIFIER_VECTOR_LATENCY) | 0, (now - sent) | 0);
  const values = vectorValues(job, space, classifier, index);
  const read = checksumVector(values, load32(job, JOB_DIMENSION), index);
  store32(classifier, CLASSIFIER_READ, (load32(classifier, CLASSIFIER_READ) + read) | 0);
  const answer = nearestReference(job, values);
  const status = capComplete(space, place, sender, priority, index, sent, answer);
  if (status < 0) machineHalt('classifier: complete', status);
};

/** Waits for one message and handles it. Returns 0 when the queue is closed and empty. */
export const classifierStep = (job: i32, number: i32): i32 => {
  const classifier = jobClassifier(job, number);
  const space = jobSpace(job, (SPACE_CLASSIFIER + number) | 0);
  const place = load32(classifier, CLASSIFIER_CAP);
  const message = (classifier + CLASSIFIER_MESSAGE) | 0;
  inversionBegin(job, classifier);
  const bytes = capReceiveTimeout(space, place, message, WORK_MESSAGE_BYTES, RECEIVE_MICROSECONDS);
  if (bytes === STATUS_CLOSED) return 0;
  if (bytes === STATUS_TIMED_OUT || bytes === STATUS_AGAIN) return 1;
  if (bytes < 0) machineHalt('classifier: receive', bytes);
  const now = timeMicros32();
  store32(classifier, CLASSIFIER_RECEIVED_MICROS, now);
  switch (capReceived(space, place, RECEIVED_BADGE)) {
    case BADGE_SENSOR: takeVector(job, space, classifier, now); break;
    case BADGE_ALERTS: takeAlert(space, classifier, now); break;
    default: countUp(classifier, CLASSIFIER_STRANGE);
  }
  return 1;
};
