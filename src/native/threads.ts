/**
 * Builds and runs the storm on host threads (threads.c), plain or under ThreadSanitizer.
 *
 * Role: make soak, the tests. The kernel is the C of src/lower for the host. ThreadSanitizer comes with clang (libclang-rt) or with the
 *   GCC library package that clang depends on; both understand what clang emits.
 * Fails: throws with what clang said. Checked by: test/native/tsan.test.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { compileC, lowerTo, ROOT } from './build.ts';

export interface Shape {
  senders: number;
  receivers: number;
  ringSize: number;
  maxBytes: number;
  completions: number;
  start: number;
  /** Messages of each sender in each round. */
  count: number;
  seed: number;
  /** Microseconds a receive waits. */
  patience: number;
}

const ENTRY = 'src/native/storm/host.ts';
const C_FLAGS = ['-O2', '-g', '-fno-pie', '-Wall', '-Wextra', '-Werror'];

/** A text of the generated C replaced by another; it must stand there exactly once. */
export type CChange = readonly [from: string, to: string];

/** The C of the storm and the kernel of the sources below `root`, in `folder`. */
export const stormC = (folder: string, root = ROOT): Promise<string> => lowerTo(path.join(root, ENTRY), path.join(folder, 'storm'), 'host');

const link = async (objects: string[], program: string, sanitize: boolean): Promise<void> => {
  const linking = (...more: string[]) => execa('clang', ['-no-pie', ...objects, ...more, '-lpthread', '-o', program], { reject: false, all: true });
  let done = await linking(...(sanitize ? ['-fsanitize=thread'] : []));
  if (done.exitCode !== 0 && sanitize) done = await linking('-ltsan');
  if (done.exitCode !== 0) throw new Error(`linking ${program} failed:\n${done.all}`);
};

export interface BuildOptions {
  sanitize?: boolean;
  changes?: readonly CChange[];
  /** C text in front. */
  prefix?: string;
}

/** Builds `program` from the storm's C, changed as asked. */
export const buildThreads = async (c: string, program: string, options: BuildOptions = {}): Promise<void> => {
  const { sanitize = false, changes = [], prefix = '' } = options;
  let text = readFileSync(c, 'utf8');
  for (const [from, to] of changes) {
    const parts = text.split(from);
    if (parts.length !== 2) throw new Error(`${c}: stands there ${parts.length - 1} times: ${from}`);
    text = parts.join(to);
  }
  const own = `${program}.kernel.c`;
  writeFileSync(own, text);
  writeFileSync(`${program}.kernel.pre.h`, readFileSync(c.replace(/\.c$/, '.pre.h'), 'utf8'));
  const flags = sanitize ? ['-fsanitize=thread'] : [];
  await compileC(own, `${program}.kernel.o`, 'host', flags, prefix);
  const objects = [`${program}.kernel.o`];
  for (const source of ['src/native/threads.c', 'src/lower/runtime/host.c']) {
    const object = `${program}.${path.basename(source, '.c')}.o`;
    await execa('clang', [...C_FLAGS, ...flags, '-c', path.join(ROOT, source), '-o', object]);
    objects.push(object);
  }
  await link(objects, program, sanitize);
};

/** The arguments of threads.c. */
export const threadArguments = (file: string, bytes: number, shape: Shape, rounds: number, ask: boolean): string[] => [
  file, String(bytes),
  ...[shape.senders, shape.receivers, shape.ringSize, shape.maxBytes, shape.completions, shape.start, shape.count, shape.seed, shape.patience]
    .map(String),
  String(rounds), ...(ask ? ['ask'] : []),
];
