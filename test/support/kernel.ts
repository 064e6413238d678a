/**
 * Builds the shipped kernel sources against any machine, with or without edits to their text.
 *
 * Role: the explorer runs the kernel on its own machine, and tests show that they can fail by running a kernel with a seeded bug.
 *   An edit replaces a piece of text that occurs exactly once in its file: an edit that no longer fits is an error, not a silent
 *   no-op. Nothing is written to disk.
 */
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { Machine } from '../../src/machine/contract.ts';
import type * as queueModule from '../../src/kernel/queue.ts';
import type * as capabilityModule from '../../src/kernel/capability.ts';
import type * as regionModule from '../../src/kernel/region.ts';
import type * as ringModule from '../../src/kernel/ring.ts';
import type * as lanePathModule from '../../src/kernel/path/3-lane.ts';
import type * as ringPathModule from '../../src/kernel/path/4-ring.ts';

export type Kernel = typeof queueModule & typeof regionModule & typeof capabilityModule & typeof ringModule & typeof lanePathModule
  & typeof ringPathModule;

export interface Edit {
  /** Path below src/kernel. */
  file: string;
  from: string;
  to: string;
}

const FOLDER = resolve(import.meta.dirname, '../../src/kernel');

const ENTRY = ['queue', 'region', 'capability', 'ring', 'path/3-lane', 'path/4-ring'].map((name) => `export * from './${name}.ts';`).join('\n');

const edited = (path: string, edits: readonly Edit[]): string => {
  let text = readFileSync(path, 'utf8');
  for (const edit of edits) {
    if (resolve(FOLDER, edit.file) !== path) continue;
    const pieces = text.split(edit.from);
    if (pieces.length !== 2) throw new Error(`${edit.file}: found ${pieces.length - 1} times, not once: ${edit.from}`);
    text = pieces.join(edit.to);
  }
  return text;
};

/** A function that makes an instance of the kernel, with these edits, on a machine. */
export const buildKernel = async (edits: readonly Edit[] = []): Promise<(machine: Machine) => Kernel> => {
  const used = new Set<string>();
  const operations = [...readFileSync(resolve(FOLDER, '../machine/contract.ts'), 'utf8').matchAll(/^ {2}(\w+)\(.*;$/gm)];
  const result = await build({
    stdin: { contents: ENTRY, resolveDir: FOLDER, loader: 'ts' },
    bundle: true, write: false, format: 'iife', globalName: 'KERNEL', logLevel: 'silent',
    plugins: [{
      name: 'kernel',
      setup(plugin) {
        plugin.onResolve({ filter: /^#machine$/ }, () => ({ path: 'machine', namespace: 'machine' }));
        plugin.onLoad({ filter: /.*/, namespace: 'machine' }, () => ({
          contents: operations.map((match) => `export const ${match[1]} = MACHINE.${match[1]};`).join('\n'),
        }));
        plugin.onLoad({ filter: /\.ts$/ }, ({ path }) => {
          used.add(relative(FOLDER, path));
          return { contents: edited(path, edits), loader: 'ts' };
        });
      },
    }],
  });
  for (const edit of edits) if (!used.has(edit.file)) throw new Error(`${edit.file} is not part of the kernel`);
  const make = new Function('MACHINE', `${result.outputFiles[0]!.text}\nreturn KERNEL;`) as (machine: Machine) => Kernel;
  return make;
};
