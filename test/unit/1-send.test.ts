import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  DESCRIPTOR_BYTES, DESCRIPTOR_LENGTH, DESCRIPTOR_OFFSET_LOW, DESCRIPTOR_REGION, FLAG_COMPLETE, FLAG_DESCRIPTOR, POLICY_IMMUTABLE,
  PRIORITY_COUNT, QUEUE_EVENT, QUEUE_USED, QUEUE_WAITERS, RING_AT, RING_PRODUCED, RING_ROOM_END, RING_SLOTS, RING_STRIDE_BYTES,
  SENDER_REJECTED_COUNT, SLOT_META, SLOT_PAYLOAD,
} from '../../src/kernel/layout.ts';
import * as kernel from '../../src/kernel/queue.ts';
import { STATUS_BAD_PRIORITY, STATUS_FULL, STATUS_OK } from '../../src/kernel/status.ts';
import { bytesAt, Fixture, named, nameOf, payload, reset, setBytes, setWord, shapesOf, STARTS, word, word64 } from '../support/fixture.ts';
import { Traced, type Access } from '../support/traced.ts';

let traced: Traced;
beforeAll(async () => { traced = await Traced.make(); });
beforeEach(() => {
  reset();
  traced.after = () => {};
});

const STORES = ['store32', 'storeRelaxed32', 'storeRelease32', 'storeSequential32', 'storePublished32', 'addOwned64', 'copyBytes'];
const MODIFIES = ['compareExchange32', 'fetchAdd32', 'fetchOr32', 'fetchAnd32', 'exchange32'];

describe('a full lane', () => {
  test.each(shapesOf({ ringSize: [1, 2, 4, 8], receivers: [1, 2], completions: [0, 16], start: STARTS }))(
    'of $ringSize ($receivers receivers, $completions completions, start $start) says Full, and counts it', (shape) => {
      const f = Fixture.attached({ ...shape, maxBytes: 8 });
      for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
        for (let k = 0; k < shape.ringSize!; k++) expect(f.send(0, priority, payload(8, k))).toBe(STATUS_OK);
        f.prepare(payload(8, 99));
        for (let times = 0; times < 2; times++) {
          expect(f.failing(() => f.send(0, priority, payload(8, 99)), 'RING_FULL_COUNT')).toBe(named(STATUS_FULL));
        }
      }
      // Neither full nor anything else of a lane touches the others: all messages come, in order.
      for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
        for (let k = 0; k < shape.ringSize!; k++) expect(f.receive().data).toEqual(payload(8, k));
      }
    });

  test.each(STARTS)('takes one more for each one received (start %i)', (start) => {
    const f = Fixture.attached({ ringSize: 4, start });
    for (let k = 0; k < 4; k++) f.send(0, 3, payload(8, k));
    for (let k = 4; k < 20; k++) {
      expect(f.send(0, 3, payload(8, k))).toBe(named(STATUS_FULL));
      f.receive();
      expect(f.send(0, 3, payload(8, k))).toBe(STATUS_OK);
      expect(word(f.ring(0, 3) + RING_ROOM_END)).toBe((start + k + 1) | 0);
    }
  });

  test('of one sender leaves the others room', () => {
    const f = Fixture.attached({ senders: 2, ringSize: 1 });
    f.send(0, 0, payload(8, 0));
    expect(f.send(0, 0, payload(8, 1))).toBe(named(STATUS_FULL));
    expect(f.send(1, 0, payload(8, 1))).toBe(STATUS_OK);
    expect(f.send(0, 1, payload(8, 1))).toBe(STATUS_OK);
  });
});

