/** A seeded bug, and how lists of them are written. Elsewhere: seeded.ts, seeded-board.ts, seeded-typed.ts. */
import type { Replacement } from './program.ts';

export interface SeededBug {
  name: string;
  change: Replacement[];
  model: 'sequential' | 'weak';
  in: string[];
}

export const one = (file: string, from: string, to: string): Replacement => ({ file, from, to });
export const bug = (model: SeededBug['model'], name: string, scenarios: string[], ...change: Replacement[]): SeededBug =>
  ({ name, change, model, in: scenarios });

/** Imports one more operation of the machine. */
export const importing = (file: string, name: string): Replacement => one(file, "from '#machine';", `from '#machine';\nimport { ${name} } from '#machine';`);

