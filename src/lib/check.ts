/**
 * Arguments from JavaScript, checked before the kernel is reached.
 *
 * Role: every public function. Fails: BAD_ARGUMENT, BAD_PRIORITY, with the argument's name and what was given.
 * Checked by: test/lib: each suite gives its calls wrong arguments.
 */
import { inspect } from 'node:util';
import { PRIORITY_CRITICAL, PRIORITY_HIGH, PRIORITY_LOW, PRIORITY_NORMAL } from '../kernel/layout.ts';
import { QueueError } from './errors.ts';

/** The four priorities, most urgent first. */
export const priorities = ['critical', 'high', 'normal', 'low'] as const;
/** How urgent a message is. A more urgent one is always delivered first. */
export type Priority = (typeof priorities)[number];

/** What was given, in few words. */
const shown = (value: unknown): string =>
  inspect(value, { depth: 0, maxArrayLength: 3, maxStringLength: 40, breakLength: Infinity });

export const badArgument = (where: string, what: string, value: unknown): QueueError =>
  new QueueError('BAD_ARGUMENT', where, `${what}, not ${shown(value)}`);

/** A whole number from `least` to `most`. */
export const checkInteger = (where: string, name: string, value: unknown, least: number, most: number): number => {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw badArgument(where, `${name} must be a whole number from ${least} to ${most}`, value);
};

/** The options object of a call: absent, or an object. */
export const checkOptions = <T extends object>(where: string, options: T | undefined): T | undefined => {
  if (options === undefined || (typeof options === 'object' && options !== null)) return options;
  throw badArgument(where, 'options must be an object', options);
};

/** The kernel's number for a priority. */
export const priorityNumber = (where: string, priority: Priority | undefined): number => {
  switch (priority) {
    case undefined: case 'normal': return PRIORITY_NORMAL;
    case 'critical': return PRIORITY_CRITICAL;
    case 'high': return PRIORITY_HIGH;
    case 'low': return PRIORITY_LOW;
    default: throw new QueueError('BAD_PRIORITY', where, `priority must be one of ${priorities.join()}, not ${shown(priority)}`);
  }
};

/** Milliseconds to wait: absent or Infinity for ever, else 0 or more, fractions allowed. */
export const checkTimeout = (where: string, timeout: number | undefined): number => {
  if (timeout === undefined) return Infinity;
  if (typeof timeout === 'number' && timeout >= 0) return timeout;
  throw badArgument(where, 'timeout must be a number of milliseconds, 0 or more', timeout);
};

/** Throws for what is no view of bytes, and for one whose buffer was transferred away: it would pass for an empty one. */
const checkEmpty = (where: string, name: string, value: ArrayBufferView): void => {
  if (!ArrayBuffer.isView(value)) throw badArgument(where, `${name} must be a Uint8Array or another view of bytes`, value);
  if (value.byteLength !== 0) return;
  try {
    new Uint8Array(value.buffer);
  } catch {
    throw new QueueError('BAD_ARGUMENT', where, `${name} is a view of a detached buffer (it was transferred away)`);
  }
};

/** The number of bytes of any view of bytes. */
export const checkView = (where: string, name: string, value: ArrayBufferView): number => {
  if (value instanceof Uint8Array && value.length !== 0) return value.length;
  checkEmpty(where, name, value);
  return value.byteLength;
};

/** The same bytes as a Uint8Array. */
export const asBytes = (value: ArrayBufferView): Uint8Array =>
  (value instanceof Uint8Array ? value : new Uint8Array(value.buffer, value.byteOffset, value.byteLength));

/** Any view of bytes as a Uint8Array of the same bytes. */
export const checkBytes = (where: string, name: string, value: ArrayBufferView): Uint8Array => {
  checkView(where, name, value);
  return asBytes(value);
};

/** A signed 32-bit integer. */
export const checkInt32 = (where: string, name: string, value: unknown): number =>
  checkInteger(where, name, value, -0x80000000, 0x7fffffff);
