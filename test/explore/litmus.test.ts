/**
 * The memory models themselves: small programs and exactly the outcomes that the fragment of C11 in contract.ts allows.
 *
 * Each row: threads (function and operands), and all outcomes as `results of the threads | final words asked for`. A model that shows
 * one outcome more or less fails. What the weak model cannot show stays here as skipped tests with the reason.
 */
import { describe, expect, test, vi } from 'vitest';
import { compile } from '../../src/explore/compile.ts';
import type { Scenario } from '../../src/explore/scenario.ts';
import { search } from '../../src/explore/search.ts';
import { sequential } from '../../src/explore/sequential.ts';
import { weak } from '../../src/explore/weak.ts';

const MINUTES = 60_000;
vi.setConfig({ testTimeout: 5 * MINUTES });

const compiled = compile('test/explore/litmus/programs.ts');
type Thread = [name: string, ...words: ('x' | 'y' | 'z' | 'w')[]];

interface Litmus {
  outcomes: string[];
  violation: string | undefined;
}

const run = (threads: Thread[], kind: 'weak' | 'sequential', finals: string[] = []): Litmus => {
  const outcomes = new Set<string>();
  const at: Record<string, number> = {};
  const scenario: Scenario = {
    name: 'litmus', shape: { senders: 0, receivers: 1, ringSize: 0, maxBytes: 0, completions: 0, start: 0 }, lanes: [], kills: 0, spurious: 0,
    observe: (results, read) => {
      outcomes.add(results.join(' ') + (finals.length > 0 ? ` | ${finals.map((word) => read(at[word]!)).join(' ')}` : ''));
    },
    tasks: (place) => {
      for (const word of ['x', 'y', 'z', 'w']) at[word] = place.allocate(64);
      place.store(at['w']!, 1);
      place.store(at['w']! + 4, 2);
      return threads.map(([name, ...words]) => ({
        name, calls: [{ name, operands: words.map((word) => at[word]!), meaning: { kind: 'observe' } }],
      }));
    },
  };
  const outcome = search(compiled, scenario, kind === 'weak' ? weak() : sequential(), { states: 100_000 });
  expect(outcome.exhausted || outcome.violation !== undefined).toBe(true);
  return { outcomes: [...outcomes].sort(), violation: outcome.violation?.message };
};

const allows = (threads: Thread[], outcomes: string[], finals: string[] = []): void => {
  expect(run(threads, 'weak', finals)).toEqual({ outcomes: [...outcomes].sort(), violation: undefined });
};

describe('message passing', () => {
  // The reader's result: flag, then data.
  const ALL = ['0 0', '0 1', '0 10', '0 11'];
  const NOT_STALE = ['0 0', '0 1', '0 11'];
  const mp = (writer: string, reader: string): Thread[] => [[writer, 'x', 'y'], [reader, 'y', 'x']];
  test('relaxed: the data may be stale', () => allows(mp('writeRelaxedRelaxed', 'readRelaxedRelaxed'), ALL));
  test('release only', () => allows(mp('writeRelaxedRelease', 'readRelaxedRelaxed'), ALL));
  test('acquire only', () => allows(mp('writeRelaxedRelaxed', 'readAcquireRelaxed'), ALL));
  test('release and acquire', () => allows(mp('writeRelaxedRelease', 'readAcquireRelaxed'), NOT_STALE));
  test('fence and acquire', () => allows(mp('writeFenced', 'readAcquireRelaxed'), NOT_STALE));
  test('release and fence', () => allows(mp('writeRelaxedRelease', 'readFenced'), NOT_STALE));
  test('two fences', () => allows(mp('writeFenced', 'readFenced'), NOT_STALE));
  test('a block copy', () => allows([['copyThenRelease', 'x', 'y', 'w'], ['acquireThenCopy', 'y', 'x', 'z']], ['0 0', '0 12']));
  test('a later relaxed store is no release', () => allows(mp('writeReleaseTwice', 'readAcquireRelaxed'), ['0 0', '0 1', '0 11', '0 20', '0 21']));
  test('through a read-modify-write of a third (release sequence)', () => {
    allows([['writeRelaxedRelease', 'x', 'y'], ['addThenNothing', 'x', 'y'], ['readAcquireRelaxed', 'y', 'x']], [
      // y: the add first (1, then overwritten by 1) or second (2).
      '0 0 0', '0 0 1', '0 0 10', '0 0 11', '0 1 0', '0 1 1', '0 1 11', '0 1 21',
    ]);
  });
});

