/**
 * The main job under Node: the same roles as on the bare machine, one worker thread each. Ordinary TypeScript.
 *
 *   node --import tsx src/programs/classify.node.ts --input FILE.fvecs [--classes 1001,1127,...] [--cpus 4]
 *
 * Role: the main thread loads the file into the shared memory, makes the job, prints banner and report; each worker runs one
 *   role (role.node.ts).
 * Memory: that of the Node machine, RUVIX_QUEUE_MIB mebibytes: a page left empty, the argument texts, the input, the job.
 * Fails: exit code 1 if anything was lost, 2 if the input is refused, 130 after Ctrl-C.
 * Checked by: test/programs/run.test.ts.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { load32, store32 } from '#machine';
import { memory } from '../machine/node.ts';
import { bannerPrint } from './banner.ts';
import {
  CLASSIFIER_COUNT, EXIT_FAILED, EXIT_OK, EXIT_REFUSED, JOB_CLASSES_ARGUMENT, JOB_CORES, JOB_FREE_BASE, JOB_FREE_BYTES,
  JOB_INPUT_BASE, JOB_INPUT_BYTES, JOB_INPUT_NAME, JOB_RAM_MEBIBYTES, JOB_TARGET, ROLES_ENDED, ROLE_ALERTS, ROLE_CLASSIFIER,
  ROLE_COLLECTOR, ROLE_SENSOR, TARGET_NODE,
} from './job.ts';
import { reportPrint } from './report.ts';
import type { RoleData } from './role.node.ts';
import { jobCreate, jobPrepare } from './setup.ts';

const ROLES = [ROLE_SENSOR, ...Array.from({ length: CLASSIFIER_COUNT }, (_, number) => ROLE_CLASSIFIER + number), ROLE_COLLECTOR,
  ROLE_ALERTS];
const PAGE_BYTES = 4096;
const CPUS_LIMIT = 8;
const EXIT_INTERRUPTED = 130;
const EXIT_TERMINATED = 143;

class Refused extends Error {}
const refusedAt = (path: string, reason: string): Refused => new Refused(`${path}: record 0, byte 0: ${reason}`);

const bytes = new Uint8Array(memory);

/**
 * Writes an argument's text into the memory, as the board finds it in the device tree. Returns its address and the next free
 *   one.
 */
const placeText = (at: number, text: string): number => {
  const written = new TextEncoder().encode(`${text}\0`);
  if (at + written.length > 2 * PAGE_BYTES) throw new Refused('the arguments are too long');
  bytes.set(written, at);
  return at + written.length;
};

/** Reads the whole file to `at`. Returns its size. */
const placeFile = (at: number, path: string): number => {
  const file = openSync(path, 'r');
  try {
    const size = fstatSync(file).size;
    if (at + size > bytes.length) throw refusedAt(path, `${size} bytes do not fit into the memory given (MEMORY=)`);
    let length = 0;
    while (length < size) {
      const more = readSync(file, bytes, at + length, size - length, null);
      if (more === 0) break;
      length += more;
    }
    return length;
  } finally {
    closeSync(file);
  }
};

/**
 * Places the arguments and the input, and makes the job behind them. Returns its address, or the exit code of a refusal,
 *   negative.
 */
const makeJob = (input: string, classes: string | undefined, cpus: number): number => {
  const inputName = PAGE_BYTES;
  // A name ends at a space in the kernel's error lines.
  const classesArgument = placeText(inputName, input.replaceAll(' ', '?'));
  if (classes !== undefined) placeText(classesArgument, classes);
  const inputBase = 2 * PAGE_BYTES;
  const inputBytes = placeFile(inputBase, input);
  const freeBase = Math.ceil((inputBase + inputBytes) / PAGE_BYTES) * PAGE_BYTES;
  const freeBytes = bytes.length - freeBase;
  const job = freeBytes > 0 ? jobCreate(freeBase, freeBytes) : 0;
  if (job === 0) throw refusedAt(input, 'no memory is left beside the input (MEMORY=)');
  store32(job, JOB_TARGET, TARGET_NODE);
  store32(job, JOB_CORES, cpus);
  store32(job, JOB_RAM_MEBIBYTES, bytes.length / (1024 * 1024));
  store32(job, JOB_FREE_BASE, freeBase);
  store32(job, JOB_FREE_BYTES, freeBytes);
  store32(job, JOB_INPUT_BASE, inputBase);
  store32(job, JOB_INPUT_BYTES, inputBytes);
  store32(job, JOB_INPUT_NAME, inputName);
  if (classes !== undefined) store32(job, JOB_CLASSES_ARGUMENT, classesArgument);
  const refused = jobPrepare(job);
  return refused === EXIT_OK ? job : -refused;
};

/** The role module and all it imports as one script: a TypeScript loader in each worker would cost more than the whole job. */
const bundleRole = async (): Promise<string> => {
  const entry = fileURLToPath(new URL('role.node.ts', import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry], bundle: true, platform: 'node', format: 'cjs', target: 'node20', write: false,
  });
  return outputFiles[0]!.text;
};

/** Starts all roles and waits until they have ended. */
const runRoles = async (job: number, script: string): Promise<void> => {
  await Promise.all(ROLES.map((role) => new Promise<void>((ended, failed) => {
    const worker = new Worker(script, { eval: true, workerData: { job, role } satisfies RoleData });
    worker.on('error', failed);
    worker.on('exit', () => ended());
  })));
  if (load32(job, ROLES_ENDED) !== ROLES.length) throw new Error('a role ended too early');
};

/** Whole number of cores, as the board would have. */
const parseCpus = (value: string): number => {
  const cpus = Number(value);
  if (Number.isInteger(cpus) && cpus >= 1 && cpus <= CPUS_LIMIT) return cpus;
  throw new Refused(`--cpus must be 1 to ${CPUS_LIMIT}, not ${value}`);
};

const parseOptions = (): { input: string; classes: string | undefined; cpus: number } => {
  const { values } = parseArgs({ options: {
    input: { type: 'string' }, classes: { type: 'string' }, cpus: { type: 'string', default: '4' },
  } });
  if (values.input === undefined) throw new Refused('usage: classify.node.ts --input FILE [--classes N,N,...] [--cpus N]');
  return { input: values.input, classes: values.classes, cpus: parseCpus(values.cpus) };
};

const main = async (): Promise<number> => {
  const { input, classes, cpus } = parseOptions();
  const job = makeJob(input, classes, cpus);
  if (job < 0) return -job;
  bannerPrint(job);
  await runRoles(job, await bundleRole());
  return reportPrint(job);
};

/** The one line of an error that is the caller's to repair; anything else is shown whole. */
const explain = (error: unknown): number => {
  const code = (error as NodeJS.ErrnoException).code;
  const isCallers = error instanceof Refused || (typeof code === 'string' && /^(E[A-Z]+|ERR_PARSE_ARGS.*)$/.test(code));
  writeSync(2, `${isCallers ? (error as Error).message : (error as Error).stack ?? String(error)}\n`);
  return isCallers ? EXIT_REFUSED : EXIT_FAILED;
};

for (const [signal, code] of [['SIGINT', EXIT_INTERRUPTED], ['SIGTERM', EXIT_TERMINATED]] as const) {
  // Ends the workers too, wherever they sleep.
  process.on(signal, () => {
    if (signal === 'SIGINT') writeSync(1, 'Interrupted.\n');
    process.exit(code);
  });
}
process.exit(await main().catch(explain));
