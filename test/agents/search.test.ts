import { describe, expect, test } from 'vitest'
import { ConstantSearch, type Propose, refusesUnbounded, type Trial } from '../../src/agents/search/agent.ts'
import { grid, tpe, uniform } from '../../src/agents/search/propose.ts'
import { Rng } from '../../src/common/random.ts'
import { Box, Discrete } from '../../src/envs/spaces.ts'
import { describeAgent, type TestContext } from '../../src/testing.ts'

const box = new Box([-1, 10], [1, 20], [2])
const settings = { startupTrials: 10, gamma: 0.1, candidates: 24 }

describeAgent('random search', (context: TestContext) => new ConstantSearch(context, uniform), {
  actionSpace: box,
})
describeAgent(
  'TPE',
  (context: TestContext) => new ConstantSearch(context, tpe({ ...settings, startupTrials: 2 })),
  {
    actionSpace: box,
  },
)

describeAgent('grid search', (context: TestContext) => new ConstantSearch(context, grid(3)), {
  actionSpace: box,
})

/** The best of so many trials on a function of [0, 1]^d, by seed. */
function search(propose: Propose, count: number, score: (point: readonly number[]) => number, seed: number) {
  const trials: Trial[] = []
  for (let i = 0; i < count; i++) {
    const point = propose(trials, 2, Rng.of(seed, 'test', i))
    trials.push({ point, return: score(point) })
  }
  return Math.max(...trials.map(trial => trial.return))
}

describe('searches', () => {
  const score = ([x, y]: readonly number[]) => -((x - 0.83) ** 2) - (y - 0.21) ** 2

  test('TPE finds better points than uniform trials, over 20 seeds', () => {
    const mean = (propose: Propose) =>
      Array.from({ length: 20 }, (_, seed) => search(propose, 60, score, seed)).reduce((a, b) => a + b) / 20
    expect(mean(tpe(settings))).toBeGreaterThan(mean(uniform) / 2)
  })

  test('an episode is one trial; the greedy action is that of the best', () => {
    const agent = new ConstantSearch({ actionSpace: box, rng: Rng.of(1) }, uniform)
    const act = (explore: boolean) => {
      const context = { masks: [undefined, undefined], explore, rng: Rng.of(2) }
      return agent.act([0, 0], context).map(({ action }) => action)
    }
    expect(Array.from(act(false)[0])).toEqual([0, 15])
    const tried = [3, 7, 5].map((reward, episode) => {
      const [action, again] = act(true)
      expect(box.contains(action)).toBe(true)
      expect(again).toEqual(action)
      const step = { observation: 0, action, reward, duration: 1 }
      const ends = { terminated: true, truncated: false, finalObservation: 0 }
      agent.learn([{ episode, actor: 'shared', transitions: [step, step], ...ends }])
      return action
    })
    expect(new Set(tried.map(String)).size).toBe(3)
    for (const [i, x] of act(false)[0].entries()) expect(x).toBeCloseTo(tried[1][i], 5)
  })

  test('what one agent did for several groups in an episode is one trial, its return their mean', () => {
    const agent = new ConstantSearch({ actionSpace: box, rng: Rng.of(1) }, uniform)
    const [{ action }] = agent.act([0], { masks: [undefined], explore: true, rng: Rng.of(2) })
    const ends = { terminated: true, truncated: false, finalObservation: 0 }
    const played = (episode: number, actor: string, rewards: readonly number[]) => {
      const transitions = rewards.map(reward => ({ observation: 0, action, reward, duration: 1 }))
      return { episode, actor, transitions, ...ends }
    }
    const report = agent.learn([
      played(0, 'block1', [1, 2]),
      played(0, 'head', [4, 7]),
      played(0, 'block2', []),
    ])
    expect(report).toEqual({ trials: 1, bestReturn: 7 })
    expect(() => agent.learn([played(1, 'head', [Number.NaN])])).toThrow(/return is NaN/)
  })

  test('spaces without bounds, and those that are no Box, are refused with the reason', () => {
    expect(refusesUnbounded({ actionSpace: new Discrete(3) })).toMatch(/--actions log-rate/)
    expect(refusesUnbounded({ actionSpace: new Box(0, Infinity, [1]) })).toMatch(/between bounds/)
    expect(refusesUnbounded({ actionSpace: box })).toBeUndefined()
  })
})

