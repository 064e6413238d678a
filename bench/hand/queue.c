#include "queue.h"

#define RELAXED memory_order_relaxed
#define ACQUIRE memory_order_acquire
#define RELEASE memory_order_release
#define SEQUENTIAL memory_order_seq_cst

extern int32_t kernelNotify32(int32_t p, int32_t off, int32_t count);

static inline void copy(uint8_t *d, const uint8_t *s, uint32_t n) {
  while (n >= 64) { __builtin_memcpy(d, s, 64); d += 64; s += 64; n -= 64; __asm__ volatile("" ::: "memory"); }
  if (n == 0) return;
  if (n & 32) { __builtin_memcpy(d, s, 32); d += 32; s += 32; }
  if (n & 16) { __builtin_memcpy(d, s, 16); d += 16; s += 16; }
  if (n & 8) { __builtin_memcpy(d, s, 8); d += 8; s += 8; }
  if (n & 4) { __builtin_memcpy(d, s, 4); d += 4; s += 4; }
  if (n & 2) { __builtin_memcpy(d, s, 2); d += 2; s += 2; }
  if (n & 1) { *d = *s; }
}

static inline void add_owned(_Atomic uint64_t *cell, uint32_t v) {
  atomic_store_explicit(cell, atomic_load_explicit(cell, RELAXED) + v, RELAXED);
}

__attribute__((noinline, cold)) static int32_t reject(Sender *s, int32_t status) { add_owned(&s->rejected_count, 1); return status; }

static inline Sender *sender_block(uintptr_t handle) {
  Sender *s = (Sender *)(handle & ~(uintptr_t)63);
  return (intptr_t)handle > 0 && atomic_load_explicit(&s->handle, RELAXED) == handle ? s : 0;
}

static inline int32_t validate(Sender *s, Queue *q, int32_t priority, int32_t bytes) {
  if ((uint32_t)priority >= PRIORITIES) return BAD_PRIORITY;
  if (bytes < 0) return BAD_ARGUMENT;
  if ((uint32_t)bytes > s->max_bytes) return TOO_LARGE;
  if (atomic_load_explicit(&q->closed, RELAXED)) return CLOSED;
  return OK;
}

static inline Slot *claim(Ring *r) {
  uint32_t at = atomic_load_explicit(&r->produced, RELAXED);
  if (at - r->consumed_cache > r->mask) {
    r->consumed_cache = atomic_load_explicit(&r->consumed, ACQUIRE);
    if (at - r->consumed_cache > r->mask) { add_owned(&r->full_count, 1); return 0; }
  }
  return (Slot *)(r->slots + (size_t)(at & r->mask) * r->stride);
}

__attribute__((noinline, cold)) static void announce(Queue *q, Ring *r) {
  uint32_t lane = (uint32_t)(r - q->lanes);
  atomic_fetch_or(&q->used[lane >> 5], 0x80000000u >> (lane & 31));
  r->announced = 1;
}

__attribute__((noinline, cold)) static void wake(Queue *q) {
  atomic_fetch_add(&q->event, 1);
  kernelNotify32((int32_t)(intptr_t)&q->event, 0, 1);
}

static inline void finish(Queue *q, Ring *r, Slot *slot, int32_t bytes, int32_t flags) {
  uint32_t at = atomic_load_explicit(&r->produced, RELAXED);
  if (!r->announced) announce(q, r);
  atomic_store_explicit(&slot->meta, flags << 24 | bytes, RELAXED);
  atomic_store_explicit(&slot->state, (int32_t)at, SEQUENTIAL);
  if (at + 1 == 0) {
    atomic_store_explicit(&r->produced_high, atomic_load_explicit(&r->produced_high, RELAXED) + 1, RELAXED);
  }
  atomic_store_explicit(&r->produced, at + 1, RELAXED);
  add_owned(&r->sent_bytes, (uint32_t)bytes);
  if (atomic_load_explicit(&q->waiters, SEQUENTIAL)) wake(q);
}

/* The counts have no submitter: the credit check is its first look only, as in the kernel's path. */
static inline int32_t credit(Sender *s) { return atomic_load_explicit(&s->quota, RELAXED) ? NO_CREDIT : OK; }

