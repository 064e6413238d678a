/**
 * Works off the pieces of an exploration in several processes, and keeps each result in a file, so that a run that was interrupted goes on
 * where it was.
 *
 * Memory: build/explore/CHOICE-SOURCES.jsonl, a result a line; SOURCES is a hash of everything that is explored, so results of another
 *   source are never taken over. A run that comes to its end leaves it as finished-CHOICE.jsonl, and the next one begins anew.
 * Fails: a process that dies ends the run with an error that names its piece. Checked by: test/explore/pool.test.ts.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './program.ts';
import { type Choice, keyOf, type Piece, piecesOf, type Result } from './work.ts';

export interface ToWorker { piece: Piece; choice: Choice }
interface Progress { scenario: string; states: number; seconds: number }
export type FromWorker = { result: Result } | { progress: Progress };

export interface Telling {
  /** A piece is done; or was, by the run that was interrupted. */
  result(result: Result, done: number, all: number, isOld: boolean): void;
  progress(progress: Progress): void;
}

const SOURCES = ['src/kernel', 'src/board', 'src/machine', 'src/lower', 'src/explore'];

const hashOfSources = (): string => {
  const hash = createHash('sha256');
  for (const folder of SOURCES) {
    for (const name of readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }).sort()) {
      if (name.endsWith('.ts')) hash.update(`${folder}/${name}\n`).update(readFileSync(path.join(ROOT, folder, name)));
    }
  }
  return hash.digest('hex').slice(0, 12);
};

const choiceName = ({ deep, only, seed }: Choice): string =>
  [deep ? 'deep' : 'short', ...(only === '' ? [] : [only.replace(/\W+/g, '_')]), ...(seed === 1 ? [] : [`seed${seed}`])].join('-');

/** The results that a file holds; a last line that was cut off does not count. */
export const readResults = (file: string): Result[] => (existsSync(file) ? readFileSync(file, 'utf8') : '').split('\n').flatMap((line) => {
  if (!line.endsWith('}')) return [];
  try {
    return [JSON.parse(line) as Result];
  } catch {
    return [];
  }
});

class Pool {
  private readonly choice: Choice;
  private readonly telling: Telling;
  private readonly file: string;
  private readonly open: Piece[];
  private readonly all: number;
  private readonly children = new Set<ChildProcess>();
  readonly results: Result[] = [];

  constructor(choice: Choice, telling: Telling, file: string) {
    this.choice = choice;
    this.telling = telling;
    this.file = file;
    const pieces = piecesOf(choice);
    this.all = pieces.length;
    const old = new Map(readResults(file).map((result) => [keyOf(result), result] as const));
    this.open = pieces.filter((piece) => !old.has(keyOf(piece)));
    for (const piece of pieces) {
      const result = old.get(keyOf(piece));
      if (result) this.take(result, true);
    }
    // What was cut off must not become part of the next line.
    if (old.size > 0) appendFileSync(file, '\n');
  }

  private take(result: Result, isOld: boolean): void {
    this.results.push(result);
    if (!isOld) appendFileSync(this.file, `${JSON.stringify(result)}\n`);
    this.telling.result(result, this.results.length, this.all, isOld);
  }

  /** One process, until nothing is left to do. */
  private work(): Promise<void> {
    const child = fork(path.join(ROOT, 'src/explore/worker.ts'), { execArgv: ['--import', 'tsx'] });
    this.children.add(child);
    return new Promise((resolve, reject) => {
      let piece: Piece | undefined;
      const next = (): void => {
        piece = this.open.shift();
        if (piece) child.send({ piece, choice: this.choice } satisfies ToWorker);
        else child.disconnect();
      };
      child.on('message', (message: FromWorker) => {
        if ('progress' in message) return this.telling.progress(message.progress);
        try {
          this.take(message.result, false);
          next();
        } catch (error) {
          reject(error as Error);
        }
      });
      child.on('error', reject);
      child.on('exit', (code, signal) => {
        this.children.delete(child);
        if (piece) reject(new Error(`the process that explored "${keyOf(piece)}" ended with ${signal ?? `status ${code}`}`));
        else resolve();
      });
      next();
    });
  }

  async run(processes: number): Promise<Result[]> {
    try {
      await Promise.all(Array.from({ length: Math.min(processes, this.open.length) }, () => this.work()));
    } finally {
      for (const child of this.children) child.kill();
    }
    return this.results;
  }
}

/** Explores what was chosen, in so many processes. */
export const explore = async (choice: Choice, processes: number, telling: Telling, folder = path.join(ROOT, 'build/explore')): Promise<Result[]> => {
  mkdirSync(folder, { recursive: true });
  const name = choiceName(choice);
  const file = path.join(folder, `${name}-${hashOfSources()}.jsonl`);
  const results = await new Pool(choice, telling, file).run(processes);
  if (existsSync(file)) renameSync(file, path.join(folder, `finished-${name}.jsonl`));
  return results;
};
