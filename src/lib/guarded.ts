/**
 * Places in queues that were taken by a capability: each call of the kernel looks at it first.
 *
 * Role: the thread to which the space belongs. Memory: as outbox.ts and inbox.ts.
 * Elsewhere: taking such places: capability.ts; what the kernel looks at: ../kernel/capability/named.ts.
 * Checked by: test/lib/capability.test.ts.
 */
import { load32 } from '#machine';
import {
  capComplete, capDiscard, capDrop, capPeek, capReap, capReapTimeout, capReceive, capReceiveArray, capReceiveTimeout, capRegionCommitted,
  capSend, capSendArray, capSendBatch, capSendDescriptor, capSubmit, capSubmitDescriptor,
} from '../kernel/capability.ts';
import { capabilityAt } from '../kernel/capability/space.ts';
import { CAPABILITY_INDEX_MASK, CAPABILITY_RECEIVER, CAPABILITY_SENDER } from '../kernel/layout.ts';
import { queueCompletions } from '../kernel/queue.ts';
import { valueOf } from './errors.ts';
import { Inbox } from './inbox.ts';
import { Outbox } from './outbox.ts';
import type { QueueShape } from './place.ts';
import type { AnySchema } from './schema.ts';
import { tagHigh, tagLow } from './tag.ts';

/** A capability: its space, and its number there. */
export abstract class Held {
  /** @internal Address of the space. */
  readonly at: number;
  /** Means something in its space only. */
  readonly number: number;

  /** @internal */
  protected constructor(at: number, number: number) {
    this.at = at;
    this.number = number;
  }
}

/** The place that a capability names. */
const handleOf = (space: number, cap: number, kind: number): number =>
  load32(capabilityAt(space, cap & CAPABILITY_INDEX_MASK), kind);

export class GuardedOutbox extends Outbox {
  override readonly regionIs = 'a Capability to a region, of the same space';
  readonly #space: number;
  readonly #cap: number;

  constructor(shape: QueueShape, space: number, cap: number, schema?: AnySchema) {
    super(shape, handleOf(space, cap, CAPABILITY_SENDER), schema, false);
    this.#space = space;
    this.#cap = cap;
  }

  /** For the completions of its messages. */
  reaper(): Inbox {
    return new GuardedReaper(valueOf(queueCompletions(this.handle), 'submitter'), this.#space, this.#cap);
  }

  protected override kernelSend(priority: number, source: number, length: number): number {
    return capSend(this.#space, this.#cap, priority, source, length);
  }
  protected override kernelSubmit(priority: number, source: number, length: number, tag: number): number {
    return capSubmit(this.#space, this.#cap, priority, source, length, tagLow(tag), tagHigh(tag));
  }
  protected override kernelSendDescriptor(priority: number, record: number): number {
    return capSendDescriptor(this.#space, this.#cap, priority, record);
  }
  protected override kernelSubmitDescriptor(priority: number, record: number, tag: number): number {
    return capSubmitDescriptor(this.#space, this.#cap, priority, record, tagLow(tag), tagHigh(tag));
  }
  protected override kernelSendBatch(priority: number, list: number, count: number): number {
    return capSendBatch(this.#space, this.#cap, priority, list, count);
  }
  protected override kernelSendArray(priority: number, source: number, each: number, count: number): number {
    return capSendArray(this.#space, this.#cap, priority, source, each, count);
  }
  protected override kernelDetach(): number {
    return capDrop(this.#space, this.#cap);
  }
  protected override regionName(region: unknown): number | undefined {
    return region instanceof Held && region.at === this.#space ? region.number : undefined;
  }
  protected override regionCommitted(where: string, name: number): number {
    return valueOf(capRegionCommitted(this.#space, name), where);
  }
}

export class GuardedInbox extends Inbox {
  override readonly follows = false;
  readonly #space: number;
  readonly #cap: number;

  constructor(space: number, cap: number) {
    super(handleOf(space, cap, CAPABILITY_RECEIVER));
    this.#space = space;
    this.#cap = cap;
  }

  protected override kernelReceive(buffer: number, capacity: number): number {
    return capReceive(this.#space, this.#cap, buffer, capacity);
  }
  protected override kernelReceiveTimeout(buffer: number, capacity: number, microseconds: number): number {
    return capReceiveTimeout(this.#space, this.#cap, buffer, capacity, microseconds);
  }
  protected override kernelReceiveArray(buffer: number, each: number, count: number): number {
    return capReceiveArray(this.#space, this.#cap, buffer, each, count);
  }
  override peek(): number {
    return capPeek(this.#space, this.#cap);
  }
  override discard(): number {
    return capDiscard(this.#space, this.#cap);
  }
  override complete(sender: number, priority: number, tag: number, result: number): number {
    return capComplete(this.#space, this.#cap, sender, priority, tagLow(tag), tagHigh(tag), result);
  }
  override detach(): number {
    return capDrop(this.#space, this.#cap);
  }
}

/** Takes completions; its capability is the submitter's. */
class GuardedReaper extends Inbox {
  readonly #space: number;
  readonly #cap: number;

  constructor(handle: number, space: number, cap: number) {
    super(handle);
    this.#space = space;
    this.#cap = cap;
  }

  protected override kernelReceive(buffer: number, capacity: number): number {
    return capReap(this.#space, this.#cap, buffer, capacity);
  }
  protected override kernelReceiveTimeout(buffer: number, capacity: number, microseconds: number): number {
    return capReapTimeout(this.#space, this.#cap, buffer, capacity, microseconds);
  }
}
