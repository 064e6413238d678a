/**
 * Capabilities: who may do what with queues and regions, and taking it back.
 *
 * Role: a space belongs to one thread; the root space, from which all capabilities come, to the first that asks for it.
 * Memory: pieces of their own, which are never given back: the system with the root space, and each other space.
 * Invariants: 1 there is one system in the process, over its one region table: spaces have the owner numbers 1 to 32. 2 a space
 *   belongs to the thread that the word in the line before its piece names.
 * Fails: NO_CAPABILITY, NO_RIGHT, TOO_DEEP, NO_PLACE; see ../kernel/capability.ts; no effect.
 * Elsewhere: using the places: guarded.ts. Checked by: test/lib/capability.test.ts.
 */
import { threadId } from 'node:worker_threads';
import { load32, loadAcquire32 } from '#machine';
import * as kernel from '../kernel/capability.ts';
import { capabilityAt, capabilityObject, spaceAt } from '../kernel/capability/space.ts';
import { creditQueue } from '../kernel/credit.ts';
import {
  CAPABILITY_BADGE, CAPABILITY_INDEX_MASK, POLICY_APPEND_ONLY, POLICY_IMMUTABLE, POLICY_SLAB, QUEUE_COMPLETIONS,
  QUEUE_SENDERS, REGION_BASE, REGION_HANDLE, REGION_INDEX_MASK, REGION_LENGTH, REGION_LIMIT, REGION_OWNER, REGION_POLICY,
  RIGHT_GRANT, RIGHT_GRANT_ONCE, RIGHT_READ, RIGHT_REVOKE, RIGHT_WRITE, SPACE_BYTES, SPACE_OWNER, SYSTEM_SPACES_MAX,
  TABLE_REGIONS_MAX, TYPE_QUEUE, TYPE_REGION, TYPE_SPACE,
} from '../kernel/layout.ts';
import { queueBell, wakeEverybody } from '../kernel/path/5-wake.ts';
import { regionPolicy } from '../kernel/region.ts';
import { regionAt } from '../kernel/region/table.ts';
import { STATUS_FULL } from '../kernel/status.ts';
import { badArgument, checkBytes, checkInteger, checkOptions } from './check.ts';
import { QueueError, valueOf } from './errors.ts';
import { GuardedInbox, GuardedOutbox, Held } from './guarded.ts';
import { allocate, heapFree, heapKind, heapThread, regions, systemAt, systemSet } from './heap.ts';
import type { Descriptor, Message } from './message.ts';
import {
  KIND_QUEUE, KIND_REGION, KIND_SPACE, handleMake, handleRead, objectDestroy, objectForget, objectMake, pieceOf, pinned,
  type DestroyOptions, type Handle,
} from './objects.ts';
import { attachedTo, checkSchema, queueMade, shapeOf, type QueueOptions } from './queue.ts';
import { Receiver } from './receiver.ts';
import { appendBytes, BYTES_MAX, checkSlot, checkSlots, policyName, slotBytesOf, type RegionPolicy } from './region.ts';
import { Schema } from './schema.ts';
import { Sender } from './sender.ts';
import { Submitter, TypedSubmitter } from './submitter.ts';
import { TypedSender } from './typed.ts';
import { sharedView, U8 } from './view.ts';

const RIGHTS = { read: RIGHT_READ, write: RIGHT_WRITE, grant: RIGHT_GRANT, revoke: RIGHT_REVOKE, grantOnce: RIGHT_GRANT_ONCE } as const;
/** What a capability lets its holder do: the table in docs/capabilities.md says what each means for which object. */
export type Right = keyof typeof RIGHTS;
/** All of them. */
export const rights = Object.keys(RIGHTS) as Right[];

const TYPES = ['queue', 'sender', 'receiver', 'region', 'regions', 'space', 'system'] as const;
/** What a capability names. `sender`, `receiver`: a place in a queue; `regions`: that regions may be made; `system`: that spaces may. */
export type CapabilityType = (typeof TYPES)[number];

/** Names a space in the thread to which it is to belong: see {@link Space.from}. */
export type SpaceHandle = Handle<'ruvix-queue/space'>;

/** What is passed on. */
export interface GrantOptions {
  /** Equal or fewer rights than the capability's; default: all that may be passed on. */
  readonly rights?: readonly Right[];
  /** What receivers read of messages, a whole number from 0 to 2^31 - 1; only a capability with badge 0 can be given one. */
  readonly badge?: number;
}

