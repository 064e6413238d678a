/** STATUS_AGAIN: a receive that loses every one of its tries to another receiver of the same lane gives up, and harms nothing. */
import { expect, test, vi } from 'vitest';
import * as kernel from '../../src/kernel/queue.ts';
import { PRIORITY_NORMAL } from '../../src/kernel/layout.ts';
import { STATUS_AGAIN } from '../../src/kernel/status.ts';
import { Fixture, STARTS, reset } from '../support/fixture.ts';

const hook = vi.hoisted(() => ({ afterCopy: (): void => {} }));
vi.mock('../../src/machine/node.ts', async (original) => {
  const real = await original<typeof import('../../src/machine/node.ts')>();
  return {
    ...real,
    copyRacing: (target: number, source: number, bytes: number): void => {
      real.copyRacing(target, source, bytes);
      hook.afterCopy();
    },
  };
});

/** Tries of one receive (src/kernel/path/4-ring.ts). */
const TRIES = 64;

test.each(STARTS)('from position %i: the other receiver takes each message between the copy and the claim', (start) => {
  reset();
  const fixture = Fixture.attached({ receivers: 2, ringSize: 128, start });
  for (let i = 0; i <= TRIES; i++) expect(fixture.send(0, PRIORITY_NORMAL, [i, 0, 0, 0])).toBe(0);
  const taken: number[] = [];
  let inside = false;
  hook.afterCopy = () => {
    if (inside) return;
    inside = true;
    taken.push(fixture.receive(1).data[0]!);
    inside = false;
  };
  const status = kernel.queueReceive(fixture.receivers[0]!, fixture.target, 64);
  hook.afterCopy = () => {};
  expect(status).toBe(STATUS_AGAIN);
  expect(taken).toEqual(Array.from({ length: TRIES }, (_, i) => i));
  expect(fixture.receive(0)).toMatchObject({ status: 4, data: Uint8Array.of(TRIES, 0, 0, 0) });
  expect(fixture.receive(0).status).toBe('STATUS_EMPTY');
});
