// The first instructions: image header, EL3 or EL2 to EL1, caches and MMU on, then TypeScript.
//
// Role: entered once by the loader (bootImage, x0 = physical address of the device tree) and once per other core by PSCI
//   (bootSecondary, x0 = core number) or out of a spin table (bootSecondarySpin, which reads its number when its caches are on).
//   Ends in kernelMain() or kernelSecondary(core), which do not return. Where no firmware keeps the other cores back, they all
//   arrive at bootImage together: each then waits for its own word of a spin table where the Raspberry Pi's firmware has it.
// Memory: the boot core clears .bss, then early.c fills the page tables. A secondary core touches no memory before its MMU and
//   caches are on, so it cannot miss what the boot core has only in its cache.
// Order: instructions up to bootSwitchEnd run at the physical address, in the image's first page. The step to virtual addresses
//   has three stages, so that no load address can collide with the low window:
//     TTBR0 = one 2 MiB identity block, TTBR1 = the kernel's tables seen at HIGH + address;
//     jump to HIGH + here, set TTBR0 = the kernel's tables; jump to here; switch TTBR1 off.
// Fails: nothing; without a device tree, in x0 or where RAM begins, src/board/tree.ts says so.
// Elsewhere: what each bit below means is beside it; board detection is in src/board/hardware.ts.

#define HIGH 0xFFFFFF8000000000          // where TTBR1 begins with 39-bit addresses
#define STACKS 0x18000000                // window of the stacks: 64 KiB each, the upper half mapped
#define STACK_SLOT_SHIFT 16
#define STACK_FIRST_ROOT 16              // slots 16..23: each core's own context; 24..31: its exception stack
#define STACK_FIRST_EXCEPTION 24
#define STACK_TOP_GAP 16                 // keeps the initial sp inside the slot (vectors.S looks at bit 15)

#define RAM_ABOVE 0x40000000             // QEMU virt; on Raspberry Pis RAM begins at 0 and images lie low
#define TREE_MAGIC 0xEDFE0DD0            // D0 0D FE ED, as a little-endian word

#define SPIN_TABLE 0xD8                  // 8 bytes a core, where the Raspberry Pi's firmware has them

#define SCR_EL3_BITS 0x5B1               // EL2 is AArch64, non-secure, may call HVC; SMC is undefined; interrupts stay below
#define SPSR_EL2H_MASKED 0x3C9
#define HCR_EL2_RW (1 << 31)             // EL1 is AArch64; nothing traps to EL2
#define CPTR_EL2_NO_TRAPS 0x33FF
#define SPSR_EL1H_MASKED 0x3C5
#define CPACR_EL1_FP (3 << 20)
#define MAIR 0x0444FF00                  // 0 device nGnRnE, 1 normal write-back, 2 normal non-cacheable, 3 device nGnRE
// 39-bit addresses below and above, 4 KiB pages, inner-shareable write-back walks, 40-bit physical addresses.
#define TCR_LOW (25 | 1 << 8 | 1 << 10 | 3 << 12)
#define TCR_HIGH (25 << 16 | 1 << 24 | 1 << 26 | 3 << 28 | 2 << 30)
#define TCR_IPS_40 (2 << 32)
#define TCR_HIGH_OFF (1 << 23)
// RES1 bits, no traps of WFI and WFE; then MMU, data cache, stack alignment, instruction cache, writable implies never executed.
#define SCTLR_OFF 0x30D50800
#define SCTLR_ON (SCTLR_OFF | 1 << 0 | 1 << 2 | 1 << 3 | 1 << 12 | 1 << 19)

        .section .head, "ax"
        .global bootImage, bootSecondary, bootSecondarySpin, bootSwitchEnd
bootImage:                               // the arm64 Image header, 64 bytes
        b       bootFirst
        .word   0
        .quad   0x80000                  // text_offset
        .quad   bootImageBytes           // with bss and stacks: the loader keeps clear of them
        .quad   0xA                      // little-endian, 4 KiB pages, anywhere in RAM
        .quad   0, 0, 0
        .ascii  "ARM\x64"
        .word   0

