/**
 * Random grants, revokes, drops, places, sends and deaths against a model: a tree of capabilities, in which each knows its origin.
 *
 * A failure prints the seed: SEED=... npx vitest run test/property/capability.test.ts
 */
import { expect, test } from 'vitest';
import * as cap from '../../src/kernel/capability.ts';
import { CAPABILITY_DEPTH_MAX, SPACE_CAPABILITIES, TYPE_QUEUE, TYPE_SENDER } from '../../src/kernel/layout.ts';
import { STATUS_NO_CAPABILITY, STATUS_NO_PLACE, STATUS_NO_RIGHT, STATUS_OK, STATUS_TOO_DEEP } from '../../src/kernel/status.ts';
import { ALL, GRANT, GRANT_ONCE, REVOKE, System, WRITE } from '../support/capability.ts';
import { allocate, must, named, reset, same, setWord, word } from '../support/fixture.ts';
import { generator } from '../same/script.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);
const RUNS = 150;
const STEPS = 250;
const SPACES = 3;

interface One { space: number; handle: number; rights: number; badge: number; depth: number; origin: One | undefined; live: boolean; place: boolean }

class Run {
  readonly below: (limit: number) => number;
  readonly s = new System(SPACES);
  readonly all: One[];
  readonly target: number;
  readonly receiver: number;
  /** Capabilities of each space to each other one. */
  readonly to: number[][];
  readonly queued: number[] = [];

  constructor(seed: number) {
    this.below = generator(seed);
    const queue = this.s.queue({ senders: 4, ringSize: 8 });
    this.all = [{ space: -1, handle: queue, rights: ALL, badge: 0, depth: 0, origin: undefined, live: true, place: false }];
    this.to = this.s.spaces.map((_, from) => this.s.targets.map((target) => must(this.s.grant(target, from, WRITE))));
    this.receiver = must(cap.capAttachReceiver(this.s.root, queue));
    this.all.push({ ...this.all[0]!, handle: this.receiver, rights: 1, origin: this.all[0], place: true });
    this.target = allocate(64);
  }

  at(space: number): number { return space < 0 ? this.s.root : this.s.spaces[space]!; }
  pick(): One { return this.all[this.below(this.all.length)]!; }
  derives(one: One, origin: One): boolean {
    for (let at = one.origin; at !== undefined; at = at.origin) if (at === origin) return true;
    return false;
  }

  grant(): void {
    const from = this.pick();
    const into = this.below(SPACES);
    const rights = this.below(3) > 0 ? ALL : 1 + this.below(ALL);
    const badge = this.below(3) === 0 ? 0 : this.below(4);
    const target = from.space < 0 ? this.s.targets[into]! : this.to[from.space]![into]!;
    const result = cap.capGrant(this.at(from.space), from.handle, target, rights, badge);
    const may = (from.rights & GRANT) !== 0 ? from.rights : (from.rights & GRANT_ONCE) !== 0 ? from.rights & ~GRANT_ONCE : 0;
    let expected = STATUS_OK;
    if (!from.live) expected = STATUS_NO_CAPABILITY;
    else if (from.place || (rights & ~may) !== 0 || (from.badge !== 0 && badge !== from.badge)) expected = STATUS_NO_RIGHT;
    else if (from.depth === CAPABILITY_DEPTH_MAX) expected = STATUS_TOO_DEEP;
    if (result === STATUS_NO_PLACE) {
      const held = this.all.filter(({ space, live }) => space === into && live).length;
      if (held < SPACE_CAPABILITIES / 4) throw new Error(`no place among ${held}`);
    } else same(named(Math.min(result, 0)), named(expected), 'grant');
    if (result < 0) return;
    if (this.all.some(({ space, handle }) => space === into && handle === result)) throw new Error('a handle twice');
    this.all.push({ space: into, handle: result, rights, badge, depth: from.depth + 1, origin: from, live: true, place: false });
  }

  revoke(): void {
    const one = this.pick();
    if (one === this.all[0] && this.below(4) > 0) return;
    const ended = this.all.filter((other) => other.live && this.derives(other, one) && other !== this.all[1]);
    // That of the receiver stays out of it: the run receives to the end.
    if (one === this.all[0]) return;
    const expected = !one.live ? STATUS_NO_CAPABILITY : (one.rights & REVOKE) === 0 ? STATUS_NO_RIGHT : ended.length;
    same(named(cap.capRevoke(this.at(one.space), one.handle)), named(expected), 'revoke');
    if (expected > 0) for (const other of ended) other.live = false;
  }

