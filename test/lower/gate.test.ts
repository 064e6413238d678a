/**
 * The gate refuses: bad C and bad machine code are fed to it, one kind at a time.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { clang } from '../../src/lower/clang.ts';
import { Folder } from '../../src/lower/fold.ts';
import { gateText } from '../../src/lower/gate.ts';
import { header, programText } from '../../src/lower/header.ts';
import { link } from '../../src/lower/link.ts';
import { load } from '../../src/lower/load.ts';
import { lower, type Program } from '../../src/lower/lower.ts';
import { externs, floatUses, gateObject } from '../../src/lower/objectgate.ts';
import { Report } from '../../src/lower/report.ts';
import { lowerFile, ROOT, temporaryFolder, writeSources } from './lower.ts';

const folder = temporaryFolder('gate');
const SOURCE = `
import { load32, loadF32 } from '#machine';

export const plain = (at: i32): i32 => (load32(at, 4) + 1) | 0;

/** @float */
export const scaled = (at: i32): f64 => loadF32(at, 0) * 0.5;
`;

let program: Program;
let c = '';

beforeAll(async () => {
  const entry = writeSources(folder, { 'source/gate.ts': SOURCE });
  const report = await lowerFile(entry, path.join(folder, 'gate.o'), { target: 'aarch64' });
  expect(report.text()).toContain('0 errors');
  c = readFileSync(path.join(folder, 'gate.c'), 'utf8');
  const loaded = load(entry);
  program = lower(loaded, link(loaded), new Folder(loaded.checker));
}, 60_000);

/** The generated C with a statement put first into the function's body. */
const inject = (name: string, statement: string): string => {
  const changed = c.replace(new RegExp(`^(\\w+ p\\d+_k\\d+_${name}\\(.*\\) \\{\\n)`, 'm'), (start) => `${start}\t${statement}\n`);
  expect(changed).not.toBe(c);
  return changed;
};

const refusals = (text: string): string[] => {
  const report = new Report(ROOT);
  gateText(text, program, report);
  return report.entries.map((e) => `${e.code} ${e.file && path.basename(e.file)}:${e.line} ${e.message}`);
};

describe('the gate on the C text', () => {
  test('lets the untouched C pass', () => {
    expect(refusals(c)).toEqual([]);
  });

  test.each([
    ['jsval v = JV_UNDEFINED;', 'jsval'],
    ['porf_box(0, 0);', 'porf_box'],
    ['porf_throw_new(39, 0);', 'porf_throw_new'],
    ['malloc(8);', 'malloc'],
    ['(void)trunc(1);', 'trunc'],
    ['(void)p9___Math_floor(at);', 'p9___Math_floor'],
    ['MEM[0] = 1;', 'MEM'],
  ])('refuses the runtime: %s', (statement, found) => {
    expect(refusals(inject('plain', statement))).toEqual([`RVX9002 gate.ts:4 \`plain\` uses the JavaScript runtime: ${found}`]);
  });

  test.each([['f64 x = 1;', 'f64'], ['float x;', 'float'], ['at = at * 1.5;', '1.5']])('refuses floating point: %s', (statement, found) => {
    expect(refusals(inject('plain', statement))).toEqual([`RVX9002 gate.ts:4 \`plain\` uses floating point: ${found}`]);
  });

  test('lets a @float function use doubles, but not the runtime', () => {
    expect(refusals(inject('scaled', 'f64 x = 1.5;'))).toEqual([]);
    expect(refusals(inject('scaled', '_2361 = porf_add(_2362, _2362);'))).toHaveLength(1);
  });

  test('does not take words in texts for code', () => {
    expect(refusals(inject('plain', 'static const char s[] = "porf_box malloc 1.5 \\" jsval";'))).toEqual([]);
  });

  test('refuses a renamed parameter of a machine function', () => {
    expect(refusals(c.replace(/^(i32 p\d+_k\d+_load32\(i32 )p,/m, '$1_p,'))[0]).toContain('Porffor renamed parameter `p` to `_p`');
  });

  test('refuses C of another compiler', () => {
    expect(() => programText('int main(void) { return 0; }')).toThrow('not the C of porffor');
  });
});

