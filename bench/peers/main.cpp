// The host harness: every queue of queues.hpp in the same loops, one short trial of each per round, one line of JSON per trial.
//
//   harness [--rounds N] [--milliseconds M] [--only ROW]      --check: each trial once, a few thousand messages
//
// Messages are prebuilt (64 different ones, taken in turn), because composing one with small stores and copying it at once with
// large loads stalls on every queue alike and hides the differences. Every message received is checked: its number, which also
// fixes the order (of its sender and priority), and its last word. A wrong or missing one ends the run with exit status 1.
#include "trial.hpp"
#include <algorithm>
#include <fcntl.h>
#include <liburing.h> // after trial.hpp: it defines BLOCK_SIZE, which moodycamel uses as a name
#include <memory>
#include <mqueue.h>
#include <string>
#include <sys/personality.h>
#include <vector>

extern "C" void kernelModuleInit(void) __attribute__((weak));

namespace {

constexpr unsigned KINDS = 64, REST_MILLISECONDS = 15;

struct Options { unsigned rounds = 15, milliseconds = 4; std::string only; bool check = false; } options;
std::unique_ptr<Pair> pair;

// ---- Messages.
Message *source;    // KINDS of sender 0, then KINDS of sender 1
Message *into;      // where receivers copy to: BATCH_MAX
Message *into_there;
uint64_t seal(uint64_t first) { return first * 0x9e3779b97f4a7c15u ^ 0x5bd1e995u; }

void prepare() {
  hostMap(RAM_BASE, RAM_BYTES);
  if (kernelModuleInit) kernelModuleInit();
  // A batch may begin at any message, so what follows the last is the first again.
  source = at<Message>(take(sizeof(Message) * 2 * (KINDS + BATCH_MAX)));
  into = at<Message>(take(sizeof(Message) * BATCH_MAX));
  into_there = at<Message>(take(sizeof(Message) * BATCH_MAX));
  for (unsigned sender = 0; sender < 2; sender++) {
    for (unsigned k = 0; k < KINDS + BATCH_MAX; k++) {
      Message &m = source[sender * (KINDS + BATCH_MAX) + k];
      m.word[0] = static_cast<uint64_t>(sender) << 32 | k % KINDS;
      for (int word = 1; word < 7; word++) m.word[word] = m.word[0] * 31 + static_cast<uint64_t>(word);
      m.word[7] = seal(m.word[0]);
    }
  }
}
inline const Message *message(uint64_t k, int sender = 0) { return source + sender * (KINDS + BATCH_MAX) + k % KINDS; }
inline void verify(const Message *m, uint64_t k, uint64_t sender = 0) {
  uint64_t first = sender << 32 | k % KINDS;
  if (m->word[0] != first || m->word[7] != seal(first)) fail("a message is wrong, lost or out of order");
}

// ---- Loops.
template <class Q> void produce(Q &q, uint64_t from, uint64_t to, bool levels) {
  Patience patience;
  for (uint64_t k = from; k < to; k++) {
    while (!q.push(message(k), levels ? static_cast<int>(k & 3) : NORMAL)) { relax(); patience.spend(); }
  }
}

// With levels: message k has priority k mod 4, and each priority is in order by itself.
template <class Q, class Wait> void consume(Q &q, uint64_t from, uint64_t to, bool levels) {
  Patience patience;
  Wait wait;
  static uint64_t next[4];
  if (levels && from == 0) for (unsigned k = 0; k < 4; k++) next[k] = k;
  for (uint64_t k = from; k < to; k++) {
    while (!q.pop(into)) { wait.empty(); patience.spend(); }
    wait.got();
    const Message *m = q.seen(into);
    if (levels) {
      uint64_t level = m->word[0] & 3;
      verify(m, next[level]);
      next[level] += 4;
    } else verify(m, k);
    q.done();
  }
}

template <class Q> void produce_many(Q &q, uint64_t from, uint64_t to, unsigned batch) {
  Patience patience;
  for (uint64_t k = from; k < to;) {
    unsigned want = to - k < batch ? static_cast<unsigned>(to - k) : batch;
    unsigned went = q.push_many(message(k), want);
    k += went;
    if (went == 0) { relax(); patience.spend(); }
  }
}
template <class Q, class Wait> void consume_many(Q &q, uint64_t from, uint64_t to, unsigned batch) {
  Patience patience;
  Wait wait;
  for (uint64_t k = from; k < to;) {
    unsigned want = to - k < batch ? static_cast<unsigned>(to - k) : batch;
    unsigned came = q.pop_many(into, want);
    for (unsigned j = 0; j < came; j++) verify(into + j, k + j);
    k += came;
    if (came == 0) { wait.empty(); patience.spend(); } else wait.got();
  }
}

// ---- Cells: one queue in one row.
struct Sample { double ns; Pair::Distance distance; };
struct Cell {
  std::string row, peer, wait;
  std::function<Sample(uint64_t)> run; // nanoseconds per message (or round trip) over about so many
  uint64_t count = 20000;
};
std::vector<Cell> cells;

void report(const Cell &cell, unsigned round, const Sample &sample) {
  std::printf("{\"row\":\"%s\",\"peer\":\"%s\",\"wait\":\"%s\",\"round\":%u,\"ns\":%.3f,\"before\":%.1f,\"after\":%.1f}\n", cell.row.c_str(),
              cell.peer.c_str(), cell.wait.c_str(), round, sample.ns, sample.distance.before, sample.distance.after);
  std::fflush(stdout);
}

// The first `warm` messages are not timed: they touch all memory of the queue, on both cores.
template <class F> Sample timed(uint64_t warm, uint64_t count, F both) {
  uint64_t began = 0, ended = 0;
  Pair::Distance distance = both(warm, warm + count, began, ended);
  return {static_cast<double>(ended - began) / static_cast<double>(count), distance};
}

template <class Q, class Wait> void add_stream(const char *row, unsigned slots, bool levels = false) {
  auto q = std::make_shared<Q>(slots);
  cells.push_back({row, Q::name, Wait::name, [q, slots, levels](uint64_t count) {
    return timed(slots * 4, count, [&](uint64_t warm, uint64_t to, uint64_t &began, uint64_t &ended) {
      return pair->run([&] {
        consume<Q, Wait>(*q, 0, warm, levels);
        began = nanoseconds();
        consume<Q, Wait>(*q, warm, to, levels);
        ended = nanoseconds();
      }, [&] { produce(*q, 0, to, levels); });
    });
  }});
}

template <class Q, class Wait> void add_batch(const char *row, unsigned slots, unsigned batch) {
  auto q = std::make_shared<Q>(slots);
  cells.push_back({row, Q::name, Wait::name, [q, slots, batch](uint64_t count) {
    return timed(slots * 4, count, [&](uint64_t warm, uint64_t to, uint64_t &began, uint64_t &ended) {
      return pair->run([&] {
        consume_many<Q, Wait>(*q, 0, warm, batch);
        began = nanoseconds();
        consume_many<Q, Wait>(*q, warm, to, batch);
        ended = nanoseconds();
      }, [&] { produce_many(*q, 0, to, batch); });
    });
  }});
}

// Round trips: a message there, the same back, through two queues.
template <class Q, class Wait> void add_round_trip(const char *row, unsigned slots) {
  auto there = std::make_shared<Q>(slots), back = std::make_shared<Q>(slots);
  cells.push_back({row, Q::name, Wait::name, [there, back](uint64_t count) {
    uint64_t messages = count / 8 + 1; // a round trip takes about so many messages of a stream
    return timed(256, messages, [&](uint64_t warm, uint64_t to, uint64_t &began, uint64_t &ended) {
      return pair->run([&] {
        Wait wait;
        Patience patience;
        for (uint64_t k = 0; k < to; k++) {
          if (k == warm) began = nanoseconds();
          if (!there->push(message(k))) fail("round trip: full");
          while (!back->pop(into)) { wait.empty(); patience.spend(); }
          wait.got();
          verify(back->seen(into), k);
          back->done();
        }
        ended = nanoseconds();
      }, [&] {
        Wait wait;
        Patience patience;
        for (uint64_t k = 0; k < to; k++) {
          while (!there->pop(into_there)) { wait.empty(); patience.spend(); }
          wait.got();
          if (!back->push(there->seen(into_there))) fail("round trip: full");
          there->done();
        }
      });
    });
  }});
}

// Two senders at once fill one queue, one drains it then; only the filling is timed. More than two busy contexts cannot be measured
// honestly on two cores.
template <class Q> void add_contended(const char *row, unsigned each, std::shared_ptr<Q> q) {
  cells.push_back({row, Q::name, "plain", [q, each](uint64_t count) {
    uint64_t times = count / (2 * each) + 2, spent = 0;
    uint64_t edge[4]; // begin and end of both
    auto fill = [&](int sender) {
      pair->meet();
      edge[sender] = nanoseconds();
      for (uint64_t k = 0; k < each; k++) if (!q->push(message(k, sender), NORMAL, sender)) fail("contended: full");
      edge[2 + sender] = nanoseconds();
      pair->meet();
    };
    auto distance = pair->run([&] {
      for (uint64_t time = 0; time < times; time++) {
        fill(0);
        if (time > 0) spent += std::max(edge[2], edge[3]) - std::min(edge[0], edge[1]);
        uint64_t next[2]{};
        for (uint64_t k = 0; k < 2 * each; k++) {
          if (!q->pop(into)) fail("contended: a message is missing");
          uint64_t sender = into->word[0] >> 32;
          verify(into, next[sender]++, sender);
        }
        pair->meet();
      }
    }, [&] {
      for (uint64_t time = 0; time < times; time++) { fill(1); pair->meet(); }
    });
    return Sample{static_cast<double>(spent) / static_cast<double>((times - 1) * 2 * each), distance};
  }});
}

// One thread sends and receives in turn.
template <class F> void add_alone(const char *row, const char *peer, F pairs) {
  cells.push_back({row, peer, "plain", [pairs](uint64_t count) {
    double ns = 0;
    auto distance = pair->run([&] {
      pairs(64);
      uint64_t from = nanoseconds();
      pairs(count);
      ns = static_cast<double>(nanoseconds() - from) / static_cast<double>(count);
    }, [] {});
    return Sample{ns, distance};
  }});
}

template <class Q> void add_alone_queue(const char *row) {
  auto q = std::make_shared<Q>(256);
  add_alone(row, Q::name, [q](uint64_t count) {
    for (uint64_t k = 0; k < count; k++) {
      if (!q->push(message(k)) || !q->pop(into)) fail("alone: full or empty");
      verify(q->seen(into), k);
      q->done();
    }
  });
}

void add_system_calls() {
  const char *row = "alone";
  int ends[2];
  if (pipe(ends) != 0) fail("pipe");
  add_alone(row, "pipe", [in = ends[1], out = ends[0]](uint64_t count) {
    for (uint64_t k = 0; k < count; k++) {
      if (write(in, message(k), BYTES) != BYTES || read(out, into, BYTES) != BYTES) fail("pipe: short");
      verify(into, k);
    }
  });
  mq_attr attributes{};
  attributes.mq_maxmsg = 10;
  attributes.mq_msgsize = BYTES;
  std::string name = "/ruvix-bench-" + std::to_string(getpid());
  mqd_t mq = mq_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);
  if (mq >= 0) {
    mq_unlink(name.c_str());
    add_alone(row, "POSIX mq", [mq](uint64_t count) {
      for (uint64_t k = 0; k < count; k++) {
        if (mq_send(mq, reinterpret_cast<const char *>(message(k)), BYTES, 1) != 0) fail("mq_send");
        if (mq_receive(mq, reinterpret_cast<char *>(into), BYTES, nullptr) != BYTES) fail("mq_receive");
        verify(into, k);
      }
    });
  }
  auto ring = std::make_shared<io_uring>();
  if (io_uring_queue_init(64, ring.get(), 0) == 0) {
    add_alone(row, "io_uring NOP, batch 32", [ring](uint64_t count) {
      io_uring_cqe *done[32];
      for (uint64_t k = 0; k < count; k += 32) {
        for (uint64_t j = 0; j < 32; j++) {
          io_uring_sqe *entry = io_uring_get_sqe(ring.get());
          io_uring_prep_nop(entry);
          entry->user_data = k + j;
        }
        if (io_uring_submit_and_wait(ring.get(), 32) != 32) fail("io_uring_submit");
        unsigned came = io_uring_peek_batch_cqe(ring.get(), done, 32);
        for (unsigned j = 0; j < came; j++) if (done[j]->user_data != k + j) fail("io_uring: out of order");
        if (came != 32) fail("io_uring: too few");
        io_uring_cq_advance(ring.get(), came);
      }
    });
  }
}

