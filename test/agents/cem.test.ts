import { describe, expect, test } from 'vitest'
import { CrossEntropyMethod } from '../../src/agents/search/cem.ts'
import { type CemConfig, cemConfig } from '../../src/agents/search/cem-config.ts'
import { cem } from '../../src/agents/search/definition.ts'
import { Rng } from '../../src/common/random.ts'
import { defaultStateSpace, namesOf, observe } from '../../src/envs/finetune/features.ts'
import { Box, Discrete } from '../../src/envs/spaces.ts'
import { describeAgent } from '../../src/testing.ts'

const number = new Box(-1, 1, [1])
const observations = new Box(-1, 1, [19])

describeAgent('cem on what a layer group sees', cem, {
  observationSpace: observations,
  actionSpace: number,
  learning: false,
})
// Learns the task whose action is a number as well.
describeAgent('cem', cem, {
  observationSpace: new Box(-1, 1, [1]),
  actionSpace: number,
  config: cemConfig.parse({ features: [0] }),
})

const { group, global } = namesOf(defaultStateSpace)
const NAMES = [...group, ...global]

function make(config: Partial<CemConfig>, seed: number, features: readonly string[] | null = NAMES) {
  return new CrossEntropyMethod({
    observationSpace: features === null ? observations : new Box(-1, 1, [features.length]),
    features: features ?? undefined,
    actionSpace: number,
    rng: Rng.of(seed),
    config: cemConfig.parse(config),
  })
}

/** An episode of so many groups, a step each; rewards are a function of what each saw and did. */
function play(
  agent: CrossEntropyMethod,
  seen: readonly Float32Array[],
  rewardOf: (x: number, observation: Float32Array) => number,
) {
  const context = { masks: seen.map(() => undefined), explore: true, rng: Rng.of(0) }
  const actions = agent.act(seen, context).map(({ action }) => action)
  const ends = { terminated: true, truncated: false, finalObservation: seen[0] }
  const report = agent.learn(
    seen.map((observation, group) => {
      const [x] = actions[group]
      const step = { observation, action: actions[group], reward: rewardOf(x, observation), duration: 1 }
      return { episode: 0, actor: `group${group}`, transitions: [step], ...ends }
    }),
  )
  return { x: actions[0][0], report }
}

const blind = { features: [], population: 4, elite: 0.5, initialStd: 0.1, noise: 0.2, noiseRefits: 2 }

