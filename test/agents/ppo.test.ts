import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Agent, Trajectory } from '../../src/agents/agent.ts'
import { Ppo, refusesSpaces } from '../../src/agents/ppo/agent.ts'
import { PPO_PRESETS, ppoConfig, ppoSettings } from '../../src/agents/ppo/config.ts'
import { logNormalCdf } from '../../src/agents/ppo/gaussian.ts'
import { pack, unpackInto } from '../../src/agents/state.ts'
import { Rng } from '../../src/common/random.ts'
import type { Env, Space } from '../../src/envs/env.ts'
import { Box, Dict, Discrete, MultiBinary, MultiDiscrete } from '../../src/envs/spaces.ts'
import { describeAgent, type TestContext } from '../../src/testing.ts'
import { Corridor } from '../envs/toys.ts'
import { greedyReturn, learnEpisodes } from './toy-learning.ts'

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
    const loss = (truncated: boolean) =>
      new Ppo({ ...context, config: ppoConfig.parse({}), networks: { value: () => value } }).learn([
        trajectory(truncated),
      ]).valueLoss
    expect(loss(false)).toBeCloseTo(0.5 * 1 ** 2)
    expect(loss(true)).toBeCloseTo(0.5 * (1 + 0.5 * 10) ** 2)
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
    const agent = make(context, { totalSteps: 4, numSteps: 1 })
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

describe('settings of PPO', () => {
  const discrete = new Discrete(2)

  test('come from the preset, which fits what is known of the training', () => {
    expect(ppoSettings({}, discrete)).toEqual(PPO_PRESETS['fine-tuning'])
    expect(ppoSettings({ totalSteps: 500_000 }, discrete)).toEqual(PPO_PRESETS.cleanrl)
    expect(ppoSettings({ totalSteps: 1_000_000 }, new Box(0, 1, [1]))).toEqual(
      PPO_PRESETS['cleanrl-continuous'],
    )
    expect(ppoSettings({ preset: 'stable-baselines3', clip: 0.1 }, discrete)).toEqual({
      ...PPO_PRESETS['stable-baselines3'],
      clip: 0.1,
    })
  })

  test('steps or episodes an update', () => {
    const appetite = (config: Record<string, unknown>) => {
      const observationSpace = new Box(-1, 1, [1])
      return make({ observationSpace, actionSpace: discrete, rng: Rng.of(1), gamma: 1 }, config).appetite
    }
    expect(appetite({})).toEqual({ unit: 'episode', count: 2 })
    expect(appetite({ totalSteps: 1000 })).toEqual({ unit: 'step', count: 512 })
    expect(appetite({ numSteps: 64 })).toEqual({ unit: 'step', count: 64 })
    expect(appetite({ preset: 'cleanrl', episodesPerUpdate: 3 })).toEqual({ unit: 'episode', count: 3 })
  })

  test('spaces that it has no policy over are refused with the reason', () => {
    expect(refusesSpaces({ actionSpace: new MultiBinary(2) })).toMatch(/Discrete, MultiDiscrete and Box/)
    expect(refusesSpaces({ actionSpace: new Box(0, 1, [1]) })).toBeUndefined()
  })
})

describe('PPO learns', () => {
  async function scores<A>(makeEnv: () => Env<Float32Array, A>, episodes: number, config = {}) {
    const results: number[] = []
    for (let seed = 0; seed < 5; seed++) {
      const env = makeEnv()
      const { observationSpace, actionSpace } = env
      const agent: Agent<unknown, unknown> = make(
        { observationSpace, actionSpace, rng: Rng.of(seed), gamma: 0.95 },
        config,
      )
      await learnEpisodes(env, agent, { episodes, seed })
      results.push(await greedyReturn(env, agent))
    }
    return results
  }
  /** The mean over starts of the way straight to the goal. */
  const best = 1 - 0.05 * 1.5

  test('the way through a corridor in 40 episodes, on five seeds of five', async () => {
    for (const score of await scores(() => new Corridor(), 40)) expect(score).toBeGreaterThan(best - 0.1)
  })

  test("the same from steps, with CleanRL's settings", async () => {
    const config = { preset: 'cleanrl', numSteps: 256, learningRate: 1e-3 }
    for (const score of await scores(() => new Corridor(), 600, config)) {
      expect(score).toBeGreaterThan(best - 0.1)
    }
  })

  test('a continuous target beyond which actions are clipped', async () => {
    const config = { episodesPerUpdate: 16 }
    for (const score of await scores(() => new Target(), 800, config)) expect(score).toBeGreaterThan(-0.1)
  })

  test('not from nothing: without updates it stays far from the best', async () => {
    const results = await scores(() => new Target(), 0)
    expect(results.reduce((a, b) => a + b) / 5).toBeLessThan(-0.5)
  })
})

/** One step an episode: the reward is minus the distance from (1, −0.5), the first on the bound of the actions. */
class Target implements Env<Float32Array, Float32Array> {
  readonly spec = { id: 'Target', maxEpisodeSteps: 1 }
  readonly observationSpace = new Box(0, 1, [1])
  readonly actionSpace = new Box(-1, 1, [2])

  reset() {
    return { observation: new Float32Array(1), info: {} }
  }

  step(action: Float32Array) {
    const reward = -Math.hypot(action[0] - 1, action[1] + 0.5)
    return { observation: new Float32Array(1), reward, terminated: true, truncated: false, info: {} }
  }
}

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
