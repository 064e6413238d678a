/**
 * Eighth pass: the gate on the C text. No trace of the JavaScript runtime, the heap, libc, libm or undeclared floating point.
 */
import { type CFunction, cFunctions, loweredName } from './header.ts';
import { isFloatHelper } from './helpers.ts';
import type { Program } from './lower.ts';
import type { Report } from './report.ts';

/** What a function may not contain. `(i64)0.0` is how Porffor says zero where control never comes. */
const RUNTIME = /\b(jsval|jsbits|porf_\w+|PORF_\w+|JV_\w+|MEM|malloc|calloc|realloc|free|trunc|fmod|floor|ceil|p\d+___\w+)\b/;
const FLOAT = /\b(f64|f32|double|float)\b|(?<!\(i64\))\b\d+\.\d/;

export const gateText = (c: string, program: Program, report: Report): void => {
  const infos = new Map([...program.functions.map((f) => f.info), ...program.machine.map((m) => m.info)].map((info) => [program.nameOf(info), info]));
  for (const f of cFunctions(c)) {
    const info = infos.get(loweredName(f));
    const shown = info ? info.name : loweredName(f);
    const tell = (message: string): void => {
      if (info) report.at(info.declaration, 'RVX9002', message);
      else report.general('RVX9002', message);
    };
    const mayFloat = info ? info.float : isFloatHelper(loweredName(f));
    const body = mayFloat ? withoutPassing(withoutText(f.body)) : withoutText(f.body);
    const text = `${f.result} (${f.parameters}) ${body}`;
    const runtime = RUNTIME.exec(text);
    if (runtime) tell(`\`${shown}\` uses the JavaScript runtime: ${runtime[0]}`);
    const float = mayFloat ? null : FLOAT.exec(text);
    if (float) tell(`\`${shown}\` uses floating point: ${float[0]}`);
    checkParameters(f, program, tell);
  }
};

/** The body without string literals and line directives. */
const withoutText = (body: string): string => body.replace(/^#line .*$/gm, '').replace(/"(?:\\.|[^"\\])*"/g, '""');

/** Porffor passes a double held in a local through a struct and takes it out again: exact, and gone after optimisation. */
const withoutPassing = (body: string): string => body
  .replace(/^\s*jsval (_\d+) = JV_UNDEFINED;$/gm, '')
  .replace(/^\s*_\d+ = porf_box_num\(\w+\);$/gm, '')
  .replace(/\(_\d+\.val\)/g, 'passed');

/** C fragments name their parameters; Porffor renames some. */
const checkParameters = (f: CFunction, program: Program, tell: (message: string) => void): void => {
  const machine = program.machine.find((m) => m.name === loweredName(f));
  if (!machine) return;
  const names = f.parameters === 'void' ? [] : f.parameters.split(', ').map((p) => p.split(' ')[1]!);
  for (const [i, p] of machine.parameters.entries()) {
    if (names[i] !== p.name) tell(`Porffor renamed parameter \`${p.name}\` to \`${names[i]}\``);
  }
};
