/**
 * What the tests of the main job share: inputs, the answers they must get (computed here in plain JavaScript, with nothing of
 *   the program), the program built for this process with or without a seeded bug, and runs under Node and QEMU.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import * as machine from '../../src/machine/node.ts';
import type * as accessModule from '../../src/programs/access.ts';
import type * as alertsModule from '../../src/programs/alerts.ts';
import type * as arenaModule from '../../src/programs/arena.ts';
import type * as bannerModule from '../../src/programs/banner.ts';
import type * as centroidsModule from '../../src/programs/centroids.ts';
import type * as checksumModule from '../../src/programs/checksum.ts';
import type * as classesModule from '../../src/programs/classes.ts';
import type * as classifierModule from '../../src/programs/classifier.ts';
import type * as collectorModule from '../../src/programs/collector.ts';
import type * as fvecsModule from '../../src/programs/fvecs.ts';
import type * as inversionModule from '../../src/programs/inversion.ts';
import * as layout from '../../src/programs/job.ts';
import type * as latencyModule from '../../src/programs/latency.ts';
import type * as printModule from '../../src/programs/print.ts';
import type * as reportModule from '../../src/programs/report.ts';
import type * as resultModule from '../../src/programs/result.ts';
import type * as rightsModule from '../../src/programs/rights.ts';
import type * as rolesModule from '../../src/programs/roles.ts';
import type * as sensorModule from '../../src/programs/sensor.ts';
import type * as setupModule from '../../src/programs/setup.ts';
import type * as workModule from '../../src/programs/work.ts';
import type * as wrongModule from '../../src/programs/wrong.ts';

const ROOT = resolve(import.meta.dirname, '../..');

// ---- Inputs.
/** A repeatable source of numbers from 0 to 1 (mulberry32). */
export const randomSource = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

export const randomVectors = (records: number, dimension: number, seed: number): number[][] => {
  const random = randomSource(seed);
  return Array.from({ length: records }, () => Array.from({ length: dimension }, () => Math.fround(random() * 20 - 10)));
};

export const encodeVectors = (vectors: readonly (readonly number[])[]): Buffer => Buffer.concat(vectors.map((vector) => {
  const record = Buffer.alloc(4 + 4 * vector.length);
  record.writeInt32LE(vector.length, 0);
  vector.forEach((value, i) => record.writeFloatLE(value, 4 + 4 * i));
  return record;
}));

/** Reads an .fvecs file back. */
export const decodeVectors = (path: string): number[][] => {
  const bytes = readFileSync(path);
  const vectors: number[][] = [];
  for (let at = 0; at < bytes.length;) {
    const dimension = bytes.readInt32LE(at);
    vectors.push(Array.from({ length: dimension }, (_, i) => bytes.readFloatLE(at + 4 + 4 * i)));
    at += 4 + 4 * dimension;
  }
  return vectors;
};

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'ruvix-programs-'));

export const writeVectors = (folder: string, name: string, vectors: readonly (readonly number[])[]): string => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), encodeVectors(vectors));
  return join(folder, name);
};

// ---- What must come out.
const mean = (vectors: readonly (readonly number[])[]): number[] =>
  vectors[0]!.map((_, i) => vectors.reduce((sum, vector) => sum + vector[i]!, 0) / vectors.length);

export const expectedReferences = (vectors: readonly (readonly number[])[], classes?: readonly number[]): number[][] => {
  if (classes === undefined) return vectors.slice(0, 10).map((vector) => [...vector]);
  let start = 0;
  return classes.map((count) => {
    const members = vectors.slice(start, start + count).filter((_, i) => i % 2 === 0);
    start += count;
    return mean(members);
  });
};

export const expectedAnswers = (vectors: readonly (readonly number[])[], classes?: readonly number[]): number[] => {
  const references = expectedReferences(vectors, classes);
  const starts = references.map((reference) => reference.reduce((sum, value) => sum + value * value, 0) * -0.5);
  return vectors.map((vector) => {
    const scores = references.map((reference, k) => vector.reduce((sum, value, i) => sum + value * reference[i]!, starts[k]!));
    return scores.indexOf(Math.max(...scores));
  });
};

