/**
 * Against jco's lowering: the same values, handed by jco to functions of a WebAssembly component, end up in a real linear memory as the
 * bytes that our encoder writes.
 *
 * The component has a function `take: func(v: list<T>)` for each type of vectors.json.gz that jco 0.1.1 knows (it has no lists of
 * fixed length), which does nothing. Its allocator hands out memory upwards from address 0, aligned as asked, and 0 for an empty
 * block, so a list of one value lies at 0 with what it owns behind it: the form of a message. Component and glue are made here, by
 * the versions that package.json names.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { beforeAll, expect, test } from 'vitest';
import type { Type } from '../../src/wit/types.ts';
import { compileWit, valueOf, type Compiled, type Neutral } from './support.ts';

interface Vectors { wit: string; types: [name: string, values: [Neutral, string, unknown][]][] }
const vectors = JSON.parse(gunzipSync(readFileSync(path.join(import.meta.dirname, 'vectors.json.gz'))).toString()) as Vectors;
interface Tools {
  parse(wat: string): Uint8Array;
  componentEmbed(options: { binary: Uint8Array; witSource: string; stringEncoding: 'utf8'; features: { tag: 'all' } }): Uint8Array;
  componentNew(binary: Uint8Array, adapters: []): Uint8Array;
}

const lines = vectors.wit.trimEnd().split('\n').slice(0, -1);
const declared = (line: string): string | undefined => /^\s*(?:type|record|variant|enum|flags)\s+(t[\w-]+)/.exec(line)?.[1];
const declarations = new Map(lines.flatMap((line) => { const name = declared(line); return name === undefined ? [] : [[name, line] as const]; }));
/** Whether a type is, or is made of, a list of fixed length. */
const isFixed = (name: string): boolean => {
  const line = declarations.get(name)!;
  return /, \d+>/.test(line) || [...line.matchAll(/(?<![\w%-])t\d+(?:-x\d+)*(?![\w-])/g)].some(([other]) => other !== name && isFixed(other));
};
const names = vectors.types.map(([name]) => name).filter((name) => !isFixed(name));

const WIT = [
  ...lines.filter((line) => { const name = declared(line); return name === undefined || !isFixed(name); }),
  ...names.map((name) => `  take-${name}: func(v: list<${name}>);`), '}', 'world w { export vectors; }',
].join('\n');
const CORE = `(module (memory (export "memory") 64) (global $top (export "top") (mut i32) (i32.const 0))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
    (if (i32.eqz (local.get 3)) (then (return (i32.const 0))))
    (local.set $at (i32.and (i32.add (global.get $top) (i32.sub (local.get 2) (i32.const 1))) (i32.sub (i32.const 0) (local.get 2))))
    (global.set $top (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  ${names.map((name) => `(func (export "test:vectors/vectors#take-${name}") (param i32 i32))`).join('\n')})`;

interface Instance { readonly exports: { readonly memory?: { readonly buffer: ArrayBuffer }; readonly top?: { value: number } } }
/** What of WebAssembly is needed: its types come with those of browsers. */
const { WebAssembly: wasm } = globalThis as unknown as {
  WebAssembly: { Module: new (bytes: Uint8Array) => object; Instance: new (module: object, imports: object) => Instance };
};
type Instantiate = (
  getModule: (name: string) => object, imports: object, instantiate: (module: object, imports: object) => Instance,
) => Record<string, Record<string, (values: unknown) => void>>;

let types: Map<string, Compiled>;
let take: Record<string, (values: unknown) => void>;
let memory: { readonly buffer: ArrayBuffer };
let top: { value: number };

beforeAll(async () => {
  types = await compileWit(vectors.wit, 'vectors');
  const beside = new URL('../vendor/wasm-tools.js', import.meta.resolve('@bytecodealliance/jco-transpile')).href;
  const { $init, tools } = (await import(/* @vite-ignore */ beside)) as { $init: Promise<void>; tools: Tools };
  await $init;
  const embedded = tools.componentEmbed({ binary: tools.parse(CORE), witSource: WIT, stringEncoding: 'utf8', features: { tag: 'all' } });
  const options = { name: 'lowering', instantiation: 'sync', noTypescript: true, noNodejsCompat: true } as never;
  const { files } = (await transpileBytes(tools.componentNew(embedded, []), options)) as { files: Record<string, Uint8Array> };
  const glue = `data:text/javascript;base64,${Buffer.from(files['lowering.js']!).toString('base64')}`;
  const { instantiate } = (await import(/* @vite-ignore */ glue)) as { instantiate: Instantiate };
  const exported = instantiate((name) => new wasm.Module(files[name]!), {}, (module, imports) => {
    const instance = new wasm.Instance(module, imports);
    const { exports } = instance;
    if (exports.top !== undefined) [memory, top] = [exports.memory!, exports.top];
    return instance;
  });
  take = exported['vectors']!;
}, 240_000);

/** The bytes that jco lowers a value to. */
const lowered = (name: string, type: Type, neutral: Neutral): Buffer => {
  new Uint8Array(memory.buffer, 0, top.value).fill(0);
  top.value = 0;
  // Of numbers a typed array: jco takes no others for some.
  take[`takeT${name.slice(1)}`]!(valueOf({ shape: { kind: 'list', element: type } } as Type, [neutral]));
  return Buffer.from(memory.buffer.slice(0, top.value));
};

/**
 * Whether the two differ in nothing but the offset of empty strings: the canonical ABI leaves it open, jco writes 1, a message has 0.
 */
const agree = (ours: Buffer, theirs: Buffer): boolean => {
  if (ours.length !== theirs.length) return false;
  for (let at = 0; at < ours.length; at++) {
    if (ours[at] === theirs[at]) continue;
    const isEmpty = at % 4 === 0 && at + 8 <= ours.length && ours.readUInt32LE(at) === 0 && ours.readUInt32LE(at + 4) === 0;
    if (!isEmpty || theirs.readUInt32LE(at) !== 1 || theirs.readUInt32LE(at + 4) !== 0) return false;
    at += 7;
  }
  return true;
};

test('it knows most of the types', () => {
  expect(names.length).toBeGreaterThan(400);
});

test('our encoder writes what jco lowers, value for value', () => {
  let values = 0;
  for (const [name, list] of vectors.types.filter(([one]) => names.includes(one))) {
    const { named, schema } = types.get(name)!;
    for (const [neutral] of list) {
      const [ours, theirs] = [Buffer.from(schema.encode(valueOf(named.type, neutral))), lowered(name, named.type, neutral)];
      if (!agree(ours, theirs)) {
        throw new Error(`${name} ${JSON.stringify(neutral).slice(0, 200)}: ${ours.toString('hex')} instead of ${theirs.toString('hex')}`);
      }
      values += 1;
    }
  }
  expect(values).toBeGreaterThanOrEqual(5000);
});
