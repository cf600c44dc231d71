import { defineConfig } from 'vitest/config'

// `npm test -- --long` (scripts/test.mjs) runs the long tests, and only them.
const long = process.env.LAYERGYM_LONG === '1'

export default defineConfig({
  test: {
    include: [long ? 'test/**/*.long.test.ts' : 'test/**/*.test.ts'],
    exclude: long ? [] : ['test/**/*.long.test.ts'],
    globalSetup: ['test/support/clip-cache.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: long ? 1_200_000 : 60_000,
    hookTimeout: 60_000,
  },
})
