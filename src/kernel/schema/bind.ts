/**
 * Schemas of queues: the copy of the program that a queue uses, and what every message must pass.
 *
 * Role: typedBytes, typedPrepare, typedBind: whoever makes the queue, once. typedAccept: a sender, over the copy in its slot
 *   before it is published, or over the bytes a descriptor names after the region's policy has admitted them.
 * Memory: the queue's last part. W: after creation only the sender its own block.
 *
 *   | mode, built, steps, max .. 64 | program | sender 0: 256 | sender 1: 256 | ...
 *   sender: | scratch of the interpreter 144 | .. | refusals by reason, 16 words |
 *
 * Invariants: 1 the program that runs is the copy that was checked: nobody writes it afterwards. 2 a message of at most the
 *   queue's maximum takes no more steps than the queue was allowed; a longer descriptor that might is refused.
 * Order: [hint] refusals, relaxed: one writer each, others read them as numbers. Units: bytes.
 * Fails: BAD_SCHEMA, INVALID_MESSAGE; no effect but the sender's own block. While a queue is made, its memory serves the check.
 * Elsewhere: programs: program.ts; validators compiled into the image: built.ts. Checked by: test/wit/queue.test.ts.
 */
import { copyBytes, fillBytes, load32, loadRelaxed32, store32, storeRelaxed32 } from '#machine';
import { countRoundUp } from '../count.ts';
import {
  CONFIG_MAX_MESSAGE_BYTES, CONFIG_SCHEMA, CONFIG_SCHEMA_MODE, CONFIG_SCHEMA_PROGRAM, CONFIG_SCHEMA_STEPS, CONFIG_SENDERS,
  LINE_BYTES, QUEUE_HEADER_BYTES, QUEUE_TYPED, SCHEMA_FULL, SCHEMA_NONE, SCHEMA_STEPS_DEFAULT, SENDER_BYTES, SENDER_TYPED,
} from '../layout.ts';
import { STATUS_BAD_SCHEMA, STATUS_INVALID_MESSAGE, STATUS_OK } from '../status.ts';
import { builtAccepts, builtNumber } from './built.ts';
import { checkBytes, schemaCheck } from './check.ts';
import { schemaValidate } from './interpret.ts';
import { schemaFits, schemaSteps } from './operation.ts';
import {
  PROGRAM_BYTES_MAX, PROGRAM_HEADER_BYTES, PROGRAM_ID, PROGRAM_ID_MORE, PROGRAM_ROOT_BYTES, PROGRAM_WORDS, PROGRAM_WORDS_MAX,
  REASON_COUNT_OF, REASON_STEPS, SCRATCH_BYTE, SCRATCH_BYTES, SCRATCH_REASON, SCRATCH_WORD,
} from './program.ts';

const TYPED_MODE = 0;
/** Number of the validator in built.ts, or 0. */
const TYPED_BUILT = 4;
const TYPED_STEPS = 8;
const TYPED_MAX_BYTES = 12;
const TYPED_PROGRAM = 64;

/** A sender's block: the scratch begins it. */
const TYPED_AREA = SCRATCH_BYTES;
const TYPED_REFUSALS = 192;
const TYPED_SENDER_BYTES = 256;

if (TYPED_AREA + 4 > TYPED_REFUSALS) throw new Error('the scratch is too long for the block');
if (TYPED_REFUSALS + 4 * REASON_COUNT_OF > TYPED_SENDER_BYTES) throw new Error('there are more reasons than the block has words');

const programBytes = (words: i32): i32 => countRoundUp(words << 2, LINE_BYTES);

/** Words of the program that a configuration names, 0 without one, or STATUS_BAD_SCHEMA. */
const configWords = (config: i32): i32 => {
  const program = load32(config, CONFIG_SCHEMA_PROGRAM);
  if (program === 0) return 0;
  if (program < 0 || (program & 3) !== 0) return STATUS_BAD_SCHEMA;
  const words = load32(program, PROGRAM_WORDS);
  if (words <= PROGRAM_HEADER_BYTES >> 2 || words > PROGRAM_WORDS_MAX) return STATUS_BAD_SCHEMA;
  return words;
};

const areaBytes = (words: i32, senders: i32): i32 => {
  const blocks = Math.imul(senders, TYPED_SENDER_BYTES);
  const marks = checkBytes(words);
  return (TYPED_PROGRAM + programBytes(words) + countRoundUp(blocks > marks ? blocks : marks, LINE_BYTES)) | 0;
};

/** Bytes that a queue of this configuration needs for its schema: 0 without one. The number of senders has been checked. */
export const typedBytes = (config: i32): i32 => {
  const words = configWords(config);
  return words <= 0 ? words : areaBytes(words, load32(config, CONFIG_SENDERS));
};

/**
 * Copies the configuration's program into the area at `area`, of `bytes` bytes, and checks the copy. Before anything else of the
 * queue is written: the program may lie where the queue will.
 */
