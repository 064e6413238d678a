/**
 * Seeded bugs: small changes of the real source that a careful reader might miss. The explorer must find each one.
 *
 * A change that fits nowhere any more is an error (program.ts), so the list follows the source. `in` names the scenarios that are
 * tried, in order. Checked by: test/explore/seeded.test.ts.
 */
import type { Replacement } from './program.ts';

export interface SeededBug {
  name: string;
  change: Replacement[];
  model: 'sequential' | 'weak';
  in: string[];
}

const PATH = 'src/kernel/path/';
const SEND = `${PATH}1-send.ts`;
const BATCH = 'src/kernel/batch.ts';
const LANE = `${PATH}3-lane.ts`;
const RING = `${PATH}4-ring.ts`;
const WAKE = `${PATH}5-wake.ts`;
const RECEIVE = `${PATH}6-receive.ts`;
const QUEUE = 'src/kernel/queue.ts';
const RECOVER = 'src/kernel/recover.ts';
const ATTACH = 'src/kernel/attach.ts';
const APPEND = 'src/kernel/region/append.ts';
const SPAN = 'src/kernel/region/span.ts';

const one = (file: string, from: string, to: string): Replacement => ({ file, from, to });
const bug = (model: SeededBug['model'], name: string, scenarios: string[], ...change: Replacement[]): SeededBug =>
  ({ name, change, model, in: scenarios });

const importing = (file: string, name: string): Replacement => one(file, "from '#machine';", `from '#machine';\nimport { ${name} } from '#machine';`);

const COPY = '  copyBytes((slot + SLOT_PAYLOAD) | 0, source, bytes);\n';
const FINISH = '  ringPublish(ring, slot, meta);\n';
const STORE_META = '  storeRelaxed32(slot, SLOT_META, meta); // [meta]\n';
const STORE_STATE = '  storeSequential32(slot, SLOT_STATE, at); // [publish]\n';
const POP_COPY = '        copyRacing(buffer, (slot + SLOT_PAYLOAD) | 0, bytes);\n';
const POP_DONE = '          infoStore(info, meta, userLow, userHigh);\n          return bytes;';
const COMPARE = 'compareExchange32(ring, RING_CONSUMED, at, (at + 1) | 0) === at';

