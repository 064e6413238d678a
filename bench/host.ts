/**
 * Runs the host harness until there are enough trials, and makes rows of them.
 *
 * Role: part of make bench. Trials before and after which a cache line took different times to travel are dropped, and only trials of
 *   one class of distance are compared. The harness runs several times, so that no queue keeps a lucky place in memory.
 * Units: nanoseconds per message, or per round trip. Fails: throws if the harness does: a wrong message, or too few quiet trials.
 * Checked by: test/bench/ratios.test.ts.
 */
import { execa } from 'execa';
import { compare, median, round, type Entry, type Result } from './result.ts';

export interface Trial { row: string; peer: string; wait: string; ns: number; before: number; after: number }
export interface Measured { trials: Trial[]; scheduling: string }

const ROUNDS_WANTED = 15;
const ROUNDS_EACH_RUN = 6;
const RUNS_MAX = 12;

/** What the time of a line there and back says about the two cores: threads of one core, neighbours, or far apart. */
export const distanceClass = (ns: number): string => (ns < 60 ? 'siblings' : ns < 250 ? 'near' : 'far');
const classOf = (trial: Trial): string | undefined => {
  const before = distanceClass(trial.before);
  return before === distanceClass(trial.after) ? before : undefined;
};
const cellOf = ({ row, peer, wait }: Trial): string => `${row}|${peer}|${wait}`;

/** The class of which every cell has at least `wanted` trials, nearest first. */
const readyClass = (trials: readonly Trial[], wanted: number): string | undefined => {
  const cells = new Set(trials.map(cellOf));
  return ['siblings', 'near', 'far'].find((name) => {
    const counts = new Map<string, number>();
    for (const trial of trials) if (classOf(trial) === name) counts.set(cellOf(trial), (counts.get(cellOf(trial)) ?? 0) + 1);
    return counts.size === cells.size && [...counts.values()].every((count) => count >= wanted);
  });
};

const runOnce = async (harness: string, args: string[]): Promise<Measured> => {
  const { stdout } = await execa(harness, args, { stdin: 'ignore', timeout: 600_000 });
  const lines = stdout.split('\n').map((line) => JSON.parse(line) as Trial & { scheduling: string });
  return { scheduling: lines[0]!.scheduling, trials: lines.slice(1) };
};

/** Every trial once, tiny: whether all queues pass verification. */
export const checkHost = (harness: string): Promise<Measured> => runOnce(harness, ['--check']);

export const measureHost = async (harness: string, say: (text: string) => void): Promise<Measured & { class: string }> => {
  const trials: Trial[] = [];
  for (let run = 1; run <= RUNS_MAX; run++) {
    say(`ratios: run ${run}, ${ROUNDS_EACH_RUN} rounds of every queue`);
    const more = await runOnce(harness, ['--rounds', String(ROUNDS_EACH_RUN)]);
    trials.push(...more.trials);
    const ready = readyClass(trials, ROUNDS_WANTED);
    if (ready !== undefined) return { trials, scheduling: more.scheduling, class: ready };
  }
  throw new Error(`not ${ROUNDS_WANTED} trials of every queue at one distance in ${RUNS_MAX * ROUNDS_EACH_RUN} rounds: the machine is too busy`);
};

const OURS = 'ruvix-queue (this)';
const WAITING = `${OURS}, its own wait`;
const RINGS = ['boost spsc_queue', 'DPDK rte_ring SP/SC', 'rtrb', 'textbook ring in C++'];

