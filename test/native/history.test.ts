/** The checker of histories against histories made by hand: one good one, and for each pattern one that shows it. */
import { describe, expect, test } from 'vitest';
import { Checker, type Context, type History, type Pattern, type Rules } from '../../src/native/history.ts';
import {
  RECORD_AWAITED, RECORD_EMPTY, RECORD_FULL, RECORD_REAPED, RECORD_RECEIVED, RECORD_SENT, RECORD_STRANGE, RECORD_TORN,
} from '../../src/native/storm/plan.ts';

const KINDS = {
  sent: RECORD_SENT, full: RECORD_FULL, received: RECORD_RECEIVED, empty: RECORD_EMPTY, reaped: RECORD_REAPED, torn: RECORD_TORN,
  strange: RECORD_STRANGE, awaited: RECORD_AWAITED,
};
const PRIORITIES = { critical: 0, high: 1, normal: 2, low: 3 };
/** "sent normal 0 at 10-20", "received high 3 of 1 at 5-9" (of sender 1). */
const LINE = /^(\w+)(?: (critical|high|normal|low) (-?\d+)(?: of (\d+))?)? at (\d+)-(\d+)$/;

const contextOf = (role: Context['role'], number: number, lines: readonly string[], from: number): Context => {
  const log = lines.flatMap((line) => {
    const [, kind, priority, sequence, sender, began, ended] = LINE.exec(line)!;
    const what = KINDS[kind as keyof typeof KINDS] | PRIORITIES[(priority ?? 'critical') as keyof typeof PRIORITIES] << 8
      | Number(sender ?? (role === 'sender' ? number : 0)) << 16;
    return [what, Number(sequence ?? 0), (from + Number(began)) | 0, (from + Number(ended)) | 0];
  });
  return { role, number, log: Int32Array.from(log), micros: 1 };
};

const historyOf = (contexts: Record<string, string[]>, more: Partial<History> = {}, from = 1000): History => {
  const named = (role: Context['role'], letter: string) => Object.entries(contexts).filter(([name]) => name.startsWith(letter))
    .map(([name, lines]) => contextOf(role, Number(name.slice(1)), lines, from));
  const [senders, receivers] = [named('sender', 's'), named('receiver', 'r')];
  return {
    senders: senders.length, receivers: receivers.length, ringSize: 2, completions: 0, count: 0, seed: 1, round: 1, patience: 1000, nanos: from | 0,
    contexts: [...senders, ...receivers], ...more,
  };
};

const EXACT: Rules = { slack: 0, sleepers: true };
const check = (history: History, rules = EXACT) => new Checker(history.senders, rules).round(history);
const patterns = (history: History, rules = EXACT): Pattern[] => check(history, rules).violations.map(({ pattern }) => pattern);

const GOOD = {
  s0: ['sent normal 0 at 10-20', 'sent normal 1 at 20-30', 'sent critical 0 at 30-40', 'full normal 2 at 41-42', 'sent low 0 at 50-60'],
  s1: ['sent normal 0 at 12-22'],
  r0: ['empty at 0-9', 'received critical 0 at 41-55', 'received normal 0 of 1 at 55-61', 'received low 0 at 90-95', 'empty at 96-99'],
  r1: ['received normal 0 at 42-57', 'received normal 1 at 57-65', 'empty at 97-98'],
};

test.each([1000, 2 ** 31 - 50, 2 ** 32 - 50])('a history as it should be, from clock %i', (from) => {
  const result = check(historyOf(GOOD, {}, from));
  expect(result).toEqual({ messages: 5, empties: 3, fulls: 1, completions: 0, violations: [], unclocked: false });
});

