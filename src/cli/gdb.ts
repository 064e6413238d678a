/**
 * The command behind `make gdb`: QEMU stopped at its first instruction, and gdb attached to it.
 *
 * Role: run by make. `--break FILE:LINE` or a function name is the first stop (default: programStart). `--command TEXT`
 *   (repeatable) runs gdb without a person: the commands one after the other, then both end.
 * Order: the first breakpoint is a hardware one: before the MMU is on, the image is not yet at the addresses it is linked for.
 * Fails: exit 2 with one line for what was asked wrongly; else gdb's exit code. No QEMU stays behind.
 * Checked by: test/cli/gdb.test.ts
 */
import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { emulatorCommand } from './boot.ts';
import type { RawOptions } from './options.ts';
import { bootOptions, commandWithOptions, prepare, refusing } from './prepare.ts';

const FIRST_STOP = 'programStart';
const NOT_FOUND_EXIT = 127;

interface GdbOptions extends RawOptions {
  break: string;
  command: string[];
}

/** A TCP port of this machine that nobody listens on. */
const freePort = (): Promise<number> => new Promise((finish, fail) => {
  const server = createServer().on('error', fail).listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    server.close(() => finish(port));
  });
});

const main = async (raw: GdbOptions): Promise<void> => {
  const prepared = prepare({ ...raw, target: 'qemu' });
  const port = await freePort();
  // A process group of its own: the terminal's Ctrl-C is for gdb, where it stops the program, and must not end QEMU.
  const [program, ...words] = emulatorCommand(bootOptions(prepared, false), ['-S', '-gdb', `tcp:127.0.0.1:${port}`]);
  const machine = spawn(program, words, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  machine.on('error', (error) => process.stderr.write(`${program}: ${error.message}\n`));
  process.on('exit', () => machine.kill('SIGKILL'));
  process.on('SIGINT', () => {});
  for (const [signal, code] of [['SIGTERM', 143], ['SIGHUP', 129]] as const) process.on(signal, () => process.exit(code));
  const commands = [
    'set pagination off', 'set confirm off', 'set tcp connect-timeout 30', `target remote 127.0.0.1:${port}`,
    `thbreak ${raw.break || FIRST_STOP}`, ...raw.command,
  ];
  const gdb = spawn('gdb-multiarch', [
    '-q', ...(raw.command.length > 0 ? ['-batch', '-nx'] : []), prepared.image.replace('kernel8.img', 'kernel8.elf'),
    ...commands.flatMap((command) => ['-ex', command]),
  ], { stdio: 'inherit' });
  gdb.on('error', (error) => {
    process.stderr.write(`gdb-multiarch: ${error.message}\n`);
    process.exit(NOT_FOUND_EXIT);
  });
  gdb.on('exit', (code) => process.exit(code ?? 1));
};

await commandWithOptions('gdb')
  .option('--break <place>', 'FILE:LINE or a function', '')
  .option('--command <text>', 'a gdb command; gdb ends after the last', (value, all: string[]) => [...all, value], [] as string[])
  .action(refusing(main))
  .parseAsync();
