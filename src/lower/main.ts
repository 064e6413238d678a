/**
 * The lowering: restricted TypeScript to an object file, by way of Porffor. The whole pipeline on one screen.
 *
 *   node --import tsx src/lower/main.ts ENTRY.ts -o build/DIR/NAME.o [--target aarch64|host] [-O 0|1|2|s] [--atomics llsc|lse] [--keep]
 *
 * Beside the object it leaves NAME.ts (lowered), NAME.c (Porffor's) and NAME.pre.h with --keep. Exit status 1 with all errors of
 * the run on stderr, and nothing written, if the sources are not in the subset (docs/subset.md).
 */
import { realpathSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command, Option } from 'commander';
import { ATOMICS, ATOMICS_NAMES, clang, type AtomicKind, type Target } from './clang.ts';
import { emit } from './emit.ts';
import { Folder } from './fold.ts';
import { gateText } from './gate.ts';
import { header } from './header.ts';
import { link } from './link.ts';
import { load } from './load.ts';
import { lower, type Program } from './lower.ts';
import { checkModules } from './modules.ts';
import { gateObject } from './objectgate.ts';
import { porffor } from './porffor.ts';
import type { Report } from './report.ts';

export interface Options {
  output: string;
  target: Target;
  O: string;
  /** Default: llsc. Only for aarch64. */
  atomics?: AtomicKind;
  keep?: boolean;
}

/** Builds one object. The report tells what was wrong; then no object is left, not even an old one. */
export const build = async (entry: string, options: Options): Promise<Report> => {
  const base = path.resolve(options.output).replace(/\.o$/, '');
  await rm(`${base}.o`, { force: true });
  const loaded = load(entry);
  const isSource = loaded.modules.some((file) => path.resolve(file.fileName) === `${base}.ts`);
  if (isSource) throw new Error(`${base}.ts is a source and would be overwritten`);

  const folder = new Folder(loaded.checker);
  const linked = link(loaded);
  checkModules(loaded, linked, folder);
  const program = lower(loaded, linked, folder);
  if (!loaded.report.failed) await compile(program, base, options, loaded.report);
  return loaded.report;
};

/** The second half: from a checked program to an object that passed the gates. */
const compile = async (program: Program, base: string, options: Options, report: Report): Promise<void> => {
  await mkdir(path.dirname(base), { recursive: true });
  await writeFile(`${base}.ts`, emit(program, report));
  const c = await porffor(`${base}.ts`, `${base}.c`, report);
  if (c === undefined) return;
  gateText(c, program, report);
  const before = header(c, program);
  await writeFile(`${base}.pre.h`, before.text);
  const more = options.target === 'aarch64' ? ATOMICS[options.atomics ?? 'llsc'] : [];
  if (!report.failed) await clang(`${base}.c`, `${base}.pre.h`, `${base}.o`, options.target, options.O, report, more);
  if (!report.failed) await gateObject(`${base}.o`, before, program, options.target, report);
  if (report.failed) await rm(`${base}.o`, { force: true });
  else if (!options.keep) for (const suffix of ['.ts', '.c', '.pre.h']) await rm(base + suffix);
};

const command = new Command('lower')
  .argument('<entry>', 'the module whose exports make the object')
  .requiredOption('-o, --output <file>', 'the object to write')
  .addOption(new Option('--target <target>', 'the machine to compile for').choices(['aarch64', 'host']).default('aarch64'))
  .addOption(new Option('-O <level>', 'optimisation').choices(['0', '1', '2', 's']).default('2'))
  .addOption(new Option('--atomics <kind>', 'instructions of read-modify-writes on aarch64').choices(ATOMICS_NAMES).default('llsc'))
  .option('--keep', 'keep the lowered TypeScript, the C and its header')
  .action(async (entry: string, options: Options) => {
    const report = await build(entry, options).catch((error: Error) => command.error(`error: ${error.message}`));
    if (!report.failed) return;
    process.stderr.write(report.text());
    process.exitCode = 1;
  });

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) await command.parseAsync();
