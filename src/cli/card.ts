/**
 * What is on a card that boots: the kernel, config.txt, the command line, the input, and the board's firmware.
 *
 * Role: used by sdcard.ts (a whole image) and flash.ts (files on a boot partition that has firmware already).
 * Memory: none. Invariants: the same inputs give the same bytes; firmware is copied by name and never kept in this project.
 * Units: bytes. Fails: CardError, one sentence.
 * Elsewhere: docs/raspberry-pi.md says what each line of config.txt is for.
 * Checked by: test/pi/sdcard.test.ts, test/pi/flash.test.ts
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

export class CardError extends Error {}

export interface CardFile { name: string; bytes: Buffer }

export const KERNEL_NAME = 'kernel8.img';
export const CONFIG_NAME = 'config.txt';
export const COMMAND_LINE_NAME = 'cmdline.txt';
export const INPUT_NAME = 'data.fvecs';

/** Files without which a board's firmware does not start a kernel. Each row is satisfied by any one of its names. */
export const FIRMWARE: Readonly<Record<string, readonly (readonly string[])[]>> = {
  rpi3: [['bootcode.bin'], ['start.elf'], ['fixup.dat'], ['bcm2710-rpi-3-b.dtb', 'bcm2837-rpi-3-b.dtb']],
  rpi4: [['start4.elf'], ['fixup4.dat'], ['bcm2711-rpi-4-b.dtb']],
  rpi5: [['bcm2712-rpi-5-b.dtb']],
};
/** What is taken along if it is there: other models of the same board. */
const FIRMWARE_MORE = ['bcm2710-rpi-3-b-plus.dtb', 'bcm2837-rpi-3-b-plus.dtb', 'bcm2711-rpi-400.dtb', 'bcm2712-d-rpi-5-b.dtb',
  'overlays/bcm2712d0.dtbo', 'overlays/overlay_map.dtb'];

const IMAGE_MAGIC = 'ARM\x64';

/** Everything the firmware must know. `initramfs` has no equals sign: that is how the firmware wants it. */
export const configText = (hasInput: boolean): string => `# ruvix-queue. Written by make sdcard or make flash; docs/raspberry-pi.md explains it.
arm_64bit=1
kernel=${KERNEL_NAME}
enable_uart=1
uart_2ndstage=1
init_uart_clock=48000000
init_uart_baud=115200
${hasInput ? `initramfs ${INPUT_NAME} followkernel\n` : ''}[pi5]
os_check=0
[all]
`;

/**
 * The kernel as it lies on the card: with the zeros of its bss and stacks, which the file that QEMU gets lacks. Firmware that puts
 * the input right behind the file, whatever the header says, would otherwise put it into the kernel's own memory.
 */
export const kernelFile = (image: string): Buffer => {
  const file = readFileSync(image);
  if (file.length < 64 || file.toString('latin1', 56, 60) !== IMAGE_MAGIC) throw new CardError(`${image} is no arm64 kernel image.`);
  const bytes = Number(file.readBigUInt64LE(16));
  return Buffer.concat([file, Buffer.alloc(Math.max(0, bytes - file.length))]);
};

/** The project's own files, in the order of their names. */
export const ownFiles = (image: string, input: string | undefined, words: readonly string[]): CardFile[] => [
  { name: COMMAND_LINE_NAME, bytes: Buffer.from(`${words.join(' ')}\n`) },
  { name: CONFIG_NAME, bytes: Buffer.from(configText(input !== undefined)) },
  ...(input === undefined ? [] : [{ name: INPUT_NAME, bytes: readFileSync(input) }]),
  { name: KERNEL_NAME, bytes: kernelFile(image) },
];

/** Which boards the folder has firmware for, and what others lack. */
export const firmwareOf = (folder: string): { boards: string[]; lacks: Record<string, string[]> } => {
  const boards: string[] = [];
  const lacks: Record<string, string[]> = {};
  for (const [board, rows] of Object.entries(FIRMWARE)) {
    const missing = rows.filter((names) => !names.some((name) => existsSync(path.join(folder, name)))).map((names) => names.join(' or '));
    if (missing.length === 0) boards.push(board);
    else lacks[board] = missing;
  }
  return { boards, lacks };
};

/** The firmware in a folder: what `FIRMWARE` names of the boards that are complete, and what belongs to them. */
export const firmwareFiles = (folder: string): { boards: string[]; files: CardFile[] } => {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new CardError(`FIRMWARE: ${folder} is no folder.`);
  const { boards, lacks } = firmwareOf(folder);
  if (boards.length === 0) {
    const each = Object.entries(lacks).map(([board, names]) => `${board} lacks ${names.join(', ')}`).join('; ');
    throw new CardError(`FIRMWARE: ${folder} is complete for no board: ${each}.`);
  }
  const names = [...boards.flatMap((board) => FIRMWARE[board]!.flat()), ...FIRMWARE_MORE]
    .filter((name) => existsSync(path.join(folder, name))).sort();
  for (const name of names) {
    if (!statSync(path.join(folder, name)).isFile() || statSync(path.join(folder, name)).size === 0) {
      throw new CardError(`FIRMWARE: ${path.join(folder, name)} is empty or no file.`);
    }
  }
  return { boards, files: names.map((name) => ({ name, bytes: readFileSync(path.join(folder, name)) })) };
};
