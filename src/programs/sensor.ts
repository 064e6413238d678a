/**
 * The sensor: announces each vector of the input, in order, by a descriptor.
 *
 * Role: one task. The vectors themselves lie in an Immutable region and are never copied. User data: the vector's index, and
 *   the microsecond at which it was sent.
 * Memory: the sensor line of the job. Order: [credit] the count of wake-ups is read before the send is tried. If the lane is
 *   full or the credit used up, more completions than one wake-up stands for are still to come, so the count will move, and
 *   compare and sleep are one step: no wake-up is lost.
 * Fails: any status but FULL and NO_CREDIT stops everything. Checked by: test/programs/roles.test.ts.
 */
import { load32, loadSequential32, machineHalt, store32, timeMicros32, wait32 } from '#machine';
import {
  DESCRIPTOR_FLAGS, DESCRIPTOR_LENGTH, DESCRIPTOR_OFFSET_HIGH, DESCRIPTOR_OFFSET_LOW, DESCRIPTOR_REGION, DESCRIPTOR_RESERVED,
  PRIORITY_NORMAL,
} from '../kernel/layout.ts';
import { queueSubmitDescriptor } from '../kernel/queue.ts';
import { STATUS_FULL, STATUS_NO_CREDIT } from '../kernel/status.ts';
import { VALUE_BYTES_SHIFT, vectorOffset } from './fvecs.ts';
import {
  COLLECTOR_GAVE_UP, COLLECTOR_WAKE, JOB_DIMENSION, JOB_RECORDS, JOB_SENSOR_SENDER, JOB_VECTORS_REGION, SENSOR_DESCRIPTOR,
  SENSOR_NEXT, SENSOR_WAITED,
} from './job.ts';

/** Sends the next vector, or sleeps until there is room again. Returns 0 when all are sent. */
export const sensorStep = (job: i32): i32 => {
  const index = load32(job, SENSOR_NEXT);
  if (index === load32(job, JOB_RECORDS) || loadSequential32(job, COLLECTOR_GAVE_UP) !== 0) return 0; // [credit]
  const descriptor = (job + SENSOR_DESCRIPTOR) | 0;
  store32(descriptor, DESCRIPTOR_REGION, load32(job, JOB_VECTORS_REGION));
  store32(descriptor, DESCRIPTOR_LENGTH, load32(job, JOB_DIMENSION) << VALUE_BYTES_SHIFT);
  store32(descriptor, DESCRIPTOR_OFFSET_LOW, vectorOffset(job, index));
  store32(descriptor, DESCRIPTOR_OFFSET_HIGH, 0);
  store32(descriptor, DESCRIPTOR_FLAGS, 0);
  store32(descriptor, DESCRIPTOR_RESERVED, 0);
  const wakes = loadSequential32(job, COLLECTOR_WAKE); // [credit]
  const status = queueSubmitDescriptor(load32(job, JOB_SENSOR_SENDER), PRIORITY_NORMAL, descriptor, index, timeMicros32());
  if (status === STATUS_FULL || status === STATUS_NO_CREDIT) {
    store32(job, SENSOR_WAITED, (load32(job, SENSOR_WAITED) + 1) | 0);
    wait32(job, COLLECTOR_WAKE, wakes, -1);
  } else if (status < 0) {
    machineHalt('sensor: submit', status);
  } else {
    store32(job, SENSOR_NEXT, (index + 1) | 0);
  }
  return 1;
};
