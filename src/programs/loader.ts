/**
 * The serial loader: waits for a kernel on the console's line, checks it, and starts it. With it on the
 * card, the card stays where it is.
 *
 * Role: entry module of build/virt/loader; brings its own kernelMain. One core, no interrupts, no tasks: the others wait in their
 *   spin table or in the firmware for the kernel that comes, which finds the board as if nobody had been there.
 * Memory: the kernel is put into free RAM that is contiguous in physical memory.
 * Protocol: the host sends a header of HEADER_BYTES: magic, length, CRC-32 of the kernel, CRC-32 of the 12 bytes before, all in
 *   little-endian order; and, when asked to, the kernel. It answers in lines, for people and for
 *   src/cli/chainload.ts:
 *     LOADER ready            each second, until a header comes
 *     LOADER bad header       its checksum is wrong
 *     LOADER bad length N     a kernel of that length does not fit
 *     LOADER send N           the header is good: now the kernel
 *     LOADER timeout N        only N bytes came, then nothing for a second
 *     LOADER bad checksum     all bytes came, not as they were sent
 *     LOADER no kernel        good bytes, but not an arm64 kernel image
 *     LOADER starting         the next line is the kernel's
 *   After every failure it is ready again.
 * Fails: as the lines say; a board without a device tree is a panic. Units: microseconds, bytes.
 * Checked by: test/pi/chainload.test.ts
 */
import { load32, load8, low64, load64, store8, timeMicros32 } from '#machine';
import { boardConsoleFlush, boardFreeBase, boardFreeBytes, boardHalt } from '../board/board.ts';
import { consoleNumber, consoleText } from '../board/console.ts';
import { coreInit } from '../board/core.ts';
import { hardwareGuess, hardwareOpen } from '../board/hardware.ts';
import { memoryPageOf } from '../board/memory.ts';
import { cleanAll, leaveTo } from '../board/processor.ts';
import { treeCheck } from '../board/tree.ts';
import { uartDrain, uartGet } from '../board/uart.ts';
import { exitHost } from '../board/exit.ts';

export { boardException } from '../board/panic.ts';
export { boardInterrupt } from '../board/interrupt.ts';
export { boardConsoleByte } from '../board/console.ts';
export { boardHalt } from '../board/halt.ts';
export { taskMain } from '../board/tasks.ts';
export { kernelNotify32, kernelWait32 } from '../board/wait.ts';

const HEADER_BYTES = 16;
const HEADER_LENGTH = 4;
const HEADER_CHECKSUM = 8;
const HEADER_OWN_CHECKSUM = 12;
/** "RVXL" */
const MAGIC = 0x4c585652;
/** "ARM" and 0x64, at offset 56 of a kernel image. */
const IMAGE_MAGIC = 0x644d5241;
const IMAGE_MAGIC_OFFSET = 56;
const IMAGE_SIZE_OFFSET = 16;
const IMAGE_LEAST_BYTES = 64;

const BLOCK_BYTES = 0x200000;
/** The largest kernel, with its bss and stacks; so many blocks in a row are looked for, and one for the header. */
const KERNEL_BYTES_LIMIT = 0x1000000;
const RUN_BLOCKS = 9;

const PATIENCE_MICROSECONDS = 1000000;
const QUIET_MICROSECONDS = 200000;
const CRC_POLYNOMIAL = 0xedb88320 | 0;
const NOTHING = -1;
const BYTE_ERRORS = 0xf00;

const crcByte = (crc: i32, byte: i32): i32 => {
  let rest = crc ^ byte;
  for (let i = 0; i < 8; i++) rest = (rest >>> 1) ^ ((rest & 1) === 0 ? 0 : CRC_POLYNOMIAL);
  return rest | 0;
};

/** The next byte, or NOTHING if none has come for so long. A byte with an error flag counts: the checksum finds it out. */
const take = (microseconds: i32): i32 => {
  const began = timeMicros32();
  while (true) {
    const v = uartGet();
    if (v >= 0) return v & ~BYTE_ERRORS & 255;
    if (((timeMicros32() - began) | 0) > microseconds) return NOTHING;
  }
};

const say = (line: text): void => {
  consoleText('LOADER ');
  consoleText(line);
  consoleText('\n');
};

const sayNumber = (line: text, number: i32): void => {
  consoleText('LOADER ');
  consoleText(line);
  consoleNumber(number);
  consoleText('\n');
};

/** Lets what is still on its way pass by. */
const settle = (): void => {
  while (take(QUIET_MICROSECONDS) !== NOTHING) continue;
};

