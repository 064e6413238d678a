/**
 * One call, broken off before any of its steps, or with something else done in between: every place where a task may die or pause.
 */
import { Traced } from './traced.ts';

class Killed extends Error {}

/** Runs `call` until it has made `steps` machine operations, then breaks it off. True if it ended by itself before. */
export const killedAfter = (traced: Traced, steps: number, call: () => unknown): boolean => {
  let left = steps;
  traced.after = () => {
    if (--left <= 0) throw new Killed();
  };
  try {
    if (steps > 0) call();
    return steps > 0;
  } catch (error) {
    if (error instanceof Killed) return false;
    throw error;
  } finally {
    traced.after = () => {};
  }
};

/** Runs `call`, and `other` after its operation number `step`. False if it has not so many. */
export const interruptedAfter = (traced: Traced, step: number, call: () => unknown, other: () => void): boolean => {
  let left = step;
  let done = false;
  traced.after = () => {
    if (--left !== 0) return;
    done = true;
    traced.after = () => {};
    other();
  };
  call();
  traced.after = () => {};
  return done;
};
