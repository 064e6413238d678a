/** The committed results: that tables, plot and verdicts say what the files say, and that the growth counts still hold. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { countGrowth, type Growth } from '../../bench/growth/growth.ts';
import { plot } from '../../bench/plot.ts';
import { REASONS } from '../../bench/reasons.ts';
import { rendered } from '../../bench/report.ts';
import type { Result } from '../../bench/result.ts';
import { between, ratiosTable } from '../../bench/table.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8');
const result = JSON.parse(read('docs/bench/ratios.json')) as Result;
const committed = JSON.parse(read('docs/bench/growth.json')) as Growth;

test('the tables and the plot are those of the committed results', () => {
  for (const [name, text] of Object.entries(rendered())) expect(read(name), `${name}: make bench-report KEEP=1`).toBe(text);
});

test('every ratio and verdict follows from its figures', () => {
  expect(result.rows.length).toBeGreaterThanOrEqual(18);
  for (const row of result.rows) {
    const peers = Object.values(row.peers);
    const ratio = row.is === 'most' ? row.ours / Math.min(...peers)
      : row.unit === 'M/s' ? row.ours / Math.max(...peers) : (row.name === 'node_spinning' ? row.peers['postMessage']! : Math.min(...peers)) / row.ours;
    expect(Math.abs(row.ratio / ratio - 1), row.name).toBeLessThan(0.02);
    expect(row.met, row.name).toBe(row.is === 'most' ? row.ratio <= row.goal : row.ratio >= row.goal);
    expect(row.met || row.name in REASONS, `${row.name} is missed without a reason`).toBe(true);
  }
  for (const { trials } of result.cells) expect(trials).toBeGreaterThanOrEqual(15);
});

test('a table names each missed goal as missed, and a changed figure changes it', () => {
  const changed = structuredClone(result);
  changed.rows[0]!.ours = 123456;
  changed.rows[0]!.met = false;
  expect(ratiosTable(changed)).toContain('| 123456 ns |');
  expect(ratiosTable(changed).split('\n')[2]).toContain('**no**');
  expect(() => between('no markers', 'ratios', '')).toThrow('<!-- ratios -->');
});

test('the plot shows us in every panel, and names that XML would take for markup', () => {
  const ours = plot(result).match(/fill="#0b6e4f"/g);
  expect(ours?.length).toBe(9); // in three of the six panels a second time, without copying
  const odd = structuredClone(result);
  odd.cells[0]!.peer = 'a<b & c';
  expect(plot(odd)).toContain('a&lt;b &amp; c');
});

const clang = Number(/version (\d+)/.exec(execFileSync('clang', ['--version'], { encoding: 'utf8' }))?.[1]);
const table = JSON.parse(read('docs/counts.json')) as { clang: number };

describe.skipIf(clang !== table.clang)('growth, counted again', () => {
  let growth: Growth;
  beforeAll(async () => { growth = await countGrowth(); }, 300_000);
  const of = (name: string): [number, number][] => growth[name]!;

  test('no count has risen above the committed tables', () => {
    for (const [name, points] of Object.entries(committed)) {
      points.forEach(([at, count], k) => {
        expect(of(name)[k]![0], name).toBe(at);
        expect(of(name)[k]![1], `${name} ${at}`).toBeLessThanOrEqual(count + 0.1);
      });
    }
  });

  test('no cliff: twice the message costs at most twice, a larger ring nothing, a sender or priority more at most two looks', () => {
    const steps = (name: string): [number, number][] => of(name).slice(1).map(([, count], k) => [of(name)[k]![1], count]);
    for (const [before, after] of steps('message')) expect(after / before).toBeLessThan(2.01);
    for (const name of ['ring', 'ring_full']) for (const [before, after] of steps(name)) expect(after).toBeLessThanOrEqual(before + 1);
    for (const name of ['senders_declared', 'senders_turns', 'senders_busy', 'senders_idle', 'priorities_low', 'priorities_spread']) {
      for (const [before, after] of steps(name)) expect(after - before, name).toBeLessThan(50);
    }
  });
});
