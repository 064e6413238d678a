/**
 * The sensor: makes a message of each vector of the input, in order, in the region of the vectors, and sends its descriptor.
 *
 * Role: one task, in the client's space. A vector is written once, where the classifiers read it: reserved, written, committed,
 *   and from then on nobody changes it. The queue looks at it there before it lets the descriptor in. User data: the vector's
 *   index, and the microsecond at which it was sent.
 * Memory: the sensor line of the job. Order: [credit] the count of wake-ups is read before the send is tried. If the lane is
 *   full or the credit used up, more completions than one wake-up stands for are still to come, so the count will move, and
 *   compare and sleep are one step: no wake-up is lost.
 * Fails: any status of a send but FULL and NO_CREDIT, and any of the regions, stops everything.
 * Checked by: test/programs/roles.test.ts.
 */
import { load32, loadSequential32, machineHalt, store32, timeMicros32, wait32 } from '#machine';
import { capRegionAddress, capRegionCommit, capRegionReserve, capSubmitDescriptor } from '../kernel/capability.ts';
import {
  DESCRIPTOR_FLAGS, DESCRIPTOR_LENGTH, DESCRIPTOR_OFFSET_HIGH, DESCRIPTOR_OFFSET_LOW, DESCRIPTOR_REGION, DESCRIPTOR_RESERVED,
  PRIORITY_NORMAL,
} from '../kernel/layout.ts';
import { STATUS_FULL, STATUS_NO_CREDIT } from '../kernel/status.ts';
import { VALUE_BYTES_SHIFT, vectorOffset } from './fvecs.ts';
import {
  COLLECTOR_GAVE_UP, COLLECTOR_WAKE, JOB_DIMENSION, JOB_INPUT_CAP, JOB_MESSAGE_BYTES, JOB_RECORDS, JOB_SENSOR_CAP,
  JOB_STRIDE_BYTES, JOB_VECTORS_CAP, SENSOR_APPENDED, SENSOR_DESCRIPTOR, SENSOR_NEXT, SENSOR_WAITED, SPACE_CLIENT, jobSpace,
} from './job.ts';
import { workVectorWrite } from './work.ts';

/** Appends vector number `index` to the region, and fills its descriptor. */
const sensorAppend = (job: i32, space: i32, index: i32): void => {
  const dimension = load32(job, JOB_DIMENSION);
  const vectors = load32(job, JOB_VECTORS_CAP);
  const values = capRegionAddress(space, load32(job, JOB_INPUT_CAP), vectorOffset(job, index), dimension << VALUE_BYTES_SHIFT);
  if (values < 0) machineHalt('sensor: input', values);
  const room = capRegionReserve(space, vectors, load32(job, JOB_STRIDE_BYTES));
  if (room < 0) machineHalt('sensor: reserve', room);
  workVectorWrite(room, values, dimension);
  const offset = capRegionCommit(space, vectors, room);
  if (offset < 0) machineHalt('sensor: commit', offset);
  const descriptor = (job + SENSOR_DESCRIPTOR) | 0;
  store32(descriptor, DESCRIPTOR_REGION, vectors);
  store32(descriptor, DESCRIPTOR_LENGTH, load32(job, JOB_MESSAGE_BYTES));
  store32(descriptor, DESCRIPTOR_OFFSET_LOW, offset);
  store32(descriptor, DESCRIPTOR_OFFSET_HIGH, 0);
  store32(descriptor, DESCRIPTOR_FLAGS, 0);
  store32(descriptor, DESCRIPTOR_RESERVED, 0);
  store32(job, SENSOR_APPENDED, (index + 1) | 0);
};

/** Sends the next vector, or sleeps until there is room again. Returns 0 when all are sent. */
export const sensorStep = (job: i32): i32 => {
  const index = load32(job, SENSOR_NEXT);
  if (index === load32(job, JOB_RECORDS) || loadSequential32(job, COLLECTOR_GAVE_UP) !== 0) return 0; // [credit]
  const space = jobSpace(job, SPACE_CLIENT);
  if (load32(job, SENSOR_APPENDED) === index) sensorAppend(job, space, index);
  const descriptor = (job + SENSOR_DESCRIPTOR) | 0;
  const wakes = loadSequential32(job, COLLECTOR_WAKE); // [credit]
  const status = capSubmitDescriptor(space, load32(job, JOB_SENSOR_CAP), PRIORITY_NORMAL, descriptor, index, timeMicros32());
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
