/**
 * Device trees: odd but right ones work, damaged ones end in a panic that says where, with exit code 1 and without a hang.
 *
 * QEMU makes the tree (dumpdtb); the test changes bytes of it and starts the image as a loader would, through a few instructions
 * that put the tree's address into x0.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hello, removeFolder } from './machine.ts';
import { bootImage, propertyAt, STRINGS, STRUCTURE, TREE_AT, treeOfQemu } from './loader.ts';

let image: string;
let pristine: Buffer;
beforeAll(async () => {
  image = await hello();
  pristine = await treeOfQemu(image);
}, 300_000);
afterAll(removeFolder);

const bootTree = (tree: Buffer, x0?: number, at?: number) => bootImage(image, tree, x0, at);

const changed = (change: (tree: Buffer) => void): Buffer => {
  const tree = Buffer.from(pristine);
  change(tree);
  return tree;
};

/** Header fields. */
const [MAGIC, TOTAL, RESERVED, VERSION] = [0, 4, 16, 20];
const [STRINGS_BYTES, STRUCTURE_BYTES] = [32, 36];
const structure = (): number => pristine.readUInt32BE(STRUCTURE);

describe('trees that work', () => {
  test('as QEMU made it', async () => {
    const { text, exitCode } = await bootTree(pristine);
    expect(text).toContain('hello from TypeScript: entered at EL1, cores 2');
    expect(text).toContain('image at 0x40280000');
    expect(exitCode).toBe(0);
  });

  test('across the end of a 2 MiB block', async () => {
    const at = TREE_AT + 0x1ff000;
    expect((await bootTree(pristine, at, at)).exitCode).toBe(0);
  });

  test('reserved memory is left alone', async () => {
    const free = async (tree: Buffer): Promise<number> => Number(/free (\d+) MiB/.exec((await bootTree(tree)).text)?.[1]);
    const list = pristine.length - 64;
    const tree = changed((bytes) => {
      bytes.writeUInt32BE(list, RESERVED);
      bytes.fill(0, list);
      bytes.writeUInt32BE(0x4600_0000, list + 4);
      bytes.writeUInt32BE(0x0080_0000, list + 12);
    });
    expect(await free(pristine) - await free(tree)).toBeGreaterThanOrEqual(8);
  });
});

const DAMAGE: readonly [what: string, change: (tree: Buffer) => void, said: string | RegExp][] = [
  ['no magic number', (tree) => tree.writeUInt32BE(0x12345678, MAGIC), 'device tree: no magic number where x0 points, found 305419896'],
  ['a total of 3 GiB', (tree) => tree.writeUInt32BE(0xc0000000, TOTAL), 'device tree: its total size cannot be -1073741824'],
  ['a total shorter than the header', (tree) => tree.writeUInt32BE(39, TOTAL), 'device tree: its total size cannot be 39'],
  ['version 1', (tree) => tree.writeUInt32BE(1, VERSION), 'device tree: a version this kernel does not know 1'],
  ['structure outside', (tree) => tree.writeUInt32BE(0x7fffffff, STRUCTURE),
    'device tree: a block lies outside the tree, see header byte 8'],
  ['structure cut off', (tree) => tree.writeUInt32BE(8, STRUCTURE_BYTES), /device tree: no end before byte \d+/],
  ['structure misaligned', (tree) => tree.writeUInt32BE(structure() + 2, STRUCTURE), 'device tree: structure not aligned at byte'],
  ['names outside', (tree) => tree.writeUInt32BE(0xfffffff0, STRINGS), 'device tree: a block lies outside the tree, see header byte 12'],
  ['no names', (tree) => tree.writeUInt32BE(0, STRINGS_BYTES), 'device tree: names without end at byte'],
  ['reserved list outside', (tree) => tree.writeUInt32BE(tree.length, RESERVED),
    'device tree: a block lies outside the tree, see header byte 16'],
  ['reserved list without end', (tree) => {
    tree.writeUInt32BE(tree.length - 64, RESERVED);
    tree.fill(1, tree.length - 64);
  }, 'device tree: reserved memory without end at byte'],
  ['no root', (tree) => tree.writeUInt32BE(9, structure()), `device tree: nodes left open at byte ${64}`],
  ['an end too many', (tree) => tree.writeUInt32BE(2, structure()), 'device tree: one end too many at byte'],
  ['an unknown token', (tree) => tree.writeUInt32BE(0x77, structure() + 8), /device tree: unknown token at byte \d+/],
  ['a property longer than the tree', (tree) => tree.writeUInt32BE(0x7fffffff, propertyAt(tree, 'memory', 'reg') + 4),
    'device tree: a value longer than the tree at byte'],
  ['a property with a name from elsewhere', (tree) => tree.writeUInt32BE(0x10000, propertyAt(tree, 'memory', 'reg') + 8),
    'device tree: a property without name at byte'],
  ['no memory', (tree) => tree.write('nothing', propertyAt(tree, 'memory', 'device_type') + 12), 'device tree: no memory 0'],
  ['no console', (tree) => tree.write('arm,pl999', propertyAt(tree, 'pl011', 'compatible') + 12),
    'device tree: no console (arm,pl011) 0'],
  ['no interrupt controller', (tree) => tree.write('arm,something', propertyAt(tree, 'intc', 'compatible') + 12),
    'device tree: no interrupt controller this kernel knows 0'],
  ['no timer', (tree) => tree.fill('x', propertyAt(tree, 'timer', 'compatible') + 12, propertyAt(tree, 'timer', 'compatible') + 20),
    'device tree: no timer (arm,armv8-timer) 0'],
  ['a core that does not exist', (tree) => tree.writeUInt32BE(77, propertyAt(tree, 'cpu@1', 'reg') + 12),
    'cores: the firmware does not start a core, PSCI says -2'],
];

