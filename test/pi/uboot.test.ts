/**
 * The card image through a real boot loader: U-Boot on QEMU's Raspberry Pi 3 reads the kernel from the FAT32 card and starts it at
 * an address of its own choice, with a whole device tree.
 *
 * Needs two files that this project does not have, and is skipped without: make pi-files fetches them, or UBOOT=FILE names Debian's
 * u-boot-rpi for arm64 (usr/lib/u-boot/rpi_arm64/u-boot.bin), and TREES=FOLDER has bcm2837-rpi-3-b.dtb of a Linux package.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ownFiles } from '../../src/cli/card.ts';
import { BOARDS, emulatorOf } from '../../src/cli/boards.ts';
import { sdcardImage } from '../../src/cli/sdcard.ts';
import { folder, hello, removeFolder } from '../boot/machine.ts';

const FETCHED = path.join(import.meta.dirname, '../../build/pi');
const uboot = process.env['UBOOT'] || path.join(FETCHED, 'u-boot.bin');
const tree = path.join(process.env['TREES'] || path.join(FETCHED, 'trees'), 'bcm2837-rpi-3-b.dtb');
const there = existsSync(uboot) && existsSync(tree);
const SECONDS_LIMIT = 240;

let card: string;
beforeAll(async () => {
  if (!there) return;
  card = path.join(folder, 'sd.img');
  await sdcardImage(ownFiles(await hello(), undefined, []), card);
}, 300_000);
afterAll(removeFolder);

/** What is typed when U-Boot, on the second UART, has said something. */
const DIALOGUE: readonly (readonly [said: string, typed: string])[] = [
  ['Hit any key', '\r\n'], ['U-Boot> ', 'fatload mmc 0:1 0x00200000 kernel8.img\r\n'], ['bytes read', 'booti 0x00200000 - ${fdt_addr}\r\n'],
];

test.skipIf(!there)('U-Boot finds the kernel on the card and starts it', async () => {
  const log = path.join(folder, 'uart.log');
  const child = spawn(emulatorOf('rpi3'), [
    '-M', 'raspi3b', ...BOARDS.rpi3.flags, '-serial', `file:${log}`, '-serial', 'stdio', '-kernel', uboot, '-dtb', tree,
    '-drive', `if=sd,format=raw,file=${card}`,
  ], { stdio: ['pipe', 'pipe', 'ignore'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), SECONDS_LIMIT * 1000);
  let [said, step] = ['', 0];
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1');
    while (step < DIALOGUE.length && said.includes(DIALOGUE[step]![0])) {
      said = said.slice(said.indexOf(DIALOGUE[step]![0]) + DIALOGUE[step]![0].length);
      child.stdin.write(DIALOGUE[step++]![1]);
    }
  });
  const code = await new Promise((done) => child.on('close', done));
  clearTimeout(timer);
  expect(said).toContain('Moving Image from 0x200000 to 0x280000');
  const kernel = readFileSync(log, 'latin1').replaceAll('\r', '');
  expect(kernel).toContain('entered at EL2, cores 4, local interrupt controller');
  expect(kernel).toContain('image at 0x00280000');
  expect(kernel).toContain('20 timer interrupts\n');
  expect(code).toBe(0);
}, (SECONDS_LIMIT + 30) * 1000);
