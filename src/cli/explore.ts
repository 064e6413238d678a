/**
 * make explore [DEEP=1] [ONLY=text]: explores the kernel and prints what was covered, one line per scenario, then EXPLORE {json}.
 *
 * Exit status 1 if something was found, or if a seeded bug was not.
 */
import { writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { countedPlaces } from '../explore/counted.ts';
import { missingText } from '../explore/coverage.ts';
import type { Scenario } from '../explore/scenario.ts';
import { reasonOf } from '../explore/unexplored.ts';
import { DEEP, exploreAll, type Found, type Line, SHORT, type WalkLine } from '../explore/suite.ts';

const seconds = (value: number): string => `${value.toFixed(1)} s`;

const lineText = ({ scenario, model, outcome, schedule }: Line): string => {
  const name = `${scenario} (${model})`.padEnd(58);
  const states = `${outcome.states.toLocaleString('en')} states`.padStart(18);
  if (!outcome.violation) {
    const reached = outcome.exhausted ? 'exhausted' : outcome.bounded ? `every interleaving with at most ${outcome.preemptions} preemptions`
      : 'stopped at its bound, nothing found so far';
    return `${name} ${states} ${seconds(outcome.seconds).padStart(9)}  ${reached}`;
  }
  return `${name} ${states}  VIOLATION: ${outcome.violation.message}\n  make replay SCHEDULE='${schedule}'`;
};

const walkText = ({ scenario, model, outcome, schedule }: WalkLine): string => {
  const name = `${scenario} (${model})`.padEnd(58);
  const walks = `${outcome.walks.toLocaleString('en')} walks`.padStart(18);
  const { violation } = outcome;
  if (!violation) return `${name} ${walks} ${seconds(outcome.seconds).padStart(9)}  ${outcome.steps.toLocaleString('en')} steps, nothing found`;
  return `${name} ${walks}  VIOLATION (seed ${violation.seed}): ${violation.message}\n  make replay SCHEDULE='${schedule}'`;
};

const foundText = ({ bug, line, seconds: used, incomplete }: Found): string => {
  const name = `seeded: ${bug.name} (${bug.model})`.padEnd(76);
  if (line) return `${name} ${seconds(used).padStart(9)}  found in ${line.scenario}: ${line.outcome.violation!.message}`;
  return `${name} ${seconds(used).padStart(9)}  SURVIVED${incomplete ? ' (a search stopped at its bound)' : ''}`;
};

const command = new Command('explore')
  .option('--deep', 'about an hour instead of minutes')
  .option('--only <text>', 'only scenarios whose name has this text')
  .option('--coverage <file>', 'write the lines and branches never run to a file')
  .addOption(new Option('--seed <number>', 'of the first walk').env('SEED').argParser(Number))
  .action((options: { deep?: boolean; only?: string; coverage?: string; seed?: number }) => {
    const depth = options.deep ? DEEP : SHORT;
    const { only = '' } = options;
    const named = ({ name }: Scenario): boolean => name.includes(only);
    const chosen = {
      ...depth, scenarios: depth.scenarios.filter(named), big: depth.big.filter(named),
      walks: { ...depth.walks, seed: options.seed ?? depth.walks.seed },
    };
    const { summary, covered } = exploreAll(chosen, {
      line: (line) => console.log(lineText(line)),
      walked: (line) => console.log(walkText(line)),
      found: (found) => console.log(foundText(found)),
      progress: (o) => process.stderr.write(`  … ${o.scenario}: ${o.states.toLocaleString('en')} states, ${seconds(o.seconds)}\n`),
    });
    const open = countedPlaces(covered.missing.map(missingText));
    console.log(`kernel lines run: ${covered.linesCovered} of ${covered.linesTotal}; branch arms: ${covered.branchesCovered} of ${covered.branchesTotal}`);
    for (const [file, count] of open) console.log(`  ${file}: ${count} places never run`);
    if (options.coverage !== undefined) {
      writeFileSync(options.coverage, covered.missing.map((place) => `${missingText(place)}  (${reasonOf(place) ?? 'no reason known'})\n`).join(''));
    }
    if (summary.incomplete > 0) console.log(`${summary.incomplete} of ${summary.scenarios} explorations stopped at their bound: for these nothing is proved.`);
    console.log(`EXPLORE ${JSON.stringify(summary)}`);
    if (summary.violations > 0 || summary.seeded_found < summary.seeded_total) process.exitCode = 1;
  });
command.parse();
