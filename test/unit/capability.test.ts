/** Capabilities: fewer rights at each step, no way back, revoked with all that came of them, never revived. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as cap from '../../src/kernel/capability.ts';
import {
  CAPABILITY_GENERATION_MAX, CAPABILITY_GENERATION_SHIFT, CAPABILITY_HANDLE, POLICY_IMMUTABLE, SPACE_BYTES, SPACE_CAPABILITIES,
  SPACE_HEADER_BYTES, SYSTEM_SPACES_MAX, TYPE_QUEUE, TYPE_REGIONS, TYPE_SPACE, TYPE_SYSTEM, WORD_FREE,
} from '../../src/kernel/layout.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_HANDLE, STATUS_NO_CAPABILITY, STATUS_NO_MEMORY, STATUS_NO_PLACE, STATUS_NO_RIGHT, STATUS_OK, STATUS_TOO_DEEP,
} from '../../src/kernel/status.ts';
import { ALL, GRANT, GRANT_ONCE, READ, REVOKE, System, WRITE } from '../support/capability.ts';
import { allocate, must, named, reset, setWord, word } from '../support/fixture.ts';
import { interruptedAfter, killedAfter } from '../support/steps.ts';
import { Traced } from '../support/traced.ts';

const traced = await Traced.make();
const { kernel } = traced;
beforeEach(reset);

const entryAt = (space: number, one: number): number => space + SPACE_HEADER_BYTES + (one & 63) * 64;
/** Lets space number `from` put capabilities into space number `to`. */
const link = (s: System, from: number, to: number): number => must(s.grant(s.targets[to]!, from, WRITE));

describe('a new system', () => {
  test('has one root space with three capabilities, from which all others come', () => {
    const s = new System(0);
    const types = [cap.CAP_SYSTEM, cap.CAP_REGIONS, cap.CAP_ROOT].map((one) => cap.capType(s.root, one));
    expect(types).toEqual([TYPE_SYSTEM, TYPE_REGIONS, TYPE_SPACE]);
    for (const one of [cap.CAP_SYSTEM, cap.CAP_REGIONS, cap.CAP_ROOT]) {
      expect([cap.capRights(s.root, one), cap.capDepth(s.root, one), cap.capBadge(s.root, one)]).toEqual([ALL, 0, 0]);
    }
    for (let index = 3; index < SPACE_CAPABILITIES; index++) s.fails(STATUS_NO_CAPABILITY, () => cap.capType(s.root, 64 + index));
  });

  test('refuses memory that cannot be, and more spaces than there are', () => {
    const s = new System(SYSTEM_SPACES_MAX - 1);
    const at = allocate(SPACE_BYTES);
    s.fails(STATUS_NO_PLACE, () => cap.capSpaceCreate(s.root, cap.CAP_SYSTEM, at, SPACE_BYTES));
    const t = new System(0);
    t.fails(STATUS_BAD_ARGUMENT, () => cap.capSystemCreate(at + 4, 8192, t.table));
    t.fails(STATUS_NO_MEMORY, () => cap.capSystemCreate(at, cap.capSystemBytes() - 1, t.table));
    for (const wrong of [at + 32, -64]) {
      expect(named(cap.capSpaceCreate(t.root, cap.CAP_SYSTEM, wrong, SPACE_BYTES))).toBe(named(STATUS_BAD_ARGUMENT));
    }
    expect(named(cap.capSpaceCreate(t.root, cap.CAP_SYSTEM, at, SPACE_BYTES - 64))).toBe(named(STATUS_NO_MEMORY));
    t.fails(STATUS_NO_RIGHT, () => cap.capSpaceCreate(t.root, cap.CAP_REGIONS, at, SPACE_BYTES));
    for (const space of [0, -4, t.table, t.root + 64, t.root + 4]) t.fails(STATUS_BAD_HANDLE, () => cap.capType(space, cap.CAP_SYSTEM));
  });
});

