/**
 * Statistics of a queue as plain numbers.
 *
 * Role: any thread; the queue is pinned. Units: messages, bytes, calls. The kernel counts in 64 bits; a number is exact up to
 * 2^53 (at a million messages a second: 285 years). Checked by: test/lib/statistics.test.ts.
 */
import { load32 } from '#machine';
import {
  PRIORITY_COUNT, STATISTICS_BYTES, STATISTICS_EMPTY, STATISTICS_FULL, STATISTICS_RECEIVED, STATISTICS_RECEIVED_BYTES,
  STATISTICS_REJECTED, STATISTICS_SENT, STATISTICS_SENT_BYTES, STATISTICS_SLEPT, STATISTICS_TIMED_OUT, STATISTICS_WOKEN,
} from '../kernel/layout.ts';
import { queueStatistics } from '../kernel/queue.ts';
import { priorities, type Priority } from './check.ts';
import { valueOf } from './errors.ts';
import { withRecord } from './objects.ts';

/** A count per priority, and their sum. */
export type PriorityCounts = { readonly [priority in Priority | 'total']: number };

/** Counts since the queue was created, exact up to 2^53. */
export interface QueueStatistics {
  /** Messages. */
  readonly sent: PriorityCounts;
  readonly received: PriorityCounts;
  /** Bytes of messages; of a descriptor 24. */
  readonly sentBytes: PriorityCounts;
  readonly receivedBytes: PriorityCounts;
  /** Sends that failed with `FULL`. */
  readonly full: PriorityCounts;
  /** Sends that the kernel refused for any other reason. What the library refuses before (a wrong type, say) is not counted. */
  readonly rejected: number;
  /** Receives that found nothing; an asynchronous receive counts each time it looks. */
  readonly empty: number;
  /** Receives that timed out. */
  readonly timedOut: number;
  /** How often a receiver went to sleep. */
  readonly slept: number;
  /** How often a sender had to wake somebody, modulo 2^32. */
  readonly woken: number;
}

const counter = (record: number, at: number): number => (load32(record, at + 4) >>> 0) * 0x100000000 + (load32(record, at) >>> 0);

const counters = (record: number, at: number): PriorityCounts => {
  const each = Array.from({ length: PRIORITY_COUNT }, (_, priority) => counter(record, at + priority * 8));
  const named = Object.fromEntries(priorities.map((priority, index) => [priority, each[index]!])) as Record<Priority, number>;
  return { ...named, total: each.reduce((sum, count) => sum + count, 0) };
};

/** The statistics of the queue at `at`. */
export const collectStatistics = (at: number): QueueStatistics => withRecord('statistics', STATISTICS_BYTES, (record) => {
  valueOf(queueStatistics(at, record), 'statistics');
  return {
    sent: counters(record, STATISTICS_SENT),
    received: counters(record, STATISTICS_RECEIVED),
    sentBytes: counters(record, STATISTICS_SENT_BYTES),
    receivedBytes: counters(record, STATISTICS_RECEIVED_BYTES),
    full: counters(record, STATISTICS_FULL),
    rejected: counter(record, STATISTICS_REJECTED),
    empty: counter(record, STATISTICS_EMPTY),
    timedOut: counter(record, STATISTICS_TIMED_OUT),
    slept: counter(record, STATISTICS_SLEPT),
    woken: counter(record, STATISTICS_WOKEN),
  };
});
