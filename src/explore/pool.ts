/**
 * Works off the pieces of an exploration in several processes, and keeps each result in a file, so that a run that was interrupted goes on
 * where it was.
 *
 * Memory: build/explore/CHOICE.jsonl, a result a line, with a hash of the explorer and of the state machines it ran: a result of another
 *   source is never taken over. A run that comes to its end leaves the file as finished-CHOICE.jsonl, and the next one begins anew.
 * Fails: a process that dies ends the run with an error that names its piece. Checked by: test/explore/pool.test.ts.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './program.ts';
import type { ProgramName } from './scenario.ts';
import { SEEDED } from './seeded.ts';
import { compileProgram, scenarioNamed } from './suite.ts';
import { type Choice, keyOf, type Piece, piecesOf, type Result } from './work.ts';

export interface ToWorker { piece: Piece; choice: Choice }
interface Progress { scenario: string; states: number; seconds: number }
export type FromWorker = { result: Result } | { progress: Progress };

export interface Telling {
  /** A piece is done; or was, by the run that was interrupted. */
  result(result: Result, done: number, all: number, isOld: boolean): void;
  progress(progress: Progress): void;
}

/** Files of the explorer that only tell, or only list seeded bugs, which are looked at by themselves. */
const TELLING = /^(?:coverage|unexplored|counted|replay|pool|work|worker|steps|seeded.*)\.ts$/;

/** A hash of all that a piece's result depends on: the state machines it runs, the explorer, and the bug it looks for. */
class Sources {
  private readonly explorer: string;
  private readonly programs = new Map<ProgramName, string>();

  constructor() {
    const folder = path.join(ROOT, 'src/explore');
    this.explorer = readdirSync(folder).sort().filter((name) => !TELLING.test(name))
      .map((name) => name + readFileSync(path.join(folder, name), 'utf8')).join('\n');
  }

  private program(name: ProgramName): string {
    let text = this.programs.get(name);
    if (text === undefined) {
      const { functions, addresses, pure } = compileProgram(name);
      this.programs.set(name, text = [functions, addresses, pure].join('\n'));
    }
    return text;
  }

  of(piece: Piece): string {
    const bug = piece.kind === 'seeded' ? SEEDED.find(({ name }) => name === piece.name)! : undefined;
    const { program = 'kernel' } = scenarioNamed(bug ? bug.in[0]! : piece.name);
    return createHash('sha256').update([this.explorer, this.program(program), JSON.stringify(bug ?? '')].join('\n')).digest('hex').slice(0, 12);
  }
}

const choiceName = ({ deep, only, seed }: Choice): string =>
  [deep ? 'deep' : 'short', ...(only === '' ? [] : [only.replace(/\W+/g, '_')]), ...(seed === 1 ? [] : [`seed${seed}`])].join('-');

/** A result as it is kept. */
export type Kept = Result & { source: string };

/** The results that a file holds; a last line that was cut off does not count. */
export const readResults = (file: string): Kept[] => (existsSync(file) ? readFileSync(file, 'utf8') : '').split('\n').flatMap((line) => {
  if (!line.endsWith('}')) return [];
  try {
    return [JSON.parse(line) as Kept];
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
  private readonly sources = new Sources();
  readonly results: Result[] = [];

  constructor(choice: Choice, telling: Telling, file: string) {
    this.choice = choice;
    this.telling = telling;
    this.file = file;
    const pieces = piecesOf(choice);
    this.all = pieces.length;
    const kept = readResults(file);
    const old = pieces.flatMap((piece) => kept.find((one) => keyOf(one) === keyOf(piece) && one.source === this.sources.of(piece)) ?? []);
    const known = new Set(old.map(keyOf));
    this.open = pieces.filter((piece) => !known.has(keyOf(piece)));
    for (const result of old) this.take(result, true);
    // What was cut off must not become part of the next line.
    if (kept.length > 0) appendFileSync(file, '\n');
  }

  private take(result: Result, isOld: boolean): void {
    this.results.push(result);
    if (!isOld) appendFileSync(this.file, `${JSON.stringify({ ...result, source: this.sources.of(result) } satisfies Kept)}\n`);
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
    const end = (): never => {
      for (const child of this.children) child.kill();
      process.exit(1);
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
    try {
      await Promise.all(Array.from({ length: Math.min(processes, this.open.length) }, () => this.work()));
    } finally {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, end);
      for (const child of this.children) child.kill();
    }
    return this.results;
  }
}

/** Explores what was chosen, in so many processes. */
export const explore = async (choice: Choice, processes: number, telling: Telling, folder = path.join(ROOT, 'build/explore')): Promise<Result[]> => {
  mkdirSync(folder, { recursive: true });
  const name = choiceName(choice);
  const file = path.join(folder, `${name}.jsonl`);
  const results = await new Pool(choice, telling, file).run(processes);
  if (existsSync(file)) renameSync(file, path.join(folder, `finished-${name}.jsonl`));
  return results;
};
