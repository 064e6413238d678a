import { afterAll, expect, test, vi } from 'vitest';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programNames } from '../../src/cli/options.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const makefile = readFileSync(join(root, 'Makefile'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'makefile-'));
afterAll(() => rmSync(folder, { recursive: true }));

const outer = /^(VITEST|NODE_ENV|TEST$|MAKE|MFLAGS|RUVIX_TEST)/;
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));
const make = (...makeArguments: string[]) => spawnSync('make', makeArguments, { cwd: root, env: environment, encoding: 'utf8' });

// Only when the images are not built yet; make test builds them before the suites.
vi.setConfig({ testTimeout: 300_000 });

test('bare make lists every target in one line, and every variable', () => {
  const { status, stdout } = make();
  expect(status).toBe(0);
  const listed = [...stdout.matchAll(/^ {2}make ([a-z-]+) +\S.*\.$/gm)].map(([, name]) => name!);
  const defined = [...makefile.matchAll(/^([a-z][a-z-]*):/gm)].map(([, name]) => name!).filter((name) => !name.startsWith('ready-'));
  expect(listed.sort()).toEqual([...new Set(defined)].sort());
  expect(listed).toEqual(expect.arrayContaining(
    ['help', 'run', 'test', 'typecheck', 'bench', 'gdb', 'listing', 'size', 'doctor', 'clean']));
  const variables = [...makefile.matchAll(/^([A-Z_]+) +\?=/gm)].map(([, name]) => name!);
  expect(variables).toEqual(expect.arrayContaining(
    ['BOARD', 'PROGRAM', 'CPUS', 'CPU', 'GIC', 'MEMORY', 'TARGET', 'INPUT', 'QUICK']));
  for (const name of [...variables, 'SEED', 'NO_INSTALL']) expect(stdout).toMatch(new RegExp(`^  (\\w+=\\S*, )?${name}=`, 'm'));
});

test('every target that makes no file of its name is phony', () => {
  const phony = /^\.PHONY: ((?:.*\\\n)*.*)/m.exec(makefile)![1]!.split(/[\s\\]+/);
  for (const [, name] of makefile.matchAll(/^([a-z][a-z-]*):/gm)) expect(phony).toContain(name);
});

test('CI calls make test at the root of the project, nothing else, and fails as it fails', () => {
  const log = join(folder, 'log');
  writeFileSync(join(folder, 'make'), `#!/bin/sh\necho "$PWD|$*" >>'${log}'\necho '1 passed, 2 failed, 0 skipped'\nexit 2\n`);
  chmodSync(join(folder, 'make'), 0o755);
  const { status, stdout } = spawnSync('bash', [join(root, '.ci/run')], {
    cwd: folder, env: { ...environment, PATH: `${folder}:${process.env['PATH']}`, CI: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8',
  });
  expect(readFileSync(log, 'utf8')).toBe(`${root.replace(/\/$/, '')}|test\n`);
  expect(status).toBe(2);
  expect(stdout).toBe('1 passed, 2 failed, 0 skipped\n');
});

test('on a machine that lacks tools, NO_INSTALL=1 stops make with the command to type', () => {
  const { status, stdout, stderr } = spawnSync('/usr/bin/env', ['make', 'run', 'NO_INSTALL=1'], {
    cwd: root, encoding: 'utf8', env: { ...environment, PATH: bare() },
  });
  expect(stdout).toMatch(/^(sudo )?apt-get install -y --no-install-recommends clang lld llvm qemu-system-arm\n$/);
  expect(stderr).toContain('Needed and not installed: clang lld llvm qemu-system-arm; NO_INSTALL=1 leaves the command');
  expect(status).not.toBe(0);
});

/** A PATH with what a small Debian with Node, npm, make and git has, and nothing more. */
const bare = (): string => {
  const bin = join(folder, 'bare');
  if (existsSync(bin)) return bin;
  const names = ['make', 'node', 'npm', 'git', 'sh', 'id', 'sed', 'grep', 'head', 'cat', 'tr', 'dirname', 'env', 'find'];
  spawnSync('sh', ['-c', `mkdir '${bin}'; for name in ${names.join(' ')}; do ln -s "$(command -v $name)" '${bin}'/; done`]);
  writeFileSync(join(bin, 'apt-get'), '#!/bin/sh\necho apt-get was called\nexit 1\n', { mode: 0o755 });
  return bin;
};

test('a second make builds nothing, and a changed file only what depends on it', () => {
  expect(make('images').status).toBe(0);
  const built = (...changed: string[]): string[] => {
    const { stdout } = make('-n', 'images', ...changed.flatMap((file) => ['-W', file]));
    return [...stdout.matchAll(/^echo '(.*)'$|(src\/cli\/digits\.ts)/gm)].map(([, said, digits]) => said ?? digits!).sort();
  };
  const programs = programNames(join(root, 'src/programs'));
  expect(programs).toEqual(expect.arrayContaining(['classify', 'hello']));
  const lowering = programs.map((name) => `Lowering src/programs/${name}.ts`);
  const linking = programs.map((name) => `Linking build/virt/${name}/kernel8.img`);
  expect(built()).toEqual([]);
  expect(built('src/kernel/path/4-ring.ts')).toEqual([...linking, ...lowering].sort());
  expect(built('src/lower/main.ts')).toEqual([...linking, ...lowering].sort());
  expect(built('boot/start.S')).toEqual(linking);
  expect(built('src/cli/digits.ts')).toEqual(['src/cli/digits.ts']);
  expect(built('src/machine/node.ts', 'README.md')).toEqual([]);
});

test('make -n only says what it would do', () => {
  const { status, stdout } = make('-n', 'test', 'run', 'gdb', 'bench');
  expect(status).toBe(0);
  for (const command of ['src/cli/test.ts --step', 'src/cli/run.ts --board', 'src/cli/gdb.ts --board', 'bench/main.ts']) {
    expect(stdout).toContain(`node --import tsx ${command}`);
  }
  expect(stdout).not.toContain('== typecheck');
});

test('make clean removes what was built, and nothing else', () => {
  const { stdout } = make('-n', 'clean');
  expect(stdout.trim()).toBe('rm -rf build');
});