int32_t hand_send(uintptr_t handle, int32_t priority, const void *source, int32_t bytes) {
  Sender *s = sender_block(handle);
  if (!s) return BAD_HANDLE;
  Queue *q = s->queue;
  int32_t status = validate(s, q, priority, bytes);
  if (status < 0) return reject(s, status);
  status = credit(s);
  if (status < 0) return reject(s, status);
  Ring *r = s->rings + (size_t)(uint32_t)priority * s->ring_step;
  Slot *slot = claim(r);
  if (!slot) return FULL;
  copy(slot->payload, source, (uint32_t)bytes);
  finish(q, r, slot, bytes, 0);
  return OK;
}

static inline int32_t region_check(Table *t, int32_t handle, uint32_t offset, uint32_t bytes) {
  int32_t index = handle & 255;
  if (handle <= 0 || index >= t->count) return STALE_REGION;
  Region *e = &t->regions[index];
  if (atomic_load_explicit(&e->handle, ACQUIRE) != handle) return STALE_REGION;
  int32_t policy = atomic_load_explicit(&e->policy, ACQUIRE);
  uint32_t length = atomic_load_explicit(&e->length, ACQUIRE);
  uint8_t *base = atomic_load_explicit(&e->base, ACQUIRE);
  uint32_t committed = atomic_load_explicit(&e->committed, ACQUIRE);
  if (atomic_load_explicit(&e->handle, ACQUIRE) != handle) return STALE_REGION;
  if (policy == 3) return POLICY;
  if (offset > length || bytes > length - offset) return OUT_OF_BOUNDS;
  if (policy == 2 && (int32_t)(offset + bytes) > (int32_t)committed) return NOT_COMMITTED;
  return base ? OK : STALE_REGION;
}

int32_t hand_send_descriptor(uintptr_t handle, int32_t priority, Descriptor *d) {
  Sender *s = sender_block(handle);
  if (!s) return BAD_HANDLE;
  Queue *q = s->queue;
  if ((uintptr_t)d & 3) return reject(s, BAD_ARGUMENT);
  int32_t region = atomic_load_explicit(&d->region, RELAXED);
  uint32_t length = atomic_load_explicit(&d->length, RELAXED), low = atomic_load_explicit(&d->offset_low, RELAXED);
  uint32_t high = atomic_load_explicit(&d->offset_high, RELAXED), flags = atomic_load_explicit(&d->flags, RELAXED);
  uint32_t reserved = atomic_load_explicit(&d->reserved, RELAXED);
  int32_t status = validate(s, q, priority, 0);
  if (status < 0) return reject(s, status);
  if (s->max_bytes < 24) return reject(s, TOO_LARGE);
  if (reserved) return reject(s, BAD_ARGUMENT);
  if (high) return reject(s, OUT_OF_BOUNDS);
  status = region_check(s->regions, region, low, length);
  if (status < 0) return reject(s, status);
  status = credit(s);
  if (status < 0) return reject(s, status);
  Ring *r = s->rings + (size_t)(uint32_t)priority * s->ring_step;
  Slot *slot = claim(r);
  if (!slot) return FULL;
  uint32_t *p = (uint32_t *)slot->payload;
  p[0] = (uint32_t)region; p[1] = length; p[2] = low; p[3] = high; p[4] = flags; p[5] = 0;
  finish(q, r, slot, 24, FLAG_DESCRIPTOR);
  return OK;
}

static inline int still_at(Ring *r, uint32_t at) { return !r->shared || atomic_load_explicit(&r->consumed, ACQUIRE) == at; }

static inline int32_t pop(Ring *r, void *buffer, int32_t capacity, Receiver *v) {
  for (int tries = 0; tries < 64; tries++) {
    uint32_t at = atomic_load_explicit(&r->consumed, ACQUIRE);
    Slot *slot = (Slot *)(r->consumer_slots + (size_t)(at & r->consumer_mask) * r->consumer_stride);
    if (atomic_load_explicit(&slot->state, ACQUIRE) != (int32_t)at) {
      if (still_at(r, at)) return EMPTY;
      continue;
    }
    int32_t meta = atomic_load_explicit(&slot->meta, RELAXED), bytes = meta & 0xffffff;
    if (bytes > capacity) {
      if (!still_at(r, at)) continue;
      v->meta = meta;
      return TOO_SMALL;
    }
    copy(buffer, slot->payload, (uint32_t)bytes);
    if (meta & FLAG_COMPLETE << 24) __builtin_memcpy(v->user, (uint8_t *)slot + r->consumer_stride - 8, 8);
    if (r->shared) {
      uint32_t expected = at;
      if (!atomic_compare_exchange_strong(&r->consumed, &expected, at + 1)) continue;
    } else {
      atomic_store_explicit(&r->consumed, at + 1, RELEASE);
    }
    v->meta = meta;
    return bytes;
  }
  return AGAIN;
}

