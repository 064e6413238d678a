/**
 * The job block: everything that the roles of the main job share, in one piece of memory.
 *
 * Role: constants, and where blocks lie. The block is made by setup.ts before any role runs; its address is the argument of every
 *   role.
 * Memory: each line below is written by one role and read by others, so no two writers share a cache line.
 *
 *   job (64-byte aligned)
 *   +---------+---------+----------+----------+-----------+---------+----------+------------+------------+
 *   | machine | work    | sensor   | alerts   | collector | roles   | wrong    | classifier | classifier |
 *   | 64      | 128     | 64       | 64       | 128       | 64      | 64       | 0          | 1          |
 *   +---------+---------+----------+----------+-----------+---------+----------+------------+------------+
 *    W: program  W: setup   W: sensor  W: timer   W: collector  W: all    W: setup   W: that classifier
 *
 *   behind it, from the same memory: class starts, centroids, answers, region table, capability spaces, the vectors as messages,
 *   work queue with its completion queues.
 * Units: offsets and sizes in bytes unless the name says otherwise.
 */
import { load32 } from '#machine';
import { SPACE_BYTES } from '../kernel/layout.ts';

export const PROGRAM_VERSION_MAJOR = 0;
export const PROGRAM_VERSION_MINOR = 1;
export const PROGRAM_VERSION_PATCH = 0;

// ---- Roles: what each task (or worker) does.
export const ROLE_SENSOR = 1;
/** Classifier number n is role ROLE_CLASSIFIER + n. */
export const ROLE_CLASSIFIER = 2;
export const ROLE_COLLECTOR = 4;
/** Under Node only: natively the alerts come from a timer interrupt. */
export const ROLE_ALERTS = 5;
export const CLASSIFIER_COUNT = 2;
/** Roles that wait for each other before the first message: sensor, classifiers, collector. */
export const ROLES_AT_START = 4;

// ---- Capability spaces: what each task may do (access.ts).
/** Sensor and collector: one client of the work queue, one task of which submits, the other takes the completions. */
export const SPACE_CLIENT = 0;
export const SPACE_ALERTS = 1;
/** The deliberately wrong sender (wrong.ts). */
export const SPACE_WRONG = 2;
/** That of classifier number n is SPACE_CLASSIFIER + n. */
export const SPACE_CLASSIFIER = 3;
export const SPACE_COUNT = SPACE_CLASSIFIER + CLASSIFIER_COUNT;
/** Who sent a message, as its receiver reads it. */
export const BADGE_SENSOR = 1;
export const BADGE_ALERTS = 2;
export const BADGE_WRONG = 3;

// ---- Limits and settings.
/** The same as the host's check before the start (src/cli/input.ts). */
export const DIMENSION_LIMIT = 65536;
/** Classes that the argument may name: an answer is one byte, and the report one line for each. */
export const CLASS_COUNT_LIMIT = 64;
/** References taken from the start of an input without classes. */
export const REFERENCE_COUNT_LIMIT = 10;
/** Slots per lane of the work queue, and completions that may be outstanding. */
export const WORK_RING_SLOTS = 64;
export const WORK_COMPLETIONS = 128;
export const WORK_MESSAGE_BYTES = 24;
/** Places for senders in the work queue: the sensor's is the first. The other one is the wrong sender's before the alerts'. */
export const SENDER_SENSOR = 0;
export const SENDER_COUNT = 2;
export const REGION_TABLE_COUNT = 8;
/** Microseconds from one alert to the next. */
export const ALERT_PERIOD_MICROSECONDS = 5000;
/** The collector wakes the sensor once in so many completions: a full lane has that many to come. A power of two. */
export const COMPLETIONS_PER_WAKE = 16;
/** Microseconds without any completion after which the collector calls the missing ones lost. */
export const STALL_MICROSECONDS = 20000000;
/** What an answer byte says before there is an answer. */
export const ANSWER_NONE = 255;
export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_REFUSED = 2;

// ---- Machine line. W: the program of the target, before setup; 0 for what the target has not.
/** TARGET_NODE, or the board: numbers are those of src/board/kind.ts. */
export const JOB_TARGET = 0;
export const JOB_CORES = 4;
export const JOB_EXCEPTION_LEVEL = 8;
/** 0 for a board without. */
export const JOB_GIC_VERSION = 12;
export const JOB_TIMER_HZ = 16;
export const JOB_RAM_MEBIBYTES = 20;
export const JOB_IMAGE_BASE = 24;
export const JOB_IMAGE_BYTES = 28;
export const JOB_FREE_BASE = 32;
export const JOB_FREE_BYTES = 36;
export const JOB_INPUT_BASE = 40;
export const JOB_INPUT_BYTES = 44;
/** Addresses of texts ended by a zero byte or a space: the input's name for error lines, and the counts of `classes=`. */
export const JOB_INPUT_NAME = 48;
export const JOB_CLASSES_ARGUMENT = 52;
/** W setup: the part of the memory that nothing has taken yet. */
export const JOB_ARENA_NEXT = 56;
export const JOB_ARENA_END = 60;

