/**
 * Environment steps a second, beside Gymnasium's in the same run where a Python has it.
 *   npx tsx bench/classic.ts          LAYERGYM_PYTHON=path/to/python names the Python
 */
import { spawnSync } from 'node:child_process'
import { isPromise } from 'node:util/types'
import { BehaviorSubject, takeWhile } from 'rxjs'
import type { Env, MaybePromise } from '../src/envs/env.ts'
import { makeEnv } from '../src/envs/registry.ts'
import { Box } from '../src/envs/spaces.ts'
import { VectorEnv } from '../src/envs/vector.ts'
import { Collector } from '../src/runner/play/collector.ts'
import { rollouts$ } from '../src/runner/play/rollouts.ts'

const IDS = [
  'CartPole-v1',
  'MountainCar-v0',
  'MountainCarContinuous-v0',
  'Acrobot-v1',
  'Pendulum-v1',
  'FrozenLake-v1',
]
const ROUNDS = 5
const SECONDS = 0.5
const GYMNASIUM_SECONDS = 1
const COPIES = 8

const PEER = `
import json, time, gymnasium, numpy as np
numbers = [(i * i + (i >> 2) * 7) % 11 for i in range(64)]
rates = {}
for name in ${JSON.stringify(IDS)}:
    env = gymnasium.make(name)
    box = isinstance(env.action_space, gymnasium.spaces.Box)
    actions = [np.array([x / 5 - 1], np.float32) if box else x % int(env.action_space.n) for x in numbers]
    env.reset(seed=1)
    start, steps = time.perf_counter(), 0
    while time.perf_counter() - start < ${GYMNASIUM_SECONDS}:
        for i in range(1000):
            _, _, terminated, truncated, _ = env.step(actions[i & 63])
            if terminated or truncated:
                env.reset()
        steps += 1000
    rates[name] = steps / (time.perf_counter() - start)
print(json.dumps(rates))
`

const gymnasium = gymnasiumRates()
const table: Record<string, number | string>[] = []
for (const id of IDS) {
  const single = best(() => rate(id))
  const peer = gymnasium?.[id]
  table.push({
    env: id,
    'steps/s': Math.round(single),
    [`steps/s of ${COPIES} in a VectorEnv`]: Math.round(best(() => vectorRate(id))),
    'steps/s through the collector': Math.round(await collectorRate(id)),
    gymnasium: peer === undefined ? '-' : Math.round(peer),
    ratio: peer === undefined ? '-' : Number((single / peer).toFixed(1)),
  })
}
console.table(table)
console.log(JSON.stringify({ bench: 'classic', table }))

/** One environment with its time limit, alternating fixed actions, reset at each end: what Gymnasium does below. */
function rate(id: string): number {
  const env = makeEnv(id)
  const actions = someActions(env)
  now(env.reset({ seed: 1 }))
  const start = performance.now()
  let steps = 0
  while (performance.now() - start < SECONDS * 1000) {
    for (let i = 0; i < 10_000; i++) {
      const { terminated, truncated } = now(env.step(actions[i & 63]))
      if (terminated || truncated) now(env.reset())
    }
    steps += 10_000
  }
  return (steps / (performance.now() - start)) * 1000
}

function vectorRate(id: string): number {
  const envs = new VectorEnv(Array.from({ length: COPIES }, () => makeEnv(id)))
  const actions = someActions(envs.envs[0])
  const rows = Array.from({ length: 64 }, (_, i) => envs.envs.map((_, j) => actions[(i + 7 * j) & 63]))
  now(envs.reset({ seed: 1 }))
  const start = performance.now()
  let steps = 0
  while (performance.now() - start < SECONDS * 1000) {
    for (let i = 0; i < 1000; i++) now(envs.step(rows[i & 63]))
    steps += 1000 * COPIES
  }
  return (steps / (performance.now() - start)) * 1000
}

/** One environment as `layergym train` plays it: rollouts of 512 steps streamed to a trainer that grants the next. */
async function collectorRate(id: string): Promise<number> {
  let fastest = 0
  for (let round = 0; round < ROUNDS; round++) {
    const env = makeEnv(id)
    const decisions = someActions(env).map(action => [{ action }])
    let turn = 0
    const agent = {
      appetite: { unit: 'step', count: 512 } as const,
      act: () => decisions[turn++ & 63],
      learn: () => ({}),
    }
    const collector = new Collector({ envs: [env], agent, seed: 1 })
    const credits$ = new BehaviorSubject(1)
    const start = performance.now()
    let steps = 0
    const stream$ = rollouts$({ collector, from: 0, to: Number.MAX_SAFE_INTEGER, credits$ }).pipe(
      takeWhile(() => performance.now() - start < SECONDS * 1000),
    )
    await stream$.forEach(rollout => {
      steps += rollout.steps
      credits$.next(credits$.value + 1)
    })
    fastest = Math.max(fastest, (steps / (performance.now() - start)) * 1000)
  }
  return fastest
}

/** 64 actions without a pattern. */
function someActions({ actionSpace }: Env<unknown, unknown>): readonly unknown[] {
  const numbers = Array.from({ length: 64 }, (_, i) => (i * i + (i >> 2) * 7) % 11)
  if (actionSpace instanceof Box) return numbers.map(x => Float32Array.of(x / 5 - 1))
  return numbers.map(x => x % actionSpace.flatSize)
}

function now<T>(value: MaybePromise<T>): T {
  if (isPromise(value)) throw new Error('a classic environment answers at once')
  return value
}

function best(measure: () => number): number {
  return Math.max(...Array.from({ length: ROUNDS }, measure))
}

function gymnasiumRates(): Readonly<Record<string, number>> | undefined {
  const python = process.env.LAYERGYM_PYTHON ?? 'python3'
  const { status, stdout } = spawnSync(python, ['-W', 'ignore', '-c', PEER], { encoding: 'utf8' })
  if (status === 0) return JSON.parse(stdout)
  console.log(`${python} has no gymnasium: no comparison (LAYERGYM_PYTHON names another Python)`)
  return undefined
}
