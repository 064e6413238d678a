/**
 * GICv3: distributor and redistributors in memory, CPU interfaces in system registers.
 *
 * Role: called by interrupt.ts; gic3Core on each core for itself.
 * Memory: device registers; CORE_GIC_OFFSET of this core's record.
 * Fails: boardHalt if no redistributor says it belongs to this core.
 * Elsewhere: which version the board has is in hardware.ts.
 */
import { load32, mmioLoad32, mmioStore32, pause, store32 } from '#machine';
import { CORE_AFFINITY_OFFSET, CORE_GIC_OFFSET } from './layout.ts';
import {
  coreAffinity, gicAcknowledge, gicEnd, gicGroup1On, gicPriorityMaskSet, gicSend, gicSystemOn, thisCore,
} from './processor.ts';
import { boardHalt } from './halt.ts';

const DISTRIBUTOR_CONTROL = 0x000;
const DISTRIBUTOR_TYPE = 0x004;
const DISTRIBUTOR_GROUP = 0x080;
const DISTRIBUTOR_ENABLE = 0x100;
const DISTRIBUTOR_DISABLE = 0x180;
const DISTRIBUTOR_PRIORITY = 0x400;
const DISTRIBUTOR_ROUTE = 0x6000;
const CONTROL_WRITE_PENDING = 0x80000000 | 0;
/** Groups 0, 1 non-secure, 1 secure; affinity routing in both security states. Bits a board does not have are ignored. */
const CONTROL_AFFINITY = 0x30;
const CONTROL_ON = 0x37;

const REDISTRIBUTOR_TYPE = 0x008;
const REDISTRIBUTOR_WAKE = 0x014;
/** The second 64 KiB of a redistributor: its core-private interrupts, laid out like the distributor's. */
const REDISTRIBUTOR_PRIVATE = 0x10000;
const TYPE_VIRTUAL = 2;
const TYPE_LAST = 16;
const WAKE_SLEEP = 2;
const WAKE_ASLEEP = 4;
const PRIORITY_FOUR = 0x80808080 | 0;

let distributor: i32 = 0;
let redistributors: i32 = 0;
let redistributorsEnd: i32 = 0;
let bootAffinity: i32 = 0;

const awaitWrite = (): void => {
  while ((mmioLoad32(distributor, DISTRIBUTOR_CONTROL) & CONTROL_WRITE_PENDING) !== 0) pause();
};

/** Shared interrupts off, of one priority, in group 1, for the calling core; then the distributor on. */
export const gic3Open = (distributorBase: i32, redistributorBase: i32, redistributorBytes: i32): void => {
  distributor = distributorBase;
  redistributors = redistributorBase;
  redistributorsEnd = (redistributorBase + redistributorBytes) | 0;
  bootAffinity = coreAffinity();
  mmioStore32(distributor, DISTRIBUTOR_CONTROL, 0);
  awaitWrite();
  mmioStore32(distributor, DISTRIBUTOR_CONTROL, CONTROL_AFFINITY);
  awaitWrite();
  const lines = Math.imul((mmioLoad32(distributor, DISTRIBUTOR_TYPE) & 31) + 1 | 0, 32);
  for (let i = 32; i < lines; i++) {
    if ((i & 31) === 0) {
      mmioStore32(distributor, (DISTRIBUTOR_DISABLE + (i >> 3)) | 0, -1);
      mmioStore32(distributor, (DISTRIBUTOR_GROUP + (i >> 3)) | 0, -1);
    }
    if ((i & 3) === 0) mmioStore32(distributor, (DISTRIBUTOR_PRIORITY + i) | 0, PRIORITY_FOUR);
  }
  awaitWrite();
  mmioStore32(distributor, DISTRIBUTOR_CONTROL, CONTROL_ON);
  awaitWrite();
};

/** The redistributor of the calling core. */
const redistributorFind = (): i32 => {
  let at = redistributors;
  while (at < redistributorsEnd) {
    if (mmioLoad32(at, (REDISTRIBUTOR_TYPE + 4) | 0) === coreAffinity()) return at;
    const type = mmioLoad32(at, REDISTRIBUTOR_TYPE);
    if ((type & TYPE_LAST) !== 0) break;
    at = (at + ((type & TYPE_VIRTUAL) !== 0 ? 0x40000 : 0x20000)) | 0;
  }
  boardHalt('interrupts: no redistributor for the core of affinity', coreAffinity());
  return 0;
};

/** This core's redistributor awake and its interface on; its own interrupts in group 1, off except the software ones. */
export const gic3Core = (): void => {
  const at = redistributorFind();
  store32(thisCore(), CORE_GIC_OFFSET, at);
  mmioStore32(at, REDISTRIBUTOR_WAKE, mmioLoad32(at, REDISTRIBUTOR_WAKE) & ~WAKE_SLEEP);
  while ((mmioLoad32(at, REDISTRIBUTOR_WAKE) & WAKE_ASLEEP) !== 0) pause();
  const own = (at + REDISTRIBUTOR_PRIVATE) | 0;
  mmioStore32(own, DISTRIBUTOR_GROUP, -1);
  mmioStore32(own, DISTRIBUTOR_DISABLE, 0xffff0000 | 0);
  for (let i = 0; i < 8; i++) mmioStore32(own, (DISTRIBUTOR_PRIORITY + (i << 2)) | 0, PRIORITY_FOUR);
  mmioStore32(own, DISTRIBUTOR_ENABLE, 0xffff);
  gicSystemOn();
  gicPriorityMaskSet(255);
  gicGroup1On();
};

/** Switches on a core-private line of this core, or a shared one for the boot core. */
export const gic3Enable = (number: i32): void => {
  if (number < 32) {
    mmioStore32((load32(thisCore(), CORE_GIC_OFFSET) + REDISTRIBUTOR_PRIVATE) | 0, DISTRIBUTOR_ENABLE, 1 << number);
    return;
  }
  mmioStore32(distributor, (DISTRIBUTOR_ROUTE + (number << 3)) | 0, bootAffinity);
  mmioStore32(distributor, (DISTRIBUTOR_ROUTE + 4 + (number << 3)) | 0, 0);
  mmioStore32(distributor, (DISTRIBUTOR_ENABLE + ((number >> 5) << 2)) | 0, 1 << (number & 31));
};

/** The interrupt to handle; 1020 and above if there is none. */
export const gic3Acknowledge = (): i32 => gicAcknowledge();
export const gic3End = (acknowledged: i32): void => { gicEnd(acknowledged); };

/** Sends software interrupt `number` to the core of that record. Earlier stores are visible to its handler. */
export const gic3Send = (core: i32, number: i32): void => { gicSend(load32(core, CORE_AFFINITY_OFFSET), number); };
