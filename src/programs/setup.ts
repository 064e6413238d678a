/**
 * Making the job: checks the input, takes the memory, fills the references, makes regions and queue, attaches everybody.
 *
 * Role: the program, before any role runs: jobCreate, then the machine line, then jobPrepare.
 * Memory: all of the memory given: the job block at its start, the rest handed out upwards, line by line.
 *
 *   base  | job block | class starts | rows | answers | statistics | region table | work queue | ... end
 * Units: bytes. Fails: one printed line and EXIT_REFUSED for what the input or the memory is to blame for; a kernel status
 *   that cannot be stops everything. Checked by: test/programs/roles.test.ts, test/programs/run.test.ts.
 */
import { fillBytes, load32, machineHalt, store32 } from '#machine';
import {
  CONFIG_BYTES, CONFIG_COMPLETIONS, CONFIG_MAX_MESSAGE_BYTES, CONFIG_RECEIVERS, CONFIG_RING_SIZE, CONFIG_SCHEMA, CONFIG_SENDERS,
  CONFIG_START, LINE_BYTES, POLICY_IMMUTABLE, POLICY_SLAB, QUEUE_COMPLETION_QUEUES, QUEUE_COMPLETION_STRIDE_BYTES,
  STATISTICS_BYTES,
} from '../kernel/layout.ts';
import {
  queueAttachReceiver, queueAttachSender, queueAttachSubmitter, queueBytes, queueCompletions, queueCreate,
} from '../kernel/queue.ts';
import { regionCreate, regionTableBytes, regionTableCreate } from '../kernel/region.ts';
import { rowBytes, rowsFill } from './centroids.ts';
import { classesCount, classesFill } from './classes.ts';
import { inputCheck, refuseInput } from './fvecs.ts';
import {
  ANSWER_NONE, CLASSIFIER_COUNT, CLASSIFIER_RECEIVER, EXIT_OK, JOB_ALERT_SENDER, JOB_ANSWERS, JOB_ARENA_END, JOB_ARENA_NEXT,
  JOB_BYTES, JOB_CLASSES, JOB_CLASS_STARTS, JOB_COLLECTOR_RECEIVER, JOB_COMPLETION_QUEUE, JOB_DIMENSION, JOB_INPUT_BASE,
  JOB_INPUT_BYTES, JOB_QUEUE, JOB_QUEUE_REGION, JOB_RECORDS, JOB_REFERENCES, JOB_REGIONS, JOB_ROWS, JOB_ROW_BYTES,
  JOB_SENSOR_SENDER, JOB_STATISTICS, JOB_VECTORS_REGION, REFERENCE_COUNT_LIMIT, REGION_TABLE_COUNT, SENDER_COUNT,
  SENDER_SENSOR, WORK_COMPLETIONS, WORK_MESSAGE_BYTES, WORK_RING_SLOTS, WORK_SCHEMA, jobClassifier,
} from './job.ts';

const roundUpToLine = (value: i32): i32 => (value + LINE_BYTES - 1) & (0 - LINE_BYTES);

/** Makes an empty job block at the start of the memory given, which nobody else uses. Returns its address, or 0: too small. */
export const jobCreate = (base: i32, bytes: i32): i32 => {
  const job = roundUpToLine(base);
  const end = (base + bytes) | 0;
  if (JOB_BYTES > ((end - job) | 0)) return 0;
  fillBytes(job, JOB_BYTES, 0);
  store32(job, JOB_ARENA_NEXT, roundUpToLine((job + JOB_BYTES) | 0));
  store32(job, JOB_ARENA_END, end);
  return job;
};

/** Takes line-aligned memory. Returns its address, or 0 if there is not so much left. */
const arenaTake = (job: i32, bytes: i32): i32 => {
  const at = load32(job, JOB_ARENA_NEXT);
  const left = (load32(job, JOB_ARENA_END) - at) | 0;
  if (bytes < 0 || left < 0 || bytes > ((left - LINE_BYTES) | 0)) return 0;
  store32(job, JOB_ARENA_NEXT, roundUpToLine((at + bytes) | 0));
  return at;
};

/** Takes memory for a table of the job. Returns EXIT_OK, or refuses an input that needs more than there is. */
const arenaTable = (job: i32, word: i32, bytes: i32): i32 => {
  const at = arenaTake(job, bytes);
  if (at === 0) return refuseInput(job, 'beside the input the job needs ', bytes, ' bytes more memory than there is (MEMORY=)');
  store32(job, word, at);
  return EXIT_OK;
};

