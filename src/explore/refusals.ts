/**
 * Every refusal of the kernel's surface, as scenarios of one task: the status, and memory unchanged (unchanged.ts).
 *
 * They are explored like all others, so that the branches of refusals count as covered only if their result was judged.
 * Checked by: test/explore/kernel.test.ts.
 */
import * as layout from '../kernel/layout.ts';
import * as status from '../kernel/status.ts';
import type { Call, Place, QueueShape, Scenario } from './scenario.ts';

type Refusal = readonly [name: string, operands: readonly number[], result: number];

const NORMAL = 2;

const calls = (refusals: readonly Refusal[]): Call[] =>
  refusals.map(([name, operands, value]) => ({ name, operands: [...operands], meaning: { kind: 'is', value } }));

const refusing = (name: string, form: Partial<QueueShape>, refusals: (place: Place) => Refusal[]): Scenario => ({
  name: `refused: ${name}`,
  shape: { senders: 1, receivers: 1, ringSize: 1, maxBytes: 24, completions: 0, start: 0, ...form },
  lanes: [], kills: 0, spurious: 0,
  tasks: (place) => [{ name: 'caller', calls: calls(refusals(place)) }],
});

/** A record of words in fresh memory. */
const record = (place: Place, ...words: number[]): number => {
  const at = place.allocate(words.length * 4);
  for (const [i, word] of words.entries()) place.store(at + i * 4, word);
  return at;
};

const sending = (place: Place): Refusal[] => {
  const { senders: [sender], receivers: [receiver] } = place as { senders: [number]; receivers: [number] } & Place;
  const source = place.allocate(64);
  const batch = record(place, source, 8, 0, 0, 0, 0);
  const tooLarge = record(place, source, 25, 0, 0, 0, 0);
  return [
    ['queueSend', [0, NORMAL, source, 8], status.STATUS_BAD_HANDLE],
    ['queueSend', [receiver, NORMAL, source, 8], status.STATUS_BAD_HANDLE],
    ['queueSend', [sender ^ 1, NORMAL, source, 8], status.STATUS_BAD_HANDLE],
    ['queueSend', [sender, 4, source, 8], status.STATUS_BAD_PRIORITY],
    ['queueSend', [sender, -1, source, 8], status.STATUS_BAD_PRIORITY],
    ['queueSend', [sender, NORMAL, -4, 8], status.STATUS_BAD_ARGUMENT],
    ['queueSend', [sender, NORMAL, source, -8], status.STATUS_BAD_ARGUMENT],
    ['queueSend', [sender, NORMAL, source, 25], status.STATUS_TOO_LARGE],
    ['queueSubmit', [sender, NORMAL, source, 8, 1, 2], status.STATUS_NO_COMPLETIONS],
    ['queueSendBatch', [0, NORMAL, batch, 1], status.STATUS_BAD_HANDLE],
    ['queueSendBatch', [sender, 4, batch, 1], status.STATUS_BAD_PRIORITY],
    ['queueSendBatch', [sender, NORMAL, batch + 2, 1], status.STATUS_BAD_ARGUMENT],
    ['queueSendBatch', [sender, NORMAL, -4, 1], status.STATUS_BAD_ARGUMENT],
    ['queueSendBatch', [sender, NORMAL, batch, -1], status.STATUS_BAD_ARGUMENT],
    ['queueSendBatch', [sender, NORMAL, batch, layout.BATCH_COUNT_MAX + 1], status.STATUS_BAD_ARGUMENT],
    ['queueSendBatch', [sender, NORMAL, tooLarge, 1], status.STATUS_TOO_LARGE],
    ['queueSendBatch', [sender, NORMAL, batch, 0], 0],
    ['queueSendArray', [0, NORMAL, source, 8, 1], status.STATUS_BAD_HANDLE],
    ['queueSendArray', [sender, 4, source, 8, 1], status.STATUS_BAD_PRIORITY],
    ['queueSendArray', [sender, NORMAL, -4, 8, 1], status.STATUS_BAD_ARGUMENT],
    ['queueSendArray', [sender, NORMAL, source, -8, 1], status.STATUS_BAD_ARGUMENT],
    ['queueSendArray', [sender, NORMAL, source, 8, -1], status.STATUS_BAD_ARGUMENT],
    ['queueSendArray', [sender, NORMAL, source, 8, layout.BATCH_COUNT_MAX + 1], status.STATUS_BAD_ARGUMENT],
    ['queueSendArray', [sender, NORMAL, 0x7ffffff0, 8, 2], status.STATUS_BAD_ARGUMENT],
    ['queueSendArray', [sender, NORMAL, source, 25, 1], status.STATUS_TOO_LARGE],
    ['queueSendArray', [sender, NORMAL, source, 8, 0], 0],
    ['queueSend', [sender, NORMAL, source, 8], status.STATUS_OK],
    ['queueSend', [sender, NORMAL, source, 8], status.STATUS_FULL],
    ['queueSendBatch', [sender, NORMAL, batch, 1], status.STATUS_FULL],
    ['queueSendArray', [sender, NORMAL, source, 8, 2], status.STATUS_FULL],
    ['queueReceiveArray', [receiver, source, 4, 1], status.STATUS_TOO_SMALL],
    ['queueReceive', [receiver, source, 4], status.STATUS_TOO_SMALL],
    ['queueReceiveTimeout', [receiver, source, 4, 0], status.STATUS_TOO_SMALL],
    ['queueClose', [place.queue], status.STATUS_OK],
    ['queueSend', [sender, 1, source, 8], status.STATUS_CLOSED],
    ['queueSendBatch', [sender, NORMAL, batch, 1], status.STATUS_CLOSED],
    ['queueSendArray', [sender, NORMAL, source, 8, 2], status.STATUS_CLOSED],
    ['queueAttachSender', [place.queue, 0], status.STATUS_CLOSED],
    ['queueReceive', [receiver, source, 64], 8],
    ['queueReceive', [receiver, source, 64], status.STATUS_CLOSED],
    ['queuePeek', [receiver], status.STATUS_CLOSED],
    ['queueReceiveTimeout', [receiver, source, 64, -1], status.STATUS_CLOSED],
  ];
};

