/**
 * Builds the storm's image and boots it in QEMU: with seeded hooks under -icount, where a run repeats exactly, or on QEMU's threads.
 *
 * Role: make explore-native, make soak, the tests. The image is the kernel's source and Porffor's C as everywhere; with hooks, each C builtin
 *   for an atomic access is preceded and followed by a call of schedulerHook (storm/board.ts), and each block of a copy preceded.
 * Memory: the machine's RAM is a file, from which the history is read after the machine has stopped.
 * Invariants: under -icount all cores run in one thread of the emulator and time is the count of instructions; a core's turn ends where it
 *   yields, so the seed decides which core runs when, and the same seed gives the same history, byte for byte.
 * Fails: throws if the machine does not end by itself, or ends with another exit code than 0 or 1. Checked by: test/native
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import virt from '../../qemu/virt.json' with { type: 'json' };
import { qemuArguments } from '../cli/boot.ts';
import { linkImage } from '../cli/link.ts';
import { compileC, lowerTo } from './build.ts';
import { areaBytes, findArea, type History, readHistory } from './history.ts';
import type { Shape } from './threads.ts';

const MEMORY_MEBIBYTES = 64;

const wrapped = (name: string, parameters: string): string =>
  `#define ${name}(${parameters}) ({ schedulerHook(); __auto_type hooked = ${name}(${parameters}); schedulerHook(); hooked; })`;
const wrappedVoid = (name: string, parameters: string): string =>
  `#define ${name}(${parameters}) ({ schedulerHook(); ${name}(${parameters}); schedulerHook(); })`;

/** A macro of its own name is not expanded again, so inside each of these stands the builtin. */
const HOOKS = [
  'int schedulerHook(void);',
  wrapped('__atomic_load_n', 'p, o'), wrappedVoid('__atomic_store_n', 'p, v, o'), wrapped('__atomic_exchange_n', 'p, v, o'),
  wrapped('__atomic_fetch_add', 'p, v, o'), wrapped('__atomic_fetch_or', 'p, v, o'), wrapped('__atomic_fetch_and', 'p, v, o'),
  wrapped('__atomic_compare_exchange_n', 'p, e, d, w, s, f'), wrappedVoid('__atomic_thread_fence', 'o'),
  '#define __builtin_memcpy(t, s, n) ({ schedulerHook(); __builtin_memcpy(t, s, n); })', '',
].join('\n');

/** Builds the image from the sources below `root`, with or without hooks; both from the same C if both are asked for. */
export const buildStorms = async (root: string, folder: string, kinds: readonly ('hooks' | 'plain')[]): Promise<string[]> => {
  mkdirSync(folder, { recursive: true });
  const c = await lowerTo(path.join(root, 'src/native/storm/board.ts'), path.join(folder, 'storm'), 'aarch64');
  const images: string[] = [];
  for (const kind of kinds) {
    const object = path.join(folder, `${kind}.o`);
    await compileC(c, object, 'aarch64', [], kind === 'hooks' ? HOOKS : '');
    images.push(await linkImage(object, path.join(folder, kind)));
  }
  return images;
};

export const buildStorm = async (root: string, folder: string, hooks: boolean): Promise<string> =>
  (await buildStorms(root, folder, [hooks ? 'hooks' : 'plain']))[0]!;

export interface Run {
  /** What the console said. */
  text: string;
  exitCode: number;
  history: History;
  /** The memory it was read from. */
  area: Uint8Array;
}

export interface Machine {
  cpus: number;
  /** One thread, instructions for time; otherwise QEMU's threads, one for each core. */
  counted: boolean;
  /** Of 256 hooks, so many give way. */
  yields: number;
  secondsLimit: number;
}

/** Boots `image`; `memory` is a file that must not exist, and is removed. */
export const runStorm = async (image: string, memory: string, shape: Shape, machine: Machine): Promise<Run> => {
  const words = {
    senders: shape.senders, receivers: shape.receivers, ring: shape.ringSize, max: shape.maxBytes, completions: shape.completions,
    start: shape.start, count: shape.count, seed: shape.seed, patience: shape.patience, yields: machine.yields,
  };
  const qemu = qemuArguments({
    image, board: 'virt', cpu: 'cortex-a72', cpus: machine.cpus, gic: 2, memoryMebibytes: MEMORY_MEBIBYTES,
    arguments: Object.entries(words).map(([name, value]) => `${name}=${value}`),
  }, [
    ...(machine.counted ? ['-icount', 'shift=0,sleep=off'] : []),
    '-object', `memory-backend-file,id=ram,size=${MEMORY_MEBIBYTES}M,mem-path=${memory},share=on`, '-machine', 'memory-backend=ram',
  ]);
  try {
    const ended = await execa(virt.emulator, qemu, {
      stdin: 'ignore', reject: false, timeout: machine.secondsLimit * 1000, forceKillAfterDelay: 1000, all: true,
    });
    const text = ended.all.replaceAll('\r\n', '\n');
    if (ended.exitCode !== 0 && ended.exitCode !== 1) throw new Error(`the machine did not end in ${machine.secondsLimit} s, exit ${ended.exitCode}: ${text}`);
    const whole = readFileSync(memory);
    const from = findArea(whole);
    if (from < 0) throw new Error(`the machine left no history: ${text}`);
    const area = whole.subarray(from, from + areaBytes(whole, from));
    return { text, exitCode: ended.exitCode, history: readHistory(area, 0), area };
  } finally {
    rmSync(memory, { force: true });
  }
};
