/**
 * The object: its symbols, its lines, its bytes; and the command around it.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { symbolsOf } from '../../src/lower/objectgate.ts';
import { linkHost, lowerCommand, lowerFile, ROOT, temporaryFolder, writeSources } from './lower.ts';

const folder = temporaryFolder('build');

const COUNTER = `
export let opened: i32 = 40;
const step = (by: i32): i32 => (opened + by) | 0;
export const open = (by: i32): i32 => { opened = step(by); return opened; };
`;

const RING = `import { loadAcquire32, load32, storeRelease32, store32 } from '#machine';
import { open as openRing, opened } from './counter.ts';

const MASK = 15;

// A helper of its own lines, inlined by clang.
const slotOf = (ring: i32, at: i32): i32 => {
  return (ring + ((at & MASK) << 2)) | 0;
};

export const ringPush = (ring: i32, value: i32): i32 => {
  const produced = load32(ring, 0);
  const used = (produced - loadAcquire32(ring, 128)) | 0;
  if (used > MASK || (value < 0 && used === 3)) {
    return -1;
  }
  store32(slotOf(ring, produced), 256, value);
  storeRelease32(ring, 0, (produced + 1) | 0);
  return 1;
};

export const ringOpen = (by: i32): void => {
  if (openRing(by) > opened) {
    openRing(1);
  }
};
`;

/** Line of the first source line that contains the text. */
const lineOf = (text: string): number => RING.split('\n').findIndex((line) => line.includes(text)) + 1;

let object = '';

beforeAll(async () => {
  const entry = writeSources(folder, { 'source/ring.ts': RING, 'source/counter.ts': COUNTER });
  object = path.join(folder, 'ring.o');
  const report = await lowerFile(entry, object, { target: 'aarch64' });
  expect(report.entries).toEqual([]);
}, 60_000);

describe('symbols', () => {
  test('are the exports and kernelModuleInit', async () => {
    expect(await symbolsOf(object)).toEqual({ defined: ['kernelModuleInit', 'ringOpen', 'ringPush'], undefined: [] });
  });

  test('no kernelModuleInit, no data and no bss without module variables', async () => {
    const entry = writeSources(folder, { 'source/pure.ts': 'export const twice = (a: i32): i32 => (a + a) | 0;\n' });
    const pure = path.join(folder, 'pure.o');
    await lowerFile(entry, pure, { target: 'aarch64' });
    expect((await symbolsOf(pure)).defined).toEqual(['twice']);
    const { stdout } = await execa('llvm-size', ['--format=berkeley', pure]);
    expect(stdout.split('\n')[1]!.trim().split(/\s+/).slice(1, 3)).toEqual(['0', '0']);
  });
});

/** The instructions of one function, each with its line as the symbolizer tells it, innermost first. */
const linesOf = async (symbol: string): Promise<{ instruction: string; place: string }[]> => {
  const { stdout } = await execa('llvm-objdump', ['-d', '--no-show-raw-insn', `--disassemble-symbols=${symbol}`, '-l', object]);
  const rows: { instruction: string; place: string }[] = [];
  let place = '';
  for (const row of stdout.split('\n')) {
    if (/^; .*:\d+$/.test(row)) place = row.slice(2);
    const instruction = /^\s+[0-9a-f]+:\s+(.*)$/.exec(row)?.[1];
    if (instruction !== undefined) rows.push({ instruction: instruction.replaceAll('\t', ' '), place });
  }
  return rows;
};

