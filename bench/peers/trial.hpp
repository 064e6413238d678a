// Two threads pinned to two cores, and how a trial is run on them: SCHED_FIFO for a few milliseconds, so that a busy machine does
// not interrupt it, then a rest; the time that one cache line takes there and back measured before and after, because on a
// virtual machine the distance between the cores changes.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <pthread.h>
#include <sched.h>
#include <thread>
#include <time.h>
#include <unistd.h>
#include "queues.hpp"

inline void relax() {
#if defined(__aarch64__)
  __asm__ volatile("yield");
#else
  __builtin_ia32_pause();
#endif
}

inline uint64_t nanoseconds() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1000000000u + static_cast<uint64_t>(t.tv_nsec);
}

// A broken queue must end the run, not hang it under SCHED_FIFO: every spin counts.
struct Patience {
  uint64_t left = 400'000'000;
  void spend() { if (--left == 0) fail("a trial did not come to its end: a message was lost, or the other core never ran"); }
};

// What a receiver does between two empty looks. PLAIN: one pause. ADAPTIVE: 32 pauses, if at least 4 messages came since the last
// empty look: then the sender is running ahead, and waiting a little saves both of them the line going to and fro.
struct Plain {
  static constexpr const char *name = "plain";
  void got() {}
  void empty() { relax(); }
};
struct Adaptive {
  static constexpr const char *name = "adaptive";
  unsigned since = 0;
  void got() { since++; }
  void empty() {
    if (since >= 4) for (int k = 0; k < 32; k++) relax();
    else relax();
    since = 0;
  }
};
// For receives that wait by themselves.
struct Own {
  static constexpr const char *name = "own";
  void got() {}
  void empty() {}
};

class Pair {
public:
  bool fifo = false; // whether SCHED_FIFO was granted
  int cores[2]{};

  Pair() {
    cpu_set_t allowed;
    sched_getaffinity(0, sizeof allowed, &allowed);
    int found = 0;
    for (int core = 0; core < CPU_SETSIZE && found < 2; core++) if (CPU_ISSET(core, &allowed)) cores[found++] = core;
    if (found < 2) fail("two cores are needed");
    pin(cores[0]);
    fifo = elevate();
    lower();
    other = std::thread([this] { serve(); });
  }
  ~Pair() {
    hand([] {}, true);
    other.join();
  }

  struct Distance { double before, after; };

  // Runs `here` on this core and `there` on the other at once. Both began at about the same time when they are called.
  Distance run(const std::function<void()> &here, const std::function<void()> &there) {
    Distance distance{};
    hand([&] {
      elevate();
      meet();
      pong();
      meet();
      there();
      meet();
      pong();
      lower();
    }, false);
    elevate();
    meet();
    distance.before = ping();
    meet();
    here();
    meet();
    distance.after = ping();
    lower();
    wait_idle();
    return distance;
  }

  // Both sides, in the middle of a trial.
  void meet() {
    uint64_t turn = arrived.fetch_add(1) / 2;
    Patience patience;
    while (arrived.load(std::memory_order_acquire) < (turn + 1) * 2) { relax(); patience.spend(); }
  }

  static bool elevate() {
    sched_param p{};
    p.sched_priority = 1;
    return pthread_setschedparam(pthread_self(), SCHED_FIFO, &p) == 0;
  }
  static void lower() {
    sched_param p{};
    pthread_setschedparam(pthread_self(), SCHED_OTHER, &p);
  }

private:
  static constexpr int TURNS = 2000;
  std::thread other;
  std::mutex mutex;
  std::condition_variable changed;
  std::function<void()> work;
  bool ending = false;
  alignas(128) std::atomic<uint64_t> arrived{0};
  alignas(128) std::atomic<uint32_t> line{0};

  static void pin(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0) fail("cannot pin a thread to a core");
  }
  void hand(std::function<void()> job, bool last) {
    std::lock_guard<std::mutex> lock(mutex);
    work = std::move(job);
    ending = last;
    changed.notify_all();
  }
  void wait_idle() {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [this] { return !work; });
  }
  void serve() {
    pin(cores[1]);
    for (;;) {
      std::unique_lock<std::mutex> lock(mutex);
      changed.wait(lock, [this] { return static_cast<bool>(work); });
      auto job = work;
      bool last = ending;
      lock.unlock();
      job();
      lock.lock();
      work = nullptr;
      changed.notify_all();
      if (last) return;
    }
  }

  // Nanoseconds for one line there and back.
  double ping() {
    line.store(0);
    meet();
    uint64_t from = nanoseconds();
    for (uint32_t k = 1; k < 2 * TURNS; k += 2) {
      line.store(k, std::memory_order_release);
      Patience patience;
      while (line.load(std::memory_order_acquire) != k + 1) patience.spend();
    }
    return static_cast<double>(nanoseconds() - from) / TURNS;
  }
  void pong() {
    meet();
    for (uint32_t k = 1; k < 2 * TURNS; k += 2) {
      Patience patience;
      while (line.load(std::memory_order_acquire) != k) patience.spend();
      line.store(k + 1, std::memory_order_release);
    }
  }
};
