/**
 * CartPole-v1 alone, as one environment, 64 and 2,048, ended episodes begun again at once, 64 actions without a pattern in turns: beside
 * gymnax, compiled, on one core and on two. Ours use one.
 *   LAYERGYM_PYTHON=path/to/python npm run bench -- environments [--rounds N]      (jax, gymnax, rejax from PyPI)
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { median } from '../src/common/quantile.ts'
import type { Env, StepResult } from '../src/envs/env.ts'
import { makeBatchEnv, makeEnv } from '../src/envs/registry.ts'
import { table } from './support/measure.ts'
import { compiledPeer, versionsOf } from './support/rivals.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } })
const SIZES = [1, 64, 2048]
const ID = 'CartPole-v1'
/** As bench/peers/compiled.py has them. */
const ACTIONS = Array.from({ length: 64 }, (_, i) => ((i * i + (i >> 2) * 7) % 11) % 2)
const peers = versionsOf(['jax', 'gymnax', 'rejax'])

console.log(`node ${process.version}; ${peers ?? 'no jax'}; load ${loadavg()[0].toFixed(1)}\n`)
const rows = SIZES.map(size => {
  const steps = size === 1 ? 2_000_000 : 16_384_000
  const [own, one, two] = [[], [], []] as number[][]
  for (let round = 0; round < Number(values.rounds); round++) {
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
  env.reset({ seed: 1 })
  for (let t = 0; t < steps; t++) {
    const { terminated, truncated } = env.step(ACTIONS[t & 63]) as StepResult<Float32Array>
    if (terminated || truncated) env.reset()
  }
}

function together(size: number): (steps: number) => void {
  return steps => {
    const batch = makeBatchEnv(ID, size)
    if (batch === undefined) throw new Error(`${ID} has no batch`)
    const rows = ACTIONS.map((_, t) => Uint8Array.from({ length: size }, (_, i) => ACTIONS[(t + 7 * i) & 63]))
    for (let i = 0; i < size; i++) batch.reset(i, i)
    for (let t = 0; t < steps / size; t++) {
      batch.step(rows[t & 63])
      const { terminated, truncated } = batch
      for (let i = 0; i < size; i++) if (terminated[i] === 1 || truncated[i] === 1) batch.reset(i)
    }
  }
}
