import { describe, expect, test } from 'vitest'
import type { AgentContext, Trajectory } from '../../src/agents/agent.ts'
import { Mlp } from '../../src/agents/mlp.ts'
import type { Batch } from '../../src/agents/replay/replay.ts'
import { Sac } from '../../src/agents/sac/agent.ts'
import { sacConfig } from '../../src/agents/sac/config.ts'
import { ContinuousForm } from '../../src/agents/sac/continuous.ts'
import { sac } from '../../src/agents/sac/definition.ts'
import { DiscreteForm } from '../../src/agents/sac/discrete.ts'
import type { Form, Networks } from '../../src/agents/sac/form.ts'
import { Rng } from '../../src/common/random.ts'
import { makeEnv } from '../../src/envs/registry.ts'
import { Box, Discrete, MultiDiscrete } from '../../src/envs/spaces.ts'
import { Collector } from '../../src/runner/play/collector.ts'
import { evaluatePolicy } from '../../src/runner/play/evaluate.ts'
import { describeAgent } from '../../src/testing.ts'

describeAgent('SAC', sac, { learning: false })

const rng = () => Rng.of(4, 'sac')
const wave = (length: number, by = 1) => Float32Array.from({ length }, (_, i) => Math.sin(by * (i + 1)))

function networksOf({ actorOutputs, criticInputs, criticOutputs }: Form, inputs: number): Networks {
  const stream = rng()
  const make = (from: number, outputs: number) =>
    new Mlp({ inputs: from, outputs, hidden: [8], rng: stream, activation: 'tanh' })
  const critic = () => make(criticInputs, criticOutputs)
  return { actor: make(inputs, actorOutputs), critics: [critic(), critic()], targets: [critic(), critic()] }
}

function batchOf(rows: number, inputs: number, actionSize: number, actions: number): Batch {
  const masks = Uint8Array.from({ length: rows * actions }, (_, i) => (i % 4 === 1 ? 0 : 1))
  return {
    indices: new Int32Array(rows),
    observations: wave(rows * inputs),
    nextObservations: wave(rows * inputs, 2),
    actions: actions > 0 ? new Float32Array(rows) : wave(rows * actionSize, 3),
    rewards: wave(rows),
    discounts: new Float32Array(rows).fill(0.9),
    nextMasks: masks,
    masks,
    weights: new Float32Array(rows).fill(1),
  }
}

const FORMS: readonly [string, Form, Batch][] = [
  ['continuous', new ContinuousForm(3, new Box(-2, 4, [2]), { noiseCorrelation: 0.5 }), batchOf(5, 3, 2, 0)],
  ['discrete', new DiscreteForm(3, 3, { entropyShare: 0.5 }), batchOf(5, 3, 1, 3)],
]

describe.each(FORMS)('%s actions', (_name, form, batch) => {
  test('the actor’s gradient is that of differences of its loss', () => {
    const networks = networksOf(form, 3)
    const { parameters } = networks.actor
    const loss = () => form.actor(batch, networks, 0.3, Rng.of(9)).loss
    const gradient = form.actor(batch, networks, 0.3, Rng.of(9)).gradient.slice()
    expect(Math.hypot(...gradient)).toBeGreaterThan(0.01)
    for (let i = 0; i < parameters.length; i += 3) {
      const own = parameters[i]
      parameters[i] = own + 5e-3
      const above = loss()
      parameters[i] = own - 5e-3
      const slope = (above - loss()) / 1e-2
      parameters[i] = own
      expect(gradient[i]).toBeCloseTo(slope, 2)
    }
  })
})

