import { describe, expect, test } from 'vitest'
import { ConstantSearch, type Propose, refusesUnbounded, type Trial } from '../../src/agents/search/agent.ts'
import { tpe, uniform } from '../../src/agents/search/propose.ts'
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

  test('spaces without bounds, and those that are no Box, are refused with the reason', () => {
    expect(refusesUnbounded({ actionSpace: new Discrete(3) })).toMatch(/--actions log-rate/)
    expect(refusesUnbounded({ actionSpace: new Box(0, Infinity, [1]) })).toMatch(/between bounds/)
    expect(refusesUnbounded({ actionSpace: box })).toBeUndefined()
  })
})
