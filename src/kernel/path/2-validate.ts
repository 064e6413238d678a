/**
 * What must hold before a message may enter: checks that read and touch nothing.
 *
 * Role: called by 1-send before its point of no return. Memory: reads the sender block, the queue header and the region
 *   table;
 *   completeCredit refreshes the sender's own cache of reaped completions.
 * Order: [close] the CLOSED word is relaxed: a send that does not see it yet counts as begun before the close. [free]
 *   reaped completions are
 *   read with acquire from the completion lanes; see 4-ring.
 * Units: bytes. Fails: the codes returned; no effect.
 * Elsewhere: the handle itself is checked by the caller, who needs the block's address first; bounds of regions are in
 *   ../region.ts.
 * Checked by: test/unit/2-validate.test.ts.
 */
import { load32, loadRelaxed32, store32 } from '#machine';
import {
  DESCRIPTOR_BYTES, POLICY_SLAB, PRIORITY_COUNT, QUEUE_CLOSED, QUEUE_COMPLETION_QUEUES, QUEUE_COMPLETION_STRIDE_BYTES,
  QUEUE_RECEIVERS, RING_START, SENDER_INDEX, SENDER_MAX_BYTES, SENDER_QUOTA, SENDER_REAPED_CACHE, SENDER_REGIONS,
  SENDER_SUBMITTED,
} from '../layout.ts';
import { regionAddress, regionPolicy } from '../region.ts';
import { ringHead } from '../ring.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_PRIORITY, STATUS_CLOSED, STATUS_NO_COMPLETIONS, STATUS_NO_CREDIT, STATUS_OK,
  STATUS_OUT_OF_BOUNDS, STATUS_POLICY, STATUS_TOO_LARGE,
} from '../status.ts';
import { laneRing } from './3-lane.ts';

/** Priority, length and queue of a message of `bytes` bytes. */
export const validateSend = (sender: i32, queue: i32, priority: i32, bytes: i32): i32 => {
  if ((priority >>> 0) >= PRIORITY_COUNT) return STATUS_BAD_PRIORITY;
  if ((bytes >>> 0) > (load32(sender, SENDER_MAX_BYTES) >>> 0)) return bytes < 0 ? STATUS_BAD_ARGUMENT : STATUS_TOO_LARGE;
  if (loadRelaxed32(queue, QUEUE_CLOSED) !== 0) return STATUS_CLOSED; // [close]
  return STATUS_OK;
};

/**
 * The six words of a descriptor, which the caller read once: what it names must be a live Immutable region, or the
 *   committed part of a live
 * AppendOnly one. A Slab is refused: its owner could rewrite it between this check and the receiver's use.
 */
export const validateDescriptor = (
  sender: i32, region: i32, bytes: i32, offsetLow: i32, offsetHigh: i32, reserved: i32,
): i32 => {
  if ((load32(sender, SENDER_MAX_BYTES) >>> 0) < DESCRIPTOR_BYTES) return STATUS_TOO_LARGE;
  const regions = load32(sender, SENDER_REGIONS);
  const policy = regionPolicy(regions, region);
  if (policy < 0) return policy;
  if (policy === POLICY_SLAB) return STATUS_POLICY;
  if (reserved !== 0) return STATUS_BAD_ARGUMENT;
  if (offsetHigh !== 0) return STATUS_OUT_OF_BOUNDS;
  const address = regionAddress(regions, region, offsetLow, bytes);
  return address < 0 ? address : STATUS_OK;
};

/**
 * Whether one more completion may become outstanding at this priority. The count of submitted messages is the sender's
 *   own; that of reaped
 * ones is summed over the completion lanes only when the cached sum is used up. It bounds every completion lane:
 *   posting never finds one full.
 */
export const validateCredit = (sender: i32, queue: i32, priority: i32): i32 => {
  const quota = load32(sender, SENDER_QUOTA);
  if (quota === 0) return STATUS_NO_COMPLETIONS;
  const word = priority << 2;
  const submitted = load32(sender, SENDER_SUBMITTED + word | 0);
  if (((submitted - load32(sender, SENDER_REAPED_CACHE + word | 0)) | 0) < quota) return STATUS_OK;
  const reaped = creditReaped(sender, queue, priority);
  store32(sender, SENDER_REAPED_CACHE + word | 0, reaped);
  return ((submitted - reaped) | 0) < quota ? STATUS_OK : STATUS_NO_CREDIT;
};

/** Completions of this sender and priority that have been reaped so far, from the receivers' completion lanes. */
export const creditReaped = (sender: i32, queue: i32, priority: i32): i32 => {
  const index = load32(sender, SENDER_INDEX);
  const stride = load32(queue, QUEUE_COMPLETION_STRIDE_BYTES);
  const completions = (load32(queue, QUEUE_COMPLETION_QUEUES) + Math.imul(index, stride)) | 0;
  const receivers = load32(queue, QUEUE_RECEIVERS);
  let reaped = 0;
  for (let receiver = 0; receiver < receivers; receiver++) {
    const ring = laneRing(completions, receiver, priority);
    reaped = (reaped + ringHead(ring) - load32(ring, RING_START)) | 0;
  }
  return reaped;
};