// ---- Rows. Every queue is measured with both ways of waiting, so that none suffers from a wait that does not suit it.
template <class Q> void stream(const char *row, unsigned slots, bool levels = false) {
  add_stream<Q, Plain>(row, slots, levels);
  add_stream<Q, Adaptive>(row, slots, levels);
}
template <class Q> void batch(const char *row, unsigned slots) {
  add_batch<Q, Plain>(row, slots, 32);
  add_batch<Q, Adaptive>(row, slots, 32);
}
template <class Q> void round_trip(const char *row) {
  add_round_trip<Q, Plain>(row, 64);
  add_round_trip<Q, Adaptive>(row, 64);
}

template <unsigned SLOTS> void add_rows_of_size(const char *one, const char *levels, const char *many) {
  stream<Kernel>(one, SLOTS);
  add_stream<KernelWaiting, Own>(one, SLOTS);
  stream<KernelInPlace>(one, SLOTS);
  stream<Boost<SLOTS>>(one, SLOTS);
  stream<Dpdk<false>>(one, SLOTS);
  stream<Rtrb>(one, SLOTS);
  stream<Textbook>(one, SLOTS);
  stream<Seed>(one, SLOTS);
  stream<LockedSeed>(one, SLOTS);
  stream<Kernel>(levels, SLOTS, true);
  add_stream<KernelWaiting, Own>(levels, SLOTS, true);
  stream<RtrbLanes>(levels, SLOTS, true);
  stream<Heap>(levels, SLOTS * 4, true);
  batch<Kernel>(many, SLOTS);
  batch<Boost<SLOTS>>(many, SLOTS);
  batch<Dpdk<false>>(many, SLOTS);
  batch<Rtrb>(many, SLOTS);
}