describe('each pattern is found', () => {
  const bad: Record<string, [Pattern[], Record<string, string[]>, Partial<History>?]> = {
    'a value from nowhere: never sent': [['from nowhere'],
      { s0: ['sent normal 0 at 10-20'], r0: ['received normal 0 at 21-25', 'received normal 1 at 25-30'] }],
    'a value from nowhere: received before it was sent': [['from nowhere'],
      { s0: ['sent normal 0 at 10-20'], r0: ['received normal 0 at 1-9'] }],
    'a value from nowhere: of another sender': [['from nowhere'],
      { s0: ['sent normal 0 at 10-20'], r0: ['received normal 0 at 21-25', 'received normal 0 of 7 at 25-30'] }],
    'twice, by two receivers': [['twice'],
      { s0: ['sent normal 0 at 10-20'], r0: ['received normal 0 at 21-25'], r1: ['received normal 0 at 22-26'] }],
    'overtaken, within a receiver': [['overtaken', 'overtaken'],
      { s0: ['sent high 0 at 10-20', 'sent high 1 at 20-30'], r0: ['received high 1 at 31-35', 'received high 0 at 36-39'] }],
    'overtaken, between receivers': [['overtaken'],
      { s0: ['sent high 0 at 10-20', 'sent high 1 at 20-30'], r0: ['received high 1 at 31-35'], r1: ['received high 0 at 36-39'] }],
    'overtaken within a batch, whose times are the same': [['overtaken'],
      { s0: ['sent high 0 at 10-20', 'sent high 1 at 20-30'], r0: ['received high 1 at 31-35', 'received high 0 at 31-35'] }],
    'Empty while one message was there': [['Empty while present'],
      { s0: ['sent low 0 at 10-20'], r0: ['empty at 21-25'], r1: ['received low 0 at 26-29'] }],
    'Empty while one message after the other was there': [['Empty while present'],
      { s0: ['sent low 0 at 10-20', 'sent low 1 at 20-24'], r0: ['empty at 21-40'], r1: ['received low 0 at 30-32', 'received low 1 at 41-42'] }],
    'lost': [['lost'], { s0: ['sent normal 0 at 10-20', 'sent normal 1 at 21-22'], r0: ['received normal 1 at 30-31'] }],
    'lost, and Empty meanwhile': [['lost', 'Empty while present'], { s0: ['sent normal 0 at 10-20'], r0: ['empty at 30-31'] }],
    'torn': [['torn'], { s0: ['sent normal 0 at 10-20'], r0: ['torn normal 0 at 30-31'] }],
    'a strange status': [['strange status', 'strange status'],
      { s0: ['strange normal -8 at 1-2', 'sent normal 0 at 10-20'], r0: ['strange normal -9 at 2-3', 'received normal 0 at 30-31'] }],
    'a less urgent message first': [['less urgent first'],
      { s0: ['sent normal 0 at 10-20', 'sent high 0 at 20-24'], r0: ['received normal 0 at 25-35', 'received high 0 at 36-37'] }],
    'less urgent first, while the more urgent lane was never empty': [['less urgent first'],
      { s0: ['sent high 0 at 1-2', 'sent high 1 at 2-3'], s1: ['sent low 0 at 1-2'],
        r0: ['received low 0 of 1 at 4-50'], r1: ['received high 0 at 20-30', 'received high 1 at 51-52'] }],
    'Full with room': [['Full with room'],
      { s0: ['sent normal 0 at 10-20', 'full normal 1 at 21-22'], r0: ['received normal 0 at 30-31'] }],
    'Full after a message had been received': [['Full with room'],
      { s0: ['sent normal 0 at 10-20', 'sent normal 1 at 20-25', 'full normal 2 at 32-33'], r0: ['received normal 0 at 30-31', 'received normal 1 at 40-41'] }],
    'asleep while present': [['asleep while present'],
      { s0: ['sent normal 0 at 10-20'], r0: ['awaited normal 0 at 5-1000005'] }],
    'completed twice': [['completed twice'],
      { s0: ['sent normal 0 at 10-20', 'reaped normal 0 at 40-41', 'reaped normal 0 at 42-43'], r0: ['received normal 0 at 30-31'] }, { completions: 2 }],
    'completed before it was received': [['completed before received'],
      { s0: ['sent normal 0 at 10-20', 'reaped normal 0 at 21-22'], r0: ['received normal 0 at 30-31'] }, { completions: 2 }],
    'never completed': [['never completed'], { s0: ['sent normal 0 at 10-20'], r0: ['received normal 0 at 30-31'] }, { completions: 2 }],
    'a completion of nothing': [['from nowhere'],
      { s0: ['sent normal 0 at 10-20', 'reaped normal 0 at 40-41', 'reaped normal 5 at 42-43'], r0: ['received normal 0 at 30-31'] }, { completions: 2 }],
  };
  test.each(Object.entries(bad))('%s', (_name, [expected, contexts, more]) => {
    expect(patterns(historyOf(contexts, more))).toEqual(expected);
  });
});

