/**
 * The second memory model: release and acquire with stale reads, the fragment of C11 that contract.ts names.
 *
 * Each shared word has the list of all values written to it, in one order (its modification order); a thread has a view: the
 * oldest entry of each list it may still read. A load chooses among the entries from there on. A release store takes the thread's
 * view along, an acquire load joins it; a relaxed load keeps it aside for a later fence. Sequential accesses and fences meet in one
 * global view. Read-modify-writes read the newest entry and carry on the view they found (release sequences). wait32 compares with
 * the newest value and orders nothing.
 *
 * A plain access must have seen every write, and a plain write every plain read, before it: else it is a data race, named with
 * both source lines. copyRacing is plain where one receiver has the ring to itself, and relaxed where rings are shared.
 * What it cannot show: see docs/explorer.md (no load buffering; a store never enters the order before a newer one).
 * Checked by: test/explore/litmus.test.ts.
 */
import { type Engine, type Model, RESTART } from './engine.ts';
import { Violation } from './monitor.ts';

type View = Uint8Array<ArrayBuffer>;

interface Entry {
  value: number;
  view: View;
  /** Label of the access that wrote it, for reports. */
  label: number;
}

interface Saved {
  entries: Entry[][];
  now: View[];
  later: View[];
  released: View[];
  global: View;
  reads: View;
}

const join = (a: View, b: View): View => {
  let made: View | undefined;
  for (let i = 0; i < a.length; i++) {
    if (b[i]! > a[i]!) {
      made ??= a.slice();
      made[i] = b[i]!;
    }
  }
  return made ?? a;
};

const withAt = (view: View, index: number, value: number): View => {
  if (view[index] === value) return view;
  const made = view.slice();
  made[index] = value;
  return made;
};

export class Weak implements Model {
  readonly fencesMatter = true;
  readonly isAtomic = false;
  private engine!: Engine;
  private places: number[] = [];
  private placeOf = new Int16Array(0);
  private threads = 0;
  /** Where in a view the notes begin. */
  private notes = 0;
  private lanes = 0;
  private entries: Entry[][] = [];
  /** What each thread may read from on; what a fence would add; what the last fence released. */
  private now: View[] = [];
  private later: View[] = [];
  private released: View[] = [];
  private global: View = new Uint8Array(0);
  /** Plain reads so far, by place and thread; views know them by the same index behind the places. */
  private reads: View = new Uint8Array(0);
  private readers: number[] = [];
  /** Places that are read plainly, and words known to be. */
  private plainOf = new Int16Array(0);
  private plainPlaces: number[] = [];
  private readonly plainWordSet = new Set<number>();

  reset(engine: Engine): void {
    this.engine = engine;
    this.threads = engine.tasks.length;
    this.lanes = engine.scenario.lanes.length;
    this.places = [...engine.shared.keys()].filter((word) => engine.shared[word] !== 0);
    this.placeOf = new Int16Array(engine.shared.length).fill(-1);
    for (const [i, word] of this.places.entries()) this.placeOf[word] = i;
    this.plainPlaces = this.places.flatMap((word, place) => (this.plainWordSet.has(word) ? [place] : []));
    this.plainOf = new Int16Array(this.places.length).fill(-1);
    for (const [i, place] of this.plainPlaces.entries()) this.plainOf[place] = i;
    this.notes = this.places.length + this.plainPlaces.length * this.threads;
    const size = this.notes + (this.lanes + 1) * 2;
    const none = new Uint8Array(size);
    this.entries = this.places.map((word) => [{ value: engine.peek(word << 2), view: none, label: 0 }]);
    this.now = engine.tasks.map(() => none);
    this.later = engine.tasks.map(() => none);
    this.released = engine.tasks.map(() => none);
    this.global = none;
    this.reads = new Uint8Array(this.plainPlaces.length * this.threads);
    this.readers = Array.from(this.reads, () => 0);
  }

