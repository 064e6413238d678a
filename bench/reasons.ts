/** Why a goal is missed, for rows that miss theirs: shown in the tables beside the figure. Keys are those of the rows. */
const CONTRACT = 'handle, limits and room are checked, and bytes counted, by loads of their own';
const RECORDS = 'each message has a record with its buffer, which is checked, and a result';
const LOOPS = 'a header of its own for each message: 15 instructions to send, 16 to receive, 10 shared out; eight of them copy';
const EXCHANGE = 'measured while the publication on x86 was a locked exchange; it no longer is, and the row has not been measured again';
const LONG_PATH = 'three times the instructions of the peers, so fewer messages are under way while a line travels';
const LOCKED_STORES = 'every atomic store is a locked exchange in JavaScript on x86, and a send makes several';

export const REASONS: Record<string, string> = {
  send_recv_64_many: CONTRACT,
  send_recv_64_single: CONTRACT,
  array32_64_per_message: LOOPS,
  batch32_64_per_message: RECORDS,
  descriptor_checked: CONTRACT,
  empty_poll: CONTRACT,
  empty_poll_four: 'each of the four lanes is looked at',
  send_full: CONTRACT,
  one_sender_1024: `${EXCHANGE}; ${LONG_PATH}`,
  one_sender_64: `${EXCHANGE}; ${LONG_PATH}`,
  round_trip_ring: EXCHANGE,
  round_trip_line: EXCHANGE,
  priorities_lanes: EXCHANGE,
  priorities_heap: EXCHANGE,
  contended_crossbeam: EXCHANGE,
  contended_dpdk: EXCHANGE,
  contended_moodycamel: EXCHANGE,
  batch32: LONG_PATH,
  seed_forced: EXCHANGE,
  seed_mutex: EXCHANGE,
  posix_mq: EXCHANGE,
  pipe: EXCHANGE,
  io_uring: EXCHANGE,
  node_post_message: LOCKED_STORES,
  node_ringbuf: LOCKED_STORES,
  node_library: LOCKED_STORES,
  node_batch: LOCKED_STORES,
  node_descriptor: 'noise: both cost the same',
  node_spinning: 'measured beside other work on both cores, from which spinning suffers more than sleeping',
  node_sleeping: 'measured beside other work on both cores',
};
