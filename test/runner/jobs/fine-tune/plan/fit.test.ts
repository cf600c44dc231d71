import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../../../src/common/settings.ts'
import { fineTuneSchema, type WholeConfig } from '../../../../../src/runner/instances/config.ts'
import { fitInto } from '../../../../../src/runner/jobs/fine-tune/plan/fit.ts'
import { fc, property } from '../../../../support/property.ts'

const asked: WholeConfig = {
  ...parseConfig(fineTuneSchema, { model: 'm', data: 'd', episodes: 20, budgetSteps: 50 }),
  ...{
    frames: 8,
    fit: 'crop',
    learningRate: 1e-4,
    baselines: ['linearProbe', 'fullFineTune', 'fromScratch'],
  },
}
/** A second a step: as many runs as there are episodes and rates. */
const costs = {
  seconds: ({ episodes, baselineRates, baselines, budgetSteps }: WholeConfig) =>
    budgetSteps * (episodes + baselineRates * baselines.length),
  perUpdate: () => 4,
}
/** Minutes of which the part that is planned for holds so many seconds. */
const minutesFor = (seconds: number) => (seconds + 1e-6) / 60 / 0.9

describe('fitting into minutes', () => {
  test('what fits stays as it is', () => {
    expect(fitInto(minutesFor(costs.seconds(asked)), asked, costs)).toEqual({ config: asked, said: [] })
  })

  test.each<[string, number, Partial<WholeConfig>, RegExp[]]>([
    ['episodes first, by whole updates', 50 * (17 + 15), { episodes: 16 }, [/16 episodes instead of 20/]],
    ['episodes down to one update', 50 * (4 + 15), { episodes: 4 }, [/4 episodes instead of 20/]],
    [
      'then rates, and episodes come back',
      50 * (9 + 9),
      { episodes: 8, baselineRates: 3 },
      [/8 episodes/, /3 learning rates at most instead of 5/],
    ],
    [
      'then the baseline from scratch',
      50 * (4 + 6),
      { episodes: 4, baselineRates: 3, baselines: ['linearProbe', 'fullFineTune'] },
      [/4 episodes/, /3 learning rates/, /no comparison with fromScratch/],
    ],
    [
      'then the budget',
      40 * (4 + 6),
      { episodes: 4, baselineRates: 3, baselines: ['linearProbe', 'fullFineTune'], budgetSteps: 40 },
      [/4 episodes/, /3 learning rates/, /fromScratch/, /40 steps a run instead of 50/],
    ],
    [
      'then all learning, and the others come back',
      50 * 5 * 1,
      { episodes: 0, baselineRates: 3, baselines: ['linearProbe', 'fullFineTune'], budgetSteps: 41 },
      [/no episodes: one update of the agents takes 4/, /3 learning rates/, /fromScratch/, /41 steps/],
    ],
  ])('%s', (_name, seconds, changed, said) => {
    const fitted = fitInto(minutesFor(seconds), asked, costs)
    expect(fitted.config).toEqual({ ...asked, ...changed })
    expect(fitted.said).toHaveLength(said.length)
    said.forEach((pattern, i) => {
      expect(fitted.said[i]).toMatch(pattern)
    })
  })

  test('a baseline from scratch alone is kept', () => {
    const alone = { ...asked, baselines: ['fromScratch' as const] }
    expect(fitInto(minutesFor(50 * 7), alone, costs).config.baselines).toEqual(['fromScratch'])
  })

  test('fewer episodes than one update takes are left as they were asked for', () => {
    const few = { ...asked, episodes: 2 }
    expect(fitInto(minutesFor(50 * 17), few, costs)).toEqual({ config: few, said: [] })
  })

  property([
    fc.double({ min: 0.01, max: 100, noNaN: true }),
    fc.integer({ min: 0, max: 100 }),
    fc.integer({ min: 1, max: 200 }),
    fc.integer({ min: 1, max: 9 }),
  ])('either fits, or is refused with minutes that are enough', (minutes, episodes, budgetSteps, rates) => {
    const config = { ...asked, episodes, budgetSteps, baselineRates: rates }
    const within = (at: number) => {
      const fitted = fitInto(at, config, costs).config
      expect(costs.seconds(fitted)).toBeLessThanOrEqual(60 * at)
      expect(fitted.budgetSteps).toBeGreaterThanOrEqual(0.6 * budgetSteps)
      expect(fitted.episodes).toBeLessThanOrEqual(episodes)
    }
    try {
      within(minutes)
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error
      const [, least, learning] =
        /may take ([\d.]+)(?: \(([\d.]+) with one update)?/.exec(error.message) ?? []
      expect(Number(least)).toBeGreaterThan(minutes)
      within(Number(least))
      if (episodes > 0) expect(fitInto(Number(learning), config, costs).config.episodes).toBeGreaterThan(0)
    }
  })
})