describe('lines', () => {
  const source = (): string => path.relative(ROOT, path.join(folder, 'source/ring.ts'));

  test('every instruction belongs to a TypeScript line', async () => {
    for (const symbol of ['ringPush', 'ringOpen']) {
      const rows = await linesOf(symbol);
      expect(rows.length).toBeGreaterThan(4);
      expect(rows.filter((row) => !/source\/(ring|counter)\.ts:\d+$/.test(row.place))).toEqual([]);
    }
  });

  test('the machine instruction has the line of the call', async () => {
    const rows = await linesOf('ringPush');
    const at = (mnemonic: string): string | undefined => rows.find((row) => row.instruction.startsWith(mnemonic))?.place;
    expect(at('stlr ')).toBe(`./${source()}:${lineOf('storeRelease32(ring')}`);
    expect(at('ldar ')).toBe(`./${source()}:${lineOf('loadAcquire32(ring')}`);
    expect(at('ret')).toMatch(new RegExp(`:(${lineOf('return 1;')}|${lineOf('return 1;') + 1})$`));
  });

  test('lines of an inlined function stay its own', async () => {
    const places = (await linesOf('ringPush')).map((row) => row.place);
    expect(places).toContain(`./${source()}:${lineOf('return (ring +')}`);
  });

  test('functions are declared at their TypeScript line, under their TypeScript name', async () => {
    const { stdout } = await execa('llvm-dwarfdump', ['--name=ringPush', '--name=slotOf', '--name=ringOpen', object]);
    for (const name of ['ringPush', 'slotOf', 'ringOpen']) {
      const entry = stdout.split('DW_TAG_subprogram').find((part) => part.includes(`DW_AT_name\t("${name}")`) && part.includes('DW_AT_decl_line'));
      expect(entry, name).toContain(`DW_AT_decl_line\t(${lineOf(`const ${name} =`)})`);
      expect(entry, name).toContain(`source/ring.ts")`);
    }
  });

  test('locals keep their names', async () => {
    const { stdout } = await execa('llvm-dwarfdump', ['--name=produced', object]);
    expect(stdout).toContain('DW_TAG_variable');
  });
});

describe('determinism', () => {
  const place = (name: string): string => {
    const root = mkdtempSync(path.join(tmpdir(), name));
    mkdirSync(path.join(root, 'src/machine'), { recursive: true });
    cpSync(path.join(ROOT, 'package.json'), path.join(root, 'package.json'));
    cpSync(path.join(ROOT, 'src/machine/native.ts'), path.join(root, 'src/machine/native.ts'));
    cpSync(path.join(folder, 'source'), path.join(root, 'src'), { recursive: true });
    return root;
  };

  test('the same sources give the same bytes in two folders, and twice in one', async () => {
    const roots = [place('a'), place('a-much-longer-name-for-a-folder')];
    const objects: Buffer[] = [];
    for (const root of [...roots, roots[0]!]) {
      const output = path.join(root, 'build/here/ring.o');
      const report = await lowerFile(path.join(root, 'src/ring.ts'), output, { target: 'aarch64' });
      expect(report.entries).toEqual([]);
      objects.push(readFileSync(output));
    }
    expect(objects[1]!.equals(objects[0]!)).toBe(true);
    expect(objects[2]!.equals(objects[0]!)).toBe(true);
    for (const root of roots) {
      expect(objects[0]!.includes(root)).toBe(false);
      rmSync(root, { recursive: true });
    }
  });
});

