import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { benchmark as anyBenchmark, benchmarkJob } from '../../../../src/runner/jobs/benchmark/job.ts'
import { renderBenchmarkReport } from '../../../../src/runner/jobs/benchmark/report.ts'
import { resume } from '../../../../src/runner/runs/drive.ts'
import { concluded } from '../../../../src/runner/runs/job.ts'
import { foreignFiles } from '../../../../src/runner/runs/run-files.ts'

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

const MATRIX = {
  ...{ env: 'Bandit-v0,FrozenLake-v1', agents: 'random', steps: 100, seeds: 2, evalEpisodes: 3, workers: 1 },
  variants: { 'short sight': { agent: 'reinforce', gamma: 0.5, learningRate: 0.02 } },
}

test('several environments and variants: a run each, whatever was interrupted', async () => {
  const values = MATRIX
  const [whole, cut] = [join(root, 'matrix'), join(root, 'matrix-cut')]
  const summary = await anyBenchmark({ ...values, out: whole }, hooks())
  if (!('environments' in summary)) throw new Error('of one environment')
  expect(summary.environments.map(({ env, agents }) => [env, agents.map(({ agent }) => agent)])).toEqual([
    ['Bandit-v0', ['random', 'short sight']],
    ['FrozenLake-v1', ['random', 'short sight']],
  ])
  const run = JSON.parse(readFileSync(join(whole, 'Bandit-v0@short sight-2', 'config.json'), 'utf8'))
  expect(run).toMatchObject({ agent: 'reinforce', gamma: 0.5, agentConfig: { learningRate: 0.02 } })
  expect(await foreignFiles(whole, JSON.parse(readFileSync(join(whole, 'config.json'), 'utf8')))).toEqual([])
  const controller = new AbortController()
  let told = 0
  const stop = () => {
    told++
    if (told === 5) controller.abort()
  }
  await expect(anyBenchmark({ ...values, out: cut }, hooks(stop, controller.signal))).rejects.toThrow(
    /interrupted/,
  )
  expect(concluded(await resume(benchmarkJob, cut, hooks()))).toMatchObject({ hash: summary.hash })
})

test('a matrix that two processes fetch from a queue, every run twice: the same hash and table', {
  timeout: 120_000,
}, async () => {
  const [alone, shared] = [join(root, 'matrix-alone'), join(root, 'matrix-shared')]
  const { hash } = await anyBenchmark({ ...MATRIX, out: alone }, hooks())
  const queue = `file:${join(root, 'queue')}`
  const fetched = await anyBenchmark({ ...MATRIX, workers: 2, queue, verify: '100%', out: shared }, hooks())
  expect(fetched.hash).toBe(hash)
  const table = (dir: string) => readFileSync(join(dir, 'results.csv'), 'utf8')
  expect(table(shared)).toBe(table(alone))
  const lines = readFileSync(join(shared, 'events.jsonl'), 'utf8').trimEnd().split('\n')
  const told = lines.map(line => JSON.parse(line).message)
  expect(told).toContain('8 units done twice, with the same results')
})

test('variants in one environment stand beside agents as they come', async () => {
  const variants = { patient: { agent: 'random', envs: 2 } }
  const { agents, variants: said } = await benchmark(
    { ...SMALL, agents: 'random', steps: 200, variants, workers: 1, out: join(root, 'variants') },
    hooks(),
  )
  expect(agents.map(({ agent }) => agent)).toEqual(['random', 'patient'])
  expect(said).toEqual(variants)
})

describe('mistakes are refused before anything runs', () => {
  test.each([
    [{ agents: 'reinforce,pppo' }, /pppo/],
    [{ agents: 'none' }, /at least one agent/],
    [{ agentConfigs: { dqn: {} } }, /'dqn', which is not compared/],
    [{ agents: 'ppo', agentConfigs: { ppo: { clipp: 1 } } }, /'clip'/],
    [{ env: 'Pendulum-v1', agents: 'ppo,dqn' }, /agent 'dqn' can't act here/],
    [{ seeds: 0 }, /'seeds' can't be 0/],
    [{ agents: 'random,random' }, /'random' is compared twice/],
    [{ variants: { random: {} } }, /'random' is compared twice/],
    [{ variants: { 'a/b': { agent: 'ppo' } } }, /'a\/b'/],
    [{ variants: { mine: {} } }, /mine/],
    [{ variants: { mine: { agent: 'ppo', clipp: 1 } } }, /'clip'/],
    [{ references: { 'CartPole-v1': { upper: 1 } } }, /give --env several/],
    [{ env: 'CartPole-v1,CartPole' }, /'CartPole-v1' is compared twice/],
    [{ env: ['CartPole-v1', 'Chain-v0'] }, /no upper reference return of Chain-v0 is known.*min-max/],
    [
      { env: ['CartPole-v1', 'Bandit-v0'], envOptions: { maxEpisodeSteps: 9 } },
      /no upper reference return of CartPole-v1 with these options/,
    ],
    [
      { env: ['CartPole-v1'], references: { 'CartPole-v1': { lower: 600 } } },
      /lower 600 is not below upper 475/,
    ],
    [{ env: ['CartPole-v1'], references: { 'Chain-v0': { lower: 6 } } }, /'Chain-v0', which is not compared/],
    [{ env: ['CartPole-v1', 'Pendulum-v1'], agents: 'dqn' }, /agent 'dqn' can't act here/],
    [
      { env: ['CartPole-v1'], scores: 'min-max', references: { 'CartPole-v1': { lower: 6 } } },
      /leave one of them out/,
    ],
    [{ evalEpisodes: 0 }, /'eval-episodes' can't be "?0/],
  ])('%j', async (given, message) => {
    const out = join(root, 'refused')
    await expect(benchmark({ ...SMALL, ...given, out }, hooks())).rejects.toThrow(message)
    expect(existsSync(out)).toBe(false)
  })
})
