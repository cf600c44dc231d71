import { expect, test } from 'vitest'
import { tidyTable } from '../../../../src/runner/jobs/benchmark/table.ts'

test('a comparison as a tidy table: a row an episode, at its own step, and one for the end', () => {
  const run = { env: 'CartPole-v1', agent: 'ppo', variant: 'ppo, "plain"', seed: 1, hash: '' }
  const curve = [
    { step: 50, returns: [20, 22.5], lengths: [20, 22], ends: [20, 42] },
    { step: 100, returns: [], lengths: [], ends: [] },
  ]
  const evaluations = [
    { step: 50, returns: [1], meanLength: 1 },
    { step: 100, returns: [98, 101], meanLength: 99 },
  ]
  const all = { ...run, meanReturn: 99.5, curve, evaluations, evalEpisodes: 2, stepsPerSecond: 1 }
  expect(tidyTable([all])).toBe(
    [
      'env,agent,variant,seed,phase,step,return,length',
      'CartPole-v1,ppo,"ppo, ""plain""",1,training,20,20,20',
      'CartPole-v1,ppo,"ppo, ""plain""",1,training,42,22.5,22',
      'CartPole-v1,ppo,"ppo, ""plain""",1,evaluation,100,99.5,99',
      '',
    ].join('\n'),
  )
})
