/**
 * How these tests run the lowering: from sources in text to an object, a program, or the errors.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa, type Result } from 'execa';
import { afterAll } from 'vitest';
import { build, type Options } from '../../src/lower/main.ts';
import type { Report } from '../../src/lower/report.ts';

export const ROOT = path.resolve(import.meta.dirname, '../..');
const HOST_RUNTIME = path.join(ROOT, 'src/lower/runtime/host.c');

/** A folder of its own inside the project (for `#machine`), removed when the file's tests are over. */
export const temporaryFolder = (name: string): string => {
  const parent = path.join(ROOT, 'build/test-lower');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(path.join(parent, `${name}-`));
  afterAll(() => { rmSync(folder, { recursive: true, force: true }); });
  return folder;
};

/** Writes the files into the folder and returns the path of the first. */
export const writeSources = (folder: string, files: Record<string, string>): string => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return path.join(folder, Object.keys(files)[0]!);
};

/** Lowers in this process. */
export const lowerFile = (entry: string, output: string, options: Partial<Options> = {}): Promise<Report> =>
  build(entry, { target: 'host', O: '2', keep: true, ...options, output });

/** Runs the command as make does. */
export const lowerCommand = (entry: string, output: string, options: string[] = [], env: Record<string, string> = {}): Promise<Result> =>
  execa('node', ['--import', 'tsx', 'src/lower/main.ts', entry, '-o', output, ...options], { cwd: ROOT, env, reject: false }) as Promise<Result>;

/** Links a host object with the host runtime, and with a C driver if there is one. */
export const linkHost = async (object: string, program: string, driver?: string): Promise<void> => {
  await execa('clang', ['-O1', '-no-pie', object, ...(driver === undefined ? [] : [driver]), HOST_RUNTIME, '-lpthread', '-o', program]);
};
