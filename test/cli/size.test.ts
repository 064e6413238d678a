/** make size, and the limits it lets one watch. */
import { expect, test } from 'vitest';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const IMAGE_BYTES_LIMIT = 128 * 1024;
const { MAKEFLAGS: _flags, MFLAGS: _oldFlags, MAKELEVEL: _level, ...env } = process.env;
const { status, stdout } = spawnSync('make', ['size'], { cwd: root, env, encoding: 'utf8' });

test('every image is below 128 KiB', () => {
  expect(status).toBe(0);
  const rows = stdout.matchAll(/^ *(\d+) build\/virt\/([\w-]+)\/kernel8\.img$/gm);
  const images = [...rows].map(([, bytes, name]) => ({ bytes: Number(bytes), name: name! }));
  expect(images.map(({ name }) => name)).toEqual(expect.arrayContaining(['classify', 'hello']));
  for (const { bytes, name } of images) {
    expect(bytes, name).toBeGreaterThan(4096);
    expect(bytes, name).toBeLessThan(IMAGE_BYTES_LIMIT);
  }
});

test('the queue kernel has code only: no data, no bss', () => {
  const [, text, data, bss] = /^ *(\d+)\s+(\d+)\s+(\d+)\s+\d+\s+[0-9a-f]+\s+build\/listing\/queue\.o$/m.exec(stdout)!;
  expect(Number(text)).toBeGreaterThan(1000);
  expect([data, bss]).toEqual(['0', '0']);
});
