/*
 * Builds the first page tables, with the MMU still off.
 *
 * Role: called once by start.S on the boot core. Runs at the physical address: every address of a symbol here is pc-relative and
 *   so physical; built with -mstrict-align, because memory is still Device, where unaligned accesses fault.
 * Memory: writes the tables below and nothing else. src/board/map.ts adds device, initrd and RAM windows later.
 * Invariants: no page is both writable and executable; stack slots have an unmapped lower half; nothing else is mapped twice.
 * Elsewhere: docs/memory-map.md draws the result.
 */
typedef unsigned long u64;

enum {
  ENTRIES = 512, PAGE_SHIFT = 12, BLOCK_SHIFT = 21, ROOT_SHIFT = 30,
  IMAGE_BASE = 0x10000000, STACKS_BASE = 0x18000000, DEVICES_BASE = 0x70000000, TREE_BASE = 0x78000000,
  STACK_SLOT_PAGES = 16, STACK_PAGES = 8, STACK_COUNT = 32,
};

/* Descriptor bits. Attribute index 1 is normal write-back memory (MAIR in start.S); everything mapped here is. */
#define TABLE 3ul
#define BLOCK 1ul
#define PAGE 3ul
#define NORMAL (1ul << 2 | 3ul << 8 | 1ul << 10) /* index 1, inner shareable, access flag */
#define READ_ONLY (1ul << 7)
#define NEVER_EXECUTE (1ul << 53 | 1ul << 54)
#define EXECUTE_AT_EL1 (1ul << 54)

#define TABLE_MEMORY __attribute__((section(".bss.tables"), aligned(4096)))
u64 bootIdentityRoot[ENTRIES] TABLE_MEMORY;
u64 bootIdentityBlocks[ENTRIES] TABLE_MEMORY;
u64 bootRoot[ENTRIES] TABLE_MEMORY;
u64 bootBlocks[2 * ENTRIES] TABLE_MEMORY; /* 2 MiB each, for the first 2 GiB of addresses */
u64 bootImagePages[ENTRIES] TABLE_MEMORY;
u64 bootStackPages[ENTRIES] TABLE_MEMORY;
u64 bootDevicePages[ENTRIES] TABLE_MEMORY;

extern char bootImage[], bootTextEnd[], bootRodataEnd[], bootBssEnd[], bootStacks[];

static u64 place(const void *symbol) { return (u64)symbol; }

static void mapPages(u64 *table, u64 first, u64 physical, u64 end, u64 bits) {
  for (; physical < end; physical += 1ul << PAGE_SHIFT) table[first++] = physical | PAGE | NORMAL | bits;
}

void bootMap(u64 tree, u64 image) {
  bootIdentityRoot[image >> ROOT_SHIFT] = place(bootIdentityBlocks) | TABLE;
  bootIdentityBlocks[image >> BLOCK_SHIFT & (ENTRIES - 1)] =
      (image >> BLOCK_SHIFT << BLOCK_SHIFT) | BLOCK | NORMAL | READ_ONLY | EXECUTE_AT_EL1;

  bootRoot[0] = place(bootBlocks) | TABLE;
  bootRoot[1] = place(bootBlocks + ENTRIES) | TABLE;
  bootBlocks[IMAGE_BASE >> BLOCK_SHIFT] = place(bootImagePages) | TABLE;
  bootBlocks[STACKS_BASE >> BLOCK_SHIFT] = place(bootStackPages) | TABLE;
  bootBlocks[DEVICES_BASE >> BLOCK_SHIFT] = place(bootDevicePages) | TABLE;

  u64 text = place(bootTextEnd), rodata = place(bootRodataEnd);
  mapPages(bootImagePages, 0, image, text, READ_ONLY | EXECUTE_AT_EL1);
  mapPages(bootImagePages, (text - image) >> PAGE_SHIFT, text, rodata, READ_ONLY | NEVER_EXECUTE);
  mapPages(bootImagePages, (rodata - image) >> PAGE_SHIFT, rodata, place(bootBssEnd), NEVER_EXECUTE);

  for (u64 slot = 0; slot < STACK_COUNT; slot++) {
    u64 stack = place(bootStacks) + (slot * STACK_PAGES << PAGE_SHIFT);
    mapPages(bootStackPages, slot * STACK_SLOT_PAGES + (STACK_SLOT_PAGES - STACK_PAGES), stack,
             stack + ((u64)STACK_PAGES << PAGE_SHIFT), NEVER_EXECUTE);
  }

  /* The block in which the tree begins; src/board/fdt.ts maps the next one if the tree's header says it is that long. */
  bootBlocks[TREE_BASE >> BLOCK_SHIFT] = (tree >> BLOCK_SHIFT << BLOCK_SHIFT) | BLOCK | NORMAL | READ_ONLY | NEVER_EXECUTE;
}
