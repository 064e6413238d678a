/** The files of the project as text, and those in TypeScript parsed once. */
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export interface SourceFile {
  /** From the project's root, with forward slashes. */
  path: string;
  text: string;
}

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Everything committed, and what is about to be: files git neither has nor ignores. */
export const projectFiles = (): SourceFile[] => {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: root, encoding: 'utf8' });
  return [...new Set(listed.split('\0'))]
    .filter((path) => path !== '' && existsSync(join(root, path)) && lstatSync(join(root, path)).isFile())
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
    .filter(({ text }) => !text.includes('\0'));
};

const parsed = new WeakMap<SourceFile, ts.SourceFile>();
export const parse = (file: SourceFile): ts.SourceFile => {
  let tree = parsed.get(file);
  if (tree === undefined) {
    tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2022, true);
    parsed.set(file, tree);
  }
  return tree;
};

export const isCode = ({ path }: SourceFile): boolean =>
  /^(src|test|bench|boot|linker|qemu)\/.*\.(ts|mts|c|h|S|ld|sh|json)$|^Makefile$|^\.ci\/|^[^/]+\.ts$/.test(path);
export const isTypeScript = ({ path }: SourceFile): boolean => /\.ts$/.test(path);
export const isUnder = (...folders: string[]) => ({ path }: SourceFile): boolean =>
  folders.some((folder) => path.startsWith(folder));

/** 1-based line of a position. */
export const lineAt = (tree: ts.SourceFile, position: number): number =>
  tree.getLineAndCharacterOfPosition(position).line + 1;

export const visit = (node: ts.Node, each: (node: ts.Node) => void): void => {
  each(node);
  ts.forEachChild(node, (child) => visit(child, each));
};