static inline uint32_t pick(Receiver *v, uint32_t lanes, uint32_t shift) {
  uint32_t first = (uint32_t)__builtin_clz(lanes);
  if (!shift) return first;
  uint32_t start = first >> shift << shift;
  uint32_t equals = lanes & (UINT32_MAX << (32 - (1u << shift))) >> start, behind = equals & UINT32_MAX >> (start + v->cursor);
  return (uint32_t)__builtin_clz(behind ? behind : equals);
}

static inline int32_t search(Receiver *v, Queue *q, void *buffer, int32_t capacity) {
  uint32_t shift = q->lane_shift;
  for (uint32_t word = 0; word < q->used_words; word++) {
    uint32_t lanes = atomic_load_explicit(&q->used[word], ACQUIRE);
    while (lanes) {
      uint32_t bit = pick(v, lanes, shift), lane = word * 32 + bit;
      int32_t status = pop(&q->lanes[lane], buffer, capacity, v);
      if (status == AGAIN) return status;
      if (status != EMPTY) {
        v->sender = lane & ((1u << shift) - 1);
        v->priority = lane >> shift;
        if (status >= 0) v->cursor = (v->sender + 1) & ((1u << shift) - 1);
        return status;
      }
      lanes &= ~(0x80000000u >> bit);
    }
  }
  return EMPTY;
}

__attribute__((noinline, cold)) static int32_t search_closed(Receiver *v, Queue *q, void *buffer, int32_t capacity) {
  int32_t status = search(v, q, buffer, capacity);
  return status == EMPTY ? CLOSED : status;
}

int32_t hand_receive(uintptr_t handle, void *buffer, int32_t capacity) {
  Receiver *v = (Receiver *)(handle & ~(uintptr_t)63);
  if ((intptr_t)handle <= 0 || atomic_load_explicit(&v->handle, RELAXED) != handle) return BAD_HANDLE;
  if (capacity < 0) return BAD_ARGUMENT;
  Queue *q = v->queue;
  int32_t status = search(v, q, buffer, capacity);
  if (status == EMPTY && atomic_load_explicit(&q->closed, ACQUIRE)) status = search_closed(v, q, buffer, capacity);
  if (status >= 0) add_owned(&v->bytes_received[v->priority], (uint32_t)status);
  else if (status == EMPTY) add_owned(&v->empty_count, 1);
  return status;
}

Queue *hand_create(void *at, Table *regions, uint32_t ring_size, uint32_t max_bytes, uint32_t senders) {
  Queue *q = at;
  uint32_t stride = (8 + ((max_bytes + 7) & ~7u) + 63) & ~63u;
  q->lane_shift = senders == 1 ? 0 : 32 - (uint32_t)__builtin_clz(senders - 1);
  uint32_t lanes = 4u << q->lane_shift, shift = q->lane_shift;
  Ring *rings = (Ring *)&q->sender[senders];
  uint8_t *slots = (uint8_t *)(rings + lanes);
  __builtin_memset(at, 0, (size_t)(slots - (uint8_t *)at));
  q->lane_shift = shift;
  q->lanes = rings;
  q->senders = senders;
  q->used_words = (lanes + 31) >> 5;
  q->receiver.queue = q;
  q->receiver.bit = 1;
  q->receiver.handle = (uintptr_t)&q->receiver;
  for (uint32_t i = 0; i < senders; i++) {
    Sender *s = &q->sender[i];
    s->queue = q; s->index = i; s->bit = 0x80000000u >> i; s->max_bytes = max_bytes; s->regions = regions;
    s->rings = rings + i; s->ring_step = 1u << shift;
    s->handle = (uintptr_t)s;
    for (uint32_t p = 0; p < PRIORITIES; p++) {
      Ring *r = &rings[(p << shift) + i];
      r->mask = r->consumer_mask = ring_size - 1;
      r->stride = r->consumer_stride = stride;
      r->slots = r->consumer_slots = slots;
      r->max_bytes = max_bytes;
      for (uint32_t k = 0; k < ring_size; k++) ((Slot *)(slots + (size_t)k * stride))->state = (int32_t)(k - ring_size);
      slots += (size_t)ring_size * stride;
    }
  }
  return q;
}
