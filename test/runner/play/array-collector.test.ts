import { describe, expect, test } from 'vitest'
import type { Agent } from '../../../src/agents/agent.ts'
import type { ArrayRollout } from '../../../src/agents/arrays.ts'
import { dqn } from '../../../src/agents/dqn/definition.ts'
import { ppo } from '../../../src/agents/ppo/definition.ts'
import { Rng } from '../../../src/common/random.ts'
import type { BatchEnv } from '../../../src/envs/batch/batch-env.ts'
import { makeBatchEnv, makeEnv } from '../../../src/envs/registry.ts'
import { Box } from '../../../src/envs/spaces.ts'
import { digestOf } from '../../../src/runner/jobs/train/digest.ts'
import { ArrayCollector } from '../../../src/runner/play/array-collector.ts'
import { Collector } from '../../../src/runner/play/collector.ts'
import { fc, property } from '../../support/property.ts'

/** Two equal agents: one is played over typed arrays, the other one object by object. */
function bothWays(id: string, size: number, steps: number, seed: number, kind: 'ppo' | 'dqn' = 'ppo') {
  const agents = [0, 1].map(() => {
    const { observationSpace, actionSpace } = makeEnv(id)
    const context = { observationSpace, actionSpace, gamma: 0.9, rng: Rng.of(seed, 'agent') }
    const common = { hidden: [8], totalSteps: 1000 }
    if (kind === 'ppo') {
      const config = ppo.config.parse({ ...common, numSteps: steps, minibatches: 2, epochs: 2 })
      return ppo.factory({ ...context, config })
    }
    const own = {
      trainFrequency: steps,
      learningStarts: 0,
      batchSize: 4,
      bufferSize: 50,
      nStep: 1 + (seed % 4),
    }
    return dqn.factory({ ...context, config: dqn.config.parse({ ...common, ...own }) })
  })
  const batch = makeBatchEnv(id, size, { maxEpisodeSteps: 23 })
  const { appetite, arrays } = agents[0]
  if (batch === undefined || arrays === undefined) throw new Error(`${id} or ppo has no arrays`)
  const envs = Array.from({ length: size }, () => makeEnv(id, { maxEpisodeSteps: 23 }))
  const overArrays = () => new ArrayCollector({ batch, agent: { appetite, arrays }, seed })
  const overObjects = new Collector({ envs, agent: agents[1] as Agent<unknown, unknown>, seed })
  return { agents, overArrays, overObjects }
}

const ids = ['CartPole-v1', 'Pendulum-v1', 'MountainCar-v0', 'Acrobot-v1', 'MountainCarContinuous-v0']

property([
  fc.constantFrom(...ids),
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 70 }),
  fc.integer({ min: 0, max: 99 }),
  fc.constantFrom('ppo' as const, 'dqn' as const),
])('what is played over typed arrays is what is played with objects', async (id, size, steps, seed, kind) => {
  fc.pre(kind === 'ppo' || makeEnv(id).actionSpace.kind === 'discrete')
  const { agents, overArrays, overObjects } = bothWays(id, size, steps, seed, kind)
  const collector = overArrays()
  for (let round = 0; round < 3; round++) {
    const limit = round === 2 ? Math.ceil(steps / 2) : 1000
    const [ours, theirs] = [collector.collect(limit), await overObjects.collect(limit)]
    const { arrays: _, ...told } = ours
    expect({ ...told, trajectories: ours.trajectories.map(withoutUndefined) }).toEqual({
      ...theirs,
      trajectories: theirs.trajectories.map(withoutUndefined),
    })
    expect(digestOf('', ours, {})).toBe(digestOf('', theirs, {}))
    expect(collector.learn(ours)).toEqual(await overObjects.learn(theirs))
    expect(agents[0].state()).toEqual(agents[1].state())
  }
})

/** What is absent and what is undefined are the same to an agent. */
function withoutUndefined(trajectory: object): unknown {
  return JSON.parse(JSON.stringify(trajectory))
}

describe('an array collector', () => {
  test('goes on from its state, bit by bit', () => {
    const { overArrays } = bothWays('CartPole-v1', 3, 40, 5)
    const collector = overArrays()
    collector.collect(1000)
    const state = structuredClone(collector.state())
    const expected = collector.collect(1000)
    const other = overArrays()
    other.restore(state)
    const { arrays, ...rest } = other.collect(1000)
    expect(arrays).toEqual(expected.arrays)
    expect({ ...rest, trajectories: undefined }).toEqual({
      ...expected,
      arrays: undefined,
      trajectories: undefined,
    })
  })

  test('says so where a checkpoint is of a collector with objects', async () => {
    const { overArrays, overObjects } = bothWays('CartPole-v1', 2, 8, 1)
    const state = await overObjects.state()
    expect(() => overArrays().restore(state)).toThrow('the checkpoint is of an earlier layergym')
  })

  test('refuses a reward that isn’t finite', () => {
    const { overArrays } = bothWays('CartPole-v1', 2, 8, 1)
    const collector = overArrays()
    const { batch } = (
      collector as unknown as { options: { batch: { rewards: Float64Array; step: () => void } } }
    ).options
    const step = batch.step.bind(batch)
    batch.step = (...args: []) => {
      step(...args)
      batch.rewards[1] = Number.NaN
    }
    expect(() => collector.collect(8)).toThrow('CartPole-v1 paid NaN in step 1 of episode 2')
  })

  test('keeps every number of an action, and closes what it plays in', () => {
    let closed = 0
    const given: number[][] = []
    const batch = {
      ...{
        spec: { id: 'Pair' },
        size: 2,
        observationSpace: new Box(0, 9, [1]),
        actionSpace: new Box(-9, 9, [2]),
      },
      ...{ observations: Float32Array.of(1, 2), rewards: new Float64Array(2) },
      ...{ terminated: new Uint8Array(2), truncated: new Uint8Array(2) },
      reset() {},
      step: (actions: ArrayLike<number>) => given.push(Array.from(actions)),
      close: () => closed++,
    } as unknown as BatchEnv
    let next = 0
    const actRows = (_: Float32Array, rows: number) => ({
      actions: Float32Array.from({ length: 2 * rows }, () => next++),
    })
    const arrays = { actRows, learnRows: ({ rows }: ArrayRollout) => ({ rows }) }
    const agent = { appetite: { unit: 'step', count: 4 } as const, arrays }
    const collector = new ArrayCollector({ batch, agent, seed: 1 })
    const rollout = collector.collect(100)
    expect(given).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ])
    expect([...(rollout.arrays?.actions ?? [])]).toEqual([0, 1, 4, 5, 2, 3, 6, 7])
    expect(rollout.arrays).not.toHaveProperty('logProbabilities')
    expect(rollout.trajectories[1].transitions[0].action).toEqual(Float32Array.of(2, 3))
    expect(collector.learn(rollout)).toEqual({ rows: 4 })
    collector.close()
    expect(closed).toBe(1)
  })
})
