/**
 * From structured statements to blocks: straight-line pure code, each ended by a jump, a branch, a call or one machine operation.
 *
 * Role: generate.ts prints the blocks. Memory operations that touch several words become functions of single-word ones here, so
 * that a block copy is a scheduling point per word. Invariant: a block's `sets` touch no memory.
 * Checked by: test/explore/litmus.test.ts, test/explore/kernel.test.ts.
 */
import type { Out } from '../lower/ir.ts';
import { expression } from './expression.ts';

/** Where control goes when a block is done. */
export type End =
  | { form: 'jump'; to: Block }
  | { form: 'branch'; test: string; uses: string[]; yes: Block; no: Block }
  | { form: 'operation'; name: string; operands: string[]; result: string | undefined; next: Block; line: number }
  | { form: 'call'; name: string; operands: string[]; result: string | undefined; next: Block; line: number }
  | { form: 'return'; value: string };

export interface Block {
  number: number;
  sets: { name: string; value: string; uses: string[] }[];
  lines: number[];
  end: End | undefined;
}

/** A function as blocks; `blocks[0]` is its entry. */
export interface Flow {
  name: string;
  /** The path of the file whose lines `lines` and `line` mean; empty for the synthetic ones. */
  file: string;
  parameters: string[];
  blocks: Block[];
}

/** What a called name is: a machine operation, a function with operations inside, or a pure one. */
export type Callee = 'operation' | 'function' | 'pure';

interface Text {
  /** An atom or a pure expression in JavaScript. */
  value: string;
  uses: string[];
  call: { name: string; operands: string[] } | undefined;
}

const NAME = /^[A-Za-z_$][\w$]*$/;
const isName = (text: string): boolean => NAME.test(text);

export class FlowBuilder {
  private readonly blocks: Block[] = [];
  private readonly targets = new Map<string, { leave: Block; again: Block | undefined }>();
  private readonly classify: (name: string) => Callee;
  private here: Block;
  private temporaries = 0;

  constructor(classify: (name: string) => Callee) {
    this.classify = classify;
    this.here = this.block();
  }

  build(name: string, file: string, parameters: string[], body: readonly Out[]): Flow {
    this.list(body);
    this.finish({ form: 'return', value: '0' });
    return { name, file, parameters, blocks: this.blocks };
  }

  private block(): Block {
    const made: Block = { number: this.blocks.length, sets: [], lines: [], end: undefined };
    this.blocks.push(made);
    return made;
  }

  private finish(end: End): void {
    this.here.end ??= end;
  }

  private list(body: readonly Out[]): void {
    for (const statement of body) {
      // What follows a jump is never reached.
      if (this.here.end !== undefined) this.here = this.block();
      this.here.lines.push(statement.line);
      if (statement.form === 'line') this.line(statement.text, statement.line);
      else if (statement.form === 'if') this.branch(statement);
      else if (statement.form === 'while') this.loop(statement, undefined);
      else this.labelled(statement);
    }
  }

  private parse(text: string): Text {
    const call = /^([A-Za-z_$@][\w$]*)\((.*)\)$/.exec(text);
    if (!call) return { value: text, uses: isName(text) ? [text] : [], call: undefined };
    const operands = call[2] === '' ? [] : call[2]!.split(', ');
    const uses = operands.filter(isName);
    const name = call[1]!;
    if (name.startsWith('_')) return { value: expression(name, operands), uses, call: undefined };
    if (this.classify(name) === 'pure') return { value: `${name}(${operands.join(', ')})`, uses, call: undefined };
    return { value: '', uses, call: { name, operands } };
  }

  /** Evaluates a text into `result`, or only for its effect. */
  private evaluate(text: string, result: string | undefined, line: number): void {
    const parsed = this.parse(text);
    if (!parsed.call) {
      if (result !== undefined) this.here.sets.push({ name: result, value: parsed.value, uses: parsed.uses });
      return;
    }
    const next = this.block();
    const form = this.classify(parsed.call.name) === 'operation' ? 'operation' : 'call';
    this.finish({ form, ...parsed.call, result, next, line });
    this.here = next;
    next.lines.push(line);
  }

  /** A text as a value without calls that touch memory: these go into a temporary. */
  private pure(text: string, line: number): Text {
    const parsed = this.parse(text);
    if (!parsed.call) return parsed;
    const name = `c_${++this.temporaries}`;
    this.evaluate(text, name, line);
    return { value: name, uses: [name], call: undefined };
  }

  private line(text: string, line: number): void {
    const body = text.replace(/;$/, '');
    const jump = /^(break|continue) (\w+)$/.exec(body);
    if (jump) {
      const target = this.targets.get(jump[2]!)!;
      return this.finish({ form: 'jump', to: jump[1] === 'break' ? target.leave : target.again! });
    }
    const result = /^return (.*)$/.exec(body);
    if (result) {
      const value = this.pure(result[1]!, line);
      if (value.uses.length > 0 || !/^-?\d+$/.test(value.value)) {
        const name = `c_${++this.temporaries}`;
        this.here.sets.push({ name, value: value.value, uses: value.uses });
        return this.finish({ form: 'return', value: name });
      }
      return this.finish({ form: 'return', value: value.value });
    }
    const set = /^(?:let )?([A-Za-z_$][\w$]*)(?:: \w+)? = (.*)$/.exec(body);
    if (set) return this.evaluate(set[2]!, set[1], line);
    this.evaluate(body, undefined, line);
  }

