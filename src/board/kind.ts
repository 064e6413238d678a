/**
 * Which board this is, and what differs between boards beyond what a device tree says.
 *
 * Role: kindGuess before the device tree is read, kindOfTree after it has been checked; both on the boot core, by hardware.ts.
 * Memory: the settings below, written before other cores run.
 * Invariants: no address is probed to find out: on an absent device that is an external abort.
 * Units: pages of 4 KiB.
 * Fails: BOARD_UNKNOWN; hardware.ts decides what that means.
 * Elsewhere: where devices are, says the tree (hardware.ts). The pages here are the guess for a console before it is read.
 * Checked by: test/boot/rpi3.test.ts, test/boot/tree.test.ts, test/pi/trees.test.ts
 */
import { imagePage, processorPart } from './processor.ts';
import { nodeProperty, nodeRoot, propertyHasText } from './node.ts';

/** No board has number 2: programs use it for what runs under Node. */
export const BOARD_UNKNOWN = 0;
export const BOARD_VIRT = 1;
export const BOARD_RPI3 = 3;
export const BOARD_RPI4 = 4;
export const BOARD_RPI5 = 5;

/** QEMU virt: RAM begins at 1 GiB. On the Raspberry Pis it begins at 0, and loaders put kernels low. */
const VIRT_RAM_PAGE = 0x40000;
const VIRT_UART_PAGE = 0x9000;
const RPI3_PINS_PAGE = 0x3f200;
const RPI3_UART_PAGE = 0x3f201;
const RPI4_PINS_PAGE = 0xfe200;
const RPI4_UART_PAGE = 0xfe201;
const RPI5_UART_PAGE = 0x107d001;

// MIDR_EL1 bits 15:4.
const PART_CORTEX_A53 = 0xd03;
const PART_CORTEX_A72 = 0xd08;
const PART_CORTEX_A76 = 0xd0b;

let kind: i32 = 0;

/** The board: BOARD_VIRT, BOARD_RPI3, BOARD_RPI4, BOARD_RPI5, or BOARD_UNKNOWN. */
export const boardKind = (): i32 => kind;

/** From where the image was put, and from the processor. */
export const kindGuess = (): void => {
  const part = processorPart();
  if (imagePage() >= VIRT_RAM_PAGE) kind = BOARD_VIRT;
  else if (part === PART_CORTEX_A53) kind = BOARD_RPI3;
  else if (part === PART_CORTEX_A72) kind = BOARD_RPI4;
  else if (part === PART_CORTEX_A76) kind = BOARD_RPI5;
};

/** From the names of the root of the tree. */
export const kindOfTree = (): void => {
  const names = nodeProperty(nodeRoot(), 'compatible');
  kind = BOARD_UNKNOWN;
  if (propertyHasText(names, 'linux,dummy-virt')) kind = BOARD_VIRT;
  else if (propertyHasText(names, 'brcm,bcm2837')) kind = BOARD_RPI3;
  else if (propertyHasText(names, 'brcm,bcm2711')) kind = BOARD_RPI4;
  else if (propertyHasText(names, 'brcm,bcm2712')) kind = BOARD_RPI5;
};

/** Where a board of this kind has its console, as far as one knows without a tree; 0 for an unknown one. */
export const kindUartPage = (): i32 => {
  switch (kind) {
    case BOARD_VIRT: return VIRT_UART_PAGE;
    case BOARD_RPI3: return RPI3_UART_PAGE;
    case BOARD_RPI4: return RPI4_UART_PAGE;
    case BOARD_RPI5: return RPI5_UART_PAGE;
    default: return 0;
  }
};

/** Where the pins of the console are switched; 0 where they need not be: QEMU virt has none, the Pi 5 has a connector for it. */
export const kindPinsPage = (): i32 => {
  if (kind === BOARD_RPI3) return RPI3_PINS_PAGE;
  return kind === BOARD_RPI4 ? RPI4_PINS_PAGE : 0;
};
