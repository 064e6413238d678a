/**
 * The check that the processor has the atomic instructions this image was built with.
 *
 * Role: atomicsCheck on the boot core, as soon as there is a console and an exit, before the first read-modify-write: main.ts.
 *   The cores of one board are of one kind, so the others need no check. What is built how: src/lower/clang.ts.
 * Memory: PANIC_OWNER of layout.ts, so that the console leaves its lock, a read-modify-write, alone. No other core runs yet.
 * Fails: says so and stops with exit code 1. No panic: reporting one would need the missing instructions.
 * Checked by: test/boot/atomics.test.ts
 */
import { store32 } from '#machine';
import { PANIC_OWNER_OFFSET } from './layout.ts';
import { boardMemory, processorLacksAtomics, processorPart } from './processor.ts';
import { consoleHex, consoleText } from './console.ts';
import { exitNow } from './exit.ts';

const BOOT_OWNER = 1;

export const atomicsCheck = (): void => {
  if (!processorLacksAtomics()) return;
  store32(boardMemory(), PANIC_OWNER_OFFSET, BOOT_OWNER);
  consoleText('\nThis kernel is built with ATOMICS=lse, and the processor (part 0x');
  consoleHex(processorPart(), 3);
  consoleText(') has no such instructions. Build it without.\n');
  exitNow(1);
};
