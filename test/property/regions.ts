/** A region table in plain words: what every call of src/kernel/region.ts must answer. */
import { CELL_COUNT, POLICY_APPEND_ONLY, POLICY_IMMUTABLE, POLICY_SLAB } from '../../src/kernel/layout.ts';
import {
  STATUS_AGAIN, STATUS_BAD_ARGUMENT, STATUS_FULL, STATUS_NO_PLACE, STATUS_NOT_COMMITTED, STATUS_OK, STATUS_OUT_OF_BOUNDS, STATUS_POLICY,
  STATUS_STALE_REGION,
} from '../../src/kernel/status.ts';

interface Cell { state: 'free' | 'reserved' | 'left'; owner: number; from: number; to: number }
interface Entry {
  handle: number; live: boolean; policy: number; base: number; length: number; committed: number; owner: number; sealed: boolean;
  cells: Cell[]; tail: number;
}

/** A cell that another append may take. */
const idle = (entry: Entry, cell: Cell): boolean => cell.state === 'free' || (cell.state === 'left' && cell.to <= entry.committed);

export class RegionModel {
  /** Every handle that ever was. */
  readonly handles: number[] = [];
  readonly #entries: Entry[];

  constructor(count: number) {
    this.#entries = Array.from({ length: count }, (_, index) => (
      { handle: 256 + index, live: false, policy: 0, base: 0, length: 0, committed: 0, owner: 0, sealed: false, tail: 0,
      cells: Array.from({ length: CELL_COUNT }, (): Cell => ({ state: 'free', owner: 0, from: 0, to: 0 })) }));
  }

  /** Whether all entries are taken. */
  get full(): boolean { return this.#entries.every(({ live }) => live); }

  find(handle: number): Entry | undefined { return this.#entries.find((entry) => entry.live && entry.handle === handle); }

  create(policy: number, base: number, length: number, owner = 0, sealed = true): number {
    if (![1, 2, 3].includes(policy) || base < 0 || base % 8 !== 0 || length <= 0) return STATUS_BAD_ARGUMENT;
    const entry = this.#entries.find(({ live }) => !live);
    if (entry === undefined) return STATUS_NO_PLACE;
    const committed = policy === POLICY_APPEND_ONLY || !sealed ? 0 : length;
    Object.assign(entry, { live: true, policy, base, length, committed, owner, sealed });
    if (policy === POLICY_APPEND_ONLY) Object.assign(entry.cells[entry.tail]!, { from: 0, to: 0 });
    this.handles.push(entry.handle);
    return entry.handle;
  }

  /** Unfinished appends. */
  appends(handle: number): number {
    const entry = this.find(handle);
    return entry?.policy === POLICY_APPEND_ONLY ? entry.cells.filter((cell) => !idle(entry, cell)).length : 0;
  }

  /** `described`: descriptors to it that are under way. */
  destroy(handle: number, described: number): number {
    const entry = this.find(handle);
    if (entry === undefined) return STATUS_STALE_REGION;
    const outstanding = described + this.appends(handle);
    if (outstanding > 0) return outstanding;
    this.#end(entry);
    return STATUS_OK;
  }

  #end(entry: Entry): void {
    entry.live = false;
    entry.handle += 256;
    for (const cell of entry.cells) cell.state = 'free';
  }

  committed(handle: number): number { return this.find(handle)?.committed ?? STATUS_STALE_REGION; }

  writable(handle: number): number {
    const entry = this.find(handle);
    if (entry === undefined) return STATUS_STALE_REGION;
    return entry.policy === POLICY_IMMUTABLE && !entry.sealed ? entry.base : STATUS_POLICY;
  }

  seal(handle: number): number {
    const writable = this.writable(handle);
    if (writable < 0) return writable;
    const entry = this.find(handle)!;
    Object.assign(entry, { sealed: true, committed: entry.length });
    return STATUS_OK;
  }

  reserve(handle: number, owner: number, bytes: number): number {
    const entry = this.find(handle);
    if (entry === undefined) return STATUS_STALE_REGION;
    if (entry.policy !== POLICY_APPEND_ONLY) return STATUS_POLICY;
    if (bytes <= 0) return STATUS_BAD_ARGUMENT;
    const from = entry.cells[entry.tail]!.to;
    if (from + bytes > entry.length) return STATUS_FULL;
    const k = entry.cells.findIndex((cell, number) => number !== entry.tail && idle(entry, cell));
    if (k < 0) return STATUS_AGAIN;
    entry.cells[k] = { state: 'reserved', owner, from, to: from + bytes };
    entry.tail = k;
    return entry.base + from;
  }

  commit(handle: number, owner: number, address: number): number {
    const entry = this.find(handle);
    if (entry === undefined) return STATUS_STALE_REGION;
    if (entry.policy !== POLICY_APPEND_ONLY) return STATUS_POLICY;
    const cell = entry.cells.find((one) => one.state === 'reserved' && one.owner === owner && one.from === address - entry.base);
    if (cell === undefined) return STATUS_BAD_ARGUMENT;
    cell.state = 'left';
    this.#advance(entry);
    return cell.from;
  }

  #advance(entry: Entry): void {
    for (;;) {
      const next = entry.cells.find((cell) => cell.state === 'left' && cell.from === entry.committed && cell.to > cell.from);
      if (next === undefined) return;
      entry.committed = next.to;
    }
  }

  append(handle: number, owner: number, bytes: number): number {
    if (bytes === 0) {
      const entry = this.find(handle);
      return entry === undefined ? STATUS_STALE_REGION : entry.policy === POLICY_APPEND_ONLY ? entry.committed : STATUS_POLICY;
    }
    const room = this.reserve(handle, owner, bytes);
    return room < 0 ? room : this.commit(handle, owner, room);
  }

  /** What a dead owner held is released. Returns the bytes given up. */
  recover(owner: number): number {
    let given = 0;
    for (const entry of this.#entries.filter(({ live }) => live)) {
      for (const cell of entry.cells) {
        if (entry.policy !== POLICY_APPEND_ONLY || cell.state !== 'reserved' || cell.owner !== owner) continue;
        given += cell.to - cell.from;
        cell.state = 'left';
        this.#advance(entry);
      }
      if (entry.policy === POLICY_IMMUTABLE && !entry.sealed && entry.owner === owner) this.#end(entry);
      if (entry.owner === owner) entry.owner = 0;
    }
    return given;
  }

  /** The address of a span, as a receiver asks for it; `describes`: as a sender's descriptor names it. */
  span(handle: number, offset: number, bytes: number, describes = false): number {
    const entry = this.find(handle);
    if (entry === undefined) return STATUS_STALE_REGION;
    if (describes && entry.policy === POLICY_SLAB) return STATUS_POLICY;
    const end = (offset >>> 0) + (bytes >>> 0);
    if (end > entry.length) return STATUS_OUT_OF_BOUNDS;
    if (entry.policy === POLICY_SLAB || (entry.sealed && end <= entry.committed)) return entry.base + offset;
    return STATUS_NOT_COMMITTED;
  }
}