const receiving = (place: Place): Refusal[] => {
  const { senders: [sender], receivers: [receiver] } = place as { senders: [number]; receivers: [number] } & Place;
  const buffer = place.allocate(256);
  const batch = record(place, buffer, 64, 0, 0, 0, 0);
  return [
    ['queueReceive', [0, buffer, 8], status.STATUS_BAD_HANDLE],
    ['queueReceive', [sender, buffer, 8], status.STATUS_BAD_HANDLE],
    ['queueReceive', [receiver ^ 1, buffer, 8], status.STATUS_BAD_HANDLE],
    ['queueReceive', [receiver, -4, 8], status.STATUS_BAD_ARGUMENT],
    ['queueReceive', [receiver, buffer, -1], status.STATUS_BAD_ARGUMENT],
    ['queueReceive', [receiver, buffer, 8], status.STATUS_EMPTY],
    ['queueReceiveTimeout', [0, buffer, 8, -1], status.STATUS_BAD_HANDLE],
    ['queueReceiveTimeout', [receiver, -4, 8, -1], status.STATUS_BAD_ARGUMENT],
    ['queueReceiveTimeout', [receiver, buffer, -1, -1], status.STATUS_BAD_ARGUMENT],
    ['queueReceiveTimeout', [receiver, buffer, 8, 0], status.STATUS_EMPTY],
    ['queueReceiveBatch', [0, batch, 1], status.STATUS_BAD_HANDLE],
    ['queueReceiveBatch', [receiver, batch + 1, 1], status.STATUS_BAD_ARGUMENT],
    ['queueReceiveBatch', [receiver, -4, 1], status.STATUS_BAD_ARGUMENT],
    ['queueReceiveBatch', [receiver, batch, -1], status.STATUS_BAD_ARGUMENT],
    ['queueReceiveBatch', [receiver, batch, layout.BATCH_COUNT_MAX + 1], status.STATUS_BAD_ARGUMENT],
    ['queueReceiveBatch', [receiver, batch, 1], status.STATUS_EMPTY],
    ['queueReceiveArray', [0, buffer, 8, 1], status.STATUS_BAD_HANDLE],
    ['queueReceiveArray', [receiver, -4, 8, 1], status.STATUS_BAD_ARGUMENT],
    ['queueReceiveArray', [receiver, buffer, -8, 1], status.STATUS_BAD_ARGUMENT],
    ['queueReceiveArray', [receiver, buffer, 8, -1], status.STATUS_BAD_ARGUMENT],
    ['queueReceiveArray', [receiver, buffer, 8, layout.BATCH_COUNT_MAX + 1], status.STATUS_BAD_ARGUMENT],
    ['queueReceiveArray', [receiver, buffer, 8, 0], 0],
    ['queueReceiveArray', [receiver, buffer, 8, 1], status.STATUS_EMPTY],
    ['queuePeek', [receiver], status.STATUS_EMPTY],
    ['queueDiscard', [receiver], status.STATUS_EMPTY],
    ['queueComplete', [receiver, 0, NORMAL, 0, 0, 0], status.STATUS_NO_COMPLETIONS],
    ['receivedBytes', [0], status.STATUS_BAD_HANDLE],
    ['receivedFlags', [0], status.STATUS_BAD_HANDLE],
    ['queueSend', [sender, NORMAL, buffer, 12], status.STATUS_OK],
    ['queuePeek', [receiver], 12],
    ['receivedBytes', [receiver], 12],
    ['receivedFlags', [receiver], 0],
    ['receivedPriority', [receiver], NORMAL],
    ['receivedSender', [receiver], 0],
    ['queueLaneLength', [place.queue, NORMAL], 1],
    ['queueDiscard', [receiver], 12],
  ];
};

