import { beforeEach, describe, expect, test } from 'vitest';
import { MESSAGE_BYTES_MAX, POLICY_APPEND_ONLY, POLICY_IMMUTABLE, POLICY_SLAB, PRIORITY_COUNT } from '../../src/kernel/layout.ts';
import * as kernel from '../../src/kernel/queue.ts';
import { regionDestroy } from '../../src/kernel/region.ts';
import {
  STATUS_BAD_ARGUMENT, STATUS_BAD_PRIORITY, STATUS_CLOSED, STATUS_NO_COMPLETIONS, STATUS_NO_CREDIT, STATUS_NOT_COMMITTED, STATUS_OK,
  STATUS_OUT_OF_BOUNDS, STATUS_POLICY, STATUS_STALE_REGION, STATUS_TOO_LARGE,
} from '../../src/kernel/status.ts';
import { bytesAt, Fixture, named, payload, reset, shapesOf, STARTS, type Shape } from '../support/fixture.ts';

beforeEach(reset);

/** Every refused send leaves all memory as it was, but for this counter of the sender's own. */
const COUNTED = 'SENDER_REJECTED_COUNT';

const refuses = (f: Fixture, status: number, call: () => number): void => {
  expect(f.failing(call, COUNTED)).toBe(named(status));
};

/** Every way to send, with a message that is right but for what the test makes wrong. */
const ways = (f: Fixture, region: number): [string, (priority: number) => number][] => {
  const [handle, record] = [f.senders[0]!, f.descriptor(region, 0, 8)];
  return [
    ['send', (priority) => kernel.queueSend(handle, priority, f.source, 8)],
    ['submit', (priority) => kernel.queueSubmit(handle, priority, f.source, 8, 1, 2)],
    ['send a descriptor', (priority) => kernel.queueSendDescriptor(handle, priority, record)],
    ['submit a descriptor', (priority) => kernel.queueSubmitDescriptor(handle, priority, record, 1, 2)],
  ];
};

const MODES: Shape[] = shapesOf({ senders: [1, 2, 4, 32], receivers: [1, 3], completions: [0, 2], start: STARTS });

describe.each(MODES)('%o', (shape) => {
  test('priorities are 0 to 3', () => {
    const f = Fixture.attached({ ...shape, completions: 8, ringSize: 8 });
    const { handle } = f.dataRegion(POLICY_IMMUTABLE, 64);
    for (const [name, way] of ways(f, handle)) {
      for (const priority of [4, -1, 5, 256, 0x80000000 | 0, 0x7fffffff]) refuses(f, STATUS_BAD_PRIORITY, () => way(priority));
      for (let priority = 0; priority < PRIORITY_COUNT; priority++) expect(way(priority), name).toBe(STATUS_OK);
    }
  });

  test('lengths are 0 to the maximum, addresses not negative', () => {
    for (const maxBytes of [0, 1, 7, 8, 55, 56, 57, 64]) {
      const f = Fixture.attached({ ...shape, maxBytes });
      const send = (source: number, bytes: number) => () => kernel.queueSend(f.senders[0]!, 2, source, bytes);
      for (const bytes of [maxBytes + 1, maxBytes + 64, MESSAGE_BYTES_MAX + 1, 0x7fffffff]) {
        refuses(f, STATUS_TOO_LARGE, send(f.source, bytes));
      }
      for (const bytes of [-1, -64, 0x80000000 | 0]) refuses(f, STATUS_BAD_ARGUMENT, send(f.source, bytes));
      for (const source of [-1, -64, 0x80000000 | 0]) refuses(f, STATUS_BAD_ARGUMENT, send(source, Math.min(maxBytes, 1)));
      expect(send(f.source, maxBytes)()).toBe(STATUS_OK);
    }
  });

  test('a closed queue takes nothing more, and gives what it has', () => {
    const f = Fixture.attached({ ...shape, completions: 4 });
    const { handle } = f.dataRegion(POLICY_IMMUTABLE, 64);
    expect(f.send(0, 2, payload(8, 1))).toBe(STATUS_OK);
    expect(kernel.queueClose(f.queue)).toBe(STATUS_OK);
    for (const [, way] of ways(f, handle)) {
      for (let priority = 0; priority < PRIORITY_COUNT; priority++) refuses(f, STATUS_CLOSED, () => way(priority));
    }
    expect(f.receive().data).toEqual(payload(8, 1));
    expect(f.failing(() => f.receive().status)).toBe(named(STATUS_CLOSED));
  });
});

test('user data is a submitter\'s: a plain sender that gives some is refused', () => {
  for (const completions of [0, 2]) {
    const f = new Fixture({ completions });
    f.senders.push(kernel.queueAttachSender(f.queue, 0));
    const { handle } = f.dataRegion(POLICY_IMMUTABLE, 64);
    const record = f.descriptor(handle, 0, 8);
    refuses(f, STATUS_NO_COMPLETIONS, () => kernel.queueSubmit(f.senders[0]!, 0, f.source, 8, 0, 0));
    refuses(f, STATUS_NO_COMPLETIONS, () => kernel.queueSubmitDescriptor(f.senders[0]!, 0, record, 0, 0));
    expect(f.failing(() => kernel.queueCompletions(f.senders[0]!))).toBe(named(STATUS_NO_COMPLETIONS));
  }
});

