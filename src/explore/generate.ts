/**
 * Blocks to state machines: JavaScript functions that run a thread from one memory operation to the next.
 *
 * A label is a place where a thread can rest or that several others lead to: a function's entry, a block with several
 * predecessors, a machine operation, the place behind a call. The thread is all in one Int32Array: a program counter (a label's
 * number), and per function a static frame (nothing recurses): slot 0 where to return, then what is live at the label, in a
 * fixed order, the rest zero. Equal states are therefore equal words: they can be copied, hashed and merged.
 *
 * Role: engine.ts compiles the text. Checked by: test/explore/kernel.test.ts.
 */
import { type Block, type End, type Flow, liveness, successors, usesAtEnd } from './flow.ts';

export interface Label {
  /** The function it belongs to, and the source line to show. */
  flow: Flow;
  line: number;
  /** The machine operation that happens here, if one does. */
  operation: string | undefined;
  /** The label to return to and its line belong to this call: set for the places behind calls. */
  call: boolean;
}

export interface Generated {
  /** The JavaScript text of an array of label functions, index by number; and of one that computes operations' addresses. */
  functions: string;
  addresses: string;
  labels: (Label | undefined)[];
  entries: Map<string, { label: number; parameters: string[]; slots: Map<string, number>; base: number }>;
  /** Words of registers a thread needs. */
  words: number;
  /** Per block: the function and lines it covers. */
  blocks: { flow: Flow; block: Block; number: number }[];
}

/** Words of a thread before its registers: see machines.ts. */
export const THREAD_HEADER_WORDS = 8;

/** Operations of the board, src/board/processor.ts: those that nobody else can notice, and the others. */
export const BOARD_LOCAL = ['boardMemory', 'thisCore', 'inException', 'taskBeginAddress', 'pack64'];
export const BOARD_STEPS = ['interruptsOff', 'interruptsOn', 'waitForInterrupt', 'contextSwitch', 'gicSend', 'sleepTimerSet', 'haltTrap'];

/** Operations without an address. */
export const NO_ADDRESS = new Set(['fenceFull', 'timeMicros32', 'timeNanos32', 'machineHalt', 'pause', ...BOARD_LOCAL, ...BOARD_STEPS]);

/** What an operation that may sleep returns to say: asleep, stay here. */
export const ASLEEP = -1;
const SLEEPING = new Set(['wait32', 'waitForInterrupt', 'contextSwitch']);

interface Place {
  number: number;
  live: string[];
}

class FunctionWriter {
  private readonly all: Generator;
  private readonly flow: Flow;
  private readonly base: number;
  private readonly live: Set<string>[];
  private readonly places = new Map<string, Place>();
  private readonly shared: boolean[];
  private readonly firstBlock: number;
  private locals = new Set<string>();

  constructor(all: Generator, flow: Flow, base: number) {
    this.all = all;
    this.flow = flow;
    this.base = base;
    this.live = liveness(flow);
    const before = flow.blocks.map(() => 0);
    for (const block of flow.blocks) for (const next of successors(block)) before[next.number] = before[next.number]! + 1;
    this.shared = before.map((count) => count > 1);
    this.firstBlock = all.blocks.length;
    for (const block of flow.blocks) all.blocks.push({ flow, block, number: all.blocks.length });
    this.makePlaces();
  }

  entry(): Place {
    return this.places.get('entry')!;
  }

  frameWords(): number {
    return 1 + Math.max(...[...this.places.values()].map((place) => place.live.length));
  }

  private makePlaces(): void {
    const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();
    const make = (key: string, names: Iterable<string>, line: number, operation?: string, call = false): void => {
      this.places.set(key, { number: this.all.newLabel({ flow: this.flow, line, operation, call }), live: sorted(names) });
    };
    make('entry', this.live[0]!, this.flow.blocks[0]!.lines[0] ?? 0);
    for (const block of this.flow.blocks) {
      if (this.shared[block.number]) make(`block ${block.number}`, this.live[block.number]!, block.lines[0] ?? 0);
      const end = block.end!;
      if (end.form !== 'operation' && end.form !== 'call') continue;
      const after = new Set(this.live[end.next.number]!);
      if (end.result !== undefined) after.delete(end.result);
      if (end.form === 'call') make(`call ${block.number}`, after, end.line, undefined, true);
      else make(`stop ${block.number}`, [...after, ...usesAtEnd(end)], end.line, end.name);
    }
  }

