import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../..');
const run = (tool: string, ...args: string[]): string => execFileSync(tool, args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

interface Table { clang: number; counts: Record<string, number> }
const committed = JSON.parse(readFileSync(path.join(ROOT, 'docs/counts.json'), 'utf8')) as Table;
const clang = Number(/version (\d+)/.exec(run('clang', '--version'))?.[1]);

let counts: Record<string, number>;
beforeAll(() => {
  const lines = run(process.execPath, '--import', 'tsx', 'bench/main.ts', '--quick').trimEnd().split('\n');
  counts = JSON.parse(lines.at(-1)!.replace(/^COUNTS /, '')) as Record<string, number>;
}, 300_000);

test('a send and a receive cost at most 1.1 times the same algorithm by hand in C', () => {
  expect(counts['ratio_to_hand_c']).toBeGreaterThan(0.5);
  expect(counts['ratio_to_hand_c']).toBeLessThanOrEqual(1.1);
  expect(counts['send_recv_64_many']! / counts['hand_send_recv_64_many']!).toBeLessThanOrEqual(1.1);
});

test('a send that looks at its capability costs at most 12 instructions more than one that does not', () => {
  const more = counts['cap_send_recv_64']! - counts['send_recv_64_single']!;
  expect(more).toBeGreaterThan(2);
  expect(more).toBeLessThanOrEqual(12);
});

test('validating a message costs no more than was promised', () => {
  expect(counts['validate_64_generated']).toBeLessThanOrEqual(20);
  expect(counts['validate_64_interpreted']).toBeLessThanOrEqual(160);
  expect(counts['validate_768_floats_generated']).toBeLessThanOrEqual(30);
  expect(counts['validate_768_floats_interpreted']).toBeLessThanOrEqual(130);
});

test.skipIf(clang !== committed.clang)('no count has risen above the committed table, which holds for its version of clang', () => {
  for (const [name, count] of Object.entries(committed.counts)) {
    expect(counts[name], name).toBeDefined();
    if (!name.startsWith('ratio')) expect(counts[name], name).toBeLessThanOrEqual(count + 0.1);
  }
});

test('the kernel by itself has no data and no bss', () => {
  const object = path.join(mkdtempSync(path.join(tmpdir(), 'kernel-')), 'queue.o');
  run(process.execPath, '--import', 'tsx', 'src/lower/main.ts', 'src/kernel/queue.ts', '-o', object);
  const sizes = [...run('llvm-size', '-A', object).matchAll(/^(\.\w+)\S*\s+(\d+)/gm)].map((row) => [row[1], Number(row[2])] as const);
  const total = (section: string): number => sizes.filter(([name]) => name === section).reduce((sum, [, size]) => sum + size, 0);
  expect(total('.text')).toBeGreaterThan(2000);
  expect(total('.data') + total('.bss')).toBe(0);
});
