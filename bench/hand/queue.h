// The algorithm of src/kernel written by hand in C11: the yardstick for what the route through TypeScript and Porffor costs.
// Same layout of lines, same checks, same counters, same memory orders, same block copy; pointers and structs instead of
// addresses. Only what the counts need: inline and descriptor send, receive; no batch, no sleeping receive.
#pragma once
#include <stdatomic.h>
#include <stdint.h>

enum { PRIORITIES = 4, SENDERS = 32, LINE = 64, FLAG_DESCRIPTOR = 1, FLAG_COMPLETE = 2 };
enum {
  OK = 0, EMPTY = -1, FULL = -2, TOO_LARGE = -3, TOO_SMALL = -4, CLOSED = -6, BAD_PRIORITY = -7, BAD_HANDLE = -8,
  BAD_ARGUMENT = -9, STALE_REGION = -14, POLICY = -15, OUT_OF_BOUNDS = -16, NOT_COMMITTED = -17, NO_CREDIT = -19, AGAIN = -21,
};

typedef struct Slot {
  _Atomic int32_t state;
  _Atomic int32_t meta;
  uint8_t payload[];
} Slot;

typedef struct Ring {
  _Alignas(LINE) _Atomic uint32_t produced;
  _Atomic uint32_t produced_high;
  uint32_t consumed_cache;
  uint32_t start;
  _Atomic uint64_t sent_bytes, full_count;
  uint32_t mask, stride;
  uint8_t *slots;
  uint32_t max_bytes, announced;
  _Alignas(LINE) _Atomic uint32_t consumed;
  uint32_t shared, consumer_mask, consumer_stride;
  uint8_t *consumer_slots;
} Ring;

typedef struct Region {
  _Alignas(LINE) _Atomic int32_t handle;
  _Atomic int32_t policy;
  uint8_t *_Atomic base;
  _Atomic uint32_t length;
  _Atomic uint32_t committed;
} Region;

typedef struct Table {
  _Alignas(LINE) int32_t count;
  Region regions[];
} Table;

typedef struct Descriptor {
  _Atomic int32_t region;
  _Atomic uint32_t length, offset_low, offset_high, flags, reserved;
} Descriptor;

struct Queue;

typedef struct Sender {
  _Alignas(LINE) _Atomic uintptr_t handle;
  struct Queue *queue;
  Ring *rings;
  uint32_t ring_step, index, bit, max_bytes;
  _Atomic uint64_t rejected_count;
  _Atomic uint32_t quota;
  Table *regions;
} Sender;

typedef struct Receiver {
  _Alignas(LINE) _Atomic uintptr_t handle;
  struct Queue *queue;
  uint32_t index, bit, cursor;
  int32_t meta;
  uint32_t user[2], sender, priority;
  _Atomic uint64_t empty_count, bytes_received[PRIORITIES];
} Receiver;

typedef struct Queue {
  _Alignas(LINE) Ring *lanes;
  uint32_t lane_shift, used_words, senders;
  _Alignas(LINE) _Atomic uint32_t used[PRIORITIES];
  _Atomic uint32_t waiters, event, closed;
  _Alignas(LINE) Receiver receiver;
  Sender sender[];
} Queue;

int32_t hand_send(uintptr_t sender, int32_t priority, const void *source, int32_t bytes);
int32_t hand_send_descriptor(uintptr_t sender, int32_t priority, Descriptor *descriptor);
int32_t hand_receive(uintptr_t receiver, void *buffer, int32_t capacity);
Queue *hand_create(void *at, Table *regions, uint32_t ring_size, uint32_t max_bytes, uint32_t senders);
