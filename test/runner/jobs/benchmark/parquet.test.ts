import { parquetReadObjects } from 'hyparquet'
import { expect, test } from 'vitest'
import { parquetTables } from '../../../../src/runner/jobs/benchmark/parquet.ts'
import { configOf, outcomes } from '../../../support/benchmark.ts'

const rowsOf = (bytes: Uint8Array) => parquetReadObjects({ file: bytes.slice().buffer })

test('runs with their scores, episodes at their own step, greedy episodes', async () => {
  const runs = outcomes()
  const tables = parquetTables(configOf(), runs)
  const [first] = await rowsOf(tables['runs.parquet'])
  const { env, agent, variant, hash, meanReturn } = runs[0]
  expect(first).toEqual({
    ...{ env, agent, variant, hash, seed: 0n, steps_per_second: 1000, return: meanReturn },
    score: expect.closeTo((meanReturn - 22.1) / (475 - 22.1), 12),
  })
  const episodes = await rowsOf(tables['episodes.parquet'])
  expect(episodes).toHaveLength(48)
  expect(episodes[1]).toEqual({ env, agent, variant, seed: 0n, step: 150n, return: meanReturn, length: 10n })
  const evaluations = await rowsOf(tables['evaluations.parquet'])
  expect(evaluations[0]).toEqual({
    ...{ env, agent, variant, seed: 0n },
    ...{ step: 200n, episode: 0n, return: meanReturn },
  })
})

test('of one environment alone, runs have no score', async () => {
  const runs = outcomes().filter(({ env }) => env === 'CartPole-v1')
  const tables = parquetTables(configOf({ env: 'CartPole-v1' }), runs)
  const rows = await rowsOf(tables['runs.parquet'])
  expect(rows).toHaveLength(12)
  expect(rows.every(({ score }) => Number.isNaN(score))).toBe(true)
})
