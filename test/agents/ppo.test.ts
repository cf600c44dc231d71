import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Trajectory } from '../../src/agents/agent.ts'
import { logNormalCdf } from '../../src/agents/distributions/gaussian.ts'
import { Ppo } from '../../src/agents/ppo/agent.ts'
import { ppoConfig } from '../../src/agents/ppo/config.ts'
import { pack, unpackInto } from '../../src/agents/state.ts'
import { Rng } from '../../src/common/random.ts'
import type { Space } from '../../src/envs/env.ts'
import { Box, Dict, Discrete, MultiDiscrete } from '../../src/envs/spaces.ts'
import { describeAgent, type TestContext } from '../../src/testing.ts'

const golden = JSON.parse(readFileSync(new URL('../golden/ppo_torch.json', import.meta.url), 'utf8'))

const make = (context: TestContext, config: Record<string, unknown> = {}) =>
  new Ppo({ ...context, config: ppoConfig.parse(config) })

describeAgent('PPO', context => make(context))
describeAgent('PPO on steps, annealed', context => make(context, { totalSteps: 500, numSteps: 50 }))
describeAgent('PPO on a dictionary', context => make(context, { clipValueLoss: true }), {
  observationSpace: new Dict({ gear: new Discrete(3), speed: new Box(0, 1, [2]) }),
})
describeAgent('PPO on multi-discrete actions', context => make(context), {
  actionSpace: new MultiDiscrete([2, 3]),
})
describeAgent('PPO on a box', context => make(context), { actionSpace: new Box(-1, [0.1, Infinity], [2]) })

describe("one update equals PyTorch's", () => {
  const SPACES: Readonly<Record<string, Space<unknown>>> = {
    discrete: new Discrete(4),
    multiDiscrete: new MultiDiscrete([3, 2]),
    box: new Box([-1, -0.5], [1, Infinity], [2]),
  }

  test.each(Object.entries(SPACES))('%s', (name, actionSpace) => {
    const given = golden.cases[name]
    const agent = new Ppo({
      observationSpace: new Box(-10, 10, [golden.inputs]),
      actionSpace,
      rng: Rng.of(1),
      gamma: golden.settings.gamma,
      config: ppoConfig.parse({
        ...withoutGamma(golden.settings),
        preset: 'cleanrl',
        minibatches: 1,
        annealLearningRate: false,
        clipValueLoss: given.clipValueLoss,
      }),
    })
    const { policy, value, extra } = given.start
    agent.restore({
      ...agent.state(),
      policy: pack(Float32Array.from(policy)),
      value: pack(Float32Array.from(value)),
      distribution: pack(Float32Array.from(extra)),
    })
    const report = agent.learn(goldenTrajectories(given, actionSpace))
    for (const [figure, expected] of Object.entries(given.figures)) {
      expect(report[figure], figure).toBeCloseTo(expected as number, 5)
    }
    const state = agent.state()
    for (const [part, expected] of Object.entries(given.end) as [string, number[]][]) {
      const actual = new Float32Array(expected.length)
      unpackInto(actual, state[part === 'extra' ? 'distribution' : part], part)
      expect(largestDifference(actual, expected), part).toBeLessThan(2e-5)
    }
  })

  test.each(golden.logNormalCdf as [number, number][])('log Φ(%s)', (x, expected) => {
    expect(logNormalCdf(x) / expected).toBeCloseTo(1, 6)
  })
})

