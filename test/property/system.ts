/**
 * A system of tasks in plain words: what each may do with a queue and regions, and what becomes of it when it dies. Plays steps on the
 * kernel by capability, and compares every answer.
 */
import * as cap from '../../src/kernel/capability.ts';
import {
  CAPABILITY_HANDLE, CAPABILITY_INDEX_MASK, CAPABILITY_SENDER, DESCRIPTOR_BYTES, HANDLE_LOW_MASK, OWNERS_MAX, POLICY_APPEND_ONLY,
  POLICY_IMMUTABLE, POLICY_SLAB, SENDER_INDEX, SPACE_CAPABILITIES, SPACE_HEADER_BYTES, WORD_ENDING, WORD_STATE_MASK,
} from '../../src/kernel/layout.ts';
import { queueBytes, queueLength } from '../../src/kernel/queue.ts';
import { regionCommitted, regionQueue, regionSlabBytes } from '../../src/kernel/region.ts';
import {
  STATUS_BAD_PRIORITY, STATUS_FULL, STATUS_NO_CAPABILITY, STATUS_NO_PLACE, STATUS_NO_RIGHT, STATUS_OK, STATUS_POLICY, STATUS_STALE_REGION,
  STATUS_STALE_SLOT, STATUS_TOO_LARGE,
} from '../../src/kernel/status.ts';
import { ALL, GRANT, GRANT_ONCE, READ, REVOKE, System, WRITE } from '../support/capability.ts';
import { allocate, bytesAt, makeConfig, must, named, payload, same, sameBytes, setBytes, setWord, word } from '../support/fixture.ts';
import { killedAfter } from '../support/steps.ts';
import type { Traced } from '../support/traced.ts';
import { RegionModel } from './regions.ts';

export const SPACES = 3;
const SENDERS = 4;
const RING = 4;
const MAX = 40;
const SLOTS = 3;
const TABLE = 8;

/** A step: what, in whose name, on which of the things there are; `odd` chooses forged handles and extreme numbers. */
export interface Step { op: Op; space: number; which: number; a: number; b: number; odd: number }
export const OPS = [
  'grant', 'revoke', 'drop', 'attach', 'send', 'describe', 'receive', 'create', 'seal', 'append', 'reserve', 'commit', 'destroy',
  'allocate', 'free', 'follow', 'die', 'dieSending', 'dieAppending', 'dieGranting',
] as const;
export type Op = (typeof OPS)[number];

type Kind = 'queue' | 'region' | 'sender';
interface One {
  kind: Kind; space: number; handle: number; rights: number; depth: number; badge: number; origin: One | undefined; live: boolean;
  /** The region's handle; of a place, its number. */
  object: number;
  /** Of a place: whether it is still taken, though perhaps revoked. */
  holds: boolean;
}
interface Message { data: Uint8Array; badge: number; region: number }
interface Slot { handle: number; owner: number; live: boolean; region: number }

export class Tasks {
  readonly s = new System(SPACES, TABLE);
  readonly regions = new RegionModel(TABLE);
  readonly all: One[] = [];
  readonly receiver: number;
  readonly queue: number;
  /** By priority and place. */
  readonly lanes: Message[][][] = Array.from({ length: 4 }, () => Array.from({ length: SENDERS }, () => []));
  readonly taken = new Set<number>();
  readonly slots: Slot[] = [];
  readonly slotted = new Set<number>();
  readonly reserved: { region: number; owner: number; address: number }[] = [];
  readonly to: number[][];
  /** Capabilities of each space to the region table. */
  readonly tables: number[];
  readonly source = allocate(64);
  readonly buffer = allocate(64);
  readonly record = allocate(64);
  readonly traced: Traced;
  #number = 0;

  constructor(traced: Traced, start: number) {
    this.traced = traced;
    const { root } = this.s;
    const config = makeConfig({ senders: SENDERS, receivers: 1, ringSize: RING, maxBytes: MAX, completions: 0, start, schema: 0 });
    const bytes = must(queueBytes(config));
    const base = allocate(bytes);
    const memory = must(cap.capRegionCreate(root, cap.CAP_REGIONS, POLICY_SLAB, base, bytes));
    this.regions.create(POLICY_SLAB, base, bytes, 1);
    const made = must(cap.capQueueCreate(root, memory, config));
    this.receiver = must(cap.capAttachReceiver(root, made));
    const region = must(cap.capRegion(root, memory));
    this.queue = regionQueue(this.s.table, region);
    const none = { badge: 0, origin: undefined, live: true, holds: false };
    this.all.push({ kind: 'queue', space: -1, handle: made, rights: ALL, depth: 0, object: region, ...none });
    this.to = this.s.spaces.map((_, from) => this.s.targets.map((target) => must(this.s.grant(target, from, WRITE))));
    this.tables = this.s.spaces.map((_, from) => must(this.s.grant(cap.CAP_REGIONS, from, WRITE)));
  }

