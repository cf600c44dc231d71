/**
 * Steps a second while learning CartPole-v1, beside CleanRL's recipe and Stable-Baselines3 with the same settings:
 * environments, rollout, epochs, minibatches, networks, optimizer. Rounds alternate, and medians are compared; the
 * peers run at one thread and at two, and the faster counts.
 *   LAYERGYM_PYTHON=path/to/python npm run bench -- learn        (torch, gymnasium, stable-baselines3)
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { median } from '../src/common/quantile.ts'
import { train } from '../src/runner/code/train.ts'
import { table } from './support/measure.ts'
import { peerRate, peerVersions } from './support/peer-learning.ts'

const ROUNDS = 3
const THREADS = [1, 2]
const CASES = [
  { agent: 'ppo', preset: 'cleanrl', steps: 50_000, peerSteps: 20_480 },
  // The first 10,000 steps learn nothing, by its recipe: as large a share of ours as of the peer's.
  { agent: 'dqn', preset: 'cleanrl', steps: 40_000, peerSteps: 40_000 },
  { agent: 'ppo', preset: 'stable-baselines3', steps: 40_960, peerSteps: 8192 },
  { agent: 'dqn', preset: 'stable-baselines3', steps: 40_000, peerSteps: 20_000 },
] as const

const versions = peerVersions()
console.log(
  `node ${process.version}; ${versions ?? 'no peers'}; ${availableParallelism()} cores (${cpus()[0]?.model}), load ${loadavg()[0].toFixed(1)}\n`,
)
const rows: (string | number)[][] = []
for (const { agent, preset, steps, peerSteps } of CASES) {
  const ours: number[] = []
  const peers = new Map<number, number[]>(THREADS.map(threads => [threads, []]))
  await ourRate(agent, preset, 10_000)
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await ourRate(agent, preset, steps))
    if (versions === undefined) continue
    for (const threads of THREADS) peers.get(threads)?.push(peerRate(preset, agent, peerSteps, threads))
  }
  const [best, threads] = THREADS.map(n => [median(peers.get(n) ?? []), n]).sort((a, b) => b[0] - a[0])[0]
  rows.push([
    agent,
    preset,
    Math.round(median(ours)),
    versions === undefined ? '–' : `${Math.round(best)} (${threads} threads)`,
    versions === undefined ? '–' : (median(ours) / best).toFixed(1),
  ])
}
console.log(table(['agent', 'settings', 'layergym, steps/s', 'peer, steps/s', 'ratio'], rows))
console.log(`load at the end ${loadavg()[0].toFixed(1)}`)

/** As `layergym train` learns: with checkpoints, curves and event files. */
async function ourRate(agent: string, preset: string, steps: number): Promise<number> {
  const out = await mkdtemp(join(tmpdir(), 'layergym-bench-'))
  const options = {
    env: 'CartPole-v1',
    agent,
    agentConfig: { preset },
    steps,
    evalEpisodes: 0,
    out,
    overwrite: true,
  }
  const { signal } = new AbortController()
  const summary = await train(options, { signal, clock: () => performance.now(), onEvent: () => undefined })
  await rm(out, { recursive: true })
  return steps / summary.seconds
}
