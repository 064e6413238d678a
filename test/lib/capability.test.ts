/** Capabilities as a user of the library sees them: in one thread, with hostile arguments, and between threads. */
import { threadId } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { capabilityAt } from '../../src/kernel/capability/space.ts';
import { CAPABILITY_HANDLE } from '../../src/kernel/layout.ts';
import { Capability, memoryUsage, Queue, Region, Schema, Space, rights, type Right, type SpaceHandle } from '../../src/lib/index.ts';
import { load32 } from '../../src/machine/node.ts';
import { compileWit } from '../wit/support.ts';
import { bytes, inWorker, pause, refusal, rejection, text } from './support.ts';

type Library = typeof import('../../src/lib/index.ts');
const root = Space.root();
/** Spaces stay, and a process has 32: the tests of this thread share two. */
const targets = [root.createSpace(), root.createSpace()];
const [one, two] = targets.map((target) => Space.from(target.handle)) as [Space, Space];
/** Passes on by the root, and gives the capability as the other space has it. */
const given = (cap: Capability, to: 0 | 1, which: readonly Right[], badge?: number): Capability =>
  [one, two][to]!.capability(cap.grant(targets[to]!, { rights: which, ...(badge === undefined ? {} : { badge }) }));

describe('the root space', () => {
  test('is one, of the thread that asks first', async () => {
    expect(Space.root().number).toBe(1);
    expect([root.system.type, root.regions.type, root.self.type]).toEqual(['system', 'regions', 'space']);
    expect(root.system.rights).toEqual(rights);
    const { result } = inWorker(({ Space: S }: Library): string => {
      try {
        S.root();
        return 'had it';
      } catch (error) {
        return (error as Error).message;
      }
    }, 0);
    await expect(result).resolves.toBe(`Space.root: the space is thread ${threadId}'s`);
    for (const first of [() => one.system, () => one.regions, () => one.self, () => one.createSpace(), () => one.createQueue()]) {
      refusal('NO_CAPABILITY', first);
    }
  });

  test('hands out spaces by handle, each to one thread', () => {
    expect(one.number).toBe(2);
    expect(Space.from(targets[0]!.handle).number).toBe(2);
    const { handle } = targets[0]!;
    const numbers = [0, 31, 33].map((region) => ({ ...handle, region }));
    for (const wrong of [undefined, null, 5, {}, { ...handle, type: 'x' }, ...numbers, Queue.create().handle]) {
      refusal('BAD_HANDLE', () => Space.from(wrong as never));
    }
    refusal('FOREIGN_HANDLE', () => Space.from({ ...handle, memory: 'other' }));
    refusal('NO_RIGHT', () => root.system.handle);
  });

  test('makes queues and regions only by a capability to do so', () => {
    const may = one.capability(root.regions.grant(targets[0]!, { rights: ['write'] }));
    const queue = one.createQueue({ by: may, ringSize: 4 });
    expect([queue.type, queue.rights, queue.depth]).toEqual(['queue', rights, 1]);
    queue.destroy();
    refusal('BAD_ARGUMENT', () => one.createQueue({ by: root.regions }));
    refusal('BAD_ARGUMENT', () => one.createQueue({ by: 65 as never }));
    refusal('BAD_ARGUMENT', () => one.createQueue({ by: may, ringSize: 3 }));
    const read = one.capability(root.regions.grant(targets[0]!, { rights: ['read'] }));
    for (const make of [
      () => one.createQueue({ by: read }), () => one.createImmutable(bytes(1), { by: read }), () => one.createAppendOnly(8, { by: read }),
      () => one.createWritable(8, { by: read }), () => one.createSlots(1, 8, { by: read }), () => one.createSpace({ by: read }),
    ]) refusal('NO_RIGHT', make);
    may.drop();
    refusal('NO_CAPABILITY', () => one.createQueue({ by: may }));
    read.drop();
  });
});

