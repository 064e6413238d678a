/**
 * Regions in flight: which descriptors are under way, and destroying only what none names.
 *
 * Nothing is counted per message. What is under way is found when a region is to be destroyed:
 *   queued      positions from CONSUMED to PRODUCED of every lane of every queue of this table: slots that name the region
 *   being sent  the NAMING word of every sender: a descriptor between its check and the end of its send
 *   received    of submitters' lanes with messages received and not completed: see flightOwed
 *
 * Role: regionDestroy: whoever owns the region. regionHost: queueMake, which says that a queue lives in a region.
 * Memory: the handle word, REGION_QUEUE; reads the queues.
 * Invariants: 1 from the moment the handle word is WORD_ENDING no send of a descriptor to the region begins, so what is under
 *   way only becomes less while it is looked for: finding nothing means that there is nothing.
 *   2 what is found under way, or a death of the destroyer, leaves the region as it was: the handle word comes back.
 * Order: [naming] a sender stores NAMING sequentially and then reads the handle word sequentially; the destroyer changes
 *   the handle
 *   word and then reads NAMING, both sequentially: either the sender finds its handle invalid, or the destroyer finds the
 *   sender. NAMING is cleared with release after the message is published, and read before the lane is: who finds it
 *   cleared finds the message. [free], [publish], [meta]: path/4-ring.ts; a slot's words count only if CONSUMED has not
 *   passed it after they were read. [host] REGION_QUEUE is stored with release after the queue was made.
 *   [region] table.ts. [commit], [reserve] append.ts.
 * Units: descriptors; a send that is caught between its publication and its end counts twice.
 * Fails: STALE_REGION, BAD_HANDLE; no effect. Nor has a destroy that finds something under way.
 * Elsewhere: a Slab, with or without a queue in it, is destroyed when no context is inside a call on it: the caller's to know.
 * Checked by: test/unit/region-flight.test.ts, test/property, test/explore.
 */
import { compareExchange32, load32, loadAcquire32, loadRelaxed32, loadSequential32, storeRelease32 } from '#machine';
import { creditOwed } from '../credit.ts';
import {
  CELL_BYTES, CELL_COUNT, CELL_STATE, DESCRIPTOR_REGION, FLAG_DESCRIPTOR, META_FLAGS_SHIFT, POLICY_APPEND_ONLY,
  PRIORITY_COUNT, QUEUE_COMPLETIONS, QUEUE_HEADER_BYTES, QUEUE_SENDERS, REGION_GENERATION_MAX, REGION_GENERATION_SHIFT,
  REGION_HANDLE, REGION_INDEX_MASK, REGION_POLICY, REGION_QUEUE, RING_CONSUMED, RING_CONSUMER_MASK, RING_CONSUMER_SLOTS,
  RING_CONSUMER_STRIDE_BYTES, RING_START, SENDER_BYTES, SENDER_NAMING, SLOT_META, SLOT_PAYLOAD, TABLE_COUNT, WORD_ENDING,
  WORD_FREE,
} from '../layout.ts';
import { laneRing } from '../path/3-lane.ts';
import { ringHead, ringTail } from '../ring.ts';
import { STATUS_OK, STATUS_STALE_REGION } from '../status.ts';
import { cellIsIdle } from './append.ts';
import { regionAt, regionCells, regionEntry, regionStill, regionWord } from './table.ts';

/** Says that the queue at `queue` lives in a region, so that its lanes are looked through. 0: no longer. */
export const regionHost = (table: i32, handle: i32, queue: i32): i32 => {
  const entry = regionEntry(table, handle);
  if (entry < 0) return entry;
  storeRelease32(entry, REGION_QUEUE, queue); // [host]
  return STATUS_OK;
};

/** The queue that lives in a region, or STATUS_STALE_REGION. */
export const regionQueue = (table: i32, handle: i32): i32 => {
  const entry = regionEntry(table, handle);
  if (entry < 0) return entry;
  const queue = loadAcquire32(entry, REGION_QUEUE); // [host]
  return queue !== 0 && regionStill(entry, handle) ? queue : STATUS_STALE_REGION;
};

/** Whether the slot of position `at` holds a descriptor that names the region. */
const slotNames = (ring: i32, at: i32, handle: i32): boolean => {
  const index = at & load32(ring, RING_CONSUMER_MASK);
  const slot = (load32(ring, RING_CONSUMER_SLOTS) + Math.imul(index, load32(ring, RING_CONSUMER_STRIDE_BYTES))) | 0;
  const flags = loadRelaxed32(slot, SLOT_META) >>> META_FLAGS_SHIFT; // [meta]
  return (flags & FLAG_DESCRIPTOR) !== 0 && loadRelaxed32(slot, SLOT_PAYLOAD + DESCRIPTOR_REGION) === handle; // [meta]
};

/** Queued descriptors of one lane that name the region. */
const flightInLane = (ring: i32, handle: i32): i32 => {
  const size = (load32(ring, RING_CONSUMER_MASK) + 1) | 0;
  const head = ringHead(ring);
  const tail = ringTail(ring);
  let found = 0;
  for (let k = 0; k < size && ((head + k - tail) | 0) < 0; k++) {
    const at = (head + k) | 0;
    if (slotNames(ring, at, handle) && ((loadAcquire32(ring, RING_CONSUMED) - at) | 0) <= 0) found = (found + 1) | 0; // [free]
  }
  return found;
};

