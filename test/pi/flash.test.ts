/** Putting the kernel onto a card and taking it back, on folders and files that stand for boot partitions and cards. */
import { afterAll, describe, expect, test, vi } from 'vitest';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CardFile } from '../../src/cli/card.ts';
import { compareDevice, flashBoot, flashDevice, unflashBoot, writeDevice } from '../../src/cli/flash.ts';
import { madeSystem, type MadePart } from './system.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'flash-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
vi.spyOn(process.stdout, 'write').mockImplementation(() => true);

const files = (word: string): CardFile[] =>
  ['cmdline.txt', 'config.txt', 'data.fvecs', 'kernel8.img'].map((name) => ({ name, bytes: Buffer.from(`${word} ${name}`) }));
const contents = (at: string): Record<string, string> =>
  Object.fromEntries(readdirSync(at).filter((name) => statSync(path.join(at, name)).isFile())
    .map((name) => [name, readFileSync(path.join(at, name), 'utf8')]));

/** A boot partition of Raspberry Pi OS, and the machine it is mounted on. */
const boot = (part: MadePart = {}, there: Record<string, string> = { 'config.txt': 'old config', 'KERNEL8.IMG': 'old kernel', 'start.elf': 'firmware' }) => {
  const at = mkdtempSync(path.join(folder, 'boot '));
  for (const [name, text] of Object.entries(there)) writeFileSync(path.join(at, name), text);
  const system = madeSystem([
    { name: 'sda', bus: 'ata1', parts: [{ mounted: '/', type: 'ext4' }] }, { name: 'sdb', parts: [{ mounted: at, ...part }] },
  ]);
  return { at, system, there };
};

describe('a mounted boot partition', () => {
  test('files are written, old ones kept, and taken back', () => {
    const { at, system, there } = boot();
    flashBoot(at, files('new'), system);
    expect(contents(at)).toEqual({
      'config.txt': 'new config.txt', 'KERNEL8.IMG': 'new kernel8.img', 'start.elf': 'firmware',
      'cmdline.txt': 'new cmdline.txt', 'data.fvecs': 'new data.fvecs',
    });
    expect(contents(path.join(at, 'ruvix-backup'))).toMatchObject({ 'config.txt': 'old config', 'KERNEL8.IMG': 'old kernel' });
    unflashBoot(at, system);
    expect(contents(at)).toEqual(there);
    expect(existsSync(path.join(at, 'ruvix-backup'))).toBe(false);
  });

  test('a second flash keeps the first backup', () => {
    const { at, system, there } = boot();
    flashBoot(at, files('one'), system);
    flashBoot(at, files('two'), system);
    expect(contents(at)['config.txt']).toBe('two config.txt');
    unflashBoot(at, system);
    expect(contents(at)).toEqual(there);
  });

  test('a flash that is cut off anywhere can be taken back', () => {
    const { at, system, there } = boot();
    for (let whole = 0; whole < 4; whole++) {
      let looks = 0;
      const cut = files('new').map((file, i) => (i < whole ? file : {
        name: file.name,
        get bytes(): Buffer { if (looks++ >= 4 - whole) throw new Error('the card was pulled'); return file.bytes; },
      }));
      expect(() => flashBoot(at, cut, system)).toThrow('pulled');
      unflashBoot(at, system);
      expect(contents(at)).toEqual(there);
    }
  });

  const refuse = (said: string, work: () => void, at: string): void => {
    const before = existsSync(at) ? contents(at) : {};
    expect(work).toThrow(said);
    expect(existsSync(at) ? contents(at) : {}).toEqual(before);
  };
  test.each<[string, string, MadePart, Record<string, string> | undefined]>([
    ['not a FAT file system', 'is a ext4 file system, not FAT.', { type: 'ext4' }, undefined],
    ['not mounted', 'nothing is mounted at', { mounted: '/elsewhere' }, undefined],
    ['not a boot partition', 'has no Raspberry Pi firmware and no config.txt', {}, { 'holiday.jpg': 'sun' }],
  ])('%s: refused, nothing changed', (_what, said, part, there) => {
    const { at, system } = boot(part, there);
    refuse(said, () => flashBoot(at, files('new'), system), at);
  });

  test('what is not there, or belongs to the running system, is refused', () => {
    expect(() => flashBoot(path.join(folder, 'nothing'), files('new'), '/')).toThrow('is not there.');
    const at = mkdtempSync(path.join(folder, 'boot-'));
    writeFileSync(path.join(at, 'config.txt'), 'mine');
    const system = madeSystem([{ name: 'mmcblk0', bus: 'mmc_host', parts: [{ mounted: at }, { mounted: '/', type: 'ext4' }] }]);
    refuse('belongs to the running system; it will not be touched.', () => flashBoot(at, files('new'), system), at);
  });

  test('too little room: refused before anything is written', () => {
    const { at, system } = boot();
    refuse('bytes free, and', () => flashBoot(at, [{ name: 'kernel8.img', bytes: { length: 1e15 } as Buffer }], system), at);
  });

  test('nothing to take back, or a damaged backup: refused, nothing changed', () => {
    const { at, system } = boot();
    refuse('there is nothing to take back', () => unflashBoot(at, system), at);
    flashBoot(at, files('new'), system);
    rmSync(path.join(at, 'ruvix-backup/config.txt'));
    refuse('lacks config.txt; nothing was changed.', () => unflashBoot(at, system), at);
    for (const text of ['{"replaced":["../../etc/passwd"],"added":[]}', '{', '{}']) {
      writeFileSync(path.join(at, 'ruvix-backup/files.json'), text);
      refuse('is damaged; nothing was changed.', () => unflashBoot(at, system), at);
    }
  });
});

