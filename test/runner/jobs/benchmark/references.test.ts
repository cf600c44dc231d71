import { expect, test } from 'vitest'
import { Rng } from '../../../../src/common/random.ts'
import { mean, standardDeviation } from '../../../../src/common/statistics.ts'
import { makeEnv } from '../../../../src/envs/registry.ts'
import { RANDOM_RETURNS } from '../../../../src/runner/jobs/benchmark/references.ts'

const EPISODES = 40

test.each(Object.entries(RANDOM_RETURNS))('uniform actions in %s return about %d', (id, expected) => {
  const rng = Rng.of(5, id)
  const env = makeEnv<unknown, unknown>(id)
  const returns = Array.from({ length: EPISODES }, () => {
    env.reset({ seed: rng.int(2 ** 31) })
    for (let total = 0; ; ) {
      const step = env.step(env.actionSpace.sample(rng, env.actionMask?.()))
      if (step instanceof Promise) throw new Error(`${id} answers late`)
      total += step.reward
      if (step.terminated || step.truncated) return total
    }
  })
  // Six standard errors, of returns that may be one value nearly always, and rounding.
  const error = Math.max(standardDeviation(returns), 0.02 * Math.abs(expected), 0.05) / Math.sqrt(EPISODES)
  expect(Math.abs(mean(returns) - expected)).toBeLessThan(6 * error + 0.05)
})
