/**
 * Encoder and decoder of each type, printed as TypeScript: one function a named type, statements and expressions for the rest.
 *
 * Role: emit.ts. The printed code calls Writer and Reader of the library (src/lib/wire.ts), which know the bytes; what is printed
 *   knows offsets. Invariant: fields are written in order, so blocks come out in the order the kernel expects. Units: bytes.
 * Fails: none. Checked by: test/wit/codec.test.ts, test/wit/vectors.test.ts.
 */
import { alignOf, fieldOffsets, flagsBytes, indexBytes, payloadOffset, sizeOf } from './layout.ts';
import { camelCase, propertyName, quoted } from './names.ts';
import { casesOf, type Case, type Type } from './types.ts';
import { arrayOf, isNullable, typeText, type Declarations } from './typescript.ts';

const plus = (at: string, offset: number): string => (offset === 0 ? at : `${at} + ${offset}`);
const property = (value: string, name: string): string =>
  (propertyName(name) === name ? `${value}.${name}` : `${value}[${quoted(name)}]`);
/** A name for a part of `value` that does not hide what `value` is made of. */
const fresh = (value: string): string => {
  const outer = /^v(\d*)\b/.exec(value);
  return outer === null ? 'v' : `v${Number(outer[1]) + 1}`;
};
const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/** Statements that write `value` at `at`; `path` names it in errors. */
const writeLines = (names: Declarations, type: Type, at: string, value: string, path: string): string[] => {
  const name = names.of(type);
  return name === undefined ? structureLines(names, type, at, value, path) : [`write${name}(w, ${at}, ${value});`];
};

/** The same for a type that has no function of its own; its function's body. */
const structureLines = (names: Declarations, type: Type, at: string, value: string, path: string): string[] => {
  const { shape } = type;
  const where = quoted(path);
  switch (shape.kind) {
    case 'primitive': return [`w.${shape.primitive === 'string' ? 'text' : shape.primitive}(${at}, ${value}, ${where});`];
    case 'list': case 'fixed': return listLines(names, type, at, value, path);
    case 'enum': return [`w.name(${at}, ${indexBytes(shape.names.length)}, ${value}, [${shape.names.map(quoted).join(', ')}], ${where});`];
    case 'flags': {
      const bits = shape.names.map((flag, k) => `(${property(value, camelCase(flag))} === true ? ${2 ** k} : 0)`);
      return [`w.object(${value}, ${where});`, `w.bits(${at}, ${flagsBytes(shape.names.length)}, ${bits.join(' + ')});`];
    }
    case 'record': {
      const offsets = fieldOffsets(type);
      return [`w.object(${value}, ${where});`, ...shape.fields.flatMap((field, k) =>
        writeLines(names, field.type, plus(at, offsets[k]!), property(value, camelCase(field.name)), `${path}.${field.name}`))];
    }
    case 'tuple': {
      const offsets = fieldOffsets(type);
      return [`w.tuple(${value}, ${shape.items.length}, ${where});`, ...shape.items.flatMap((item, k) =>
        writeLines(names, item, plus(at, offsets[k]!), `${value}[${k}]`, `${path}.${k}`))];
    }
    case 'option': return optionLines(names, type, shape.some, at, value, path);
    default: return caseLines(names, type, casesOf(shape)!, at, value, path);
  }
};

const listLines = (names: Declarations, { shape }: Type, at: string, value: string, path: string): string[] => {
  if (shape.kind !== 'list' && shape.kind !== 'fixed') return [];
  const array = arrayOf(shape.element);
  const count = shape.kind === 'fixed' ? `, ${shape.count}` : '';
  if (array !== undefined) {
    return [`w.${shape.kind === 'fixed' ? 'fixedNumbers' : 'numbers'}(${at}, ${value}${count}, ${array}, ${quoted(path)});`];
  }
  const size = sizeOf(shape.element);
  const align = shape.kind === 'fixed' ? '' : `, ${alignOf(shape.element)}`;
  return [
    `w.${shape.kind}<${typeText(names, shape.element)}>(${at}, ${value}${count}, ${size}${align}, ${quoted(path)}, (at, v) => {`,
    ...indent(writeLines(names, shape.element, 'at', 'v', `${path}[]`)),
    '});',
  ];
};

const optionLines = (names: Declarations, type: Type, some: Type, at: string, value: string, path: string): string[] => {
  const v = fresh(value);
  const inner = isNullable(some) ? `${v}.val` : v;
  const present = isNullable(some) ? `${v}.tag === 'some'` : `${v} !== undefined && ${v} !== null`;
  return [
    '{', `  const ${v} = ${value};`,
    ...(isNullable(some) ? [`  w.object(${v}, ${quoted(path)});`] : []),
    `  if (${present}) {`, `    w.index(${at}, 1, 1);`,
    ...indent(indent(writeLines(names, some, plus(at, payloadOffset(type)), inner, path))),
    '  }', '}',
  ];
};

const caseLines = (names: Declarations, type: Type, cases: readonly Case[], at: string, value: string, path: string): string[] => {
  const width = indexBytes(cases.length);
  const v = fresh(value);
  const body = cases.flatMap((one, k) => [
    `    case ${quoted(one.name)}:`,
    ...(k === 0 ? [] : [`      w.index(${at}, ${width}, ${k});`]),
    ...(one.type === undefined ? []
      : indent(indent(indent(writeLines(names, one.type, plus(at, payloadOffset(type)), `${v}.val`, `${path}.${one.name}`))))),
    '      break;',
  ]);
  return [
    '{', `  const ${v} = ${value};`, `  w.object(${v}, ${quoted(path)});`, `  switch (${v}.tag) {`, ...body,
    `    default: w.noCase(${v}, ${quoted(path)});`, '  }', '}',
  ];
};

