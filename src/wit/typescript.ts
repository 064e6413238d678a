/**
 * WIT types as TypeScript types, with the value mapping of jco: records with camelCase fields, variants as { tag, val }, enums as
 * strings, flags as objects of booleans, 64-bit integers as bigint, lists of numbers as typed arrays, a missing option as undefined.
 *
 * Role: emit.ts. Invariant: a type that has a name is declared once, and named everywhere else. Fails: none.
 * Checked by: test/wit/codec.test.ts.
 */
import { camelCase, pascalCase, propertyName, quoted } from './names.ts';
import type { NamedType, Primitive, Type } from './types.ts';

const PRIMITIVES: Record<Primitive, string> = {
  bool: 'boolean', u8: 'number', s8: 'number', u16: 'number', s16: 'number', u32: 'number', s32: 'number', u64: 'bigint',
  s64: 'bigint', f32: 'number', f64: 'number', char: 'string', string: 'string',
};

/** Typed arrays of lists of numbers. */
const ARRAYS: Partial<Record<Primitive, string>> = {
  u8: 'Uint8Array', s8: 'Int8Array', u16: 'Uint16Array', s16: 'Int16Array', u32: 'Uint32Array', s32: 'Int32Array',
  u64: 'BigUint64Array', s64: 'BigInt64Array', f32: 'Float32Array', f64: 'Float64Array',
};

/** The typed array of a list of these, if it is one. */
export const arrayOf = ({ shape }: Type): string | undefined =>
  (shape.kind === 'primitive' ? ARRAYS[shape.primitive] : undefined);

/** Whether undefined is already a value of the type, so that an option of it needs a tag. */
export const isNullable = ({ shape }: Type): boolean => shape.kind === 'option' && !isNullable(shape.some);

/** Names of declarations: PascalCase, with the interface's name in front where two interfaces use one name. */
export class Declarations {
  readonly #names = new Map<Type, string>();
  readonly #taken = new Set<string>();

  constructor(types: readonly NamedType[]) {
    const count = new Map<string, number>();
    const own = types.filter(({ name, type }) => type.name === name);
    for (const { name } of own) count.set(pascalCase(name), (count.get(pascalCase(name)) ?? 0) + 1);
    for (const { name, owner, type } of own) {
      if (this.#names.has(type)) continue;
      const short = pascalCase(name);
      const place = owner.replace(/@.*/, '').split('/').at(-1) ?? '';
      this.#names.set(type, this.unique(count.get(short) === 1 ? short : pascalCase(place) + short));
    }
  }

  /** A name nobody else has. */
  unique(name: string): string {
    let free = name;
    for (let k = 2; this.#taken.has(free); k++) free = `${name}${k}`;
    this.#taken.add(free);
    return free;
  }

  /** The name of a type that has a declaration. */
  of(type: Type): string | undefined { return this.#names.get(type); }
}

/** The type as it is written where it is used. */
export const typeText = (names: Declarations, type: Type): string => names.of(type) ?? structureText(names, type);

const orVoid = (names: Declarations, type: Type | undefined): string => (type === undefined ? 'undefined' : typeText(names, type));

/** The type itself, written out. */
export const structureText = (names: Declarations, { shape }: Type): string => {
  const list = (element: Type): string => arrayOf(element) ?? `Array<${typeText(names, element)}>`;
  switch (shape.kind) {
    case 'primitive': return PRIMITIVES[shape.primitive];
    case 'list': case 'fixed': return list(shape.element);
    case 'tuple': return `[${shape.items.map((item) => typeText(names, item)).join(', ')}]`;
    case 'option': {
      const some = typeText(names, shape.some);
      return isNullable(shape.some) ? `{ tag: 'none' } | { tag: 'some'; val: ${some} }` : `${some} | undefined`;
    }
    case 'result': return `{ tag: 'ok'; val: ${orVoid(names, shape.ok)} } | { tag: 'err'; val: ${orVoid(names, shape.err)} }`;
    case 'enum': return shape.names.map(quoted).join(' | ');
    case 'flags': return `{ ${shape.names.map((name) => `${propertyName(camelCase(name))}?: boolean`).join('; ')} }`;
    case 'variant': return shape.cases.map(({ name, type }) =>
      (type === undefined ? `{ tag: ${quoted(name)} }` : `{ tag: ${quoted(name)}; val: ${typeText(names, type)} }`)).join(' | ');
    case 'record': return `{ ${shape.fields.map(({ name, type }) => fieldText(names, name, type)).join('; ')} }`;
    case 'handle': return 'never';
  }
};

/** A field of a record: an option may be left out. */
const fieldText = (names: Declarations, name: string, type: Type): string => {
  const optional = type.shape.kind === 'option' && !isNullable(type.shape.some);
  return `${propertyName(camelCase(name))}${optional ? '?' : ''}: ${typeText(names, type)}`;
};

/** The declaration of a named type. */
export const declarationText = (names: Declarations, name: string, type: Type): string => {
  if (type.shape.kind !== 'record') return `export type ${name} = ${structureText(names, type)};`;
  const fields = type.shape.fields.map((field) => `  ${fieldText(names, field.name, field.type)};`);
  return `export interface ${name} {\n${fields.join('\n')}\n}`;
};
