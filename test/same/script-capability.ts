/**
 * Scripts about capabilities and regions for replay.ts: one written by hand for each, and random ones.
 */
import {
  CAPABILITY_GENERATION_MAX, CAPABILITY_GENERATION_SHIFT, RIGHTS_ALL, SLAB_GENERATION_MAX, SLAB_GENERATION_SHIFT, SPACE_BYTES,
  SPACE_HEADER_BYTES, SYSTEM_BYTES, WORD_FREE,
} from '../../src/kernel/layout.ts';
import { CAP_REGIONS, CAP_ROOT, CAP_SYSTEM, capType } from '../../src/kernel/capability.ts';
import { GROUND } from './replay.ts';
import { generator, makeConfig, Script, TABLE_BYTES, TABLE_REGIONS, type Argument, type Operation, type Result } from './script.ts';

const [READ, WRITE, GRANT, GRANT_ONCE] = [1, 2, 4, 16] as const;
const SYSTEM = SYSTEM_BYTES + SPACE_BYTES;

/** A system with some spaces, each of which may put capabilities into each. Space 0 is the root. */
class Spaces {
  readonly script: Script;
  readonly table: Result;
  readonly root: Result;
  readonly spaces: Result[];
  /** Where their memory is. */
  readonly at: number[];
  /** The root's capabilities to each of them. */
  readonly own: Argument[];
  /** Capabilities of each space to each. */
  readonly to: Argument[][];
  /** Addresses of the queues made. */
  readonly queues: number[] = [];

  constructor(script: Script, count: number) {
    this.script = script;
    this.table = script.add('tableCreate', script.allocate(TABLE_BYTES), TABLE_BYTES, TABLE_REGIONS);
    const system = script.allocate(SYSTEM);
    script.add('systemBytes');
    this.root = script.add('systemCreate', system, SYSTEM, this.table);
    this.spaces = [this.root];
    this.at = [system + SYSTEM_BYTES];
    this.own = [CAP_ROOT];
    for (let k = 1; k <= count; k++) {
      this.at.push(script.allocate(SPACE_BYTES));
      this.own.push(script.add('spaceCreate', this.root, CAP_SYSTEM, this.at[k]!, SPACE_BYTES));
      this.spaces.push(script.add('space', this.root, this.own[k]!));
    }
    this.to = [this.own, ...this.spaces.slice(1).map((_, k) => this.link(k + 1))];
  }

  /** Lets space number `from` put capabilities into each. */
  link(from: number): Argument[] {
    return this.own.map((target) => this.script.add('grant', this.root, target, this.own[from]!, WRITE, 0));
  }

  /** A queue of the root's in a region of its own. */
  queue(shape: { ringSize: number; max: number; senders: number; receivers: number; completions: number; start: number }): Result {
    const { config, room } = makeConfig(this.script, shape);
    const bytes = this.script.add('queueBytes', config);
    const base = this.script.allocate(room);
    this.queues.push(base);
    const region = this.script.add('capRegionCreate', this.root, CAP_REGIONS, 3, base, bytes);
    return this.script.add('capQueueCreate', this.root, region, config);
  }
}

