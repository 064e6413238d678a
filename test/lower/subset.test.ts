/**
 * docs/subset.md tells the truth: each rejected example gives exactly the errors printed below it, each accepted one an object,
 * and every error code has both.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { HELP } from '../../src/lower/codes.ts';
import { lowerFile, ROOT, temporaryFolder, writeSources } from './lower.ts';

interface Example {
  title: string;
  form: 'accepted' | 'rejected';
  source: string;
  errors: string;
}

const page = readFileSync(path.join(ROOT, 'docs/subset.md'), 'utf8');

const examples = [...page.matchAll(/^```ts (accepted|rejected)\n([^]*?)^```\n(?:\n```text\n([^]*?)^```\n)?/gm)].map((match): Example => {
  const title = [...page.slice(0, match.index).matchAll(/^#+ (.*)$/gm)].at(-1)![1]!;
  return { title, form: match[1] as Example['form'], source: match[2]!, errors: match[3] ?? '' };
});

const folder = temporaryFolder('subset');

const run = async (example: Example, index: number): Promise<{ errors: string; help: string[]; object: string }> => {
  const place = path.join(folder, String(index));
  const entry = writeSources(place, { 'source/example.ts': example.source });
  const object = path.join(place, 'example.o');
  // The tools' own messages would tie the page to one version of clang.
  const report = await lowerFile(entry, object, { target: 'aarch64' });
  const errors = report.entries.map((e) => `${e.file && `example.ts:${e.line}:${e.column} - `}error ${e.code}: ${e.message.split('\n')[0]}\n`);
  return { errors: errors.join(''), help: report.entries.map((e) => e.help), object };
};

describe('docs/subset.md', () => {
  test('has a rejected and an accepted example of every code that a source can cause', () => {
    const codes = Object.keys(HELP).filter((code) => code !== 'RVX9001').sort();
    const shown = (form: string): string[] => examples.filter((e) => e.form === form && e.title.startsWith('RVX')).map((e) => e.title.split(':')[0]!);
    expect(shown('rejected').sort()).toEqual(codes);
    expect(shown('accepted').sort()).toEqual(codes);
  });

  test.each(examples.map((example, index) => ({ example, index, name: `${example.title}: ${example.form}` })))('$name', async ({ example, index }) => {
    const { errors, help, object } = await run(example, index);
    expect(errors).toBe(example.errors);
    expect(existsSync(object)).toBe(example.form === 'accepted');
    if (example.form === 'rejected') {
      expect(errors).toContain(example.title.split(':')[0]);
      expect(help.every((line) => line.length > 10)).toBe(true);
    }
  });
});
