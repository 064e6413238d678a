/**
 * The board, as its device tree describes it: console, RAM, cores, interrupt controller, timers, firmware, initrd.
 *
 * Role: called once on the boot core by main.ts, in the order of the functions below.
 * Memory: settings of the modules it opens; nothing of its own.
 * Fails: boardHalt naming what the tree lacks. Until the tree is read the console is the guess of hardwareGuess.
 * Elsewhere: where each board differs is here and nowhere else; devices are in uart.ts, gic2.ts, gic3.ts.
 * Checked by: test/boot/tree.test.ts.
 */
import { PAGE_SHIFT } from './layout.ts';
import { imageBytes, imagePage, treeLow, treePage } from './processor.ts';
import { treeBytes, treeCell, treeReserved } from './tree.ts';
import {
  cellsPage, nodeAfter, nodeCompatible, nodeNamed, nodeOfType, nodeParent, nodeProperty, nodeRegionLow, nodeRegionPage,
  nodeRegionPages, nodeRegions, propertyBytes, propertyCell, propertyHasText, propertyValue,
} from './node.ts';
import { memoryAddRam, memoryMapDevice, memoryMapInitrd, memoryMapRam, memoryReserve } from './memory.ts';
import { uartOpen } from './uart.ts';
import { exitOpen } from './exit.ts';
import { coreAdd } from './core.ts';
import { interruptNumbers, interruptOpen } from './interrupt.ts';
import { boardHalt } from './halt.ts';

/** QEMU virt: RAM begins at 1 GiB, the PL011 is at 0x0900_0000. */
const VIRT_RAM_PAGE = 0x40000;
const VIRT_UART_PAGE = 0x9000;

const REDISTRIBUTOR_PAGES = 32;
const REDISTRIBUTORS = 8;

// The first cell of an interrupt: shared lines begin at 32, core-private ones at 16.
const INTERRUPT_PRIVATE = 1;
const INTERRUPT_CELLS = 3;
// Places in the timer node's list.
const TIMER_PHYSICAL = 1;
const TIMER_VIRTUAL = 2;

const present = (node: i32, missing: text): i32 => {
  if (node === 0) boardHalt(missing, 0);
  return node;
};

const regionPresent = (node: i32, index: i32): void => {
  if (nodeRegions(node) <= index) boardHalt('device tree: a device without its registers, region', index);
};

/** Interrupt number `index` of the node, as the interrupt controller counts. */
const nodeInterrupt = (node: i32, index: i32): i32 => {
  const property = nodeProperty(node, 'interrupts');
  const at = Math.imul(index, INTERRUPT_CELLS);
  const number = propertyCell(property, (at + 1) | 0, -1);
  if (number < 0) boardHalt('device tree: a device without its interrupt, index', index);
  return (number + (propertyCell(property, at, 0) === INTERRUPT_PRIVATE ? 16 : 32)) | 0;
};

/** A console before anything is known, so that a damaged tree can be reported: guessed from where the image was put. */
export const hardwareGuess = (): void => {
  if (imagePage() >= VIRT_RAM_PAGE) uartOpen(memoryMapDevice(VIRT_UART_PAGE, 1));
};

const hardwareUart = (): i32 => present(nodeCompatible(0, 'arm,pl011'), 'device tree: no console (arm,pl011)');

const hardwareConsole = (): void => {
  const uart = hardwareUart();
  regionPresent(uart, 0);
  if (imagePage() >= VIRT_RAM_PAGE && nodeRegionPage(uart, 0) === VIRT_UART_PAGE) return;
  uartOpen((memoryMapDevice(nodeRegionPage(uart, 0), 1) + nodeRegionLow(uart, 0)) | 0);
};

