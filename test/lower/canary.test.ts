/**
 * What Porffor alone makes of ordinary TypeScript, pinned: the reasons for the lowering's rules.
 *
 * Each row compiles the raw form with Porffor and shows the wrong outcome still happens. If one fails after an upgrade of Porffor,
 * nothing is broken; but something changed, and the rule named may be due for another look.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { transformSync } from 'esbuild';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { programText } from '../../src/lower/header.ts';
import { binary } from '../../src/lower/porffor.ts';
import { temporaryFolder } from './lower.ts';

const folder = temporaryFolder('canary');

interface Wrong {
  form: string;
  /** Defines `f`, called with the operands. */
  source: string;
  operands: number[];
  porffor: number;
  /** What JavaScript would say, where it cannot be asked. */
  javascript?: number;
}

/** Compiled, and computing something else than JavaScript. */
const WRONG: Wrong[] = [
  { form: '>> shifts in zeros', source: 'const f = (a: i32): i32 => a >> 3;', operands: [-1], porffor: 536870911 },
  { form: '>>= shifts in zeros', source: 'const f = (a: i32): i32 => { a >>= 1; return a; };', operands: [-2], porffor: 2147483647 },
  { form: 'a difference in a local saturates', source: 'const f = (a: i32, b: i32): i32 => { const t: i32 = a - b; return t; };', operands: [1, 2], porffor: 2147483647 },
  { form: 'and with | 0', source: 'const f = (a: i32, b: i32): i32 => { const t: i32 = (a - b) | 0; return t; };', operands: [1, 2], porffor: 2147483647 },
  { form: 'and with &', source: 'const f = (a: i32, b: i32): i32 => { const t: i32 = a & b; return t; };', operands: [-1, -4], porffor: 2147483647 },
  { form: 'an assigned sum with | 0 saturates', source: 'const f = (a: i32): i32 => { let t: i32 = a; t = t + 1 | 0; return t; };', operands: [-5], porffor: 2147483647 },
  { form: 'a wrapped difference compares unsigned', source: 'const f = (a: i32, b: i32, c: i32): i32 => { if ((a - b | 0) > c) return 1; return 0; };', operands: [1, 2, 0], porffor: 1 },
  { form: 'a sum in a comparison wraps', source: 'const f = (a: i32, b: i32, c: i32): i32 => { if (a + b > c) return 1; return 0; };', operands: [2147483647, 1, 0], porffor: 0 },
  { form: '++ sticks at the limit', source: 'const f = (a: i32): i32 => { let i: i32 = a; i++; return i; };', operands: [2147483647], porffor: 2147483647 },
  { form: '?: saturates', source: 'const f = (c: i32, a: i32): i32 => { const t: i32 = c ? (a & -8) : 0; return t; };', operands: [1, -1], porffor: 2147483647 },
  { form: 'clz32 of a negative is 32', source: 'const f = (a: i32): i32 => { const t: i32 = Math.clz32(a); return t; };', operands: [-1], porffor: 32 },
  { form: 'a product keeps 32 bits', source: 'const f = (a: i32, b: i32): i32 => (a * b) | 0;', operands: [2147483647, 2147483647], porffor: 1 },
  { form: 'a variable is read after the call that changes it', source: 'let g: i32 = 5;\nconst h = (): i32 => { g = 100; return 1; };\nconst sub = (a: i32, b: i32): i32 => a - b;\nconst f = (a: i32): i32 => { g = a; return sub(g, h()); };', operands: [7], porffor: 99 },
  { form: 'an assignment runs before the operand left of it', source: 'const f = (a: i32): i32 => { let x: i32 = a; return x + (x = 5); };', operands: [1], porffor: 10 },
  { form: 'a default parameter is 0', source: 'const g = (a: i32, b: i32 = 7): i32 => a + b;\nconst f = (a: i32): i32 => g(a);', operands: [1], porffor: 1 },
  { form: 'default in the middle falls elsewhere', source: 'const f = (a: i32): i32 => { let r: i32 = 0; switch (a) { case 1: r += 1; default: r += 10; case 2: r += 100; } return r; };', operands: [9], porffor: 10 },
  {
    form: 'an i64 difference keeps 32 bits',
    source: 'const big = (): i64 => { Porffor.c`return 0x500000007ll;`; return 0; };\nconst one = (): i64 => { Porffor.c`return 1;`; return 0; };\n' +
      'const high = (v: i64): i32 => { Porffor.c`return (i32)(v >> 32);`; return 0; };\nconst f = (a: i32): i32 => { const d: i64 = big() - one(); return high(d); };',
    operands: [0], porffor: 0, javascript: 5,
  },
  { form: 'a! is lost', source: 'const f = (a: i32): i32 => a!;', operands: [5], porffor: 0 },
  { form: 'satisfies is lost', source: 'const f = (a: i32): i32 => (a satisfies i32);', operands: [5], porffor: 0 },
];

