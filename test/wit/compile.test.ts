/** Layout, limits, identity, and the programs themselves where the exact words matter. */
import { expect, test } from 'vitest';
import {
  OP_BELOW8, OP_END, OP_LIST, OP_LIST_ANY, OP_LIST_MASK, OP_MASK16, OP_MASK32, OP_MASK8, OP_TEXT, OP_ZERO, PROGRAM_DEPTH_MAX,
  PROGRAM_HEADER_BYTES,
} from '../../src/kernel/schema/program.ts';
import { compile, stepBound, type Program } from '../../src/wit/compile.ts';
import { checkCollisions } from '../../src/wit/identity.ts';
import { alignOf, fieldOffsets, sizeOf } from '../../src/wit/layout.ts';
import { camelCase, pascalCase, propertyName, quoted } from '../../src/wit/names.ts';
import { parseWit } from '../../src/wit/parse.ts';
import type { NamedType } from '../../src/wit/types.ts';

const typesOf = async (body: string, header = 'package a:b;'): Promise<NamedType[]> =>
  (await parseWit('x.wit', `${header}\ninterface i {\n${body}\n}\n`)).types;
const typeOf = async (body: string): Promise<NamedType> => (await typesOf(body)).at(-1)!;
const programOf = async (body: string): Promise<Program> => compile(await typeOf(body));
const codes = ({ words }: Program): number[] => [...words.slice(PROGRAM_HEADER_BYTES / 4)];
const op = (code: number, offset: number): number => code | offset << 8;

test('sizes, alignments and offsets are those of the canonical ABI', async () => {
  const { type } = await typeOf('record r { a: u8, b: u64, c: string, d: option<u16>, e: list<u8, 3>, f: tuple<bool, f32> }');
  expect([sizeOf(type), alignOf(type), fieldOffsets(type)]).toEqual([40, 8, [0, 8, 16, 24, 28, 32]]);
  const sizes = async (text: string): Promise<number[]> => {
    const { type: one } = await typeOf(text);
    return [sizeOf(one), alignOf(one)];
  };
  expect(await sizes('variant v { a, b(u8), c(u64) }')).toEqual([16, 8]);
  expect(await sizes(`enum e { ${Array.from({ length: 256 }, (_, k) => `n${k}`).join()} }`)).toEqual([1, 1]);
  expect(await sizes(`enum e { ${Array.from({ length: 257 }, (_, k) => `n${k}`).join()} }`)).toEqual([2, 2]);
  expect(await sizes(`flags f { ${Array.from({ length: 17 }, (_, k) => `n${k}`).join()} }`)).toEqual([4, 4]);
});

test('bits that must be zero are merged into as few words as the alignment allows', async () => {
  expect(codes(await programOf('flags f { a, b } record r { x: bool, y: f, z: bool, w: u32 }'))).toEqual([op(OP_MASK32, 0), 0xfffefcfe | 0, OP_END]);
  expect(codes(await programOf('record r { x: bool, y: u16, z: bool }'))).toEqual([
    op(OP_MASK16, 0), 0xfffe, op(OP_MASK16, 4), 0xfffe, OP_END,
  ]);
  expect(codes(await programOf('record r { x: bool, y: bool }'))).toEqual([op(OP_MASK8, 0), 0xfe, op(OP_MASK8, 1), 0xfe, OP_END]);
  expect(codes(await programOf('enum e { a, b, c, d } record r { x: e, y: u8 }'))).toEqual([op(OP_MASK8, 0), 0xfc, OP_END]);
  expect(codes(await programOf('enum e { a, b, c } record r { x: e }'))).toEqual([op(OP_BELOW8, 0), 3, OP_END]);
});

test('a list is checked as a whole where its elements allow it', async () => {
  const most = 1048576;
  expect(codes(await programOf('type t = list<f32>;'))).toEqual([OP_LIST_ANY, 4, most / 4, 3, 0, OP_END]);
  expect(codes(await programOf('type t = list<bool>;'))).toEqual([OP_LIST_MASK, 1, most, 0, 0xfefefefe | 0, OP_END]);
  // Two bools are two bytes at alignment 1: a word's mask would not begin where the list does.
  expect(codes(await programOf('type t = list<tuple<bool, bool>>;'))).toEqual([
    OP_LIST, 2, most / 2, 0, 88, op(OP_MASK8, 0), 0xfe, op(OP_MASK8, 1), 0xfe, OP_END, OP_END,
  ]);
  expect(codes(await programOf('type t = string;'))).toEqual([OP_TEXT, 1, most, 0, 0, OP_END]);
});