describe('actions', () => {
  test('exploration is correlated in time, and each step distributed as the policy', () => {
    const form = new ContinuousForm(1, new Box(-1, 1, [1]), { noiseCorrelation: 0.9 })
    const stream = Rng.of(1)
    let memory: Float32Array | undefined
    const noise = Array.from({ length: 4000 }, () => {
      const decision = form.choose(Float32Array.of(0, 0), { mask: undefined, memory, rng: stream })
      memory = decision.memory
      expect((decision.action as Float32Array)[0]).toBeCloseTo(Math.tanh(memory?.[0] ?? 0), 5)
      return memory?.[0] ?? 0
    })
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length
    expect(mean(noise.map(x => x * x))).toBeCloseTo(1, 0)
    expect(mean(noise.slice(1).map((x, t) => x * noise[t]))).toBeCloseTo(0.9, 0)
    const greedy = form.choose(Float32Array.of(0.5, 3), { mask: undefined, memory, rng: undefined })
    expect(greedy).toEqual({ action: Float32Array.of(Math.tanh(0.5)) })
  })

  test('bounds that differ are reached and kept, and come back as they are learned from', () => {
    const form = new ContinuousForm(1, new Box([-2, 0], [4, 0], [2]), { noiseCorrelation: 0 })
    const { action } = form.choose(Float32Array.of(50, 50, 0, 0), {
      mask: undefined,
      memory: undefined,
      rng: undefined,
    })
    expect(action).toEqual(Float32Array.of(4, 0))
    expect([...form.encode(Float32Array.of(1, 0))]).toEqual([0, 0])
    expect([...form.encode(Float32Array.of(-2, 0))]).toEqual([-1, 0])
  })

  test.each([
    ['MultiDiscrete', new MultiDiscrete([2, 2]), /MultiDiscrete/],
    ['a Box without bounds', new Box(-Infinity, Infinity, [1]), /with bounds/],
  ])('%s is refused, with the reason', (_what, actionSpace, message) => {
    const context = { observationSpace: new Box(-1, 1, [1]), actionSpace, gamma: 0.9, rng: rng() }
    expect(sac.refuses?.(context)).toMatch(message)
    expect(() => new Sac({ ...context, config: sacConfig.parse({}) })).toThrow(message)
  })
})

const context = (config: object): AgentContext<ReturnType<typeof sacConfig.parse>> => ({
  observationSpace: new Box(-1, 1, [1]),
  actionSpace: new Discrete(2),
  gamma: 0.9,
  rng: rng(),
  config: sacConfig.parse(config),
})

test('the temperature rises where the policy is surer than is aimed at, and falls where it is less sure', () => {
  const temperatureAfter = (targetEntropy: number) => {
    const agent = new Sac(context({ targetEntropy, trainFrequency: 1, initialTemperature: 0.2 }))
    const transitions = Array.from({ length: 50 }, (_, t) => ({
      observation: Float32Array.of(Math.sin(t)),
      action: t % 2,
      reward: 0,
      duration: 1,
    }))
    const trajectory: Trajectory<unknown, unknown> = {
      ...{ episode: 1, actor: 'shared', transitions, terminated: true, truncated: false },
      finalObservation: Float32Array.of(0),
    }
    return agent.learn([trajectory]).temperature
  }
  expect(temperatureAfter(0.1)).toBeLessThan(0.2)
  expect(temperatureAfter(1)).toBeGreaterThan(0.2)
})

test('networks of the user’s own are refused', () => {
  const networks = { policy: (sizes: ConstructorParameters<typeof Mlp>[0]) => new Mlp(sizes) }
  expect(() => new Sac({ ...context({}), networks })).toThrow('networks of its own')
})

test.each([
  ['ContinuousTarget-v0', -0.02 * 10, 3000],
  ['MaskedWalk-v0', 0.7, 4000],
])('it learns %s', { timeout: 120_000 }, async (id, good, steps) => {
  const make = () => makeEnv(id)
  const { observationSpace, actionSpace } = make()
  const config = sacConfig.parse({ totalSteps: steps, hidden: [32], batchSize: 32, learningStarts: 100 })
  const agent = new Sac({ observationSpace, actionSpace, gamma: 0.9, rng: rng(), config })
  const collector = new Collector({ envs: [make()], agent, seed: 1 })
  for (let step = 0; step < steps; step++) await agent.learn((await collector.collect(1e9)).trajectories)
  const { signal } = new AbortController()
  const { meanReturn } = await evaluatePolicy({ agent, makeEnv: make, episodes: 50, seed: 3, signal })
  expect(meanReturn).toBeGreaterThan(good)
})

test('discrete actions are drawn by their probabilities while it explores, and the likeliest is taken else', () => {
  const form = new DiscreteForm(3, 3, { entropyShare: 0.5 })
  const outputs = Float32Array.of(Math.log(0.2), Math.log(0.5), Math.log(0.3))
  const stream = Rng.of(1)
  const given = { mask: undefined, memory: undefined }
  const drawn = [0, 0, 0]
  for (let i = 0; i < 3000; i++) drawn[form.choose(outputs, { ...given, rng: stream }).action as number]++
  for (const [action, share] of [0.2, 0.5, 0.3].entries())
    expect(Math.abs(drawn[action] / 3000 - share)).toBeLessThan(0.04)
  const { action, logProbability } = form.choose(outputs, { ...given, rng: undefined })
  expect(action).toBe(1)
  expect(logProbability).toBeCloseTo(Math.log(0.5), 5)
})
