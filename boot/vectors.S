// Exceptions and interrupts of EL1.
//
// Role: code runs on SP_EL0 (tasks and each core's own context), exceptions on SP_EL1, one stack per core. So an overflown task
//   stack cannot hurt its own panic. Interrupts call boardInterrupt(), everything else boardException(frame, kind).
// Memory: EXCEPTION_* offsets below are repeated in src/board/layout.ts.
// Invariants: an interrupt saves, of the vector registers, q0 to q3: block copies use no other, and nothing else that is called
//   from here uses any (the toolchain checks it).
// Order: each stub pushes a frame record {x29, ELR}, so that backtraces (src/board/panic.ts, and gdb by the .cfi lines) go on
//   from the handler into the interrupted code.

#define EXCEPTION_SP 248
#define EXCEPTION_ELR 256
#define EXCEPTION_ESR 272
#define EXCEPTION_RECORD 304
#define EXCEPTION_BYTES 320
#define INTERRUPT_ELR 168
#define INTERRUPT_RECORD 192
#define INTERRUPT_BLOCK 208
#define INTERRUPT_BYTES 272
#define STACK_MAPPED_BIT 15              // set in every address of a mapped stack, clear in the guard below it

        .cfi_sections .debug_frame
        .section .text, "ax"

.macro vector label
        .balign 128
        b       \label
.endm

// A second exception while handling the first: the stack itself may be the reason. In the guard, start again at the top.
.macro nested kind
        .balign 128
        add     sp, sp, x0               // swap-free look at sp: sp' = sp + x0, x0' = sp
        sub     x0, sp, x0
        tbnz    x0, #STACK_MAPPED_BIT, 1f
        orr     x0, x0, #0xffff
        sub     x0, x0, #15
        mov     sp, x0                   // x0 of the interrupted code is lost; the panic must get out
        b       exception\kind
1:      sub     x0, sp, x0
        sub     sp, sp, x0
        b       exception\kind
.endm

        .balign 2048
        .global bootVectors
bootVectors:
        vector  exception0               // on SP_EL0: the ordinary case
        vector  interrupt
        vector  exception2
        vector  exception3
        nested  4                        // on SP_EL1: while handling another one
        nested  5
        nested  6
        nested  7
        vector  exception8               // from EL0: there is none yet
        vector  exception8
        vector  exception8
        vector  exception8
        vector  exception8               // from 32-bit EL0
        vector  exception8
        vector  exception8
        vector  exception8

.macro exception kind
exception\kind:
        .cfi_startproc
        .cfi_signal_frame
        sub     sp, sp, #EXCEPTION_BYTES
        stp     x0, x1, [sp, #0]
        mov     x1, #\kind
        b       exceptionSave
        .cfi_endproc
.endm

        exception 0
        exception 2
        exception 3
        exception 4
        exception 5
        exception 6
        exception 7
        exception 8

exceptionSave:
        .cfi_startproc
        .cfi_signal_frame
        stp     x2, x3, [sp, #16]
        stp     x4, x5, [sp, #32]
        stp     x6, x7, [sp, #48]
        stp     x8, x9, [sp, #64]
        stp     x10, x11, [sp, #80]
        stp     x12, x13, [sp, #96]
        stp     x14, x15, [sp, #112]
        stp     x16, x17, [sp, #128]
        stp     x18, x19, [sp, #144]
        stp     x20, x21, [sp, #160]
        stp     x22, x23, [sp, #176]
        stp     x24, x25, [sp, #192]
        stp     x26, x27, [sp, #208]
        stp     x28, x29, [sp, #224]
        cmp     x1, #4                   // which stack was in use
        b.hs    1f
        mrs     x2, sp_el0
        b       2f
1:      add     x2, sp, #EXCEPTION_BYTES
2:      stp     x30, x2, [sp, #240]
        mrs     x2, elr_el1
        mrs     x3, spsr_el1
        mrs     x4, esr_el1
        mrs     x5, far_el1
        stp     x2, x3, [sp, #EXCEPTION_ELR]
        stp     x4, x5, [sp, #EXCEPTION_ESR]
        stp     x29, x2, [sp, #EXCEPTION_RECORD]
        add     x29, sp, #EXCEPTION_RECORD
        .cfi_def_cfa x29, 16
        .cfi_offset x29, -16
        .cfi_offset x30, -8
        mov     x0, sp
        bl      boardException           // (frame, kind); returns only if the frame says how to go on
        ldp     x2, x3, [sp, #EXCEPTION_ELR]
        msr     elr_el1, x2
        msr     spsr_el1, x3
        ldp     x2, x3, [sp, #16]
        ldp     x4, x5, [sp, #32]
        ldp     x6, x7, [sp, #48]
        ldp     x8, x9, [sp, #64]
        ldp     x10, x11, [sp, #80]
        ldp     x12, x13, [sp, #96]
        ldp     x14, x15, [sp, #112]
        ldp     x16, x17, [sp, #128]
        ldr     x18, [sp, #144]
        ldp     x29, x30, [sp, #232]
        ldp     x0, x1, [sp, #0]
        add     sp, sp, #EXCEPTION_BYTES
        eret
        .cfi_endproc

interrupt:
        .cfi_startproc
        .cfi_signal_frame
        sub     sp, sp, #INTERRUPT_BYTES
        stp     x0, x1, [sp, #0]
        stp     x2, x3, [sp, #16]
        stp     x4, x5, [sp, #32]
        stp     x6, x7, [sp, #48]
        stp     x8, x9, [sp, #64]
        stp     x10, x11, [sp, #80]
        stp     x12, x13, [sp, #96]
        stp     x14, x15, [sp, #112]
        stp     x16, x17, [sp, #128]
        stp     x18, x30, [sp, #144]
        stp     q0, q1, [sp, #INTERRUPT_BLOCK]
        stp     q2, q3, [sp, #INTERRUPT_BLOCK + 32]
        mrs     x2, elr_el1
        mrs     x3, spsr_el1
        stp     x2, x3, [sp, #INTERRUPT_ELR]
        stp     x29, x2, [sp, #INTERRUPT_RECORD]
        add     x29, sp, #INTERRUPT_RECORD
        .cfi_def_cfa x29, 16
        .cfi_offset x29, -16
        .cfi_offset x30, -8
        bl      boardInterrupt
        ldp     x2, x3, [sp, #INTERRUPT_ELR]
        msr     elr_el1, x2
        msr     spsr_el1, x3
        ldr     x29, [sp, #INTERRUPT_RECORD]
        ldp     x0, x1, [sp, #0]
        ldp     x2, x3, [sp, #16]
        ldp     x4, x5, [sp, #32]
        ldp     x6, x7, [sp, #48]
        ldp     x8, x9, [sp, #64]
        ldp     x10, x11, [sp, #80]
        ldp     x12, x13, [sp, #96]
        ldp     x14, x15, [sp, #112]
        ldp     x16, x17, [sp, #128]
        ldp     x18, x30, [sp, #144]
        ldp     q0, q1, [sp, #INTERRUPT_BLOCK]
        ldp     q2, q3, [sp, #INTERRUPT_BLOCK + 32]
        add     sp, sp, #INTERRUPT_BYTES
        eret
        .cfi_endproc
