/**
 * Every object in memory, every field, every limit: the only file with offsets.
 *
 * Units: offsets and sizes in bytes unless the name says otherwise. Words are aligned and 32 bits wide; `64` marks a
 *   64-bit counter,
 * low word first. W: the one who writes the field after creation (- nobody); others only read.
 *
 * Words of the original design, of io_uring, and here:
 *   ADR-087 / ruvix        head (sender moves it)    tail (receiver moves it)
 *   io_uring, this code    tail = PRODUCED           head = CONSUMED
 *
 *   queue (64-byte aligned)
 *   +---------+---------+---------+---------+---------------+-----------------+-----------------+--------+-------------------+
 *   | header  | bell    | attach  | (spare) | sender 0..S-1 | receiver 0..R-1 | rings           | slots  | completion queues |
 *   | 64      | 64      | 64      | 64      | 128 each      | 128 each        | 4 * L, 256 each | of all | of senders 0..S-1 |
 *   +---------+---------+---------+---------+---------------+-----------------+-----------------+--------+-------------------+
 *   Lane number priority * L + sender, L being S rounded up to a power of two: so the lanes stand in order of urgency.
 *   A completion queue is a queue of the same kind whose senders are the receivers of this one.
 */

/**
 * Bytes of a cache line on every supported core (Cortex-A53, A72, A76: Technical Reference Manuals, L1 memory system).
 */
export const LINE_BYTES = 64;

// ---- Priorities. Smaller is more urgent; compare with laneIsMoreUrgent.
export const PRIORITY_CRITICAL = 0;
export const PRIORITY_HIGH = 1;
export const PRIORITY_NORMAL = 2;
export const PRIORITY_LOW = 3;
export const PRIORITY_COUNT = 4;

// ---- Limits.
/** Slots of one lane: a power of two from 1 to this. */
export const RING_SLOTS_MAX = 65536;
/** Bytes of one inline message, at most (1 MiB). */
export const MESSAGE_BYTES_MAX = 1048576;
/** Senders, and receivers, of one queue: one bit each in a word. */
export const SENDERS_MAX = 32;
export const RECEIVERS_MAX = 32;
/** Messages of one batch call. */
export const BATCH_COUNT_MAX = 65536;

// ---- Slot: one message of a lane. Stride: 8 + maximum message rounded up to 8 (+ 8 with completions): slots lie close together,
// because a message costs the lines it touches.
/** W sender, atomic: length in bits 0..23, flags in bits 24..31. */
export const SLOT_META = 0;
/** W sender, atomic: the badge of the sender's place. */
export const SLOT_BADGE = 4;
/** W sender, plain: the message, 8-byte aligned. */
export const SLOT_PAYLOAD = 8;
/** Bytes before the payload: the 8-byte header. */
export const SLOT_HEADER_BYTES = 8;
/** Bytes of user data at the very end of a slot, in queues with completions. */
export const SLOT_USER_BYTES = 8;
export const META_BYTES_MASK = 0x00ffffff;
export const META_FLAGS_SHIFT = 24;

// ---- Message flags (META bits 24..31).
/** The payload is a descriptor record. */
export const FLAG_DESCRIPTOR = 1;
/**
 * The message is to be completed; its slot's last 8 bytes are its user data. Set on every message of a submitter, on no
 * other.
 */
export const FLAG_COMPLETE = 2;