describe('a descriptor', () => {
  const send = (f: Fixture, record: number) => () => kernel.queueSendDescriptor(f.senders[0]!, 1, record);

  test('needs messages of 24 bytes, and a record at a word', () => {
    for (const maxBytes of [0, 8, 23]) {
      const f = Fixture.attached({ maxBytes });
      const { handle } = f.dataRegion(POLICY_IMMUTABLE, 64);
      refuses(f, STATUS_TOO_LARGE, send(f, f.descriptor(handle, 0, 8)));
    }
    const f = Fixture.attached({ maxBytes: 24 });
    const record = f.descriptor(f.dataRegion(POLICY_IMMUTABLE, 64).handle, 0, 8);
    for (const wrong of [record + 1, record + 2, record + 3, -4, 0x80000000 | 0]) refuses(f, STATUS_BAD_ARGUMENT, send(f, wrong));
    expect(send(f, record)()).toBe(STATUS_OK);
  });

  test('names a live region, not a Slab, and keeps its reserved word zero', () => {
    const f = Fixture.attached();
    const { handle } = f.dataRegion(POLICY_IMMUTABLE, 64);
    const slab = f.dataRegion(POLICY_SLAB, 64);
    refuses(f, STATUS_POLICY, send(f, f.descriptor(slab.handle, 0, 8)));
    refuses(f, STATUS_POLICY, send(f, f.descriptor(f.region, 0, 8)));
    for (const reserved of [1, -1]) refuses(f, STATUS_BAD_ARGUMENT, send(f, f.descriptor(handle, 0, 8, { reserved })));
    for (const wrong of [0, -1, handle + 5, handle + 256, f.queue]) refuses(f, STATUS_STALE_REGION, send(f, f.descriptor(wrong, 0, 8)));
    const gone = f.dataRegion(POLICY_IMMUTABLE, 64);
    regionDestroy(f.table, gone.handle);
    refuses(f, STATUS_STALE_REGION, send(f, f.descriptor(gone.handle, 0, 8)));
    expect(send(f, f.descriptor(handle, 0, 8))()).toBe(STATUS_OK);
  });

  test.each([POLICY_IMMUTABLE, POLICY_APPEND_ONLY])('under policy %i lies inside the region and what is committed, whatever it claims', (policy) => {
    const f = Fixture.attached({ ringSize: 64 });
    const { handle } = f.dataRegion(policy, 128, policy === POLICY_APPEND_ONLY ? 72 : 0);
    const committed = policy === POLICY_APPEND_ONLY ? 72 : 128;
    const edges = [0, 1, 71, 72, 73, 127, 128, 129, 0x7fffffff, 0x80000000 | 0, -1, -72, -128];
    let sent = 0;
    for (const offset of edges) {
      for (const bytes of edges) {
        const end = (offset >>> 0) + (bytes >>> 0);
        const call = send(f, f.descriptor(handle, offset, bytes));
        if (end > 128) refuses(f, STATUS_OUT_OF_BOUNDS, call);
        else if (end > committed) refuses(f, STATUS_NOT_COMMITTED, call);
        else {
          expect([offset, bytes, named(call())]).toEqual([offset, bytes, STATUS_OK]);
          sent++;
          expect(f.receive().data).toEqual(bytesAt(f.records, 24));
        }
      }
    }
    expect(sent).toBeGreaterThan(5);
    for (const offsetHigh of [1, -1, 0x80000000 | 0]) refuses(f, STATUS_OUT_OF_BOUNDS, send(f, f.descriptor(handle, 0, 8, { offsetHigh })));
  });
});

describe('credit', () => {
  test.each(shapesOf({ completions: [1, 2, 8], receivers: [1, 2], senders: [1, 2], start: STARTS }))(
    'of $completions ($senders senders, $receivers receivers, start $start) bounds what is outstanding, per sender and priority', (shape) => {
      const f = Fixture.attached({ ...shape, ringSize: 16 });
      const { handle } = f.dataRegion(POLICY_IMMUTABLE, 64);
      for (let sender = 0; sender < shape.senders!; sender++) {
        for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
          for (let k = 0; k < shape.completions!; k++) expect(f.submit(sender, priority, payload(8, 0), k, priority)).toBe(STATUS_OK);
        }
      }
      const record = f.descriptor(handle, 0, 8);
      for (let priority = 0; priority < PRIORITY_COUNT; priority++) {
        refuses(f, STATUS_NO_CREDIT, () => kernel.queueSend(f.senders[0]!, priority, f.source, 8));
        refuses(f, STATUS_NO_CREDIT, () => kernel.queueSubmit(f.senders[0]!, priority, f.source, 8, 0, 0));
        // A descriptor has been checked and noted in the sender's own block by then.
        expect(f.failing(() => kernel.queueSendDescriptor(f.senders[0]!, priority, record), COUNTED, 'SENDER_DESCRIPTOR?'))
          .toBe(named(STATUS_NO_CREDIT));
      }
      // Neither receiving nor completing gives it back; reaping gives back one each.
      for (let k = 0; k < shape.completions!; k++) {
        let got = f.receive(k % shape.receivers!);
        while (got.sender !== 0) got = f.receive(k % shape.receivers!);
        refuses(f, STATUS_NO_CREDIT, () => kernel.queueSend(f.senders[0]!, 0, f.source, 8));
        expect(f.complete(k % shape.receivers!, 0, 0, got.userLow, 0, 0)).toBe(STATUS_OK);
        refuses(f, STATUS_NO_CREDIT, () => kernel.queueSend(f.senders[0]!, 0, f.source, 8));
        expect(f.reap(0)).toMatchObject({ userLow: got.userLow });
        expect(kernel.queueSend(f.senders[0]!, 0, f.source, 8)).toBe(STATUS_OK);
        refuses(f, STATUS_NO_CREDIT, () => kernel.queueSend(f.senders[0]!, 0, f.source, 8));
      }
    });
});
