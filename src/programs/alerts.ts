/**
 * Alerts: Critical messages from a timer, which overtake all vectors that are queued.
 *
 * Role: natively a timer interrupt on the sensor's core, with a space and a sender of its own, so that it may come in the middle
 *   of anything, also of a send or receive of the task it interrupts; under Node a worker. One at a time.
 * Memory: the alert line of the job. Order: [alert] see inversion.ts; [stop] STOPPED is stored with release after the last
 *   send, and the collector, having seen it, closes the queue.
 * Units: microseconds. Fails: a send that fails for any other reason than a full lane stops everything.
 * Checked by: test/programs/roles.test.ts.
 */
import { load32, loadAcquire32, machineHalt, notify32, store32, storeRelease32, timeMicros32, wait32 } from '#machine';
import { capSend } from '../kernel/capability.ts';
import { PRIORITY_CRITICAL } from '../kernel/layout.ts';
import { STATUS_FULL } from '../kernel/status.ts';
import {
  ALERTS_REFUSED, ALERTS_SENT, ALERTS_STOPPED, ALERT_MESSAGE, ALERT_PERIOD_MICROSECONDS, COLLECTOR_STOP, JOB_ALERT_CAP,
  ROLES_AT_START, ROLES_STARTED, SPACE_ALERTS, jobSpace,
} from './job.ts';
import { ACTION_LOG, ACTION_WAKE, WORK_ALERT_BYTES, workAlertWrite } from './work.ts';

/** Sends one alert, unless the roles have not started yet or the collector wants no more. */
export const alertsTick = (job: i32): void => {
  if (loadAcquire32(job, ROLES_STARTED) < ROLES_AT_START) return; // [roles]
  if (loadAcquire32(job, COLLECTOR_STOP) !== 0) { // [stop]
    storeRelease32(job, ALERTS_STOPPED, 1); // [stop]
    notify32(job, ALERTS_STOPPED, 1);
    return;
  }
  const number = load32(job, ALERTS_SENT);
  const message = (job + ALERT_MESSAGE) | 0;
  workAlertWrite(message, number, timeMicros32(), ACTION_LOG | ACTION_WAKE);
  const place = load32(job, JOB_ALERT_CAP);
  const status = capSend(jobSpace(job, SPACE_ALERTS), place, PRIORITY_CRITICAL, message, WORK_ALERT_BYTES);
  if (status === STATUS_FULL) store32(job, ALERTS_REFUSED, (load32(job, ALERTS_REFUSED) + 1) | 0);
  else if (status < 0) machineHalt('alerts: send', status);
  else storeRelease32(job, ALERTS_SENT, (number + 1) | 0); // [alert]
};

/** Where there is no timer interrupt: one period, then a tick. Returns 0 when there is no more to do. */
export const alertsStep = (job: i32): i32 => {
  wait32(job, COLLECTOR_STOP, 0, ALERT_PERIOD_MICROSECONDS);
  alertsTick(job);
  return load32(job, ALERTS_STOPPED) === 0 ? 1 : 0;
};