describe('the command', () => {
  test('tells all errors by file and position, writes nothing and exits with 1', async () => {
    const entry = writeSources(folder, {
      'wrong/b.ts': "import { a } from './a.ts';\nexport const b = (x: i32): i32 => a(x) + 1;\nexport const c = (x: i32): string => [x];\n",
      'wrong/a.ts': 'export const a = (x: i32): i32 => {\n  const f = (): i32 => x;\n  return x << "1";\n};\n',
    });
    const output = path.join(folder, 'wrong/out/b.o');
    const run = await lowerCommand(entry, output);
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toBe('');
    const where = path.relative(ROOT, path.join(folder, 'wrong'));
    const errors = String(run.stderr).split('\n').filter((line) => line !== '' && !line.startsWith(' '));
    expect(errors).toEqual([
      `${where}/a.ts:2:13 - error RVX1004: closures are not allowed in kernel code`,
      `${where}/a.ts:3:15 - error TS2363: The right-hand side of an arithmetic operation must be of type 'any', 'number', 'bigint' or an enum type.`,
      `${where}/a.ts:3:15 - error RVX1008: strings are not allowed in kernel code`,
      `${where}/b.ts:2:35 - error RVX2001: this sum or product is not wrapped to 32 bits`,
      `${where}/b.ts:3:28 - error RVX1012: \`string\` is not a kind of the subset`,
      `${where}/b.ts:3:38 - error TS2322: Type 'number[]' is not assignable to type 'string'.`,
      '6 errors.',
    ]);
    expect(existsSync(path.dirname(output))).toBe(false);
  });

  test('removes an old object when the new one fails', async () => {
    const fine = writeSources(folder, { 'old/fine.ts': 'export const one = (): i32 => 1;\n' });
    const output = path.join(folder, 'old/out/one.o');
    expect((await lowerCommand(fine, output)).exitCode).toBe(0);
    expect(existsSync(output)).toBe(true);
    expect(existsSync(output.replace('.o', '.c'))).toBe(false);
    const wrong = writeSources(folder, { 'old/wrong.ts': 'export const one = (): i32 => 1 + one();\n' });
    expect((await lowerCommand(wrong, output)).exitCode).toBe(1);
    expect(existsSync(output)).toBe(false);
  });

  test('does not overwrite a source with its output', async () => {
    const fine = writeSources(folder, { 'same/one.ts': 'export const one = (): i32 => 1;\n' });
    const run = await lowerCommand(fine, path.join(folder, 'same/one.o'));
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/^error: .*one\.ts is a source and would be overwritten$/);
    expect(readFileSync(fine, 'utf8')).toContain('export const one');
  });

  test('names a missing entry', async () => {
    const run = await lowerCommand(path.join(folder, 'missing.ts'), path.join(folder, 'missing.o'));
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/^error: .*missing\.ts cannot be read$/);
  });

  test('a host object runs with the host runtime', async () => {
    const entry = writeSources(folder, {
      'host/host.ts': `
import { consoleByte, load8, store32, load32, textByte, wait32, notify32, timeMicros32, machineHalt } from '#machine';
let runs: i32 = 6;
const print = (t: text): void => { for (let i = 0; textByte(t, i) !== 0; i = (i + 1) | 0) consoleByte(textByte(t, i)); };
export const hostMain = (ram: i32, bytes: i32, file: i32, fileBytes: i32): i32 => {
  for (let i = 0; i < fileBytes; i++) consoleByte(load8(file, i));
  print('"q\\\\?" \\x41\\n');
  store32((ram + bytes) | 0, -4, 9);
  const before = timeMicros32();
  if (wait32(ram, 0, 0, 2000) !== 2 || ((timeMicros32() - before) | 0) < 1900) machineHalt('wait', 1);
  if (wait32(ram, 0, 1, -1) !== 1 || notify32(ram, 0, 1) !== 0) machineHalt('changed', 2);
  if (load32(ram, 4) !== 0) machineHalt('clear', 3);
  return (runs + 1) | 0;
};
`, 'host/input': 'file\n',
    });
    const program = path.join(folder, 'host/program');
    const report = await lowerFile(entry, `${program}.o`);
    expect(report.entries).toEqual([]);
    await linkHost(`${program}.o`, program);
    const run = await execa(program, [path.join(folder, 'host/input')], { reject: false });
    expect(run.stdout).toBe('file\n"q\\?" A');
    expect(run.exitCode).toBe(7);
  });

  test('halting names the place and aborts', async () => {
    const entry = writeSources(folder, {
      'halt/halt.ts': "import { machineHalt } from '#machine';\nexport const hostMain = (): i32 => { machineHalt('ring full', -3); return 0; };\n",
    });
    const program = path.join(folder, 'halt/program');
    await lowerFile(entry, `${program}.o`);
    await linkHost(`${program}.o`, program);
    const run = await execa(program, { reject: false });
    expect(run.stderr).toContain('halt: ring full -3');
    expect(run.signal).toBe('SIGABRT');
  });
});