  private slot(i: number): string {
    return `$S[$b+${this.base + 1 + i}]`;
  }

  /** Stores what `to` needs and clears what only `from` used, then goes there. */
  private go(from: Place, to: Place): string {
    const stores = to.live.map((name, i) => (from.live[i] === name && !this.assigned.has(name) ? '' : `${this.slot(i)}=${name};`));
    return `${stores.join('')}${this.clear(from, to.live.length)}return ${to.number};`;
  }

  private clear(from: Place, first: number): string {
    let text = '';
    for (let i = first; i < from.live.length; i++) text += `${this.slot(i)}=0;`;
    return text;
  }

  private assigned = new Set<string>();

  private set(name: string, value: string): string {
    this.assigned.add(name);
    this.locals.add(name);
    return `${name}=${value};`;
  }

  private reach(from: Place, block: Block): string {
    const place = this.places.get(`block ${block.number}`);
    return place ? this.go(from, place) : this.body(from, block);
  }

  private body(from: Place, block: Block): string {
    const mark = `$V[${this.firstBlock + block.number}]=1;`;
    const sets = block.sets.map((set) => this.set(set.name, set.value)).join('');
    return mark + sets + this.ending(from, block, block.end!);
  }

  private ending(from: Place, block: Block, end: End): string {
    if (end.form === 'jump') return this.reach(from, end.to);
    if (end.form === 'branch') {
      const before = new Set(this.assigned);
      const yes = this.reach(from, end.yes);
      const after = this.assigned;
      this.assigned = before;
      const no = this.reach(from, end.no);
      for (const name of after) this.assigned.add(name);
      return `if(${end.test}){${yes}}else{${no}}`;
    }
    if (end.form === 'return') {
      return `$T.result=${end.value};const $r=$S[$b+${this.base}];$S[$b+${this.base}]=0;${this.clear(from, 0)}return $r;`;
    }
    if (end.form === 'operation') return this.go(from, this.places.get(`stop ${block.number}`)!);
    const callee = this.all.writer(end.name);
    const resume = this.places.get(`call ${block.number}`)!;
    const entry = callee.entry();
    const flow = callee.flow;
    const passed = entry.live.map((name, i) => `$S[$b+${callee.base + 1 + i}]=${end.operands[flow.parameters.indexOf(name)]};`);
    const stores = resume.live.map((name, i) => `${this.slot(i)}=${name};`).join('');
    return `${passed.join('')}$S[$b+${callee.base}]=${resume.number};${stores}${this.clear(from, resume.live.length)}return ${entry.number};`;
  }

  private print(place: Place, write: () => string): void {
    this.locals = new Set();
    this.assigned = new Set();
    const text = write();
    const loads = place.live.map((name, i) => `let ${name}=${this.slot(i)};`).join('');
    const others = [...this.locals].filter((name) => !place.live.includes(name));
    const declared = others.length > 0 ? `let ${others.map((name) => `${name}=0`).join(',')};` : '';
    this.all.functions[place.number] = `($b)=>{${loads}${declared}${text}}`;
  }

  write(): void {
    this.print(this.entry(), () => this.body(this.entry(), this.flow.blocks[0]!));
    for (const block of this.flow.blocks) {
      const own = this.places.get(`block ${block.number}`);
      if (own) this.print(own, () => this.body(own, block));
      const end = block.end!;
      const call = this.places.get(`call ${block.number}`);
      if (call && end.form === 'call') {
        this.print(call, () => (end.result === undefined ? '' : this.set(end.result, '$T.result')) + this.reach(call, end.next));
      }
      const stop = this.places.get(`stop ${block.number}`);
      if (stop && end.form === 'operation') this.print(stop, () => this.operation(stop, end));
    }
  }

