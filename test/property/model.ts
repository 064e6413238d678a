/**
 * A queue in plain words: arrays of messages and nothing else. Exact, because one thread makes all calls.
 *
 * Handles are the caller's business: here senders and receivers are numbers, and -1 is a handle that is not valid.
 */
import { DESCRIPTOR_BYTES, FLAG_COMPLETE, FLAG_DESCRIPTOR } from '../../src/kernel/layout.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_BAD_PRIORITY, STATUS_BUSY, STATUS_CLOSED, STATUS_EMPTY, STATUS_FULL,
  STATUS_NO_COMPLETIONS, STATUS_NO_CREDIT, STATUS_NO_PLACE, STATUS_NOT_PENDING, STATUS_OK, STATUS_OUT_OF_BOUNDS, STATUS_TIMED_OUT,
  STATUS_TOO_LARGE, STATUS_TOO_SMALL, STATUS_WRONG_SCHEMA,
} from '../../src/kernel/status.ts';
import type { Shape } from '../support/fixture.ts';
import { RegionModel } from './regions.ts';

export interface Message { data: Uint8Array; flags: number; userLow: number; userHigh: number }
export interface Info { bytes: number; flags: number; userLow: number; userHigh: number; sender: number; priority: number }
export interface Descriptor { region: number; offset: number; bytes: number; offsetHigh: number; reserved: number }
/** A receive: its status, and the message if it is one that was there. */
export interface Answer { status: number; data?: Uint8Array }

const fours = (): number[] => [0, 0, 0, 0];

/** Lanes and the receivers that serve them: the part that a queue and its completion queues have in common. */
export class Lanes {
  /** By priority, then by sender. */
  readonly lanes: Message[][][];
  /** The region that each message received named, or 0: by priority, then by sender. */
  readonly received: number[][][];
  readonly info: Info[];
  readonly #cursors: number[];
  readonly #around: number;

  constructor(senders: number, receivers: number) {
    this.lanes = Array.from({ length: 4 }, () => Array.from({ length: senders }, () => []));
    this.received = this.lanes.map((lanes) => lanes.map(() => []));
    this.info = Array.from({ length: receivers }, () => ({ bytes: 0, flags: 0, userLow: 0, userHigh: 0, sender: 0, priority: 0 }));
    this.#cursors = this.info.map(() => 0);
    this.#around = 2 ** Math.ceil(Math.log2(senders));
  }

  length(priority: number): number { return this.lanes[priority]!.reduce((sum, lane) => sum + lane.length, 0); }

  /** What `receiver` gets next: most urgent first, then the sender at or behind its cursor, then the first. */
  next(receiver: number): { priority: number; sender: number } | undefined {
    for (const [priority, lanes] of this.lanes.entries()) {
      const busy = [...lanes.keys()].filter((sender) => lanes[sender]!.length > 0);
      const sender = busy.find((index) => index >= this.#cursors[receiver]!) ?? busy[0];
      if (sender !== undefined) return { priority, sender };
    }
    return undefined;
  }

  /** `stay`: a batch goes on with the lane of the last message while it has any. */
  take(receiver: number, capacity: number, keep: boolean, stay = false): Answer {
    const last = this.info[receiver]!;
    const goesOn = stay && this.lanes[last.priority]![last.sender]!.length > 0;
    const next = goesOn ? { priority: last.priority, sender: last.sender } : this.next(receiver);
    if (next === undefined) return { status: STATUS_EMPTY };
    const lane = this.lanes[next.priority]![next.sender]!;
    const message = lane[0]!;
    const bytes = message.data.length;
    const fits = bytes <= capacity;
    Object.assign(this.info[receiver]!, next, { bytes, flags: message.flags });
    if (!fits) return { status: STATUS_TOO_SMALL };
    if ((message.flags & FLAG_COMPLETE) !== 0) {
      Object.assign(this.info[receiver]!, { userLow: message.userLow, userHigh: message.userHigh });
    }
    if (!keep) {
      lane.shift();
      const descriptor = (message.flags & FLAG_DESCRIPTOR) !== 0;
      this.received[next.priority]![next.sender]!.push(descriptor ? new Int32Array(message.data.buffer, message.data.byteOffset, 1)[0]! : 0);
      this.#cursors[receiver] = (next.sender + 1) % this.#around;
    }
    return { status: bytes, data: message.data };
  }
}

interface Place { attached: boolean; submits: boolean; outstanding: number[]; owed: number[] }

export class QueueModel {
  readonly regions = new RegionModel(8);
  readonly lanes: Lanes;
  /** One per sender. */
  readonly completions: Lanes[];
  readonly senders: Place[];
  readonly receivers: boolean[];
  readonly shape: Required<Shape>;
  closed = false;
  readonly counts = {
    sent: fours(), received: fours(), sentBytes: fours(), receivedBytes: fours(), full: fours(), rejected: 0, empty: 0, timedOut: 0,
    woken: 0,
  };

