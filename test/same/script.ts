/**
 * Scripts for replay.ts: generated from a seed, or written by hand. Arguments are numbers, or references to earlier results.
 */
import { GROUND, GROUND_BYTES, RECORD_BYTES } from './replay.ts';

export const OPERATIONS = [
  'tableBytes', 'tableCreate', 'regionCreate', 'regionDestroy', 'append', 'reserve', 'commit', 'committed', 'address', 'queueBytes',
  'queueCreate', 'attachSender', 'attachSubmitter', 'attachReceiver', 'detachSender', 'detachReceiver', 'recoverSender', 'recoverReceiver',
  'close', 'store', 'send', 'submit', 'sendDescriptor', 'submitDescriptor', 'sendBatch', 'receive', 'receiveTimeout', 'receiveBatch', 'peek',
  'discard', 'complete', 'completions', 'length', 'laneLength', 'owed', 'statistics', 'receivedBytes', 'receivedFlags', 'receivedPriority',
  'receivedSender', 'receivedUserLow', 'receivedUserHigh', 'createWritable', 'writable', 'seal', 'allows', 'appendFor', 'slabBytes',
  'createSlab', 'slotAllocate', 'slotFree', 'slotAddress', 'outstanding', 'destroyFor', 'recoverOwner',
  // By capability: replay-capability.ts.
  'xor', 'systemBytes', 'systemCreate', 'spaceCreate', 'space', 'recover', 'grant', 'revoke', 'drop', 'type', 'rights', 'depth', 'badge',
  'capQueueCreate', 'capQueueClose', 'capAttachSender', 'capAttachReceiver', 'capSend', 'capSubmit', 'capSendBatch', 'capReserve',
  'capCommit', 'capSendDescriptor', 'capSubmitDescriptor', 'capReap', 'capReceive', 'capReceiveTimeout', 'capReceiveBatch', 'capPeek',
  'capDiscard', 'capView', 'capRelease', 'capComplete', 'capReceived', 'capRegionCreate', 'capRegionCreateWritable', 'capRegionCreateSlab',
  'region', 'capRegionAddress', 'capRegionCommitted', 'capRegionPolicy', 'capRegionWritable', 'capRegionSeal', 'capRegionReserve',
  'capRegionCommit', 'capRegionAppend', 'capSlotAllocate', 'capSlotFree', 'capSlotAddress', 'capRegionDestroy', 'sendArray',
  'receiveArray', 'capSendArray', 'capReceiveArray', 'capReapTimeout', 'capRefused', 'capLength', 'capLaneLength', 'capOwed', 'capRefusals',
  'capStatistics',
] as const;
/** The first operation by capability. */
export const BY_CAPABILITY = OPERATIONS.indexOf('xor');
export type Operation = (typeof OPERATIONS)[number];
/** A reference to the result of an earlier record. */
export interface Result { result: number }
export type Argument = number | Result;

export class Script {
  readonly records: { operation: Operation; args: Argument[] }[] = [];
  /** If the script is played while it is written: runs record number `k`, and returns its result. */
  player: ((record: Int32Array, k: number) => number) | undefined;
  readonly results: number[] = [];
  #free = GROUND + 4096;