  private operation(stop: Place, end: End & { form: 'operation' }): string {
    const hasAddress = !NO_ADDRESS.has(end.name);
    const address = hasAddress ? `(${end.operands[0]}+(${end.operands[1]})|0)` : undefined;
    const operands = hasAddress ? [address, ...end.operands.slice(2)] : end.operands;
    const call = `$M.${end.name}(${operands.join(',')})`;
    if (address !== undefined) {
      const loads = stop.live.map((name, i) => (end.operands.slice(0, 2).includes(name) ? `const ${name}=${this.slot(i)};` : '')).join('');
      this.all.addresses[stop.number] = `($b)=>{${loads}return ${address};}`;
    }
    const onward = (): string => this.reach(stop, end.next);
    if (SLEEPING.has(end.name)) return `const $w=${call};if($w<0)return ${stop.number};${end.result === undefined ? '' : this.set(end.result, '$w')}${onward()}`;
    return (end.result === undefined ? `${call};` : this.set(end.result, call)) + onward();
  }
}

/** Writes all functions with operations. `flows` holds them by the name calls use. */
export class Generator {
  readonly functions: (string | undefined)[] = ['undefined'];
  readonly addresses: (string | undefined)[] = ['undefined'];
  readonly labels: (Label | undefined)[] = [undefined];
  readonly blocks: Generated['blocks'] = [];
  private readonly writers = new Map<string, FunctionWriter>();
  private readonly flows: Map<string, Flow>;
  private words = THREAD_HEADER_WORDS;

  constructor(flows: Map<string, Flow>) {
    this.flows = flows;
  }

  newLabel(label: Label): number {
    this.labels.push(label);
    return this.labels.length - 1;
  }

  writer(name: string): FunctionWriter {
    const found = this.writers.get(name);
    if (!found) throw new Error(`${name}: no such function`);
    return found;
  }

  private calls(flow: Flow): string[] {
    return flow.blocks.flatMap((block) => (block.end!.form === 'call' ? [(block.end as End & { form: 'call' }).name] : []));
  }

  /** Functions so that callers come before what they call. */
  private ordered(): string[] {
    const order: string[] = [];
    const state = new Map<string, 'open' | 'done'>();
    const visit = (name: string): void => {
      if (state.get(name) === 'open') throw new Error(`${name} calls itself`);
      if (state.has(name)) return;
      state.set(name, 'open');
      for (const called of this.calls(this.flows.get(name)!)) visit(called);
      state.set(name, 'done');
      order.unshift(name);
    };
    for (const name of this.flows.keys()) visit(name);
    return order;
  }

  generate(): Generated {
    const bases = new Map<string, number>();
    for (const name of this.ordered()) {
      const flow = this.flows.get(name)!;
      const base = bases.get(name) ?? THREAD_HEADER_WORDS;
      const writer = new FunctionWriter(this, flow, base);
      this.writers.set(name, writer);
      const end = base + writer.frameWords();
      this.words = Math.max(this.words, end);
      for (const called of this.calls(flow)) bases.set(called, Math.max(bases.get(called) ?? THREAD_HEADER_WORDS, end));
    }
    for (const writer of this.writers.values()) writer.write();
    const entries: Generated['entries'] = new Map();
    for (const [name, flow] of this.flows) {
      const writer = this.writer(name);
      const slots = new Map(writer.entry().live.map((parameter, i) => [parameter, i + 1] as const));
      entries.set(name, { label: writer.entry().number, parameters: flow.parameters, slots, base: bases.get(name) ?? THREAD_HEADER_WORDS });
    }
    const list = (texts: (string | undefined)[]): string => `[${Array.from(texts, (text) => text ?? 'undefined').join(',\n')}]`;
    return { functions: list(this.functions), addresses: list(this.addresses), labels: this.labels, entries, words: this.words, blocks: this.blocks };
  }
}
