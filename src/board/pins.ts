/**
 * The pins of the Raspberry Pi 3 and 4: connects the console's UART to header pins 8 (transmit) and 10 (receive).
 *
 * Role: called by hardware.ts before the UART is opened. Unless a card's overlay says otherwise, the firmware gives the PL011 to
 *   the Bluetooth chip, and the header is silent: this is done here so that no overlay is needed.
 * Memory: device registers. Order: the UART is off or not yet ours, so what the line does meanwhile is nobody's byte.
 * Units: pin numbers are GPIO numbers. Fails: nothing.
 * Elsewhere: BCM2835 and BCM2711 ARM Peripherals, "GPIO". QEMU has no wires: a missing step cannot be seen there.
 * Checked by: test/pi/trees.test.ts
 */
import { mmioLoad32, mmioStore32, pause } from '#machine';

const FUNCTION_PINS_10 = 0x04;
const FUNCTION_PINS_30 = 0x0c;
const PULL_BCM2837 = 0x94;
const PULL_CLOCK_BCM2837 = 0x98;
const PULL_PINS_0_BCM2711 = 0xe4;

/** Three bits a pin, ten pins a register. */
const FUNCTION_MASK = 7;
const FUNCTION_ALT0 = 4;
const SHIFT_PIN_14 = 12;
const SHIFT_PIN_15 = 15;
const SHIFT_PIN_32 = 6;
const SHIFT_PIN_33 = 9;

const PULL_UP_BCM2837 = 2;
const PULL_UP_BCM2711 = 1;
const PULL_SHIFT_PIN_15_BCM2711 = 30;
const PIN_15_BIT = 0x8000;
/** The old chip's pulls want 150 cycles of set-up and hold; at 1.5 GHz with one `pause` a loop this is more. */
const PULL_CYCLES = 1000;

const settle = (): void => {
  for (let i = 0; i < PULL_CYCLES; i++) pause();
};

/**
 * GPIO 14 and 15 become TXD0 and RXD0; 32 and 33, the Bluetooth chip's, become inputs, so that they no longer feed RXD0. The
 * receive line is pulled up: with nothing connected it is then idle, not in an endless break.
 */
export const pinsConnectUart = (base: i32, isBcm2711: boolean): void => {
  const tens = mmioLoad32(base, FUNCTION_PINS_10) & ~((FUNCTION_MASK << SHIFT_PIN_14) | (FUNCTION_MASK << SHIFT_PIN_15));
  const thirties = mmioLoad32(base, FUNCTION_PINS_30) & ~((FUNCTION_MASK << SHIFT_PIN_32) | (FUNCTION_MASK << SHIFT_PIN_33));
  mmioStore32(base, FUNCTION_PINS_30, thirties);
  mmioStore32(base, FUNCTION_PINS_10, tens | (FUNCTION_ALT0 << SHIFT_PIN_14) | (FUNCTION_ALT0 << SHIFT_PIN_15));
  if (isBcm2711) {
    const pulls = mmioLoad32(base, PULL_PINS_0_BCM2711) & ~(3 << PULL_SHIFT_PIN_15_BCM2711);
    mmioStore32(base, PULL_PINS_0_BCM2711, pulls | (PULL_UP_BCM2711 << PULL_SHIFT_PIN_15_BCM2711));
    return;
  }
  mmioStore32(base, PULL_BCM2837, PULL_UP_BCM2837);
  settle();
  mmioStore32(base, PULL_CLOCK_BCM2837, PIN_15_BIT);
  settle();
  mmioStore32(base, PULL_BCM2837, 0);
  mmioStore32(base, PULL_CLOCK_BCM2837, 0);
};
