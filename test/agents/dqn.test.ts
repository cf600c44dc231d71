import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Trajectory, Transition } from '../../src/agents/agent.ts'
import { Dqn } from '../../src/agents/dqn/agent.ts'
import { dqnConfig } from '../../src/agents/dqn/config.ts'
import { LIKE_TORCH, Mlp } from '../../src/agents/mlp.ts'
import { pack, unpackInto } from '../../src/agents/state.ts'
import { Rng, type RngState } from '../../src/common/random.ts'
import { Box, Dict, Discrete } from '../../src/envs/spaces.ts'
import { describeAgent, type TestContext } from '../../src/testing.ts'
import { fc, property } from '../support/property.ts'

const golden = JSON.parse(readFileSync(new URL('../golden/dqn_torch.json', import.meta.url), 'utf8'))

const make = (context: TestContext, config: Record<string, unknown> = {}) =>
  new Dqn({ ...context, config: dqnConfig.parse(config) })
const everything = { double: true, dueling: true, prioritized: true, nStep: 3 }

describeAgent('DQN', context => make(context))
describeAgent('DQN on steps', context => make(context, { totalSteps: 500, learningStarts: 5 }))
describeAgent('DQN with everything', context =>
  make(context, { ...everything, trainFrequency: 7, bufferSize: 20 }),
)
describeAgent('DQN on a dictionary', context => make(context, { tau: 1, targetFrequency: 3 }), {
  observationSpace: new Dict({ gear: new Discrete(3), speed: new Box(0, 1, [2]) }),
})

describe("targets, losses and gradients equal PyTorch's", () => {
  interface GoldenTransition {
    readonly target: number
    readonly value: number
    readonly loss: number
    readonly gradient: number[]
  }

  test.each(Object.entries(golden.cases) as [string, (typeof golden.cases)[string]][])('%s', (_, given) => {
    const trajectories = goldenTrajectories(given.trajectories)
    const total = trajectories.reduce((sum, { transitions }) => sum + transitions.length, 0)
    const agent = make(
      {
        observationSpace: new Box(-10, 10, [golden.inputs]),
        actionSpace: new Discrete(golden.actions),
        rng: Rng.of(1),
        gamma: golden.gamma,
      },
      {
        ...given.settings,
        preset: 'cleanrl',
        hidden: golden.hidden,
        batchSize: 16,
        learningStarts: total,
        trainFrequency: 1,
      },
    )
    const [network, target] = [given.network, given.target].map((p: number[]) => pack(Float32Array.from(p)))
    agent.restore({ ...agent.state(), network, target })
    // Fills the replay; the empty batch says that the truncated episode doesn't go on.
    agent.learn(trajectories)
    expect(agent.learn([])).toMatchObject({ replay: total, steps: total, gradientSteps: 0 })
    const rng = Rng.restore(agent.state().rng as RngState)
    const drawn = Array.from({ length: 16 }, () => given.transitions[rng.int(total)] as GoldenTransition)
    // One step more makes the first gradient step; cut off, it waits to be replayed itself.
    const [{ transitions }] = trajectories
    const last = { ...trajectories[0], episode: 99, transitions: transitions.slice(0, 1) }
    const report = agent.learn([{ ...last, terminated: false, truncated: true }])

    const mean = (of: (transition: GoldenTransition) => number) =>
      drawn.reduce((sum, x) => sum + of(x), 0) / 16
    expect(report.loss).toBeCloseTo(
      mean(transition => transition.loss),
      5,
    )
    expect(report.meanQ).toBeCloseTo(
      mean(transition => transition.value),
      5,
    )
    expect(report.meanError).toBeCloseTo(
      mean(({ value, target: y }) => Math.abs(value - y)),
      5,
    )
    // Adam's first moment is a tenth of its first gradient.
    const moment = new Float32Array(given.network.length)
    unpackInto(moment, (agent.state().optimizer as { mean: unknown }).mean, 'mean')
    moment.forEach((m, i) => {
      expect(10 * m).toBeCloseTo(
        mean(({ gradient }) => gradient[i]),
        4,
      )
    })
  })

  property([
    fc.integer({ min: 1, max: 5 }),
    fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 4 }),
    fc.integer(),
  ])('the gradients of networks agree with finite differences', (inputs, hidden, outputs, rows, seed) => {
    const rng = Rng.of(seed)
    const network = new Mlp({ inputs, hidden, outputs, rng, ...LIKE_TORCH })
    const batch = Float32Array.from({ length: rows * inputs }, () => rng.normal())
    const direction = Float32Array.from({ length: rows * outputs }, () => rng.normal())
    const loss = () => network.forward(batch, rows).reduce((sum, y, i) => sum + y * direction[i], 0)
    loss()
    const gradient = network.backward(direction).slice()
    // Along the gradient of the last layer, in which outputs are linear: no kink of a ReLU is near.
    const size = outputs * ((hidden.at(-1) ?? inputs) + 1)
    for (let i = network.parameters.length - size; i < network.parameters.length; i++) {
      const before = network.parameters[i]
      network.parameters[i] = before + 0.5
      const above = loss()
      network.parameters[i] = before - 0.5
      expect(gradient[i]).toBeCloseTo(above - loss(), 3)
      network.parameters[i] = before
    }
  })
})