describe('a grant', () => {
  test('gives equal or fewer rights, in the other space only', () => {
    const s = new System();
    const queue = s.queue();
    for (let rights = 1; rights <= ALL; rights++) {
      const given = must(s.grant(queue, 0, rights, rights));
      expect([cap.capRights(s.spaces[0]!, given), cap.capBadge(s.spaces[0]!, given), cap.capDepth(s.spaces[0]!, given)]).toEqual([rights, rights, 1]);
      expect(cap.capType(s.spaces[0]!, given)).toBe(TYPE_QUEUE);
      const back = link(s, 0, 1);
      for (let more = 1; more <= ALL; more++) {
        const may = (rights & GRANT) !== 0 ? rights : (rights & GRANT_ONCE) !== 0 ? rights & ~GRANT_ONCE : 0;
        if ((more & ~may) !== 0) s.fails(STATUS_NO_RIGHT, () => cap.capGrant(s.spaces[0]!, given, back, more, rights));
        else {
          const next = must(cap.capGrant(s.spaces[0]!, given, back, more, rights));
          expect(cap.capRights(s.spaces[1]!, next)).toBe(more);
          cap.capDrop(s.spaces[1]!, next);
        }
      }
      cap.capDrop(s.spaces[0]!, given);
      cap.capDrop(s.spaces[0]!, back);
    }
  });

  test('with GRANT_ONCE alone cannot be passed on', () => {
    const s = new System();
    const once = must(s.grant(s.queue(), 0, READ | WRITE | GRANT_ONCE));
    const to = link(s, 0, 1);
    for (const rights of [GRANT_ONCE, GRANT, READ | GRANT_ONCE]) s.fails(STATUS_NO_RIGHT, () => cap.capGrant(s.spaces[0]!, once, to, rights, 0));
    const given = must(cap.capGrant(s.spaces[0]!, once, to, READ | WRITE, 0));
    const on = link(s, 1, 0);
    s.fails(STATUS_NO_RIGHT, () => cap.capGrant(s.spaces[1]!, given, on, READ, 0));
  });

  test('goes eight deep', () => {
    const s = new System();
    let one = must(s.grant(s.queue(), 0, ALL));
    const to = [link(s, 0, 1), link(s, 1, 0)];
    let at = 0;
    for (let depth = 2; depth <= 8; depth++) {
      one = must(cap.capGrant(s.spaces[at]!, one, to[at]!, ALL, 0));
      at = 1 - at;
      expect(cap.capDepth(s.spaces[at]!, one)).toBe(depth);
    }
    s.fails(STATUS_TOO_DEEP, () => cap.capGrant(s.spaces[at]!, one, to[at]!, READ, 0));
  });

  test('keeps a badge once it has one', () => {
    const s = new System();
    const badged = must(s.grant(s.queue(), 0, ALL, 77));
    const to = link(s, 0, 1);
    for (const badge of [0, 78, -77]) s.fails(STATUS_NO_RIGHT, () => cap.capGrant(s.spaces[0]!, badged, to, READ, badge));
    expect(cap.capBadge(s.spaces[1]!, must(cap.capGrant(s.spaces[0]!, badged, to, READ, 77)))).toBe(77);
  });

  test('needs a space to write to, and rights that are some', () => {
    const s = new System();
    const queue = s.queue();
    s.fails(STATUS_NO_RIGHT, () => cap.capGrant(s.root, queue, queue, READ, 0));
    s.fails(STATUS_NO_CAPABILITY, () => cap.capGrant(s.root, queue, 0, READ, 0));
    for (const rights of [0, -1, 32, ALL + 1]) s.fails(STATUS_BAD_ARGUMENT, () => s.grant(queue, 0, rights));
    const readOnly = must(s.grant(s.targets[1]!, 0, READ | GRANT));
    const given = must(s.grant(queue, 0, ALL));
    s.fails(STATUS_NO_RIGHT, () => cap.capGrant(s.spaces[0]!, given, readOnly, READ, 0));
  });

  test('fails when the space is full, and fits again after a drop', () => {
    const s = new System(1);
    const queue = s.queue();
    const given = Array.from({ length: SPACE_CAPABILITIES }, () => must(s.grant(queue, 0, READ)));
    expect(new Set(given).size).toBe(SPACE_CAPABILITIES);
    s.fails(STATUS_NO_PLACE, () => s.grant(queue, 0, READ));
    expect(cap.capDrop(s.spaces[0]!, given[9]!)).toBe(STATUS_OK);
    const again = must(s.grant(queue, 0, READ));
    expect(again & 63).toBe(given[9]! & 63);
    expect(again).not.toBe(given[9]);
    cap.capRevoke(s.root, queue);
    expect(s.grant(queue, 0, READ)).toBeGreaterThan(0);
  });
});

