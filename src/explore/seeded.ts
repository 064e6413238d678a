/**
 * Seeded bugs: small changes of the real source that a careful reader might miss. The explorer must find each one.
 *
 * A change that fits nowhere any more is an error (program.ts), so the list follows the source. `in` names the scenarios that are
 * tried, in order. Checked by: test/explore/seeded.test.ts.
 */
import { BOARD_SEEDED, BOARD_SURVIVING } from './seeded-board.ts';
import { CAPABILITY_SEEDED, TYPED_SEEDED } from './seeded-typed.ts';
import { bug, importing, one, type SeededBug } from './bug.ts';

export type { SeededBug };

const PATH = 'src/kernel/path/';
const SEND = `${PATH}1-send.ts`;
const CAREFUL = `${PATH}1-send-careful.ts`;
const VALIDATE = `${PATH}2-validate.ts`;
const LANE = `${PATH}3-lane.ts`;
const RING = `${PATH}4-ring.ts`;
const SHARED = `${PATH}4-shared.ts`;
const WAKE = `${PATH}5-wake.ts`;
const RECEIVE = `${PATH}6-receive.ts`;
const BATCH = 'src/kernel/batch.ts';
const ARRAY = 'src/kernel/array.ts';
const INPLACE = 'src/kernel/inplace.ts';
const MAKING = 'src/kernel/ring.ts';
const QUEUE = 'src/kernel/queue.ts';
const RECOVER = 'src/kernel/recover.ts';
const ATTACH = 'src/kernel/attach.ts';
const APPEND = 'src/kernel/region/append.ts';
const SPAN = 'src/kernel/region/span.ts';
const REGION_RECOVER = 'src/kernel/region/recover.ts';

const COPY = '  copyBytes((slot + SLOT_PAYLOAD) | 0, source, bytes);\n';
const FILL = '  ringFill(slot, bytes, load32(sender, SENDER_BADGE));\n';
const PUBLISH = '  ringPublish(ring, at, (at + 1) | 0, bytes);\n';
const POP_COPY = '  copyBytes(buffer, (slot + SLOT_PAYLOAD) | 0, bytes);\n';
const POP_FREE = '  ringAdvance(ring, (at + 1) | 0, bytes);\n';
const SHARED_COPY = '    if (action === SHARED_POP && fits) copyRacing(buffer, (slot + SLOT_PAYLOAD) | 0, bytes);\n';
const SHARED_CLAIM = '=> compareExchange32(ring, RING_CONSUMED, at, (at + 1) | 0) === at; // [free]';
const CLAIMED = '      if (!fits) return STATUS_TOO_SMALL;\n';
const ARRAY_PUBLISH = '  ringPublish(ring, first, (first + room) | 0, Math.imul(bytes, room));\n';
const ARRAY_BADGE = '  const badge = load32(sender, SENDER_BADGE);\n';
const ANNOUNCE = '  laneAnnounce(load32(sender, SENDER_QUEUE), ring);\n';
const LOOK = '    status = receiveLook(receiver, queue, LANE_TAKE, buffer, capacity);\n';