/** Rights from all to none at every depth; badges; places; every bit of a handle; the last generation; revoke; a death. */
export const capabilitiesByHand = (start: number): Script => {
  const script = new Script();
  const s = new Spaces(script, 3);
  const queue = s.queue({ ringSize: 4, max: 40, senders: 3, receivers: 1, completions: 2, start });
  const source = script.allocate(64);
  script.words(source, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20);
  const buffer = script.allocate(64);
  const record = script.allocate(24);
  const [root, one, two] = [s.root, s.spaces[1]!, s.spaces[2]!];
  // Down to the deepest and one more; without GRANT, with GRANT_ONCE alone; badges that stay.
  let cap = script.add('grant', root, queue, s.own[1]!, RIGHTS_ALL, 0);
  for (let depth = 1; depth <= 8; depth++) {
    const [from, into] = depth % 2 === 1 ? [1, 2] : [2, 1];
    cap = script.add('grant', s.spaces[from]!, cap, s.to[from]![into]!, RIGHTS_ALL, depth > 2 ? 70 : 0);
    script.add('depth', s.spaces[into]!, cap);
  }
  const once = script.add('grant', root, queue, s.own[1]!, READ | WRITE | GRANT_ONCE, 5);
  const last = script.add('grant', one, once, s.to[1]![3]!, READ | WRITE, 5);
  script.add('grant', s.spaces[3]!, last, s.to[3]![2]!, READ, 5);
  for (const badge of [0, 6, -5]) script.add('grant', one, once, s.to[1]![3]!, READ, badge);
  for (const rights of [0, -1, 32, GRANT, READ | GRANT]) script.add('grant', one, once, s.to[1]![3]!, rights, 5);
  for (const what of ['type', 'rights', 'depth', 'badge'] as const) script.add(what, s.spaces[3]!, last);
  // Places, used in every way.
  const senders = [script.add('capAttachSender', one, once, 7, 0), script.add('capAttachSender', s.spaces[3]!, last, 7, 1)];
  const receiver = script.add('capAttachReceiver', root, queue);
  const region = script.add('capRegionCreateWritable', root, CAP_REGIONS, script.allocate(128), 128);
  const reads = script.add('grant', root, region, s.own[1]!, READ, 0);
  script.words(record, reads, 16, 8, 0, 99, 0);
  const describe = (): unknown => script.add('capSendDescriptor', one, senders[0]!, 1, record);
  describe();
  script.add('capRegionSeal', one, reads);
  script.add('capRegionWritable', root, region);
  script.add('capRegionSeal', root, region);
  script.add('capRegionSeal', root, region);
  script.add('capRegionWritable', root, region);
  for (const priority of [3, 2, 1, 0, 4]) {
    script.add('capSend', one, senders[0]!, priority, source, 8);
    script.add('capSubmit', s.spaces[3]!, senders[1]!, priority, source, 12, priority);
    describe();
    script.add('capReserve', one, senders[0]!, priority, 16);
    script.add('capCommit', one, senders[0]!, 16, 0, 0);
  }
  script.add('capRegionDestroy', root, region);
  for (let k = 0; k < 12; k++) {
    script.add('capReceive', root, receiver, buffer, 40);
    for (let what = 0; what <= 7; what++) script.add('capReceived', root, receiver, what);
    script.add('capComplete', root, receiver, script.add('capReceived', root, receiver, 3), script.add('capReceived', root, receiver, 2), k, -k);
    script.add('capReap', s.spaces[3]!, senders[1]!, buffer, 16);
  }
  // Each bit of a handle; numbers that mean something in another space.
  for (let bit = 0; bit < 32; bit++) {
    const forged = script.add('xor', senders[0]!, 1 << bit | 0);
    for (const what of ['type', 'drop', 'capAttachReceiver'] as const) script.add(what, one, script.add('xor', reads, 1 << bit | 0));
    script.add('capSend', one, forged, 2, source, 8);
    script.add('revoke', one, forged);
    script.add('capRegionAddress', one, script.add('xor', reads, 1 << bit | 0), 0, 8);
  }
  for (const foreign of [receiver, queue, region, s.own[2]!, 0, -1]) script.add('capSend', one, foreign, 2, source, 8);
  // Ended, and used again until the last generation.
  script.add('revoke', two, queue);
  script.add('revoke', root, queue);
  script.add('capSend', one, senders[0]!, 2, source, 8);
  script.add('capSubmit', s.spaces[3]!, senders[1]!, 2, source, 8, 1);
  script.add('drop', one, senders[0]!);
  script.add('drop', one, senders[0]!);
  script.add('store', s.at[2]!, SPACE_HEADER_BYTES + 20 * 64, WORD_FREE | CAPABILITY_GENERATION_MAX << CAPABILITY_GENERATION_SHIFT | 20);
  for (let k = 0; k < 100; k++) {
    const given = script.add('grant', root, queue, s.own[2]!, READ, k);
    script.add('badge', two, given);
    if (k % 3 === 0) script.add('drop', two, given);
  }
  script.add('recover', root, s.own[3]!);
  script.add('recover', root, s.own[2]!);
  script.add('grant', root, queue, s.own[2]!, READ, 1);
  script.add('capQueueClose', root, queue);
  return script;
};