/** Compiles changed C and asks the gate about the object. */
const objectRefusals = async (text: string): Promise<string[]> => {
  const report = new Report(ROOT);
  const at = (suffix: string): string => path.join(folder, `changed${suffix}`);
  const made = header(c, program);
  writeFileSync(at('.c'), text);
  writeFileSync(at('.pre.h'), made.text);
  await clang(at('.c'), at('.pre.h'), at('.o'), 'aarch64', '2', report);
  expect(report.entries).toEqual([]);
  await gateObject(at('.o'), made, program, 'aarch64', report);
  return report.entries.map((e) => `${e.code} ${e.message}`);
};

describe('the gate on the object', () => {
  test('lets the untouched object pass', async () => {
    expect(await objectRefusals(c)).toEqual([]);
  });

  test('refuses floating-point registers outside @float', async () => {
    const refused = await objectRefusals(inject('plain', '*(f64 *)(uintptr_t)(u32)at *= 3;'));
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatch(/^RVX9003 `plain` uses a floating-point register: \w+ .*\bd\d/);
  });

  test('refuses a call of libc and libm', async () => {
    expect(await objectRefusals(inject('plain', 'free((void *)(uintptr_t)(u32)at);'))).toEqual(['RVX9004 the object needs `free`']);
    expect(await objectRefusals(inject('scaled', 'return pow(at, 2.5);'))).toEqual(['RVX9004 the object needs `pow`']);
  });

  test('refuses what reaches the JavaScript runtime', async () => {
    const refused = await objectRefusals(inject('plain', 'if (at == 7) porf_throw_new(39, 0);'));
    expect(refused.filter((line) => line.startsWith('RVX9004'))).not.toEqual([]);
  });

  test('refuses a global that nobody exported', async () => {
    expect(await objectRefusals(`${c}\nint surprise;\n`)).toEqual(['RVX9004 the object defines `surprise`, which nobody exported']);
  });
});

describe('finding', () => {
  const listing = (instruction: string): string => `0000000000000000 <f>:\n       0:      \t${instruction}\n`;

  test.each(['fmov\td0, xzr', 'ldr\ts1, [x0]', 'stp\tq4, q5, [sp, #16]', 'ldr\tq4, [x0]', 'ldp\td0, d1, [x0]', 'mov\tv0.16b, v1.16b', 'add\tv0.4s, v1.4s, v2.4s', 'ld1\t{v0.16b}, [x1]', 'str\tb3, [x0]'])(
    'a floating-point register in %s (aarch64)', (instruction) => {
      expect(floatUses(listing(instruction), 'aarch64')).toEqual([{ symbol: 'f', instruction: instruction.replaceAll('\t', ' ') }]);
    });

  test.each(['add\tx0, x1, x2', 'b\t0xd0 <d0+0x10>', 'ldr\tw8, [x0, #4]\t// =s0', 'mov\tw0, #0xd', 'bl\t0x0 <s1>', 'ldp\tq0, q1, [x9, #32]', 'stur\tq3, [x9, #8]', 'msr\tDAIFSet, #2'])(
    'none, or those of a block copy, in %s (aarch64)', (instruction) => {
      expect(floatUses(listing(instruction), 'aarch64')).toEqual([]);
    });

  test('floating-point registers of the host', () => {
    expect(floatUses(listing('movsd\t%xmm0, (%rdi)'), 'host')).toHaveLength(1);
    expect(floatUses(listing('fldl\t%st(0)'), 'host')).toHaveLength(1);
    expect(floatUses(listing('movups\t(%rdi), %xmm0'), 'host')).toHaveLength(1);
    expect(floatUses(listing('movl\t%eax, (%rdi)'), 'host')).toEqual([]);
  });

  test('the externs of a fragment', () => {
    const text = '\nextern i32 wait(i32 p, i32 off);\nextern u64 ticks(void);\nextern u8 memory[];\nextern i32 state;\nstatic i32 inner(void);\n';
    expect(externs([text])).toEqual(['wait', 'ticks', 'memory', 'state']);
  });
});
