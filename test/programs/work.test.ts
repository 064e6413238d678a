/** The job's messages as the program writes them: byte for byte what the generated encoder makes, explained in the library's words. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { compileWit, ROOT, validate, type Compiled } from '../wit/support.ts';
import { buildProgram, machine, memoryBytes, randomVectors, type Program } from './support.ts';

const AT = 0x8000;
const VALUES = 0x4000;
let work: Compiled;
let program: Program;
let printed: () => string;

beforeAll(async () => {
  work = (await compileWit(readFileSync(join(ROOT, 'src/programs/messages.wit'), 'utf8'), 'main-job')).get('work')!;
  ({ program, printed } = await buildProgram());
});

const encode = (value: unknown): Buffer => Buffer.from(work.schema.encode(value as never));

test.each([1, 2, 3, 17, 784])('a vector of %i', (dimension) => {
  const [vector] = randomVectors(1, dimension, dimension);
  vector!.forEach((value, i) => new DataView(machine.memory).setFloat32(VALUES + 4 * i, value, true));
  memoryBytes.fill(0xff, AT, AT + 8192);
  program.workVectorWrite(AT, VALUES, dimension);
  const [bytes, stride] = [program.workVectorBytes(dimension), program.workVectorStride(dimension)];
  expect(Buffer.from(memoryBytes.slice(AT, AT + bytes))).toEqual(encode({ tag: 'vector', val: { vector: Float32Array.from(vector!) } }));
  // Zeros up to the next message, and nothing behind.
  expect([stride % 8, stride - bytes < 8]).toEqual([0, true]);
  expect([...memoryBytes.slice(AT + bytes, AT + stride + 1)]).toEqual([...Array<number>(stride - bytes).fill(0), 0xff]);
});

test.each([[0, 0, 0], [0x7fffffff, -1, 1], [3, 4, 3]])('an alert: number %i, microsecond %i, actions %i', (number, micros, actions) => {
  memoryBytes.fill(0xff, AT, AT + 32);
  program.workAlertWrite(AT, number, micros, actions);
  expect(Buffer.from(memoryBytes.slice(AT, AT + program.WORK_ALERT_BYTES))).toEqual(encode({ tag: 'alert', val: {
    number, micros: micros >>> 0, cause: 'timer', actions: { log: (actions & 1) !== 0, wake: (actions & 2) !== 0 }, urgent: true,
  } }));
  expect(memoryBytes[AT + program.WORK_ALERT_BYTES]).toBe(0xff);
});

test('every alert that the schema refuses is explained as the library explains it', () => {
  const good = encode({ tag: 'alert', val: { number: 1, micros: 2, cause: 'timer', actions: {}, urgent: false } });
  const explained = new Set<string>();
  for (let byte = 0; byte < good.length; byte++) {
    for (let value = 0; value < 256; value++) {
      const bytes = Buffer.from(good);
      bytes[byte] = value;
      const { status, reason, word, byte: found } = validate(work.program.words, bytes);
      // As a vector it is no alert any more.
      if (status !== 0 && bytes[0] !== 0) {
        program.workAlertExplain(found);
        const text = printed();
        expect(text).toBe(work.schema.explain(reason, word, found));
        explained.add(text.replace(/ at byte.*/, ''));
      }
    }
  }
  expect([...explained].sort()).toEqual([
    'work.alert.actions: undefined flag bit (3 flags)', 'work.alert.cause: no such case (3 cases)', 'work.alert.urgent: neither false nor true',
    'work.alert: padding is not zero', 'work: no such case (2 cases)', 'work: padding is not zero',
  ]);
});