/** All cells of a region and one more; slots until there are none; the last generation; claims that would wrap; destroyed in flight. */
export const regionsByHand = (start: number): Script => {
  const script = new Script();
  const s = new Spaces(script, 2);
  const queue = s.queue({ ringSize: 4, max: 24, senders: 2, receivers: 1, completions: 4, start });
  const [root, one] = [s.root, s.spaces[1]!];
  const submitter = script.add('capAttachSender', root, queue, 7, 1);
  const receiver = script.add('capAttachReceiver', root, queue);
  const source = script.allocate(64);
  script.words(source, 1, 2, 3, 4, 5, 6, 7, 8);
  const buffer = script.allocate(64);
  const record = script.allocate(24);
  const log = script.add('capRegionCreate', root, CAP_REGIONS, 2, script.allocate(256), 256);
  const slab = script.add('capRegionCreateSlab', root, CAP_REGIONS, script.allocate(1024), 1024, 5, 24);
  const writes = script.add('grant', root, log, s.own[1]!, READ | WRITE, 0);
  const describe = (offset: number, bytes: number, region: Argument = log): void => {
    script.words(record, region, bytes, offset, 0, 0, 0);
    script.add('capSubmitDescriptor', root, submitter, 2, record, offset, bytes);
  };
  // Reservations of two contexts, committed backwards: the cursor waits for the first.
  const reserved = Array.from({ length: 9 }, (_, k) => script.add('capRegionReserve', k % 2 === 0 ? root : one, k % 2 === 0 ? log : writes, 8 + k));
  for (let k = 8; k >= 0; k--) {
    script.add('capRegionCommit', k % 2 === 0 ? one : root, k % 2 === 0 ? writes : log, reserved[k]!);
    script.add('capRegionCommit', k % 2 === 0 ? root : one, k % 2 === 0 ? log : writes, reserved[k]!);
    script.add('capRegionCommitted', one, writes);
  }
  const committed = 8 * 8 + 28;
  for (const bytes of [0, 1, 7, 8, 164, 163, -1, 0x7fffffff, -0x80000000]) script.add('capRegionAppend', one, writes, source, bytes);
  for (const [offset, bytes] of [
    [0, 0], [0, committed], [committed - 1, 1], [committed, 0], [committed, 1], [committed + 24, 1], [255, 1], [256, 0], [256, 1], [257, 0],
    [1, -1], [-1, 1], [-1, -1], [0, -0x80000000], [-0x80000000, 0], [0x7fffffff, 1], [8, 0x7fffffff], [3, 5],
  ] as const) {
    describe(offset, bytes);
    script.add('capRegionAddress', one, writes, offset, bytes);
    script.add('capReceive', root, receiver, buffer, 24);
    script.add('capComplete', root, receiver, 0, 2, offset, bytes);
    script.add('capReap', root, submitter, buffer, 16);
  }
  // Slots: each once, then none; freed twice; every bit; the last generation.
  const slots = Array.from({ length: 6 }, () => script.add('capSlotAllocate', root, slab));
  for (const slot of [slots[2]!, slots[2]!, slots[4]!, 0, -1, 1024]) script.add('capSlotFree', root, slab, slot);
  for (let bit = 0; bit < 32; bit++) {
    script.add('capSlotAddress', root, slab, script.add('xor', slots[0]!, 1 << bit | 0));
    script.add('capSlotFree', root, slab, script.add('xor', slots[0]!, 1 << bit | 0));
  }
  for (let k = 0; k < 4; k++) script.add('capSlotFree', root, slab, script.add('capSlotAllocate', root, slab));
  const late = script.add('createSlab', s.table, 1, script.allocate(512), 512, 2, 8);
  for (let k = 0; k < 3; k++) script.add('slotFree', s.table, late, script.add('slotAllocate', s.table, late, 1));
  // Described: not destroyed before the last completion.
  describe(0, 8);
  describe(8, 8);
  for (const step of ['capReceive', 'capReceive'] as const) {
    script.add('capRegionDestroy', root, log);
    script.add(step, root, receiver, buffer, 24);
  }
  for (let k = 0; k < 2; k++) {
    script.add('capRegionDestroy', root, log);
    script.add('capComplete', root, receiver, 0, 2, k, k);
  }
  // A reservation that nobody commits: the owner is recovered.
  script.add('capRegionReserve', one, writes, 8);
  script.add('capRegionDestroy', root, log);
  script.add('recover', root, s.own[1]!);
  script.add('capRegionCommitted', root, log);
  script.add('capRegionDestroy', root, log);
  script.add('capRegionCommitted', root, log);
  script.add('capRegionDestroy', root, log);
  return script;
};

