/** make run as a person types it. What it boots is tested in test/boot and test/programs. */
import { afterAll, expect, test, vi } from 'vitest';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'run-'));
afterAll(() => rmSync(folder, { recursive: true }));

const outer = /^(VITEST|NODE_ENV|TEST$|MAKE|MFLAGS|RUVIX_TEST)/;
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));

/** What make adds when a command fails; everything else is ours. */
const MAKE_WORDS = /^make(\[\d+\])?: \*\*\* .*$/;
const makeRun = (...variables: string[]) => {
  const { status, stdout, stderr } = spawnSync('make', ['run', 'SECONDS_LIMIT=120', ...variables],
    { cwd: root, env: environment, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  return { status, stdout, stderr: stderr.split('\n').filter((line) => line !== '' && !MAKE_WORDS.test(line)) };
};

vi.setConfig({ testTimeout: 180_000 });

test.each([
  ['TARGET=foo', 'TARGET must be qemu or node, not foo.'],
  ['CPUS=0', 'CPUS must be a whole number from 1 to 8, not 0.'],
  ['CPUS=9', 'CPUS must be a whole number from 1 to 8, not 9.'],
  ['GIC=1', 'GIC must be 2 or 3, not 1.'],
  ['BOARD=toaster', 'BOARD must be virt, rpi3 or rpi4, not toaster.'],
])('%s: one sentence, and nothing is built or started', (variable, sentence) => {
  expect(makeRun(variable)).toEqual({ status: 2, stdout: '', stderr: [sentence] });
});

test.each(['qemu', 'node'])('a bad input never starts the program (TARGET=%s)', (target) => {
  const file = (name: string, bytes: number[]): string => {
    writeFileSync(join(folder, name), Buffer.from(bytes));
    return join(folder, name);
  };
  const refused = (path: string, reason: string): void => {
    expect(makeRun(`TARGET=${target}`, `INPUT=${path}`)).toEqual({ status: 2, stdout: '', stderr: [`${path}: ${reason}`] });
  };
  refused(join(folder, "it's missing.fvecs"), 'record 0, byte 0: there is no such file');
  refused(file('empty.fvecs', []), 'record 0, byte 0: the file is empty');
  refused(file('cut.fvecs', [1, 0, 0, 0, 0, 0, 0, 0, 1, 0]),
    "record 1, byte 8: the file ends inside the record's dimension, after 2 of 4 bytes");
  refused(file('nan.fvecs', [1, 0, 0, 0, 0, 0, 0xc0, 0x7f]), 'record 0, byte 4: value 0 is NaN');
  refused(file('dimension.fvecs', [0, 0, 0, 0]), 'record 0, byte 0: the dimension is 0, and must be 1 to 65536');
  refused(file('changing.fvecs', [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    'record 1, byte 8: the dimension changes from 1 to 2');
});
