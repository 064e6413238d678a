import { expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import type { Machine } from '../../src/machine/contract.ts';
import * as node from '../../src/machine/node.ts';
import type * as native from '../../src/machine/native.ts';

// A type error here (make typecheck) means that a machine lacks an operation or gives it another shape.
const nodeIsAMachine: Machine = node;
const nativeIsAMachine = (machine: typeof native): Machine => machine;

test('both machines export exactly the operations of the contract', () => {
  void nativeIsAMachine;
  const contract = readFileSync(new URL('../../src/machine/contract.ts', import.meta.url), 'utf8');
  const operations = [...contract.matchAll(/^ {2}(\w+)\(.*;$/gm)].map((m) => m[1]!).sort();
  expect(operations.length).toBeGreaterThan(30);
  const host = ['memory', 'waitAsync32']; // For the library, not for the kernel.
  expect(Object.keys(nodeIsAMachine).filter((name) => !host.includes(name)).sort()).toEqual(operations);
  const source = readFileSync(new URL('../../src/machine/native.ts', import.meta.url), 'utf8');
  expect([...source.matchAll(/^export const (\w+)/gm)].map((m) => m[1]!).sort()).toEqual(operations);
});
