/** The generated module: types that strict TypeScript accepts, wrong values refused with their path, views that copy nothing. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { QueueError } from '../../src/lib/errors.ts';
import { emitModule } from '../../src/wit/emit.ts';
import { messageTypes, parseWit } from '../../src/wit/parse.ts';
import { compileWit, ROOT } from './support.ts';

const BODY = `
  flags status { ready, on-fire, a, b, c, d, e, f, g }
  enum color { red, dark-green, blue }
  variant shape { none, circle(f32), poly(list<tuple<f32, f32>>), named(string), maybe(option<option<u8>>) }
  record point { x: f32, y: f32 }
  record sample {
    id: u32, status: status, vector: list<f32>, label: option<string>, pair: tuple<u8, u64>, four: list<u8, 4>,
    flips: list<tuple<bool, bool>>, nested: option<option<u8>>, outcome: result<_, string>, color: color, shape: shape,
    at: point, points: list<point>, letter: char, colors: list<color>, lists: list<list<string>>, three: list<point, 3>,
    maybes: list<option<s64>>, signed: s8, wide: s16,
  }
  type again = sample;
  type names = list<string>;`;
const SAMPLE = {
  id: 7, status: { ready: true, onFire: false, a: false, b: false, c: false, d: false, e: false, f: false, g: true },
  vector: Float32Array.of(1.5, -2), label: 'µ', pair: [1, 2n], four: Uint8Array.of(1, 2, 3, 4), flips: [[true, false], [false, true]],
  nested: { tag: 'some', val: undefined }, outcome: { tag: 'err', val: 'no' }, color: 'dark-green', shape: { tag: 'poly', val: [[1, 2], [3, 4]] },
  at: { x: 1, y: 2 }, points: [{ x: 3, y: 4 }], letter: '\u{1f600}', colors: ['red', 'blue'], lists: [['a', 'bc'], [], ['']],
  three: [{ x: 0, y: 1 }, { x: 2, y: 3 }, { x: 4, y: 5 }], maybes: [1n, undefined, -1n], signed: -128, wide: -2,
};

test('a value goes there and back, through every name of its type', async () => {
  const types = await compileWit(BODY, 'codec');
  for (const name of ['sample', 'again']) {
    const { schema } = types.get(name)!;
    expect(schema.decode(schema.encode(SAMPLE))).toEqual(SAMPLE);
    expect(schema.decode(schema.encode({ ...SAMPLE, label: undefined, shape: { tag: 'none' }, outcome: { tag: 'ok', val: undefined } })))
      .toMatchObject({ shape: { tag: 'none' }, outcome: { tag: 'ok' } });
  }
  expect(types.get('sample')!.schema.id).not.toBe(types.get('again')!.schema.id);
  expect(types.get('names')!.schema.decode(types.get('names')!.schema.encode(['x', 'yz']))).toEqual(['x', 'yz']);
});

test.each([
  [{ id: -1 }, 'sample.id must be a whole number from 0 to 4294967295, not -1'],
  [{ id: '1' }, 'sample.id must be a whole number'],
  [{ vector: [1, 2] }, 'sample.vector must be a Float32Array'],
  [{ vector: Float64Array.of(1) }, 'sample.vector must be a Float32Array'],
  [{ four: Uint8Array.of(1) }, 'sample.four must be a Uint8Array of 4'],
  [{ label: 5 }, 'sample.label must be a well-formed string, not 5'],
  [{ label: '\ud800' }, 'sample.label must be a well-formed string'],
  [{ pair: [1] }, 'sample.pair must be an array of 2'],
  [{ pair: [1, 2] }, 'sample.pair.1 must be a bigint from 0 to 18446744073709551615, not 2'],
  [{ color: 'green' }, "color must be one of 'red', 'dark-green', 'blue', not 'green'"],
  [{ shape: { tag: 'square' } }, "shape has no such case, not 'square'"],
  [{ shape: { tag: 'circle', val: 'x' } }, "shape.circle must be a number, not 'x'"],
  [{ shape: undefined }, 'shape must be an object, not undefined'],
  [{ status: 5 }, 'status must be an object, not 5'],
  [{ letter: 'ab' }, "sample.letter must be one character, not 'ab'"],
  [{ letter: '\udc00' }, 'sample.letter must be one character'],
  [{ lists: [[1]] }, 'sample.lists[][] must be a well-formed string, not 1'],
  [{ lists: 'x' }, "sample.lists must be an array, not 'x'"],
  [{ three: [] }, 'sample.three must be an array of 3'],
  [{ maybes: [1] }, 'sample.maybes[] must be a bigint'],
  [{ flips: [[true, 1]] }, 'sample.flips[].1 must be a boolean, not 1'],
  [{ signed: 128 }, 'sample.signed must be a whole number from -128 to 127, not 128'],
  [{ at: null }, 'point must be an object, not null'],
])('a value that does not fit is refused with its path: %j', async (wrong, message) => {
  const { schema } = (await compileWit(BODY, 'codec')).get('sample')!;
  const encode = (): Uint8Array => schema.encode({ ...SAMPLE, ...wrong });
  expect(encode).toThrow(QueueError);
  expect(encode).toThrow(`encode: ${message}`);
  // The writer is none the worse for it.
  expect(schema.decode(schema.encode(SAMPLE))).toEqual(SAMPLE);
});

test('a view reads in place, and its lists of numbers are the bytes of the message', async () => {
  const { schema } = (await compileWit(BODY, 'codec')).get('sample')!;
  const bytes = schema.encode(SAMPLE);
  const view = schema.view(bytes) as typeof SAMPLE;
  expect({ id: view.id, label: view.label, x: view.at.x, points: view.points, shape: view.shape }).toEqual({
    id: 7, label: 'µ', x: 1, points: [{ x: 3, y: 4 }], shape: SAMPLE.shape,
  });
  expect(view.vector.buffer).toBe(bytes.buffer);
  view.vector[0] = 9;
  expect((schema.decode(bytes) as typeof SAMPLE).vector[0]).toBe(9);
});

test('bytes that cannot be read throw BAD_ARGUMENT', async () => {
  const { schema } = (await compileWit(BODY, 'codec')).get('sample')!;
  expect(() => schema.decode(new Uint8Array(4))).toThrow(/^decode: not a message of test:codec\/types#sample/);
  const far = schema.encode(SAMPLE);
  new DataView(far.buffer).setUint32(12, 0xffffffff, true);
  expect(() => schema.decode(far)).toThrow(/reaches beyond the message/);
});

test('the module is the same each time, and strict TypeScript accepts it and knows the types', async () => {
  const wit = `package demo:job@1.0.0;\ninterface one {${BODY}\n  resource r;\n  type h = own<r>;\n}\ninterface two { record point { z: u8 } }\n`;
  const emit = async (): Promise<string> => {
    const { types } = await parseWit('x.wit', wit);
    return emitModule(types, messageTypes(types).usable, 'x.wit').text;
  };
  const text = await emit();
  expect(await emit()).toBe(text);
  const folder = path.join(ROOT, 'build/test/wit/strict');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'generated.ts'), text);
  const sample = 'declare const sample: Sample;\ndeclare const view: SampleView;\n';
  writeFileSync(path.join(folder, 'right.ts'), `import { Sample, TwoPoint, type SampleView, type Shape } from './generated.ts';\n${sample}`
    + 'const bytes: Uint8Array = Sample.encode(sample);\nconst again: Sample = Sample.decode(bytes);\nconst floats: Float32Array = Sample.view(bytes).vector;\n'
    + "const shape: Shape = { tag: 'circle', val: 1 };\nexport const z: number = TwoPoint.decode(bytes).z;\nexport default [again, floats, shape, view.at.x];\n");
  writeFileSync(path.join(folder, 'wrong.ts'), `import { Sample, type Shape } from './generated.ts';\n`
    + "export const a: Shape = { tag: 'square' };\nexport const b: Shape = { tag: 'circle' };\nexport const c = Sample.encode({ id: 1 });\n");
  const strict = { extends: '../../../../tsconfig.json', compilerOptions: { paths: { 'ruvix-queue': ['../../../../src/lib/index.ts'] } }, include: ['*.ts', '../../../../src/kernel/types.d.ts'], exclude: [] };
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(strict));
  let errors = '';
  try {
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', folder], { cwd: ROOT, encoding: 'utf8' });
  } catch (error) {
    errors = (error as { stdout: string }).stdout;
  }
  const places = errors.split('\n').filter((line) => line.startsWith('build/')).map((line) => line.replace(/^.*strict\//, '').replace(/: error.*/, ''));
  expect(places, errors).toEqual(['wrong.ts(2,14)', 'wrong.ts(3,14)', 'wrong.ts(4,32)'].map((place) => expect.stringContaining(place.replace(/,.*/, ''))));
}, 120_000);
