/** What atomic instructions cost with and without LSE: counted again, and that docs/raspberry-pi.md shows what was counted. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { countAtomics, pageWith, type Cost } from '../../bench/atomics/cost.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8');
const committed = JSON.parse(read('docs/bench/atomics.json')) as Cost;
/** Bare accesses; the other rows are of calls that change with the kernel. */
const BARE = ['compare_exchange', 'compare_exchange_lost', 'exchange', 'add', 'or', 'and'];

let counted: Cost;
beforeAll(async () => { counted = await countAtomics(); }, 300_000);

test('the table is that of the committed counts', () => {
  const page = read('docs/raspberry-pi.md');
  expect(page, 'make atomics-cost').toBe(pageWith(page, committed));
});

test('each bare access costs less with LSE, and no call that has some costs more', () => {
  const { llsc, lse } = counted.counts;
  for (const name of BARE) expect(lse[name], name).toBeLessThan(llsc[name]!);
  for (const name of ['send_recv_two_receivers', 'attach_detach', 'slot_allocate_free', 'reserve_commit']) {
    expect(lse[name], name).toBeLessThan(llsc[name]!);
  }
});

test('with one receiver, a send and a receive have none of them: both builds cost the same', () => {
  const { llsc, lse } = counted.counts;
  expect(Math.abs(lse['send_recv_one_receiver']! - llsc['send_recv_one_receiver']!)).toBeLessThan(3);
});

test('no count has risen above the committed ones, which hold for their version of clang', (context) => {
  if (counted.clang !== committed.clang) context.skip();
  for (const kind of ['llsc', 'lse'] as const) {
    expect(Object.keys(counted.counts[kind])).toEqual(Object.keys(committed.counts[kind]));
    for (const [name, count] of Object.entries(committed.counts[kind])) {
      expect(counted.counts[kind][name], `${kind} ${name}: make atomics-cost`).toBeLessThanOrEqual(count + 0.1);
      if (BARE.includes(name)) expect(counted.counts[kind][name], `${kind} ${name}`).toBe(count);
    }
  }
});
