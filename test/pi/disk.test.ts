/** Every reason to leave a disk alone, on made-up machines. */
import { describe, expect, test } from 'vitest';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CardError } from '../../src/cli/card.ts';
import { diskFor } from '../../src/cli/disk.ts';
import { madeSystem, type MadeDisk } from './system.ts';

const SYSTEM: MadeDisk = { name: 'sda', bus: 'ata1', bytes: 500e9, parts: [{ mounted: '/boot/efi' }, { mounted: '/', type: 'ext4' }] };
const BYTES = 64 * 2 ** 20;

const trial = (device: string, ...disks: MadeDisk[]): string => {
  const system = madeSystem([SYSTEM, ...disks]);
  try {
    const disk = diskFor(device, BYTES, system);
    return `accepted: ${disk.name}, ${disk.model}, ${disk.bytes} bytes`;
  } catch (error) {
    expect(error).toBeInstanceOf(CardError);
    return (error as Error).message;
  } finally {
    rmSync(system, { recursive: true });
  }
};

describe('accepted', () => {
  test.each<[string, MadeDisk]>([
    ['a stick on USB that calls itself removable', { name: 'sdb', removable: true }],
    ['a reader on USB that does not', { name: 'sdb' }],
    ['a built-in card reader', { name: 'mmcblk0', bus: 'mmc_host' }],
    ['a removable disk elsewhere', { name: 'sdc', bus: 'ata2', removable: true }],
    ['one with partitions that nobody uses', { name: 'sdb', parts: [{}, {}] }],
  ])('%s', (_what, disk) => { expect(trial(`/dev/${disk.name}`, disk)).toMatch(`accepted: ${disk.name}, Generic STORAGE DEVICE, 32000000000`); });
});

describe('refused', () => {
  test.each<[string, string, MadeDisk[], string]>([
    ['no name', '', [], 'DEVICE must be a whole disk such as /dev/sdb or /dev/mmcblk0, not empty.'],
    ['a way round', '/dev/../dev/sdb', [{ name: 'sdb' }], 'DEVICE must be a whole disk'],
    ['a name by number', '/dev/disk/by-id/x', [], 'DEVICE must be a whole disk'],
    ['a file', 'sd.img', [], 'DEVICE must be a whole disk'],
    ['no such disk', '/dev/sdx', [], '/dev/sdx is no disk of this machine.'],
    ['a partition', '/dev/sdb1', [{ name: 'sdb', parts: [{}] }], '/dev/sdb1 is a partition; DEVICE must be the whole disk.'],
    ['a partition of a card', '/dev/mmcblk0p1', [{ name: 'mmcblk0', bus: 'mmc_host', parts: [{}] }], 'is a partition'],
    ['the disk of the root file system', '/dev/sda', [], '/dev/sda holds the running system.'],
    ['the disk under an encrypted root', '/dev/sdb',
      [{ name: 'sdb', parts: [{ holder: 'dm-0' }] }, { name: 'dm-0', bus: 'virtual', whole: { mounted: '/usr', type: 'ext4' }, slaves: ['sdb1'] }],
      '/dev/sdb holds the running system.'],
    ['a card that this machine boots from', '/dev/mmcblk0',
      [{ name: 'mmcblk0', bus: 'mmc_host', parts: [{ mounted: '/boot/firmware' }, {}] }], '/dev/mmcblk0 holds the running system.'],
    ['a fixed disk', '/dev/sdb', [{ name: 'sdb', bus: 'ata2' }], 'is neither removable nor on USB nor a card; it will not be touched.'],
    ['a fixed disk whose place only sounds like USB', '/dev/sdb', [{ name: 'sdb', bus: 'myusb' }], 'is neither removable'],
    ['a loop device', '/dev/loop0', [{ name: 'loop0', bus: 'virtual', removable: true }], 'is not a disk with a card in it.'],
    ['a striped disk', '/dev/md0', [{ name: 'md0', bus: 'virtual', removable: true }], 'is not a disk with a card in it.'],
    ['a read-only card', '/dev/sdb', [{ name: 'sdb', readOnly: true }], '/dev/sdb is read-only; a card may have a switch.'],
    ['an empty reader', '/dev/sdb', [{ name: 'sdb', bytes: 0 }], '/dev/sdb is empty: no card in the reader?'],
    ['a card that is too small', '/dev/sdb', [{ name: 'sdb', bytes: 32 * 2 ** 20 }], 'has 33554432 bytes, and the image 67108864.'],
    ['a disk that is too large for a card', '/dev/sdb', [{ name: 'sdb', bytes: 2e12 }], 'has 2000 GB, too much for a card'],
    ['a mounted partition', '/dev/sdb', [{ name: 'sdb', parts: [{}, { mounted: '/media/my card' }] }],
      '/dev/sdb is in use: mounted at /media/my\\040card. Unmount it first.'],
    ['mounted as a whole', '/dev/sdb', [{ name: 'sdb', whole: { mounted: '/media/x' } }], '/dev/sdb is in use: mounted at /media/x.'],
    ['swap space', '/dev/sdb', [{ name: 'sdb', parts: [{ swap: true }] }], '/dev/sdb is in use: for swapping.'],
    ['part of a mapped device', '/dev/sdb', [{ name: 'sdb', parts: [{ holder: 'dm-3' }] }], '/dev/sdb is in use: by dm-3.'],
    ['held as a whole', '/dev/sdb', [{ name: 'sdb', whole: { holder: 'md9' } }], '/dev/sdb is in use: by md9.'],
  ])('%s', (_what, device, disks, said) => { expect(trial(device, ...disks)).toContain(said); });

  test('what cannot be read is not assumed', () => {
    const without = (file: string): string => {
      const system = madeSystem([SYSTEM, { name: 'sdb', parts: [{}] }]);
      rmSync(path.join(system, file));
      try {
        diskFor('/dev/sdb', BYTES, system);
        return 'accepted';
      } catch (error) {
        expect(error).toBeInstanceOf(CardError);
        return (error as Error).message;
      }
    };
    expect(without('proc/self/mountinfo')).toContain('cannot be read');
    expect(without('sys/class/block/sdb/ro')).toContain('read-only');
    expect(without('sys/class/block/sdb/size')).toContain('is empty');
    expect(without('sys/class/block/sdb1/dev')).toContain('device number cannot be read');
    const system = madeSystem([SYSTEM, { name: 'sdb' }]);
    writeFileSync(path.join(system, 'proc/self/mountinfo'), '');
    expect(() => diskFor('/dev/sdb', BYTES, system)).toThrow('cannot be read');
  });
});
