/**
 * What bootstrapping at a time limit does to PPO on MountainCar-v0, whose untrained episodes all end there: the same runs
 * with the limit as a truncation (the value of the last observation is learned from) and as an end.
 *   npm run bench -- time-limit [--steps N] [--seeds N] [--seed FIRST]
 * One line of JSON a run, on stdout.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { mean } from '../src/common/statistics.ts'
import { SameSpaces, whenDone } from '../src/envs/wrappers/wrapper.ts'
import { defineEnv, type Env, makeEnv, registerEnv, train } from '../src/index.ts'

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '1000000' },
    seeds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
  },
})

class EndsAtLimit extends SameSpaces<Float32Array, number> {
  override step(action: number) {
    return whenDone(this.env.step(action), result => {
      const ended = result.terminated || result.truncated
      return { ...result, terminated: ended, truncated: false }
    })
  }
}

registerEnv(
  'bench/MountainCarEnds-v0',
  defineEnv({
    description: 'MountainCar-v0 whose time limit counts as an end',
    options: z.strictObject({}),
    make: () => new EndsAtLimit(makeEnv('MountainCar-v0') as Env<Float32Array, number>),
  }),
)

/** RL Baselines3 Zoo's settings for PPO (hyperparams/ppo.yml), and ours with its λ and epochs, with either activation. */
const SETTINGS = {
  zoo: { preset: 'stable-baselines3', numSteps: 16 * 16, minibatches: 4, epochs: 4, lambda: 0.98 },
  control: { preset: 'control', lambda: 0.98, epochs: 4 },
  'control, ReLU': { preset: 'control', lambda: 0.98, epochs: 4, activation: 'relu' },
}

const folder = mkdtempSync(join(tmpdir(), 'layergym-time-limit-'))
try {
  for (const [name, agentConfig] of Object.entries(SETTINGS))
    for (const env of ['MountainCar-v0', 'bench/MountainCarEnds-v0'])
      for (let i = 0; i < Number(values.seeds); i++) {
        const seed = Number(values.seed) + i
        const { curve, evaluation, stepsPerSecond } = await train({
          ...{ env, agent: 'ppo', agentConfig, steps: Number(values.steps), seed, envs: 16 },
          normalize: ['observations', 'rewards'],
          out: join(folder, `${name}-${env.replaceAll('/', '-')}-${seed}`),
        })
        const returns = curve.flatMap(point => point.returns)
        const ends = curve.flatMap(point => point.ends)
        const means = returns.map((_, i) => (i < 99 ? -200 : mean(returns.slice(i - 99, i + 1))))
        const solved = means.findIndex(value => value >= -130)
        console.log(
          JSON.stringify({
            ...{ settings: name, limit: env === 'MountainCar-v0' ? 'bootstrapped' : 'an end', seed },
            ...{ greedy: evaluation.meanReturn, episodes: returns.length, stepsPerSecond },
            reached: returns.filter(value => value > -200).length,
            // Steps after which the mean of a hundred episodes was at least -130.
            solvedAt: solved < 0 ? null : ends[solved],
          }),
        )
      }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
