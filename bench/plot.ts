/**
 * The plot of docs/bench.md: bars of what each queue needs, one panel for each kind of work.
 *
 * Role: called by report.ts with the committed results. Shorter is better; each panel has a scale of its own.
 * Checked by: test/bench/ratios-report.test.ts.
 */
import type { Result } from './result.ts';

const PANELS: readonly (readonly [row: string, title: string])[] = [
  ['stream1024', '64 B, one sender, ring 1024: ns a message'], ['stream64', '64 B, one sender, ring 64: ns a message'],
  ['levels1024', 'All four priorities, ring 1024: ns a message'], ['contended', 'Two contending senders: ns a message'],
  ['batch1024', 'Batches of 32, ring 1024: ns a message'], ['roundtrip', 'Round trip: ns'],
];
const [WIDTH, LABEL, BAR, LINE, GAP] = [860, 270, 470, 20, 34];
const OURS = /^ruvix-queue/;

const escape = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

/** Each queue's best way of waiting. */
const bars = ({ cells }: Result, row: string): [name: string, ns: number][] => {
  const best = new Map<string, number>();
  for (const cell of cells.filter((one) => one.row === row)) {
    const name = cell.peer.replace(', its own wait', '');
    best.set(name, Math.min(best.get(name) ?? Infinity, cell.ns));
  }
  return [...best].sort((a, b) => a[1] - b[1]);
};

const panel = (title: string, values: [string, number][], top: number): string => {
  const longest = Math.max(...values.map(([, ns]) => ns));
  const lines = values.map(([name, ns], k) => {
    const y = top + 8 + k * LINE;
    const width = Math.max(1, Math.round((ns / longest) * BAR));
    const colour = OURS.test(name) ? '#0b6e4f' : '#9aa7b1';
    return `<text x="${LABEL - 8}" y="${y + 13}" text-anchor="end">${escape(name)}</text>`
      + `<rect x="${LABEL}" y="${y + 2}" width="${width}" height="${LINE - 5}" fill="${colour}"/>`
      + `<text x="${LABEL + width + 6}" y="${y + 13}">${ns}</text>`;
  });
  return [`<text x="${LABEL}" y="${top}" font-weight="bold">${escape(title)}</text>`, ...lines].join('\n');
};

export const plot = (result: Result): string => {
  let top = 24;
  const panels = PANELS.flatMap(([row, title]) => {
    const values = bars(result, row);
    if (values.length === 0) return [];
    const drawn = panel(title, values, top);
    top += values.length * LINE + GAP;
    return [drawn];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${top}" font-family="sans-serif" font-size="12" fill="#222">`,
    `<rect width="${WIDTH}" height="${top}" fill="#fff"/>`, ...panels, '</svg>', '',
  ].join('\n');
};
