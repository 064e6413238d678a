/**
 * make explore-native SEEDS=n: seeded interleavings of the compiled kernel on four cores in QEMU, histories checked; then some on QEMU's threads.
 *
 * Prints a line per seed and, last, EXPLORE-NATIVE {json}. The same seeds give the same lines, byte for byte, but for those on threads.
 * A failing seed is told with the command that repeats it, and its history is kept. Fails: exit 1 if a history is not as it may be, 2 for
 *   SEEDS that say nothing.
 * Checked by: test/native/explore-native.test.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { ROOT } from '../native/build.ts';
import { buildStorms } from '../native/machine.ts';
import { lineOf, runSeeds, type SeededRun } from '../native/seeds.ts';

const OUT = path.join(ROOT, 'build/explore-native');

/** "50": 1 to 50. "17-17": that one. */
const seedsOf = (text: string): number[] => {
  const match = /^(?:(\d+)-)?(\d+)$/.exec(text);
  const [first, last] = [Number(match?.[1] ?? 1), Number(match?.[2] ?? 0)];
  return match === null ? [] : Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => first + k);
};

const tellViolations = (run: SeededRun): void => {
  for (const { pattern, text } of run.violations) console.log(`  VIOLATION ${pattern}: ${text}`);
  const kept = path.join(OUT, `seed-${run.seed}${run.counted ? '' : '-threads'}.history`);
  const logs = run.history.contexts.map(({ role, number, log }) => ({ role, number, log: [...log] }));
  writeFileSync(kept, JSON.stringify({ shape: run.shape, nanos: run.history.nanos, contexts: logs }));
  console.log(`  ${run.counted ? `again: make explore-native SEEDS=${run.seed}-${run.seed} THREADS=0; ` : ''}history: ${path.relative(ROOT, kept)}`);
};

await new Command('explore-native')
  .description('Runs seeded interleavings of the compiled kernel in QEMU and checks their histories.')
  .option('--seeds <n or first-last>', 'which seeds: 1 to n, or first to last', '50')
  .option('--threads <n>', 'how many of them run on the emulator\'s threads as well; default: a fifth')
  .action(async (options: { seeds: string; threads?: string }) => {
    const seeds = seedsOf(options.seeds);
    if (seeds.length === 0) {
      process.stderr.write(`SEEDS must be a number, or first-last, not ${options.seeds || 'empty'}.\n`);
      process.exitCode = 2;
      return;
    }
    const threaded = seeds.slice(0, options.threads === undefined ? Math.ceil(seeds.length / 5) : Number(options.threads));
    mkdirSync(OUT, { recursive: true });
    const [hooked, plain] = await buildStorms(ROOT, OUT, threaded.length > 0 ? ['hooks', 'plain'] : ['hooks']);
    const sum = { seeds: 0, threads: 0, messages: 0, records: 0, violations: 0 };
    const tell = (run: SeededRun): void => {
      console.log(lineOf(run));
      if (run.violations.length > 0) tellViolations(run);
      sum[run.counted ? 'seeds' : 'threads'] += 1;
      sum.messages += run.result.messages;
      sum.records += run.records;
      sum.violations += run.violations.length;
    };
    await runSeeds(hooked!, seeds, true, availableParallelism(), tell);
    await runSeeds(plain!, threaded, false, 1, tell);
    console.log(`EXPLORE-NATIVE ${JSON.stringify(sum)}`);
    if (sum.violations > 0) process.exitCode = 1;
  })
  .parseAsync();
