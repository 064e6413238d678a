/**
 * Addresses in a checked device tree: a node's registers, as the processor sees them through the buses between.
 *
 * Role: called by hardware.ts on the boot core (nodeParent uses one shared stack). Memory: reads the tree.
 * Invariants: each bus names, in its `ranges`, where windows of its own addresses are on the bus above; an empty property says
 *   that both count alike. Windows begin and end at pages.
 * Units: physical addresses as a page number (nodeRegionPage) and the rest below 4 KiB (nodeRegionLow).
 * Fails: boardHalt for an address that a bus does not pass on; a region that is not there is the caller's to find out.
 * Checked by: test/boot/tree.test.ts, test/pi/trees.test.ts.
 */
import { PAGE_SHIFT } from './layout.ts';
import { treeCell } from './tree.ts';
import { nodeParent, nodeProperty, propertyBytes, propertyCell, propertyValue } from './node.ts';
import { boardHalt } from './halt.ts';

const DEFAULT_ADDRESS_CELLS = 2;
const DEFAULT_SIZE_CELLS = 1;

const addressCells = (parent: i32): i32 => propertyCell(nodeProperty(parent, '#address-cells'), 0, DEFAULT_ADDRESS_CELLS);
const sizeCells = (parent: i32): i32 => propertyCell(nodeProperty(parent, '#size-cells'), 0, DEFAULT_SIZE_CELLS);

/** The page number of the address in the `cells` cells at `at`. */
export const cellsPage = (at: i32, cells: i32): i32 => {
  const low = treeCell((at + (cells << 2) - 4) | 0);
  const high = cells > 1 ? treeCell((at + (cells << 2) - 8) | 0) : 0;
  return (low >>> PAGE_SHIFT) | (high << (32 - PAGE_SHIFT));
};

/** How many {address, size} regions the node's `reg` holds. */
export const nodeRegions = (node: i32): i32 => {
  const property = nodeProperty(node, 'reg');
  const parent = nodeParent(node);
  const bytes = (addressCells(parent) + sizeCells(parent)) << 2;
  if (property === 0 || bytes <= 0) return 0;
  return (propertyBytes(property) / bytes) | 0;
};

const regionAddress = (node: i32, index: i32): i32 => {
  const parent = nodeParent(node);
  const cells = (addressCells(parent) + sizeCells(parent)) | 0;
  return (propertyValue(nodeProperty(node, 'reg')) + Math.imul(index, cells << 2)) | 0;
};

/** What page `page` of `bus` is on the bus above it, which is not the root's. */
const pageAbove = (bus: i32, above: i32, page: i32): i32 => {
  const ranges = nodeProperty(bus, 'ranges');
  if (ranges === 0) boardHalt('device tree: a device on a bus that passes nothing on, page', page);
  if (propertyBytes(ranges) === 0) return page;
  const childCells = addressCells(bus);
  const parentCells = addressCells(above);
  const bytes = (childCells + parentCells + sizeCells(bus)) << 2;
  const windows = bytes <= 0 ? 0 : (propertyBytes(ranges) / bytes) | 0;
  for (let i = 0; i < windows; i++) {
    const at = (propertyValue(ranges) + Math.imul(i, bytes)) | 0;
    const from = cellsPage(at, childCells);
    const pages = cellsPage((at + ((childCells + parentCells) << 2)) | 0, sizeCells(bus));
    if (((page - from) >>> 0) < (pages >>> 0)) return (page - from + cellsPage((at + (childCells << 2)) | 0, parentCells)) | 0;
  }
  boardHalt('device tree: a device outside its bus, page', page);
  return 0;
};

/** Page number of region `index`, which exists, as the processor sees it. */
export const nodeRegionPage = (node: i32, index: i32): i32 => {
  let bus = nodeParent(node);
  let page = cellsPage(regionAddress(node, index), addressCells(bus));
  let above = nodeParent(bus);
  while (above !== 0) {
    page = pageAbove(bus, above, page);
    bus = above;
    above = nodeParent(bus);
  }
  return page;
};

/** The region's address below its page. */
export const nodeRegionLow = (node: i32, index: i32): i32 =>
  treeCell((regionAddress(node, index) + (addressCells(nodeParent(node)) << 2) - 4) | 0) & 0xfff;

/** Whole pages in region `index`, which exists; what is left over below a page does not count. */
export const nodeRegionPages = (node: i32, index: i32): i32 => {
  const parent = nodeParent(node);
  return cellsPage((regionAddress(node, index) + (addressCells(parent) << 2)) | 0, sizeCells(parent));
};
