/**
 * Spin tables: how cores of the Raspberry Pi 3 and 4 are started. A core waits, caches off, until its word holds an address.
 *
 * Role: spinReserve while the tree is read, spinStart on the boot core, one core at a time.
 * Memory: the release words, in pages that are never given away: cores that are not started yet execute there.
 * Order: [started] of core.ts. The waiting core reads memory past all caches, so its word is cleaned to memory before the event
 *   is sent. What it needs to know, its number, it reads with its caches on (bootStarting in boot/start.S).
 * Units: physical pages of 4 KiB and what is left below. Fails: boardHalt for an address that is no multiple of 8.
 * Elsewhere: QEMU has no caches: leaving out the cleaning cannot be seen there. Checked by: test/boot/rpi3.test.ts
 */
import { store64 } from '#machine';
import { bootStartingSet, cleanToMemory, sendEvent, spinEntry } from './processor.ts';
import { memoryMapPage, memoryReserve } from './memory.ts';
import { boardHalt } from './halt.ts';

let mappedPage: i32 = 0;
/** 0: none yet. */
let mappedAt: i32 = 0;

/** Keeps the page of a release word out of the RAM window. */
export const spinReserve = (page: i32): void => { memoryReserve(page, (page + 1) | 0); };

const pageAt = (page: i32): i32 => {
  if (mappedAt === 0 || page !== mappedPage) {
    mappedAt = memoryMapPage(page);
    mappedPage = page;
  }
  return mappedAt;
};

/** Starts the core that waits on the word at `low` below `page`; it will be core `number`. */
export const spinStart = (page: i32, low: i32, number: i32): void => {
  if ((low & 7) !== 0) boardHalt('cores: a release address that is no multiple of 8, below its page', low);
  bootStartingSet(number);
  const word = (pageAt(page) + low) | 0;
  store64(word, 0, spinEntry());
  cleanToMemory(word);
  sendEvent();
};