  at(space: number): number { return space < 0 ? this.s.root : this.s.spaces[space]!; }
  /** Owner number of a space: the root's is 1. */
  owner(space: number): number { return word(this.at(space) + 4) & OWNERS_MAX; }
  find(step: Step, kind: Kind): One | undefined {
    const list = this.all.filter((one) => one.kind === kind && (step.odd > 5 ? one.live : true));
    return list[step.which % Math.max(1, list.length)];
  }

  /** Whether a number is that of a capability which has ended and whose entry is not free yet, though it may not be among `all`. */
  ended(space: number, handle: number): boolean {
    const entry = this.at(space) + SPACE_HEADER_BYTES + (handle & CAPABILITY_INDEX_MASK) * 64;
    return (handle & WORD_STATE_MASK) === 0 && word(entry + CAPABILITY_HANDLE) === (handle | WORD_ENDING);
  }

  /** The handle, or that with a bit flipped, which is none: nobody has it, nor had it of late. */
  handle(step: Step, one: One): { handle: number; live: boolean } {
    if (step.odd !== 0) return { handle: one.handle, live: one.live };
    const handle = one.handle ^ 1 << step.b;
    const other = this.all.find((each) => each.space === one.space && each.handle === handle);
    const first = one.space < 0 ? handle >= 64 && handle <= this.receiver : this.to[one.space]!.includes(handle) || this.tables[one.space] === handle;
    return other !== undefined || first || this.ended(one.space, handle) ? { handle: one.handle, live: one.live } : { handle, live: false };
  }

  /** What a call with this right, to something of this kind, answers if not the call itself. */
  refused(live: boolean, one: One, kind: Kind, right: number): number {
    if (!live) return STATUS_NO_CAPABILITY;
    return one.kind === kind && (one.rights & right) === right ? STATUS_OK : STATUS_NO_RIGHT;
  }

  derives(one: One, origin: One): boolean {
    for (let at = one.origin; at !== undefined; at = at.origin) if (at === origin) return true;
    return false;
  }
  end(one: One): void { one.live = false; }
  held(space: number): number { return this.all.filter((one) => one.space === space && one.live).length; }
  /** NO_PLACE in a space that is not nearly empty says nothing: ended entries stay while something was derived from them. */
  crowded(space: number): void { if (this.held(space) < SPACE_CAPABILITIES / 5) throw new Error(`no place among ${this.held(space)}`); }

  // ---- Capabilities.
  grant(step: Step, kill = 0): void {
    const from = this.all[step.which % this.all.length]!;
    const into = step.space;
    const { handle, live } = this.handle(step, from);
    const rights = step.a % 3 > 0 ? ALL : 1 + step.a % ALL;
    const badge = from.badge !== 0 && step.b % 8 > 0 ? from.badge : step.b % 4;
    const target = from.space < 0 ? this.s.targets[into]! : this.to[from.space]![into]!;
    const call = (kernel: typeof cap): number => kernel.capGrant(this.at(from.space), handle, target, rights, badge);
    if (kill > 0 && from.space >= 0 && from.space !== into && live) {
      killedAfter(this.traced, kill, () => call(this.traced.kernel as unknown as typeof cap));
      this.die(from.space);
      this.adopt(into, { ...from, rights, badge, depth: from.depth + 1, origin: from, space: into, holds: false });
      return;
    }
    const result = call(cap);
    const may = (from.rights & GRANT) !== 0 ? from.rights : (from.rights & GRANT_ONCE) !== 0 ? from.rights & ~GRANT_ONCE : 0;
    let expected: number = STATUS_OK;
    if (!live) expected = STATUS_NO_CAPABILITY;
    else if (from.kind === 'sender' || (rights & ~may) !== 0 || (from.badge !== 0 && badge !== from.badge)) expected = STATUS_NO_RIGHT;
    else if (from.depth === 8) expected = -28;
    if (result === STATUS_NO_PLACE && expected === STATUS_OK) return this.crowded(into);
    same(named(Math.min(result, 0)), named(expected), 'grant');
    if (result <= 0) return;
    this.all.push({ ...from, space: into, handle: result, rights, badge, depth: from.depth + 1, origin: from, live: true, holds: false });
  }