  save(): Saved {
    return {
      entries: this.entries.slice(), now: this.now.slice(), later: this.later.slice(), released: this.released.slice(),
      global: this.global, reads: this.reads,
    };
  }

  restore(saved: unknown): void {
    const { entries, now, later, released, global, reads } = saved as Saved;
    this.entries = entries.slice();
    this.now = now.slice();
    this.later = later.slice();
    this.released = released.slice();
    this.global = global;
    this.reads = reads;
  }

  plainWords(): number[] {
    return [...this.plainWordSet];
  }

  learnPlain(words: readonly number[]): void {
    for (const word of words) this.plainWordSet.add(word);
  }

  // ---- Orders that tasks get from outside: a task that begins after another's end sees what that one saw.
  joinFrom(thread: number, other: number): void {
    this.now[thread] = join(this.now[thread]!, this.now[other]!);
  }

  threadDied(thread: number): void {
    this.later[thread] = this.now[thread]!;
    this.released[thread] = this.now[thread]!;
  }

  /** A side that keeps no rules releases nothing and acquires nothing: its value is one more that may be read. */
  intrude(address: number, value: number): void {
    const place = this.placeOf[address >> 2]!;
    const list = this.entries[place]!;
    if (list.length > 250) throw new Violation('a word is written more often than the model can count');
    this.entries[place] = [...list, { value, view: withAt(new Uint8Array(this.global.length), place, list.length), label: 0 }];
    this.engine.put(address, value);
  }

  /** Notes that `count` sends (what 0) or receives (what 1) of a lane have ended for this thread. */
  note(thread: number, lane: number, what: number, count: number): void {
    this.now[thread] = withAt(this.now[thread]!, this.notes + lane * 2 + what, count);
  }

  /** How many of them this thread must know. */
  known(thread: number, lane: number, what: number): number {
    return this.now[thread]![this.notes + lane * 2 + what]!;
  }

  // ---- Accesses.
  private place(address: number): number {
    return this.engine.watching ? this.placeOf[address >> 2]! : -1;
  }

  private load(address: number, acquire: boolean, isSequential: boolean): number {
    const place = this.place(address);
    if (place < 0) return this.engine.peek(address);
    const { engine } = this;
    const t = engine.thread;
    const list = this.entries[place]!;
    const oldest = Math.max(this.now[t]![place]!, isSequential ? this.global[place]! : 0);
    engine.options = list.length - oldest;
    const at = Math.max(oldest, list.length - 1 - engine.choice);
    const entry = list[at]!;
    engine.lastValue = entry.value;
    this.now[t] = withAt(acquire ? join(this.now[t]!, entry.view) : this.now[t]!, place, Math.max(at, this.now[t]![place]!));
    if (acquire) this.now[t] = withAt(this.now[t]!, place, Math.max(at, this.now[t]![place]!));
    this.later[t] = join(join(this.later[t]!, entry.view), this.now[t]!);
    return entry.value;
  }

  private append(address: number, place: number, value: number, base: View): void {
    const { engine } = this;
    const list = this.entries[place]!;
    const at = list.length;
    if (at > 250) throw new Violation('a word is written more often than the model can count');
    const t = engine.thread;
    this.now[t] = withAt(this.now[t]!, place, at);
    this.later[t] = withAt(this.later[t]!, place, at);
    this.entries[place] = [...list, { value, view: withAt(base, place, at), label: engine.labelNow }];
    engine.poke(address, value);
  }

  private store(address: number, value: number, release: boolean, isSequential: boolean): void {
    const place = this.place(address);
    if (place < 0) return this.engine.poke(address, value);
    const t = this.engine.thread;
    this.checkReads(place);
    this.append(address, place, value, release ? this.now[t]! : this.released[t]!);
    if (isSequential) this.global = withAt(this.global, place, this.entries[place]!.length - 1);
  }

