/**
 * First pass: read the sources and let TypeScript itself check them.
 *
 * The program is type-checked with the project's strict options plus the import condition `kernel`, so `#machine` means the
 * native machine. No Node types: what a kernel module can name is what it imports.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type TS from 'typescript';
import { Report } from './report.ts';
import ts from './typescript.ts';

export interface Loaded {
  program: TS.Program;
  checker: TS.TypeChecker;
  entry: TS.SourceFile;
  /** Every module of the project that the entry reaches, imported ones first. */
  modules: TS.SourceFile[];
  report: Report;
}

const OPTIONS: TS.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es5.d.ts', 'lib.es2015.core.d.ts'],
  module: ts.ModuleKind.Preserve,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  customConditions: ['kernel'],
  strict: true,
  noImplicitReturns: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  types: [],
  noEmit: true,
};

/** The ambient kinds i32, u32, f64, i64 and text. */
const KINDS = path.resolve(import.meta.dirname, '../kernel/types.d.ts');

/** The nearest folder above with a package.json: paths in messages and debug information start there. */
export const projectRoot = (entry: string): string => {
  for (let folder = path.dirname(path.resolve(entry)); ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'package.json'))) return folder;
    if (folder === path.dirname(folder)) return path.dirname(path.resolve(entry));
  }
};

export const load = (entryName: string): Loaded => {
  const entryPath = path.resolve(entryName);
  const report = new Report(projectRoot(entryPath));
  const program = ts.createProgram({ rootNames: [entryPath, KINDS], options: OPTIONS });
  const entry = program.getSourceFile(entryPath);
  for (const diagnostic of ts.getPreEmitDiagnostics(program)) report.typescript(diagnostic);
  if (!entry) throw new Error(`${entryName} cannot be read`);
  const modules = program.getSourceFiles().filter((file) => !file.isDeclarationFile);
  return { program, checker: program.getTypeChecker(), entry, modules, report };
};
