/** QEMU's Raspberry Pi 3 with its serial line on a pseudo-terminal, as a board at the end of an adapter. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BOARDS, emulatorOf, type BoardName } from '../../src/cli/boards.ts';

const PATIENCE_MILLISECONDS = 20_000;

export interface Line { path: string; machine: ChildProcess; exit: Promise<number | null>; end: () => Promise<void> }

/** Boots `image`, and ends it after `seconds` whatever happens. */
export const lineTo = async (image: string, tree: string, board: BoardName = 'rpi3', seconds = 100): Promise<Line> => {
  const words = ['-M', BOARDS[board].machine, '-dtb', tree, ...BOARDS[board].flags, '-serial', 'pty', '-kernel', image];
  const machine = spawn(emulatorOf(board), words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = new Promise<number | null>((done) => machine.on('close', done));
  const timer = setTimeout(() => machine.kill('SIGKILL'), seconds * 1000);
  void exit.then(() => clearTimeout(timer));
  let said = '';
  for (const stream of [machine.stdout!, machine.stderr!]) stream.on('data', (chunk: Buffer) => { said += chunk.toString(); });
  for (let waited = 0; ; waited += 20) {
    const port = /redirected to (\/dev\/\S+)/.exec(said)?.[1];
    if (port !== undefined) return { path: port, machine, exit, end: async () => { machine.kill('SIGKILL'); await exit; } };
    if (waited > PATIENCE_MILLISECONDS || machine.exitCode !== null) throw new Error(`no pseudo-terminal: ${said}`);
    await sleep(20);
  }
};

/** Builds test/pi/tiny.S into a folder; returns the image. */
export const tinyKernel = (folder: string): string => {
  const image = path.join(folder, 'tiny.img');
  execFileSync('clang', ['--target=aarch64-none-elf', '-c', 'test/pi/tiny.S', '-o', `${image}.o`]);
  execFileSync('llvm-objcopy', ['-O', 'binary', `${image}.o`, image]);
  return image;
};
