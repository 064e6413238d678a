/**
 * Last pass: the gate on the object. Its symbols are the exports, nothing undefined but what is declared, and no function
 * without `@float` touches a floating-point register, but for block copies (copyBytes), which load and store four that every
 * interrupt entry saves (boot/vectors.S).
 */
import { execa } from 'execa';
import type { Target } from './clang.ts';
import type { Header } from './header.ts';
import type { Program } from './lower.ts';
import type { Report } from './report.ts';

/** What clang itself may call. */
const MEMORY = ['memcpy', 'memmove', 'memset', 'memcmp'];

const REGISTERS: Record<Target, RegExp> = {
  aarch64: /(?:^|[\s,[{(])[vqdshb](?:[0-9]|[12][0-9]|3[01])(?:\.\w+)?(?=$|[\s,\]}\[)])/,
  host: /%(?:[xyz]mm\d+|st\b|mm\d)/,
};

/** A load or store of a block copy (of AArch64). */
const BLOCK = /^(?:(?:ldp|stp)\s+q[0-3], q[0-3]|(?:ldu?r|stu?r)\s+q[0-3]), \[/;

export interface Symbols {
  defined: string[];
  undefined: string[];
}

export const symbolsOf = async (object: string): Promise<Symbols> => {
  const { stdout } = await execa('llvm-nm', ['--format=posix', '--extern-only', object]);
  const rows = stdout.split('\n').filter((row) => row !== '').map((row) => row.split(' '));
  return { defined: rows.filter((r) => r[1] !== 'U').map((r) => r[0]!), undefined: rows.filter((r) => r[1] === 'U').map((r) => r[0]!) };
};

/** Names that machine modules declare `extern`. */
export const externs = (fragments: string[]): string[] =>
  fragments.flatMap((text) => [...text.matchAll(/^\s*extern\b[^;]*?\b(\w+)\s*(?:\([^;]*\)|\[[^\]]*\])?\s*;/gm)].map((m) => m[1]!));

export interface FloatUse {
  symbol: string;
  instruction: string;
}

/** The first use of a floating-point register in each function of a disassembly. */
export const floatUses = (disassembly: string, target: Target): FloatUse[] => {
  const found: FloatUse[] = [];
  let symbol = '';
  for (const line of disassembly.split('\n')) {
    const start = /^[0-9a-f]+ <(.+)>:$/.exec(line);
    if (start) symbol = start[1]!;
    const operands = line.split('\t').slice(2).join(' ').replace(/<[^>]*>/g, '').replace(/\/\/.*$/, '');
    const instruction = line.split('\t').slice(1).join(' ').trim();
    if (REGISTERS[target].test(operands) && !BLOCK.test(instruction) && found.at(-1)?.symbol !== symbol) {
      found.push({ symbol, instruction });
    }
  }
  return found;
};

export const gateObject = async (object: string, header: Header, program: Program, target: Target, report: Report): Promise<void> => {
  const symbols = await symbolsOf(object);
  const allowed = new Set([...MEMORY, ...externs(program.fragments)]);
  for (const name of symbols.undefined) if (!allowed.has(name)) report.general('RVX9004', `the object needs \`${name}\``);
  const surprising = symbols.defined.filter((name) => !header.globals.includes(name));
  for (const name of surprising) report.general('RVX9004', `the object defines \`${name}\`, which nobody exported`);
  const { stdout } = await execa('llvm-objdump', ['-d', '--no-show-raw-insn', object]);
  for (const use of floatUses(stdout, target)) {
    if (!header.floats.has(use.symbol)) report.general('RVX9003', `\`${use.symbol}\` uses a floating-point register: ${use.instruction}`);
  }
};
