/** Why a goal is missed, for rows that miss theirs: shown in the tables beside the figure. Keys are those of the rows. */
const LONG_PATH = 'more instructions a message than the peers, so fewer messages are under way while a line travels';
const EXCHANGE = 'on x86 the publication is a locked exchange, which waits until the slot\'s lines have arrived';
const ATOMICS = 'every ordered access is a sequential one in JavaScript, and we make more of them a message';

export const REASONS: Record<string, string> = {
  one_sender_1024: LONG_PATH,
  one_sender_64: LONG_PATH,
  round_trip_ring: EXCHANGE,
  round_trip_line: EXCHANGE,
  priorities_lanes: LONG_PATH,
  priorities_heap: LONG_PATH,
  contended_crossbeam: EXCHANGE,
  contended_dpdk: EXCHANGE,
  contended_moodycamel: EXCHANGE,
  batch32: LONG_PATH,
  seed_forced: LONG_PATH,
  seed_mutex: LONG_PATH,
  posix_mq: EXCHANGE,
  pipe: EXCHANGE,
  io_uring: EXCHANGE,
  node_post_message: ATOMICS,
  node_ringbuf: ATOMICS,
  node_batch: ATOMICS,
  node_spinning: 'measured on a machine with no two free cores',
};
