/** Card images: the same bytes in any time zone and folder, files that come back whole, firmware checked by name. */
import { afterAll, describe, expect, test } from 'vitest';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CardError, configText, firmwareFiles, kernelFile, ownFiles, type CardFile } from '../../src/cli/card.ts';
import { cardBytes, sdcardImage } from '../../src/cli/sdcard.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sdcard-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** An image's header and a little more, with `bytes` of memory asked for. */
const kernel = (bytes = 10_000): string => {
  const file = path.join(folder, 'kernel8.img');
  const image = Buffer.alloc(4096, 0x5a);
  image.writeBigUInt64LE(BigInt(bytes), 16);
  image.write('ARM\x64', 56, 'latin1');
  writeFileSync(file, image);
  return file;
};
const input = (): string => {
  const file = path.join(folder, 'some.fvecs');
  writeFileSync(file, Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7) & 255)));
  return file;
};
const firmware = (...names: string[]): string => {
  const at = mkdtempSync(path.join(folder, 'firmware-'));
  mkdirSync(path.join(at, 'overlays'));
  for (const name of names) writeFileSync(path.join(at, name), `this is ${name}`);
  return at;
};
const RPI3 = ['bootcode.bin', 'start.elf', 'fixup.dat', 'bcm2710-rpi-3-b.dtb'];
const RPI5 = ['bcm2712-rpi-5-b.dtb', 'overlays/bcm2712d0.dtbo'];
const files = (): CardFile[] => [...ownFiles(kernel(), input(), ['classes=1,2']), ...firmwareFiles(firmware(...RPI3, ...RPI5)).files];

const back = (image: string, name: string): Buffer =>
  execFileSync('mtype', ['-i', `${image}@@1M`, `::/${name}`], { maxBuffer: 1e8, env: { ...process.env, MTOOLSRC: '/dev/null' } });

describe('the image', () => {
  test('every file comes back as it went in, and the size is a power of two', async () => {
    const image = path.join(folder, 'a.img');
    const all = files();
    expect(await sdcardImage(all, image)).toBe(64 * 2 ** 20);
    expect(statSync(image).size).toBe(64 * 2 ** 20);
    for (const { name, bytes } of all) expect(back(image, name).equals(bytes), name).toBe(true);
    expect(all.map(({ name }) => name)).toEqual(['cmdline.txt', 'config.txt', 'data.fvecs', 'kernel8.img',
      ...['bcm2710-rpi-3-b.dtb', 'bcm2712-rpi-5-b.dtb', 'bootcode.bin', 'fixup.dat', 'overlays/bcm2712d0.dtbo', 'start.elf']]);
  });

  test('the partition table names one FAT32 partition that ends with the card', async () => {
    const image = path.join(folder, 'a.img');
    await sdcardImage(files(), image);
    const sector = readFileSync(image).subarray(0, 512);
    expect([sector[450], sector.readUInt32LE(454), sector.readUInt32LE(458), sector.readUInt16LE(510)])
      .toEqual([0x0c, 2048, 64 * 2048 - 2048, 0xaa55]);
    expect(sector.subarray(462, 510).every((byte) => byte === 0)).toBe(true);
    const boot = readFileSync(image).subarray(2 ** 20, 2 ** 20 + 512);
    expect([boot.readUInt16LE(11), boot.toString('latin1', 82, 90), boot.readUInt32LE(28)]).toEqual([512, 'FAT32   ', 2048]);
    const clusters = (boot.readUInt32LE(32) - boot.readUInt16LE(14) - 2 * boot.readUInt32LE(36)) / boot.readUInt8(13);
    expect(clusters).toBeGreaterThanOrEqual(65525); // fewer, and firmware takes it for FAT16
  });

  test('byte for byte the same, elsewhere, later, in another time zone', async () => {
    const script = path.join(folder, 'make.mts');
    writeFileSync(script, `import { sdcardImage } from '${path.resolve('src/cli/sdcard.ts')}';
import { ownFiles, firmwareFiles } from '${path.resolve('src/cli/card.ts')}';
const [kernel, input, firmware, image] = process.argv.slice(2);
await sdcardImage([...ownFiles(kernel, input, ['a=1']), ...firmwareFiles(firmware).files], image);\n`);
    const [a, b, from] = [path.join(folder, 'here.img'), path.join(folder, 'there', 'deep', 'card.img'), firmware(...RPI3, ...RPI5)];
    const make = (image: string, env: Record<string, string>): void => {
      const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, kernel(), input(), from, image],
        { env: { ...process.env, ...env }, encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, '']);
    };
    make(a, { TZ: 'Asia/Tokyo' });
    for (const name of RPI3) utimesSync(path.join(from, name), 1, 1);
    await new Promise((done) => setTimeout(done, 2100)); // FAT counts time in steps of two seconds
    make(b, { TZ: 'America/New_York', SOURCE_DATE_EPOCH: '1700000000' });
    expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
  }, 60_000);

  test('larger inputs get a larger card, and too large ones a sentence', () => {
    const of = (bytes: number): CardFile[] => [{ name: 'x', bytes: { length: bytes } as Buffer }];
    expect(cardBytes(of(50 * 2 ** 20))).toBe(64 * 2 ** 20);
    expect(cardBytes(of(60 * 2 ** 20))).toBe(128 * 2 ** 20);
    expect(() => cardBytes(of(1020 * 2 ** 20))).toThrow('more than the 1073741824 of the largest card image');
  });
});