describe('a handle', () => {
  test('with any bit flipped is another capability of the space, or none', () => {
    const s = new System(1);
    const given = must(s.grant(s.queue(), 0, READ));
    for (let bit = 0; bit < 32; bit++) s.fails(STATUS_NO_CAPABILITY, () => cap.capType(s.spaces[0]!, given ^ 1 << bit));
    for (const wrong of [0, -1, 0x7fffffff, -0x80000000]) s.fails(STATUS_NO_CAPABILITY, () => cap.capType(s.spaces[0]!, wrong));
    // The words of entries that are not valid are no handles either.
    for (let index = 0; index < SPACE_CAPABILITIES; index++) {
      const state = word(entryAt(s.spaces[0]!, index));
      if (state < 0) {
        s.fails(STATUS_NO_CAPABILITY, () => cap.capType(s.spaces[0]!, state));
        s.fails(STATUS_NO_CAPABILITY, () => cap.capDrop(s.spaces[0]!, state));
        s.fails(STATUS_NO_CAPABILITY, () => cap.capSend(s.spaces[0]!, state, 0, 64, 0));
      }
    }
  });

  test('that has ended is dropped by itself, and by no number that differs in a bit', () => {
    const s = new System(1);
    const queue = s.queue();
    const given = must(s.grant(queue, 0, ALL));
    expect(cap.capRevoke(s.root, queue)).toBe(1);
    for (let bit = 0; bit < 32; bit++) s.fails(STATUS_NO_CAPABILITY, () => cap.capDrop(s.spaces[0]!, given ^ 1 << bit));
    expect(cap.capDrop(s.spaces[0]!, given)).toBe(STATUS_OK);
  });

  test('that was dropped or revoked is never valid again', () => {
    const s = new System(1);
    const queue = s.queue();
    const old: number[] = [];
    for (let round = 0; round < 200; round++) {
      const given = must(s.grant(queue, 0, ALL));
      expect(old).not.toContain(given);
      old.push(given);
      expect(round % 2 === 0 ? cap.capDrop(s.spaces[0]!, given) : cap.capRevoke(s.root, queue)).toBe(round % 2);
      for (const one of old) expect(named(cap.capRights(s.spaces[0]!, one))).toBe(named(STATUS_NO_CAPABILITY));
    }
  });

  test('of the last generation is the last of its entry', () => {
    const s = new System(1);
    const queue = s.queue();
    const space = s.spaces[0]!;
    setWord(entryAt(space, 0) + CAPABILITY_HANDLE, WORD_FREE | (CAPABILITY_GENERATION_MAX - 1) << CAPABILITY_GENERATION_SHIFT);
    const before = must(s.grant(queue, 0, READ));
    expect(before >>> CAPABILITY_GENERATION_SHIFT).toBe(CAPABILITY_GENERATION_MAX - 1);
    cap.capDrop(space, before);
    const last = must(s.grant(queue, 0, READ));
    expect(last >>> CAPABILITY_GENERATION_SHIFT).toBe(CAPABILITY_GENERATION_MAX);
    cap.capDrop(space, last);
    expect(word(entryAt(space, 0) + CAPABILITY_HANDLE)).toBe(WORD_FREE);
    expect(must(s.grant(queue, 0, READ)) & 63).toBe(1);
    s.fails(STATUS_NO_CAPABILITY, () => cap.capType(space, last));
  });
});

