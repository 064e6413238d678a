/** make listing: what a reviewer reads to see that each ordered access of the sources became an ordered instruction. */
import { expect, test } from 'vitest';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { MAKEFLAGS: _flags, MFLAGS: _oldFlags, MAKELEVEL: _level, ...env } = process.env;
const { status, stdout } = spawnSync('make', ['listing'], { cwd: root, env, encoding: 'utf8', maxBuffer: 1 << 26 });
const lines = stdout.split('\n');

/** The instructions below all source lines that contain both texts; clang may spread one line over several places. */
const instructionsBelow = (operation: string, label: string): string => {
  let matches = false;
  return lines.filter((line) => {
    if (!line.startsWith(';')) return matches;
    matches = line.includes(operation) && line.includes(label);
    return false;
  }).map((line) => line.replace(/^ *[0-9a-f]+: */, '').trim()).join('\n');
};

test('the functions of sending and receiving are in it, those of creation are not', () => {
  expect(status).toBe(0);
  for (const name of ['Send', 'SendDescriptor', 'SubmitDescriptor', 'Receive', 'ReceiveTimeout', 'Complete']) {
    expect(stdout).toContain(`<queue${name}>:`);
  }
  expect(stdout).not.toMatch(/<(queueCreate|queueAttachSender|queueStatistics)>:/);
});

test.each([
  ['storePublished32(', '[publish]', /^stlr\b/m],
  ['loadAcquire32(', '[publish]', /^ldar\b/m],
  ['fenceAll(', '[sleep]', /^dmb\tish$/m],
  ['fetchAdd32(', '[sleep]', /^ldaxr\b[^]*^stlxr\b/m],
])('%s %s has become an ordered instruction', (operation, label, instruction) => {
  expect(instructionsBelow(operation, label)).toMatch(instruction);
});
