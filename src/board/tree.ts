/**
 * The flattened device tree, checked once from end to end.
 *
 * Role: treeCheck runs on the boot core before anything else reads the tree; the rest may be called from anywhere after it.
 * Memory: reads the window TREE_WINDOW, which is mapped read-only.
 * Invariants: 1. treeCheck has seen every token, name and value inside the blocks the header names (else it halts with the
 *   byte offset), so searches need no bounds. 2. A node or property is named by the address of its token.
 * Units: addresses; big-endian cells are turned by treeCell.
 * Fails: boardHalt with the reason and the offset in the tree.
 * Elsewhere: searches are in node.ts, what the nodes mean in hardware.ts.
 * Checked by: test/boot/tree.test.ts.
 */
import { load8, load32 } from '#machine';
import { BLOCK_BYTES, NODE_DEPTH_LIMIT, TREE_WINDOW } from './layout.ts';
import { treeLow, treePage } from './processor.ts';
import { memoryMapTreeEnd } from './memory.ts';
import { apartTree } from './apart.ts';
import { boardHalt } from './halt.ts';

const HEADER_TOTAL = 4;
const HEADER_STRUCTURE = 8;
const HEADER_STRINGS = 12;
const HEADER_RESERVED = 16;
const HEADER_VERSION = 20;
const HEADER_COMPATIBLE = 24;
const HEADER_STRINGS_BYTES = 32;
const HEADER_STRUCTURE_BYTES = 36;
const HEADER_BYTES = 40;
const MAGIC = 0xd00dfeed | 0;
const VERSION = 17;
const VERSION_COMPATIBLE = 16;

export const TOKEN_BEGIN = 1;
export const TOKEN_END = 2;
export const TOKEN_PROPERTY = 3;
const TOKEN_NOTHING = 4;
export const TOKEN_LAST = 9;
export const PROPERTY_BYTES_OFFSET = 4;
export const PROPERTY_NAME_OFFSET = 8;
export const PROPERTY_VALUE_OFFSET = 12;

/** Addresses of the blocks, once checked. */
let checkedStart: i32 = 0;
let checkedStrings: i32 = 0;
let checkedReserved: i32 = 0;
let checkedBytes: i32 = 0;

/** The first token; it may be a TOKEN_NOTHING before the root. */
export const treeStart = (): i32 => checkedStart;
export const treeStrings = (): i32 => checkedStrings;
/** The list of reserved memory: pairs of 64-bit start and size, ended by zeros. */
export const treeReserved = (): i32 => checkedReserved;
export const treeBytes = (): i32 => checkedBytes;

/** A big-endian 32-bit cell. */
export const treeCell = (at: i32): i32 => {
  const v = load32(at, 0);
  return (v << 24) | ((v & 0xff00) << 8) | ((v >>> 8) & 0xff00) | (v >>> 24);
};

const damaged = (reason: text, at: i32): void => {
  boardHalt(reason, (at - (TREE_WINDOW + (treeLow() & (BLOCK_BYTES - 1)))) | 0);
};

/** The address of a block of `bytes` at the header's `field`, which must lie behind the header and inside the tree. */
const treeBlock = (base: i32, total: i32, field: i32, bytes: i32): i32 => {
  const offset = treeCell((base + field) | 0);
  if ((offset >>> 0) < HEADER_BYTES || (offset >>> 0) > (total >>> 0) || (bytes >>> 0) > ((total - offset) >>> 0)) {
    damaged('device tree: a block lies outside the tree, see header byte', (base + field) | 0);
  }
  return (base + offset) | 0;
};

const afterText = (at: i32): i32 => {
  let end = at;
  while (load8(end, 0) !== 0) end = (end + 1) | 0;
  return ((end + 4) & ~3) | 0;
};

/** The token after the one at `at`, which is not the last. */
export const treeNext = (at: i32): i32 => {
  const token = treeCell(at);
  if (token === TOKEN_BEGIN) return afterText((at + 4) | 0);
  if (token === TOKEN_PROPERTY) return (((at + PROPERTY_VALUE_OFFSET + treeCell((at + PROPERTY_BYTES_OFFSET) | 0)) | 0) + 3) & ~3;
  return (at + 4) | 0;
};