export const TARGET_VIRT = 1;
export const TARGET_NODE = 2;
export const TARGET_RPI3 = 3;
export const TARGET_RPI4 = 4;
export const TARGET_RPI5 = 5;

// ---- Work lines. W: setup.
export const JOB_RECORDS = 64;
export const JOB_DIMENSION = 68;
export const JOB_RECORD_BYTES = 72;
/** Classes named by the argument, 0 without. */
export const JOB_CLASSES = 76;
/** Address of JOB_CLASSES + 1 words: the first record of each class, and the number of records. */
export const JOB_CLASS_STARTS = 80;
/** Candidates for an answer: the classes, or the first vectors. */
export const JOB_REFERENCES = 84;
/** Address of one row per reference, JOB_ROW_BYTES each: see centroids.ts. */
export const JOB_ROWS = 88;
export const JOB_ROW_BYTES = 92;
/** Address of one byte per record. W: collector, once the roles run. */
export const JOB_ANSWERS = 96;
/** Addresses: the region table; the capability system and the boot task's space in it; SPACE_COUNT spaces, SPACE_BYTES each; the
 *   queue's configuration and the program of its schema. */
export const JOB_REGIONS = 100;
export const JOB_SYSTEM = 104;
export const JOB_ROOT = 176;
export const JOB_SPACES = 108;
export const JOB_CONFIG = 112;
export const JOB_PROGRAM = 116;
/** Bytes of a vector as a message of the work queue, and from one to the next. */
export const JOB_MESSAGE_BYTES = 120;
export const JOB_STRIDE_BYTES = 124;
/** Memory of the regions: address, for the vectors and the queue also bytes. The input's is in the machine line. */
export const JOB_VECTORS_BASE = 128;
export const JOB_VECTORS_BYTES = 132;
export const JOB_QUEUE = 136;
export const JOB_QUEUE_BYTES = 140;
export const JOB_SCRATCH = 144;
export const JOB_COMPLETION_QUEUE = 148;
/** Capabilities, each of the space of the role that uses it: the sensor's place, and the regions it reads from and appends to; */
export const JOB_SENSOR_CAP = 152;
export const JOB_INPUT_CAP = 156;
export const JOB_VECTORS_CAP = 160;
/** the collector's to the queue, to close it; the place of the alerts. */
export const JOB_QUEUE_CAP = 164;
export const JOB_ALERT_CAP = 168;
/** Scratch for one STATISTICS record; only the report uses it. */
export const JOB_STATISTICS = 172;

// ---- Sensor line. W: sensor.
/** Index of the next vector to be sent, and so the number sent. */
export const SENSOR_NEXT = 192;
/** How often it found the lane full, or no credit, and slept. */
export const SENSOR_WAITED = 196;
/** Vectors appended to the region: one more than sent, while the last one waits for room in its lane. */
export const SENSOR_APPENDED = 200;
export const SENSOR_DESCRIPTOR = 208;

// ---- Alert line. W: the timer.
/** Alerts whose send has completed, atomic [alert]; the next alert's number. */
export const ALERTS_SENT = 256;
/** Alerts not sent as the lane was full. */
export const ALERTS_REFUSED = 260;
/** 1 once no more alerts will come, atomic [stop]. */
export const ALERTS_STOPPED = 264;
/** The message: see work.ts. */
export const ALERT_MESSAGE = 272;

// ---- Collector lines. W: collector.
/**
 * Completions that gave a vector its first answer; those that gave it a further one; those out of order; all reaped before the
 *   end.
 */
export const COLLECTOR_COMPLETED = 320;
export const COLLECTOR_DUPLICATED = 324;
export const COLLECTOR_REORDERED = 328;
export const COLLECTOR_REAPED = 332;
/** Tenths of the work for which there has been a progress line. */
export const COLLECTOR_TENTHS = 336;
/** Microseconds: time of the start, and from there to the last completion. */
export const COLLECTOR_STARTED_MICROS = 340;
export const COLLECTOR_ELAPSED_MICROS = 344;
/** What it does next (collector.ts), and how often it has waited for that. */
export const COLLECTOR_PHASE = 348;
export const COLLECTOR_TRIES = 352;
/** Index after the last one completed, one word for each classifier. */
export const COLLECTOR_NEXT_INDEX = 356;
export const COLLECTOR_ENTRY = 368;
/** Atomic, on a line of their own as others wait on them: counts wake-ups of the sensor [credit]; 1 to end the alerts [stop];
 *   1 if the collector gave up [credit]. */
export const COLLECTOR_WAKE = 384;
export const COLLECTOR_STOP = 388;
export const COLLECTOR_GAVE_UP = 392;

