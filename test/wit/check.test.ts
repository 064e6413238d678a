/**
 * The registration checker: every program of the compiler passes; of corrupted ones, whatever passes cannot make the interpreter
 * read outside the message or misaligned, nor run on. The machine's loads are replaced by ones that look.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, test, vi } from 'vitest';
import { schemaCheck, checkBytes } from '../../src/kernel/schema/check.ts';
import { schemaValidate } from '../../src/kernel/schema/interpret.ts';
import * as format from '../../src/kernel/schema/program.ts';
import { STATUS_BAD_SCHEMA, STATUS_INVALID_MESSAGE, STATUS_OK } from '../../src/kernel/status.ts';
import { memory } from '../../src/machine/node.ts';
import { compile } from '../../src/wit/compile.ts';
import { parseWit } from '../../src/wit/parse.ts';
import { generator } from '../same/script.ts';

const guard = vi.hoisted(() => ({ on: false, ranges: [] as [number, number][], wrong: '', loads: 0 }));
vi.mock('../../src/machine/node.ts', async (original) => {
  const real = await original<typeof import('../../src/machine/node.ts')>();
  const guarded = (width: number, load: (p: number, off: number) => number) => (p: number, off: number): number => {
    const at = p + off;
    if (guard.on) {
      guard.loads += 1;
      if (at % width !== 0) guard.wrong ||= `load${8 * width} at ${at}: misaligned`;
      if (!guard.ranges.some(([from, to]) => at >= from && at + width <= to)) guard.wrong ||= `load${8 * width} at ${at}: outside`;
    }
    return load(p, off);
  };
  return { ...real, load8: guarded(1, real.load8), load16: guarded(2, real.load16), load32: guarded(4, real.load32) };
});

const PROGRAM_AT = 0x10000;
const MARKS_AT = 0x20000;
const SCRATCH_AT = 0x2f000;
const MESSAGE_AT = 0x30000;
const BYTES = new Uint8Array(memory);
const WORDS = new Int32Array(memory);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

const check = (words: Int32Array): number => {
  WORDS.fill(-1, PROGRAM_AT >> 2, SCRATCH_AT >> 2);
  WORDS.set(words, PROGRAM_AT >> 2);
  guard.ranges = [[PROGRAM_AT, PROGRAM_AT + 4 * words.length], [MARKS_AT, MARKS_AT + checkBytes(words.length)]];
  guard.on = true;
  const status = schemaCheck(PROGRAM_AT, words.length, MARKS_AT);
  guard.on = false;
  return status;
};

interface Sample { words: Int32Array; messages: Uint8Array[] }
let samples: Sample[];
beforeAll(async () => {
  const vectors = JSON.parse(gunzipSync(readFileSync(path.join(import.meta.dirname, 'vectors.json.gz'))).toString()) as
    { wit: string; types: [string, [unknown, string, unknown][]][] };
  const { types } = await parseWit('vectors.wit', vectors.wit);
  const named = new Map(types.map((one) => [one.name, one]));
  samples = vectors.types.map(([name, values]) => ({
    words: compile(named.get(name)!).words,
    messages: values.slice(0, 3).map(([, base64]) => new Uint8Array(Buffer.from(base64, 'base64'))),
  }));
}, 60_000);

test('every program that the compiler makes passes', () => {
  expect(samples.length).toBeGreaterThan(500);
  for (const { words } of samples) {
    expect(check(words)).toBe(STATUS_OK);
    expect(guard.wrong).toBe('');
  }
});

const FIELDS = ['MARK', 'WORDS', 'ROOT_BYTES', 'ROOT_ALIGN', 'DEPTH', 'STEPS_A', 'STEPS_B', 'BYTES_MIN', 'BYTES_MAX', 'ID', 'RESERVED'] as const;
test.each(FIELDS)('a header whose %s cannot be is refused', (field) => {
  const { words } = samples[0]!;
  const at = format[`PROGRAM_${field}`] / 4;
  const value = words[at]!;
  const bad = [-1, 0x7fffffff, ...(['STEPS_B', 'DEPTH', 'RESERVED'].includes(field) ? [] : [0])];
  for (const wrong of bad.filter((one) => one !== value && !(field === 'ID' && one > 0))) {
    const copy = words.slice();
    copy[at] = wrong;
    expect(check(copy), `${field} ${wrong}`).toBe(STATUS_BAD_SCHEMA);
  }
});

test('a program cut short or with words behind its end is refused', () => {
  for (const { words } of samples.slice(0, 200)) {
    for (let length = 0; length < words.length; length++) {
      const cut = words.slice(0, length);
      if (length > 1) cut[format.PROGRAM_WORDS / 4] = length;
      expect(check(cut), `${length} of ${words.length}`).toBe(STATUS_BAD_SCHEMA);
    }
    const longer = Int32Array.from([...words, format.OP_END]);
    longer[format.PROGRAM_WORDS / 4] = longer.length;
    expect(check(longer)).toBe(STATUS_BAD_SCHEMA);
  }
  expect(guard.wrong).toBe('');
});

test(`corrupted programs that pass cannot harm (SEED=${SEED})`, () => {
  const below = generator(SEED);
  let passed = 0;
  let refused = 0;
  for (let round = 0; round < 40_000; round++) {
    const { words, messages } = samples[below(samples.length)]!;
    const copy = words.slice();
    for (let changes = 1 + below(3); changes > 0; changes--) {
      const at = below(8) === 0 ? below(copy.length) : 12 + below(copy.length - 12);
      const choices = [
        below(0xffffffff) | 0, copy[at]! ^ 1 << below(32), copy[at]! + below(9) - 4, copy[below(copy.length)]!, below(16), below(16) | below(64) << 8,
        4 * below(copy.length), below(64), 0,
      ];
      copy[at] = choices[below(choices.length)]!;
    }
    if (check(copy) !== STATUS_OK) {
      refused += 1;
      continue;
    }
    passed += 1;
    for (const original of messages) {
      const message = original.slice();
      if (message.length > 0 && below(2) === 0) message[below(message.length)] = below(256);
      BYTES.fill(0xee, MESSAGE_AT - 64, MESSAGE_AT + message.length + 64);
      BYTES.set(message, MESSAGE_AT);
      guard.ranges = [
        [PROGRAM_AT, PROGRAM_AT + 4 * copy.length], [SCRATCH_AT, SCRATCH_AT + format.SCRATCH_BYTES], [MESSAGE_AT, MESSAGE_AT + message.length],
      ];
      guard.on = true;
      guard.loads = 0;
      const status = schemaValidate(PROGRAM_AT, MESSAGE_AT, message.length, SCRATCH_AT);
      guard.on = false;
      const steps = copy[format.PROGRAM_STEPS_A / 4]! + copy[format.PROGRAM_STEPS_B / 4]! * message.length / 64;
      const what = `round ${round}: ${[...copy.slice(12)].join()} on ${[...message].join()}`;
      if (status !== STATUS_OK && status !== STATUS_INVALID_MESSAGE) throw new Error(`${what}: ${status}`);
      if (guard.wrong !== '') throw new Error(`${what}: ${guard.wrong}`);
      if (guard.loads > 40 * (steps + message.length + 10)) throw new Error(`${what}: ${guard.loads} loads in ${steps} steps`);
    }
  }
  expect(passed).toBeGreaterThan(2000);
  expect(refused).toBeGreaterThan(2000);
  expect(guard.wrong).toBe('');
}, 120_000);
