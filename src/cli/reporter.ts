/**
 * A vitest reporter that keeps the numbers of a run in a file, up to date after each test.
 *
 * Role: loaded by vitest for src/cli/test.ts, which reads the file: at the end for the last line, and meanwhile to see whether
 *   anything still moves. So a run that hangs or dies loses the unfinished tests only, and says which files they are in.
 * Memory: writes the file named by the environment variable RUVIX_TEST_SUMMARY, and nothing without it.
 * Checked by: test/cli/test-command.test.ts
 */
import { renameSync, writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';

export interface TestSummary {
  passed: number;
  failed: number;
  skipped: number;
  /** Test files started and not ended. */
  running: string[];
  /** Whether vitest came to its end. */
  ended: boolean;
}

type Counts = Pick<TestSummary, 'passed' | 'failed' | 'skipped'>;

/** A file that fails without a failing test (it does not load, a hook throws) counts as one failed test. */
export const countModule = (states: readonly string[], moduleFailed: boolean): Counts => {
  const passed = states.filter((state) => state === 'passed').length;
  const failed = states.filter((state) => state === 'failed').length;
  return { passed, failed: failed === 0 && moduleFailed ? 1 : failed, skipped: states.length - passed - failed };
};

export default class SummaryReporter implements Reporter {
  readonly #path = process.env['RUVIX_TEST_SUMMARY'];
  readonly #counts = new Map<string, Counts>();
  readonly #running = new Map<string, string[]>();
  #extraFailures = 0;

  onTestModuleQueued(module: TestModule): void {
    this.#running.set(module.relativeModuleId, []);
    this.#write(false);
  }

  onTestCaseResult(testCase: TestCase): void {
    this.#running.get(testCase.module.relativeModuleId)?.push(testCase.result().state);
    this.#write(false);
  }

  onTestModuleEnd(module: TestModule): void {
    this.#running.delete(module.relativeModuleId);
    this.#count(module);
    this.#write(false);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    for (const module of modules) this.#count(module);
    this.#running.clear();
    this.#extraFailures = unhandledErrors.length;
    this.#write(true);
  }

  #count(module: TestModule): void {
    const states = [...module.children.allTests()].map((testCase) => testCase.result().state);
    this.#counts.set(module.relativeModuleId, countModule(states, module.state() === 'failed'));
  }

  #write(ended: boolean): void {
    if (this.#path === undefined) return;
    const all = [...this.#counts.values(), ...[...this.#running.values()].map((states) => countModule(states, false))];
    const sum = (key: keyof Counts): number => all.reduce((total, counts) => total + counts[key], 0);
    const summary: TestSummary = {
      passed: sum('passed'),
      failed: sum('failed') + this.#extraFailures,
      skipped: sum('skipped'),
      running: [...this.#running.keys()],
      ended,
    };
    // Renamed into place: the reader never sees half a file.
    writeFileSync(`${this.#path}.part`, JSON.stringify(summary));
    renameSync(`${this.#path}.part`, this.#path);
  }
}
