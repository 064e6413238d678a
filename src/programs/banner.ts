/**
 * The boot banner: what runs where.
 *
 * Role: the program, once, after jobPrepare. Memory: reads the job. Units: bytes unless the line says otherwise.
 * Fails: never. Checked by: test/programs/run.test.ts.
 */
import { load32 } from '#machine';
import { PRIORITY_COUNT } from '../kernel/layout.ts';
import {
  CLASSIFIER_COUNT, JOB_CLASSES, JOB_CORES, JOB_DIMENSION, JOB_EXCEPTION_LEVEL, JOB_FREE_BASE, JOB_FREE_BYTES, JOB_GIC_VERSION,
  JOB_IMAGE_BASE, JOB_IMAGE_BYTES, JOB_INPUT_BASE, JOB_INPUT_BYTES, JOB_QUEUE, JOB_QUEUE_BYTES, JOB_RAM_MEBIBYTES, JOB_RECORDS,
  JOB_REFERENCES, JOB_TARGET, JOB_TIMER_HZ, JOB_VECTORS_BASE, JOB_VECTORS_BYTES, PROGRAM_VERSION_MAJOR, PROGRAM_VERSION_MINOR,
  PROGRAM_VERSION_PATCH, ROLE_CLASSIFIER, ROLE_COLLECTOR, ROLE_SENSOR, SENDER_COUNT, TARGET_NODE, WORK_COMPLETIONS,
  WORK_RING_SLOTS,
} from './job.ts';
import { WORK_SCHEMA } from './messages.ts';
import { printEnd, printHex, printPadded, printText, printUnsigned } from './print.ts';
import { rightsPrint } from './rights.ts';
import { roleCore } from './roles.ts';
import { targetPrint } from './target.ts';
import { wrongPrint } from './wrong.ts';

const printNumber = (before: text, number: i32, behind: text): void => {
  printText(before);
  printUnsigned(number);
  printText(behind);
};

const bannerMachine = (job: i32): void => {
  printNumber('ruvix-queue ', PROGRAM_VERSION_MAJOR, '.');
  printNumber('', PROGRAM_VERSION_MINOR, '.');
  printNumber('', PROGRAM_VERSION_PATCH, ': classify');
  printEnd();
  printText('  machine   ');
  targetPrint(job);
  if (load32(job, JOB_TARGET) === TARGET_NODE) {
    printNumber(', ', load32(job, JOB_CORES), ' cores asked for, one worker thread for each role');
    printEnd();
    return;
  }
  printNumber(', ', load32(job, JOB_CORES), ' cores, entered at EL');
  printUnsigned(load32(job, JOB_EXCEPTION_LEVEL));
  if (load32(job, JOB_GIC_VERSION) === 0) printText(', local interrupt controller');
  else printNumber(', GICv', load32(job, JOB_GIC_VERSION), '');
  printNumber(', timer at ', load32(job, JOB_TIMER_HZ), ' Hz');
  printEnd();
};

/** One piece of memory. */
const bannerMemory = (name: text, base: i32, bytes: i32): void => {
  printText(name);
  printText('0x');
  printHex(base);
  printPadded(bytes, 11);
  printText(' bytes');
};

const bannerMap = (job: i32): void => {
  if (load32(job, JOB_IMAGE_BYTES) !== 0) {
    bannerMemory('  image     ', load32(job, JOB_IMAGE_BASE), load32(job, JOB_IMAGE_BYTES));
    printEnd();
  }
  bannerMemory('  memory    ', load32(job, JOB_FREE_BASE), load32(job, JOB_FREE_BYTES));
  printNumber(' free of ', load32(job, JOB_RAM_MEBIBYTES), ' MiB');
  printEnd();
  bannerMemory('  input     ', load32(job, JOB_INPUT_BASE), load32(job, JOB_INPUT_BYTES));
  printNumber(': ', load32(job, JOB_RECORDS), ' vectors of ');
  printNumber('', load32(job, JOB_DIMENSION), ' float32');
  printEnd();
};

const bannerRegion = (name: text, base: i32, bytes: i32): void => {
  bannerMemory('  region    ', base, bytes);
  printText(name);
  printEnd();
};

const bannerQueue = (job: i32): void => {
  bannerRegion(', Immutable: the input', load32(job, JOB_INPUT_BASE), load32(job, JOB_INPUT_BYTES));
  bannerRegion(', AppendOnly: the vectors', load32(job, JOB_VECTORS_BASE), load32(job, JOB_VECTORS_BYTES));
  bannerRegion(', Slab: the queues', load32(job, JOB_QUEUE), load32(job, JOB_QUEUE_BYTES));
  printNumber('  queue     ', SENDER_COUNT, ' senders, ');
  printNumber('', CLASSIFIER_COUNT, ' receivers, ');
  printNumber('', PRIORITY_COUNT, ' priorities, ');
  printNumber('', WORK_RING_SLOTS, ' slots a lane, ');
  printNumber('', WORK_COMPLETIONS, ' completions');
  printEnd();
  printNumber('  schema    ruvix:job/messages#work, number ', WORK_SCHEMA, ': every message is validated before it is queued');
  printEnd();
};

const bannerRoles = (job: i32): void => {
  const cores = load32(job, JOB_CORES);
  const classes = load32(job, JOB_CLASSES);
  if (classes !== 0) printNumber('  classes   ', classes, ', references are the means of every second record');
  else printNumber('  classes   none, references are the first ', load32(job, JOB_REFERENCES), ' vectors');
  printEnd();
  if (load32(job, JOB_TARGET) === TARGET_NODE) return;
  printNumber('  roles     sensor and alerts on core ', roleCore(ROLE_SENSOR, cores), '');
  printNumber(', classifiers on ', roleCore(ROLE_CLASSIFIER, cores), '');
  printNumber(' and ', roleCore(ROLE_CLASSIFIER + 1, cores), '');
  printNumber(', collector on ', roleCore(ROLE_COLLECTOR, cores), '');
  printEnd();
};

export const bannerPrint = (job: i32): void => {
  bannerMachine(job);
  bannerMap(job);
  bannerQueue(job);
  rightsPrint(job);
  wrongPrint(job);
  bannerRoles(job);
};
