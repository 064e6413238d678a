/** What the main thread tells a pair of workers, and what comes back. */

/** The ways of passing messages that are compared, each in a pair of workers of its own. */
export const LINKS = ['kernel', 'library', 'ringbuf.js', 'postMessage', 'receiveMessageOnPort'] as const;
export type LinkName = (typeof LINKS)[number];

/**
 * stream: messages one way, as fast as they go; batch: 32 with a call; descriptor: references to payloads in place; spinning: round
 * trips, both sides polling; sleeping: round trips with a pause before each, so that the other side sleeps when the message comes.
 */
export const KINDS = ['stream', 'batch', 'descriptor', 'spinning', 'sleeping'] as const;
export type Kind = (typeof KINDS)[number];

/** The kinds a link has: a queue cannot be polled and wait for events at once. */
export const HAS: Record<LinkName, readonly Kind[]> = {
  kernel: ['stream', 'batch', 'descriptor', 'spinning', 'sleeping'],
  library: ['stream', 'spinning', 'sleeping'],
  'ringbuf.js': ['stream', 'spinning'],
  postMessage: ['stream', 'spinning', 'sleeping'],
  receiveMessageOnPort: ['stream', 'spinning'],
};

export interface Job {
  kind: Kind;
  /** Bytes of a message, or of what a descriptor points to: 64 or 3072. */
  bytes: number;
  count: number;
  /** Whether a receiver that found nothing after at least 4 messages in a row waits a little before it looks again. */
  adaptive: boolean;
}

/** Memory of the kernel that main has laid out for a pair; addresses. */
export interface Place {
  /** Handles: there and back. */
  senders: [number, number];
  receivers: [number, number];
  /** MESSAGES messages of LONG bytes; the same as region and as AppendOnly region handle. */
  source: number;
  region: number;
  /** The first SHORT bytes of the messages one behind the other, and the first BATCH of them once more. */
  array: number;
  /** For each side: a buffer, a descriptor record. */
  scratch: [number, number];
}

export interface Setup {
  link: LinkName;
  /** 0 sends first, 1 answers. */
  side: 0 | 1;
  place: Place;
  /** Handles of the library's queues: there and back. */
  queues: unknown[];
  /** Memory of ringbuf.js: there and back. */
  rings: SharedArrayBuffer[];
  /** One word for meeting. */
  meeting: SharedArrayBuffer;
}

export const MESSAGES = 64;
export const SHORT = 64;
export const LONG = 3072;
export const SLOTS = 1024;
export const BATCH = 32;
/** Pause before a round trip that is to find the other side asleep. */
export const IDLE_MICROSECONDS = 200;

/** Words of message `k`: the first and the last are checked. */
export const firstWord = (k: number): number => k % MESSAGES;
export const lastWord = (k: number): number => Math.imul((k % MESSAGES) + 1, 0x9e3779b1) | 0;

/** From side 1: nanoseconds for all of them. From side 0, of round trips: nanoseconds of each. */
export interface Answer { ns?: number; trips?: number[]; error?: string }

/** One trial's result: million messages a second, or microseconds of a round trip (median, and 99th percentile). */
export interface NodeTrial { link: LinkName; kind: Kind; bytes: number; adaptive: boolean; value: number; high?: number }
