/**
 * Machines for the boot tests: builds a program into an image, boots it in QEMU under a time limit, compares whole logs.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { expect } from 'vitest';
import { emulatorOf } from '../../src/cli/boards.ts';
import { qemuArguments, type BootOptions } from '../../src/cli/boot.ts';
import type { AtomicKind } from '../../src/lower/clang.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const SOURCES = [
  'src/board', 'src/kernel', 'src/machine', 'src/programs', 'src/lower', 'boot', 'linker', 'test/boot/programs', 'src/cli/link.ts',
  'src/cli/lines.ts',
];
const SECONDS_LIMIT = 60;
const STALE_LOCK_MILLISECONDS = 300_000;

/** A folder of its own for a test file; removed by `removeFolder`. */
export const folder = mkdtempSync(path.join(tmpdir(), 'boot-test-'));
export const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });

const newest = (at: string): number => {
  const stat = statSync(at);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(at).map((name) => newest(path.join(at, name))));
};

/** Test files run in processes of their own and share images: one builds, the others wait. */
const locked = async (lock: string, work: () => Promise<void>): Promise<void> => {
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > STALE_LOCK_MILLISECONDS) rmSync(lock, { recursive: true });
      await sleep(200);
    }
  }
  try {
    await work();
  } finally {
    rmSync(lock, { recursive: true });
  }
};

/** The image of an entry module, built if it is older than any source. */
export const imageOf = async (entry: string, atomics: AtomicKind = 'llsc'): Promise<string> => {
  const name = path.basename(entry, '.ts') + (atomics === 'llsc' ? '' : `-${atomics}`);
  const out = path.join(ROOT, 'build/test-boot', name);
  const image = path.join(out, 'kernel8.img');
  mkdirSync(path.dirname(out), { recursive: true });
  await locked(`${out}.lock`, async () => {
    const sources = Math.max(...SOURCES.map((one) => newest(path.join(ROOT, one))));
    if (existsSync(image) && statSync(image).mtimeMs > sources) return;
    const build = (script: string, ...args: string[]) => execa(process.execPath, ['--import', 'tsx', script, ...args], { cwd: ROOT });
    mkdirSync(out, { recursive: true });
    await build('src/lower/main.ts', entry, '-o', path.join(out, `${name}.o`), '--atomics', atomics);
    await build('src/cli/link.ts', path.join(out, `${name}.o`), '-o', out);
  });
  return image;
};

export const hello = (): Promise<string> => imageOf('src/programs/hello.ts');
export const checks = (): Promise<string> => imageOf('test/boot/programs/checks.ts');

export interface Log {
  exitCode: number | undefined;
  /** What the console said, without carriage returns. */
  text: string;
  /** What QEMU said about misuse of its devices: must be empty. */
  complaints: string;
}

export interface Machine extends Partial<BootOptions> {
  /** Bytes for the console, at once or after the program has said something. */
  type?: string | Uint8Array | ((said: (text: string) => Promise<void>) => Promise<string | Uint8Array>);
}

let trees = 0;

/** Compiles a device tree, changed or as it is; a change that finds nothing to change is an error. */
export const compileTree = async (source: string, change?: (source: string) => string): Promise<string> => {
  const text = readFileSync(path.join(ROOT, source), 'utf8');
  const changed = change === undefined ? text : change(text);
  if (change !== undefined && changed === text) throw new Error(`nothing changed in ${source}`);
  const [from, to] = [path.join(folder, `tree-${trees}.dts`), path.join(folder, `tree-${trees++}.dtb`)];
  writeFileSync(from, changed);
  await execa('dtc', ['-q', '-I', 'dts', '-O', 'dtb', '-o', to, from]);
  return to;
};

/** A few instructions that jump to a 32-bit address with a value in x0: movz, movk, twice, br x1. */
export const jumpTo = (address: number, x0: number): Buffer => {
  const move = (opcode: number, register: number, half: number): number => (opcode | half << 5 | register) >>> 0;
  const words = [
    move(0xd2800000, 0, x0 & 0xffff), move(0xf2a00000, 0, x0 >>> 16),
    move(0xd2800000, 1, address & 0xffff), move(0xf2a00000, 1, address >>> 16), 0xd61f0020,
  ];
  const code = Buffer.alloc(words.length * 4);
  words.forEach((word, i) => code.writeUInt32LE(word, i * 4));
  return code;
};

/** Resolves when the program has said `text`, or has ended. */
const saidBy = (stream: Readable, text: string): Promise<void> => new Promise((done) => {
  let seen = '';
  stream.on('data', (chunk: Buffer) => {
    seen += chunk.toString('latin1');
    if (seen.includes(text)) done();
  }).on('end', done);
});

let runs = 0;

/** Boots `image` in QEMU. At the time limit exitCode is undefined. */
export const run = async (image: string, machine: Machine = {}): Promise<Log> => {
  const { type, ...options } = machine;
  const complaints = path.join(folder, `complaints-${runs++}`);
  writeFileSync(complaints, '');
  const words = qemuArguments({
    image, board: 'virt', cpu: 'cortex-a72', cpus: 2, gic: 2, memoryMebibytes: 128, arguments: [], ...options,
  }, ['-d', 'guest_errors', '-D', complaints]);
  const child = execa(emulatorOf(options.board ?? 'virt'), words, {
    ...(type === undefined ? { stdin: 'ignore' } : typeof type === 'function' ? { stdin: 'pipe' } : { input: type }),
    reject: false, timeout: SECONDS_LIMIT * 1000, forceKillAfterDelay: 1000, stripFinalNewline: false,
  });
  if (typeof type === 'function') child.stdin!.end(await type((text) => saidBy(child.stdout!, text)));
  const result = await child;
  const said = result.stderr === '' ? '' : `${result.stderr}\n`;
  return { exitCode: result.exitCode, text: said + result.stdout.replaceAll('\r\n', '\n'), complaints: readFileSync(complaints, 'utf8') };
};

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Shapes of the holes of a log. */
const HOLES: Record<string, string> = {
  number: '\\d+', hex: '[0-9a-f]+', registers: '(?:  x\\d+ .*\\n)+', any: '.*',
  events: '(?:  events of core .*\\n(?:    \\d+ .*\\n)*)*',
};

/**
 * Compares a whole log with a template: `{number}`, `{hex}`, `{any}`, `{registers}` (lines of a register dump) and `{events}`
 * (what the cores did last) are holes.
 * Returns what the holes held, in order.
 */
export const expectText = (text: string, template: string): string[] => {
  const holes: string[] = [];
  const pattern = template.split(/(\{\w+\}\n?)/).map((part) => {
    const name = /^\{(\w+)\}/.exec(part)?.[1];
    if (name === undefined || HOLES[name] === undefined) return escape(part);
    holes.push(name);
    return `(${HOLES[name]})${name === 'registers' || name === 'events' ? '' : part.slice(name.length + 2)}`;
  }).join('');
  const match = new RegExp(`^${pattern}$`).exec(text);
  if (match === null) expect(text).toBe(template); // shows both
  return match!.slice(1, holes.length + 1);
};

/** A log as it must be: text, exit code, no complaint of QEMU. */
export const expectLog = (log: Log, exitCode: number, template: string): string[] => {
  expect(log.complaints).toBe('');
  const held = expectText(log.text, template);
  expect(log.exitCode).toBe(exitCode);
  return held;
};
