/**
 * Input: counts and sums all bytes up to a `!`, slower than they arrive, so that the ring fills.
 */
import { boardConsoleRead, boardConsoleWait } from '../../../src/board/board.ts';
import { consoleNumber, consoleText, consoleUnsigned } from '../../../src/board/console.ts';
import { timeMicros32 } from '#machine';

const END = 33;
/** After this many bytes the reader pauses for a while. */
const BURST = 600;
const PAUSE_MICROSECONDS = 20000;

const doNothing = (microseconds: i32): void => {
  const began = timeMicros32();
  while (((timeMicros32() - began) | 0) < microseconds) continue;
};

export const echoStart = (): void => {
  consoleText('type, and end with !\n');
  if (boardConsoleWait(0) !== 0) consoleText('no input yet\n');
  let bytes: i32 = 0;
  let sum: i32 = 0;
  while (true) {
    const v = boardConsoleRead();
    if (v < 0) {
      boardConsoleWait(-1);
    } else {
      if (v === END) break;
      bytes = (bytes + 1) | 0;
      sum = (Math.imul(sum, 31) + v) | 0;
      if (((bytes % BURST) | 0) === 0) doNothing(PAUSE_MICROSECONDS);
    }
  }
  consoleText('bytes ');
  consoleNumber(bytes);
  consoleText(' sum ');
  consoleUnsigned(sum);
  consoleText('\n');
};
