/**
 * The lowering: restricted TypeScript to an object file, by way of Porffor. The whole pipeline on one screen.
 *
 *   node --import tsx src/lower/main.ts ENTRY.ts -o build/DIR/NAME.o [--target aarch64|host] [-O 0|1|2|s] [--keep]
 *
 * Beside the object it leaves NAME.ts (lowered), NAME.c (Porffor's) and NAME.pre.h with --keep. Exit status 1 with all errors of
 * the run on stderr, and nothing written, if the sources are not in the subset (docs/subset.md).
 */
import { realpathSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command, Option } from 'commander';
import { clang, type Target } from './clang.ts';
import { emit } from './emit.ts';
import { Folder } from './fold.ts';
import { gateText } from './gate.ts';
import { header } from './header.ts';
import { link } from './link.ts';
import { load } from './load.ts';
import { lower } from './lower.ts';
import { checkModules } from './modules.ts';
import { gateObject } from './objectgate.ts';
import { porffor } from './porffor.ts';
import type { Report } from './report.ts';

export interface Options {
  output: string;
  target: Target;
  O: string;
  keep?: boolean;
}

/** Builds one object. The report tells what was wrong; nothing is written if the sources are not in the subset. */
export const build = async (entry: string, options: Options): Promise<Report> => {
  const loaded = load(entry);
  const { report } = loaded;
  const folder = new Folder(loaded.checker);
  const linked = link(loaded);
  checkModules(loaded, linked, folder);
  const program = lower(loaded, linked, folder);
  if (report.failed) return report;

  const base = path.resolve(options.output).replace(/\.o$/, '');
  if (loaded.modules.some((file) => path.resolve(file.fileName) === `${base}.ts`)) throw new Error(`${base}.ts is a source and would be overwritten`);
  const [lowered, generated, before, object] = ['.ts', '.c', '.pre.h', '.o'].map((suffix) => base + suffix) as [string, string, string, string];
  await mkdir(path.dirname(base), { recursive: true });
  await rm(object, { force: true });
  await writeFile(lowered, emit(program, report));
  const c = await porffor(lowered, generated, report);
  if (c === undefined) return report;
  gateText(c, program, report);
  const made = header(c, program);
  await writeFile(before, made.text);
  if (report.failed) return report;
  await clang(generated, before, object, options.target, options.O, report);
  if (report.failed) return report;
  await gateObject(object, made, program, options.target, report);
  if (report.failed) await rm(object, { force: true });
  else if (!options.keep) for (const file of [lowered, generated, before]) await rm(file);
  return report;
};

const command = new Command('lower')
  .argument('<entry>', 'the module whose exports make the object')
  .requiredOption('-o, --output <file>', 'the object to write')
  .addOption(new Option('--target <target>', 'the machine to compile for').choices(['aarch64', 'host']).default('aarch64'))
  .addOption(new Option('-O <level>', 'optimisation').choices(['0', '1', '2', 's']).default('2'))
  .option('--keep', 'keep the lowered TypeScript, the C and its header')
  .action(async (entry: string, options: Options) => {
    const report = await build(entry, options);
    if (!report.failed) return;
    process.stderr.write(report.text());
    process.exitCode = 1;
  });
if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) await command.parseAsync();