describe('store buffering', () => {
  const sb = (one: string, other = one): Thread[] => [[one, 'x', 'y'], [other, 'y', 'x']];
  const ALL = ['0 0', '0 1', '1 0', '1 1'];
  const NOT_BOTH = ['0 1', '1 0', '1 1'];
  test('relaxed', () => allows(sb('storeLoadRelaxed'), ALL));
  test('release and acquire do not forbid it', () => allows(sb('storeLoadReleaseAcquire'), ALL));
  test('sequential', () => allows(sb('storeLoadSequential'), NOT_BOTH));
  test('two fences', () => allows(sb('storeLoadFenced'), NOT_BOTH));
  test('one fence is not enough', () => allows(sb('storeLoadFenced', 'storeLoadRelaxed'), ALL));
  test('read-modify-writes', () => allows(sb('exchangeLoadSequential'), NOT_BOTH));
  test('the kernel\'s sleep handshake', () => allows(sb('storeLoadSequential', 'setFenceLoadAcquire'), NOT_BOTH));
  test('the handshake without its fence', () => allows(sb('storeLoadSequential', 'setLoadAcquire'), ALL));
});

describe('independent reads of independent writes', () => {
  const iriw = (write: string, read: string): Thread[] => [[write, 'x'], [write, 'y'], [read, 'x', 'y'], [read, 'y', 'x']];
  const pairs = ['0', '1', '10', '11'].flatMap((a) => ['0', '1', '10', '11'].map((b) => `0 0 ${a} ${b}`));
  test('acquire: two readers may disagree', () => allows(iriw('writeRelease', 'readAcquireAcquire'), pairs));
  test('sequential: they agree', () => allows(iriw('writeSequential', 'readSequential'), pairs.filter((p) => p !== '0 0 10 10')));
  test('fences: they agree', () => allows(iriw('writeRelaxed', 'readFenced'), pairs.filter((p) => p !== '0 0 10 10')));
});

describe('coherence', () => {
  test('CoRR: one word never runs backwards', () => {
    allows([['writeTwice', 'x'], ['readRelaxedRelaxed', 'x', 'x']], ['0 0', '0 1', '0 2', '0 11', '0 12', '0 22']);
  });
  test('CoWR: a thread reads its own store or a later one', () => allows([['writeThenReadOwn', 'x'], ['writeTwice', 'x']], ['1 0', '2 0']));
  test('S: an acquired write comes before', () => {
    allows([['writeTwoRelease', 'x', 'y'], ['acquireThenOverwrite', 'y', 'x']], ['0 0 | 2', '0 1 | 1'], ['x']);
  });
});

describe('causality', () => {
  test('WRC with release and acquire', () => {
    allows([['writeRelaxed', 'x'], ['forwardAcquireRelease', 'x', 'y'], ['readAcquireRelaxed', 'y', 'x']],
      ['0 0 0', '0 0 1', '0 1 0', '0 1 1', '0 1 11']);
  });
  test('WRC relaxed', () => {
    allows([['writeRelaxed', 'x'], ['forwardRelaxed', 'x', 'y'], ['readRelaxedRelaxed', 'y', 'x']],
      ['0 0 0', '0 0 1', '0 1 0', '0 1 1', '0 1 10', '0 1 11']);
  });
  test('ISA2: a chain of two', () => {
    allows([['writeRelaxedRelease', 'x', 'y'], ['forwardAcquireRelease', 'y', 'z'], ['readAcquireRelaxed', 'z', 'x']],
      ['0 0 0', '0 0 1', '0 1 0', '0 1 1', '0 1 11']);
  });
});