/** Not parsed, with exit status 1. */
const UNPARSED = ['const f = (a: i32, b: i32): i32 => { if (a < b) return 1; return 0; };', 'const f = (a: i32): i32 => a << 2;'];

/** Compiled without complaint into code that throws when it runs. */
const SILENT = [
  { form: 'an unknown name', source: 'const f = (a: i32): i32 => missing(a);' },
  { form: 'an import', source: "import { g } from './g.ts';\nconst f = (a: i32): i32 => g(a);" },
  { form: 'an enum', source: 'enum E { A, B }\nconst f = (a: i32): i32 => E.B;' },
  { form: 'an exported function that calls a later one', source: 'export const e = (a: i32): i32 => f(a);\nconst f = (a: i32): i32 => a;' },
];

const compile = async (name: string, source: string): Promise<{ exitCode: number | undefined; c: string; message: string }> => {
  const input = path.join(folder, `${name}.ts`);
  const output = path.join(folder, `${name}.c`);
  writeFileSync(input, `${source}\nexport { f };\n`);
  const run = await execa(binary(), ['c', input, '-o', output, '--module', '--no-gc', '--quiet'], { stdin: 'ignore', reject: false, all: true });
  return { exitCode: run.exitCode, c: run.exitCode === 0 ? readFileSync(output, 'utf8') : '', message: run.all };
};

const javascript = (source: string, operands: number[]): number => {
  const code = transformSync(`${source}\nreturn f(${operands.join(', ')}) | 0;`.replace(/^export /gm, ''), { loader: 'ts' }).code;
  return new Function(code)() as number;
};

/** What the raw C computes. */
const native = async (name: string, c: string, operands: number[]): Promise<number> => {
  const symbol = /\b(p\d+_f)\(/.exec(c)![1]!;
  const driver = path.join(folder, `${name}.driver.c`);
  writeFileSync(driver, [
    '#define main porf_hosted_main', `#include "${name}.c"`, '#undef main', 'int main(int argc, char **argv) {',
    `porf_init(argc, argv); porf_data_init(); p0__23main(); printf("%d", (int)${symbol}(${operands.join(', ')})); return 0; }`, '',
  ].join('\n'));
  const program = path.join(folder, `${name}.out`);
  await execa('clang', ['-O1', '-fwrapv', '-w', driver, '-lm', '-o', program]);
  return Number((await execa(program)).stdout);
};

describe('Porffor alone', () => {
  test.each(WRONG)('$form', async ({ source, operands, porffor, form, javascript: known }) => {
    const name = `wrong${WRONG.findIndex((row) => row.form === form)}`;
    const { exitCode, c, message } = await compile(name, source);
    expect(message).toBe('');
    expect(exitCode).toBe(0);
    expect(await native(name, c, operands)).toBe(porffor);
    expect(known ?? javascript(source, operands)).not.toBe(porffor);
  });

  test.each(UNPARSED)('does not parse %s', async (source) => {
    expect((await compile('unparsed', source)).exitCode).toBe(1);
  });

  test.each(SILENT)('compiles $form into a throw', async ({ source }) => {
    const { exitCode, c } = await compile('silent', source);
    expect(exitCode).toBe(0);
    expect(programText(c)).toMatch(/porf_throw\w*\(|porf_unreachable\(/);
  });
});
