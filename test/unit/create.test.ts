import { beforeEach, describe, expect, test } from 'vitest';
import {
  CONFIG_COMPLETIONS, CONFIG_MAX_MESSAGE_BYTES, CONFIG_RECEIVERS, CONFIG_RING_SIZE, CONFIG_SENDERS, MESSAGE_BYTES_MAX,
  POLICY_APPEND_ONLY, POLICY_IMMUTABLE, POLICY_SLAB, PRIORITY_COUNT, QUEUE_HEADER_BYTES, QUEUE_SELF, RECEIVER_BYTES, RING_BYTES, RING_SLOTS_MAX,
  SENDER_BYTES,
} from '../../src/kernel/layout.ts';
import { queueBytes, queueCreate, queueLaneLength, queueLength } from '../../src/kernel/queue.ts';
import { regionCreate, regionDestroy, regionTableBytes, regionTableCreate } from '../../src/kernel/region.ts';
import { ringSlotsBytes } from '../../src/kernel/ring.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_CONFIG, STATUS_NO_MEMORY, STATUS_OK, STATUS_POLICY, STATUS_STALE_REGION,
} from '../../src/kernel/status.ts';
import {
  allocate, bytesAt, Fixture, makeConfig, must, named, nameOf, payload, reset, same, sameBytes, setWord, shapesOf, STARTS, word, type Shape,
} from '../support/fixture.ts';

beforeEach(reset);

const full = (shape: Shape): Required<Shape> => (
  { senders: 1, receivers: 1, ringSize: 2, maxBytes: 24, completions: 0, start: 0, schema: 0, ...shape });

/** What the drawing in layout.ts adds up to. */
const expectedBytes = (shape: Required<Shape>): number => {
  // A ring for each lane; lanes per priority are rounded up to a power of two.
  const rings = (senders: number): number => 4 * RING_BYTES * 2 ** Math.ceil(Math.log2(senders));
  const blocks = (senders: number, receivers: number): number => (
    QUEUE_HEADER_BYTES + senders * SENDER_BYTES + receivers * RECEIVER_BYTES + rings(senders));
  // Slots lie close together; a lane's begin on a line.
  const slots = (count: number, bytes: number, user: number): number => Math.ceil(count * (8 + Math.ceil(bytes / 8) * 8 + user) / 64) * 64;
  const plain = blocks(shape.senders, shape.receivers)
    + shape.senders * 4 * slots(shape.ringSize, shape.maxBytes, shape.completions > 0 ? 8 : 0);
  if (shape.completions === 0) return plain;
  return plain + shape.senders * (blocks(shape.receivers, 1) + shape.receivers * 4 * slots(shape.completions, 16, 0));
};

describe('size', () => {
  test('is what the drawing says, for every shape', () => {
    for (const shape of shapesOf({
      senders: [1, 2, 4, 32], receivers: [1, 2, 3, 32], completions: [0, 1, 8], ringSize: [1, 2, 8, 64],
      maxBytes: [0, 1, 7, 8, 47, 48, 49, 55, 56, 57, 64, 4096],
    })) expect(queueBytes(makeConfig(full(shape))), nameOf(shape)).toBe(expectedBytes(full(shape)));
    expect(queueBytes(makeConfig(full({ maxBytes: MESSAGE_BYTES_MAX })))).toBe(expectedBytes(full({ maxBytes: MESSAGE_BYTES_MAX })));
  });

  test.each([
    ['ring size 0', CONFIG_RING_SIZE, 0], ['ring size -1', CONFIG_RING_SIZE, -1], ['ring size 3', CONFIG_RING_SIZE, 3],
    ['ring size 2^31', CONFIG_RING_SIZE, 0x80000000 | 0], ['too large a ring', CONFIG_RING_SIZE, 2 * RING_SLOTS_MAX],
    ['negative messages', CONFIG_MAX_MESSAGE_BYTES, -1], ['too large messages', CONFIG_MAX_MESSAGE_BYTES, MESSAGE_BYTES_MAX + 1],
    ['no sender', CONFIG_SENDERS, 0], ['33 senders', CONFIG_SENDERS, 33], ['-1 senders', CONFIG_SENDERS, -1],
    ['no receiver', CONFIG_RECEIVERS, 0], ['33 receivers', CONFIG_RECEIVERS, 33], ['-1 receivers', CONFIG_RECEIVERS, -1],
    ['3 completions', CONFIG_COMPLETIONS, 3], ['-1 completions', CONFIG_COMPLETIONS, -1],
    ['too many completions', CONFIG_COMPLETIONS, 2 * RING_SLOTS_MAX],
  ])('of %s is refused', (_name, field, value) => {
    const f = new Fixture();
    setWord(f.config + field, value);
    expect(f.failing(() => queueBytes(f.config))).toBe(named(STATUS_BAD_CONFIG));
    expect(f.failing(() => queueCreate(f.table, f.region, f.config))).toBe(named(STATUS_BAD_CONFIG));
  });

  test('of more than 2^30 bytes is refused, whichever part is too large', () => {
    for (const shape of [
      { senders: 32, ringSize: 65536, maxBytes: 1048576 }, { senders: 1, ringSize: 1024, maxBytes: 1048576 },
      { senders: 32, receivers: 32, completions: 65536 }, { senders: 32, receivers: 1, completions: 65536, ringSize: 4096, maxBytes: 2048 },
    ]) expect(named(queueBytes(makeConfig(full(shape)))), nameOf(shape)).toBe(named(STATUS_BAD_CONFIG));
    const largest = full({ ringSize: 256, maxBytes: 1048576 - 64 });
    expect(queueBytes(makeConfig(largest))).toBe(expectedBytes(largest));
  });
});

