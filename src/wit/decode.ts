/**
 * Reads the type graph from a component-type section: the binary format of the component model, as far as a world of types needs it.
 *
 * Role: called by parse.ts with what the official parser wrote. Binary format: component-model, design/mvp/Binary.md.
 * Invariants: the input is the parser's own output; whatever this reader does not know is an error, never a guess.
 * Fails: DecodeError, with the byte offset. Checked by: test/wit/parse.test.ts.
 */
import { primitive, type Case, type Member, type NamedType, type Primitive, type Type } from './types.ts';

export class DecodeError extends Error {}

/** A scope of component or instance type declarations: what its indices stand for. */
interface Scope {
  readonly outer: Scope | undefined;
  /** `demo:job/types@1.0.0`, where it is known. */
  name: string | undefined;
  /** A type, or the scope of an instance or component type; undefined for functions, which nothing here refers to. */
  readonly types: (Type | Scope | undefined)[];
  readonly instances: (Scope | undefined)[];
  readonly exports: Map<string, Type | Scope | undefined>;
  readonly named: NamedType[];
}

const PRIMITIVES: Record<number, Primitive> = {
  0x7f: 'bool', 0x7e: 's8', 0x7d: 'u8', 0x7c: 's16', 0x7b: 'u16', 0x7a: 's32', 0x79: 'u32', 0x78: 's64', 0x77: 'u64', 0x76: 'f32',
  0x75: 'f64', 0x74: 'char', 0x73: 'string',
};
const ERROR_CONTEXT = 0x64;
const SECTION_CUSTOM = 0;
const SECTION_TYPE = 7;
const PREAMBLE_BYTES = 8;
const SORT_TYPE = 3;
const SORT_INSTANCE = 5;

const isType = (entry: Type | Scope | undefined): entry is Type => entry !== undefined && 'shape' in entry;
const isScope = (entry: Type | Scope | undefined): entry is Scope => entry !== undefined && 'instances' in entry;
/** Types that are themselves wherever they stand, so that their name is theirs and not an alias. */
const NOMINAL = new Set(['record', 'variant', 'enum', 'flags', 'handle']);

class Reader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean { return this.at >= this.#bytes.length; }

  fail(what: string): never { throw new DecodeError(`${what} at byte ${this.at} of the component type`); }

  byte(): number {
    const value = this.#bytes[this.at];
    if (value === undefined) this.fail('cut short');
    this.at += 1;
    return value;
  }

  /** Unsigned LEB128. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) return value;
      if (shift > 28) this.fail('a number too long');
    }
  }

  text(): string {
    const length = this.number();
    const from = this.at;
    this.at += length;
    return new TextDecoder('utf-8', { fatal: true }).decode(this.#bytes.subarray(from, this.at));
  }

  list<T>(item: () => T): T[] { return Array.from({ length: this.number() }, item); }

  optional<T>(item: () => T): T | undefined {
    const flag = this.byte();
    return flag === 0 ? undefined : flag === 1 ? item() : this.fail('neither present nor absent');
  }

  /** A value type: a primitive, or the index of a type. */
  valueType(scope: Scope): Type {
    const first = this.#bytes[this.at]!;
    if (first === ERROR_CONTEXT) {
      this.at += 1;
      return { shape: { kind: 'handle', what: 'error-context' } };
    }
    const known = PRIMITIVES[first];
    if (known !== undefined) {
      this.at += 1;
      return primitive(known);
    }
    const entry = scope.types[this.number()];
    return isType(entry) ? entry : this.fail('an index that is no type');
  }

  /** The type after opcode `code`; undefined: a function. */
  definedType(code: number, scope: Scope): Type | Scope | undefined {
    const value = (): Type => this.valueType(scope);
    switch (code) {
      case 0x72: return { shape: { kind: 'record', fields: this.list((): Member => ({ name: this.text(), type: value() })) } };
      case 0x71: return { shape: { kind: 'variant', cases: this.list(() => this.#variantCase(value)) } };
      case 0x70: return { shape: { kind: 'list', element: value() } };
      case 0x67: return { shape: { kind: 'fixed', element: value(), count: this.number() } };
      case 0x6f: return { shape: { kind: 'tuple', items: this.list(value) } };
      case 0x6e: return { shape: { kind: 'flags', names: this.list(() => this.text()) } };
      case 0x6d: return { shape: { kind: 'enum', names: this.list(() => this.text()) } };
      case 0x6b: return { shape: { kind: 'option', some: value() } };
      case 0x6a: return { shape: { kind: 'result', ok: this.optional(value), err: this.optional(value) } };
      case 0x69: case 0x68: this.number(); return { shape: { kind: 'handle', what: 'resource handle' } };
      case 0x66: this.optional(value); return { shape: { kind: 'handle', what: 'stream' } };
      case 0x65: this.optional(value); return { shape: { kind: 'handle', what: 'future' } };
      case 0x40: case 0x43: this.#functionType(value); return undefined;
      case 0x41: case 0x42: return this.#scope(scope);
      default:
        if (PRIMITIVES[code] !== undefined) return primitive(PRIMITIVES[code]);
        return this.fail(`a type of unknown form 0x${code.toString(16)}`);
    }
  }

  #variantCase(value: () => Type): Case {
    const made = { name: this.text(), type: this.optional(value) };
    if (this.byte() !== 0) this.fail('a case that refines another');
    return made;
  }

  #functionType(value: () => Type): void {
    this.list(() => { this.text(); value(); });
    if (this.byte() === 0) value();
    else this.number();
  }

  /** A component or instance type: its declarations. */
  #scope(outer: Scope | undefined): Scope {
    const scope: Scope = { outer, name: undefined, types: [], instances: [], exports: new Map(), named: [] };
    for (let left = this.number(); left > 0; left--) this.#declaration(scope);
    return scope;
  }

