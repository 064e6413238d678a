/**
 * A kernel whose machine operations can be watched: each is noted, in order, and may be interrupted.
 *
 * It works on the same memory as the kernel that tests import, so that a fixture serves both.
 */
import * as node from '../../src/machine/node.ts';
import type { Machine } from '../../src/machine/contract.ts';
import { buildKernel, type Kernel } from './kernel.ts';

export interface Access {
  /** The operation, as in contract.ts. */
  name: string;
  /** The address; of a copy, its target. */
  address: number;
  /** The value stored or combined; of a copy, its source. */
  value: number;
}

export class Traced {
  readonly kernel: Kernel;
  accesses: Access[] = [];
  /** Called after each operation. */
  after: (access: Access) => void = () => {};

  private constructor(make: (machine: Machine) => Kernel) {
    const machine: Record<string, unknown> = {};
    for (const [name, operation] of Object.entries(node)) {
      if (typeof operation !== 'function') continue;
      const call = operation as (...values: unknown[]) => unknown;
      const block = name.startsWith('copy');
      machine[name] = (p: number, off: number, value: number, more: number): unknown => {
        const result = call(p, off, value, more);
        const access = block ? { name, address: p, value: off } : { name, address: p + off, value };
        this.accesses.push(access);
        this.after(access);
        return result;
      };
    }
    this.kernel = make(machine as unknown as Machine);
  }

  static async make(): Promise<Traced> { return new Traced(await buildKernel()); }

  /** What a call does. */
  of(call: () => void): Access[] {
    this.accesses = [];
    call();
    return this.accesses;
  }
}
