/**
 * Region: shared memory with a policy, to which descriptors may point.
 *
 * Role: any thread of the process. Memory: its own piece. Order: see ../kernel/region.ts.
 * Elsewhere: in whose name a thread appends and holds slots: owners.ts; regions by capability: capability.ts.
 * Checked by: test/lib/region.test.ts, test/lib/owners.test.ts.
 */
import { load32, memory } from '#machine';
import {
  POLICY_APPEND_ONLY, POLICY_IMMUTABLE, POLICY_SLAB, REGION_INDEX_MASK, REGION_LENGTH, REGION_SLOTS, REGION_SLOT_BYTES,
  SLAB_SLOTS_MAX,
} from '../kernel/layout.ts';
import {
  regionAddress, regionCommit, regionCommitted, regionCreate, regionCreateSlab, regionCreateWritable, regionPolicy, regionReserve,
  regionSeal, regionSlabBytes, regionSlotAddress, regionSlotAllocate, regionSlotFree, regionWritable,
} from '../kernel/region.ts';
import { regionAt } from '../kernel/region/table.ts';
import { STATUS_AGAIN, STATUS_FULL } from '../kernel/status.ts';
import { badArgument, checkBytes, checkInteger } from './check.ts';
import { errorOf, QueueError, valueOf } from './errors.ts';
import { regions } from './heap.ts';
import {
  KIND_REGION, handleMake, handleRead, objectDestroy, objectMake, pinned, type DestroyOptions, type Handle,
} from './objects.ts';
import { asOwner, recoverOwner } from './owners.ts';
import { checkElements, sharedView, U8, type ViewConstructor } from './view.ts';

/** How the memory of a region may change: see {@link Region}. */
export type RegionPolicy = 'immutable' | 'appendOnly' | 'slab';

/** Names a region in any thread: see {@link Region.handle}. */
export type RegionHandle = Handle<'ruvix-queue/region'>;

const TYPE = 'ruvix-queue/region';
export const BYTES_MAX = 0x7fffffff;

export const policyName = (policy: number): RegionPolicy =>
  (policy === POLICY_IMMUTABLE ? 'immutable' : policy === POLICY_APPEND_ONLY ? 'appendOnly' : 'slab');

/** How long an append waits while eight others are under way. */
const APPEND_MILLISECONDS = 100;

/**
 * Appends by the kernel's two calls for it: nobody reads behind the cursor, so the bytes are put where they are to be. Each append
 * under way is in a call of some thread, and short: if there is no room for one more, it is tried again for a while.
 */
export const appendBytes = (
  where: string, bytes: Uint8Array, reserve: (length: number) => number, commit: (room: number) => number,
): number => {
  let room = reserve(bytes.byteLength);
  if (room === STATUS_AGAIN) {
    const deadline = performance.now() + APPEND_MILLISECONDS;
    while (room === STATUS_AGAIN && performance.now() < deadline) room = reserve(bytes.byteLength);
  }
  if (room === STATUS_FULL) throw new QueueError('FULL', where, 'more bytes than are left');
  if (room === STATUS_AGAIN) throw errorOf(room, where, 'eight appends are under way and do not end: recover threads that have died');
  U8.set(bytes, valueOf(room, where));
  return valueOf(commit(room), where);
};

/** Bytes and slots of a slab with slots. */
export const checkSlots = (where: string, slots: unknown, slotBytes: unknown): number => {
  const count = checkInteger(where, 'slots', slots, 1, SLAB_SLOTS_MAX);
  const each = checkInteger(where, 'slotBytes', slotBytes, 8, BYTES_MAX);
  if (each % 8 !== 0) throw badArgument(where, 'slotBytes must be a multiple of 8', slotBytes);
  return valueOf(regionSlabBytes(count, each), where);
};

/** A slot's number, as allocate returns it. */
export const checkSlot = (where: string, slot: unknown): number => checkInteger(where, 'slot', slot, -0x80000000, BYTES_MAX);

