/**
 * Revoking in every order with what it ends: no send that begins after it succeeds, and nothing that was being passed on survives.
 *
 * The tasks judge themselves (capability-entry.ts). Spaces of 8 instead of 64 capabilities, 3 spaces instead of 32 (bounds.ts).
 * Checked by: test/explore/kernel.test.ts, test/explore/seeded.test.ts.
 */
import {
  CAPABILITY_BYTES, RIGHT_GRANT, RIGHT_GRANT_ONCE, RIGHT_READ, RIGHT_REVOKE, RIGHT_WRITE, SPACE_BYTES, SPACE_HEADER_BYTES, TYPE_QUEUE, TYPE_SENDER,
} from '../kernel/layout.ts';
import { STATUS_FULL, STATUS_NO_CAPABILITY, STATUS_NO_RIGHT } from '../kernel/status.ts';
import type { Call, Place, Scenario, Task } from './scenario.ts';

const ALL = RIGHT_READ | RIGHT_WRITE | RIGHT_GRANT | RIGHT_REVOKE | RIGHT_GRANT_ONCE;

const call = (name: string, operands: number[], accept: number[] = []): Call => ({ name, operands, meaning: { kind: 'other', accept } });

/** A root with a queue, two clients' spaces, and in each a capability to the queue and one to the other space. */
const system = (place: Place): { root: number; queue: number; spaces: number[]; given: number[]; to: number[]; targets: number[] } => {
  const root = place.call('capSystemCreate', place.allocate(192 + SPACE_BYTES), 192 + SPACE_BYTES, place.table);
  const queue = 64 + 3;
  const entry = root + SPACE_HEADER_BYTES + 3 * CAPABILITY_BYTES;
  [queue, STATUS_NO_RIGHT, STATUS_NO_RIGHT, place.queue, TYPE_QUEUE, ALL, 0, 0, 0, queue].forEach((word, k) => place.store(entry + 4 * k, word));
  const targets = [0, 1].map(() => place.call('capSpaceCreate', root, 64, place.allocate(SPACE_BYTES), SPACE_BYTES));
  const spaces = targets.map((target) => place.call('capSpace', root, target));
  const given = targets.map((target, k) => place.call('capGrant', root, queue, target, ALL, k + 1));
  const to = [0, 1].map((k) => place.call('capGrant', root, targets[1 - k]!, targets[k]!, RIGHT_WRITE, 0));
  return { root, queue, spaces, given, to, targets };
};

const scenario = (name: string, kills: number, tasks: (place: Place) => Task[]): Scenario => ({
  name: `capability: ${name}`, program: 'capability', kills, spurious: 0, lanes: [], tasks,
  shape: { senders: 1, receivers: 1, ringSize: 2, maxBytes: 8, completions: 0, start: 0 },
});

const granting = (place: Place, killable: boolean): Task[] => {
  const { root, queue, spaces, given, to, targets } = system(place);
  return [
    { name: 'granter', calls: [call('capGrant', [spaces[0]!, given[0]!, to[0]!, ALL, 1], [STATUS_NO_CAPABILITY])], killable },
    { name: 'revoker', calls: [call('capRevoke', [root, queue])] },
    ...(killable ? [{ name: 'recovery', calls: [call('capRecover', [root, targets[0]!])], afterDeathOf: 0 }] : []),
    { name: 'checker', calls: [call('taskNoneLive', [spaces[0]!]), call('taskNoneLive', [spaces[1]!])], afterEndOf: killable ? [1, 2] : [0, 1] },
  ];
};

export const CAPABILITIES: Scenario[] = [
  scenario('passed on while revoked', 0, (place) => granting(place, false)),
  scenario('passed on while revoked, and a death', 1, (place) => granting(place, true)),
  scenario('dropped while revoked', 0, (place) => {
    const { root, queue, spaces, given } = system(place);
    return [
      { name: 'holder', calls: [call('capDrop', [spaces[0]!, given[0]!])] },
      { name: 'revoker', calls: [call('capRevoke', [root, queue])] },
      { name: 'checker', calls: [call('taskNoneLive', [spaces[0]!]), call('taskNoneLive', [spaces[1]!])], afterEndOf: [0, 1] },
    ];
  }),
  scenario('sending while revoked', 0, (place) => {
    const { root, queue, spaces, given } = system(place);
    // The queue's one place was taken by the setup; the client's is that.
    const sender = place.senders[0]!;
    const entry = spaces[0]! + SPACE_HEADER_BYTES + 5 * CAPABILITY_BYTES;
    const parent = spaces[0]! + SPACE_HEADER_BYTES + (given[0]! & 63) * CAPABILITY_BYTES;
    const words = [64 + 5, sender, STATUS_NO_RIGHT, place.queue, TYPE_SENDER, RIGHT_WRITE, 1, 1, parent, 64 + 5];
    words.forEach((word, k) => place.store(entry + 4 * k, word));
    const source = place.allocate(64);
    const full = [STATUS_FULL];
    return [
      { name: 'client', calls: [call('taskSendTwice', [spaces[0]!, 64 + 5, source], full)] },
      { name: 'revoker', calls: [call('capRevoke', [root, queue])] },
      { name: 'client, later', calls: [call('taskSendLate', [spaces[0]!, 64 + 5, source])], afterEndOf: [0, 1] },
    ];
  }),
];
