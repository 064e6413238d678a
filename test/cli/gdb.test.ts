/** make gdb: breakpoints, call chains and values in terms of TypeScript, on the kernel as it boots. */
import { expect, test, vi } from 'vitest';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { MAKEFLAGS: _flags, MFLAGS: _oldFlags, MAKELEVEL: _level, ...env } = process.env;

interface Outcome { status: number | null; stdout: string; stderr: string; left: string[] }

/** Runs it with an unusual size of RAM, by which its QEMU is recognised. `left`: what of QEMU there was when it had ended. */
const gdb = (...more: string[]): Promise<Outcome> => new Promise((finish) => {
  const child = spawn('node', ['--import', 'tsx', 'src/cli/gdb.ts', '--memory', '131', ...more],
    { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 240_000 });
  const outcome = { stdout: '', stderr: '', left: [] as string[] };
  child.stdout.on('data', (bytes: Buffer) => { outcome.stdout += bytes.toString(); });
  child.stderr.on('data', (bytes: Buffer) => { outcome.stderr += bytes.toString(); });
  // Soon after the exit and not at the close, for a QEMU left behind keeps the pipes open until it ends by itself.
  const looked = new Promise<void>((done) => {
    child.on('exit', () => setTimeout(() => {
      outcome.left = qemus('-m 131M');
      done();
    }, 500));
  });
  child.on('close', (status) => void looked.then(() => finish({ status, ...outcome })));
});

/** QEMU processes of this machine whose command line has the text. */
const qemus = (text: string): string[] =>
  spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout.split('\n')
    .filter((line) => line.includes('qemu-system') && line.includes(text));

/** Number of the first line of a source that contains the text. */
const lineOf = (file: string, text: string): number => {
  const line = readFileSync(join(root, file), 'utf8').split('\n').findIndex((one) => one.includes(text)) + 1;
  expect(line, `${file} no longer says ${text}`).toBeGreaterThan(0);
  return line;
};

// Alone a run takes 2 s; beside other suites, and with a build before it, much longer.
vi.setConfig({ testTimeout: 300_000 });

test('without a place it stops where the program begins, in TypeScript', async () => {
  const { status, stdout } = await gdb('--program', 'hello', '--command', 'continue', '--command', 'backtrace 1');
  expect(stdout).toMatch(/breakpoint 1, .*programStart \(\) at (\.\/)?src\/programs\/hello\.ts:\d+/i);
  expect(stdout).toMatch(/^#0 .*programStart \(\) at (\.\/)?src\/programs\/hello\.ts:\d+$/m);
  expect(status).toBe(0);
});

test('a breakpoint by TypeScript file and line is reached, with the call chain above it, and no QEMU stays behind', async () => {
  const file = 'src/kernel/path/1-send.ts';
  const line = lineOf(file, '  ringPublish(');
  const { stdout, left } = await gdb('--program', 'classify', '--break', `${file}:${line}`,
    '--command', 'continue', '--command', 'backtrace', '--command', 'info registers pc');
  // clang may leave no instruction of just this line: then gdb takes the next one that has some.
  const stopped = Number(new RegExp(`^#0 .* at (?:\\./)?${file}:(\\d+)$`, 'm').exec(stdout)?.[1]);
  expect(stopped).toBeGreaterThanOrEqual(line);
  expect(stopped).toBeLessThan(line + 5);
  expect(stdout).toMatch(/^#\d+ .* at (\.\/)?src\/programs\/\w+\.ts:\d+$/m);
  expect(left).toEqual([]);
});

test('what cannot be is said in one line', async () => {
  const { status, stdout, stderr } = await gdb('--program', 'nonesuch', '--command', 'continue');
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^PROGRAM must be .*, not nonesuch\.\n$/);
  expect(status).toBe(2);
});