describe('what PPO learns from', () => {
  const context = {
    observationSpace: new Box(-1, 1, [2]),
    actionSpace: new Discrete(2),
    rng: Rng.of(1),
    gamma: 0.5,
  }
  const trajectory = (truncated: boolean): Trajectory<unknown, unknown> => ({
    episode: 0,
    actor: 'shared',
    transitions: [{ observation: new Float32Array(2), action: 0, reward: 1, duration: 1 }],
    terminated: !truncated,
    truncated,
    finalObservation: Float32Array.of(1, 1),
  })

  test('it bootstraps from the final observation where the episode was cut, and only there', () => {
    // A value network that says 10 times the first feature: V(s) = 0, V(final) = 10.
    const value = {
      inputs: 2,
      outputs: 1,
      parameters: new Float32Array(1),
      forward: (batch: Float32Array, rows: number) =>
        Float32Array.from({ length: rows }, (_, r) => 10 * batch[2 * r]),
      backward: () => new Float32Array(1),
    }
    const loss = (terminated: boolean, truncated: boolean) =>
      new Ppo({ ...context, config: ppoConfig.parse({}), networks: { value: () => value } }).learn([
        { ...trajectory(truncated), terminated },
      ]).valueLoss
    expect(loss(true, false)).toBeCloseTo(0.5 * 1 ** 2)
    expect(loss(false, true)).toBeCloseTo(0.5 * (1 + 0.5 * 10) ** 2)
    // Ended at the time limit: an end all the same.
    expect(loss(true, true)).toBeCloseTo(0.5 * 1 ** 2)
  })

  test('log-probabilities that nobody recorded are those of the policy', () => {
    const recorded = make({ ...context, rng: Rng.of(1) })
    const silent = make({ ...context, rng: Rng.of(1) })
    const observations = [Float32Array.of(0.3, -0.2), Float32Array.of(0.9, 0.4)]
    const decisions = recorded.act(observations, { masks: [], explore: true, rng: Rng.of(2) })
    const transitions = observations.map((observation, i) => ({
      observation,
      ...decisions[i],
      reward: i,
      duration: 1,
    }))
    const bare = transitions.map(({ logProbability: _, ...rest }) => rest)
    expect(recorded.learn([{ ...trajectory(false), transitions }])).toEqual(
      silent.learn([{ ...trajectory(false), transitions: bare }]),
    )
  })

  test('the rate is annealed to 0 over totalSteps', () => {
    const agent = make(context, { preset: 'cleanrl', totalSteps: 4, numSteps: 1 })
    const rates = [0, 1, 2, 3, 4, 5].map(() => agent.learn([trajectory(true)]).learningRate)
    expect(rates).toEqual([1, 0.75, 0.5, 0.25, 0, 0].map(share => 2.5e-4 * share))
  })

  test('an update ends after the epoch whose KL is too much', () => {
    const epochs = (targetKl: number) => {
      const agent = make({ ...context, rng: Rng.of(1) }, { targetKl, learningRate: 0.1, epochs: 10 })
      const both = [0, 1].map(action => ({
        ...trajectory(false).transitions[0],
        action,
        reward: action,
      }))
      return agent.learn([{ ...trajectory(false), transitions: both }]).epochs
    }
    expect(epochs(1e-6)).toBeLessThan(10)
    expect(epochs(1e6)).toBe(10)
  })

  test('rewards that are not finite are an error, and leave the agent as it was', () => {
    const agent = make(context)
    const before = JSON.stringify(agent.state())
    const [transition] = trajectory(false).transitions
    const broken = { ...trajectory(false), transitions: [{ ...transition, reward: Number.NaN }] }
    expect(() => agent.learn([broken])).toThrow(/not finite/)
    expect(JSON.stringify(agent.state())).toBe(before)
  })

  test('a mask that allows nothing is an error', () => {
    const masks = [Uint8Array.of(0, 0)]
    const act = () => make(context).act([new Float32Array(2)], { masks, explore: true, rng: Rng.of(1) })
    expect(act).toThrow(/allows no action/)
  })

  test('every choice of a multi-discrete action obeys its part of the mask', () => {
    const agent = make({ ...context, actionSpace: new MultiDiscrete([2, 3]) })
    const mask = Uint8Array.of(0, 1, 1, 0, 1)
    const rng = Rng.of(1)
    const rows = Array.from({ length: 100 }, () => Float32Array.of(rng.normal(), rng.normal()))
    for (const explore of [true, false]) {
      const decisions = agent.act(rows, { masks: rows.map(() => mask), explore, rng })
      for (const { action } of decisions) {
        const [first, second] = action as number[]
        expect(first).toBe(1)
        expect([0, 2]).toContain(second)
      }
    }
  })
})

interface GoldenCase {
  readonly observations: number[][]
  readonly finals: number[][]
  readonly rewards: number[]
  readonly durations: number[]
  readonly masks: number[][]
  readonly actions: number[][]
  readonly logProbabilities: number[]
}

function goldenTrajectories(given: GoldenCase, space: Space<unknown>): Trajectory<unknown, unknown>[] {
  let at = 0
  return (golden.lengths as number[]).map((length, i) => {
    const transitions = Array.from({ length }, (_, k) => {
      const t = at + k
      const numbers = given.actions[t]
      return {
        observation: Float32Array.from(given.observations[t]),
        mask: space instanceof Box ? undefined : Uint8Array.from(given.masks[t]),
        action:
          space instanceof Discrete
            ? numbers[0]
            : space instanceof Box
              ? Float32Array.from(numbers)
              : numbers,
        reward: given.rewards[t],
        duration: given.durations[t],
        logProbability: given.logProbabilities[t],
      }
    })
    at += length
    const finalObservation = Float32Array.from(given.finals[i])
    return {
      episode: i,
      actor: 'shared',
      transitions,
      terminated: i === 0,
      truncated: i > 0,
      finalObservation,
    }
  })
}

function withoutGamma({ gamma: _, ...settings }: Record<string, unknown>) {
  return settings
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(0, ...Array.from(a, (x, i) => Math.abs(x - b[i])))
}
