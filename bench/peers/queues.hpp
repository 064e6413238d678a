// Every queue of the comparison behind one shape, so that the loops of main.cpp are the same for all:
//
//   Q(slots)                         slots for messages of 64 bytes (per lane, for queues with lanes)
//   push(message, priority)          copies the message in; false when full
//   pop(into)                        copies the next message out; false when empty
//   push_many, pop_many              the same for up to n messages; how many went
//   seen(into), done()               where the message popped last is to be read, and that it has been
//
// C++ queues are inlined into the loops. The kernel and the Rust crates are reached by calls, as their users in another language
// reach them. Head and tail of a queue live wherever its own authors put them.
#pragma once
#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <concurrentqueue/concurrentqueue.h>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <rte_ring.h>

// As aligned as the kernel's slots are.
struct Message { uint64_t word[8]; };
// What C++ queues hold: a line each. All messages that are sent or received into lie in lines, too.
struct alignas(64) Line { Message message; };
inline const Line &line(const Message *m) { return *reinterpret_cast<const Line *>(m); }
inline Line &line(Message *m) { return *reinterpret_cast<Line *>(m); }

extern "C" {
// The kernel, from TypeScript.
int32_t regionTableCreate(int32_t at, int32_t bytes, int32_t count), regionTableBytes(int32_t count);
int32_t regionCreate(int32_t table, int32_t policy, int32_t base, int32_t bytes);
int32_t queueBytes(int32_t config), queueCreate(int32_t table, int32_t region, int32_t config);
int32_t queueAttachSender(int32_t queue, int32_t schema), queueAttachReceiver(int32_t queue);
int32_t queueSend(int32_t sender, int32_t priority, int32_t source, int32_t bytes);
int32_t queueReceive(int32_t receiver, int32_t buffer, int32_t capacity);
int32_t queueReceiveTimeout(int32_t receiver, int32_t buffer, int32_t capacity, int32_t microseconds);
int32_t queueSendArray(int32_t sender, int32_t priority, int32_t source, int32_t bytes, int32_t count);
int32_t queueReceiveArray(int32_t receiver, int32_t buffer, int32_t bytes, int32_t count);
int32_t queueReserve(int32_t sender, int32_t priority, int32_t bytes), queueCommit(int32_t sender, int32_t bytes);
int32_t queueView(int32_t receiver), queueRelease(int32_t receiver);
void hostMap(uint32_t base, uint32_t bytes);
// The Rust crates: src/lib.rs.
struct Rust;
Rust *rtrb_new(size_t), *rtrb4_new(size_t), *array_queue_new(size_t), *heap_new(size_t), *seed_new(size_t), *seed_locked_new(size_t);
bool rtrb_push(Rust *, const Message *), rtrb_pop(Rust *, Message *);
size_t rtrb_push_slice(Rust *, const Message *, size_t), rtrb_pop_slice(Rust *, Message *, size_t);
bool rtrb4_push(Rust *, size_t, const Message *), rtrb4_pop(Rust *, Message *);
bool array_queue_push(Rust *, const Message *), array_queue_pop(Rust *, Message *);
bool heap_push(Rust *, size_t, const Message *), heap_pop(Rust *, Message *);
bool seed_push(Rust *, const Message *), seed_pop(Rust *, Message *);
bool seed_locked_push(Rust *, const Message *), seed_locked_pop(Rust *, Message *);
}

[[noreturn]] inline void fail(const char *what) {
  std::fprintf(stderr, "harness: %s\n", what);
  std::fflush(nullptr);
  std::_Exit(1);
}

// ---- Memory below 2^31, which the kernel needs; all messages live here.
constexpr uint32_t RAM_BASE = 0x20000000, RAM_BYTES = 512u << 20;
inline uint32_t arena = RAM_BASE;
inline uint32_t take(uint32_t bytes) {
  uint32_t at = arena;
  arena += (bytes + 127) & ~127u;
  if (arena > RAM_BASE + RAM_BYTES) fail("out of memory");
  return at;
}
template <class T> T *at(uint32_t address) { return reinterpret_cast<T *>(static_cast<uintptr_t>(address)); }
inline int32_t address(const void *p) { return static_cast<int32_t>(reinterpret_cast<uintptr_t>(p)); }

// Queues that copy out.
struct Copying {
  const Message *seen(const Message *into) { return into; }
  void done() {}
};

// ---- This project.
constexpr int32_t NORMAL = 2, BYTES = 64, SLAB = 3, BATCH_MAX = 64;

struct Kernel : Copying {
  static constexpr const char *name = "ruvix-queue (this)";
  int32_t senders[2]{}, receiver = 0;

