/**
 * @machine
 * What only AArch64 can say: system registers, barriers, and the symbols of boot/ and of the program.
 *
 * Role: fragments for src/board; never imported under Node. Each does one thing; decisions are in TypeScript elsewhere.
 * Memory: the externs below are defined by boot/start.S, boot/early.c, boot/vectors.S, boot/switch.S, boot/calls.S, the linker
 *   script, and the program (programStart, programTask, programTimer).
 * Order: reads are volatile and writes are barriers to the compiler; where the processor needs a barrier too, it is in the text.
 */
declare const Porffor: { c(text: TemplateStringsArray): void };

Porffor.c`
extern u8 bootMemory[];
extern u8 bootEvents[];
extern u8 bootImage[];
extern u8 bootImageBytes[];
extern u8 bootTextEnd[];
extern u8 bootSecondary[];
extern u8 bootSecondarySpin[];
extern u64 bootStarting;
extern u8 bootLines[];
extern u64 bootDeviceTree;
extern u64 bootPhysical;
extern u64 bootEntryLevel;
extern u64 bootBlocks[];
extern u64 bootDevicePages[];
extern void taskSwitch(i32 from, i32 to);
extern void taskBegin(void);
extern void bootLeave(i32 page);
extern i32 psciCall(i32 conduit, i32 function, i32 a, u64 b, i32 c);
extern i32 semihostingCall(i32 operation, i32 block);
extern i32 programStart(void);
extern i32 programTask(i32 role, i32 argument);
extern i32 programTimer(void);
#define SYSTEM_READ(name) ({ u64 v; __asm__ volatile("mrs %0, " name : "=r"(v) : : "memory"); v; })
#define SYSTEM_WRITE(name, v) __asm__ volatile("msr " name ", %0" : : "r"((u64)(v)) : "memory")
#define AS_ADDRESS(symbol) ((i32)(u32)(uintptr_t)(symbol))
`;

// ---- symbols
export const boardMemory = (): i32 => { Porffor.c`return AS_ADDRESS(bootMemory);`; return 0; };
export const eventMemory = (): i32 => { Porffor.c`return AS_ADDRESS(bootEvents);`; return 0; };
export const imageTextEnd = (): i32 => { Porffor.c`return AS_ADDRESS(bootTextEnd);`; return 0; };
export const imageBytes = (): i32 => { Porffor.c`return AS_ADDRESS(bootImageBytes);`; return 0; };
export const imageLines = (): i32 => { Porffor.c`return AS_ADDRESS(bootLines);`; return 0; };
export const imagePage = (): i32 => { Porffor.c`return (i32)(bootPhysical >> 12);`; return 0; };
export const treePage = (): i32 => { Porffor.c`return (i32)(bootDeviceTree >> 12);`; return 0; };
export const treeLow = (): i32 => { Porffor.c`return (i32)(u32)bootDeviceTree;`; return 0; };
export const entryLevel = (): i32 => { Porffor.c`return (i32)bootEntryLevel;`; return 0; };
export const blockTable = (): i32 => { Porffor.c`return AS_ADDRESS(bootBlocks);`; return 0; };
export const devicePageTable = (): i32 => { Porffor.c`return AS_ADDRESS(bootDevicePages);`; return 0; };
export const taskBeginAddress = (): i32 => { Porffor.c`return AS_ADDRESS(taskBegin);`; return 0; };
/** Where the semihosting instruction stands: without a host it raises an exception with this return address. */
export const semihostingAddress = (): i32 => { Porffor.c`return AS_ADDRESS(semihostingCall) + 8;`; return 0; };

