/**
 * What must hold before a message may enter: checks that read and touch nothing.
 *
 * Role: called by 1-send before its point of no return. Memory: reads the sender block, the queue header and the region table;
 *   validateCredit refreshes the sender's own cache of reaped completions.
 * Order: [close] the CLOSED word is relaxed: a send that does not see it yet counts as begun before the close. [base] credit.ts.
 *   A region's handle is read sequentially, behind the sender's announcement (../region/flight.ts).
 * Units: bytes. Fails: the codes returned; no effect.
 * Elsewhere: the handle itself is checked by the caller, who needs the block's address first; bounds of regions are in
 *   ../region.ts.
 * Checked by: test/unit/2-validate.test.ts.
 */
import { load32, loadRelaxed32, store32 } from '#machine';
import { creditReaped } from '../credit.ts';
import {
  DESCRIPTOR_BYTES, PRIORITY_COUNT, QUEUE_CLOSED, SENDER_BASE, SENDER_INDEX, SENDER_MAX_BYTES,
  SENDER_QUOTA, SENDER_REAPED_CACHE, SENDER_REGIONS,
} from '../layout.ts';
import { regionAllows } from '../region.ts';
import { ringTail } from '../ring.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_PRIORITY, STATUS_CLOSED, STATUS_NO_CREDIT, STATUS_OK, STATUS_OUT_OF_BOUNDS,
  STATUS_TOO_LARGE,
} from '../status.ts';
import { laneRing } from './3-lane.ts';

/**
 * Priority, address, length and queue of a message.
 */
export const validateSend = (sender: i32, queue: i32, priority: i32, source: i32, bytes: i32): i32 => {
  if ((priority >>> 0) >= PRIORITY_COUNT) return STATUS_BAD_PRIORITY;
  if (source < 0 || bytes < 0) return STATUS_BAD_ARGUMENT;
  if (bytes > load32(sender, SENDER_MAX_BYTES)) return STATUS_TOO_LARGE;
  if (loadRelaxed32(queue, QUEUE_CLOSED) !== 0) return STATUS_CLOSED; // [close]
  return STATUS_OK;
};

/**
 * The six words of a descriptor, which the caller read once: what it names must be a live Immutable region, or the
 * committed part of a live AppendOnly one. A Slab is refused: its owner could rewrite it between this check and the
 * receiver's use.
 */
export const validateDescriptor = (
  sender: i32, region: i32, bytes: i32, offsetLow: i32, offsetHigh: i32, reserved: i32,
): i32 => {
  if (load32(sender, SENDER_MAX_BYTES) < DESCRIPTOR_BYTES) return STATUS_TOO_LARGE;
  if (reserved !== 0) return STATUS_BAD_ARGUMENT;
  const allowed = regionAllows(load32(sender, SENDER_REGIONS), region, offsetLow, bytes);
  if (allowed < 0) return allowed;
  return offsetHigh === 0 ? STATUS_OK : STATUS_OUT_OF_BOUNDS;
};

/**
 * Whether a submitter may have one more completion outstanding at this priority. What was submitted is a ring position, what was
 * reaped is summed over the completion lanes only when the cached sum is used up. The bound holds for every completion lane,
 * so posting never finds one full.
 */
export const validateCredit = (sender: i32, queue: i32, priority: i32): i32 => {
  const quota = loadRelaxed32(sender, SENDER_QUOTA); // [base]
  const word = priority << 2;
  const index = load32(sender, SENDER_INDEX);
  const submitted = (ringTail(laneRing(queue, index, priority)) - loadRelaxed32(sender, (SENDER_BASE + word) | 0)) | 0; // [base]
  if (((submitted - load32(sender, (SENDER_REAPED_CACHE + word) | 0)) | 0) < quota) return STATUS_OK;
  const reaped = creditReaped(index, queue, priority);
  store32(sender, (SENDER_REAPED_CACHE + word) | 0, reaped);
  return ((submitted - reaped) | 0) < quota ? STATUS_OK : STATUS_NO_CREDIT;
};
