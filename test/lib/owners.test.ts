/** In whose name threads append and hold slots: numbers are few, and go from thread to thread. */
import { threadId } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { fillBytes, load32, storeRelease32 } from '../../src/machine/node.ts';
import { OWNERS_MAX, SYSTEM_SPACES_MAX } from '../../src/kernel/layout.ts';
import { regionReserve, regionSlotAllocate } from '../../src/kernel/region.ts';
import { ownersAt, regions } from '../../src/lib/heap.ts';
import { Region } from '../../src/lib/index.ts';
import { asOwner } from '../../src/lib/owners.ts';
import { refusal } from './support.ts';

const FIRST = SYSTEM_SPACES_MAX + 1;
const word = (owner: number): number => load32(ownersAt, owner << 2);
const set = (owner: number, value: number): void => storeRelease32(ownersAt, owner << 2, value);
const own = (): number => asOwner('test', (owner) => owner);
afterEach(() => fillBytes(ownersAt, (OWNERS_MAX + 1) * 4, 0));

test('a thread has one number, that no space has, and is said to be inside only while it is', () => {
  const owner = asOwner('test', (number) => {
    expect(word(number)).toBe(-(threadId + 1));
    return number;
  });
  expect(owner).toBeGreaterThanOrEqual(FIRST);
  expect(word(owner)).toBe(threadId + 1);
  expect(own()).toBe(owner);
  expect(() => asOwner('test', () => { throw new Error('mine'); })).toThrow('mine');
  expect(word(owner)).toBe(threadId + 1);
});

test('when all are given, one of a thread that holds nothing is taken; that thread takes another when it comes back', () => {
  const lost = own();
  for (let owner = FIRST; owner <= OWNERS_MAX; owner++) if (owner !== lost) set(owner, 1000 + owner);
  set(lost, 5000); // taken from us
  const next = own();
  expect(word(next)).toBe(threadId + 1);
  expect([...Array(OWNERS_MAX + 1).keys()].filter((owner) => word(owner) === threadId + 1)).toEqual([next]);
});

test('none is taken from a thread that is inside a call, appends or has a slot', () => {
  const first = own();
  const log = Region.appendOnly(64);
  const slab = Region.slots(4, 8);
  for (let owner = FIRST; owner <= OWNERS_MAX; owner++) set(owner, -(1000 + owner));
  refusal('NO_PLACE', () => slab.allocate());
  refusal('NO_PLACE', () => log.append(new Uint8Array(1)));
  const [appends, holds, idle] = [first + 1, first + 2, first + 3].map((owner) => FIRST + (owner % (OWNERS_MAX + 1 - FIRST)));
  for (const owner of [appends!, holds!, idle!]) set(owner, 1000 + owner);
  expect(regionReserve(regions, log.number, appends!, 4)).toBeGreaterThan(0);
  expect(regionSlotAllocate(regions, slab.number, holds!)).toBeGreaterThan(0);
  expect(own()).toBe(idle);
  expect([word(appends!), word(holds!)]).toEqual([1000 + appends!, 1000 + holds!]);
  set(idle!, -1);
  expect(refusal('NO_PLACE', () => slab.allocate()).message).toBe('allocate: 991 threads hold parts of regions: recover those that have ended');
  // Recovered, they are free.
  expect(Region.recover({ thread: 999 + appends! })).toBe(4);
  expect(own()).toBe(appends);
});
