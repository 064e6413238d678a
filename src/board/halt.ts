/**
 * The end of the road for a broken invariant.
 *
 * Role: called by everything, in any context. The trap takes the registers before they are lost; panic.ts reports.
 * Memory: none. Fails: does not return.
 */
import { haltTrap } from './processor.ts';

/** Stops the machine: prints `where`, `number`, the registers and a backtrace; the exit code is 1. */
export const boardHalt = (where: text, number: i32): void => { haltTrap(where, number); };
