import { defineConfig } from 'vitest/config'

const tests = JSON.parse(process.env.LAYERGYM_MUTANTS_TESTS ?? '["test"]') as readonly string[]

export default defineConfig({
  test: {
    include: tests.map(path => (path.endsWith('.ts') ? path : `${path}/**/*.test.ts`)),
    exclude: [
      ...['test/**/*.long.test.ts', 'test/**/*-learning.test.ts', 'test/e2e/memory*.test.ts'],
      // Becomes another user, which a thread can't.
      'test/data/clip-cache-user.test.ts',
    ],
    globalSetup: ['test/support/clip-cache.ts'],
    pool: 'threads',
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
})
