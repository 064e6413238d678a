/** The smoke program on each kind of machine: both interrupt controllers, three processors, 1 to 8 cores, EL1 and EL2, RAM sizes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyFileSync, openSync, readFileSync, writeFileSync, writeSync, closeSync } from 'node:fs';
import path from 'node:path';
import { expectLog, folder, hello, removeFolder, run, type Machine } from './machine.ts';

let image: string;
beforeAll(async () => { image = await hello(); }, 300_000);
afterAll(removeFolder);

const greetings = (cpus: number): string => Array.from({ length: cpus }, (_, i) => `core ${i} runs task ${i}\n`).join('');

const log = ({ el2 = false, gic = 2, cpus = 2, memoryMebibytes = 128 }: Machine, initrdBytes = 0): string =>
  `hello from TypeScript: entered at EL${el2 ? 2 : 1}, cores ${cpus}, GICv${gic}, timer {number} Hz
image at 0x{hex}, seen at 0x10000000, code {number} bytes
RAM ${memoryMebibytes} MiB, free {number} MiB at 0x20000000, initrd ${initrdBytes} bytes
${greetings(cpus)}1000 throws between core 0 and core 0
1000 throws between core 0 and core ${cpus - 1}
20 timer interrupts
`;

/** Everything is tried with everything it may depend on, not every combination. */
const MACHINES: Machine[] = [
  { gic: 2, cpu: 'cortex-a53', cpus: 1 },
  { gic: 2, cpu: 'cortex-a53', cpus: 4 },
  { gic: 2, cpu: 'cortex-a72', cpus: 2 },
  { gic: 2, cpu: 'max', cpus: 4 },
  { gic: 2, cpu: 'cortex-a72', cpus: 8 },
  { gic: 3, cpu: 'cortex-a53', cpus: 2 },
  { gic: 3, cpu: 'cortex-a72', cpus: 4 },
  { gic: 3, cpu: 'cortex-a72', cpus: 8 },
  { gic: 3, cpu: 'max', cpus: 1 },
  { gic: 3, cpu: 'max', cpus: 2 },
  { gic: 2, cpu: 'cortex-a53', cpus: 4, el2: true },
  { gic: 2, cpu: 'max', cpus: 2, el2: true },
  { gic: 3, cpu: 'cortex-a72', cpus: 1, el2: true },
  { gic: 3, cpu: 'max', cpus: 4, el2: true },
];

const nameOf = (machine: Machine): string => Object.entries(machine).map(([key, value]) => `${key} ${value}`).join(', ');

describe('hello', () => {
  test.each(MACHINES.map((machine) => [nameOf(machine), machine] as const))('%s', async (_name, machine) => {
    expectLog(await run(image, machine), 0, log(machine));
  });

  test.each([64, 128, 512, 1024, 2048])('memory %i MiB: all of it, up to the window, is free', async (memoryMebibytes) => {
    const machine = { memoryMebibytes };
    const [, , , free] = expectLog(await run(image, machine), 0, log(machine));
    const least = Math.min(memoryMebibytes - 6, 1024);
    expect(Number(free)).toBeGreaterThanOrEqual(least);
    expect(Number(free)).toBeLessThanOrEqual(Math.min(memoryMebibytes, 1024));
  });

  test('an initrd is found, of any length', async () => {
    const initrd = path.join(folder, 'initrd');
    for (const bytes of [1, 4097, 3_000_001]) {
      writeFileSync(initrd, Buffer.alloc(bytes, 7));
      expectLog(await run(image, { input: initrd }), 0, log({}, bytes));
    }
  });

  test.each([0x0, 0x10000, 0x200000, 0x3ff000])('load address: text_offset %i', async (offset) => {
    const moved = path.join(folder, 'moved.img');
    copyFileSync(image, moved);
    const file = openSync(moved, 'r+');
    const field = Buffer.alloc(8);
    field.writeBigUInt64LE(BigInt(offset));
    writeSync(file, field, 0, 8, 8);
    closeSync(file);
    const [, place] = expectLog(await run(moved, {}), 0, log({}));
    // QEMU moves an image up by 2 MiB if it would lie at the very start of RAM.
    expect(Number.parseInt(place!, 16)).toBe(0x40000000 + (offset < 0x1000 ? offset + 0x200000 : offset));
  });

  test('without semihosting: power off by PSCI, and the exit code is QEMU\'s own', async () => {
    expectLog(await run(image, { extra: ['-semihosting-config', 'enable=off'] }), 0, log({}));
  });

  test('one thread for all cores, counted instructions', async () => {
    expectLog(await run(image, { cpus: 4, extra: ['-icount', 'shift=0,sleep=off'] }), 0, log({ cpus: 4 }));
  });

  test('the image is small, and its header says what the loader must keep clear', () => {
    const bytes = readFileSync(image);
    expect(bytes.length).toBeLessThan(128 * 1024);
    expect(bytes.toString('latin1', 56, 60)).toBe('ARM\x64');
    expect(Number(bytes.readBigUInt64LE(16))).toBeGreaterThan(bytes.length + 32 * 32768);
    expect(Number(bytes.readBigUInt64LE(24))).toBe(0xa);
  });
});
