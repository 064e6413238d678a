/** The largest input that is accepted does boot: the rule of src/cli/input.ts is QEMU's and the kernel's own. */
import { afterAll, expect, test } from 'vitest';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inputLimitBytes } from '../../src/cli/input.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'room-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([64, 257, 1024])('with %i MiB of RAM', (memoryMebibytes) => {
  const input = join(folder, 'input');
  writeFileSync(input, '');
  truncateSync(input, inputLimitBytes(memoryMebibytes));
  const { status, stdout } = spawnSync('node', [
    '--import', 'tsx', 'src/cli/boot.ts', 'build/virt/hello/kernel8.img', '--memory', String(memoryMebibytes), '--initrd', input,
    '--seconds', '120', '--no-input',
  ], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  expect(stdout).toContain(`initrd ${inputLimitBytes(memoryMebibytes)} bytes\n`);
  expect(status).toBe(0);
});
