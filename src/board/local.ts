/**
 * The Raspberry Pi 3's local interrupt controller (BCM2836 and BCM2837): timers, mailboxes between cores, and one input for all
 * devices, which legacy.ts tells apart.
 *
 * Role: called by interrupt.ts; localCore on each core for itself.
 * Memory: device registers. Each core has its own set, found by the low bits of its affinity.
 * Invariants: what a core is told of, it takes away itself: mailbox bits by clearing them here, levels at their device.
 * Units: software interrupts are numbered 0..15, timers LOCAL_FIRST_NUMBER + their bit, devices as in legacy.ts.
 * Elsewhere: the controller of all other boards is a GIC: gic2.ts, gic3.ts. BCM2836 ARM-local peripherals (QA7) rev 3.4.
 * Checked by: test/boot/rpi3.test.ts
 */
import { load32, mmioLoad32, mmioStore32 } from '#machine';
import { CORE_AFFINITY_OFFSET } from './layout.ts';
import { coreAffinity, storesVisible } from './processor.ts';
import { LEGACY_NONE, legacyPending } from './legacy.ts';

const ROUTE_OF_DEVICES = 0x0c;
const TIMER_ENABLE = 0x40;
const MAILBOX_ENABLE = 0x50;
const SOURCE = 0x60;
const MAILBOX_SET = 0x80;
const MAILBOX_CLEAR = 0xc0;

const SOURCE_MAILBOX_0 = 16;
const SOURCE_DEVICES = 256;
const TIMERS = 4;
const MAILBOX_BITS = 16;

/** The number of the source of bit 0; the tree numbers sources by their bit. */
export const LOCAL_FIRST_NUMBER = 32;
/** What localAcknowledge says when there is nothing, like a GIC. */
export const LOCAL_NONE = 1023;

let localBase: i32 = 0;

const own = (): i32 => coreAffinity() & 3;
/** Registers of 4 bytes a core, and of four words a core. */
const ownWord = (): i32 => own() << 2;
const ownWords = (): i32 => own() << 4;

/** All devices go to core 0. */
export const localOpen = (base: i32): void => {
  localBase = base;
  mmioStore32(base, ROUTE_OF_DEVICES, 0);
};

/** This core's timers off until enabled, old messages forgotten, mailbox 0 on. */
export const localCore = (): void => {
  mmioStore32(localBase, (TIMER_ENABLE + ownWord()) | 0, 0);
  mmioStore32(localBase, (MAILBOX_CLEAR + ownWords()) | 0, -1);
  mmioStore32(localBase, (MAILBOX_ENABLE + ownWord()) | 0, 1);
};

/** Switches on one of this core's timers. */
export const localEnable = (number: i32): void => {
  const at = (TIMER_ENABLE + ownWord()) | 0;
  mmioStore32(localBase, at, mmioLoad32(localBase, at) | (1 << ((number - LOCAL_FIRST_NUMBER) | 0)));
};

const lowestBit = (bits: i32): i32 => (31 - Math.clz32(bits & (0 - bits | 0))) | 0;

/** A software interrupt that was sent to this core and is now taken. */
const mailboxTake = (): i32 => {
  const at = (MAILBOX_CLEAR + ownWords()) | 0;
  const number = lowestBit(mmioLoad32(localBase, at) & ((1 << MAILBOX_BITS) - 1));
  mmioStore32(localBase, at, 1 << number);
  return number;
};

/** The interrupt to handle; LOCAL_NONE if there is none. */
export const localAcknowledge = (): i32 => {
  const source = mmioLoad32(localBase, (SOURCE + ownWord()) | 0);
  if ((source & SOURCE_MAILBOX_0) !== 0) return mailboxTake();
  const timers = source & ((1 << TIMERS) - 1);
  if (timers !== 0) return (LOCAL_FIRST_NUMBER + lowestBit(timers)) | 0;
  const device = (source & SOURCE_DEVICES) === 0 ? LEGACY_NONE : legacyPending();
  return device === LEGACY_NONE ? LOCAL_NONE : device;
};

/** Sends software interrupt `number` to the core of that record. Earlier stores are visible to its handler. */
export const localSend = (core: i32, number: i32): void => {
  storesVisible();
  const at = (MAILBOX_SET + ((load32(core, CORE_AFFINITY_OFFSET) & 3) << 4)) | 0;
  mmioStore32(localBase, at, 1 << number);
};
