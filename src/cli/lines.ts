/**
 * The line table of an image: which TypeScript line each instruction came from, so that the kernel can print backtraces.
 *
 * Role: used by link.ts between two links. Reads the debug information of a linked image with llvm-symbolizer, which also knows
 * the chain of inlined functions. The format is described where it is read, in src/board/backtrace.ts.
 */
import { execa } from 'execa';

/** One level of a call chain at an address, the innermost function first. */
export interface Place { function: string; file: string; line: number }

const HEADER_BYTES = 16;
const CONTEXT_BYTES = 6;
const FUNCTION_BYTES = 4;
const INSTRUCTION_BYTES = 4;
const U16_LIMIT = 65_536;

/**
 * The call chain of each instruction in [start, end); empty where there is no debug information. Instructions that clang gives to
 * no line (hoisted, merged) count to the one before them in the same function.
 */
export const placesOf = async (elf: string, start: number, end: number): Promise<Place[][]> => {
  const addresses = Array.from({ length: (end - start) / INSTRUCTION_BYTES }, (_, i) => `0x${(start + i * INSTRUCTION_BYTES).toString(16)}`);
  const { stdout } = await execa('llvm-symbolizer', ['--obj=' + elf, '--inlines', '--no-demangle', '--output-style=JSON'],
    { input: addresses.join('\n') + '\n' });
  interface Row { Symbol?: { FunctionName: string; FileName: string; Line: number; StartAddress: string }[] }
  const rows = stdout.trim().split('\n').map((line) => JSON.parse(line) as Row);
  if (rows.length !== addresses.length) throw new Error(`llvm-symbolizer answered ${rows.length} of ${addresses.length} questions`);
  let last: { start: string | undefined; places: Place[] } = { start: undefined, places: [] };
  return rows.map(({ Symbol: chain = [] }) => {
    const start = chain.at(-1)?.StartAddress;
    const places = chain.filter((one) => one.FileName !== '' && one.Line > 0)
      .map((one) => ({ function: one.FunctionName, file: one.FileName.replace(/^(\.\/)+/, ''), line: one.Line }));
    if (places.length > 0 || start !== last.start) last = { start, places };
    return last.places;
  });
};

const leb128 = (value: number, into: number[]): void => {
  for (; value > 127; value >>>= 7) into.push((value & 127) | 128);
  into.push(value);
};

/** Small numbers of either sign as small numbers without: 0, -1, 1, -2 ... */
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

/** Strings behind one another, each once, ended by zeros. */
class Names {
  readonly bytes: number[] = [];
  readonly #at = new Map<string, number>();
  offset(name: string): number {
    const known = this.#at.get(name);
    if (known !== undefined) return known;
    const at = this.bytes.length;
    this.#at.set(name, at);
    this.bytes.push(...Buffer.from(name, 'ascii'), 0);
    return at;
  }
}

/** Rows of numbers, each row once, numbered from 1. */
class Rows {
  readonly rows: number[][] = [];
  readonly #known = new Map<string, number>();
  number(row: number[]): number {
    const key = row.join();
    if (!this.#known.has(key)) this.#known.set(key, this.rows.push(row));
    return this.#known.get(key)!;
  }
}

/** The table as src/board/backtrace.ts reads it. */
export const encodeLines = (places: readonly Place[][]): Uint8Array => {
  const names = new Names();
  const functions = new Rows();
  const contexts = new Rows();
  const contextOf = ([inner, ...outer]: readonly Place[]): number => (inner === undefined ? 0
    : contexts.number([functions.number([names.offset(inner.function), names.offset(inner.file)]), outer[0]?.line ?? 0, contextOf(outer)]));
  const stream: number[] = [];
  const last = { row: 0, context: 0, line: 0 };
  let count = 0;
  places.forEach((chain, row) => {
    const context = contextOf(chain);
    const line = chain[0]?.line ?? last.line;
    if (context === last.context && line === last.line) return;
    leb128((row - last.row) * 2 + (context === last.context ? 0 : 1), stream);
    if (context !== last.context) leb128(zigzag(context - last.context), stream);
    leb128(zigzag(line - last.line), stream);
    Object.assign(last, { row, context, line });
    count++;
  });
  while (stream.length % 4 !== 0) stream.push(0);
  const contextsAt = HEADER_BYTES + stream.length;
  const functionsAt = contextsAt + contexts.rows.length * CONTEXT_BYTES;
  const namesAt = functionsAt + functions.rows.length * FUNCTION_BYTES;
  const halves = [...contexts.rows, ...functions.rows].flat();
  if (contexts.rows.length >= U16_LIMIT || halves.some((half) => half >= U16_LIMIT)) {
    throw new Error('the line table needs numbers above 65535');
  }
  const table = Buffer.alloc(namesAt + names.bytes.length);
  [count, contextsAt, functionsAt, namesAt].forEach((word, i) => table.writeUInt32LE(word, i * 4));
  table.set(stream, HEADER_BYTES);
  halves.forEach((half, i) => table.writeUInt16LE(half, contextsAt + i * 2));
  table.set(names.bytes, namesAt);
  return table;
};