const looking = (place: Place): Refusal[] => {
  const { senders: [sender], receivers: [receiver], queue } = place as { senders: [number]; receivers: [number] } & Place;
  const into = place.allocate(256);
  return [
    ['queueLength', [0], status.STATUS_BAD_HANDLE],
    ['queueLength', [queue + 2], status.STATUS_BAD_HANDLE],
    ['queueLength', [queue + 64], status.STATUS_BAD_HANDLE],
    ['queueLaneLength', [0, 0], status.STATUS_BAD_HANDLE],
    ['queueLaneLength', [queue, 4], status.STATUS_BAD_PRIORITY],
    ['queueOwed', [0, 0, 0], status.STATUS_BAD_HANDLE],
    ['queueOwed', [queue, 0, 4], status.STATUS_BAD_PRIORITY],
    ['queueOwed', [queue, 1, 0], status.STATUS_BAD_ARGUMENT],
    ['queueOwed', [queue, 0, 0], 0],
    ['queueStatistics', [0, into], status.STATUS_BAD_HANDLE],
    ['queueStatistics', [queue, into + 4], status.STATUS_BAD_ARGUMENT],
    ['queueStatistics', [queue, -8], status.STATUS_BAD_ARGUMENT],
    ['queueCompletions', [0], status.STATUS_BAD_HANDLE],
    ['queueCompletions', [sender], status.STATUS_NO_COMPLETIONS],
    ['queueClose', [0], status.STATUS_BAD_HANDLE],
    ['queueRecoverSender', [0, 0], status.STATUS_BAD_HANDLE],
    ['queueRecoverSender', [queue, 1], status.STATUS_BAD_ARGUMENT],
    ['queueRecoverSender', [queue, -1], status.STATUS_BAD_ARGUMENT],
    ['queueRecoverReceiver', [0, 0], status.STATUS_BAD_HANDLE],
    ['queueRecoverReceiver', [queue, 1], status.STATUS_BAD_ARGUMENT],
    ['queueAttachSender', [0, 0], status.STATUS_BAD_HANDLE],
    ['queueAttachSender', [queue, 7], status.STATUS_WRONG_SCHEMA],
    ['queueAttachSubmitter', [queue, 0], status.STATUS_NO_COMPLETIONS],
    ['queueAttachSender', [queue, 0], status.STATUS_NO_PLACE],
    ['queueAttachReceiver', [0], status.STATUS_BAD_HANDLE],
    ['queueAttachReceiver', [queue], status.STATUS_NO_PLACE],
    ['queueDetachSender', [0], status.STATUS_BAD_HANDLE],
    ['queueDetachReceiver', [0], status.STATUS_BAD_HANDLE],
    ['queueDetachSender', [sender], status.STATUS_OK],
    ['queueDetachSender', [sender], status.STATUS_BAD_HANDLE],
    ['queueSend', [sender, NORMAL, into, 8], status.STATUS_BAD_HANDLE],
    ['queueDetachReceiver', [receiver], status.STATUS_OK],
    ['queueReceive', [receiver, into, 8], status.STATUS_BAD_HANDLE],
  ];
};