const SPACE_TYPE = 'ruvix-queue/space';
const CAPABILITY_MAX = 0x7fffffff;

const rightsOf = (word: number): Right[] => rights.filter((right) => (word & RIGHTS[right]) !== 0);
const checkRights = (where: string, given: unknown): number => {
  if (!Array.isArray(given) || given.length === 0 || !given.every((right) => Object.hasOwn(RIGHTS, right as string))) {
    throw badArgument(where, `rights must be an array of some of ${rights.join()}`, given);
  }
  return (given as Right[]).reduce((word, right) => word | RIGHTS[right], 0);
};

/** The piece in which space number `number` lies, and its address. */
const spaceOf = (number: number): { piece: number; at: number } => {
  const system = systemAt();
  const at = system === 0 ? 0 : spaceAt(system, number - 1);
  return { piece: number === 1 ? system : at, at };
};

/**
 * A capability in a space of this thread: a right to an object, which can be passed on with equal or fewer rights, and be taken back
 * with everything that came of it.
 *
 * Every call throws `NO_CAPABILITY` once it was revoked or dropped, and `NO_RIGHT` if it lacks the right or names another type of
 * object.
 */
export class Capability extends Held {
  /** Of a queue that this thread made: the capability to its memory. */
  readonly #memory: number;

  private constructor(at: number, number: number, memory: number) {
    super(at, number);
    this.#memory = memory;
  }

  /** @internal */
  static over(at: number, number: number, memory = 0): Capability {
    return new Capability(at, number, memory);
  }

  /** What it names. */
  get type(): CapabilityType {
    return TYPES[valueOf(kernel.capType(this.at, this.number), 'type') - 1]!;
  }

  /** What it lets its holder do. */
  get rights(): Right[] {
    return rightsOf(valueOf(kernel.capRights(this.at, this.number), 'rights'));
  }

  /** How often it was passed on; at most 8. */
  get depth(): number {
    return valueOf(kernel.capDepth(this.at, this.number), 'depth');
  }

  /** What receivers read of messages that are sent by it. */
  get badge(): number {
    valueOf(kernel.capType(this.at, this.number), 'badge');
    return load32(capabilityAt(this.at, this.number & CAPABILITY_INDEX_MASK), CAPABILITY_BADGE);
  }