bootFirst:
        msr     daifset, #15
        mrs     x1, mpidr_el1
        ands    x1, x1, #0xffff          // the boot core is 0, also where cores are numbered in the second byte
        b.ne    bootPark
        mov     x20, x0                  // device tree
        bl      bootTreeElsewhere
        mrs     x21, CurrentEL
        lsr     x21, x21, #2             // exception level at entry
        bl      bootDropLevel
        // Memory written with caches off must not be hidden later by stale lines: drop them before and after.
        adrp    x0, bootBss
        adrp    x1, bootImageEnd
        bl      bootInvalidate
        adrp    x0, bootBss
        adrp    x1, bootBssEnd
1:      stp     xzr, xzr, [x0], #16
        cmp     x0, x1
        b.lo    1b
        adrp    x0, bootDeviceTree
        add     x0, x0, :lo12:bootDeviceTree
        adrp    x1, bootImage
        stp     x20, x1, [x0]            // bootDeviceTree, bootPhysical
        str     x21, [x0, #16]           // bootEntryLevel
        adrp    x0, bootImageEnd
        mov     sp, x0
        mov     x0, x20
        adrp    x1, bootImage
        bl      bootMap
        adrp    x0, bootBss
        adrp    x1, bootImageEnd
        bl      bootInvalidate
        mov     x19, #0                  // core number
        b       bootSwitch

bootPark:                                // x1: number of the core, 1 to 3
        mov     x2, #SPIN_TABLE
        add     x2, x2, x1, lsl #3
1:      ldr     x3, [x2]
        cbnz    x3, 2f
        wfe
        b       1b
2:      br      x3

bootSecondarySpin:
        mov     x0, #-1                  // no number yet
bootSecondary:
        msr     daifset, #15
        mov     x19, x0
        bl      bootDropLevel

bootSwitch:
        mov     x0, #CPACR_EL1_FP
        msr     cpacr_el1, x0
        ldr     x0, =MAIR
        msr     mair_el1, x0
        ldr     x0, =(TCR_LOW | TCR_HIGH | TCR_IPS_40)
        msr     tcr_el1, x0
        adrp    x0, bootIdentityRoot
        msr     ttbr0_el1, x0
        adrp    x0, bootRoot
        msr     ttbr1_el1, x0
        ldr     x1, =bootVectors
        msr     vbar_el1, x1
        dsb     sy
        tlbi    vmalle1
        ic      iallu
        dsb     nsh
        isb
        ldr     x1, =SCTLR_ON
        msr     sctlr_el1, x1
        isb                              // from here: MMU and caches on, running in the identity block
        ldr     x2, =(bootHigh + HIGH)
        br      x2
bootHigh:
        msr     ttbr0_el1, x0            // running in the TTBR1 view: the low half may change under us
        isb
        tlbi    vmalle1
        dsb     nsh
        isb
        ldr     x2, =bootLow
        br      x2
bootLow:
        mrs     x0, tcr_el1
        orr     x0, x0, #TCR_HIGH_OFF
        msr     tcr_el1, x0
        msr     ttbr1_el1, xzr
        isb
        tlbi    vmalle1
        dsb     nsh
        isb

        tbz     x19, #63, 1f
        ldr     x0, =bootStarting
        ldar    x19, [x0]
1:      mov     x0, #STACKS
        add     x1, x19, #(STACK_FIRST_EXCEPTION + 1)
        add     x1, x0, x1, lsl #STACK_SLOT_SHIFT
        sub     x1, x1, #STACK_TOP_GAP
        mov     sp, x1                   // exceptions and interrupts run here: SP_EL1
        msr     spsel, #0
        add     x1, x19, #(STACK_FIRST_ROOT + 1)
        add     x1, x0, x1, lsl #STACK_SLOT_SHIFT
        sub     x1, x1, #STACK_TOP_GAP
        mov     sp, x1                   // everything else runs on SP_EL0
        msr     daifclr, #4              // report external aborts from the beginning
        mov     x29, #0                  // backtraces end here
        mov     x30, #0
        cbnz    x19, 1f
        bl      bootModuleInit
        bl      kernelMain
        b       .
1:      mov     w0, w19
        bl      kernelSecondary
        b       .

// Module variables of the TypeScript program, if it has any.
bootModuleInit:
        ldr     x0, =kernelModuleInit
        cbz     x0, 1f
        br      x0
1:      ret
        .weak   kernelModuleInit

// A loader that names no tree may have left one where RAM begins, on boards where that is 1 GiB: those on which we are above it.
// x20: the tree that was named, or 0; then the tree that is there, or 0. Clobbers x1, x2, x3.
bootTreeElsewhere:
        cbnz    x20, 1f
        adrp    x1, bootImage
        mov     x2, #RAM_ABOVE
        cmp     x1, x2
        b.lo    1f
        ldr     w1, [x2]
        ldr     w3, =TREE_MAGIC
        cmp     w1, w3
        csel    x20, x2, x20, eq
1:      ret

// Returns at EL1 with the MMU off, whether entered at EL3, EL2 or EL1. Clobbers x0, x1.
bootDropLevel:
        ldr     x0, =SCTLR_OFF           // whole, not modified: what reset and firmware leave there differs
        msr     sctlr_el1, x0
        mrs     x1, CurrentEL
        cmp     x1, #(3 << 2)
        b.ne    3f
        mov     x0, #SCR_EL3_BITS
        msr     scr_el3, x0
        msr     cptr_el3, xzr
        mov     x0, #SPSR_EL2H_MASKED
        msr     spsr_el3, x0
        adr     x0, 3f
        msr     elr_el3, x0
        eret
3:      mrs     x1, CurrentEL
        cmp     x1, #(2 << 2)
        b.ne    1f
        mov     x0, #HCR_EL2_RW
        msr     hcr_el2, x0
        isb                              // E2H is off now: the registers below have their plain meaning
        mrs     x0, cnthctl_el2
        orr     x0, x0, #3               // EL1 may use the physical counter and timer
        msr     cnthctl_el2, x0
        msr     cntvoff_el2, xzr
        ldr     x0, =CPTR_EL2_NO_TRAPS
        msr     cptr_el2, x0
        msr     hstr_el2, xzr
        mrs     x0, midr_el1
        msr     vpidr_el2, x0
        mrs     x0, mpidr_el1
        msr     vmpidr_el2, x0
        mrs     x0, id_aa64pfr0_el1
        ubfx    x0, x0, #24, #4          // GICv3 system registers
        cbz     x0, 2f
        mrs     x0, S3_4_C12_C9_5        // ICC_SRE_EL2
        orr     x0, x0, #1               // system registers on
        orr     x0, x0, #8               // also for EL1
        msr     S3_4_C12_C9_5, x0
        isb
2:      mov     x0, #SPSR_EL1H_MASKED
        msr     spsr_el2, x0
        msr     elr_el2, x30
        eret
1:      isb
        ret

// Drops the cache lines of [x0, x1) without writing them back. Clobbers x2, x3.
bootInvalidate:
        mrs     x2, ctr_el0
        ubfx    x2, x2, #16, #4
        mov     x3, #4
        lsl     x2, x3, x2               // bytes in the smallest data cache line
1:      dc      ivac, x0
        add     x0, x0, x2
        cmp     x0, x1
        b.lo    1b
        dsb     sy
        ret
        .ltorg
bootSwitchEnd:

        .section .bss.boot, "aw", @nobits
        .balign 8
        .global bootDeviceTree, bootPhysical, bootEntryLevel, bootStarting
bootDeviceTree: .quad 0                  // physical, as the loader gave it
bootPhysical:   .quad 0                  // physical address of the image
bootEntryLevel: .quad 0
bootStarting:   .quad 0                  // number of the core that is being started out of a spin table
