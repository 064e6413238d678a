/**
 * make atomic-sites: compiles the kernel, checks each atomic access's instructions and writes docs/atomic-sites.md.
 *
 * Fails: exit 1, and nothing is written, if an access vanished, is weaker than declared, or an ordered instruction is unaccounted for.
 * Checked by: test/native/sites.test.ts
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { ROOT } from '../native/build.ts';
import { allProblems, compileSites, sitesOf, tableText } from '../native/sites.ts';

await new Command('atomic-sites')
  .description('Checks the instructions of every atomic access of the kernel and writes docs/atomic-sites.md.')
  .action(async () => {
    const sites = sitesOf(ROOT);
    const compiled = await compileSites(ROOT, path.join(ROOT, 'build/native/sites'));
    for (const site of sites) console.log(`${`${site.file}:${site.line}`.padEnd(36)} ${`[${site.label}]`.padEnd(13)} ${site.text}`);
    const wrong = allProblems(sites, compiled);
    for (const problem of wrong) console.log(problem);
    if (wrong.length > 0) {
      process.exitCode = 1;
      return;
    }
    writeFileSync(path.join(ROOT, 'docs/atomic-sites.md'), tableText(sites));
    console.log(`${sites.length} accesses, each with the instructions of its order; docs/atomic-sites.md is written.`);
  })
  .parseAsync();
