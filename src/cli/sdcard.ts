/**
 * The command behind `make sdcard`: a card image that boots, made without root, the same bytes every time.
 *
 *     node --import tsx src/cli/sdcard.ts --program classify -o build/sdcard/sd.img --firmware FOLDER
 *
 * Role: run by make; `sdcardImage` is also called by flash.ts and tests. mtools makes the file system; the partition table is 66
 *   bytes of ours.
 * Invariants: no time, name or number of this machine gets into the image. Its size is a power of two, as QEMU wants of a card.
 * Units: bytes, sectors of 512 bytes.
 * Fails: exit 2 with one sentence for what was asked wrongly; exit 1 with mtools' own words.
 * Checked by: test/pi/sdcard.test.ts
 */
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { CardError, firmwareFiles, ownFiles, type CardFile } from './card.ts';
import { commandWithOptions, prepare, refusing } from './prepare.ts';
import { UsageError, type RawOptions } from './options.ts';

const SECTOR_BYTES = 512;
const PARTITION_SECTOR = 2048;
const PARTITION_AT = PARTITION_SECTOR * SECTOR_BYTES;
const LEAST_BYTES = 64 * 1024 * 1024;
const MOST_BYTES = 1024 * 1024 * 1024;
/** Tables and rounding of a FAT32 file system of 512-byte clusters. */
const OVERHEAD_BYTES = 4 * 1024 * 1024;
const TYPE_FAT32_LBA = 0x0c;
/** Anything fixed. */
const SIGNATURE = 0x72757669;
const LABEL = 'RUVIX';
/** The first second a FAT file system can name. */
const EPOCH_SECONDS = 315_532_800;

/** One partition, to the end. Cylinders and heads say "too large", as nobody reads them. */
const partitionTable = (bytes: number): Buffer => {
  const table = Buffer.alloc(SECTOR_BYTES);
  table.writeUInt32LE(SIGNATURE, 440);
  table.writeUInt32LE(0xffffff << 8 >>> 0, 446);
  table.writeUInt32LE((0xffffff << 8 | TYPE_FAT32_LBA) >>> 0, 450);
  table.writeUInt8(0, 446);
  table.writeUInt32LE(PARTITION_SECTOR, 454);
  table.writeUInt32LE(bytes / SECTOR_BYTES - PARTITION_SECTOR, 458);
  table.writeUInt16LE(0xaa55, 510);
  return table;
};

/** The size of a card that holds these files. */
export const cardBytes = (files: readonly CardFile[]): number => {
  const needed = files.reduce((sum, { bytes }) => sum + Math.ceil(bytes.length / SECTOR_BYTES) * SECTOR_BYTES, PARTITION_AT + OVERHEAD_BYTES);
  let bytes = LEAST_BYTES;
  while (bytes < needed) bytes *= 2;
  if (bytes > MOST_BYTES) throw new CardError(`The files need ${needed} bytes, more than the ${MOST_BYTES} of the largest card image.`);
  return bytes;
};

const ENVIRONMENT = { TZ: 'UTC', LC_ALL: 'C', SOURCE_DATE_EPOCH: String(EPOCH_SECONDS), MTOOLS_SKIP_CHECK: '1', MTOOLSRC: '/dev/null' };
const mtools = (tool: string, ...words: string[]) => execa(tool, words, { stdin: 'ignore', env: ENVIRONMENT });

/** Writes the image; returns its size. */
export const sdcardImage = async (files: readonly CardFile[], image: string): Promise<number> => {
  const bytes = cardBytes(files);
  const staging = mkdtempSync(path.join(tmpdir(), 'sdcard-'));
  const part = `${image}.part`;
  try {
    mkdirSync(path.dirname(image), { recursive: true });
    const file = openSync(part, 'w');
    ftruncateSync(file, bytes);
    writeSync(file, partitionTable(bytes), 0, SECTOR_BYTES, 0);
    closeSync(file);
    const drive = `${part}@@${PARTITION_AT}`;
    await mtools('mformat', '-i', drive, '-F', '-c', '1', '-H', String(PARTITION_SECTOR), '-T', String(bytes / SECTOR_BYTES - PARTITION_SECTOR),
      '-h', '255', '-s', '63', '-N', SIGNATURE.toString(16), '-v', LABEL, '::');
    const folders = new Set<string>();
    for (const { name, bytes: content } of files) {
      const folder = path.posix.dirname(name);
      if (folder !== '.' && !folders.has(folder)) {
        folders.add(folder);
        await mtools('mmd', '-i', drive, `::/${folder}`);
      }
      const staged = path.join(staging, path.basename(name));
      writeFileSync(staged, content);
      utimesSync(staged, EPOCH_SECONDS, EPOCH_SECONDS);
      await mtools('mcopy', '-m', '-i', drive, staged, `::/${name}`);
      rmSync(staged);
    }
    renameSync(part, image);
  } finally {
    rmSync(staging, { recursive: true, force: true });
    rmSync(part, { force: true });
  }
  return bytes;
};

export interface CardOptions extends RawOptions {
  firmware?: string;
  /** yes: no input on the card. */
  bare?: boolean;
}

/** What goes onto a card for these options, built if need be; and a line about the firmware. */
export const cardContents = (raw: CardOptions): { own: CardFile[]; firmware: CardFile[]; about: string } => {
  const { options, image, classes } = prepare({ ...raw, target: 'qemu' });
  const own = ownFiles(image, options.program === 'classify' ? options.input : undefined, classes === undefined ? [] : [`classes=${classes}`]);
  const only = options.atomics === 'lse' ? '; ATOMICS=lse: a Pi 3 or 4 will say that it lacks these instructions, and stop' : '';
  if (raw.firmware === undefined || raw.firmware === '') {
    return { own, firmware: [], about: `no firmware (FIRMWARE=FOLDER adds it): only U-Boot and emulators start from this card${only}` };
  }
  const { boards, files } = firmwareFiles(raw.firmware);
  return { own, firmware: files, about: `firmware for ${boards.join(', ')} from ${raw.firmware}${only}` };
};

const main = async (raw: CardOptions & { output: string }): Promise<void> => {
  try {
    const { own, firmware, about } = cardContents(raw);
    const files = [...own, ...firmware].sort((a, b) => (a.name < b.name ? -1 : 1));
    const bytes = await sdcardImage(files, raw.output);
    for (const { name, bytes: content } of files) process.stdout.write(`  ${name.padEnd(28)} ${String(content.length).padStart(10)} bytes\n`);
    process.stdout.write(`${raw.output}: ${bytes / 2 ** 20} MiB, ${about}\n`);
  } catch (error) {
    if (error instanceof CardError) throw new UsageError(error.message);
    throw error;
  }
};

if (process.argv[1] === import.meta.filename) {
  await commandWithOptions('sdcard')
    .option('--firmware <folder>', 'where the firmware is: a Raspberry Pi OS boot partition or a copy of it')
    .requiredOption('-o, --output <image>', 'the card image')
    .action(refusing(main))
    .parseAsync();
}
