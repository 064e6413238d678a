/**
 * The power management of the Raspberry Pi 3 and 4, whose watchdog is the way to switch off: they have no PSCI.
 *
 * Role: watchdogOpen by hardware.ts, watchdogPowerOff by exit.ts. Memory: device registers. Fails: nothing; before watchdogOpen
 *   nothing happens.
 * Elsewhere: the reset it causes finds partition 63 in the status register, which tells the firmware to halt (Linux,
 *   drivers/watchdog/bcm2835_wdt.c). Checked by: test/boot/rpi3.test.ts
 */
import { mmioLoad32, mmioStore32 } from '#machine';

const RESET_CONTROL = 0x1c;
const RESET_STATUS = 0x20;
const WATCHDOG = 0x24;
/** Every write carries it in its upper byte. */
const PASSWORD = 0x5a000000;
const STATUS_HALT = 0x555;
const CONTROL_FULL_RESET = 0x20;
const CONTROL_CHOICE = 0x30;
/** In units of 16 microseconds: as soon as it has started. */
const TICKS = 10;

let watchdogBase: i32 = 0;

export const watchdogOpen = (base: i32): void => { watchdogBase = base; };

/** Returns, if at all, before the board has gone off. */
export const watchdogPowerOff = (): void => {
  if (watchdogBase === 0) return;
  mmioStore32(watchdogBase, RESET_STATUS, PASSWORD | (mmioLoad32(watchdogBase, RESET_STATUS) & 0xffffff) | STATUS_HALT);
  mmioStore32(watchdogBase, WATCHDOG, PASSWORD | TICKS);
  const control = mmioLoad32(watchdogBase, RESET_CONTROL) & 0xffffff & ~CONTROL_CHOICE;
  mmioStore32(watchdogBase, RESET_CONTROL, PASSWORD | control | CONTROL_FULL_RESET);
};
