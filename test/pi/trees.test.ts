/**
 * What the kernel makes of the device trees of Raspberry Pi 3, 4 and 5: which registers it touches, where they really are, which
 * cores it starts and how, which memory it takes. make pi-files, or TREES=FOLDER, adds real trees: those of a Linux package for arm64.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { board, type Access, type Made } from './board.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'trees-'));
afterAll(() => rmSync(folder, { recursive: true }));

const compiled = (source: string, change: (text: string) => string = (text) => text): Buffer => {
  const out = path.join(folder, 'tree.dtb');
  execFileSync('dtc', ['-q', '-I', 'dts', '-O', 'dtb', '-o', out, '-'], { input: change(readFileSync(source, 'utf8')) });
  return readFileSync(out);
};
/** QEMU and the firmware fill in the memory. */
const rpi3 = (): Buffer => compiled('qemu/rpi3.dts', (text) => text.replace('reg = <0 0>;', 'reg = <0 0x3b400000>;'));
const rpi4 = (): Buffer => compiled('qemu/rpi4.dts', (text) =>
  text.replace('reg = <0 0 0>;', 'reg = <0 0 0x3b400000>, <0 0x40000000 0xbc000000>, <1 0 0x80000000>, <1 0x80000000 0x80000000>;'));
const rpi5 = (): Buffer => compiled('test/pi/trees/rpi5.dts');

const [A53, A72, A76] = [0xd03, 0xd08, 0xd0b];
const on = (stores: readonly Access[], base: number, bytes = 0x1000): [number, number][] =>
  stores.filter(({ at }) => at >= base && at < base + bytes).map(({ at, value }) => [at - base, value]);
const [DIVISOR, FRACTION, LINE, CONTROL] = [0x24, 0x28, 0x2c, 0x30];

interface Expected {
  kind: number; uart: number; pins?: number; affinities: number[];
  /** Registers of the interrupt controller that must be written when the console's interrupt is switched on. */
  enable: [at: number, value: number];
}

const expectBoard = async (made: Made, { kind, uart, pins, affinities, enable }: Expected) => {
  const one = await board(made);
  const guessed = one.stores.length;
  expect(one.kind.boardKind()).toBe(kind);
  expect(on(one.stores, uart).some(([at, value]) => at === CONTROL && value === 0x301), 'a console before the tree is read').toBe(true);
  one.open();
  expect(one.kind.boardKind()).toBe(kind);
  expect(on(one.stores.slice(guessed), uart), 'the console is opened once').toEqual([]);
  if (pins !== undefined) expect(on(one.stores, pins).length).toBeGreaterThan(0);
  expect(one.affinities()).toEqual(affinities);
  const before = one.stores.length;
  one.interrupt.interruptUart();
  expect(one.stores.slice(before)).toEqual([{ at: enable[0], value: enable[1] }]);
  return one;
};

const RPI3: Expected = {
  kind: 3, uart: 0x3f201000, pins: 0x3f200000, affinities: [0, 1, 2, 3], enable: [0x3f00b214, 1 << 25],
};
const RPI4: Expected = {
  kind: 4, uart: 0xfe201000, pins: 0xfe200000, affinities: [0, 1, 2, 3], enable: [0xff841100 + 4 * (153 >> 5), 1 << (153 & 31)],
};
const RPI5: Expected = {
  kind: 5, uart: 0x107d001000, affinities: [0, 0x100, 0x200, 0x300], enable: [0x107fff9100 + 4 * (153 >> 5), 1 << (153 & 31)],
};

describe('Raspberry Pi 3', () => {
  test('devices, cores, memory', async () => {
    const one = await expectBoard({ tree: rpi3(), part: A53 }, RPI3);
    const blocks = one.blocks();
    expect(blocks[0]).toBe(0x400000); // not the first, where cores wait, nor the second, where the image is
    expect(blocks).not.toContain(0x2ee00000); // the tree
    expect(blocks.at(-1)).toBe(0x3b200000);
  });

  test('pins 14 and 15 become the UART, 32 and 33 leave it, the receive line is pulled up', async () => {
    const one = await board({ tree: rpi3(), part: A53, registers: { 0x3f200004: 0x3ffff_fff & 0x7fffffff, 0x3f20000c: 0x3fffffff } });
    const pins = on(one.stores, 0x3f200000);
    const [thirties, tens] = [pins.find(([at]) => at === 0x0c)![1], pins.find(([at]) => at === 0x04)![1]];
    expect([tens >> 12 & 7, tens >> 15 & 7, tens & 0xfff, tens >>> 18]).toEqual([4, 4, 0xfff, 0x3fffffff >>> 18]);
    expect([thirties >> 6 & 7, thirties >> 9 & 7, thirties & 0x3f]).toEqual([0, 0, 0x3f]);
    expect(pins.filter(([at]) => at >= 0x94)).toEqual([[0x94, 2], [0x98, 0x8000], [0x94, 0], [0x98, 0]]);
    expect(pins.findIndex(([at]) => at === 0x0c)).toBeLessThan(pins.findIndex(([at]) => at === 0x04));
  });

  test('the UART is switched off, given the rate for 48 MHz, and switched on: the firmware may have left it to Bluetooth', async () => {
    const one = await board({ tree: rpi3(), part: A53, registers: { 0x3f201030: 0x301, 0x3f201024: 1 } });
    expect(on(one.stores, 0x3f201000)).toEqual([[CONTROL, 0], [DIVISOR, 26], [FRACTION, 3], [0x38, 0], [LINE, 0x70], [CONTROL, 0x301]]);
  });

  test('a core is released by its own word, which is cleaned to memory before the event', async () => {
    const one = await board({ tree: rpi3(), part: A53 });
    one.open();
    one.setStarted();
    one.core.coreStartAll(one.exit.exitConduit());
    expect(one.calls).toEqual([1, 2, 3].flatMap((n) => [['number', n], ['clean', 0xd8 + 8 * n], ['event']]));
    expect([0xe0, 0xe8, 0xf0].map(one.word)).toEqual([0x200200n, 0x200200n, 0x200200n]);
    expect(one.word(0xd8)).toBe(0n);
  });

  test('no firmware is called; power goes by the watchdog', async () => {
    const one = await board({ tree: rpi3(), part: A53, registers: { 0x3f10001c: 0x102, 0x3f100020: 0x1000 } });
    one.open();
    one.watchdog.watchdogPowerOff();
    expect(on(one.stores, 0x3f100000)).toEqual([[0x20, 0x5a001555], [0x24, 0x5a00000a], [0x1c, 0x5a000122]]);
    expect(one.calls).toEqual([]);
  });
});

