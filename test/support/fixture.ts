/**
 * Queues to test: built in the Node machine's memory, of any shape, with readable ways in and out.
 *
 * One arena holds everything of a fixture (region table, queue, data regions, records, buffers), so that a copy of it is the full
 *   memory image: `failing` runs a call that must fail and names each word that it changed.
 */
import { memory } from '../../src/machine/node.ts';
import * as layout from '../../src/kernel/layout.ts';
import * as kernel from '../../src/kernel/queue.ts';
import { laneRing } from '../../src/kernel/path/3-lane.ts';
import { regionAppend, regionCreate, regionTableBytes, regionTableCreate } from '../../src/kernel/region.ts';
import * as status from '../../src/kernel/status.ts';
import { describeAddress } from './names.ts';

export interface Shape {
  senders?: number;
  receivers?: number;
  ringSize?: number;
  maxBytes?: number;
  completions?: number;
  start?: number;
  schema?: number;
}

const STATUS_NAMES = new Map(Object.entries(status).map(([name, value]) => [value as number, name]));

/** The name of a status, or the value itself. */
export const named = (value: number): string | number => (value < 0 ? STATUS_NAMES.get(value) ?? value : value);

/** Where positions start in all suites: at 0, just below the sign bit, just below the wrap. */
export const STARTS = [0, 0x7ffffffe, -2] as const;

/** Every combination of the values given for each field. */
export const shapesOf = (values: { [field in keyof Shape]: readonly number[] }): Shape[] => {
  let shapes: Shape[] = [{}];
  for (const [field, list] of Object.entries(values)) shapes = shapes.flatMap((shape) => list.map((value) => ({ ...shape, [field]: value })));
  return shapes;
};

export const nameOf = (shape: Shape): string => Object.entries(shape).map(([field, value]) => `${field} ${value}`).join(', ');

const BYTES = new Uint8Array(memory);
const WORDS = new Int32Array(memory);

/** First address of the arena: nothing valid lies at 0. */
const ARENA = 4096;
let free = ARENA;

/** Fresh memory at a line: filled with a pattern, so that whatever is not written shows. */
export const allocate = (bytes: number, align = 64): number => {
  const at = Math.ceil(free / align) * align;
  free = at + Math.ceil(bytes / 4) * 4;
  if (free > memory.byteLength) throw new Error('the arena is used up');
  BYTES.fill(0xa5, at, free);
  return at;
};

/** Forgets all fixtures. */
export const reset = (): void => { free = ARENA; };

export const word = (address: number): number => WORDS[address >> 2]!;
export const setWord = (address: number, value: number): void => { WORDS[address >> 2] = value; };
export const bytesAt = (address: number, bytes: number): Uint8Array => BYTES.slice(address, address + bytes);
export const setBytes = (address: number, bytes: ArrayLike<number>): void => { BYTES.set(bytes, address); };
export const word64 = (address: number): bigint => BigInt(word(address) >>> 0) | BigInt(word(address + 4) >>> 0) << 32n;

/** Bytes that can be told from those of any other number. */
export const payload = (bytes: number, number: number): Uint8Array => {
  const made = new Uint8Array(bytes);
  let state = Math.imul(number + 1, 0x9e3779b1) | 1;
  for (let k = 0; k < bytes; k++) {
    state = Math.imul(state ^ state >>> 15, 0x85ebca6b) + k | 0;
    made[k] = state >>> 24;
  }
  return made;
};

/** A cheap expectation for inner loops, where vitest's own would cost most of the time. */
export const same = (actual: unknown, expected: unknown, what = ''): void => {
  if (actual !== expected) throw new Error(`${what}: ${String(actual)} instead of ${String(expected)}`);
};

/** As same, for bytes. */
export const sameBytes = (actual: Uint8Array, expected: Uint8Array, what = ''): void => {
  if (Buffer.compare(actual, expected) !== 0) throw new Error(`${what}: ${actual.slice(0, 32).join()} instead of ${expected.slice(0, 32).join()}`);
};

export interface Received {
  status: string | number;
  data: Uint8Array;
  sender: number;
  priority: number;
  flags: number;
  bytes: number;
  userLow: number;
  userHigh: number;
}