const completing = (place: Place): Refusal[] => {
  const { senders: [sender], receivers: [receiver], queue } = place as { senders: [number]; receivers: [number] } & Place;
  const buffer = place.allocate(64);
  const reaper = place.call('queueCompletions', sender);
  return [
    ['queueComplete', [0, 0, NORMAL, 1, 2, 0], status.STATUS_BAD_HANDLE],
    ['queueComplete', [receiver, 0, 4, 1, 2, 0], status.STATUS_BAD_PRIORITY],
    ['queueComplete', [receiver, 1, NORMAL, 1, 2, 0], status.STATUS_BAD_ARGUMENT],
    ['queueComplete', [receiver, 0, NORMAL, 1, 2, 0], status.STATUS_NOT_PENDING],
    ['queueDetachReceiver', [reaper], status.STATUS_BAD_HANDLE],
    ['queueSubmit', [sender, NORMAL, buffer, 8, 1, 2], status.STATUS_OK],
    ['queueSubmit', [sender, NORMAL, buffer, 8, 1, 2], status.STATUS_NO_CREDIT],
    ['queueDetachSender', [sender], status.STATUS_BUSY],
    ['queueReceive', [receiver, buffer, 8], 8],
    ['receivedUserLow', [receiver], 1],
    ['receivedUserHigh', [receiver], 2],
    ['queueOwed', [queue, 0, NORMAL], 1],
    ['queueComplete', [receiver, 0, NORMAL, 1, 2, 0], status.STATUS_OK],
    ['queueComplete', [receiver, 0, NORMAL, 1, 2, 0], status.STATUS_NOT_PENDING],
    ['queueReceive', [reaper, buffer, 16], 16],
    ['queueDetachSender', [sender], status.STATUS_OK],
    ['queueCompletions', [sender], status.STATUS_BAD_HANDLE],
    ['queueAttachSender', [queue, 0], sender + 1],
    ['queueOwed', [queue, 0, NORMAL], 0],
  ];
};

/** A dead submitter's place may not go to a plain sender while something of it is not reaped. */
const inheriting = (place: Place): Refusal[] => {
  const { senders: [sender], queue } = place as { senders: [number] } & Place;
  const buffer = place.allocate(64);
  return [
    ['queueSubmit', [sender, NORMAL, buffer, 8, 1, 2], status.STATUS_OK],
    ['queueRecoverSender', [queue, 0], status.STATUS_OK],
    ['queueAttachSender', [queue, 0], status.STATUS_NO_PLACE],
    ['queueAttachSubmitter', [queue, 0], sender + 1],
  ];
};

const inPlace = (place: Place): Refusal[] => {
  const { senders: [sender], receivers: [receiver] } = place as { senders: [number]; receivers: [number] } & Place;
  const buffer = place.allocate(64);
  const slot = place.call('queueReserve', sender, NORMAL, 8);
  return [
    ['queueReserve', [0, NORMAL, 8], status.STATUS_BAD_HANDLE],
    ['queueReserve', [sender, 4, 8], status.STATUS_BAD_PRIORITY],
    ['queueReserve', [sender, NORMAL, -1], status.STATUS_BAD_ARGUMENT],
    ['queueReserve', [sender, NORMAL, 25], status.STATUS_TOO_LARGE],
    ['queueCommit', [0, 8], status.STATUS_BAD_HANDLE],
    ['queueView', [0], status.STATUS_BAD_HANDLE],
    ['queueView', [receiver], status.STATUS_EMPTY],
    ['queueRelease', [0], status.STATUS_BAD_HANDLE],
    ['queueRelease', [receiver], status.STATUS_NOT_PENDING],
    ['queueCommit', [sender, 25], status.STATUS_TOO_LARGE],
    ['queueSend', [sender, NORMAL, buffer, 8], status.STATUS_OK],
    ['queueCommit', [sender, 8], status.STATUS_NOT_PENDING],
    ['queueReserve', [sender, NORMAL, 8], status.STATUS_FULL],
    ['queueView', [receiver], slot],
    ['queueReceive', [receiver, buffer, 8], 8],
    ['queueRelease', [receiver], status.STATUS_NOT_PENDING],
    ['queueReserve', [sender, NORMAL, 8], slot],
    ['queueCommit', [sender, 4], status.STATUS_OK],
    ['queueCommit', [sender, 4], status.STATUS_NOT_PENDING],
    ['queueView', [receiver], slot],
    ['queueRelease', [receiver], 4],
    ['queueRelease', [receiver], status.STATUS_NOT_PENDING],
    ['receivedBadge', [receiver], 0],
    ['receivedBadge', [0], status.STATUS_BAD_HANDLE],
  ];
};

