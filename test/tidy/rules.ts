/** The house rules as functions: each takes files and returns one line for each place that breaks the rule. */
import { posix } from 'node:path';
import ts from 'typescript';
import { isCode, isTypeScript, isUnder, lineAt, parse, visit, type SourceFile } from './files.ts';

export type Rule = (files: readonly SourceFile[]) => string[];

/**
 * What runs on bare metal is read most, and side by side with its listing; tools and tests may be a little wider, and the text
 * they quote does not count: a table of messages or of sources reads best one row a line.
 */
const LINE_CHARACTERS = 130;
const TOOL_LINE_CHARACTERS = 150;
const unquoted = (line: string): string => line.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "''");
const isNarrow = isUnder('src/kernel/', 'src/board/', 'src/programs/', 'src/machine/', 'boot/', 'linker/');
const FUNCTION_LINES = 70;
const FILE_LINES = 200;

/** A C fragment is one template string, pasted raw; tables of such fragments read best one operation a line. */
const isFragment = (line: string): boolean => line.includes('Porffor.c`');

/** Each line for which `test` has something to say, with file and line number. */
const eachLine = (files: readonly SourceFile[], test: (line: string, file: SourceFile) => string | undefined): string[] =>
  files.flatMap((file) => file.text.split('\n').flatMap((line, i) => {
    const said = test(line, file);
    return said === undefined ? [] : [`${file.path}:${i + 1}: ${said}`];
  }));

export const lineLength: Rule = (files) => eachLine(files.filter((file) => isCode(file) && !file.path.endsWith('.json')),
  (line, file) => {
    const fits = isNarrow(file) ? line.length <= LINE_CHARACTERS : unquoted(line).length <= TOOL_LINE_CHARACTERS;
    return fits || isFragment(line) ? undefined : `${line.length} characters`;
  });

/** layout.ts is a table to look things up in, and by its own rule the only file with offsets. */
const LONG_FILES = ['src/kernel/layout.ts'];

export const fileLength: Rule = (files) => files
  .filter((file) => isUnder('src/kernel/', 'src/board/')(file) && isTypeScript(file) && !LONG_FILES.includes(file.path))
  .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
  .flatMap(({ path, lines }) => (lines > FILE_LINES ? [`${path}: ${lines} lines`] : []));

export const functionLength: Rule = (files) => files
  .filter((file) => isUnder('src/', 'bench/')(file) && isTypeScript(file)).flatMap((file) => {
    const tree = parse(file);
    const found: string[] = [];
    visit(tree, (node) => {
      if (!ts.isFunctionLike(node)) return;
      const first = lineAt(tree, node.getStart(tree));
      const lines = lineAt(tree, node.end) - first + 1;
      if (lines > FUNCTION_LINES) found.push(`${file.path}:${first}: a function of ${lines} lines`);
    });
    return found;
  });

/** The modules a file imports or re-exports, those of the project as paths. */
export const importsOf = (file: SourceFile): string[] => {
  const found: string[] = [];
  visit(parse(file), (node) => {
    const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
    const name = ts.isImportDeclaration(node) || ts.isExportDeclaration(node) ? node.moduleSpecifier
      : isDynamic ? node.arguments[0] : undefined;
    if (name !== undefined && ts.isStringLiteral(name)) {
      found.push(name.text.startsWith('.') ? posix.join(posix.dirname(file.path), name.text) : name.text);
    }
  });
  return found;
};

const BASE = ['src/kernel/layout.ts', 'src/kernel/status.ts', 'src/kernel/count.ts'];
const PLAIN = [...BASE, '#machine'];
const step = (name: string): string => `src/kernel/path/${name}.ts`;

