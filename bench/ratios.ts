/**
 * This queue beside those that its users could take instead: builds the peers, measures all, writes build/bench/ratios.json.
 *
 * Role: the long part of make bench. Units: docs/bench.md. Fails: throws with what went wrong; a goal that is missed is no failure.
 * Checked by: test/bench/ratios.test.ts.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { countGrowth } from './growth/growth.ts';
import { cellsOf, hostRows, measureHost, lineNs } from './host.ts';
import { measureNode, nodeRows } from './node/run.ts';
import { buildHarness, march, OUT, ROOT } from './peers/build.ts';
import type { Entry, Result } from './result.ts';

const NODE_ROUNDS = 15;

/** Versions of what was compared: the lock files', and the packages' that the headers came from. */
const versions = async (): Promise<Record<string, string>> => {
  const found: Record<string, string> = {};
  const crates = readFileSync(path.join(ROOT, 'bench/peers/Cargo.lock'), 'utf8');
  for (const [, name, version] of crates.matchAll(/name = "(rtrb|crossbeam-queue|ruvix-queue)"\nversion = "(.*)"/g)) found[name!] = version!;
  const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Record<string, { version: string }> };
  for (const name of ['ringbuf.js', 'porffor']) found[name] = lock.packages[`node_modules/${name}`]!.version;
  for (const name of ['libdpdk-dev', 'libboost-dev', 'libconcurrentqueue-dev', 'liburing-dev']) {
    const { stdout, exitCode } = await execa('dpkg-query', ['-W', '-f', '${Version}', name], { reject: false, stdin: 'ignore' });
    if (exitCode === 0) found[name] = stdout;
  }
  for (const tool of ['clang', 'cargo']) found[tool] = /\d+\.\d+\.\d+/.exec((await execa(tool, ['--version'])).stdout)![0];
  return found;
};

const column = (text: string, width: number): string => text.padEnd(width);
/** One line a row, for people. */
const line = (row: Entry): string => {
  const peers = Object.entries(row.peers).map(([name, value]) => `${name} ${value}`).join(', ');
  const figures = `${row.ours} ${row.unit} (${row.way}) / ${peers}`;
  return `${column(row.what, 58)} ${column(`${row.ratio}`, 7)} ${row.is === 'least' ? '>=' : '<='} ${column(String(row.goal), 6)}`
    + `${row.met ? 'met   ' : 'missed'} ${figures}`;
};

export const measureRatios = async (say: (text: string) => void): Promise<void> => {
  mkdirSync(OUT, { recursive: true });
  say('counting how the cost grows ...');
  writeFileSync(path.join(OUT, 'growth.json'), `${JSON.stringify(await countGrowth())}\n`);
  say('building the other queues ...');
  const harness = await buildHarness();
  const host = await measureHost(harness, say);
  const node = await measureNode(NODE_ROUNDS, 1, say);
  const result: Result = {
    date: new Date().toISOString().slice(0, 10),
    machine: {
      processor: cpus()[0]!.model, cores: cpus().length, kernel: `Linux ${release()}`, node: process.version, compiledFor: march(),
      distance: { class: host.class, ns: lineNs(host.trials, host.class) }, scheduling: host.scheduling,
    },
    versions: await versions(),
    rows: [...hostRows(host.trials, host.class), ...nodeRows(node)],
    cells: cellsOf(host.trials, host.class),
  };
  for (const row of result.rows) say(line(row));
  writeFileSync(path.join(OUT, 'ratios.json'), `${JSON.stringify(result, null, 1)}\n`);
  const { cells: _, ...told } = result;
  say(`RATIOS ${JSON.stringify(told)}`);
};