/** Grants down a chain between two spaces; returns space and handle of each. */
const chain = (s: System, queue: number, length: number): [number, number][] => {
  const to = [link(s, 0, 1), link(s, 1, 0)];
  const made: [number, number][] = [[s.spaces[0]!, must(s.grant(queue, 0, ALL))]];
  while (made.length < length) {
    const at = (made.length - 1) % 2;
    made.push([s.spaces[1 - at]!, must(cap.capGrant(s.spaces[at]!, made.at(-1)![1], to[at]!, ALL, 0))]);
  }
  return made;
};
const isLive = ([space, one]: [number, number]): boolean => cap.capType(space, one) > 0;

describe('revoking', () => {
  test('ends everything derived, at every depth, and nothing else', () => {
    for (let from = -1; from < 7; from++) {
      reset();
      const s = new System();
      const queue = s.queue();
      const other = must(s.grant(s.queue(), 0, ALL));
      const made = chain(s, queue, 8);
      const [space, one] = from < 0 ? [s.root, queue] : made[from]!;
      expect(cap.capRevoke(space, one)).toBe(7 - from);
      expect(made.map(isLive)).toEqual(made.map((_, k) => k <= from));
      expect(cap.capType(s.root, queue)).toBe(TYPE_QUEUE);
      expect(cap.capType(s.spaces[0]!, other)).toBe(TYPE_QUEUE);
      expect(cap.capRevoke(space, one)).toBe(0);
    }
  });

  test('reaches what was derived from a capability dropped since', () => {
    const s = new System();
    const queue = s.queue();
    const made = chain(s, queue, 5);
    for (const k of [0, 2, 3]) expect(cap.capDrop(...made[k]!)).toBe(STATUS_OK);
    expect(isLive(made[4]!)).toBe(true);
    expect(cap.capRevoke(s.root, queue)).toBe(2);
    expect(made.map(isLive)).toEqual([false, false, false, false, false]);
  });

  test('takes the right to do so', () => {
    const s = new System();
    const given = must(s.grant(s.queue(), 0, ALL & ~REVOKE));
    s.fails(STATUS_NO_RIGHT, () => cap.capRevoke(s.spaces[0]!, given));
    s.fails(STATUS_NO_CAPABILITY, () => cap.capRevoke(s.spaces[0]!, given + 64));
  });

  test('from two sides, at any step: all is ended, each counted once', () => {
    for (let step = 1; ; step += 7) {
      reset();
      const s = new System();
      const queue = s.queue();
      const made = chain(s, queue, 6);
      let first = 0;
      let second = 0;
      const done = interruptedAfter(traced, step, () => { first = kernel.capRevoke(s.root, queue); },
        () => { second = cap.capRevoke(...made[1]!); });
      if (!done) break;
      expect(made.some(isLive)).toBe(false);
      expect(second < 0 ? named(second) : first + second).toBe(second < 0 ? named(STATUS_NO_CAPABILITY) : 6);
    }
  });

  test('while something derived is passed on, at any step of either: nothing survives', () => {
    for (const revokes of [true, false]) {
      for (let step = 1; ; step += revokes ? 5 : 1) {
        reset();
        const s = new System();
        const queue = s.queue();
        const made = chain(s, queue, 3);
        const to = link(s, 0, 1);
        let given = 0;
        const pass = (k: typeof cap): void => { given = k.capGrant(...made[2]!, to, ALL, 0); };
        const done = revokes
          ? interruptedAfter(traced, step, () => kernel.capRevoke(s.root, queue), () => pass(cap))
          : interruptedAfter(traced, step, () => pass(kernel), () => cap.capRevoke(s.root, queue));
        if (!done) break;
        expect(made.some(isLive)).toBe(false);
        expect(given > 0 && isLive([s.spaces[1]!, given])).toBe(false);
        for (let index = 0; index < SPACE_CAPABILITIES; index++) {
          const state = word(entryAt(s.spaces[1]!, index));
          if (state > 0) expect(cap.capType(s.spaces[1]!, state)).toBe(TYPE_SPACE);
        }
      }
    }
  });
});

