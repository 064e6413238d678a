/**
 * The tables of README.md and docs/bench.md, as text from the committed result files.
 *
 * Role: bench/report.ts writes them between markers; a test checks that what stands there is what the files say.
 * Checked by: test/bench/ratios-report.test.ts.
 */
import type { Growth } from './growth/growth.ts';
import { REASONS } from './reasons.ts';
import type { Entry, Result } from './result.ts';

const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

export interface Counts { clang: number; counts: Record<string, number> }

/** Key, meaning and goal of the counts; hand-written C stands under hand_KEY. */
const COUNTED: readonly (readonly [key: string, what: string, goal?: number])[] = [
  ['send_recv_64_many', '64 B, send + receive, four senders declared', 96],
  ['send_recv_64_single', 'the same, one sender and receiver declared', 64],
  ['cap_send_recv_64', 'the same, sent by capability'],
  ['send_recv_64_lowest_of_four', 'the same at Low, all four priorities in use'],
  ['send_recv_64_four_senders', 'the same, four senders in turn, four queued'],
  ['array32_64_per_message', 'array of 32, 64 B, per message', 24],
  ['batch32_64_per_message', 'batch of 32 single buffers, 64 B, per message', 24],
  ['reserve_commit_view', '64 B built in place, received as a view'],
  ['descriptor_checked', 'descriptor, send + receive, region checked', 96],
  ['empty_poll', 'receive on empty, one priority in use', 16],
  ['empty_poll_four', 'receive on empty, all four priorities in use', 16],
  ['send_full', 'send on full', 32],
];

const MET = 'yes';
const verdict = (met: boolean, reason: string | undefined): string => (met ? MET : `**no**${reason === undefined ? '' : `: ${reason}`}`);

export const countsTable = ({ counts }: Counts): string => table(
  ['instructions, AArch64', 'here', 'same algorithm by hand in C', 'goal', 'met'],
  COUNTED.filter(([key]) => counts[key] !== undefined).map(([key, what, goal]) => [
    what, String(counts[key]), String(counts[`hand_${key}`] ?? ''), goal === undefined ? '' : `at most ${goal}`,
    goal === undefined ? '' : verdict(counts[key]! <= goal, REASONS[key]),
  ]));

const peersText = ({ peers, unit }: Entry): string => Object.entries(peers).map(([name, value]) => `${name} ${value}`).join(', ') + ` ${unit}`;
const goalText = ({ is, goal }: Entry): string => `at ${is} ${goal}`;

export const ratiosTable = ({ rows }: Result): string => table(
  ['work', 'here', 'peers', 'times', 'both waiting their best way', 'goal', 'met'],
  rows.map((row) => [
    row.what, `${row.ours} ${row.unit}`, peersText(row), String(row.ratio), row.ratioSameWait === undefined ? '' : String(row.ratioSameWait),
    goalText(row), verdict(row.met, REASONS[row.name]),
  ]));

/** Every median: a line for each queue and row, both ways of waiting side by side. */
export const cellsTable = ({ cells }: Result): string => {
  const lines = new Map<string, string[]>();
  for (const { row, peer, wait, ns } of cells) {
    const key = `${row}|${peer.replace(', its own wait', '')}`;
    const line = lines.get(key) ?? [row, peer.replace(', its own wait', ''), '', '', ''];
    line[wait === 'plain' ? 2 : wait === 'adaptive' ? 3 : 4] = String(ns);
    lines.set(key, line);
  }
  return table(['row', 'queue', 'one pause', 'adaptive', 'its own wait'], [...lines.values()]);
};

export const machineText = ({ date, machine, versions }: Result): string => {
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ');
  return `Measured ${date}: ${machine.processor}, ${machine.cores} cores, ${machine.kernel}, Node ${machine.node}; compiled for `
    + `${machine.compiledFor}; cores ${machine.distance.class}: a line takes ${machine.distance.ns} ns there and back; scheduling: `
    + `${machine.scheduling}. ${list}.`;
};

const sizeText = (bytes: number): string =>
  (bytes >= 1 << 20 ? `${bytes >> 20} MiB` : bytes >= 1024 ? `${bytes >> 10} KiB` : `${bytes} B`);

const series = (growth: Growth, head: string, names: Record<string, string>, text: (parameter: number) => string = (at) => String(at)): string => {
  const [first] = Object.keys(names);
  return table([head, ...Object.values(names)], (growth[first!] ?? []).map(([at], k) =>
    [text(at), ...Object.keys(names).map((name) => String(growth[name]?.[k]?.[1] ?? ''))]));
};

export const growthTables = (growth: Growth): Record<string, string> => ({
  'growth-message': series(growth, 'message', { message: 'send + receive' }, sizeText),
  'growth-ring': series(growth, 'slots', { ring: 'one at a time', ring_full: 'filled, then emptied' }),
  'growth-senders': series(growth, 'senders', {
    senders_declared: 'declared, one ever sends', senders_turns: 'all send in turn', senders_busy: 'all have messages queued',
    senders_idle: 'all have sent, one still does',
  }),
  'growth-priorities': series(growth, 'priorities used', { priorities_low: 'least urgent only', priorities_spread: 'each in turn' }),
});

/** Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->`. */
export const between = (text: string, name: string, content: string): string => {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the markers ${begin} and ${end} are missing`);
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
};