  explicit Kernel(unsigned slots, int count = 1) {
    static int32_t table = [] {
      int32_t bytes = regionTableBytes(255), made = regionTableCreate(take(bytes), bytes, 255);
      return made > 0 ? made : (fail("regionTableCreate"), 0);
    }();
    int32_t config = take(64), *c = at<int32_t>(config);
    c[0] = static_cast<int32_t>(slots); c[1] = BYTES; c[3] = count; c[4] = 1;
    int32_t bytes = queueBytes(config), queue = queueCreate(table, regionCreate(table, SLAB, take(bytes), bytes), config);
    for (int k = 0; k < count; k++) if ((senders[k] = queueAttachSender(queue, 0)) <= 0) fail("queueAttachSender");
    if ((receiver = queueAttachReceiver(queue)) <= 0) fail("queueAttachReceiver");
  }
  bool push(const Message *m, int priority = NORMAL, int sender = 0) {
    return queueSend(senders[sender], priority, address(m), BYTES) >= 0;
  }
  bool pop(Message *into) { return queueReceive(receiver, address(into), BYTES) >= 0; }
  unsigned push_many(const Message *m, unsigned n) { return many(queueSendArray(senders[0], NORMAL, address(m), BYTES, n)); }
  unsigned pop_many(Message *into, unsigned n) { return many(queueReceiveArray(receiver, address(into), BYTES, n)); }

private:
  static unsigned many(int32_t status) { return status < 0 ? 0 : static_cast<unsigned>(status); }
};

// The same, received with the call that waits by itself, and would sleep.
struct KernelWaiting : Kernel {
  static constexpr const char *name = "ruvix-queue (this), its own wait";
  using Kernel::Kernel;
  bool pop(Message *into) { return queueReceiveTimeout(receiver, address(into), BYTES, 5000000) >= 0; }
};

// The same without a copy: built in the slot (here by copying, as all messages are prebuilt), read in the slot.
struct KernelInPlace : Kernel {
  static constexpr const char *name = "ruvix-queue (this), in place";
  const Message *view = nullptr;
  using Kernel::Kernel;
  bool push(const Message *m, int priority = NORMAL, int sender = 0) {
    int32_t slot = queueReserve(senders[sender], priority, BYTES);
    if (slot < 0) return false;
    std::memcpy(at<Message>(static_cast<uint32_t>(slot)), m, BYTES);
    return queueCommit(senders[sender], BYTES) >= 0;
  }
  bool pop(Message *) {
    int32_t slot = queueView(receiver);
    view = at<Message>(static_cast<uint32_t>(slot));
    return slot >= 0;
  }
  const Message *seen(const Message *) { return view; }
  void done() { if (queueRelease(receiver) < 0) fail("queueRelease"); }
};

// ---- C++.
template <unsigned SLOTS> struct Boost : Copying {
  static constexpr const char *name = "boost spsc_queue";
  boost::lockfree::spsc_queue<Line, boost::lockfree::capacity<SLOTS>> *queue;
  explicit Boost(unsigned slots) : queue(new boost::lockfree::spsc_queue<Line, boost::lockfree::capacity<SLOTS>>) {
    if (slots != SLOTS) fail("boost: slots");
  }
  bool push(const Message *m, int = 0, int = 0) { return queue->push(line(m)); }
  bool pop(Message *into) { return queue->pop(line(into)); }
  unsigned push_many(const Message *m, unsigned n) { return static_cast<unsigned>(queue->push(&line(m), n)); }
  unsigned pop_many(Message *into, unsigned n) { return static_cast<unsigned>(queue->pop(&line(into), n)); }
};

// The textbook ring: padded indices, the other side's index cached (the algorithm of rigtorp's SPSCQueue, which no registry has).
struct Textbook : Copying {
  static constexpr const char *name = "textbook ring in C++";
  struct alignas(128) Side { std::atomic<size_t> index{0}; size_t seen = 0; };
  Side *tail, *head;
  Line *slots;
  size_t size;
  explicit Textbook(unsigned n) : tail(new Side), head(new Side), slots(new Line[n + 1]), size(n + 1) {}
  bool push(const Message *m, int = 0, int = 0) {
    size_t now = tail->index.load(std::memory_order_relaxed), next = now + 1 == size ? 0 : now + 1;
    if (next == tail->seen && next == (tail->seen = head->index.load(std::memory_order_acquire))) return false;
    slots[now] = line(m);
    tail->index.store(next, std::memory_order_release);
    return true;
  }
  bool pop(Message *into) {
    size_t now = head->index.load(std::memory_order_relaxed);
    if (now == head->seen && now == (head->seen = tail->index.load(std::memory_order_acquire))) return false;
    line(into) = slots[now];
    head->index.store(now + 1 == size ? 0 : now + 1, std::memory_order_release);
    return true;
  }
};

