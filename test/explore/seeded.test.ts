/**
 * The explorer is proved too: each seeded bug must be found, or it stands in SURVIVING with the reason.
 */
import { afterAll, expect, test, vi } from 'vitest';
import { SEEDED, SURVIVING } from '../../src/explore/seeded.ts';
import { exploreSeeded } from '../../src/explore/suite.ts';

const MINUTES = 60_000;
vi.setConfig({ testTimeout: 10 * MINUTES, hookTimeout: 10 * MINUTES });
const times: string[] = [];

test('there are enough of them', () => {
  expect(SEEDED.length).toBeGreaterThanOrEqual(60);
  expect(new Set(SEEDED.map(({ name }) => name)).size).toBe(SEEDED.length);
});

test.each(SEEDED.map((bug) => [bug.name, bug] as const))('%s', (name, bug) => {
  const { line, seconds } = exploreSeeded(bug);
  times.push(`${name.padEnd(52)} ${line ? `found in ${seconds.toFixed(1)} s: ${line.outcome.violation!.message}` : 'survived'}`);
  expect(line).toBeDefined();
});

test.each(SURVIVING.map((bug) => [bug.name, bug.why, bug] as const))('%s survives: %s', (_name, _why, bug) => {
  expect(exploreSeeded(bug).line).toBeUndefined();
});

afterAll(() => console.log(times.join('\n')));
