/**
 * Boots an image in QEMU: the console in this terminal, the exit code of the program as ours, and no process left behind.
 *
 *     node --import tsx src/cli/boot.ts build/virt/hello/kernel8.img --cpus 2 --gic 3
 *
 * Role: used by make run, make gdb and the boot tests; boards.ts holds what a board needs.
 * Invariants: QEMU ends when this process does, however it does: on Ctrl-C, a signal, a closed pipe, the time limit; and by the
 *   parent-death signal (setpriv of util-linux) if this process is killed outright. There is always a time limit.
 * Fails: 124 at the time limit, 130 after Ctrl-C or Ctrl-A x, 128 + signal, 141 when nobody reads the output any more.
 * Elsewhere: which key does what is in terminal.ts; options are checked in options.ts.
 * Checked by: test/boot/launcher.test.ts
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Transform } from 'node:stream';
import { Command } from 'commander';
import { execa } from 'execa';
import { BOARDS, BOARD_NAMES, emulatorOf, treeOf, type BoardName } from './boards.ts';
import { keyboard, type Keys } from './terminal.ts';

export interface BootOptions {
  image: string;
  board: BoardName;
  cpus: number;
  cpu: string;
  gic: 2 | 3;
  memoryMebibytes: number;
  /** The device tree of a board whose emulator has none. Default: the one that make builds; '': none. */
  tree?: string;
  /** A file that becomes the initrd. */
  input?: string;
  /** Words of the kernel's command line. */
  arguments: string[];
  /** Enter the kernel at EL2. */
  el2?: boolean;
  /** Default: the board's. */
  secondsLimit?: number;
  /** Standard input goes to the console; else the console has no input. */
  interactive?: boolean;
  /** More of QEMU's own options. */
  extra?: string[];
}

const TIME_LIMIT_EXIT = 124;
const INTERRUPT_EXIT = 130;
const PIPE_EXIT = 141;
const SIGNAL_EXITS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
/** How long a program may take to end by itself after Ctrl-C, and QEMU after a polite signal. */
const GRACE_MILLISECONDS = 2000;
const KILL_MILLISECONDS = 1000;

/** QEMU's command line. `extra` comes last, after the options' own. */
export const qemuArguments = (options: BootOptions, extra: string[] = []): string[] => {
  const board = BOARDS[options.board];
  const tree = options.tree ?? treeOf(options.board);
  const machine = board.fixed
    ? ['-M', board.machine, ...(tree === undefined || tree === '' ? [] : ['-dtb', tree])]
    : ['-M', `${board.machine},gic-version=${options.gic}${options.el2 === true ? ',virtualization=on' : ''}`, '-cpu', options.cpu];
  return [
    ...machine, '-smp', String(options.cpus), '-m', `${options.memoryMebibytes}M`,
    ...board.flags, ...board.serial, '-kernel', options.image,
    ...(options.input === undefined ? [] : ['-initrd', options.input]),
    ...(options.arguments.length === 0 ? [] : ['-append', options.arguments.join(' ')]),
    ...(options.extra ?? []), ...extra,
  ];
};

const inPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, program)));

/** QEMU's whole command, with the parent-death signal where the system has it. */
export const emulatorCommand = (options: BootOptions, extra: string[] = []): [string, ...string[]] => {
  const command: [string, ...string[]] = [emulatorOf(options.board), ...qemuArguments(options, extra)];
  return inPath('setpriv') ? ['setpriv', '--pdeathsig', 'KILL', ...command] : command;
};

/** The kernel ends its lines with carriage return and line feed, as a serial line needs; Node's terminals and files do not. */
export const withoutReturns = (): Transform => {
  let held = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const text = (held ? '\r' : '') + chunk.toString('latin1');
      held = text.endsWith('\r');
      done(null, Buffer.from((held ? text.slice(0, -1) : text).replaceAll('\r\n', '\n'), 'latin1'));
    },
    flush(done) { done(null, held ? '\r' : null); },
  });
};

/** Starts QEMU, tied to this process. */
const start = (options: BootOptions) => {
  const [program, ...words] = emulatorCommand(options);
  return execa(program, words, {
    stdin: 'pipe', stdout: 'pipe', stderr: 'inherit', buffer: false, reject: false, forceKillAfterDelay: KILL_MILLISECONDS,
  } as const);
};

