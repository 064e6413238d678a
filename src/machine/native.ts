/**
 * The native machine: each operation of contract.ts as a C fragment. The only file that says `Porffor`.
 * @machine
 *
 * Role: compiled by src/lower for AArch64 (kernel) and for the host (comparison tests). Parameter names are short and lower-case:
 * Porffor renames others. Order: the __ATOMIC orders below are those of contract.ts; on ARMv8.0 acquire and sequential loads are
 * ldar, release and sequential stores stlr, read-modify-writes ldaxr/stlxr loops, the fence dmb ish.
 * Externs (wait, notify, console, halt) are defined by src/board on bare metal and by the test runtime on the host.
 */
declare const Porffor: { c(text: TemplateStringsArray): void };

Porffor.c`
#define AT(type, p, off) ((type *)((uintptr_t)(u32)(p) + (intptr_t)(i32)(off)))
extern i32 kernelWait32(i32 p, i32 off, i32 expected, i32 microseconds);
extern i32 kernelNotify32(i32 p, i32 off, i32 count);
extern i32 boardConsoleByte(i32 v);
extern i32 boardHalt(i32 where, i32 number);
extern u64 machineTicks(void);
extern u64 machineTicksPerSecond(void);
extern void machineFenceAll(void);
`;

export const load8 = (p: i32, off: i32): i32 => { Porffor.c`return *AT(u8, p, off);`; return 0; };
export const load16 = (p: i32, off: i32): i32 => { Porffor.c`return *AT(u16, p, off);`; return 0; };
export const load32 = (p: i32, off: i32): i32 => { Porffor.c`return *AT(i32, p, off);`; return 0; };
export const store8 = (p: i32, off: i32, v: i32): void => { Porffor.c`*AT(u8, p, off) = (u8)v;`; };
export const store16 = (p: i32, off: i32, v: i32): void => { Porffor.c`*AT(u16, p, off) = (u16)v;`; };
export const store32 = (p: i32, off: i32, v: i32): void => { Porffor.c`*AT(i32, p, off) = v;`; };
export const load64 = (p: i32, off: i32): i64 => { Porffor.c`return *AT(i64, p, off);`; return 0 as unknown as i64; };
export const store64 = (p: i32, off: i32, v: i64): void => { Porffor.c`*AT(i64, p, off) = v;`; };

export const pack64 = (low: i32, high: i32): i64 => { Porffor.c`return (i64)((u64)(u32)low | (u64)(u32)high << 32);`; return 0 as unknown as i64; };
export const low64 = (v: i64): i32 => { Porffor.c`return (i32)(u32)(u64)v;`; return 0; };
export const high64 = (v: i64): i32 => { Porffor.c`return (i32)(u32)((u64)v >> 32);`; return 0; };

export const opaque32 = (v: i32): i32 => { Porffor.c`i32 x = v; __asm__("" : "+r"(x)); return x;`; return 0; };

export const loadRelaxed32 = (p: i32, off: i32): i32 => { Porffor.c`return __atomic_load_n(AT(i32, p, off), __ATOMIC_RELAXED);`; return 0; };
export const loadAcquire32 = (p: i32, off: i32): i32 => { Porffor.c`return __atomic_load_n(AT(i32, p, off), __ATOMIC_ACQUIRE);`; return 0; };
export const loadSequential32 = (p: i32, off: i32): i32 => { Porffor.c`return __atomic_load_n(AT(i32, p, off), __ATOMIC_SEQ_CST);`; return 0; };
export const storeRelaxed32 = (p: i32, off: i32, v: i32): void => { Porffor.c`__atomic_store_n(AT(i32, p, off), v, __ATOMIC_RELAXED);`; };
export const storeRelease32 = (p: i32, off: i32, v: i32): void => { Porffor.c`__atomic_store_n(AT(i32, p, off), v, __ATOMIC_RELEASE);`; };
export const storeSequential32 = (p: i32, off: i32, v: i32): void => { Porffor.c`__atomic_store_n(AT(i32, p, off), v, __ATOMIC_SEQ_CST);`; };
export const compareExchange32 = (p: i32, off: i32, e: i32, d: i32): i32 => { Porffor.c`i32 x = e; __atomic_compare_exchange_n(AT(i32, p, off), &x, d, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); return x;`; return 0; };
export const fetchAdd32 = (p: i32, off: i32, v: i32): i32 => { Porffor.c`return __atomic_fetch_add(AT(i32, p, off), v, __ATOMIC_SEQ_CST);`; return 0; };
export const fetchOr32 = (p: i32, off: i32, v: i32): i32 => { Porffor.c`return __atomic_fetch_or(AT(i32, p, off), v, __ATOMIC_SEQ_CST);`; return 0; };
export const fetchAnd32 = (p: i32, off: i32, v: i32): i32 => { Porffor.c`return __atomic_fetch_and(AT(i32, p, off), v, __ATOMIC_SEQ_CST);`; return 0; };
export const exchange32 = (p: i32, off: i32, v: i32): i32 => { Porffor.c`return __atomic_exchange_n(AT(i32, p, off), v, __ATOMIC_SEQ_CST);`; return 0; };
export const fenceFull = (): void => { Porffor.c`__atomic_thread_fence(__ATOMIC_SEQ_CST);`; };
// stlr and a later ldar keep their order on AArch64 (Arm ARM B2.3, RCsc). On x86 the same would take a locked exchange in every
// send: there the store is plain, the asm keeps the compiler from moving the load, and fenceAll interrupts the other threads.
export const storePublished32 = (p: i32, off: i32, v: i32): void => { Porffor.c`
#if defined(__aarch64__)
__atomic_store_n(AT(i32, p, off), v, __ATOMIC_SEQ_CST);
#else
__atomic_store_n(AT(i32, p, off), v, __ATOMIC_RELEASE);
__asm__ volatile("" ::: "memory");
#endif
`; };
export const fenceAll = (): void => { Porffor.c`
#if defined(__aarch64__)
__atomic_thread_fence(__ATOMIC_SEQ_CST);
#else
machineFenceAll();
#endif
`; };

