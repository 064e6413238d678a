/**
 * make bench-report: takes the results of the last make bench into docs/bench, and draws the plot and writes the tables of README.md
 *   and docs/bench.md from them.
 *
 *     node --import tsx bench/report.ts [--keep]      --keep: from what docs/bench has, without taking new results
 *
 * Fails: exit 1 with what is missing. Checked by: test/bench/ratios-report.test.ts.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import type { Growth } from './growth/growth.ts';
import { plot } from './plot.ts';
import type { Result } from './result.ts';
import { between, cellsTable, countsTable, growthTables, machineText, ratiosTable, type Counts } from './table.ts';

const ROOT = path.join(import.meta.dirname, '..');
const at = (name: string): string => path.join(ROOT, name);
const json = <T>(name: string): T => JSON.parse(readFileSync(at(name), 'utf8')) as T;
const RESULTS = ['ratios.json', 'growth.json'];

/** What the committed results make of each file: its name and its text as it should be. */
export const rendered = (): Record<string, string> => {
  const result = json<Result>('docs/bench/ratios.json');
  const counts = countsTable(json<Counts>('docs/counts.json'));
  let readme = readFileSync(at('README.md'), 'utf8');
  readme = between(readme, 'counts', counts);
  readme = between(readme, 'ratios', `${ratiosTable(result)}\n\n${machineText(result)}`);
  let page = readFileSync(at('docs/bench.md'), 'utf8');
  page = between(page, 'cells', cellsTable(result));
  for (const [name, text] of Object.entries(growthTables(json<Growth>('docs/bench/growth.json')))) page = between(page, name, text);
  return { 'README.md': readme, 'docs/bench.md': page, 'docs/bench/ratios.svg': plot(result) };
};

const command = new Command('bench-report')
  .option('--keep', 'write from the committed results again')
  .action((options: { keep?: boolean }) => {
    mkdirSync(at('docs/bench'), { recursive: true });
    for (const name of options.keep === true ? [] : RESULTS) {
      if (!existsSync(at(`build/bench/${name}`))) command.error(`build/bench/${name} is not there: make bench writes it`);
      copyFileSync(at(`build/bench/${name}`), at(`docs/bench/${name}`));
    }
    for (const [name, text] of Object.entries(rendered())) writeFileSync(at(name), text);
  });

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) await command.parseAsync();