  /** Another capability of the same space, as an argument. */
  #beside(where: string, name: string, other: unknown): number {
    if (other instanceof Held && other.at === this.at) return other.number;
    throw badArgument(where, `${name} must be a Capability of the same space`, other);
  }

  // ---- Passing on, taking back.
  /**
   * Passes it on to the space that `to` names (type `space`, right `write`). Returns its number there: `space.capability(number)`.
   *
   * Throws `NO_RIGHT` also if it has neither `grant` nor `grantOnce` (which passes on everything but the right to go on), if rights
   * or badge are not its to give, and for senders and receivers, which belong to who attached them; `TOO_DEEP`; `NO_PLACE` (the
   * other space holds 64); `BAD_ARGUMENT`.
   */
  grant(to: Capability, options?: GrantOptions): number {
    const where = 'grant';
    const target = this.#beside(where, 'to', to);
    const given = checkOptions(where, options);
    const held = valueOf(kernel.capRights(this.at, this.number), where);
    const most = (held & RIGHT_GRANT) !== 0 ? held : held & ~RIGHT_GRANT_ONCE;
    const word = given?.rights === undefined ? most : checkRights(where, given.rights);
    const badge = given?.badge === undefined ? this.badge : checkInteger(where, 'badge', given.badge, 0, CAPABILITY_MAX);
    if (word === 0) throw new QueueError('NO_RIGHT', where);
    return valueOf(kernel.capGrant(this.at, this.number, target, word, badge), where);
  }

  /**
   * Ends everything that was derived from it, in all spaces, while others use it: what begins after this returns is refused. It stays
   * itself. Returns how many were ended. Takes the right `revoke`.
   */
  revoke(): number {
    const ended = valueOf(kernel.capRevoke(this.at, this.number), 'revoke');
    // Promises that wait in a queue look at their capability again.
    const type = kernel.capType(this.at, this.number);
    if (type === TYPE_QUEUE || type === TYPE_REGION) this.#wake(capabilityObject(this.at, this.number, type, 0));
    return ended;
  }

  #wake(region: number): void {
    if (region < 0 || regionPolicy(regions, region) !== POLICY_SLAB || heapKind(pieceOf(region)) !== KIND_QUEUE) return;
    pinned('revoke', region, KIND_QUEUE, (queue) => {
      wakeEverybody(queueBell(queue));
      const submitters = load32(queue, QUEUE_COMPLETIONS) === 0 ? 0 : load32(queue, QUEUE_SENDERS);
      for (let index = 0; index < submitters; index++) wakeEverybody(queueBell(creditQueue(queue, index)));
    });
  }

  /** Gives it up. What was derived from it stays with its holders, and can still be revoked from further up. */
  drop(): void {
    valueOf(kernel.capDrop(this.at, this.number), 'drop');
  }

  // ---- A queue.
  #inQueue<T>(where: string, look: (queue: number, region: number) => T): T {
    const region = valueOf(capabilityObject(this.at, this.number, TYPE_QUEUE, 0), where);
    return pinned(where, region, KIND_QUEUE, (queue) => look(queue, region));
  }

  #attach(where: string, schema: number | Schema<unknown, unknown> | undefined, submits: number): GuardedOutbox {
    const { schema: id, type } = checkSchema(where, schema);
    return this.#inQueue(where, (queue, region) => {
      const place = valueOf(kernel.capAttachSender(this.at, this.number, id | 0, submits), where);
      return new GuardedOutbox(shapeOf(region, queue), this.at, place, type);
    });
  }

  /** As `queue.sender`, with the right `write`; its messages carry the badge, and the descriptors it sends name regions by capability. */
  sender(options?: { readonly schema?: number }): Sender;
  sender<T, V>(options: { readonly schema: Schema<T, V> }): TypedSender<T>;
  sender(options?: { readonly schema?: number | Schema<unknown, unknown> }): Sender | TypedSender<unknown> {
    const schema = checkOptions('sender', options)?.schema;
    const outbox = this.#attach('sender', schema, 0);
    return schema instanceof Schema ? TypedSender.over(outbox, schema) : Sender.over(outbox);
  }

  /** As `queue.submitter`, with the right `write`. */
  submitter(options?: { readonly schema?: number }): Submitter;
  submitter<T, V>(options: { readonly schema: Schema<T, V> }): TypedSubmitter<T>;
  submitter(options?: { readonly schema?: number | Schema<unknown, unknown> }): Submitter | TypedSubmitter<unknown> {
    const schema = checkOptions('submitter', options)?.schema;
    const outbox = this.#attach('submitter', schema, 1);
    return schema instanceof Schema ? TypedSubmitter.over(schema, outbox, outbox.reaper()) : Submitter.over(outbox, outbox.reaper());
  }

  /** As `queue.receiver`, with the right `read`. Descriptors that arrive are followed by a capability: see `follow`. */
  receiver(): Receiver {
    return this.#inQueue('receiver', (queue, region) => {
      const place = valueOf(kernel.capAttachReceiver(this.at, this.number), 'receiver');
      return Receiver.over(shapeOf(region, queue), new GuardedInbox(this.at, place));
    });
  }

  /** As `queue.close`, with the right `revoke`. */
  close(): void {
    this.#inQueue('close', () => valueOf(kernel.capQueueClose(this.at, this.number), 'close'));
  }

  // ---- A region.
  #inRegion<T>(where: string, look: (region: number) => T): T {
    const region = valueOf(capabilityObject(this.at, this.number, TYPE_REGION, 0), where);
    return pinned(where, region, KIND_REGION, () => look(region));
  }

  /** The region's policy. Takes `read`. */
  get policy(): RegionPolicy {
    return this.#inRegion('policy', () => policyName(valueOf(kernel.capRegionPolicy(this.at, this.number), 'policy')));
  }

  /** Bytes that can be read, as `region.committed`. Takes `read`. */
  get committed(): number {
    return this.#inRegion('committed', () => valueOf(kernel.capRegionCommitted(this.at, this.number), 'committed'));
  }

  /** As `region.view`. Takes `read`. */
  view(offset = 0, length?: number): Uint8Array {
    const where = 'view';
    checkInteger(where, 'offset', offset, 0, BYTES_MAX);
    if (length !== undefined) checkInteger(where, 'length', length, 0, BYTES_MAX);
    return this.#inRegion(where, () => {
      const bytes = length ?? Math.max(0, valueOf(kernel.capRegionCommitted(this.at, this.number), where) - offset);
      return sharedView(valueOf(kernel.capRegionAddress(this.at, this.number, offset, bytes), where), bytes);
    });
  }

  /** The bytes that a descriptor points to, which must be in this region. Takes `read`. Throws `BAD_ARGUMENT`: another region's. */
  follow(message: Message | Descriptor): Uint8Array {
    const where = 'follow';
    const descriptor = (message as Message | undefined)?.descriptor ?? (message as Descriptor | undefined);
    return this.#inRegion(where, () => {
      const region = valueOf(kernel.capRegion(this.at, this.number), where);
      if (descriptor?.region !== region) throw badArgument(where, 'message must be one that points into this region', message);
      const { offset, length } = descriptor;
      return sharedView(valueOf(kernel.capRegionAddress(this.at, this.number, offset | 0, length | 0), where), length);
    });
  }

  /** As `region.writable`. Takes `write`. */
  get writable(): Uint8Array {
    return this.#inRegion('writable', (region) => {
      const at = valueOf(kernel.capRegionWritable(this.at, this.number), 'writable');
      return sharedView(at, load32(regionAt(regions, region & REGION_INDEX_MASK), REGION_LENGTH));
    });
  }

  /** As `region.seal`. Takes `write`. */
  seal(): void {
    this.#inRegion('seal', () => valueOf(kernel.capRegionSeal(this.at, this.number), 'seal'));
  }

  /** As `region.append`. Takes `write`. */
  append(contents: ArrayBufferView): number {
    const where = 'append';
    const bytes = checkBytes(where, 'contents', contents);
    return this.#inRegion(where, () => {
      if (bytes.byteLength === 0) return valueOf(kernel.capRegionAppend(this.at, this.number, 0, 0), where);
      return appendBytes(where, bytes, (length) => kernel.capRegionReserve(this.at, this.number, length),
        (room) => kernel.capRegionCommit(this.at, this.number, room));
    });
  }

  /** As `region.allocate`. Takes `write`. */
  allocate(): number {
    return this.#inRegion('allocate', () => {
      const slot = kernel.capSlotAllocate(this.at, this.number);
      if (slot === STATUS_FULL) throw new QueueError('FULL', 'allocate', 'no slot is free');
      return valueOf(slot, 'allocate');
    });
  }

  /** As `region.free`. Takes `write`. */
  free(slot: number): void {
    this.#inRegion('free', () => valueOf(kernel.capSlotFree(this.at, this.number, checkSlot('free', slot)), 'free'));
  }

  /** As `region.slot`. Takes `read`. */
  slot(slot: number): Uint8Array {
    return this.#inRegion('slot', (region) => {
      const at = valueOf(kernel.capSlotAddress(this.at, this.number, checkSlot('slot', slot)), 'slot');
      return sharedView(at, slotBytesOf(region));
    });
  }

  /**
   * As `region.destroy` and `queue.destroy`, and drops it. Of a region it takes `revoke`; a queue is destroyed by what `createQueue`
   * returned.
   */
  destroy(options?: DestroyOptions): void {
    const where = 'destroy';
    const isQueue = kernel.capType(this.at, this.number) === TYPE_QUEUE;
    if (isQueue && this.#memory === 0) throw new QueueError('NO_RIGHT', where, 'only what createQueue returned destroys the queue');
    const region = valueOf(capabilityObject(this.at, this.number, isQueue ? TYPE_QUEUE : TYPE_REGION, 0), where);
    const by = isQueue ? this.#memory : this.number;
    objectDestroy(where, region, isQueue ? KIND_QUEUE : KIND_REGION, options, isQueue ? attachedTo : () => undefined,
      () => kernel.capRegionDestroy(this.at, by));
    kernel.capDrop(this.at, this.number);
    if (isQueue) kernel.capDrop(this.at, by);
  }

  // ---- A space.
  /** Of a space: plain data for the thread to which it is to belong. Takes `write`. */
  get handle(): SpaceHandle {
    return handleMake(SPACE_TYPE, load32(valueOf(kernel.capSpace(this.at, this.number), 'handle'), SPACE_OWNER));
  }

  /**
   * Of a space whose thread has ended: its capabilities end, its places in queues are given back, what it held in regions is released.
   * What it granted and sent stays, and the space can be another thread's. Returns the bytes of append-only regions given up: see
   * `Region.recover`. Takes `revoke`. May be called again.
   */
  recover(): number {
    const where = 'recover';
    const dead = valueOf(capabilityObject(this.at, this.number, TYPE_SPACE, RIGHT_REVOKE), where);
    const owner = load32(dead, SPACE_OWNER);
    const unsealed = unsealedOf(owner);
    const given = valueOf(kernel.capRecover(this.at, this.number), where);
    for (const { region, at } of unsealed) if (regionPolicy(regions, region) < 0) objectForget(region, at);
    const { piece } = spaceOf(owner);
    const thread = heapThread(piece, undefined, undefined);
    if (thread !== undefined) heapThread(piece, thread, undefined);
    return given;
  }
}

