/**
 * Which disks may be written to, and which never: every refusal of `make flash DEVICE=`.
 *
 * Role: used by flash.ts before anything is opened. Memory: reads what Linux tells in /sys and /proc; `root` puts another folder in
 *   front of those, for tests.
 * Invariants: what cannot be read is refused, not assumed. A disk is accepted only if it says itself that it is removable, or hangs
 *   on USB, or is a card; and neither it nor a part of it is in use.
 * Units: bytes; Linux counts 512-byte sectors.
 * Fails: CardError, one sentence that says why not.
 * Checked by: test/pi/disk.test.ts
 */
import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { CardError } from './card.ts';

const SECTOR_BYTES = 512;
/** Larger is no card for a Raspberry Pi, but somebody's disk. */
const MOST_BYTES = 256 * 2 ** 30;
/** Tools of other systems name disks otherwise; so do partitions. */
const DEVICE_NAME = /^\/dev\/([a-z]+[a-z0-9]*)$/;

export interface Disk { name: string; device: string; bytes: number; model: string }

const read = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
};

const listed = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** The disk's name and those of its partitions. */
const partsOf = (system: string, name: string): string[] =>
  [name, ...listed(path.join(system, 'sys/block', name)).filter((one) => existsSync(path.join(system, 'sys/block', name, one, 'partition')))];

/** Major and minor numbers of what is mounted, with the places; from /proc/self/mountinfo. */
const mounts = (system: string): { number: string; place: string; source: string }[] => {
  const text = read(path.join(system, 'proc/self/mountinfo'));
  if (text === undefined || text === '') throw new CardError('What is mounted cannot be read (/proc/self/mountinfo).');
  return text.split('\n').map((line) => {
    const [before, behind] = line.split(' - ');
    const words = before!.split(' ');
    return { number: words[2] ?? '', place: words[4] ?? '', source: (behind ?? '').split(' ')[1] ?? '' };
  });
};

/** The disks under a block device: itself, its whole disk, and what a mapped or striped device lies on. */
const disksUnder = (system: string, name: string, seen = new Set<string>()): Set<string> => {
  if (seen.has(name)) return seen;
  seen.add(name);
  const below = path.join(system, 'sys/class/block', name);
  for (const slave of listed(path.join(below, 'slaves'))) disksUnder(system, slave, seen);
  if (existsSync(path.join(below, 'partition'))) {
    const parent = path.basename(path.dirname(realpathSync(below)));
    disksUnder(system, parent, seen);
  }
  return seen;
};

const nameOfNumber = (system: string, number: string): string | undefined =>
  listed(path.join(system, 'sys/class/block')).find((name) => read(path.join(system, 'sys/class/block', name, 'dev')) === number);

/** The disks that hold the running system: under / and what it boots from. */
const systemDisks = (system: string): Set<string> => {
  const disks = new Set<string>();
  for (const { number, place, source } of mounts(system)) {
    if (place !== '/' && place !== '/boot' && !place.startsWith('/boot/') && place !== '/usr') continue;
    const name = nameOfNumber(system, number) ?? (source.startsWith('/dev/') ? path.basename(source) : undefined);
    if (name !== undefined) disksUnder(system, name, disks);
  }
  return disks;
};

const isPluggable = (system: string, name: string): boolean => {
  const at = path.join(system, 'sys/block', name);
  const place = realpathSync(at);
  return read(path.join(at, 'removable')) === '1' || /\/(usb\d|mmc_host)\b/.test(place) || /^mmcblk\d+$/.test(name);
};

/** The disk, if it may be overwritten with `bytes` bytes. */
export const diskFor = (device: string, bytes: number, system = '/'): Disk => {
  const name = DEVICE_NAME.exec(device)?.[1];
  if (name === undefined) throw new CardError(`DEVICE must be a whole disk such as /dev/sdb or /dev/mmcblk0, not ${device || 'empty'}.`);
  const at = path.join(system, 'sys/block', name);
  if (existsSync(path.join(system, 'sys/class/block', name, 'partition'))) {
    throw new CardError(`${device} is a partition; DEVICE must be the whole disk.`);
  }
  if (!existsSync(at)) throw new CardError(`${device} is no disk of this machine.`);
  if (/^(loop|ram|zram|dm-|md|nbd|sr|fd)/.test(name)) throw new CardError(`${device} is not a disk with a card in it.`);
  if (systemDisks(system).has(name)) throw new CardError(`${device} holds the running system.`);
  if (read(path.join(at, 'ro')) !== '0') throw new CardError(`${device} is read-only; a card may have a switch.`);
  if (!isPluggable(system, name)) throw new CardError(`${device} is neither removable nor on USB nor a card; it will not be touched.`);
  const size = Number(read(path.join(at, 'size')) ?? 'NaN') * SECTOR_BYTES;
  if (!(size > 0)) throw new CardError(`${device} is empty: no card in the reader?`);
  if (size < bytes) throw new CardError(`${device} has ${size} bytes, and the image ${bytes}.`);
  if (size > MOST_BYTES) throw new CardError(`${device} has ${Math.round(size / 1e9)} GB, too much for a card; it will not be touched.`);
  const parts = partsOf(system, name);
  const numbers = new Map(parts.map((part) => [read(path.join(system, 'sys/class/block', part, 'dev')), part]));
  if (numbers.has(undefined)) throw new CardError(`${device}: its device number cannot be read.`);
  const mounted = mounts(system).find(({ number, source }) => numbers.has(number) || parts.includes(path.basename(source)));
  if (mounted !== undefined) throw new CardError(`${device} is in use: mounted at ${mounted.place}. Unmount it first.`);
  const swaps = (read(path.join(system, 'proc/swaps')) ?? '').split('\n').map((line) => path.basename(line.split(/\s/)[0] ?? ''));
  if (swaps.some((swap) => parts.includes(swap))) throw new CardError(`${device} is in use: for swapping.`);
  const holder = parts.flatMap((part) => listed(path.join(system, 'sys/class/block', part, 'holders')))[0];
  if (holder !== undefined) throw new CardError(`${device} is in use: by ${holder}.`);
  const model = [read(path.join(at, 'device/vendor')), read(path.join(at, 'device/model')) ?? read(path.join(at, 'device/name'))];
  return { name, device, bytes: size, model: model.filter((word) => word !== undefined && word !== '').join(' ') || 'no name' };
};

/** Where a folder is mounted and from what, if it is the top of a mounted FAT file system. */
export const mountOf = (folder: string, system = '/'): { source: string; isSystem: boolean } => {
  const text = read(path.join(system, 'proc/self/mountinfo'));
  if (text === undefined) throw new CardError('What is mounted cannot be read (/proc/self/mountinfo).');
  const decode = (word: string): string => word.replace(/\\(\d{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
  for (const line of text.split('\n').reverse()) {
    const [before, behind] = line.split(' - ');
    const [, , number, , place] = before!.split(' ');
    if (decode(place ?? '') !== folder) continue;
    const [type, source] = (behind ?? '').split(' ');
    if (type !== 'vfat' && type !== 'msdos') throw new CardError(`BOOT: ${folder} is a ${type} file system, not FAT.`);
    const name = nameOfNumber(system, number!) ?? path.basename(source!);
    const under = disksUnder(system, name);
    return { source: source!, isSystem: [...systemDisks(system)].some((disk) => under.has(disk)) };
  }
  throw new CardError(`BOOT: nothing is mounted at ${folder}; a boot partition must be.`);
};