// ---- Role line. W: everybody, atomic [roles].
/** Roles that have come to the start; roles that have ended. */
export const ROLES_STARTED = 448;
export const ROLES_ENDED = 452;
export const CLASSIFIERS_ENDED = 456;

// ---- Line of the wrong sender. W: setup.
/** What each of its attempts was answered, a word each; then at which byte its message was refused. */
export const WRONG_STATUS = 512;
export const WRONG_ATTEMPTS = 4;
export const WRONG_BYTE = 528;
/** Its capabilities: its place, its Slab region. */
export const WRONG_CAP = 532;
export const WRONG_SCRATCH_CAP = 536;
/** Its descriptor record. */
export const WRONG_DESCRIPTOR = 544;

// ---- Classifier block. W: that classifier.
export const JOB_CLASSIFIERS = 576;
/** Its place. */
export const CLASSIFIER_CAP = 0;
/** Messages received: vectors, alerts. */
export const CLASSIFIER_VECTORS = 4;
export const CLASSIFIER_ALERTS = 8;
/** Messages of one sender that came after a later one of the same sender and priority. */
export const CLASSIFIER_REORDERED = 12;
/** Alerts overtaken by a vector: see inversion.ts. */
export const CLASSIFIER_INVERSIONS = 16;
/** Number after the last one received: of the vectors, of the alerts. */
export const CLASSIFIER_NEXT_VECTOR = 20;
export const CLASSIFIER_NEXT_ALERT = 24;
/** What inversionBegin read before the receive now under way. */
export const CLASSIFIER_ALERTS_SEEN = 28;
export const CLASSIFIER_OVERTAKEN = 32;
/** When the message in hand was received, microseconds. */
export const CLASSIFIER_RECEIVED_MICROS = 36;
export const CLASSIFIER_MESSAGE = 40;
/** Atomic [overtaken], read by the other classifiers: see inversion.ts. */
export const CLASSIFIER_PASSED = 64;
/** W setup: its capability to the region of the vectors. */
export const CLASSIFIER_VECTORS_CAP = 68;
/** Messages received that neither the sensor nor the alerts sent. */
export const CLASSIFIER_STRANGE = 72;
/** Sum of the checksums of the vectors it has read, modulo 2^32. */
export const CLASSIFIER_READ = 76;
/** Two histograms (latency.ts): vectors, alerts. */
export const CLASSIFIER_VECTOR_LATENCY = 128;
export const CLASSIFIER_ALERT_LATENCY = 3776;
export const CLASSIFIER_BYTES = 7424;

// ---- Histogram record: see latency.ts.
export const HISTOGRAM_COUNT = 0;
export const HISTOGRAM_MAX = 4;
export const HISTOGRAM_BUCKETS = 64;
export const HISTOGRAM_BUCKET_COUNT = 896;
export const HISTOGRAM_BYTES = 3648;

/** Two more histograms for the sums over all classifiers; only the report uses them. */
export const JOB_VECTOR_LATENCY = JOB_CLASSIFIERS + CLASSIFIER_BYTES * CLASSIFIER_COUNT;
export const JOB_ALERT_LATENCY = JOB_VECTOR_LATENCY + HISTOGRAM_BYTES;
export const JOB_BYTES = JOB_ALERT_LATENCY + HISTOGRAM_BYTES;

if (HISTOGRAM_BYTES !== HISTOGRAM_BUCKETS + HISTOGRAM_BUCKET_COUNT * 4) throw new Error('job: histogram size');
if (CLASSIFIER_ALERT_LATENCY !== CLASSIFIER_VECTOR_LATENCY + HISTOGRAM_BYTES) throw new Error('job: histogram place');
if (CLASSIFIER_BYTES !== CLASSIFIER_ALERT_LATENCY + HISTOGRAM_BYTES) throw new Error('job: classifier size');
if ((COMPLETIONS_PER_WAKE & (COMPLETIONS_PER_WAKE - 1)) !== 0) throw new Error('job: wake unit');
if (WORK_RING_SLOTS < COMPLETIONS_PER_WAKE) throw new Error('job: a full lane must wake the sensor');
if (WORK_COMPLETIONS < COMPLETIONS_PER_WAKE) throw new Error('job: used-up credit must wake the sensor');
if (CLASS_COUNT_LIMIT >= ANSWER_NONE) throw new Error('job: an answer is a byte below ANSWER_NONE');

/** The space of number SPACE_*. */
export const jobSpace = (job: i32, number: i32): i32 => (load32(job, JOB_SPACES) + Math.imul(number, SPACE_BYTES)) | 0;

/** The block of classifier number `number`. */
export const jobClassifier = (job: i32, number: i32): i32 => (job + JOB_CLASSIFIERS + Math.imul(number, CLASSIFIER_BYTES)) | 0;
