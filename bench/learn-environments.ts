/**
 * CartPole-v1 alone, as one environment, 64 and 2,048, ended episodes begun again at once, actions drawn at random: beside
 * gymnax, compiled, on one core and on two. Ours use one.
 *   LAYERGYM_PYTHON=path/to/python npm run bench -- learn-environments      (jax, gymnax, rejax from PyPI)
 */
import { loadavg } from 'node:os'
import { median } from '../src/common/quantile.ts'
import { Rng } from '../src/common/random.ts'
import type { Env, StepResult } from '../src/envs/env.ts'
import { makeBatchEnv, makeEnv } from '../src/envs/registry.ts'
import { table } from './support/measure.ts'
import { compiledPeer, versionsOf } from './support/rivals.ts'

const ROUNDS = 3
const SIZES = [1, 64, 2048]
const ID = 'CartPole-v1'
const peers = versionsOf(['jax', 'gymnax', 'rejax'])

console.log(`node ${process.version}; ${peers ?? 'no jax'}; load ${loadavg()[0].toFixed(1)}\n`)
const rows = SIZES.map(size => {
  const steps = size === 1 ? 2_000_000 : 16_384_000
  const [own, one, two] = [[], [], []] as number[][]
  for (let round = 0; round < ROUNDS; round++) {
    own.push(rateOf(steps, size === 1 ? single : together(size)))
    if (peers === undefined) continue
    const peerSteps = size === 1 ? 500_000 : steps
    one.push(compiledPeer(1, 'environments', peerSteps, 1, size).stepsPerSecond)
    two.push(compiledPeer(2, 'environments', peerSteps, 1, size).stepsPerSecond)
  }
  const best = Math.max(median(one), median(two))
  const told = [own, one, two].map(rates => (rates.length === 0 ? '–' : Math.round(median(rates))))
  return [size, ...told, peers === undefined ? '–' : (median(own) / best).toFixed(1)]
})
console.log(
  table(
    ['environments', 'layergym, steps/s', 'gymnax, one core', 'gymnax, two cores', 'ours to their best'],
    rows,
  ),
)

/** Steps a second, after as many that warm it up as a tenth. */
function rateOf(steps: number, play: (steps: number) => void): number {
  play(steps / 10)
  const started = performance.now()
  play(steps)
  return (1000 * steps) / (performance.now() - started)
}

function single(steps: number): void {
  const env = makeEnv(ID) as Env<Float32Array, number>
  const rng = Rng.of(1)
  env.reset({ seed: 1 })
  for (let t = 0; t < steps; t++) {
    const { terminated, truncated } = env.step(rng.int(2)) as StepResult<Float32Array>
    if (terminated || truncated) env.reset()
  }
}

function together(size: number): (steps: number) => void {
  return steps => {
    const batch = makeBatchEnv(ID, size)
    if (batch === undefined) throw new Error(`${ID} has no batch`)
    const rng = Rng.of(1)
    const actions = new Uint8Array(size)
    for (let i = 0; i < size; i++) batch.reset(i, i)
    for (let t = 0; t < steps / size; t++) {
      for (let i = 0; i < size; i++) actions[i] = rng.int(2)
      batch.step(actions)
      const { terminated, truncated } = batch
      for (let i = 0; i < size; i++) if (terminated[i] === 1 || truncated[i] === 1) batch.reset(i)
    }
  }
}