  constructor(shape: Required<Shape>) {
    this.shape = shape;
    this.lanes = new Lanes(shape.senders, shape.receivers);
    this.completions = Array.from({ length: shape.completions === 0 ? 0 : shape.senders }, () => new Lanes(shape.receivers, 1));
    this.senders = Array.from({ length: shape.senders }, () => (
      { attached: false, submits: false, outstanding: fours(), owed: fours() }));
    this.receivers = Array.from({ length: shape.receivers }, () => false);
  }

  // ---- Places.
  attachSender(schema: number, submits: boolean): number {
    if (schema !== this.shape.schema) return STATUS_WRONG_SCHEMA;
    if (submits && this.shape.completions === 0) return STATUS_NO_COMPLETIONS;
    if (this.closed) return STATUS_CLOSED;
    const index = this.senders.findIndex(({ attached }) => !attached);
    if (index < 0) return STATUS_NO_PLACE;
    Object.assign(this.senders[index]!, { attached: true, submits });
    return index;
  }

  detachSender(sender: number): number {
    const place = this.senders[sender];
    if (place === undefined) return STATUS_BAD_HANDLE;
    if (place.outstanding.some((count) => count !== 0)) return STATUS_BUSY;
    place.attached = false;
    return STATUS_OK;
  }

  attachReceiver(): number {
    const index = this.receivers.indexOf(false);
    if (index >= 0) this.receivers[index] = true;
    return index < 0 ? STATUS_NO_PLACE : index;
  }

  detachReceiver(receiver: number): number {
    if (receiver < 0) return STATUS_BAD_HANDLE;
    this.receivers[receiver] = false;
    return STATUS_OK;
  }

  /** Descriptors to a region that are under way. */
  described(handle: number): number {
    const names = ({ flags, data }: { flags: number; data: Uint8Array }): boolean =>
      (flags & FLAG_DESCRIPTOR) !== 0 && new Int32Array(data.buffer, data.byteOffset, 1)[0] === handle;
    let found = this.lanes.lanes.flat(2).filter(names).length;
    for (let priority = 0; priority < 4; priority++) {
      for (const [sender, { submits, owed }] of this.senders.entries()) {
        if (submits) found += this.#owedTo(handle, this.lanes, priority, sender, owed[priority]!);
      }
    }
    return found;
  }

  /** Of `owed` messages of a lane not completed, how many may be to the region: those whose slots were used again may all be. */
  #owedTo(handle: number, { received, lanes }: Lanes, priority: number, sender: number, owed: number): number {
    const kept = this.shape.ringSize - lanes[priority]![sender]!.length - 1;
    const log = received[priority]![sender]!;
    if (log.length > kept) return owed;
    return Math.min(owed, log.filter((region) => region === handle).length);
  }

  close(): number {
    this.closed = true;
    this.counts.woken += 1;
    return STATUS_OK;
  }

