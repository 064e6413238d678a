/**
 * The main job on the bare machine: real vectors, by descriptor, from a sensor through priority queues to classifiers and back.
 *
 * Role: entry module of build/virt/classify. programStart is the first task on core 0: it makes the job, starts one task per
 *   role, waits for their end, prints the report and exits with its code. programTimer is an interrupt of the sensor's core.
 * Memory: all free RAM is the job's (setup.ts); the input is the initrd, mapped read-only.
 * Boot arguments: classes=COUNT,COUNT,... names the runs of records that are classes; input=NAME names the input in error
 *   lines.
 * Fails: exit code 1 if anything was lost, 2 if the input is refused, 130 after Ctrl-C.
 * Elsewhere: the same roles under Node: classify.node.ts. docs/main-job.md draws them.
 * Checked by: test/programs/run.test.ts.
 */
import { load32, loadAcquire32, store32, timeMicros32, wait32 } from '#machine';
import {
  boardArgument, boardConsoleRead, boardConsoleWait, boardCores, boardEntryLevel, boardExit, boardFreeBase, boardFreeBytes,
  boardGicVersion, boardHalt, boardImageBytes, boardImageWindow, boardInitrdBase, boardInitrdBytes, boardKind,
  boardRamMebibytes, boardTimerEvery, boardTimerHz, taskCreate, taskYield,
} from '../board/board.ts';
import { bannerPrint } from './banner.ts';
import {
  ALERTS_SENT, ALERT_PERIOD_MICROSECONDS, CLASSIFIER_COUNT, EXIT_OK, JOB_CLASSES_ARGUMENT, JOB_CORES,
  JOB_EXCEPTION_LEVEL, JOB_FREE_BASE, JOB_FREE_BYTES, JOB_GIC_VERSION, JOB_IMAGE_BASE, JOB_IMAGE_BYTES, JOB_INPUT_BASE,
  JOB_INPUT_BYTES, JOB_INPUT_NAME,
  JOB_RAM_MEBIBYTES, JOB_TARGET, JOB_TIMER_HZ, ROLES_AT_START, ROLES_ENDED, ROLE_CLASSIFIER, ROLE_COLLECTOR, ROLE_SENSOR,
} from './job.ts';
import { alertsTick } from './alerts.ts';
import { printEnd, printText } from './print.ts';
import { reportPrint } from './report.ts';
import { roleBegin, roleCore, roleEnd, roleStep } from './roles.ts';
import { jobCreate, jobPrepare } from './setup.ts';
import { traceAlerts, traceCount, traceRevoke, traceStep } from './trace.ts';

export * from '../board/program.ts';

/** A role of this target only: waits for Ctrl-C. */
const ROLE_KEYBOARD = 100;
const CONTROL_C = 3;
const EXIT_INTERRUPTED = 130;

/** The job, for the timer interrupt, which has no argument. Set before the timer is started. */
let programJob: i32 = 0;

/** What only this target knows. */
const fillMachine = (job: i32): void => {
  store32(job, JOB_TARGET, boardKind());
  store32(job, JOB_CORES, boardCores());
  store32(job, JOB_EXCEPTION_LEVEL, boardEntryLevel());
  store32(job, JOB_GIC_VERSION, boardGicVersion());
  store32(job, JOB_TIMER_HZ, boardTimerHz());
  store32(job, JOB_RAM_MEBIBYTES, boardRamMebibytes());
  store32(job, JOB_IMAGE_BASE, boardImageWindow());
  store32(job, JOB_IMAGE_BYTES, boardImageBytes());
  store32(job, JOB_FREE_BASE, boardFreeBase());
  store32(job, JOB_FREE_BYTES, boardFreeBytes());
  store32(job, JOB_INPUT_BASE, boardInitrdBase());
  store32(job, JOB_INPUT_BYTES, boardInitrdBytes());
  store32(job, JOB_INPUT_NAME, boardArgument('input'));
  store32(job, JOB_CLASSES_ARGUMENT, boardArgument('classes'));
};

const startRole = (job: i32, role: i32): void => {
  const task = taskCreate(roleCore(role, load32(job, JOB_CORES)), role, job);
  if (task < 0) boardHalt('classify: no task for role', role);
};

const startRoles = (job: i32): void => {
  programJob = job;
  startRole(job, ROLE_COLLECTOR);
  for (let number = 0; number < CLASSIFIER_COUNT; number++) startRole(job, (ROLE_CLASSIFIER + number) | 0);
  startRole(job, ROLE_SENSOR);
  if (taskCreate(0, ROLE_KEYBOARD, job) < 0) boardHalt('classify: no task for role', ROLE_KEYBOARD);
};

const awaitRoles = (job: i32): void => {
  let ended = loadAcquire32(job, ROLES_ENDED); // [roles]
  while (ended < ROLES_AT_START) {
    wait32(job, ROLES_ENDED, ended, -1);
    ended = loadAcquire32(job, ROLES_ENDED); // [roles]
  }
};

export const programStart = (): void => {
  const job = jobCreate(boardFreeBase(), boardFreeBytes());
  if (job === 0) boardHalt('classify: bytes of free memory are too few', boardFreeBytes());
  fillMachine(job);
  const refused = jobPrepare(job);
  if (refused !== EXIT_OK) boardExit(refused);
  traceRevoke(job);
  bannerPrint(job);
  startRoles(job);
  awaitRoles(job);
  boardExit(reportPrint(job));
};

/** Sleeps until a key is pressed; Ctrl-C ends the program. */
const keyboard = (): void => {
  while (true) {
    boardConsoleWait(-1);
    if (boardConsoleRead() === CONTROL_C) {
      printText('Interrupted.');
      printEnd();
      boardExit(EXIT_INTERRUPTED);
    }
  }
};

export const programTask = (role: i32, job: i32): void => {
  if (role === ROLE_KEYBOARD) keyboard();
  roleBegin(job, role);
  if (role === ROLE_SENSOR) boardTimerEvery(ALERT_PERIOD_MICROSECONDS);
  // The sensor fills its lane before it lets others run: on a shared core too there is a queue to overtake.
  let more: i32 = 1;
  while (more !== 0) {
    const before = traceCount(job, role);
    const began = timeMicros32();
    more = roleStep(job, role);
    traceStep(job, role, before, began);
    if (role !== ROLE_SENSOR && more !== 0) taskYield();
  }
  roleEnd(job, role);
};

/** Interrupt context: comes between any two instructions of the sensor's core. */
export const programTimer = (): void => {
  const before = load32(programJob, ALERTS_SENT);
  alertsTick(programJob);
  traceAlerts(programJob, before);
};