const KERNEL: SeededBug[] = [
  // ---- Wrong even under sequential consistency.
  bug('sequential', 'publish before the payload is there', ['1x1 ring 1'], one(SEND, COPY, ''), one(SEND, PUBLISH, PUBLISH + COPY)),
  bug('sequential', 'publish before the length is there', ['1x1 ring 1'], one(SEND, FILL, ''), one(SEND, PUBLISH, PUBLISH + FILL)),
  bug('sequential', 'free the slot before it is copied', ['1x1 ring 1'], one(RING, POP_COPY, ''), one(RING, POP_FREE, POP_FREE + POP_COPY)),
  bug('sequential', 'claim a shared message before it is copied', ['1x2 ring 1', '1x2 ring 2'], one(SHARED, SHARED_COPY, ''),
    one(SHARED, CLAIMED, CLAIMED + SHARED_COPY)),
  bug('sequential', 'sender index without mask', ['1x1 ring 1', '1x1 ring 2'], one(RING, 'Math.imul(at & load32(ring, RING_MASK),', 'Math.imul(at,')),
  bug('sequential', 'receiver index without mask', ['1x1 ring 1', '1x1 ring 2'],
    one(RING, 'const index = at & load32(ring, RING_CONSUMER_MASK);', 'const index = at;')),
  bug('sequential', 'one slot too many', ['1x1 ring 1'],
    one(RING, '(loadAcquire32(ring, RING_CONSUMED) + load32(ring, RING_MASK) + 1) | 0', '(loadAcquire32(ring, RING_CONSUMED) + load32(ring, RING_MASK) + 2) | 0')),
  bug('sequential', 'full too early', ['1x1 ring 1', '1x1 ring 2'],
    one(RING, '(loadAcquire32(ring, RING_CONSUMED) + load32(ring, RING_MASK) + 1) | 0', '(loadAcquire32(ring, RING_CONSUMED) + load32(ring, RING_MASK)) | 0')),
  bug('sequential', 'room is never looked up again', ['1x1 ring 1'],
    one(RING, 'ringRefreshAt = (ring: i32, at: i32): boolean => {\n', 'ringRefreshAt = (ring: i32, at: i32): boolean => {\n  if (at !== load32(ring, RING_START)) return false;\n'),
    one(RING, 'RING_SENT_BYTES, RING_SLOTS,', 'RING_SENT_BYTES, RING_START, RING_SLOTS,')),
  bug('sequential', 'room compared by size', ['1x1 ring 1 near 2^31'],
    one(RING, '  if (at !== load32(ring, RING_ROOM_END)) return true;', '  if (at < load32(ring, RING_ROOM_END)) return true;')),
  bug('sequential', 'readiness compared by size', ['1x1 ring 1 near 2^31'],
    one(RING, '  if (produced === at) return false;', '  if (produced <= at) return false;')),
  bug('sequential', 'the sender goes on from where it was, not from what it published', ['1x1 ring 1', '1x1 ring 2'],
    one(RING, '  store32(ring, RING_AT, next);\n', '')),
  bug('sequential', 'receive without compare-exchange', ['1x2 ring 1', '1x2 ring 2'],
    one(SHARED, SHARED_CLAIM, '{ storeRelease32(ring, RING_CONSUMED, (at + 1) | 0); return true; };'), importing(SHARED, 'storeRelease32')),
  bug('sequential', 'SEEN used in a shared ring', ['1x2 ring 1', '1x2 ring 2'],
    one(SHARED, 'if (loadAcquire32(ring, RING_PRODUCED) === at) return STATUS_EMPTY; // [publish]', 'if (!ringFind(ring, at)) return STATUS_EMPTY;'),
    one(SHARED, "from './4-ring.ts';", "from './4-ring.ts';\nimport { ringFind } from './4-ring.ts';")),
  bug('sequential', 'PRODUCED of a shared ring read before CONSUMED', ['1x2 ring 1', '1x2 ring 2'],
    one(SHARED, '    const at = loadAcquire32(ring, RING_CONSUMED); // [free]\n',
      '    const produced = loadAcquire32(ring, RING_PRODUCED);\n    const at = loadAcquire32(ring, RING_CONSUMED); // [free]\n'),
    one(SHARED, 'if (loadAcquire32(ring, RING_PRODUCED) === at)', 'if (produced === at)')),
  bug('sequential', 'a receive that waits for the sender', ['1x1 ring 1'],
    one(RING, '  if (produced === at) return false;', '  while (loadAcquire32(ring, RING_PRODUCED) === at) store32(ring, RING_SEEN, at);')),
  bug('sequential', 'least urgent first', ['1x1 two priorities', '2x1 priorities'],
    one(LANE, 'const first = Math.clz32(lanes);', 'const first = Math.clz32(lanes & (0 - lanes));'),
    one(LANE, '  if (shift === 0 || (lanes & (lanes - 1)) === 0) return first;\n', '  if (shift === 0 || (lanes & (lanes - 1)) !== 0) return first;\n')),
  bug('sequential', 'a lane is never announced', ['1x1 ring 1'], one(CAREFUL, ANNOUNCE, '')),
  bug('sequential', 'a lane is announced after publishing', ['sender dies', 'sender dies, receiver sleeps'],
    one(CAREFUL, ANNOUNCE, ''), one(SEND, '=>\n  (sendMakeRoom(sender, ring) ? sendCopy(sender, ring, source, bytes) : STATUS_FULL);\n',
      '=> {\n  if (!sendMakeRoom(sender, ring)) return STATUS_FULL;\n  const sent = sendCopy(sender, ring, source, bytes);\n'
      + '  laneAnnounce(load32(sender, SENDER_QUEUE), ring);\n  return sent;\n};\n'),
    one(SEND, 'SENDER_NAMING, SENDER_REGIONS,', 'SENDER_NAMING, SENDER_QUEUE, SENDER_REGIONS,'),
    one(SEND, "from './4-ring.ts';", "from './4-ring.ts';\nimport { laneAnnounce } from './3-lane.ts';")),
  bug('sequential', 'room noted before the lane is announced', ['sender dies'],
    one(CAREFUL, `${ANNOUNCE}  return ringRefresh(ring);`, `  const room = ringRefresh(ring);\n${ANNOUNCE}  return room;`)),
  bug('sequential', 'announced noted before it is done', ['sender dies'],
    one(LANE, '  fetchOr32(queue, (QUEUE_USED', '  store32(ring, RING_ANNOUNCED, 1);\n  fetchOr32(queue, (QUEUE_USED')),
  bug('sequential', 'a send wakes nobody', ['1x1 sleeping'], one(SEND, `${PUBLISH}  return wakeReceivers(load32(sender, SENDER_BELL), 1);`, `${PUBLISH}  return 0;`)),
  bug('sequential', 'a submitted message wakes nobody', ['1x1 completions, sleeping'],
    one(CAREFUL, '(kind & SEND_QUIET) !== 0 ? STATUS_OK : wakeReceivers(load32(sender, SENDER_BELL), 1)', 'STATUS_OK')),
  bug('sequential', 'no look between announcing and sleeping', ['1x1 sleeping'],
    one(RECEIVE, `    const event = wakeEvent(bell);\n${LOOK}`, `${LOOK}    const event = wakeEvent(bell);\n`)),
  bug('sequential', 'sleeping without announcing', ['1x1 sleeping'], one(RECEIVE, '  wakeAnnounce(bell, bit);\n', '')),
  bug('sequential', 'a wake-up that counts no event', ['1x1 sleeping'], one(WAKE, '  fetchAdd32(bell, BELL_EVENT, 1); // [sleep]\n', '')),
  bug('sequential', 'the waker clears the waiters', ['1x2 sleeping', '1x2 batch wakes two'],
    one(WAKE, 'if (loadSequential32(bell, BELL_WAITERS) !== 0)', 'if (fetchAnd32(bell, BELL_WAITERS, 0) !== 0)')),
  bug('sequential', 'a batch wakes one receiver only', ['1x2 batch wakes two'],
    one(BATCH, 'wakeReceivers(load32(sender, SENDER_BELL), sent)', 'wakeReceivers(load32(sender, SENDER_BELL), 1)')),
  bug('sequential', 'a receiver clears all waiters', ['1x2 sleeping'], one(WAKE, 'fetchAnd32(bell, BELL_WAITERS, ~bit);', 'fetchAnd32(bell, BELL_WAITERS, 0);')),
  bug('sequential', 'a wake-up is not passed on', ['1x2 too small'], one(RECEIVE, '  if (status === STATUS_TOO_SMALL) wakeReceivers(bell, 1);\n', '')),
  bug('sequential', 'close wakes nobody', ['1x1 close'], one(QUEUE, '  wakeEverybody(queueBell(queue));\n', '')),
  bug('sequential', 'closed without a last look', ['1x1 close after the send', '1x1 close'],
    one(RECEIVE, 'return receiveClosed(receiver, queue, action, buffer, capacity);', 'return STATUS_CLOSED;')),
  bug('sequential', 'LIMIT not set back by close', ['1x1 close'],
    one(QUEUE, '  for (let index = 0; index < senders; index++) storeSequential32(senderAt(queue, index), SENDER_LIMIT, 0); // [close]\n', '')),
  bug('sequential', 'LIMIT set back before CLOSED', ['attach while closing'],
    one(QUEUE, '  compareExchange32(queue, QUEUE_CLOSED, 0, CLOSED_BEGUN); // [close]\n', '')),
  bug('sequential', 'receivers told of a close that has only begun', ['1x1 close'],
    one(RECEIVE, 'status === STATUS_EMPTY && closed === CLOSED_WHOLLY', 'status === STATUS_EMPTY && closed !== 0'),
    one(RECEIVE, 'if (closed === CLOSED_WHOLLY)', 'if (closed !== 0)')),
  bug('sequential', 'attach does not look at CLOSED again', ['attach while closing'],
    one(ATTACH, '  if (loadSequential32(queue, QUEUE_CLOSED) !== 0) storeRelaxed32(sender, SENDER_LIMIT, 0); // [close]\n', '')),
  bug('sequential', 'a batch goes on where there is no room', ['1x1 batches'],
    one(BATCH, '    if (status < 0) break;\n', '    if (status < 0 && sent === 0) break;\n')),
  bug('sequential', 'a batch counts what it could not send', ['1x1 batches'],
    one(BATCH, '    if (status < 0) break;\n', '    if (status < 0) {\n      sent = (sent + 1) | 0;\n      break;\n    }\n')),
  bug('sequential', 'a batch frees before it copies', ['1x1 batches'],
    one(BATCH, '      copyBytes(buffer, (slot + SLOT_PAYLOAD) | 0, bytes);\n',
      '      ringAdvance(ring, (at + 1) | 0, 0);\n      copyBytes(buffer, (slot + SLOT_PAYLOAD) | 0, bytes);\n')),
  bug('sequential', 'an array is published before it is filled', ['1x1 arrays'], one(ARRAY, ARRAY_PUBLISH, ''), one(ARRAY, ARRAY_BADGE, ARRAY_PUBLISH + ARRAY_BADGE)),
  bug('sequential', 'an array goes on where there is no room', ['1x1 arrays'],
    one(ARRAY, '  addOwned64(ring, RING_FULL_COUNT, 1);\n  return room;\n', '  addOwned64(ring, RING_FULL_COUNT, 1);\n  return count;\n')),
  bug('sequential', 'an array goes on behind the end of the ring', ['1x1 arrays near 2^32'], one(ARRAY, '  return ahead < count ? ahead : count;\n', '  return ahead < 0 ? ahead : count;\n')),
  bug('sequential', 'an array wakes nobody', ['1x1 arrays, sleeping'], one(ARRAY, '  if (sent > 0) wakeReceivers(load32(sender, SENDER_BELL), sent);\n', '')),
  bug('sequential', 'an array is freed before it is copied', ['1x1 arrays'],
    one(ARRAY, '  let taken = arrayTake(', '  ringAdvance(ring, (first + most) | 0, 0);\n  let taken = arrayTake(')),
  bug('sequential', 'an array believes how far the other side is', ['hostile receiver, arrays'],
    one(ARRAY, 'return ahead > (mask >>> 0) ? (mask + 1) | 0 : ahead | 0;', 'return ahead | 0;')),
  bug('sequential', 'an array takes more than is known', ['1x1 arrays'], one(ARRAY, 'const most = known < count ? known : count;', 'const most = known < 0 ? known : count;')),
  bug('sequential', 'a view released twice', ['1x1 built and viewed'],
    one(INPLACE, '  store32(receiver, RECEIVER_VIEW_RING, 0);\n', ''),
    one(INPLACE, '  if (at !== load32(receiver, RECEIVER_VIEW_AT)) return STATUS_NOT_PENDING;\n', '')),
  bug('sequential', 'a view that frees at once', ['1x1 built and viewed'],
    one(INPLACE, '  store32(receiver, RECEIVER_VIEW_AT, at);\n', '  store32(receiver, RECEIVER_VIEW_AT, at);\n  ringAdvance(ring, (at + 1) | 0, 8);\n')),
  bug('sequential', 'what was reserved is committed although another message took its place', ['refused: in place'],
    one(INPLACE, '  if (load32(ring, RING_AT) !== load32(sender, SENDER_RESERVED_AT)) return sendReject(sender, STATUS_NOT_PENDING);\n', '')),
  bug('sequential', 'recovery adopts nothing', ['sender dies'], one(RECOVER, 'ringAdopt(laneRing(queue, index, priority));', 'laneRing(queue, index, priority);')),
  bug('sequential', 'recovery of a sender wakes nobody', ['sender dies, receiver sleeps'],
    one(RECOVER, 'ringAdopt(laneRing(queue, index, priority));\n  wakeEverybody(queueBell(queue));\n', 'ringAdopt(laneRing(queue, index, priority));\n')),
  bug('sequential', 'recovery of a receiver wakes nobody', ['one of two sleeping receivers dies'],
    one(RECOVER, '  fetchAnd32(queue, QUEUE_RECEIVERS_ATTACHED, ~load32(receiver, RECEIVER_BIT)); // [attach]\n  wakeEverybody(queueBell(queue));\n',
      '  fetchAnd32(queue, QUEUE_RECEIVERS_ATTACHED, ~load32(receiver, RECEIVER_BIT)); // [attach]\n')),
  bug('sequential', 'the place is given away before it is repaired', ['sender dies, successor attaches by itself'],
    one(RECOVER, '  lanesAdopt(queue, index);\n', ''),
    one(RECOVER, '  fetchAnd32(queue, QUEUE_SENDERS_ATTACHED, ~load32(sender, SENDER_BIT)); // [attach]\n',
      '  fetchAnd32(queue, QUEUE_SENDERS_ATTACHED, ~load32(sender, SENDER_BIT)); // [attach]\n  lanesAdopt(queue, index);\n')),
  bug('sequential', 'a receive that lost its tries goes on to less urgent lanes', ['1x2 two priorities'],
    one(SHARED, 'const SHARED_TRIES = 3;', 'const SHARED_TRIES = 1;'), one(SHARED, '  return STATUS_AGAIN;\n', '  return STATUS_EMPTY;\n')),

  // ---- A failing call that changes memory.
  bug('sequential', 'a place refused stays taken', ['refused: a place with completions outstanding'],
    one(ATTACH, '      fetchAnd32(queue, QUEUE_SENDERS_ATTACHED, ~bit); // [attach]\n    }\n', '    }\n')),
  bug('sequential', 'a receiver that timed out stays announced', ['1x1 sleeping, timeouts'],
    one(RECEIVE, '  wakeRetract(bell, bit);\n', '  if (status !== STATUS_TIMED_OUT) wakeRetract(bell, bit);\n')),

  // ---- Regions.
  bug('sequential', 'committed before the bytes are there', ['append and read'],
    one(APPEND, '  copyBytes(room, source, bytes);\n  return regionCommit(table, handle, owner, room);',
      '  const offset = regionCommit(table, handle, owner, room);\n  copyBytes(room, source, bytes);\n  return offset;')),
  bug('sequential', 'the cursor does not pass a cell left during the look', ['two appenders'],
    one(APPEND, 'if (((from + 1) | 0) !== limit || changed !== 0) from = -1;',
      'if (((from + 1) | 0) !== limit || loadAcquire32(cell, CELL_STATE) !== state) from = -1;')),
  bug('sequential', 'recovery takes a cell that is a living one\'s by now', ['recovery of an appender dies'],
    one(REGION_RECOVER, '  if ((state >>> CELL_OWNER_SHIFT & OWNERS_MAX) !== owner) return 0;\n', '')),
  bug('sequential', 'a descriptor above the committed cursor', ['appender dies, descriptors beyond the cursor'],
    one(SPAN, ' || (bytes >>> 0) >= ((limit - offset) >>> 0)) return STATUS_NOT_COMMITTED;', ') return STATUS_NOT_COMMITTED;'),
    one(SPAN, '  if ((bytes >>> 0) >= ((limit - offset) >>> 0)) return regionRefuses(table, handle, offset, bytes);\n', '')),
  bug('sequential', 'no second look at a described region that is being sealed', ['a region is sealed while it is described'],
    one(SPAN, 'return regionStill(entry, handle) ? STATUS_OK : STATUS_STALE_REGION;', 'return STATUS_OK;')),
  bug('sequential', 'no second look at a described region that is being sealed, the quick way', ['a region is sealed while it is described the quick way'],
    one(SPAN, '((limit - offset) >>> 0) && regionStill(entry, handle);', '((limit - offset) >>> 0);')),

  // ---- Right under sequential consistency, wrong on the machines we run on.
  bug('weak', 'PRODUCED relaxed', ['1x1 ring 1'], one(RING, 'storePublished32(ring, RING_PRODUCED, next);', 'storeRelaxed32(ring, RING_PRODUCED, next);')),
  bug('weak', 'PRODUCED release only', ['1x1 sleeping'], one(RING, 'storePublished32(ring, RING_PRODUCED, next);', 'storeRelease32(ring, RING_PRODUCED, next);')),
  bug('weak', 'SEEN refreshed without acquire', ['1x1 ring 1'],
    one(RING, 'const produced = loadAcquire32(ring, RING_PRODUCED);', 'const produced = loadRelaxed32(ring, RING_PRODUCED);')),
  bug('weak', 'SEEN of a batch refreshed without acquire', ['1x1 batches'],
    one(RING, 'store32(ring, RING_SEEN, loadAcquire32(ring, RING_PRODUCED));', 'store32(ring, RING_SEEN, loadRelaxed32(ring, RING_PRODUCED));')),
  bug('weak', 'PRODUCED of a shared ring read relaxed', ['1x2 ring 1'],
    one(SHARED, 'if (loadAcquire32(ring, RING_PRODUCED) === at)', 'if (loadRelaxed32(ring, RING_PRODUCED) === at)')),
  bug('weak', 'CONSUMED relaxed', ['1x1 ring 1'], one(RING, 'storeRelease32(ring, RING_CONSUMED, next);', 'storeRelaxed32(ring, RING_CONSUMED, next);')),
  bug('weak', 'CONSUMED read relaxed', ['1x1 ring 1'],
    one(RING, 'loadAcquire32(ring, RING_CONSUMED) + load32(ring, RING_MASK)', 'loadRelaxed32(ring, RING_CONSUMED) + load32(ring, RING_MASK)')),
  bug('weak', 'what is owed counted from PRODUCED read relaxed', ['1x2 completions'],
    one(MAKING, 'loadAcquire32(ring, RING_PRODUCED); // [publish]', 'loadRelaxed32(ring, RING_PRODUCED); // [publish]'), importing(MAKING, 'loadRelaxed32')),
  bug('weak', 'WAITERS read with acquire only', ['1x1 sleeping'],
    importing(WAKE, 'loadAcquire32'), one(WAKE, 'loadSequential32(bell, BELL_WAITERS)', 'loadAcquire32(bell, BELL_WAITERS)')),
  bug('weak', 'no fence before the last look', ['1x1 sleeping'], one(WAKE, '  fenceAll(); // [sleep]\n', '')),
  bug('weak', 'CLOSED relaxed', ['1x1 close after the send'], one(QUEUE, 'storeSequential32(queue, QUEUE_CLOSED, CLOSED_WHOLLY);', 'storeRelaxed32(queue, QUEUE_CLOSED, CLOSED_WHOLLY);'),
    importing(QUEUE, 'storeRelaxed32')),
  bug('weak', 'CLOSED read relaxed', ['1x1 close after the send'],
    one(RECEIVE, 'const closed = loadAcquire32(queue, QUEUE_CLOSED);', 'const closed = loadRelaxed32(queue, QUEUE_CLOSED);')),
  bug('weak', 'NAMING stored with release only', ['a region ends while a descriptor is sent'],
    one(CAREFUL, 'storeSequential32(sender, SENDER_NAMING, region);', 'storeRelease32(sender, SENDER_NAMING, region);')),
  bug('weak', 'NAMING stored with release only, the quick way', ['a region ends while a descriptor is sent the quick way'],
    one(SEND, 'storeSequential32(sender, SENDER_NAMING, region);', 'storeRelease32(sender, SENDER_NAMING, region);')),
  bug('weak', 'the handle of a named region read with acquire only', ['a region ends while a descriptor is sent'],
    one(VALIDATE, 'regionAllows(load32(sender, SENDER_REGIONS), region, offsetLow, bytes)',
      'regionSpan(load32(sender, SENDER_REGIONS), region, offsetLow, bytes, 3)'),
    one(VALIDATE, 'import { regionAllows }', 'import { regionSpan }')),
  bug('weak', 'committed before the bytes, relaxed', ['append and read'],
    importing(APPEND, 'storeRelaxed32'),
    one(APPEND, 'compareExchange32(entry, REGION_LIMIT, limit, (to + 1) | 0);', 'storeRelaxed32(entry, REGION_LIMIT, (to + 1) | 0);')),
];

export const SEEDED: SeededBug[] = [...KERNEL, ...TYPED_SEEDED, ...CAPABILITY_SEEDED, ...BOARD_SEEDED];

const AGAINST_ORDER = 'a store would have to enter its word\'s order before one that was made earlier, which the weak model does not show';

/**
 * Bugs that no scenario shows, each with the reason: they are not counted among those to be found, and a test fails once one is found.
 */
export const SURVIVING: (SeededBug & { why: string })[] = [
  ...BOARD_SURVIVING,
  {
    ...bug('weak', 'LIMIT stored with release only', ['attach while closing'],
      one(ATTACH, 'storeSequential32(sender, SENDER_LIMIT, special', 'storeRelease32(sender, SENDER_LIMIT, special')),
    why: AGAINST_ORDER,
  },
];
