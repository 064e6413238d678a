/**
 * Looking at a queue by a capability to it.
 *
 * Role: any context of the space; two may look at once. Memory: what the queue's calls read; statistics go where they are told.
 * Order: that of space.ts and ../queue.ts. Units: messages, bytes.
 * Fails: NO_CAPABILITY, NO_RIGHT (without RIGHT_READ), and what the queue's call returns; no effect.
 * Checked by: test/unit/capability-queue.test.ts.
 */
import { RIGHT_READ } from '../layout.ts';
import { queueLaneLength, queueLength, queueOwed, queueRefusals, queueStatistics } from '../queue.ts';
import { capabilityQueue } from './place.ts';

/** As queueLength. */
export const capQueueLength = (space: i32, cap: i32): i32 => {
  const queue = capabilityQueue(space, cap, RIGHT_READ);
  return queue < 0 ? queue : queueLength(queue);
};
/** As queueLaneLength. */
export const capQueueLaneLength = (space: i32, cap: i32, priority: i32): i32 => {
  const queue = capabilityQueue(space, cap, RIGHT_READ);
  return queue < 0 ? queue : queueLaneLength(queue, priority);
};
/** As queueOwed. */
export const capQueueOwed = (space: i32, cap: i32, index: i32, priority: i32): i32 => {
  const queue = capabilityQueue(space, cap, RIGHT_READ);
  return queue < 0 ? queue : queueOwed(queue, index, priority);
};
/** As queueRefusals. */
export const capQueueRefusals = (space: i32, cap: i32, reason: i32): i32 => {
  const queue = capabilityQueue(space, cap, RIGHT_READ);
  return queue < 0 ? queue : queueRefusals(queue, reason);
};
/** As queueStatistics. */
export const capQueueStatistics = (space: i32, cap: i32, into: i32): i32 => {
  const queue = capabilityQueue(space, cap, RIGHT_READ);
  return queue < 0 ? queue : queueStatistics(queue, into);
};
