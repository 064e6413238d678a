/**
 * The search for an order that explains a history: histories that have one and that have none, event by event.
 */
import { describe, expect, test } from 'vitest';
import { type Begun, type Ended, History } from '../../src/explore/history.ts';

type Event = [task: number, what: Begun | Ended | 'dies'];
const LANES = [{ sender: 0, priority: 0 }, { sender: 0, priority: 2 }, { sender: 1, priority: 2 }];

const explains = (events: Event[], ringSize = 2): boolean => {
  const history = new History(LANES, ringSize, 4);
  let set = history.first;
  for (const [task, what] of events) {
    if (what === 'dies') set = history.died(set, task);
    else set = 'kind' in what ? history.begin(set, task, what) : history.end(set, task, what);
    if (history.isImpossible(set)) return false;
  }
  return true;
};

const send = (lane: number, ...messages: number[]): Begun => ({ kind: 'send', lane, messages });
const take = (count = 1): Begun => ({ kind: 'receive', count });
/** An array: what follows the first in its lane. */
const array = (count: number): Begun => ({ kind: 'receive', count, ofOneLane: true });
const close: Begun = { kind: 'close' };
const sent: Ended = { sent: 1, stop: 'done' };
const full: Ended = { stop: 'full' };
const got = (...list: [number, number][]): Ended => ({ got: list, stop: 'done' });
const empty: Ended = { stop: 'empty' };
const closed: Ended = { stop: 'closed' };
/** A whole call with nothing in between. */
const call = (task: number, begun: Begun, ended: Ended): Event[] => [[task, begun], [task, ended]];

describe('explained', () => {
  test.each<[string, Event[]]>([
    ['first in, first out', [...call(0, send(1, 0), sent), ...call(0, send(1, 1), sent), ...call(1, take(), got([1, 0])), ...call(1, take(), got([1, 1]))]],
    ['received while it is still being sent', [[0, send(1, 0)], ...call(1, take(), got([1, 0])), [0, sent]]],
    ['empty while it is still being sent', [[0, send(1, 0)], ...call(1, take(), empty), [0, sent]]],
    ['full', [...call(0, send(1, 0), sent), ...call(0, send(1, 1), sent), ...call(0, send(1, 2), full)]],
    ['full at some moment', [...call(0, send(1, 0), sent), ...call(0, send(1, 1), sent), [0, send(1, 2)], ...call(1, take(), got([1, 0])), [0, full]]],
    ['G1: a more urgent message that came during the receive is passed', [
      [1, take()], ...call(0, send(0, 0), sent), ...call(0, send(1, 0), sent), [1, got([1, 0])],
    ]],
    ['equals in any order', [...call(0, send(1, 0), sent), ...call(2, send(2, 0), sent), ...call(1, take(), got([2, 0])), ...call(1, take(), got([1, 0]))]],
    ['two receivers, two messages, either way', [
      ...call(0, send(1, 0), sent), ...call(0, send(1, 1), sent), [1, take()], [2, take()], [1, got([1, 1])], [2, got([1, 0])],
    ]],
    ['a batch stops at full', [...call(0, send(1, 0, 1, 2), { sent: 2, stop: 'full' })]],
    ['a batch receives two and finds no more', [...call(0, send(1, 0, 1), { sent: 2, stop: 'done' }), ...call(1, take(3), { got: [[1, 0], [1, 1]], stop: 'empty' })]],
    ['an array takes what follows in its lane, though a more urgent one came', [
      ...call(0, send(1, 0, 1), { sent: 2, stop: 'done' }), [1, array(2)], ...call(0, send(0, 0), sent), [1, got([1, 0], [1, 1])],
    ]],
    ['a dead sender\'s message', [[0, send(1, 0)], [0, 'dies'], ...call(1, take(), got([1, 0]))]],
    ['no message of a dead sender', [[0, send(1, 0)], [0, 'dies'], ...call(1, take(), empty)]],
    ['a dead receiver took it', [...call(0, send(1, 0), sent), [1, take()], [1, 'dies'], ...call(2, take(), empty)]],
    ['a send that began before the close', [[0, send(1, 0)], ...call(3, close, sent), [0, sent], ...call(1, take(), got([1, 0])), ...call(1, take(), closed)]],
  ])('%s', (_name, events) => expect(explains(events)).toBe(true));
});

describe('explained by no order', () => {
  test.each<[string, Event[]]>([
    ['from nowhere', call(1, take(), got([1, 0]))],
    ['twice', [...call(0, send(1, 0), sent), ...call(1, take(), got([1, 0])), ...call(1, take(), got([1, 0]))]],
    ['overtaken', [...call(0, send(1, 0), sent), ...call(0, send(1, 1), sent), ...call(1, take(), got([1, 1]))]],
    ['empty while one is there', [...call(0, send(1, 0), sent), ...call(1, take(), empty)]],
    ['full with room', [...call(0, send(1, 0), sent), ...call(0, send(1, 1), full)]],
    ['more than the ring holds', [0, 1, 2].flatMap((message) => call(0, send(1, message), sent))],
    ['a more urgent one was there all along', [...call(0, send(0, 0), sent), ...call(0, send(1, 0), sent), ...call(1, take(), got([1, 0]))]],
    ['a more urgent lane was never empty, though its messages changed', [
      ...call(0, send(0, 0), sent), ...call(0, send(1, 0), sent), [1, take()], ...call(0, send(0, 1), sent), ...call(2,
        take(), got([0, 0])), [1, got([1, 0])],
    ]],
    ['a batch passes a more urgent one that came before its second message', [
      ...call(0, send(0, 0), sent), ...call(0, send(1, 0), sent), ...call(1, take(2), got([1, 0], [0, 0])),
    ]],
    ['an array of two lanes', [
      ...call(0, send(0, 0), sent), ...call(0, send(1, 0), sent), ...call(1, array(2), got([0, 0], [1, 0])),
    ]],
    ['an array that begins with the less urgent lane', [
      ...call(0, send(0, 0), sent), ...call(0, send(1, 0), sent), ...call(1, array(1), got([1, 0])),
    ]],
    ['a dead sender\'s message twice', [[0, send(1, 0)], [0, 'dies'], ...call(1, take(), got([1, 0])), ...call(2, take(), got([1, 0]))]],
    ['a dead sender\'s message after empty', [[0, send(1, 0)], [0, 'dies'], ...call(1, take(), empty), ...call(1, take(), got([1, 0]))]],
    ['closed on an open queue', call(1, take(), closed)],
    ['sent after the close', [...call(3, close, sent), ...call(0, send(1, 0), sent)]],
    ['closed with a message left', [...call(0, send(1, 0), sent), ...call(3, close, sent), ...call(1, take(), closed)]],
  ])('%s', (_name, events) => expect(explains(events)).toBe(false));
});
