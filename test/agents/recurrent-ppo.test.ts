import { describe, expect, test } from 'vitest'
import type { Decision, Memory, Trajectory, Transition } from '../../src/agents/agent.ts'
import { Mlp } from '../../src/agents/mlp.ts'
import { recurrentPpo } from '../../src/agents/recurrent-ppo/definition.ts'
import { chunksOf, stack } from '../../src/agents/recurrent-ppo/sequences.ts'
import { Rng } from '../../src/common/random.ts'
import { makeEnv } from '../../src/envs/registry.ts'
import { Box, Discrete } from '../../src/envs/spaces.ts'
import { Collector } from '../../src/runner/play/collector.ts'
import { evaluatePolicy } from '../../src/runner/play/evaluate.ts'
import { describeAgent } from '../../src/testing.ts'

describeAgent('recurrent PPO', recurrentPpo, { learning: false })

const { signal } = new AbortController()
const agentIn = (env: { observationSpace: unknown; actionSpace: unknown }, config: object, seed = 1) =>
  recurrentPpo.factory({
    ...(env as { observationSpace: Box; actionSpace: Discrete }),
    config: recurrentPpo.config.parse(config),
    gamma: 0.99,
    rng: Rng.of(seed, 'agent'),
  })

function transitions(count: number): Transition<unknown, unknown>[] {
  return Array.from({ length: count }, (_, t) => ({
    observation: Float32Array.of(t),
    action: 0,
    reward: 0,
    duration: 1,
    ...(t > 0 && { memory: Float32Array.of(t, -t) }),
  }))
}

describe('pieces of episodes', () => {
  const trajectory = (count: number, terminated: boolean): Trajectory<unknown, unknown> => ({
    episode: 0,
    actor: 'shared',
    transitions: transitions(count),
    terminated,
    truncated: !terminated,
    finalObservation: Float32Array.of(count),
  })

  test('cover every transition once; each begins with what came with the first that is replayed', () => {
    const chunks = chunksOf([trajectory(5, false), trajectory(3, true)], { sequenceLength: 2, burnIn: 1 })
    expect(chunks).toEqual([
      { from: 0, length: 2, burnIn: 0, memory: undefined },
      { from: 2, length: 2, burnIn: 1, memory: Float32Array.of(1, -1) },
      { from: 4, length: 1, burnIn: 1, memory: Float32Array.of(3, -3), final: 8 },
      { from: 5, length: 2, burnIn: 0, memory: undefined },
      { from: 7, length: 1, burnIn: 1, memory: Float32Array.of(1, -1) },
    ])
    const observations = Float32Array.from([0, 1, 2, 3, 4, 0, 1, 2, 5])
    const stacked = stack(chunks, observations, { inputs: 1, units: 2 })
    expect(stacked).toMatchObject({ steps: 3, sequences: 5, learned: 1 })
    expect([...(stacked.starts ?? [])]).toEqual([1, 0, 0, 1, 0])
    expect(stacked.rows).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    // Steps by sequences: what is replayed, what is learned from, what follows.
    expect([...stacked.inputs]).toEqual([0, 1, 3, 0, 1, 0, 2, 4, 0, 2, 1, 3, 5, 1, 0])
    expect(stacked.places.map(place => stacked.inputs[place])).toEqual([0, 1, 2, 3, 4, 0, 1, 2])
    expect(stacked.finals).toEqual([[8, 12]])
    expect([...stacked.initial]).toEqual([0, 0, 1, -1, 3, -3, 0, 0, 1, -1])
    expect(() => stack(chunks, observations, { inputs: 1, units: 3 })).toThrow('a memory has 2 numbers')
  })
})

