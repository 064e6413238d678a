/**
 * How many operations on memory a call takes at most, whatever the others do: counted over every interleaving of small scenarios.
 *
 * An operation is one of contract.ts, block copies word by word. A call that sleeps is counted from its begin or wake-up to its sleep or
 * end. The bounds of loops are those of bounds.ts (looks before sleeping 1, tries of a shared receive 3); what a row says it grows
 * with is the only thing that makes it longer.
 *
 * Checked by: test/explore/steps.test.ts, which compares the table of docs/explorer.md.
 */
import type { Compiled } from './compile.ts';
import { makeModel } from './schedule.ts';
import type { Scenario } from './scenario.ts';
import { ALL_SCENARIOS } from './scenarios.ts';
import { search } from './search.ts';

interface Counted {
  call: string;
  scenario: string;
  /** What the row is about, and what makes it longer. */
  about: string;
}

const COUNTED: readonly Counted[] = [
  { call: 'queueSend', scenario: '1x1 ring 1', about: 'one receiver, 8 bytes; grows with the length' },
  { call: 'queueSend', scenario: '1x1 sleeping', about: 'the receiver sleeps' },
  { call: 'queueReceive', scenario: '1x1 ring 1', about: 'one receiver, one lane; grows with lanes in use and length' },
  { call: 'queueReceive', scenario: '1x2 ring 1', about: 'two receivers; grows with tries too' },
  { call: 'queueReceive', scenario: '2x1 priorities', about: 'two lanes' },
  { call: 'queueReceiveTimeout', scenario: '1x1 sleeping', about: 'between sleeps; grows with looks before sleeping' },
  { call: 'queueReceiveTimeout', scenario: '1x1 sleeping, timeouts', about: 'with a timeout' },
  { call: 'queueSendBatch', scenario: '1x1 batches', about: 'three messages; grows with messages' },
  { call: 'queueReceiveBatch', scenario: '1x1 batches', about: 'three messages; grows with messages' },
  { call: 'queueSendArray', scenario: '1x1 arrays', about: 'an array of three, a ring of two; grows with messages and their length' },
  { call: 'queueReceiveArray', scenario: '1x1 arrays', about: 'an array of three, a ring of two; grows with messages and their length' },
  { call: 'queuePeek', scenario: '1x2 peek and discard', about: 'two receivers' },
  { call: 'queueDiscard', scenario: '1x2 peek and discard', about: 'two receivers' },
  { call: 'queueSubmit', scenario: '1x2 completions', about: 'two receivers; grows with receivers' },
  { call: 'taskComplete', scenario: '1x2 completions', about: 'two receivers: queueComplete and four questions; grows with receivers' },
  { call: 'queueClose', scenario: '1x1 close', about: 'wakes all sleepers' },
  { call: 'queueRecoverSender', scenario: 'sender dies', about: 'four lanes' },
  { call: 'queueRecoverReceiver', scenario: 'receiver dies', about: '' },
  { call: 'queueAttachSender', scenario: 'a place changes hands', about: 'one place; grows with places' },
  { call: 'regionAppend', scenario: 'append and read', about: '8 bytes; grows with the length' },
];

export interface Steps extends Counted {
  most: number;
  exhausted: boolean;
}

const scenarioOf = (name: string): Scenario => {
  const { soloSteps: _, ...scenario } = ALL_SCENARIOS.find((one) => one.name === name)!;
  return { ...scenario, countsSteps: true };
};

/** The numbers, each the most that was seen in any interleaving under sequential consistency. */
export const countSteps = (compiled: Compiled): Steps[] => {
  const known = new Map<string, { longest: Map<string, number>; exhausted: boolean }>();
  return COUNTED.map((row) => {
    if (!known.has(row.scenario)) {
      const outcome = search(compiled, scenarioOf(row.scenario), makeModel('sequential'), { states: 2_000_000 });
      if (outcome.violation) throw new Error(`${row.scenario}: ${outcome.violation.message}`);
      known.set(row.scenario, { longest: outcome.engine.longest, exhausted: outcome.exhausted });
    }
    const { longest, exhausted } = known.get(row.scenario)!;
    const most = longest.get(row.call);
    if (most === undefined) throw new Error(`${row.scenario} does not call ${row.call}`);
    return { ...row, most, exhausted };
  });
};

/** A row of the table in docs/explorer.md. */
export const stepsRow = ({ call, scenario, about, most }: Steps): string => `| \`${call}\` | ${scenario} | ${about} | ${most} |`;
