/**
 * Runs the Node benchmark in a process of its own and makes rows of its trials.
 *
 * Role: part of make bench. Where the system allows it, the process has real-time scheduling (round robin): with other work on the
 *   machine, two threads that spin for each other measure the scheduler otherwise.
 * Units: million messages a second; microseconds of round trips. Fails: throws with what the process said.
 * Checked by: test/bench/ratios.test.ts.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { build } from 'rolldown';
import { compare, median, round, type Entry } from '../result.ts';
import { LONG, SHORT, type Kind, type LinkName, type NodeTrial } from './job.ts';

const OUT = path.join(import.meta.dirname, '../../build/bench');

const bundle = async (name: string): Promise<string> => {
  const outfile = path.join(OUT, `node-${name}.mjs`);
  const entry = path.join(import.meta.dirname, `${name}.ts`);
  await build({ input: entry, platform: 'node', logLevel: 'warn', output: { file: outfile, format: 'esm' } });
  return outfile;
};

/** The command that gives a program real-time scheduling, if that is allowed here. */
const realTime = async (): Promise<string[]> => {
  const tried = await execa('chrt', ['--rr', '1', 'true'], { reject: false, stdin: 'ignore' });
  return tried.exitCode === 0 ? ['chrt', '--rr', '1'] : [];
};

/** `rounds` trials of each kind and link, interleaved; 0: the first round only. `scale` makes trials shorter. */
export const measureNode = async (rounds: number, scale: number, say: (text: string) => void): Promise<NodeTrial[]> => {
  mkdirSync(OUT, { recursive: true });
  const [trials, worker] = [await bundle('trials'), await bundle('worker')];
  const [command, ...words] = [...(rounds > 0 ? await realTime() : []), process.execPath, trials, worker, String(rounds), String(scale)];
  const child = execa(command!, words, { stdin: 'ignore', timeout: 900_000 });
  child.stderr.on('data', (text: Buffer) => {
    for (const line of text.toString().trimEnd().split('\n')) say(line);
  });
  const { stdout } = await child;
  return stdout.split('\n').map((line) => JSON.parse(line) as NodeTrial);
};

/** Medians of the rounds, with whichever wait suits each best. */
const valuesOf = (trials: readonly NodeTrial[]): ((link: LinkName, kind: Kind, bytes?: number) => number) => (link, kind, bytes = SHORT) => {
  const some = trials.filter((trial) => trial.link === link && trial.kind === kind && trial.bytes === bytes);
  const both = [false, true].map((adaptive) => some.filter((trial) => trial.adaptive === adaptive).map(({ value }) => value));
  return Math.max(...both.filter((values) => values.length > 0).map(median));
};

export const nodeRows = (trials: readonly NodeTrial[]): Entry[] => {
  const value = valuesOf(trials);
  const post = { 'postMessage, clone': round(value('postMessage', 'stream')), 'postMessage, polled': round(value('receiveMessageOnPort', 'stream')) };
  const buffers = { 'ringbuf.js': round(value('ringbuf.js', 'stream')) };
  const best = (peers: Record<string, number>): number => Math.max(...Object.values(peers));
  const fast = (name: string, what: string, way: string, ours: number, peers: Record<string, number>, goal: number): Entry =>
    compare({ name, what, unit: 'M/s', ours: round(ours), way, peers, goal, is: 'least' }, ours / best(peers));
  const trip = (name: string, what: string, kind: Kind, peers: Record<string, number>, goal: number): Entry => {
    const ours = value('kernel', kind);
    return compare({ name, what, unit: 'us', ours: round(ours), way: 'kernel calls', peers, goal, is: 'least' }, peers['postMessage']! / ours);
  };
  const stream = value('kernel', 'stream');
  return [
    fast('node_post_message', 'Node, 64 B copied', 'kernel calls', stream, post, 16),
    fast('node_ringbuf', 'Node, the same', 'kernel calls', stream, buffers, 2),
    fast('node_library', 'Node, the same by the classes of the library', 'library', value('library', 'stream'), post, 1),
    fast('node_batch', 'Node, batches of 32', 'kernel calls', value('kernel', 'batch'), post, 32),
    fast('node_descriptor', 'Node, descriptors of 3072 B, against those of 64 B', 'kernel calls', value('kernel', 'descriptor', LONG),
      { 'descriptors of 64 B': round(value('kernel', 'descriptor', SHORT)) }, 0.9),
    trip('node_spinning', 'Node, round trip, spinning', 'spinning',
      { postMessage: round(value('postMessage', 'spinning')), 'ringbuf.js': round(value('ringbuf.js', 'spinning')) }, 50),
    trip('node_sleeping', 'Node, round trip after 200 us of silence', 'sleeping', { postMessage: round(value('postMessage', 'sleeping')) }, 1),
  ];
};
