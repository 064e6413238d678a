/**
 * Interrupts, as the device tree describes them: which controller, and which of its lines the timers and the console have.
 *
 * Role: called by hardware.ts on the boot core. Memory: settings of interrupt.ts.
 * Units: interrupt numbers are the controller's own (gic2.ts, gic3.ts, local.ts, legacy.ts).
 * Fails: boardHalt naming what the tree lacks.
 * Checked by: test/boot/tree.test.ts, test/boot/rpi3.test.ts, test/pi/trees.test.ts.
 */
import { PAGE_SHIFT } from './layout.ts';
import { nodeCompatible, nodeProperty, propertyCell } from './node.ts';
import { nodeRegionLow, nodeRegionPage, nodeRegions } from './address.ts';
import { memoryMapDevice } from './memory.ts';
import { LOCAL_FIRST_NUMBER } from './local.ts';
import { legacyNumber } from './legacy.ts';
import { interruptNumbers, interruptOpenGic, interruptOpenLocal } from './interrupt.ts';
import { boardHalt } from './halt.ts';

const REDISTRIBUTOR_PAGES = 32;
const REDISTRIBUTORS = 8;

// The first cell of a GIC's interrupt: shared lines begin at 32, core-private ones at 16.
const INTERRUPT_PRIVATE = 1;
const GIC_CELLS = 3;
const LOCAL_CELLS = 2;
// Places in the timer node's list.
const TIMER_PHYSICAL = 1;
const TIMER_VIRTUAL = 2;

export const devicePresent = (node: i32, missing: text): i32 => {
  if (node === 0) boardHalt(missing, 0);
  return node;
};

const regionPresent = (node: i32, index: i32): void => {
  if (nodeRegions(node) <= index) boardHalt('device tree: a device without its registers, region', index);
};

/** The console: the first PL011 that is switched on. */
export const deviceUart = (): i32 => {
  const uart = devicePresent(nodeCompatible(0, 'arm,pl011'), 'device tree: no console (arm,pl011)');
  regionPresent(uart, 0);
  return uart;
};

/** Region `index` of the node in the device window, `pages` of it. */
const deviceMap = (node: i32, index: i32, pages: i32): i32 => {
  regionPresent(node, index);
  return (memoryMapDevice(nodeRegionPage(node, index), pages) + nodeRegionLow(node, index)) | 0;
};

/** Cell `cell` of interrupt `index`, of `cells` cells each. */
const interruptCell = (node: i32, index: i32, cells: i32, cell: i32): i32 => {
  const value = propertyCell(nodeProperty(node, 'interrupts'), (Math.imul(index, cells) + cell) | 0, -1);
  if (value < 0) boardHalt('device tree: a device without its interrupt, index', index);
  return value;
};

const gicInterrupt = (node: i32, index: i32): i32 =>
  (interruptCell(node, index, GIC_CELLS, 1) + (interruptCell(node, index, GIC_CELLS, 0) === INTERRUPT_PRIVATE ? 16 : 32)) | 0;

const localInterrupt = (node: i32, index: i32): i32 =>
  (LOCAL_FIRST_NUMBER + interruptCell(node, index, LOCAL_CELLS, 0)) | 0;

/** The Raspberry Pi 3. Its timer has the older name, and numbers of two cells. */
const devicesLocal = (local: i32): void => {
  const legacy = devicePresent(nodeCompatible(0, 'brcm,bcm2836-armctrl-ic'), 'device tree: no brcm,bcm2836-armctrl-ic');
  interruptOpenLocal(deviceMap(local, 0, 1), deviceMap(legacy, 0, 1));
  let timer = nodeCompatible(0, 'arm,armv7-timer');
  if (timer === 0) timer = nodeCompatible(0, 'arm,armv8-timer');
  devicePresent(timer, 'device tree: no timer (arm,armv7-timer)');
  const uart = deviceUart();
  const bank = interruptCell(uart, 0, LOCAL_CELLS, 0);
  interruptNumbers(localInterrupt(timer, TIMER_VIRTUAL), localInterrupt(timer, TIMER_PHYSICAL),
    legacyNumber(bank, interruptCell(uart, 0, LOCAL_CELLS, 1)));
};

const devicesGic = (node: i32, version: i32): void => {
  const pages = version === 3 ? Math.imul(REDISTRIBUTOR_PAGES, REDISTRIBUTORS) : 2;
  const distributor = deviceMap(node, 0, version === 3 ? 16 : 1);
  interruptOpenGic(version, distributor, deviceMap(node, 1, pages), pages << PAGE_SHIFT);
  const timer = devicePresent(nodeCompatible(0, 'arm,armv8-timer'), 'device tree: no timer (arm,armv8-timer)');
  interruptNumbers(gicInterrupt(timer, TIMER_VIRTUAL), gicInterrupt(timer, TIMER_PHYSICAL), gicInterrupt(deviceUart(), 0));
};

/** Opens the interrupt controller and notes the numbers of its lines. */
export const devicesOpen = (): void => {
  let node = nodeCompatible(0, 'arm,gic-v3');
  if (node !== 0) {
    devicesGic(node, 3);
    return;
  }
  node = nodeCompatible(0, 'arm,cortex-a15-gic');
  if (node === 0) node = nodeCompatible(0, 'arm,gic-400');
  if (node !== 0) {
    devicesGic(node, 2);
    return;
  }
  node = nodeCompatible(0, 'brcm,bcm2836-l1-intc');
  devicesLocal(devicePresent(node, 'device tree: no interrupt controller this kernel knows'));
};