  /** What a killed grant left valid in a space, if it did. */
  adopt(space: number, one: One): void {
    for (let index = 0; index < SPACE_CAPABILITIES; index++) {
      const handle = word(this.at(space) + SPACE_HEADER_BYTES + 64 * index + CAPABILITY_HANDLE);
      const known = this.all.some((each) => each.space === space && each.handle === handle);
      const first = this.to[space]!.includes(handle) || this.tables[space] === handle;
      if (handle > 0 && !known && !first) this.all.push({ ...one, handle, live: true });
    }
  }

  revoke(step: Step): void {
    const one = this.all[step.which % this.all.length]!;
    const { handle, live } = this.handle(step, one);
    if (one === this.all[0] && step.a > 3) return;
    const ended = this.all.filter((other) => other.live && this.derives(other, one));
    let expected = this.refused(live, one, one.kind, REVOKE);
    // The root's own receiver is derived from its capability to the queue: leave it.
    if (one === this.all[0]) return;
    if (expected === STATUS_OK) {
      expected = ended.length;
      for (const other of ended) this.end(other);
    }
    same(named(cap.capRevoke(this.at(one.space), handle)), named(expected), 'revoke');
  }

  drop(step: Step): void {
    const one = this.all[step.which % this.all.length]!;
    if (one === this.all[0]) return;
    const { handle, live } = this.handle(step, one);
    const result = cap.capDrop(this.at(one.space), handle);
    if (live) same(named(result), STATUS_OK, 'drop');
    else if (handle !== one.handle) same(named(result), named(STATUS_NO_CAPABILITY), 'drop of a forged handle');
    if (result !== STATUS_OK) return;
    if (one.holds) this.taken.delete(one.object);
    one.holds = false;
    this.end(one);
  }

  attach(step: Step): void {
    const one = this.find(step, 'queue')!;
    const { handle, live } = this.handle(step, one);
    const result = cap.capAttachSender(this.at(one.space), handle, 0, 0);
    const expected = this.refused(live, one, 'queue', WRITE);
    if (result === STATUS_NO_PLACE && expected === STATUS_OK) {
      if (this.taken.size < SENDERS) this.crowded(one.space);
      return;
    }
    same(named(Math.min(result, 0)), named(expected), 'attach');
    if (result < 0) return;
    const entry = this.at(one.space) + SPACE_HEADER_BYTES + (result & CAPABILITY_INDEX_MASK) * 64;
    const place = word((word(entry + CAPABILITY_SENDER) & ~HANDLE_LOW_MASK) + SENDER_INDEX);
    if (this.taken.has(place)) throw new Error(`place ${place} twice`);
    this.taken.add(place);
    this.all.push({ ...one, kind: 'sender', handle: result, rights: WRITE, origin: one, live: true, object: place, holds: true });
  }