// ---- Ring: one lane. Its words lie in lines by who writes them, so that neither side waits for a line it need not share.
// Producer's line, private but for the counters.
/** W producer, private: position of the next message to be sent. */
export const RING_AT = 0;
/** W producer, private: position at which the ring is full, as last seen; at first RING_START, so that the first claim looks. */
export const RING_ROOM_END = 4;
/** - : slots - 1, bytes per slot, address of slot 0: the producer's copy. */
export const RING_MASK = 8;
export const RING_STRIDE_BYTES = 12;
export const RING_SLOTS = 16;
/** W producer: how often RING_PRODUCED wrapped past 2^32. */
export const RING_PRODUCED_HIGH = 20;
/** W producer, 64: bytes sent. */
export const RING_SENT_BYTES = 24;
/** W producer, 64: sends refused because the lane was full. */
export const RING_FULL_COUNT = 32;
/** - : maximum message; position at creation. */
export const RING_MAX_BYTES = 40;
export const RING_START = 44;
/** W producer, private: 1 once the lane's USED bit has been set. */
export const RING_ANNOUNCED = 48;
// Published line.
/** W producer, atomic [publish]: messages before this position are published. */
export const RING_PRODUCED = 64;
// Consumers' line.
/** W consumers, atomic [free]: position of the next message to be received. */
export const RING_CONSUMED = 128;
/** W consumer, private, unless the ring is shared: RING_PRODUCED as last seen. */
export const RING_SEEN = 132;
/** - : the consumers' copy of mask, stride and slots. */
export const RING_CONSUMER_MASK = 136;
export const RING_CONSUMER_STRIDE_BYTES = 140;
export const RING_CONSUMER_SLOTS = 144;
/** - : 1 if several consumers share the ring. */
export const RING_SHARED = 148;
/** W consumer, 64, unless the ring is shared (then RECEIVER_BYTES_RECEIVED): bytes received. */
export const RING_RECEIVED_BYTES = 152;
/** Four lines, the last one empty: processors that fetch lines in pairs then never pair two writers. */
export const RING_BYTES = 256;

// ---- Queue configuration record.
/** Slots per lane: a power of two, 1 to RING_SLOTS_MAX. */
export const CONFIG_RING_SIZE = 0;
/** 0 to MESSAGE_BYTES_MAX; at least 24 to send descriptors. */
export const CONFIG_MAX_MESSAGE_BYTES = 4;
/** Schema id a sender must name when it attaches; 0 for untyped. */
export const CONFIG_SCHEMA = 8;
/** 1 to SENDERS_MAX. */
export const CONFIG_SENDERS = 12;
/** 1 to RECEIVERS_MAX. */
export const CONFIG_RECEIVERS = 16;
/**
 * Completions that may be outstanding per sender and priority: 0 for none, else a power of two up to RING_SLOTS_MAX.
 */
export const CONFIG_COMPLETIONS = 20;
/** Position at which all rings start: 0, or near 2^31 or 2^32 in tests. */
export const CONFIG_START = 24;
/**
 * Address of the schema's validation program (schema/program.ts), whose id CONFIG_SCHEMA is; 0 for none. It is copied into the
 * queue, and the copy checked.
 */
export const CONFIG_SCHEMA_PROGRAM = 28;
/** SCHEMA_*: what of the program is applied to each message. */
export const CONFIG_SCHEMA_MODE = 32;
/** Steps that validating one message may take; 0 for SCHEMA_STEPS_DEFAULT. */
export const CONFIG_SCHEMA_STEPS = 36;
export const CONFIG_BYTES = 40;

// ---- Modes of a queue with a program.
/** Every message is validated. */
export const SCHEMA_FULL = 0;
/** Only its length: not shorter or longer than any value of the type. */
export const SCHEMA_TAG = 1;
/** Nothing: the number alone is compared, when a sender attaches. */
export const SCHEMA_NONE = 2;
/** A step is at most 40 instructions. */
export const SCHEMA_STEPS_DEFAULT = 65536;

