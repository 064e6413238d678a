/**
 * Windows on physical memory: devices, the initrd, the free RAM.
 *
 * Role: called on the boot core before other cores run; adds entries to the tables of boot/early.c.
 * Memory: writes page-table entries that were empty; an entry in use is never changed, so nothing must be invalidated.
 * Invariants: 1. Everything mapped here is never executable. 2. A 2 MiB block of RAM is in the RAM window only if no byte of it
 *   is reserved: image, device tree, initrd, or what the tree reserves. So no byte is mapped twice, except the (read-only) rest
 *   of the blocks in which tree and initrd lie.
 * Units: physical pages of 4 KiB, blocks of 2 MiB.
 * Fails: boardHalt when a list or a window is full.
 * Elsewhere: docs/memory-map.md.
 * Checked by: test/boot/memory.test.ts.
 */
import { high64, load32, load64, low64, pack64, store32, store64 } from '#machine';
import {
  AREA_BYTES, AREA_END_OFFSET, AREA_FIRST_OFFSET, BLOCK_BYTES, BLOCK_PAGES, BLOCK_SHIFT, DEVICE_SLOT_PAGES, DEVICE_WINDOW,
  DEVICE_WINDOW_SLOTS, INITRD_WINDOW, INITRD_WINDOW_BYTES, PAGE_SHIFT, RAM_AREAS_OFFSET, RAM_AREA_LIMIT, RAM_WINDOW,
  RAM_WINDOW_BLOCKS, RESERVED_AREAS_OFFSET, RESERVED_AREA_LIMIT, TREE_WINDOW,
} from './layout.ts';
import { blockTable, boardMemory, devicePageTable, tablesChanged, treePage } from './processor.ts';
import { boardHalt } from './halt.ts';

// Descriptor bits 31:0 and 63:32; the MAIR indices are those of boot/start.S.
const ENTRY_BLOCK = 1;
const ENTRY_PAGE = 3;
const ENTRY_DEVICE = 0x400;
const ENTRY_NORMAL = 0x704;
const ENTRY_READ_ONLY = 0x80;
const ENTRY_NEVER_EXECUTE_HIGH = 0x600000;
const ENTRY_BYTES = 8;

let deviceSlots: i32 = 0;
let reservedAreas: i32 = 0;
let ramAreas: i32 = 0;
let ramPages: i32 = 0;
let freeBlocks: i32 = 0;
let initrdBytes: i32 = 0;
let initrdBase: i32 = 0;

const entrySet = (table: i32, index: i32, page: i32, bits: i32): void => {
  const at = (table + Math.imul(index, ENTRY_BYTES)) | 0;
  if (low64(load64(at, 0)) !== 0) boardHalt('memory: a window entry is in use already, number', index);
  store64(at, 0, pack64((page << PAGE_SHIFT) | bits, (page >>> (32 - PAGE_SHIFT)) | ENTRY_NEVER_EXECUTE_HIGH));
};

const mapPages = (page: i32, pages: i32, bits: i32): i32 => {
  const slot = deviceSlots;
  deviceSlots = (slot + (((pages + DEVICE_SLOT_PAGES - 1) | 0) / DEVICE_SLOT_PAGES | 0)) | 0;
  if (deviceSlots > DEVICE_WINDOW_SLOTS) boardHalt('memory: no room in the device window, slots', deviceSlots);
  for (let i = 0; i < pages; i++) {
    entrySet(devicePageTable(), (Math.imul(slot, DEVICE_SLOT_PAGES) + i) | 0, (page + i) | 0, ENTRY_PAGE | bits);
  }
  tablesChanged();
  return (DEVICE_WINDOW + Math.imul(slot, DEVICE_SLOT_PAGES << PAGE_SHIFT)) | 0;
};

/** Maps device registers of up to 64 KiB per slot; returns the address of the first page. */
export const memoryMapDevice = (page: i32, pages: i32): i32 => mapPages(page, pages, ENTRY_DEVICE);

/** Maps a page of ordinary memory that nothing else maps, in a slot of the device window; returns its address. */
export const memoryMapPage = (page: i32): i32 => mapPages(page, 1, ENTRY_NORMAL);

/** Maps the block after the one in which the device tree begins. */
export const memoryMapTreeEnd = (): void => {
  const block = ((TREE_WINDOW >>> BLOCK_SHIFT) + 1) | 0;
  if (low64(load64(blockTable(), block << 3)) !== 0) return;
  const page = ((treePage() & ~(BLOCK_PAGES - 1)) + BLOCK_PAGES) | 0;
  entrySet(blockTable(), block, page, ENTRY_BLOCK | ENTRY_NORMAL | ENTRY_READ_ONLY);
  tablesChanged();
};

const areaAdd = (list: i32, index: i32, first: i32, end: i32): void => {
  const at = (boardMemory() + list + Math.imul(index, AREA_BYTES)) | 0;
  store32(at, AREA_FIRST_OFFSET, first);
  store32(at, AREA_END_OFFSET, end);
};

