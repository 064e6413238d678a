/**
 * The BCM2835's interrupt controller: 64 lines of devices, which reach the Raspberry Pi 3's cores through local.ts.
 *
 * Role: called by interrupt.ts and local.ts, on core 0. Memory: device registers.
 * Units: lines are numbered LEGACY_FIRST_NUMBER and up; the tree's pair (bank 1 or 2, bit) is turned by legacyNumber.
 * Fails: LEGACY_NONE when no line that is switched on asks.
 * Elsewhere: BCM2835 ARM Peripherals, "Interrupts". Checked by: test/boot/rpi3.test.ts
 */
import { mmioLoad32, mmioStore32 } from '#machine';

const PENDING = 0x04;
const FAST_CONTROL = 0x0c;
const ENABLE = 0x10;
const DISABLE = 0x1c;
const DISABLE_BASIC = 0x24;
const BANKS = 2;

export const LEGACY_FIRST_NUMBER = 64;
export const LEGACY_NONE = -1;

let legacyBase: i32 = 0;
/** The lines that are switched on, by bank: what is pending includes lines that are off. */
let enabledLow: i32 = 0;
let enabledHigh: i32 = 0;

/** All lines off, and no fast interrupt. */
export const legacyOpen = (base: i32): void => {
  legacyBase = base;
  mmioStore32(base, FAST_CONTROL, 0);
  mmioStore32(base, DISABLE_BASIC, -1);
  for (let bank = 0; bank < BANKS; bank++) mmioStore32(base, (DISABLE + (bank << 2)) | 0, -1);
};

/** The number of what the tree calls interrupt `bit` of bank 1 or 2. */
export const legacyNumber = (bank: i32, bit: i32): i32 => (LEGACY_FIRST_NUMBER + ((bank - 1) << 5) + bit) | 0;

export const legacyEnable = (number: i32): void => {
  const line = (number - LEGACY_FIRST_NUMBER) | 0;
  const bit = 1 << (line & 31);
  if (line < 32) enabledLow = enabledLow | bit;
  else enabledHigh = enabledHigh | bit;
  mmioStore32(legacyBase, (ENABLE + ((line >> 5) << 2)) | 0, bit);
};

const firstOf = (bits: i32, first: i32): i32 =>
  (bits === 0 ? LEGACY_NONE : (first + 31 - Math.clz32(bits & (0 - bits | 0))) | 0);

/** The first line that is on and asks. */
export const legacyPending = (): i32 => {
  const low = firstOf(mmioLoad32(legacyBase, PENDING) & enabledLow, LEGACY_FIRST_NUMBER);
  if (low !== LEGACY_NONE) return low;
  return firstOf(mmioLoad32(legacyBase, PENDING + 4) & enabledHigh, LEGACY_FIRST_NUMBER + 32);
};
