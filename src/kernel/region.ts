/**
 * Regions: policy and bounds of shared memory that descriptors may name. No logic: each line says where it is.
 *
 *   Immutable    created full, or created writable, filled and sealed; then never written again
 *   AppendOnly   reserve, write, commit, several appenders at once; what the committed cursor has passed never changes
 *   Slab         written at any time, so never described; as one piece (a queue's memory), or in slots
 *
 * Role, memory, order, units, failures: the files of region/. Elsewhere: who may do it: capability/.
 * Checked by: test/unit/region.test.ts.
 */
export { regionTableBytes, regionTableCreate } from './region/table.ts';
export { regionCreate, regionCreateFor, regionCreateWritable, regionSeal, regionWritable } from './region/immutable.ts';
export { regionAppend, regionAppendFor, regionCommit, regionReserve } from './region/append.ts';
export {
  regionCreateSlab, regionSlabBytes, regionSlotAddress, regionSlotAllocate, regionSlotFree,
} from './region/slab.ts';
export { regionAddress, regionAllows, regionCommitted, regionPolicy, regionSpan } from './region/span.ts';
export { regionDestroy, regionDestroyFor, regionHost, regionOutstanding, regionQueue } from './region/flight.ts';
export { regionRecover } from './region/recover.ts';
