/**
 * Regions by capability: the calls of ../region.ts, each under the right it takes.
 *
 *   READ    follow it, name it in a descriptor         WRITE   fill and seal, append, take and free slots, make a queue in it
 *   REVOKE  destroy it                                 a capability to the table, WRITE: make regions of memory
 *
 * Role: the context of the space. What it holds in regions is its space's number's, and released when it is recovered.
 * Memory: entries of its space, and what the region's calls touch.
 * Order: that of the region's calls, and of granting (grant.ts). [capability] space.ts.
 * Units: bytes. Fails: NO_CAPABILITY, NO_RIGHT, and what the region's call returns; no effect.
 * Elsewhere: naming a region in a descriptor: send.ts; a queue in one: place.ts.
 * Checked by: test/unit/capability-region.test.ts, test/property/capability.test.ts.
 */
import { load32, storeRelease32 } from '#machine';
import {
  CAPABILITY_DEPTH, CAPABILITY_HANDLE, CAPABILITY_INDEX_MASK, RIGHTS_ALL, RIGHT_READ, RIGHT_REVOKE, RIGHT_WRITE, SPACE_OWNER,
  SPACE_SYSTEM, SYSTEM_REGIONS, TYPE_REGION, TYPE_REGIONS, WORD_FREE,
} from '../layout.ts';
import {
  regionAddress, regionAppendFor, regionCommit, regionCommitted, regionCreateFor, regionCreateSlab, regionCreateWritable,
  regionDestroyFor, regionPolicy, regionReserve, regionSeal, regionSlotAddress, regionSlotAllocate, regionSlotFree,
  regionWritable,
} from '../region.ts';
import { capabilityOpen } from './grant.ts';
import { capabilityAt, capabilityFill, capabilityObject, capabilityTake } from './space.ts';

/** The region table of the space's system; its checks have passed. */
const tableOf = (space: i32): i32 => load32(load32(space, SPACE_SYSTEM), SYSTEM_REGIONS);
const ownerOf = (space: i32): i32 => load32(space, SPACE_OWNER);

/** A capability with all rights to `region`, just made under the capability `regions`, in the entry taken for it as `cap`. */
const regionNamed = (space: i32, regions: i32, cap: i32, region: i32): i32 => {
  const entry = capabilityAt(space, cap & CAPABILITY_INDEX_MASK);
  if (region < 0) {
    storeRelease32(entry, CAPABILITY_HANDLE, WORD_FREE | cap); // [capability]
    return region;
  }
  const origin = capabilityAt(space, regions & CAPABILITY_INDEX_MASK);
  capabilityFill(entry, TYPE_REGION, region, RIGHTS_ALL, 0, load32(origin, CAPABILITY_DEPTH), origin);
  return capabilityOpen(entry, ownerOf(space), cap, origin, regions);
};

/** Whether this context may make regions of any memory: the table, or a status. */
const regionsOf = (space: i32, regions: i32): i32 => capabilityObject(space, regions, TYPE_REGIONS, RIGHT_WRITE);

/** As regionCreateFor. Returns a capability to the region with all rights. */
export const capRegionCreate = (space: i32, regions: i32, policy: i32, base: i32, bytes: i32): i32 => {
  const table = regionsOf(space, regions);
  if (table < 0) return table;
  const cap = capabilityTake(space, ownerOf(space));
  if (cap < 0) return cap;
  return regionNamed(space, regions, cap, regionCreateFor(table, ownerOf(space), policy, base, bytes));
};
/** As regionCreateWritable. Returns a capability to the region with all rights. */
export const capRegionCreateWritable = (space: i32, regions: i32, base: i32, bytes: i32): i32 => {
  const table = regionsOf(space, regions);
  if (table < 0) return table;
  const cap = capabilityTake(space, ownerOf(space));
  if (cap < 0) return cap;
  return regionNamed(space, regions, cap, regionCreateWritable(table, ownerOf(space), base, bytes));
};
/** As regionCreateSlab. Returns a capability to the region with all rights. */
export const capRegionCreateSlab = (space: i32, regions: i32, base: i32, bytes: i32, slots: i32, slotBytes: i32): i32 => {
  const table = regionsOf(space, regions);
  if (table < 0) return table;
  const cap = capabilityTake(space, ownerOf(space));
  if (cap < 0) return cap;
  return regionNamed(space, regions, cap, regionCreateSlab(table, ownerOf(space), base, bytes, slots, slotBytes));
};