describe('what DQN learns from', () => {
  const context = {
    observationSpace: new Box(-1, 1, [1]),
    actionSpace: new Discrete(3),
    rng: Rng.of(1),
    gamma: 0.9,
  }

  property([
    fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }),
    fc.integer({ min: 1, max: 4 }),
    fc.boolean(),
    fc.boolean(),
    fc.boolean(),
  ])('is the same wherever rollouts are cut', (cuts, nStep, masked, terminated, saved) => {
    const length = cuts.reduce((sum, n) => sum + n, 0)
    const states = Array.from({ length: length + 1 }, (_, t) => Float32Array.of(t / 100))
    const transitions: Transition<unknown, number>[] = Array.from({ length }, (_, t) => ({
      observation: states[t],
      mask: masked ? Uint8Array.of(1, t % 2, 1 - (t % 2)) : undefined,
      action: 0,
      reward: t,
      duration: t % 3,
    }))
    const piece = (from: number, to: number): Trajectory<unknown, number> => ({
      episode: 0,
      actor: 'shared',
      transitions: transitions.slice(from, to),
      terminated: terminated && to === length,
      truncated: !(terminated && to === length),
      finalObservation: states[to],
    })
    const replayOf = (pieces: readonly Trajectory<unknown, number>[]) => {
      let agent = make(context, { nStep, learningStarts: 1000 })
      for (const trajectory of pieces) {
        agent.learn([trajectory])
        if (!saved) continue
        const state = JSON.parse(JSON.stringify(agent.state()))
        agent = make(context, { nStep, learningStarts: 1000 })
        agent.restore(state)
      }
      agent.learn([])
      return agent.state().replay
    }
    let at = 0
    const pieces = cuts.map(n => {
      at += n
      return piece(at - n, at)
    })
    expect(replayOf(pieces)).toEqual(replayOf([piece(0, length)]))
  })

  test('a target never takes a forbidden action, though its value is higher', () => {
    // Q(s, ·) = [0, 1, 2] in every state.
    const value = () => ({
      inputs: 1,
      outputs: 3,
      parameters: new Float32Array(1),
      forward: (_: Float32Array, rows: number) =>
        Float32Array.from({ length: 3 * rows }, (_unused, i) => i % 3),
      backward: () => new Float32Array(1),
    })
    const meanError = (double: boolean, allowed: number[]) => {
      const config = dqnConfig.parse({ double, nStep: 1, learningStarts: 1, gradientSteps: 1 })
      const agent = new Dqn({ ...context, config, networks: { value } })
      const observation = Float32Array.of(0)
      const step = { observation, action: 0, reward: 0, duration: 1 }
      const transitions = [
        { ...step, mask: Uint8Array.of(1, 1, 1) },
        { ...step, mask: Uint8Array.from(allowed) },
      ]
      // Cut off, the second step waits: the first alone is replayed.
      const ends = { terminated: false, truncated: true, finalObservation: observation }
      return agent.learn([{ episode: 0, actor: 'shared', transitions, ...ends }]).meanError
    }
    for (const double of [false, true]) {
      expect(meanError(double, [1, 1, 1])).toBeCloseTo(0.9 * 2)
      expect(meanError(double, [1, 1, 0])).toBeCloseTo(0.9 * 1)
      expect(meanError(double, [1, 0, 0])).toBeCloseTo(0)
    }
  })

  const observation = Float32Array.of(0)
  const step = { observation, action: 0, reward: 0, duration: 1 }
  const ends = { terminated: true, truncated: false, finalObservation: observation }
  const trajectory = { episode: 0, actor: 'shared', transitions: Array(10).fill(step), ...ends }

  test('the rate falls to 0 over totalSteps where it is annealed', () => {
    const rates = (annealLearningRate: boolean) => {
      const config = { preset: 'cleanrl', totalSteps: 40, learningStarts: 0, annealLearningRate }
      const agent = make(context, config)
      return [0, 1, 2, 3, 4].map(() => agent.learn([trajectory]).learningRate)
    }
    expect(rates(true)).toEqual([0.75, 0.5, 0.25, 0, 0].map(share => 2.5e-4 * share))
    expect(rates(false)).toEqual(Array(5).fill(2.5e-4))
  })

  test('ε falls in a straight line, and greedy acting has none', () => {
    const agent = make(context, {
      preset: 'cleanrl',
      totalSteps: 40,
      trainFrequency: 10,
      learningStarts: 1000,
    })
    const randomShare = (explore: boolean) => {
      const observations = Array(2000).fill(observation)
      const decisions = agent.act(observations, { masks: [], explore, rng: Rng.of(3) })
      const [greedy] = agent.act([observation], { masks: [], explore: false, rng: Rng.of(3) })
      return (decisions.filter(({ action }) => action !== greedy.action).length / 2000) * 1.5
    }
    for (const epsilon of [1, 0.525, 0.05, 0.05]) {
      expect(randomShare(true)).toBeGreaterThan(epsilon - 0.06)
      expect(randomShare(true)).toBeLessThan(epsilon + 0.06)
      expect(randomShare(false)).toBe(0)
      agent.learn([trajectory])
    }
  })

  test('where updates take episodes, ε goes by episodes, however long they are', () => {
    const agent = make(context, { totalEpisodes: 4, explorationFraction: 0.5 })
    const step = { observation: Float32Array.of(0), action: 0, reward: 0, duration: 1 }
    const epsilons = [1, 7, 2].map((length, episode) => {
      const transitions = Array(length).fill(step)
      const ends = { terminated: true, truncated: false, finalObservation: step.observation }
      const actors = ['a', 'b'].map(actor => ({ episode, actor, transitions, ...ends }))
      return agent.learn(actors).epsilon
    })
    expect(epsilons).toEqual([0.525, 0.05, 0.05].map(x => expect.closeTo(x, 10)))
  })

  test('what came last is replayed at once', () => {
    const step = { observation: Float32Array.of(0), action: 0, reward: 1, duration: 1 }
    const ends = { terminated: true, truncated: false, finalObservation: step.observation }
    const report = make(context).learn([{ episode: 0, actor: 'shared', transitions: [step], ...ends }])
    expect(report).toMatchObject({ replay: 1, gradientSteps: 4 })
  })

  test('rewards that are not finite are an error, and leave the agent as it was', () => {
    const agent = make(context)
    const before = JSON.stringify(agent.state())
    const observation = Float32Array.of(0)
    const transitions = [{ observation, action: 0, reward: Number.NaN, duration: 1 }]
    const ends = { terminated: true, truncated: false, finalObservation: observation }
    expect(() => agent.learn([{ episode: 0, actor: 'shared', transitions, ...ends }])).toThrow(/not finite/)
    expect(JSON.stringify(agent.state())).toBe(before)
  })

  test('a policy network is refused: it has none', () => {
    const policy = () => new Mlp({ inputs: 1, outputs: 3, hidden: [], rng: Rng.of(1), ...LIKE_TORCH })
    const build = () => new Dqn({ ...context, config: dqnConfig.parse({}), networks: { policy } })
    expect(build).toThrow(/no policy network/)
  })
})

interface GoldenTrajectory {
  readonly terminated: boolean
  readonly final: number[]
  readonly steps: {
    readonly observation: number[]
    readonly mask: number[] | null
    readonly action: number
    readonly reward: number
    readonly duration: number
  }[]
}

function goldenTrajectories(given: readonly GoldenTrajectory[]): Trajectory<unknown, number>[] {
  return given.map(({ terminated, final, steps }, episode) => ({
    episode,
    actor: 'shared',
    transitions: steps.map(({ observation, mask, ...step }) => ({
      ...step,
      observation: Float32Array.from(observation),
      mask: mask === null ? undefined : Uint8Array.from(mask),
    })),
    terminated,
    truncated: !terminated,
    finalObservation: Float32Array.from(final),
  }))
}
