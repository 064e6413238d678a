#include "queue.h"

#define RELAXED memory_order_relaxed
#define ACQUIRE memory_order_acquire
#define RELEASE memory_order_release
#define SEQUENTIAL memory_order_seq_cst
#define COLD __attribute__((noinline, cold))
#define INLINE static inline __attribute__((always_inline))

extern int32_t kernelNotify32(int32_t p, int32_t off, int32_t count);

typedef uint64_t Block __attribute__((vector_size(16), aligned(1)));
INLINE void copy32(uint8_t *d, const uint8_t *s) {
  Block a = ((const Block *)s)[0], b = ((const Block *)s)[1];
  ((Block *)d)[0] = a; ((Block *)d)[1] = b;
}

INLINE void copy64(uint8_t *d, const uint8_t *s) {
  const Block *from = (const Block *)s;
  Block *to = (Block *)d;
  Block a = from[0], b = from[1], c = from[2], e = from[3];
  to[0] = a; to[1] = b; to[2] = c; to[3] = e;
}

INLINE void copy(uint8_t *d, const uint8_t *s, uint32_t n) {
  if (n == 64) { copy64(d, s); return; }
  while (n >= 64) { copy64(d, s); d += 64; s += 64; n -= 64; __asm__ volatile("" ::: "memory"); }
  if (n == 0) return;
  if (n & 32) { copy32(d, s); d += 32; s += 32; }
  if (n & 16) { __builtin_memcpy(d, s, 16); d += 16; s += 16; }
  if (n & 8) { __builtin_memcpy(d, s, 8); d += 8; s += 8; }
  if (n & 4) { __builtin_memcpy(d, s, 4); d += 4; s += 4; }
  if (n & 2) { __builtin_memcpy(d, s, 2); d += 2; s += 2; }
  if (n & 1) { *d = *s; }
}

static inline void add_owned(_Atomic uint64_t *cell, uint32_t v) {
  atomic_store_explicit(cell, atomic_load_explicit(cell, RELAXED) + v, RELAXED);
}

static inline uint8_t *slot_of(Ring *r, uint32_t at) { return r->slots + (size_t)(at & r->mask) * r->stride; }

COLD static int32_t wake(Bell *bell) {
  atomic_fetch_add(&bell->event, 1);
  return kernelNotify32((int32_t)(intptr_t)&bell->event, 0, 1) & 0;
}

static inline int32_t publish(Sender *s, Ring *r, Slot *slot, uint32_t at, int32_t meta, uint32_t bytes) {
  atomic_store_explicit(&slot->meta, meta, RELAXED);
  atomic_store_explicit(&slot->badge, s->badge, RELAXED);
  atomic_store_explicit(&r->produced, at + 1, SEQUENTIAL);
  if (at + 1 < at) atomic_store_explicit(&r->produced_high, atomic_load_explicit(&r->produced_high, RELAXED) + 1, RELAXED);
  r->at = at + 1;
  add_owned(&r->sent_bytes, bytes);
  if (meta >> 24 & FLAG_DESCRIPTOR) atomic_store_explicit(&s->naming, 0, RELEASE);
  Bell *bell = s->bell;
  return atomic_load_explicit(&bell->waiters, SEQUENTIAL) ? wake(bell) : OK;
}

INLINE int32_t send_copy(Sender *s, Ring *r, const void *source, uint32_t bytes) {
  uint32_t at = r->at;
  Slot *slot = (Slot *)slot_of(r, at);
  copy(slot->payload, source, bytes);
  return publish(s, r, slot, at, (int32_t)bytes, bytes);
}

static int make_room(Sender *s, Ring *r) {
  if (!r->announced) {
    atomic_fetch_or(&s->queue->used, 0x80000000u >> (r - s->queue->lanes));
    r->announced = 1;
  }
  r->room_end = atomic_load_explicit(&r->consumed, ACQUIRE) + r->mask + 1;
  if (r->at != r->room_end) return 1;
  add_owned(&r->full_count, 1);
  return 0;
}

COLD static int32_t send_tight(Sender *s, Ring *r, const void *source, uint32_t bytes) {
  return make_room(s, r) ? send_copy(s, r, source, bytes) : FULL;
}

