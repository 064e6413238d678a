/**
 * QEMU's Raspberry Pi 4, where QEMU has one: the same image; GIC-400 behind a bus, spin table, watchdog.
 * Which QEMU: the system's, or QEMU=PATH. Without the machine the tests are skipped.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emulatorLacks } from '../../src/cli/boards.ts';
import { checks, compileTree, expectLog, hello, removeFolder, run, type Machine } from './machine.ts';

let image: string;
let rpi4: Machine;
const skipped = emulatorLacks('rpi4');
beforeAll(async () => {
  if (skipped !== undefined) return;
  image = await hello();
  rpi4 = { board: 'rpi4', cpus: 4, cpu: 'cortex-a72', memoryMebibytes: 2048, tree: await compileTree('qemu/rpi4.dts') };
}, 300_000);
afterAll(removeFolder);

const LOG = `hello from TypeScript: entered at EL2, cores 4, GICv2, timer {number} Hz
image at 0x00080000, seen at 0x10000000, code {number} bytes
RAM {number} MiB, free {number} MiB at 0x20000000, initrd 0 bytes
core 0 runs task 0
core 1 runs task 1
core 2 runs task 2
core 3 runs task 3
1000 throws between core 0 and core 0
1000 throws between core 0 and core 3
20 timer interrupts
`;

test('an emulator without the machine is said to lack it in one sentence', () => {
  if (skipped === undefined) return;
  expect(skipped).toMatch(/^Skipped: QEMU [\d.]+ has no machine raspi4b \(QEMU 9\.0 and later have it; QEMU=PATH names another\)\.$/);
});

describe.skipIf(skipped !== undefined)('the board', () => {
  test('four cores from the spin table', async () => { expectLog(await run(image, rpi4), 0, LOG); });

  test('the watchdog switches off where no host takes the exit code', async () => {
    expectLog(await run(image, { ...rpi4, extra: ['-semihosting-config', 'enable=off'] }), 0, LOG);
  });

  test('a halt on another core is reported once', async () => {
    const { text, exitCode } = await run(await checks(), { ...rpi4, arguments: ['run=fault', 'fault=other'] });
    expect(text).toContain('PANIC on core 1 in task 1: the other core stops, number 7\n');
    expect(exitCode).toBe(1);
  });
});
