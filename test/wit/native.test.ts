/**
 * The same answers natively: every vector, its mutants and truncations through the interpreter (status, reason, word, byte) and
 * through straight-line validators, on Node and as a Linux process built by Porffor and clang at -O0 and -O2.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { memory } from '../../src/machine/node.ts';
import { STATUS_OK } from '../../src/kernel/status.ts';
import { compile, type Program } from '../../src/wit/compile.ts';
import { parseWit } from '../../src/wit/parse.ts';
import { validatorsModule } from '../../src/wit/straight.ts';
import { nativeInterpret } from './native.ts';
import { schemaValidate } from '../../src/kernel/schema/interpret.ts';
import { ROOT } from './support.ts';

const OUT = path.join(ROOT, 'build/test/wit/native');
const run = (tool: string, ...args: string[]): string =>
  execFileSync(tool, args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 240_000, maxBuffer: 1 << 26 });
const BYTES = new Uint8Array(memory);
const WORDS = new Int32Array(memory);
/** Where the case table lies under Node; natively it is the mapped file. */
const TABLE = 0x100000;
const SCRATCH = 0x8000;
const GROUP = 512;
/** Types that are compiled natively too: the ones by hand, and some of the random ones. */
const NATIVE_TYPES = 160;

interface Straight { builtAccepts(number: number, at: number, bytes: number, scratch: number): number }
interface Case { type: number; message: Uint8Array; mutantOf: boolean }
let programs: Program[];
let cases: Case[];
let straight: Straight;

beforeAll(async () => {
  mkdirSync(OUT, { recursive: true });
  const vectors = JSON.parse(gunzipSync(readFileSync(path.join(import.meta.dirname, 'vectors.json.gz'))).toString()) as
    { wit: string; types: [string, [unknown, string, [number, number, number][]][]][] };
  const { types } = await parseWit('vectors.wit', vectors.wit);
  const named = new Map(types.map((one) => [one.name, one]));
  programs = vectors.types.map(([name]) => compile(named.get(name)!));
  cases = vectors.types.flatMap(([, values], type) => values.flatMap(([, base64, mutants], k) => {
    const message = new Uint8Array(Buffer.from(base64, 'base64'));
    const changed = mutants.map(([at, byte]) => message.map((old, index) => (index === at ? byte : old)));
    const cut = k < 3 ? Array.from({ length: message.length }, (_, length) => message.subarray(0, length)) : [];
    return [message, ...changed, ...cut].map((one, index): Case => ({ type, message: one, mutantOf: index > 0 }));
  }));
  const file = path.join(OUT, 'all.ts');
  writeFileSync(file, validatorsModule(programs, 'vectors', '../../../../src/kernel/schema'));
  straight = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Straight;
}, 240_000);

/** The table for the cases of the first `count` types: what both sides read. */
const tableOf = (count: number): { words: Int32Array; chosen: Case[] } => {
  const chosen = cases.filter(({ type }) => type < count);
  const parts: { at: number; bytes: Uint8Array }[] = [];
  let free = 16 * (chosen.length + 1);
  const place = (bytes: Uint8Array): number => {
    const at = Math.ceil(free / 8) * 8;
    parts.push({ at, bytes });
    free = at + bytes.length;
    return at;
  };
  const placed = programs.slice(0, count).map(({ words }) => place(new Uint8Array(words.buffer, words.byteOffset, words.byteLength)));
  const records = chosen.map(({ type, message }) => [placed[type]!, place(message), message.length, type + 1]);
  const words = new Int32Array(Math.ceil(free / 8) * 2);
  words.set([chosen.length, GROUP], 0);
  records.forEach((record, k) => words.set(record, 4 * (k + 1)));
  const bytes = new Uint8Array(words.buffer);
  for (const part of parts) bytes.set(part.bytes, part.at);
  return { words, chosen };
};

