/** Console input by interrupt: nothing is lost, whatever the speed. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checks, removeFolder, run } from './machine.ts';

let image: string;
beforeAll(async () => { image = await checks(); }, 300_000);
afterAll(removeFolder);

const sumOf = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 0);

const echo = async (bytes: Uint8Array, gic: 2 | 3): Promise<void> => {
  const { complaints, exitCode, text } = await run(image, { gic, arguments: ['run=echo'], type: Buffer.concat([bytes, Buffer.from('!')]) });
  expect(complaints).toBe('');
  expect(text.replace('no input yet\n', '')).toBe(`type, and end with !\nbytes ${bytes.length} sum ${sumOf(bytes)}\ndone\n`);
  expect(exitCode).toBe(0);
};

test('a few bytes, control characters among them', () => echo(Uint8Array.of(65, 3, 1, 13, 0, 255, 10), 2));
test.each([2, 3] as const)('more than the ring holds, faster than they are read: GICv%i', (gic) =>
  echo(Uint8Array.from({ length: 6000 }, (_, i) => 34 + (i * 7) % 200), gic));

test('no input at all: the program says so and waits', async () => {
  const { text } = await run(image, { arguments: ['run=echo'], type: '!' });
  expect(text).toContain('bytes 0 sum 0\ndone\n');
});
