/**
 * Sleeping and waking: results of wait32, counts of notify32, and a crowd that would hang if one wake-up got lost.
 */
import {
  compareExchange32, fetchAdd32, loadAcquire32, loadRelaxed32, loadSequential32, notify32, pause, store32, storeRelease32,
  timeMicros32, wait32,
} from '#machine';
import {
  boardCores, boardFreeBase, boardHalt, boardTimerEvery, TASK_NONE, TASK_NO_CORE, taskCreate, taskYield,
} from '../../../src/board/board.ts';
import { consoleNumber, consoleText } from '../../../src/board/console.ts';

const WOKEN = 0;
const CHANGED = 1;
const TIMED_OUT = 2;

const ROLE_SLEEP = 1;
const ROLE_TAKE = 2;
const ROLE_GIVE = 3;
const ROLE_END = 4;
const ROLE_DUEL = 5;

// Words, a cache line apart.
const WORD_OFFSET = 0;
const ASLEEP_OFFSET = 64;
const AWAKE_OFFSET = 128;
const TOKENS_OFFSET = 192;
const TAKEN_OFFSET = 256;
const ENDED_OFFSET = 320;
const TICKS_OFFSET = 384;
const ROUND_OFFSET = 448;
const ANSWER_OFFSET = 512;

const SLEEPERS = 6;
const TOKENS_PER_GIVER = 3000;
const PAIRS = 6;
const TICK_TOKENS = 200;
const GENERATIONS = 300;
const ROUNDS = 10000;

const expect = (what: text, got: i32, wanted: i32): void => {
  if (got !== wanted) boardHalt(what, got);
};

/** Sleeps until the word is at least `goal`; its writers notify. */
const reach = (off: i32, goal: i32): void => {
  while (true) {
    const v = loadSequential32(boardFreeBase(), off);
    if (v >= goal) return;
    if (wait32(boardFreeBase(), off, v, 20000000) === TIMED_OUT) boardHalt('wait: a count stands still at', v);
  }
};

const raise = (off: i32): void => {
  fetchAdd32(boardFreeBase(), off, 1);
  notify32(boardFreeBase(), off, 16);
};

const results = (): void => {
  const base = boardFreeBase();
  expect('wait: changed word', wait32(base, WORD_OFFSET, 1, -1), CHANGED);
  const began = timeMicros32();
  expect('wait: 5 ms', wait32(base, WORD_OFFSET, 0, 5000), TIMED_OUT);
  if (((timeMicros32() - began) | 0) < 5000) boardHalt('wait: woke too early, microseconds', (timeMicros32() - began) | 0);
  expect('wait: no time at all', wait32(base, WORD_OFFSET, 0, 0), TIMED_OUT);
  expect('notify: nobody', notify32(base, WORD_OFFSET, 16), 0);
  expect('create: core too high', taskCreate(boardCores(), ROLE_END, 0), TASK_NO_CORE);
  expect('create: core too low', taskCreate(-1, ROLE_END, 0), TASK_NO_CORE);
  consoleText('results are right\n');
};

/** Sleepers on all cores; one notify wakes as many as it says, no more. */
const counts = (): void => {
  const base = boardFreeBase();
  for (let i = 0; i < SLEEPERS; i++) taskCreate((i % boardCores()) | 0, ROLE_SLEEP, i);
  reach(ASLEEP_OFFSET, SLEEPERS);
  // Each sleeper has said so just before it sleeps: notify until all have been counted.
  let woken: i32 = 0;
  while (woken < 2) {
    woken = (woken + notify32(base, WORD_OFFSET, (2 - woken) | 0)) | 0;
    taskYield();
  }
  reach(AWAKE_OFFSET, 2);
  wait32(base, TICKS_OFFSET, 0, 20000);
  expect('notify: two of six', loadSequential32(base, AWAKE_OFFSET), 2);
  while (woken < SLEEPERS) {
    woken = (woken + notify32(base, WORD_OFFSET, 16)) | 0;
    taskYield();
  }
  reach(AWAKE_OFFSET, SLEEPERS);
  expect('notify: nobody left', notify32(base, WORD_OFFSET, 16), 0);
  reach(ENDED_OFFSET, SLEEPERS);
  consoleText('counts are right\n');
};

/** Givers add tokens and wake one taker each; takers sleep while there is none. A lost wake-up leaves tokens behind. */
const crowd = (): void => {
  const base = boardFreeBase();
  store32(base, ENDED_OFFSET, 0);
  for (let i = 0; i < PAIRS; i++) {
    taskCreate((i % boardCores()) | 0, ROLE_TAKE, 0);
    taskCreate((((i + 1) | 0) % boardCores()) | 0, ROLE_GIVE, 0);
  }
  boardTimerEvery(500);
  reach(ENDED_OFFSET, PAIRS << 1);
  boardTimerEvery(0);
  consoleText('tokens ');
  consoleNumber(loadAcquire32(base, TAKEN_OFFSET));
  consoleText(' taken\n');
};