/** Regions that `owner` has not sealed: they end when it is recovered, and their memory is free. */
const unsealedOf = (owner: number): { region: number; at: number }[] => {
  const found: { region: number; at: number }[] = [];
  for (let index = 0; index < TABLE_REGIONS_MAX; index++) {
    const entry = regionAt(regions, index);
    const region = loadAcquire32(entry, REGION_HANDLE);
    const mine = region > 0 && load32(entry, REGION_OWNER) === owner && load32(entry, REGION_POLICY) === POLICY_IMMUTABLE;
    if (mine && loadAcquire32(entry, REGION_LIMIT) === 0) found.push({ region, at: load32(entry, REGION_BASE) });
  }
  return found;
};

/** Which capability lets one make what is made: `space.regions` or `space.system`, or one that was granted. Default: the root's own. */
export interface ByOptions {
  readonly by?: Capability;
}

/**
 * What one thread may do: up to 64 capabilities. `Space.root()` has them all at first, and makes spaces for other threads; a process
 * has up to 32 spaces, which stay.
 *
 * It keeps threads apart that reach queues and regions by their capabilities only: whoever has a Queue or Region object, or the
 * shared memory, needs none.
 */
export class Space {
  readonly #at: number;

  private constructor(at: number) {
    this.#at = at;
  }