void add_rows() {
  add_rows_of_size<1024>("stream1024", "levels1024", "batch1024");
  add_rows_of_size<64>("stream64", "levels64", "batch64");
  round_trip<Kernel>("roundtrip");
  add_round_trip<KernelWaiting, Own>("roundtrip", 64);
  round_trip<KernelInPlace>("roundtrip");
  round_trip<Boost<64>>("roundtrip");
  round_trip<Dpdk<false>>("roundtrip");
  round_trip<Rtrb>("roundtrip");
  round_trip<Textbook>("roundtrip");
  round_trip<Seed>("roundtrip");
  constexpr unsigned EACH = 1024; // so all queues have room for 2048
  add_contended("contended", EACH, std::make_shared<Kernel>(EACH, 2));
  add_contended("contended", EACH, std::make_shared<ArrayQueue>(2 * EACH));
  add_contended("contended", EACH, std::make_shared<Dpdk<true>>(4 * EACH));
  add_contended("contended", EACH, std::make_shared<Moodycamel>(2 * EACH));
  add_alone_queue<Kernel>("alone");
  add_alone_queue<KernelInPlace>("alone");
  add_alone_queue<Textbook>("alone");
  add_alone_queue<Seed>("alone");
  add_system_calls();
}

void parse(int argc, char **argv) {
  for (int k = 1; k < argc; k++) {
    std::string word = argv[k];
    auto value = [&] { return k + 1 < argc ? argv[++k] : (fail("a value is missing"), argv[0]); };
    if (word == "--rounds") options.rounds = static_cast<unsigned>(std::atoi(value()));
    else if (word == "--milliseconds") options.milliseconds = static_cast<unsigned>(std::atoi(value()));
    else if (word == "--only") options.only = value();
    else if (word == "--check") options.check = true;
    else fail("unknown option");
  }
}

} // namespace