describe('a message', () => {
  test('arrives whole from and to any alignment, and nothing beyond it is written', () => {
    const f = Fixture.attached({ maxBytes: 200 });
    for (const bytes of [0, 1, 2, 3, 4, 7, 8, 9, 31, 63, 64, 65, 127, 128, 129, 200]) {
      for (let offset = 0; offset < 8; offset++) {
        const [source, target] = [f.source + offset, f.target + (offset * 3 & 7)];
        setBytes(source, payload(bytes, bytes + offset));
        setBytes(f.target, new Uint8Array(264).fill(0x5a));
        expect(kernel.queueSend(f.senders[0]!, 2, source, bytes)).toBe(STATUS_OK);
        expect(kernel.queueReceive(f.receivers[0]!, target, bytes)).toBe(bytes);
        const expected = new Uint8Array(264).fill(0x5a);
        expected.set(payload(bytes, bytes + offset), target - f.target);
        expect(Buffer.compare(bytesAt(f.target, 264), expected), `${bytes} bytes at ${offset}`).toBe(0);
      }
    }
  });

  test('carries flags and user data exactly as its sender\'s kind says', () => {
    const user = [0x80000000 | 0, 0x7fffffff, -1, 0, 1];
    const plain = Fixture.attached();
    plain.send(0, 1, payload(8, 0));
    expect(plain.receive().flags).toBe(0);
    for (const maxBytes of [0, 24, 40, 41, 48, 49, 56]) {
      const f = Fixture.attached({ completions: 8, ringSize: 8, maxBytes });
      for (const low of user) {
        for (const high of user) {
          const data = payload(maxBytes, low ^ high);
          expect(f.submit(0, 1, data, low, high)).toBe(STATUS_OK);
          const got = f.receive();
          expect([got.flags, got.userLow, got.userHigh]).toEqual([FLAG_COMPLETE, low, high]);
          expect(Buffer.compare(got.data, data)).toBe(0);
          f.complete(0, 0, 1, 0, 0, 0);
          f.reap(0);
        }
      }
      f.send(0, 1, payload(0, 0));
      const got = f.receive();
      expect([got.flags, got.userLow, got.userHigh]).toEqual([FLAG_COMPLETE, 0, 0]);
    }
  });

  test('that is refused is counted as rejected, one that finds no room is not', () => {
    const f = Fixture.attached({ ringSize: 1 });
    const rejected = (): bigint => word64(f.senderBlock(0) + SENDER_REJECTED_COUNT);
    for (let k = 1; k <= 3; k++) {
      expect(f.send(0, 4, payload(8, 0))).toBe(named(STATUS_BAD_PRIORITY));
      expect(rejected()).toBe(BigInt(k));
    }
    f.send(0, 0, payload(8, 0));
    expect(f.send(0, 0, payload(8, 0))).toBe(named(STATUS_FULL));
    expect(rejected()).toBe(3n);
  });
});

describe('a descriptor', () => {
  test.each([0, 2])('is the message itself: 24 bytes, flagged (%i completions)', (completions) => {
    const f = Fixture.attached({ maxBytes: 24, completions });
    const { handle } = f.dataRegion(POLICY_IMMUTABLE, 128);
    const record = f.descriptor(handle, 32, 64, { flags: 0x12345678 });
    const status = completions === 0 ? kernel.queueSendDescriptor(f.senders[0]!, 2, record)
      : kernel.queueSubmitDescriptor(f.senders[0]!, 2, record, 5, 6);
    expect(status).toBe(STATUS_OK);
    const got = f.receive();
    expect([got.bytes, got.flags]).toEqual([DESCRIPTOR_BYTES, completions === 0 ? FLAG_DESCRIPTOR : FLAG_DESCRIPTOR | FLAG_COMPLETE]);
    expect(got.data).toEqual(bytesAt(record, DESCRIPTOR_BYTES));
    if (completions > 0) expect([got.userLow, got.userHigh]).toEqual([5, 6]);
  });

  test('is read once, word by word: rewriting it while it is sent changes neither the checks nor the message', () => {
    const f = Fixture.attached({ maxBytes: 24 });
    const { handle } = f.dataRegion(POLICY_IMMUTABLE, 128);
    const record = f.descriptor(handle, 32, 64);
    const inRecord = ({ address }: Access): boolean => address >= record && address < record + DESCRIPTOR_BYTES;
    traced.after = (access) => {
      // A hostile sender: whatever has been read points elsewhere at once.
      if (access.name.startsWith('load') && inRecord(access)) setWord(access.address, 0x7ffffff0);
    };
    const accesses = traced.of(() => expect(traced.kernel.queueSendDescriptor(f.senders[0]!, 2, record)).toBe(STATUS_OK));
    const read = accesses.filter(inRecord).map(({ address }) => address - record);
    expect(read.sort((a, b) => a - b)).toEqual([0, 4, 8, 12, 16, 20]);
    expect(accesses.filter(({ name, value }) => name === 'copyBytes' && value >= record && value < record + 24)).toEqual([]);
    const { data } = f.receive();
    const words = new Int32Array(data.buffer, data.byteOffset, 6);
    expect([words[DESCRIPTOR_REGION >> 2], words[DESCRIPTOR_LENGTH >> 2], words[DESCRIPTOR_OFFSET_LOW >> 2]]).toEqual([handle, 64, 32]);
  });
});

