import { expect, test } from 'vitest'
import { Rng } from '../../../../src/common/random.ts'
import { mean } from '../../../../src/common/statistics.ts'
import { differencesOf } from '../../../../src/runner/jobs/benchmark/differences.ts'

const agentOf = (agent: string, returns: readonly number[]) => ({
  agent,
  mean: mean(returns),
  runs: returns.map((meanReturn, seed) => ({
    seed,
    runDir: '',
    hash: '',
    meanReturn,
    stepsPerSecond: 1,
    curve: [],
  })),
})

test('what one pair alone would show needs more among many', () => {
  const pair = [agentOf('a', [10, 11, 12, 11]), agentOf('b', [13, 12, 14, 13.5])]
  const [alone] = differencesOf(pair)
  expect(alone).toMatchObject({ of: 'b', from: 'a', better: true })
  const many = Array.from({ length: 8 }, (_, i) => agentOf(`other ${i}`, [12, 11.5, 12.5, 12 + i / 100]))
  const among = differencesOf([...pair, ...many]).find(({ of, from }) => of === 'b' && from === 'a')
  expect(among).toMatchObject({ interval: alone.interval, better: false })
})

test('a single seed tells nothing', () => {
  expect(differencesOf([agentOf('a', [1]), agentOf('b', [500])])).toEqual([
    { of: 'b', from: 'a', mean: 499, probability: 1, better: false },
  ])
})

test('of tables of six equal agents, at most one in twenty tells any two apart', () => {
  const rng = Rng.of(1, 'equal agents')
  const tables = Array.from({ length: 200 }, () =>
    differencesOf(
      Array.from({ length: 6 }, (_, i) =>
        agentOf(
          `${i}`,
          [1, 2, 3, 4, 5].map(() => rng.normal()),
        ),
      ),
    ),
  )
  const told = tables.filter(differences => differences.some(({ better }) => better)).length
  // Of 200 at 5 %, 19 and more are found in one run of a hundred.
  expect(told).toBeLessThanOrEqual(18)
})