// ---- Reading.
/** The region's number, as descriptors that arrive name it. */
export const capRegion = (space: i32, cap: i32): i32 => capabilityObject(space, cap, TYPE_REGION, RIGHT_READ);
/** As regionAddress. */
export const capRegionAddress = (space: i32, cap: i32, offset: i32, bytes: i32): i32 => {
  const region = capabilityObject(space, cap, TYPE_REGION, RIGHT_READ);
  return region < 0 ? region : regionAddress(tableOf(space), region, offset, bytes);
};
/** As regionCommitted. */
export const capRegionCommitted = (space: i32, cap: i32): i32 => {
  const region = capabilityObject(space, cap, TYPE_REGION, RIGHT_READ);
  return region < 0 ? region : regionCommitted(tableOf(space), region);
};
/** As regionPolicy. */
export const capRegionPolicy = (space: i32, cap: i32): i32 => {
  const region = capabilityObject(space, cap, TYPE_REGION, RIGHT_READ);
  return region < 0 ? region : regionPolicy(tableOf(space), region);
};

// ---- Writing.
/** As regionWritable. */
export const capRegionWritable = (space: i32, cap: i32): i32 => {
  const region = capabilityObject(space, cap, TYPE_REGION, RIGHT_WRITE);
  return region < 0 ? region : regionWritable(tableOf(space), region);
};
/** As regionSeal. */
export const capRegionSeal = (space: i32, cap: i32): i32 => {
  const region = capabilityObject(space, cap, TYPE_REGION, RIGHT_WRITE);
  return region < 0 ? region : regionSeal(tableOf(space), region);
};
/** As regionReserve. */
export const capRegionReserve = (space: i32, cap: i32, bytes: i32): i32 => {
  const region = capabilityObject(space, cap, TYPE_REGION, RIGHT_WRITE);
  return region < 0 ? region : regionReserve(tableOf(space), region, ownerOf(space), bytes);
};
/** As regionCommit. */
export const capRegionCommit = (space: i32, cap: i32, address: i32): i32 => {
  const region = capabilityObject(space, cap, TYPE_REGION, RIGHT_WRITE);
  return region < 0 ? region : regionCommit(tableOf(space), region, ownerOf(space), address);
};
/** As regionAppendFor. */
export const capRegionAppend = (space: i32, cap: i32, source: i32, bytes: i32): i32 => {
  const region = capabilityObject(space, cap, TYPE_REGION, RIGHT_WRITE);
  return region < 0 ? region : regionAppendFor(tableOf(space), region, ownerOf(space), source, bytes);
};
/** As regionSlotAllocate. */
export const capSlotAllocate = (space: i32, cap: i32): i32 => {
  const region = capabilityObject(space, cap, TYPE_REGION, RIGHT_WRITE);
  return region < 0 ? region : regionSlotAllocate(tableOf(space), region, ownerOf(space));
};
/** As regionSlotFree. */
export const capSlotFree = (space: i32, cap: i32, slot: i32): i32 => {
  const region = capabilityObject(space, cap, TYPE_REGION, RIGHT_WRITE);
  return region < 0 ? region : regionSlotFree(tableOf(space), region, slot);
};
/** As regionSlotAddress. */
export const capSlotAddress = (space: i32, cap: i32, slot: i32): i32 => {
  const region = capabilityObject(space, cap, TYPE_REGION, RIGHT_READ);
  return region < 0 ? region : regionSlotAddress(tableOf(space), region, slot);
};

/** As regionDestroyFor: STATUS_OK, or how much is under way. The capabilities to it name nothing from then on. */
export const capRegionDestroy = (space: i32, cap: i32): i32 => {
  const region = capabilityObject(space, cap, TYPE_REGION, RIGHT_REVOKE);
  return region < 0 ? region : regionDestroyFor(tableOf(space), ownerOf(space), region);
};