describe('the cross-entropy method', () => {
  const greedy = (agent: CrossEntropyMethod, observation: Float32Array) =>
    agent.act([observation], { masks: [undefined], explore: false, rng: Rng.of(0) })[0].action[0]

  test('finds the linear policy that a quadratic loss asks for, over 5 seeds', () => {
    const target = (o: Float32Array) => 0.1 - 0.4 * o[0] + 0.3 * o[7] + 0.1 * o[14] - 0.2 * o[16]
    const regret = (agent: CrossEntropyMethod) => {
      const rng = Rng.of(9, 'unseen')
      const errors = Array.from({ length: 100 }, () => {
        const o = observations.sample(rng)
        return (greedy(agent, o) - target(o)) ** 2
      })
      return errors.reduce((sum, error) => sum + error, 0) / errors.length
    }
    for (let seed = 0; seed < 5; seed++) {
      const agent = make({ population: 20 }, seed)
      const before = regret(agent)
      const rng = Rng.of(seed, 'seen')
      const seen = Array.from({ length: 10 }, () => observations.sample(rng))
      for (let i = 0; i < 1000; i++) play(agent, seen, (x, o) => -((x - target(o)) ** 2))
      expect(regret(agent)).toBeLessThan(before / 20)
    }
  })

  test('refits to the best half: their mean, and their variance with noise that falls to 0', () => {
    const agent = make(blind, 1)
    // The initial variance is 0.01, a fifth of it the noise: whole at first, then half, then none.
    for (const noise of [0.002, 0.001, 0, 0]) {
      const tried = [3, 9, 1, 7].map(reward => play(agent, [observations.sample(Rng.of(1))], () => reward).x)
      const mean = (tried[1] + tried[3]) / 2
      const variance = ((tried[1] - mean) ** 2 + (tried[3] - mean) ** 2) / 2 + noise
      const state = agent.state() as { mean: number[]; std: number[] }
      expect(state.mean[0]).toBeCloseTo(mean, 6)
      expect(state.std[0]).toBeCloseTo(Math.sqrt(variance), 6)
      expect(greedy(agent, observations.sample(Rng.of(2)))).toBeCloseTo(mean, 6)
    }
  })

  test('what several groups did in an episode is one trial, its return their mean', () => {
    const agent = make(blind, 1)
    const seen = [1, 2, 3].map(seed => observations.sample(Rng.of(seed)))
    const rewards = [1, 2, 6]
    const { report } = play(agent, seen, (_x, observation) => rewards[seen.indexOf(observation)])
    expect(report).toMatchObject({ meanReturn: 3, refits: 0 })
    expect(agent.state().trials).toHaveLength(1)
  })

  test('restored before every episode, it proposes the same', () => {
    const seen = [observations.sample(Rng.of(4))]
    const reward = (x: number) => -((x - 0.4) ** 2)
    const straight = make({}, 3)
    let cut = make({}, 3)
    for (let i = 0; i < 20; i++) {
      const saved = JSON.parse(JSON.stringify(cut.state()))
      cut = make({}, 100 + i)
      cut.restore(saved)
      expect(play(cut, seen, reward)).toEqual(play(straight, seen, reward))
    }
    expect(cut.state()).toEqual(straight.state())
  })

  test('the action is clipped to the Box', () => {
    const seen = observations.sample(Rng.of(1))
    expect(greedy(make({ features: [], initialMean: [3] }, 1), seen)).toBe(1)
    expect(greedy(make({ features: [], initialMean: [-3] }, 1), seen)).toBe(-1)
    expect(greedy(make({ features: [5], initialMean: [0.25, 0.5] }, 1), seen)).toBeCloseTo(
      0.25 + 0.5 * seen[5],
      6,
    )
  })

  test('by default it reads depth, gradient rank, budget left and trend of the default state space', () => {
    const space = {
      group: defaultStateSpace.group.map(({ id }) => mark(id)),
      global: defaultStateSpace.global.map(({ id }) => mark(id)),
    }
    const seen = observe(space, {} as never, {} as never)
    const agent = make({ initialMean: [0, 0.1, 0.2, 0.3, 0.4] }, 1)
    expect(greedy(agent, seen)).toBeCloseTo(0.01 + 0.04 + 0.09 + 0.16, 6)
  })

  test("under a user's state space it reads the same by name, wherever they stand there", () => {
    const features = ['mine', 'trend', 'depth']
    const seen = Float32Array.of(0.9, 0.5, 0.25)
    const agent = (config: Partial<CemConfig>) => make(config, 1, features)
    // In the order of the default's names: depth, then trend.
    expect(greedy(agent({ initialMean: [0, 0.1, 0.2] }), seen)).toBeCloseTo(0.025 + 0.1, 6)
    expect(greedy(agent({ features: ['mine'], initialMean: [0, 0.1] }), seen)).toBeCloseTo(0.09, 6)
    expect(() => agent({ features: ['tend'] })).toThrow("did you mean 'trend'")
    expect(() => make({ features: ['trend'] }, 1, null)).toThrow('give positions from 0 to 18')
  })

  test('where no feature is one of those, all elements have a weight', () => {
    const means = { initialMean: [0, 0.1, 0.2] }
    const seen = Float32Array.of(0.9, 0.5)
    for (const features of [['mine', 'theirs'], null]) {
      const agent = make(means, 1, features)
      const shown = features === null ? Float32Array.of(...seen, ...new Float32Array(17)) : seen
      expect(greedy(agent, shown)).toBeCloseTo(0.09 + 0.1, 6)
      expect(agent.state().mean).toHaveLength(1 + shown.length)
    }
  })

  test.each<[string, Partial<CemConfig>, RegExp]>([
    ['a feature beyond the observation', { features: [0, 19] }, /position 19, .*19 elements.*from 0 to 18/],
    ['more means than weights', { features: [1], initialMean: [0, 0, 0] }, /3 numbers for 2 weights/],
  ])('%s is refused', (_name, config, message) => expect(() => make(config, 1)).toThrow(message))

  test('other actions are refused with the reason, and another state is no state of it', () => {
    const refused = (actionSpace: Box | Discrete) =>
      cem.refuses?.({ observationSpace: observations, actionSpace })
    expect(refused(number)).toBeUndefined()
    expect(refused(new Discrete(5))).toMatch(/one number.*--actions log-rate/)
    expect(refused(new Box(-1, 1, [2]))).toMatch(/Box of one dimension/)
    const other = make({ features: [1] }, 1).state()
    expect(() => make({}, 1).restore(other)).toThrow(/5 numbers are needed/)
  })
})

/** A feature that reads a tenth for each place in the list of those that are expected, 0 for all others. */
function mark(id: string) {
  const expected = ['depth', 'relative-gradient-rank', 'budget-left', 'trend']
  return { id, description: '', value: () => (expected.indexOf(id) + 1) / 10 }
}