describe('a whole card', () => {
  const card = (bytes = 80 * 2 ** 20) => {
    const system = madeSystem([{ name: 'sda', bus: 'ata1', parts: [{ mounted: '/', type: 'ext4' }] }, { name: 'sdb', bytes }]);
    truncateSync(path.join(system, 'dev/sdb'), bytes);
    return { system, at: path.join(system, 'dev/sdb') };
  };

  test('written after its name has been typed, and read back', async () => {
    const { system, at } = card();
    let asked = '';
    await flashDevice('/dev/sdb', files('new'), system, async (question) => { asked = question; return 'sdb'; });
    expect(asked).toBe('Type sdb to go on: ');
    const written = readFileSync(at);
    expect([written.length, written.readUInt16LE(510)]).toEqual([80 * 2 ** 20, 0xaa55]);
    expect(written.includes('new kernel8.img')).toBe(true);
  });

  test.each(['', 'yes', 'SDB', '/dev/sdb'])('not confirmed (%j): nothing is written', async (typed) => {
    const { system, at } = card();
    await expect(flashDevice('/dev/sdb', files('new'), system, async () => typed)).rejects.toThrow('Not confirmed; nothing was written.');
    expect(readFileSync(at).every((byte) => byte === 0)).toBe(true);
  });

  test('mounted while the question was open: refused', async () => {
    const { system, at } = card();
    const mount = async (): Promise<string> => {
      writeFileSync(path.join(system, 'proc/self/mountinfo'), '1 1 8:16 / /media/x rw - vfat /dev/sdb rw\n');
      return 'sdb';
    };
    await expect(flashDevice('/dev/sdb', files('new'), system, mount)).rejects.toThrow('is in use: mounted at /media/x');
    expect(readFileSync(at).every((byte) => byte === 0)).toBe(true);
  });

  test('a device that does not keep what it is given is found out, and one that cannot be opened is said', () => {
    const image = path.join(folder, 'image');
    writeFileSync(image, 'some bytes');
    const card = path.join(folder, 'card');
    writeFileSync(card, Buffer.alloc(100));
    writeDevice(image, card);
    compareDevice(image, card);
    writeFileSync(card, 'some bites');
    expect(() => compareDevice(image, card)).toThrow('does not read back as it was written, near byte 0: a worn-out or false card');
    writeFileSync(card, 'some');
    expect(() => compareDevice(image, card)).toThrow('does not read back as it was written');
    expect(() => writeDevice(image, path.join(folder, 'nothing'))).toThrow('cannot be opened for us alone: ENOENT.');
    mkdirSync(path.join(folder, 'folder'));
    expect(() => writeDevice(image, path.join(folder, 'folder'))).toThrow('cannot be opened for us alone: EISDIR.');
  });
});

test('make flash asks for one of both, and refuses in one sentence before it builds', () => {
  const flash = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/flash.ts', ...words], { encoding: 'utf8' });
    return { status, stdout, stderr };
  };
  const neither = { status: 2, stdout: '', stderr: 'Say either BOOT=FOLDER (a mounted boot partition) or DEVICE=/dev/NAME (a whole card).\n' };
  expect(flash()).toEqual(neither);
  expect(flash('--boot', '/x', '--device', '/dev/sdb')).toEqual(neither);
  const system = madeSystem([{ name: 'sda', bus: 'ata1', parts: [{ mounted: '/', type: 'ext4' }] }]);
  expect(flash('--device', '/dev/sda', '--system', system)).toEqual({ status: 2, stdout: '', stderr: '/dev/sda holds the running system.\n' });
  expect(flash('--undo', '--device', '/dev/sda', '--system', system).stderr).toContain('Only a boot partition (BOOT=FOLDER) can be taken back');
  expect(flash('--boot', '/nowhere', '--system', system).stderr).toBe('BOOT: /nowhere is not there.\n');
}, 60_000);
