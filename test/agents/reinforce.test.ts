import { describe, expect, test } from 'vitest'
import type { Trajectory } from '../../src/agents/agent.ts'
import { RandomAgent } from '../../src/agents/random/agent.ts'
import { Reinforce } from '../../src/agents/reinforce/agent.ts'
import { reinforceConfig } from '../../src/agents/reinforce/config.ts'
import { Rng } from '../../src/common/random.ts'
import type { Env } from '../../src/envs/env.ts'
import { Box, Dict, Discrete, MultiDiscrete } from '../../src/envs/spaces.ts'
import { describeAgent, describeEnv, type TestContext } from '../../src/testing.ts'
import { Corridor, Target } from '../envs/toys.ts'
import { greedyReturn, learnEpisodes } from './toy-learning.ts'

const make = (context: TestContext, config: Record<string, unknown> = {}) =>
  new Reinforce({ ...context, config: reinforceConfig.parse(config) })

describeAgent('REINFORCE', context => make(context))
describeAgent('REINFORCE on a dictionary', context => make(context, { normalizeAdvantages: false }), {
  observationSpace: new Dict({ gear: new Discrete(3), speed: new Box(0, 1, [2]) }),
})
describeAgent('REINFORCE on multi-discrete actions', context => make(context), {
  actionSpace: new MultiDiscrete([2, 3]),
})
describeAgent('REINFORCE on a box', context => make(context), {
  actionSpace: new Box(-1, [0.1, Infinity], [2]),
})
describeAgent('the random agent', ({ actionSpace }) => new RandomAgent(actionSpace))
describeAgent('the random agent on a box', ({ actionSpace }) => new RandomAgent(actionSpace), {
  actionSpace: new Box(-1, 1, [2]),
})
describeEnv('Corridor', () => new Corridor())

/** Three contexts, four actions, each context with one right action; one step an episode, noisy rewards. */
class ContextualBandit implements Env<Float32Array, number> {
  readonly spec = { id: 'Bandit', maxEpisodeSteps: 1 }
  readonly observationSpace = new Box(0, 1, [3])
  readonly actionSpace = new Discrete(4)
  private rng = Rng.of(0)
  private context = 0

  reset({ seed }: { seed?: number } = {}) {
    if (seed !== undefined) this.rng = Rng.of(seed)
    this.context = this.rng.int(3)
    return { observation: this.observe(), info: {} }
  }

  step(action: number) {
    const reward = (action === this.context + 1 ? 1 : 0) + 0.3 * this.rng.normal()
    return { observation: this.observe(), reward, terminated: true, truncated: false, info: {} }
  }

  private observe() {
    return Float32Array.from({ length: 3 }, (_, i) => Number(i === this.context))
  }
}

/** The greedy mean returns of agents that learned from so many episodes, one a seed. */
async function learnt<A>(
  env: Env<Float32Array, A>,
  episodes: number,
  config: Record<string, unknown> = {},
): Promise<number[]> {
  const scores: number[] = []
  for (let seed = 0; seed < 5; seed++) {
    const { observationSpace, actionSpace } = env
    const agent = make({ observationSpace, actionSpace, rng: Rng.of(seed), gamma: 0.95 }, config)
    await learnEpisodes(env, agent, { episodes, seed })
    scores.push(await greedyReturn(env, agent))
  }
  return scores
}

describe('REINFORCE learns', () => {
  test('the right action of each context in 400 steps, on five seeds of five', async () => {
    const scores = await learnt(new ContextualBandit(), 400, { episodesPerUpdate: 8 })
    for (const score of scores) expect(score).toBeGreaterThan(0.85)
  })

  test('the way through a corridor in 100 episodes, on five seeds of five', async () => {
    const best = await greedyReturn(new Corridor(), {
      appetite: { unit: 'episode', count: 1 },
      act: observations => observations.map(() => ({ action: 1 })),
      learn: () => ({}),
      state: () => ({}),
      restore: () => undefined,
    })
    for (const score of await learnt(new Corridor(), 100)) expect(score).toBeCloseTo(best)
  })

  test('a continuous target, on five seeds of five', async () => {
    const config = { episodesPerUpdate: 16, initialLogStd: -0.5 }
    for (const score of await learnt(new Target(), 1600, config)) expect(score).toBeGreaterThan(-0.15)
    for (const score of await learnt(new Target(), 0, config)) expect(score).toBeLessThan(-0.5)
  })

  test('not from nothing: without updates it stays far from the best', async () => {
    const scores = await learnt(new ContextualBandit(), 0)
    expect(scores.reduce((a, b) => a + b) / 5).toBeLessThan(0.6)
  })
})

describe('what REINFORCE learns from', () => {
  const spaces = { observationSpace: new Box(-1, 1, [2]), actionSpace: new Discrete(2) }
  const context = { ...spaces, rng: Rng.of(1), gamma: 0.5 }
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
    const loss = (truncated: boolean, terminated = !truncated) =>
      new Reinforce({
        ...context,
        config: reinforceConfig.parse({}),
        networks: { value: () => value },
      }).learn([{ ...trajectory(truncated), terminated }]).valueLoss
    expect(loss(false)).toBeCloseTo(0.5 * 1 ** 2)
    expect(loss(true)).toBeCloseTo(0.5 * (1 + 0.5 * 10) ** 2)
    // The task's own end counts where the time limit fell on the same step.
    expect(loss(true, true)).toBeCloseTo(0.5 * 1 ** 2)
  })

  test('rewards that are not finite are an error, and leave the agent as it was', () => {
    const agent = make(context)
    const before = JSON.stringify(agent.state())
    const [transition] = trajectory(false).transitions
    const broken = { ...trajectory(false), transitions: [{ ...transition, reward: Number.NaN }] }
    expect(() => agent.learn([broken])).toThrow(/not finite/)
    expect(JSON.stringify(agent.state())).toBe(before)
  })

  test('a state of another size is refused', () => {
    const other = make({ ...context, observationSpace: new Box(-1, 1, [3]) })
    expect(() => make(context).restore(other.state())).toThrow(/'policy' is \d+ numbers.*needed/)
  })
})

test('starts from the logits that the environment suggests, and learns away from them', async () => {
  const observationSpace = new Box(0, 1, [1])
  const actionSpace = new Discrete(3)
  const initialLogits = Float32Array.of(0, 3, 0)
  const agent = new Reinforce({
    observationSpace,
    actionSpace,
    gamma: 1,
    rng: Rng.of(1),
    initialLogits,
    config: reinforceConfig.parse({ episodesPerUpdate: 1, learningRate: 0.05, normalizeAdvantages: false }),
  })
  const observation = Float32Array.of(1)
  const rng = Rng.of(2)
  const act = (explore: boolean) => agent.act([observation], { masks: [undefined], explore, rng })[0]
  expect(act(false).action).toBe(1)
  expect(Math.exp(act(false).logProbability ?? 0)).toBeCloseTo(Math.exp(3) / (Math.exp(3) + 2), 1)
  for (let episode = 0; episode < 300; episode++) {
    const decision = act(true)
    const reward = decision.action === 2 ? 1 : 0
    const transitions = [{ observation, ...decision, reward, duration: 1 }]
    const path = {
      episode,
      actor: 'a',
      transitions,
      terminated: true,
      truncated: false,
      finalObservation: observation,
    }
    agent.learn([path, path])
  }
  expect(act(false).action).toBe(2)
})
