import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { benchmark as anyBenchmark, benchmarkJob } from '../../../../src/runner/jobs/benchmark/job.ts'
import { renderBenchmarkReport } from '../../../../src/runner/jobs/benchmark/report.ts'
import { resume } from '../../../../src/runner/runs/drive.ts'
import { concluded } from '../../../../src/runner/runs/job.ts'

const root = mkdtempSync(join(tmpdir(), 'layergym-benchmark-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const SMALL = { env: 'CartPole-v1', steps: 1500, evalEpisodes: 5, seeds: 2, agents: 'reinforce,random' }
const hooks = (onEvent: () => void = () => undefined, signal = new AbortController().signal) => ({
  signal,
  clock: () => performance.now(),
  onEvent,
})

type Hooks = ReturnType<typeof hooks>
const inOne = (summary: Awaited<ReturnType<typeof anyBenchmark>>) => {
  if ('environments' in summary) throw new Error('of several environments')
  return summary
}
const benchmark = async (values: Record<string, unknown>, own: Hooks) =>
  inOne(await anyBenchmark(values, own))
const resumeBenchmark = async (dir: string, own: Hooks) =>
  inOne(concluded(await resume(benchmarkJob, dir, own)))

test('every agent with every seed, what differs beyond chance, and a page of it', async () => {
  const out = join(root, 'whole')
  const summary = await benchmark({ ...SMALL, out }, hooks())
  expect(summary.agents.map(({ agent, runs }) => [agent, runs.map(run => run.seed)])).toEqual([
    ['reinforce', [1, 2]],
    ['random', [1, 2]],
  ])
  for (const { mean, interval, runs } of summary.agents) {
    const returns = runs.map(run => run.meanReturn)
    expect(mean).toBeCloseTo((returns[0] + returns[1]) / 2)
    expect(interval?.[0]).toBeLessThanOrEqual(mean)
    expect(interval?.[1]).toBeGreaterThanOrEqual(mean)
  }
  expect(summary.differences).toHaveLength(1)
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toBe(renderBenchmarkReport(summary))
  expect(existsSync(join(out, 'random-2', 'report.html'))).toBe(true)
  const rows = readFileSync(join(out, 'results.csv'), 'utf8').trimEnd().split('\n')
  expect(rows.filter(row => row.includes(',evaluation,'))).toHaveLength(4)
  const random = summary.agents[1].runs[1]
  expect(rows[rows.length - 1]).toMatch(
    `CartPole-v1,random,random,2,evaluation,${random.curve.at(-1)?.step},${random.meanReturn},`,
  )
  expect(await resumeBenchmark(out, hooks())).toEqual(JSON.parse(JSON.stringify(summary)))
})

test('interrupted and resumed, the runs have the hashes that they would have had', async () => {
  const [whole, cut] = [join(root, 'expected'), join(root, 'cut')]
  const values = { ...SMALL, agents: 'reinforce', seed: 7, workers: 1 }
  const hashes = (summary: Awaited<ReturnType<typeof benchmark>>) =>
    summary.agents.map(({ runs }) => runs.map(run => run.hash))
  const expected = await benchmark({ ...values, out: whole }, hooks())
  const controller = new AbortController()
  let told = 0
  const stopAfterFirst = () => {
    told++
    if (told === 2) controller.abort()
  }
  await expect(benchmark({ ...values, out: cut }, hooks(stopAfterFirst, controller.signal))).rejects.toThrow(
    /interrupted/,
  )
  expect(existsSync(join(cut, 'summary.json'))).toBe(false)
  expect(hashes(await resumeBenchmark(cut, hooks()))).toEqual(hashes(expected))
})

describe('mistakes are refused before anything runs', () => {
  test.each([
    [{ agents: 'reinforce,pppo' }, /pppo/],
    [{ agents: 'none' }, /at least one agent/],
    [{ agentConfigs: { dqn: {} } }, /'dqn', which is not compared/],
    [{ agents: 'ppo', agentConfigs: { ppo: { clipp: 1 } } }, /'clip'/],
    [{ env: 'Pendulum-v1', agents: 'ppo,dqn' }, /agent 'dqn' can't act here/],
    [{ seeds: 0 }, /'seeds' can't be 0/],
  ])('%j', async (given, message) => {
    const out = join(root, 'refused')
    await expect(benchmark({ ...SMALL, ...given, out }, hooks())).rejects.toThrow(message)
    expect(existsSync(out)).toBe(false)
  })
})
