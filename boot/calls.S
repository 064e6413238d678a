// Calls out of the kernel: to the firmware (PSCI) and to the host under an emulator (semihosting).
//
// Role: called by src/board/processor.ts. 32-bit arguments have unspecified upper halves: cleared here.
// Fails: without a host the HLT is an undefined instruction; src/board/panic.ts knows its address and skips it.

        .cfi_sections .debug_frame
        .section .text, "ax"
        .global psciCall, semihostingCall

psciCall:                                // (conduit: 0 hvc 1 smc, function, a, b: 64 bits, c)
        mov     w5, w0
        mov     w0, w1
        mov     w1, w2
        mov     x2, x3
        mov     w3, w4
        cbnz    w5, 1f
        hvc     #0
        ret
1:      smc     #0
        ret

semihostingCall:                         // (operation, address of its block)
        mov     w0, w0
        mov     w1, w1
        hlt     #0xF000                  // semihostingAddress() in src/board/processor.ts: the third instruction
        ret
