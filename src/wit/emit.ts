/**
 * The TypeScript module of a WIT file: types, encoder, decoder, accessors, validation programs, paths, identities.
 *
 * Role: the `wit` command. Deterministic: the same WIT gives the same module, so that it can be committed and compared.
 * Fails: TypeProblem. Checked by: test/wit/codec.test.ts, test/wit/generated.test.ts.
 */
import { compile, type Note, type Program } from './compile.ts';
import { checkCollisions } from './identity.ts';
import { handleWithin, partsOf, type NamedType, type Type } from './types.ts';
import { readFunction, readText, viewClass, writeFunction } from './codec.ts';
import { pascalCase, quoted } from './names.ts';
import { declarationText, Declarations, typeText } from './typescript.ts';

/** A type of the module, with its program. */
export interface Emitted { readonly named: NamedType; readonly constant: string; readonly program: Program }
export interface Module { readonly text: string; readonly emitted: readonly Emitted[] }

const WIDTH = 120;

/** Items in lines of at most WIDTH characters. */
const wrapped = (items: readonly string[]): string => {
  const lines: string[] = [];
  let line = '';
  for (const item of items) {
    if (line.length + item.length + 2 > WIDTH) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? `    ${item},` : `${line} ${item},`;
  }
  return [...lines, line].filter((one) => one !== '').join('\n');
};

const noteText = ({ word, places }: Note): string => {
  const texts = places.map((place) => (place === undefined ? '0' : quoted(`${place.path}: ${place.fault}`)));
  return `[${[String(word), ...texts].join(', ')}]`;
};

/** Every type that has a declaration, each after the ones it is made of. */
const inOrder = (types: readonly NamedType[], names: Declarations): Type[] => {
  const done = new Set<Type>();
  const order: Type[] = [];
  const visit = (type: Type): void => {
    if (done.has(type)) return;
    done.add(type);
    for (const part of partsOf(type)) visit(part);
    if (names.of(type) !== undefined) order.push(type);
  };
  for (const { type } of types) visit(type);
  return order;
};

const schemaText = (names: Declarations, { named, constant, program }: Emitted, isAlias: boolean): string => {
  const { type } = named;
  const name = isAlias ? constant : names.of(type)!;
  const viewed = !isAlias && type.shape.kind === 'record';
  const write = isAlias && names.of(type) === undefined ? `write${constant}` : `write${names.of(type)!}`;
  return [
    `/** ${program.identity.qualified}: ${program.bytesMin} bytes${program.bytesMax > program.bytesMin ? ' and more' : ''}. */`,
    `export const ${constant} = new Schema<${name}, ${viewed ? `${name}View` : name}>({`,
    `  name: ${quoted(program.identity.qualified)},`,
    `  version: ${quoted(program.identity.version)},`,
    '  program: [', wrapped([...program.words].map(String)), '  ],',
    '  notes: [', ...program.notes.map((note) => `    ${noteText(note)},`), '  ],',
    `  write: ${write},`,
    `  read: (r, at) => ${readText(names, type, 'at')},`,
    `  view: (r, at) => ${viewed ? `new ${name}View(r, at)` : readText(names, type, 'at')},`,
    '});',
  ].join('\n');
};

/** The module of these types. `chosen` limits which ones get a schema; `source` is named in its first line. */
export const emitModule = (types: readonly NamedType[], chosen: readonly NamedType[], source: string): Module => {
  const usable = types.filter(({ type }) => handleWithin(type) === undefined);
  const names = new Declarations(usable);
  const order = inOrder(chosen, names);
  const aliases: string[] = [];
  const seen = new Set<Type>();
  const emitted = chosen.map((named): Emitted => {
    const declared = names.of(named.type);
    const isAlias = declared === undefined || named.type.name !== named.name || seen.has(named.type);
    seen.add(named.type);
    const constant = isAlias ? names.unique(pascalCase(named.name)) : declared;
    if (isAlias) aliases.push(`export type ${constant} = ${typeText(names, named.type)};`);
    return { named, constant, program: compile(named) };
  });
  checkCollisions(emitted.map(({ program }) => program.identity));
  const aliasFunctions = emitted.filter(({ named }) => names.of(named.type) === undefined)
    .map(({ named, constant }) => writeFunction(names, constant, named.type));
  const declared = (make: (names: Declarations, name: string, type: Type) => string | undefined): string[] =>
    order.flatMap((type) => make(names, names.of(type)!, type) ?? []);
  const text = [
    `// Made by \`npx ruvix-queue wit\` from ${source}. Changes are lost when it is made again.`,
    "import { Schema, type Reader, type Writer } from 'ruvix-queue';",
    ...declared(declarationText), ...aliases, ...declared(writeFunction), ...aliasFunctions, ...declared(readFunction),
    ...declared(viewClass),
    ...emitted.map((one) => schemaText(names, one, one.constant !== names.of(one.named.type))),
  ].join('\n\n');
  return { text: `${text}\n`, emitted };
};
