/**
 * The command `ruvix-queue`: `ruvix-queue wit types.wit -o src/gen` makes TypeScript of WIT.
 *
 * Role: users of the package, and whoever builds a kernel (--tables, --validators). Reads one file, writes the modules; nothing is
 *   written if anything is wrong.
 * Fails: exit 1 with `file:line:col: message` for the WIT, 2 with one line for what was asked wrongly.
 * Checked by: test/wit/generated.test.ts.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { stepBound, type Program } from '../wit/compile.ts';
import { emitModule } from '../wit/emit.ts';
import { located, messageTypes, parseWit, WitError } from '../wit/parse.ts';
import { tablesModule, validatorsModule } from '../wit/straight.ts';
import type { NamedType } from '../wit/types.ts';

interface Options { output: string; world?: string; type?: string[]; tables?: string; validators?: string }

const WIT_EXIT = 1;
const USAGE_EXIT = 2;
/** For the report: the longest inline message. */
const LONGEST = 1048576;

class UsageError extends Error {}

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (error as Error).message}`);
  }
};

/** The types that get a schema: the ones asked for by name, else all that can be messages. */
const choose = (file: string, types: readonly NamedType[], asked: readonly string[] | undefined): { chosen: NamedType[]; warnings: string[] } => {
  const { usable, skipped } = messageTypes(types);
  if (asked === undefined) {
    return { chosen: usable, warnings: skipped.map(({ named, why }) => `${file}: warning: skipped \`${named.name}\`: it ${why}`) };
  }
  const chosen = asked.flatMap((name) => {
    const bad = skipped.find(({ named }) => named.name === name);
    if (bad !== undefined) throw new UsageError(`${file}: \`${name}\` ${bad.why}`);
    const found = usable.filter((one) => one.name === name);
    if (found.length === 0) throw new UsageError(`${file}: there is no type \`${name}\``);
    return found;
  });
  return { chosen, warnings: [] };
};

const reportLine = (program: Program): string => {
  const { bytesMin, bytesMax } = program;
  const bytes = bytesMin === bytesMax ? `${bytesMin} bytes` : `${bytesMin} bytes and more`;
  const steps = bytesMin === bytesMax ? `${stepBound(program, bytesMax)} steps`
    : `${stepBound(program, bytesMin)} steps to ${stepBound(program, LONGEST)} at ${LONGEST} bytes`;
  return `${program.identity.qualified}  id ${program.identity.id}, ${bytes}, at most ${steps}, ${program.words.length} words`;
};

/** From the folder of a generated module to the kernel's sources. */
const kernelFrom = (file: string): string => {
  const relative = path.relative(path.dirname(file), 'src/kernel/schema').split(path.sep).join('/');
  return relative === '' ? '.' : relative.startsWith('.') ? relative : `./${relative}`;
};

const wit = async (file: string, options: Options): Promise<void> => {
  const text = readText(file);
  const { types } = await parseWit(file, text, options.world);
  const { chosen, warnings } = choose(file, types, options.type);
  if (chosen.length === 0) throw new UsageError(`${file}: there is no type that can be a message`);
  const source = path.basename(file);
  let module;
  try {
    module = emitModule(types, chosen, source);
  } catch (error) {
    throw located(file, text, error);
  }
  const programs = module.emitted.map(({ program }) => program);
  const outputs: [string, string][] = [[path.join(options.output, `${source.replace(/\.wit$/, '')}.ts`), module.text]];
  if (options.tables !== undefined) outputs.push([options.tables, tablesModule(programs, source, kernelFrom(options.tables))]);
  if (options.validators !== undefined) {
    outputs.push([options.validators, validatorsModule(programs, source, kernelFrom(options.validators))]);
  }
  for (const [output, content] of outputs) {
    mkdirSync(path.dirname(output), { recursive: true });
    writeFileSync(output, content);
  }
  process.stdout.write([...warnings, ...programs.map(reportLine), ...outputs.map(([output]) => `wrote ${output}`), ''].join('\n'));
};

const program = new Command('ruvix-queue').description('Typed messages for ruvix-queue').showHelpAfterError();
program.command('wit')
  .description('TypeScript types, encoder, decoder and validation program from a WIT file')
  .argument('<file>', 'the WIT file')
  .requiredOption('-o, --output <dir>', 'where the module goes')
  .option('--world <name>', 'the world whose types are meant, if there are several')
  .option('--type <name...>', 'only these types get a schema; default: all that can be messages')
  .option('--tables <file>', 'for kernel builds: the programs as restricted TypeScript')
  .option('--validators <file>', 'for kernel builds: straight-line validators')
  .action(async (file: string, options: Options) => {
    try {
      await wit(file, options);
    } catch (error) {
      if (!(error instanceof WitError || error instanceof UsageError)) throw error;
      process.stderr.write(`${error.message}\n`);
      process.exitCode = error instanceof WitError ? WIT_EXIT : USAGE_EXIT;
    }
  });

await program.parseAsync();
