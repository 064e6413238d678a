/**
 * What the roles of the main job did, as events: which message went into which channel, and which came out.
 *
 * Role: classify.ts, around each step of a role on bare metal. The roles, which run under Node too, know nothing of it.
 * Memory: reads the job. Units: microseconds. Fails: never.
 * Channels: 0 the sensor's vectors, 1 the alerts, 2 the completions of vectors; messages are numbered by vector or alert.
 * Checked by: test/pi/events.test.ts
 */
import { load32 } from '#machine';
import { COMPLETION_USER_LOW } from '../kernel/layout.ts';
import { boardEvent, boardEventAt, EVENT_RECEIVE, EVENT_REVOKE, EVENT_SEND } from '../board/board.ts';
import {
  ALERTS_SENT, CLASSIFIER_ALERTS, CLASSIFIER_COUNT, CLASSIFIER_NEXT_ALERT, CLASSIFIER_NEXT_VECTOR, CLASSIFIER_RECEIVED_MICROS,
  CLASSIFIER_VECTORS, COLLECTOR_ENTRY, COLLECTOR_REAPED, ROLE_CLASSIFIER, ROLE_COLLECTOR, ROLE_SENSOR, SENSOR_NEXT, WRONG_CAP,
  jobClassifier,
} from './job.ts';

const CHANNEL_VECTORS = 0;
const CHANNEL_ALERTS = 1;
const CHANNEL_COMPLETIONS = 2;

const isClassifier = (role: i32): boolean => role >= ROLE_CLASSIFIER && role < ROLE_CLASSIFIER + CLASSIFIER_COUNT;

/** How many messages the role has handled; grows by one with each. A classifier's alerts count in the upper half. */
export const traceCount = (job: i32, role: i32): i32 => {
  if (role === ROLE_SENSOR) return load32(job, SENSOR_NEXT);
  if (role === ROLE_COLLECTOR) return load32(job, COLLECTOR_REAPED);
  if (!isClassifier(role)) return 0;
  const classifier = jobClassifier(job, (role - ROLE_CLASSIFIER) | 0);
  return (load32(classifier, CLASSIFIER_VECTORS) + (load32(classifier, CLASSIFIER_ALERTS) << 16)) | 0;
};

const traceClassifier = (classifier: i32, grown: i32): void => {
  const received = load32(classifier, CLASSIFIER_RECEIVED_MICROS);
  if (grown !== 1) {
    boardEventAt(EVENT_RECEIVE, CHANNEL_ALERTS, (load32(classifier, CLASSIFIER_NEXT_ALERT) - 1) | 0, received);
    return;
  }
  const index = (load32(classifier, CLASSIFIER_NEXT_VECTOR) - 1) | 0;
  boardEventAt(EVENT_RECEIVE, CHANNEL_VECTORS, index, received);
  boardEvent(EVENT_SEND, CHANNEL_COMPLETIONS, index);
};

/** After a step that began at `began`, with `before` messages handled until then. */
export const traceStep = (job: i32, role: i32, before: i32, began: i32): void => {
  const grown = (traceCount(job, role) - before) | 0;
  if (grown === 0) return;
  if (role === ROLE_SENSOR) boardEventAt(EVENT_SEND, CHANNEL_VECTORS, (load32(job, SENSOR_NEXT) - 1) | 0, began);
  else if (role === ROLE_COLLECTOR) {
    boardEvent(EVENT_RECEIVE, CHANNEL_COMPLETIONS, load32((job + COLLECTOR_ENTRY) | 0, COMPLETION_USER_LOW));
  } else traceClassifier(jobClassifier(job, (role - ROLE_CLASSIFIER) | 0), grown);
};

/** Once the job is made: the capability that was taken back from the wrong sender. */
export const traceRevoke = (job: i32): void => boardEvent(EVENT_REVOKE, 0, load32(job, WRONG_CAP));

/** Around a tick of the alerts, in the timer's interrupt. */
export const traceAlerts = (job: i32, before: i32): void => {
  if (load32(job, ALERTS_SENT) !== before) boardEvent(EVENT_SEND, CHANNEL_ALERTS, before);
};