/** FNV-1a over index (32 bits, little-endian) and answer (8 bits) of all records, in hexadecimal. */
export const expectedChecksum = (answers: readonly number[]): string => {
  let hash = 0x811c9dc5n;
  const bytes = answers.flatMap((answer, i) => [i & 255, (i >> 8) & 255, (i >> 16) & 255, (i >> 24) & 255, answer]);
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x01000193n) & 0xffffffffn;
  return hash.toString(16).padStart(8, '0');
};

/** The sum over all vectors of FNV-1a over its number and its values' bits, word by word, in hexadecimal. */
export const expectedBytes = (vectors: readonly (readonly number[])[]): string => {
  let sum = 0;
  vectors.forEach((vector, index) => {
    const words = [index, ...new Int32Array(Float32Array.from(vector).buffer)];
    sum = (sum + words.reduce((hash, word) => Math.imul(hash ^ word, 0x01000193), 0x811c9dc5)) | 0;
  });
  return (sum >>> 0).toString(16).padStart(8, '0');
};

export const expectedAccuracy = (answers: readonly number[], classes: readonly number[]): number => {
  let [start, all, right] = [0, 0, 0];
  classes.forEach((count, number) => {
    for (let i = start + 1; i < start + count; i += 2) {
      all += 1;
      if (answers[i] === number) right += 1;
    }
    start += count;
  });
  return right / all;
};

// ---- The program in this process.
export type Program = typeof accessModule & typeof alertsModule & typeof arenaModule & typeof bannerModule & typeof centroidsModule
  & typeof checksumModule & typeof classesModule
  & typeof classifierModule & typeof collectorModule & typeof fvecsModule & typeof inversionModule & typeof latencyModule
  & typeof printModule & typeof reportModule & typeof resultModule & typeof rightsModule & typeof rolesModule & typeof sensorModule
  & typeof setupModule & typeof workModule & typeof wrongModule;

/** A piece of text that occurs once in a file of src, and what stands there instead. */
export interface Edit { file: string; from: string; to: string }

export interface Running {
  program: Program;
  /** What the program has printed, and forgets it. */
  printed(): string;
}

const MODULES = ['access', 'alerts', 'arena', 'banner', 'centroids', 'checksum', 'classes', 'classifier', 'collector', 'fvecs', 'inversion', 'latency',
  'print', 'report', 'result', 'rights', 'roles', 'sensor', 'setup', 'work', 'wrong'];

