/**
 * Who may do what: the regions, the queue, and of each task the capabilities it needs, in a space of its own.
 *
 *   boot: system, regions ──► input ──── read ──────────► client (sensor and collector)
 *                             vectors ── read, write ───► client
 *                                     └─ read ──────────► each classifier
 *                             queues ──► queue ── write, badge ──► a place for the sensor, the alerts, the wrong sender
 *                                              ├─ read ──────────► a place for each classifier
 *                                              └─ revoke ────────► client: the collector closes it
 *
 * Role: setup, once; then the boot task gives up all that it holds, and nobody can make, pass on or take back anything any more.
 * Memory: region table, system, spaces, the regions' own; the arena. Units: bytes.
 * Fails: EXIT_REFUSED for too little memory; a kernel status that cannot be stops everything.
 * Elsewhere: what is left then is printed by rights.ts. Checked by: test/programs/access.test.ts.
 */
import { fillBytes, load32, machineHalt, store32 } from '#machine';
import {
  CAP_REGIONS, CAP_ROOT, CAP_SYSTEM, capAttachReceiver, capAttachSender, capDrop, capGrant, capQueueCreate, capRecover,
  capRegionAddress, capRegionCreate, capRevoke, capSpaceCreate, capSystemBytes, capSystemCreate,
} from '../kernel/capability.ts';
import {
  CONFIG_BYTES, CONFIG_COMPLETIONS, CONFIG_MAX_MESSAGE_BYTES, CONFIG_RECEIVERS, CONFIG_RING_SIZE, CONFIG_SCHEMA,
  CONFIG_SCHEMA_MODE, CONFIG_SCHEMA_PROGRAM, CONFIG_SENDERS, LINE_BYTES, POLICY_APPEND_ONLY, POLICY_IMMUTABLE, POLICY_SLAB,
  QUEUE_COMPLETION_QUEUES, QUEUE_COMPLETION_STRIDE_BYTES, RIGHT_GRANT, RIGHT_READ, RIGHT_REVOKE, RIGHT_WRITE, SCHEMA_FULL,
  SPACE_BYTES, SPACE_CAPABILITIES,
} from '../kernel/layout.ts';
import { queueBytes } from '../kernel/queue.ts';
import { regionTableBytes, regionTableCreate } from '../kernel/region.ts';
import { arenaTable, arenaTimes } from './arena.ts';
import {
  BADGE_ALERTS, BADGE_SENSOR, BADGE_WRONG, CLASSIFIER_CAP, CLASSIFIER_COUNT, CLASSIFIER_VECTORS_CAP, EXIT_OK, JOB_ALERT_CAP,
  JOB_COMPLETION_QUEUE, JOB_CONFIG, JOB_DIMENSION, JOB_INPUT_BASE, JOB_INPUT_BYTES, JOB_INPUT_CAP, JOB_MESSAGE_BYTES,
  JOB_PROGRAM, JOB_QUEUE, JOB_QUEUE_BYTES, JOB_QUEUE_CAP, JOB_RECORDS, JOB_REGIONS, JOB_ROOT, JOB_SCRATCH, JOB_SENSOR_CAP,
  JOB_SPACES, JOB_STRIDE_BYTES, JOB_SYSTEM, JOB_VECTORS_BASE, JOB_VECTORS_BYTES, JOB_VECTORS_CAP, REGION_TABLE_COUNT,
  SENDER_COUNT, SENDER_SENSOR, SPACE_ALERTS, SPACE_CLASSIFIER, SPACE_CLIENT, SPACE_COUNT, SPACE_WRONG, WORK_COMPLETIONS,
  WORK_MESSAGE_BYTES, WORK_RING_SLOTS, WRONG_CAP, WRONG_SCRATCH_CAP, jobClassifier, jobSpace,
} from './job.ts';
import { WORK_PROGRAM_BYTES, WORK_SCHEMA, storeWorkProgram } from './messages.ts';
import { rightsHeld } from './rights.ts';
import { workVectorBytes, workVectorStride } from './work.ts';
import { wrongAttempts, wrongRevoked } from './wrong.ts';

/** What the kernel returned, which cannot be negative if this program is right. */
const must = (value: i32): i32 => {
  if (value < 0) machineHalt('access: kernel status', value);
  return value;
};