/** A word about a live region that never changes. */
const about = (region: number, word: number): number => load32(regionAt(regions, region & REGION_INDEX_MASK), word);
/** Bytes of each slot of a live slab; 0: it has none. */
export const slotBytesOf = (region: number): number => about(region, REGION_SLOT_BYTES);

/**
 * Shared memory that several threads see in place.
 *
 * - `Region.immutable`: filled once, then never written again. Descriptors may point anywhere into it. `Region.writable`: the same,
 *   filled at leisure until `seal`.
 * - `Region.appendOnly`: grows at its end; what has been appended never changes. Descriptors may point into that part.
 * - `Region.slab`: memory to write as one likes, for example as the buffer of `receiveInto`. Descriptors are refused.
 *   `Region.slots`: the same, in slots of one size to be taken and given back.
 *
 * JavaScript has no read-only views: that nobody writes through a view of an immutable or append-only region is an
 * agreement between the threads of the process, not something that this library can enforce.
 *
 * Lengths and offsets are bytes. At most 256 regions and queues exist at once in a process (`NO_PLACE`), within the shared
 * memory (`NO_MEMORY`, see {@link memoryUsage}).
 */
export class Region {
  readonly #region: number;
  readonly #policy: RegionPolicy;
  readonly #length: number;

  private constructor(region: number, policy: RegionPolicy, length: number) {
    this.#region = region;
    this.#policy = policy;
    this.#length = length;
  }

