/**
 * Scenarios of regions: several appenders, sealing, slots, ending a region while descriptors to it are under way, and deaths in each.
 *
 * The tasks judge themselves (entry.ts): records are whole or, given up by a dead appender, zero; a slot has one user; and where
 * a region was ended, nothing that names it is left in the queue. Checked by: test/explore/kernel.test.ts, test/explore/seeded.test.ts.
 */
import { POLICY_APPEND_ONLY } from '../kernel/layout.ts';
import { STATUS_AGAIN, STATUS_EMPTY, STATUS_FULL, STATUS_NOT_COMMITTED, STATUS_POLICY, STATUS_STALE_REGION, STATUS_STALE_SLOT } from '../kernel/status.ts';
import { type Call, KEPT, type Place, type Scenario, type Task } from './scenario.ts';

const NORMAL = 2;
const RECORD_BYTES = 8;

const call = (name: string, operands: number[], accept: number[] = []): Call => ({ name, operands, meaning: { kind: 'other', accept } });

const scenario = (name: string, kills: number, tasks: (place: Place) => Task[], ringSize = 1): Scenario => ({
  name, kills, spurious: 0, lanes: [], tasks, shape: { senders: 1, receivers: 1, ringSize, maxBytes: 24, completions: 0, start: 0 },
});

/** The 8 bytes of a record. */
const record = (place: Place): number => {
  const source = place.allocate(16);
  place.store(source, 0x5eed);
  place.store(source + 4, 0x5eee);
  return source;
};

const appendOnly = (place: Place): number => place.call('regionCreate', place.table, POLICY_APPEND_ONLY, place.allocate(64), 64);

/** Reads all committed records: at least `bytes` of them. */
const reads = (place: Place, region: number, bytes: number): Call => call('taskReadRecords', [place.table, region, bytes]);

const appends = (place: Place, region: number, owner: number): Call =>
  call('regionAppendFor', [place.table, region, owner, record(place), RECORD_BYTES]);

const APPENDERS: Scenario[] = [
  scenario('an appender and a reader', 0, (place) => {
    const region = appendOnly(place);
    return [{ name: 'appender', calls: [appends(place, region, 1), appends(place, region, 1)] },
      { name: 'reader', calls: [{ ...reads(place, region, 0), keep: true }, reads(place, region, KEPT), reads(place, region, KEPT)] }];
  }),
  scenario('one of two appenders dies', 1, (place) => {
    const region = appendOnly(place);
    return [{ name: 'appender 1', calls: [appends(place, region, 1)], killable: true }, { name: 'appender 2', calls: [appends(place, region, 2)] },
      { name: 'recovery', calls: [call('regionRecover', [place.table, 1])], afterDeathOf: 0 },
      { name: 'checker', calls: [reads(place, region, RECORD_BYTES), appends(place, region, 3), reads(place, region,
        2 * RECORD_BYTES)], afterEndOf: [1, 2] }];
  }),
];

const follows = (place: Place, accept: number[]): Call =>
  call('taskFollowDescriptor', [place.table, place.receivers[0]!, place.allocate(24)], accept);

const describes = (place: Place, region: number): number => {
  const at = place.allocate(24);
  place.store(at, region);
  place.store(at + 4, RECORD_BYTES);
  return at;
};

const ENDING: Scenario[] = [
  scenario('a region ends while a descriptor is sent', 0, (place) => {
    const region = appendOnly(place);
    place.call('regionHost', place.table, place.region, place.queue);
    place.call('regionAppend', place.table, region, record(place), RECORD_BYTES);
    const send = call('queueSendDescriptor', [place.senders[0]!, NORMAL, describes(place, region)], [STATUS_STALE_REGION, STATUS_FULL]);
    // Who begins to receive after a region has ended finds no descriptor that names it.
    return [{ name: 'sender', calls: [send, send] }, { name: 'owner', calls: [call('regionDestroy', [place.table, region])] },
      { name: 'receiver', calls: [follows(place, [STATUS_EMPTY])], afterEndOf: [1] }];
  }),
  scenario('a region ends while a descriptor is sent the quick way', 0, (place) => {
    const region = appendOnly(place);
    place.call('regionHost', place.table, place.region, place.queue);
    place.call('regionAppend', place.table, region, record(place), RECORD_BYTES);
    // A message before it, so that the lane is announced and its second slot known to be free.
    place.call('queueSend', place.senders[0]!, NORMAL, record(place), RECORD_BYTES);
    place.call('queueReceive', place.receivers[0]!, place.allocate(24), 24);
    const send = call('queueSendDescriptor', [place.senders[0]!, NORMAL, describes(place, region)], [STATUS_STALE_REGION]);
    return [{ name: 'sender', calls: [send] }, { name: 'owner', calls: [call('regionDestroy', [place.table, region])] },
      { name: 'receiver', calls: [follows(place, [STATUS_EMPTY])], afterEndOf: [1] }];
  }, 2),
  scenario('who ends a region dies', 1, (place) => {
    const region = appendOnly(place);
    place.call('regionHost', place.table, place.region, place.queue);
    place.call('regionAppend', place.table, region, record(place), RECORD_BYTES);
    const send = call('queueSendDescriptor', [place.senders[0]!, NORMAL, describes(place, region)], [STATUS_STALE_REGION, STATUS_FULL]);
    return [{ name: 'sender', calls: [send] }, { name: 'owner', calls: [call('regionDestroyFor', [place.table, 1, region])], killable: true },
      { name: 'recovery', calls: [call('regionRecover', [place.table, 1])], afterDeathOf: 1 },
      { name: 'receiver', calls: [follows(place, [STATUS_EMPTY])], afterEndOf: [0, 2] }];
  }),
  scenario('a region is sealed while it is described', 1, (place) => {
    const region = place.call('regionCreateWritable', place.table, 1, place.allocate(64), RECORD_BYTES);
    const early = call('queueSendDescriptor', [place.senders[0]!, NORMAL, describes(place, region)], [STATUS_NOT_COMMITTED, STATUS_STALE_REGION, STATUS_FULL]);
    return [{ name: 'owner', calls: [call('taskFillAndSeal', [place.table, region])], killable: true }, { name: 'sender', calls: [early, early] },
      { name: 'receiver', calls: [follows(place, [STATUS_EMPTY]), follows(place, [STATUS_EMPTY])] },
      { name: 'recovery', calls: [call('regionRecover', [place.table, 1])], afterDeathOf: 0 }];
  }),
  scenario('a region is sealed while it is described the quick way', 1, (place) => {
    const region = place.call('regionCreateWritable', place.table, 1, place.allocate(64), RECORD_BYTES);
    place.call('queueSend', place.senders[0]!, NORMAL, record(place), RECORD_BYTES);
    place.call('queueReceive', place.receivers[0]!, place.allocate(24), 24);
    const early = call('queueSendDescriptor', [place.senders[0]!, NORMAL, describes(place, region)], [STATUS_NOT_COMMITTED, STATUS_STALE_REGION]);
    return [{ name: 'owner', calls: [call('taskFillAndSeal', [place.table, region])], killable: true }, { name: 'sender', calls: [early] },
      { name: 'receiver', calls: [follows(place, [STATUS_EMPTY])] },
      { name: 'recovery', calls: [call('regionRecover', [place.table, 1])], afterDeathOf: 0 }];
  }, 2),
];