/** Slots and regions at their last generation, by words stored from outside. */
export const generationsByHand = (): Script => {
  const script = new Script();
  const tableAt = script.allocate(TABLE_BYTES);
  const table = script.add('tableCreate', tableAt, TABLE_BYTES, TABLE_REGIONS);
  const base = script.allocate(512);
  const slab = script.add('createSlab', table, 1, base, 512, 3, 8);
  script.add('store', base, 4, WORD_FREE | (SLAB_GENERATION_MAX - 1) << SLAB_GENERATION_SHIFT);
  const taken = Array.from({ length: 3 }, () => script.add('slotAllocate', table, slab, 2));
  for (let round = 0; round < 3; round++) {
    for (const slot of taken) script.add('slotFree', table, slab, slot);
    for (let k = 0; k < 3; k++) taken[k] = script.add('slotAllocate', table, slab, 2);
  }
  // Entry 5 of the table, one generation before its last.
  const from = 5;
  script.add('store', tableAt, 64 + from * 64, WORD_FREE | 0x1ffffe << 8 | from);
  const regions = Array.from({ length: TABLE_REGIONS }, () => script.add('regionCreate', table, 1, base, 64));
  for (let round = 0; round < 3; round++) {
    for (const region of regions) script.add('regionDestroy', table, region);
    for (const region of regions) script.add('address', table, region, 0, 0);
    regions.splice(0, regions.length, ...Array.from({ length: TABLE_REGIONS }, () => script.add('regionCreate', table, 1, base, 64)));
  }
  script.add('recoverOwner', table, 2);
  return script;
};

const COUNT = 3;
/** What a space has, or had, by what it is good for. */
interface Held { queues: Argument[]; regions: Argument[]; senders: Argument[]; receivers: Argument[] }

/**
 * Random calls by capability, valid and invalid ones mixed. `player` runs them while they are written, so that most are about what
 * there is.
 */
class Random {
  readonly script = new Script();
  readonly below: (limit: number) => number;
  readonly seed: number;
  readonly max: number;
  readonly s: Spaces;
  readonly held: Held[];
  readonly source: number;
  readonly buffer: number;
  readonly list: number;
  readonly record: number;
  readonly spare: number;
  readonly slots: Argument[] = [0, -1, 1024];
  readonly reserved: Argument[] = [0, GROUND];
  /** A place of the first queue that was taken without a capability. */
  readonly sender: Argument;
  readonly receiver: Argument;
  readonly statistics: number;
  k = 0;

