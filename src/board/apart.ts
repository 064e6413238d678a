/**
 * That what the loader put into memory lies apart: the kernel with its bss and stacks, the device tree, the initrd.
 *
 * Role: called on the boot core; by tree.ts before the tree is believed, by hardware.ts before the initrd is mapped.
 * Memory: none. Units: an address is its page and the rest below 4 KiB, because addresses have more than 32 bits.
 * Fails: boardHalt naming the two that overlap; the number is the page where the second begins.
 * Elsewhere: free RAM keeps clear of all three: memory.ts.
 * Checked by: test/boot/apart.test.ts, test/pi/trees.test.ts
 */
import { PAGE_SHIFT } from './layout.ts';
import { imageBytes, imagePage, treeLow, treePage } from './processor.ts';
import { boardHalt } from './halt.ts';

const PAGE_MASK = 0xfff;

const isBefore = (page: i32, low: i32, otherPage: i32, otherLow: i32): boolean =>
  page < otherPage || (page === otherPage && low < otherLow);

/** Whether `bytes` bytes from `low` below `page` share one with `otherBytes` bytes from `otherLow` below `otherPage`. */
const overlaps = (page: i32, low: i32, bytes: i32, otherPage: i32, otherLow: i32, otherBytes: i32): boolean => {
  const end = (low + bytes) | 0;
  const otherEnd = (otherLow + otherBytes) | 0;
  return isBefore(page, low, (otherPage + (otherEnd >>> PAGE_SHIFT)) | 0, otherEnd & PAGE_MASK)
    && isBefore(otherPage, otherLow, (page + (end >>> PAGE_SHIFT)) | 0, end & PAGE_MASK);
};

/** The first `bytes` bytes of the device tree are not the kernel's. */
export const apartTree = (bytes: i32): void => {
  if (!overlaps(imagePage(), 0, imageBytes(), treePage(), treeLow() & PAGE_MASK, bytes)) return;
  boardHalt('memory: the device tree lies over the kernel, tree at page', treePage());
};

/** An initrd of `bytes` > 0 bytes is neither the kernel's nor the device tree's, which has `treeBytes` bytes. */
export const apartInitrd = (page: i32, low: i32, bytes: i32, treeBytes: i32): void => {
  if (overlaps(imagePage(), 0, imageBytes(), page, low, bytes)) {
    boardHalt('memory: the initrd lies over the kernel, initrd at page', page);
  }
  if (overlaps(treePage(), treeLow() & PAGE_MASK, treeBytes, page, low, bytes)) {
    boardHalt('memory: the initrd lies over the device tree, initrd at page', page);
  }
};