describe('read-modify-writes', () => {
  test('no addition is lost', () => allows([['add', 'x'], ['add', 'x'], ['add', 'x']],
    ['0 1 2', '0 2 1', '1 0 2', '1 2 0', '2 0 1', '2 1 0'].map((o) => `${o} | 3`), ['x']));
  test('one claim wins', () => allows([['claim', 'x'], ['claim', 'x']], ['0 1', '1 0']));
});

describe('sleeping', () => {
  test('a sleeper is woken, or does not sleep', () => allows([['sleepUntilSet', 'x'], ['setAndWake', 'x']], ['0 1', '1 0']));
  test('a sleeper nobody wakes stays asleep', () => {
    expect(run([['sleepUntilSet', 'x'], ['setWithoutWake', 'x']], 'weak').outcomes).toEqual(['0 0', '1 0']);
  });
});

describe('data races', () => {
  const race = (threads: Thread[]): string | undefined => run(threads, 'weak').violation;
  test('release and acquire: none', () => expect(race([['writePlainRelease', 'x', 'y'], ['readAcquirePlain', 'y', 'x']])).toBeUndefined());
  test('without release: named with both lines', () => {
    expect(race([['writePlainRelaxed', 'x', 'y'], ['readAcquirePlain', 'y', 'x']]))
      .toMatch(/^a data race: a plain read at test\/explore\/litmus\/programs\.ts:\d+ and test\/explore\/litmus\/programs\.ts:\d+, word /);
  });
  test('without acquire', () => expect(race([['writePlainRelease', 'x', 'y'], ['readRelaxedPlain', 'y', 'x']])).toMatch(/plain read/));
  test('a read before a release, the write after an acquire: none', () => {
    expect(race([['readPlainRelease', 'x', 'y'], ['acquireThenWritePlain', 'y', 'x']])).toBeUndefined();
  });
  test('a read that nothing orders before the write', () => {
    expect(race([['readPlainRelaxed', 'x', 'y'], ['acquireThenWritePlain', 'y', 'x']])).toMatch(/a data race: a write/);
  });
});

describe('sequential consistency, the other model', () => {
  const shows = (threads: Thread[], outcomes: string[]): void => {
    expect(run(threads, 'sequential').outcomes).toEqual([...outcomes].sort());
  };
  test('message passing is never stale', () => shows([['writeRelaxedRelaxed', 'x', 'y'], ['readRelaxedRelaxed', 'y', 'x']], ['0 0', '0 1', '0 11']));
  test('no store buffering', () => shows([['storeLoadRelaxed', 'x', 'y'], ['storeLoadRelaxed', 'y', 'x']], ['0 1', '1 0', '1 1']));
  test('readers agree', () => {
    expect(run([['writeRelaxed', 'x'], ['writeRelaxed', 'y'], ['readRelaxedRelaxed', 'x', 'y'], ['readRelaxedRelaxed', 'y', 'x']], 'sequential').outcomes)
      .not.toContain('0 0 10 10');
  });
});

describe('allowed by C11, and not shown', () => {
  // A thread here runs in program order, and a load returns a value already written.
  test.skip('load buffering: both loads see the later store of the other', () => {
    allows([['loadStoreRelaxed', 'x', 'y'], ['loadStoreRelaxed', 'y', 'x']], ['0 0', '0 1', '1 0', '1 1']);
  });
  // A store always becomes the newest of its word.
  test.skip('2+2W: both words end with the first store of the other', () => {
    allows([['writeTwoRelease', 'x', 'y'], ['writeTwoRelease', 'y', 'x']], ['0 0 | 1 1', '0 0 | 1 2', '0 0 | 2 1', '0 0 | 2 2'], ['x', 'y']);
  });
});
