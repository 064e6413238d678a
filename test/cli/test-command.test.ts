import { afterAll, expect, test } from 'vitest';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countModule } from '../../src/cli/reporter.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'test-command-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A project of its own whose test files are the given texts. */
const project = (name: string, files: Record<string, string>): string => {
  const root = join(folder, name);
  mkdirSync(join(root, 'test'), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, 'vitest.config.ts'), "export default { test: { include: ['test/*.test.ts'], pool: 'forks' } };\n");
  for (const [file, body] of Object.entries(files)) {
    writeFileSync(join(root, 'test', `${file}.test.ts`), `import { expect, test } from 'vitest';\n${body}\n`);
  }
  return root;
};

interface Outcome { code: number | null; output: string; lastLine: string }

const start = (root: string, ...more: string[]): { outcome: Promise<Outcome>; kill: (signal: NodeJS.Signals) => void } => {
  const outer = /^(VITEST|NODE_ENV|TEST$|MAKE|MFLAGS|RUVIX_TEST)/;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));
  const child = spawn(process.execPath, ['--import', 'tsx', join(repository, 'src/cli/test.ts'), '--root', root, ...more],
    { cwd: repository, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let out = '';
  child.stdout.on('data', (bytes: Buffer) => { out += bytes.toString(); output += bytes.toString(); });
  child.stderr.on('data', (bytes: Buffer) => { output += bytes.toString(); });
  const outcome = new Promise<Outcome>((finish) => {
    child.on('close', (code) => finish({ code, output, lastLine: out.trimEnd().split('\n').at(-1)! }));
  });
  return { outcome, kill: (signal) => child.kill(signal) };
};
const run = (root: string, ...more: string[]): Promise<Outcome> => start(root, ...more).outcome;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A zombie still answers; what counts is that it runs no more.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

const PASSING = "test('a', () => {}); test('b', () => {});";

test('all passing: the numbers stand alone on the last line, exit 0', async () => {
  const root = project('passing', { one: PASSING, two: "test('c', () => {}); test.skip('d', () => {}); test.todo('e');" });
  const outcome = await run(root, '--step', 'typecheck=echo step-ran');
  expect(outcome.lastLine).toBe('3 passed, 0 failed, 2 skipped');
  expect(outcome.code).toBe(0);
  expect(outcome.output).toContain('step-ran');
  expect(outcome.output).toMatch(/Time: typecheck \d+\.\d s, suites \d+\.\d s\n/);
  const one = await run(root, 'one');
  expect(one.lastLine).toBe('2 passed, 0 failed, 0 skipped');
});

test('a failing test, a file that does not load and an unhandled rejection each count as failed', async () => {
  const root = project('failing', {
    one: `${PASSING} test('wrong', () => { expect(1).toBe(2); });`,
    two: "import './nothing-there.ts'; test('never reached', () => {});",
    three: `test('fine by itself', async () => {
  void Promise.reject(new Error('nobody waits for this'));
  await new Promise((r) => setTimeout(r, 50));
});`,
  });
  const outcome = await run(root);
  expect(outcome.lastLine).toBe('3 passed, 3 failed, 0 skipped');
  expect(outcome.code).toBe(1);
});

test('a step that fails is a failure, the other steps still run, the suites do not', async () => {
  const root = project('step', { one: "import { writeFileSync } from 'node:fs'; test('a', () => writeFileSync('ran', ''));" });
  const outcome = await run(root, '--step', 'typecheck=exit 3', '--step', 'build=echo built');
  expect(outcome.lastLine).toBe('0 passed, 1 failed, 0 skipped');
  expect(outcome.code).toBe(1);
  expect(outcome.output).toContain('The step "typecheck" failed (exit 3): exit 3\n');
  expect(outcome.output).toContain('built\n');
  expect(existsSync(join(root, 'ran'))).toBe(false);
});

test('a run without a test is a failure', async () => {
  const none = await run(project('none', { one: PASSING }), 'no-such-file');
  expect(none.code).toBe(1);
  expect(none.lastLine).toBe('0 passed, 1 failed, 0 skipped');
  const skipped = await run(project('skipped', { one: "test.skip('a', () => {});" }));
  expect(skipped.code).toBe(1);
  expect(skipped.lastLine).toBe('0 passed, 0 failed, 1 skipped');
  expect(skipped.output).toContain('No test ran.');
});

test('a suite that blocks its thread for ever is ended, named, and leaves no process behind', async () => {
  const root = project('hanging', {
    two: `import { writeFileSync } from 'node:fs'; import { spawn } from 'node:child_process'; ${PASSING}
test('sleeps', async () => {
  await new Promise((r) => setTimeout(r, 1000)); // vitest passes results on in bundles: let the first two out
  writeFileSync('pids', process.pid + ' ' + spawn('sleep', ['600']).pid);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`,
  });
  const outcome = await run(root, '--silence-seconds', '10');
  expect(outcome.lastLine).toBe('2 passed, 1 failed, 0 skipped');
  expect(outcome.code).toBe(1);
  expect(outcome.output).toContain('Not finished: test/two.test.ts\nStopped: no test finished for 10 s.\n');
  const pids = readFileSync(join(root, 'pids'), 'utf8').split(' ').map(Number);
  expect(pids.map(isAlive)).toEqual([false, false]);
});

test('Ctrl-C ends everything that was started, exit 130', async () => {
  const root = project('interrupted', {
    one: `import { writeFileSync } from 'node:fs';
test('sleeps', async () => {
  writeFileSync('pid', String(process.pid));
  await new Promise((r) => setTimeout(r, 50_000));
});`,
  });
  const { outcome, kill } = start(root);
  const readPid = (): number => (existsSync(join(root, 'pid')) ? Number(readFileSync(join(root, 'pid'), 'utf8')) : 0);
  while (readPid() === 0) await new Promise((r) => setTimeout(r, 50));
  const pid = readPid();
  expect(isAlive(pid)).toBe(true);
  kill('SIGINT');
  expect((await outcome).code).toBe(130);
  // It was killed, and is gone once the system has got round to it: long before it would have ended by itself.
  for (const limit = Date.now() + 10_000; isAlive(pid) && Date.now() < limit;) await new Promise((r) => setTimeout(r, 20));
  expect(isAlive(pid)).toBe(false);
});

test('the numbers of a file: other states are skipped, and a failing file without a failing test counts once', () => {
  expect(countModule(['passed', 'failed', 'skipped', 'pending'], true)).toEqual({ passed: 1, failed: 1, skipped: 2 });
  expect(countModule(['passed', 'skipped'], true)).toEqual({ passed: 1, failed: 1, skipped: 1 });
  expect(countModule([], false)).toEqual({ passed: 0, failed: 0, skipped: 0 });
});