  /** Appends a call; its result can be an argument of later ones. */
  add(operation: Operation, ...args: Argument[]): Result {
    const result = this.records.push({ operation, args }) - 1;
    if (this.player !== undefined) this.results.push(this.player(this.#encoded(result), result));
    return { result };
  }

  /** Memory for the calls, at a line. */
  allocate(bytes: number): number {
    const at = this.#free;
    this.#free += Math.ceil(bytes / 64) * 64;
    if (this.#free > GROUND + GROUND_BYTES) throw new Error('the ground is used up');
    return at;
  }

  /** Sets words of memory. */
  words(at: number, ...values: Argument[]): void {
    values.forEach((value, k) => this.add('store', at, k * 4, value));
  }

  encode(): Int32Array {
    const words = new Int32Array((this.records.length + 1) * (RECORD_BYTES / 4));
    words[0] = this.records.length;
    this.records.forEach((_, k) => words.set(this.#encoded(k), (k + 1) * (RECORD_BYTES / 4)));
    return words;
  }

  #encoded(k: number): Int32Array {
    const { operation, args } = this.records[k]!;
    const words = new Int32Array(RECORD_BYTES / 4);
    words[0] = OPERATIONS.indexOf(operation);
    args.forEach((argument, n) => {
      if (typeof argument !== 'number') words[1]! |= 1 << n;
      words[2 + n] = typeof argument === 'number' ? argument : argument.result;
    });
    return words;
  }
}

/** A table for some regions, as tableBytes would say. */
export const TABLE_REGIONS = 12;
export const TABLE_BYTES = 64 + TABLE_REGIONS * (64 + 128);

/** A small generator (mulberry32): the same script for the same seed everywhere. */
export const generator = (seed: number): ((below: number) => number) => {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
};

interface Queue { queue: Result; senders: Result[]; receivers: Result[]; max: number; completions: number }

interface QueueShape { ringSize: number; max: number; senders: number; receivers: number; completions: number; start: number }

/** A configuration for a queue of the given shape and schema 7, and memory enough for one. */
export const makeConfig = (script: Script, shape: QueueShape): { config: number; room: number } => {
  const config = script.allocate(32);
  script.words(config, shape.ringSize, shape.max, 7, shape.senders, shape.receivers, shape.completions, shape.start, 0);
  const lane = shape.ringSize * Math.ceil((shape.max + 24) / 64) * 64;
  const entry = shape.completions * 64 * 4 * shape.receivers * shape.senders;
  return { config, room: 8192 + shape.senders * (4 * lane + 2048) + entry + shape.senders * 4096 };
};

/** A queue of the given shape in a region of its own, with every place taken. */
export const makeQueue = (script: Script, table: Argument, shape: QueueShape): Queue => {
  const { config, room } = makeConfig(script, shape);
  const bytes = script.add('queueBytes', config);
  const base = script.allocate(room);
  const queue = script.add('queueCreate', table, script.add('regionCreate', table, 3, base, bytes), config);
  const attach = (k: number): Result => script.add(shape.completions > 0 && k % 2 === 0 ? 'attachSubmitter' : 'attachSender', queue, 7);
  return {
    queue, max: shape.max, completions: shape.completions,
    senders: Array.from({ length: shape.senders }, (_, k) => attach(k)),
    receivers: Array.from({ length: shape.receivers }, () => script.add('attachReceiver', queue)),
  };
};

/** One call about what regions hold. */
const regionCalls = (
  script: Script, table: Argument, regions: Argument[], slabRegion: Argument, slots: Argument[], owner: number, below: (limit: number) => number,
): void => {
  const region = regions[below(regions.length)]!;
  const slotted = below(4) === 0 ? region : slabRegion;
  switch (below(9)) {
    case 0: script.add('writable', table, region); break;
    case 1: script.add('seal', table, region); break;
    case 2: script.add('allows', table, region, below(100), below(100)); break;
    case 3: case 4: slots.push(script.add('slotAllocate', table, slotted, owner)); break;
    case 5: script.add('slotFree', table, slotted, slots[below(slots.length)]!); break;
    case 6: script.add('slotAddress', table, slotted, slots[below(slots.length)]!); break;
    case 7: script.add('outstanding', table, region); break;
    default: {
      if (below(4) === 0) script.add('destroyFor', table, owner, region);
      else script.add('recoverOwner', table, owner);
    }
  }
};

/** Random calls on two random queues, valid and invalid ones mixed. */
export const randomScript = (seed: number, calls: number): Script => {
  const script = new Script();
  const below = generator(seed);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const table = script.add('tableCreate', script.allocate(TABLE_BYTES), TABLE_BYTES, TABLE_REGIONS);
  const queues = [0, 1].map(() => makeQueue(script, table, {
    ringSize: 1 << below(4), max: pick([0, 8, 24, 56, 64, 200]), senders: 1 + below(4), receivers: 1 + below(3), completions: pick([0, 0, 1, 4]),
    start: pick([0, 0x7ffffffe, -2, -1, below(1000)]),
  }));
  const source = script.allocate(256);
  script.words(source, ...Array.from({ length: 64 }, () => below(0xffffffff) | 0));
  const buffer = script.allocate(256);
  const list = script.allocate(24 * 6);
  const descriptor = script.allocate(64);
  // Appending copies: a source inside the region itself would overlap, which copyBytes does not promise to do alike.
  const spare = script.allocate(64);
  const regions = [
    script.add('regionCreate', table, 1, script.allocate(256), 256), script.add('regionCreate', table, 2, script.allocate(256), 256),
    script.add('regionCreate', table, 3, script.allocate(256), 256), script.add('regionCreate', table, pick([0, 4, -1]), spare, 64),
  ];
  script.add('regionDestroy', table, script.add('regionCreate', table, 1, source, 64));
  regions.push(script.add('createWritable', table, 1, script.allocate(64), 64));
  const slots: Argument[] = [0, -1, 1024];
  const reserved: [Argument, Argument, Argument][] = [];
  const slab = script.allocate(512);
  const slabRegion = script.add('createSlab', table, 2, slab, script.add('slabBytes', 5, 24), 5, 24);
  regions.push(slabRegion);
  const statistics = script.allocate(256);
  for (let k = 0; k < calls; k++) {
    const q = pick(queues);
    const sender = below(12) === 0 ? pick([0, -1, GROUND, ...q.receivers]) : pick(q.senders);
    const receiver = below(12) === 0 ? pick([0, -1, GROUND, ...q.senders]) : pick(q.receivers);
    const priority = below(16) === 0 ? pick([-1, 4, 1000]) : below(4);
    const bytes = below(12) === 0 ? pick([-1, q.max + 1, 0x7fffffff]) : below(q.max + 1);
    switch (below(20)) {
      case 0: case 1: case 2: case 3: script.add('send', sender, priority, source + below(4), bytes); break;
      case 4: script.add('submit', sender, priority, source, bytes, k, seed); break;
      case 5: case 6: {
        script.words(descriptor, pick([...regions, 0, 12345]), below(128), below(300), below(20) === 0 ? 1 : 0, k, below(20) === 0 ? 1 : 0);
        script.add(below(2) === 0 ? 'sendDescriptor' : 'submitDescriptor', sender, priority, descriptor, k, seed);
        break;
      }
      case 7: {
        for (let n = 0; n < 4; n++) script.words(list + n * 24, source + n, below(q.max + 2), 0, 0, k, n);
        script.add('sendBatch', sender, priority, list, below(6));
        break;
      }
      case 8: case 9: case 10: script.add(below(2) === 0 ? 'receive' : 'receiveTimeout', receiver, buffer, below(8) === 0 ? below(8) : 256); break;
      case 11: {
        for (let n = 0; n < 4; n++) script.words(list + n * 24, buffer + n * 64, below(6) === 0 ? 4 : 64, 0, 0, 0, 0);
        script.add('receiveBatch', receiver, list, below(6));
        break;
      }
      case 12: script.add(below(2) === 0 ? 'peek' : 'discard', receiver); break;
      case 13: case 14: {
        const from = script.add('receivedSender', receiver);
        const at = script.add('receivedPriority', receiver);
        script.add('complete', receiver, from, at, script.add('receivedUserLow', receiver), script.add('receivedUserHigh', receiver), k);
        break;
      }
      case 15: script.add('receive', script.add('completions', sender), buffer, 16); break;
      case 16: {
        const owner = below(4);
        const what = below(6);
        if (what < 2) script.add('append', table, pick(regions), source, below(40));
        else if (what === 2) script.add('appendFor', table, pick(regions), owner, source, below(20));
        else if (what === 3) reserved.push([pick(regions), owner, script.add('reserve', table, pick(regions), owner, below(20) - 1)]);
        else if (what === 4 && reserved.length > 0) script.add('commit', table, ...pick(reserved));
        else regionCalls(script, table, regions, slabRegion, slots, owner, below);
        break;
      }
      case 17: script.add(pick(['address', 'committed']), table, pick(regions), below(300), below(300)); break;
      case 18: {
        script.add('length', q.queue);
        script.add('laneLength', q.queue, priority);
        script.add('owed', q.queue, below(5), priority);
        script.add('receivedBytes', receiver);
        script.add('receivedFlags', receiver);
        break;
      }
      default: {
        const rare = below(10);
        if (rare === 0) script.add('detachSender', sender);
        else if (rare === 1) script.add(below(2) === 0 ? 'recoverSender' : 'recoverReceiver', q.queue, below(5));
        else if (rare < 4) q.senders.push(script.add(below(2) === 0 ? 'attachSender' : 'attachSubmitter', q.queue, below(8) === 0 ? 8 : 7));
        else if (rare === 4) q.receivers.push(script.add('attachReceiver', q.queue));
        else if (rare === 5) script.add('regionDestroy', table, pick(regions));
        else if (rare === 6) regions.push(script.add('regionCreate', table, 1 + below(3), spare, 64));
        else if (rare === 7 && k > calls - 100) script.add('close', q.queue);
        else if (rare === 8) script.add('detachReceiver', receiver);
        else script.add('statistics', q.queue, statistics);
      }
    }
  }
  return script;
};
