/**
 * The boards that QEMU can be, from qemu/BOARD.json; those that are real boards have exactly what they have (`fixed`) and need a
 * device tree made from qemu/BOARD.dts.
 *
 * Role: used by boot.ts and options.ts. Fails: emulatorLacks says in one sentence why a board cannot run here.
 * Checked by: test/cli/options.test.ts, test/boot/rpi3.test.ts, test/boot/rpi4.test.ts
 */
import { spawnSync } from 'node:child_process';
import rpi3 from '../../qemu/rpi3.json' with { type: 'json' };
import rpi4 from '../../qemu/rpi4.json' with { type: 'json' };
import virt from '../../qemu/virt.json' with { type: 'json' };

export const BOARDS = { virt, rpi3, rpi4 };
export type BoardName = keyof typeof BOARDS;
export const BOARD_NAMES = Object.keys(BOARDS) as BoardName[];

/** The emulator: QEMU=PATH names another than the one of the system. */
export const emulatorOf = (board: BoardName): string => process.env['QEMU'] || BOARDS[board].emulator;

/** The compiled device tree of a board that needs one; made by make. */
export const treeOf = (board: BoardName): string | undefined => (BOARDS[board].fixed ? `build/boards/${board}.dtb` : undefined);

/** One sentence if the emulator here does not have the board's machine. An emulator that is not there is not our business. */
export const emulatorLacks = (board: BoardName): string | undefined => {
  if (!BOARDS[board].fixed) return undefined;
  const ask = (word: string): string => spawnSync(emulatorOf(board), word.split(' '), { encoding: 'utf8' }).stdout ?? '';
  const machines = ask('-machine help');
  if (machines === '' || new RegExp(`^${BOARDS[board].machine} `, 'm').test(machines)) return undefined;
  const version = /version (\d[\d.]*)/.exec(ask('--version'))?.[1] ?? '';
  return `Skipped: QEMU ${version} has no machine ${BOARDS[board].machine} (QEMU 9.0 and later have it; QEMU=PATH names another).`;
};
