/** The main job on the emulated Raspberry Pis, as a person types it: the same checksum as on virt and under Node. */
import { describe, expect, test, vi } from 'vitest';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { emulatorLacks } from '../../src/cli/boards.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const CHECKSUM = '4217e8ef';
const outer = /^(VITEST|NODE_ENV|TEST$|MAKE|MFLAGS|RUVIX_TEST)/;
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));
vi.setConfig({ testTimeout: 400_000 });

const run = (...variables: string[]) => spawnSync('make', ['--no-print-directory', 'run', 'SECONDS_LIMIT=300', ...variables],
  { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });

const expectJob = (board: string, machine: string, ...variables: string[]): void => {
  const { status, stdout, stderr } = run(`BOARD=${board}`, ...variables);
  expect(stderr).toBe('');
  expect(stdout).toContain(`  machine   ${board}, 4 cores, entered at ${machine}, timer at `);
  const result = JSON.parse(/^RESULT (.*)$/m.exec(stdout)![1]!) as Record<string, unknown>;
  expect(result).toMatchObject({
    target: board, cores: 4, vectors: 10000, completed: 10000, lost: 0, duplicated: 0, reordered: 0, priority_inversions: 0, checksum: CHECKSUM,
  });
  expect(status).toBe(0);
};

test('rpi3', () => { expectJob('rpi3', 'EL2, local interrupt controller'); });

test('a processor with the Pi 5\'s atomic instructions, and a kernel built with them', () => {
  expectJob('virt', 'EL1, GICv2', 'ATOMICS=lse');
});

const lacks = emulatorLacks('rpi4');
describe('rpi4', () => {
  test.skipIf(lacks !== undefined)('where QEMU has it', () => { expectJob('rpi4', 'EL2, GICv2'); });
  test.skipIf(lacks === undefined)('where QEMU lacks it: one sentence, and nothing is built or started', () => {
    // Without NO_INSTALL=1 a QEMU from the distribution's backports may be installed first: test/cli/tools.test.ts.
    const { status, stdout, stderr } = run('BOARD=rpi4', 'NO_INSTALL=1');
    expect(stdout).toMatch(/^((sudo )?apt-get install .* qemu-system-arm\n)?$/);
    expect(stderr.split('\n')[0]).toBe(lacks);
    expect(status).toBe(2);
  });
});
