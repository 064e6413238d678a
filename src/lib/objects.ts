/**
 * What a handle names, and how it stays alive while a call looks at it.
 *
 * Role: any thread. Queues and regions are entries of one region table; a handle is that entry's number with its
 *   generation, plus the identity of the memory, so it can be cloned to another thread and is refused once it is stale.
 * Memory: one word per entry, from pinsAt: generation (15 bits) << 16 | calls that are looking (or PINS_RETIRED).
 * Invariants: 1 while a word is pinned, the object's memory is not given back. 2 PINS_RETIRED is set only from zero pins.
 *   3 nobody gives back a queue to which a sender or receiver is attached; attaching needs a pin.
 * Order: the word changes by compare-exchange only, except that a new object's is stored before anybody knows it.
 * Fails: BAD_HANDLE, FOREIGN_HANDLE, STALE_HANDLE, BUSY, NO_PLACE; no effect. A thread terminated inside a call leaves its
 *   pin: the object can be used on, but only be destroyed by force.
 * Checked by: test/lib/handles.test.ts.
 */
import { compareExchange32, fillBytes, load32, loadAcquire32, storeRelease32 } from '#machine';
import {
  REGION_BASE, REGION_GENERATION_SHIFT, REGION_INDEX_MASK, REGION_SLOT_BYTES, REGION_SLOT_WORDS,
} from '../kernel/layout.ts';
import { regionDestroy, regionPolicy } from '../kernel/region.ts';
import { regionAt } from '../kernel/region/table.ts';
import { STATUS_NO_PLACE } from '../kernel/status.ts';
import { badArgument, checkOptions } from './check.ts';
import { errorOf, QueueError } from './errors.ts';
import { allocate, heapFree, heapKind, memoryIdentity, PINS_RETIRED, pinsAt, regions } from './heap.ts';

/** Kinds of pieces of memory: what is at the base of a region. */
export const KIND_QUEUE = 1;
export const KIND_REGION = 2;
/** A record that lives for one call. */
export const KIND_RECORD = 3;
/** A space of capabilities, or the system with the root space. */
export const KIND_SPACE = 4;

/** Names a queue or region in any thread of this process. Plain data: pass it in workerData or by postMessage. */
export interface Handle<T extends string> {
  readonly type: T;
  /** Which memory it belongs to. */
  readonly memory: string;
  /** Entry and generation in the table of that memory. */
  readonly region: number;
}

const GENERATION_MASK = 0x7fff;

const pinWord = (handle: number): number => (handle & REGION_INDEX_MASK) << 2;
const pinGeneration = (handle: number): number => (handle >>> REGION_GENERATION_SHIFT) & GENERATION_MASK;

const stale = (where: string): QueueError => new QueueError('STALE_HANDLE', where);

/** Where the piece of a live region begins: at its bytes, or at the words of its slots. */
export const pieceOf = (handle: number): number => {
  const entry = regionAt(regions, handle & REGION_INDEX_MASK);
  return load32(entry, load32(entry, REGION_SLOT_BYTES) === 0 ? REGION_BASE : REGION_SLOT_WORDS);
};

/** Keeps the object until unpin. Returns the address of its memory. */
export const pin = (where: string, handle: number, kind: number): number => {
  const word = pinWord(handle);
  for (;;) {
    const seen = loadAcquire32(pinsAt, word);
    const pins = seen & 0xffff;
    if (handle <= 0 || seen >>> 16 !== pinGeneration(handle) || pins === PINS_RETIRED) throw stale(where);
    if (pins === PINS_RETIRED - 1) throw new QueueError('BUSY', where, 'more than 65,533 calls look at it at once');
    if (compareExchange32(pinsAt, word, seen, seen + 1) === seen) break;
  }
  // The word has only part of the generation: the table decides.
  const at = regionPolicy(regions, handle) < 0 ? -1 : pieceOf(handle);
  if (at >= 0 && heapKind(at) === kind) return at;
  unpin(handle);
  if (at < 0) throw stale(where);
  const [wrong, right] = kind === KIND_QUEUE ? ['region', 'queue'] : ['queue', 'region'];
  throw new QueueError('BAD_HANDLE', where, `the handle names a ${wrong}, not a ${right}`);
};

/** Ends a pin. Does nothing if the object was destroyed by force. */
export const unpin = (handle: number): void => {
  const word = pinWord(handle);
  let seen = loadAcquire32(pinsAt, word);
  while (seen >>> 16 === pinGeneration(handle) && (seen & 0xffff) !== 0 && (seen & 0xffff) !== PINS_RETIRED) {
    const found = compareExchange32(pinsAt, word, seen, seen - 1);
    if (found === seen) return;
    seen = found;
  }
};

