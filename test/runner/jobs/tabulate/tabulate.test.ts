import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TabulateSummary } from '../../../../src/runner/jobs/tabulate/summary.ts'
import { CACHE, layergym, MODEL, workspace, writeManifest } from '../../../support/e2e.ts'

const folder = workspace()
const data = writeManifest(folder)
const flags = [
  ...['--model', MODEL, '--data', data, '--cache', CACHE, '--groups', '2', '--frames', '2', '--size', '28'],
  ...['--batch-size', '4', '--budget-steps', '6', '--threads', '1', '--json'],
]

async function tabulated(name: string, more: readonly string[]): Promise<TabulateSummary> {
  const { code, out, err } = await layergym(['tabulate', ...flags, '--out', join(folder, name), ...more])
  expect(code, err).toBe(0)
  return JSON.parse(out)
}

test('a real tree, the same by one process and by two through a queue; agents learn on its table', {
  timeout: 180_000,
}, async () => {
  const alone = await tabulated('alone', ['--depth', '2', '--workers', '1'])
  expect(alone).toMatchObject({ depth: 2, roundSteps: 3, rounds: 3 + 9, runs: 9, metric: 'accuracy' })
  expect(Object.keys(alone.choices).at(-1)).toBe('all')
  const [best] = alone.players
  expect(best).toMatchObject({ name: 'best possible', regret: 0, return: alone.best[0].return })
  const queue = `file:${join(folder, 'queue')}`
  const shared = await tabulated('shared', ['--depth', '2', '--workers', '2', '--queue', queue])
  expect(shared.hash).toBe(alone.hash)
  for (const name of ['table.json', 'table.csv'])
    expect(readFileSync(join(folder, 'shared', name))).toEqual(readFileSync(join(folder, 'alone', name)))

  const options = JSON.stringify({ table: alone.table })
  const train = ['train', '--env', 'layergym/Table-v0', '--env-options', options, '--agent', 'ppo']
  const { code, out, err } = await layergym([
    ...[...train, '--steps', '4000', '--eval-episodes', '1', '--out', join(folder, 'train'), '--json'],
  ])
  expect(code, err).toBe(0)
  const { evaluation, settings } = JSON.parse(out)
  expect(settings.rewardThreshold).toBeCloseTo(best.return, 8)
  expect(evaluation.meanReturn).toBeLessThanOrEqual(best.return + 1e-9)
  const random = alone.players.find(({ name }) => name === 'at random')
  expect(evaluation.meanReturn).toBeGreaterThan(random?.return as number)
})

test('choices that do not fit the network are refused with its groups', async () => {
  const { code, err } = await layergym(['tabulate', ...flags, '--choices', '{"all":[0.001]}'])
  expect(code).toBe(2)
  expect(err).toMatch(/'all' of 'choices' has 1 rate, and the network has 2 groups: /)
})