COLD static int32_t send_refuse(uintptr_t handle, int32_t priority, uint32_t bytes) {
  Sender *s = (Sender *)(handle & ~(uintptr_t)63);
  if ((intptr_t)handle <= 63 || atomic_load_explicit(&s->handle, RELAXED) != handle) return BAD_HANDLE;
  add_owned(&s->rejected_count, 1);
  if ((uint32_t)priority >= PRIORITIES) return BAD_PRIORITY;
  return atomic_load_explicit(&s->queue->closed, RELAXED) ? CLOSED : bytes > 64 ? TOO_LARGE : BAD_ARGUMENT;
}

static inline int sender_is(uintptr_t handle) {
  return (intptr_t)handle > 63 && atomic_load_explicit(&((Sender *)(handle & ~(uintptr_t)63))->handle, RELAXED) == handle;
}

int32_t hand_send(uintptr_t handle, int32_t priority, const void *source, int32_t bytes) {
  Sender *s = (Sender *)(handle & ~(uintptr_t)63);
  if (sender_is(handle) && (uint32_t)bytes < atomic_load_explicit(&s->limit, RELAXED) && (uint32_t)priority < PRIORITIES) {
    Ring *r = s->rings + (size_t)(uint32_t)priority * s->ring_step;
    if (r->at == r->room_end) return send_tight(s, r, source, (uint32_t)bytes);
    return send_copy(s, r, source, (uint32_t)bytes);
  }
  return send_refuse(handle, priority, (uint32_t)bytes);
}

static inline int region_holds(Table *t, int32_t handle, uint32_t offset, uint32_t bytes) {
  int32_t index = handle & 255;
  if (handle <= 0 || index >= t->count) return 0;
  Region *e = &t->regions[index];
  if (atomic_load_explicit(&e->handle, SEQUENTIAL) != handle) return 0;
  uint32_t limit = atomic_load_explicit(&e->limit, ACQUIRE);
  return offset < limit && bytes < limit - offset;
}

int32_t hand_send_descriptor(uintptr_t handle, int32_t priority, Descriptor *d) {
  Sender *s = (Sender *)(handle & ~(uintptr_t)63);
  if (sender_is(handle) && ((uintptr_t)d & 3) == 0 && 24 < atomic_load_explicit(&s->limit, RELAXED) && (uint32_t)priority < PRIORITIES) {
    Ring *r = s->rings + (size_t)(uint32_t)priority * s->ring_step;
    if (r->at != r->room_end || make_room(s, r)) {
      int32_t region = atomic_load_explicit(&d->region, RELAXED);
      uint32_t length = atomic_load_explicit(&d->length, RELAXED), low = atomic_load_explicit(&d->offset_low, RELAXED);
      uint32_t high = atomic_load_explicit(&d->offset_high, RELAXED), flags = atomic_load_explicit(&d->flags, RELAXED);
      uint32_t reserved = atomic_load_explicit(&d->reserved, RELAXED);
      atomic_store_explicit(&s->naming, region, SEQUENTIAL);
      if ((high | reserved) == 0 && region_holds(s->regions, region, low, length)) {
        uint32_t at = r->at;
        Slot *slot = (Slot *)slot_of(r, at);
        uint32_t *p = (uint32_t *)slot->payload;
        p[0] = (uint32_t)region; p[1] = length; p[2] = low; p[3] = high; p[4] = flags; p[5] = 0;
        return publish(s, r, slot, at, FLAG_DESCRIPTOR << 24 | 24, 24);
      }
      atomic_store_explicit(&s->naming, 0, RELEASE);
    }
  }
  return send_refuse(handle, priority, 24);
}