/** Walks all tokens from `start` to before `end`: each whole, in its place, names ended. */
const treeCheckTokens = (start: i32, end: i32, stringsBytes: i32): void => {
  let at = start;
  let depth: i32 = 0;
  let nodes: i32 = 0;
  while (true) {
    if (((end - at) | 0) < 4) damaged('device tree: no end before byte', at);
    const token = treeCell(at);
    if (token === TOKEN_LAST) break;
    if (token === TOKEN_BEGIN) {
      let name = (at + 4) | 0;
      while (name < end && load8(name, 0) !== 0) name = (name + 1) | 0;
      if (name >= end) damaged('device tree: a node name without end at byte', at);
      if (depth === 0 && nodes !== 0) damaged('device tree: a second root at byte', at);
      nodes = (nodes + 1) | 0;
      depth = (depth + 1) | 0;
      if (depth > NODE_DEPTH_LIMIT) damaged('device tree: nodes too deep at byte', at);
    } else if (token === TOKEN_END) {
      depth = (depth - 1) | 0;
      if (depth < 0) damaged('device tree: one end too many at byte', at);
    } else if (token === TOKEN_PROPERTY) {
      if (depth === 0) damaged('device tree: a property outside any node at byte', at);
      if (((end - at) | 0) < PROPERTY_VALUE_OFFSET) damaged('device tree: a property cut off at byte', at);
      const bytes = treeCell((at + PROPERTY_BYTES_OFFSET) | 0);
      const room = (end - at - PROPERTY_VALUE_OFFSET) | 0;
      if ((bytes >>> 0) > (room >>> 0)) damaged('device tree: a value longer than the tree at byte', at);
      const name = treeCell((at + PROPERTY_NAME_OFFSET) | 0);
      if ((name >>> 0) >= (stringsBytes >>> 0)) damaged('device tree: a property without name at byte', at);
    } else if (token !== TOKEN_NOTHING) {
      damaged('device tree: unknown token at byte', at);
    }
    at = treeNext(at);
  }
  if (depth !== 0 || nodes === 0) damaged('device tree: nodes left open at byte', at);
};

/** Checks the tree the loader named and remembers where its blocks are. Halts if there is none or it is damaged. */
export const treeCheck = (): void => {
  if (treePage() === 0) boardHalt('no device tree: the loader of a raw image passes its address in x0, which was', treeLow());
  if ((treeLow() & 7) !== 0) boardHalt('device tree: not at a multiple of 8 bytes, x0 was', treeLow());
  apartTree(HEADER_BYTES);
  const inBlock = treeLow() & (BLOCK_BYTES - 1);
  const base = (TREE_WINDOW + inBlock) | 0;
  if (((BLOCK_BYTES - inBlock) | 0) < HEADER_BYTES) memoryMapTreeEnd();
  if (treeCell(base) !== MAGIC) boardHalt('device tree: no magic number where x0 points, found', treeCell(base));
  const total = treeCell((base + HEADER_TOTAL) | 0);
  if ((total >>> 0) < HEADER_BYTES || (total >>> 0) > BLOCK_BYTES) boardHalt('device tree: its total size cannot be', total);
  apartTree(total);
  if (((inBlock + total) | 0) > BLOCK_BYTES) memoryMapTreeEnd();
  const version = treeCell((base + HEADER_VERSION) | 0);
  const compatible = treeCell((base + HEADER_COMPATIBLE) | 0);
  if ((version >>> 0) < VERSION || (compatible >>> 0) > VERSION || (compatible >>> 0) < VERSION_COMPATIBLE) {
    boardHalt('device tree: a version this kernel does not know', version);
  }
  const structureBytes = treeCell((base + HEADER_STRUCTURE_BYTES) | 0);
  const stringsBytes = treeCell((base + HEADER_STRINGS_BYTES) | 0);
  const start = treeBlock(base, total, HEADER_STRUCTURE, structureBytes);
  const strings = treeBlock(base, total, HEADER_STRINGS, stringsBytes);
  if ((start & 3) !== 0) damaged('device tree: structure not aligned at byte', start);
  if (stringsBytes === 0 || load8((strings + stringsBytes) | 0, -1) !== 0) {
    damaged('device tree: names without end at byte', strings);
  }
  const first = treeBlock(base, total, HEADER_RESERVED, 16);
  let reserved = first;
  const last = (base + total - 16) | 0;
  while (treeCell((reserved + 8) | 0) !== 0 || treeCell((reserved + 12) | 0) !== 0) {
    reserved = (reserved + 16) | 0;
    if (reserved > last) damaged('device tree: reserved memory without end at byte', reserved);
  }
  treeCheckTokens(start, (start + structureBytes) | 0, stringsBytes);
  checkedStart = start;
  checkedStrings = strings;
  checkedReserved = first;
  checkedBytes = total;
};