/** Looks at an object for the length of one call. */
export const pinned = <T>(where: string, handle: number, kind: number, look: (at: number) => T): T => {
  const at = pin(where, handle, kind);
  try {
    return look(at);
  } finally {
    unpin(handle);
  }
};

/**
 * Allocates `bytes` zeroed bytes, lets `fill` prepare them, and `register` make a region of them: it returns the handle.
 * `finish` may prepare more once the handle is known, before anybody else can use it. Whatever throws: nothing is left.
 */
export const objectMake = (
  where: string, kind: number, bytes: number, fill: (at: number) => void, register: (at: number) => number,
  finish: (at: number, handle: number) => void = () => {},
): number => {
  const at = allocate(where, bytes, kind);
  let handle = 0;
  try {
    fillBytes(at, bytes, 0);
    fill(at);
    handle = register(at);
    if (handle === STATUS_NO_PLACE) throw new QueueError('NO_PLACE', where, 'this process has 256 queues and regions already');
    if (handle < 0) throw errorOf(handle, where);
    finish(at, handle);
    storeRelease32(pinsAt, pinWord(handle), pinGeneration(handle) << 16);
    return handle;
  } catch (error) {
    if (handle > 0) regionDestroy(regions, handle);
    heapFree(at);
    throw error;
  }
};

/** Forgets an object whose region has ended otherwise, with nobody looking at it. `at`: its piece. */
export const objectForget = (handle: number, at: number): void => {
  storeRelease32(pinsAt, pinWord(handle), (pinGeneration(handle) << 16) | PINS_RETIRED);
  heapFree(at);
};

/** How an object is destroyed. */
export interface DestroyOptions {
  /**
   * Also if a thread seems to be inside a call on the object: the caller knows that this thread has been terminated there.
   * Default false.
   */
  readonly force?: boolean;
}

/** Destroys an object that nobody looks at, unless `refuse` says (in words) why it may not go yet; by the kernel's call `end`. */
export const objectDestroy = (
  where: string, handle: number, kind: number, options: DestroyOptions | undefined, refuse: (at: number) => string | undefined,
  end: (handle: number) => number = (region) => regionDestroy(regions, region),
): void => {
  const force = checkOptions(where, options)?.force ?? false;
  if (typeof force !== 'boolean') throw badArgument(where, 'force must be true or false', force);
  const at = pin(where, handle, kind);
  const word = pinWord(handle);
  const mine = pinGeneration(handle) << 16;
  let seen = mine | 1;
  for (;;) {
    const found = compareExchange32(pinsAt, word, seen, mine | PINS_RETIRED);
    if (found === seen) break;
    if (!force) {
      unpin(handle);
      throw new QueueError('BUSY', where, 'another thread is inside a call on it, or was terminated there');
    }
    seen = found;
  }
  const reason = refuse(at);
  if (reason !== undefined) {
    storeRelease32(pinsAt, word, mine);
    throw new QueueError('BUSY', where, reason);
  }
  const outstanding = end(handle);
  if (outstanding !== 0) storeRelease32(pinsAt, word, mine);
  if (outstanding < 0) throw errorOf(outstanding, where);
  if (outstanding > 0) {
    const what = 'descriptors to the region are queued or not yet completed, or appends to it unfinished';
    throw new QueueError('IN_FLIGHT', where, `${outstanding} ${what}`, outstanding);
  }
  heapFree(at);
};

/** Lends `bytes` zeroed bytes of shared memory to one call. */
export const withRecord = <T>(where: string, bytes: number, use: (at: number) => T): T => {
  const at = allocate(where, bytes, KIND_RECORD);
  try {
    fillBytes(at, bytes, 0);
    return use(at);
  } finally {
    heapFree(at);
  }
};

/** The handle object of an entry. */
export const handleMake = <T extends string>(type: T, region: number): Handle<T> => ({ type, memory: memoryIdentity, region });

/** The entry that a handle object names, if it is one at all: it may still be stale. */
export const handleRead = (where: string, type: string, value: unknown): number => {
  const handle = (typeof value === 'object' && value !== null ? value : {}) as { [name in keyof Handle<string>]?: unknown };
  if (handle.type !== type || typeof handle.memory !== 'string' || !Number.isInteger(handle.region)) {
    const kind = type.replace('ruvix-queue/', '');
    throw new QueueError('BAD_HANDLE', where, `expects a ${kind}.handle (the ${kind} itself cannot be cloned to another thread)`);
  }
  if (handle.memory !== memoryIdentity) throw new QueueError('FOREIGN_HANDLE', where);
  const region = handle.region as number;
  if (region <= 0 || region > 0x7fffffff) throw new QueueError('BAD_HANDLE', where);
  return region;
};