export const SEEDED: SeededBug[] = [
  // ---- Wrong even under sequential consistency.
  bug('sequential', 'publish before the payload is there', ['1x1 ring 1'], one(SEND, COPY, ''), one(SEND, FINISH, FINISH + COPY)),
  bug('sequential', 'publish before the length is there', ['1x1 ring 1'], one(RING, STORE_META + STORE_STATE, STORE_STATE + STORE_META)),
  bug('sequential', 'free the slot before it is copied', ['1x1 ring 1'],
    one(RING, POP_COPY, ''), one(RING, POP_DONE, POP_COPY + POP_DONE)),
  bug('sequential', 'sender index without mask', ['1x1 ring 1', '1x1 ring 2'], one(RING, 'Math.imul(at & load32(ring, RING_MASK),', 'Math.imul(at,')),
  bug('sequential', 'receiver index without mask', ['1x1 ring 1', '1x1 ring 2'],
    one(RING, 'const index = at & load32(ring, RING_CONSUMER_MASK);', 'const index = at;')),
  bug('sequential', 'never full', ['1x1 ring 1'],
    one(RING, '<= (load32(ring, RING_MASK) >>> 0);', '<= 0x7fffffff;')),
  bug('sequential', 'full too early', ['1x1 ring 1', '1x1 ring 2'],
    one(RING, '<= (load32(ring, RING_MASK) >>> 0);', '< (load32(ring, RING_MASK) >>> 0);')),
  bug('sequential', 'positions compared signed', ['1x1 ring 1 near 2^31'],
    one(RING, 'return countAhead(at, load32(ring, RING_CONSUMED_CACHE)) <= (load32(ring, RING_MASK) >>> 0);',
      'return at <= ((load32(ring, RING_CONSUMED_CACHE) + load32(ring, RING_MASK)) | 0);')),
  bug('sequential', 'readiness compared by size', ['1x1 ring 1 near 2^31'],
    one(RING, 'if (loadAcquire32(slot, SLOT_STATE) === at) return slot;', 'if (loadAcquire32(slot, SLOT_STATE) >= at) return slot;')),
  bug('sequential', 'receive without compare-exchange', ['1x2 ring 1', '1x2 ring 2'],
    one(RING, `return ${COMPARE}; // [free]`, '{ if (loadAcquire32(ring, RING_CONSUMED) !== at) return false; }')),
  bug('sequential', 'a lapped receiver says Empty', ['1x2 ring 2'],
    one(RING, 'load32(ring, RING_SHARED) === 0 || loadAcquire32(ring, RING_CONSUMED) === at', 'load32(ring, RING_SHARED) === 0 || at === at')),
  bug('sequential', 'a receive that waits for the sender', ['1x1 ring 1'],
    one(RING, '  // A slot lapped since', '  while (loadAcquire32(slot, SLOT_STATE) !== at) fenceFull();\n  // A slot lapped since')),
  bug('sequential', 'least urgent first', ['1x1 two priorities', '2x1 priorities'],
    one(LANE, 'const first = Math.clz32(lanes);', 'const first = Math.clz32(lanes & (0 - lanes));')),
  bug('sequential', 'a lane is never announced', ['1x1 ring 1'], one(SEND, '  laneAnnounce(queue, ring);\n', '')),
  bug('sequential', 'a lane is announced after publishing', ['sender dies', 'sender dies, receiver sleeps'],
    one(SEND, '  laneAnnounce(queue, ring);\n', ''), one(SEND, FINISH, `${FINISH}  laneAnnounce(queue, ring);\n`)),
  bug('sequential', 'room noted before the lane is announced', ['sender dies'],
    one(SEND, '  laneAnnounce(queue, ring);\n  if (!ringRefresh(ring)) return STATUS_FULL;\n', '  if (!ringRefresh(ring)) return STATUS_FULL;\n  laneAnnounce(queue, ring);\n')),
  bug('sequential', 'announced noted before it is done', ['sender dies'],
    one(LANE, '  fetchOr32(queue, (QUEUE_USED', '  store32(ring, RING_ANNOUNCED, 1);\n  fetchOr32(queue, (QUEUE_USED')),
  bug('sequential', 'a send wakes nobody', ['1x1 sleeping'], one(SEND, '(flags & SEND_QUIET) !== 0 ? STATUS_OK : wakeReceivers(queue, 1)', 'STATUS_OK')),
  bug('sequential', 'no look between announcing and sleeping', ['1x1 sleeping'],
    one(RECEIVE, '    const event = wakeEvent(queue);\n    status = receiveLook(receiver, queue, LANE_TAKE, buffer, capacity);\n',
      '    status = receiveLook(receiver, queue, LANE_TAKE, buffer, capacity);\n    const event = wakeEvent(queue);\n')),
  bug('sequential', 'sleeping without announcing', ['1x1 sleeping'], one(RECEIVE, '  wakeAnnounce(queue, bit);\n', '')),
  bug('sequential', 'a wake-up that counts no event', ['1x1 sleeping'], one(WAKE, '  fetchAdd32(queue, QUEUE_EVENT, 1); // [sleep]\n', '')),
  bug('sequential', 'the waker clears the waiters', ['1x2 sleeping', '1x2 batch wakes two'],
    one(WAKE, 'if (loadSequential32(queue, QUEUE_WAITERS) !== 0)', 'if (fetchAnd32(queue, QUEUE_WAITERS, 0) !== 0)')),
  bug('sequential', 'a batch wakes one receiver only', ['1x2 batch wakes two'], one(BATCH, 'wakeReceivers(queue, sent);', 'wakeReceivers(queue, 1);')),
  bug('sequential', 'a receiver clears all waiters', ['1x2 sleeping'], one(WAKE, 'fetchAnd32(queue, QUEUE_WAITERS, ~bit);', 'fetchAnd32(queue, QUEUE_WAITERS, 0);')),
  bug('sequential', 'a wake-up is not passed on', ['1x2 too small'], one(RECEIVE, '  if (status === STATUS_TOO_SMALL) wakeReceivers(queue, 1);\n', '')),
  bug('sequential', 'close wakes nobody', ['1x1 close'], one(QUEUE, '// [close]\n  wakeEverybody(queue);\n', '// [close]\n')),
  bug('sequential', 'closed without a last look', ['1x1 close after the send', '1x1 close'],
    one(RECEIVE, 'return receiveClosed(receiver, queue, action, buffer, capacity);', 'return STATUS_CLOSED;')),
  bug('sequential', 'a batch counts what it could not send', ['1x1 batches'], one(BATCH, 'if (status >= 0) sent = (sent + 1) | 0;', 'sent = (sent + 1) | 0;')),
  bug('sequential', 'recovery adopts nothing', ['sender dies'], one(RECOVER, 'ringAdopt(laneRing(queue, index, priority));', 'laneRing(queue, index, priority);')),
  bug('sequential', 'recovery adopts what was never published', ['sender dies'], one(RECOVER, '  if (loadAcquire32(slot, SLOT_STATE) !== at) return; // [publish]\n', '')),
  bug('sequential', 'recovery of a sender wakes nobody', ['sender dies, receiver sleeps'],
    one(RECOVER, 'ringAdopt(laneRing(queue, index, priority));\n  wakeEverybody(queue);\n', 'ringAdopt(laneRing(queue, index, priority));\n')),
  bug('sequential', 'recovery of a receiver wakes nobody', ['one of two sleeping receivers dies'],
    one(RECOVER, '  fetchAnd32(queue, QUEUE_RECEIVERS_ATTACHED, ~load32(receiver, RECEIVER_BIT)); // [attach]\n  wakeEverybody(queue);\n',
      '  fetchAnd32(queue, QUEUE_RECEIVERS_ATTACHED, ~load32(receiver, RECEIVER_BIT)); // [attach]\n')),
  bug('sequential', 'the place is given away before it is repaired', ['sender dies, successor attaches by itself'],
    one(RECOVER, '  lanesAdopt(queue, index);\n  fetchAnd32(queue, QUEUE_SENDERS_ATTACHED, ~load32(sender, SENDER_BIT)); // [attach]\n',
      '  fetchAnd32(queue, QUEUE_SENDERS_ATTACHED, ~load32(sender, SENDER_BIT)); // [attach]\n  lanesAdopt(queue, index);\n')),
  // ---- A failing call that changes memory.
  bug('sequential', 'a place refused stays taken', ['refused: a place with completions outstanding'],
    one(ATTACH, '      fetchAnd32(queue, QUEUE_SENDERS_ATTACHED, ~bit); // [attach]\n    }\n', '    }\n')),
  bug('sequential', 'a receiver that timed out stays announced', ['1x1 sleeping, timeouts'],
    one(RECEIVE, '  wakeRetract(queue, bit);\n', '  if (status !== STATUS_TIMED_OUT) wakeRetract(queue, bit);\n')),

  // ---- Regions.
  bug('sequential', 'committed before the bytes are there', ['append and read'],
    one(APPEND, '  copyBytes(room, source, bytes);\n  return regionCommit(table, handle, owner, room);',
      '  const offset = regionCommit(table, handle, owner, room);\n  copyBytes(room, source, bytes);\n  return offset;')),
  bug('sequential', 'a descriptor above the committed cursor', ['appender dies, descriptors beyond the cursor'],
    one(SPAN, ' || (bytes >>> 0) >= ((limit - offset) >>> 0)) return STATUS_NOT_COMMITTED;', ') return STATUS_NOT_COMMITTED;'),
    one(SPAN, '  if ((bytes >>> 0) >= ((limit - offset) >>> 0)) return regionRefuses(table, handle, offset, bytes);\n', '')),

  // ---- Right under sequential consistency, wrong on the machines we run on.
  bug('weak', 'STATE relaxed', ['1x1 ring 1'], one(RING, 'storeSequential32(slot, SLOT_STATE, at);', 'storeRelaxed32(slot, SLOT_STATE, at);')),
  bug('weak', 'STATE release only', ['1x1 sleeping'], one(RING, 'storeSequential32(slot, SLOT_STATE, at);', 'storeRelease32(slot, SLOT_STATE, at);')),
  bug('weak', 'STATE read relaxed', ['1x1 ring 1'], one(RING, 'if (loadAcquire32(slot, SLOT_STATE) === at)', 'if (loadRelaxed32(slot, SLOT_STATE) === at)')),
  bug('weak', 'CONSUMED relaxed', ['1x1 ring 1'], one(RING, 'storeRelease32(ring, RING_CONSUMED, (at + 1) | 0);', 'storeRelaxed32(ring, RING_CONSUMED, (at + 1) | 0);')),
  bug('weak', 'CONSUMED read relaxed', ['1x1 ring 1'],
    one(RING, 'store32(ring, RING_CONSUMED_CACHE, loadAcquire32(ring, RING_CONSUMED));', 'store32(ring, RING_CONSUMED_CACHE, loadRelaxed32(ring, RING_CONSUMED));')),
  bug('weak', 'PRODUCED relaxed, and what is owed counted from it', ['1x2 completions'],
    one(RING, 'storeRelease32(ring, RING_PRODUCED, next);', 'storeRelaxed32(ring, RING_PRODUCED, next);')),
  bug('weak', 'WAITERS read with acquire only', ['1x1 sleeping'],
    importing(WAKE, 'loadAcquire32'), one(WAKE, 'loadSequential32(queue, QUEUE_WAITERS)', 'loadAcquire32(queue, QUEUE_WAITERS)')),
  bug('weak', 'no fence before the last look', ['1x1 sleeping'], one(WAKE, '  fenceFull(); // [sleep]\n', '')),
  bug('weak', 'CLOSED relaxed', ['1x1 close after the send'], one(QUEUE, 'storeRelease32(queue, QUEUE_CLOSED, 1);', 'storeRelaxed32(queue, QUEUE_CLOSED, 1);'),
    importing(QUEUE, 'storeRelaxed32')),
  bug('weak', 'CLOSED read relaxed', ['1x1 close after the send'], one(RECEIVE, 'const closed = loadAcquire32(queue, QUEUE_CLOSED);', 'const closed = loadRelaxed32(queue, QUEUE_CLOSED);')),
  bug('weak', 'committed before the bytes, relaxed', ['append and read'],
    importing(APPEND, 'storeRelaxed32'),
    one(APPEND, 'compareExchange32(entry, REGION_LIMIT, limit, (to + 1) | 0);', 'storeRelaxed32(entry, REGION_LIMIT, (to + 1) | 0);')),
];