describe('passing on', () => {
  test('gives equal or fewer rights, and says what was given', () => {
    const queue = root.createQueue();
    const less = given(queue, 0, ['write', 'grant'], 7);
    expect([less.type, less.rights, less.badge, less.depth]).toEqual(['queue', ['write', 'grant'], 7, 1]);
    const on = one.capability(targets[1]!.grant(targets[0]!, { rights: ['write'] }));
    refusal('NO_RIGHT', () => less.grant(on, { rights: ['read'] }));
    refusal('NO_RIGHT', () => less.grant(on, { badge: 8 }));
    const same = two.capability(less.grant(on));
    expect([same.rights, same.badge, same.depth]).toEqual([['write', 'grant'], 7, 2]);
    const once = given(queue, 0, ['read', 'grantOnce']);
    const last = two.capability(once.grant(on));
    expect(last.rights).toEqual(['read']);
    refusal('NO_RIGHT', () => last.grant(last));
    refusal('NO_RIGHT', () => once.grant(on, { rights: ['grantOnce'] }));
    for (const wrong of [[], ['all'], 'read', 31, [1], null, ['read', 'toString']]) refusal('BAD_ARGUMENT', () => queue.grant(targets[0]!, { rights: wrong as never }));
    for (const wrong of [-1, 1.5, 2 ** 31, '7', null]) refusal('BAD_ARGUMENT', () => queue.grant(targets[0]!, { badge: wrong as never }));
    for (const wrong of [undefined, null, 67, targets[0]!.handle, on, {}]) refusal('BAD_ARGUMENT', () => queue.grant(wrong as never));
    refusal('BAD_ARGUMENT', () => queue.grant(targets[0]!, 'all' as never));
    refusal('NO_RIGHT', () => queue.grant(queue));
    expect(queue.revoke()).toBe(4);
    on.drop();
    queue.destroy();
  });

  test('goes eight deep', () => {
    const queue = root.createQueue();
    const to = [one.capability(targets[1]!.grant(targets[0]!, { rights: ['write'] })), two.capability(targets[0]!.grant(targets[1]!, { rights: ['write'] }))];
    let cap = given(queue, 0, rights);
    for (let depth = 2; depth <= 8; depth++) {
      cap = [one, two][(depth - 1) % 2]!.capability(cap.grant(to[depth % 2]!));
      expect(cap.depth).toBe(depth);
    }
    refusal('TOO_DEEP', () => cap.grant(to[1]!));
    expect(queue.revoke()).toBe(8);
    to.forEach((cap_) => cap_.drop());
    queue.destroy();
  });

  test('a number means something in its space only; a forged one nothing', () => {
    const queue = root.createQueue();
    const cap = given(queue, 0, ['write']);
    for (let bit = 0; bit < 31; bit++) {
      const forged = cap.number ^ (1 << bit);
      if (forged === 0) continue;
      let found: Capability | undefined;
      try {
        found = one.capability(forged);
      } catch (error) {
        expect((error as { code: string }).code).toBe('NO_CAPABILITY');
      }
      expect(found).toBe(undefined);
    }
    for (const wrong of [0, -1, 1.5, 2 ** 31, NaN, '64', undefined, null, {}]) refusal('BAD_ARGUMENT', () => one.capability(wrong as never));
    cap.drop();
    for (const call of [
      () => cap.type, () => cap.rights, () => cap.badge, () => cap.depth, () => cap.drop(), () => cap.sender(), () => cap.revoke(),
      () => cap.receiver(), () => cap.close(), () => cap.view(), () => cap.handle, () => cap.recover(), () => one.capability(cap.number),
    ]) refusal('NO_CAPABILITY', call);
    queue.destroy();
  });

  test('a full space is told from a missing right', () => {
    const queue = root.createQueue();
    let count = 0;
    const fill = (): void => { for (;;) { queue.grant(targets[1]!, { rights: ['read'] }); count += 1; } };
    refusal('NO_PLACE', fill);
    expect(count).toBeGreaterThan(50);
    expect(queue.revoke()).toBe(count);
    queue.destroy();
  });
});

