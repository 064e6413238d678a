/**
 * Against the component model's own definitions. vectors.json.gz was made by its reference implementation of the canonical ABI
 * (design/mvp/canonical-abi/definitions.py of August 2026) run under Python 3.11 with a bump allocator over a memory that begins at
 * the message and gives 0 for an empty block: 520 types (110 by hand, the rest random), random values of each with the bytes
 * that `store` wrote, and mutants of those bytes, each with the reference's answer to: does `load` accept it, and does `store` of
 * what was loaded give the same bytes again (floats taken as integers, since bits of a NaN do not survive). The reference itself
 * refused every truncation and every message with a byte more.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { REASON_LENGTH, REASON_TOO_LONG } from '../../src/kernel/schema/program.ts';
import { STATUS_INVALID_MESSAGE, STATUS_OK } from '../../src/kernel/status.ts';
import { stepBound } from '../../src/wit/compile.ts';
import { compileWit, validate, valueOf, type Compiled, type Neutral } from './support.ts';

type Mutant = readonly [at: number, byte: number, canonical: 0 | 1];
interface Vectors { wit: string; types: [name: string, values: [Neutral, string, Mutant[]][]][] }
const vectors = JSON.parse(gunzipSync(readFileSync(path.join(import.meta.dirname, 'vectors.json.gz'))).toString()) as Vectors;

let types: Map<string, Compiled>;
beforeAll(async () => { types = await compileWit(vectors.wit, 'vectors'); }, 120_000);

/** Calls `check` for every vector. */
const each = (check: (compiled: Compiled, bytes: Buffer, neutral: Neutral, mutants: Mutant[], what: string) => void): number => {
  let count = 0;
  for (const [name, values] of vectors.types) {
    for (const [neutral, base64, mutants] of values) {
      check(types.get(name)!, Buffer.from(base64, 'base64'), neutral, mutants, `${name} ${JSON.stringify(neutral).slice(0, 200)}`);
      count += 1;
    }
  }
  return count;
};
const fail = (what: string): never => { throw new Error(what); };

test('there are at least 5,000 values of 500 types, and as many mutants on either side', () => {
  expect(vectors.types.length).toBeGreaterThanOrEqual(500);
  expect(each(() => {})).toBeGreaterThanOrEqual(5000);
  const answers = vectors.types.flatMap(([, values]) => values.flatMap(([, , mutants]) => mutants.map((mutant) => mutant[2])));
  expect(answers.filter((answer) => answer === 1).length).toBeGreaterThan(5000);
  expect(answers.filter((answer) => answer === 0).length).toBeGreaterThan(5000);
});

test('the generated encoder writes the bytes that the reference wrote', () => {
  each(({ schema, named }, bytes, neutral, _, what) => {
    const encoded = schema.encode(valueOf(named.type, neutral));
    if (Buffer.compare(encoded, bytes) !== 0) fail(`${what}: ${Buffer.from(encoded).toString('hex')} instead of ${bytes.toString('hex')}`);
  });
});

test('the generated decoder gives the value back', () => {
  each(({ schema, named }, bytes, neutral, _, what) => {
    const value = schema.decode(bytes);
    expect(value, what).toEqual(valueOf(named.type, neutral));
  });
});

test('the kernel accepts every message of the reference', () => {
  each(({ program }, bytes, _, __, what) => {
    const verdict = validate(program.words, bytes);
    if (verdict.status !== STATUS_OK) fail(`${what}: ${JSON.stringify(verdict)}`);
    if (stepBound(program, bytes.length) < 1) fail(`${what}: no steps`);
  });
});

test('the kernel refuses every truncation, and every message with a byte more', () => {
  let refused = 0;
  each(({ program }, bytes, _, __, what) => {
    for (let length = 0; length < bytes.length; length++) {
      if (validate(program.words, bytes.subarray(0, length)).status !== STATUS_INVALID_MESSAGE) fail(`${what} cut to ${length}`);
      refused += 1;
    }
    const { status, reason } = validate(program.words, Buffer.concat([bytes, Buffer.alloc(1)]));
    if (status !== STATUS_INVALID_MESSAGE || (reason !== REASON_LENGTH && reason !== REASON_TOO_LONG)) fail(`${what} and a byte more: ${reason}`);
  });
  expect(refused).toBeGreaterThan(100_000);
});

test('the kernel accepts a mutant exactly if the reference gives the same bytes back', () => {
  each(({ program }, bytes, _, mutants, what) => {
    for (const [at, byte, canonical] of mutants) {
      const mutant = Buffer.from(bytes);
      mutant[at] = byte;
      const verdict = validate(program.words, mutant);
      if ((verdict.status === STATUS_OK) !== (canonical === 1)) fail(`${what} with ${byte} at ${at}: ${JSON.stringify(verdict)}`);
    }
  });
});
