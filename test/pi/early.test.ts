/**
 * What runs before caches and MMU are on: memory is Device memory then, where hardware faults on exclusive and unaligned accesses
 * although QEMU 7.2 does not. The instructions themselves are looked at.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execFileSync } from 'node:child_process';
import { hello, removeFolder } from '../boot/machine.ts';

let code: string[];
beforeAll(async () => {
  const elf = (await hello()).replace('.img', '.elf');
  const symbols = new Map(execFileSync('llvm-nm', ['--format=posix', elf], { encoding: 'utf8' }).split('\n')
    .map((line) => line.split(' ')).map(([name, , value]) => [name, Number.parseInt(value ?? '', 16)] as const));
  const dump = (...words: string[]): string[] =>
    execFileSync('llvm-objdump', ['-d', '--no-show-raw-insn', ...words, elf], { encoding: 'utf8' }).split('\n')
      .filter((line) => /^ *[0-9a-f]+:\s/.test(line));
  code = [
    ...dump(`--start-address=${symbols.get('bootImage')! + 64}`, `--stop-address=${symbols.get('bootSwitchEnd')!}`),
    ...dump('--disassemble-symbols=bootMap'),
  ];
}, 300_000);
afterAll(removeFolder);

test('no exclusive access, no atomic instruction', () => {
  expect(code.length).toBeGreaterThan(150);
  // The one ordered load reads a core's number when its caches are on; it is no exclusive.
  expect(code.filter((line) => /\b(ld|st)a?l?x[pr][bh]?\b|\bcas|\bswp|\bld(add|clr|set|eor|[su]m)/.test(line))).toEqual([]);
});

test('no access that could be unaligned: none at an odd distance from an aligned base', () => {
  const place = /\b(?:ldu?r|stu?r)\s+x\d+, \[\w+, #(-?\d+)\]/;
  expect(code.filter((line) => place.test(line)).length).toBeGreaterThan(5);
  expect(code.filter((line) => Number(place.exec(line)?.[1] ?? 0) % 8 !== 0)).toEqual([]);
});