/** Takes `bytes` bytes to `at`; returns how many came. Their CRC-32 is in `crcOf` then. */
let crcOf: i32 = 0;
const takeAll = (at: i32, bytes: i32): i32 => {
  let crc = -1;
  for (let i = 0; i < bytes; i++) {
    const v = take(PATIENCE_MICROSECONDS);
    if (v === NOTHING) return i;
    store8(at, i, v);
    crc = crcByte(crc, v);
  }
  crcOf = ~crc;
  return bytes;
};

/** The first of RUN_BLOCKS free blocks that follow each other in physical memory, too. */
const findRun = (): i32 => {
  const blocks = (boardFreeBytes() / BLOCK_BYTES) | 0;
  let first: i32 = 0;
  for (let i = 0; i < blocks; i++) {
    const start = (boardFreeBase() + Math.imul(first, BLOCK_BYTES)) | 0;
    const here = (boardFreeBase() + Math.imul(i, BLOCK_BYTES)) | 0;
    const expected = (memoryPageOf(start) + Math.imul((i - first) | 0, 512)) | 0;
    if (memoryPageOf(here) !== expected) first = i;
    if (((i - first) | 0) === RUN_BLOCKS - 1) return (boardFreeBase() + Math.imul(first, BLOCK_BYTES)) | 0;
  }
  boardHalt('loader: no room for a kernel; blocks of 2 MiB that are free', blocks);
  return 0;
};

/** Waits for a header, and takes it to `at`: its magic may come after anything. */
const awaitHeader = (at: i32): void => {
  say('ready');
  let last: i32 = 0;
  while (last !== MAGIC) {
    const v = take(PATIENCE_MICROSECONDS);
    if (v === NOTHING) say('ready');
    else last = (last >>> 8) | (v << 24);
  }
  for (let i = 0; i < 4; i++) store8(at, i, (MAGIC >>> (i << 3)) & 255);
};

/** The header's length, 0 after a line that says why there is none. */
const takeHeader = (at: i32): i32 => {
  awaitHeader(at);
  const rest = takeAll((at + HEADER_LENGTH) | 0, HEADER_BYTES - 4);
  let crc = -1;
  for (let i = 0; i < HEADER_OWN_CHECKSUM; i++) crc = crcByte(crc, load8(at, i));
  if (rest !== HEADER_BYTES - 4 || load32(at, HEADER_OWN_CHECKSUM) !== ~crc) {
    settle();
    say('bad header');
    return 0;
  }
  const length = load32(at, HEADER_LENGTH);
  if (length < IMAGE_LEAST_BYTES || length > KERNEL_BYTES_LIMIT) {
    sayNumber('bad length ', length);
    return 0;
  }
  return length;
};

/** Takes a kernel to `at`. True if all of it came as it was sent. */
const takeKernel = (at: i32, length: i32, checksum: i32): boolean => {
  sayNumber('send ', length);
  const got = takeAll(at, length);
  if (got !== length) {
    sayNumber('timeout ', got);
    return false;
  }
  if (crcOf !== checksum) {
    settle();
    say('bad checksum');
    return false;
  }
  const size = low64(load64(at, IMAGE_SIZE_OFFSET));
  if (load32(at, IMAGE_MAGIC_OFFSET) !== IMAGE_MAGIC || size < 0 || size > KERNEL_BYTES_LIMIT) {
    say('no kernel');
    return false;
  }
  return true;
};

/** The next kernel's first page, once one has come. */
const load = (header: i32, run: i32): i32 => {
  while (true) {
    const length = takeHeader(header);
    // At the start of a block, whatever its text offset says: our kernels run at any page.
    if (length !== 0 && takeKernel(run, length, load32(header, HEADER_CHECKSUM))) {
      cleanAll(run, length);
      return memoryPageOf(run);
    }
  }
};

export const programStart = (): void => {
  const run = findRun();
  const header = (run + Math.imul(RUN_BLOCKS - 1, BLOCK_BYTES)) | 0;
  const page = load(header, run);
  say('starting');
  boardConsoleFlush();
  uartDrain();
  leaveTo(page);
};

export const kernelMain = (): void => {
  coreInit(0);
  hardwareGuess();
  exitHost();
  treeCheck();
  hardwareOpen();
  programStart();
};

/** Nobody starts another core here. */
export const kernelSecondary = (number: i32): void => { boardHalt('loader: a second core came, number', number); };
export const programTask = (role: i32, argument: i32): void => { boardHalt('loader: no tasks', role + argument | 0); };
export const programTimer = (): void => { boardHalt('loader: no timer', 0); };
