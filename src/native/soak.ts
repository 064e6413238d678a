/**
 * The soak: storms of changing shape in three places, each round's history checked before the next; what fails is kept.
 *
 * Role: src/cli/soak.ts prints it, test/native/soak.test.ts runs a short one. The seed decides shapes and loads; threads are the host's.
 * Units: messages. Fails: the first round that is not as it may be ends the soak; its memory is kept in a file, which
 *   recheck reads again.
 * Checked by: test/native/soak.test.ts
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Checker, readHistory, type Rules, type Violation } from './history.ts';
import { boardRounds, type Round, type Rounds, threadRounds, workerRounds } from './storms.ts';
import type { Shape } from './threads.ts';

export type Place = 'threads' | 'workers' | 'board';

/** What is built already: the program of threads.c, the image without hooks; and a folder of ours. */
export interface Built {
  threads: string;
  image: string;
  folder: string;
}

export interface Progress {
  place: Place;
  shape: Shape;
  messages: number;
  goal: number;
  rounds: number;
  seconds: number;
}

export interface Sum {
  messages: number;
  rounds: number;
  shapes: number;
  empties: number;
  fulls: number;
  completions: number;
  /** Rounds in which a context was away for so long that times say nothing. */
  unclocked: number;
  violations: number;
  seconds: number;
}

export interface Failure {
  place: Place;
  shape: Shape;
  round: number;
  violations: Violation[];
  status: number;
  kept: string;
}

/** Another core's stores and clock may be late by so much; and other programs run, so a late wake-up proves nothing. */
const REAL: Rules = { slack: 1000, sleepers: false };
const PATIENCE = 2000;

interface Kind { senders: number; receivers: number; ringSize: number; maxBytes: number; completions: number; share: number }

/** Wide rings carry most messages; narrow ones are full and empty all the time and take far longer for each. */
const KINDS: readonly Kind[] = [
  { senders: 2, receivers: 2, ringSize: 64, maxBytes: 64, completions: 0, share: 1 },
  { senders: 1, receivers: 1, ringSize: 1024, maxBytes: 64, completions: 0, share: 1 },
  { senders: 3, receivers: 1, ringSize: 256, maxBytes: 256, completions: 64, share: 1 },
  { senders: 2, receivers: 3, ringSize: 8, maxBytes: 24, completions: 0, share: 0.2 },
  { senders: 1, receivers: 2, ringSize: 512, maxBytes: 1024, completions: 0, share: 1 },
  { senders: 2, receivers: 2, ringSize: 4, maxBytes: 64, completions: 4, share: 0.05 },
  { senders: 4, receivers: 1, ringSize: 1024, maxBytes: 40, completions: 0, share: 1 },
  { senders: 1, receivers: 1, ringSize: 1, maxBytes: 64, completions: 1, share: 0.02 },
  { senders: 4, receivers: 2, ringSize: 1024, maxBytes: 128, completions: 256, share: 1 },
];
const SHARES = KINDS.reduce((sum, { share }) => sum + share, 0);
const STARTS = [0, -1000, 0x7ffffc00];

/** Rounds of each shape, and messages of a round at most, in each place. */
const ROUNDS: Record<Place, { rounds: number; messages: number }> = {
  threads: { rounds: 4, messages: 400_000 }, workers: { rounds: 3, messages: 60_000 }, board: { rounds: 1, messages: 20_000 },
};

/** A short soak sees every kind as well, with fewer messages of each. */
const shapeAt = (place: Place, seed: number, number: number, goal: number): Shape => {
  const { share, ...kind } = KINDS[number % KINDS.length]!;
  const { rounds, messages: most } = ROUNDS[place];
  const messages = Math.ceil(Math.min(most, goal / SHARES / rounds) * share);
  return {
    ...kind, start: STARTS[(seed + number) % STARTS.length]!, seed: (Math.imul(seed, 1_000_003) + number) | 0, patience: PATIENCE,
    count: Math.max(1, Math.ceil(messages / kind.senders)),
  };
};

const roundsOf = (place: Place, built: Built, shape: Shape): Rounds => {
  if (place === 'threads') return threadRounds(built.threads, shape, ROUNDS.threads.rounds);
  if (place === 'workers') return workerRounds(built.folder, shape, ROUNDS.workers.rounds);
  return boardRounds(built.image, shape);
};

const keep = (built: Built, place: Place, shape: Shape, { area, history }: Round, text: string): string => {
  mkdirSync(built.folder, { recursive: true });
  const kept = path.join(built.folder, `failed-${place}-${shape.seed >>> 0}-${history.round}.history`);
  writeFileSync(kept, area);
  writeFileSync(`${kept}.txt`, `${JSON.stringify({ place, shape, round: history.round })}\n${text}\n`);
  return kept;
};

/** Carries `goal` messages in one place, or stops at the first failure. */
export const soak = async (
  place: Place, built: Built, goal: number, seed: number, tell: (progress: Progress) => void,
): Promise<{ sum: Sum; failure?: Failure }> => {
  const sum: Sum = { messages: 0, rounds: 0, shapes: 0, empties: 0, fulls: 0, completions: 0, unclocked: 0, violations: 0, seconds: 0 };
  const began = performance.now();
  for (let number = 0; sum.messages < goal; number++) {
    const shape = shapeAt(place, seed, number, goal);
    const checker = new Checker(shape.senders, REAL);
    sum.shapes += 1;
    for await (const round of roundsOf(place, built, shape)) {
      const result = checker.round(round.history);
      sum.messages += result.messages;
      sum.rounds += 1;
      sum.empties += result.empties;
      sum.fulls += result.fulls;
      sum.completions += result.completions;
      sum.unclocked += result.unclocked ? 1 : 0;
      sum.violations += result.violations.length;
      sum.seconds = (performance.now() - began) / 1000;
      if (result.violations.length > 0 || round.status !== 0) {
        sum.violations += round.status === 0 ? 0 : 1;
        const text = result.violations.map((one) => `${one.pattern}: ${one.text}`).join('\n');
        const kept = keep(built, place, shape, round, text);
        return { sum, failure: { place, shape, round: round.history.round, violations: result.violations, status: round.status, kept } };
      }
      tell({ place, shape, messages: sum.messages, goal, rounds: sum.rounds, seconds: sum.seconds });
      if (sum.messages >= goal) break;
    }
  }
  return { sum };
};

/** Checks a kept history again. */
export const recheck = (file: string): Violation[] => {
  const whole = readFileSync(file);
  const area = new Uint8Array(whole.byteLength);
  area.set(whole);
  const history = readHistory(area, 0);
  return new Checker(history.senders, REAL, history).round(history).violations;
};