describe('a queue', () => {
  test('is used by places, whose messages carry the badge', () => {
    const queue = root.createQueue({ senders: 3, completions: 2, ringSize: 4 });
    const [writes, reads] = [given(queue, 0, ['write'], 77), given(queue, 1, ['read'])];
    refusal('NO_RIGHT', () => writes.receiver());
    refusal('NO_RIGHT', () => writes.close());
    refusal('NO_RIGHT', () => reads.sender());
    const sender = writes.sender();
    const receiver = reads.receiver();
    refusal('NO_PLACE', () => queue.receiver());
    sender.send(text('one'), { priority: 'high' });
    expect(sender.sendBatch([text('two'), text('three')])).toBe(2);
    const submitter = queue.submitter();
    expect(submitter.submit(text('four'), { priority: 'low' })).toBe(0);
    expect(receiver.peek()).toMatchObject({ length: 3, badge: 77, priority: 'high' });
    expect(receiver.receiveBatch().map((message) => [message.text(), message.badge])).toEqual([['one', 77], ['two', 77], ['three', 77], ['four', 0]]);
    receiver.complete({ sender: submitter.index, priority: 'low', tag: 0 }, 5);
    expect(submitter.completion({ timeout: 1000 })).toMatchObject({ tag: 0, result: 5 });
    sender.send(bytes(1));
    expect(receiver.discard()).toMatchObject({ badge: 77 });
    const buffer = new Uint8Array(8);
    sender.send(bytes(9));
    expect(receiver.receiveInto(buffer)).toBe(1);
    expect(receiver.last.badge).toBe(77);
    refusal('BUSY', () => queue.destroy());
    sender.detach();
    refusal('DETACHED', () => sender.send(bytes(1)));
    submitter.detach();
    queue.close();
    refusal('CLOSED', () => receiver.receive());
    receiver.detach();
    queue.destroy();
    refusal('NO_CAPABILITY', () => queue.sender());
    refusal('STALE_HANDLE', () => writes.sender());
    // Made in the same memory, perhaps: not reached by capabilities to the first.
    const next = root.createQueue({ senders: 3, completions: 2, ringSize: 4 });
    refusal('STALE_HANDLE', () => writes.sender());
    refusal('NO_RIGHT', () => given(next, 0, rights).destroy());
    next.destroy();
    for (const cap of [writes, reads]) cap.drop();
  });

  test('of values takes those of its schema', async () => {
    const types = await compileWit('record sample { id: u32, on: bool }', 'capability');
    const Sample = types.get('sample')!.schema as unknown as Schema<{ id: number; on: boolean }, { id: number; on: boolean }>;
    const queue = root.createQueue({ schema: Sample, senders: 2, completions: 2 });
    const cap = given(queue, 0, ['write'], 3);
    refusal('WRONG_SCHEMA', () => cap.sender());
    const sender = cap.sender({ schema: Sample });
    const submitter = cap.submitter({ schema: Sample });
    sender.send({ id: 5, on: true });
    expect(submitter.submit({ id: 6, on: false })).toBe(0);
    const wrong = Sample.encode({ id: 1, on: true });
    wrong[4] = 2;
    expect(refusal('INVALID_MESSAGE', () => sender.sendBytes(wrong)).message).toMatch(/^send: sample\.on: .* at byte 4$/);
    const receiver = queue.receiver();
    expect(receiver.receiveBatch().map((message) => [message.as(Sample).id, message.badge])).toEqual([[5, 3], [6, 3]]);
    queue.revoke();
    refusal('NO_CAPABILITY', () => sender.send({ id: 7, on: true }));
    refusal('NO_CAPABILITY', () => submitter.submit({ id: 7, on: true }));
    refusal('NO_CAPABILITY', () => submitter.completions());
    refusal('NO_CAPABILITY', () => submitter.completion({ timeout: 1 }));
    submitter.detach();
    sender.detach();
    receiver.detach();
    queue.destroy();
  });

  test('whose making fails leaves no memory and no capability', () => {
    /** Words of entries that are valid. */
    const words = (): number[] => Array.from({ length: 64 }, (_, k) => load32(capabilityAt(targets[0]!.at, k), CAPABILITY_HANDLE));
    const used = (): number => words().filter((word) => word > 0).length;
    const before = used();
    refusal('BAD_ARGUMENT', () => root.createQueue({ ringSize: 3 }));
    refusal('NO_MEMORY', () => root.createQueue({ ringSize: 65_536, maxMessageBytes: 1016 }));
    refusal('NO_MEMORY', () => root.createAppendOnly(2 ** 31 - 1));
    for (const wrong of [undefined, [], new Uint8Array(0)]) refusal('BAD_ARGUMENT', () => root.createImmutable(wrong as never));
    for (const wrong of [0, -1, 1.5, '8']) {
      refusal('BAD_ARGUMENT', () => root.createWritable(wrong as never));
      refusal('BAD_ARGUMENT', () => root.createAppendOnly(wrong as never));
      refusal('BAD_ARGUMENT', () => root.createSlots(wrong as never, 8));
    }
    expect(used()).toBe(before);
    // Room for the capability to its memory, but not for that to the queue: neither is left.
    const may = one.capability(root.regions.grant(targets[0]!, { rights: ['write'] }));
    const filler = root.createSlots(1, 8);
    const fill = (): number => filler.grant(targets[0]!, { rights: ['read'] });
    let last = 0;
    refusal('NO_PLACE', () => { for (;;) last = fill(); });
    one.capability(last).drop();
    const memory = memoryUsage().used;
    refusal('NO_PLACE', () => one.createQueue({ by: may }));
    expect(memoryUsage().used).toBe(memory);
    fill();
    refusal('NO_PLACE', fill);
    filler.revoke();
    may.drop();
    filler.destroy();
  });
});