/** Boots and returns the exit code. */
export const boot = async (options: BootOptions): Promise<number> => {
  const seconds = options.secondsLimit ?? BOARDS[options.board].secondsLimit;
  const machine = start(options);
  let code: number | undefined;
  const stop = (reason: number): void => {
    code ??= reason;
    machine.kill('SIGTERM');
  };
  const timers = [setTimeout(() => {
    stop(TIME_LIMIT_EXIT);
    process.stderr.write(`Stopped: not done after ${seconds} s.\n`);
  }, seconds * 1000)];
  const signals = Object.entries(SIGNAL_EXITS).map(([signal, exit]) => [signal, (): void => stop(exit)] as const);
  for (const [signal, handler] of signals) process.on(signal, handler);
  const output = machine.stdout.pipe(withoutReturns());
  const closed = (): void => {
    output.unpipe().resume();
    stop(PIPE_EXIT);
  };
  process.stdout.on('error', closed);
  const input = process.stdin;
  const raw = options.interactive === true && input.isTTY;
  const press = keyboard();
  const typed = (chunk: Buffer): void => {
    const keys: Keys = raw ? press(chunk) : { forward: chunk };
    machine.stdin.write(keys.forward);
    if (keys.leave === 'now') stop(INTERRUPT_EXIT);
    if (keys.leave === 'soon') timers.push(setTimeout(() => stop(INTERRUPT_EXIT), GRACE_MILLISECONDS));
  };
  machine.stdin.on('error', () => {}); // QEMU has ended: its exit code says how
  if (options.interactive === true) {
    if (raw) input.setRawMode(true);
    input.on('data', typed).on('end', () => machine.stdin.end());
  } else {
    machine.stdin.end();
  }
  output.pipe(process.stdout, { end: false });
  try {
    const [result] = await Promise.all([machine, new Promise((done) => output.on('end', done).on('error', done))]);
    if (result.exitCode === undefined && code === undefined && result.cause !== undefined) process.stderr.write(`${result.shortMessage}\n`);
    return code ?? result.exitCode ?? 1;
  } finally {
    timers.forEach(clearTimeout);
    for (const [signal, handler] of signals) process.off(signal, handler);
    process.stdout.off('error', closed);
    input.off('data', typed);
    if (raw) input.setRawMode(false);
    if (options.interactive === true) input.pause();
  }
};

const main = async (image: string, extra: string[], raw: Record<string, string> & { el2?: boolean; input: boolean }): Promise<void> => {
  const name = BOARD_NAMES.find((one) => one === raw['board']);
  if (name === undefined) throw new Error(`no such board: ${raw['board']}`);
  const board = BOARDS[name];
  process.exitCode = await boot({
    image, board: name, cpus: Number(raw['cpus'] ?? board.cpus), cpu: raw['cpu'] ?? board.cpu, gic: raw['gic'] === '3' ? 3 : 2,
    memoryMebibytes: Number(raw['memory'] ?? board.memoryMebibytes),
    arguments: raw['append']!.split(' ').filter((word) => word !== ''),
    secondsLimit: Number(raw['seconds'] ?? board.secondsLimit), interactive: raw.input, el2: raw.el2 === true,
    extra: [...(raw['gdb'] === undefined ? [] : ['-S', '-gdb', `tcp:127.0.0.1:${raw['gdb']}`]), ...extra],
    ...(raw['initrd'] === undefined ? {} : { input: raw['initrd'] }),
  });
};

if (process.argv[1] === import.meta.filename) {
  await new Command('boot')
    .description('Boots a kernel image in QEMU; its exit code is ours.')
    .argument('<image>', 'kernel8.img')
    .option('--board <name>', BOARD_NAMES.join(', '), 'virt')
    .option('--cpus <n>', 'cores; default: the board\'s, as for the next four')
    .option('--cpu <model>', 'processor model')
    .option('--gic <version>', 'interrupt controller, 2 or 3')
    .option('--memory <MiB>', 'RAM')
    .option('--seconds <n>', 'time limit')
    .option('--initrd <file>', 'a file that becomes the initrd')
    .option('--append <words>', 'the kernel command line', '')
    .option('--el2', 'enter the kernel at EL2')
    .option('--gdb <port>', 'start stopped, with gdb on this port')
    .option('--no-input', 'the console has no input')
    .argument('[extra...]', 'more options for QEMU, after --')
    .action(main)
    .parseAsync();
}