describe('a memory is carried', () => {
  const env = () => makeEnv<number, number>('Memory-v0', { length: 2 })

  test('through an episode, never into the next; a checkpoint has it', async () => {
    const config = { numSteps: 7, units: 4 }
    const agent = agentIn(env(), config)
    const given: (Memory | undefined)[][] = []
    const watched = {
      appetite: agent.appetite,
      learn: () => ({}),
      act: (...[observations, context]: Parameters<typeof agent.act>) => {
        given.push(observations.map((_, i) => context.memories?.[i]))
        return agent.act(observations, context)
      },
    }
    const collector = new Collector({ envs: [env()], agent: watched, seed: 1 })
    const { trajectories } = await collector.collect(100)
    // Episodes of four decisions.
    expect(given.map(([memory]) => memory === undefined)).toEqual([
      true,
      false,
      false,
      false,
      true,
      false,
      false,
    ])
    const [whole, cut] = trajectories
    expect(whole.transitions.map(({ memory }) => memory)).toEqual(given.slice(0, 4).map(([memory]) => memory))
    expect(cut.finalMemory).toHaveLength(4)
    const state = structuredClone(await collector.state())
    const other = new Collector({ envs: [env()], agent: watched, seed: 1 })
    await other.restore(state)
    given.length = 0
    await other.collect(1)
    expect(given[0]).toEqual([cut.finalMemory])
  })

  test('what it was given decides, and rows don’t mix', async () => {
    const space = { observationSpace: new Box(-1, 1, [2]), actionSpace: new Discrete(3) }
    const agent = agentIn(space, { units: 3 })
    const observation = Float32Array.of(0.3, -0.2)
    const act = async (memories: (Memory | undefined)[]) => {
      const masks = memories.map(() => undefined)
      const context = { masks, memories, explore: false, rng: Rng.of(1) }
      return (await agent.act(
        memories.map(() => observation),
        context,
      )) as readonly Decision<number>[]
    }
    const memory = Float32Array.of(1, -1, 0.5)
    const [fresh, carried] = await act([undefined, memory])
    expect(fresh.memory).not.toEqual(carried.memory)
    expect((await act([memory, undefined, memory]))[2]).toEqual(carried)
    expect(memory).toEqual(Float32Array.of(1, -1, 0.5))
  })

  test('networks of the user’s own are refused', () => {
    const networks = { policy: (sizes: ConstructorParameters<typeof Mlp>[0]) => new Mlp(sizes) }
    const context = { observationSpace: new Box(-1, 1, [1]), actionSpace: new Discrete(2), networks }
    expect(() => agentIn(context as never, {})).toThrow('networks of its own')
  })
})

test('it learns what the first observation said, in pieces shorter than the episode too', {
  timeout: 120_000,
}, async () => {
  const env = () => makeEnv<number, number>('Memory-v0', { length: 2 })
  for (const pieces of [{}, { sequenceLength: 4, burnIn: 2 }]) {
    const config = { numSteps: 256, minibatches: 2, epochs: 10, learningRate: 5e-3, units: 16, ...pieces }
    const agent = agentIn(env(), config)
    const collector = new Collector({ envs: [env(), env(), env(), env()], agent, seed: 1 })
    let best = 0
    for (let update = 0; update < 30 && best < 1; update++) {
      const { trajectories } = await collector.collect(1e9)
      await agent.learn(trajectories)
      const evaluation = await evaluatePolicy({ agent, makeEnv: env, episodes: 20, seed: 5, signal })
      best = Math.max(best, evaluation.meanReturn)
    }
    expect(best).toBe(1)
  }
})

test('numbers that are observed are normalised by its recipe; what isn’t a Box is left alone', () => {
  const config = recurrentPpo.config.parse({ totalSteps: 1000 })
  const normalized = (observationSpace: Box | Discrete, actionSpace: Box | Discrete) =>
    recurrentPpo.recipe?.({ observationSpace, actionSpace, config }).normalize
  const [box, discrete] = [new Box(-1, 1, [1]), new Discrete(2)]
  expect(normalized(box, discrete)).toEqual(['observations'])
  expect(normalized(box, box)).toEqual(['observations', 'rewards'])
  expect(normalized(discrete, discrete)).toBeUndefined()
})
