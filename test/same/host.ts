/** The replay as a Linux process: the script is the file that src/lower/runtime/host.c maps. */
import { copyBytes } from '#machine';
import { replayRunAny } from './replay-capability.ts';
import { replayPrint, SCRIPT } from './replay.ts';

export const hostMain = (ramBase: i32, ramBytes: i32, fileBase: i32, fileBytes: i32): i32 => {
  if (ramBase === 0 || ramBytes === 0 || fileBytes === 0) return 1;
  copyBytes(SCRIPT, fileBase, fileBytes);
  replayPrint(replayRunAny());
  return 0;
};
