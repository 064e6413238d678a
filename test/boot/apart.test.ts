/** What a loader puts over one another: kernel, device tree and initrd, to the byte. Refused by name, in a panic, without a hang. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { folder, hello, removeFolder } from './machine.ts';
import { bootImage, IMAGE_AT, propertyAt, RAM_END, TREE_AT, treeOfQemu } from './loader.ts';

const PAGE = 4096;
const TOTAL = 4;
const VALUE = 12;
let image: string;
let withInitrd: Buffer;
/** With bss and stacks, as the header says. */
let imageBytes: number;
let fileBytes: number;
beforeAll(async () => {
  image = await hello();
  const file = readFileSync(image);
  [fileBytes, imageBytes] = [file.length, Number(file.readBigUInt64LE(16))];
  const initrd = path.join(folder, 'initrd');
  writeFileSync(initrd, 'anything');
  withInitrd = await treeOfQemu(image, '-initrd', initrd);
}, 300_000);
afterAll(removeFolder);

/** As a panic prints a page. */
const pageText = (address: number): string => {
  const page = Math.floor(address / PAGE);
  return `${page} (0x${page.toString(16).padStart(8, '0')})`;
};

/** The last cell of an address: QEMU has chosen one cell or, newer, two. */
const put = (tree: Buffer, name: string, address: number): void => {
  const at = propertyAt(tree, 'chosen', name);
  tree.writeUInt32BE(address, at + VALUE + tree.readUInt32BE(at + 4) - 4);
};

const bootInitrd = (start: number, end: number) => {
  const tree = Buffer.from(withInitrd);
  put(tree, 'linux,initrd-start', start);
  put(tree, 'linux,initrd-end', end);
  return bootImage(image, tree);
};

const expectRefused = ({ text, exitCode }: Awaited<ReturnType<typeof bootImage>>, said: string): void => {
  expect(/PANIC on core 0: (.*)\n/.exec(text)?.[1] ?? text).toBe(said);
  expect(text).toContain('  backtrace:\n    boardHalt  src/board/halt.ts:');
  expect(exitCode).toBe(1);
};

describe('an initrd', () => {
  const OVER: readonly [what: string, range: () => [number, number], said: string][] = [
    ['over the code', () => [IMAGE_AT, IMAGE_AT + 100], 'memory: the initrd lies over the kernel'],
    ['over the bss, right behind the file', () => [IMAGE_AT + fileBytes, IMAGE_AT + fileBytes + 1], 'memory: the initrd lies over the kernel'],
    ['over the last byte of the stacks', () => [IMAGE_AT + imageBytes - 1, IMAGE_AT + imageBytes + 9999],
      'memory: the initrd lies over the kernel'],
    ['one byte too long before the kernel', () => [IMAGE_AT - 10_000, IMAGE_AT + 1], 'memory: the initrd lies over the kernel'],
    ['around the kernel', () => [IMAGE_AT - PAGE, IMAGE_AT + imageBytes + PAGE], 'memory: the initrd lies over the kernel'],
    ['over the tree', () => [TREE_AT, TREE_AT + 8], 'memory: the initrd lies over the device tree'],
    ['one byte too long before the tree', () => [TREE_AT - 5000, TREE_AT + 1], 'memory: the initrd lies over the device tree'],
    ['over the last byte of the tree', () => [TREE_AT + withInitrd.readUInt32BE(TOTAL) - 1, TREE_AT + 0x200000],
      'memory: the initrd lies over the device tree'],
    ['where no RAM is', () => [0x900_0000, 0x900_1000], 'memory: the initrd is not in RAM'],
    ['that ends behind the RAM', () => [RAM_END - PAGE, RAM_END + 1], 'memory: the initrd is not in RAM'],
  ];
  test.each(OVER)('%s', async (_what, range, said) => {
    const [start, end] = range();
    expectRefused(await bootInitrd(start, end), `${said}, initrd at page ${pageText(start)}`);
  });

  test('that ends before it begins', async () => {
    expectRefused(await bootInitrd(0x4500_0000, 0x44f0_0000),
      `device tree: start and end of the initrd do not fit, end at page ${pageText(0x44f0_0000)}`);
  });

  test('of no bytes', async () => {
    expectRefused(await bootInitrd(0x4500_0000, 0x4500_0000), 'device tree: an initrd without bytes, at 1157627904 (0x45000000)');
  });

  const BESIDE: readonly [what: string, range: () => [number, number]][] = [
    ['right behind the kernel', () => [IMAGE_AT + imageBytes, IMAGE_AT + imageBytes + 5000]],
    ['right before the kernel', () => [IMAGE_AT - 5000, IMAGE_AT]],
    ['right before the tree', () => [TREE_AT - 1, TREE_AT]],
    ['right behind the tree, in its last page', () => [TREE_AT + withInitrd.readUInt32BE(TOTAL), TREE_AT + 0x200000]],
    ['at the end of the RAM', () => [RAM_END - 5000, RAM_END]],
  ];
  test.each(BESIDE)('%s is none of theirs', async (_what, range) => {
    const [start, end] = range();
    const { text, exitCode } = await bootInitrd(start, end);
    expect(text).toContain(`initrd ${end - start} bytes\n`);
    expect(text).toContain('20 timer interrupts');
    expect(exitCode).toBe(0);
  });
});

describe('a device tree', () => {
  test.each([
    ['in the bss', () => IMAGE_AT + Math.ceil(fileBytes / PAGE) * PAGE + PAGE],
    ['in the stacks', () => IMAGE_AT + imageBytes - PAGE],
    ['that begins with the kernel\'s last 8 bytes', () => IMAGE_AT + imageBytes - 8],
  ])('%s', async (_what, place) => {
    const at = place();
    expectRefused(await bootImage(image, withInitrd, at, at), `memory: the device tree lies over the kernel, tree at page ${pageText(at)}`);
  });

  test('that reaches into the kernel', async () => {
    const at = IMAGE_AT - PAGE;
    const front = Buffer.from(withInitrd.subarray(0, PAGE));
    front.writeUInt32BE(PAGE + 8, TOTAL);
    expectRefused(await bootImage(image, front, at, at), `memory: the device tree lies over the kernel, tree at page ${pageText(at)}`);
    expectRefused(await bootImage(image, front.subarray(0, 16), IMAGE_AT - 16, IMAGE_AT - 16),
      `memory: the device tree lies over the kernel, tree at page ${pageText(IMAGE_AT - 16)}`);
  });

  test('right behind the kernel is good', async () => {
    const at = IMAGE_AT + imageBytes;
    const { text, exitCode } = await bootImage(image, withInitrd, at, at);
    expect(text).toContain('20 timer interrupts');
    expect(exitCode).toBe(0);
  });
});
