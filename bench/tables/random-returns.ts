/**
 * The random returns of src/runner/jobs/benchmark/references.ts: 10,000 episodes of uniform actions, masks kept, from
 * seed 1: npx tsx bench/tables/random-returns.ts [ENV…]
 */
import { Rng } from '../../src/common/random.ts'
import { mean, standardDeviation } from '../../src/common/statistics.ts'
import { makeEnvAsync, registeredEnvs } from '../../src/envs/registry.ts'

const EPISODES = 10_000
const asked = process.argv.slice(2)

for (const [id, { heavy }] of registeredEnvs()) {
  if (heavy || (asked.length > 0 && !asked.includes(id))) continue
  const rng = Rng.of(1, 'random returns', id)
  const env = await makeEnvAsync<unknown, unknown>(id)
  const returns: number[] = []
  while (returns.length < EPISODES) {
    await env.reset({ seed: rng.int(2 ** 31) })
    let total = 0
    for (let ended = false; !ended; ) {
      const step = await env.step(env.actionSpace.sample(rng, env.actionMask?.()))
      total += step.reward
      ended = step.terminated || step.truncated
    }
    returns.push(total)
  }
  const error = standardDeviation(returns) / Math.sqrt(EPISODES)
  console.log(`${id}: ${mean(returns).toFixed(4)} (standard error ${error.toFixed(4)})`)
}
