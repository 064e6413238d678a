/**
 * Bounds scaled down for exploration, and nothing else of the source changed: how often a receive looks before it sleeps, how
 * often calls retry, and words of slots. A smaller number is reached more often, so the code behind the bound is explored as well.
 */
import type { Replacement, Substitute } from './program.ts';
import type { ProgramName } from './scenario.ts';

export const ENTRY = 'src/explore/entry.ts';

export const SCALED: Replacement[] = [
  { file: 'src/kernel/path/6-receive.ts', from: 'const RECEIVE_SPINS = 64;', to: 'const RECEIVE_SPINS = 1;' },
  { file: 'src/kernel/path/6-receive.ts', from: 'const RECEIVE_STREAM = 4;', to: 'const RECEIVE_STREAM = 1;' },
  { file: 'src/kernel/path/4-shared.ts', from: 'const SHARED_TRIES = 64;', to: 'const SHARED_TRIES = 3;' },
  { file: 'src/kernel/region/append.ts', from: 'const RESERVE_TRIES = 64;', to: 'const RESERVE_TRIES = 3;' },
  { file: 'src/kernel/region/append.ts', from: 'const ADVANCE_STEPS = 1024;', to: 'const ADVANCE_STEPS = 4;' },
  { file: 'src/kernel/region/slab.ts', from: 'const SLAB_TRIES = 64;', to: 'const SLAB_TRIES = 3;' },
  { file: 'src/kernel/layout.ts', from: 'export const SLAB_BITMAP_BYTES = 128;', to: 'export const SLAB_BITMAP_BYTES = 4;' },
];

const KERNEL_LAYOUT = 'src/kernel/layout.ts';
const LAYOUT = 'src/board/layout.ts';
const HARDWARE = "from '../explore/hardware.ts';\n";

/** What is compiled for each kind of scenario: its entry, its bounds, and modules that hardware.ts stands for. */
export const PROGRAMS: Record<ProgramName, { entry: string; scaled: Replacement[]; substitutes: Substitute[] }> = {
  kernel: { entry: ENTRY, scaled: SCALED, substitutes: [] },
  capability: {
    entry: 'src/explore/capability-entry.ts',
    scaled: [
      { file: KERNEL_LAYOUT, from: 'export const SPACE_CAPABILITIES = 64;', to: 'export const SPACE_CAPABILITIES = 8;' },
      { file: KERNEL_LAYOUT, from: 'export const SYSTEM_SPACES_MAX = 32;', to: 'export const SYSTEM_SPACES_MAX = 3;' },
    ],
    substitutes: [],
  },
  board: {
    entry: 'src/explore/board-entry.ts',
    scaled: [
      ...SCALED,
      { file: LAYOUT, from: 'export const TASK_COUNT_LIMIT = 16;', to: 'export const TASK_COUNT_LIMIT = 2;' },
      { file: LAYOUT, from: 'export const STACK_WINDOW = 0x18000000;', to: 'export const STACK_WINDOW = 0x3000;' },
      { file: LAYOUT, from: 'export const STACK_SLOT_BYTES = 0x10000;', to: 'export const STACK_SLOT_BYTES = 0x100;' },
      { file: 'src/board/core.ts', from: 'let cores: i32 = 1;', to: 'const cores: i32 = 2;' },
      { file: 'src/board/core.ts', from: '  cores = (cores + 1) | 0;\n', to: '' },
    ],
    substitutes: [
      { file: 'src/board/interrupt.ts', text: `export { INTERRUPT_WAKE, interruptSend } ${HARDWARE}` },
      { file: 'src/board/timer.ts', text: `export { timerSleep } ${HARDWARE}` },
      { file: 'src/board/events.ts', text: `export { EVENT_WAKE, boardEvent } ${HARDWARE}` },
      { file: 'src/board/console.ts', text: `export { boardConsoleFlush } ${HARDWARE}` },
      { file: 'src/board/exit.ts', text: `export { boardExit } ${HARDWARE}` },
    ],
  },
};