test('what a case does not use is zero, three words an operation', async () => {
  const words = codes(await programOf(`variant v { a, b(list<u64, 10>) }`));
  const zeros = words.filter((word) => (word & 255) === OP_ZERO && word >> 8 >= 8);
  expect(zeros).toEqual([8, 20, 32, 44, 56, 68, 80].map((offset) => op(OP_ZERO, offset)));
});

test.each([
  ['record %big { a: list<u64, 200000> }', '`big` has 1600000 bytes, a message at most 1048576'],
  [`flags many { ${Array.from({ length: 33 }, (_, k) => `n${k}`).join()} }`, '`many` has 33 flags, at most 32 are possible'],
  ['record %none { }', '`none` has no fields'],
  ['flags %empty { }', '`empty` has no flags'],
  ['record twins { a-b: u8, A-B: u8 }', '`twins` has both `a-b` and `A-B`, which are one name in TypeScript'],
  ['record again { a: u8, a: u8 }', '`again` has both `a` and `a`, which are one name in TypeScript'],
  ['type zero = list<u8, 0>;', '`zero` has a list of fixed length 0'],
  [`type deep = ${'list<'.repeat(PROGRAM_DEPTH_MAX + 2)}string${'>'.repeat(PROGRAM_DEPTH_MAX + 2)};`, '`deep` has lists 10 deep, at most 8 are possible'],
  [`variant v0 { a(bool), b(string) }\n${Array.from({ length: 14 }, (_, k) => `variant v${k + 1} { a(v${k}), b(v${k}) }`).join('\n')}`,
    'needs a validation program of more than 4096 words'],
])('what cannot be a message is refused: %j', async (body, message) => {
  await expect(programOf(body)).rejects.toThrow(message);
});

test('the bound on steps is a number per schema', async () => {
  const flat = await programOf('record r { a: u64, b: bool, c: string }');
  expect(stepBound(flat, 24)).toBe(4);
  expect(stepBound(flat, 24 + 100)).toBe(4 + 50);
  const numbers = await programOf('record r { v: list<f32> }');
  expect([stepBound(numbers, 8), stepBound(numbers, 1 << 20)]).toEqual([2, 2]);
  const enums = await programOf('enum e { a, b, c } type t = list<e>;');
  expect(stepBound(enums, 8 + 1000)).toBe(2 + 2000);
});

test('the id is a hash of qualified name and structure, without version, documentation and aliases', async () => {
  const identity = async (body: string, header?: string): Promise<string> => {
    const { identity: { id, more, text } } = compile((await typesOf(body, header)).at(-1)!);
    return `${id} ${more} ${text}`;
  };
  const plain = await identity('record r { a: u32 }');
  expect(plain).toMatch(/a:b\/i#r=record\{a:u32\}$/);
  expect(await identity('/// Documented.\nrecord r { a : u32, }', 'package a:b@2.0.0;')).toBe(plain);
  expect(await identity('type n = u32; record r { a: n }')).toBe(plain);
  const others = ['record r { b: u32 }', 'record r { a: s32 }', 'record s { a: u32 }', 'record r { a: u32, b: u8 }'];
  for (const other of others) expect((await identity(other)).split(' ')[0]).not.toBe(plain.split(' ')[0]);
});

test('two types with one id are refused, a type with itself is not', () => {
  const one = { qualified: 'a:b/i#x', text: 'x', id: 5, more: 0, version: '' };
  expect(() => checkCollisions([one, { ...one }])).not.toThrow();
  expect(() => checkCollisions([one, { ...one, qualified: 'a:b/i#y', text: 'y' }])).toThrow('a:b/i#y and a:b/i#x have the same id 5');
});

test('names are spelled as jco spells them', () => {
  expect([camelCase('high-water-mark'), camelCase('HTTP-port'), pascalCase('high-water-mark'), camelCase('x')])
    .toEqual(['highWaterMark', 'httpPort', 'HighWaterMark', 'x']);
  expect([propertyName('abc'), propertyName('0'), quoted("it's")]).toEqual(['abc', "'0'", "'it\\'s'"]);
});
