/**
 * make soak MESSAGES=n SEED=n: carries n messages on host threads, and some more under Node and on the board, and checks every history.
 *
 * Prints progress, a line for each place and, last, SOAK {json}. On a failure: what the history shows, the seed, and the file with the history,
 *   which `--history FILE` checks again. Fails: exit 1 then, 2 for arguments that make no sense.
 * Checked by: test/native/soak.test.ts
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { ROOT } from '../native/build.ts';
import { buildStorm } from '../native/machine.ts';
import { type Built, type Failure, type Place, type Progress, recheck, soak, type Sum } from '../native/soak.ts';
import { buildThreads, stormC } from '../native/threads.ts';

const OUT = path.join(ROOT, 'build/soak');
/** Of all messages, how many each place carries; at least and at most so many. Host threads are the fast ones. */
const SHARES: readonly (readonly [Place, number, number, number])[] = [
  ['threads', 1, 1, Infinity], ['workers', 0.02, 20_000, 300_000], ['board', 0.002, 5_000, 20_000],
];
const PROGRESS_SECONDS = 5;

const number = (value: number): string => Math.round(value).toLocaleString('en');

const progressTeller = (): (progress: Progress) => void => {
  let last = 0;
  return ({ place, messages, goal, rounds, seconds, shape }) => {
    if (seconds - last < PROGRESS_SECONDS && messages < goal) return;
    last = seconds;
    const at = `${place}: ${number(messages)} of ${number(goal)} messages, ${rounds} rounds, ${seconds.toFixed(0)} s`;
    process.stderr.write(`  … ${at} (now ${shape.senders} to ${shape.receivers}, ring ${shape.ringSize})\n`);
  };
};

const tellFailure = ({ place, shape, round, violations, status, kept }: Failure): void => {
  console.log(`FAILED on ${place}, round ${round} of ${JSON.stringify(shape)}, status ${status}`);
  for (const { pattern, text } of violations) console.log(`  ${pattern}: ${text}`);
  console.log(`  its history is in ${path.relative(ROOT, kept)}; again: node --import tsx src/cli/soak.ts --history ${path.relative(ROOT, kept)}`);
};

const build = async (): Promise<Built> => {
  mkdirSync(OUT, { recursive: true });
  const threads = path.join(OUT, 'threads');
  await buildThreads(await stormC(OUT), threads);
  return { threads, image: await buildStorm(ROOT, path.join(OUT, 'board'), false), folder: OUT };
};

const run = async (messages: number, seed: number): Promise<void> => {
  const built = await build();
  const places: Partial<Record<Place, Sum>> = {};
  let failed = false;
  for (const [place, share, least, most] of SHARES) {
    if (failed) break;
    const { sum, failure } = await soak(place, built, Math.min(most, Math.max(least, Math.round(messages * share))), seed, progressTeller());
    places[place] = sum;
    console.log(`${place}: ${number(sum.messages)} messages in ${sum.rounds} rounds of ${sum.shapes} shapes, ${number(sum.empties)} Empty, ${number(sum.fulls)} Full, `
      + `${number(sum.completions)} completions, ${sum.seconds.toFixed(1)} s, violations ${sum.violations}`);
    if (failure) tellFailure(failure);
    failed = failure !== undefined;
  }
  const all = Object.values(places);
  const total = (key: 'messages' | 'violations' | 'rounds' | 'unclocked'): number => all.reduce((sum, one) => sum + one[key], 0);
  console.log(`SOAK ${JSON.stringify({ seed, messages: total('messages'), rounds: total('rounds'), unclocked: total('unclocked'), violations: total('violations'), places })}`);
  if (failed) process.exitCode = 1;
};

await new Command('soak')
  .description('Long runs with recorded and checked histories: host threads, Node, the board.')
  .option('--messages <n>', 'messages on host threads', '10000000')
  .option('--seed <n>', 'decides shapes and loads', process.env['SEED'] ?? '1')
  .option('--history <file>', 'only checks a kept history again')
  .action(async (options: { messages: string; seed: string; history?: string }) => {
    if (options.history !== undefined) {
      const violations = recheck(options.history);
      for (const { pattern, text } of violations) console.log(`${pattern}: ${text}`);
      console.log(`${violations.length} violations`);
      process.exitCode = violations.length > 0 ? 1 : 0;
    } else if (!/^[1-9]\d{0,10}$/.test(options.messages) || !/^-?\d{1,9}$/.test(options.seed)) {
      process.stderr.write(`MESSAGES and SEED must be whole numbers, not ${options.messages} and ${options.seed}.\n`);
      process.exitCode = 2;
    } else {
      await run(Number(options.messages), Number(options.seed));
    }
  })
  .parseAsync();
