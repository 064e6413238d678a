/**
 * Every object of the board layer in memory, every window of addresses, every limit. The only board file with offsets.
 *
 * Role: constants for src/board; boot/*.S, boot/early.c and linker/kernel.ld repeat a few of them and say so.
 * Memory: one block of 64 KiB (bootMemory in linker/kernel.ld), cleared before the first line of TypeScript runs:
 *
 *     0     task states    one word per task, one cache line for the whole scan     written by: owner core, notifiers (CAS)
 *     64    console lock   1 while a core writes a line                             any core
 *     128   input produced bytes received so far                                    UART interrupt on core 0
 *     192   input consumed bytes read so far                                        readers (CAS)
 *     256   input ring     INPUT_BYTES bytes
 *     512   panic owner    core number + 1 of the core that reports                 first panicking core (CAS)
 *     576   live tasks     tasks created and not yet ended
 *     640   host block     arguments of a semihosting call                         the exiting core
 *     1024  cores          CORE_BYTES each
 *     3072  tasks          TASK_BYTES each
 *     4096  reserved areas of physical memory: pairs (first page, end page)
 *     4608  RAM areas of the device tree: the same pairs
 *     5120  node stack     of the device tree walk
 *     8192  lines          LINE_BYTES for each context that may print: tasks, cores, cores in interrupts
 *
 * Units: bytes; physical addresses are counted in 4 KiB pages, so that 43 bits fit an i32.
 * Elsewhere: docs/memory-map.md draws the windows.
 */
export const CORE_COUNT_LIMIT = 8;
export const TASK_COUNT_LIMIT = 16;

export const TASK_STATES_OFFSET = 0;
export const CONSOLE_LOCK_OFFSET = 64;
export const INPUT_PRODUCED_OFFSET = 128;
export const INPUT_CONSUMED_OFFSET = 192;
export const INPUT_PAUSED_OFFSET = 196;
export const INPUT_RING_OFFSET = 256;
export const INPUT_BYTES = 256;
export const PANIC_OWNER_OFFSET = 512;
export const LIVE_TASKS_OFFSET = 576;
export const HOST_BLOCK_OFFSET = 640;
export const CORES_OFFSET = 1024;
export const TASKS_OFFSET = 3072;
export const RESERVED_AREAS_OFFSET = 4096;
export const RAM_AREAS_OFFSET = 4608;
export const NODE_STACK_OFFSET = 5120;
export const LINES_OFFSET = 8192;

export const AREA_BYTES = 8;
export const AREA_FIRST_OFFSET = 0;
export const AREA_END_OFFSET = 4;
export const RESERVED_AREA_LIMIT = 32;
export const RAM_AREA_LIMIT = 16;
export const NODE_DEPTH_LIMIT = 16;

export const LINE_BYTES = 1024;
export const LINE_LENGTH_OFFSET = 0;
export const LINE_TEXT_OFFSET = 4;
export const LINE_TEXT_BYTES = 1020;
/** Line buffers: 0..15 tasks, then each core's own context, then each core in an exception. */
export const LINE_FIRST_CORE = 16;
export const LINE_FIRST_EXCEPTION = 24;

// ---- one core, CORE_BYTES: the first line is the core's own, the second is written by others too.
export const CORE_BYTES = 256;
export const CORE_NUMBER_OFFSET = 0;
/** MPIDR_EL1 bits 23:0, the number PSCI and the interrupt controller know the core by. */
export const CORE_AFFINITY_OFFSET = 4;
/** The running task's number, or CORE_NO_TASK in the core's own context. */
export const CORE_TASK_OFFSET = 8;
/** GICv2: the core's bit in target registers. GICv3: address of its redistributor. Raspberry Pi 3: not used. */
export const CORE_GIC_OFFSET = 12;
/** Ticks between the program's timer interrupts, 0 if off. */
export const CORE_PERIOD_OFFSET = 16;
/** The task that ended last, whose stack the core has left. */
export const CORE_ENDED_OFFSET = 20;
/** Stack pointer of the core's own context while a task runs. 8 bytes. */
export const CORE_STACK_OFFSET = 24;
/** The page of the spin-table word that starts the core, and the word's place in it; CORE_NO_RELEASE if the firmware does. */
export const CORE_RELEASE_PAGE_OFFSET = 32;
export const CORE_RELEASE_LOW_OFFSET = 36;
export const CORE_NO_RELEASE = -1;
/** 1 while the core may be in WFI: whoever makes a task ready takes it to 0 and sends the interrupt. */
export const CORE_IDLE_OFFSET = 64;
export const CORE_STARTED_OFFSET = 68;
export const CORE_STOPPED_OFFSET = 72;
export const CORE_NO_TASK = -1;

// ---- one task, TASK_BYTES. Written by the task's core only, except at creation.
export const TASK_BYTES = 64;
export const TASK_CORE_OFFSET = 0;
export const TASK_ROLE_OFFSET = 4;
export const TASK_ARGUMENT_OFFSET = 8;
/** Microseconds of the machine clock at which a timed sleep ends; valid if TASK_TIMED is 1. */
export const TASK_DEADLINE_OFFSET = 12;
export const TASK_TIMED_OFFSET = 16;
/** Stack pointer while the task does not run. 8 bytes. */
export const TASK_STACK_OFFSET = 24;

// ---- a suspended context on its stack, as boot/switch.S pushes it.
export const CONTEXT_BYTES = 176;
export const CONTEXT_RETURN_OFFSET = 88;

// ---- an exception frame, as boot/vectors.S pushes it.
export const FRAME_REGISTERS_OFFSET = 0;
export const FRAME_LINK_REGISTER_OFFSET = 240;
export const FRAME_STACK_OFFSET = 248;
export const FRAME_ADDRESS_OFFSET = 256;
export const FRAME_STATE_OFFSET = 264;
export const FRAME_SYNDROME_OFFSET = 272;
export const FRAME_FAULT_OFFSET = 280;
export const FRAME_RECORD_OFFSET = 304;

// ---- the event rings at bootEvents, one a core (events.ts draws them); src/cli/trace.ts repeats these.
export const EVENT_COUNT = 1024;
export const EVENT_SHIFT = 4;
export const EVENT_ENTRIES_OFFSET = 64;
export const EVENT_RING_BYTES = 16448;
export const EVENT_WORD_OFFSET = 4;
export const EVENT_FIRST_OFFSET = 8;
export const EVENT_SECOND_OFFSET = 12;
/** How many of each core's events a panic prints. */
export const EVENTS_PRINTED = 12;

// ---- windows of virtual addresses.
export const IMAGE_WINDOW = 0x10000000;
export const STACK_WINDOW = 0x18000000;
export const STACK_WINDOW_END = 0x18200000;
export const STACK_SLOT_BYTES = 0x10000;
export const STACK_TOP_GAP_BYTES = 16;
/** Only the upper half of a stack slot is mapped, so this bit is set in every address of a stack. */
export const STACK_MAPPED_BIT = 0x8000;
export const RAM_WINDOW = 0x20000000;
export const RAM_WINDOW_BLOCKS = 512;
export const INITRD_WINDOW = 0x60000000;
export const INITRD_WINDOW_BYTES = 0x10000000;
export const DEVICE_WINDOW = 0x70000000;
export const DEVICE_WINDOW_SLOTS = 32;
export const DEVICE_SLOT_PAGES = 16;
export const TREE_WINDOW = 0x78000000;

export const PAGE_SHIFT = 12;
export const BLOCK_SHIFT = 21;
export const BLOCK_BYTES = 0x200000;
export const BLOCK_PAGES = 512;
