/**
 * The place in a queue that a capability names: what every call of send.ts and receive.ts begins with.
 *
 * Role: the context of the space, one call at a time; of a context of two tasks one may reap while the other does the rest:
 *   they touch different words. `space` is not the task's to choose: whoever lets a task in here passes its own.
 * Memory: reads the capability.
 * Invariants: 1 a call looks at the handle word once, at its start, and everything after belongs to the place it then named: the
 *   entry is not used again while its context is inside a call (space.ts, 4).
 * Order: [capability] relaxed: what is read through it was written by this context. A call that starts after a revoke has
 *   returned finds the word ended, by coherence; one that found it valid completes as if the revoke came later.
 * Units: addresses. Fails: NO_CAPABILITY, NO_RIGHT; no effect. Checked by: test/unit/capability-queue.test.ts, test/explore.
 */
import { load32, loadRelaxed32 } from '#machine';
import { CAPABILITY_BYTES, CAPABILITY_HANDLE, CAPABILITY_INDEX_MASK, SPACE_HEADER_BYTES } from '../layout.ts';
import { STATUS_NO_CAPABILITY } from '../status.ts';

/**
 * The place that a live capability names in its word `kind` (CAPABILITY_SENDER or _RECEIVER), or a status: the word of one that
 * names no such place says STATUS_NO_RIGHT itself.
 * @inline
 */
export const placeOf = (space: i32, cap: i32, kind: i32): i32 => {
  // The header before the entries is part of the offsets, where it costs nothing.
  const at = (space + Math.imul(cap & CAPABILITY_INDEX_MASK, CAPABILITY_BYTES)) | 0;
  if (cap < 0 || loadRelaxed32(at, SPACE_HEADER_BYTES + CAPABILITY_HANDLE) !== cap) return STATUS_NO_CAPABILITY; // [capability]
  return load32(at, (SPACE_HEADER_BYTES + kind) | 0);
};