// ---- Queue header: written at creation only.
/** ~address: no handle and no other object has such a first word. */
export const QUEUE_SELF = 0;
export const QUEUE_RING_SIZE = 4;
export const QUEUE_MAX_MESSAGE_BYTES = 8;
export const QUEUE_SCHEMA = 12;
export const QUEUE_SENDERS = 16;
export const QUEUE_RECEIVERS = 20;
export const QUEUE_COMPLETIONS = 24;
export const QUEUE_REGIONS = 28;
/** Address of receiver 0. */
export const QUEUE_RECEIVER_BLOCKS = 32;
/** Address of the schema's part of the queue (schema/bind.ts); 0 without a program. */
export const QUEUE_TYPED = 36;
/** Address of sender 0's completion queue, bytes from one to the next; 0 without completions. */
export const QUEUE_COMPLETION_QUEUES = 40;
export const QUEUE_COMPLETION_STRIDE_BYTES = 44;
/** Address of lane 0's ring; log2 of L, the lanes per priority; words of USED in use; a mask of the upper L bits. */
export const QUEUE_LANES = 48;
export const QUEUE_LANE_SHIFT = 52;
export const QUEUE_USED_WORDS = 56;
export const QUEUE_LANE_MASK = 92;
/** 1 for a completion queue. */
export const QUEUE_IS_COMPLETION = 60;
// ---- Bell line: read by every send and receive, rarely written.
/** The bell: address of the two words of 5-wake. */
export const QUEUE_BELL = 64;
/** W receivers, atomic [sleep]: bit r while receiver r may be asleep. */
export const BELL_WAITERS = 0;
/** W wakers, atomic [sleep]: counts wake-ups; sleepers sleep on it. */
export const BELL_EVENT = 4;
/** The same two words, from the queue's address. */
export const QUEUE_WAITERS = 64;
export const QUEUE_EVENT = 68;
/** W senders, atomic [used]: four words; bit 31 - (n & 31) of word n >> 5 is set before lane n is first used, and stays set. */
export const QUEUE_USED = 72;
/** W queueClose, atomic [close]: 0, or one of CLOSED_*. */
export const QUEUE_CLOSED = 88;
/** No sender attaches any more, and no send begins that looks; receivers are not told yet. */
export const CLOSED_BEGUN = 1;
/** No send that begins succeeds: receivers may be told. */
export const CLOSED_WHOLLY = 2;
// ---- Attach line.
/** W attach and detach, atomic [attach]: bit 31 - s while sender s is attached; bit r while receiver r is. */
export const QUEUE_SENDERS_ATTACHED = 128;
export const QUEUE_RECEIVERS_ATTACHED = 132;
export const QUEUE_HEADER_BYTES = 256;

// ---- Sender block.
/** W attach and detach, atomic [attach]: the one valid handle: address | generation, 0 while detached. */
export const SENDER_HANDLE = 0;
export const SENDER_QUEUE = 4;
/**
 * W attach and queueClose, atomic [close]: maximum message + 1 of a plain sender of an open queue; 0 where there is more
 * to check.
 */
export const SENDER_LIMIT = 8;
/** Address of the queue's bell. */
export const SENDER_BELL = 12;
/** Address of this sender's Critical ring, and bytes from one priority to the next. */
export const SENDER_RINGS = 16;
export const SENDER_RING_STRIDE_BYTES = 20;
/** W attach: goes with every message. */
export const SENDER_BADGE = 24;
export const SENDER_MAX_BYTES = 28;
/** W sender, 64: sends refused for any reason but full. */
export const SENDER_REJECTED_COUNT = 32;
export const SENDER_INDEX = 40;
/** 0x80000000 >>> index. */
export const SENDER_BIT = 44;
/** W attach: generation of the next attach. */
export const SENDER_GENERATION = 48;
/**
 * W attach, atomic [base]: completions that may be outstanding per priority: QUEUE_COMPLETIONS of a submitter, else 0.
 */
export const SENDER_QUOTA = 52;
/** W attach: the handle that receives from this submitter's completion queue. */
export const SENDER_REAPER = 56;
/** Copy of QUEUE_REGIONS. */
export const SENDER_REGIONS = 60;
/**
 * W attach, atomic [base], one per priority: PRODUCED less the completions reaped so far, at a moment when none was
 * outstanding. From then on PRODUCED - BASE - reaped messages are not yet reaped, and CONSUMED - BASE - posted are
 * received and not completed.
 */
export const SENDER_BASE = 64;
/** W sender, one per priority: completions reaped, as last seen. */
export const SENDER_REAPED_CACHE = 80;
/** W sender: priority + 1 and position of a reserved message; 0 for none. */
export const SENDER_RESERVED = 96;
export const SENDER_RESERVED_AT = 100;
/** W sender, atomic [naming]: the region of the descriptor being sent, 0 between sends. */
export const SENDER_NAMING = 104;
/** Address of this sender's block in the schema's part; 0 where nothing is validated. */
export const SENDER_TYPED = 108;
export const SENDER_BYTES = 128;
/** Blocks are line aligned, so the low bits of a handle carry a 5-bit generation, and bit 5 its kind. */
export const HANDLE_LOW_MASK = 63;
export const HANDLE_GENERATION_MASK = 31;
export const HANDLE_IS_RECEIVER = 32;