const hardwareReserve = (): void => {
  memoryReserve(imagePage(), (imagePage() + ((imageBytes() + 4095) >>> PAGE_SHIFT)) | 0);
  memoryReserve(treePage(), (treePage() + 1 + (((treeLow() & 0xfff) + treeBytes()) >>> PAGE_SHIFT)) | 0);
  let at = treeReserved();
  while (treeCell((at + 8) | 0) !== 0 || treeCell((at + 12) | 0) !== 0) {
    const first = cellsPage(at, 2);
    memoryReserve(first, (first + cellsPage((at + 8) | 0, 2) + 2) | 0); // both ends may be cut by a page
    at = (at + 16) | 0;
  }
  const parent = nodeNamed('reserved-memory');
  if (parent === 0) return;
  let node = nodeAfter(parent);
  while (node !== 0 && nodeParent(node) === parent) {
    for (let i = 0; i < nodeRegions(node); i++) {
      const first = nodeRegionPage(node, i);
      memoryReserve(first, (first + nodeRegionPages(node, i) + 2) | 0);
    }
    node = nodeAfter(node);
  }
};

const hardwareInitrd = (): void => {
  const chosen = nodeNamed('chosen');
  if (chosen === 0) return;
  const start = nodeProperty(chosen, 'linux,initrd-start');
  const end = nodeProperty(chosen, 'linux,initrd-end');
  if (start === 0 || end === 0) return;
  const cells = propertyBytes(start) >> 2;
  if (cells < 1 || cells > 2 || propertyBytes(end) !== propertyBytes(start)) {
    boardHalt('device tree: initrd addresses of so many cells', cells);
  }
  const low = propertyCell(start, (cells - 1) | 0, 0);
  const bytes = (propertyCell(end, (cells - 1) | 0, 0) - low) | 0;
  memoryMapInitrd(cellsPage(propertyValue(start), cells), low & 0xfff, bytes);
};

const hardwareRam = (): void => {
  let node = present(nodeOfType(0, 'memory'), 'device tree: no memory');
  while (node !== 0) {
    for (let i = 0; i < nodeRegions(node); i++) memoryAddRam(nodeRegionPage(node, i), nodeRegionPages(node, i));
    node = nodeOfType(node, 'memory');
  }
  memoryMapRam();
};

const hardwareCores = (): void => {
  let node = present(nodeOfType(0, 'cpu'), 'device tree: no cores');
  while (node !== 0) {
    const property = nodeProperty(node, 'reg');
    const cells = property === 0 ? 0 : propertyBytes(property) >> 2;
    if (cells > 0) coreAdd(propertyCell(property, (cells - 1) | 0, 0) & 0xffffff);
    node = nodeOfType(node, 'cpu');
  }
};

const hardwareFirmware = (): void => {
  const node = nodeNamed('psci');
  exitOpen(node !== 0 && propertyHasText(nodeProperty(node, 'method'), 'smc') ? 1 : 0);
};

const hardwareInterrupts = (): void => {
  let node = nodeCompatible(0, 'arm,gic-v3');
  const version = node === 0 ? 2 : 3;
  if (node === 0) node = nodeCompatible(0, 'arm,cortex-a15-gic');
  if (node === 0) node = nodeCompatible(0, 'arm,gic-400');
  present(node, 'device tree: no interrupt controller this kernel knows');
  regionPresent(node, 1);
  const pages = version === 3 ? Math.imul(REDISTRIBUTOR_PAGES, REDISTRIBUTORS) : 2;
  const distributor = (memoryMapDevice(nodeRegionPage(node, 0), version === 3 ? 16 : 1) + nodeRegionLow(node, 0)) | 0;
  const second = (memoryMapDevice(nodeRegionPage(node, 1), pages) + nodeRegionLow(node, 1)) | 0;
  interruptOpen(version, distributor, second, pages << PAGE_SHIFT);
  const timer = present(nodeCompatible(0, 'arm,armv8-timer'), 'device tree: no timer (arm,armv8-timer)');
  interruptNumbers(nodeInterrupt(timer, TIMER_VIRTUAL), nodeInterrupt(timer, TIMER_PHYSICAL), nodeInterrupt(hardwareUart(), 0));
};

/** Opens everything the tree names. The tree has been checked. */
export const hardwareOpen = (): void => {
  hardwareConsole();
  hardwareFirmware();
  hardwareReserve();
  hardwareInitrd();
  hardwareRam();
  hardwareCores();
  hardwareInterrupts();
};