const take = (): void => {
  const base = boardFreeBase();
  let left: i32 = (TOKENS_PER_GIVER + ((TICK_TOKENS / PAIRS) | 0)) | 0;
  while (left > 0) {
    const tokens = loadSequential32(base, TOKENS_OFFSET);
    if (tokens === 0) {
      if (wait32(base, TOKENS_OFFSET, 0, 10000000) === TIMED_OUT) boardHalt('wait: a taker was forgotten; left', left);
    } else if (compareExchange32(base, TOKENS_OFFSET, tokens, (tokens - 1) | 0) === tokens) {
      left = (left - 1) | 0;
      fetchAdd32(base, TAKEN_OFFSET, 1);
    }
  }
};

const give = (): void => {
  for (let i = 0; i < TOKENS_PER_GIVER; i++) {
    fetchAdd32(boardFreeBase(), TOKENS_OFFSET, 1);
    notify32(boardFreeBase(), TOKENS_OFFSET, 1);
    if ((i & 15) === 0) taskYield();
  }
};

/** Some loops, another number each time: from nothing to about as long as going to sleep takes. */
const dawdle = (round: i32): void => {
  const loops = ((Math.imul(round, 0x9e3779b1 | 0) >>> 8) & 2047) | 0;
  for (let i = 0; i < loops; i++) loadRelaxed32(boardFreeBase(), WORD_OFFSET);
};

/** Spins until the word is `goal`; no sleep here, it would end by its own wake-up. */
const spin = (off: i32, goal: i32): void => {
  const began = timeMicros32();
  while (loadAcquire32(boardFreeBase(), off) !== goal) {
    pause();
    if (((timeMicros32() - began) | 0) > 10000000) boardHalt('wait: slept through round', goal);
    if (boardCores() === 1) taskYield();
  }
};

/**
 * One word, one sleeper, one wake-up for each round, and nobody to help if it is lost. Both sides act at about the same moment, so
 * that change and announcement meet: the case for which wait32 and notify32 have their fences.
 */
const duel = (): void => {
  const base = boardFreeBase();
  store32(base, ROUND_OFFSET, 0);
  store32(base, ANSWER_OFFSET, 0);
  taskCreate((boardCores() - 1) | 0, ROLE_DUEL, 0);
  for (let round = 1; round <= ROUNDS; round++) {
    dawdle(round);
    fetchAdd32(base, ROUND_OFFSET, 1);
    notify32(base, ROUND_OFFSET, 1);
    spin(ANSWER_OFFSET, round);
  }
  consoleNumber(ROUNDS);
  consoleText(' rounds of the duel\n');
};

const answer = (): void => {
  const base = boardFreeBase();
  for (let round = 1; round <= ROUNDS; round++) {
    while (loadAcquire32(base, ROUND_OFFSET) !== round) {
      wait32(base, ROUND_OFFSET, (round - 1) | 0, -1); // no time limit: its timer would wake the core and hide a lost interrupt
    }
    storeRelease32(base, ANSWER_OFFSET, round);
  }
};

/** Many short tasks, so that each slot and stack is used again and again; then more than there are slots. */
const generations = (): void => {
  store32(boardFreeBase(), ENDED_OFFSET, 0);
  let created: i32 = 0;
  while (created < GENERATIONS) {
    if (taskCreate((created % boardCores()) | 0, ROLE_END, 0) === TASK_NONE) {
      const ended = loadSequential32(boardFreeBase(), ENDED_OFFSET);
      if (((created - ended) | 0) < 15) taskYield();
      else wait32(boardFreeBase(), ENDED_OFFSET, ended, 1000000);
    } else {
      created = (created + 1) | 0;
    }
  }
  reach(ENDED_OFFSET, GENERATIONS);
  consoleNumber(GENERATIONS);
  consoleText(' tasks came and went\n');
};

export const waitStart = (): void => {
  for (let off = 0; off < 512; off++) {
    if ((off & 3) === 0) store32(boardFreeBase(), off, 0);
  }
  results();
  counts();
  crowd();
  duel();
  generations();
};

export const waitTask = (role: i32, argument: i32): void => {
  if (role === ROLE_SLEEP) {
    raise(ASLEEP_OFFSET);
    expect('wait: woken', wait32(boardFreeBase(), WORD_OFFSET, 0, -1), WOKEN);
    raise(AWAKE_OFFSET);
  } else if (role === ROLE_TAKE) {
    take();
  } else if (role === ROLE_GIVE) {
    give();
  } else if (role === ROLE_DUEL) {
    answer();
  }
  raise(ENDED_OFFSET);
};

/** Tokens from interrupts, too: as many as the takers wait for. */
export const waitTimer = (): void => {
  if (fetchAdd32(boardFreeBase(), TICKS_OFFSET, 1) >= Math.imul((TICK_TOKENS / PAIRS) | 0, PAIRS)) return;
  fetchAdd32(boardFreeBase(), TOKENS_OFFSET, 1);
  notify32(boardFreeBase(), TOKENS_OFFSET, 1);
};
