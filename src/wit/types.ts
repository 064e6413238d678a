/**
 * WIT types as the rest of src/wit knows them: a graph without cycles, named where the author named them.
 *
 * Role: made by decode.ts, read by everything else. Fails: TypeProblem, which carries the name of the type that is to blame.
 * Checked by: test/wit/parse.test.ts.
 */

export type Primitive =
  | 'bool' | 'u8' | 's8' | 'u16' | 's16' | 'u32' | 's32' | 'u64' | 's64' | 'f32' | 'f64' | 'char' | 'string';

export interface Member { readonly name: string; readonly type: Type }
export interface Case { readonly name: string; readonly type: Type | undefined }

export type Shape =
  | { readonly kind: 'primitive'; readonly primitive: Primitive }
  | { readonly kind: 'record'; readonly fields: readonly Member[] }
  | { readonly kind: 'tuple'; readonly items: readonly Type[] }
  | { readonly kind: 'variant'; readonly cases: readonly Case[] }
  | { readonly kind: 'enum'; readonly names: readonly string[] }
  | { readonly kind: 'flags'; readonly names: readonly string[] }
  | { readonly kind: 'option'; readonly some: Type }
  | { readonly kind: 'result'; readonly ok: Type | undefined; readonly err: Type | undefined }
  | { readonly kind: 'list'; readonly element: Type }
  | { readonly kind: 'fixed'; readonly element: Type; readonly count: number }
  /** Resources, streams, futures: they belong to one task and cannot lie in a message. */
  | { readonly kind: 'handle'; readonly what: string };

export interface Type {
  readonly shape: Shape;
  /** As the author named it, `sample`; undefined for types that are only written out. Set by the decoder. */
  name?: string;
  /** Of what it is part: `demo:job/types@1.0.0`. */
  owner?: string;
}

/** A name of the source and what it stands for; several names may stand for one type. */
export interface NamedType {
  readonly name: string;
  readonly owner: string;
  readonly type: Type;
}

/** A type that cannot be a message: refused at its name. */
export class TypeProblem extends Error {
  readonly typeName: string | undefined;
  constructor(message: string, typeName?: string) {
    super(message);
    this.typeName = typeName;
  }
}

export const primitive = (name: Primitive): Type => ({ shape: { kind: 'primitive', primitive: name } });

/** The cases of everything that chooses: variants, enums, options and results alike. */
export const casesOf = (shape: Shape): readonly Case[] | undefined => {
  switch (shape.kind) {
    case 'variant': return shape.cases;
    case 'enum': return shape.names.map((name) => ({ name, type: undefined }));
    case 'option': return [{ name: 'none', type: undefined }, { name: 'some', type: shape.some }];
    case 'result': return [{ name: 'ok', type: shape.ok }, { name: 'err', type: shape.err }];
    default: return undefined;
  }
};

/** The members of everything that holds several values at once. */
export const fieldsOf = (shape: Shape): readonly Member[] | undefined => {
  switch (shape.kind) {
    case 'record': return shape.fields;
    case 'tuple': return shape.items.map((type, index) => ({ name: String(index), type }));
    default: return undefined;
  }
};

/** The types a type is directly made of. */
export const partsOf = ({ shape }: Type): readonly Type[] => {
  if (shape.kind === 'list' || shape.kind === 'fixed') return [shape.element];
  return [...(fieldsOf(shape) ?? []), ...(casesOf(shape) ?? [])].flatMap(({ type }) => type ?? []);
};

/** A type within a type that cannot be in a message, if there is one. */
export const handleWithin = (type: Type): string | undefined => {
  if (type.shape.kind === 'handle') return type.shape.what;
  for (const part of partsOf(type)) {
    const found = handleWithin(part);
    if (found !== undefined) return found;
  }
  return undefined;
};
