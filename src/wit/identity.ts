/**
 * The identity of a schema: one text per type, and a hash of it.
 *
 * Role: compile.ts. The text is the qualified name without its version, then the whole structure: kinds, names of fields, cases and
 *   flags. Not in it: documentation, aliases, names of the types inside, spelling of the source. A layout is fixed, so every
 *   structural change is another identity.
 * Units: the id is 31 bits and never 0, which is a queue without a schema. Fails: TypeProblem if two types of one run collide.
 * Checked by: test/wit/compile.test.ts.
 */
import { createHash } from 'node:crypto';
import { fieldsOf, TypeProblem, type NamedType, type Type } from './types.ts';

export interface Identity {
  /** `demo:job/types#sample`. */
  readonly qualified: string;
  readonly text: string;
  readonly id: number;
  /** 32 more bits. */
  readonly more: number;
  /** The package's version, for people only. */
  readonly version: string;
}

/** The structure in words. */
export const structureOf = ({ shape }: Type): string => {
  switch (shape.kind) {
    case 'primitive': return shape.primitive;
    case 'record': return `record{${shape.fields.map(({ name, type }) => `${name}:${structureOf(type)}`).join()}}`;
    case 'tuple': return `tuple<${fieldsOf(shape)!.map(({ type }) => structureOf(type)).join()}>`;
    case 'variant':
      return `variant{${shape.cases.map(({ name, type }) => (type === undefined ? name : `${name}(${structureOf(type)})`)).join()}}`;
    case 'enum': return `enum{${shape.names.join()}}`;
    case 'flags': return `flags{${shape.names.join()}}`;
    case 'option': return `option<${structureOf(shape.some)}>`;
    case 'result': return `result<${shape.ok === undefined ? '_' : structureOf(shape.ok)},${shape.err === undefined ? '_' : structureOf(shape.err)}>`;
    case 'list': return `list<${structureOf(shape.element)}>`;
    case 'fixed': return `list<${structureOf(shape.element)},${shape.count}>`;
    case 'handle': return shape.what;
  }
};

export const schemaIdentity = ({ name, owner, type }: NamedType): Identity => {
  const [unversioned, version = ''] = owner.split('@');
  const qualified = `${unversioned}#${name}`;
  const text = `${qualified}=${structureOf(type)}`;
  const hash = createHash('sha256').update(text).digest();
  const id = hash.readUInt32LE(0) & 0x7fffffff;
  return { qualified, text, id: id === 0 ? 1 : id, more: hash.readInt32LE(4), version };
};

/** Throws if two different types have one id: a receiver could not tell their messages apart. */
export const checkCollisions = (identities: readonly Identity[]): void => {
  const seen = new Map<number, Identity>();
  for (const identity of identities) {
    const twin = seen.get(identity.id);
    if (twin !== undefined && twin.text !== identity.text) {
      const name = identity.qualified.split('#')[1];
      throw new TypeProblem(`${identity.qualified} and ${twin.qualified} have the same id ${identity.id}: rename one`, name);
    }
    seen.set(identity.id, identity);
  }
};
