// The smallest kernel: speaks on the Raspberry Pi 3's PL011, then says again what it hears. 3000 bytes are a short transfer.
        .text
        b       1f
        .word   0
        .quad   0x80000, 0x10000, 0xA, 0, 0, 0
        .ascii  "ARM\x64"
        .word   0
1:      ldr     x1, =0x3F201000
        adr     x2, 4f
2:      ldrb    w3, [x2], #1
        cbz     w3, 3f
        str     w3, [x1]
        b       2b
3:      ldr     w3, [x1, #0x18]          // flags: bit 4, nothing received
        tbnz    w3, #4, 3b
        ldr     w3, [x1]
        str     w3, [x1]
        b       3b
        .ltorg
4:      .asciz  "TINY runs\r\n"
        .org    3000