describe('grid', () => {
  const propose = grid(3)
  const points = (dimensions: number, count: number, seed: number) => {
    const trials: Trial[] = []
    for (let i = 0; i < count; i++) {
      trials.push({ point: propose(trials, dimensions, Rng.of(seed, 'test', i)), return: 0 })
    }
    return trials.map(({ point }) => String(point))
  }
  const all = [0, 0.5, 1].flatMap(x => [0, 0.5, 1].map(y => String([x, y])))

  test('each point once, then each again, in an order that the seed decides', () => {
    const visited = points(2, 18, 1)
    expect(visited.slice(0, 9).sort()).toEqual(all)
    expect(visited.slice(9).sort()).toEqual(all)
    expect(points(2, 9, 1)).toEqual(visited.slice(0, 9))
    expect(points(2, 9, 2)).not.toEqual(visited.slice(0, 9))
  })

  test('through an agent, whose actions are rounded to float32 and whose state is restored on the way', () => {
    const space = new Box([-1, 0.1], [1, 0.7], [2])
    let agent = new ConstantSearch({ actionSpace: space, rng: Rng.of(1) }, propose)
    const visited = Array.from({ length: 9 }, (_, episode) => {
      const saved = JSON.parse(JSON.stringify(agent.state()))
      agent = new ConstantSearch({ actionSpace: space, rng: Rng.of(50 + episode) }, propose)
      agent.restore(saved)
      const [{ action }] = agent.act([0], { masks: [undefined], explore: true, rng: Rng.of(2) })
      const transitions = [{ observation: 0, action, reward: 0, duration: 1 }]
      const ends = { terminated: true, truncated: false, finalObservation: 0 }
      agent.learn([{ episode, actor: 'shared', transitions, ...ends }])
      return String(Array.from(action))
    })
    const [low, middle, high] = [0.1, 0.4, 0.7].map(Math.fround)
    const expected = [-1, 0, 1].flatMap(x => [low, middle, high].map(y => String([x, y])))
    expect(visited.sort()).toEqual(expected.sort())
  })

  test('a grid of 3^64 points is searched without being written down', () => {
    const visited = points(64, 50, 1)
    expect(new Set(visited).size).toBe(50)
    expect(new Set(visited.flatMap(point => point.split(',')))).toEqual(new Set(['0', '0.5', '1']))
  })
})

describe('TPE', () => {
  // With gamma 0.25 the three best of ten are good.
  const points = [0.1, 0.2, 0.35, 0.4, 0.55, 0.6, 0.7, 0.75, 0.9, 1]
  const trials = points.map((x, i) => ({ point: [x], return: -Math.abs(i - 3) }))
  const [good, bad] = [
    [0.4, 0.35, 0.55],
    [0.2, 0.6, 0.1, 0.7, 0.75, 0.9, 1],
  ]

  /** As the paper has it: a wide normal over all, and one at each point, as wide as the farther of its neighbours is away. */
  const components = (at: readonly number[]) => {
    const ends = [0, ...[...at].sort((a, b) => a - b), 1]
    const wide = at.map((_, i) =>
      Math.max(ends[i + 1] - ends[i], ends[i + 2] - ends[i + 1], 1 / (at.length + 1)),
    )
    return [[0.5, 1], ...wide.map((std, i) => [ends[i + 1], Math.min(1, std)])]
  }
  const normal = (x: number, mean: number, std: number) => Math.exp(-((x - mean) ** 2) / (2 * std ** 2)) / std
  const density = (at: readonly number[], x: number) =>
    components(at).reduce((sum, [mean, std]) => sum + normal(x, mean, std), 0)
  const places = Array.from({ length: 1001 }, (_, i) => i / 1000)

  const likeliest = (better: readonly number[], worse: readonly number[]) => {
    const ratio = (x: number) => density(better, x) / density(worse, x)
    return places.reduce((a, b) => (ratio(b) > ratio(a) ? b : a))
  }

  test('of many candidates takes the one where good is likeliest against bad', () => {
    const [proposal] = tpe({ startupTrials: 10, gamma: 0.25, candidates: 3000 })(trials, 1, Rng.of(1))
    expect(proposal).toBeCloseTo(likeliest(good, bad), 2)
  })

  test('draws candidates from where good ones are, within the interval', () => {
    const propose = tpe({ startupTrials: 2, gamma: 0.25, candidates: 1 })
    const drawn = Array.from({ length: 4000 }, (_, i) => propose(trials, 1, Rng.of(2, 'draw', i))[0])
    expect([Math.min(...drawn) >= 0, Math.max(...drawn) <= 1]).toEqual([true, true])
    // Each component is drawn as often, whatever of it lies outside.
    const shares = components(good).map(([mean, std]) => {
      const own = places.map(x => normal(x, mean, std))
      const whole = own.reduce((a, b) => a + b)
      return own.map(value => value / whole)
    })
    for (const end of [0.25, 0.4, 0.5, 0.75]) {
      const expected =
        shares.flatMap(own => own.slice(0, 1 + 1000 * end)).reduce((a, b) => a + b) / shares.length
      expect(drawn.filter(x => x <= end).length / drawn.length).toBeCloseTo(expected, 1)
      expect(Math.abs(drawn.filter(x => x <= end).length / drawn.length - expected)).toBeLessThan(0.03)
    }
  })

  test('each dimension is its own; before there are enough trials points are uniform', () => {
    const many = points.map((x, i) => ({ point: [x, 1 - x], return: -Math.abs(i - 3) }))
    const propose = tpe({ startupTrials: 11, gamma: 0.25, candidates: 24 })
    expect(propose(many, 2, Rng.of(3))).toEqual(uniform(many, 2, Rng.of(3)))
    const [x, y] = tpe({ startupTrials: 10, gamma: 0.25, candidates: 3000 })(many, 2, Rng.of(3))
    expect([x, y]).toEqual([expect.closeTo(0.4, 0), expect.closeTo(0.6, 0)])
    expect(Math.abs(x + y - 1)).toBeLessThan(0.05)
    // One at least is good.
    const [one] = tpe({ startupTrials: 1, gamma: 0.001, candidates: 3000 })(trials, 1, Rng.of(4))
    expect(one).toBeCloseTo(
      likeliest(
        [0.4],
        points.filter(x => x !== 0.4),
      ),
      2,
    )
  })
})