// ---- Receiver block. Its handle is not its first word, as a sender's is: neither kind passes for the other.
export const RECEIVER_QUEUE = 0;
/** W attach and detach, atomic [attach]. */
export const RECEIVER_HANDLE = 4;
/** W attach and detach, atomic [attach]: as RECEIVER_HANDLE, of the only receiver of a queue of one USED word; else 0. */
export const RECEIVER_SOLE_HANDLE = 124;
/** W receiver: about the last message received or looked at: META, user data, badge, lane number. */
export const RECEIVER_META = 8;
export const RECEIVER_USER_LOW = 12;
export const RECEIVER_USER_HIGH = 16;
export const RECEIVER_BADGE = 20;
export const RECEIVER_LANE = 24;
/** W receiver: lane number of the last message taken: the next search among equals starts behind it. */
export const RECEIVER_TURN = 28;
export const RECEIVER_INDEX = 32;
/** 1 << index. */
export const RECEIVER_BIT = 36;
export const RECEIVER_GENERATION = 40;
/** W receiver: the ring and position of a message being viewed; 0 for none. */
export const RECEIVER_VIEW_RING = 44;
/** W receiver, 64 each: receives that found nothing, that timed out, that slept. */
export const RECEIVER_EMPTY_COUNT = 48;
export const RECEIVER_TIMEOUT_COUNT = 56;
export const RECEIVER_SLEEP_COUNT = 64;
/** W receiver, 64 x 4: bytes received per priority from shared rings. */
export const RECEIVER_BYTES_RECEIVED = 72;
/** W receiver: a completion being built. */
export const RECEIVER_ENTRY = 104;
export const RECEIVER_VIEW_AT = 120;
/** W receiver: messages received at once since the last one that had to be waited for. */
export const RECEIVER_STREAK = 128;
export const RECEIVER_BYTES = 192;

// ---- Descriptor record: the payload of a message with FLAG_DESCRIPTOR.
export const DESCRIPTOR_REGION = 0;
export const DESCRIPTOR_LENGTH = 4;
export const DESCRIPTOR_OFFSET_LOW = 8;
export const DESCRIPTOR_OFFSET_HIGH = 12;
/** The sender's, not read by the kernel. */
export const DESCRIPTOR_FLAGS = 16;
/** Zero. */
export const DESCRIPTOR_RESERVED = 20;
export const DESCRIPTOR_BYTES = 24;

// ---- Completion entry: a message of a completion queue.
export const COMPLETION_USER_LOW = 0;
export const COMPLETION_USER_HIGH = 4;
/** The receiver's answer: any i32. */
export const COMPLETION_RESULT = 8;
/** Index of the receiver that completed. */
export const COMPLETION_RECEIVER = 12;
export const COMPLETION_BYTES = 16;

// ---- Batch record: an array of these describes the messages of a batch call.
export const BATCH_ADDRESS = 0;
/** Send: length. Receive: capacity. */
export const BATCH_LENGTH = 4;
/** W the call: receive: length received; send: STATUS_OK; the status at which the batch stopped. */
export const BATCH_RESULT = 8;
/** W the call: receive: flags << 24 | priority << 8 | sender index. */
export const BATCH_INFO = 12;
/** User data. Send: read if the sender is a submitter. W the call: receive, meaningful with FLAG_COMPLETE. */
export const BATCH_USER_LOW = 16;
export const BATCH_USER_HIGH = 20;
export const BATCH_BYTES = 24;