export const typedPrepare = (config: i32, area: i32, bytes: i32): i32 => {
  const words = configWords(config);
  if (words <= 0 || areaBytes(words, load32(config, CONFIG_SENDERS)) > bytes) return STATUS_BAD_SCHEMA;
  const program = (area + TYPED_PROGRAM) | 0;
  const blocks = (program + programBytes(words)) | 0;
  const longest = load32(config, CONFIG_MAX_MESSAGE_BYTES);
  const mode = load32(config, CONFIG_SCHEMA_MODE);
  const allowed = load32(config, CONFIG_SCHEMA_STEPS);
  const steps = allowed === 0 ? SCHEMA_STEPS_DEFAULT : allowed;
  copyBytes(program, load32(config, CONFIG_SCHEMA_PROGRAM), words << 2);
  if (schemaCheck(program, words, blocks) < 0) return STATUS_BAD_SCHEMA;
  const most = load32(program, PROGRAM_BYTES_MAX);
  const bounded = longest < most ? longest : most;
  if (mode < SCHEMA_FULL || mode > SCHEMA_NONE || allowed < 0) return STATUS_BAD_SCHEMA;
  if (load32(config, CONFIG_SCHEMA) !== load32(program, PROGRAM_ID)) return STATUS_BAD_SCHEMA;
  if (longest < load32(program, PROGRAM_ROOT_BYTES)) return STATUS_BAD_SCHEMA;
  if (mode === SCHEMA_FULL && schemaSteps(program, bounded) > steps) return STATUS_BAD_SCHEMA;
  store32(area, TYPED_MODE, mode);
  store32(area, TYPED_BUILT, builtNumber(load32(program, PROGRAM_ID), load32(program, PROGRAM_ID_MORE)));
  store32(area, TYPED_STEPS, steps);
  store32(area, TYPED_MAX_BYTES, longest);
  return STATUS_OK;
};

/** Gives each of the queue's senders its block of a prepared area. */
export const typedBind = (queue: i32, area: i32, senders: i32): void => {
  const blocks = (area + TYPED_PROGRAM + programBytes(load32(area, TYPED_PROGRAM + PROGRAM_WORDS))) | 0;
  fillBytes(blocks, Math.imul(senders, TYPED_SENDER_BYTES), 0);
  store32(queue, QUEUE_TYPED, area);
  if (load32(area, TYPED_MODE) === SCHEMA_NONE) return;
  for (let index = 0; index < senders; index++) {
    const block = (blocks + Math.imul(index, TYPED_SENDER_BYTES)) | 0;
    store32(block, TYPED_AREA, area);
    store32((queue + QUEUE_HEADER_BYTES + Math.imul(index, SENDER_BYTES)) | 0, SENDER_TYPED, block);
  }
};

/**
 * Counts a refusal under its reason, which is in the block.
 * @cold
 */
const typedRefuse = (typed: i32): i32 => {
  const cell = (TYPED_REFUSALS + (load32(typed, SCRATCH_REASON) << 2)) | 0;
  storeRelaxed32(typed, cell, (loadRelaxed32(typed, cell) + 1) | 0); // [hint]
  return STATUS_INVALID_MESSAGE;
};

/** A descriptor that is longer than any inline message, and might take longer than the queue allows. */
const typedSteps = (typed: i32, program: i32, bytes: i32, allowed: i32): i32 => {
  if (bytes > load32(program, PROGRAM_BYTES_MAX) || schemaSteps(program, bytes) <= allowed) return STATUS_OK;
  store32(typed, SCRATCH_REASON, REASON_STEPS);
  store32(typed, SCRATCH_WORD, 0);
  store32(typed, SCRATCH_BYTE, bytes);
  return STATUS_INVALID_MESSAGE;
};

/** Whether the `bytes` bytes at `at` may be a message, says the schema of the sender whose block is `typed`. */
export const typedAccept = (typed: i32, at: i32, bytes: i32): i32 => {
  const area = load32(typed, TYPED_AREA);
  const program = (area + TYPED_PROGRAM) | 0;
  if (load32(area, TYPED_MODE) !== SCHEMA_FULL) {
    return schemaFits(program, at, bytes, typed) < 0 ? typedRefuse(typed) : STATUS_OK;
  }
  if (bytes > load32(area, TYPED_MAX_BYTES)) {
    if (typedSteps(typed, program, bytes, load32(area, TYPED_STEPS)) < 0) return typedRefuse(typed);
  }
  const built = load32(area, TYPED_BUILT);
  if (built !== 0 && builtAccepts(built, at, bytes, typed) !== 0) return STATUS_OK;
  return schemaValidate(program, at, bytes, typed) < 0 ? typedRefuse(typed) : STATUS_OK;
};

/** Messages that one sender was refused for `reason`, modulo 2^32. */
export const typedRefusals = (typed: i32, reason: i32): i32 =>
  loadRelaxed32(typed, (TYPED_REFUSALS + (reason << 2)) | 0); // [hint]
