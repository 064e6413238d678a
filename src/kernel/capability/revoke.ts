/**
 * Taking capabilities back: everything derived from one, at once for those who begin afterwards.
 *
 * Role: a context that holds RIGHT_REVOKE, while others use, pass on and drop what is being revoked.
 * Memory: the handle words of all spaces.
 * Invariants: 1 when capRevoke returns, no capability derived from its own is live, but those it granted since.
 *   2 it takes at most REVOKE_PASSES looks at SYSTEM_SPACES_MAX * SPACE_CAPABILITIES entries, and waits for nobody.
 * Why the passes end: an entry can escape a pass only if it was made during it, from one that this pass ended later. It is one
 *   deeper than its origin, and the next pass finds it. After as many passes as there are depths there is no such origin left.
 * Order: [capability] each entry is ended by a read-modify-write before the next is looked at: see grant.ts. A call that had
 *   found its capability valid before that completes as if the revoke came after it; one that begins later is refused. A revoke
 *   does not wait for the former: a context may be paused inside its call for as long as it likes.
 * Units: capabilities. Fails: NO_CAPABILITY, NO_RIGHT, BAD_HANDLE; no effect.
 * Elsewhere: the place in a queue of a revoked TYPE_SENDER stays taken until its context drops it or is recovered: another that
 *   took it at once would write into the same lane. Checked by: test/unit/capability.test.ts,
 *   test/property/capability.test.ts, test/explore.
 */
import { compareExchange32, load32, loadAcquire32, loadSequential32 } from '#machine';
import {
  CAPABILITY_CURRENT, CAPABILITY_DEPTH_MAX, CAPABILITY_HANDLE, CAPABILITY_PARENT, CAPABILITY_RIGHTS, RIGHT_REVOKE,
  SPACE_CAPABILITIES, SPACE_SYSTEM, SYSTEM_SPACES_MAX, WORD_ENDING, WORD_FILLING, WORD_STATE_MASK,
} from '../layout.ts';
import { STATUS_NO_CAPABILITY, STATUS_NO_RIGHT } from '../status.ts';
import { capabilityAt, capabilityEntry, capabilityStill, spaceAt } from './space.ts';

/** One for each depth, one each for table, region, queue and place. */
const REVOKE_PASSES = CAPABILITY_DEPTH_MAX + 4;

/** Whether `entry` was derived from `origin`, at whatever depth. */
const derives = (entry: i32, origin: i32): boolean => {
  let at = entry;
  for (let depth = 0; depth < REVOKE_PASSES && at !== 0; depth++) {
    at = loadSequential32(at, CAPABILITY_PARENT); // [capability]
    if (at === origin) return true;
  }
  return false;
};

/** Ends what was derived from `origin` in one space. Returns how many. */
const revokeIn = (space: i32, origin: i32): i32 => {
  let ended = 0;
  for (let index = 0; index < SPACE_CAPABILITIES; index++) {
    const entry = capabilityAt(space, index);
    const word = loadSequential32(entry, CAPABILITY_HANDLE); // [capability]
    const filling = (word & WORD_STATE_MASK) === WORD_FILLING;
    if ((word > 0 || filling) && derives(entry, origin)) {
      const cap = filling ? loadAcquire32(entry, CAPABILITY_CURRENT) : word; // [capability]
      if (compareExchange32(entry, CAPABILITY_HANDLE, word, WORD_ENDING | cap) === word) ended = (ended + 1) | 0; // [capability]
    }
  }
  return ended;
};

/** Ends everything derived from `cap` (RIGHT_REVOKE), which itself stays. Returns how many. */
export const capRevoke = (space: i32, cap: i32): i32 => {
  const origin = capabilityEntry(space, cap);
  if (origin < 0) return origin;
  const rights = loadAcquire32(origin, CAPABILITY_RIGHTS); // [capability]
  if (!capabilityStill(origin, cap)) return STATUS_NO_CAPABILITY;
  if ((rights & RIGHT_REVOKE) === 0) return STATUS_NO_RIGHT;
  const system = load32(space, SPACE_SYSTEM);
  let ended = 0;
  let last = 1;
  for (let pass = 0; pass < REVOKE_PASSES && last !== 0; pass++) {
    last = 0;
    for (let number = 0; number < SYSTEM_SPACES_MAX; number++) {
      const other = spaceAt(system, number);
      if (other > 0) last = (last + revokeIn(other, origin)) | 0;
    }
    ended = (ended + last) | 0;
  }
  return ended;
};
