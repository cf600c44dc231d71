import { join } from 'node:path'
import { expect, test } from 'vitest'
import { median } from '../../src/common/quantile.ts'
import { tf } from '../../src/models/tf.ts'
import { fineTune } from '../../src/runner/jobs/fine-tune/job.ts'
import { CACHE, MODEL, workspace, writeManifest } from '../support/e2e.ts'

const EPISODES = 200

test(`over ${EPISODES} episodes of a small net the resident set is flat and tensors are as many`, async () => {
  const folder = workspace()
  const resident: number[] = []
  const tensors = new Set<number>()
  await fineTune(
    {
      model: MODEL,
      data: writeManifest(folder),
      cache: CACHE,
      out: join(folder, 'run'),
      groups: 2,
      frames: 2,
      size: 28,
      batchSize: 4,
      episodes: EPISODES,
      budgetSteps: 12,
      roundSteps: 3,
      baselines: [],
      baselineSeeds: 1,
    },
    {
      clock: Date.now,
      signal: new AbortController().signal,
      onEvent: ({ type }) => {
        if (type !== 'episode') return
        resident.push(process.memoryUsage.rss() / 2 ** 20)
        tensors.add(tf.memory().numTensors)
      },
    },
  )
  // The heap breathes: medians of a tenth of the episodes each.
  const tenth = EPISODES / 10
  const medians = Array.from({ length: 10 }, (_, i) => median(resident.slice(i * tenth, (i + 1) * tenth)))
  process.stdout.write(`resident set, MB, by tenths: ${medians.map(Math.round).join(' ')}\n`)
  expect(tensors.size).toBe(1)
  // From the second tenth on, when caches and the JIT are warm.
  expect(medians[9] - medians[1]).toBeLessThan(Math.max(20, 0.05 * medians[1]))
})
