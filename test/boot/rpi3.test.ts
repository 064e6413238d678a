/**
 * QEMU's Raspberry Pi 3: the same image as on virt, from its own device tree; spin table, mailboxes, old interrupt controller,
 * watchdog; entered at EL3 with all cores at once; trees that are damaged, missing, or of another board.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { BOARDS, emulatorOf } from '../../src/cli/boards.ts';
import { checks, compileTree, expectLog, folder, hello, jumpTo, removeFolder, run, type Machine } from './machine.ts';

const SECONDS_LIMIT = 60;
let image: string;
let tree: string;
let rpi3: Machine;
beforeAll(async () => {
  image = await hello();
  tree = await compileTree('qemu/rpi3.dts');
  rpi3 = { board: 'rpi3', cpus: 4, cpu: 'cortex-a53', memoryMebibytes: 1024, tree };
}, 300_000);
afterAll(removeFolder);

const log = (level: number, page = '80', initrdBytes = 0): string =>
  `hello from TypeScript: entered at EL${level}, cores 4, local interrupt controller, timer {number} Hz
image at 0x00${page.padStart(3, '0')}000, seen at 0x10000000, code {number} bytes
RAM 960 MiB, free {number} MiB at 0x20000000, initrd ${initrdBytes} bytes
core 0 runs task 0
core 1 runs task 1
core 2 runs task 2
core 3 runs task 3
1000 throws between core 0 and core 0
1000 throws between core 0 and core 3
20 timer interrupts
`;

/** A copy of the image with another text_offset in its header, as newer firmware and other loaders choose. */
const withOffset = (offset: number): string => {
  const moved = path.join(folder, `offset-${offset}.img`);
  copyFileSync(image, moved);
  const bytes = readFileSync(moved);
  bytes.writeBigUInt64LE(BigInt(offset), 8);
  writeFileSync(moved, bytes);
  return moved;
};

describe('the board', () => {
  test('four cores from the spin table', async () => { expectLog(await run(image, rpi3), 0, log(2)); });

  test('the watchdog switches off where no host takes the exit code', async () => {
    expectLog(await run(image, { ...rpi3, extra: ['-semihosting-config', 'enable=off'] }), 0, log(2));
  });

  test.each([[0x80000, '80'], [0x200000, '200'], [0x280000, '280']] as const)('text offset 0x%i', async (offset, page) => {
    const [, , free] = expectLog(await run(withOffset(offset), rpi3), 0, log(2, page));
    expect(Number(free)).toBeGreaterThan(950); // less the first block, where cores wait, and those of image and tree
    expect(Number(free)).toBeLessThan(960);
  });

  test('input data: an initrd', async () => {
    const initrd = path.join(folder, 'initrd');
    writeFileSync(initrd, Buffer.alloc(3_000_001, 7));
    expectLog(await run(image, { ...rpi3, input: initrd }), 0, log(2, '80', 3_000_001));
  });

  test('no wake-up is lost', async () => {
    expectLog(await run(await checks(), { ...rpi3, arguments: ['run=wait'] }), 0, `results are right
counts are right
tokens 18198 taken
10000 rounds of the duel
300 tasks came and went
done
`);
  });

  test('console input, by way of the old interrupt controller', async () => {
    const bytes = Uint8Array.from({ length: 6000 }, (_, i) => 34 + (i * 7) % 200);
    const sum = bytes.reduce((before, byte) => (Math.imul(before, 31) + byte) >>> 0, 0);
    // The FIFO is switched on when the device is opened, which forgets the one byte that may wait there.
    const { text, exitCode } = await run(await checks(), {
      ...rpi3, arguments: ['run=echo'], type: async (said) => { await said('type'); return Buffer.concat([bytes, Buffer.from('!')]); },
    });
    expect(text.replace('no input yet\n', '')).toBe(`type, and end with !\nbytes 6000 sum ${sum}\ndone\n`);
    expect(exitCode).toBe(0);
  });

  test('a halt on another core is reported once, and the others stand still', async () => {
    const { text, exitCode } = await run(await checks(), { ...rpi3, arguments: ['run=fault', 'fault=other'] });
    expect(text).toContain('PANIC on core 1 in task 1: the other core stops, number 7\n');
    expect(text).toContain('    faultTask  test/boot/programs/fault.ts:');
    expect(exitCode).toBe(1);
  });
});