/**
 * Messages of one lane that were received, are not completed, and may name the region. Which ones are not completed is not
 * known, only how many, `owed`: every slot that still holds a received message is looked at, and a message whose slot holds
 * another one by now may be any. So never too few, and none once all are completed.
 */
const flightOwed = (ring: i32, handle: i32, owed: i32): i32 => {
  if (owed <= 0) return 0;
  const head = ringHead(ring);
  const size = (load32(ring, RING_CONSUMER_MASK) + 1) | 0;
  const received = (head - load32(ring, RING_START)) >>> 0;
  const tail = ringTail(ring);
  // Less one, which the sender may be filling anew.
  const kept = (size - (tail - head) - 1) | 0;
  let found = kept < 0 || received > (kept >>> 0) ? owed : 0;
  for (let k = 0; k < kept && (k >>> 0) < received && found < owed; k++) {
    if (slotNames(ring, (head - k - 1) | 0, handle)) found = (found + 1) | 0;
  }
  return ringTail(ring) === tail ? found : owed;
};

/** Descriptors of one queue that name the region: being sent, queued, and received but not completed. */
const flightInQueue = (queue: i32, handle: i32): i32 => {
  const senders = load32(queue, QUEUE_SENDERS);
  let found = 0;
  for (let index = 0; index < senders; index++) {
    const sender = (queue + QUEUE_HEADER_BYTES + Math.imul(index, SENDER_BYTES)) | 0;
    if (loadSequential32(sender, SENDER_NAMING) === handle) found = (found + 1) | 0; // [naming]
    for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
      const ring = laneRing(queue, index, priority);
      found = (found + flightInLane(ring, handle)) | 0;
      if (load32(queue, QUEUE_COMPLETIONS) !== 0) {
        found = (found + flightOwed(ring, handle, creditOwed(queue, index, priority))) | 0;
      }
    }
  }
  return found;
};

/** Appends to the region that somebody is inside of, or has reserved and not committed. */
const flightOfAppends = (table: i32, entry: i32, index: i32): i32 => {
  if (loadAcquire32(entry, REGION_POLICY) !== POLICY_APPEND_ONLY) return 0; // [region]
  let found = 0;
  for (let k = 0; k < CELL_COUNT; k++) {
    const cell = (regionCells(table, index) + Math.imul(k, CELL_BYTES)) | 0;
    if (!cellIsIdle(entry, cell, loadAcquire32(cell, CELL_STATE))) found = (found + 1) | 0; // [reserve]
  }
  return found;
};

/** Descriptors to the region that are under way, and appends to it. Exact while no new ones begin, else a hint. */
const flightCount = (table: i32, entry: i32, handle: i32): i32 => {
  const count = load32(table, TABLE_COUNT);
  let found = flightOfAppends(table, entry, handle & REGION_INDEX_MASK);
  for (let index = 0; index < count; index++) {
    const host = regionAt(table, index);
    const seen = loadAcquire32(host, REGION_HANDLE); // [region]
    const queue = loadAcquire32(host, REGION_QUEUE); // [host]
    if (seen > 0 && queue !== 0 && loadAcquire32(host, REGION_HANDLE) === seen) { // [region]
      found = (found + flightInQueue(queue, handle)) | 0;
    }
  }
  return found;
};

/** How many descriptors to a live region, and appends to it, are under way: 0 at rest means that it can be destroyed. */
export const regionOutstanding = (table: i32, handle: i32): i32 => {
  const entry = regionEntry(table, handle);
  return entry < 0 ? entry : flightCount(table, entry, handle);
};

/** The free word that follows a handle: the next generation, or none after the last. */
export const regionFreed = (handle: i32): i32 => {
  const index = handle & REGION_INDEX_MASK;
  const generation = handle >>> REGION_GENERATION_SHIFT;
  if (generation === REGION_GENERATION_MAX) return WORD_FREE | index;
  return WORD_FREE | (generation + 1) << REGION_GENERATION_SHIFT | index;
};

/**
 * Ends a region: its handle is stale from now on. Returns STATUS_OK, or, with nothing changed, how many descriptors to it are
 * queued, being sent or not yet completed, and appends to it unfinished.
 */
export const regionDestroyFor = (table: i32, owner: i32, handle: i32): i32 => {
  const entry = regionEntry(table, handle);
  if (entry < 0) return entry;
  const word = regionWord(WORD_ENDING, owner, handle);
  if (compareExchange32(entry, REGION_HANDLE, handle, word) !== handle) return STATUS_STALE_REGION; // [naming]
  const found = flightCount(table, entry, handle);
  storeRelease32(entry, REGION_HANDLE, found === 0 ? regionFreed(handle) : handle); // [region]
  return found;
};

/** As regionDestroyFor, by nobody in particular. */
export const regionDestroy = (table: i32, handle: i32): i32 => regionDestroyFor(table, 0, handle);
