import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import type { Clip } from '../../src/data/dataset.ts'
import { loadDataset } from '../../src/data/load.ts'
import { splitDataset } from '../../src/data/split.ts'
import { CACHE, layergym, MODEL, smallRun, workspace, writeManifest } from '../support/e2e.ts'

/** Clips whose pixels are asked for, and the lines of progress, as they come. */
const seen: (string | readonly string[])[] = []

vi.mock('../../src/data/source.ts', async original => {
  const source = await original<typeof import('../../src/data/source.ts')>()
  return {
    ...source,
    openClipSource(options: Parameters<typeof source.openClipSource>[0]) {
      const opened = source.openClipSource(options)
      return {
        ...opened,
        batch(clips: readonly Clip[], ...how: [never]) {
          seen.push(clips.map(({ id }) => id))
          return opened.batch(clips, ...how)
        },
        see(clips: readonly Clip[], ...how: [never]) {
          seen.push(clips.map(({ id }) => id))
          return opened.see(clips, ...how)
        },
      }
    },
  }
})

const folder = workspace()
const data = writeManifest(folder)
afterEach(() => seen.splice(0))

async function watched(argv: readonly string[]): Promise<void> {
  const { code, err } = await layergym(argv, text => seen.push(text))
  expect(code, err).toBe(0)
}

async function testClips(seed: number): Promise<ReadonlySet<string>> {
  const { splits } = splitDataset(await loadDataset(data), { seed })
  return new Set(splits.test.map(({ id }) => id))
}

const isRead = (test: ReadonlySet<string>) => (entry: string | readonly string[]) =>
  typeof entry !== 'string' && entry.some(id => test.has(id))

test('fine-tune reads the test split when everything has been chosen: after searches, learning and the greedy run', async () => {
  const baselines = 'linearProbe,fullFineTune'
  await watched(smallRun(folder, { baselines, 'baseline-rates': 2, out: join(folder, 'run') }))
  const first = seen.findIndex(isRead(await testClips(1)))
  const announced = seen.findIndex(entry => typeof entry === 'string' && entry.startsWith('final runs'))
  const chosen = seen.flatMap((entry, i) =>
    typeof entry === 'string' && /^(saved|greedy run|episode|full fine-tuning, rate)/.test(entry) ? [i] : [],
  )
  expect(chosen.length).toBeGreaterThan(8)
  expect(announced).toBeGreaterThan(Math.max(...chosen))
  expect(first).toBeGreaterThan(announced)
})

test('study reads it once a contender: when its rate was found, its agent has learned, its search has ended', async () => {
  const config = join(folder, 'study.yaml')
  const settings = {
    ...{ model: MODEL, cache: CACHE, groups: 2, frames: 2, size: 28, 'batch-size': 4 },
    ...{ 'budget-steps': 6, 'round-steps': 2, threads: 1 },
  }
  const contenders = {
    rates: { schedule: 'fullFineTune', tries: 3 },
    agent: { agent: 'ppo', control: 'shared', budget: 3, 'agent-config': { episodesPerUpdate: 1 } },
    search: { search: 'asha', budget: 3 },
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    config,
    JSON.stringify({ settings, 'held-out': { only: { data } }, contenders, seeds: 1, workers: 1 }),
  )
  await watched(['study', '--config', config, '--out', join(folder, 'study'), '--json'])
  const read = isRead(await testClips(1))
  const ends = Object.keys(contenders).map(id =>
    seen.findIndex(entry => typeof entry === 'string' && entry.includes(`seed 1: ${id}:`)),
  )
  for (const [i, end] of ends.entries()) {
    const own = seen.slice(i === 0 ? 0 : ends[i - 1], end).filter(entry => typeof entry !== 'string')
    const reads = own.map(read)
    const first = reads.indexOf(true)
    expect(first).toBeGreaterThan(0)
    // Nothing else is looked at afterwards.
    expect(reads.slice(first).every(Boolean)).toBe(true)
  }
})