describe('the order of a send', () => {
  interface SetUp {
    f: Fixture;
    send: () => Access[];
    slot: number;
    /** The place of an access to an address in the last send. */
    at: (address: number, name?: string) => number;
  }
  const setUp = (shape: object): SetUp => {
    const f = Fixture.attached({ maxBytes: 8, ...shape });
    let accesses: Access[] = [];
    const ring = f.ring(0, 2);
    const slot = word(ring + RING_SLOTS);
    setBytes(f.source, payload(8, 1));
    return {
      f, slot,
      send: () => (accesses = traced.of(() => expect(traced.kernel.queueSend(f.senders[0]!, 2, f.source, 8)).toBe(STATUS_OK))),
      at: (address, name) => accesses.findIndex((access) => access.address === address && (name ?? access.name) === access.name),
    };
  };

  test.each(shapesOf({ senders: [1, 2], receivers: [1, 2], completions: [0, 1] }))('is: lane known, filled, published, counted, bell (%o)', (shape) => {
    const { f, send, slot, at } = setUp(shape);
    const accesses = send();
    const published = at(f.ring(0, 2) + RING_PRODUCED, 'storePublished32');
    expect(published).toBeGreaterThan(0);
    // Everything in the slot before, nothing in it after.
    const last = slot + word(f.ring(0, 2) + RING_STRIDE_BYTES);
    const inSlot = ({ name, address }: Access): boolean => STORES.includes(name) && address >= slot && address < last;
    expect(accesses.findLastIndex(inSlot)).toBeLessThan(published);
    expect(at(slot + SLOT_META)).toBeGreaterThan(0);
    expect(at(slot + SLOT_PAYLOAD, 'copyBytes')).toBeGreaterThan(0);
    expect(at(f.queue + QUEUE_USED, 'fetchOr32')).toBeGreaterThan(0);
    expect(at(f.queue + QUEUE_USED, 'fetchOr32')).toBeLessThan(published);
    const counted = accesses.findIndex(({ name, address }) => STORES.includes(name) && address === f.ring(0, 2) + RING_AT);
    expect(counted).toBeGreaterThan(published);
    expect(at(f.queue + QUEUE_WAITERS, 'loadSequential32')).toBeGreaterThan(published);
  });

  test('with nobody waiting has no read-modify-write and no notification, once the lane is known', () => {
    const { f, send } = setUp({ senders: 2, ringSize: 4 });
    send();
    const again = send();
    expect(again.filter(({ name }) => MODIFIES.includes(name) || name === 'notify32' || name === 'wait32')).toEqual([]);
    expect(again.filter(({ address }) => address === f.queue + QUEUE_WAITERS).length).toBe(1);
  });

  test('with somebody waiting counts the event, then notifies one', () => {
    const { f, send, at } = setUp({ receivers: 2 });
    setWord(f.queue + QUEUE_WAITERS, 2);
    const accesses = send();
    expect(accesses.filter(({ name }) => name === 'notify32')).toEqual([{ name: 'notify32', address: f.queue + QUEUE_EVENT, value: 1 }]);
    expect(at(f.queue + QUEUE_EVENT, 'fetchAdd32')).toBeGreaterThan(at(f.queue + QUEUE_WAITERS));
    expect(at(f.queue + QUEUE_EVENT, 'fetchAdd32')).toBeLessThan(at(f.queue + QUEUE_EVENT, 'notify32'));
    expect(word(f.queue + QUEUE_EVENT)).toBe(1);
  });

  test('of one that is refused has no store but the counter', () => {
    const { f } = setUp({});
    for (const [priority, source, bytes] of [[4, f.source, 8], [0, -8, 8], [0, f.source, 9], [0, f.source, -1]] as const) {
      const accesses = traced.of(() => expect(traced.kernel.queueSend(f.senders[0]!, priority, source, bytes)).toBeLessThan(0));
      const stores = accesses.filter(({ name }) => STORES.includes(name) || MODIFIES.includes(name));
      expect(stores.map(({ address }) => address - f.senderBlock(0)), nameOf(f.shape)).toEqual([SENDER_REJECTED_COUNT]);
    }
  });
});
