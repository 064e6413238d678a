/**
 * make explore [DEEP=1] [ONLY=text]: explores the kernel and prints what was covered, one line per scenario, then EXPLORE {json}.
 *
 * A run that was interrupted goes on where it was. Exit status 1 if something was found, or if a seeded bug was not.
 * Checked by: test/explore/pool.test.ts.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { countedPlaces } from '../explore/counted.ts';
import { missingText } from '../explore/coverage.ts';
import { explore } from '../explore/pool.ts';
import { reasonOf } from '../explore/unexplored.ts';
import { type Choice, depthOf, type Result, summarize } from '../explore/work.ts';

const PROCESSES_MOST = 2;

const seconds = (value: number): string => `${value.toFixed(1)} s`.padStart(9);
const count = (value: number, what: string): string => `${value.toLocaleString('en')} ${what}`.padStart(18);

const foundText = ({ name, model, seconds: used, violation, incomplete }: Result): string => {
  const told = `seeded: ${name} (${model})`.padEnd(76);
  if (violation) return `${told} ${seconds(used)}  found in ${violation.in}: ${violation.message}`;
  return `${told} ${seconds(used)}  SURVIVED${incomplete ? ' (a search stopped at its bound)' : ''}`;
};

const resultText = (result: Result, choice: Choice): string => {
  const { kind, name, model, violation } = result;
  if (kind === 'seeded') return foundText(result);
  const told = `${name} (${model})`.padEnd(58);
  const size = kind === 'walk' ? count(result.walks, 'walks') : count(result.states, 'states');
  if (violation) {
    const seed = violation.seed === undefined ? '' : ` (seed ${violation.seed})`;
    return `${told} ${size}  VIOLATION${seed}: ${violation.message}\n  make replay SCHEDULE='${violation.schedule}'`;
  }
  const reached = kind === 'walk' ? `${result.steps.toLocaleString('en')} steps, nothing found` : result.exhausted ? 'exhausted'
    : result.bounded ? `every interleaving with at most ${depthOf(choice).few.preemptions} preemptions` : 'stopped at its bound, nothing found so far';
  return `${told} ${size} ${seconds(result.seconds)}  ${reached}`;
};

const run = async (choice: Choice, processes: number, coverageFile: string | undefined): Promise<void> => {
  const began = performance.now();
  let old = 0;
  const results = await explore(choice, processes, {
    result: (result, done, all, isOld) => {
      if (isOld) old++;
      console.log(resultText(result, choice));
      if (!isOld && done % 10 === 0) process.stderr.write(`  … ${done} of ${all} done\n`);
    },
    progress: (o) => process.stderr.write(`  … ${o.scenario}: ${o.states.toLocaleString('en')} states, ${o.seconds.toFixed(0)} s\n`),
  });
  if (old > 0) console.log(`${old} of ${results.length} results are those of a run that was interrupted, of the same source.`);
  const { summary, covered } = summarize(results, choice);
  const open = countedPlaces(covered.missing.map(missingText));
  console.log(`lines run of the kernel, and of the board's sleeping and waking: ${covered.linesCovered} of ${covered.linesTotal}; branch arms: ${covered.branchesCovered} of ${covered.branchesTotal}`);
  for (const [file, places] of open) console.log(`  ${file}: ${places} places never run`);
  if (coverageFile !== undefined) {
    writeFileSync(coverageFile, covered.missing.map((place) => `${missingText(place)}  (${reasonOf(place) ?? 'no reason known'})\n`).join(''));
  }
  if (summary.incomplete > 0) console.log(`${summary.incomplete} of ${summary.scenarios} explorations stopped at their bound: for these nothing is proved.`);
  console.log(`EXPLORE ${JSON.stringify({ ...summary, seconds: Math.round((performance.now() - began) / 1000), processes })}`);
  if (summary.violations > 0 || summary.seeded_found < summary.seeded_total) process.exitCode = 1;
};

const whole = (text: string): number => {
  if (!/^-?\d{1,9}$/.test(text)) throw new InvalidArgumentError('must be a whole number.');
  return Number(text);
};

const processCount = (text: string): number => {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('must be from 1 to 99.');
  return Number(text);
};

await new Command('explore')
  .option('--deep', 'about an hour instead of minutes', false)
  .option('--only <text>', 'only scenarios and seeded bugs whose name has this text', '')
  .option('--coverage <file>', 'write the lines and branches never run to a file')
  .option('--processes <n>', 'how many search at once', processCount, Math.min(PROCESSES_MOST, availableParallelism()))
  .addOption(new Option('--seed <n>', 'of the first walk').env('SEED').argParser(whole).default(1))
  .action((options: { deep: boolean; only: string; coverage?: string; processes: number; seed: number }) =>
    run({ deep: options.deep, only: options.only, seed: options.seed }, options.processes, options.coverage))
  .parseAsync();
