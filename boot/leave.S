// Leaving for another kernel: caches and MMU off, and a jump to where it lies.
//
// Role: called by src/programs/loader.ts on the boot core, the only one running, with everything masked. Does not return.
// Memory: the new image has been cleaned to memory by the caller. The page tables of early.c are used once more, backwards:
//     TTBR1 on, jump to HIGH + here; TTBR0 = the identity block; jump to the physical address; MMU off.
// Order: from the second jump on code runs in the image's first block, which alone is mapped there: bootLeaveEnd is checked by
//   linker/kernel.ld.
// Elsewhere: the way in is boot/start.S; the numbers below are its.

#define HIGH 0xFFFFFF8000000000
#define IMAGE_BASE 0x10000000
#define TCR_HIGH_OFF (1 << 23)
#define SCTLR_OFF 0x30D50800

        .section .text.boot, "ax"
        .global bootLeave, bootLeaveEnd
bootLeave:                               // (physical page of the first instruction, which gets this image's device tree in x0)
        msr     daifset, #15
        mov     w19, w0
        lsl     x19, x19, #12
        ldr     x0, =bootDeviceTree
        ldr     x20, [x0]
        ldr     x0, =bootPhysical
        ldr     x0, [x0]
        ldr     x1, =IMAGE_BASE
        sub     x21, x0, x1              // from an address to where it is in memory
        ldr     x0, =bootRoot
        add     x0, x0, x21
        msr     ttbr1_el1, x0
        mrs     x0, tcr_el1
        bic     x0, x0, #TCR_HIGH_OFF
        msr     tcr_el1, x0
        isb
        tlbi    vmalle1
        dsb     nsh
        isb
        ldr     x0, =(bootLeaveHigh + HIGH)
        br      x0
bootLeaveHigh:
        ldr     x0, =bootIdentityRoot
        add     x0, x0, x21
        msr     ttbr0_el1, x0
        isb
        tlbi    vmalle1
        dsb     nsh
        isb
        ldr     x0, =bootLeaveLow
        add     x0, x0, x21
        br      x0
bootLeaveLow:
        ldr     x0, =SCTLR_OFF
        msr     sctlr_el1, x0
        isb
        ic      iallu
        dsb     sy
        isb
        mov     x0, x20
        mov     x1, xzr
        mov     x2, xzr
        mov     x3, xzr
        br      x19
        .ltorg
bootLeaveEnd:
