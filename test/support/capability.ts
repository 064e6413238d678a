/** A capability system with some spaces, in the Node machine's memory. */
import * as cap from '../../src/kernel/capability.ts';
import { POLICY_SLAB, SPACE_BYTES } from '../../src/kernel/layout.ts';
import { queueBytes } from '../../src/kernel/queue.ts';
import { regionTableBytes, regionTableCreate } from '../../src/kernel/region.ts';
import { allocate, bytesAt, makeConfig, must, named, type Shape } from './fixture.ts';

export const READ = 1;
export const WRITE = 2;
export const GRANT = 4;
export const REVOKE = 8;
export const GRANT_ONCE = 16;
export const ALL = 31;

export class System {
  readonly from = allocate(0);
  readonly table: number;
  readonly root: number;
  /** Addresses of the spaces made, and the root's capabilities to them. */
  readonly spaces: number[] = [];
  readonly targets: number[] = [];

  constructor(spaces = 2, regions = 8) {
    this.table = regionTableCreate(allocate(regionTableBytes(regions)), regionTableBytes(regions), regions);
    this.root = must(cap.capSystemCreate(allocate(cap.capSystemBytes()), cap.capSystemBytes(), this.table));
    for (let k = 0; k < spaces; k++) {
      const at = allocate(SPACE_BYTES);
      this.targets.push(must(cap.capSpaceCreate(this.root, cap.CAP_SYSTEM, at, SPACE_BYTES)));
      this.spaces.push(must(cap.capSpace(this.root, this.targets[k]!)));
    }
  }

  /** A queue that the root has all rights to. */
  queue(shape: Shape = {}, program = 0): number {
    const config = makeConfig({ senders: 2, receivers: 1, ringSize: 4, maxBytes: 64, completions: 0, start: 0, schema: 0, ...shape }, program);
    const bytes = must(queueBytes(config));
    const region = must(cap.capRegionCreate(this.root, cap.CAP_REGIONS, POLICY_SLAB, allocate(bytes), bytes));
    return must(cap.capQueueCreate(this.root, region, config));
  }

  /** The root grants one of its capabilities to space number `to`. */
  grant(one: number, to: number, rights: number, badge = 0): number {
    return cap.capGrant(this.root, one, this.targets[to]!, rights, badge);
  }

  /** A call that must fail with this status and change nothing. */
  fails(status: string | number, call: () => number): void {
    // Once before: an entry taken and given back notes the handle it would have had.
    call();
    const bytes = allocate(0) - this.from;
    const before = bytesAt(this.from, bytes);
    const result = named(call());
    if (result !== (typeof status === 'number' ? named(status) : status)) throw new Error(`${result} instead of ${named(status as number)}`);
    if (Buffer.compare(bytesAt(this.from, bytes), before) !== 0) throw new Error(`${result} changed something`);
  }
}