  constructor(seed: number, player: NonNullable<Script['player']>) {
    const { script } = this;
    script.player = player;
    this.seed = seed;
    this.below = generator(seed);
    this.s = new Spaces(script, COUNT);
    this.held = this.s.spaces.map(() => ({ queues: [], regions: [], senders: [], receivers: [] }));
    this.max = this.pick([24, 40, 64]);
    const own = this.held[0]!;
    for (let k = 0; k < 2; k++) {
      own.queues.push(this.s.queue({
        ringSize: 1 << this.below(4), max: this.max, senders: 2 + this.below(3), receivers: (k === 0 ? 2 : 1) + this.below(2),
        completions: this.pick([0, 2, 4]), start: this.pick([0, 0x7ffffffe, -2]),
      }));
    }
    const region = (operation: Operation, ...more: Argument[]): number => own.regions.push(script.add(operation, this.s.root, CAP_REGIONS, ...more));
    region('capRegionCreate', 1, script.allocate(256), 256);
    region('capRegionCreate', 2, script.allocate(512), 512);
    region('capRegionCreateWritable', script.allocate(128), 128);
    region('capRegionCreateSlab', script.allocate(512), 512, 4, 32);
    this.source = script.allocate(128);
    script.words(this.source, ...Array.from({ length: 32 }, () => this.below(0xffffffff) | 0));
    this.buffer = script.allocate(256);
    this.list = script.allocate(24 * 4);
    this.record = script.allocate(24);
    this.spare = script.allocate(64);
    this.statistics = script.allocate(256);
    this.sender = script.add('attachSender', this.s.queues[0]!, 7);
    this.receiver = script.add('attachReceiver', this.s.queues[0]!);
  }

  pick<T>(list: readonly T[]): T { return list[this.below(list.length)]!; }
  value(argument: Argument): number { return typeof argument === 'number' ? argument : this.script.results[argument.result]!; }

  /** Mostly one that lives; else one that did, another space's, anything, or one with a bit flipped. */
  one(number: number, right: keyof Held): Argument {
    const all = this.held[number]![right];
    const odd = this.below(20);
    if (odd === 0) return this.script.add('xor', all.length > 0 ? this.pick(all) : CAP_ROOT, 1 << this.below(32) | 0);
    if (odd === 1) return this.pick([0, -1, CAP_SYSTEM, CAP_REGIONS, CAP_ROOT]);
    if (odd === 2) return this.pick([0, ...this.pick(this.held)[this.pick(['queues', 'regions', 'senders', 'receivers'] as const)]]);
    if (odd === 3 && all.length > 0) return this.pick(all);
    const live = all.filter((cap) => capType(this.value(this.s.spaces[number]!), this.value(cap)) > 0);
    return live.length > 0 ? this.pick(live) : all.at(-1) ?? 0;
  }

  bytes(): number { return this.below(12) === 0 ? this.pick([-1, this.max + 1, 0x7fffffff]) : this.below(this.max + 1); }
  priority(): number { return this.below(16) === 0 ? this.pick([-1, 4]) : this.below(4); }

  grant(number: number, space: Result): void {
    const into = this.below(this.s.spaces.length);
    const kind = this.pick(['queues', 'regions'] as const);
    const rights = this.below(2) === 0 ? RIGHTS_ALL : this.below(34) - 1;
    const target = this.below(16) === 0 ? this.one(number, 'regions') : this.s.to[number]![into]!;
    this.held[into]![kind].push(this.script.add('grant', space, this.one(number, kind), target, rights, this.below(3)));
  }