// DPDK's ring, elements of 64 bytes, in memory of our own: nothing of it needs the DPDK environment.
template <bool SEVERAL> struct Dpdk : Copying {
  static constexpr const char *name = SEVERAL ? "DPDK rte_ring MP" : "DPDK rte_ring SP/SC";
  rte_ring *ring;
  explicit Dpdk(unsigned slots) {
    ring = static_cast<rte_ring *>(std::aligned_alloc(128, static_cast<size_t>(rte_ring_get_memsize_elem(sizeof(Message), slots) + 127) & ~127ul));
    if (rte_ring_init(ring, "bench", slots, SEVERAL ? RING_F_SC_DEQ : RING_F_SP_ENQ | RING_F_SC_DEQ) != 0) fail("rte_ring_init");
  }
  bool push(const Message *m, int = 0, int = 0) { return push_many(m, 1) == 1; }
  bool pop(Message *into) { return rte_ring_sc_dequeue_bulk_elem(ring, into, sizeof(Message), 1, nullptr) == 1; }
  unsigned push_many(const Message *m, unsigned n) {
    if (SEVERAL) return rte_ring_mp_enqueue_bulk_elem(ring, m, sizeof(Message), n, nullptr);
    return rte_ring_sp_enqueue_bulk_elem(ring, m, sizeof(Message), n, nullptr);
  }
  unsigned pop_many(Message *into, unsigned n) { return rte_ring_sc_dequeue_burst_elem(ring, into, sizeof(Message), n, nullptr); }
};

// moodycamel's queue with a token for each producer: in effect a queue each.
struct Moodycamel : Copying {
  static constexpr const char *name = "moodycamel ConcurrentQueue, tokens";
  using Queue = moodycamel::ConcurrentQueue<Line>;
  Queue *queue;
  moodycamel::ProducerToken *producers[2];
  moodycamel::ConsumerToken *consumer;
  explicit Moodycamel(unsigned slots) : queue(new Queue(slots * 2, 2, 0)) {
    for (auto &token : producers) token = new moodycamel::ProducerToken(*queue);
    consumer = new moodycamel::ConsumerToken(*queue);
  }
  bool push(const Message *m, int = 0, int sender = 0) { return queue->try_enqueue(*producers[sender], line(m)); }
  bool pop(Message *into) { return queue->try_dequeue(*consumer, line(into)); }
};

// ---- Rust.
struct Rtrb : Copying {
  static constexpr const char *name = "rtrb";
  Rust *queue;
  explicit Rtrb(unsigned slots) : queue(rtrb_new(slots)) {}
  bool push(const Message *m, int = 0, int = 0) { return rtrb_push(queue, m); }
  bool pop(Message *into) { return rtrb_pop(queue, into); }
  unsigned push_many(const Message *m, unsigned n) { return static_cast<unsigned>(rtrb_push_slice(queue, m, n)); }
  unsigned pop_many(Message *into, unsigned n) { return static_cast<unsigned>(rtrb_pop_slice(queue, into, n)); }
};

struct RtrbLanes : Copying {
  static constexpr const char *name = "4 polled lanes of rtrb";
  Rust *queue;
  explicit RtrbLanes(unsigned slots) : queue(rtrb4_new(slots)) {}
  bool push(const Message *m, int priority = NORMAL, int = 0) { return rtrb4_push(queue, static_cast<size_t>(priority), m); }
  bool pop(Message *into) { return rtrb4_pop(queue, into); }
};

struct ArrayQueue : Copying {
  static constexpr const char *name = "crossbeam ArrayQueue";
  Rust *queue;
  explicit ArrayQueue(unsigned slots) : queue(array_queue_new(slots)) {}
  bool push(const Message *m, int = 0, int = 0) { return array_queue_push(queue, m); }
  bool pop(Message *into) { return array_queue_pop(queue, into); }
};

struct Heap : Copying {
  static constexpr const char *name = "mutex around a binary heap";
  Rust *queue;
  explicit Heap(unsigned slots) : queue(heap_new(slots)) {}
  bool push(const Message *m, int priority = NORMAL, int = 0) { return heap_push(queue, static_cast<size_t>(priority), m); }
  bool pop(Message *into) { return heap_pop(queue, into); }
};

struct Seed : Copying {
  static constexpr const char *name = "seed KernelQueue, aliased by force";
  Rust *queue;
  explicit Seed(unsigned slots) : queue(seed_new(slots)) {}
  bool push(const Message *m, int = 0, int = 0) { return seed_push(queue, m); }
  bool pop(Message *into) { return seed_pop(queue, into); }
};

struct LockedSeed : Copying {
  static constexpr const char *name = "seed KernelQueue in a mutex";
  Rust *queue;
  explicit LockedSeed(unsigned slots) : queue(seed_locked_new(slots)) {}
  bool push(const Message *m, int = 0, int = 0) { return seed_locked_push(queue, m); }
  bool pop(Message *into) { return seed_locked_pop(queue, into); }
};