describe('creating', () => {
  test('writes nothing beyond its bytes', () => {
    for (const shape of shapesOf({ senders: [1, 3], receivers: [1, 2], completions: [0, 2], maxBytes: [0, 24, 57], start: STARTS })) {
      reset();
      const config = makeConfig(full(shape));
      const table = regionTableCreate(allocate(regionTableBytes(1)), regionTableBytes(1), 1);
      const bytes = queueBytes(config);
      const base = allocate(bytes + 64);
      expect(queueCreate(table, regionCreate(table, POLICY_SLAB, base, bytes + 64), config)).toBe(base);
      expect(bytesAt(base + bytes, 64)).toEqual(new Uint8Array(64).fill(0xa5));
    }
  });

  test('needs a live Slab region, large enough, at a line', () => {
    const f = new Fixture();
    const bytes = f.queueBytes;
    const base = allocate(bytes + 64);
    const create = (handle: number): number => queueCreate(f.table, handle, f.config);
    const region = (policy: number, at: number, length: number): number => must(regionCreate(f.table, policy, at, length));
    for (const policy of [POLICY_IMMUTABLE, POLICY_APPEND_ONLY]) {
      const handle = region(policy, base, bytes);
      expect(f.failing(() => create(handle))).toBe(named(STATUS_POLICY));
    }
    const small = region(POLICY_SLAB, base, bytes - 1);
    expect(f.failing(() => create(small))).toBe(named(STATUS_NO_MEMORY));
    const aside = region(POLICY_SLAB, base + 8, bytes);
    expect(f.failing(() => create(aside))).toBe(named(STATUS_BAD_ARGUMENT));
    expect(f.failing(() => create(0))).toBe(named(STATUS_STALE_REGION));
    const gone = region(POLICY_SLAB, base, bytes);
    expect(regionDestroy(f.table, gone)).toBe(STATUS_OK);
    expect(f.failing(() => create(gone))).toBe(named(STATUS_STALE_REGION));
    expect(create(region(POLICY_SLAB, base, bytes))).toBe(base);
  });

  test('gives an empty queue', () => {
    for (const start of STARTS) {
      const f = new Fixture({ senders: 4, completions: 2, start });
      expect(queueLength(f.queue)).toBe(0);
      for (let priority = 0; priority < PRIORITY_COUNT; priority++) expect(queueLaneLength(f.queue, priority)).toBe(0);
    }
  });

  test('over an old queue leaves nothing of it', () => {
    const f = Fixture.attached({ senders: 2, completions: 2 });
    for (let k = 0; k < 4; k++) f.send(k & 1, k, payload(8, k));
    expect(queueCreate(f.table, f.region, f.config)).toBe(f.queue);
    expect(queueLength(f.queue)).toBe(0);
    const [again, other] = [new Fixture({ senders: 2, completions: 2 }), f];
    // But for addresses and payload nobody has sent, a queue made over another is as one made in fresh memory.
    const words = (fixture: Fixture): number[] => {
      const list: number[] = [];
      for (let at = fixture.queue; at < fixture.queue + QUEUE_HEADER_BYTES + 2 * SENDER_BYTES + RECEIVER_BYTES + 8 * RING_BYTES; at += 4) {
        if (at === fixture.queue + QUEUE_SELF) continue;
        const value = word(at);
        const inside = value >= fixture.queue && value <= fixture.queue + fixture.queueBytes;
        list.push(inside ? value - fixture.queue : value === fixture.table ? -99 : value);
      }
      return list;
    };
    expect(words(other)).toEqual(words(again));
  });
});

