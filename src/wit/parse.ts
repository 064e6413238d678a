/**
 * The front end: WIT text to a type graph, by the official parser.
 *
 * Role: the `wit` command and the tests; build time only. `@bytecodealliance/jco-transpile`, exactly 0.1.1, holds wit-parser 0.240 as
 *   WebAssembly; it hands out no type graph, but embeds one in a dummy module, whose section decode.ts reads. Later versions
 *   are ten times as large, or lose the position of an error.
 * Fails: WitError, `file:line:col: message`. After one the parser may be unusable: a command ends, tests start afresh.
 * Checked by: test/wit/parse.test.ts.
 */
import { existsSync } from 'node:fs';
import * as modules from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { customSection, decodeTypes } from './decode.ts';
import { handleWithin, TypeProblem, type NamedType } from './types.ts';

export const PARSER_PACKAGE = '@bytecodealliance/jco-transpile';
export const PARSER_VERSION = '0.1.1';

/** What the command prints: one position, one sentence, and the line with a caret where the parser gives one. */
export class WitError extends Error {}

interface Tools {
  componentEmbed(options: {
    witSource: string; dummy: true; stringEncoding: 'utf8'; world?: string; features: { tag: 'all' };
  }): Uint8Array;
}

const missing = (): WitError =>
  new WitError(`the WIT parser is not installed: npm install --save-dev ${PARSER_PACKAGE}@${PARSER_VERSION}`);

/** Where the parser is: beside this package, or in the project of whoever runs the command (npx may run it from elsewhere). */
const findParser = (): string => {
  try {
    return import.meta.resolve(PARSER_PACKAGE);
  } catch {
    try {
      return pathToFileURL(modules.createRequire(path.join(process.cwd(), 'package.json')).resolve(PARSER_PACKAGE)).href;
    } catch {
      throw missing();
    }
  }
};

let tools: Tools | undefined;
const loadTools = async (): Promise<Tools> => {
  if (tools !== undefined) return tools;
  // The package does not export its tools by name; they lie beside the entry.
  const file = new URL('../vendor/wasm-tools.js', findParser());
  // Of another version, which keeps them elsewhere, what is wanted is not there either.
  if (!existsSync(file)) throw missing();
  const loaded = (await import(file.href)) as { $init: Promise<void>; tools: Tools };
  await loaded.$init;
  tools = loaded.tools;
  return tools;
};

/** Blanks out comments, so that positions stay. */
const withoutComments = (text: string): string =>
  text.replace(/\/\*[^]*?\*\/|\/\/[^\n]*/g, (comment) => comment.replace(/[^\n]/g, ' '));

const TYPE_WORDS = 'record|variant|enum|flags|type|resource';

/** `line:column` of the declaration of a type, and of one of its members if a name is given. */
export const locate = (text: string, typeName: string, member?: string): string => {
  const plain = withoutComments(text);
  const declaration = new RegExp(`\\b(?:${TYPE_WORDS})\\s+%?${typeName}(?![\\w-])`).exec(plain);
  let at = declaration === null ? 0 : declaration.index + declaration[0].length - typeName.length;
  if (declaration !== null && member !== undefined) {
    const inside = new RegExp(`(?<![\\w-])%?${member}(?![\\w-])`, 'g');
    inside.lastIndex = declaration.index + declaration[0].length;
    at = inside.exec(plain)?.index ?? at;
  }
  const before = text.slice(0, at).split('\n');
  return `${before.length}:${before.at(-1)!.length + 1}`;
};

/** Worlds and interfaces at the top of the file. */
const topLevel = (text: string): { worlds: string[]; interfaces: string[] } => {
  const worlds: string[] = [];
  const interfaces: string[] = [];
  let depth = 0;
  for (const [found, word, name] of withoutComments(text).matchAll(/\b(world|interface)\s+(%?[\w-]+)\s*(?=\{)|[{}]/g)) {
    if (found === '{') depth += 1;
    else if (found === '}') depth -= 1;
    else if (depth === 0) (word === 'world' ? worlds : interfaces).push(name!);
  }
  return { worlds, interfaces };
};

/** A parser's message with our file instead of its own name for the text, in one form: `file:line:col: message`. */
const parserError = (file: string, error: unknown): WitError => {
  const said = String((error as { payload?: unknown }).payload ?? error);
  const place = /-->\s*[^\n]*?:(\d+):(\d+)/.exec(said);
  if (place === null) return new WitError(`${file}:1:1: ${said.trim()}`);
  const [head, ...rest] = said.split('\n').filter((line) => !line.includes('-->'));
  return new WitError([`${file}:${place[1]}:${place[2]}: ${head}`, ...rest].join('\n').trimEnd());
};

/** The types of a world; of all interfaces if the text has no world. */
export const parseWit = async (file: string, text: string, world?: string): Promise<{ world: string; types: NamedType[] }> => {
  const { componentEmbed } = await loadTools();
  const { worlds, interfaces } = topLevel(text);
  let source = text;
  let chosen = world;
  if (worlds.length === 0 && world === undefined && interfaces.length > 0) {
    chosen = 'ruvix-queue-all';
    source = `${text}\nworld ${chosen} {\n${interfaces.map((name) => `  import ${name};\n`).join('')}}\n`;
  } else if (worlds.length > 1 && world === undefined) {
    throw new WitError(`${file}:1:1: there are several worlds, choose one with --world: ${worlds.join(', ')}`);
  }
  let embedded: Uint8Array;
  try {
    embedded = componentEmbed({ witSource: source, dummy: true, stringEncoding: 'utf8', world: chosen, features: { tag: 'all' } });
  } catch (error) {
    throw parserError(file, error);
  }
  const section = customSection(embedded, 'component-type');
  if (section === undefined) throw new WitError(`${file}:1:1: the parser wrote no types`);
  return decodeTypes(section);
};

/** Turns a TypeProblem into an error at the type's place in the file; anything else stays what it is. */
export const located = (file: string, text: string, error: unknown): unknown =>
  (error instanceof TypeProblem
    ? new WitError(`${file}:${error.typeName === undefined ? '1:1' : locate(text, error.typeName)}: ${error.message}`)
    : error);

/** The types that can be messages, and why the others cannot. */
export const messageTypes = (types: readonly NamedType[]): { usable: NamedType[]; skipped: { named: NamedType; why: string }[] } => {
  const usable: NamedType[] = [];
  const skipped: { named: NamedType; why: string }[] = [];
  for (const named of types) {
    const what = handleWithin(named.type);
    if (what === undefined) usable.push(named);
    else skipped.push({ named, why: `contains a ${what}, which belongs to one task and cannot lie in a message` });
  }
  return { usable, skipped };
};