  /** The root space of the process, for the thread that asks first. Throws `BUSY` in any other; `NO_MEMORY`. */
  static root(): Space {
    const where = 'Space.root';
    if (systemAt() === 0) {
      const bytes = kernel.capSystemBytes();
      const at = allocate(where, bytes, KIND_SPACE);
      valueOf(kernel.capSystemCreate(at, bytes, regions), where);
      heapThread(at, undefined, threadId);
      if (!systemSet(at)) heapFree(at);
    }
    return Space.#claim(where, 1);
  }

  /**
   * The space that `handle` names, for this thread from now on: `capability.handle`.
   *
   * Throws `BAD_HANDLE` (not a space's handle), `FOREIGN_HANDLE` (of another process), `BUSY` (it is another thread's; `recover` it if
   * that has ended).
   */
  static from(handle: SpaceHandle): Space {
    return Space.#claim('Space.from', handleRead('Space.from', SPACE_TYPE, handle));
  }

  static #claim(where: string, number: number): Space {
    const { piece, at } = number > SYSTEM_SPACES_MAX ? { piece: 0, at: 0 } : spaceOf(number);
    if (at <= 0) throw new QueueError('BAD_HANDLE', where, 'there is no such space');
    const thread = heapThread(piece, undefined, threadId);
    if (thread !== undefined && thread !== threadId) throw new QueueError('BUSY', where, `the space is thread ${thread}'s`);
    return new Space(at);
  }

  /** Number of the space, from 1. */
  get number(): number {
    return load32(this.#at, SPACE_OWNER);
  }

  /** The capability with this number. Throws `NO_CAPABILITY`, `BAD_ARGUMENT`. */
  capability(number: number): Capability {
    const where = 'capability';
    valueOf(kernel.capType(this.#at, checkInteger(where, 'number', number, 1, CAPABILITY_MAX)), where);
    return Capability.over(this.#at, number);
  }

  /** The root space's first capabilities: to make spaces, to make regions, to itself. Throw `NO_CAPABILITY` in any other space. */
  get system(): Capability { return this.#first('system', kernel.CAP_SYSTEM); }
  get regions(): Capability { return this.#first('regions', kernel.CAP_REGIONS); }
  get self(): Capability { return this.#first('self', kernel.CAP_ROOT); }

  #first(where: string, number: number): Capability {
    if (this.number !== 1) throw new QueueError('NO_CAPABILITY', where, 'this is not the root space: name a capability by { by }');
    return this.capability(number);
  }

  #by(where: string, options: ByOptions | undefined, own: number): number {
    const by = checkOptions(where, options)?.by;
    if (by === undefined) return this.#first(where, own).number;
    if (by instanceof Capability && by.at === this.#at) return by.number;
    throw badArgument(where, 'by must be a Capability of this space', by);
  }

  /**
   * Makes an empty space for another thread. Returns a capability to it with all rights: its `handle` goes to the thread.
   *
   * Throws `NO_PLACE` (32 spaces, or 64 capabilities here), `NO_MEMORY`, `NO_RIGHT`.
   */
  createSpace(options?: ByOptions): Capability {
    const where = 'createSpace';
    const by = this.#by(where, options, kernel.CAP_SYSTEM);
    const at = allocate(where, SPACE_BYTES, KIND_SPACE);
    const made = kernel.capSpaceCreate(this.#at, by, at, SPACE_BYTES);
    if (made < 0) heapFree(at);
    return Capability.over(this.#at, valueOf(made, where));
  }

  /** Makes a queue, as `Queue.create`. Returns a capability to it with all rights. Throws also `NO_RIGHT`. */
  createQueue(options?: QueueOptions & ByOptions): Capability {
    const where = 'createQueue';
    const by = this.#by(where, options, kernel.CAP_REGIONS);
    let memory = 0;
    let queue = 0;
    try {
      queueMade(where, options, 0, (bytes, needed, config) => objectMake(where, KIND_QUEUE, bytes, () => {}, (at) => {
        memory = valueOf(kernel.capRegionCreate(this.#at, by, POLICY_SLAB, at, needed), where);
        return valueOf(capabilityObject(this.#at, memory, TYPE_REGION, 0), where);
      }, () => {
        queue = valueOf(kernel.capQueueCreate(this.#at, memory, config), where);
      }));
    } catch (error) {
      if (memory > 0) kernel.capDrop(this.#at, memory);
      throw error;
    }
    return Capability.over(this.#at, queue, memory);
  }

  #region(where: string, bytes: number, fill: (at: number) => void, register: (at: number) => number): Capability {
    let made = 0;
    objectMake(where, KIND_REGION, bytes, fill, (at) => {
      made = valueOf(register(at), where);
      return valueOf(capabilityObject(this.#at, made, TYPE_REGION, 0), where);
    });
    return Capability.over(this.#at, made);
  }

  /** Makes a region that never changes, as `Region.immutable`: a copy of `contents`. Returns a capability with all rights. */
  createImmutable(contents: ArrayBufferView, options?: ByOptions): Capability {
    const where = 'createImmutable';
    const by = this.#by(where, options, kernel.CAP_REGIONS);
    const bytes = checkBytes(where, 'contents', contents);
    if (bytes.byteLength === 0) throw badArgument(where, 'contents must have at least 1 byte', contents);
    return this.#region(where, bytes.byteLength, (at) => U8.set(bytes, at),
      (at) => kernel.capRegionCreate(this.#at, by, POLICY_IMMUTABLE, at, bytes.byteLength));
  }

  /** As `Region.writable`. */
  createWritable(length: number, options?: ByOptions): Capability {
    const where = 'createWritable';
    const by = this.#by(where, options, kernel.CAP_REGIONS);
    const bytes = checkInteger(where, 'length', length, 1, BYTES_MAX);
    return this.#region(where, bytes, () => {}, (at) => kernel.capRegionCreateWritable(this.#at, by, at, bytes));
  }

  /** As `Region.appendOnly`. */
  createAppendOnly(capacity: number, options?: ByOptions): Capability {
    const where = 'createAppendOnly';
    const by = this.#by(where, options, kernel.CAP_REGIONS);
    const bytes = checkInteger(where, 'capacity', capacity, 1, BYTES_MAX);
    return this.#region(where, bytes, () => {}, (at) => kernel.capRegionCreate(this.#at, by, POLICY_APPEND_ONLY, at, bytes));
  }

  /** As `Region.slots`. */
  createSlots(slots: number, slotBytes: number, options?: ByOptions): Capability {
    const where = 'createSlots';
    const by = this.#by(where, options, kernel.CAP_REGIONS);
    const bytes = checkSlots(where, slots, slotBytes);
    return this.#region(where, bytes, () => {}, (at) => kernel.capRegionCreateSlab(this.#at, by, at, bytes, slots, slotBytes));
  }
}