/** Boots without any loader: cores at the entry point at EL3, all four at once, and x0 as given. */
const bootBare = async (x0: number, treeFile: string): Promise<{ text: string; exitCode: number | undefined }> => {
  const [imageAt, treeAt, stubAt] = [0x280000, 0x8000000, 0x1000];
  const stub = path.join(folder, 'stub.bin');
  writeFileSync(stub, jumpTo(imageAt, x0));
  const load = (file: string, address: number): string[] => ['-device', `loader,file=${file},addr=${address},force-raw=on`];
  const { stdout, exitCode } = await execa(emulatorOf('rpi3'), [
    '-M', 'raspi3b', ...BOARDS.rpi3.flags, ...BOARDS.rpi3.serial, ...load(image, imageAt), ...load(treeFile, treeAt), ...load(stub, stubAt),
    ...[0, 1, 2, 3].flatMap((core) => ['-device', `loader,addr=${stubAt},cpu-num=${core}`]),
  ], { stdin: 'ignore', reject: false, timeout: SECONDS_LIMIT * 1000 });
  return { text: stdout.replaceAll('\r', ''), exitCode };
};

describe('without a loader', () => {
  test('EL3, and all cores arrive at once', async () => {
    const { text, exitCode } = await bootBare(0x8000000, await compileTree('qemu/rpi3.dts', (source) =>
      source.replace('reg = <0 0>;', 'reg = <0 0x3c000000>;')));
    expect(text).toContain('entered at EL3, cores 4, local interrupt controller');
    expect(text).toContain('20 timer interrupts');
    expect(exitCode).toBe(0);
  });

  test('no tree, but the older list of tags: said on the console that the processor suggests', async () => {
    const { text, exitCode } = await run(image, { ...rpi3, tree: '' });
    expect(text).toContain('PANIC on core 0: no device tree: the loader of a raw image passes its address in x0, which was 256\n');
    expect(exitCode).toBe(1);
  });

  test('no tree at all', async () => {
    const { text, exitCode } = await bootBare(0, tree);
    expect(text).toContain('PANIC on core 0: no device tree: the loader of a raw image passes its address in x0, which was 0\n');
    expect(exitCode).toBe(1);
  });
});

describe('trees that name something else', () => {
  const boot = async (change: (source: string) => string): Promise<string> => {
    const { text, exitCode } = await run(image, { ...rpi3, tree: await compileTree('qemu/rpi3.dts', change) });
    expect(exitCode).toBe(1);
    return text;
  };

  test('a board that is not known', async () => {
    const text = await boot((source) => source.replace('"raspberrypi,3-model-b", "brcm,bcm2837"', '"someone,toaster"'));
    expect(text).toContain('The device tree is for: someone,toaster\n');
    expect(text).toContain('PANIC on core 0: device tree: not of virt, rpi3, rpi4 or rpi5, image at page 128\n');
  });

  test.each([
    ['a bus that leads nowhere', 'ranges = <0x7e000000 0x3f000000 0x1000000>', 'ranges = <0x7e000000 0x3f000000 0x100000>',
      'device tree: a device outside its bus, page 516609 (0x0007e201)'],
    ['a bus that passes nothing on', 'ranges = <0x7e000000 0x3f000000 0x1000000>, <0x40000000 0x40000000 0x1000>;', '',
      'device tree: a device on a bus that passes nothing on, page 516609 (0x0007e201)'],
    ['cores without a way to start', /enable-method = "spin-table"/g, 'enable-method = "magic"',
      'cores: neither firmware nor a spin table starts core 1'],
    ['a release address between two words', '0 0xe0', '0 0xe4', 'cores: a release address that is no multiple of 8, below its page 228'],
    ['a release address where nobody waits', '0 0xe0', '0 0x120', 'cores: no sign of life within a second from core 1'],
    ['no old interrupt controller', 'brcm,bcm2836-armctrl-ic', 'brcm,something', 'device tree: no brcm,bcm2836-armctrl-ic 0'],
    ['no interrupt controller', 'brcm,bcm2836-l1-intc', 'brcm,something', 'device tree: no interrupt controller this kernel knows 0'],
    ['an initrd over the kernel\'s stacks', 'chosen { };', 'chosen { linux,initrd-start = <0x180000>; linux,initrd-end = <0x180001>; };',
      'memory: the initrd lies over the kernel, initrd at page 384'],
    ['an initrd where devices are', 'chosen { };', 'chosen { linux,initrd-start = <0x3f000000>; linux,initrd-end = <0x3f001000>; };',
      'memory: the initrd is not in RAM, initrd at page 258048 (0x0003f000)'],
    ['no timer', 'arm,armv7-timer', 'arm,something', 'device tree: no timer (arm,armv7-timer) 0'],
    ['a console without interrupt', 'interrupts = <2 25>;', '', 'device tree: a device without its interrupt, index 0'],
  ] as const)('%s', async (_what, from, to, said) => {
    expect(await boot((source) => source.replace(from, to))).toContain(`PANIC on core 0: ${said}\n`);
  });
});
