/**
 * The generic timer of each core: the program's periodic interrupt (physical timer) and the end of timed sleeps (virtual timer).
 *
 * Role: boardTimerEvery from tasks; timerSleep from tasks.ts just before the core sleeps; interrupts go through interrupt.ts.
 * Memory: CORE_PERIOD_OFFSET of this core.
 * Units: microseconds and ticks of the counter (62.5 MHz on QEMU virt); up to 2^31 ticks per second are supported.
 * Fails: boardHalt for a period out of range.
 */
import { load32, store32 } from '#machine';
import { CORE_PERIOD_OFFSET } from './layout.ts';
import { periodTimerOff, periodTimerSet, sleepTimerSet, thisCore, timerRate } from './processor.ts';
import { boardHalt } from './halt.ts';

/** The longest time that ticksOf can turn into ticks. */
const MICROSECONDS_LIMIT = 1000000;

/** Ticks of the counter per second. */
export const boardTimerHz = (): i32 => timerRate();

/** Ticks in 0..1000000 microseconds, in two parts so that no product passes 2^31. Exact to the kHz of the rate. */
const ticksOf = (microseconds: i32): i32 => {
  const rate = timerRate();
  const perMicrosecond = (rate / 1000000) | 0;
  const kilohertz = (((rate - Math.imul(perMicrosecond, 1000000)) | 0) / 1000) | 0;
  const part = (Math.imul(microseconds, kilohertz) / 1000) | 0;
  return (Math.imul(microseconds, perMicrosecond) + part) | 0;
};

/** Ticks between the program's interrupts on the calling core. */
export const timerPeriod = (): i32 => load32(thisCore(), CORE_PERIOD_OFFSET);

/** Calls the program's programTimer() every so many microseconds (1..1000000; 0: never) as an interrupt of this core. */
export const boardTimerEvery = (microseconds: i32): void => {
  if (microseconds === 0) {
    periodTimerOff();
    return;
  }
  if (microseconds < 0 || microseconds > MICROSECONDS_LIMIT) boardHalt('timer: period out of range, microseconds', microseconds);
  const ticks = ticksOf(microseconds);
  store32(thisCore(), CORE_PERIOD_OFFSET, ticks);
  periodTimerSet(ticks);
};

/** Lets this core be interrupted in `microseconds`, or in a second if that is sooner: then it looks at the clock again. */
export const timerSleep = (microseconds: i32): void => {
  sleepTimerSet(ticksOf(microseconds > MICROSECONDS_LIMIT ? MICROSECONDS_LIMIT : microseconds));
};
