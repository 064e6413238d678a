/** WIT text to a type graph, by the official parser; and its errors, with file, line and column. */
import { expect, test } from 'vitest';
import { locate, messageTypes, parseWit, WitError } from '../../src/wit/parse.ts';
import { structureOf } from '../../src/wit/identity.ts';

const EVERYTHING = `package demo:job@1.2.0;
/// Documentation.
interface types {
  flags status { ready, on-fire }
  enum color { red, dark-green }
  variant shape { none, circle(f32), named(string) }
  record point { x: f64, %flags: status }
  record all {
    a: bool, b: u8, c: s8, d: u16, e: s16, f: u32, g: s32, h: u64, i: s64, j: f32, k: f64, l: char, m: string,
    n: list<point>, o: option<option<u8>>, p: result<_, shape>, q: tuple<color, list<u8, 4>>, r: result, s: result<u8>,
  }
  type again = point;
  type number = u32;
  resource file { size: func() -> u64; }
}
interface more { use types.{point, file}; record pair { a: point, b: borrow<file> } }
world everything { import types; import more; type word = string; record mine { w: word } export run: func(a: mine) -> mine; }
`;
const structures = async (text: string, world?: string): Promise<string[]> =>
  (await parseWit('x.wit', text, world)).types.map(({ owner, name, type }) => `${owner}#${name} ${structureOf(type)}`);

test('every kind of type comes out, with its name and what it is part of', async () => {
  expect(await structures(EVERYTHING)).toEqual([
    'demo:job/types@1.2.0#status flags{ready,on-fire}',
    'demo:job/types@1.2.0#color enum{red,dark-green}',
    'demo:job/types@1.2.0#shape variant{none,circle(f32),named(string)}',
    'demo:job/types@1.2.0#point record{x:f64,flags:flags{ready,on-fire}}',
    'demo:job/types@1.2.0#all record{a:bool,b:u8,c:s8,d:u16,e:s16,f:u32,g:s32,h:u64,i:s64,j:f32,k:f64,l:char,m:string,'
      + 'n:list<record{x:f64,flags:flags{ready,on-fire}}>,o:option<option<u8>>,p:result<_,variant{none,circle(f32),named(string)}>,'
      + 'q:tuple<enum{red,dark-green},list<u8,4>>,r:result<_,_>,s:result<u8,_>}',
    'demo:job/types@1.2.0#again record{x:f64,flags:flags{ready,on-fire}}',
    'demo:job/types@1.2.0#number u32',
    'demo:job/types@1.2.0#file resource',
    'demo:job/more@1.2.0#pair record{a:record{x:f64,flags:flags{ready,on-fire}},b:resource handle}',
    'demo:job/everything@1.2.0#word string',
    'demo:job/everything@1.2.0#mine record{w:string}',
  ]);
});

test('a file without a world gives the types of all its interfaces', async () => {
  const some = 'package a:b;\ninterface one { type x = u8; }\ninterface two { use one.{x}; record y { z: x } }\n';
  expect(await structures(some)).toEqual(['a:b/one#x u8', 'a:b/two#x u8', 'a:b/two#y record{z:u8}']);
});

test('of several worlds one must be chosen', async () => {
  const text = 'package a:b;\ninterface i { type x = u8; }\ninterface j { type y = u16; }\nworld v { import i; }\nworld w { import j; }\n';
  await expect(structures(text)).rejects.toThrow('x.wit:1:1: there are several worlds, choose one with --world: v, w');
  expect(await structures(text, 'w')).toEqual(['a:b/j#y u16']);
});

test('types that carry handles are told apart, with what they carry', async () => {
  const { usable, skipped } = messageTypes((await parseWit('x.wit', EVERYTHING)).types);
  expect(usable.map(({ name }) => name)).toEqual(['status', 'color', 'shape', 'point', 'all', 'again', 'number', 'word', 'mine']);
  expect(skipped.map(({ named, why }) => `${named.name} ${why}`)).toEqual([
    'file contains a resource, which belongs to one task and cannot lie in a message',
    'pair contains a resource handle, which belongs to one task and cannot lie in a message',
  ]);
});

test.each([
  ['package a:b;\ninterface i {\n  record r { a: u33 }\n}\n', 'x.wit:3:17: type `u33` does not exist'],
  ['package a:b;\ninterface i {\n  record r { a: list<u8 }\n}\n', "x.wit:3:25: expected '>', found '}'"],
  ['package a:b;\ninterface i {\n  record r { a: option<r> }\n}\n', 'x.wit:3:24: type `r` depends on itself'],
  ['package a:b;\ninterface i {\n  record r { flags: u8 }\n}\n', 'x.wit:3:14: expected'],
  ['interface i { type x = u8; }\n', 'x.wit:'],
  ['', 'x.wit:1:1:'],
  ['package a:b;\n', 'x.wit:1:1:'],
])('an error keeps file, line and column: %j', async (text, message) => {
  const error = await parseWit('x.wit', text).then(() => undefined, (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WitError);
  expect((error as Error).message.startsWith(message), (error as Error).message).toBe(true);
  expect((error as Error).message).toMatch(/^x\.wit:\d+:\d+: /);
});

test('a world that is not there is named', async () => {
  await expect(parseWit('x.wit', EVERYTHING, 'nowhere')).rejects.toThrow(/^x\.wit:1:1: .*nowhere/);
});

test('declarations are found in the text, but not in comments', () => {
  expect(locate(EVERYTHING, 'all')).toBe('8:10');
  expect(locate(EVERYTHING, 'point', 'flags')).toBe('7:26');
  expect(locate('// record all {}\n/* record all */ record %all { b: u8 }', 'all')).toBe('2:26');
  expect(locate(EVERYTHING, 'missing')).toBe('1:1');
});
