// The cooperative context switch.
//
// Role: called by src/board/tasks.ts on the core that owns both contexts, on SP_EL0; interrupts may stay on, they use SP_EL1.
// Memory: w0 and w1 are addresses of 8-byte words that hold the stack pointer of a context that is not running.
//   CONTEXT_* offsets are repeated in src/board/layout.ts.
// Order: a switch is a call, so only the registers a call preserves are kept: x19..x30, d8..d15, and the rounding mode (FPCR).

#define CONTEXT_BYTES 176

        .cfi_sections .debug_frame
        .section .text, "ax"
        .global taskSwitch, taskBegin

taskSwitch:
        mov     w0, w0                   // the upper halves of 32-bit arguments are unspecified
        mov     w1, w1
        sub     sp, sp, #CONTEXT_BYTES
        stp     x19, x20, [sp, #0]
        stp     x21, x22, [sp, #16]
        stp     x23, x24, [sp, #32]
        stp     x25, x26, [sp, #48]
        stp     x27, x28, [sp, #64]
        stp     x29, x30, [sp, #80]
        stp     d8, d9, [sp, #96]
        stp     d10, d11, [sp, #112]
        stp     d12, d13, [sp, #128]
        stp     d14, d15, [sp, #144]
        mrs     x2, fpcr
        str     x2, [sp, #160]
        mov     x2, sp
        str     x2, [x0]
        ldr     x2, [x1]
        mov     sp, x2
        ldp     x19, x20, [sp, #0]
        ldp     x21, x22, [sp, #16]
        ldp     x23, x24, [sp, #32]
        ldp     x25, x26, [sp, #48]
        ldp     x27, x28, [sp, #64]
        ldp     x29, x30, [sp, #80]
        ldp     d8, d9, [sp, #96]
        ldp     d10, d11, [sp, #112]
        ldp     d12, d13, [sp, #128]
        ldp     d14, d15, [sp, #144]
        ldr     x2, [sp, #160]
        msr     fpcr, x2
        add     sp, sp, #CONTEXT_BYTES
        ret

// Where a new task's first switch returns to. x29 is 0: backtraces end here.
taskBegin:
        .cfi_startproc
        .cfi_undefined x30
        bl      taskMain                 // does not return
        b       .
        .cfi_endproc
