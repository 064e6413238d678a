/** What the counts of atomic instructions call, out of line: the bare accesses, and kernel calls with some in them. */
import { compareExchange32, exchange32, fetchAdd32, fetchAnd32, fetchOr32 } from '#machine';

export * from '../../src/board/program.ts';
export { boardExit, boardFreeBase } from '../../src/board/board.ts';
export {
  regionCommit, regionCreate, regionCreateSlab, regionReserve, regionSlabBytes, regionSlotAllocate, regionSlotFree, regionTableBytes,
  regionTableCreate,
} from '../../src/kernel/region.ts';
export {
  queueAttachReceiver, queueAttachSender, queueBytes, queueCreate, queueDetachSender, queueReceive, queueSend,
} from '../../src/kernel/queue.ts';

export const atomicCompareExchange = (p: i32, expected: i32, v: i32): i32 => compareExchange32(p, 0, expected, v);
export const atomicExchange = (p: i32, v: i32): i32 => exchange32(p, 0, v);
export const atomicAdd = (p: i32, v: i32): i32 => fetchAdd32(p, 0, v);
export const atomicOr = (p: i32, v: i32): i32 => fetchOr32(p, 0, v);
export const atomicAnd = (p: i32, v: i32): i32 => fetchAnd32(p, 0, v);
