import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// `npm test -- --long` (scripts/test.mjs) runs the long tests, and only them.
const long = process.env.LAYERGYM_LONG === '1'

/** Rooms whose files take minutes, first: else one of them begins when all others are done. */
const SLOW = ['/test/docs/', '/test/e2e/', '/test/runner/instances/']

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const slow = SLOW.flatMap(room => sorted.filter(({ moduleId }) => moduleId.includes(room)))
    return [...slow, ...sorted.filter(file => !slow.includes(file))]
  }
}

export default defineConfig({
  test: {
    include: [long ? 'test/**/*.long.test.ts' : 'test/**/*.test.ts'],
    exclude: long ? [] : ['test/**/*.long.test.ts'],
    globalSetup: ['test/support/clip-cache.ts'],
    sequence: { sequencer: SlowFirst },
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: long ? 1_200_000 : 60_000,
    hookTimeout: 60_000,
  },
})
