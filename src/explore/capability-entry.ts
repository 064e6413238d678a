/**
 * What explored tasks may call with capabilities. Restricted TypeScript, lowered together with the kernel.
 *
 * Elsewhere: capabilities.ts says who calls what.
 */
import { loadAcquire32 } from '#machine';
import { capSend } from '../kernel/capability.ts';
import { CAPABILITY_HANDLE, CAPABILITY_TYPE, SPACE_CAPABILITIES, TYPE_SPACE } from '../kernel/layout.ts';
import { capabilityAt } from '../kernel/capability/space.ts';
import { STATUS_NO_CAPABILITY } from '../kernel/status.ts';

export {
  capAttachSender, capDrop, capGrant, capRecover, capRevoke, capSend, capSpace, capSpaceCreate, capSystemBytes, capSystemCreate,
} from '../kernel/capability.ts';
export { laneRing } from '../kernel/path/3-lane.ts';
export { queueAttachReceiver, queueAttachSender, queueBytes, queueCreate, queueReceive } from '../kernel/queue.ts';
export { regionCreate, regionTableBytes, regionTableCreate } from '../kernel/region.ts';

/** What a task returns that saw what must not be. */
export const WRONG = -99;

/** Sends twice: once refused for want of a capability, always so. */
export const taskSendTwice = (space: i32, cap: i32, source: i32): i32 => {
  const first = capSend(space, cap, 2, source, 4);
  const second = capSend(space, cap, 2, source, 4);
  return first === STATUS_NO_CAPABILITY && second !== STATUS_NO_CAPABILITY ? WRONG : 0;
};

/** Sends after a revoke has returned: must be refused. */
export const taskSendLate = (space: i32, cap: i32, source: i32): i32 =>
  (capSend(space, cap, 2, source, 4) === STATUS_NO_CAPABILITY ? 0 : WRONG);

/** Looks for a live capability to anything but a space, of which there must be none. */
export const taskNoneLive = (space: i32): i32 => {
  for (let index = 0; index < SPACE_CAPABILITIES; index++) {
    const entry = capabilityAt(space, index);
    const live = loadAcquire32(entry, CAPABILITY_HANDLE) > 0;
    if (live && loadAcquire32(entry, CAPABILITY_TYPE) !== TYPE_SPACE) return WRONG;
  }
  return 0;
};
