/**
 * The storm on the board: one round, a task for each context, on all cores; and the seeded hook at atomic accesses.
 *
 * Role: the image that src/native/machine.ts builds and boots. It reads the history from the machine's memory afterwards. What the
 *   command line says: senders= receivers= ring= max= completions= start= count= seed= patience= yields=
 * Memory: all free RAM; module variables of the hook.
 * Order: [done] fetchAdd by tasks that have ended, awaited by the first task.
 * Fails: exit code 1 with a line that says why. Checked by: test/native/explore-native.test.ts
 */
import { fetchAdd32, load32, load8, loadSequential32, notify32, pause, store32, wait32 } from '#machine';
import { boardArgument, boardCores, boardExit, boardFreeBase, boardFreeBytes, boardHalt, taskCreate } from '../../board/board.ts';
import { consoleNumber, consoleText } from '../../board/console.ts';
import {
  CONTEXT_COUNT, PLAN_COMPLETIONS, PLAN_COUNT, PLAN_MAX_BYTES, PLAN_PATIENCE, PLAN_RECEIVERS,
  PLAN_RING, PLAN_SEED, PLAN_SENDERS, PLAN_START, contextAt, stormCreate, stormEnd, stormRound,
} from './plan.ts';
import { stormReceive, stormSend } from './roles.ts';

export * from '../../board/program.ts';

const ROLE_CONTEXT = 1;
/** A word in front of the area: tasks that have ended. */
const DONE = 0;
const AREA = 64;
const DIGIT_ZERO = 48;
const MINUS = 45;

let hookState: i32 = 0;
/** Of 256 hooks, so many give way; 0: none. */
let hookRate: i32 = 0;

/**
 * Called before and after each atomic access and before each block of a copy, in the build that has hooks (machine.ts). Gives way to the
 * other cores now and then, mostly for a turn or a few, sometimes for many: `yield`, which the emulator's single thread takes for a turn of
 * the next core.
 * @cold
 */
export const schedulerHook = (): i32 => {
  if (hookRate === 0) return 0;
  const next = (Math.imul(hookState, 1664525) + 1013904223) | 0;
  hookState = next;
  if ((next >>> 24 | 0) >= hookRate) return 0;
  const long = (next & 0xf000) === 0;
  const turns = long ? (next >> 16 & 127) + 1 | 0 : (next >> 16 & 3) + 1 | 0;
  for (let turn = 0; turn < turns; turn++) pause();
  return 0;
};

/** A whole number of the command line. */
const argument = (name: text): i32 => {
  const at = boardArgument(name);
  if (at === 0) boardHalt(name, -1);
  const negative = load8(at, 0) === MINUS;
  let value: i32 = 0;
  let k: i32 = negative ? 1 : 0;
  let digit = load8(at, k) - DIGIT_ZERO | 0;
  while (digit >= 0 && digit <= 9) {
    value = (Math.imul(value, 10) + digit) | 0;
    k = (k + 1) | 0;
    digit = load8(at, k) - DIGIT_ZERO | 0;
  }
  return negative ? (0 - value) | 0 : value;
};

export const programTask = (role: i32, index: i32): void => {
  const area = (boardFreeBase() + AREA) | 0;
  const senders = load32(area, PLAN_SENDERS);
  if (role !== ROLE_CONTEXT) boardHalt('storm: role', role);
  if (index < senders) stormSend(area, index);
  else stormReceive(area, (index - senders) | 0);
  fetchAdd32(boardFreeBase(), DONE, 1); // [done]
  notify32(boardFreeBase(), DONE, 1);
};

export const programTimer = (): void => {};

/** Records that all contexts wrote. */
const recordsOf = (area: i32, contexts: i32): i32 => {
  let records: i32 = 0;
  for (let index = 0; index < contexts; index++) records = (records + load32(contextAt(area, index), CONTEXT_COUNT)) | 0;
  return records;
};

const run = (area: i32, contexts: i32): void => {
  store32(boardFreeBase(), DONE, 0);
  stormRound(area);
  hookState = load32(area, PLAN_SEED);
  hookRate = argument('yields');
  for (let index = 0; index < contexts; index++) {
    if (taskCreate((index % boardCores()) | 0, ROLE_CONTEXT, index) < 0) boardHalt('storm: no room for context', index);
  }
  let done: i32 = 0;
  while (done < contexts) {
    done = loadSequential32(boardFreeBase(), DONE); // [done]
    if (done < contexts) wait32(boardFreeBase(), DONE, done, -1);
  }
  hookRate = 0;
};

export const programStart = (): void => {
  const area = (boardFreeBase() + AREA) | 0;
  store32(area, PLAN_SENDERS, argument('senders'));
  store32(area, PLAN_RECEIVERS, argument('receivers'));
  store32(area, PLAN_RING, argument('ring'));
  store32(area, PLAN_MAX_BYTES, argument('max'));
  store32(area, PLAN_COMPLETIONS, argument('completions'));
  store32(area, PLAN_START, argument('start'));
  store32(area, PLAN_COUNT, argument('count'));
  store32(area, PLAN_SEED, argument('seed'));
  store32(area, PLAN_PATIENCE, argument('patience'));
  const created = stormCreate(area, (boardFreeBytes() - AREA) | 0);
  if (created < 0) boardHalt('storm: create', created);
  const contexts = (load32(area, PLAN_SENDERS) + load32(area, PLAN_RECEIVERS)) | 0;
  run(area, contexts);
  const status = stormEnd(area);
  consoleText('storm ended with ');
  consoleNumber(status < 0 ? (0 - status) | 0 : status);
  consoleText(', records ');
  consoleNumber(recordsOf(area, contexts));
  consoleText('\n');
  boardExit(status === 0 ? 0 : 1);
};
