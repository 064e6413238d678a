/**
 * Making the job: checks the input, takes the memory, fills the references, makes everything that has rights.
 *
 * Role: the program, before any role runs: jobCreate, then the machine line, then jobPrepare.
 * Memory: all of the memory given: the job block at its start, the rest handed out upwards, line by line (arena.ts).
 *
 *   base  | job block | class starts | rows | answers | statistics | what access.ts takes | ... end
 * Units: bytes. Fails: one printed line and EXIT_REFUSED for what the input or the memory is to blame for; a kernel status
 *   that cannot be stops everything. Checked by: test/programs/roles.test.ts, test/programs/run.test.ts.
 */
import { fillBytes, load32, store32 } from '#machine';
import { STATISTICS_BYTES } from '../kernel/layout.ts';
import { accessMake } from './access.ts';
import { arenaTable, arenaTimes, roundUpToLine } from './arena.ts';
import { rowBytes, rowsFill } from './centroids.ts';
import { classesCount, classesFill } from './classes.ts';
import { inputCheck } from './fvecs.ts';
import {
  ANSWER_NONE, EXIT_OK, JOB_ANSWERS, JOB_ARENA_END, JOB_ARENA_NEXT, JOB_BYTES, JOB_CLASSES, JOB_CLASS_STARTS, JOB_DIMENSION,
  JOB_RECORDS, JOB_REFERENCES, JOB_ROWS, JOB_ROW_BYTES, JOB_STATISTICS, REFERENCE_COUNT_LIMIT,
} from './job.ts';

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
  if (refused === EXIT_OK) refused = arenaTable(job, JOB_ROWS, arenaTimes(references, row));
  if (refused === EXIT_OK) refused = arenaTable(job, JOB_ANSWERS, records);
  if (refused === EXIT_OK) refused = arenaTable(job, JOB_STATISTICS, STATISTICS_BYTES);
  if (refused !== EXIT_OK) return refused;
  if (classes !== 0) classesFill(job);
  rowsFill(job);
  fillBytes(load32(job, JOB_ANSWERS), records, ANSWER_NONE);
  return EXIT_OK;
};

/** Checks everything and makes everything. Returns EXIT_OK, or EXIT_REFUSED after one printed line. */
export const jobPrepare = (job: i32): i32 => {
  let refused = inputCheck(job);
  if (refused === EXIT_OK) refused = classesCount(job);
  if (refused === EXIT_OK) refused = makeTables(job);
  if (refused === EXIT_OK) refused = accessMake(job);
  return refused;
};