// ---- calls into boot/ and into the program
export const contextSwitch = (from: i32, to: i32): void => { Porffor.c`taskSwitch(from, to);`; };
/** Starts the image whose first instruction is at that physical page, with this image's device tree. Does not return. */
export const leaveTo = (page: i32): void => { Porffor.c`bootLeave(page);`; };
export const semihosting = (op: i32, p: i32): i32 => { Porffor.c`__asm__ volatile("" : : : "memory"); return semihostingCall(op, p);`; return 0; };
export const psci = (conduit: i32, f: i32): i32 => { Porffor.c`return psciCall(conduit, f, 0, 0, 0);`; return 0; };
/** CPU_ON (64-bit convention): the core of that affinity starts at bootSecondary with its number in x0. */
export const psciStartCore = (conduit: i32, a: i32, n: i32): i32 => { Porffor.c`return psciCall(conduit, (i32)0xC4000003u, a, bootPhysical + (u64)(bootSecondary - bootImage), n);`; return 0; };
/** What a spin table's word must hold for a core to start: a physical address. */
export const spinEntry = (): i64 => { Porffor.c`return (i64)(bootPhysical + (u64)(bootSecondarySpin - bootImage));`; return 0 as unknown as i64; };
/** The number that the next core to come out of a spin table gets. */
export const bootStartingSet = (n: i32): void => { Porffor.c`__atomic_store_n(&bootStarting, (u64)(u32)n, __ATOMIC_RELEASE);`; };
export const callProgramStart = (): void => { Porffor.c`programStart();`; };
export const callProgramTask = (role: i32, a: i32): void => { Porffor.c`programTask(role, a);`; };
export const callProgramTimer = (): void => { Porffor.c`programTimer();`; };

// ---- this core
/** Address of this core's record. Constant for a task: tasks do not move. */
export const thisCore = (): i32 => { Porffor.c`u64 v; __asm__("mrs %0, tpidr_el1" : "=r"(v)); return (i32)v;`; return 0; };
export const thisCoreSet = (p: i32): void => { Porffor.c`SYSTEM_WRITE("tpidr_el1", (u32)p);`; };
export const coreAffinity = (): i32 => { Porffor.c`return (i32)(SYSTEM_READ("mpidr_el1") & 0xFFFFFF);`; return 0; };
/** Which design of Arm's this is: MIDR_EL1 bits 15:4. */
export const processorPart = (): i32 => { Porffor.c`return (i32)(SYSTEM_READ("midr_el1") >> 4 & 0xFFF);`; return 0; };
/** Whether this image was built with LSE (make ATOMICS=lse) and the processor has none: ID_AA64ISAR0_EL1 bits 23:20. */
export const processorLacksAtomics = (): boolean => { Porffor.c`
#if defined(__ARM_FEATURE_ATOMICS)
return (i32)((SYSTEM_READ("id_aa64isar0_el1") >> 20 & 15) < 2);
#else
return 0;
#endif
`; return false; };
/** True on the exception stack, that is in an interrupt or exception handler. */
export const inException = (): boolean => { Porffor.c`return (i32)(SYSTEM_READ("spsel") & 1);`; return false; };
export const interruptsOff = (): void => { Porffor.c`__asm__ volatile("msr daifset, #2" : : : "memory");`; };
/** The isb lets a pending interrupt in before the next instruction. */
export const interruptsOn = (): void => { Porffor.c`__asm__ volatile("msr daifclr, #2\n\tisb" : : : "memory");`; };
export const interruptsSaveOff = (): i32 => { Porffor.c`u64 v = SYSTEM_READ("daif"); __asm__ volatile("msr daifset, #2" : : : "memory"); return (i32)v;`; return 0; };
export const interruptsRestore = (v: i32): void => { Porffor.c`SYSTEM_WRITE("daif", (u32)v);`; };
/** Returns when an interrupt is pending, masked or not. */
export const waitForInterrupt = (): void => { Porffor.c`__asm__ volatile("dsb sy\n\twfi" : : : "memory");`; };
/** The exception that boardHalt is made of: panic.ts finds the two arguments in the frame's x0 and x1. */
export const haltTrap = (t: text, n: i32): void => {
  Porffor.c`register u64 a __asm__("x0") = (u32)t; register u64 b __asm__("x1") = (u32)n; __asm__ volatile("brk #0x52" : : "r"(a), "r"(b) : "memory");`;
};
export const everythingOff = (): void => { Porffor.c`__asm__ volatile("msr daifset, #15" : : : "memory");`; };

// ---- memory
/** New page-table entries are visible to the walkers, and to the next instruction, when this returns. */
export const tablesChanged = (): void => { Porffor.c`__asm__ volatile("dsb ishst\n\tisb" : : : "memory");`; };
/** Earlier stores of this core are visible to others before a later interrupt sent by a system register or a device. */
export const storesVisible = (): void => { Porffor.c`__asm__ volatile("dsb ishst" : : : "memory");`; };

