import { existsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

const tests = JSON.parse(process.env.LAYERGYM_MUTANTS_TESTS ?? '["test"]') as readonly string[]

export default defineConfig({
  test: {
    include: tests
      .map(path => (existsSync(path) ? `${path}/**/*.test.ts` : path))
      .map(path => path.replace(/\.ts\/\*\*.*$/, '.ts')),
    exclude: ['test/**/*.long.test.ts', 'test/**/*-learning.test.ts'],
    globalSetup: ['test/support/clip-cache.ts'],
    pool: 'threads',
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
