/**
 * Random programs of the restricted subset, for comparing Node with native.
 *
 * Each program has three module variables, functions with effects, and one function `run` full of traps: effects inside operands,
 * conditions and arguments, mixed i32, u32 and boolean, shadowed names, nested loops with labels, switches, early returns, and
 * constants at the edges. Programs end: every loop also spends fuel.
 */

type Kind = 'i32' | 'u32' | 'bool' | 'f64';
/** Kinds of most variables; a program that says @float has doubles as well. */
const KINDS = ['i32', 'i32', 'u32', 'bool'] as const;
type Local = { name: string; kind: Kind; fixed: boolean };

/** mulberry32: small, seeded, the same everywhere. */
export class Dice {
  private state: number;
  constructor(seed: number) {
    this.state = seed | 0;
  }
  bits(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }
  below(n: number): number {
    return this.bits() % n;
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

const I32 = ['0', '1', '-1', '2', '-2', '3', '7', '-8', '31', '32', '33', '255', '65535', '-65536', '2147483647', '-2147483648', '-2147483647', '0x55555555'];
const U32 = ['0', '1', '2', '5', '31', '255', '2147483647', '2147483648', '4294967295', '4294967294', '0xdeadbeef', '0x80000001'];
const F64 = ['0.5', '1.5', '-2.25', '3', '0', '-0', '1e300', '-1e-310', '2147483648', '0.1'];
const COMPARE = ['<', '>', '<=', '>=', '===', '!=='];

class Writer {
  private readonly d: Dice;
  private readonly n: number;
  private readonly scopes: Local[][] = [];
  private lines: string[] = [];
  private depth = 0;
  private names = 0;
  private readonly float: boolean;
  /** Where break and continue may go: labels of enclosing statements. */
  private readonly jumps: { label: string; loop: boolean }[] = [];

  constructor(seed: number, n: number) {
    this.d = new Dice(seed);
    this.n = n;
    this.float = this.d.chance(15);
  }

  private kind(): Kind {
    return this.float && this.d.chance(35) ? 'f64' : this.d.of(KINDS);
  }

  private put(text: string): void {
    this.lines.push('  '.repeat(this.depth) + text);
  }

  private locals(kind: Kind): Local[] {
    const seen = new Set<string>();
    return [...this.scopes].reverse().flat().filter((l) => !seen.has(l.name) && seen.add(l.name)).filter((l) => l.kind === kind);
  }

  /** A value of the kind without parentheses problems: always bracketed or a name. */
  expression(kind: Kind, deep: number): string {
    if (deep <= 0 || this.d.chance(12)) return this.leaf(kind);
    if (kind === 'bool') return this.boolean(deep);
    if (kind === 'f64') return this.double(deep);
    if (this.d.chance(8)) return `(${this.condition(deep - 1)} ? ${this.expression(kind, deep - 1)} : ${this.expression(kind, deep - 1)})`;
    return kind === 'i32' ? this.signed(deep) : this.unsigned(deep);
  }

  private leaf(kind: Kind): string {
    const locals = this.locals(kind);
    if (locals.length > 0 && this.d.chance(60)) return this.d.of(locals).name;
    if (kind === 'i32') return this.d.chance(40) ? 'm' : this.d.of(I32);
    if (kind === 'u32') return this.d.chance(40) ? 'u' : this.d.of(U32);
    // Never a literal alone: constants fold, and a whole number is an integer.
    if (kind === 'f64') return `floatOf(${this.leaf('i32')})`;
    return this.d.of(['b', 'true', 'false']);
  }

  private call(kind: Kind, deep: number): string {
    const e = (k: Kind): string => this.expression(k, deep - 1);
    if (kind === 'i32') {
      return this.d.of([
        () => `bump(${e('i32')})`,
        () => `mix(${e('i32')}, ${e('u32')}, ${e('bool')})`,
        () => `load32(p, ${this.d.below(8) * 4})`,
        () => `load8(p, ${this.d.below(32)})`,
        () => `fetchAdd32(p, ${this.d.below(8) * 4}, ${e('i32')})`,
        () => `exchange32(p, ${this.d.below(8) * 4}, ${e('i32')})`,
        () => `compareExchange32(p, ${this.d.below(8) * 4}, ${e('i32')}, ${e('i32')})`,
      ])();
    }
    return kind === 'u32' ? `turn(${e('u32')})` : `flip(${e('i32')})`;
  }

  /** Something whose low 32 bits are used: a sum, a product with a small constant, or a value of either kind. */
  private addend(deep: number): string {
    const kind: Kind = this.d.chance(70) ? 'i32' : 'u32';
    if (deep > 0 && this.d.chance(15)) return `(${this.addend(deep - 1)} ${this.d.of(['+', '-'])} ${this.addend(deep - 1)})`;
    if (deep > 0 && this.d.chance(10)) return `(${this.expression(kind, deep - 1)} * ${this.d.of(['3', '7', '-5', '12', '1000'])})`;
    if (deep > 0 && this.d.chance(6)) return `(- ${this.expression(kind, deep - 1)})`;
    return this.expression(kind, deep - 1);
  }

  private any(deep: number): string {
    return this.expression(this.d.chance(60) ? 'i32' : 'u32', deep);
  }

  private signed(deep: number): string {
    const a = (): string => this.any(deep - 1);
    const i = (): string => this.expression('i32', deep - 1);
    const u = (): string => this.expression('u32', deep - 1);
    return this.d.of([
      () => `((${this.addend(deep)} + ${this.addend(deep)}) | 0)`,
      () => `((${this.addend(deep)} - ${this.addend(deep)}) | 0)`,
      () => `((${this.addend(deep)} - ${this.addend(deep)}) | 0)`,
      () => `(${a()} ${this.d.of(['&', '|', '^'])} ${a()})`,
      () => `(${a()} << ${a()})`,
      () => `(${a()} >> ${a()})`,
      () => `(${a()} >> ${this.d.below(40)})`,
      () => `Math.imul(${a()}, ${a()})`,
      () => `Math.clz32(${a()})`,
      () => `((${i()} / ${i()}) | 0)`,
      () => `((${i()} % ${i()}) | 0)`,
      () => `((${i()} ${this.d.of(['/', '%'])} ${this.d.of(['-1', '-1', '0', '3', '-7'])}) | 0)`,
      () => `((${u()} / ${u()}) | 0)`,
      () => `(~${a()})`,
      () => `(${u()} | 0)`,
      () => `(${a()} >>> ${1 + this.d.below(31)})`,
      () => `(${this.condition(deep - 1)} ? 1 : 0)`,
      () => this.call('i32', deep),
      () => this.call('i32', deep),
      () => (this.float ? `whole(${this.expression('f64', deep - 1)})` : this.call('i32', deep)),
    ])();
  }

  private unsigned(deep: number): string {
    const a = (): string => this.any(deep - 1);
    const u = (): string => this.expression('u32', deep - 1);
    return this.d.of([
      () => `(${a()} >>> 0)`,
      () => `(${a()} >>> ${a()})`,
      () => `((${this.addend(deep)} + ${this.addend(deep)}) >>> 0)`,
      () => `((${this.addend(deep)} - ${this.addend(deep)}) >>> 0)`,
      () => `((${u()} / ${u()}) >>> 0)`,
      () => `((${u()} % ${u()}) >>> 0)`,
      () => this.call('u32', deep),
    ])();
  }

  private double(deep: number): string {
    const e = (): string => this.expression('f64', deep - 1);
    return this.d.of([
      () => `(${e()} ${this.d.of(['+', '-', '*', '/'])} ${e()})`,
      () => `(${e()} ${this.d.of(['+', '-', '*', '/'])} ${this.d.of(F64)})`,
      () => `(- ${e()})`,
      () => `floatOf(${this.expression('i32', deep - 1)})`,
      () => `half(${e()}, ${e()})`,
      () => `(${this.condition(deep - 1)} ? ${e()} : ${e()})`,
    ])();
  }

  private boolean(deep: number): string {
    if (this.float && this.d.chance(30)) {
      return `(${this.expression('f64', deep - 1)} ${this.d.of(COMPARE)} ${this.expression('f64', deep - 1)})`;
    }
    const c = (): string => this.expression('bool', deep - 1);
    const kind: Kind = this.d.chance(60) ? 'i32' : 'u32';
    return this.d.of([
      () => `(${this.expression(kind, deep - 1)} ${this.d.of(COMPARE)} ${this.expression(kind, deep - 1)})`,
      () => `(${this.expression(kind, deep - 1)} ${this.d.of(COMPARE)} ${this.expression(kind, deep - 1)})`,
      () => `(${c()} && ${c()})`,
      () => `(${c()} || ${c()})`,
      () => `(!${c()})`,
      () => `(${c()} ${this.d.of(['===', '!=='])} ${c()})`,
      () => this.call('bool', deep),
    ])();
  }

  /** A condition may be a boolean or an integer. */
  private condition(deep: number): string {
    if (this.d.chance(80)) return this.expression('bool', deep);
    if (deep > 0 && this.d.chance(40)) return `(${this.condition(deep - 1)} ${this.d.of(['&&', '||'])} ${this.condition(deep - 1)})`;
    return this.any(deep);
  }

  private block(count: number, last?: () => void): void {
    this.depth++;
    this.scopes.push([]);
    if (this.depth > 1 && this.d.chance(30)) this.shadow();
    for (let i = 0; i < count; i++) this.statement();
    last?.();
    this.scopes.pop();
    this.depth--;
  }

  /** Declares a name again that an outer block has. Its value must not mention it. */
  private shadow(): void {
    const outer = this.scopes.slice(0, -1).flat().filter((l) => !l.name.startsWith('i'));
    if (outer.length === 0) return;
    const kind = this.d.of(['i32', 'u32', 'bool'] as const);
    const name = this.d.of(outer).name;
    this.put(`let ${name}: ${kind === 'bool' ? 'boolean' : kind} = ${kind === 'bool' ? 'true' : kind === 'i32' ? this.d.of(I32) : this.d.of(U32)};`);
    this.scopes.at(-1)!.push({ name, kind, fixed: false });
  }

  private declaration(): void {
    const kind = this.kind();
    const fixed = this.d.chance(30);
    const name = `x${this.names++}`;
    // Without an annotation a small constant is an i32, so the other kinds always say so.
    const annotation = kind !== 'i32' || this.d.chance(60) ? `: ${kind === 'bool' ? 'boolean' : kind}` : '';
    this.put(`${fixed ? 'const' : 'let'} ${name}${annotation} = ${this.expression(kind, 2 + this.d.below(2))};`);
    this.scopes.at(-1)!.push({ name, kind, fixed });
  }

  private assignment(): void {
    const kind = this.kind();
    const locals = this.locals(kind).filter((l) => !l.fixed);
    if (kind === 'f64' && (locals.length === 0 || this.d.chance(30))) return this.put(`keep(p, ${8 * this.d.below(4)}, ${this.expression('f64', 2)});`);
    const target = locals.length > 0 && (kind === 'f64' || this.d.chance(70)) ? this.d.of(locals).name : kind === 'i32' ? 'm' : kind === 'u32' ? 'u' : 'b';
    if (kind === 'i32' && this.d.chance(25)) {
      this.put(`${target} ${this.d.of(['&=', '|=', '^=', '<<=', '>>='])} ${this.any(2)};`);
    } else if (kind === 'u32' && this.d.chance(25)) {
      this.put(`${target} >>>= ${this.any(2)};`);
    } else {
      this.put(`${target} = ${this.expression(kind, 2 + this.d.below(2))};`);
    }
  }

  private jump(): void {
    const loops = this.jumps.filter((j) => j.loop);
    const innermost = this.jumps.at(-1);
    if (this.d.chance(15)) this.put(`return ${this.expression('i32', 1)};`);
    else if (loops.length > 0 && this.d.chance(50)) this.put(this.d.chance(50) && innermost ? 'continue;' : `continue ${this.d.of(loops).label};`);
    else if (this.jumps.length > 0) this.put(`break ${this.d.of(this.jumps).label};`);
    else this.put(`m = ${this.expression('i32', 1)};`);
  }

  private leave(): void {
    this.put(`if (${this.condition(1)}) {`);
    this.depth++;
    this.jump();
    this.depth--;
    this.put('}');
  }

  private loop(): void {
    const label = `l${this.names++}`;
    const limit = 2 + this.d.below(5);
    const form = this.d.below(4);
    const counter = `i${this.names++}`;
    const count = 1 + this.d.below(3);
    if (form <= 1) {
      const also = this.d.chance(40) ? ` && ${this.expression('bool', 2)}` : '';
      const update = form === 0 ? `${counter}++` : `${counter} = (${counter} + 1 + (bump(1) & 1)) | 0`;
      this.put(`${label}: for (let ${counter}: i32 = 0; ${counter} < ${limit} && spend()${also}; ${update}) {`);
    } else if (form === 2) {
      this.put(`let ${counter}: i32 = ${limit};`);
      this.put(`${label}: while (${counter} > 0 && ${this.condition(2)} && spend()) {`);
      this.put(`  ${counter} = (${counter} - 1) | 0;`);
    } else {
      this.put(`let ${counter}: i32 = ${limit};`);
      this.put(`${label}: do {`);
    }
    this.jumps.push({ label, loop: true });
    this.scopes.push([{ name: counter, kind: 'i32', fixed: true }]);
    this.block(count, () => {
      // A jump with something after it to skip.
      if (this.d.chance(40)) return;
      this.leave();
      this.assignment();
    });
    this.scopes.pop();
    this.jumps.pop();
    this.put(form === 3 ? `} while (${this.condition(2)} && spend() && bump(${counter}) > 3);` : '}');
  }

  private choice(): void {
    const label = `s${this.names++}`;
    const unsigned = this.d.chance(30);
    const value = this.d.chance(60) ? `(${this.any(2)} & 7)` : this.expression(unsigned ? 'u32' : 'i32', 2);
    this.put(`${label}: switch (${value}) {`);
    this.jumps.push({ label, loop: false });
    this.depth++;
    const cases = [0, 1, 2, 3, 4, 5, 6, 7].filter(() => this.d.chance(35));
    for (const [i, k] of cases.entries()) {
      this.put(`case ${k}:${this.d.chance(25) && i < cases.length - 1 ? '' : ' {'}`);
      if (!this.lines.at(-1)!.endsWith('{')) continue;
      this.block(1, () => {
        this.put(this.d.chance(15) ? `return ${this.expression('i32', 1)};` : this.d.chance(50) ? 'break;' : `break ${label};`);
      });
      this.put('}');
    }
    if (this.d.chance(60)) {
      this.put('default: {');
      this.block(1);
      this.put('}');
    }
    this.depth--;
    this.jumps.pop();
    this.put('}');
  }

  private statement(): void {
    const simple = this.depth > 2;
    const roll = this.d.below(100);
    if (roll < 22) return this.declaration();
    if (roll < 48 || (simple && roll < 70)) return this.assignment();
    if (roll < 56) return this.put(`store32(p, ${this.d.below(8) * 4}, ${this.expression('i32', 2)});`);
    if (roll < 60) return this.put(`${this.call(this.d.of(['i32', 'u32', 'bool']), 2)};`);
    if (roll < 68) return this.leave();
    if (simple) return this.assignment();
    if (roll < 82) {
      this.put(`if (${this.condition(2)}) {`);
      this.block(this.d.chance(70) ? 1 : 2);
      if (this.d.chance(50)) {
        this.put('} else {');
        this.block(this.d.chance(70) ? 1 : 2);
      }
      return this.put('}');
    }
    if (roll < 91) return this.loop();
    if (roll < 97) return this.choice();
    const label = `k${this.names++}`;
    this.put(`${label}: {`);
    this.jumps.push({ label, loop: false });
    this.block(2);
    this.jumps.pop();
    this.put('}');
  }

  program(): string {
    const n = this.n;
    this.lines = [
      ...(this.float ? ['/** @float */'] : []),
      `export const run${n} = (p: i32, x: i32, y: i32, z: u32): i32 => {`,
    ];
    this.scopes.push([{ name: 'x', kind: 'i32', fixed: false }, { name: 'y', kind: 'i32', fixed: false }, { name: 'z', kind: 'u32', fixed: false }]);
    this.block(2 + this.d.below(3));
    this.lines.push('  return x ^ (y << 1) ^ (z << 2);', '};');
    return this.lines.join('\n');
  }
}

/** The module of `count` programs. It exports run0, run1, ..., and what the drivers need: begin, edge and digest. */
export const generate = (seed: number, count: number): string => [
  '// @ts-nocheck: random conditions are often always true.',
  "import { load8, load32, store32, fetchAdd32, exchange32, compareExchange32, floatOf, truncate32, storeF64 } from '#machine';",
  PRELUDE,
  ...Array.from({ length: count }, (_, n) => new Writer(seed + n, n).program()),
  '',
].join('\n');

export const CALLS = 8;

const PRELUDE = `
let m: i32 = 0;
let u: u32 = 0;
let b: boolean = false;
let fuel: i32 = 0;
const bump = (x: i32): i32 => { m = (m + x) | 0; return m; };
const turn = (x: u32): u32 => { u = (Math.imul(u, 9) + x) >>> 0; m = m ^ 21; return u; };
const flip = (x: i32): boolean => { b = !b; m = (m - x) | 0; return b || x > 5; };
/** @float */
const half = (x: f64, y: f64): f64 => { m = (m + 1) | 0; return x / 2 - y; };
/** @float */
const whole = (x: f64): i32 => (x > -2e9 && x < 2e9 ? truncate32(x) : 5);
/** @float The bits of NaN are not JavaScript's to promise. */
const keep = (p: i32, off: i32, x: f64): void => storeF64(p, off, x === x ? x : 7);
const mix = (x: i32, y: u32, c: boolean): i32 => (c ? (x + y) | 0 : bump(x ^ y));
const spend = (): boolean => { fuel = (fuel - 1) | 0; return fuel > 0; };
export const edge = (k: i32): i32 => {
  switch (k & 15) {
    case 0: return 0;
    case 1: return 1;
    case 2: return -1;
    case 3: return 2147483647;
    case 4: return -2147483648;
    case 5: return 12345;
    case 6: return -7;
    case 7: return 31;
    default: return Math.imul(k, -1640531527);
  }
};
export const begin = (p: i32): void => {
  fuel = 400;
  m = 3;
  u = 0x80000005;
  b = false;
  for (let i = 0; i < 8; i++) store32(p, i << 2, Math.imul(i + 3, 0x01010193));
};
export const digest = (p: i32): i32 => {
  let hash = ((b ? ~m : m) ^ u) | 0;
  for (let i = 0; i < 8; i++) hash = (Math.imul(hash, 31) + load32(p, i << 2)) | 0;
  return hash;
};`;

/** Calls each program with CALLS operand triples and prints one line each: program, call, result, digest of the state. */
export const cDriver = (seed: number, count: number): string => `
#include <stdint.h>
#include <stdio.h>
void hostMap(uint32_t, uint32_t);
int32_t begin(int32_t), edge(int32_t), digest(int32_t);
${numbers(count).map((n) => `int32_t run${n}(int32_t, int32_t, int32_t, int32_t);`).join('\n')}
static int32_t (*const run[])(int32_t, int32_t, int32_t, int32_t) = { ${numbers(count).map((n) => `run${n}`).join(', ')} };
int main(void) {
  const int32_t p = 0x20000000;
  hostMap(0x20000000u, 4096);
  for (int32_t n = 0; n < ${count}; n++) for (int32_t k = 0; k < ${CALLS}; k++) {
    begin(p);
    int32_t result = run[n](p, edge(k), edge(k + ((${seed} + n) & 7)), edge(k ^ ((${seed} + n) & 15)));
    printf("%d %d %d %d\\n", n, k, result, digest(p));
  }
  return 0;
}
`;

export const nodeDriver = (module: string, seed: number, count: number): string => `
import * as program from ${JSON.stringify(module)};
const p = 4096;
const lines = [];
for (let n = 0; n < ${count}; n++) for (let k = 0; k < ${CALLS}; k++) {
  program.begin(p);
  const result = program['run' + n](p, program.edge(k), program.edge(k + ((${seed} + n) & 7)), program.edge(k ^ ((${seed} + n) & 15)) >>> 0);
  lines.push([n, k, result, program.digest(p)].join(' '));
}
process.stdout.write(lines.join('\\n') + '\\n');
`;

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