// ---- Statistics record, filled by queueStatistics: 64-bit counters, low word first; PRIORITY_COUNT in a row where
// marked x 4.
export const STATISTICS_SENT = 0; // x 4
export const STATISTICS_RECEIVED = 32; // x 4
export const STATISTICS_SENT_BYTES = 64; // x 4
export const STATISTICS_RECEIVED_BYTES = 96; // x 4
export const STATISTICS_FULL = 128; // x 4
export const STATISTICS_REJECTED = 160;
export const STATISTICS_EMPTY = 168;
export const STATISTICS_TIMED_OUT = 176;
export const STATISTICS_SLEPT = 184;
/** Wake-ups, modulo 2^32. */
export const STATISTICS_WOKEN = 192;
export const STATISTICS_BYTES = 200;

// ---- Words that hold a handle while it is valid (regions, capabilities), else one of these states and what comes next.
/** Nobody's; below it the handle that the next owner gets, or generation 0: never again. */
export const WORD_FREE = 0x80000000 | 0;
/** Being filled, sealed or granted, by the owner number in bits 8..17. */
export const WORD_FILLING = 0xa0000000 | 0;
/** Refused from now on: a region being destroyed by the owner number in bits 8..17; a capability that has ended. */
export const WORD_ENDING = 0xc0000000 | 0;
export const WORD_STATE_MASK = 0xe0000000 | 0;

// ---- Owners: numbers of contexts (tasks, workers) that hold things in regions. 0 is nobody in particular.
export const OWNERS_MAX = 1023;
export const OWNER_SHIFT = 8;

// ---- Region table: a header line, a line per region, then the append cells of each region.
export const POLICY_IMMUTABLE = 1;
export const POLICY_APPEND_ONLY = 2;
export const POLICY_SLAB = 3;
/** ~address ^ 1. */
export const TABLE_SELF = 0;
export const TABLE_COUNT = 4;
export const TABLE_HEADER_BYTES = 64;
/** Regions of one table: the index has 8 bits of the handle. */
export const TABLE_REGIONS_MAX = 256;
/**
 * Atomic [region]: the one valid handle, generation << 8 | index; else a state WORD_*.
 */
export const REGION_HANDLE = 0;
/**
 * Atomic [commit]: one more than the bytes that descriptors may name, which never change again; 0: no descriptors. W create;
 * seal: from 0 to all; appenders: upwards.
 */
export const REGION_LIMIT = 4;
export const REGION_BASE = 8;
/** Bytes, up to 2^31 - 1. */
export const REGION_LENGTH = 12;
export const REGION_POLICY = 16;
/** W who fills the entry: the handle of this generation, for recovery. */
export const REGION_CURRENT = 20;
/** Owner number of the creator. */
export const REGION_OWNER = 24;
/** Atomic [host]: address of the queue that was made here, or 0. */
export const REGION_QUEUE = 28;
/** Slab with slots: bytes of a slot (0: none), slots, address of the slot words; atomic [slot]: which bitmap words have bits. */
export const REGION_SLOT_BYTES = 32;
export const REGION_SLOTS = 36;
export const REGION_SLOT_WORDS = 40;
export const REGION_SUMMARY = 44;
/** AppendOnly, atomic [reserve]: the latest reservation: count << 3 | cell. */
export const REGION_TAIL = 48;
export const REGION_BYTES = 64;
export const REGION_INDEX_MASK = 255;
/** 21 bits of generation, from 1; an entry is retired after the last. */
export const REGION_GENERATION_SHIFT = 8;
export const REGION_GENERATION_MAX = 0x1fffff;

// ---- Append cell: one reservation of an AppendOnly region.
export const CELL_COUNT = 8;
/** Atomic [reserve]: uses << 13 | owner << 3 | one of CELL_*. */
export const CELL_STATE = 0;
/** W the owner while CELL_CLAIMING: the offsets of its first byte and behind its last, and its value of REGION_TAIL. */
export const CELL_FROM = 4;
export const CELL_TO = 8;
export const CELL_TICKET = 12;
export const CELL_BYTES = 16;
export const CELL_FREE = 0;
/** Looking for its place. */
export const CELL_CLAIMING = 1;
/** Has its place, and writes there. */
export const CELL_RESERVED = 2;
/** Written; its owner is still inside regionCommit. */
export const CELL_DONE = 3;
/** Written; free once the committed cursor has passed it. */
export const CELL_LEFT = 4;
export const CELL_STATE_MASK = 7;
export const CELL_OWNER_SHIFT = 3;
export const CELL_USES_SHIFT = 13;