/** Who may import whom: the first row whose name the file's path starts with. A name that ends in / stands for a folder. */
const IMPORTS: readonly (readonly [from: string, may: readonly string[]])[] = [
  ['src/kernel/layout.ts', []],
  ['src/kernel/status.ts', []],
  ['src/kernel/count.ts', []],
  ['src/kernel/region.ts', ['src/kernel/region/']],
  ['src/kernel/region/', [...PLAIN, 'src/kernel/region/', 'src/kernel/ring.ts', 'src/kernel/credit.ts', step('3-lane')]],
  ['src/kernel/ring.ts', [...PLAIN, step('4-ring')]],
  ['src/kernel/credit.ts', [...PLAIN, 'src/kernel/ring.ts', step('3-lane')]],
  [step('2-validate'), [...PLAIN, 'src/kernel/region.ts', 'src/kernel/ring.ts', 'src/kernel/credit.ts', step('3-lane')]],
  [step('3-lane'), [...PLAIN, step('4-ring'), step('4-shared')]],
  [step('4-ring'), PLAIN],
  [step('4-shared'), [...PLAIN, step('4-ring')]],
  [step('5-wake'), PLAIN],
  // Sending and receiving are the composers; completing is sending and receiving on another queue.
  [step('1-send'), [...PLAIN, 'src/kernel/path/', 'src/kernel/region/', 'src/kernel/schema/bind.ts']],
  ['src/kernel/schema/', [...PLAIN, 'src/kernel/schema/']],
  [step('6-receive'), [...PLAIN, 'src/kernel/path/']],
  [step('7-complete'), [...PLAIN, 'src/kernel/credit.ts', step('1-send'), step('6-receive')]],
  ['src/kernel/', [...PLAIN, 'src/kernel/']],
  ['src/machine/', ['node:']],
  ['src/board/', ['#machine', 'src/machine/contract.ts', 'src/board/']],
  ['src/programs/', ['#machine', 'src/kernel/', 'src/board/', 'src/programs/']],
  ['src/lower/', ['src/lower/', 'node:', 'typescript', 'commander', 'execa']],
  ['src/explore/', ['#machine', 'src/explore/', 'src/kernel/', 'src/board/', 'src/lower/', 'src/machine/', 'node:', 'typescript', 'commander']],
  ['src/native/storm/', ['#machine', 'src/native/storm/', 'src/kernel/', 'src/board/']],
  ['src/native/', ['#machine', 'src/native/', 'src/machine/', 'src/lower/', 'src/cli/', 'qemu/', 'esbuild', 'node:', 'typescript', 'commander', 'execa']],
  ['src/wit/', ['src/wit/', 'src/kernel/layout.ts', 'src/kernel/schema/program.ts', 'node:']],
  ['src/lib/', ['#machine', 'src/kernel/', 'src/lib/', 'node:']],
  ['src/cli/', ['src/cli/', 'src/wit/', 'src/lib/', 'src/lower/', 'src/explore/', 'src/native/', 'qemu/', 'node:', 'commander', 'execa', 'serialport',
    'vitest/node']],
];

const mayImport = (allowed: string, imported: string): boolean =>
  (/[/:]$/.test(allowed) ? imported.startsWith(allowed) : imported === allowed);

/** Programs that start workers under Node are host code: they may use what Node has. */
const HOST_PROGRAM_IMPORTS = ['node:', 'src/lib/', 'src/machine/node.ts', 'commander', 'esbuild'];
const isHostProgram = (path: string): boolean => /^src\/programs\/.*node[\w.-]*\.ts$/.test(path);

const isSource = (file: SourceFile): boolean => isUnder('src/')(file) && isTypeScript(file);

export const importRules: Rule = (files) => files.filter(isSource).flatMap((file) => {
  const row = IMPORTS.find(([from]) => file.path.startsWith(from));
  if (row === undefined) return [`${file.path}: no row of the import table covers this file`];
  const allowed = isHostProgram(file.path) ? [...row[1], ...HOST_PROGRAM_IMPORTS] : row[1];
  return importsOf(file).filter((imported) => !allowed.some((one) => mayImport(one, imported)))
    .map((imported) => `${file.path}: may not import ${imported}`);
});

export const noImportCycle: Rule = (files) => {
  const graph = new Map(files.filter((file) => isUnder('src/kernel/', 'src/board/')(file) && isTypeScript(file))
    .map((file) => [file.path, importsOf(file)] as const));
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (path: string, trail: string[]): void => {
    if (trail.includes(path)) found.push(`import cycle: ${[...trail.slice(trail.indexOf(path)), path].join(' -> ')}`);
    if (done.has(path) || trail.includes(path)) return;
    for (const next of graph.get(path) ?? []) if (graph.has(next)) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) walk(path, []);
  return found;
};