export class Fixture {
  readonly shape: Required<Shape>;
  readonly from: number;
  readonly table: number;
  readonly config: number;
  readonly region: number;
  readonly queue: number;
  readonly queueBytes: number;
  readonly source: number;
  readonly target: number;
  readonly records: number;
  readonly senders: number[] = [];
  readonly receivers: number[] = [];
  #attached = false;

  constructor(shape: Shape = {}) {
    this.shape = { senders: 1, receivers: 1, ringSize: 4, maxBytes: 64, completions: 0, start: 0, schema: 0, ...shape };
    this.from = allocate(0);
    this.table = regionTableCreate(allocate(regionTableBytes(8)), regionTableBytes(8), 8);
    this.config = makeConfig(this.shape);
    this.queueBytes = kernel.queueBytes(this.config);
    if (this.queueBytes < 0) throw new Error(`${nameOf(this.shape)}: ${named(this.queueBytes)}`);
    const base = allocate(this.queueBytes);
    this.region = regionCreate(this.table, layout.POLICY_SLAB, base, this.queueBytes);
    this.queue = kernel.queueCreate(this.table, this.region, this.config);
    if (this.queue !== base) throw new Error(`${nameOf(this.shape)}: ${named(this.queue)}`);
    this.source = allocate(Math.max(this.shape.maxBytes, 64) + 64);
    this.target = allocate(Math.max(this.shape.maxBytes, 64) + 64);
    this.records = allocate(4096);
  }

  /** A fixture whose places are all taken: submitters where the queue has completions, plain senders where not. */
  static attached(shape: Shape = {}): Fixture {
    const made = new Fixture(shape);
    made.attach();
    return made;
  }