int main(int argc, char **argv) {
  // The kernel's memory has a fixed place below 2^31, where a randomly placed heap may be in the way.
  if ((personality(0xffffffff) & ADDR_NO_RANDOMIZE) == 0 && personality(ADDR_NO_RANDOMIZE) != -1) execv("/proc/self/exe", argv);
  parse(argc, argv);
  prepare();
  pair = std::make_unique<Pair>();
  add_rows();
  unsigned rounds = options.check ? 1 : options.rounds;
  std::printf("{\"scheduling\":\"%s\",\"cores\":[%d,%d],\"cells\":%zu}\n", pair->fifo ? "fifo" : "normal", pair->cores[0], pair->cores[1],
              cells.size());
  for (unsigned round = 0; round <= rounds; round++) {
    for (Cell &cell : cells) {
      if (!options.only.empty() && cell.row != options.only) continue;
      Sample sample = cell.run(options.check ? 4000 : cell.count);
      if (round == 0) {
        // The first trial only finds out how many messages fill the time.
        double fit = options.milliseconds * 1e6 / (sample.ns * static_cast<double>(cell.count));
        cell.count = static_cast<uint64_t>(static_cast<double>(cell.count) * std::min(200.0, std::max(0.1, fit))) / 64 * 64 + 64;
        if (!options.check) continue;
      }
      report(cell, round, sample);
      if (options.check) continue;
      timespec rest = {0, REST_MILLISECONDS * 1000000L};
      nanosleep(&rest, nullptr);
    }
    if (options.check) break;
  }
  pair.reset();
  return 0;
}
