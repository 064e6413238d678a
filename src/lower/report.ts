/**
 * The errors of a run, collected and printed the way tsc prints them.
 *
 * Role: every pass adds to one Report; main stops between passes if anything was added, so one run tells everything it can.
 * Order: errors come out by file, then position; the same place and code is told once.
 */
import path from 'node:path';
import type TS from 'typescript';
import { HELP } from './codes.ts';
import ts from './typescript.ts';

export interface Entry {
  file: string;
  line: number;
  column: number;
  code: string;
  message: string;
  help: string;
}

export class Report {
  readonly entries: Entry[] = [];
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** The path as messages and debug information tell it: from the project's root, with forward slashes. */
  pathOf(fileName: string): string {
    return path.relative(this.root, fileName).split(path.sep).join('/');
  }

  lineOf(node: TS.Node): number {
    const file = node.getSourceFile();
    return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
  }

  /** Adds one of our own errors at the start of `node`. */
  at(node: TS.Node, code: keyof typeof HELP, message: string): void {
    const file = node.getSourceFile();
    const place = file.getLineAndCharacterOfPosition(node.getStart(file));
    this.add({ file: this.pathOf(file.fileName), line: place.line + 1, column: place.character + 1, code, message, help: HELP[code]! });
  }

  /** Adds an error that has no place in a source. */
  general(code: keyof typeof HELP, message: string): void {
    this.add({ file: '', line: 0, column: 0, code, message, help: HELP[code]! });
  }

  /** Adds one of TypeScript's own. */
  typescript(diagnostic: TS.Diagnostic): void {
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n  ');
    const code = `TS${diagnostic.code}`;
    if (!diagnostic.file) {
      this.add({ file: '', line: 0, column: 0, code, message, help: '' });
      return;
    }
    const place = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start ?? 0);
    const file = this.pathOf(diagnostic.file.fileName);
    this.add({ file, line: place.line + 1, column: place.character + 1, code, message, help: '' });
  }

  private add(entry: Entry): void {
    const same = (e: Entry): boolean =>
      e.file === entry.file && e.line === entry.line && e.column === entry.column && e.code === entry.code && e.message === entry.message;
    if (!this.entries.some(same)) this.entries.push(entry);
  }

  get failed(): boolean {
    return this.entries.length > 0;
  }

  text(): string {
    const order = [...this.entries].sort((a, b) =>
      a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column);
    const one = (e: Entry): string => {
      const place = e.file === '' ? '' : `${e.file}:${e.line}:${e.column} - `;
      return `${place}error ${e.code}: ${e.message}\n${e.help === '' ? '' : `  ${e.help}\n`}`;
    };
    return `${order.map(one).join('')}\n${order.length} error${order.length === 1 ? '' : 's'}.\n`;
  }
}