test('what only looks bad is allowed', () => {
  const allowed: Record<string, string[]>[] = [
    // Sent or received while the receive that found nothing ran.
    { s0: ['sent low 0 at 10-22'], r0: ['empty at 21-25'], r1: ['received low 0 at 26-29'] },
    { s0: ['sent low 0 at 10-20'], r0: ['empty at 21-25'], r1: ['received low 0 at 24-29'] },
    // The same moment counts as simultaneous.
    { s0: ['sent low 0 at 10-21'], r0: ['empty at 21-25'], r1: ['received low 0 at 26-29'] },
    // A gap between two messages in which the lane was empty.
    { s0: ['sent low 0 at 10-20', 'sent low 1 at 20-30'], r0: ['empty at 21-40'], r1: ['received low 0 at 29-32', 'received low 1 at 41-42'] },
    // More urgent, but sent after the receive began; equally urgent, of another sender.
    { s0: ['sent low 0 at 1-2', 'sent high 0 at 10-20'], r0: ['received low 0 at 15-30', 'received high 0 at 30-31'] },
    { s0: ['sent low 0 at 1-2'], s1: ['sent low 0 at 5-6'], r0: ['received low 0 of 1 at 10-11', 'received low 0 at 12-13'] },
    // Overlapping receives of two receivers may end in any order.
    { s0: ['sent low 0 at 1-2', 'sent low 1 at 2-3'], r0: ['received low 0 at 10-30'], r1: ['received low 1 at 11-20'] },
  ];
  for (const contexts of allowed) expect(patterns(historyOf(contexts))).toEqual([]);
});

test('slack is the time for which another core may be late', () => {
  const contexts = { s0: ['sent low 0 at 10-20'], r0: ['empty at 50-55'], r1: ['received low 0 at 60-61'] };
  expect(patterns(historyOf(contexts), { slack: 29, sleepers: true })).toEqual(['Empty while present']);
  expect(patterns(historyOf(contexts), { slack: 30, sleepers: true })).toEqual([]);
});

test('sequences go on from round to round, and a message of the last round is from nowhere in this one', () => {
  const checker = new Checker(1, EXACT);
  const round = (sequence: number, received = sequence) => checker.round(historyOf({
    s0: [`sent normal ${sequence} at 10-20`], r0: [`received normal ${received} at 30-31`],
  })).violations.map(({ pattern }) => pattern);
  expect(round(0)).toEqual([]);
  expect(round(1)).toEqual([]);
  expect(round(2, 1)).toEqual(['from nowhere', 'lost', 'Empty while present'].slice(0, 2));
});

test('a context that was away for longer than the clock counts is not checked by times', () => {
  const history = historyOf({ s0: ['sent low 0 at 10-20'], r0: ['empty at 21-25'], r1: ['received low 0 at 26-29'] });
  history.contexts[2]!.micros = 5_000_000;
  expect(check(history)).toMatchObject({ unclocked: true, violations: [] });
  const completed = historyOf({ s0: ['sent low 0 at 10-20', 'reaped low 0 at 21-22'], r0: ['received low 0 at 30-31'] }, { completions: 1 });
  completed.contexts[0]!.micros = 5_000_000;
  expect(check(completed)).toMatchObject({ unclocked: true, violations: [], completions: 1 });
});

test('many violations are counted, not all told', () => {
  const s0 = Array.from({ length: 100 }, (_, k) => `sent low ${k} at ${k}-${k + 1}`);
  const { violations } = check(historyOf({ s0, r0: [] }));
  expect(violations).toHaveLength(21);
  expect(violations.at(-1)).toEqual({ pattern: 'lost', text: '... and 80 more' });
});
