import { benchmarkSchema } from '../../src/runner/jobs/benchmark/config.ts'
import type { summarizeMatrix } from '../../src/runner/jobs/benchmark/matrix/summarize.ts'
import type { Outcome } from '../../src/runner/jobs/benchmark/outcome.ts'

export const ENVS = ['CartPole-v1', 'FrozenLake-v1']
export const FACTS = { runDir: '/run', hash: 'abc', origin: { versions: {} } } as unknown as Parameters<
  typeof summarizeMatrix
>[1]

/** Two environments, `ppo` far better than `dqn` than `random` in both. */
const LEVELS: Readonly<Record<string, readonly number[]>> = {
  ppo: [475, 0.7],
  dqn: [248.55, 0.35],
  random: [22.1, 0.013],
}

function outcome(env: string, agent: string, seed: number, meanReturn: number): Outcome {
  const curve = [
    { step: 100, returns: [meanReturn / 2], lengths: [10], ends: [40] },
    { step: 200, returns: [meanReturn], lengths: [10], ends: [150] },
  ]
  return {
    ...{ env, agent, variant: agent, seed, meanReturn, curve, hash: `${env}${agent}${seed}` },
    ...{ evalEpisodes: 5, stepsPerSecond: 1000, rewardThreshold: env === 'CartPole-v1' ? 475 : 0.7 },
    evaluations: [{ step: 200, returns: [meanReturn], meanLength: 10 }],
  }
}

/** Runs of all in both environments, each seed a little better. */
export function outcomes(agents = Object.keys(LEVELS), seeds = 4) {
  return ENVS.flatMap((env, e) =>
    agents.flatMap(agent =>
      Array.from({ length: seeds }, (_, seed) =>
        outcome(env, agent, seed, LEVELS[agent][e] * (1 + 0.01 * (seed - (seeds - 1) / 2))),
      ),
    ),
  )
}

export const configOf = (values: object = {}) =>
  benchmarkSchema.parse({ env: ENVS, agents: Object.keys(LEVELS), steps: 200, seeds: 4, ...values })