/** The configuration of the work queue: every message, descriptor or not, is validated. */
const configFill = (job: i32): void => {
  const config = load32(job, JOB_CONFIG);
  storeWorkProgram(load32(job, JOB_PROGRAM));
  fillBytes(config, CONFIG_BYTES, 0);
  store32(config, CONFIG_RING_SIZE, WORK_RING_SLOTS);
  store32(config, CONFIG_MAX_MESSAGE_BYTES, WORK_MESSAGE_BYTES);
  store32(config, CONFIG_SCHEMA, WORK_SCHEMA);
  store32(config, CONFIG_SCHEMA_PROGRAM, load32(job, JOB_PROGRAM));
  store32(config, CONFIG_SCHEMA_MODE, SCHEMA_FULL);
  store32(config, CONFIG_SENDERS, SENDER_COUNT);
  store32(config, CONFIG_RECEIVERS, CLASSIFIER_COUNT);
  store32(config, CONFIG_COMPLETIONS, WORK_COMPLETIONS);
};

/** Takes all the memory, or refuses an input that needs more than there is. */
const takeMemory = (job: i32): i32 => {
  const dimension = load32(job, JOB_DIMENSION);
  const stride = workVectorStride(dimension);
  const vectors = arenaTimes(load32(job, JOB_RECORDS), stride);
  store32(job, JOB_MESSAGE_BYTES, workVectorBytes(dimension));
  store32(job, JOB_STRIDE_BYTES, stride);
  store32(job, JOB_VECTORS_BYTES, vectors);
  let refused = arenaTable(job, JOB_REGIONS, must(regionTableBytes(REGION_TABLE_COUNT)));
  if (refused === EXIT_OK) refused = arenaTable(job, JOB_SYSTEM, capSystemBytes());
  if (refused === EXIT_OK) refused = arenaTable(job, JOB_SPACES, SPACE_BYTES * SPACE_COUNT);
  if (refused === EXIT_OK) refused = arenaTable(job, JOB_CONFIG, CONFIG_BYTES);
  if (refused === EXIT_OK) refused = arenaTable(job, JOB_PROGRAM, WORK_PROGRAM_BYTES);
  if (refused === EXIT_OK) refused = arenaTable(job, JOB_SCRATCH, LINE_BYTES);
  if (refused !== EXIT_OK) return refused;
  configFill(job);
  store32(job, JOB_QUEUE_BYTES, must(queueBytes(load32(job, JOB_CONFIG))));
  refused = arenaTable(job, JOB_QUEUE, load32(job, JOB_QUEUE_BYTES));
  return refused === EXIT_OK ? arenaTable(job, JOB_VECTORS_BASE, vectors) : refused;
};

/** Makes a region of the memory whose address is in a word of the job. Returns the boot task's capability to it. */
const makeRegion = (job: i32, policy: i32, base: i32, bytes: i32): i32 =>
  must(capRegionCreate(load32(job, JOB_ROOT), CAP_REGIONS, policy, load32(job, base), bytes));

/** Makes the space of number SPACE_*. Returns the boot task's capability to it. */
const makeSpace = (job: i32, number: i32): i32 =>
  must(capSpaceCreate(load32(job, JOB_ROOT), CAP_SYSTEM, jobSpace(job, number), SPACE_BYTES));

/** Passes a capability of the boot task on to a space. Returns it there. */
const give = (job: i32, cap: i32, space: i32, rights: i32, badge: i32): i32 =>
  must(capGrant(load32(job, JOB_ROOT), cap, space, rights, badge));

/** A place as sender for the task of a space, which then keeps the place only. */
const senderPlace = (job: i32, number: i32, space: i32, queue: i32, badge: i32, submits: i32): i32 => {
  const writes = give(job, queue, space, RIGHT_WRITE, badge);
  const place = must(capAttachSender(jobSpace(job, number), writes, WORK_SCHEMA, submits));
  must(capDrop(jobSpace(job, number), writes));
  return place;
};

/** Sensor and collector: from the input to the vectors, to the queue, and in the end closing it. */
const clientMake = (job: i32, input: i32, vectors: i32, queue: i32): void => {
  const space = makeSpace(job, SPACE_CLIENT);
  store32(job, JOB_INPUT_CAP, give(job, input, space, RIGHT_READ, 0));
  store32(job, JOB_VECTORS_CAP, give(job, vectors, space, RIGHT_READ | RIGHT_WRITE, 0));
  store32(job, JOB_QUEUE_CAP, give(job, queue, space, RIGHT_REVOKE, BADGE_SENSOR));
  store32(job, JOB_SENSOR_CAP, senderPlace(job, SPACE_CLIENT, space, queue, BADGE_SENSOR, 1));
};