interface Goal { name: string; what: string; row: string; peers: string[]; goal: number; is?: 'most' }
/** The rows of the table, and which cells they compare. */
const GOALS: readonly Goal[] = [
  { name: 'one_sender_1024', what: '64 B, one sender, ring 1024', row: 'stream1024', peers: RINGS, goal: 1.4 },
  { name: 'one_sender_64', what: '64 B, one sender, ring 64', row: 'stream64', peers: RINGS, goal: 1.25 },
  { name: 'round_trip_ring', what: 'round trip 64 B, against a ring of indices', row: 'roundtrip', peers: ['textbook ring in C++'], goal: 1.05, is: 'most' },
  { name: 'round_trip_line', what: 'round trip 64 B, against one cache line there and back', row: 'roundtrip', peers: [], goal: 1.8, is: 'most' },
  { name: 'priorities_lanes', what: 'all four priorities, ring 1024, against polled lanes', row: 'levels1024', peers: ['4 polled lanes of rtrb'], goal: 1.2 },
  { name: 'priorities_heap', what: 'the same, against a locked heap', row: 'levels1024', peers: ['mutex around a binary heap'], goal: 5 },
  { name: 'contended_crossbeam', what: 'two contending senders', row: 'contended', peers: ['crossbeam ArrayQueue'], goal: 3 },
  { name: 'contended_dpdk', what: 'the same', row: 'contended', peers: ['DPDK rte_ring MP'], goal: 5 },
  { name: 'contended_moodycamel', what: 'the same', row: 'contended', peers: ['moodycamel ConcurrentQueue, tokens'], goal: 1.6 },
  { name: 'batch32', what: 'batch of 32, 64 B, ring 1024', row: 'batch1024', peers: RINGS.slice(0, 3), goal: 0.95 },
  { name: 'seed_forced', what: 'the seed crate, shared by force, ring 1024', row: 'stream1024', peers: ['seed KernelQueue, aliased by force'], goal: 9 },
  { name: 'seed_mutex', what: 'the seed crate, shared safely', row: 'stream1024', peers: ['seed KernelQueue in a mutex'], goal: 11 },
  { name: 'posix_mq', what: 'one thread, send and receive 64 B', row: 'alone', peers: ['POSIX mq'], goal: 150 },
  { name: 'pipe', what: 'the same', row: 'alone', peers: ['pipe'], goal: 80 },
  { name: 'io_uring', what: 'the same, against a no-op of io_uring in batches', row: 'alone', peers: ['io_uring NOP, batch 32'], goal: 10 },
];

/** Medians by cell, of the trials of one class. */
export const cellsOf = (trials: readonly Trial[], name: string): Result['cells'] => {
  const groups = new Map<string, Trial[]>();
  for (const trial of trials) {
    if (classOf(trial) === name) groups.set(cellOf(trial), [...(groups.get(cellOf(trial)) ?? []), trial]);
  }
  return [...groups.values()].map((group) => {
    const { row, peer, wait } = group[0]!;
    return { row, peer, wait, ns: round(median(group.map(({ ns }) => ns))), trials: group.length };
  });
};

/** Time of a line there and back during the trials of a class, of one row or of all. */
export const lineNs = (trials: readonly Trial[], name: string, row?: string): number =>
  round(median(trials.filter((trial) => classOf(trial) === name && (row === undefined || trial.row === row))
    .flatMap(({ before, after }) => [before, after])));

export const hostRows = (trials: readonly Trial[], name: string): Entry[] => {
  const cells = cellsOf(trials, name);
  const find = (row: string, peer: string): Result['cells'] => cells.filter((cell) => cell.row === row && cell.peer === peer);
  const least = (some: Result['cells']): Result['cells'][number] => some.reduce((a, b) => (b.ns < a.ns ? b : a));
  // One way of waiting for throughput and latency alike: the one with the highest throughput.
  const wait = least([...find('stream1024', OURS), ...find('stream1024', WAITING)]).wait;
  return GOALS.flatMap((goal) => {
    const known = goal.peers.filter((peer) => find(goal.row, peer).length > 0);
    const all = [...find(goal.row, OURS), ...find(goal.row, WAITING)];
    if (all.length === 0 || (goal.peers.length > 0 && known.length === 0)) return [];
    const ours = all.find((cell) => cell.wait === wait) ?? least(all);
    const plain = Object.fromEntries(known.map((peer) => [peer, least(find(goal.row, peer).filter((cell) => cell.wait === 'plain')).ns]));
    const best = known.map((peer) => least(find(goal.row, peer)).ns);
    if (goal.peers.length === 0) {
      plain['one line there and back'] = lineNs(trials, name, goal.row);
      best.push(plain['one line there and back']);
    }
    const is = goal.is ?? ('least' as const);
    const ratio = (peers: number[]): number => (is === 'most' ? ours.ns / Math.min(...peers) : Math.min(...peers) / ours.ns);
    const entry = { name: goal.name, what: goal.what, unit: 'ns' as const, ours: ours.ns, way: ours.wait, peers: plain, goal: goal.goal, is };
    return [{ ...compare(entry, ratio(Object.values(plain))), ratioSameWait: round(ratio(best)) }];
  });
};