  private branch(statement: Out & { form: 'if' }): void {
    const test = this.pure(statement.condition, statement.line);
    const yes = this.block();
    const no = this.block();
    const after = this.block();
    this.finish({ form: 'branch', test: test.value, uses: test.uses, yes, no });
    for (const [block, body] of [[yes, statement.then], [no, statement.otherwise]] as const) {
      this.here = block;
      this.list(body);
      this.finish({ form: 'jump', to: after });
    }
    this.here = after;
  }

  private loop(statement: Out & { form: 'while' }, label: string | undefined): void {
    const head = this.block();
    const body = this.block();
    const after = this.block();
    this.finish({ form: 'jump', to: head });
    if (label !== undefined) this.targets.set(label, { leave: after, again: head });
    this.here = head;
    head.lines.push(statement.line);
    const test = this.pure(statement.condition, statement.line);
    this.finish({ form: 'branch', test: test.value, uses: test.uses, yes: body, no: after });
    this.here = body;
    this.list(statement.body);
    this.finish({ form: 'jump', to: head });
    this.here = after;
  }

  private labelled(statement: Out & { form: 'labelled' }): void {
    const only = statement.body.length === 1 ? statement.body[0]! : undefined;
    if (only?.form === 'while') return this.loop(only, statement.label);
    const after = this.block();
    this.targets.set(statement.label, { leave: after, again: undefined });
    this.list(statement.body);
    this.finish({ form: 'jump', to: after });
    this.here = after;
  }
}

const atom = (text: string): Out => ({ form: 'line', line: 0, text, pure: false });

/** Word by word, in ascending order; `load` and `store` say how. Lengths are multiples of 4 in explored scenarios. */
const copying = (load: string, store: string): Out[] => [
  atom('let i: i32 = 0;'),
  { form: 'while', line: 0, condition: '_lt(i, n)', body: [
    atom('let a: i32 = _add(s, i);'), atom(`let v: i32 = @${load}(a, 0);`), atom('let b: i32 = _add(d, i);'),
    atom(`@${store}(b, 0, v);`), atom('i = _add(i, 4);'),
  ] },
];

/** Machine operations of several words, as functions of single-word ones. */
export const COMPOSED: Record<string, { parameters: string[]; body: Out[] }> = {
  copyBytes: { parameters: ['d', 's', 'n'], body: copying('load32', 'store32') },
  copyRacing: { parameters: ['d', 's', 'n'], body: copying('loadRacing32', 'store32') },
  opaque32: { parameters: ['v'], body: [atom('return v;')] },
  fillBytes: { parameters: ['d', 'n', 'v'], body: [
    atom('let i: i32 = 0;'), atom('let w: i32 = _mul(v, 16843009);'),
    { form: 'while', line: 0, condition: '_lt(i, n)', body: [atom('let b: i32 = _add(d, i);'), atom('@store32(b, 0, w);'), atom('i = _add(i, 4);')] },
  ] },
};

/** The blocks control can reach, numbered anew from 0; empty ones that only jump are skipped. */
export const reachable = (flow: Flow): Flow => {
  const skip = (block: Block): Block => {
    let b = block;
    for (let hops = 0; hops < 100 && b.sets.length === 0 && b.end?.form === 'jump' && b.end.to !== b; hops++) b = b.end.to;
    return b;
  };
  const order: Block[] = [];
  const seen = new Set<Block>();
  const visit = (block: Block): void => {
    if (seen.has(block)) return;
    seen.add(block);
    order.push(block);
    const end = block.end!;
    if (end.form === 'jump') end.to = skip(end.to);
    if (end.form === 'branch') { end.yes = skip(end.yes); end.no = skip(end.no); }
    if (end.form === 'operation' || end.form === 'call') end.next = skip(end.next);
    for (const next of successors(block)) visit(next);
  };
  visit(flow.blocks[0]!);
  for (const [i, block] of order.entries()) block.number = i;
  return { ...flow, blocks: order };
};

export const successors = (block: Block): Block[] => {
  const end = block.end!;
  if (end.form === 'jump') return [end.to];
  if (end.form === 'branch') return [end.yes, end.no];
  return end.form === 'return' ? [] : [end.next];
};

/** Names read when a block ends. */
export const usesAtEnd = (end: End): string[] => {
  if (end.form === 'branch') return end.uses;
  if (end.form === 'return') return isName(end.value) ? [end.value] : [];
  return end.form === 'jump' ? [] : end.operands.filter(isName);
};

/** Names whose value each block needs from before it, by block number. */
export const liveness = (flow: Flow): Set<string>[] => {
  const live = flow.blocks.map(() => new Set<string>());
  for (let changed = true; changed;) {
    changed = false;
    for (const block of [...flow.blocks].reverse()) {
      const now = new Set<string>();
      for (const next of successors(block)) for (const name of live[next.number]!) now.add(name);
      const end = block.end!;
      if ((end.form === 'operation' || end.form === 'call') && end.result !== undefined) now.delete(end.result);
      for (const name of usesAtEnd(end)) now.add(name);
      for (const set of [...block.sets].reverse()) {
        now.delete(set.name);
        for (const name of set.uses) now.add(name);
      }
      const before = live[block.number]!;
      if (now.size !== before.size) {
        live[block.number] = now;
        changed = true;
      }
    }
  }
  return live;
};
