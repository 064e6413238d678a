import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Each file in a process of its own: the Node machine's memory is one per process.
    pool: 'forks',
    testTimeout: 60_000,
  },
});