  // ---- Sending.
  #reject(status: number): number {
    this.counts.rejected += 1;
    return status;
  }

  /** What is wrong with a message before anything of the lane is looked at. */
  #invalid(place: Place, priority: number, bytes: number, submit: boolean): number {
    if (submit && !place.submits) return STATUS_NO_COMPLETIONS;
    if (priority < 0 || priority > 3) return STATUS_BAD_PRIORITY;
    if (bytes < 0) return STATUS_BAD_ARGUMENT;
    if (bytes > this.shape.maxBytes) return STATUS_TOO_LARGE;
    return this.closed ? STATUS_CLOSED : STATUS_OK;
  }

  #enter(sender: number, priority: number, data: Uint8Array, flags: number, userLow: number, userHigh: number): number {
    const place = this.senders[sender]!;
    const lane = this.lanes.lanes[priority]![sender]!;
    if (place.submits && place.outstanding[priority]! >= this.shape.completions) return this.#reject(STATUS_NO_CREDIT);
    if (lane.length === this.shape.ringSize) {
      this.counts.full[priority]! += 1;
      return STATUS_FULL;
    }
    lane.push({ data, flags: flags | (place.submits ? FLAG_COMPLETE : 0), userLow, userHigh });
    if (place.submits) place.outstanding[priority]! += 1;
    this.counts.sent[priority]! += 1;
    this.counts.sentBytes[priority]! += data.length;
    return STATUS_OK;
  }

  /** `data` or, for a length that cannot be, that length. */
  send(sender: number, priority: number, data: Uint8Array | number, submit = false, userLow = 0, userHigh = 0): number {
    const place = this.senders[sender];
    if (place === undefined) return STATUS_BAD_HANDLE;
    const invalid = this.#invalid(place, priority, typeof data === 'number' ? data : data.length, submit);
    if (invalid < 0) return this.#reject(invalid);
    return this.#enter(sender, priority, data as Uint8Array, 0, userLow, userHigh);
  }

  sendDescriptor(
    sender: number, priority: number, record: Descriptor, data: Uint8Array, submit: boolean, userLow: number, userHigh: number,
  ): number {
    const place = this.senders[sender];
    if (place === undefined) return STATUS_BAD_HANDLE;
    const invalid = this.#invalid(place, priority, 0, submit);
    if (invalid < 0) return this.#reject(invalid);
    if (this.shape.maxBytes < DESCRIPTOR_BYTES) return this.#reject(STATUS_TOO_LARGE);
    if (record.reserved !== 0) return this.#reject(STATUS_BAD_ARGUMENT);
    const span = this.regions.span(record.region, record.offset, record.bytes, true);
    if (span < 0) return this.#reject(span);
    if (record.offsetHigh !== 0) return this.#reject(STATUS_OUT_OF_BOUNDS);
    return this.#enter(sender, priority, data, FLAG_DESCRIPTOR, userLow, userHigh);
  }

  /** A batch refused as a whole. */
  rejectBatch(sender: number, priority: number): number {
    if (sender < 0) return STATUS_BAD_HANDLE;
    return this.#reject(priority < 0 || priority > 3 ? STATUS_BAD_PRIORITY : STATUS_BAD_ARGUMENT);
  }

  // ---- Receiving. `microseconds` is not 0 for a receive that may wait.
  receive(receiver: number, capacity: number, action: 'take' | 'peek' | 'discard', microseconds = 0, stay = false): Answer {
    if (receiver < 0) return { status: STATUS_BAD_HANDLE };
    if (capacity < 0) return { status: STATUS_BAD_ARGUMENT };
    const answer = this.lanes.take(receiver, action === 'take' ? capacity : Infinity, action === 'peek', stay);
    if (answer.status === STATUS_EMPTY) {
      if (this.closed) return { status: STATUS_CLOSED };
      this.counts[microseconds === 0 ? 'empty' : 'timedOut'] += 1;
      return { status: microseconds === 0 ? STATUS_EMPTY : STATUS_TIMED_OUT };
    }
    if (answer.status >= 0 && action !== 'peek') {
      const { priority, sender, flags } = this.lanes.info[receiver]!;
      this.counts.received[priority]! += 1;
      this.counts.receivedBytes[priority]! += answer.status;
      if ((flags & FLAG_COMPLETE) !== 0) this.senders[sender]!.owed[priority]! += 1;
    }
    return answer;
  }

  /** An array: its status, and what came. */
  receiveArray(receiver: number, bytes: number, count: number): { status: number; messages: Uint8Array[] } {
    if (count === 0) return { status: STATUS_OK, messages: [] };
    if (this.shape.receivers > 1) {
      const { status, data } = this.receive(receiver, bytes, 'take');
      return status < 0 ? { status, messages: [] } : { status: 1, messages: [data!] };
    }
    const first = this.receive(receiver, bytes, 'peek');
    if (first.status < 0) return { status: first.status, messages: [] };
    if (first.status > bytes) return { status: STATUS_TOO_SMALL, messages: [] };
    const messages: Uint8Array[] = [];
    const info = this.lanes.info[receiver]!;
    const lane = this.lanes.lanes[info.priority]![info.sender]!;
    let goesOn = true;
    while (goesOn && messages.length < count && lane.length > 0 && lane[0]!.data.length <= bytes) {
      messages.push(this.receive(receiver, bytes, 'take', 0, messages.length > 0).data!);
      goesOn = info.bytes === bytes && info.flags === 0;
    }
    return { status: messages.length, messages };
  }

  // ---- Completing.
  complete(receiver: number, sender: number, priority: number, data: Uint8Array): number {
    if (receiver < 0) return STATUS_BAD_HANDLE;
    if (priority < 0 || priority > 3) return STATUS_BAD_PRIORITY;
    if (sender < 0 || sender >= this.shape.senders) return STATUS_BAD_ARGUMENT;
    if (this.shape.completions === 0) return STATUS_NO_COMPLETIONS;
    const { owed } = this.senders[sender]!;
    if (owed[priority] === 0) return STATUS_NOT_PENDING;
    owed[priority]! -= 1;
    this.completions[sender]!.lanes[priority]![receiver]!.push({ data, flags: 0, userLow: 0, userHigh: 0 });
    return STATUS_OK;
  }

  reap(sender: number, capacity: number): Answer {
    const place = this.senders[sender];
    if (place === undefined) return { status: STATUS_BAD_HANDLE };
    if (!place.submits) return { status: STATUS_NO_COMPLETIONS };
    const answer = this.completions[sender]!.take(0, capacity, false);
    if (answer.status >= 0) place.outstanding[this.completions[sender]!.info[0]!.priority]! -= 1;
    return answer;
  }
}
