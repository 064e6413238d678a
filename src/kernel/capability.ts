/**
 * Capabilities: who may do what. No logic: each line says where it is.
 *
 * A capability is a number that means something in one space only. It names an object, carries rights and a badge, and can be
 * passed on with fewer rights and be taken back with all that came of it. There is no other way to reach a queue or a region.
 *
 * Role, memory, order, units, failures: the files of capability/. Elsewhere: docs/capabilities.md draws who trusts whom.
 * Checked by: test/unit/capability.test.ts.
 */
export {
  CAP_REGIONS, CAP_ROOT, CAP_SYSTEM, capRecover, capSpace, capSpaceCreate, capSystemBytes, capSystemCreate,
} from './capability/system.ts';
export { capBadge, capDepth, capGrant, capRights, capType } from './capability/grant.ts';
export { capRevoke } from './capability/revoke.ts';
export { capAttachReceiver, capAttachSender, capDrop, capQueueClose, capQueueCreate } from './capability/place.ts';
export {
  capCommit, capReap, capReapTimeout, capRefused, capReserve, capSend, capSendArray, capSendBatch, capSendDescriptor, capSubmit,
  capSubmitDescriptor, REFUSED_BYTE, REFUSED_REASON, REFUSED_WORD,
} from './capability/send.ts';
export {
  capComplete, capDiscard, capPeek, capReceive, capReceiveArray, capReceiveBatch, capReceived, capReceiveTimeout, capRelease,
  capView, RECEIVED_BADGE, RECEIVED_BYTES, RECEIVED_FLAGS, RECEIVED_PRIORITY, RECEIVED_SENDER, RECEIVED_USER_HIGH,
  RECEIVED_USER_LOW,
} from './capability/receive.ts';
export {
  capQueueLaneLength, capQueueLength, capQueueOwed, capQueueRefusals, capQueueStatistics,
} from './capability/look.ts';
export {
  capRegion, capRegionAddress, capRegionAppend, capRegionCommit, capRegionCommitted, capRegionCreate, capRegionCreateSlab,
  capRegionCreateWritable, capRegionDestroy, capRegionPolicy, capRegionReserve, capRegionSeal, capRegionWritable, capSlotAddress,
  capSlotAllocate, capSlotFree,
} from './capability/memory.ts';