  send(number: number, space: Result): void {
    const { script, k } = this;
    const sender = this.one(number, 'senders');
    const priority = this.priority();
    switch (this.below(11)) {
      case 9: script.add('capSendArray', space, sender, priority, this.source, this.bytes(), this.below(6) - 1); break;
      case 10: script.add('sendArray', this.below(8) === 0 ? 0 : this.sender, priority, this.source, this.bytes(), this.below(6) - 1); break;
      case 0: case 1: case 2: script.add('capSend', space, sender, priority, this.source, this.bytes()); break;
      case 3: case 4: script.add('capSubmit', space, sender, priority, this.source, this.bytes(), k); break;
      case 5: case 6: {
        script.words(this.record, this.one(number, 'regions'), this.below(64), this.below(300), this.below(20) === 0 ? 1 : 0, k, 0);
        if (this.below(2) === 0) script.add('capSendDescriptor', space, sender, priority, this.record);
        else script.add('capSubmitDescriptor', space, sender, priority, this.record, k, this.seed);
        break;
      }
      case 7: {
        for (let n = 0; n < 3; n++) script.words(this.list + n * 24, this.source + n * 4, this.below(this.max + 2), 0, 0, k, n);
        script.add('capSendBatch', space, sender, priority, this.list, this.below(4));
        break;
      }
      default: {
        script.add('capReserve', space, sender, priority, this.bytes());
        if (this.below(4) > 0) script.add('capCommit', space, sender, this.bytes(), k, this.seed);
      }
    }
  }

  receive(number: number, space: Result): void {
    const { script, k } = this;
    const receiver = this.one(number, 'receivers');
    switch (this.below(10)) {
      case 8: script.add('capReceiveArray', space, receiver, this.buffer, this.below(4) === 0 ? 8 : 64, this.below(5)); break;
      case 9: script.add('receiveArray', this.below(8) === 0 ? 0 : this.receiver, this.buffer, this.below(4) === 0 ? 8 : 64, this.below(5)); break;
      case 0: script.add('capReceiveTimeout', space, receiver, this.buffer, 64, 0); break;
      case 1: {
        for (let n = 0; n < 3; n++) script.words(this.list + n * 24, this.buffer + n * 64, 64, 0, 0, 0, 0);
        script.add('capReceiveBatch', space, receiver, this.list, this.below(4));
        break;
      }
      case 2: script.add('capPeek', space, receiver); break;
      case 3: script.add('capDiscard', space, receiver); break;
      case 4: script.add('capView', space, receiver); break;
      case 5: script.add('capRelease', space, receiver); break;
      default: script.add('capReceive', space, receiver, this.buffer, this.below(8) === 0 ? this.below(8) : 64);
    }
    script.add('capReceived', space, receiver, this.below(8));
    script.add('capComplete', space, receiver, script.add('capReceived', space, receiver, 3), script.add('capReceived', space, receiver, 2), k, this.seed);
  }

  region(number: number, space: Result): void {
    const { script } = this;
    const about = this.one(number, 'regions');
    switch (this.below(13)) {
      case 0: script.add('region', space, about); break;
      case 1: script.add('capRegionAddress', space, about, this.below(300), this.below(300)); break;
      case 2: script.add('capRegionCommitted', space, about); break;
      case 3: script.add('capRegionPolicy', space, about); break;
      case 4: script.add('capRegionWritable', space, about); break;
      case 5: script.add('capRegionSeal', space, about); break;
      case 6: {
        const room = script.add('capRegionReserve', space, about, this.below(24) - 1);
        this.reserved.push(room);
        if (this.value(room) > 0 && this.below(2) === 0) script.add('capRegionCommit', space, about, room);
        break;
      }
      case 7: script.add('capRegionCommit', space, about, this.pick(this.reserved)); break;
      case 8: script.add('capRegionAppend', space, about, this.source, this.below(30) - 1); break;
      case 9: this.slots.push(script.add('capSlotAllocate', space, about)); break;
      case 10: script.add('capSlotFree', space, about, this.pick(this.slots)); break;
      case 11: script.add('capSlotAddress', space, about, this.pick(this.slots)); break;
      default: if (this.below(3) === 0) script.add('capRegionDestroy', space, about);
    }
  }