const alertsMake = (job: i32, queue: i32): void => {
  const space = makeSpace(job, SPACE_ALERTS);
  store32(job, JOB_ALERT_CAP, senderPlace(job, SPACE_ALERTS, space, queue, BADGE_ALERTS, 0));
};

const classifierMake = (job: i32, number: i32, vectors: i32, queue: i32): void => {
  const own = (SPACE_CLASSIFIER + number) | 0;
  const classifier = jobClassifier(job, number);
  const space = makeSpace(job, own);
  const reads = give(job, queue, space, RIGHT_READ, 0);
  store32(classifier, CLASSIFIER_CAP, must(capAttachReceiver(jobSpace(job, own), reads)));
  must(capDrop(jobSpace(job, own), reads));
  store32(classifier, CLASSIFIER_VECTORS_CAP, give(job, vectors, space, RIGHT_READ, 0));
};

/**
 * The wrong sender: what it has comes from a capability of the boot task that is for this alone, and ends with it. Its place is
 * taken back, and is the alerts' then.
 */
const wrongRun = (job: i32, scratch: i32, queue: i32): void => {
  const root = load32(job, JOB_ROOT);
  const space = makeSpace(job, SPACE_WRONG);
  const its = give(job, queue, CAP_ROOT, RIGHT_WRITE | RIGHT_GRANT | RIGHT_REVOKE, BADGE_WRONG);
  store32(job, WRONG_SCRATCH_CAP, give(job, scratch, space, RIGHT_READ | RIGHT_WRITE, 0));
  store32(job, WRONG_CAP, senderPlace(job, SPACE_WRONG, space, its, BADGE_WRONG, 0));
  wrongAttempts(job);
  must(capRevoke(root, its));
  wrongRevoked(job);
  must(capRecover(root, space));
};

/** The boot task gives up every capability it has. */
const giveUp = (root: i32): void => {
  for (let index = 0; index < SPACE_CAPABILITIES; index++) {
    const cap = rightsHeld(root, index);
    if (cap !== 0) must(capDrop(root, cap));
  }
};

/** Where the completions of the sensor's place are counted. */
const completionQueue = (queue: i32): i32 =>
  (load32(queue, QUEUE_COMPLETION_QUEUES) + Math.imul(SENDER_SENSOR, load32(queue, QUEUE_COMPLETION_STRIDE_BYTES))) | 0;

/** Makes everything that has rights. Returns EXIT_OK, or EXIT_REFUSED after one printed line. */
export const accessMake = (job: i32): i32 => {
  const refused = takeMemory(job);
  if (refused !== EXIT_OK) return refused;
  const tableBytes = must(regionTableBytes(REGION_TABLE_COUNT));
  const regions = must(regionTableCreate(load32(job, JOB_REGIONS), tableBytes, REGION_TABLE_COUNT));
  const root = must(capSystemCreate(load32(job, JOB_SYSTEM), capSystemBytes(), regions));
  store32(job, JOB_ROOT, root);
  const input = makeRegion(job, POLICY_IMMUTABLE, JOB_INPUT_BASE, load32(job, JOB_INPUT_BYTES));
  const vectors = makeRegion(job, POLICY_APPEND_ONLY, JOB_VECTORS_BASE, load32(job, JOB_VECTORS_BYTES));
  const slab = makeRegion(job, POLICY_SLAB, JOB_QUEUE, load32(job, JOB_QUEUE_BYTES));
  const scratch = makeRegion(job, POLICY_SLAB, JOB_SCRATCH, LINE_BYTES);
  const queue = must(capQueueCreate(root, slab, load32(job, JOB_CONFIG)));
  store32(job, JOB_COMPLETION_QUEUE, completionQueue(must(capRegionAddress(root, slab, 0, 0))));
  clientMake(job, input, vectors, queue);
  wrongRun(job, scratch, queue);
  alertsMake(job, queue);
  for (let number = 0; number < CLASSIFIER_COUNT; number++) classifierMake(job, number, vectors, queue);
  giveUp(root);
  return EXIT_OK;
};
