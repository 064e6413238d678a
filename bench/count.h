// Counting instructions on bare metal under QEMU's -icount: what the harnesses that do it have in common. INST_RETIRED (event 0x08,
// Arm ARM D7) counts exactly there; without -icount the event is absent, and they fail. Prints through the board of src/board.
#pragma once
#include <stdint.h>

typedef int32_t i32;

extern i32 boardFreeBase(void), boardConsoleByte(i32 byte), boardExit(i32 code);

static void put(const char *s) { while (*s) boardConsoleByte(*s++); }
static void put_number(uint64_t v) {
  char digits[24];
  int n = 0;
  do { digits[n++] = (char)('0' + v % 10); v /= 10; } while (v);
  while (n) boardConsoleByte(digits[--n]);
}
static void fail(const char *what) { put("FAILED "); put(what); put("\n"); boardExit(1); }

static void counter_start(void) {
  uint64_t events;
  __asm__ volatile("mrs %0, pmceid0_el0" : "=r"(events));
  if (!(events >> 8 & 1)) fail("no INST_RETIRED: not under -icount");
  __asm__ volatile("msr pmevtyper0_el0, %0; msr pmccfiltr_el0, xzr; msr pmcntenset_el0, %1; msr pmcr_el0, %2; isb"
                   :: "r"(0x08ul), "r"(0x80000001ul), "r"(0x47ul));
}
static inline uint64_t counter(void) {
  uint64_t v;
  __asm__ volatile("isb; mrs %0, pmevcntr0_el0" : "=r"(v) :: "memory");
  return v & 0xffffffffu;
}

// Instructions of `rounds` times `work`; those of the loop around it are LOOP(rounds, {}).
#define LOOP(rounds, work) ({ \
  uint64_t from = counter(); \
  for (int round = 0; round < (rounds); round++) { __asm__ volatile("" ::: "memory"); work; } \
  counter() - from; \
})
#define EXPECT(call, value) do { if ((call) != (value)) fail(#call); } while (0)

// Memory, line by line, from `area` on.
static i32 area;
static i32 take(i32 bytes) { i32 at = area; area += (bytes + 63) & ~63; return at; }