test('straight-line validators answer as the interpreter does', () => {
  let accepted = 0;
  let loaded = -1;
  for (const { type, message } of cases) {
    if (loaded !== type) WORDS.set(programs[type]!.words, TABLE >> 2);
    loaded = type;
    const at = TABLE + 65536;
    BYTES.set(message, at);
    const status = schemaValidate(TABLE, at, message.length, SCRATCH);
    const answer = straight.builtAccepts(type + 1, at, message.length, SCRATCH);
    if ((status === STATUS_OK) !== (answer === 1)) throw new Error(`type ${type}, ${[...message].join()}: ${status}, ${answer}`);
    accepted += answer;
  }
  expect(cases.length).toBeGreaterThan(60_000);
  expect(accepted).toBeGreaterThan(15_000);
});

test('both answer natively as on Node, at -O0 and at -O2', () => {
  const { words, chosen } = tableOf(NATIVE_TYPES);
  expect(chosen.length).toBeGreaterThan(15_000);
  WORDS.set(words, TABLE >> 2);
  const expected: string[] = [];
  let hash = 0;
  chosen.forEach((_, k) => {
    const [program, message, bytes, number] = words.subarray(4 * (k + 1), 4 * (k + 2)) as unknown as [number, number, number, number];
    hash = nativeInterpret(hash, TABLE + program, TABLE + message, bytes, SCRATCH);
    hash = Math.imul(hash ^ straight.builtAccepts(number, TABLE + message, bytes, SCRATCH), 16777619);
    if (k % GROUP === GROUP - 1 || k === chosen.length - 1) expected.push((hash >>> 0).toString(16).padStart(8, '0'));
  });
  writeFileSync(path.join(OUT, 'some.ts'), validatorsModule(programs.slice(0, NATIVE_TYPES), 'vectors', '../../../../src/kernel/schema'));
  writeFileSync(path.join(OUT, 'entry.ts'), `
import { load32 } from '#machine';
import { builtAccepts } from './some.ts';
import { nativeInterpret, nativePrint } from '../../../../test/wit/native.ts';
export const hostMain = (ramBase: i32, ramBytes: i32, fileBase: i32, fileBytes: i32): i32 => {
  if (ramBytes === 0 || fileBytes === 0) return 1;
  const count = load32(fileBase, 0);
  const group = load32(fileBase, 4);
  let hash = 0;
  for (let k = 0; k < count; k++) {
    const record = (fileBase + 16 + Math.imul(k, 16)) | 0;
    const at = (fileBase + load32(record, 4)) | 0;
    const bytes = load32(record, 8);
    hash = nativeInterpret(hash, (fileBase + load32(record, 0)) | 0, at, bytes, ramBase);
    hash = Math.imul(hash ^ builtAccepts(load32(record, 12), at, bytes, ramBase), 16777619);
    if ((((k + 1) | 0) % group | 0) === 0 || k === ((count - 1) | 0)) nativePrint(hash);
  }
  return 0;
};
`);
  const file = path.join(OUT, 'cases.bin');
  writeFileSync(file, new Uint8Array(words.buffer));
  for (const level of ['0', '2']) {
    const object = path.join(OUT, `host${level}.o`);
    const binary = path.join(OUT, `host${level}`);
    run(process.execPath, '--import', 'tsx', 'src/lower/main.ts', path.join(OUT, 'entry.ts'), '-o', object, '--target', 'host', '-O', level);
    run('clang', '-O2', '-no-pie', object, 'src/lower/runtime/host.c', '-lpthread', '-o', binary);
    const lines = run(binary, file).trim().split('\n');
    expect(lines.length).toBe(expected.length);
    const first = lines.findIndex((line, k) => line !== expected[k]);
    if (first >= 0) {
      const { type, message } = chosen[first * GROUP]!;
      throw new Error(`-O${level}: group ${first}, from type ${type} (${[...message].join()}): ${lines[first]} instead of ${expected[first]}`);
    }
  }
}, 300_000);