describe('no tree is named', () => {
  test('but one is where RAM begins', async () => {
    const { text, exitCode } = await bootImage(image, pristine, 0, TREE_AT, true);
    expect(text).toContain('hello from TypeScript: entered at EL1, cores 2');
    expect(exitCode).toBe(0);
  });

  test('nor is one there', async () => {
    const { text, exitCode } = await bootTree(pristine, 0);
    expect(text).toContain('PANIC on core 0: no device tree: the loader of a raw image passes its address in x0, which was 0\n');
    expect(exitCode).toBe(1);
  });
});

describe('damage', () => {
  test.each(DAMAGE)('%s', async (_what, change, said) => {
    const { text, exitCode } = await bootTree(changed(change));
    const reason = /PANIC on core 0: (.*)\n/.exec(text)?.[1] ?? text;
    if (typeof said === 'string') expect(reason).toContain(said);
    else expect(reason).toMatch(said);
    expect(text).toContain('  backtrace:\n    boardHalt  src/board/halt.ts:');
    expect(exitCode).toBe(1);
  });

  test('an address that is none: no RAM there', async () => {
    const { text, exitCode } = await bootTree(pristine, 0x2000_0000);
    expect(text).toMatch(/PANIC on core 0: (device tree: no magic number|data abort on a read: external abort)/);
    expect(exitCode).toBe(1);
  });

  test('an odd address', async () => {
    expect((await bootTree(pristine, TREE_AT + 4)).text).toContain('device tree: not at a multiple of 8 bytes');
  });

  /** xorshift32: the same bytes are hit in every run. */
  test('bytes changed at random: never a hang', async () => {
    let seed = Number(process.env['SEED'] ?? 1) | 0 || 1;
    const next = (below: number): number => {
      seed ^= seed << 13; seed ^= seed >>> 17; seed ^= seed << 5;
      return (seed >>> 0) % below;
    };
    const end = structure() + pristine.readUInt32BE(STRUCTURE_BYTES);
    for (let i = 0; i < 12; i++) {
      const at = i < 6 ? next(48) : structure() + next(end - structure());
      const to = next(256);
      const { text, exitCode } = await bootTree(changed((tree) => tree.writeUInt8(to, at)));
      expect([0, 1], `byte ${at} to ${to}: ${text}`).toContain(exitCode);
      if (exitCode === 1) expect(text).toContain('PANIC');
    }
  });
});
