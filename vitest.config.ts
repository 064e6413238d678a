import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Modules that `ruvix-queue wit` made import the package by name.
  resolve: { alias: { 'ruvix-queue': new URL('src/lib/index.ts', import.meta.url).pathname } },
  test: {
    include: ['test/**/*.test.ts'],
    // Each file in a process of its own: the Node machine's memory is one per process.
    pool: 'forks',
    testTimeout: 60_000,
  },
});
