/** The image: the same bytes in any folder, permissions that hold, a line table that tells the truth. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { encodeLines, placesOf, type Place } from '../../src/cli/lines.ts';
import { folder, hello, removeFolder } from './machine.ts';

let image: string;
let elf: string;
beforeAll(async () => {
  image = await hello();
  elf = path.join(path.dirname(image), 'kernel8.elf');
}, 300_000);
afterAll(removeFolder);

test('another folder, the same bytes', async () => {
  const project = path.join(folder, 'a deeper', 'folder');
  mkdirSync(project, { recursive: true });
  for (const part of ['src', 'boot', 'linker', 'package.json', 'tsconfig.json']) cpSync(part, path.join(project, part), { recursive: true });
  symlinkSync(path.resolve('node_modules'), path.join(project, 'node_modules'));
  const node = (...args: string[]) => execa(process.execPath, ['--import', 'tsx', ...args], { cwd: project });
  mkdirSync(path.join(project, 'out'));
  await node('src/lower/main.ts', 'src/programs/hello.ts', '-o', 'out/hello.o');
  await node('src/cli/link.ts', 'out/hello.o', '-o', 'out');
  expect(readFileSync(path.join(project, 'out/kernel8.img')).equals(readFileSync(image))).toBe(true);
}, 300_000);

test('no segment is both writable and executable, and nothing unplaced is in the image', async () => {
  const { stdout } = await execa('llvm-readelf', ['--program-headers', '--sections', '--wide', elf]);
  const segments = [...stdout.matchAll(/^ +LOAD +\S+ +\S+ +\S+ +\S+ +\S+ +([RWE ]{3}) /gm)].map((match) => match[1]!.replaceAll(' ', ''));
  expect(segments.slice(0, 2)).toEqual(['RE', 'R']);
  expect(segments.slice(2).every((one) => one === 'RW')).toBe(true);
  const allocated = [...stdout.matchAll(/^ +\[ *\d+\] (\.\S+) .* [WX]*A[WX]* +\d+ +\d+ +\d+$/gm)].map((match) => match[1]);
  expect(allocated).toEqual(['.text', '.rodata', '.bss', '.stacks']);
});

/** Reads a table back, row by row, as src/board/backtrace.ts does. */
const decode = (bytes: Uint8Array, instructions: number): Place[][] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [rows, contexts, functions, names] = [0, 4, 8, 12].map((at) => view.getUint32(at, true)) as [number, number, number, number];
  const nameAt = (offset: number): string => {
    const at = names + offset;
    return Buffer.from(bytes).toString('latin1', at, bytes.indexOf(0, at));
  };
  const half = (at: number): number => view.getUint16(at, true);
  const chain = (context: number, line: number): Place[] => {
    if (context === 0) return [];
    const at = contexts + (context - 1) * 6;
    const place = functions + (half(at) - 1) * 4;
    return [{ function: nameAt(half(place)), file: nameAt(half(place + 2)), line }, ...chain(half(at + 4), half(at + 2))];
  };
  let at = 16;
  const number = (): number => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const change = (): number => {
    const coded = number();
    return coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2;
  };
  const places: Place[][] = [];
  let [context, line] = [0, 0];
  for (let i = 0; i < rows; i++) {
    const step = number();
    for (let same = step >> 1; same > 0; same--) places.push(chain(context, line));
    if ((step & 1) === 1) context += change();
    line += change();
  }
  while (places.length < instructions) places.push(chain(context, line));
  return places;
};

test('the table in the image gives every instruction the place the debug information gives it', async () => {
  const symbols = new Map((await execa('llvm-nm', ['--format=posix', elf])).stdout.split('\n').map((line) => {
    const [name, , value] = line.split(' ');
    return [name!, Number.parseInt(value!, 16)];
  }));
  const [start, end, table] = ['bootImage', 'bootTextEnd', 'bootLines'].map((name) => symbols.get(name)!) as [number, number, number];
  const places = await placesOf(elf, start, end);
  const inImage = readFileSync(image).subarray(table - start);
  expect(decode(inImage, places.length)).toEqual(places);
  const known = places.filter((one) => one.length > 0);
  expect(known.length).toBeGreaterThan(places.length * 0.85);
  // Only the initial values of module variables, which Porffor's C assigns, are no line of ours.
  const ours = known.filter((chain) => chain.at(-1)!.function !== 'kernelModuleInit');
  expect(ours.flat().map(({ file }) => file).filter((file) => !/^(src|boot)\/.*\.(ts|c|S)$/.test(file))).toEqual([]);
  const main = places[(symbols.get('kernelMain')! - start) / 4]!;
  expect(main.at(-1)).toMatchObject({ function: 'kernelMain', file: 'src/board/main.ts' });
}, 120_000);

test('tables with nothing, gaps, and numbers of several bytes', () => {
  const place = (name: string, line: number): Place => ({ function: name, file: `${name}.ts`, line });
  const long = Array.from({ length: 400 }, (_, i) => [place(`f${i}`, i + 1)]);
  for (const places of [[], [[]], [[], [place('a', 1)], [], [place('a', 2), place('b', 9)], [place('a', 2), place('b', 9)]], long,
    [...Array.from({ length: 300 }, () => []), [place('late', 65535)]]]) {
    expect(decode(encodeLines(places), places.length)).toEqual(places);
  }
  expect(() => encodeLines([[place('a', 1), place('b', 65536)]])).toThrow('65535');
});
