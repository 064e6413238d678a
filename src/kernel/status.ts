/**
 * Every result code of the kernel: who returns it, and what the caller should do.
 *
 * A kernel function returns a value >= 0 (an address, a handle, a count of bytes or messages; zero is a valid count) or
 *   one of these
 * negative codes. Test `< 0`. A failing call changes nothing but the counters that count it; a receive that fails may
 *   have used its
 * buffer as scratch when the queue has several receivers.
 */

export const STATUS_OK = 0;
/** Receive, peek, discard: nothing is queued. Try later, or receive with a timeout. */
export const STATUS_EMPTY = -1;
/**
 * Send: all slots of this sender's lane are in use. Wait for receivers, or treat as overload. Append: the region is
 * used up.
 */
export const STATUS_FULL = -2;
/** Send: longer than the queue's maximum. Send a descriptor instead. */
export const STATUS_TOO_LARGE = -3;
/** Receive: the buffer is too small; the message stays. `receivedBytes` has the length needed; or discard it. */
export const STATUS_TOO_SMALL = -4;
/** Receive with timeout: nothing came in time. */
export const STATUS_TIMED_OUT = -5;
/** Send: the queue is closed. Receive: closed, and nothing is left in it. */
export const STATUS_CLOSED = -6;
/** The priority is not 0 (Critical) to 3 (Low). */
export const STATUS_BAD_PRIORITY = -7;
/** Not, or no longer, a handle of an attached sender or receiver. */
export const STATUS_BAD_HANDLE = -8;
/** A length, count or address that cannot be (negative, or misaligned where alignment is asked). */
export const STATUS_BAD_ARGUMENT = -9;
/** Create: a field of the configuration is out of its range (see layout.ts). */
export const STATUS_BAD_CONFIG = -10;
/** Create: the memory given is smaller than needed. */
export const STATUS_NO_MEMORY = -11;
/** Attach: all places for senders (or receivers) are taken. Region create: the table is full. */
export const STATUS_NO_PLACE = -12;
/** Attach: the sender's schema is not the queue's. */
export const STATUS_WRONG_SCHEMA = -13;
/** A region handle that never was, or whose region has been destroyed (its generation is over). */
export const STATUS_STALE_REGION = -14;
/**
 * The region's policy forbids it: a descriptor into a Slab, an append to anything but AppendOnly, a queue outside a
 * Slab. View: the queue has several receivers.
 */
export const STATUS_POLICY = -15;
/** Offset and length do not lie inside the region. */
export const STATUS_OUT_OF_BOUNDS = -16;
/** Inside an AppendOnly region, but beyond what has been committed. Wait for the appender. */
export const STATUS_NOT_COMMITTED = -17;
/** Submit: the queue was created without completions. */
export const STATUS_NO_COMPLETIONS = -18;
/** Submit: as many completions are outstanding as this sender's completion queue holds. Reap some. */
export const STATUS_NO_CREDIT = -19;
/**
 * Complete: this receiver has no uncompleted message from that sender at that priority. Commit, release: nothing is reserved or
 * viewed, or it is no longer the next.
 */
export const STATUS_NOT_PENDING = -20;
/** Receive, several receivers: the others were faster in every one of a bounded number of tries. Call again. */
export const STATUS_AGAIN = -21;
/** Detach: completions are still outstanding. Reap them first. */
export const STATUS_BUSY = -22;
/**
 * Send: the bytes are not a message of the queue's schema. The sender's words say which rule is broken and where
 * (schema/program.ts, REASON_*).
 */
export const STATUS_INVALID_MESSAGE = -23;
/** Create: the schema's program is not well-formed, or may take more steps than the configuration allows. */
export const STATUS_BAD_SCHEMA = -24;
/** A slot handle of a Slab that never was, or that has been freed. */
export const STATUS_STALE_SLOT = -25;
/** Not, or no longer, a capability of this space: never was, dropped, or revoked. */
export const STATUS_NO_CAPABILITY = -26;
/** The capability lacks the right that this takes, or is one to another type of object. */
export const STATUS_NO_RIGHT = -27;
/** Grant: the capability has been passed on as often as any may be. */
export const STATUS_TOO_DEEP = -28;