  #declaration(scope: Scope): void {
    const kind = this.byte();
    switch (kind) {
      case 0x01: scope.types.push(this.definedType(this.byte(), scope)); return;
      case 0x02: this.#alias(scope); return;
      case 0x03: case 0x04: this.#external(scope); return;
      default: this.fail(`a declaration of unknown form ${kind}`);
    }
  }

  #alias(scope: Scope): void {
    const sort = this.byte();
    const target = this.byte();
    if (target === 0x00) {
      const instance = scope.instances[this.number()];
      this.#add(scope, sort, instance?.exports.get(this.text()));
    } else if (target === 0x02) {
      let from: Scope | undefined = scope;
      for (let count = this.number(); count > 0; count--) from = from?.outer;
      this.#add(scope, sort, from?.types[this.number()]);
    } else this.fail('an alias of unknown form');
  }

  #add(scope: Scope, sort: number, entry: Type | Scope | undefined): void {
    if (sort === SORT_TYPE) scope.types.push(entry);
    else if (sort === SORT_INSTANCE) scope.instances.push(isScope(entry) ? entry : undefined);
    else this.fail(`an alias of sort ${sort}`);
  }

  /** An import or export: what it declares gets its name. */
  #external(scope: Scope): void {
    if (this.byte() > 1) this.fail('a name of unknown form');
    const name = this.text();
    const form = this.byte();
    switch (form) {
      case 0x01: this.number(); return;
      case 0x03: {
        const entry = this.byte() === 0 ? scope.types[this.number()] : ({ shape: { kind: 'handle', what: 'resource' } } satisfies Type);
        if (isType(entry)) {
          if (NOMINAL.has(entry.shape.kind)) entry.name ??= name;
          scope.named.push({ name, owner: '', type: entry });
        }
        scope.types.push(entry);
        scope.exports.set(name, entry);
        return;
      }
      case 0x04: case 0x05: {
        const entry = scope.types[this.number()];
        if (!isScope(entry)) this.fail('an instance of no type');
        entry.name ??= name;
        if (form === 0x05) scope.instances.push(entry);
        scope.exports.set(name, entry);
        return;
      }
      default: this.fail(`an import of unknown form ${form}`);
    }
  }

  /** The whole section: custom sections skipped, one outer component type. */
  section(): Scope {
    this.at = PREAMBLE_BYTES;
    const root: Scope = { outer: undefined, name: undefined, types: [], instances: [], exports: new Map(), named: [] };
    while (!this.done) {
      const id = this.byte();
      const end = this.number() + this.at;
      if (id === SECTION_TYPE) for (let left = this.number(); left > 0; left--) root.types.push(this.definedType(this.byte(), root));
      this.at = end;
    }
    return root;
  }
}

/** The contents of a module's custom section, if it has one of that name. */
export const customSection = (module: Uint8Array, name: string): Uint8Array | undefined => {
  const reader = new Reader(module);
  reader.at = PREAMBLE_BYTES;
  while (!reader.done) {
    const id = reader.byte();
    const end = reader.number() + reader.at;
    if (id === SECTION_CUSTOM && reader.text() === name) return module.subarray(reader.at, end);
    reader.at = end;
  }
  return undefined;
};

/** Every named type of the world that the section describes, in the order of their declaration. */
export const decodeTypes = (section: Uint8Array): { world: string; types: NamedType[] } => {
  const outer = new Reader(section).section().types.find(isScope);
  const found = [...(outer?.exports ?? [])].find((entry): entry is [string, Scope] => isScope(entry[1]));
  if (found === undefined) throw new DecodeError('no world in the component type');
  const [world, scope] = found;
  const types: NamedType[] = [];
  const seen = new Set<string>();
  const take = (from: Scope): void => {
    for (const entry of from.types) if (isScope(entry)) take(entry);
    for (const { name, type } of from.named) {
      type.owner ??= from.name;
      const owner = NOMINAL.has(type.shape.kind) && type.name === name ? type.owner ?? '' : from.name ?? '';
      if (seen.has(`${owner}#${name}`)) continue;
      seen.add(`${owner}#${name}`);
      types.push({ name, owner, type });
    }
  };
  take(scope);
  return { world, types };
};
