/**
 * What the suites about WIT share: the type graph, the generated module and the kernel's validator for any WIT text, and values in
 * the neutral form of vectors.json.gz.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { load32, memory } from '../../src/machine/node.ts';
import { schemaValidate } from '../../src/kernel/schema/interpret.ts';
import { SCRATCH_BYTE, SCRATCH_REASON, SCRATCH_WORD } from '../../src/kernel/schema/program.ts';
import { emitModule } from '../../src/wit/emit.ts';
import { parseWit } from '../../src/wit/parse.ts';
import { casesOf, fieldsOf, type NamedType, type Type } from '../../src/wit/types.ts';
import type { Program } from '../../src/wit/compile.ts';
import type { Schema } from '../../src/lib/schema.ts';

export const ROOT = path.join(import.meta.dirname, '../..');

/** Where programs, messages and scratch lie in the machine's memory: far from each other, with room around a message. */
const PROGRAM_AT = 0x10000;
const SCRATCH_AT = 0x1f000;
const MESSAGE_AT = 0x20000;
const BYTES = new Uint8Array(memory);
const WORDS = new Int32Array(memory);

export interface Compiled { readonly named: NamedType; readonly program: Program; readonly schema: Schema<unknown, unknown> }

const known = new Map<string, Map<string, Compiled>>();

/** The types of an interface's body, by name, with their generated module loaded. */
export const compileWit = async (body: string, file: string): Promise<Map<string, Compiled>> => {
  const earlier = known.get(file);
  if (earlier !== undefined) return earlier;
  const wit = body.includes('package ') ? body : `package test:${file};\ninterface types {\n${body}\n}\n`;
  const { types } = await parseWit(`${file}.wit`, wit);
  const { text, emitted } = emitModule(types, types, `${file}.wit`);
  const folder = path.join(ROOT, 'build/test/wit');
  mkdirSync(folder, { recursive: true });
  const output = path.join(folder, `${file}.ts`);
  writeFileSync(output, text);
  const module = (await import(/* @vite-ignore */ pathToFileURL(output).href)) as Record<string, Schema<unknown, unknown>>;
  const made = new Map(emitted.map(({ named, constant, program }) => [named.name, { named, program, schema: module[constant]! }]));
  known.set(file, made);
  return made;
};

export interface Verdict { readonly status: number; readonly reason: number; readonly word: number; readonly byte: number }

let loaded: Int32Array | undefined;
/** Runs the interpreter over bytes that lie at a multiple of 8, plus `shift`. */
export const validate = (words: Int32Array, bytes: Uint8Array, shift = 0): Verdict => {
  if (loaded !== words) WORDS.set(words, PROGRAM_AT >> 2);
  loaded = words;
  BYTES.set(bytes, MESSAGE_AT + shift);
  const status = schemaValidate(PROGRAM_AT, MESSAGE_AT + shift, bytes.length, SCRATCH_AT);
  if (status === 0) return { status, reason: 0, word: 0, byte: 0 };
  return { status, reason: load32(SCRATCH_AT, SCRATCH_REASON), word: load32(SCRATCH_AT, SCRATCH_WORD), byte: load32(SCRATCH_AT, SCRATCH_BYTE) };
};

/** Records, tuples and lists as arrays; variants and results [index, payload]; options [] or [value]; enums and flags as numbers;
 * characters as code points; 64-bit integers as decimal text; floats as their bytes in hexadecimal. */
export type Neutral = boolean | number | string | readonly Neutral[];

const NUMBER_ARRAYS: Record<string, { from(values: Iterable<never>): unknown }> = {
  u8: Uint8Array, s8: Int8Array, u16: Uint16Array, s16: Int16Array, u32: Uint32Array, s32: Int32Array, u64: BigUint64Array,
  s64: BigInt64Array, f32: Float32Array, f64: Float64Array,
} as never;

const camel = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Whether an option of this type needs a tag: as in jco, undefined is a value of options of what is none itself. */
const isNullable = ({ shape }: Type): boolean => shape.kind === 'option' && !isNullable(shape.some);

/** A neutral value as a user of the generated module writes it. */
export const valueOf = (type: Type, neutral: Neutral): unknown => {
  const { shape } = type;
  const items = neutral as readonly Neutral[];
  switch (shape.kind) {
    case 'primitive': {
      if (shape.primitive === 'char') return String.fromCodePoint(neutral as number);
      if (shape.primitive === 'u64' || shape.primitive === 's64') return BigInt(neutral as string);
      if (shape.primitive === 'f32') return Buffer.from(neutral as string, 'hex').readFloatLE();
      if (shape.primitive === 'f64') return Buffer.from(neutral as string, 'hex').readDoubleLE();
      return neutral;
    }
    case 'record': return Object.fromEntries(shape.fields.map((field, k) => [camel(field.name), valueOf(field.type, items[k]!)]));
    case 'tuple': return fieldsOf(shape)!.map((field, k) => valueOf(field.type, items[k]!));
    case 'list': case 'fixed': {
      const values = items.map((item) => valueOf(shape.element, item));
      const array = shape.element.shape.kind === 'primitive' ? NUMBER_ARRAYS[shape.element.shape.primitive] : undefined;
      return array === undefined ? values : array.from(values as never[]);
    }
    case 'enum': return shape.names[neutral as number];
    case 'flags': return Object.fromEntries(shape.names.map((name, k) => [camel(name), ((neutral as number) / 2 ** k & 1) !== 0]));
    case 'option': {
      if (isNullable(shape.some)) return items.length === 0 ? { tag: 'none' } : { tag: 'some', val: valueOf(shape.some, items[0]!) };
      return items.length === 0 ? undefined : valueOf(shape.some, items[0]!);
    }
    case 'variant': case 'result': {
      const [index, payload] = items as [number, Neutral?];
      const one = casesOf(shape)![index]!;
      if (one.type !== undefined) return { tag: one.name, val: valueOf(one.type, payload!) };
      return shape.kind === 'result' ? { tag: one.name, val: undefined } : { tag: one.name };
    }
    case 'handle': throw new Error('a handle in a message');
  }
};
