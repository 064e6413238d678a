/**
 * The deliberately wrong sender: a client of the work queue that tries what it may not, and is refused.
 *
 *   0 schema      an alert with a flag that its type does not have
 *   1 policy      a right message in a Slab region, named by a descriptor: its owner could rewrite it once it was checked
 *   2 capability  a right alert by the sensor's capability, which in this space means nothing
 *   3 capability  a right alert by its own capability, which has been revoked
 *
 * Role: setup, in the wrong sender's space, before any role runs. Whatever got through would reach a classifier with the badge
 *   BADGE_WRONG, and is reported. Memory: its line of the job, its Slab region. Units: none.
 * Fails: never: being refused is what it is for. Checked by: test/programs/wrong.test.ts.
 */
import { load32, store32 } from '#machine';
import { REFUSED_BYTE, capRefused, capRegionAddress, capSend, capSendDescriptor } from '../kernel/capability.ts';
import {
  DESCRIPTOR_FLAGS, DESCRIPTOR_LENGTH, DESCRIPTOR_OFFSET_HIGH, DESCRIPTOR_OFFSET_LOW, DESCRIPTOR_REGION, DESCRIPTOR_RESERVED,
  PRIORITY_CRITICAL,
} from '../kernel/layout.ts';
import { queueRefusals } from '../kernel/queue.ts';
import { REASON_BITS, REASON_COUNT_OF } from '../kernel/schema/program.ts';
import { STATUS_INVALID_MESSAGE, STATUS_NO_CAPABILITY, STATUS_POLICY } from '../kernel/status.ts';
import {
  JOB_QUEUE, JOB_SENSOR_CAP, SPACE_WRONG, WRONG_ATTEMPTS, WRONG_BYTE, WRONG_CAP, WRONG_DESCRIPTOR, WRONG_SCRATCH_CAP,
  WRONG_STATUS, jobSpace,
} from './job.ts';
import { printEnd, printSigned, printText, printUnsigned } from './print.ts';
import { ACTION_LOG, ACTION_UNDEFINED, WORK_ALERT_BYTES, workAlertExplain, workAlertWrite } from './work.ts';

const wrongStatus = (job: i32, attempt: i32): i32 => load32(job, (WRONG_STATUS + (attempt << 2)) | 0);

const wrongNote = (job: i32, attempt: i32, status: i32): void => store32(job, (WRONG_STATUS + (attempt << 2)) | 0, status);

/** Sends an alert with these actions by the capability given. */
const sendAlert = (job: i32, cap: i32, actions: i32): i32 => {
  const space = jobSpace(job, SPACE_WRONG);
  const message = capRegionAddress(space, load32(job, WRONG_SCRATCH_CAP), 0, WORK_ALERT_BYTES);
  workAlertWrite(message, 0, 0, actions);
  return capSend(space, cap, PRIORITY_CRITICAL, message, WORK_ALERT_BYTES);
};

/** Sends a descriptor of a right message, where the message lies in a Slab. */
const sendSlab = (job: i32): i32 => {
  const space = jobSpace(job, SPACE_WRONG);
  const scratch = load32(job, WRONG_SCRATCH_CAP);
  const descriptor = (job + WRONG_DESCRIPTOR) | 0;
  workAlertWrite(capRegionAddress(space, scratch, 0, WORK_ALERT_BYTES), 0, 0, ACTION_LOG);
  store32(descriptor, DESCRIPTOR_REGION, scratch);
  store32(descriptor, DESCRIPTOR_LENGTH, WORK_ALERT_BYTES);
  store32(descriptor, DESCRIPTOR_OFFSET_LOW, 0);
  store32(descriptor, DESCRIPTOR_OFFSET_HIGH, 0);
  store32(descriptor, DESCRIPTOR_FLAGS, 0);
  store32(descriptor, DESCRIPTOR_RESERVED, 0);
  return capSendDescriptor(space, load32(job, WRONG_CAP), PRIORITY_CRITICAL, descriptor);
};

/** What it tries while it has a place in the queue. */
export const wrongAttempts = (job: i32): void => {
  const place = load32(job, WRONG_CAP);
  wrongNote(job, 0, sendAlert(job, place, ACTION_LOG | ACTION_UNDEFINED));
  store32(job, WRONG_BYTE, capRefused(jobSpace(job, SPACE_WRONG), place, REFUSED_BYTE));
  wrongNote(job, 1, sendSlab(job));
  wrongNote(job, 2, sendAlert(job, load32(job, JOB_SENSOR_CAP), ACTION_LOG));
};

/** And once that has been revoked. */
export const wrongRevoked = (job: i32): void => wrongNote(job, 3, sendAlert(job, load32(job, WRONG_CAP), ACTION_LOG));

/** How an attempt must end. */
const wrongExpected = (attempt: i32): i32 => {
  if (attempt === 0) return STATUS_INVALID_MESSAGE;
  return attempt === 1 ? STATUS_POLICY : STATUS_NO_CAPABILITY;
};

/** Attempts that ended with this status. */
export const wrongCount = (job: i32, status: i32): i32 => {
  let count = 0;
  for (let attempt = 0; attempt < WRONG_ATTEMPTS; attempt++) {
    if (wrongStatus(job, attempt) === status) count = (count + 1) | 0;
  }
  return count;
};

/** Whether each attempt was refused as it must be, and the schema's refusal is counted, under its reason and no other. */
export const wrongWasRefused = (job: i32): boolean => {
  for (let attempt = 0; attempt < WRONG_ATTEMPTS; attempt++) {
    if (wrongStatus(job, attempt) !== wrongExpected(attempt)) return false;
  }
  for (let reason = 1; reason < REASON_COUNT_OF; reason++) {
    if (queueRefusals(load32(job, JOB_QUEUE), reason) !== (reason === REASON_BITS ? 1 : 0)) return false;
  }
  return true;
};

/** One line for an attempt. */
const wrongLine = (job: i32, attempt: i32): void => {
  const isRefused = wrongStatus(job, attempt) === wrongExpected(attempt);
  if (isRefused) printText('  refused   ');
  else printText('  NOT SO    ');
  switch (attempt) {
    case 0: printText('schema: '); break;
    case 1: printText('policy: a descriptor into a Slab, which its owner could rewrite'); break;
    case 2: printText("capability: the sensor's, of another space"); break;
    default: printText('capability: its own, revoked');
  }
  if (attempt === 0) workAlertExplain(load32(job, WRONG_BYTE));
  if (!isRefused) {
    printText(', status ');
    printSigned(wrongStatus(job, attempt));
  }
  printEnd();
};

/** A line for each attempt. */
export const wrongPrint = (job: i32): void => {
  for (let attempt = 0; attempt < WRONG_ATTEMPTS; attempt++) wrongLine(job, attempt);
};

/** What the queue's schema has refused, from whomever, with the number of the reason (docs/typed-queues.md). */
export const wrongReasonsPrint = (job: i32): void => {
  for (let reason = 1; reason < REASON_COUNT_OF; reason++) {
    const count = queueRefusals(load32(job, JOB_QUEUE), reason);
    if (count !== 0) {
      printText(' ');
      printUnsigned(reason);
      printText(':');
      printUnsigned(count);
    }
  }
};