const describing = (place: Place): Refusal[] => {
  const { senders: [sender], table } = place as { senders: [number] } & Place;
  const slab = place.call('regionCreate', table, layout.POLICY_SLAB, place.allocate(64), 64);
  const append = place.call('regionCreate', table, layout.POLICY_APPEND_ONLY, place.allocate(64), 64);
  const still = place.call('regionCreate', table, layout.POLICY_IMMUTABLE, place.allocate(64), 64);
  const send = (result: number, region: number, length: number, low: number, high = 0, reserved = 0): Refusal =>
    ['queueSendDescriptor', [sender, NORMAL, record(place, region, length, low, high, 0, reserved)], result];
  const valid = record(place, still, 8, 0, 0, 0, 0);
  return [
    ['queueSendDescriptor', [0, NORMAL, valid], status.STATUS_BAD_HANDLE],
    ['queueSendDescriptor', [sender, 4, valid], status.STATUS_BAD_PRIORITY],
    ['queueSendDescriptor', [sender, NORMAL, valid + 2], status.STATUS_BAD_ARGUMENT],
    ['queueSubmitDescriptor', [sender, NORMAL, valid, 1, 2], status.STATUS_NO_COMPLETIONS],
    send(status.STATUS_STALE_REGION, 0, 8, 0),
    send(status.STATUS_STALE_REGION, -1, 8, 0),
    send(status.STATUS_STALE_REGION, 0x1ff, 8, 0),
    send(status.STATUS_STALE_REGION, still + (1 << layout.REGION_GENERATION_SHIFT), 8, 0),
    send(status.STATUS_POLICY, slab, 8, 0),
    send(status.STATUS_OUT_OF_BOUNDS, still, 8, 65),
    send(status.STATUS_OUT_OF_BOUNDS, still, 8, 60),
    send(status.STATUS_OUT_OF_BOUNDS, still, -1, 8),
    send(status.STATUS_OUT_OF_BOUNDS, still, 8, 0, 1),
    send(status.STATUS_BAD_ARGUMENT, still, 8, 0, 0, 1),
    send(status.STATUS_NOT_COMMITTED, append, 8, 0),
    ['regionAddress', [table, append, 0, 8], status.STATUS_NOT_COMMITTED],
    ['queueSendDescriptor', [sender, NORMAL, valid], status.STATUS_OK],
    ['queueSendDescriptor', [sender, NORMAL, valid], status.STATUS_FULL],
  ];
};

const keeping = (place: Place): Refusal[] => {
  const { table } = place;
  const memory = place.allocate(64);
  const append = place.call('regionCreate', table, layout.POLICY_APPEND_ONLY, place.allocate(64), 16);
  const still = place.call('regionCreate', table, layout.POLICY_IMMUTABLE, place.allocate(64), 64);
  const fresh = place.allocate(1024);
  return [
    ['regionTableCreate', [fresh, 1024, 0], status.STATUS_BAD_CONFIG],
    ['regionTableCreate', [fresh, 1024, layout.TABLE_REGIONS_MAX + 1], status.STATUS_BAD_CONFIG],
    ['regionTableCreate', [fresh + 4, 1024, 1], status.STATUS_BAD_ARGUMENT],
    ['regionTableCreate', [-64, 1024, 1], status.STATUS_BAD_ARGUMENT],
    ['regionTableCreate', [fresh, 64, 1], status.STATUS_NO_MEMORY],
    ['regionCreate', [table, 0, memory, 64], status.STATUS_BAD_ARGUMENT],
    ['regionCreate', [table, layout.POLICY_SLAB, -8, 64], status.STATUS_BAD_ARGUMENT],
    ['regionCreate', [table, layout.POLICY_SLAB, memory + 4, 64], status.STATUS_BAD_ARGUMENT],
    ['regionCreate', [table, layout.POLICY_SLAB, memory, 0], status.STATUS_BAD_ARGUMENT],
    ['regionCreate', [table, layout.POLICY_SLAB, memory, 0x7fffffff], status.STATUS_BAD_ARGUMENT],
    ['regionCreate', [memory, layout.POLICY_SLAB, memory, 64], status.STATUS_BAD_HANDLE],
    ['regionCommitted', [memory, append], status.STATUS_BAD_HANDLE],
    ['regionCommitted', [table, 0], status.STATUS_STALE_REGION],
    ['regionDestroy', [table, 0], status.STATUS_STALE_REGION],
    ['regionPolicy', [table, 0], status.STATUS_STALE_REGION],
    ['regionPolicy', [table, still], layout.POLICY_IMMUTABLE],
    ['regionReserve', [table, 0, 0, 8], status.STATUS_STALE_REGION],
    ['regionReserve', [table, append, 0, -1], status.STATUS_BAD_ARGUMENT],
    ['regionReserve', [table, still, 0, 8], status.STATUS_POLICY],
    ['regionReserve', [table, append, 0, 17], status.STATUS_FULL],
    ['regionCommit', [table, append, 0, 17], status.STATUS_BAD_ARGUMENT],
    ['regionAppend', [table, append, -4, 8], status.STATUS_BAD_ARGUMENT],
    ['regionAppend', [table, append, memory, 17], status.STATUS_FULL],
    ['regionAppend', [table, append, memory, 8], 0],
    ['regionAppend', [table, append, memory, 8], 8],
    ['regionAppend', [table, append, memory, 8], status.STATUS_FULL],
    ['regionAddress', [table, append, 8, 16], status.STATUS_OUT_OF_BOUNDS],
    ['regionDestroy', [table, still], status.STATUS_OK],
    ['regionDestroy', [table, still], status.STATUS_STALE_REGION],
  ];
};

