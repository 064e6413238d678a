/**
 * Bounded steps as numbers: the most operations that each call took in any interleaving, equal to the table of docs/explorer.md.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { ROOT } from '../../src/explore/program.ts';
import { countSteps, stepsRow } from '../../src/explore/steps.ts';
import { compileKernel } from '../../src/explore/suite.ts';

const MINUTES = 60_000;
vi.setConfig({ testTimeout: 10 * MINUTES });

test('no call takes more operations than docs/explorer.md says', () => {
  const counted = countSteps(compileKernel());
  expect(counted.filter(({ exhausted }) => !exhausted)).toEqual([]);
  const rows = counted.map(stepsRow);
  const told = readFileSync(path.join(ROOT, 'docs/explorer.md'), 'utf8').split('\n').filter((line) => /^\| `\w+` \|/.test(line));
  expect(told.join('\n')).toBe(rows.join('\n'));
});
