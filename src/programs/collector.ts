/**
 * The collector: reaps completions, keeps the answers, and ends the run.
 *
 * Role: one task, in the client's space: what the sensor submits, it sees completed. Memory: the collector lines of the job, and
 *   the answers.
 * Invariants: 1 an answer byte is ANSWER_NONE until its vector's first completion. 2 completions of one receiver come in the
 *   order in which it received, so their indices grow; what does not is counted as reordered.
 * Order: [credit] WAKE counts once in COMPLETIONS_PER_WAKE completions, after they are reaped; see sensor.ts. [stop] see
 *   alerts.ts. [roles] CLASSIFIERS_ENDED is read with acquire: everything the classifiers did is visible, so what is left in
 *   the completion queue then is all there will ever be.
 * Units: microseconds. Fails: any status but TIMED_OUT stops everything. If nothing comes for STALL_MICROSECONDS it gives up,
 *   and the report shows what is lost.
 * Checked by: test/programs/roles.test.ts.
 */
import {
  load32, load8, loadAcquire32, machineHalt, notify32, store32, store8, storeRelease32, storeSequential32, timeMicros32, wait32,
} from '#machine';
import { capQueueClose, capReap, capReapTimeout } from '../kernel/capability.ts';
import { COMPLETION_BYTES, COMPLETION_RECEIVER, COMPLETION_RESULT, COMPLETION_USER_LOW } from '../kernel/layout.ts';
import { STATUS_EMPTY, STATUS_TIMED_OUT } from '../kernel/status.ts';
import {
  ALERTS_SENT, ALERTS_STOPPED, ANSWER_NONE, CLASSIFIERS_ENDED, CLASSIFIER_COUNT, COLLECTOR_COMPLETED, COLLECTOR_DUPLICATED,
  COLLECTOR_ELAPSED_MICROS, COLLECTOR_ENTRY, COLLECTOR_GAVE_UP, COLLECTOR_NEXT_INDEX, COLLECTOR_PHASE, COLLECTOR_REAPED,
  COLLECTOR_REORDERED, COLLECTOR_STARTED_MICROS, COLLECTOR_STOP, COLLECTOR_TENTHS, COLLECTOR_TRIES, COLLECTOR_WAKE,
  COMPLETIONS_PER_WAKE, JOB_ANSWERS, JOB_QUEUE_CAP, JOB_RECORDS, JOB_REFERENCES, JOB_SENSOR_CAP, SPACE_CLIENT,
  STALL_MICROSECONDS, jobSpace,
} from './job.ts';
import { decimalWidth, printEnd, printPadded, printText, printUnsigned } from './print.ts';

/** What the collector does next. */
const PHASE_REAP = 0;
const PHASE_STOP_ALERTS = 1;
const PHASE_END_CLASSIFIERS = 2;
/** Waiting for a role to end: so long at a time, so many times before the run is reported as it stands. */
const END_MICROSECONDS = 1000000;
const END_TRIES = 20;

const countUp = (job: i32, word: i32): void => {
  store32(job, word, (load32(job, word) + 1) | 0);
};

/** Vectors at which `tenth` tenths of all are reached. */
const tenthOf = (records: i32, tenth: i32): i32 =>
  (Math.imul((records / 10) | 0, tenth) + ((((Math.imul((records % 10) | 0, tenth) + 9) | 0) / 10) | 0)) | 0;

/** One line for each tenth of the work; one for several if they come at once. */
const progress = (job: i32): void => {
  const records = load32(job, JOB_RECORDS);
  const completed = load32(job, COLLECTOR_COMPLETED);
  const before = load32(job, COLLECTOR_TENTHS);
  let tenths = before;
  while (tenths < 10 && completed >= tenthOf(records, (tenths + 1) | 0)) tenths = (tenths + 1) | 0;
  if (tenths === before) return;
  store32(job, COLLECTOR_TENTHS, tenths);
  printText('  ');
  printPadded(Math.imul(tenths, 10), 3);
  printText(' %  ');
  printPadded(completed, decimalWidth(records));
  printText(' of ');
  printUnsigned(records);
  printText(' vectors, ');
  printUnsigned(loadAcquire32(job, ALERTS_SENT)); // [alert]
  printText(' alerts');
  printEnd();
};