  /**
   * A region that never changes once this returns: a copy of `contents`, or `contents` bytes (1 to 2^31 - 1) of zeros that
   * `fill` may write to before the region exists.
   *
   * Throws `BAD_ARGUMENT`, `NO_MEMORY`, `NO_PLACE`, and whatever `fill` throws (then there is no region).
   */
  static immutable(contents: ArrayBufferView | number, fill?: (bytes: Uint8Array) => void): Region {
    const where = 'Region.immutable';
    if (fill !== undefined && typeof fill !== 'function') throw badArgument(where, 'fill must be a function', fill);
    if (typeof contents === 'number') {
      const length = checkInteger(where, 'contents', contents, 1, BYTES_MAX);
      return Region.#make(where, POLICY_IMMUTABLE, length, (at) => fill?.(sharedView(at, length)));
    }
    const bytes = checkBytes(where, 'contents', contents);
    if (bytes.byteLength === 0) throw badArgument(where, 'contents must have at least 1 byte', contents);
    return Region.#make(where, POLICY_IMMUTABLE, bytes.byteLength, (at) => {
      U8.set(bytes, at);
      fill?.(sharedView(at, bytes.byteLength));
    });
  }

  /**
   * An immutable region of `length` bytes (1 to 2^31 - 1) of zeros that does not count as such yet: fill the view that `writable`
   * gives, then `seal` it. Until then descriptors to it, and views, throw `NOT_COMMITTED`.
   */
  static writable(length: number): Region {
    const where = 'Region.writable';
    const bytes = checkInteger(where, 'length', length, 1, BYTES_MAX);
    return Region.#of(where, 'immutable', bytes, bytes, (at) => regionCreateWritable(regions, 0, at, bytes));
  }

  /** An empty region to which any threads append up to `capacity` bytes (1 to 2^31 - 1) in all. */
  static appendOnly(capacity: number): Region {
    const where = 'Region.appendOnly';
    return Region.#make(where, POLICY_APPEND_ONLY, checkInteger(where, 'capacity', capacity, 1, BYTES_MAX), () => {});
  }

  /** `length` bytes (1 to 2^31 - 1) of zeros, to be written by anybody at any time. */
  static slab(length: number): Region {
    const where = 'Region.slab';
    return Region.#make(where, POLICY_SLAB, checkInteger(where, 'length', length, 1, BYTES_MAX), () => {});
  }

  /**
   * A slab of `slots` slots (1 to 1,024) of `slotBytes` bytes each (a multiple of 8): see `allocate`.
   */
  static slots(slots: number, slotBytes: number): Region {
    const where = 'Region.slots';
    const bytes = checkSlots(where, slots, slotBytes);
    return Region.#of(where, 'slab', bytes, slots * slotBytes, (at) => regionCreateSlab(regions, 0, at, bytes, slots, slotBytes));
  }

  static #make(where: string, policy: number, length: number, fill: (at: number) => void): Region {
    return Region.#of(where, policyName(policy), length, length, (at) => {
      fill(at);
      return regionCreate(regions, policy, at, length);
    });
  }

  static #of(where: string, policy: RegionPolicy, bytes: number, length: number, register: (at: number) => number): Region {
    return new Region(objectMake(where, KIND_REGION, bytes, () => {}, register), policy, length);
  }

  /**
   * The region that another thread's `handle` names.
   *
   * Throws `BAD_HANDLE` (not a region's handle), `FOREIGN_HANDLE` (of another process), `STALE_HANDLE` (destroyed).
   */
  static from(handle: RegionHandle): Region {
    const where = 'Region.from';
    const region = handleRead(where, TYPE, handle);
    return pinned(where, region, KIND_REGION, () => {
      const policy = policyName(valueOf(regionPolicy(regions, region), where));
      return new Region(region, policy, about(region, REGION_LENGTH));
    });
  }

  /** Plain data for workerData or postMessage: `Region.from(handle)` in the other thread is the same region. */
  get handle(): RegionHandle {
    return handleMake(TYPE, this.#region);
  }

  /** @internal The kernel's number for it. */
  get number(): number {
    return this.#region;
  }

  get policy(): RegionPolicy {
    return this.#policy;
  }

  /** Bytes, for an append-only region as it may become at most. */
  get length(): number {
    return this.#length;
  }

  /** Bytes that can be read: all, or as much as has been appended so far. Throws `STALE_HANDLE` once destroyed. */
  get committed(): number {
    return pinned('committed', this.#region, KIND_REGION, () => valueOf(regionCommitted(regions, this.#region), 'committed'));
  }

  #look<T>(where: string, look: () => T): T {
    return pinned(where, this.#region, KIND_REGION, look);
  }

  /**
   * Adds bytes at the end, and returns the offset at which they begin. Any threads may append at once. The bytes can be read, and
   * described, once `committed` has passed them: when this returns, unless another thread is still writing before them.
   *
   * Throws `FULL` (they do not fit), `POLICY` (not an append-only region), `AGAIN` (eight other appends do not end), `BAD_ARGUMENT`,
   * `STALE_HANDLE`, `NO_PLACE` (991 other threads hold parts of regions).
   */
  append(contents: ArrayBufferView): number {
    const where = 'append';
    const bytes = checkBytes(where, 'contents', contents);
    return this.#look(where, () => {
      if (this.#policy !== 'appendOnly') throw new QueueError('POLICY', where, `the region is '${this.#policy}'`);
      if (bytes.byteLength === 0) return valueOf(regionCommitted(regions, this.#region), where);
      return asOwner(where, (owner) => appendBytes(
        where, bytes, (length) => regionReserve(regions, this.#region, owner, length),
        (room) => regionCommit(regions, this.#region, owner, room),
      ));
    });
  }

  /**
   * All bytes of a region made by `Region.writable`, to be filled. The view must not be written to once `seal` was called.
   *
   * Throws `POLICY` (it is sealed, or never was to be filled), `STALE_HANDLE`.
   */
  get writable(): Uint8Array {
    return this.#look('writable', () => sharedView(valueOf(regionWritable(regions, this.#region), 'writable'), this.#length));
  }

  /** Ends the filling, for good. Throws `POLICY` (it is sealed already, or never was to be filled), `STALE_HANDLE`. */
  seal(): void {
    this.#look('seal', () => valueOf(regionSeal(regions, this.#region), 'seal'));
  }

  /** Slots of a region made by `Region.slots`, and bytes of each; 0 of any other. Throw `STALE_HANDLE`. */
  get slots(): number {
    return this.#look('slots', () => (slotBytesOf(this.#region) === 0 ? 0 : about(this.#region, REGION_SLOTS)));
  }
  get slotBytes(): number {
    return this.#look('slotBytes', () => slotBytesOf(this.#region));
  }

  /**
   * Takes a free slot. Returns its number, which another thread may use and free as well, and which is never given again.
   *
   * Throws `FULL` (none is free), `POLICY` (no slots), `AGAIN` (others were faster each time), `STALE_HANDLE`, `NO_PLACE`.
   */
  allocate(): number {
    const where = 'allocate';
    return this.#look(where, () => asOwner(where, (owner) => {
      const slot = regionSlotAllocate(regions, this.#region, owner);
      if (slot === STATUS_FULL) throw new QueueError('FULL', where, 'no slot is free');
      return valueOf(slot, where);
    }));
  }

  /** Gives a slot back. Throws `STALE_SLOT` (it is not taken, or has been given back), `POLICY`, `BAD_ARGUMENT`, `STALE_HANDLE`. */
  free(slot: number): void {
    this.#look('free', () => valueOf(regionSlotFree(regions, this.#region, checkSlot('free', slot)), 'free'));
  }

  /** The bytes of a slot that is taken, in place. Throws as `free` does. The view must not be used once the slot is free. */
  slot(slot: number): Uint8Array {
    return this.#look('slot', () => {
      const at = valueOf(regionSlotAddress(regions, this.#region, checkSlot('slot', slot)), 'slot');
      return sharedView(at, slotBytesOf(this.#region));
    });
  }

  /**
   * Releases what a thread that has ended held in all regions of the process, `thread` being its `threadId`: its slots are free; what
   * it was appending reads as zeros, and those who appended behind it become readable. Returns the bytes of which that is so.
   *
   * Only of a thread that has ended: from a Worker after its `'exit'` event. May be called again. Throws `BAD_ARGUMENT`.
   */
  static recover(dead: { readonly thread: number }): number {
    return recoverOwner(checkInteger('Region.recover', 'thread', dead?.thread, 0, BYTES_MAX - 1));
  }

  /**
   * The bytes themselves, not a copy: `length` (default: up to what is committed) from `offset` (default 0) on.
   *
   * Throws `OUT_OF_BOUNDS`, `NOT_COMMITTED`, `BAD_ARGUMENT`, `STALE_HANDLE`. The view must not be used after `destroy`.
   */
  view(offset = 0, length?: number): Uint8Array {
    const where = 'view';
    checkInteger(where, 'offset', offset, 0, BYTES_MAX);
    if (length !== undefined) checkInteger(where, 'length', length, 0, BYTES_MAX);
    return pinned(where, this.#region, KIND_REGION, () => {
      const bytes = length ?? Math.max(0, valueOf(regionCommitted(regions, this.#region), where) - offset);
      return sharedView(valueOf(regionAddress(regions, this.#region, offset, bytes), where), bytes);
    });
  }

  /**
   * As `view`, as another typed array: `region.viewAs(Float32Array, 64, 784)`. `offset` is bytes, a multiple of the element
   * size; `count` is elements.
   */
  viewAs<T>(type: ViewConstructor<T>, offset = 0, count?: number): T {
    const elements = count === undefined ? undefined : checkInteger('viewAs', 'count', count, 0, BYTES_MAX);
    const view = this.view(offset, elements === undefined ? undefined : elements * (type?.BYTES_PER_ELEMENT ?? 1));
    return new type(memory, view.byteOffset, checkElements('viewAs', type, view));
  }

  /**
   * Gives the memory back. Every handle to the region is stale from now on. The caller makes sure that no thread still uses a
   * view: JavaScript cannot revoke one.
   *
   * Throws `IN_FLIGHT` (descriptors to it are queued, or received and not completed: `needed` says how many), `STALE_HANDLE`
   * (already destroyed), `BUSY` (another thread is inside a call on it, or was terminated there: then `force` helps).
   */
  destroy(options?: DestroyOptions): void {
    objectDestroy('destroy', this.#region, KIND_REGION, options, () => undefined);
  }
}
