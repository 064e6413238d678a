/**
 * The board, as its device tree describes it: console, firmware, cores, RAM, initrd.
 *
 * Role: called once on the boot core by main.ts, in the order of the functions below.
 * Memory: settings of the modules it opens; nothing of its own but the page of the console that was guessed.
 * Fails: boardHalt naming what the tree lacks. Until the tree is read the console is the guess of hardwareGuess.
 * Elsewhere: interrupts are in devices.ts; what differs between boards beyond their trees is in kind.ts.
 * Checked by: test/boot/tree.test.ts, test/pi/trees.test.ts.
 */
import { CORE_NO_RELEASE, PAGE_SHIFT } from './layout.ts';
import { imageBytes, imagePage, treeLow, treePage } from './processor.ts';
import { treeBytes, treeCell, treeReserved } from './tree.ts';
import {
  nodeAfter, nodeCompatible, nodeNamed, nodeOfType, nodeParent, nodeProperty, nodeRoot, propertyBytes, propertyCell,
  propertyHasText, propertyValue,
} from './node.ts';
import { cellsPage, nodeRegionLow, nodeRegionPage, nodeRegionPages, nodeRegions } from './address.ts';
import { memoryAddRam, memoryHolds, memoryMapDevice, memoryMapInitrd, memoryMapRam, memoryReserve } from './memory.ts';
import { apartInitrd } from './apart.ts';
import {
  BOARD_RPI3, BOARD_RPI4, BOARD_RPI5, BOARD_UNKNOWN, boardKind, kindGuess, kindOfTree, kindPinsPage, kindUartPage,
} from './kind.ts';
import { UART_CLOCK_24_MHZ, UART_CLOCK_48_MHZ, UART_RATE_KEPT, uartOpen } from './uart.ts';
import { pinsConnectUart } from './pins.ts';
import { watchdogOpen } from './watchdog.ts';
import { exitFirmware } from './exit.ts';
import { PSCI_HVC, PSCI_NONE, PSCI_SMC, coreAdd } from './core.ts';
import { spinReserve } from './spin.ts';
import { consoleText, consoleTextAt } from './console.ts';
import { devicesOpen, devicePresent, deviceUart } from './devices.ts';
import { boardHalt } from './halt.ts';

/** The page of the console that is open; 0 before. */
let consolePage: i32 = 0;

const clockOf = (kind: i32): i32 => {
  if (kind === BOARD_RPI5) return UART_RATE_KEPT;
  return kind === BOARD_RPI3 || kind === BOARD_RPI4 ? UART_CLOCK_48_MHZ : UART_CLOCK_24_MHZ;
};

/** Opens the UART of that page, its pins before it, unless it is open already. */
const consoleOpen = (page: i32, low: i32, pinsPage: i32): void => {
  if (page === 0 || page === consolePage) return;
  if (pinsPage !== 0) pinsConnectUart(memoryMapDevice(pinsPage, 1), boardKind() === BOARD_RPI4);
  uartOpen((memoryMapDevice(page, 1) + low) | 0, clockOf(boardKind()));
  consolePage = page;
};

/** A console before anything is known, so that a damaged tree can be reported. */
export const hardwareGuess = (): void => {
  kindGuess();
  consoleOpen(kindUartPage(), 0, kindPinsPage());
};

/** The console the tree names. Only then can a board be refused aloud. */
const hardwareConsole = (): void => {
  kindOfTree();
  const uart = deviceUart();
  consoleOpen(nodeRegionPage(uart, 0), nodeRegionLow(uart, 0), kindPinsPage());
  if (boardKind() !== BOARD_UNKNOWN) return;
  const names = nodeProperty(nodeRoot(), 'compatible');
  consoleText('The device tree is for: ');
  if (names !== 0 && propertyBytes(names) !== 0) consoleTextAt(propertyValue(names));
  consoleText('\n');
  boardHalt('device tree: not of virt, rpi3, rpi4 or rpi5, image at page', imagePage());
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
  if (bytes === 0) boardHalt('device tree: an initrd without bytes, at', low);
  const page = cellsPage(propertyValue(start), cells);
  const endPage = cellsPage(propertyValue(end), cells);
  const last = (page + ((((low & 0xfff) + bytes - 1) | 0) >>> PAGE_SHIFT)) | 0;
  if (endPage !== last && endPage !== ((last + 1) | 0)) {
    boardHalt('device tree: start and end of the initrd do not fit, end at page', endPage);
  }
  if (!memoryHolds(page) || !memoryHolds(last)) boardHalt('memory: the initrd is not in RAM, initrd at page', page);
  apartInitrd(page, low & 0xfff, bytes, treeBytes());
  memoryMapInitrd(page, low & 0xfff, bytes);
};

/** Cores, and the pages in which they wait; before RAM is given away. */
const hardwareCores = (): void => {
  let node = devicePresent(nodeOfType(0, 'cpu'), 'device tree: no cores');
  while (node !== 0) {
    const property = nodeProperty(node, 'reg');
    const cells = property === 0 ? 0 : propertyBytes(property) >> 2;
    const release = nodeProperty(node, 'cpu-release-addr');
    let page: i32 = CORE_NO_RELEASE;
    if (propertyHasText(nodeProperty(node, 'enable-method'), 'spin-table') && release !== 0 && propertyBytes(release) === 8) {
      page = cellsPage(propertyValue(release), 2);
      spinReserve(page);
    }
    if (cells > 0) {
      coreAdd(propertyCell(property, (cells - 1) | 0, 0) & 0xffffff, page, propertyCell(release, 1, 0) & 0xfff);
    }
    node = nodeOfType(node, 'cpu');
  }
};

/** Where RAM is; none of it is given away yet. */
const hardwareRam = (): void => {
  let node = devicePresent(nodeOfType(0, 'memory'), 'device tree: no memory');
  while (node !== 0) {
    for (let i = 0; i < nodeRegions(node); i++) memoryAddRam(nodeRegionPage(node, i), nodeRegionPages(node, i));
    node = nodeOfType(node, 'memory');
  }
};

const hardwareFirmware = (): void => {
  const psci = nodeNamed('psci');
  const method = psci === 0 ? 0 : nodeProperty(psci, 'method');
  if (propertyHasText(method, 'smc')) exitFirmware(PSCI_SMC);
  else exitFirmware(propertyHasText(method, 'hvc') ? PSCI_HVC : PSCI_NONE);
  const watchdog = nodeCompatible(0, 'brcm,bcm2835-pm-wdt');
  if (watchdog === 0 || nodeRegions(watchdog) === 0) return;
  watchdogOpen((memoryMapDevice(nodeRegionPage(watchdog, 0), 1) + nodeRegionLow(watchdog, 0)) | 0);
};

/** Opens everything the tree names. The tree has been checked. */
export const hardwareOpen = (): void => {
  hardwareConsole();
  hardwareFirmware();
  hardwareReserve();
  hardwareRam();
  hardwareInitrd();
  hardwareCores();
  memoryMapRam();
  devicesOpen();
};
