/** The windows on memory: free RAM is all different memory and touches neither code, device tree nor initrd. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { checks, expectLog, folder, removeFolder, run } from './machine.ts';

let image: string;
beforeAll(async () => { image = await checks(); }, 300_000);
afterAll(removeFolder);

const sumOf = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) >>> 0, 0);

test.each([[64, 0], [128, 1_000_003], [512, 1], [1024, 3_000_000]])('memory %i MiB, initrd of %i bytes', async (memoryMebibytes, bytes) => {
  const content = Uint8Array.from({ length: bytes }, (_, i) => (i * 7 + (i >> 8)) & 255);
  const initrd = path.join(folder, 'initrd');
  writeFileSync(initrd, content);
  const log = await run(image, { memoryMebibytes, arguments: ['run=memory'], ...(bytes === 0 ? {} : { input: initrd }) });
  const [free] = expectLog(log, 0,
    `RAM ${memoryMebibytes} MiB, free {number} MiB, initrd ${bytes} bytes sum ${sumOf(content)}\ndone\n`);
  expect(Number(free)).toBeGreaterThanOrEqual(memoryMebibytes - 8 - Math.ceil(bytes / 2 ** 20));
});