/** Takes the memory that grows with the input, and fills it. */
const makeTables = (job: i32): i32 => {
  const records = load32(job, JOB_RECORDS);
  const classes = load32(job, JOB_CLASSES);
  const first = records < REFERENCE_COUNT_LIMIT ? records : REFERENCE_COUNT_LIMIT;
  const references = classes !== 0 ? classes : first;
  const row = rowBytes(load32(job, JOB_DIMENSION));
  store32(job, JOB_REFERENCES, references);
  store32(job, JOB_ROW_BYTES, row);
  let refused = arenaTable(job, JOB_CLASS_STARTS, (classes << 2) + 4 | 0);
  if (refused === EXIT_OK) refused = arenaTable(job, JOB_ROWS, Math.imul(row, references));
  if (refused === EXIT_OK) refused = arenaTable(job, JOB_ANSWERS, records);
  if (refused === EXIT_OK) refused = arenaTable(job, JOB_STATISTICS, STATISTICS_BYTES);
  if (refused !== EXIT_OK) return refused;
  if (classes !== 0) classesFill(job);
  rowsFill(job);
  fillBytes(load32(job, JOB_ANSWERS), records, ANSWER_NONE);
  return EXIT_OK;
};

/** What the kernel returned, which cannot be negative if this program is right. */
const must = (value: i32): i32 => {
  if (value < 0) machineHalt('setup: kernel status', value);
  return value;
};

/** Makes the regions and the queue, and attaches the roles. */
const makeQueue = (job: i32): i32 => {
  const config = arenaTake(job, CONFIG_BYTES);
  const tableBytes = must(regionTableBytes(REGION_TABLE_COUNT));
  const table = arenaTake(job, tableBytes);
  if (config === 0 || table === 0) {
    return refuseInput(job, 'beside the input the job needs ', tableBytes, ' bytes more memory than there is (MEMORY=)');
  }
  fillBytes(config, CONFIG_BYTES, 0);
  store32(config, CONFIG_RING_SIZE, WORK_RING_SLOTS);
  store32(config, CONFIG_MAX_MESSAGE_BYTES, WORK_MESSAGE_BYTES);
  store32(config, CONFIG_SCHEMA, WORK_SCHEMA);
  store32(config, CONFIG_SENDERS, SENDER_COUNT);
  store32(config, CONFIG_RECEIVERS, CLASSIFIER_COUNT);
  store32(config, CONFIG_COMPLETIONS, WORK_COMPLETIONS);
  store32(config, CONFIG_START, 0);
  const bytes = must(queueBytes(config));
  const memory = arenaTake(job, bytes);
  if (memory === 0) {
    return refuseInput(job, 'beside the input the job needs ', bytes, ' bytes more memory than there is (MEMORY=)');
  }
  const regions = must(regionTableCreate(table, tableBytes, REGION_TABLE_COUNT));
  const slab = must(regionCreate(regions, POLICY_SLAB, memory, bytes));
  const vectors = must(regionCreate(regions, POLICY_IMMUTABLE, load32(job, JOB_INPUT_BASE), load32(job, JOB_INPUT_BYTES)));
  const queue = must(queueCreate(regions, slab, config));
  store32(job, JOB_REGIONS, regions);
  store32(job, JOB_QUEUE_REGION, slab);
  store32(job, JOB_VECTORS_REGION, vectors);
  store32(job, JOB_QUEUE, queue);
  // In the order of SENDER_SENSOR, SENDER_ALERTS: the place is the sender's number.
  const sensor = must(queueAttachSubmitter(queue, WORK_SCHEMA));
  store32(job, JOB_SENSOR_SENDER, sensor);
  store32(job, JOB_ALERT_SENDER, must(queueAttachSender(queue, WORK_SCHEMA)));
  store32(job, JOB_COLLECTOR_RECEIVER, must(queueCompletions(sensor)));
  const stride = load32(queue, QUEUE_COMPLETION_STRIDE_BYTES);
  store32(job, JOB_COMPLETION_QUEUE, (load32(queue, QUEUE_COMPLETION_QUEUES) + Math.imul(SENDER_SENSOR, stride)) | 0);
  for (let number = 0; number < CLASSIFIER_COUNT; number++) {
    store32(jobClassifier(job, number), CLASSIFIER_RECEIVER, must(queueAttachReceiver(queue)));
  }
  return EXIT_OK;
};

/** Checks everything and makes everything. Returns EXIT_OK, or EXIT_REFUSED after one printed line. */
export const jobPrepare = (job: i32): i32 => {
  let refused = inputCheck(job);
  if (refused === EXIT_OK) refused = classesCount(job);
  if (refused === EXIT_OK) refused = makeTables(job);
  if (refused === EXIT_OK) refused = makeQueue(job);
  return refused;
};