/** The function that writes a named type. */
export const writeFunction = (names: Declarations, name: string, type: Type): string => [
  `const write${name} = (w: Writer, at: number, value: ${name}): void => {`,
  ...indent(structureLines(names, type, 'at', 'value', type.name ?? name)),
  '};',
].join('\n');

/** An expression that reads the value at `at`. */
export const readText = (names: Declarations, type: Type, at: string): string => {
  const name = names.of(type);
  return name === undefined ? structureRead(names, type, at) : `read${name}(r, ${at})`;
};

const structureRead = (names: Declarations, type: Type, at: string): string => {
  const { shape } = type;
  switch (shape.kind) {
    case 'primitive': return `r.${shape.primitive === 'string' ? 'text' : shape.primitive}(${at})`;
    case 'list': case 'fixed': {
      const array = arrayOf(shape.element);
      const count = shape.kind === 'fixed' ? `, ${shape.count}` : '';
      if (array !== undefined) return `r.${shape.kind === 'fixed' ? 'fixedNumbers' : 'numbers'}(${at}${count}, ${array})`;
      const element = readText(names, shape.element, 'at');
      return `r.${shape.kind}<${typeText(names, shape.element)}>(${at}${count}, ${sizeOf(shape.element)}, (at) => (${element}))`;
    }
    case 'tuple': {
      const offsets = fieldOffsets(type);
      return `[${shape.items.map((item, k) => readText(names, item, plus(at, offsets[k]!))).join(', ')}]`;
    }
    case 'record': {
      const offsets = fieldOffsets(type);
      const fields = shape.fields.map((field, k) =>
        `${propertyName(camelCase(field.name))}: ${readText(names, field.type, plus(at, offsets[k]!))}`);
      return `{ ${fields.join(', ')} }`;
    }
    case 'flags': {
      const bits = `r.bits(${at}, ${flagsBytes(shape.names.length)})`;
      const flags = shape.names.map((flag, k) => `${propertyName(camelCase(flag))}: (bits >>> ${k} & 1) !== 0`);
      return `((bits: number): ${typeText(names, type)} => ({ ${flags.join(', ')} }))(${bits})`;
    }
    case 'enum': return `([${shape.names.map(quoted).join(', ')}] as const)[${indexRead(at, shape.names.length)}]!`;
    case 'option': {
      const some = readText(names, shape.some, plus(at, payloadOffset(type)));
      if (!isNullable(shape.some)) return `(r.u8(${at}) === 0 ? undefined : ${some})`;
      return `(r.u8(${at}) === 0 ? { tag: 'none' } : { tag: 'some', val: ${some} })`;
    }
    default: return caseRead(names, type, casesOf(shape)!, at);
  }
};

const indexRead = (at: string, count: number): string => `r.${indexBytes(count) === 1 ? 'u8' : 'u16'}(${at})`;

const caseRead = (names: Declarations, type: Type, cases: readonly Case[], at: string): string => {
  const from = plus(at, payloadOffset(type));
  const one = ({ name, type: payload }: Case): string => {
    if (payload !== undefined) return `{ tag: ${quoted(name)}, val: ${readText(names, payload, from)} }`;
    return type.shape.kind === 'result' ? `{ tag: ${quoted(name)}, val: undefined }` : `{ tag: ${quoted(name)} }`;
  };
  const arms = cases.map((each, k) => (k === cases.length - 1 ? one(each) : `i === ${k} ? ${one(each)} : `)).join('');
  return `((i: number): ${typeText(names, type)} => (${arms}))(${indexRead(at, cases.length)})`;
};

/** The function that reads a named type. */
export const readFunction = (names: Declarations, name: string, type: Type): string =>
  `const read${name} = (r: Reader, at: number): ${name} => (${structureRead(names, type, 'at')});`;

/** A field as a view gives it: records as views, everything else as it is read. */
const viewRead = (names: Declarations, type: Type, at: string): { type: string; text: string } => {
  const name = names.of(type);
  if (name !== undefined && type.shape.kind === 'record') return { type: `${name}View`, text: `new ${name}View(this.#r, ${at})` };
  return { type: typeText(names, type), text: readText(names, type, at).replace(/\br([.,])/g, 'this.#r$1') };
};

/** The class that looks at a record in place. */
export const viewClass = (names: Declarations, name: string, type: Type): string | undefined => {
  if (type.shape.kind !== 'record') return undefined;
  const offsets = fieldOffsets(type);
  const getters = type.shape.fields.map((field, k) => {
    const read = viewRead(names, field.type, plus('this.#at', offsets[k]!));
    return `  get ${propertyName(camelCase(field.name))}(): ${read.type} { return ${read.text}; }`;
  });
  return [
    `/** A ${name} in place: each field is read when asked for, lists of numbers are views of the message. */`,
    `export class ${name}View {`, '  readonly #r: Reader;', '  readonly #at: number;', '',
    '  constructor(r: Reader, at: number) {', '    this.#r = r;', '    this.#at = at;', '  }', '', ...getters, '}',
  ].join('\n');
};