const SLOT_STATUSES = [STATUS_FULL, STATUS_AGAIN];

const slab = (place: Place, slots: number): number =>
  place.call('regionCreateSlab', place.table, 0, place.allocate(512), 512, slots, RECORD_BYTES);

const uses = (place: Place, region: number, owner: number, accept: number[]): Call =>
  call('taskUseSlot', [place.table, region, owner], accept);

const SLOTS: Scenario[] = [
  scenario('two users of one slot', 0, (place) => {
    const region = slab(place, 1);
    return [{ name: 'user 1', calls: [uses(place, region, 1, SLOT_STATUSES)] }, { name: 'user 2', calls: [uses(place, region, 2, SLOT_STATUSES)] },
      { name: 'checker', calls: [uses(place, region, 3, [])], afterEndOf: [0, 1] }];
  }),
  scenario('one of two users of slots dies', 1, (place) => {
    const region = slab(place, 2);
    return [{ name: 'user 1', calls: [uses(place, region, 1, SLOT_STATUSES)], killable: true },
      { name: 'user 2', calls: [uses(place, region, 2, SLOT_STATUSES)] },
      { name: 'recovery', calls: [call('regionRecover', [place.table, 1])], afterDeathOf: 0 },
      { name: 'checker', calls: [call('regionSlotAllocate', [place.table, region, 3]), call('regionSlotAllocate', [place.table, region, 3])], afterEndOf: [1, 2] }];
  }),
  scenario('a slot is freed twice', 0, (place) => {
    const region = slab(place, 1);
    const slot = place.call('regionSlotAllocate', place.table, region, 1);
    const free = call('regionSlotFree', [place.table, region, slot], [STATUS_STALE_SLOT]);
    return [{ name: 'one', calls: [free] }, { name: 'other', calls: [free] }, { name: 'user', calls: [uses(place, region, 2, SLOT_STATUSES)] },
      { name: 'checker', calls: [uses(place, region, 3, []), { ...free, meaning: { kind: 'is', value: STATUS_STALE_SLOT } },
        call('regionSlotAllocate', [place.table, appendOnly(place), 3], [STATUS_POLICY])], afterEndOf: [0, 1, 2] }];
  }),
];

/** Larger ones for the deep run. */
export const LARGE_REGIONS: Scenario[] = [
  scenario('two appenders', 0, (place) => {
    const region = appendOnly(place);
    return [{ name: 'appender 1', calls: [appends(place, region, 1)] }, { name: 'appender 2', calls: [appends(place, region, 2)] },
      { name: 'checker', calls: [reads(place, region, 2 * RECORD_BYTES)], afterEndOf: [0, 1] }];
  }),
  scenario('recovery of an appender dies', 2, (place) => {
    const region = appendOnly(place);
    return [{ name: 'appender 1', calls: [appends(place, region, 1)], killable: true }, { name: 'appender 2', calls: [appends(place, region, 2)] },
      { name: 'recovery', calls: [call('regionRecover', [place.table, 1])], afterDeathOf: 0, killable: true },
      { name: 'second recovery', calls: [call('regionRecover', [place.table, 1])], afterDeathOf: 2 },
      { name: 'checker', calls: [reads(place, region, RECORD_BYTES)], afterEndOf: [1, 3] }];
  }),
];

export const REGIONS: Scenario[] = [...APPENDERS, ...ENDING, ...SLOTS];
