/**
 * The command behind `make run`: check what was asked for, build it, start it.
 *
 * Role: run by make after src/cli/tools.sh. Target qemu boots build/virt/PROGRAM/kernel8.img, on any board; target node runs the program's Node
 *   half, src/programs/PROGRAM.node.ts, in a process of its own, because the shared memory gets its size when a process starts.
 * Fails: exit 2 with one line for what was asked wrongly; else the program's exit code, 124 at the time limit, 130 after Ctrl-C.
 * Elsewhere: options and build are in src/cli/prepare.ts, QEMU is in src/cli/boot.ts.
 * Checked by: test/cli/run.test.ts
 */
import { spawn } from 'node:child_process';
import { boot } from './boot.ts';
import type { RawOptions } from './options.ts';
import { bootOptions, commandWithOptions, prepare, refusing, type Prepared } from './prepare.ts';

const TIME_LIMIT_EXIT = 124;
const SIGNAL_EXITS: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 129, SIGINT: 130, SIGKILL: 137, SIGTERM: 143 };

/** Runs the Node half in this terminal and returns its exit code. */
const runOnNode = ({ options, classes }: Prepared): Promise<number> => new Promise((finish) => {
  const child = spawn(process.execPath, [
    '--import', 'tsx', `src/programs/${options.program}.node.ts`, '--cpus', String(options.cpus), '--input', options.input,
    ...(classes === undefined ? [] : ['--classes', classes]),
  ], { stdio: 'inherit', env: { ...process.env, RUVIX_QUEUE_MIB: String(options.memoryMebibytes) } });
  // The terminal's Ctrl-C reaches the child by itself, a signal sent to this process alone does not; either way this process
  // stays until the child has ended.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, options.secondsLimit * 1000);
  child.on('exit', (code, signal) => {
    clearTimeout(timer);
    if (late) process.stderr.write(`Stopped: not done after ${options.secondsLimit} s.\n`);
    finish(late ? TIME_LIMIT_EXIT : code ?? (signal === null ? 1 : SIGNAL_EXITS[signal] ?? 1));
  });
});

const main = async (raw: RawOptions): Promise<void> => {
  const prepared = prepare(raw);
  process.exitCode = prepared.options.target === 'node'
    ? await runOnNode(prepared)
    : await boot(bootOptions(prepared, process.stdin.isTTY === true));
};

await commandWithOptions('run').action(refusing(main)).parseAsync();