/** One message of every size through every lane of every shape, three laps of every ring. */
describe.each(shapesOf({ senders: [1, 2, 4, 32], receivers: [1, 2, 3], completions: [0, 2] }))(
  'a queue of $senders senders, $receivers receivers, $completions completions', (shape) => {
    test.each([1, 2, 4, 8])('and rings of %i carries every size of message from every start', (ringSize) => {
      for (const { maxBytes, start } of shapesOf({ maxBytes: [0, 1, 7, 8, 55, 56, 57, 64], start: STARTS })) {
        reset();
        const f = Fixture.attached({ ...shape, ringSize, maxBytes: maxBytes!, start: start! });
        const senders = shape.senders === 32 ? [0, 31] : Array.from({ length: shape.senders! }, (_, k) => k);
        for (let lap = 0; lap < 3; lap++) {
          for (const sender of senders) {
            for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
              const data = payload(lap === 1 ? maxBytes! : Math.min(lap, maxBytes!), sender * 4 + priority);
              const user = [sender << 8 | priority, ~priority] as const;
              same(shape.completions === 0 ? f.send(sender, priority, data) : f.submit(sender, priority, data, ...user), STATUS_OK, 'send');
              const receiver = (lap + priority) % shape.receivers!;
              const got = f.receive(receiver);
              same(got.status, data.length, 'length');
              same(got.sender, sender, 'sender');
              same(got.priority, priority, 'priority');
              sameBytes(got.data, data);
              if (shape.completions === 0) continue;
              same(got.userLow, user[0], 'user data');
              same(got.userHigh, user[1], 'user data');
              same(f.complete(receiver, sender, priority, got.userLow, got.userHigh, lap), STATUS_OK, 'complete');
              same(JSON.stringify(f.reap(sender)), JSON.stringify({ userLow: user[0], userHigh: user[1], result: lap, receiver }), 'completion');
            }
          }
        }
        expect(queueLength(f.queue)).toBe(0);
      }
    });
  });

test('a message of 1 MiB goes through', () => {
  const f = Fixture.attached({ ringSize: 1, maxBytes: MESSAGE_BYTES_MAX, start: -1 });
  const data = payload(MESSAGE_BYTES_MAX, 1);
  for (let k = 0; k < 2; k++) {
    expect(f.send(0, 0, data)).toBe(STATUS_OK);
    expect(Buffer.compare(f.receive().data, data)).toBe(0);
  }
});

test('slots of the lanes do not overlap', () => {
  const f = Fixture.attached({ senders: 3, ringSize: 2, maxBytes: 57 });
  const messages: [number, number, Uint8Array][] = [];
  for (let sender = 0; sender < 3; sender++) {
    for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
      for (let k = 0; k < 2; k++) messages.push([sender, priority, payload(57, messages.length)]);
    }
  }
  for (const [sender, priority, data] of messages) expect(f.send(sender, priority, data)).toBe(STATUS_OK);
  expect(f.queueBytes).toBe(QUEUE_HEADER_BYTES + 3 * SENDER_BYTES + RECEIVER_BYTES + 16 * RING_BYTES + 12 * ringSlotsBytes(2, 57, 0));
  for (const _ of messages) {
    const got = f.receive();
    const sent = messages.findIndex(([sender, priority, data]) => (
      sender === got.sender && priority === got.priority && Buffer.compare(data, got.data) === 0));
    expect(sent).toBeGreaterThanOrEqual(0);
  }
});
