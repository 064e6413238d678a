/**
 * The command behind `make test`: the steps given, then all suites, then one line with the numbers.
 *
 * Role: run by make. `--step NAME=COMMAND` (repeatable) runs before the suites; a step that fails counts as one failed test, and
 *   the suites do not start, for they would only repeat its failure. The other arguments choose test files, as vitest takes them.
 * Order: the last line of standard output is `N passed, N failed, N skipped`, over everything.
 * Fails: exit 1 when anything failed or no test ran; 130 and 143 after Ctrl-C and a termination.
 * Elsewhere: the numbers come from src/cli/reporter.ts, which lives inside vitest; this process only watches it. A suite that
 *   blocks its thread for ever stops neither vitest nor its time limits, so the watching is done from outside, and whatever a
 *   suite has started (QEMU, workers) is in vitest's process group and ends with it.
 * Checked by: test/cli/test-command.test.ts
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { TestSummary } from './reporter.ts';

const POLL_MILLISECONDS = 500;

interface Options {
  step: string[];
  root: string;
  silenceSeconds: string;
}

const say = (line: string): void => { process.stdout.write(`${line}\n`); };
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Kills a child that leads a process group, and everything in that group. */
const killGroup = (child: ChildProcess): void => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is empty already.
  }
};

let current: ChildProcess | undefined;
for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const) {
  process.on(signal, () => {
    if (current !== undefined) killGroup(current);
    process.exit(code);
  });
}

/** Runs a command in a process group of its own and returns its exit code. `watch` is called now and then; true ends it. */
const run = (command: string, commandArguments: string[], options: { cwd: string; env: NodeJS.ProcessEnv; shell?: boolean },
  watch?: () => boolean): Promise<number> => new Promise((finish) => {
  const child = spawn(command, commandArguments, { ...options, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  current = child;
  const timer = watch === undefined ? undefined : setInterval(() => { if (watch()) killGroup(child); }, POLL_MILLISECONDS);
  const end = (code: number): void => {
    clearInterval(timer);
    killGroup(child);
    current = undefined;
    finish(code);
  };
  child.on('error', (error) => {
    process.stderr.write(`${command}: ${error.message}\n`);
    end(127);
  });
  child.on('exit', (code) => end(code ?? 1));
});

const readSummary = (path: string): TestSummary | undefined => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as TestSummary;
  } catch {
    return undefined;
  }
};

/** Runs vitest, and ends it when no test has finished for `silenceSeconds`. */
const runSuites = async (root: string, files: string[], env: NodeJS.ProcessEnv, silenceSeconds: number): Promise<TestSummary> => {
  const vitest = join(dirname(fileURLToPath(import.meta.resolve('vitest/package.json'))), 'vitest.mjs');
  const reporter = fileURLToPath(new URL('reporter.ts', import.meta.url));
  const path = resolve(root, 'build', 'test', 'summary.json');
  mkdirSync(join(path, '..'), { recursive: true });
  rmSync(path, { force: true });
  let last = '';
  let lastChange = performance.now();
  let silent = false;
  const watch = (): boolean => {
    const now = JSON.stringify(readSummary(path) ?? '');
    if (now !== last) {
      last = now;
      lastChange = performance.now();
    }
    silent = performance.now() - lastChange > silenceSeconds * 1000;
    return silent;
  };
  const vitestArguments = [vitest, 'run', '--root', root, '--reporter=default', `--reporter=${reporter}`, ...files];
  const code = await run(process.execPath, vitestArguments, { cwd: root, env: { ...env, RUVIX_TEST_SUMMARY: path } }, watch);
  const summary = readSummary(path) ?? { passed: 0, failed: 0, skipped: 0, running: [], ended: false };
  if (summary.ended && code === 0) return summary;
  if (summary.running.length > 0) say(`Not finished: ${summary.running.join(', ')}`);
  if (silent) say(`Stopped: no test finished for ${silenceSeconds} s.`);
  // Whatever vitest failed of, the sum must not look like a success.
  return { ...summary, failed: Math.max(summary.failed + summary.running.length, 1) };
};

const main = async (files: string[], options: Options): Promise<void> => {
  // A make inside must neither wait for the outer one's job slots nor inherit its command line.
  const { MAKEFLAGS: _flags, MFLAGS: _oldFlags, MAKELEVEL: _level, ...env } = process.env;
  const root = resolve(options.root);
  const times: string[] = [];
  let summary: TestSummary = { passed: 0, failed: 0, skipped: 0, running: [], ended: false };
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    say(`== ${name}`);
    const result = await work();
    times.push(`${name} ${seconds(start)}`);
    return result;
  };
  for (const step of options.step) {
    const name = step.slice(0, step.indexOf('='));
    const command = step.slice(step.indexOf('=') + 1);
    const code = await timed(name, () => run(command, [], { cwd: root, env, shell: true }));
    if (code !== 0) {
      say(`The step "${name}" failed (exit ${code}): ${command}`);
      summary.failed += 1;
    }
  }
  if (summary.failed === 0) {
    summary = await timed('suites', () => runSuites(root, files, env, Number(options.silenceSeconds)));
  }
  say(`Time: ${times.join(', ')}`);
  if (summary.passed + summary.failed === 0) say('No test ran.');
  say(`${summary.passed} passed, ${summary.failed} failed, ${summary.skipped} skipped`);
  process.exitCode = summary.failed > 0 || summary.passed === 0 ? 1 : 0;
};

await new Command('make test')
  .argument('[files...]', 'test files or parts of their names; all when none is given')
  .option('--step <name=command>', 'a command to run first', (value, all: string[]) => [...all, value], [] as string[])
  .option('--root <folder>', 'the project', '.')
  .option('--silence-seconds <n>', 'give up when no test finished for so long', '900')
  .action(main)
  .parseAsync();