/** Keeps pages `first` up to before `end` out of the RAM window. */
export const memoryReserve = (first: i32, end: i32): void => {
  if (reservedAreas === RESERVED_AREA_LIMIT) boardHalt('memory: more reserved areas than the kernel can note', reservedAreas);
  areaAdd(RESERVED_AREAS_OFFSET, reservedAreas, first, end);
  reservedAreas = (reservedAreas + 1) | 0;
};

/** Notes an area of RAM that the device tree names. */
export const memoryAddRam = (first: i32, pages: i32): void => {
  if (ramAreas === RAM_AREA_LIMIT) boardHalt('memory: more areas of RAM than the kernel can note', ramAreas);
  areaAdd(RAM_AREAS_OFFSET, ramAreas, first, (first + pages) | 0);
  ramAreas = (ramAreas + 1) | 0;
  ramPages = (ramPages + pages) | 0;
};

/** Whether the page is in RAM, as far as it has been noted. */
export const memoryHolds = (page: i32): boolean => {
  for (let i = 0; i < ramAreas; i++) {
    const at = (boardMemory() + RAM_AREAS_OFFSET + Math.imul(i, AREA_BYTES)) | 0;
    if (page >= load32(at, AREA_FIRST_OFFSET) && page < load32(at, AREA_END_OFFSET)) return true;
  }
  return false;
};

const blockIsFree = (first: i32): boolean => {
  const end = (first + BLOCK_PAGES) | 0;
  for (let i = 0; i < reservedAreas; i++) {
    const at = (boardMemory() + RESERVED_AREAS_OFFSET + Math.imul(i, AREA_BYTES)) | 0;
    if (load32(at, AREA_FIRST_OFFSET) < end && first < load32(at, AREA_END_OFFSET)) return false;
  }
  return true;
};

/** Maps every free block of RAM, one behind the other, until the window is full. All areas are known by now. */
export const memoryMapRam = (): void => {
  for (let i = 0; i < ramAreas; i++) {
    const at = (boardMemory() + RAM_AREAS_OFFSET + Math.imul(i, AREA_BYTES)) | 0;
    const end = load32(at, AREA_END_OFFSET);
    let first = ((load32(at, AREA_FIRST_OFFSET) + BLOCK_PAGES - 1) | 0) & ~(BLOCK_PAGES - 1);
    while (((first + BLOCK_PAGES) | 0) <= end && freeBlocks < RAM_WINDOW_BLOCKS) {
      if (blockIsFree(first)) {
        const index = ((RAM_WINDOW >>> BLOCK_SHIFT) + freeBlocks) | 0;
        entrySet(blockTable(), index, first, ENTRY_BLOCK | ENTRY_NORMAL);
        freeBlocks = (freeBlocks + 1) | 0;
      }
      first = (first + BLOCK_PAGES) | 0;
    }
  }
  tablesChanged();
};

/** Maps the initrd read-only: `bytes` bytes from `low` below `page`. */
export const memoryMapInitrd = (page: i32, low: i32, bytes: i32): void => {
  if (bytes <= 0) boardHalt('memory: an initrd without or with too many bytes', bytes);
  const inBlock = (((page & (BLOCK_PAGES - 1)) << PAGE_SHIFT) + low) | 0;
  if (bytes > ((INITRD_WINDOW_BYTES - inBlock) | 0)) boardHalt('memory: the initrd is larger than its window, bytes', bytes);
  const blocks = ((inBlock + bytes + BLOCK_BYTES - 1) | 0) >>> BLOCK_SHIFT;
  for (let i = 0; i < (blocks | 0); i++) {
    const index = ((INITRD_WINDOW >>> BLOCK_SHIFT) + i) | 0;
    const first = ((page & ~(BLOCK_PAGES - 1)) + Math.imul(i, BLOCK_PAGES)) | 0;
    entrySet(blockTable(), index, first, ENTRY_BLOCK | ENTRY_NORMAL | ENTRY_READ_ONLY);
  }
  memoryReserve(page, (page + (((low + bytes + 4095) | 0) >>> PAGE_SHIFT)) | 0);
  initrdBase = (INITRD_WINDOW + inBlock) | 0;
  initrdBytes = bytes;
  tablesChanged();
};

/** The RAM window: all of it belongs to the program. */
export const boardFreeBase = (): i32 => RAM_WINDOW;
export const boardFreeBytes = (): i32 => freeBlocks << BLOCK_SHIFT;
/** The physical page behind an address of the RAM window. */
export const memoryPageOf = (address: i32): i32 => {
  const entry = load64((blockTable() + ((address >>> BLOCK_SHIFT) << 3)) | 0, 0);
  const first = ((low64(entry) >>> PAGE_SHIFT) | (high64(entry) << (32 - PAGE_SHIFT))) & ~(BLOCK_PAGES - 1) & 0xfffffff;
  return (first + ((address & (BLOCK_BYTES - 1)) >>> PAGE_SHIFT)) | 0;
};
/** RAM the device tree names, in MiB: bytes would not fit an i32 on a large board. */
export const boardRamMebibytes = (): i32 => (ramPages >>> 8) | 0;
/** Address of the initrd, 0 if there is none. */
export const boardInitrdBase = (): i32 => initrdBase;
export const boardInitrdBytes = (): i32 => initrdBytes;
