/**
 * The typed helpers that every operator becomes. Their bodies are forms that Porffor translates exactly; clang inlines them all.
 *
 * `_lt` and friends are written with `>` since `<` does not parse in Porffor's TypeScript. Shifts right, divisions and count
 * leading zeros are C, since Porffor's own are not JavaScript's.
 */
import { rule } from './rules.ts';

const i32 = (parameters: string, body: string): string =>
  `(${parameters.split(' ').map((p) => `${p}: i32`).join(', ')}): i32 => ${body};`;
const f64 = (parameters: string, result: string, body: string): string =>
  `(${parameters.split(' ').map((p) => `${p}: f64`).join(', ')}): ${result} => ${body};`;
const test = (condition: string): string => `{ if (${condition}) return 1; return 0; }`;
const c = (text: string): string => `{ Porffor.c\`${text}\`; return 0; }`;

const HELPERS: Record<string, string> = {
  _add: i32('a b', 'a + b'),
  _sub: i32('a b', 'a - b'),
  _mul: i32('a b', 'a * b'),
  _and: i32('a b', 'a & b'),
  _or: i32('a b', 'a | b'),
  _xor: i32('a b', 'a ^ b'),
  _not32: i32('a', c('return ~a;')),
  _shl: i32('a b', '{ let t: i32 = a; t <<= b; return t; }'),
  _shrs: i32('a b', c(rule('shift right is arithmetic') ? 'return a >> (b & 31);' : 'return (i32)((u32)a >> (b & 31));')),
  _shru: i32('a b', 'a >>> b'),
  _clz: i32('a', c(rule('clz of negatives is 0') ? 'return a ? __builtin_clz((u32)a) : 32;' : 'return a > 0 ? __builtin_clz((u32)a) : 32;')),
  _divs: i32('a b', c(rule('division never traps') ? 'return b == 0 ? 0 : b == -1 ? (i32)(0u - (u32)a) : a / b;' : 'return a / b;')),
  _divu: i32('a b', c('return b == 0 ? 0 : (i32)((u32)a / (u32)b);')),
  _rems: i32('a b', c('return b == 0 || b == -1 ? 0 : a % b;')),
  _remu: i32('a b', c('return b == 0 ? 0 : (i32)((u32)a % (u32)b);')),
  _lt: i32('a b', test('b > a')),
  _gt: i32('a b', test('a > b')),
  _le: i32('a b', test('b >= a')),
  _ge: i32('a b', test('a >= b')),
  _eq: i32('a b', test('a == b')),
  _ne: i32('a b', test('a != b')),
  _ltu: i32('a b', test('(b >>> 0) > (a >>> 0)')),
  _gtu: i32('a b', test('(a >>> 0) > (b >>> 0)')),
  _leu: i32('a b', test('(b >>> 0) >= (a >>> 0)')),
  _geu: i32('a b', test('(a >>> 0) >= (b >>> 0)')),
  _not: i32('a', '{ if (a) return 0; return 1; }'),
  _orb: i32('a b', '{ if (a) return 1; if (b) return 1; return 0; }'),
  _sel: i32('c a b', '{ if (c) return a; return b; }'),
  _addf: f64('a b', 'f64', 'a + b'),
  _subf: f64('a b', 'f64', 'a - b'),
  _mulf: f64('a b', 'f64', 'a * b'),
  _divf: f64('a b', 'f64', 'a / b'),
  _negf: f64('a', 'f64', c('return -a;')),
  _ltf: f64('a b', 'i32', test('b > a')),
  _gtf: f64('a b', 'i32', test('a > b')),
  _lef: f64('a b', 'i32', test('b >= a')),
  _gef: f64('a b', 'i32', test('a >= b')),
  _eqf: f64('a b', 'i32', test('a == b')),
  _nef: f64('a b', 'i32', c('return a != b;')),
  _self: '(c: i32, a: f64, b: f64): f64 => { if (c) return a; return b; };',
  _sel64: '(c: i32, a: i64, b: i64): i64 => { if (c) return a; return b; };',
};

export const isFloatHelper = (name: string): boolean => /^_(add|sub|mul|div|neg|lt|gt|le|ge|eq|ne|sel)f$/.test(name) || /^_float_/.test(name);

/**
 * The helpers one program uses, constants included, in the order of first use.
 * Literals that are not i32 become functions as well: Porffor would print a double as bits to convert, and a text as an object.
 */
export class Helpers {
  private readonly used = new Map<string, string>();

  /** Notes that the helper is used and returns its call. */
  call(name: string, ...operands: string[]): string {
    const body = HELPERS[name];
    if (body === undefined) throw new Error(`no helper ${name}`);
    this.used.set(name, body);
    return `${name}(${operands.join(', ')})`;
  }

  text(literal: string): string {
    const quoted = [...literal].map((ch) => {
      const code = ch.charCodeAt(0);
      if (ch === '\\' || ch === '"' || ch === '?') return `\\${ch}`;
      return code >= 32 && code !== 0x60 && code !== 0x24 ? ch : `\\${code.toString(8).padStart(3, '0')}`;
    }).join('');
    return this.constant('_text', quoted, 'i32', `static const char s[] = "${quoted}"; return (i32)(u32)(uintptr_t)s;`);
  }

  float(value: number): string {
    const printed = Number.isNaN(value) ? '__builtin_nan("")'
      : !Number.isFinite(value) ? `${value < 0 ? '-' : ''}__builtin_inf()`
        : Object.is(value, -0) ? '-0.0' : value.toPrecision(17).replace(/^(-?\d+)$/, '$1.0');
    return this.constant('_float', printed, 'f64', `return ${printed};`);
  }

  private readonly constants = new Map<string, string>();

  private constant(prefix: string, key: string, type: string, text: string): string {
    let name = this.constants.get(prefix + key);
    if (name === undefined) {
      name = `${prefix}_${this.constants.size + 1}`;
      this.constants.set(prefix + key, name);
      this.used.set(name, `(): ${type} => { Porffor.c\`${text}\`; return 0; };`);
    }
    return `${name}()`;
  }

  print(): string[] {
    return [...this.used].map(([name, body]) => `const ${name} = ${body}`);
  }
}