/** Identifiers of one name in src, outside the places allowed. Comments do not count. */
const onlyIn = (name: string, allowed: readonly string[]): Rule => (files) => files
  .filter((file) => isSource(file) && !isUnder(...allowed)(file)).flatMap((file) => {
    const tree = parse(file);
    const found: string[] = [];
    visit(tree, (node) => {
      if (!ts.isIdentifier(node) || node.text !== name) return;
      found.push(`${file.path}:${lineAt(tree, node.getStart(tree))}: says ${name}`);
    });
    return found;
  });

export const atomicsOnlyInNodeMachine = onlyIn('Atomics', ['src/machine/node.ts']);
/** The board's processor module is native only: system registers have no meaning under Node. */
export const porfforOnlyInMachine = onlyIn('Porffor', ['src/machine/native.ts', 'src/board/processor.ts', 'src/lower/']);

/** After linking, all exports share one namespace. */
export const uniqueExports: Rule = (files) => {
  const owner = new Map<string, string>();
  const found: string[] = [];
  for (const file of files.filter((one) => isUnder('src/kernel/')(one) && isTypeScript(one))) {
    for (const [, name] of file.text.matchAll(/^export (?:const|let|function) (\w+)/gm)) {
      const first = owner.get(name!);
      if (first === undefined) owner.set(name!, file.path);
      else found.push(`${file.path}: ${name} is exported by ${first} too`);
    }
  }
  return found;
};

interface Access { path: string; line: number; name: string; label: string | undefined }
const READ_WRITES = ['compareExchange32', 'fetchAdd32', 'fetchOr32', 'fetchAnd32', 'exchange32'];
const RELEASES = ['storeRelease32', 'storeSequential32', 'storePublished32', 'fenceFull', 'fenceAll', ...READ_WRITES];
const ACQUIRES = ['loadAcquire32', 'loadSequential32', 'fenceFull', 'fenceAll', ...READ_WRITES];
const WRITES = ['storeRelaxed32', ...RELEASES];
const READS = ['loadRelaxed32', ...ACQUIRES];
const ATOMICS = new Set([...WRITES, ...READS]);

/** Every call of an atomic operation in the kernel, with the label at the end of its line. */
export const atomicAccesses = (files: readonly SourceFile[]): Access[] => files
  .filter((file) => isUnder('src/kernel/')(file) && isTypeScript(file)).flatMap((file) => {
    const tree = parse(file);
    const lines = file.text.split('\n');
    const found: Access[] = [];
    visit(tree, (node) => {
      if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || !ATOMICS.has(node.expression.text)) return;
      const line = lineAt(tree, node.end);
      const label = /\/\/ \[(\w+)\]/.exec(lines[line - 1]!)?.[1];
      found.push({ path: file.path, line, name: node.expression.text, label });
    });
    return found;
  });

/** Labels one side of which is outside the kernel, and why that is right. */
const HALF_OUTSIDE: Record<string, string> = {
  descriptor: 'the record belongs to the caller, who may be rewriting it; each word is read once, and none is trusted',
};

export const orderLabels: Rule = (files) => {
  const accesses = atomicAccesses(files);
  const found = accesses.filter(({ label }) => label === undefined)
    .map(({ path, line, name }) => `${path}:${line}: ${name} without an order label`);
  const kernel = files.filter((file) => isUnder('src/kernel/')(file));
  const comments = kernel.flatMap(({ text }) => [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].map(([comment]) => comment)).join('\n');
  for (const label of new Set(accesses.flatMap((access) => access.label ?? []))) {
    const names = accesses.filter((access) => access.label === label).map(({ name }) => name);
    const has = (side: readonly string[]): boolean => names.some((name) => side.includes(name));
    const needs = (one: readonly string[], other: readonly string[], what: string): void => {
      const plain = names.filter((name) => one.includes(name) && !READ_WRITES.includes(name) && !name.startsWith('fence'));
      if (plain.length > 0 && !has(other)) found.push(`[${label}]: ${plain[0]} has no ${what} side`);
    };
    if (!comments.includes(`[${label}]`)) found.push(`[${label}]: no module header explains it`);
    if (label in HALF_OUTSIDE) continue;
    needs(WRITES, READS, 'reading');
    needs(READS, WRITES, 'writing');
    needs(['storeRelease32', 'storeSequential32'], ACQUIRES, 'acquiring');
    needs(['loadAcquire32', 'loadSequential32'], RELEASES, 'releasing');
  }
  return found;
};