  private change(address: number, next: (before: number) => number): number {
    const place = this.place(address);
    if (place < 0) {
      const before = this.engine.peek(address);
      this.engine.poke(address, next(before));
      return before;
    }
    const t = this.engine.thread;
    const list = this.entries[place]!;
    const newest = list[list.length - 1]!;
    this.checkReads(place);
    this.now[t] = withAt(join(this.now[t]!, newest.view), place, list.length - 1);
    this.append(address, place, next(newest.value), this.now[t]!);
    this.later[t] = join(this.later[t]!, this.now[t]!);
    this.global = withAt(this.global, place, list.length);
    return newest.value;
  }

  /** Success reads the newest entry; failure may read any that differs. */
  private compareExchange(address: number, expected: number, desired: number): number {
    const place = this.place(address);
    if (place < 0) {
      const before = this.engine.peek(address);
      if (before === expected) this.engine.poke(address, desired);
      return before;
    }
    const { engine } = this;
    const t = engine.thread;
    const list = this.entries[place]!;
    const oldest = Math.max(this.now[t]![place]!, this.global[place]!);
    const readable: number[] = [];
    for (let at = list.length - 1; at >= oldest; at--) if (at === list.length - 1 || list[at]!.value !== expected) readable.push(at);
    engine.options = readable.length;
    const at = readable[Math.min(engine.choice, readable.length - 1)]!;
    const entry = list[at]!;
    if (entry.value === expected) return this.change(address, () => desired);
    this.now[t] = withAt(join(this.now[t]!, entry.view), place, at);
    this.later[t] = join(this.later[t]!, this.now[t]!);
    return entry.value;
  }

  private fence(): void {
    if (!this.engine.watching) return;
    const t = this.engine.thread;
    const all = join(join(this.now[t]!, this.later[t]!), this.global);
    this.now[t] = all;
    this.later[t] = all;
    this.released[t] = all;
    this.global = all;
  }

  // ---- Plain accesses, and races.
  private race(what: string, place: number, label: number): never {
    const other = label === 0 ? 'its first value' : this.engine.lineOf(label);
    throw new Violation(`a data race: ${what} at ${this.engine.lineOf(this.engine.labelNow)} and ${other}, word 0x${(this.places[place]! << 2).toString(16)}`);
  }

  private checkSeen(place: number, what: string): void {
    const list = this.entries[place]!;
    if (this.now[this.engine.thread]![place]! < list.length - 1) this.race(what, place, list[list.length - 1]!.label);
  }

  private checkReads(place: number): void {
    const t = this.engine.thread;
    const plain = this.plainOf[place]!;
    if (plain < 0) return;
    const first = this.places.length + plain * this.threads;
    for (let other = 0; other < this.threads; other++) {
      if (other === t) continue;
      const index = plain * this.threads + other;
      if (this.reads[index]! > this.now[t]![first + other]!) this.race('a write', place, this.readers[index]!);
    }
  }

  private loadPlain(address: number): number {
    const place = this.place(address);
    if (place < 0) return this.engine.peek(address);
    // Against a hostile side a plain read returns what a relaxed one may, and races with everything.
    if (this.engine.scenario.hostile) return this.load(address, false, false);
    this.checkSeen(place, 'a plain read');
    const t = this.engine.thread;
    if (this.plainOf[place]! < 0) {
      this.plainWordSet.add(this.places[place]!);
      throw RESTART;
    }
    const index = this.plainOf[place]! * this.threads + t;
    this.reads = this.reads.slice();
    this.reads[index]!++;
    this.readers[index] = this.engine.labelNow;
    this.now[t] = withAt(this.now[t]!, this.places.length + index, this.reads[index]!);
    return this.entries[place]![this.entries[place]!.length - 1]!.value;
  }

  private storePlain(address: number, value: number): void {
    const place = this.place(address);
    if (place < 0) return this.engine.poke(address, value);
    if (this.engine.scenario.hostile) return this.store(address, value, false, false);
    this.checkSeen(place, 'a plain write');
    this.checkReads(place);
    this.append(address, place, value, new Uint8Array(this.global.length));
  }

