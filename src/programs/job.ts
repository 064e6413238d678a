/**
 * The job block: everything that the roles of the main job share, in one piece of memory.
 *
 * Role: constants only. The block is made by setup.ts before any role runs; its address is the argument of every role.
 * Memory: each line below is written by one role and read by others, so no two writers share a cache line.
 *
 *   job (64-byte aligned)
 *   +---------+---------+----------+----------+-----------+---------+------------+------------+
 *   | machine | work    | sensor   | alerts   | collector | roles   | classifier | classifier |
 *   | 64      | 128     | 64       | 64       | 128       | 64      | 0          | 1          |
 *   +---------+---------+----------+----------+-----------+---------+------------+------------+
 *    W: program  W: setup   W: sensor  W: timer   W: collector  W: all      W: that classifier
 *
 *   behind it, from the same memory: class starts, centroids, answers, region table, work queue with its completion queues.
 * Units: offsets and sizes in bytes unless the name says otherwise.
 */

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
/** 'fvec': the tag that senders of the work queue must name. */
export const WORK_SCHEMA = 0x66766563;
/** Senders of the work queue, in the order in which they attach. */
export const SENDER_SENSOR = 0;
export const SENDER_ALERTS = 1;
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
export const JOB_REGIONS = 100;
export const JOB_VECTORS_REGION = 104;
export const JOB_QUEUE_REGION = 108;
export const JOB_QUEUE = 112;
export const JOB_COMPLETION_QUEUE = 120;
/** Handles of the queue, made by setup and used by one role each. */
export const JOB_SENSOR_SENDER = 124;
export const JOB_ALERT_SENDER = 128;
export const JOB_COLLECTOR_RECEIVER = 132;
/** Scratch for one STATISTICS record; only the report uses it. */
export const JOB_STATISTICS = 136;

// ---- Sensor line. W: sensor.
/** Index of the next vector to be sent, and so the number sent. */
export const SENSOR_NEXT = 192;
/** How often it found the lane full, or no credit, and slept. */
export const SENSOR_WAITED = 196;
export const SENSOR_DESCRIPTOR = 208;

// ---- Alert line. W: the timer.
/** Alerts whose send has completed, atomic [alert]; the next alert's number. */
export const ALERTS_SENT = 256;
/** Alerts not sent as the lane was full. */
export const ALERTS_REFUSED = 260;
/** 1 once no more alerts will come, atomic [stop]. */
export const ALERTS_STOPPED = 264;
/** The message: number, microseconds at which it was sent. */
export const ALERT_MESSAGE = 272;
export const ALERT_NUMBER = 0;
export const ALERT_MICROS = 4;
export const ALERT_BYTES = 8;

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

// ---- Classifier block. W: that classifier.
export const JOB_CLASSIFIERS = 512;
export const CLASSIFIER_RECEIVER = 0;
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

/** The block of classifier number `number`. */
export const jobClassifier = (job: i32, number: i32): i32 => (job + JOB_CLASSIFIERS + Math.imul(number, CLASSIFIER_BYTES)) | 0;