/** Builds the program and the kernel it uses with these edits, on the Node machine but for its console, and for `machine`. */
export const buildProgram = async (edits: readonly Edit[] = [], own: Partial<typeof machine> = {}): Promise<Running> => {
  const source = join(ROOT, 'src');
  const used = new Set<string>();
  const edited = (text: string, { file, from, to }: Edit): string => {
    const pieces = text.split(from);
    if (pieces.length !== 2) throw new Error(`${file}: found ${pieces.length - 1} times, not once: ${from}`);
    used.add(file);
    return pieces.join(to);
  };
  const read = (path: string): string =>
    edits.filter(({ file }) => file === relative(source, path)).reduce(edited, readFileSync(path, 'utf8'));
  const { outputFiles } = await build({
    stdin: { contents: MODULES.map((name) => `export * from './${name}.ts';`).join('\n'), resolveDir: join(source, 'programs') },
    bundle: true, write: false, format: 'iife', globalName: 'PROGRAM', logLevel: 'silent',
    plugins: [{
      name: 'program',
      setup(plugin) {
        plugin.onResolve({ filter: /^#machine$/ }, () => ({ path: 'machine', namespace: 'machine' }));
        plugin.onLoad({ filter: /.*/, namespace: 'machine' }, () => ({
          contents: Object.keys(machine).filter((name) => name !== 'memory')
            .map((name) => `export const ${name} = MACHINE.${name};`).join('\n'),
        }));
        plugin.onLoad({ filter: /\.ts$/ }, ({ path }) => ({ contents: read(path), loader: 'ts' }));
      },
    }],
  });
  const left = edits.filter(({ file }) => !used.has(file));
  if (left.length > 0) throw new Error(`${left[0]!.file} is not part of the program`);
  let text = '';
  const ownMachine = { ...machine, consoleByte: (v: number): void => { text += String.fromCharCode(v); }, ...own };
  const make = new Function('MACHINE', `${outputFiles[0]!.text}\nreturn PROGRAM;`) as (machine: unknown) => Program;
  return {
    program: make(ownMachine),
    printed: () => {
      const all = text;
      text = '';
      return all;
    },
  };
};

const INPUT_AT = 4096;
const TEXT_BYTES = 4096;
export const memoryBytes = new Uint8Array(machine.memory);

/** Places input and arguments into the memory and makes the job's block. The job is not prepared yet. */
export const placeJob = (
  program: Program, input: Uint8Array, classes?: string, name = 'input.fvecs', bytes = 8 << 20,
): number => {
  // All ones: NaN, no answer, and nothing that a program could take for cleared memory.
  memoryBytes.fill(0xff, 0, INPUT_AT + input.length + 2 * TEXT_BYTES + bytes);
  memoryBytes.set(input, INPUT_AT);
  const texts = (INPUT_AT + input.length + 63) & ~63;
  const place = (at: number, text: string): number => {
    memoryBytes.set(new TextEncoder().encode(`${text}\0`), at);
    return at;
  };
  const job = program.jobCreate(texts + TEXT_BYTES, bytes);
  if (job === 0) return 0;
  machine.store32(job, layout.JOB_TARGET, layout.TARGET_NODE);
  machine.store32(job, layout.JOB_CORES, 4);
  machine.store32(job, layout.JOB_INPUT_BASE, INPUT_AT);
  machine.store32(job, layout.JOB_INPUT_BYTES, input.length);
  machine.store32(job, layout.JOB_INPUT_NAME, place(texts, name));
  if (classes !== undefined) machine.store32(job, layout.JOB_CLASSES_ARGUMENT, place(texts + 1024, classes));
  return job;
};

// ---- The program in a process of its own.
export interface Finished {
  code: number | null;
  output: string;
  errors: string;
  /** The JSON behind RESULT in the last line, if that is what the last line is. */
  result: Record<string, unknown> | undefined;
}

const lastResult = (output: string): Record<string, unknown> | undefined => {
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  return last.startsWith('RESULT {') ? JSON.parse(last.slice('RESULT '.length)) as Record<string, unknown> : undefined;
};

const LIMIT_MILLISECONDS = 120_000;

export const run = (command: string, commandArguments: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> =>
  new Promise((finish) => {
    const options = { cwd: ROOT, env: { ...process.env, ...env } };
    const child = spawn(command, commandArguments, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (data) => { output += String(data); });
    child.stderr.on('data', (data) => { errors += String(data); });
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MILLISECONDS);
    child.on('close', (code) => {
      clearTimeout(timer);
      output = output.replaceAll('\r', '');
      finish({ code, output, errors, result: lastResult(output) });
    });
  });

export interface RunOptions { classes?: readonly number[]; cpus?: number; memory?: number }

export const nodeArguments = (input: string, { classes, cpus = 4 }: RunOptions = {}): string[] => [
  '--import', 'tsx', 'src/programs/classify.node.ts', '--input', input, '--cpus', String(cpus),
  ...(classes === undefined ? [] : ['--classes', classes.join(',')]),
];

export const runNode = (input: string, options: RunOptions = {}): Promise<Finished> =>
  run(process.execPath, nodeArguments(input, options), { RUVIX_QUEUE_MIB: String(options.memory ?? 256) });

const IMAGE = 'build/virt/classify/kernel8.img';

/** Has make build the image, which says nothing when it is there. */
export const makeImage = (): void => {
  const { MAKEFLAGS: _flags, MFLAGS: _oldFlags, MAKELEVEL: _level, ...env } = process.env;
  const { status, stderr } = spawnSync('make', ['--no-print-directory', IMAGE], { cwd: ROOT, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`make ${IMAGE}: ${stderr}`);
};

export const qemuArguments = (
  input: string | undefined, words: readonly string[], { cpus = 4, memory = 256 }: RunOptions = {},
): string[] => [
  '-M', 'virt,gic-version=2', '-cpu', 'cortex-a72', '-smp', String(cpus), '-m', String(memory), '-nic', 'none',
  '-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-semihosting', '-kernel', IMAGE,
  ...(input === undefined ? [] : ['-initrd', input]), '-append', words.join(' '),
];

export const runQemu = (input: string | undefined, options: RunOptions = {}): Promise<Finished> => run('qemu-system-aarch64',
  qemuArguments(input, options.classes === undefined ? [] : [`classes=${options.classes.join(',')}`], options));

export const digits = join(ROOT, 'build/input/digits.fvecs');
export { layout, machine };