  operations(engine: Engine): Record<string, (...operands: number[]) => number | void> {
    this.engine = engine;
    return {
      load32: (a) => this.loadPlain(a!),
      loadRacing32: (a) => (engine.scenario.shape.receivers > 1 ? this.load(a!, false, false) : this.loadPlain(a!)),
      loadRelaxed32: (a) => this.load(a!, false, false),
      loadAcquire32: (a) => this.load(a!, true, false),
      loadSequential32: (a) => this.load(a!, true, true),
      store32: (a, v) => this.storePlain(a!, v!),
      store64: (a, v) => this.storePlain(a!, v!),
      storeRelaxed32: (a, v) => this.store(a!, v!, false, false),
      storeRelease32: (a, v) => this.store(a!, v!, true, false),
      storeSequential32: (a, v) => this.store(a!, v!, true, true),
      compareExchange32: (a, expected, desired) => this.compareExchange(a!, expected!, desired!),
      fetchAdd32: (a, v) => this.change(a!, (before) => (before + v!) | 0),
      fetchOr32: (a, v) => this.change(a!, (before) => before | v!),
      fetchAnd32: (a, v) => this.change(a!, (before) => before & v!),
      exchange32: (a, v) => this.change(a!, () => v!),
      addOwned64: (a, v) => this.addOwned(a!, v!),
      fenceFull: () => this.fence(),
      wait32: (a, expected, microseconds) => engine.wait(a!, engine.peek(a!), expected!, microseconds!),
      notify32: (a, count) => engine.notify(a!, count!),
      timeMicros32: () => engine.time(),
      timeNanos32: () => engine.time(),
    };
  }

  /** The one writer reads its own newest value. */
  private addOwned(address: number, value: number): void {
    const low = this.engine.peek(address);
    const sum = (low + value) | 0;
    if ((sum >>> 0) < (low >>> 0)) this.store(address + 4, (this.engine.peek(address + 4) + 1) | 0, false, false);
    this.store(address, sum, false, false);
  }

  // ---- Equal states: only what can still be read counts, and positions only relative to it.
  hash(seedLow: number, seedHigh: number): [number, number] {
    let low = seedLow;
    let high = seedHigh;
    const { engine, places, threads } = this;
    const count = places.length;
    const live = engine.tasks.map((_, t) => !engine.isDead(t) && !engine.isFinished(t));
    const floor = new Uint8Array(count);
    for (let p = 0; p < count; p++) {
      let least = 255;
      for (let t = 0; t < threads; t++) if (live[t] || engine.isAwaited(t)) least = Math.min(least, this.now[t]![p]!);
      floor[p] = Math.min(least, this.entries[p]!.length - 1);
    }
    const mix = (value: number): void => {
      low = Math.imul(low ^ value, 0x01000193) ^ low >>> 15;
      high = Math.imul(high + value | 0, 0x1b873593);
      high ^= high >>> 13;
    };
    const reads = this.reads.length;
    const mixView = (view: View): void => {
      for (let p = 0; p < count; p++) mix(view[p]! > floor[p]! ? view[p]! - floor[p]! : 0);
      let bits = 1;
      for (let r = 0; r < reads; r++) {
        bits = bits << 1 | (view[count + r]! >= this.reads[r]! ? 1 : 0);
        if ((r & 15) === 15) { mix(bits); bits = 1; }
      }
      mix(bits);
      for (let i = count + reads; i < view.length; i++) mix(view[i]!);
    };
    for (let p = 0; p < count; p++) {
      const list = this.entries[p]!;
      mix(list.length - floor[p]!);
      for (let at = floor[p]!; at < list.length; at++) {
        mix(list[at]!.value);
        mixView(list[at]!.view);
      }
    }
    for (let t = 0; t < threads; t++) {
      if (!live[t] && !engine.isAwaited(t)) continue;
      mixView(this.now[t]!);
      if (this.later[t] !== this.now[t]) mixView(this.later[t]!);
      mixView(this.released[t]!);
    }
    mixView(this.global);
    return [low, high];
  }
}

export const weak = (): Model => new Weak();
