/**
 * The command behind `make flash` and `make unflash`: puts the kernel onto a card, and takes it off again.
 *
 *     BOOT=FOLDER    a mounted boot partition, of Raspberry Pi OS for example: the firmware stays, what is replaced is kept
 *     DEVICE=/dev/X  a whole card: everything on it is lost; asked for in words, and read back afterwards
 *
 * Role: run by make; --system FOLDER stands in front of /sys, /proc and /dev in tests.
 * Invariants: 1. On a boot partition each file is written beside its old self, made durable, then renamed over it; the first
 *   flash moves the old files aside, later ones leave that backup alone. 2. A device is opened exclusively: Linux refuses if any
 *   of it is in use, whatever was seen before.
 * Fails: exit 2 with one sentence and nothing written; exit 1 if writing itself failed, saying how far it came.
 * Elsewhere: which disks are refused: disk.ts; what is on a card: card.ts.
 * Checked by: test/pi/flash.test.ts, test/pi/disk.test.ts
 */
import {
  closeSync, constants, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, readSync, readdirSync, realpathSync, renameSync,
  rmSync, rmdirSync, statfsSync, writeFileSync, writeSync,
} from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { CardError, type CardFile } from './card.ts';
import { diskFor, mountOf } from './disk.ts';
import { UsageError } from './options.ts';
import { commandWithOptions, refusing } from './prepare.ts';
import { cardContents, sdcardImage, type CardOptions } from './sdcard.ts';

const BACKUP = 'ruvix-backup';
const MANIFEST = 'files.json';
const CHUNK_BYTES = 4 * 1024 * 1024;
const RESERVE_BYTES = 1024 * 1024;

interface Manifest { replaced: string[]; added: string[] }

const say = (line: string): void => { process.stdout.write(`${line}\n`); };

/** A FAT file system keeps names by their letters, not their case. */
const nameOn = (folder: string, name: string): string | undefined =>
  readdirSync(folder).find((one) => one.toLowerCase() === name.toLowerCase());

/** Durable under its own name only when whole. */
const writeDurable = (folder: string, name: string, bytes: Buffer): void => {
  const part = path.join(folder, `${name}.new`);
  const file = openSync(part, 'w');
  try {
    writeFileSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(part, path.join(folder, nameOn(folder, name) ?? name));
};

const syncFolder = (folder: string): void => {
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

const readManifest = (folder: string): Manifest | undefined => {
  const file = path.join(folder, BACKUP, MANIFEST);
  if (!existsSync(file)) return undefined;
  try {
    const { replaced, added } = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
    if ([...replaced, ...added].every((name) => typeof name === 'string' && name === path.basename(name))) return { replaced, added };
  } catch { /* said below */ }
  throw new CardError(`BOOT: ${file} is damaged; nothing was changed.`);
};

const looksLikeBoot = (folder: string): boolean =>
  readdirSync(folder).some((name) => /^(config\.txt|start4?\.elf|bootcode\.bin|bcm27\d\d-.*\.dtb)$/i.test(name));

const bootFolder = (boot: string, system: string): string => {
  if (!existsSync(boot)) throw new CardError(`BOOT: ${boot} is not there.`);
  const folder = realpathSync(boot);
  if (mountOf(folder, system).isSystem) throw new CardError(`BOOT: ${boot} belongs to the running system; it will not be touched.`);
  return folder;
};

/** Puts files onto a mounted boot partition. */
export const flashBoot = (boot: string, files: readonly CardFile[], system = '/'): void => {
  const folder = bootFolder(boot, system);
  if (!looksLikeBoot(folder)) throw new CardError(`BOOT: ${boot} has no Raspberry Pi firmware and no config.txt; is it the boot partition?`);
  const before = readManifest(folder);
  const manifest: Manifest = before ?? { replaced: [], added: [] };
  const needed = files.reduce((sum, { bytes }) => sum + bytes.length, RESERVE_BYTES);
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < needed) throw new CardError(`BOOT: ${boot} has ${bavail * bsize} bytes free, and ${needed} are needed.`);
  mkdirSync(path.join(folder, BACKUP), { recursive: true });
  for (const { name } of files) {
    const there = nameOn(folder, name);
    const known = [...manifest.replaced, ...manifest.added].some((one) => one.toLowerCase() === name.toLowerCase());
    if (known) continue; // ours from an earlier flash: the backup holds what was there before it
    if (there === undefined) manifest.added.push(name);
    else {
      writeDurable(path.join(folder, BACKUP), there, readFileSync(path.join(folder, there)));
      manifest.replaced.push(there);
      say(`  kept     ${BACKUP}/${there}`);
    }
    // Written before the file itself is touched: an interrupted flash can be taken back.
    writeDurable(path.join(folder, BACKUP), MANIFEST, Buffer.from(`${JSON.stringify(manifest)}\n`));
  }
  for (const { name, bytes } of files) {
    writeDurable(folder, name, bytes);
    if (!readFileSync(path.join(folder, nameOn(folder, name) ?? name)).equals(bytes)) throw new Error(`${name} does not read back as it was written`);
    say(`  written  ${name}, ${bytes.length} bytes`);
  }
  syncFolder(folder);
  say(`${boot}: done and synced; make unflash BOOT=${boot} takes it back.`);
};

/** Takes back what flashBoot has done. */
export const unflashBoot = (boot: string, system = '/'): void => {
  const folder = bootFolder(boot, system);
  const manifest = readManifest(folder);
  if (manifest === undefined) throw new CardError(`BOOT: ${boot} has no ${BACKUP}; there is nothing to take back.`);
  const lost = manifest.replaced.filter((name) => !existsSync(path.join(folder, BACKUP, name)));
  if (lost.length > 0) throw new CardError(`BOOT: ${BACKUP} lacks ${lost.join(', ')}; nothing was changed.`);
  for (const name of manifest.replaced) {
    writeDurable(folder, name, readFileSync(path.join(folder, BACKUP, name)));
    say(`  restored ${name}`);
  }
  for (const name of manifest.added) {
    rmSync(path.join(folder, name), { force: true });
    say(`  removed  ${name}`);
  }
  syncFolder(folder);
  for (const name of [...manifest.replaced, MANIFEST]) rmSync(path.join(folder, BACKUP, name), { force: true });
  rmdirSync(path.join(folder, BACKUP));
  syncFolder(folder);
  say(`${boot}: as it was before make flash.`);
};

/** Each piece of a file, with its place. */
const eachChunk = (file: string, use: (bytes: Buffer, at: number) => void): void => {
  const from = openSync(file, 'r');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  try {
    for (let at = 0, bytes = 0; (bytes = readSync(from, chunk, 0, CHUNK_BYTES, at)) > 0; at += bytes) use(chunk.subarray(0, bytes), at);
  } finally {
    closeSync(from);
  }
};

/** Writes an image onto a device that nobody else uses. */
export const writeDevice = (image: string, device: string): void => {
  let to: number;
  try {
    to = openSync(device, constants.O_WRONLY | constants.O_EXCL);
  } catch (error) {
    throw new CardError(`${device} cannot be opened for us alone: ${(error as NodeJS.ErrnoException).code}.`);
  }
  try {
    eachChunk(image, (bytes, at) => {
      for (let done = 0; done < bytes.length;) done += writeSync(to, bytes, done, bytes.length - done, at + done);
    });
    fsyncSync(to);
  } finally {
    closeSync(to);
  }
};

/** Reads a device again. Closed by its last user it has lost what was cached of it: this comes from the card. */
export const compareDevice = (image: string, device: string): void => {
  const to = openSync(device, 'r');
  const again = Buffer.alloc(CHUNK_BYTES);
  try {
    eachChunk(image, (bytes, at) => {
      const got = readSync(to, again, 0, bytes.length, at);
      if (got !== bytes.length || !bytes.equals(again.subarray(0, got))) {
        throw new Error(`${device} does not read back as it was written, near byte ${at}: a worn-out or false card`);
      }
    });
  } finally {
    closeSync(to);
  }
};

/** One line of standard input. */
const answer = async (question: string): Promise<string> => {
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: false });
  process.stdout.write(question);
  const line = await new Promise<string>((done) => lines.once('line', done).once('close', () => done('')));
  lines.close();
  return line.trim();
};

