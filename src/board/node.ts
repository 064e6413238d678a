/**
 * Searches in a checked device tree: nodes, properties, cells.
 *
 * Role: called by hardware.ts and argument.ts after treeCheck, on the boot core (treeParent uses one shared stack).
 * Memory: reads the tree; writes the node stack of layout.ts.
 * Invariants: a node or property is the address of its token; 0 means none.
 * Fails: 0 for what is absent; hardware.ts decides whether that stops the board.
 * Elsewhere: addresses, and buses between them and the processor, are in address.ts.
 * Checked by: test/boot/tree.test.ts.
 */
import { load32, load8, store32, textByte } from '#machine';
import { NODE_STACK_OFFSET } from './layout.ts';
import { boardMemory } from './processor.ts';
import {
  PROPERTY_BYTES_OFFSET, PROPERTY_NAME_OFFSET, PROPERTY_VALUE_OFFSET, TOKEN_BEGIN, TOKEN_END, TOKEN_LAST, TOKEN_PROPERTY,
  treeCell, treeNext, treeStart, treeStrings,
} from './tree.ts';

/** True if the zero-ended string at `at` is `name`. */
const textIs = (at: i32, name: text): boolean => {
  let i: i32 = 0;
  while (textByte(name, i) !== 0 && load8(at, i) === textByte(name, i)) i = (i + 1) | 0;
  return textByte(name, i) === 0 && load8(at, i) === 0;
};

/** The root node. */
export const nodeRoot = (): i32 => {
  let at = treeStart();
  while (treeCell(at) !== TOKEN_BEGIN) at = treeNext(at);
  return at;
};

/** The next node of the whole tree in its order, 0 after the last. */
export const nodeAfter = (node: i32): i32 => {
  let at = treeNext(node);
  while (treeCell(at) !== TOKEN_BEGIN) {
    if (treeCell(at) === TOKEN_LAST) return 0;
    at = treeNext(at);
  }
  return at;
};

/** The property `name` of the node itself, 0 if it has none. */
export const nodeProperty = (node: i32, name: text): i32 => {
  let at = treeNext(node);
  while (treeCell(at) !== TOKEN_BEGIN && treeCell(at) !== TOKEN_END) {
    const nameAt = (treeStrings() + treeCell((at + PROPERTY_NAME_OFFSET) | 0)) | 0;
    if (treeCell(at) === TOKEN_PROPERTY && textIs(nameAt, name)) return at;
    at = treeNext(at);
  }
  return 0;
};

export const propertyBytes = (property: i32): i32 => treeCell((property + PROPERTY_BYTES_OFFSET) | 0);
export const propertyValue = (property: i32): i32 => (property + PROPERTY_VALUE_OFFSET) | 0;

/** Cell number `index` of the property, `fallback` if there is no such property or cell. */
export const propertyCell = (property: i32, index: i32, fallback: i32): i32 => {
  if (property === 0 || ((index << 2) + 4 | 0) > propertyBytes(property)) return fallback;
  return treeCell((propertyValue(property) + (index << 2)) | 0);
};

/** True if one of the property's zero-ended strings is `word`. */
export const propertyHasText = (property: i32, word: text): boolean => {
  if (property === 0) return false;
  let at = propertyValue(property);
  const end = (at + propertyBytes(property)) | 0;
  if (end === at || load8(end, -1) !== 0) return false;
  while (at < end) {
    if (textIs(at, word)) return true;
    while (load8(at, 0) !== 0) at = (at + 1) | 0;
    at = (at + 1) | 0;
  }
  return false;
};

/** False for a node of something this board has, but not for us. */
const nodeEnabled = (node: i32): boolean => {
  const status = nodeProperty(node, 'status');
  return status === 0 || propertyHasText(status, 'okay') || propertyHasText(status, 'ok');
};

/** The first enabled node after `node` (0: of the tree) that says it is compatible with `word`, 0 if there is none. */
export const nodeCompatible = (node: i32, word: text): i32 => {
  let at = node === 0 ? nodeRoot() : nodeAfter(node);
  while (at !== 0) {
    if (propertyHasText(nodeProperty(at, 'compatible'), word) && nodeEnabled(at)) return at;
    at = nodeAfter(at);
  }
  return 0;
};

/** The first enabled node after `node` (0: of the tree) whose device_type is `word`, 0 if there is none. */
export const nodeOfType = (node: i32, word: text): i32 => {
  let at = node === 0 ? nodeRoot() : nodeAfter(node);
  while (at !== 0) {
    if (propertyHasText(nodeProperty(at, 'device_type'), word) && nodeEnabled(at)) return at;
    at = nodeAfter(at);
  }
  return 0;
};

/** The first node of the tree named exactly `name` (without the unit address after @, if any), 0 if there is none. */
export const nodeNamed = (name: text): i32 => {
  let at = nodeRoot();
  while (at !== 0) {
    if (textIs((at + 4) | 0, name)) return at;
    at = nodeAfter(at);
  }
  return 0;
};

/** The node that holds `node`, 0 for the root. */
export const nodeParent = (node: i32): i32 => {
  const stack = (boardMemory() + NODE_STACK_OFFSET) | 0;
  let depth: i32 = 0;
  let at = treeStart();
  while (at !== node) {
    const token = treeCell(at);
    if (token === TOKEN_BEGIN) {
      store32((stack + (depth << 2)) | 0, 0, at);
      depth = (depth + 1) | 0;
    } else if (token === TOKEN_END) {
      depth = (depth - 1) | 0;
    }
    at = treeNext(at);
  }
  return depth === 0 ? 0 : load32((stack + (depth << 2)) | 0, -4);
};
