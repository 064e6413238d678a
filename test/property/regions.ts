/** A region table in plain words: what every call of src/kernel/region.ts must answer. */
import { POLICY_APPEND_ONLY, POLICY_SLAB } from '../../src/kernel/layout.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_FULL, STATUS_NO_PLACE, STATUS_NOT_COMMITTED, STATUS_OK, STATUS_OUT_OF_BOUNDS, STATUS_POLICY,
  STATUS_STALE_REGION,
} from '../../src/kernel/status.ts';

interface Entry { handle: number; live: boolean; policy: number; base: number; length: number; committed: number }

export class RegionModel {
  /** Every handle that ever was. */
  readonly handles: number[] = [];
  readonly #entries: Entry[];

  constructor(count: number) {
    this.#entries = Array.from({ length: count }, (_, index) => (
      { handle: 256 + index, live: false, policy: 0, base: 0, length: 0, committed: 0 }));
  }

  find(handle: number): Entry | undefined { return this.#entries.find((entry) => entry.live && entry.handle === handle); }

  create(policy: number, base: number, length: number): number {
    if (![1, 2, 3].includes(policy) || base < 0 || base % 8 !== 0 || length <= 0) return STATUS_BAD_ARGUMENT;
    const entry = this.#entries.find(({ live }) => !live);
    if (entry === undefined) return STATUS_NO_PLACE;
    Object.assign(entry, { live: true, policy, base, length, committed: 0 });
    this.handles.push(entry.handle);
    return entry.handle;
  }

  destroy(handle: number): number {
    const entry = this.find(handle);
    if (entry === undefined) return STATUS_STALE_REGION;
    entry.live = false;
    entry.handle += 256;
    return STATUS_OK;
  }

  committed(handle: number): number {
    const entry = this.find(handle);
    if (entry === undefined) return STATUS_STALE_REGION;
    return entry.policy === POLICY_APPEND_ONLY ? entry.committed : entry.length;
  }

  reserve(handle: number, bytes: number): number {
    const entry = this.find(handle);
    if (entry === undefined) return STATUS_STALE_REGION;
    if (entry.policy !== POLICY_APPEND_ONLY) return STATUS_POLICY;
    if (bytes < 0) return STATUS_BAD_ARGUMENT;
    return entry.committed + bytes > entry.length ? STATUS_FULL : entry.base + entry.committed;
  }

  commit(handle: number, bytes: number): number {
    const room = this.reserve(handle, bytes);
    if (room < 0) return room;
    const entry = this.find(handle)!;
    entry.committed += bytes;
    return entry.committed - bytes;
  }

  /** The address of a span, as a receiver asks for it; `describes`: as a sender's descriptor names it. */
  span(handle: number, offset: number, bytes: number, describes = false): number {
    const entry = this.find(handle);
    if (entry === undefined) return STATUS_STALE_REGION;
    if (describes && entry.policy === POLICY_SLAB) return STATUS_POLICY;
    const end = (offset >>> 0) + (bytes >>> 0);
    if (end > entry.length) return STATUS_OUT_OF_BOUNDS;
    return end > this.committed(handle) ? STATUS_NOT_COMMITTED : entry.base + offset;
  }
}
