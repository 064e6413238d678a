/** Why a goal is missed, for rows that miss theirs: shown in the tables beside the figure. Keys are those of the rows. */
const CONTRACT = 'two calls out of line, with all checks, the search of the lanes, header and counts; `make listing` shows each instruction';
const RECORDS = 'each message has a record with its buffer, which is checked, and a result';
const LOOPS = 'a header of its own for each message: 15 instructions to send, 16 to receive, the rest shared out; eight of them copy';
const POLL = 'handle and buffer are checked, the lanes in use are found, each is looked at, and the miss is counted';
const SLOT = 'a call that checks, counts and writes a header takes 5 ns a side, an inlined ring half of that; and 64 bytes with their header '
  + 'lie across two lines';
const TWO_LINES = '64 bytes with their header lie across two lines, so with the index three lines travel each way';
const SPLIT = '64 bytes with their header lie across two lines, and wide copies that cross one are slow: with payloads on lines of their '
  + 'own it was 10.6 ns, but then no message fits into one line with its header';
const OWN_RING = 'each sender has a ring of its own, so they do not wait for each other: what is left is the price of a send with its checks';
const LANES = 'a message of another lane each time: every more urgent lane is looked at first';
const EXCHANGE = 'each call ends with an atomic store, a locked exchange in JavaScript on x86, which waits until the slot\'s lines have come';

export const REASONS: Record<string, string> = {
  send_recv_64_many: CONTRACT,
  send_recv_64_single: CONTRACT,
  array32_64_per_message: LOOPS,
  batch32_64_per_message: RECORDS,
  descriptor_checked: 'the checks of a send, and those of the region\'s handle, policy and cursor against an owner who may end it meanwhile',
  empty_poll: POLL,
  empty_poll_four: `${POLL}: four lanes`,
  send_full: 'handle, length and priority are checked before room is, and the refusal is counted',
  one_sender_1024: SLOT,
  one_sender_64: SLOT,
  round_trip_ring: TWO_LINES,
  round_trip_line: TWO_LINES,
  priorities_lanes: LANES,
  priorities_heap: LANES,
  contended_crossbeam: OWN_RING,
  contended_dpdk: OWN_RING,
  contended_moodycamel: OWN_RING,
  batch32: SPLIT,
  seed_forced: SLOT,
  seed_mutex: SLOT,
  posix_mq: 'a send and a receive with their checks, against two system calls',
  pipe: 'a send and a receive with their checks, against two system calls',
  io_uring: 'a send and a receive with their checks, against a 32nd of a system call',
  node_post_message: EXCHANGE,
  node_ringbuf: EXCHANGE,
  node_library: EXCHANGE,
  node_batch: EXCHANGE,
  node_descriptor: 'noise: both cost the same',
  node_spinning: 'beside other work on both cores spinning suffers more than sleeping',
  node_sleeping: 'beside other work on both cores both measure the scheduler',
};