// ---- Slots of a Slab region. Before the first slot: a word per slot, then a bitmap of slots that may be free.
/** Slots of one region: the index has 10 bits of a slot's handle. */
export const SLAB_SLOTS_MAX = 1024;
export const SLAB_BITMAP_BYTES = 128;
/** Slot word, atomic [slot]: generation << 10 | owner while allocated; WORD_FREE | next generation << 10 while free. */
export const SLAB_INDEX_MASK = 1023;
export const SLAB_GENERATION_SHIFT = 10;
export const SLAB_GENERATION_MAX = 0x1fffff;

// ---- Capability system: a line, then the addresses of the spaces. One region table belongs to it.
/** ~address ^ 2. */
export const SYSTEM_SELF = 0;
export const SYSTEM_REGIONS = 4;
export const SYSTEM_HEADER_BYTES = 64;
/** Atomic [space], one word per space: its address, or 0. */
export const SYSTEM_SPACES = 64;
export const SYSTEM_SPACES_MAX = 32;
export const SYSTEM_BYTES = 192;

// ---- Capability space: what one context (task, worker) may do: a header line, then a line per capability.
/** ~address ^ 3. */
export const SPACE_SELF = 0;
/** Number of the space, from 1: the owner of what its context holds in regions. */
export const SPACE_OWNER = 4;
export const SPACE_SYSTEM = 8;
/** W the context: a descriptor on its way to a queue, with the region in place of the capability. */
export const SPACE_RECORD = 16;
export const SPACE_HEADER_BYTES = 64;
/** Capabilities of one space: the index has 6 bits of the handle. */
export const SPACE_CAPABILITIES = 64;
export const SPACE_BYTES = 4160;

// ---- Capability.
/** Atomic [capability]: the one valid handle, generation << 6 | index; else a state WORD_*. */
export const CAPABILITY_HANDLE = 0;
/** The handle of a sender's place, or STATUS_NO_RIGHT for every other type; the same for receivers. */
export const CAPABILITY_SENDER = 4;
export const CAPABILITY_RECEIVER = 8;
/** Address of a table or space; handle of a region, or of the one that a queue lives in. */
export const CAPABILITY_OBJECT = 12;
export const CAPABILITY_TYPE = 16;
export const CAPABILITY_RIGHTS = 20;
export const CAPABILITY_BADGE = 24;
/** How often it was passed on since the system was made. */
export const CAPABILITY_DEPTH = 28;
/** Address of the capability it was derived from, or 0. */
export const CAPABILITY_PARENT = 32;
/** W who fills the entry: the handle of this generation, for recovery. */
export const CAPABILITY_CURRENT = 36;
export const CAPABILITY_BYTES = 64;
export const CAPABILITY_INDEX_MASK = 63;
/** 23 bits of generation, from 1; an entry is retired after the last. */
export const CAPABILITY_GENERATION_SHIFT = 6;
export const CAPABILITY_GENERATION_MAX = 0x7fffff;
export const CAPABILITY_DEPTH_MAX = 8;

export const TYPE_QUEUE = 1;
/** A place in a queue: of one context, so never passed on. */
export const TYPE_SENDER = 2;
export const TYPE_RECEIVER = 3;
export const TYPE_REGION = 4;
/** The region table: WRITE makes regions of any memory. */
export const TYPE_REGIONS = 5;
/** A space: WRITE puts capabilities into it, REVOKE recovers it when its context is dead. */
export const TYPE_SPACE = 6;
/** The system itself: WRITE makes spaces. */
export const TYPE_SYSTEM = 7;

// ---- Rights.
export const RIGHT_READ = 1;
export const RIGHT_WRITE = 2;
/** May be passed on, with equal or fewer rights. */
export const RIGHT_GRANT = 4;
/** May end what was derived from it. */
export const RIGHT_REVOKE = 8;
/** May be passed on without this right and RIGHT_GRANT. */
export const RIGHT_GRANT_ONCE = 16;
export const RIGHTS_ALL = 31;