  // ---- The queue.
  #sends(step: Step, bytes: number): { one: One; handle: number; priority: number; expected: number } | undefined {
    const one = this.find(step, step.odd === 1 ? 'queue' : 'sender');
    if (one === undefined) return undefined;
    const { handle, live } = this.handle(step, one);
    const priority = step.odd === 2 ? [-1, 4, 0x7fffffff, -0x80000000][step.b % 4]! : step.a % 4;
    let expected = this.refused(live, one, 'sender', WRITE);
    if (expected === STATUS_OK && (priority < 0 || priority > 3)) expected = STATUS_BAD_PRIORITY;
    if (expected === STATUS_OK && bytes > MAX) expected = STATUS_TOO_LARGE;
    if (expected === STATUS_OK && this.lanes[priority]![one.object]!.length === RING) expected = STATUS_FULL;
    return { one, handle, priority, expected };
  }

  send(step: Step, kill = 0): void {
    const bytes = step.odd === 3 ? MAX + 1 : step.b === 31 ? MAX : step.b % (MAX + 1);
    const sends = this.#sends(step, bytes);
    if (sends === undefined) return;
    const { one, handle, priority, expected } = sends;
    const data = payload(bytes, this.#number++);
    setBytes(this.source, data);
    const call = (kernel: typeof cap): number => kernel.capSend(this.at(one.space), handle, priority, this.source, bytes);
    if (kill > 0 && one.space >= 0 && expected === STATUS_OK) {
      const before = queueLength(this.queue);
      killedAfter(this.traced, kill, () => call(this.traced.kernel as unknown as typeof cap));
      this.die(one.space);
      const more = queueLength(this.queue) - before;
      if (more === 1) this.lanes[priority]![one.object]!.push({ data, badge: one.badge, region: 0 });
      else same(more, 0, 'messages that a killed send left');
      return;
    }
    same(named(call(cap)), named(expected), 'send');
    if (expected === STATUS_OK) this.lanes[priority]![one.object]!.push({ data, badge: one.badge, region: 0 });
  }

  describe(step: Step): void {
    const sends = this.#sends(step, DESCRIPTOR_BYTES);
    if (sends === undefined) return;
    const { one, handle, priority } = sends;
    const beside = this.all.filter((each) => each.kind === 'region' && each.space === one.space && (step.odd > 5 ? each.live : true));
    const region = beside[step.b % Math.max(1, beside.length)];
    if (region === undefined) return;
    const [offset, bytes] = this.span(step, region.object);
    [region.handle, bytes, offset, 0, 0, 0].forEach((value, k) => setWord(this.record + 4 * k, value));
    let { expected } = sends;
    // The capability to the region is looked at after that to the place, and before all that the send itself refuses.
    const reached = expected !== STATUS_NO_CAPABILITY && expected !== STATUS_NO_RIGHT;
    const refused = this.refused(region.live, region, 'region', READ);
    const span = this.regions.span(region.object, offset, bytes, true);
    if (reached && refused < 0) expected = refused;
    else if (expected === STATUS_OK && span < 0) expected = span;
    const result = cap.capSendDescriptor(this.at(one.space), handle, priority, this.record);
    // A full lane and a wrong descriptor: either may be said.
    if (expected === STATUS_FULL && span < 0) same(result === STATUS_FULL || result === span, true, `describe: ${named(result)}`);
    else same(named(result), named(expected), 'describe');
    if (result !== STATUS_OK) return;
    const data = new Uint8Array(Int32Array.of(region.object, bytes, offset, 0, 0, 0).buffer);
    this.lanes[priority]![one.object]!.push({ data, badge: one.badge, region: region.object });
  }

  receive(): void {
    const result = cap.capReceive(this.s.root, this.receiver, this.buffer, 64);
    const priority = this.lanes.findIndex((lanes) => lanes.some((lane) => lane.length > 0));
    if (priority < 0) return same(named(result), 'STATUS_EMPTY', 'receive');
    const about = (what: number): number => cap.capReceived(this.s.root, this.receiver, what);
    same(about(cap.RECEIVED_PRIORITY), priority, 'the most urgent first');
    const message = this.lanes[priority]![about(cap.RECEIVED_SENDER)]!.shift();
    if (message === undefined) throw new Error('a message that nobody sent');
    same(result, message.data.length, 'its length');
    sameBytes(bytesAt(this.buffer, result), message.data, 'its bytes');
    same(about(cap.RECEIVED_BADGE), message.badge, 'its badge');
  }

  // ---- Regions.
  /** Offsets and lengths around the ends, at, below and past the cursor, and such as would wrap. */
  span(step: Step, region: number): [number, number] {
    const length = this.regions.find(region)?.length ?? 64;
    const cursor = this.regions.committed(region);
    const edges = [0, 1, cursor - 1, cursor, cursor + 1, length - 1, length, length + 1, 0x7fffffff, -1, -0x80000000, 3];
    const offset = edges[step.a % edges.length]! | 0;
    return [offset, [0, 1, cursor - offset, length - offset, length - offset + 1, -1, 0x7fffffff, -offset][step.b % 8]! | 0];
  }

  create(step: Step): void {
    const space = step.which % (SPACES + 1) - 1;
    const owner = this.owner(space);
    const table = space < 0 ? cap.CAP_REGIONS : this.tables[space]!;
    const kind = step.a % 4;
    const length = 8 * (1 + step.b);
    const slabBytes = regionSlabBytes(SLOTS, 8);
    const base = allocate(Math.max(length, slabBytes));
    const at = this.at(space);
    const full = this.regions.full;
    const result = [
      () => cap.capRegionCreate(at, table, POLICY_IMMUTABLE, base, length), () => cap.capRegionCreateWritable(at, table, base, length),
      () => cap.capRegionCreate(at, table, POLICY_APPEND_ONLY, base, length), () => cap.capRegionCreateSlab(at, table, base, slabBytes, SLOTS, 8),
    ][kind]!();
    if (result === STATUS_NO_PLACE) return full ? undefined : this.crowded(space);
    must(result);
    const object = kind === 3 ? this.regions.create(POLICY_SLAB, base + slabBytes - 8 * SLOTS, 8 * SLOTS, owner)
      : this.regions.create(kind === 2 ? POLICY_APPEND_ONLY : POLICY_IMMUTABLE, base, length, owner, kind !== 1);
    same(cap.capRegion(at, result), object, 'the region made');
    if (kind === 3) this.slotted.add(object);
    const none = { badge: 0, origin: undefined, live: true, holds: false };
    this.all.push({ kind: 'region', space, handle: result, rights: ALL, depth: space < 0 ? 0 : 1, object, ...none });
  }

  /** A call about a region: `answer` of the model unless its capability is refused. Returns what came of it, or undefined. */
  about(step: Step, right: number, what: string, call: (at: number, handle: number) => number, answer: (one: One) => number): number | undefined {
    const one = this.find(step, step.odd === 1 ? 'queue' : 'region');
    if (one === undefined) return undefined;
    const { handle, live } = this.handle(step, one);
    const refused = this.refused(live, one, 'region', right);
    const expected = refused < 0 ? refused : answer(one);
    same(named(call(this.at(one.space), handle)), named(expected), what);
    return refused < 0 ? undefined : expected;
  }

  seal(step: Step): void { this.about(step, WRITE, 'seal', cap.capRegionSeal, ({ object }) => this.regions.seal(object)); }
  follow(step: Step): void {
    const one = this.find(step, 'region');
    if (one === undefined) return;
    const [offset, bytes] = this.span(step, one.object);
    const call = (at: number, handle: number): number => cap.capRegionAddress(at, handle, offset, bytes);
    this.about(step, READ, 'follow', call, ({ object }) => this.regions.span(object, offset, bytes));
    this.about(step, READ, 'committed', cap.capRegionCommitted, ({ object }) => this.regions.committed(object));
  }

  append(step: Step, kill = 0): void {
    const one = this.find(step, 'region');
    if (one === undefined) return;
    const bytes = step.odd === 3 ? [-1, 0, 0x7fffffff][step.b % 3]! : 1 + step.b % 20;
    const data = payload(Math.max(0, Math.min(bytes, 32)), this.#number++);
    setBytes(this.source, data);
    const open = this.regions.appends(one.object);
    const before = this.regions.committed(one.object);
    if (kill > 0 && one.space >= 0 && open === 0 && before >= 0 && bytes > 0 && bytes < 32) {
      const base = this.regions.find(one.object)!.base;
      const owner = this.owner(one.space);
      killedAfter(this.traced, kill, () => this.traced.kernel.capRegionAppend(this.at(one.space), one.handle, this.source, bytes));
      const may = one.live && (one.rights & WRITE) !== 0 && this.regions.find(one.object)!.policy === POLICY_APPEND_ONLY;
      // Whole, or zeros, or not at all.
      const given = this.die(one.space, true);
      if (this.regions.find(one.object) === undefined) return;
      const now = regionCommitted(this.s.table, one.object);
      if (now === before) return same(given, 0, 'bytes given up');
      same(may, true, 'a killed append that was not allowed');
      same(this.regions.append(one.object, owner, bytes), before, 'where a killed append lies');
      same(now, before + bytes, 'a killed append');
      sameBytes(bytesAt(base + before, bytes), given > 0 ? new Uint8Array(bytes) : data, 'its bytes');
      return;
    }
    this.about(step, WRITE, 'append', (at, handle) => cap.capRegionAppend(at, handle, this.source, bytes),
      ({ object, space }) => this.regions.append(object, this.owner(space), bytes));
  }

  reserve(step: Step): void {
    const bytes = 1 + step.b % 12;
    let owner = 0;
    let region = 0;
    const address = this.about(step, WRITE, 'reserve', (at, handle) => cap.capRegionReserve(at, handle, bytes), ({ object, space }) => {
      [region, owner] = [object, this.owner(space)];
      return this.regions.reserve(object, owner, bytes);
    });
    if (address !== undefined && address > 0) this.reserved.push({ region, owner, address });
  }

  commit(step: Step): void {
    const { address } = this.reserved[step.b % Math.max(1, this.reserved.length)] ?? { address: this.source };
    this.about(step, WRITE, 'commit', (at, handle) => cap.capRegionCommit(at, handle, address),
      ({ object, space }) => this.regions.commit(object, this.owner(space), address));
  }

  destroy(step: Step): void {
    this.about(step, REVOKE, 'destroy', cap.capRegionDestroy, ({ object }) => {
      const described = this.lanes.flat(2).filter(({ region }) => region === object).length;
      return this.regions.destroy(object, described);
    });
  }

  // ---- Slots.
  slotRefused(object: number): number {
    if (this.regions.find(object) === undefined) return STATUS_STALE_REGION;
    return this.slotted.has(object) ? STATUS_OK : STATUS_POLICY;
  }

  allocate(step: Step): void {
    const one = this.find(step, 'region');
    if (one === undefined) return;
    const { handle, live } = this.handle(step, one);
    let expected = this.refused(live, one, 'region', WRITE);
    if (expected === STATUS_OK) expected = this.slotRefused(one.object);
    if (expected === STATUS_OK && this.slots.filter((slot) => slot.live && slot.region === one.object).length === SLOTS) expected = STATUS_FULL;
    const result = cap.capSlotAllocate(this.at(one.space), handle);
    same(named(Math.min(result, 0)), named(expected), 'allocate');
    if (result < 0) return;
    if (this.slots.some((slot) => slot.region === one.object && slot.handle === result)) throw new Error('a slot twice');
    this.slots.push({ handle: result, owner: this.owner(one.space), live: true, region: one.object });
  }

  free(step: Step): void {
    const one = this.find(step, 'region');
    if (one === undefined) return;
    const { handle, live } = this.handle(step, one);
    const slot = this.slots[step.b % Math.max(1, this.slots.length)] ?? { handle: 1024, region: 0, live: false, owner: 0 };
    const asked = step.odd === 2 ? slot.handle ^ 1 << step.a : slot.handle;
    const mine = this.slots.find((each) => each.live && each.region === one.object && each.handle === asked);
    let expected = this.refused(live, one, 'region', WRITE);
    if (expected === STATUS_OK) expected = this.slotRefused(one.object);
    if (expected === STATUS_OK && mine === undefined) expected = STATUS_STALE_SLOT;
    same(named(cap.capSlotFree(this.at(one.space), handle, asked)), named(expected), 'free');
    if (expected === STATUS_OK) mine!.live = false;
  }

  // ---- Deaths.
  /** `appended`: by a call that is not in the model yet. Returns the bytes given up. */
  die(space: number, appended = false): number {
    const owner = this.owner(space);
    const given = must(cap.capRecover(this.s.root, this.s.targets[space]!));
    const expected = this.regions.recover(owner);
    if (!appended) same(given, expected, 'bytes given up');
    for (const one of this.all) {
      if (one.space !== space) continue;
      if (one.holds) this.taken.delete(one.object);
      one.holds = false;
      this.end(one);
    }
    for (const slot of this.slots) if (slot.owner === owner) slot.live = false;
    this.to[space] = this.s.targets.map((target) => must(this.s.grant(target, space, WRITE)));
    this.tables[space] = must(this.s.grant(cap.CAP_REGIONS, space, WRITE));
    return given - (appended ? expected : 0);
  }

  play(step: Step): void {
    const kill = 1 + step.a + (step.b & 1) * 32;
    switch (step.op) {
      case 'die': this.die(step.space); break;
      case 'dieSending': this.send({ ...step, odd: 9 }, kill); break;
      case 'dieAppending': this.append({ ...step, odd: 9 }, kill); break;
      case 'dieGranting': this.grant({ ...step, odd: 9 }, kill); break;
      default: this[step.op](step);
    }
  }

  /** Every capability that ever was is valid exactly if the model says so. */
  check(): void {
    for (const one of this.all) {
      const rights = cap.capRights(this.at(one.space), one.handle);
      same(named(rights), one.live ? one.rights : named(STATUS_NO_CAPABILITY), `${one.kind} ${one.handle} of space ${one.space}`);
    }
    same(queueLength(this.queue), this.lanes.flat(2).length, 'messages queued');
  }
}