  drop(): void {
    const one = this.pick();
    if (one === this.all[0] || one === this.all[1]) return;
    const result = cap.capDrop(this.at(one.space), one.handle);
    if (one.live || result === STATUS_OK) same(result, STATUS_OK, 'drop');
    else same(named(result), named(STATUS_NO_CAPABILITY), 'drop');
    one.live = false;
  }

  attach(): void {
    const one = this.pick();
    if (one.space < 0) return;
    const result = cap.capAttachSender(this.at(one.space), one.handle, 0, 0);
    if (result === STATUS_NO_PLACE) return;
    const expected = !one.live ? STATUS_NO_CAPABILITY : one.place || (one.rights & WRITE) === 0 ? STATUS_NO_RIGHT : STATUS_OK;
    same(named(Math.min(result, 0)), named(expected), 'attach');
    if (result > 0) this.all.push({ ...one, handle: result, rights: WRITE, origin: one, live: true, place: true });
  }

  send(): void {
    const one = this.pick();
    if (one === this.all[1]) return;
    setWord(this.target, one.badge);
    const result = cap.capSend(this.at(one.space), one.handle, 2, this.target, 4);
    const expected = !one.live ? STATUS_NO_CAPABILITY : one.place ? STATUS_OK : STATUS_NO_RIGHT;
    if (named(result) !== 'STATUS_FULL') same(named(result), named(expected), 'send');
    if (result === STATUS_OK) this.queued.push(one.badge);
  }

  receive(): void {
    const result = cap.capReceive(this.s.root, this.receiver, this.target, 64);
    same(named(result), this.queued.length > 0 ? 4 : 'STATUS_EMPTY', 'receive');
    if (result < 0) return;
    same(cap.capReceived(this.s.root, this.receiver, cap.RECEIVED_BADGE), word(this.target), 'the badge of the sender');
    this.queued.splice(this.queued.indexOf(word(this.target)), 1);
  }

  die(): void {
    const space = this.below(SPACES);
    same(cap.capRecover(this.s.root, this.s.targets[space]!), 0, 'recover');
    for (const one of this.all) if (one.space === space) one.live = false;
    this.to[space] = this.s.targets.map((target) => must(this.s.grant(target, space, WRITE)));
  }

  /** Every capability that ever was is valid exactly if the model says so, and says what it is. */
  check(): void {
    for (const one of this.all) {
      const space = this.at(one.space);
      const type = cap.capType(space, one.handle);
      same(type > 0, one.live, `capability ${one.handle} of space ${one.space} lives`);
      if (!one.live) continue;
      if (one !== this.all[1]) same(type, one.place ? TYPE_SENDER : TYPE_QUEUE, 'type');
      same(cap.capRights(space, one.handle), one.rights, 'rights');
      same(cap.capBadge(space, one.handle), one.badge, 'badge');
      same(cap.capDepth(space, one.handle), one.depth, 'depth');
    }
  }
}

test(`capabilities answer as their model (SEED=${SEED})`, () => {
  const seen: Record<string, number> = {};
  for (let k = 0; k < RUNS; k++) {
    reset();
    const run = new Run(SEED + k);
    try {
      for (let step = 0; step < STEPS; step++) {
        const what = (['grant', 'grant', 'grant', 'grant', 'attach', 'attach', 'send', 'send', 'receive', 'revoke', 'drop', 'drop'] as const)[run.below(12)]!;
        if (run.below(80) === 0) run.die();
        else run[what]();
        run.check();
      }
    } catch (error) {
      throw new Error(`again: SEED=${SEED + k} npx vitest run test/property/capability.test.ts`, { cause: error });
    }
    for (const one of run.all) seen[`${one.live} ${one.place} ${one.depth}`] = (seen[`${one.live} ${one.place} ${one.depth}`] ?? 0) + 1;
  }
  // The runs are worth something: deep ones, places, ended and living.
  for (const what of ['true false 3', 'false false 5', 'true true 2', 'false true 1']) expect(seen[what] ?? 0, what).toBeGreaterThan(0);
}, 120_000);
