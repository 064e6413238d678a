import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.join(import.meta.dirname, '..');
const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
const block = (after: string, fence: string): string[] => {
  const start = readme.indexOf(fence, readme.indexOf(after)) + fence.length;
  return readme.slice(start, readme.indexOf('\n```', start)).split('\n').filter((line) => line !== '');
};
/** Numbers become holes, but for those that never change: versions, classes, vectors, the checksum. */
const shape = (line: string): string => line.replace(/0x[0-9a-f]+/g, '0x#').replace(/\b\d+\b/g, (n) => (['10000', '784', '0', '1', '10'].includes(n) ? n : '#'))
  .replace(/ +/g, ' ').trim();

test('the boot log is one of a real run', () => {
  const file = path.join(ROOT, 'build/input/digits.fvecs');
  const classes = readFileSync(path.join(ROOT, 'build/input/digits.classes'), 'utf8').trim();
  const log = execFileSync(process.execPath, [
    '--import', 'tsx', 'src/cli/boot.ts', 'build/virt/classify/kernel8.img', '--cpus', '4', '--no-input', '--initrd', file, '--append', `classes=${classes}`,
  ], { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: 240_000 }).split(/\r?\n/);
  const shown = block('# ruvix-queue', '$ make run\n').filter((line) => line.trim() !== '...');
  expect(shown.length).toBeGreaterThan(12);
  let at = 0;
  for (const line of shown.filter((text) => !text.startsWith('RESULT'))) {
    const found = log.findIndex((real, index) => index >= at && shape(real) === shape(line));
    expect(found, `${line} (shape ${shape(line)})`).toBeGreaterThanOrEqual(at);
    at = found + 1;
  }
  const result = log.find((line) => line.startsWith('RESULT '))!;
  const pieces = shown.find((line) => line.startsWith('RESULT '))!.split(/,? \.\.\. ?/);
  for (const piece of pieces.filter((text) => text !== '}')) expect(result).toContain(piece);
}, 300_000);

test('the library example is the one that test/lib runs', () => {
  const example = readFileSync(path.join(ROOT, 'test/lib/readme-example.ts'), 'utf8').split('\n').filter((line) => line !== '');
  expect(block('The library, whole', '```js\n')).toEqual(example);
});

test('every command of the claims table names tests that are there, and every link leads somewhere', () => {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'test'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n').filter((file) => file.endsWith('.test.ts'));
  const names = [...readme.matchAll(/make test TESTS=([\w/.-]+)/g)].map((match) => match[1]!);
  expect(names.length).toBeGreaterThan(10);
  for (const name of names) expect(files.filter((file) => file.includes(name)), name).not.toEqual([]);
  const links = [...readme.matchAll(/\]\(([\w/.-]+)\)/g)].map((match) => match[1]!);
  expect(links.length).toBeGreaterThan(8);
  for (const link of links) expect(existsSync(path.join(ROOT, link)), link).toBe(true);
});
