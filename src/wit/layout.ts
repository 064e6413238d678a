/**
 * Sizes, alignments and offsets: the canonical ABI of the component model with 32-bit pointers, which is what lies in a message.
 *
 * Role: everything in src/wit. Units: bytes. Fails: TypeProblem for what the parser lets pass and no message can hold.
 * Elsewhere: component-model, design/mvp/CanonicalABI.md, "Alignment" and "Element size". Checked by: test/wit/compile.test.ts.
 */
import { MESSAGE_BYTES_MAX } from '../kernel/layout.ts';
import { camelCase } from './names.ts';
import { casesOf, fieldsOf, partsOf, TypeProblem, type Primitive, type Type } from './types.ts';

const PRIMITIVE_BYTES: Record<Primitive, number> = {
  bool: 1, u8: 1, s8: 1, u16: 2, s16: 2, u32: 4, s32: 4, u64: 8, s64: 8, f32: 4, f64: 8, char: 4, string: 8,
};
const PAIR_BYTES = 8;
const PAIR_ALIGN = 4;
const FLAGS_MAX = 32;
const CASES_MAX = 65536;
/** Types within types: far more than anybody writes, and what the tools can follow. */
const NESTING_MAX = 100;

export const roundUp = (value: number, align: number): number => Math.ceil(value / align) * align;

const alignments = new WeakMap<Type, number>();
const sizes = new WeakMap<Type, number>();
const cached = (cache: WeakMap<Type, number>, type: Type, compute: () => number): number => {
  const known = cache.get(type);
  if (known !== undefined) return known;
  const value = compute();
  cache.set(type, value);
  return value;
};

/** Bytes of the case index of `cases` cases. */
export const indexBytes = (cases: number): number => (cases <= 256 ? 1 : 2);

export const flagsBytes = (count: number): number => (count <= 8 ? 1 : count <= 16 ? 2 : 4);

export const alignOf = (type: Type): number => cached(alignments, type, () => {
  const { shape } = type;
  switch (shape.kind) {
    case 'primitive': return shape.primitive === 'string' ? PAIR_ALIGN : PRIMITIVE_BYTES[shape.primitive];
    case 'list': return PAIR_ALIGN;
    case 'fixed': return alignOf(shape.element);
    case 'flags': return flagsBytes(shape.names.length);
    default: {
      const cases = casesOf(shape);
      const least = cases === undefined ? 1 : indexBytes(cases.length);
      return Math.max(least, ...partsOf(type).map(alignOf));
    }
  }
});

/** From the start of a variant to its payload. */
export const payloadOffset = (type: Type): number => {
  const cases = casesOf(type.shape)!;
  return roundUp(indexBytes(cases.length), Math.max(1, ...cases.map((one) => (one.type === undefined ? 1 : alignOf(one.type)))));
};

/** Offset of each field of a record or tuple. */
export const fieldOffsets = (type: Type): number[] => {
  let at = 0;
  return fieldsOf(type.shape)!.map((field) => {
    const offset = roundUp(at, alignOf(field.type));
    at = offset + sizeOf(field.type);
    return offset;
  });
};

export const sizeOf = (type: Type): number => cached(sizes, type, () => {
  const { shape } = type;
  switch (shape.kind) {
    case 'primitive': return PRIMITIVE_BYTES[shape.primitive];
    case 'list': return PAIR_BYTES;
    case 'fixed': return sizeOf(shape.element) * shape.count;
    case 'flags': return flagsBytes(shape.names.length);
    case 'record': case 'tuple': {
      const fields = fieldsOf(shape)!;
      return roundUp(fieldOffsets(type).at(-1)! + sizeOf(fields.at(-1)!.type), alignOf(type));
    }
    default: {
      const payloads = casesOf(shape)!.map((one) => (one.type === undefined ? 0 : sizeOf(one.type)));
      return roundUp(payloadOffset(type) + Math.max(...payloads), alignOf(type));
    }
  }
});

/** What the parser does not check, because it never needs a layout. */
const problemOf = ({ shape }: Type): string | undefined => {
  const count = fieldsOf(shape)?.length ?? casesOf(shape)?.length;
  if (count === 0) return `has no ${fieldsOf(shape) === undefined ? 'cases' : 'fields'}`;
  if (count !== undefined && count > CASES_MAX) return `has ${count} members, at most ${CASES_MAX} are possible`;
  if (shape.kind === 'flags' && shape.names.length === 0) return 'has no flags';
  if (shape.kind === 'flags' && shape.names.length > FLAGS_MAX) {
    return `has ${shape.names.length} flags, at most ${FLAGS_MAX} are possible`;
  }
  if (shape.kind === 'fixed' && shape.count === 0) return 'has a list of fixed length 0';
  if (shape.kind === 'handle') return `contains a ${shape.what}`;
  const names = shape.kind === 'flags' ? shape.names : (fieldsOf(shape) ?? casesOf(shape) ?? []).map(({ name }) => name);
  const seen = new Map<string, string>();
  for (const name of names) {
    const twin = seen.get(camelCase(name));
    if (twin !== undefined) return `has both \`${twin}\` and \`${name}\`, which are one name in TypeScript`;
    seen.set(camelCase(name), name);
  }
  return undefined;
};

/** Throws unless the type can be laid out, with the nearest name to blame. */
export const checkLayout = (type: Type, name: string, depth = 0): void => {
  const here = type.name ?? name;
  if (depth > NESTING_MAX) throw new TypeProblem(`\`${here}\` is nested more than ${NESTING_MAX} types deep`, here);
  const problem = problemOf(type);
  if (problem !== undefined) throw new TypeProblem(`\`${here}\` ${problem}`, here);
  for (const part of partsOf(type)) checkLayout(part, here, depth + 1);
  if (sizeOf(type) > MESSAGE_BYTES_MAX) {
    throw new TypeProblem(`\`${here}\` has ${sizeOf(type)} bytes, a message at most ${MESSAGE_BYTES_MAX}`, here);
  }
};
