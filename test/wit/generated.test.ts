/** The command: what it writes, what is committed of it, what it refuses; from the sources and from the bundle users get. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as messages from '../../src/programs/messages.ts';
import { load32 } from '../../src/machine/node.ts';
import { builtAccepts, builtNumber } from '../../src/kernel/schema/built.ts';
import { PROGRAM_ID, PROGRAM_ID_MORE, PROGRAM_WORDS } from '../../src/kernel/schema/program.ts';
import { emitModule } from '../../src/wit/emit.ts';
import { PARSER_PACKAGE, PARSER_VERSION, parseWit } from '../../src/wit/parse.ts';
import { tablesModule, validatorsModule } from '../../src/wit/straight.ts';
import { ROOT } from './support.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ruvix-wit-'));
const CLI = path.join(ROOT, 'dist/wit.js');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => { execFileSync('npm', ['run', '--silent', 'build:wit'], { cwd: ROOT }); }, 60_000);

const wit = (file: string, ...args: string[]): { status: number; out: string; err: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'wit', file, ...args], { cwd: folder, encoding: 'utf8' });
  return { status: status!, out: stdout, err: stderr };
};
const write = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), text);
  return name;
};

test('what is committed of src/programs/messages.wit is what the compiler makes of it now', async () => {
  const { types } = await parseWit('messages.wit', readFileSync(path.join(ROOT, 'src/programs/messages.wit'), 'utf8'));
  const chosen = [types.find((one) => one.name === 'work')!];
  const programs = emitModule(types, chosen, 'messages.wit').emitted.map(({ program }) => program);
  const committed = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
  expect(committed('src/programs/messages.ts')).toBe(tablesModule(programs, 'messages.wit', '../kernel/schema'));
  expect(committed('src/kernel/schema/built.ts')).toBe(validatorsModule(programs, 'messages.wit', '.'));
  // And the digits say the words.
  const at = 0x40000;
  expect(messages.storeWorkProgram(at)).toBe(at + messages.WORK_PROGRAM_BYTES);
  expect(Array.from({ length: load32(at, PROGRAM_WORDS) }, (_, k) => load32(at, 4 * k))).toEqual([...programs[0]!.words]);
  expect(load32(at, PROGRAM_ID)).toBe(messages.WORK_SCHEMA);
  expect(builtNumber(load32(at, PROGRAM_ID), load32(at, PROGRAM_ID_MORE))).toBe(1);
  expect([builtNumber(load32(at, PROGRAM_ID), 1), builtNumber(1, 2), builtAccepts(0, at, 16, 0), builtAccepts(9, at, 16, 0)]).toEqual([0, 0, 0, 0]);
});

test('so it is with what the instruction counts validate', async () => {
  const { types } = await parseWit('records.wit', readFileSync(path.join(ROOT, 'bench/counts/records.wit'), 'utf8'));
  const chosen = ['reading', 'embedding'].map((name) => types.find((one) => one.name === name)!);
  const programs = emitModule(types, chosen, 'records.wit').emitted.map(({ program }) => program);
  const kernel = '../../src/kernel/schema';
  expect(readFileSync(path.join(ROOT, 'bench/counts/records.ts'), 'utf8')).toBe(tablesModule(programs, 'records.wit', kernel));
  expect(readFileSync(path.join(ROOT, 'bench/counts/validators.ts'), 'utf8')).toBe(validatorsModule(programs, 'records.wit', kernel));
});

test('the command writes a module and says what each type costs', () => {
  const { status, out, err } = wit(path.join(ROOT, 'src/programs/messages.wit'), '--type', 'sample', 'alert', '-o', 'gen');
  expect([status, err]).toEqual([0, '']);
  expect(out).toBe([
    'ruvix:job/messages#sample  id 801734162, 8 bytes and more, at most 2 steps to 2 at 1048576 bytes, 18 words',
    'ruvix:job/messages#alert  id 1438219637, 12 bytes, at most 3 steps, 17 words',
    'wrote gen/messages.ts', '',
  ].join('\n'));
  expect(readFileSync(path.join(folder, 'gen/messages.ts'), 'utf8')).toContain('export interface Sample {\n  vector: Float32Array;\n}');
});

test('types with handles are skipped with a warning, and refused by name', () => {
  const file = write('handles.wit', 'package a:b;\ninterface i { resource r; record h { r: own<r> } record ok { a: u8 } }\n');
  const all = wit(file, '-o', 'gen');
  expect([all.status, all.err]).toEqual([0, '']);
  expect(all.out).toContain('handles.wit: warning: skipped `h`: it contains a resource handle, which belongs to one task');
  const { status, err } = wit(file, '-o', 'gen', '--type', 'h');
  expect([status, err]).toEqual([2, 'handles.wit: `h` contains a resource handle, which belongs to one task and cannot lie in a message\n']);
});

test.each([
  ['package a:b;\ninterface i {\n  record r { a: u33 }\n}\n', [], 1, 'bad.wit:3:17: type `u33` does not exist\n'],
  ['package a:b;\ninterface i {\n  // record r\n  record r { a-b: u8, A-b: u8 }\n}\n', [], 1,
    'bad.wit:4:10: `r` has both `a-b` and `A-b`, which are one name in TypeScript\n'],
  ['package a:b;\ninterface i {\n  record r { }\n}\n', [], 1, 'bad.wit:3:10: `r` has no fields\n'],
  ['package a:b;\ninterface i { record r { a: u8 } }\n', ['--type', 'x'], 2, 'bad.wit: there is no type `x`\n'],
  ['package a:b;\ninterface i { resource r; }\n', [], 2, 'bad.wit: there is no type that can be a message\n'],
])('what is wrong is told at its place, and nothing is written: %j', (text, args, exit, message) => {
  const { status, err } = wit(write('bad.wit', text), '-o', 'never', ...args);
  expect(err.startsWith(message), err).toBe(true);
  expect(status).toBe(exit);
  expect(readdirSync(folder)).not.toContain('never');
});

test('a file that is not there is said to be', () => {
  expect(wit('missing.wit', '-o', 'gen')).toEqual({ status: 2, out: '', err: 'missing.wit: no such file\n' });
});

test('without the parser the command names the package to install, exactly', () => {
  mkdirSync(path.join(folder, 'alone'));
  const alone = path.join(folder, 'alone/wit.mjs');
  writeFileSync(alone, readFileSync(CLI));
  const file = write('a.wit', 'package a:b;\ninterface i { type x = u8; }\n');
  const { status, stderr } = spawnSync(process.execPath, [alone, 'wit', file, '-o', 'gen'], { cwd: folder, encoding: 'utf8' });
  expect(stderr).toBe(`the WIT parser is not installed: npm install --save-dev ${PARSER_PACKAGE}@${PARSER_VERSION}\n`);
  expect(status).toBe(1);
  const { devDependencies } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { devDependencies: Record<string, string> };
  expect(devDependencies[PARSER_PACKAGE]).toBe(PARSER_VERSION);
});
