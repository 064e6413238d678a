/**
 * Region: shared memory with a policy, to which descriptors may point.
 *
 * Role: any thread of the process. Memory: its own piece, and the appender word in the line before it.
 * Order: see ../kernel/region.ts [region], [commit].
 * Checked by: test/lib/region.test.ts.
 */
import { threadId } from 'node:worker_threads';
import { compareExchange32, memory } from '#machine';
import { LINE_BYTES, POLICY_APPEND_ONLY, POLICY_IMMUTABLE, POLICY_SLAB } from '../kernel/layout.ts';
import { regionAddress, regionCommit, regionCommitted, regionPolicy, regionReserve } from '../kernel/region.ts';
import { STATUS_FULL } from '../kernel/status.ts';
import { badArgument, checkBytes, checkInteger } from './check.ts';
import { QueueError, valueOf } from './errors.ts';
import { HEADER_APPENDER, heapBytes, regions } from './heap.ts';
import {
  KIND_REGION, handleMake, handleRead, objectDestroy, objectMake, pinned, type DestroyOptions, type Handle,
} from './objects.ts';
import { checkElements, sharedView, U8, type ViewConstructor } from './view.ts';

/** How the memory of a region may change: see {@link Region}. */
export type RegionPolicy = 'immutable' | 'appendOnly' | 'slab';

/** Names a region in any thread: see {@link Region.handle}. */
export type RegionHandle = Handle<'ruvix-queue/region'>;

const TYPE = 'ruvix-queue/region';
const BYTES_MAX = 0x7fffffff;

const policyName = (policy: number): RegionPolicy =>
  (policy === POLICY_IMMUTABLE ? 'immutable' : policy === POLICY_APPEND_ONLY ? 'appendOnly' : 'slab');

/** The word that names the appender, from the region's base. */
const APPENDER = HEADER_APPENDER - LINE_BYTES;

/**
 * Shared memory that several threads see in place.
 *
 * - `Region.immutable`: filled once, then never written again. Descriptors may point anywhere into it.
 * - `Region.appendOnly`: grows at its end; what has been appended never changes. Descriptors may point into that part.
 * - `Region.slab`: memory to write as one likes, for example as the buffer of `receiveInto`. Descriptors are refused.
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

  /** An empty region to which one thread at a time appends up to `capacity` bytes (1 to 2^31 - 1) in all. */
  static appendOnly(capacity: number): Region {
    const where = 'Region.appendOnly';
    return Region.#make(where, POLICY_APPEND_ONLY, checkInteger(where, 'capacity', capacity, 1, BYTES_MAX), () => {});
  }

  /** `length` bytes (1 to 2^31 - 1) of zeros, to be written by anybody at any time. */
  static slab(length: number): Region {
    const where = 'Region.slab';
    return Region.#make(where, POLICY_SLAB, checkInteger(where, 'length', length, 1, BYTES_MAX), () => {});
  }

  static #make(where: string, policy: number, length: number, fill: (at: number) => void): Region {
    const region = objectMake(where, KIND_REGION, policy, length, length, fill, () => {});
    return new Region(region, policyName(policy), length);
  }

  /**
   * The region that another thread's `handle` names.
   *
   * Throws `BAD_HANDLE` (not a region's handle), `FOREIGN_HANDLE` (of another process), `STALE_HANDLE` (destroyed).
   */
  static from(handle: RegionHandle): Region {
    const where = 'Region.from';
    const region = handleRead(where, TYPE, handle);
    return pinned(where, region, KIND_REGION, (at) => {
      const policy = policyName(valueOf(regionPolicy(regions, region), where));
      return new Region(region, policy, heapBytes(at));
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

  /**
   * Adds bytes at the end, and returns the offset at which they begin. The thread that appends first becomes the
   * appender, until `releaseAppender` or `recover`.
   *
   * Throws `FULL` (they do not fit), `POLICY` (not an append-only region), `NOT_APPENDER` (another thread is), `BAD_ARGUMENT`,
   * `STALE_HANDLE`.
   */
  append(contents: ArrayBufferView): number {
    const where = 'append';
    const bytes = checkBytes(where, 'contents', contents);
    return pinned(where, this.#region, KIND_REGION, (at) => {
      if (this.#policy !== 'appendOnly') throw new QueueError('POLICY', where, `the region is '${this.#policy}'`);
      const appender = compareExchange32(at, APPENDER, 0, threadId + 1);
      if (appender !== 0 && appender !== threadId + 1) {
        throw new QueueError('NOT_APPENDER', where, `thread ${appender - 1} appends to this region`);
      }
      if (bytes.byteLength === 0) return valueOf(regionCommitted(regions, this.#region), where);
      const room = regionReserve(regions, this.#region, 0, bytes.byteLength);
      if (room === STATUS_FULL) throw new QueueError('FULL', where, 'more bytes than are left');
      // Nobody reads behind the cursor, so the bytes can be put where they are to be.
      U8.set(bytes, valueOf(room, where));
      return valueOf(regionCommit(regions, this.#region, 0, room), where);
    });
  }

  /** Lets another thread append from now on. Does nothing if this thread is not the appender. Throws `STALE_HANDLE`. */
  releaseAppender(): void {
    this.#release('releaseAppender', threadId);
  }

  /**
   * Takes the right to append away from a thread that has ended: `thread` is its `threadId`. What it was appending when it
   * died is gone; what it had appended stays. True if it was the appender. Throws `BAD_ARGUMENT`, `STALE_HANDLE`.
   */
  recover(dead: { readonly thread: number }): boolean {
    return this.#release('recover', checkInteger('recover', 'thread', dead?.thread, 0, BYTES_MAX - 1));
  }

  #release(where: string, thread: number): boolean {
    return pinned(where, this.#region, KIND_REGION, (at) => compareExchange32(at, APPENDER, thread + 1, 0) === thread + 1);
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