describe('dropping', () => {
  test('leaves what was derived to its holders, and keeps the entry until they end', () => {
    const s = new System();
    const queue = s.queue();
    const made = chain(s, queue, 2);
    expect(cap.capDrop(...made[0]!)).toBe(STATUS_OK);
    expect(isLive(made[1]!)).toBe(true);
    for (let k = 0; k < SPACE_CAPABILITIES; k++) s.grant(queue, 0, READ);
    expect(cap.capDrop(...made[1]!)).toBe(STATUS_OK);
    expect(s.grant(queue, 0, READ)).toBeGreaterThan(0);
  });

  test('twice, or of nothing, is refused', () => {
    const s = new System();
    const given = must(s.grant(s.queue(), 0, READ));
    cap.capDrop(s.spaces[0]!, given);
    s.fails(STATUS_NO_CAPABILITY, () => cap.capDrop(s.spaces[0]!, given));
    for (const wrong of [0, -1, 64 + 63]) s.fails(STATUS_NO_CAPABILITY, () => cap.capDrop(s.spaces[0]!, wrong));
    s.fails(STATUS_BAD_HANDLE, () => cap.capDrop(s.table, 64));
  });
});

describe('the death of a context', () => {
  test('at any step of a grant leaves the target whole', () => {
    for (let steps = 0; ; steps++) {
      reset();
      const s = new System();
      const given = must(s.grant(s.queue(), 0, ALL));
      const to = link(s, 0, 1);
      const finished = killedAfter(traced, steps, () => kernel.capGrant(s.spaces[0]!, given, to, READ, 0));
      expect(cap.capRecover(s.root, s.targets[0]!)).toBe(0);
      const room = (): number => {
        let count = 0;
        while (s.grant(cap.CAP_REGIONS, 1, READ) > 0) count += 1;
        return count;
      };
      expect(room()).toBe(SPACE_CAPABILITIES - (cap.capType(s.spaces[1]!, 64) === TYPE_QUEUE ? 1 : 0));
      if (finished) break;
    }
  });

  test('ends its capabilities; what it granted stays; its space serves again', () => {
    const s = new System();
    const queue = s.queue();
    const made = chain(s, queue, 3);
    expect(cap.capRecover(s.root, s.targets[0]!)).toBe(0);
    expect(made.map(isLive)).toEqual([false, true, false]);
    expect(cap.capRevoke(s.root, queue)).toBe(1);
    expect(isLive([s.spaces[0]!, must(s.grant(queue, 0, ALL))])).toBe(true);
  });

  test('is told by a capability to its space, with the right', () => {
    const s = new System();
    const watcher = must(s.grant(s.targets[1]!, 0, WRITE));
    s.fails(STATUS_NO_RIGHT, () => cap.capRecover(s.spaces[0]!, watcher));
    s.fails(STATUS_NO_RIGHT, () => cap.capRecover(s.root, cap.CAP_REGIONS));
  });

  test('releases what it was filling', () => {
    const s = new System();
    must(s.grant(cap.CAP_REGIONS, 0, WRITE));
    const base = allocate(64);
    const region = must(cap.capRegionCreateWritable(s.spaces[0]!, 64, base, 64));
    expect(cap.capRegionWritable(s.spaces[0]!, region)).toBe(base);
    cap.capRecover(s.root, s.targets[0]!);
    s.fails(STATUS_NO_CAPABILITY, () => cap.capRegionWritable(s.spaces[0]!, region));
    for (let k = 0; k < 8; k++) must(cap.capRegionCreate(s.root, cap.CAP_REGIONS, POLICY_IMMUTABLE, base, 64));
  });
});
