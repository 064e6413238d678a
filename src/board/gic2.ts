/**
 * GICv2: distributor and CPU interfaces in memory (QEMU virt, GIC-400).
 *
 * Role: called by interrupt.ts; gic2Core on each core for itself.
 * Memory: device registers; CORE_GIC_OFFSET of this core's record.
 * Elsewhere: which version the board has is in hardware.ts.
 */
import { load32, mmioLoad32, mmioStore32, store32 } from '#machine';
import { CORE_GIC_OFFSET } from './layout.ts';
import { storesVisible, thisCore } from './processor.ts';

const DISTRIBUTOR_CONTROL = 0x000;
const DISTRIBUTOR_TYPE = 0x004;
const DISTRIBUTOR_ENABLE = 0x100;
const DISTRIBUTOR_DISABLE = 0x180;
const DISTRIBUTOR_PRIORITY = 0x400;
const DISTRIBUTOR_TARGET = 0x800;
const DISTRIBUTOR_SEND = 0xf00;
const INTERFACE_CONTROL = 0x00;
const INTERFACE_PRIORITY_MASK = 0x04;
const INTERFACE_ACKNOWLEDGE = 0x0c;
const INTERFACE_END = 0x10;

const PRIORITY_FOUR = 0x80808080 | 0;
const TARGET_CORE_0_FOUR = 0x01010101;

let distributor: i32 = 0;
let cpuInterface: i32 = 0;

/** Shared interrupts off, of one priority, for core 0; then the distributor on. */
export const gic2Open = (distributorBase: i32, interfaceBase: i32): void => {
  distributor = distributorBase;
  cpuInterface = interfaceBase;
  mmioStore32(distributor, DISTRIBUTOR_CONTROL, 0);
  const lines = Math.imul((mmioLoad32(distributor, DISTRIBUTOR_TYPE) & 31) + 1 | 0, 32);
  for (let i = 32; i < lines; i++) {
    if ((i & 31) === 0) mmioStore32(distributor, (DISTRIBUTOR_DISABLE + (i >> 3)) | 0, -1);
    if ((i & 3) === 0) {
      mmioStore32(distributor, (DISTRIBUTOR_PRIORITY + i) | 0, PRIORITY_FOUR);
      mmioStore32(distributor, (DISTRIBUTOR_TARGET + i) | 0, TARGET_CORE_0_FOUR);
    }
  }
  mmioStore32(distributor, DISTRIBUTOR_CONTROL, 1);
};

/** This core's interface on; its own interrupts off until enabled. The target registers of core-private lines tell its bit. */
export const gic2Core = (): void => {
  store32(thisCore(), CORE_GIC_OFFSET, mmioLoad32(distributor, DISTRIBUTOR_TARGET) & 255);
  mmioStore32(distributor, DISTRIBUTOR_DISABLE, 0xffff0000 | 0);
  for (let i = 0; i < 8; i++) mmioStore32(distributor, (DISTRIBUTOR_PRIORITY + (i << 2)) | 0, PRIORITY_FOUR);
  mmioStore32(cpuInterface, INTERFACE_PRIORITY_MASK, 255);
  mmioStore32(cpuInterface, INTERFACE_CONTROL, 1);
};

export const gic2Enable = (number: i32): void => {
  mmioStore32(distributor, (DISTRIBUTOR_ENABLE + ((number >> 5) << 2)) | 0, 1 << (number & 31));
};

/** The interrupt to handle, with the sending core in bits 12:10; 1023 if there is none. */
export const gic2Acknowledge = (): i32 => mmioLoad32(cpuInterface, INTERFACE_ACKNOWLEDGE);
export const gic2End = (acknowledged: i32): void => { mmioStore32(cpuInterface, INTERFACE_END, acknowledged); };

/** Sends software interrupt `number` to the core of that record. Earlier stores are visible to its handler. */
export const gic2Send = (core: i32, number: i32): void => {
  storesVisible();
  mmioStore32(distributor, DISTRIBUTOR_SEND, (load32(core, CORE_GIC_OFFSET) << 16) | number);
};
