/**
 * A loader of our own on QEMU's virt board: any device tree at any address, without QEMU's care for what lies where. A few
 * instructions put the tree's address into x0 and jump to the image.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { BOARDS, emulatorOf } from '../../src/cli/boards.ts';
import { folder, jumpTo } from './machine.ts';

export const IMAGE_AT = 0x4028_0000;
export const TREE_AT = 0x4400_0000;
/** 128 MiB of RAM. */
export const RAM_END = 0x4800_0000;
const STUB_AT = 0x4300_0000;
const SECONDS_LIMIT = 30;
const { flags, serial } = BOARDS.virt;
const MACHINE = ['-M', 'virt', '-cpu', 'cortex-a72', '-smp', '2', '-m', '128M', ...flags];

/** Offsets in the header of a tree. */
export const [STRUCTURE, STRINGS] = [8, 12];

/** The tree that QEMU would pass to the image; `more` of its options. */
export const treeOfQemu = async (image: string, ...more: string[]): Promise<Buffer> => {
  const file = path.join(folder, 'tree.dtb');
  await execa(emulatorOf('virt'), [...MACHINE.map((word) => (word === 'virt' ? `virt,dumpdtb=${file}` : word)),
    '-kernel', image, '-append', 'a=1', ...more], { timeout: SECONDS_LIMIT * 1000 });
  return readFileSync(file);
};

/** str xzr at the start of RAM, where QEMU leaves a tree of its own: mov x2, #0x40000000; str xzr, [x2]. */
const WIPE = Buffer.from(Uint32Array.of(0xd2a8_0002, 0xf900_005f).buffer);

/** Boots with this tree; `x0` is what the loader says about it. QEMU's own tree at the start of RAM is wiped unless `kept`. */
export const bootImage = async (image: string, tree: Buffer, x0 = TREE_AT, at = TREE_AT, kept = false) => {
  const [treeFile, stubFile] = [path.join(folder, 'changed.dtb'), path.join(folder, 'stub.bin')];
  writeFileSync(treeFile, tree);
  writeFileSync(stubFile, Buffer.concat([...(kept ? [] : [WIPE]), jumpTo(IMAGE_AT, x0)]));
  const load = (file: string, address: number): string[] => ['-device', `loader,file=${file},addr=${address},force-raw=on`];
  const { stdout, exitCode } = await execa(emulatorOf('virt'), [
    ...MACHINE, ...serial, ...load(image, IMAGE_AT), ...load(treeFile, at), ...load(stubFile, STUB_AT),
    '-device', `loader,addr=${STUB_AT},cpu-num=0`,
  ], { stdin: 'ignore', reject: false, timeout: SECONDS_LIMIT * 1000 });
  return { text: stdout.replaceAll('\r', ''), exitCode };
};

/** Offset of the token of property `name` in the node whose name begins with `node`. */
export const propertyAt = (tree: Buffer, node: string, name: string): number => {
  const strings = tree.readUInt32BE(STRINGS);
  const textAt = (at: number): string => tree.toString('latin1', at, tree.indexOf(0, at));
  let inside = false;
  for (let at = tree.readUInt32BE(STRUCTURE); ;) {
    const token = tree.readUInt32BE(at);
    if (token === 1) {
      inside = textAt(at + 4).startsWith(node);
      at += 4 + (textAt(at + 4).length + 4 & ~3);
    } else if (token === 3) {
      if (inside && textAt(strings + tree.readUInt32BE(at + 8)) === name) return at;
      at += 12 + (tree.readUInt32BE(at + 4) + 3 & ~3);
    } else if (token === 9) {
      throw new Error(`no ${name} in ${node}`);
    } else {
      at += 4;
    }
  }
};
