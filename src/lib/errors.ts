/**
 * The one error class, and every code it can carry.
 *
 * Role: kernel functions answer with a status; the library turns those that a caller did not ask for into a QueueError.
 * Elsewhere: what each kernel status means in full: ../kernel/status.ts. Checked by: test/lib/errors.test.ts.
 */
import {
  STATUS_AGAIN, STATUS_BAD_ARGUMENT, STATUS_BAD_CONFIG, STATUS_BAD_HANDLE, STATUS_BAD_PRIORITY, STATUS_BAD_SCHEMA,
  STATUS_BUSY, STATUS_CLOSED, STATUS_EMPTY, STATUS_FULL, STATUS_INVALID_MESSAGE, STATUS_NOT_COMMITTED,
  STATUS_NOT_PENDING, STATUS_NO_CAPABILITY, STATUS_NO_COMPLETIONS, STATUS_NO_CREDIT, STATUS_NO_MEMORY,
  STATUS_NO_PLACE, STATUS_NO_RIGHT, STATUS_OUT_OF_BOUNDS, STATUS_POLICY, STATUS_STALE_REGION, STATUS_STALE_SLOT,
  STATUS_TIMED_OUT, STATUS_TOO_DEEP, STATUS_TOO_LARGE, STATUS_TOO_SMALL, STATUS_WRONG_SCHEMA,
} from '../kernel/status.ts';

/** Codes of the kernel, with its status, then (below -100) those of the library alone. */
const STATUS_OF = {
  EMPTY: STATUS_EMPTY,
  FULL: STATUS_FULL,
  TOO_LARGE: STATUS_TOO_LARGE,
  TOO_SMALL: STATUS_TOO_SMALL,
  TIMED_OUT: STATUS_TIMED_OUT,
  CLOSED: STATUS_CLOSED,
  BAD_PRIORITY: STATUS_BAD_PRIORITY,
  BAD_HANDLE: STATUS_BAD_HANDLE,
  BAD_ARGUMENT: STATUS_BAD_ARGUMENT,
  BAD_CONFIG: STATUS_BAD_CONFIG,
  NO_MEMORY: STATUS_NO_MEMORY,
  NO_PLACE: STATUS_NO_PLACE,
  WRONG_SCHEMA: STATUS_WRONG_SCHEMA,
  STALE_REGION: STATUS_STALE_REGION,
  POLICY: STATUS_POLICY,
  OUT_OF_BOUNDS: STATUS_OUT_OF_BOUNDS,
  NOT_COMMITTED: STATUS_NOT_COMMITTED,
  NO_COMPLETIONS: STATUS_NO_COMPLETIONS,
  NO_CREDIT: STATUS_NO_CREDIT,
  NOT_PENDING: STATUS_NOT_PENDING,
  AGAIN: STATUS_AGAIN,
  BUSY: STATUS_BUSY,
  INVALID_MESSAGE: STATUS_INVALID_MESSAGE,
  BAD_SCHEMA: STATUS_BAD_SCHEMA,
  STALE_SLOT: STATUS_STALE_SLOT,
  NO_CAPABILITY: STATUS_NO_CAPABILITY,
  NO_RIGHT: STATUS_NO_RIGHT,
  TOO_DEEP: STATUS_TOO_DEEP,
  STALE_HANDLE: -101,
  FOREIGN_HANDLE: -102,
  DETACHED: -103,
  CANNOT_BLOCK: -105,
  INCOMPATIBLE: -106,
  IN_FLIGHT: -107,
} as const;

/** A stable name for what went wrong: the table in docs/library.md says what to do about each. */
export type QueueErrorCode = keyof typeof STATUS_OF;

/** What a code means, as the second half of an error message. */
const TEXT: { readonly [code in QueueErrorCode]: string } = {
  EMPTY: 'nothing is queued',
  FULL: 'all slots of this sender at this priority are in use (or the region is used up)',
  TOO_LARGE: 'the message is longer than the maxMessageBytes of the queue (24 for a descriptor)',
  TOO_SMALL: 'the buffer is too small for the message, which stays in the queue',
  TIMED_OUT: 'nothing came in time',
  CLOSED: 'the queue is closed',
  BAD_PRIORITY: "the priority is not 'critical', 'high', 'normal' or 'low'",
  BAD_HANDLE: 'not a handle that this library made',
  BAD_ARGUMENT: 'an argument cannot be used',
  BAD_CONFIG: 'these sizes do not make a queue',
  NO_MEMORY: 'the shared memory is used up',
  NO_PLACE: 'all places are taken',
  WRONG_SCHEMA: 'the schema is not that of the queue',
  STALE_REGION: 'the region has been destroyed, or never was',
  POLICY: 'the policy of the region forbids it',
  OUT_OF_BOUNDS: 'offset and length do not lie inside the region',
  NOT_COMMITTED: 'beyond what has been appended so far',
  NO_COMPLETIONS: 'the queue was created without completions',
  NO_CREDIT: 'as many completions are outstanding as the queue allows: reap some first',
  NOT_PENDING: 'the message asked for no completion, or has been completed',
  AGAIN: 'other threads were faster each time',
  BUSY: 'still in use',
  INVALID_MESSAGE: 'the bytes are not a message of the schema of the queue',
  BAD_SCHEMA: 'the schema has no valid program, or one that may take too many steps',
  STALE_SLOT: 'the slot has been freed, or never was',
  NO_CAPABILITY: 'not, or no longer, a capability of this space',
  NO_RIGHT: 'the capability lacks the right, or is one to something else',
  TOO_DEEP: 'the capability has been passed on as often as any may be',
  STALE_HANDLE: 'what the handle named has been destroyed',
  FOREIGN_HANDLE: 'the handle belongs to another process, or this worker was started before its parent imported ruvix-queue',
  DETACHED: 'this sender or receiver has been detached',
  CANNOT_BLOCK: 'this thread may not block: use the async form',
  IN_FLIGHT: 'descriptors to the region are still under way',
  INCOMPATIBLE: 'another version of ruvix-queue made the shared memory of this process',
};

/**
 * What every function of this library throws. `code` is for programs, `message` for people.
 *
 * A call that throws has changed nothing, except counters in the statistics.
 */
export class QueueError extends Error {
  override readonly name = 'QueueError';
  /** Stable name of the reason, for example `'FULL'`. */
  readonly code: QueueErrorCode;
  /** The kernel's status number for it: -1 to -99; from -101 down: codes that only the library has. */
  readonly status: number;
  /** With `TOO_SMALL`: bytes the buffer must have. With `IN_FLIGHT`: how many descriptors are under way. */
  declare readonly needed?: number;

  /** @internal */
  constructor(code: QueueErrorCode, where: string, detail: string = TEXT[code], needed?: number) {
    super(`${where}: ${detail}`);
    this.code = code;
    this.status = STATUS_OF[code];
    if (needed !== undefined) this.needed = needed;
  }
}

const CODE_OF = new Map<number, QueueErrorCode>(
  Object.entries(STATUS_OF).map(([code, status]) => [status, code as QueueErrorCode]),
);

/** All codes, for tests and documentation. */
export const queueErrorCodes = [...CODE_OF.values()];

/** The error for a negative status of the kernel. */
export const errorOf = (status: number, where: string, detail?: string): QueueError => {
  const code = CODE_OF.get(status);
  if (code === undefined) throw new Error(`${where}: unknown status ${status}`);
  return new QueueError(code, where, detail);
};

/** `status` if it is a value, else throws its error. */
export const valueOf = (status: number, where: string): number => {
  if (status < 0) throw errorOf(status, where);
  return status;
};