/** Keeps the answer of the completion in COLLECTOR_ENTRY. */
const keepAnswer = (job: i32): void => {
  const entry = (job + COLLECTOR_ENTRY) | 0;
  const index = load32(entry, COMPLETION_USER_LOW);
  const answer = load32(entry, COMPLETION_RESULT);
  if ((index >>> 0) >= (load32(job, JOB_RECORDS) >>> 0)) machineHalt('collector: no such vector', index);
  if ((answer >>> 0) >= (load32(job, JOB_REFERENCES) >>> 0)) machineHalt('collector: no such answer', answer);
  const next = (COLLECTOR_NEXT_INDEX + (load32(entry, COMPLETION_RECEIVER) << 2)) | 0;
  if (index < load32(job, next)) countUp(job, COLLECTOR_REORDERED);
  store32(job, next, (index + 1) | 0);
  const answers = load32(job, JOB_ANSWERS);
  if (load8(answers, index) !== ANSWER_NONE) {
    countUp(job, COLLECTOR_DUPLICATED);
    return;
  }
  store8(answers, index, answer);
  countUp(job, COLLECTOR_COMPLETED);
};

const wakeSensor = (job: i32): void => {
  storeSequential32(job, COLLECTOR_WAKE, (load32(job, COLLECTOR_WAKE) + 1) | 0); // [credit]
  notify32(job, COLLECTOR_WAKE, 1);
};

/** Waits for one completion. Returns 0 if none came in time. */
const reap = (job: i32): i32 => {
  const entry = (job + COLLECTOR_ENTRY) | 0;
  const place = load32(job, JOB_SENSOR_CAP);
  const status = capReapTimeout(jobSpace(job, SPACE_CLIENT), place, entry, COMPLETION_BYTES, STALL_MICROSECONDS);
  if (status === STATUS_TIMED_OUT) return 0;
  if (status < 0) machineHalt('collector: reap', status);
  keepAnswer(job);
  countUp(job, COLLECTOR_REAPED);
  if ((load32(job, COLLECTOR_REAPED) & (COMPLETIONS_PER_WAKE - 1)) === 0) wakeSensor(job);
  progress(job);
  return 1;
};

const enterPhase = (job: i32, phase: i32): void => {
  store32(job, COLLECTOR_PHASE, phase);
  store32(job, COLLECTOR_TRIES, 0);
};

/** Waits once for a word of the job to move on from `before`. Returns 1 when that has taken too often. */
const waitedEnough = (job: i32, word: i32, before: i32): boolean => {
  wait32(job, word, before, END_MICROSECONDS);
  countUp(job, COLLECTOR_TRIES);
  return load32(job, COLLECTOR_TRIES) > END_TRIES;
};

/** All answers are there, or no more will come: first the alerts end. */
const stopAlerts = (job: i32): void => {
  store32(job, COLLECTOR_ELAPSED_MICROS, (timeMicros32() - load32(job, COLLECTOR_STARTED_MICROS)) | 0);
  storeRelease32(job, COLLECTOR_STOP, 1); // [stop]
  notify32(job, COLLECTOR_STOP, 1);
  enterPhase(job, PHASE_STOP_ALERTS);
};

/** What is left in the completion queue although every vector has its answer. */
const drain = (job: i32): void => {
  const space = jobSpace(job, SPACE_CLIENT);
  const place = load32(job, JOB_SENSOR_CAP);
  const entry = (job + COLLECTOR_ENTRY) | 0;
  let status = capReap(space, place, entry, COMPLETION_BYTES);
  while (status >= 0) {
    keepAnswer(job);
    status = capReap(space, place, entry, COMPLETION_BYTES);
  }
  if (status !== STATUS_EMPTY) machineHalt('collector: drain', status);
};

/** One completion, or one step towards the end. Returns 0 when all roles but this one have ended. */
export const collectorStep = (job: i32): i32 => {
  const phase = load32(job, COLLECTOR_PHASE);
  if (phase === PHASE_REAP) {
    if (reap(job) === 0) {
      storeSequential32(job, COLLECTOR_GAVE_UP, 1); // [credit]
      wakeSensor(job);
      stopAlerts(job);
    } else if (load32(job, COLLECTOR_COMPLETED) === load32(job, JOB_RECORDS)) {
      stopAlerts(job);
    }
    return 1;
  }
  if (phase === PHASE_STOP_ALERTS) {
    if (loadAcquire32(job, ALERTS_STOPPED) !== 0 || waitedEnough(job, ALERTS_STOPPED, 0)) { // [stop]
      const status = capQueueClose(jobSpace(job, SPACE_CLIENT), load32(job, JOB_QUEUE_CAP));
      if (status < 0) machineHalt('collector: close', status);
      enterPhase(job, PHASE_END_CLASSIFIERS);
    }
    return 1;
  }
  const ended = loadAcquire32(job, CLASSIFIERS_ENDED); // [roles]
  if (ended < CLASSIFIER_COUNT && !waitedEnough(job, CLASSIFIERS_ENDED, ended)) return 1;
  drain(job);
  return 0;
};
