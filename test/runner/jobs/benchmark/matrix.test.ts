import { describe, expect, test } from 'vitest'
import { renderMatrixReport } from '../../../../src/runner/jobs/benchmark/matrix/report.ts'
import { summarizeMatrix } from '../../../../src/runner/jobs/benchmark/matrix/summarize.ts'
import { headlineOf } from '../../../../src/runner/jobs/benchmark/matrix/verdict.ts'
import { matrixWords } from '../../../../src/runner/jobs/benchmark/matrix/words.ts'
import { configOf, FACTS, outcomes } from '../../../support/benchmark.ts'

const summaryOf = (values: object = {}, runs = outcomes()) =>
  summarizeMatrix({ config: configOf(values), runs, failed: [] }, FACTS)

/** Bootstraps take a while: once. */
const WHOLE = summaryOf()

const scored = (summary: ReturnType<typeof summaryOf>, agent: string) =>
  summary.aggregates.find(own => own.agent === agent)

describe('scores over environments', () => {
  test('are 0 for uniform actions and 1 where it is solved, with where that comes from', () => {
    const summary = WHOLE
    expect(summary.environments.map(({ reference }) => reference)).toEqual([
      {
        lower: { value: 22.1, source: 'uniform actions, 10,000 episodes' },
        upper: { value: 475, source: 'solved, as the environment says' },
      },
      {
        lower: { value: 0.013, source: 'uniform actions, 10,000 episodes' },
        upper: { value: 0.7, source: 'solved, as the environment says' },
      },
    ])
    expect(scored(summary, 'random')?.mean.value).toBeCloseTo(0, 3)
    expect(scored(summary, 'ppo')?.mean.value).toBeCloseTo(1, 6)
    expect(scored(summary, 'dqn')?.optimalityGap.value).toBeCloseTo(0.5, 1)
    const [low, high] = scored(summary, 'dqn')?.mean.interval ?? []
    expect(low).toBeLessThan(scored(summary, 'dqn')?.mean.value ?? 0)
    expect(high).toBeGreaterThan(scored(summary, 'dqn')?.mean.value ?? 1)
  })

  test('by references that are given, and by the lowest and highest run', () => {
    const given = summaryOf({ references: { 'CartPole-v1': { lower: 0, upper: 500, source: 'the rules' } } })
    expect(given.environments[0].reference).toEqual({
      lower: { value: 0, source: 'the rules' },
      upper: { value: 500, source: 'the rules' },
    })
    const all = summaryOf({ scores: 'min-max' }).environments.flatMap(({ agents }) =>
      agents.flatMap(({ runs }) => runs.map(({ score }) => score)),
    )
    expect(Math.min(...all)).toBe(0)
    expect(Math.max(...all)).toBe(1)
  })

  test('the random agent’s own mean where nothing else is known', () => {
    const values = { envOptions: { maxEpisodeSteps: 50 }, references: { 'CartPole-v1': { upper: 50 } } }
    const config = configOf({ ...values, env: ['CartPole-v1'] })
    const runs = outcomes().filter(({ env }) => env === 'CartPole-v1')
    const [{ reference }] = summarizeMatrix({ config, runs, failed: [] }, FACTS).environments
    expect(reference.lower.source).toBe('the random agent here')
    expect(reference.lower.value).toBeCloseTo(22.1, 6)
  })

  test('curves begin when every run has ended an episode, and take each at its own step', () => {
    const { grid, aggregates } = WHOLE
    const { values, low } = aggregates[0].curve
    expect(grid[9]).toBe(40)
    expect(values.slice(0, 9)).toEqual(new Array(9).fill(null))
    expect(values[9]).not.toBeNull()
    // The second episode ended at 150: the mean of both from there on.
    expect(values[36]).toBe(values[9])
    expect(values[37]).toBeGreaterThan(values[36] ?? 0)
    expect(low).toHaveLength(grid.length)
  })
})

describe('what is told apart', () => {
  test('one family over environments and within them, and what could have been seen', () => {
    const { comparisons, improvements, environments } = WHOLE
    expect(comparisons).toBe(9)
    expect(improvements.map(({ of, from, better }) => [of, from, better])).toEqual([
      ['ppo', 'dqn', true],
      ['ppo', 'random', true],
      ['dqn', 'random', true],
    ])
    expect(improvements[0]).toMatchObject({ probability: 1, probabilityInterval: [1, 1] })
    const pairs = environments.flatMap(({ differences }) => differences)
    expect(pairs).toHaveLength(6)
    for (const { detectable } of [...improvements, ...pairs]) expect(detectable).toBeGreaterThan(0)
    const few = summaryOf({}, outcomes(['ppo', 'dqn']))
    expect(few.comparisons).toBe(3)
    // Fewer comparisons, a smaller difference that is seen.
    expect(few.improvements[0].detectable).toBeLessThan(improvements[0].detectable ?? 0)
  })

  test('a single seed has scores, and no interval or claim', () => {
    const { aggregates, improvements } = summaryOf({ seeds: 1 }, outcomes(undefined, 1))
    expect(aggregates[0].mean).toEqual({ value: expect.closeTo(1, 6) })
    expect(aggregates[0].profile.low).toBeUndefined()
    expect(improvements.every(({ better, detectable }) => !better && detectable === undefined)).toBe(true)
  })

  test('who has no run in one environment is left out over environments, and kept in the others', () => {
    const runs = outcomes().filter(({ env, agent }) => !(agent === 'dqn' && env === 'FrozenLake-v1'))
    const summary = summaryOf({}, runs)
    const { aggregates, environments } = summary
    expect(aggregates.map(({ agent }) => agent)).toEqual(['ppo', 'random'])
    expect(matrixWords(summary)).toMatch(/dqn +│ - +│ - +│ - +│ 248.55 +│ - /)
    expect(renderMatrixReport(summary)).toContain('in the tables of the others alone: dqn.')
    expect(environments.map(({ agents }) => agents.map(({ agent }) => agent))).toEqual([
      ['ppo', 'dqn', 'random'],
      ['ppo', 'random'],
    ])
  })
})

test('the page says who is the best, by what scale, and draws profiles and curves with bands', () => {
  const summary = WHOLE
  expect(headlineOf(summary)).toEqual({ headline: 'ppo is the best over 2 environments', clear: true })
  const page = renderMatrixReport(summary)
  for (const text of [
    'FrozenLake-v1',
    'solved, as the environment says',
    'optimality gap',
    'all 9 differences',
  ])
    expect(page).toContain(text)
  expect(page.match(/<svg role="img"/g)).toHaveLength(2)
  expect(page).not.toMatch(/NaN|undefined/)
  expect(renderMatrixReport(JSON.parse(JSON.stringify(summary)))).toBe(page)
  expect(matrixWords(summary)).toContain('ppo − dqn')
})
