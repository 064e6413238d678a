/**
 * Which function is which role, and how a role begins and ends: the same on every target.
 *
 * Role: a task (natively) or a worker (Node) calls roleBegin, then roleStep until it returns 0, then roleEnd. A step blocks in
 *   the queue or on a word of the job, never spins, and handles at most one message, so tasks that share a core take turns
 *   between steps.
 * Memory: the role line of the job. Order: [roles] counts are moved by read-modify-writes and read with acquire: who sees a
 *   role ended sees all that it did.
 * Fails: an unknown role stops everything. Checked by: test/programs/roles.test.ts.
 */
import { fetchAdd32, loadAcquire32, machineHalt, notify32, store32, timeMicros32, wait32 } from '#machine';
import { alertsStep } from './alerts.ts';
import { classifierStep } from './classifier.ts';
import { collectorStep } from './collector.ts';
import {
  CLASSIFIERS_ENDED, CLASSIFIER_COUNT, COLLECTOR_STARTED_MICROS, ROLES_AT_START, ROLES_ENDED, ROLES_STARTED, ROLE_ALERTS,
  ROLE_CLASSIFIER, ROLE_COLLECTOR, ROLE_SENSOR,
} from './job.ts';
import { sensorStep } from './sensor.ts';

const EVERYBODY = 32;

const isClassifier = (role: i32): boolean => role >= ROLE_CLASSIFIER && role < ROLE_CLASSIFIER + CLASSIFIER_COUNT;

/** Waits until all roles are there: the first message's latency is not that of starting a task. */
export const roleBegin = (job: i32, role: i32): void => {
  if (role === ROLE_ALERTS) return;
  fetchAdd32(job, ROLES_STARTED, 1); // [roles]
  notify32(job, ROLES_STARTED, EVERYBODY);
  let started = loadAcquire32(job, ROLES_STARTED); // [roles]
  while (started < ROLES_AT_START) {
    wait32(job, ROLES_STARTED, started, -1);
    started = loadAcquire32(job, ROLES_STARTED); // [roles]
  }
  if (role === ROLE_COLLECTOR) store32(job, COLLECTOR_STARTED_MICROS, timeMicros32());
};

/** One step. Returns 0 when the role has no more to do. */
export const roleStep = (job: i32, role: i32): i32 => {
  if (isClassifier(role)) return classifierStep(job, (role - ROLE_CLASSIFIER) | 0);
  switch (role) {
    case ROLE_SENSOR:
      return sensorStep(job);
    case ROLE_COLLECTOR:
      return collectorStep(job);
    case ROLE_ALERTS:
      return alertsStep(job);
    default:
      machineHalt('roles: no such role', role);
      return 0;
  }
};

export const roleEnd = (job: i32, role: i32): void => {
  if (isClassifier(role)) {
    fetchAdd32(job, CLASSIFIERS_ENDED, 1); // [roles]
    notify32(job, CLASSIFIERS_ENDED, EVERYBODY);
  }
  fetchAdd32(job, ROLES_ENDED, 1); // [roles]
  notify32(job, ROLES_ENDED, EVERYBODY);
};

/**
 * The core on which a role runs. With four or more the sensor and its timer, each classifier and the collector have one of
 *   their own; with fewer the classifiers, who have nearly all the work, are kept apart as long as there are two.
 */
export const roleCore = (role: i32, cores: i32): i32 => {
  if (cores <= 1 || role === ROLE_SENSOR) return 0;
  if (isClassifier(role)) return cores === 2 ? (role - ROLE_CLASSIFIER) | 0 : (role - ROLE_CLASSIFIER + 1) | 0;
  if (role === ROLE_COLLECTOR) return cores === 2 ? 1 : cores === 3 ? 0 : 3;
  return 0;
};
