/** The replay with capabilities as a bootable program: the script is the initrd. Free RAM is not cleared, so the arena is. */
import { copyBytes, fillBytes } from '#machine';
import { boardExit, boardInitrdBase, boardInitrdBytes } from '../../src/board/board.ts';
import { replayRunAny } from './replay-capability.ts';
import { ARENA, GROUND, GROUND_BYTES, replayPrint, SCRIPT } from './replay.ts';

export * from '../../src/board/program.ts';

export const programStart = (): void => {
  fillBytes(ARENA, (GROUND + GROUND_BYTES - ARENA) | 0, 0);
  copyBytes(SCRIPT, boardInitrdBase(), boardInitrdBytes());
  replayPrint(replayRunAny());
  boardExit(0);
};

export const programTask = (role: i32, argument: i32): i32 => (role & argument & 0);
export const programTimer = (): void => {};
