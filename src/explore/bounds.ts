/**
 * Bounds scaled down for exploration, and nothing else of the source changed: how often a receive looks before it sleeps, how
 * often calls retry, and words of slots. A smaller number is reached more often, so the code behind the bound is explored as well.
 */
import type { Replacement } from './program.ts';

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