describe('a region', () => {
  test('is read, written and destroyed by the rights to do so', () => {
    const region = root.createWritable(8);
    const [reads, writes] = [given(region, 0, ['read']), given(region, 1, ['write'])];
    expect([reads.policy, reads.committed]).toEqual(['immutable', 0]);
    refusal('NOT_COMMITTED', () => reads.view(0, 1));
    refusal('NO_RIGHT', () => reads.writable);
    refusal('NO_RIGHT', () => reads.seal());
    refusal('NO_RIGHT', () => writes.view());
    refusal('NO_RIGHT', () => writes.committed);
    writes.writable.set(text('contents'));
    writes.seal();
    refusal('POLICY', () => writes.seal());
    refusal('POLICY', () => writes.writable);
    expect(Buffer.from(reads.view(2, 3)).toString()).toBe('nte');
    refusal('OUT_OF_BOUNDS', () => reads.view(1, 8));
    for (const wrong of [-1, 1.5, '0']) refusal('BAD_ARGUMENT', () => reads.view(wrong as never));
    refusal('NO_RIGHT', () => reads.destroy());
    refusal('NO_RIGHT', () => reads.allocate());
    refusal('POLICY', () => writes.allocate());
    region.destroy();
    refusal('STALE_HANDLE', () => reads.view());
    refusal('NO_CAPABILITY', () => region.view());
    for (const cap of [reads, writes]) cap.drop();
  });

  test('grows, has slots, and says which of them are stale', () => {
    const log = root.createAppendOnly(16);
    const writes = given(log, 0, ['write']);
    expect([writes.append(text('abc')), writes.append(new Uint8Array(0)), log.append(text('de'))]).toEqual([0, 3, 3]);
    expect([Buffer.from(log.view()).toString(), log.committed]).toEqual(['abcde', 5]);
    refusal('FULL', () => writes.append(new Uint8Array(12)));
    refusal('BAD_ARGUMENT', () => writes.append('x' as never));
    refusal('NO_RIGHT', () => given(log, 0, ['read']).append(bytes(1)));
    const pool = root.createSlots(2, 16);
    const [a, b] = [pool.allocate(), pool.allocate()];
    refusal('FULL', () => pool.allocate());
    pool.slot(a).fill(1);
    expect(pool.slot(b).every((byte) => byte === 0)).toBe(true);
    pool.free(a);
    for (const call of [() => pool.free(a), () => pool.slot(a)]) refusal('STALE_SLOT', call);
    for (const wrong of [undefined, '1', 1.5]) refusal('BAD_ARGUMENT', () => pool.free(wrong as never));
    expect(pool.allocate()).not.toBe(a);
    log.revoke();
    refusal('NO_CAPABILITY', () => writes.append(bytes(1)));
    log.destroy();
    pool.destroy();
  });

  test('is named in descriptors by a capability to it, and followed by one', () => {
    const queue = root.createQueue({ completions: 2, senders: 2 });
    const region = root.createImmutable(text('hello, world'));
    const other = root.createImmutable(text('other'));
    const sender = given(queue, 0, ['write'], 5).sender();
    const reads = given(region, 0, ['read']);
    sender.sendDescriptor({ region: reads, offset: 7, length: 5 });
    sender.sendDescriptor({ region: reads });
    refusal('NO_RIGHT', () => sender.sendDescriptor({ region: given(region, 0, ['write']), length: 1 }));
    refusal('OUT_OF_BOUNDS', () => sender.sendDescriptor({ region: reads, offset: 8, length: 5 }));
    for (const wrong of [region, Region.immutable(3), reads.number, undefined]) refusal('BAD_ARGUMENT', () => sender.sendDescriptor({ region: wrong as never }));
    expect(refusal('IN_FLIGHT', () => region.destroy()).needed).toBe(2);
    const receiver = queue.receiver();
    const first = receiver.receive();
    expect(first).toMatchObject({ badge: 5, isDescriptor: true, length: 24 });
    for (const call of [() => first.bytes, () => first.text(), () => first.descriptor!.bytes]) refusal('NO_CAPABILITY', call);
    expect(Buffer.from(region.follow(first)).toString()).toBe('world');
    expect(Buffer.from(region.follow(receiver.receive().descriptor!)).toString()).toBe('hello, world');
    refusal('BAD_ARGUMENT', () => other.follow(first));
    refusal('NO_RIGHT', () => given(region, 0, ['write']).follow(first));
    for (const wrong of [undefined, null, {}, 5]) refusal('BAD_ARGUMENT', () => region.follow(wrong as never));
    // A plain sender names a region by itself, not by a capability.
    refusal('BAD_ARGUMENT', () => Queue.create().sender().sendDescriptor({ region }));
    sender.detach();
    receiver.detach();
    for (const cap of [queue, region, other]) cap.destroy();
  });
});