export const statusesDocumented: Rule = (files) => {
  const status = files.find(({ path }) => path === 'src/kernel/status.ts');
  const tests = files.filter(({ path }) => /^test\/.*\.test\.ts$/.test(path)).map(({ text }) => text).join('\n');
  if (status === undefined) return ['src/kernel/status.ts is missing'];
  const lines = status.text.split('\n');
  return lines.flatMap((line, i) => {
    const name = /^export const (STATUS_\w+)/.exec(line)?.[1];
    if (name === undefined) return [];
    const found: string[] = [];
    if (name !== 'STATUS_OK' && !/\*\/\s*$/.test(lines[i - 1] ?? '')) found.push(`${name}: no comment above it`);
    if (!new RegExp(`\\b${name}\\b`).test(tests)) found.push(`${name}: no test names it`);
    return found;
  });
};

/** Folders of one machine, and servers packages come from: neither belongs into the project. */
const MACHINE_PATH = /(?<![\w.])\/(?:work|home|root|Users|mnt)\/[\w.-]/;
/** By this name Cargo's lock files call the registry, whichever server it is reached at. */
const CARGO_REGISTRY = 'registry+https://github.com/rust-lang/crates.io-index';
const SERVER = /registry\.npmjs|npmmirror\.|deb\.debian\.|archive\.ubuntu\.|pypi\.org|files\.pythonhosted|\bcrates\.io/;

export const noMachineTraces: Rule = (files) => eachLine(files, (line) =>
  (MACHINE_PATH.test(line) ? 'names a folder of one machine' : SERVER.test(line.replace(CARGO_REGISTRY, '')) ? 'names a package server' : undefined));

/** Marks of work left undone, and tests that keep the others from running. */
const UNFINISHED = /\b(?:TODO|FIXME|XXX)\b/;
const EXCLUSIVE = /\b(?:test|it|describe)\.only\(/;

export const nothingUnfinished: Rule = (files) => eachLine(files.filter((file) => isCode(file) && !isUnder('test/tidy')(file)),
  (line) => (UNFINISHED.test(line) || EXCLUSIVE.test(line) ? line.trim() : undefined));

/** Test files and folders that a comment or a document names must be there: "Checked by" is a promise. A beginning is enough. */
export const namedTestsExist: Rule = (files) => {
  const paths = files.map(({ path }) => path);
  return files.filter((file) => isUnder('src/', 'boot/', 'bench/', 'docs/', 'README.md')(file) && !file.path.endsWith('.json'))
    .flatMap(({ path, text }) => [...text.matchAll(/(?<![\w/.])test\/[\w/.-]*\w/g)].map(([name]) => ({ path, name })))
    .filter(({ name }) => !paths.some((one) => one.startsWith(name)))
    .map(({ path, name }) => `${path}: names ${name}, which is not there`);
};

/** `make` targets that a document names must be in the Makefile, each with its line of description. */
export const namedTargetsExist: Rule = (files) => {
  const makefile = files.find(({ path }) => path === 'Makefile');
  if (makefile === undefined) return ['Makefile is missing'];
  const targets = new Set([...makefile.text.matchAll(/^([a-z][\w-]*):.*## /gm)].map(([, name]) => name!));
  return files.filter(({ path }) => path.endsWith('.md'))
    .flatMap(({ path, text }) => [...text.matchAll(/(?:`|^\s*\$? ?)make ([a-z][\w-]*)/gm)]
      .map(([, name]) => ({ path, name: name! })))
    .filter(({ name }) => !targets.has(name))
    .map(({ path, name }) => `${path}: make ${name} is no described target of the Makefile`);
};
