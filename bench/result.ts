/** The shape of the committed result files, docs/bench/*.json, and of what make bench prints. */

/** One row of the tables: us, the peers, and how we compare. */
export interface Entry {
  /** Key. */
  name: string;
  what: string;
  /** `ns`: less is better. `M/s` (million a second): more is better. */
  unit: 'ns' | 'M/s' | 'us';
  ours: number;
  /** Which of our ways was measured: how the receiver waited, or which calls. */
  way: string;
  /** Each peer's figure. */
  peers: Record<string, number>;
  /** How many times better we are than the best peer of the row; with goal `most`: our figure divided by its. */
  ratio: number;
  goal: number;
  is: 'least' | 'most';
  met: boolean;
  /** The same when every peer's receiver also waits in the way that suits it best; see docs/bench.md. */
  ratioSameWait?: number;
  /** Why a goal is not met, as far as it is known. */
  reason?: string;
}

export interface Machine {
  processor: string;
  cores: number;
  kernel: string;
  node: string;
  /** Of the cores during the trials that count: `siblings`, `near` or `far`, and the line's nanoseconds there and back. */
  distance: { class: string; ns: number };
  scheduling: string;
  /** What clang's -march was. */
  compiledFor: string;
}

export interface Result {
  date: string;
  machine: Machine;
  versions: Record<string, string>;
  rows: Entry[];
  /** Every median of the host: row, queue, way of waiting, nanoseconds, and how many trials it is of. */
  cells: { row: string; peer: string; wait: string; ns: number; trials: number }[];
}

export const round = (value: number, digits = 3): number => Number(value.toPrecision(digits));

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** Ratio and verdict from the two figures. */
export const compare = (entry: Omit<Entry, 'ratio' | 'met'>, ratio: number): Entry => {
  const met = entry.is === 'least' ? ratio >= entry.goal : ratio <= entry.goal;
  return { ...entry, ratio: round(ratio), met };
};