describe('revoking', () => {
  test('ends the places that were taken, and a promise that waits in one', async () => {
    const queue = root.createQueue({ senders: 2, receivers: 2, completions: 2 });
    const reads = given(queue, 0, ['read']);
    const submitter = given(queue, 1, ['write']).submitter();
    submitter.submit(text('sent before'));
    const receiver = reads.receiver();
    expect(receiver.receive().text()).toBe('sent before');
    const waiting = receiver.receiveAsync();
    const hearing = submitter.completionAsync();
    await pause(2);
    expect(queue.revoke()).toBe(4);
    await rejection('NO_CAPABILITY', waiting);
    await rejection('NO_CAPABILITY', hearing);
    refusal('NO_CAPABILITY', () => receiver.tryReceive());
    refusal('NO_CAPABILITY', () => submitter.submit(bytes(1)));
    refusal('NO_RIGHT', () => one.capability(queue.grant(targets[0]!, { rights: ['read'] })).revoke());
    receiver.detach();
    submitter.detach();
    queue.destroy();
  });

  test('while a worker sends: nothing that begins after it arrives, and all that was sent does', async () => {
    const body = async (library: Library, [handle, number]: [SpaceHandle, number], port: import('node:worker_threads').MessagePort): Promise<[number, string]> => {
      const sender = library.Space.from(handle).capability(number).sender();
      port.postMessage('up');
      for (let n = 0; ; n++) {
        try {
          while (!sender.trySend(Uint32Array.of(n))) await new Promise((resolve) => { setImmediate(resolve); });
        } catch (error) {
          return [n, (error as { code: string }).code];
        }
      }
    };
    const target = root.createSpace();
    const to = one.capability(target.grant(targets[0]!, { rights: ['write'] }));
    for (let round = 0; round < 6; round++) {
      const queue = root.createQueue({ ringSize: 1024, senders: 2 });
      const receiver = queue.receiver();
      // The revoke of what this space passed on does not reach the root's own receiver.
      const between = given(queue, 0, rights);
      const running = inWorker(body, [target.handle, between.grant(to, { badge: 40 + round })] as [SpaceHandle, number]);
      await running.next();
      let received = 0;
      /** Bounded while the worker sends: it may be as fast. */
      const drain = (most: number): void => {
        for (let count = 0; count < most; count++) {
          const message = receiver.tryReceive();
          if (message === undefined) return;
          const [number] = message.viewAs(Uint32Array);
          if (number !== received++ || message.badge !== 40 + round) throw new Error(`${number} of ${message.badge} as number ${received - 1}`);
        }
      };
      const until = performance.now() + 3 + round * 4;
      while (performance.now() < until) {
        drain(200);
        await pause(1);
      }
      expect(between.revoke()).toBe(2);
      const [sent, code] = await running.result;
      expect(code).toBe('NO_CAPABILITY');
      drain(Infinity);
      expect(received).toBe(sent);
      // Ended with its place: it is free again once the space is recovered, which another thread may have then.
      await running.worker.terminate();
      refusal('BUSY', () => Space.from(target.handle));
      expect(target.recover()).toBe(0);
      const again = [queue.sender(), queue.sender()];
      refusal('NO_PLACE', () => queue.sender());
      for (const place of [...again, receiver]) place.detach();
      between.drop();
      queue.destroy();
    }
  });

  test('a worker that dies leaves its space, places, slots and appends to be recovered', async () => {
    const target = root.createSpace();
    const queue = root.createQueue();
    const pool = root.createSlots(2, 8);
    const numbers = [queue.grant(target, { rights: ['write'] }), pool.grant(target, { rights: ['write'] }), root.regions.grant(target, { rights: ['write'] })];
    const { next, worker, ended } = inWorker(async ({ Space: S }: Library, [handle, q, p, r]: [SpaceHandle, number, number, number], port) => {
      const space = S.from(handle);
      space.capability(q).sender().send(Uint8Array.of(1));
      const cap = space.capability(p);
      cap.allocate();
      cap.allocate();
      space.createWritable(1_000_000, { by: space.capability(r) });
      port.postMessage('up');
      await new Promise(() => { setInterval(() => {}, 1000); });
    }, [target.handle, ...numbers] as [SpaceHandle, number, number, number]);
    await next();
    refusal('NO_PLACE', () => queue.sender());
    refusal('FULL', () => pool.allocate());
    await worker.terminate();
    await ended;
    const before = memoryUsage().used;
    expect(target.recover()).toBe(0);
    expect(before - memoryUsage().used).toBeGreaterThan(1_000_000);
    expect(target.recover()).toBe(0);
    expect(pool.allocate()).toBeGreaterThan(0);
    const receiver = queue.receiver();
    expect([...receiver.receive().bytes]).toEqual([1]);
    queue.sender().detach();
    receiver.detach();
    queue.destroy();
    pool.destroy();
    refusal('NO_RIGHT', () => one.capability(target.grant(targets[0]!, { rights: ['write'] })).recover());
  });
});