/** Writes a whole card, after a name has been typed. `ask` gives the answer to a question. */
export const flashDevice = async (
  device: string, files: readonly CardFile[], system: string, ask: (question: string) => Promise<string> = answer,
): Promise<void> => {
  diskFor(device, 0, system); // refused before anything is built
  const image = 'build/sdcard/flash.img';
  const bytes = await sdcardImage(files, image);
  const disk = diskFor(device, bytes, system);
  say(`${device}: ${disk.model}, ${(disk.bytes / 1e9).toFixed(1)} GB. Everything on it will be lost.`);
  if (await ask(`Type ${disk.name} to go on: `) !== disk.name) throw new CardError('Not confirmed; nothing was written.');
  diskFor(device, bytes, system); // it may have been mounted meanwhile
  const at = path.join(system, device);
  writeDevice(image, at);
  compareDevice(image, at);
  say(`${device}: ${bytes} bytes written, read back and compared.`);
};

interface FlashOptions extends CardOptions { boot: string; device: string; system: string; undo?: boolean }

const main = async (raw: FlashOptions): Promise<void> => {
  try {
    if ((raw.boot === '') === (raw.device === '')) {
      throw new CardError('Say either BOOT=FOLDER (a mounted boot partition) or DEVICE=/dev/NAME (a whole card).');
    }
    if (raw.undo === true) {
      if (raw.boot === '') throw new CardError('Only a boot partition (BOOT=FOLDER) can be taken back; a whole card is overwritten.');
      return unflashBoot(raw.boot, raw.system);
    }
    if (raw.boot !== '') bootFolder(raw.boot, raw.system);
    else diskFor(raw.device, 0, raw.system);
    const { own, firmware } = cardContents(raw);
    const files = [...own, ...firmware].sort((a, b) => (a.name < b.name ? -1 : 1));
    if (raw.boot !== '') flashBoot(raw.boot, own, raw.system);
    else await flashDevice(raw.device, files, raw.system);
  } catch (error) {
    if (error instanceof CardError) throw new UsageError(error.message);
    throw error;
  }
};

if (process.argv[1] === import.meta.filename) {
  await commandWithOptions('flash')
    .option('--firmware <folder>', 'where the firmware is, for a whole card')
    .option('--boot <folder>', 'a mounted boot partition', '')
    .option('--device <path>', 'a whole card', '')
    .option('--undo', 'take back what was done to a boot partition')
    .option('--system <folder>', 'stands in front of /sys, /proc and /dev', '/')
    .action(refusing(main))
    .parseAsync();
}
