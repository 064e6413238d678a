/** The program's own check of the input says the same, word for word, as the host's, which sees the file first. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import fc from 'fast-check';
import { InputError, checkInput } from '../../src/cli/input.ts';
import {
  buildProgram, encodeVectors, layout, machine, placeJob, randomVectors, temporaryFolder, type Running,
} from './support.ts';

let running: Running;
beforeAll(async () => { running = await buildProgram(); });

const folder = temporaryFolder();
const path = join(folder, 'input.fvecs');

/** What the program says about an input: its exit code and what it prints. */
const programSays = (input: Uint8Array): { code: number; text: string; records?: number; dimension?: number } => {
  const job = placeJob(running.program, input, undefined, path);
  const code = running.program.inputCheck(job);
  const text = running.printed();
  if (code !== layout.EXIT_OK) return { code, text };
  return { code, text, records: machine.load32(job, layout.JOB_RECORDS), dimension: machine.load32(job, layout.JOB_DIMENSION) };
};

const hostSays = (input: Uint8Array): ReturnType<typeof programSays> => {
  writeFileSync(path, input);
  try {
    const { records, dimension } = checkInput(path, 2 ** 30);
    return { code: layout.EXIT_OK, text: '', records, dimension };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { code: layout.EXIT_REFUSED, text: `${error.message}\n` };
  }
};

const bytesOf = (change: (bytes: Buffer) => Buffer | void): Buffer => {
  const bytes = encodeVectors(randomVectors(5, 3, 1));
  return change(bytes) ?? bytes;
};

test.each([
  ['nothing at all', Buffer.alloc(0), 'record 0, byte 0: the file is empty'],
  ['3 bytes', Buffer.from([3, 0, 0]), "record 0, byte 0: the file ends inside the record's dimension, after 3 of 4 bytes"],
  ['a dimension of 0', bytesOf((b) => { b.writeInt32LE(0, 0); }), 'record 0, byte 0: the dimension is 0, and must be 1 to 65536'],
  ['a negative dimension', bytesOf((b) => { b.writeInt32LE(-7, 32); }),
    'record 2, byte 32: the dimension is -7, and must be 1 to 65536'],
  ['a dimension too large', bytesOf((b) => { b.writeInt32LE(65_537, 0); }),
    'record 0, byte 0: the dimension is 65537, and must be 1 to 65536'],
  ['another dimension', bytesOf((b) => { b.writeInt32LE(2, 48); }), 'record 3, byte 48: the dimension changes from 3 to 2'],
  ['NaN', bytesOf((b) => { b.writeFloatLE(NaN, 28); }), 'record 1, byte 28: value 2 is NaN'],
  ['infinity', bytesOf((b) => { b.writeFloatLE(Infinity, 4); }), 'record 0, byte 4: value 0 is Infinity'],
  ['minus infinity', bytesOf((b) => { b.writeFloatLE(-Infinity, 76); }), 'record 4, byte 76: value 2 is -Infinity'],
  ['half a record', bytesOf((b) => b.subarray(0, 73)),
    'record 4, byte 64: the file ends inside the record, after 9 of its 16 bytes'],
  ['half a dimension', bytesOf((b) => b.subarray(0, 66)),
    "record 4, byte 64: the file ends inside the record's dimension, after 2 of 4 bytes"],
])('%s is refused in one line', (_name, input, reason) => {
  expect(programSays(input)).toEqual({ code: layout.EXIT_REFUSED, text: `${path}: ${reason}\n` });
  expect(hostSays(input)).toEqual({ code: layout.EXIT_REFUSED, text: `${path}: ${reason}\n` });
});

test('good inputs of any shape are taken', () => {
  for (const [records, dimension] of [[1, 1], [1, 784], [300, 1], [2, 4096], [1, 65_536]] as const) {
    const input = encodeVectors(randomVectors(records, dimension, records));
    expect(programSays(input)).toEqual({ code: layout.EXIT_OK, text: '', records, dimension });
  }
});

test('host and program agree on damaged inputs of all kinds', () => {
  const special = fc.constantFrom(0, 1, 2, 3, 4, 65_536, 65_537, -1, 0x7f800000, 0x7fc00000, 0x7f7fffff, -0x800000);
  const word = fc.oneof(special, fc.integer());
  const damage = fc.record({ at: fc.nat(100), word });
  fc.assert(fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 5 }), fc.array(damage, { maxLength: 3 }),
    fc.option(fc.nat(200)), (records, dimension, damages, cut) => {
      let input = encodeVectors(randomVectors(records, dimension, records * 10 + dimension));
      for (const { at, word: value } of damages) input.writeInt32LE(value | 0, (at * 4) % input.length);
      if (cut !== null) input = input.subarray(0, cut);
      expect(programSays(input)).toEqual(hostSays(input));
    }), { numRuns: 500 });
});

test('without a name the input is called by what it is natively', () => {
  const job = placeJob(running.program, Buffer.alloc(0));
  machine.store32(job, layout.JOB_INPUT_NAME, 0);
  running.program.inputCheck(job);
  expect(running.printed()).toBe('initrd: record 0, byte 0: the file is empty\n');
});
