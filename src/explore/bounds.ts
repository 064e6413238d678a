/**
 * Bounds scaled down for exploration, and nothing else of the source changed: how often a receive looks before it sleeps, and how
 * often it retries. A smaller number is reached more often, so the code behind the bound is explored as well.
 */
import type { Replacement } from './program.ts';

export const ENTRY = 'src/explore/entry.ts';

export const SCALED: Replacement[] = [
  { file: 'src/kernel/path/6-receive.ts', from: 'const RECEIVE_SPINS = 64;', to: 'const RECEIVE_SPINS = 1;' },
  { file: 'src/kernel/path/4-ring.ts', from: 'const RING_TRIES = 64;', to: 'const RING_TRIES = 3;' },
];