describe('Raspberry Pi 4', () => {
  test('devices, cores, memory', async () => {
    const one = await expectBoard({ tree: rpi4(), part: A72 }, RPI4);
    expect(one.blocks()[0]).toBe(0x400000);
    expect(one.blocks().length).toBe(512); // the window's end
  });

  test('the receive line is pulled up in this chip\'s own way', async () => {
    const one = await board({ tree: rpi4(), part: A72, registers: { 0xfe2000e4: 0xaaaaaaaa | 0 } });
    expect(on(one.stores, 0xfe200000).filter(([at]) => at >= 0x90)).toEqual([[0xe4, 0x6aaaaaaa]]);
  });
});

describe('Raspberry Pi 5', () => {
  test('devices above 4 GiB, cores numbered in the second byte', async () => {
    const one = await expectBoard({ tree: rpi5(), part: A76 }, RPI5);
    expect(one.initrd()).toEqual([0x60000000, 0x400001]);
    expect(one.argument.boardArgument('classes')).not.toBe(0);
  });

  test('the console keeps rate and FIFO as the firmware set them, but is switched on', async () => {
    const one = await board({ tree: rpi5(), part: A76, registers: { 0x107d00102c: 0x70, 0x107d001030: 0x301 } });
    expect(on(one.stores, 0x107d001000)).toEqual([[0x38, 0], [LINE, 0x70], [CONTROL, 0x301]]);
  });

  test('cores are started by smc, by their affinity', async () => {
    const one = await board({ tree: rpi5(), part: A76 });
    one.open();
    one.setStarted();
    one.core.coreStartAll(one.exit.exitConduit());
    expect(one.calls).toEqual([['start', 1, 0x100, 1], ['start', 1, 0x200, 2], ['start', 1, 0x300, 3]]);
  });

  test('memory that is reserved is not touched: the firmware\'s, the image, the tree, the input', async () => {
    const one = await board({ tree: rpi5(), part: A76 });
    one.open();
    const blocks = one.blocks();
    for (const taken of [0, 0x200000, 0x2ee00000, 0x2e000000, 0x2e400000, 0x3f400000]) expect(blocks).not.toContain(taken);
    expect(blocks[0]).toBe(0x400000);
    expect(blocks).toContain(0x3f200000);
    expect(blocks).toContain(0x3fa00000);
    expect(blocks).not.toContain(0x3fc00000); // the graphics processor's
    expect(blocks).toContain(0x40000000);
    expect(new Set(blocks).size).toBe(blocks.length);
  });

  test.each([
    ['in another 4 GiB', '<0 0x2e400001>', '<1 0x2e400001>', 'device tree: start and end of the initrd do not fit, end at page 1238016'],
    ['over the kernel', '<0 0x2e000000>', '<0 0x200000>', 'memory: the initrd lies over the kernel, initrd at page 512'],
    ['behind the tree\'s first byte', '<0 0x2e400001>', '<0 0x2eff0001>', 'memory: the initrd lies over the device tree, initrd at page 188416'],
    ['up to the tree\'s first byte', '<0 0x2e400001>', '<0 0x2eff0000>', ''],
  ])('an input that ends or lies %s', async (_where, from, to, said) => {
    const one = await board({ tree: compiled('test/pi/trees/rpi5.dts', (text) => text.replace(from, to)), part: A76 });
    if (said === '') one.open();
    else expect(() => one.open()).toThrow(said);
  });

  test('a tree of a board that is not known is refused on its own console', async () => {
    const one = await board({ tree: compiled('test/pi/trees/rpi5.dts', (text) => text.replace('brcm,bcm2712', 'brcm,bcm2799')), part: A76 });
    expect(() => one.open()).toThrow('device tree: not of virt, rpi3, rpi4 or rpi5');
    expect(one.said()).toContain('The device tree is for: raspberrypi,5-model-b\r\n');
  });
});

/** make pi-files fetches them. */
const FETCHED = path.join(import.meta.dirname, '../../build/pi/trees');
const real = process.env['TREES'] || (existsSync(FETCHED) ? FETCHED : '');
const REAL: readonly [string, number, Expected][] = [
  ['bcm2837-rpi-3-b.dtb', A53, RPI3], ['bcm2711-rpi-4-b.dtb', A72, RPI4], ['bcm2712-rpi-5-b.dtb', A76, RPI5],
];
describe.skipIf(real === '')('trees of a Linux package', () => {
  test.each(REAL)('%s', async (name, part, expected) => {
    expect(existsSync(path.join(real, name))).toBe(true);
    await expectBoard({ tree: readFileSync(path.join(real, name)), part }, expected);
  });
});