// Blocks go through the vector registers that boot/vectors.S saves, q0 to q3 (the gate on the object holds clang to them): half
// the instructions. The empty asm keeps clang from turning the block loop into a call of memcpy, and from reading a racing source
// twice.
Porffor.c`
#if defined(__aarch64__)
typedef u64 machine_block __attribute__((vector_size(16), aligned(1)));
static inline __attribute__((always_inline)) void machine_copy32(u8 *d, const u8 *s) {
  machine_block a = ((const machine_block *)s)[0], b = ((const machine_block *)s)[1];
  ((machine_block *)d)[0] = a; ((machine_block *)d)[1] = b;
}
static inline __attribute__((always_inline)) void machine_copy64(u8 *d, const u8 *s) {
  const machine_block *from = (const machine_block *)s;
  machine_block *to = (machine_block *)d;
  machine_block a = from[0], b = from[1], c = from[2], e = from[3];
  to[0] = a; to[1] = b; to[2] = c; to[3] = e;
}
#else
static inline __attribute__((always_inline)) void machine_copy32(u8 *d, const u8 *s) { __builtin_memcpy(d, s, 32); }
static inline __attribute__((always_inline)) void machine_copy64(u8 *d, const u8 *s) { __builtin_memcpy(d, s, 64); }
#endif
static inline __attribute__((always_inline)) void machine_copy(u8 *d, const u8 *s, u32 n) {
  if (n == 64) { machine_copy64(d, s); return; }
  while (n >= 64) { machine_copy64(d, s); d += 64; s += 64; n -= 64; __asm__ volatile("" ::: "memory"); }
  if (n == 0) return;
  if (n & 32) { machine_copy32(d, s); d += 32; s += 32; }
  if (n & 16) { __builtin_memcpy(d, s, 16); d += 16; s += 16; }
  if (n & 8) { __builtin_memcpy(d, s, 8); d += 8; s += 8; }
  if (n & 4) { __builtin_memcpy(d, s, 4); d += 4; s += 4; }
  if (n & 2) { __builtin_memcpy(d, s, 2); d += 2; s += 2; }
  if (n & 1) { *d = *s; }
}
`;
export const copyBytes = (d: i32, s: i32, n: i32): void => { Porffor.c`machine_copy(AT(u8, d, 0), AT(u8, s, 0), (u32)n);`; };
export const copyRacing = (d: i32, s: i32, n: i32): void => { Porffor.c`machine_copy(AT(u8, d, 0), AT(u8, s, 0), (u32)n); __asm__ volatile("" ::: "memory");`; };
export const fillBytes = (d: i32, n: i32, v: i32): void => { Porffor.c`u8 *q = AT(u8, d, 0); for (u32 k = 0; k < (u32)n; k++) { q[k] = (u8)v; __asm__ volatile("" ::: "memory"); }`; };

export const addOwned64 = (p: i32, off: i32, v: i32): void => { Porffor.c`u64 *q = AT(u64, p, off); __atomic_store_n(q, __atomic_load_n(q, __ATOMIC_RELAXED) + (u32)v, __ATOMIC_RELAXED);`; };

export const wait32 = (p: i32, off: i32, e: i32, t: i32): i32 => { Porffor.c`return kernelWait32(p, off, e, t);`; return 0; };
export const notify32 = (p: i32, off: i32, n: i32): i32 => { Porffor.c`return kernelNotify32(p, off, n);`; return 0; };
export const pause = (): void => { Porffor.c`
#if defined(__aarch64__)
__asm__ volatile("yield");
#else
__builtin_ia32_pause();
#endif
`; };
export const timeMicros32 = (): i32 => { Porffor.c`u64 c = machineTicks(), f = machineTicksPerSecond(); return (i32)(u32)(c / f * 1000000u + c % f * 1000000u / f);`; return 0; };
export const timeNanos32 = (): i32 => { Porffor.c`u64 c = machineTicks(), f = machineTicksPerSecond(); return (i32)(u32)(c / f * 1000000000u + c % f * 1000000000u / f);`; return 0; };

export const mmioLoad32 = (p: i32, off: i32): i32 => { Porffor.c`return *(volatile i32 *)AT(i32, p, off);`; return 0; };
export const mmioStore32 = (p: i32, off: i32, v: i32): void => { Porffor.c`*(volatile i32 *)AT(i32, p, off) = v;`; };

/** @float */
export const loadF32 = (p: i32, off: i32): f64 => { Porffor.c`return (f64)*AT(float, p, off);`; return 0; };
/** @float */
export const loadF64 = (p: i32, off: i32): f64 => { Porffor.c`return *AT(f64, p, off);`; return 0; };
/** @float */
export const storeF64 = (p: i32, off: i32, v: f64): void => { Porffor.c`*AT(f64, p, off) = v;`; };
/** @float */
export const floatOf = (v: i32): f64 => { Porffor.c`return (f64)v;`; return 0; };
/** @float */
export const truncate32 = (v: f64): i32 => { Porffor.c`return (i32)v;`; return 0; };

export const textByte = (t: text, i: i32): i32 => { Porffor.c`return *AT(u8, t, i);`; return 0; };
export const consoleByte = (v: i32): void => { Porffor.c`boardConsoleByte(v);`; };
export const machineHalt = (t: text, n: i32): void => { Porffor.c`boardHalt(t, n);`; };