/** The cache line at an address is in memory itself when this returns, for readers without caches. */
export const cleanToMemory = (p: i32): void => { Porffor.c`__asm__ volatile("dc civac, %0\n\tdsb sy" : : "r"((u64)(u32)p) : "memory");`; };
/** The bytes from `p` on are in memory itself when this returns, for the instruction fetch of whoever jumps there. */
export const cleanAll = (p: i32, n: i32): void => {
  Porffor.c`u64 a = (u64)(u32)p & ~15ull, e = (u64)(u32)p + (u32)n; u64 s = 4ull << (SYSTEM_READ("ctr_el0") >> 16 & 15);
  for (a &= ~(s - 1); a < e; a += s) __asm__ volatile("dc civac, %0" : : "r"(a) : "memory");
  __asm__ volatile("dsb sy" : : : "memory");`;
};
/** Ends the WFE of all cores. */
export const sendEvent = (): void => { Porffor.c`__asm__ volatile("sev" : : : "memory");`; };

// ---- timers: the virtual one ends timed sleeps, the physical one is the program's periodic interrupt
export const timerRate = (): i32 => { Porffor.c`return (i32)SYSTEM_READ("cntfrq_el0");`; return 0; };
export const sleepTimerSet = (ticks: i32): void => { Porffor.c`SYSTEM_WRITE("cntv_tval_el0", (u32)ticks); SYSTEM_WRITE("cntv_ctl_el0", 1); __asm__ volatile("isb");`; };
export const sleepTimerOff = (): void => { Porffor.c`SYSTEM_WRITE("cntv_ctl_el0", 0); __asm__ volatile("isb");`; };
export const periodTimerSet = (ticks: i32): void => { Porffor.c`SYSTEM_WRITE("cntp_cval_el0", SYSTEM_READ("cntpct_el0") + (u32)ticks); SYSTEM_WRITE("cntp_ctl_el0", 1); __asm__ volatile("isb");`; };
/** The next interrupt, a period after the last one was due; if that has passed too, a period from now. */
export const periodTimerNext = (ticks: i32): void => {
  Porffor.c`u64 due = SYSTEM_READ("cntp_cval_el0") + (u32)ticks, now = SYSTEM_READ("cntpct_el0");
  SYSTEM_WRITE("cntp_cval_el0", due > now ? due : now + (u32)ticks); __asm__ volatile("isb");`;
};
export const periodTimerOff = (): void => { Porffor.c`SYSTEM_WRITE("cntp_ctl_el0", 0); __asm__ volatile("isb");`; };

// ---- GICv3 system registers of this core
export const gicSystemOn = (): void => { Porffor.c`SYSTEM_WRITE("S3_0_C12_C12_5", SYSTEM_READ("S3_0_C12_C12_5") | 1); __asm__ volatile("isb");`; };
export const gicPriorityMaskSet = (v: i32): void => { Porffor.c`SYSTEM_WRITE("S3_0_C4_C6_0", (u32)v);`; };
export const gicGroup1On = (): void => { Porffor.c`SYSTEM_WRITE("S3_0_C12_C12_7", 1); __asm__ volatile("isb");`; };
export const gicAcknowledge = (): i32 => { Porffor.c`u64 v = SYSTEM_READ("S3_0_C12_C12_0"); __asm__ volatile("dsb sy" : : : "memory"); return (i32)v;`; return 0; };
export const gicEnd = (v: i32): void => { Porffor.c`SYSTEM_WRITE("S3_0_C12_C12_1", (u32)v); __asm__ volatile("isb");`; };
/** Sends software interrupt `n` to the core of affinity `a`. */
export const gicSend = (a: i32, n: i32): void => {
  Porffor.c`u64 v = (u64)(u32)n << 24 | (u64)(a >> 16 & 255) << 32 | (u64)(a >> 8 & 255) << 16 | (u64)(a >> 4 & 15) << 44 | 1u << (a & 15);
  __asm__ volatile("dsb ishst" : : : "memory"); SYSTEM_WRITE("S3_0_C12_C11_5", v); __asm__ volatile("isb");`;
};
