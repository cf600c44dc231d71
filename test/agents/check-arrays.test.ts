import { expect, test } from 'vitest'
import type { Agent } from '../../src/agents/agent.ts'
import type { ArrayAgent } from '../../src/agents/arrays.ts'
import { checkAgent, type TestContext } from '../../src/agents/check.ts'
import { Dqn } from '../../src/agents/dqn/agent.ts'
import { dqn } from '../../src/agents/dqn/definition.ts'
import { Ppo } from '../../src/agents/ppo/agent.ts'
import { Rng } from '../../src/common/random.ts'
import { Box, Discrete } from '../../src/envs/spaces.ts'

const config = { numSteps: 80, totalSteps: 1000, hidden: [4], minibatches: 2, epochs: 2 }
const make = (context: TestContext) => new Ppo({ ...context, config })

/** PPO, its arrays' members replaced. */
function otherwise(change: (arrays: ArrayAgent) => Partial<ArrayAgent>) {
  return (context: TestContext) => {
    const agent = make(context)
    const { arrays } = agent
    if (arrays === undefined) throw new Error('PPO has no arrays')
    return Object.defineProperty(agent, 'arrays', { value: { ...arrays, ...change(arrays) } }) as Agent<
      unknown,
      unknown
    >
  }
}

const codes = async (factory: (context: TestContext) => Agent<unknown, unknown>, options = {}) =>
  (await checkAgent(factory, options)).map(({ code }) => code)

test.each([1, 3, 50])('DQN over %i steps is the same over arrays, prioritized and not', async nStep => {
  for (const prioritized of [false, true]) {
    const own = dqn.config.parse({
      ...{
        totalSteps: 400,
        trainFrequency: 7,
        learningStarts: 20,
        batchSize: 8,
        bufferSize: 70,
        hidden: [4],
      },
      ...{ nStep, prioritized },
    })
    const factory = (context: TestContext) => new Dqn({ ...context, config: own }) as Agent<unknown, unknown>
    expect(await codes(factory, { actionSpace: new Discrete(3) })).toEqual([])
  }
})

test('an agent that is the same over arrays passes', async () => {
  expect(await codes(make)).toEqual([])
  expect(await codes(make, { actionSpace: new Box(-1, 1, [2]) })).toEqual([])
})

test('one that draws otherwise, learns otherwise or throws over arrays is found', async () => {
  const draws = otherwise(({ actRows }) => ({
    actRows: (observations, rows, rng) => {
      rng.next()
      return actRows(observations, rows, rng)
    },
  }))
  expect(await codes(draws)).toEqual(['arrays.act'])
  const forgets = otherwise(({ learnRows }) => ({
    learnRows: rollout =>
      learnRows({ ...rollout, stretches: [{ episode: 0, rows: rollout.rows, cut: true }] }),
  }))
  expect(await codes(forgets)).toEqual(['arrays.learn'])
  const throws = otherwise(() => ({
    learnRows: () => {
      throw new Error('not over arrays')
    },
  }))
  expect(await codes(throws, { actionSpace: new Discrete(2) })).toEqual(['arrays.throws'])
})

test('a subclass that learns otherwise isn’t played over arrays', () => {
  class Slow extends Ppo {
    override learn(...given: Parameters<Ppo['learn']>) {
      return super.learn(...given)
    }
  }
  const context = { observationSpace: new Box(-1, 1, [4]), actionSpace: new Discrete(2), gamma: 0.9 }
  const made = [Ppo, Slow].map(Kind => new Kind({ ...context, config, rng: { int: () => 1 } as never }))
  expect(made.map(({ arrays }) => arrays === undefined)).toEqual([false, true])
})

test('over arrays too, rewards that aren’t finite are an error and leave DQN as it was', () => {
  const space = { observationSpace: new Box(-1, 1, [1]), actionSpace: new Discrete(2) }
  const own = dqn.config.parse({ totalSteps: 100, trainFrequency: 2, learningStarts: 0 })
  const agent = new Dqn({ ...space, gamma: 0.9, rng: Rng.of(1), config: own })
  const before = JSON.stringify(agent.state())
  const learn = () =>
    agent.arrays?.learnRows({
      rows: 2,
      observations: Float32Array.of(0, 1, 2),
      actions: Float32Array.of(0, 1),
      rewards: Float64Array.of(1, Number.NaN),
      stretches: [{ episode: 0, rows: 2, cut: true }],
    })
  expect(learn).toThrow('a reward is NaN, which is not finite')
  expect(JSON.stringify(agent.state())).toBe(before)
})

test('DQN isn’t played over arrays where random actions are held', () => {
  const space = { observationSpace: new Box(-1, 1, [1]), actionSpace: new Discrete(2) }
  const held = dqn.config.parse({ preset: 'sparse', totalSteps: 100 })
  const agent = new Dqn({ ...space, gamma: 0.9, rng: Rng.of(1), config: held })
  expect(agent.arrays).toBeUndefined()
})
