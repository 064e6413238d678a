/**
 * A board made of a device tree alone: src/board runs under Node on made-up memory, and what it does to devices is written down
 * with the physical addresses it would have had. So the paths of boards that no emulator has can be followed.
 *
 * The page tables are the kernel's own: an access is translated through what src/board/memory.ts has put there.
 */
import { vi } from 'vitest';

const [BOARD_AT, BLOCKS_AT, DEVICES_AT, TREE_AT] = [0x10100000, 0x10200000, 0x10300000, 0x78000000];
const [DEVICE_WINDOW, PAGE_BYTES] = [0x70000000, 4096];
const FREE_WINDOW_BLOCK = 0x20000000 >>> 21;

export interface Made {
  tree: Buffer;
  /** MIDR_EL1 bits 15:4. */
  part: number;
  imageAt?: number;
  treeAt?: number;
  /** What device registers hold when they are read; by physical address. Others hold 0. */
  registers?: Record<number, number>;
}

export interface Access { at: number; value: number }

class Halted extends Error {}

/** The board's modules, on a board made of this tree. */
export const board = async ({ tree, part, imageAt = 0x200000, treeAt = 0x2eff0000, registers = {} }: Made) => {
  vi.resetModules();
  const memory = new Map<number, number>();
  const byte = (at: number): number => {
    const inTree = at - (TREE_AT + (treeAt & 0x1fffff));
    return inTree >= 0 && inTree < tree.length ? tree[inTree]! : memory.get(at) ?? 0;
  };
  const load32 = (p: number, off: number): number =>
    [0, 1, 2, 3].reduce((value, i) => value | byte((p + off + i) >>> 0) << (8 * i), 0);
  const store32 = (p: number, off: number, v: number): void => [0, 1, 2, 3].forEach((i) => memory.set((p + off + i) >>> 0, v >>> (8 * i) & 255));
  const load64 = (p: number, off: number): bigint => BigInt(load32(p, off) >>> 0) | BigInt(load32(p, off + 4) >>> 0) << 32n;
  const store64 = (p: number, off: number, v: bigint): void => {
    store32(p, off, Number(BigInt.asIntN(32, v)));
    store32(p, off + 4, Number(BigInt.asIntN(32, v >> 32n)));
  };
  /** Where an address of the device window leads. */
  const physical = (at: number): number => {
    const entry = load64(DEVICES_AT, Math.floor((at - DEVICE_WINDOW) / PAGE_BYTES) * 8);
    if (entry === 0n) throw new Error(`not mapped: 0x${at.toString(16)}`);
    return Number(entry & 0xff_ffff_f000n) + at % PAGE_BYTES;
  };
  const stores: Access[] = [];
  const values = new Map(Object.entries(registers).map(([at, value]) => [Number(at), value]));
  const calls: unknown[][] = [];
  let said = '';
  vi.doMock('#machine', () => ({
    load8: (p: number, off: number) => byte((p + off) >>> 0), load32, store32, load64, store64,
    store8: (p: number, off: number, v: number) => { memory.set((p + off) >>> 0, v & 255); },
    load16: (p: number, off: number) => load32(p, off) & 0xffff,
    pack64: (low: number, high: number) => BigInt(low >>> 0) | BigInt(high >>> 0) << 32n,
    low64: (v: bigint) => Number(BigInt.asIntN(32, v)), high64: (v: bigint) => Number(BigInt.asIntN(32, v >> 32n)),
    mmioLoad32: (p: number, off: number) => values.get(physical(p + off)) ?? 0,
    mmioStore32: (p: number, off: number, v: number) => {
      stores.push({ at: physical(p + off), value: v >>> 0 });
      if (physical(p + off) % PAGE_BYTES === 0) said += String.fromCharCode(v);
    },
    textByte: (text: string, i: number) => (i < text.length ? text.charCodeAt(i) : 0),
    pause: () => {}, fenceFull: () => {}, timeMicros32: () => 0,
    loadAcquire32: load32, loadRelaxed32: load32, storeRelease32: store32, storeRelaxed32: store32, storeSequential32: store32,
    compareExchange32: (p: number, off: number, expected: number, v: number) => {
      const old = load32(p, off);
      if (old === expected) store32(p, off, v);
      return old;
    },
  }));
  vi.doMock('../../src/board/processor.ts', () => ({
    imagePage: () => imageAt / PAGE_BYTES, imageBytes: () => 0x180000, treePage: () => Math.floor(treeAt / PAGE_BYTES), treeLow: () => treeAt | 0,
    boardMemory: () => BOARD_AT, blockTable: () => BLOCKS_AT, devicePageTable: () => DEVICES_AT, processorPart: () => part,
    coreAffinity: () => 0, thisCore: () => BOARD_AT + 1024, thisCoreSet: () => {}, tablesChanged: () => {}, storesVisible: () => {},
    inException: () => false, interruptsSaveOff: () => 0, interruptsRestore: () => {}, interruptsOff: () => {},
    haltTrap: (where: string, number: number) => { throw new Halted(`${where} ${number}`); },
    psciStartCore: (...words: number[]) => { calls.push(['start', ...words]); return 0; },
    psci: (...words: number[]) => { calls.push(['call', ...words]); return 0; },
    bootStartingSet: (number: number) => { calls.push(['number', number]); }, spinEntry: () => 0x200200n,
    cleanToMemory: (at: number) => { calls.push(['clean', physical(at)]); }, sendEvent: () => { calls.push(['event']); },
  }));
  const [core, hardware, treeModule, kind, interrupt, memoryModule, argument, watchdog, exit] = await Promise.all([
    import('../../src/board/core.ts'), import('../../src/board/hardware.ts'), import('../../src/board/tree.ts'),
    import('../../src/board/kind.ts'), import('../../src/board/interrupt.ts'), import('../../src/board/memory.ts'),
    import('../../src/board/argument.ts'), import('../../src/board/watchdog.ts'), import('../../src/board/exit.ts'),
  ]);
  core.coreInit(0);
  hardware.hardwareGuess();
  return {
    stores, calls, core, kind, interrupt, argument, watchdog, exit,
    said: () => said,
    open: (): void => { treeModule.treeCheck(); hardware.hardwareOpen(); },
    /** Number, affinity of each core. */
    affinities: (): number[] => Array.from({ length: core.boardCores() }, (_, i) => load32(core.coreRecord(i), 4)),
    setStarted: (): void => {
      for (let i = 0; i < 8; i++) store32(core.coreRecord(i), 68, 1);
    },
    /** First addresses of the 2 MiB blocks in the RAM window. */
    blocks: (): number[] => Array.from({ length: memoryModule.boardFreeBytes() / 2 ** 21 }, (_, i) =>
      Number(load64(BLOCKS_AT, (FREE_WINDOW_BLOCK + i) * 8) & 0xff_ffff_f000n)),
    initrd: () => [memoryModule.boardInitrdBase() >>> 0, memoryModule.boardInitrdBytes()] as const,
    /** 64 bits in ordinary memory mapped through the device window: a spin table's word. */
    word: (at: number): bigint | undefined => {
      for (let slot = 0; slot < 32; slot++) {
        const entry = load64(DEVICES_AT, slot * 16 * 8);
        if (entry !== 0n && Number(entry & 0xff_ffff_f000n) === Math.floor(at / PAGE_BYTES) * PAGE_BYTES) {
          return load64(DEVICE_WINDOW + slot * 0x10000, at % PAGE_BYTES);
        }
      }
      return undefined;
    },
  };
};
