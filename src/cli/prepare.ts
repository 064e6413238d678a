/**
 * What `make run` and `make gdb` do before they start anything: the options, their check, the build.
 *
 * Order: options and a given input are checked before anything is built, so a mistake costs no time and leaves no output.
 * Fails: `refusing` turns a wrong option or input into one line on standard error and exit code 2; a failed build ends the process
 *   with make's exit code, after make's own words.
 * Checked by: test/cli/run.test.ts, test/cli/gdb.test.ts
 */
import { spawnSync } from 'node:child_process';
import { Command } from 'commander';
import { emulatorLacks, treeOf } from './boards.ts';
import type { BootOptions } from './boot.ts';
import { InputError } from './input.ts';
import { DIGITS, UsageError, checkInputAndClasses, checkOptions, programNames, type RawOptions, type RunOptions } from './options.ts';

const USAGE_EXIT = 2;

export interface Prepared {
  options: RunOptions;
  /** Where the program's image is built; the linked kernel.elf lies beside it. */
  image: string;
  classes: string | undefined;
}

/** The options that stand for make's variables, with the same defaults. */
export const commandWithOptions = (name: string): Command => new Command(name)
  .option('--board <name>', 'the board', 'virt')
  .option('--target <name>', 'qemu or node', 'qemu')
  .option('--program <name>', 'a program of src/programs', 'classify')
  .option('--atomics <kind>', 'llsc or lse', 'llsc')
  .option('--cpus <n>', 'cores; default: what the board has, as for the next three')
  .option('--cpu <model>', 'the processor model QEMU shows')
  .option('--gic <version>', 'version of the interrupt controller')
  .option('--memory <MiB>', 'RAM')
  .option('--input <file>', 'vectors, .fvecs')
  .option('--seconds <n>', 'give up after so long', '600');

export const refusing = <T>(main: (raw: T) => Promise<void>) => async (raw: T): Promise<void> => {
  try {
    await main(raw);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof InputError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = USAGE_EXIT;
  }
};

/** Runs make for the files a run needs. It says nothing when they are there. Its command line is not the outer make's. */
const build = (options: RunOptions, image: string): void => {
  const tree = treeOf(options.board);
  const machine = options.target === 'qemu' ? [image, ...(tree === undefined ? [] : [tree])] : [];
  const goals = [...(options.input === DIGITS ? [DIGITS] : []), ...machine];
  if (goals.length === 0) return;
  const { MAKEFLAGS: _flags, MFLAGS: _oldFlags, MAKELEVEL: _level, ...env } = process.env;
  const { status } = spawnSync(process.env['MAKE'] ?? 'make', ['--no-print-directory', ...goals],
    { stdio: ['ignore', 'inherit', 'inherit'], env });
  if (status !== 0) process.exit(status ?? 1);
};

export const prepare = (raw: RawOptions): Prepared => {
  const options = checkOptions(raw, programNames());
  const lacks = options.target === 'qemu' ? emulatorLacks(options.board) : undefined;
  if (lacks !== undefined) throw new UsageError(lacks);
  // One image for every board; its folder has the name of the first.
  const image = `build/${options.atomics === 'lse' ? 'lse' : 'virt'}/${options.program}/kernel8.img`;
  // The digits are made by the build; any other input must be there and good before it.
  let checked = options.input === DIGITS ? undefined : checkInputAndClasses(options);
  build(options, image);
  checked ??= checkInputAndClasses(options);
  return { options, image, classes: checked.classes };
};

export const bootOptions = ({ options, image, classes }: Prepared, interactive: boolean): BootOptions => ({
  image,
  board: options.board,
  cpus: options.cpus,
  cpu: options.cpu,
  gic: options.gic,
  memoryMebibytes: options.memoryMebibytes,
  input: options.input,
  arguments: classes === undefined ? [] : [`classes=${classes}`],
  secondsLimit: options.secondsLimit,
  interactive,
});