  make(number: number, space: Result): void {
    const { script, held } = this;
    const from = this.below(8) === 0 ? this.one(number, 'regions') : CAP_REGIONS;
    const made = this.below(2) === 0 ? script.add('capRegionCreate', space, from, 1 + this.below(2), this.spare, 64)
      : script.add('capRegionCreateWritable', space, from, this.spare, this.below(9) * 8);
    held[number]!.regions.push(made);
    if (this.below(8) === 0) script.add('capRegionCreateSlab', space, from, this.spare, 64, 1, this.below(24));
    if (this.below(8) === 0) script.add('capQueueCreate', space, this.one(number, 'regions'), GROUND);
  }

  /** The root's own first capabilities are seldom given up. */
  end(number: number, space: Result): void {
    const kind = this.pick(['queues', 'regions', 'senders', 'senders', 'receivers'] as const);
    const what = this.one(number, kind);
    if (number === 0 && kind !== 'senders' && this.below(8) > 0) return;
    if (this.below(4) > 0) this.script.add('drop', space, what);
    else this.script.add('revoke', space, what);
  }

  look(number: number, space: Result): void {
    const { script } = this;
    const queue = this.one(number, 'queues');
    switch (this.below(5)) {
      case 0: script.add('capLength', space, queue); break;
      case 1: script.add('capLaneLength', space, queue, this.priority()); break;
      case 2: script.add('capOwed', space, queue, this.below(5) - 1, this.priority()); break;
      case 3: script.add('capRefusals', space, queue, this.below(20) - 2); break;
      default: script.add('capStatistics', space, queue, this.statistics);
    }
  }

  rare(number: number, space: Result, last: boolean): void {
    const { script, s } = this;
    switch (this.below(6)) {
      case 0: {
        const dead = 1 + this.below(COUNT);
        script.add('recover', space, number === 0 ? s.own[dead]! : s.to[number]![dead]!);
        if (number === 0) s.to[dead] = s.link(dead);
        break;
      }
      case 1: script.add('spaceCreate', space, this.pick([CAP_SYSTEM, CAP_REGIONS]), GROUND + 32, SPACE_BYTES); break;
      case 2: script.add('space', space, this.below(3) === 0 ? this.one(number, 'queues') : this.pick(s.to[number]!)); break;
      case 3: script.add('type', this.pick([GROUND, GROUND + 4, s.table]), CAP_ROOT); break;
      default: if (last) script.add('capQueueClose', space, this.one(number, 'queues'));
    }
  }

  step(last: boolean): void {
    const number = this.below(this.s.spaces.length);
    const space = this.s.spaces[number]!;
    const { script } = this;
    this.k += 1;
    switch (this.below(21)) {
      case 20: this.look(number, space); break;
      case 0: case 1: case 2: this.grant(number, space); break;
      case 3: case 4: this.held[number]!.senders.push(script.add('capAttachSender', space, this.one(number, 'queues'), this.below(9) === 0 ? 8 : 7, this.below(2))); break;
      case 5: this.held[number]!.receivers.push(script.add('capAttachReceiver', space, this.one(number, 'queues'))); break;
      case 6: case 7: case 8: case 9: this.send(number, space); break;
      case 10: case 11: case 12: this.receive(number, space); break;
      case 13: {
        const sender = this.one(number, 'senders');
        const what = this.below(6);
        if (what === 0) script.add('capRefused', space, sender, this.below(4));
        else script.add(what < 3 ? 'capReapTimeout' : 'capReap', space, sender, this.buffer, 16);
        break;
      }
      case 14: case 15: this.region(number, space); break;
      case 16: this.end(number, space); break;
      case 17: for (const what of ['type', 'rights', 'depth', 'badge'] as const) script.add(what, space, this.one(number, this.pick(['queues', 'senders']))); break;
      case 18: this.make(number, space); break;
      default: this.rare(number, space, last);
    }
  }
}

export const randomCapabilities = (seed: number, calls: number, player: NonNullable<Script['player']>): Script => {
  const random = new Random(seed, player);
  for (let k = 0; k < calls; k++) random.step(k > calls - 150);
  random.script.player = undefined;
  return random.script;
};