  attach(): void {
    if (this.#attached) throw new Error('attached already');
    this.#attached = true;
    const { senders, receivers, completions, schema } = this.shape;
    for (let k = 0; k < senders; k++) {
      const handle = completions === 0 ? kernel.queueAttachSender(this.queue, schema) : kernel.queueAttachSubmitter(this.queue, schema);
      this.senders.push(must(handle));
    }
    for (let k = 0; k < receivers; k++) this.receivers.push(must(kernel.queueAttachReceiver(this.queue)));
  }

  // ---- Addresses.
  senderBlock(index: number): number { return this.queue + layout.QUEUE_HEADER_BYTES + index * layout.SENDER_BYTES; }
  receiverBlock(index: number): number { return word(this.queue + layout.QUEUE_RECEIVER_BLOCKS) + index * layout.RECEIVER_BYTES; }
  ring(index: number, priority: number): number { return laneRing(this.queue, index, priority); }
  describe(address: number): string { return describeAddress(memory, this.queue, address); }

  // ---- Calls.
  /** Puts the bytes of the next message in place, so that a call that must fail does not change even them. */
  prepare(data: ArrayLike<number>): void { setBytes(this.source, data); }

  send(sender: number, priority: number, data: ArrayLike<number>): string | number {
    setBytes(this.source, data);
    return named(kernel.queueSend(this.senders[sender]!, priority, this.source, data.length));
  }

  submit(sender: number, priority: number, data: ArrayLike<number>, userLow: number, userHigh: number): string | number {
    setBytes(this.source, data);
    return named(kernel.queueSubmit(this.senders[sender]!, priority, this.source, data.length, userLow, userHigh));
  }

  receive(receiver = 0, capacity = this.shape.maxBytes): Received {
    return this.received(receiver, kernel.queueReceive(this.receivers[receiver]!, this.target, capacity));
  }

  /** What a receive, peek or discard that returned `result` says about its message. */
  received(receiver: number, result: number): Received {
    const handle = this.receivers[receiver]!;
    return {
      status: named(result), data: bytesAt(this.target, Math.max(result, 0)), sender: kernel.receivedSender(handle),
      priority: kernel.receivedPriority(handle), flags: kernel.receivedFlags(handle), bytes: kernel.receivedBytes(handle),
      userLow: kernel.receivedUserLow(handle), userHigh: kernel.receivedUserHigh(handle),
    };
  }

  complete(receiver: number, sender: number, priority: number, userLow: number, userHigh: number, result: number): string | number {
    return named(kernel.queueComplete(this.receivers[receiver]!, sender, priority, userLow, userHigh, result));
  }

  /** One completion, or the status that says why not. */
  reap(sender: number): { userLow: number; userHigh: number; result: number; receiver: number } | string | number {
    const got = kernel.queueReceive(kernel.queueCompletions(this.senders[sender]!), this.target, layout.COMPLETION_BYTES);
    if (got < 0) return named(got);
    const at = (field: number): number => word(this.target + field);
    return {
      userLow: at(layout.COMPLETION_USER_LOW), userHigh: at(layout.COMPLETION_USER_HIGH), result: at(layout.COMPLETION_RESULT),
      receiver: at(layout.COMPLETION_RECEIVER),
    };
  }

  /** A descriptor record among the records. */
  descriptor(region: number, offset: number, bytes: number, more: { offsetHigh?: number; flags?: number; reserved?: number } = {}): number {
    const at = this.records;
    setWord(at + layout.DESCRIPTOR_REGION, region);
    setWord(at + layout.DESCRIPTOR_LENGTH, bytes);
    setWord(at + layout.DESCRIPTOR_OFFSET_LOW, offset);
    setWord(at + layout.DESCRIPTOR_OFFSET_HIGH, more.offsetHigh ?? 0);
    setWord(at + layout.DESCRIPTOR_FLAGS, more.flags ?? 0);
    setWord(at + layout.DESCRIPTOR_RESERVED, more.reserved ?? 0);
    return at;
  }

  /** A region of `bytes` bytes of its own; of AppendOnly ones `committed` bytes are there. */
  dataRegion(policy: number, bytes: number, committed = 0): { handle: number; base: number } {
    const base = allocate(bytes);
    setBytes(base, payload(bytes, bytes));
    const handle = must(regionCreate(this.table, policy, base, bytes));
    if (committed > 0) {
      const source = allocate(committed);
      setBytes(source, payload(committed, committed));
      must(regionAppend(this.table, handle, source, committed));
    }
    return { handle, base };
  }

  // ---- Images.
  /** All memory of this fixture and of whatever was allocated after it. */
  image(): Int32Array { return WORDS.slice(this.from >> 2, free >> 2); }

  /** The words that differ from an image, in words. */
  changes(before: Int32Array): string[] {
    const changed: string[] = [];
    const base = this.from >> 2;
    for (let k = 0; k < before.length; k++) if (WORDS[base + k] !== before[k]) changed.push(this.describe((base + k) << 2));
    return changed;
  }

  /**
   * Runs a call that must fail. Nothing may change but `exempt`: names of fields, each of which must change, or may if a `?` follows.
   * Returns the status.
   */
  failing(call: () => string | number | { status: string | number }, ...exempt: string[]): string | number {
    const before = this.image();
    const answer = call();
    const value = typeof answer === 'object' ? answer.status : answer;
    const result = typeof value === 'number' ? named(value) : value;
    const changed = this.changes(before);
    const allowed = (change: string): boolean => exempt.some((name) => change.split(' ').includes(name.replace('?', '')));
    const unwanted = changed.filter((change) => !allowed(change));
    const missing = exempt.filter((name) => !name.endsWith('?') && !changed.some((change) => change.split(' ').includes(name)));
    if (unwanted.length > 0) throw new Error(`${result} changed ${unwanted.join(', ')}`);
    if (missing.length > 0) throw new Error(`${result} did not change ${missing.join(', ')}`);
    if (typeof result === 'number' && result >= 0) throw new Error(`did not fail: ${result}`);
    return result;
  }
}

export const must = (value: number): number => {
  if (value < 0) throw new Error(String(named(value)));
  return value;
};

/** `program`: address of the schema's validation program. */
export const makeConfig = (shape: Required<Shape>, program = 0): number => {
  const at = allocate(layout.CONFIG_BYTES);
  BYTES.fill(0, at, at + layout.CONFIG_BYTES);
  setWord(at + layout.CONFIG_RING_SIZE, shape.ringSize);
  setWord(at + layout.CONFIG_MAX_MESSAGE_BYTES, shape.maxBytes);
  setWord(at + layout.CONFIG_SCHEMA, shape.schema);
  setWord(at + layout.CONFIG_SENDERS, shape.senders);
  setWord(at + layout.CONFIG_RECEIVERS, shape.receivers);
  setWord(at + layout.CONFIG_COMPLETIONS, shape.completions);
  setWord(at + layout.CONFIG_START, shape.start);
  setWord(at + layout.CONFIG_SCHEMA_PROGRAM, program);
  return at;
};