const making = (place: Place): Refusal[] => {
  const { table } = place;
  const rest = (words: number[]): number[] => new Array<number>((layout.CONFIG_BYTES >> 2) - words.length).fill(0);
  const config = (...words: number[]): number => record(place, ...words, ...rest(words));
  const good = config(2, 16, 0, 1, 1, 0, 0);
  const misaligned = place.allocate(2048) + 8;
  const slab = place.call('regionCreate', table, layout.POLICY_SLAB, misaligned, 2000);
  const small = place.call('regionCreate', table, layout.POLICY_SLAB, place.allocate(64), 64);
  const bad = (...words: number[]): Refusal => ['queueBytes', [config(...words)], status.STATUS_BAD_CONFIG];
  return [
    bad(3, 16, 0, 1, 1, 0, 0), bad(0, 16, 0, 1, 1, 0, 0), bad(layout.RING_SLOTS_MAX * 2, 16, 0, 1, 1, 0, 0),
    bad(2, -1, 0, 1, 1, 0, 0), bad(2, layout.MESSAGE_BYTES_MAX + 1, 0, 1, 1, 0, 0), bad(2, 16, 0, 0, 1, 0, 0),
    bad(2, 16, 0, layout.SENDERS_MAX + 1, 1, 0, 0), bad(2, 16, 0, 1, 0, 0, 0), bad(2, 16, 0, 1, layout.RECEIVERS_MAX + 1, 0, 0),
    bad(2, 16, 0, 1, 1, 3, 0), bad(2, 16, 0, 1, 1, layout.RING_SLOTS_MAX * 2, 0), bad(layout.RING_SLOTS_MAX, layout.MESSAGE_BYTES_MAX, 0, 1, 1, 0, 0),
    bad(2, 16, 0, 32, 32, layout.RING_SLOTS_MAX, 0),
    ['queueCreate', [table, slab, config(3, 16, 0, 1, 1, 0, 0)], status.STATUS_BAD_CONFIG],
    ['queueCreate', [table, 0, good], status.STATUS_STALE_REGION],
    ['queueCreate', [table, small, good], status.STATUS_NO_MEMORY],
    ['queueCreate', [table, slab, good], status.STATUS_BAD_ARGUMENT],
  ];
};

export const REFUSALS: Scenario[] = [
  refusing('sending', {}, sending),
  refusing('sending to two receivers', { receivers: 2 }, (place) => sending(place).filter(([name]) => name !== 'queuePeek')),
  refusing('receiving', {}, receiving),
  refusing('looking, attaching, recovering', {}, looking),
  refusing('in place', {}, inPlace),
  refusing('a view of a shared queue', { receivers: 2 }, (place) => [['queueView', [place.receivers[0]!], status.STATUS_POLICY]]),
  refusing('completing', { completions: 1 }, completing),
  refusing('a place with completions outstanding', { completions: 1 }, inheriting),
  refusing('descriptors', {}, describing),
  refusing('descriptors in short messages', { maxBytes: 16 }, (place) => describing(place).slice(0, 1).concat([
    ['queueSendDescriptor', [place.senders[0]!, NORMAL, record(place, 1, 8, 0, 0, 0, 0)], status.STATUS_TOO_LARGE],
  ])),
  refusing('regions', {}, keeping),
  refusing('making', {}, making),
];