INLINE int32_t pop(Ring *r, void *buffer, int32_t capacity, Receiver *v) {
  uint32_t at = atomic_load_explicit(&r->consumed, RELAXED);
  if (at == r->seen) {
    uint32_t produced = atomic_load_explicit(&r->produced, ACQUIRE);
    if (produced == at) return EMPTY;
    r->seen = produced;
  }
  Slot *slot = (Slot *)(r->consumer_slots + (size_t)(at & r->consumer_mask) * r->consumer_stride);
  int32_t meta = atomic_load_explicit(&slot->meta, RELAXED), bytes = meta & 0xffffff;
  v->meta = meta;
  if (bytes > capacity) return TOO_SMALL;
  copy(buffer, slot->payload, (uint32_t)bytes);
  v->badge = atomic_load_explicit(&slot->badge, RELAXED);
  if (meta & FLAG_COMPLETE << 24) __builtin_memcpy(v->user, (uint8_t *)slot + r->consumer_stride - 8, 8);
  atomic_store_explicit(&r->consumed, at + 1, RELEASE);
  add_owned(&r->received_bytes, (uint32_t)bytes);
  return bytes;
}

static inline uint32_t pick(Receiver *v, Queue *q, uint32_t lanes) {
  uint32_t first = (uint32_t)__builtin_clz(lanes), shift = q->lane_shift;
  if (!(lanes & (lanes - 1)) || !shift) return first;
  uint32_t start = first >> shift << shift;
  uint32_t equals = lanes & q->lane_mask >> start, behind = equals & UINT32_MAX >> (start + ((v->turn + 1) & ((1u << shift) - 1)));
  return (uint32_t)__builtin_clz(behind ? behind : equals);
}

COLD static int32_t receive_closed(Receiver *v, Queue *q, void *buffer, int32_t capacity) {
  uint32_t lanes = atomic_load_explicit(&q->used, ACQUIRE);
  for (; lanes; lanes &= ~(0x80000000u >> __builtin_clz(lanes))) {
    int32_t status = pop(&q->lanes[__builtin_clz(lanes)], buffer, capacity, v);
    if (status != EMPTY) return status;
  }
  return CLOSED;
}

int32_t hand_receive(uintptr_t handle, void *buffer, int32_t capacity) {
  Receiver *v = (Receiver *)(handle & ~(uintptr_t)63);
  if ((intptr_t)handle <= 63 || atomic_load_explicit(&v->handle, RELAXED) != handle) return BAD_HANDLE;
  if (capacity < 0) return BAD_ARGUMENT;
  Queue *q = v->queue;
  uint32_t lanes = atomic_load_explicit(&q->used, RELAXED);
  while (lanes) {
    uint32_t lane = pick(v, q, lanes);
    int32_t status = pop(&q->lanes[lane], buffer, capacity, v);
    if (status != EMPTY) {
      v->lane = lane;
      if (status >= 0) v->turn = lane;
      return status;
    }
    lanes &= ~(0x80000000u >> lane);
  }
  if (atomic_load_explicit(&q->closed, RELAXED)) return receive_closed(v, q, buffer, capacity);
  add_owned(&v->empty_count, 1);
  return EMPTY;
}

Queue *hand_create(void *at, Table *regions, uint32_t ring_size, uint32_t max_bytes, uint32_t senders) {
  Queue *q = at;
  uint32_t stride = 8 + ((max_bytes + 7) & ~7u);
  uint32_t shift = senders == 1 ? 0 : 32 - (uint32_t)__builtin_clz(senders - 1);
  Ring *rings = (Ring *)&q->sender[senders];
  uint8_t *slots = (uint8_t *)(rings + (4u << shift));
  __builtin_memset(at, 0, (size_t)(slots - (uint8_t *)at));
  q->lane_shift = shift;
  q->lane_mask = UINT32_MAX << (32 - (1u << shift));
  q->lanes = rings;
  q->senders = senders;
  q->receiver.queue = q;
  q->receiver.turn = UINT32_MAX;
  q->receiver.handle = (uintptr_t)&q->receiver;
  for (uint32_t i = 0; i < senders; i++) {
    Sender *s = &q->sender[i];
    s->queue = q; s->limit = max_bytes + 1; s->regions = regions; s->bell = &q->bell;
    s->rings = rings + i; s->ring_step = 1u << shift;
    s->handle = (uintptr_t)s;
    for (uint32_t p = 0; p < PRIORITIES; p++) {
      Ring *r = &rings[(p << shift) + i];
      r->mask = r->consumer_mask = ring_size - 1;
      r->stride = r->consumer_stride = stride;
      r->slots = r->consumer_slots = slots;
      slots += ((size_t)ring_size * stride + 63) & ~(size_t)63;
    }
  }
  return q;
}