describe('what is on it', () => {
  test('the kernel with the room it needs for itself', () => {
    const bytes = kernelFile(kernel(10_000));
    expect([bytes.length, bytes[4095], bytes[4096], bytes[9999]]).toEqual([10_000, 0x5a, 0, 0]);
    expect(kernelFile(kernel(100)).length).toBe(4096);
    expect(() => kernelFile(input())).toThrow(CardError);
  });

  test('config.txt names the input only if there is one', () => {
    expect(configText(true)).toContain('\ninitramfs data.fvecs followkernel\n');
    expect(configText(false)).not.toContain('initramfs');
    for (const line of ['arm_64bit=1', 'kernel=kernel8.img', 'enable_uart=1', 'init_uart_clock=48000000']) {
      expect(configText(false)).toContain(`\n${line}\n`);
    }
    expect(configText(true)).toContain('[pi5]\nos_check=0\n[all]\n');
    expect(configText(true)).not.toContain('kernel_address');
  });

  test('firmware: complete boards, other models that are there, nothing else', () => {
    const at = firmware(...RPI3, ...RPI5, 'start4.elf', 'start_x.elf', 'LICENCE');
    const { boards, files: found } = firmwareFiles(at);
    expect(boards).toEqual(['rpi3', 'rpi5']);
    expect(found.map(({ name }) => name)).toEqual([
      'bcm2710-rpi-3-b.dtb', 'bcm2712-rpi-5-b.dtb', 'bootcode.bin', 'fixup.dat', 'overlays/bcm2712d0.dtbo', 'start.elf']);
  });

  test('firmware that is complete for no board, empty, or not there is refused', () => {
    expect(() => firmwareFiles(firmware('start4.elf', 'bootcode.bin')))
      .toThrow('is complete for no board: rpi3 lacks start.elf, fixup.dat, bcm2710-rpi-3-b.dtb or bcm2837-rpi-3-b.dtb; '
        + 'rpi4 lacks fixup4.dat, bcm2711-rpi-4-b.dtb; rpi5 lacks bcm2712-rpi-5-b.dtb.');
    const empty = firmware(...RPI3);
    writeFileSync(path.join(empty, 'start.elf'), '');
    expect(() => firmwareFiles(empty)).toThrow('start.elf is empty or no file.');
    expect(() => firmwareFiles(path.join(folder, 'nothing'))).toThrow('is no folder.');
  });

  test('ATOMICS=lse: the kernel that is built so, and a word about boards that cannot run it', () => {
    const image = path.join(folder, 'lse.img');
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/sdcard.ts', '--program', 'hello', '--atomics', 'lse',
      '--firmware', firmware(...RPI3, ...RPI5), '-o', image], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('; ATOMICS=lse: a Pi 3 or 4 will say that it lacks these instructions, and stop\n');
    const built = readFileSync('build/lse/hello/kernel8.img');
    expect(back(image, 'kernel8.img').subarray(0, built.length).equals(built)).toBe(true);
  }, 120_000);
});
