import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { BenchmarkSummary } from '../../src/runner/jobs/benchmark/summary.ts'
import type { StudyResult } from '../../src/runner/jobs/study/summary.ts'
import { CACHE, eventsOf, layergym, MODEL, workspace, writeManifest } from '../support/e2e.ts'
import { writeBrokenPlugin } from '../support/plugins.ts'

const folder = workspace()
const data = writeManifest(folder)
const plugin = writeBrokenPlugin(folder)

test('a contender that fails is named, the others are compared, and the command ends with 1', async () => {
  const config = join(folder, 'study.yaml')
  const settings = {
    ...{ model: MODEL, cache: CACHE, groups: 2, frames: 2, size: 28, 'batch-size': 4 },
    ...{ 'budget-steps': 6, 'round-steps': 2, threads: 1, plugin: [plugin] },
  }
  const contenders = {
    broken: { agent: 'broken', control: 'shared', budget: 3 },
    full: { schedule: 'fullFineTune' },
    probe: { schedule: 'linearProbe' },
  }
  const file = {
    settings,
    'held-out': { one: { data } },
    contenders,
    seeds: 2,
    reference: 'broken',
    workers: 1,
  }
  writeFileSync(config, JSON.stringify(file))
  const out = join(folder, 'study')
  const { code, out: text, err } = await layergym(['study', '--config', config, '--out', out, '--json'])
  expect(code, err).toBe(1)
  const cause = 'all episodes of an update failed: out of order'
  expect(err).toContain(`error: 2 units failed: one/1/broken (${cause}), one/2/broken (${cause})`)
  const { summary, done, of, hash } = JSON.parse(text) as StudyResult
  expect([done, of]).toEqual([6, 6])
  expect(hash).toBe(summary?.hash)
  expect(summary?.failed).toEqual([1, 2].map(seed => ({ unit: `one/${seed}/broken`, cause })))
  expect(summary?.contenders.map(({ id }) => id)).toEqual(['full', 'probe'])
  expect(summary?.reference).toBe('full')
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('one/2/broken: all episodes')
  const notices = eventsOf(out).filter(({ type, unit }) => type === 'notice' && unit === 'one/1')
  expect(notices.map(({ message }) => message)).toContainEqual(
    expect.stringContaining('2 classes (bin, set)'),
  )
  // Tried again: it is still broken.
  const again = await layergym(['resume', out])
  expect(again.code).toBe(1)
  expect(again.out).toContain(`failed: one/1/broken: ${cause}`)
})

test('an agent of a benchmark that fails is named, and the others are compared', async () => {
  const out = join(folder, 'benchmark')
  const argv = ['--env', 'CartPole-v1', '--agents', 'broken,random', '--plugin', plugin, '--seeds', '2']
  const small = ['--steps', '500', '--eval-episodes', '2', '--workers', '2', '--out', out, '--json']
  const { code, out: text, err } = await layergym(['benchmark', ...argv, ...small])
  expect(code, err).toBe(1)
  const { agents, failed } = JSON.parse(text) as BenchmarkSummary
  expect(agents.map(({ agent, runs }) => [agent, runs.length])).toEqual([['random', 2]])
  expect(failed).toEqual([1, 2].map(seed => ({ unit: `broken/${seed}`, cause: 'out of order' })))
  expect(err).toContain('2 units failed: broken/1 (out of order), broken/2 (out of order)')
  expect(existsSync(join(out, 'summary.json'))).toBe(true)
})
