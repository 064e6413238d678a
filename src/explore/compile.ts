/**
 * The whole way from source to state machines, on one screen.
 *
 * A Compiled holds text; an engine (sequential.ts, weak.ts) turns it into functions over its own state and operations.
 * Checked by: test/explore/kernel.test.ts.
 */
import type { Out } from '../lower/ir.ts';
import type { Lowered } from '../lower/function.ts';
import { expression } from './expression.ts';
import { type Callee, COMPOSED, type Flow, FlowBuilder, reachable } from './flow.ts';
import { type Generated, Generator } from './generate.ts';
import { readSource, type Replacement, type Substitute } from './program.ts';

export interface Compiled extends Generated {
  /** JavaScript of the functions without memory operations. */
  pure: string;
  /** The printed name of an exported function. */
  named: Map<string, string>;
}

/** All texts of calls in a function's statements. */
const callsOf = (body: readonly Out[]): string[] => body.flatMap((out) => {
  const texts = out.form === 'line' ? [out.text] : out.form === 'labelled' ? [] : [out.condition];
  const own = texts.flatMap((text) => [...text.matchAll(/([A-Za-z_$@][\w$]*)\(/g)].map(([, name]) => name!));
  const inner = out.form === 'if' ? [...out.then, ...out.otherwise] : out.form === 'line' ? [] : out.body;
  return [...own, ...callsOf(inner)];
});

/** Operations that the models know as a stronger one; the pair is argued in contract.ts and used for one handshake, [sleep]. */
const STRONGER: Record<string, string> = { storePublished32: 'storeSequential32', fenceAll: 'fenceFull' };

/** Operations that call outside of the kernel, and the functions they call, where a program has them: on the board. */
const OUTSIDE: Record<string, string> = { wait32: 'kernelWait32', notify32: 'kernelNotify32', callProgramTask: 'programTask' };

/** A pure function as JavaScript: the structured text is almost that already. */
const printPure = (name: string, parameters: readonly string[], body: readonly Out[]): string => {
  const value = (text: string): string => {
    const call = /^(_\w+)\((.*)\)$/.exec(text);
    return call ? expression(call[1]!, call[2] === '' ? [] : call[2]!.split(', ')) : text;
  };
  const line = (text: string): string => {
    const parts = /^(let \w+|return|\w+ =)(?:: \w+ =| =|)? ?(.*);$/.exec(text.replace(/^(let \w+): \w+ = /, '$1 = '));
    if (!parts || /^(break|continue)\b/.test(text)) return text;
    const head = parts[1]!.startsWith('let') ? `${parts[1]} =` : parts[1]!;
    return `${head} ${value(parts[2]!)};`;
  };
  const print = (list: readonly Out[]): string => list.map((out) => {
    if (out.form === 'line') return line(out.text);
    if (out.form === 'if') return `if(${value(out.condition)}){${print(out.then)}}else{${print(out.otherwise)}}`;
    if (out.form === 'while') return `while(${value(out.condition)}){${print(out.body)}}`;
    return `${out.label}:{${print(out.body)}}`;
  }).join('');
  // A labelled loop is continued by its label, so the label stands at the loop itself.
  const text = print(body).replace(/(\w+):\{while/g, '{$1:while');
  return `const ${name}=(${parameters.join(',')})=>{${text}return 0;};`;
};

export const compile = (entry: string, replacements: readonly Replacement[] = [], substitutes: readonly Substitute[] = []): Compiled => {
  const { program, report } = readSource(entry, replacements, substitutes);
  const machine = new Map(program.machine.map((m) => [m.name, m.info.name] as const));
  const bodies = new Map<string, { lowered: Lowered | undefined; parameters: string[]; body: readonly Out[] }>();
  for (const lowered of program.functions) {
    bodies.set(program.nameOf(lowered.info), { lowered, parameters: lowered.parameters.map((p) => p.name), body: lowered.body });
  }
  for (const [name, { parameters, body }] of Object.entries(COMPOSED)) bodies.set(`$${name}`, { lowered: undefined, parameters, body });
  const isMachine = (name: string): boolean => machine.has(name) || name.startsWith('@');
  const touching = new Set<string>(Object.keys(COMPOSED).map((name) => `$${name}`));
  for (let changed = true; changed;) {
    changed = false;
    for (const [name, { body }] of bodies) {
      if (touching.has(name) || !callsOf(body).some((called) => isMachine(called) || touching.has(called))) continue;
      touching.add(name);
      changed = true;
    }
  }
  const classify = (name: string): Callee => (isMachine(name) ? 'operation' : touching.has(name) ? 'function' : 'pure');
  const named = new Map(program.functions.map((f) => [f.info.name, program.nameOf(f.info)] as const));
  const flows = new Map<string, Flow>();
  const pure: string[] = [];
  for (const [name, { lowered, parameters, body }] of bodies) {
    if (!touching.has(name)) {
      pure.push(printPure(name, parameters, body));
      continue;
    }
    const file = lowered ? report.pathOf(lowered.info.declaration.getSourceFile().fileName) : '';
    const flow = new FlowBuilder(classify).build(lowered?.info.name ?? name, file, parameters, body);
    for (const block of flow.blocks) {
      const end = block.end;
      if (end?.form !== 'operation') continue;
      const called = machine.get(end.name) ?? end.name.slice(1);
      const operation = STRONGER[called] ?? called;
      const outside = named.get(OUTSIDE[operation] ?? '');
      if (outside !== undefined) block.end = { ...end, form: 'call', name: outside };
      else if (operation in COMPOSED) block.end = { ...end, form: 'call', name: `$${operation}` };
      else if (operation === 'pause') block.end = { form: 'jump', to: end.next };
      else block.end = { ...end, name: operation };
    }
    flows.set(name, reachable(flow));
  }
  return { ...new Generator(flows).generate(), pure: pure.join('\n'), named };
};
