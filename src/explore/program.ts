/**
 * The kernel's own source, read for exploration: the front end of src/lower, with texts replaced where a test asks for it.
 *
 * Role: compile.ts turns the result into state machines. Elsewhere: what the subset means is src/lower's business; here its
 * output is only read. A replacement must fit exactly once, so a seeded bug cannot quietly stop applying.
 * Checked by: test/explore.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Folder } from '../lower/fold.ts';
import type { Loaded } from '../lower/load.ts';
import { link } from '../lower/link.ts';
import { lower, type Program } from '../lower/lower.ts';
import { Report } from '../lower/report.ts';
import ts from '../lower/typescript.ts';
import type TS from 'typescript';

/** One text replaced by another in one file of the project. */
export interface Replacement {
  file: string;
  from: string;
  to: string;
  /** How often `from` stands in the file, all of them replaced: 1 if absent. */
  times?: number;
}

/** A file's text replaced as a whole. */
export interface Substitute {
  file: string;
  text: string;
}

export const ROOT = path.resolve(import.meta.dirname, '../..');

const OPTIONS: TS.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2022.d.ts'],
  module: ts.ModuleKind.Preserve,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  customConditions: ['kernel'],
  strict: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  types: [],
  noEmit: true,
};

/** Parsed once for all programs: the standard library and every file nobody changed. */
const parsed = new Map<string, TS.SourceFile | undefined>();

const replaced = (replacements: readonly Replacement[], substitutes: readonly Substitute[]): Map<string, string> => {
  const texts = new Map(substitutes.map(({ file, text }) => [path.join(ROOT, file), text] as const));
  for (const { file, from, to, times = 1 } of replacements) {
    const name = path.join(ROOT, file);
    const text = texts.get(name) ?? readFileSync(name, 'utf8');
    const parts = text.split(from);
    if (parts.length !== times + 1) throw new Error(`${file}: ${parts.length - 1} times, not ${times}: ${from}`);
    texts.set(name, parts.join(to));
  }
  return texts;
};

export interface Source {
  program: Program;
  report: Report;
}

/** Loads, links and lowers `entry` (a path from the project's root) with the replacements applied. */
export const readSource = (entry: string, replacements: readonly Replacement[] = [], substitutes: readonly Substitute[] = []): Source => {
  const texts = replaced(replacements, substitutes);
  const host = ts.createCompilerHost(OPTIONS, true);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, language, ...rest): TS.SourceFile | undefined => {
    const text = texts.get(path.resolve(name));
    if (text !== undefined) return ts.createSourceFile(name, text, language, true);
    if (!parsed.has(name)) parsed.set(name, read(name, language, ...rest));
    return parsed.get(name);
  };
  const entryPath = path.join(ROOT, entry);
  const kinds = path.join(ROOT, 'src/kernel/types.d.ts');
  const program = ts.createProgram({ rootNames: [entryPath, kinds], options: OPTIONS, host });
  const report = new Report(ROOT);
  const modules = program.getSourceFiles().filter((file) => !file.isDeclarationFile);
  const loaded: Loaded = { program, checker: program.getTypeChecker(), entry: program.getSourceFile(entryPath)!, modules, report };
  const lowered = lower(loaded, link(loaded), new Folder(loaded.checker));
  if (report.failed) throw new Error(report.text());
  return { program: lowered, report };
};
