// The algorithm of src/kernel written by hand in C11: the yardstick for what the route through TypeScript and Porffor costs.
// Same layout of lines, same checks, same counters, same memory orders, same block copy; pointers and structs instead of
// addresses. Only what the counts need: plain and descriptor sends to an open queue, receive by its only receiver; no batch, no
// sleeping receive. What is special, and what is wrong, is refused out of line.
#pragma once
#include <stdatomic.h>
#include <stdint.h>

enum { PRIORITIES = 4, SENDERS = 32, LINE = 64, FLAG_DESCRIPTOR = 1, FLAG_COMPLETE = 2 };
enum {
  OK = 0, EMPTY = -1, FULL = -2, TOO_LARGE = -3, TOO_SMALL = -4, CLOSED = -6, BAD_PRIORITY = -7, BAD_HANDLE = -8,
  BAD_ARGUMENT = -9, STALE_REGION = -14, POLICY = -15, OUT_OF_BOUNDS = -16, NOT_COMMITTED = -17, NO_CREDIT = -19, AGAIN = -21,
};

typedef struct Slot {
  _Atomic int32_t meta;
  _Atomic int32_t badge;
  uint8_t payload[];
} Slot;

typedef struct Ring {
  _Alignas(LINE) uint32_t at;
  uint32_t room_end, mask, stride;
  uint8_t *slots;
  _Atomic uint64_t sent_bytes, full_count;
  _Atomic uint32_t produced_high;
  uint32_t announced;
  _Alignas(LINE) _Atomic uint32_t produced;
  _Alignas(LINE) _Atomic uint32_t consumed;
  uint32_t seen, consumer_mask, consumer_stride;
  uint8_t *consumer_slots;
  _Atomic uint64_t received_bytes;
  _Alignas(LINE) uint8_t apart[LINE];
} Ring;

typedef struct Region {
  _Alignas(LINE) _Atomic int32_t handle;
  _Atomic uint32_t limit;
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

typedef struct Bell {
  _Atomic uint32_t waiters, event;
} Bell;

typedef struct Sender {
  _Alignas(LINE) _Atomic uintptr_t handle;
  _Atomic uint32_t limit;
  uint32_t ring_step;
  Ring *rings;
  Bell *bell;
  struct Queue *queue;
  Table *regions;
  int32_t badge;
  _Atomic int32_t naming;
  _Atomic uint64_t rejected_count;
} Sender;

typedef struct Receiver {
  _Alignas(LINE) _Atomic uintptr_t handle;
  struct Queue *queue;
  int32_t meta;
  uint32_t user[2];
  int32_t badge;
  uint32_t lane, turn;
  _Atomic uint64_t empty_count;
} Receiver;

typedef struct Queue {
  _Alignas(LINE) Ring *lanes;
  uint32_t lane_shift, lane_mask, senders;
  _Alignas(LINE) Bell bell;
  _Atomic uint32_t used, closed;
  _Alignas(LINE) Receiver receiver;
  Sender sender[];
} Queue;

int32_t hand_send(uintptr_t sender, int32_t priority, const void *source, int32_t bytes);
int32_t hand_send_descriptor(uintptr_t sender, int32_t priority, Descriptor *descriptor);
int32_t hand_receive(uintptr_t receiver, void *buffer, int32_t capacity);
Queue *hand_create(void *at, Table *regions, uint32_t ring_size, uint32_t max_bytes, uint32_t senders);
