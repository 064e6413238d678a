/**
 * Seventh pass: the header in front of Porffor's C, which stays byte for byte as Porffor wrote it.
 *
 * Everything but the exports gets an earlier `static` declaration, and so internal linkage; functions get their TypeScript
 * names; helpers and machine functions are always inlined and carry no lines of their own, so their instructions belong to the
 * TypeScript line that uses them.
 */
import { isFloatHelper } from './helpers.ts';
import type { FunctionInfo } from './link.ts';
import type { Program } from './lower.ts';

export interface CFunction {
  name: string;
  result: string;
  parameters: string;
  body: string;
}

/** The part of the C file that is the program: what follows Porffor's runtime and precedes its dispatcher. */
export const programText = (c: string): string => {
  const from = c.indexOf('static const u32 porf_fnname[]');
  const to = c.indexOf('static jsval porf_invoke(');
  if (from < 0 || to < from) throw new Error('this is not the C of porffor@0.0.0-alpha.7: the program part was not found');
  return c.slice(c.indexOf('\n', from), to);
};

export const cFunctions = (c: string): CFunction[] =>
  [...programText(c).matchAll(/^(\w+) (p\d+_\w+)\(([^)]*)\) \{\n([^]*?)^\}/gm)].map((m) =>
    ({ result: m[1]!, name: m[2]!, parameters: m[3]!, body: m[4]! }));

const INLINE = 'static inline __attribute__((always_inline, nodebug)) ';

const attributes = (info: FunctionInfo, program: Program): string => {
  const apart = info.noinline || program.outOfLine.has(info);
  const list = info.cold ? ['noinline', 'cold'] : apart ? ['noinline'] : info.inline ? ['always_inline'] : [];
  return list.length > 0 ? `__attribute__((${list.join(', ')})) ` : '';
};

/** The lowered name inside a C name: `p12_k3_push` is `k3_push`. */
export const loweredName = (c: CFunction): string => c.name.replace(/^p\d+_/, '');

export interface Header {
  text: string;
  /** Symbols of the object that may use floating-point registers. */
  floats: Set<string>;
  globals: string[];
}

export const header = (c: string, program: Program): Header => {
  const lines = [
    '#define main porf_hosted_main', 'static int main(int, char **);', 'struct jsval;',
    'static int porf_gc_native_root_add(double, int);', 'static void porf_gc_native_root_remove(int);',
  ];
  const floats = new Set<string>();
  const globals: string[] = [];
  const infos = new Map([...program.functions.map((f) => f.info), ...program.machine.map((m) => m.info)].map((info) => [program.nameOf(info), info]));
  const types = (text: string): string => text.replace(/\b(i32|i64|f64)\b/g, (t) => ({ i32: 'int', i64: '__INT64_TYPE__', f64: 'double' })[t]!);
  for (const f of cFunctions(c)) {
    const name = loweredName(f);
    const info = infos.get(name);
    const prototype = `${types(f.result)} ${f.name}(${types(f.parameters)});`;
    if (name === '_23main') {
      const symbol = program.variables.length > 0 ? 'kernelModuleInit' : 'porf_module_init';
      lines.push(`#define ${f.name} ${symbol}`);
      if (program.variables.length > 0) globals.push(symbol);
      else lines.push(`static void ${f.name}(void);`);
    } else if (!info) {
      lines.push(name.startsWith('_at_') ? `static ${prototype}` : INLINE + prototype);
    } else {
      lines.push(`#define ${f.name} ${program.symbolOf(info)}`);
      if (info.float) floats.add(program.symbolOf(info));
      const isExport = program.exported.has(info);
      if (isExport) globals.push(program.symbolOf(info));
      if (info.machine && !isExport) lines.push(INLINE + prototype);
      else lines.push(`${isExport ? '' : 'static '}${attributes(info, program)}${prototype}`);
    }
    if (isFloatHelper(name)) floats.add(name);
  }
  // Not inlined at -O0.
  if (floats.size > 0) floats.add('porf_box_num');
  return { text: `${lines.join('\n')}\n`, floats, globals: globals.sort() };
};
