/** make gdb: breakpoints, call chains and values in terms of TypeScript, on the kernel as it boots. */
import { expect, test } from 'vitest';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { MAKEFLAGS: _flags, MFLAGS: _oldFlags, MAKELEVEL: _level, ...env } = process.env;

const gdb = (...more: string[]) => spawnSync('node', ['--import', 'tsx', 'src/cli/gdb.ts', ...more],
  { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', timeout: 120_000 });

/** QEMU processes of this machine whose command line has the text. */
const qemus = (text: string): string[] =>
  spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout.split('\n').filter((line) => line.includes('qemu-system') && line.includes(text));

/** Number of the first line of a source that contains the text. */
const lineOf = (file: string, text: string): number =>
  readFileSync(join(root, file), 'utf8').split('\n').findIndex((line) => line.includes(text)) + 1;

test('without a place it stops where the program begins, in TypeScript', () => {
  const { status, stdout } = gdb('--program', 'hello', '--command', 'continue', '--command', 'backtrace 1');
  expect(stdout).toMatch(/breakpoint 1, .*programStart \(\) at (\.\/)?src\/programs\/hello\.ts:\d+/i);
  expect(stdout).toMatch(/^#0 .*programStart \(\) at (\.\/)?src\/programs\/hello\.ts:\d+$/m);
  expect(status).toBe(0);
});

test('a breakpoint by TypeScript file and line is reached, with the call chain above it', () => {
  const file = 'src/kernel/path/1-send.ts';
  const line = lineOf(file, 'const status = sendQuiet(');
  const { stdout } = gdb('--program', 'classify', '--seconds', '60', '--break', `${file}:${line}`,
    '--command', 'continue', '--command', 'backtrace', '--command', 'info registers pc');
  // clang may leave no instruction of just this line: then gdb takes the next one that has some.
  const stopped = Number(new RegExp(`^#0 .* at (?:\\./)?${file}:(\\d+)$`, 'm').exec(stdout)![1]);
  expect(stopped).toBeGreaterThanOrEqual(line);
  expect(stopped).toBeLessThan(line + 5);
  expect(stdout).toMatch(/^#\d+ .* at (\.\/)?src\/programs\/\w+\.ts:\d+$/m);
  expect(qemus('kernel8.img -gdb')).toEqual([]);
});

test('what cannot be is said in one line', () => {
  const { status, stdout, stderr } = gdb('--program', 'nonesuch', '--command', 'continue');
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^PROGRAM must be .*, not nonesuch\.\n$/);
  expect(status).toBe(2);
});
