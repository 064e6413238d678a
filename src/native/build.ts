/**
 * Native builds beside those of make: the C of src/lower once more through clang, with other flags or another text around it.
 *
 * Role: what the atomic-site table, ThreadSanitizer, the soak and the seeded schedules compile. The kernel's source and Porffor's C are
 *   those of every other build; what differs is said by flags and by `prefix`, C text in front.
 * Fails: throws with what the tool said. Checked by: test/native.
 */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { clang, type Target } from '../lower/clang.ts';
import { build } from '../lower/main.ts';
import { Report } from '../lower/report.ts';

export const ROOT = path.join(import.meta.dirname, '../..');

/** Lowers `entry` and returns the path of the C, `base`.c; its header is `base`.pre.h. */
export const lowerTo = async (entry: string, base: string, target: Target): Promise<string> => {
  mkdirSync(path.dirname(base), { recursive: true });
  const report = await build(entry, { output: `${base}.o`, target, O: '2', keep: true });
  if (report.failed) throw new Error(report.text());
  return `${base}.c`;
};

/** Compiles a C file of src/lower, with more flags for clang and with C text in front of it. */
export const compileC = async (c: string, object: string, target: Target, flags: string[], prefix = ''): Promise<void> => {
  const before = c.replace(/\.c$/, '.pre.h');
  const header = prefix === '' ? before : object.replace(/\.o$/, '.pre.h');
  if (prefix !== '') writeFileSync(header, readFileSync(before, 'utf8') + prefix);
  const report = new Report(ROOT);
  await clang(c, header, object, target, '2', report, flags);
  if (report.failed) throw new Error(report.text());
};

/** One text of the sources replaced by another; it must stand there exactly `times` times, once if absent. */
export interface Change {
  file: string;
  from: string;
  to: string;
  times?: number;
}

/** A copy of the project's sources below `folder`, with changes: for tests that show a check can fail. */
export const changedSources = (folder: string, changes: readonly Change[]): string => {
  for (const name of ['src', 'package.json', 'tsconfig.json']) cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  for (const { file, from, to, times = 1 } of changes) {
    const at = path.join(folder, file);
    const parts = readFileSync(at, 'utf8').split(from);
    if (parts.length !== times + 1) throw new Error(`${file}: stands there ${parts.length - 1} times, not ${times}: ${from}`);
    writeFileSync(at, parts.join(to));
  }
  return folder;
};
