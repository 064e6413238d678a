/*
 * What the generated C and clang expect to find: block copies, and the clock of the machine contract.
 *
 * Role: called from any context on any core; built with -mgeneral-regs-only, so interrupt handlers may call it.
 * Elsewhere: everything else the kernel needs from outside is TypeScript in src/board.
 */
typedef unsigned char u8;
typedef unsigned long u64;

/* The empty asm keeps clang from recognising the loop and calling the function it is in. */
void *memcpy(void *target, const void *source, u64 bytes) {
  u8 *to = target;
  const u8 *from = source;
  for (; bytes >= 8; bytes -= 8, to += 8, from += 8) __builtin_memcpy(to, from, 8);
  for (; bytes > 0; bytes--) { *to++ = *from++; __asm__ volatile(""); }
  return target;
}

void *memset(void *target, int value, u64 bytes) {
  u8 *to = target;
  u64 word = 0x0101010101010101ul * (u8)value;
  for (; bytes >= 8; bytes -= 8, to += 8) { __builtin_memcpy(to, &word, 8); __asm__ volatile(""); }
  for (; bytes > 0; bytes--) { *to++ = (u8)value; __asm__ volatile(""); }
  return target;
}

/* The barrier keeps the read in program order: a time taken after an access is not older than it. */
u64 machineTicks(void) {
  u64 ticks;
  __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
  return ticks;
}

u64 machineTicksPerSecond(void) {
  u64 rate;
  __asm__("mrs %0, cntfrq_el0" : "=r"(rate));
  return rate;
}
