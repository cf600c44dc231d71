import { describe, expect, test } from 'vitest'
import { ashaConfig } from '../../src/agents/search/asha.ts'
import { pbtConfig } from '../../src/agents/search/pbt.ts'
import { populationSearches } from '../../src/agents/search/population-searches.ts'
import { drawRates, type ResumableRun } from '../../src/agents/search/resumable.ts'
import { Rng } from '../../src/common/random.ts'
import { fc, property } from '../support/property.ts'
import { type Advanced, type ToyState, toyRun } from './toy-run.ts'

const limits = { minimum: 1e-6, maximum: 1e-2 }
const { asha, pbt } = populationSearches

function options(config: unknown, budgetFlops: number, seed = 1) {
  return { budgetFlops, groups: 3, limits, rng: Rng.of(seed), config }
}

const steps = (advanced: readonly Advanced[]) => advanced.map(({ run, rounds }) => [run, rounds])

describe('ASHA', () => {
  /** By run, after 1 round. */
  const first = [5, 3, 4, 1, 6, 2, 1.5]
  /** By run, after 3 rounds. */
  const second: Readonly<Record<number, number>> = { 1: 2.9, 3: 0.9, 5: 0.5, 6: 1.4 }

  test('promotes by the rule of the paper, as worked out by hand', async () => {
    const loss = ({ run, rounds }: ToyState) => (rounds === 1 ? first[run] : rounds === 3 ? second[run] : 1.2)
    // Run 4 diverges at once: over, and still not the best.
    const { run, advanced } = toyRun({ loss, length: index => (index === 4 ? 1 : Infinity) })
    const found = await asha.search(run, options(ashaConfig.parse({}), 21))
    expect(steps(advanced)).toEqual([
      [0, 1],
      [1, 1],
      // The third is the first of which a third is one: 1 is the best of 5, 3, 4.
      [2, 1],
      [1, 2],
      // The best of four is new.
      [3, 1],
      [3, 2],
      // Of six, two go on: 3, which has, and 5.
      [4, 1],
      [5, 1],
      [5, 2],
      // Of three on the second rung one goes on.
      [5, 6],
      // Two of seven: 6 has taken 5's place.
      [6, 1],
      [6, 2],
    ])
    // At the highest rung, though 3 has a lower loss below it.
    expect(found).toEqual({
      best: { state: { run: 5, rounds: 9 }, loss: 1.2, done: false, legs: found.best.legs },
      flops: 21,
      runs: 7,
    })
    expect(found.best.legs.map(({ rounds }) => rounds)).toEqual([1, 2, 6])
    for (const { rates } of found.best.legs) expect(rates).toEqual(advanced[7].rates)
  })

  test('a run that is over goes no further, and counts among the furthest', async () => {
    // Run 3 diverges at once, and the others are over after three rounds, on the second rung.
    const loss = ({ run, rounds }: ToyState) => (run === 3 ? 9 : 1 + first[run % first.length] / rounds)
    const { run, advanced } = toyRun({ loss, length: index => (index === 3 ? 1 : 3) })
    const { best } = await asha.search(run, options(ashaConfig.parse({}), 30))
    expect(Math.max(...advanced.map(({ rounds }) => rounds))).toBe(2)
    const over = advanced.filter(({ rounds }) => rounds === 2).map(entry => entry.run)
    const losses = over.map(index => 1 + first[index % first.length] / 3)
    expect(best).toMatchObject({ loss: Math.min(...losses), done: true })
  })

  test('draws rates log-uniformly within the limits, and freezes groups but not the head', async () => {
    const { run, advanced } = toyRun({ loss: () => 1, length: () => 1 })
    await asha.search(run, options(ashaConfig.parse({ frozenProbability: 0.3 }), 4000))
    const [bodies, heads] = [advanced.map(({ rates }) => rates[0]), advanced.map(({ rates }) => rates[2])]
    expect(heads.every(rate => rate >= limits.minimum && rate <= limits.maximum)).toBe(true)
    // Of 4000 draws: standard errors of 0.008.
    const share = (rates: readonly number[], test: (rate: number) => boolean) =>
      rates.filter(test).length / rates.length
    expect(Math.abs(share(bodies, rate => rate === 0) - 0.3)).toBeLessThan(0.03)
    expect(Math.abs(share(heads, rate => rate < 1e-5) - 0.25)).toBeLessThan(0.03)
    expect(Math.abs(share(heads, rate => rate < 1e-4) - 0.5)).toBeLessThan(0.03)
  })
})

describe('PBT', () => {
  const config = (settings: object) => pbtConfig.parse({ population: 5, interval: 2, ...settings })

  test('the worst of five goes on as a copy of the best, at rates times 0.8 or 1.2', async () => {
    const { run, advanced } = toyRun({ loss: ({ run }) => run })
    const settings = config({ resampleProbability: 0, frozenProbability: 0.5 })
    await pbt.search(run, options(settings, 40))
    // 4 is replaced after the first interval, and 3 after the second.
    const expected = [0, 1, 2, 3, 4, 0, 1, 2, 3, 0, 0, 1, 2, 0, 0]
    expect(steps(advanced).slice(0, 15)).toEqual(expected.map(index => [index, 2]))
    const factors = advanced[9].rates.map((rate, group) => rate / advanced[0].rates[group])
    const frozen = advanced[0].rates.map(rate => rate === 0)
    for (const [group, factor] of factors.entries()) {
      if (frozen[group]) expect(advanced[9].rates[group]).toBe(0)
      else expect(Math.min(Math.abs(factor - 0.8), Math.abs(factor - 1.2))).toBeLessThan(1e-12)
    }
    expect(advanced[5].rates).toEqual(advanced[0].rates)
    expect(advanced[8].rates).toEqual(advanced[3].rates)
  })

  test('perturbed rates stay within the limits, and rates may be drawn anew', async () => {
    const narrow = { minimum: 1e-3, maximum: 1.1e-3 }
    const perturbed = toyRun({ loss: ({ run }) => run })
    const resampled = toyRun({ loss: ({ run }) => run })
    const [never, always] = [0, 1].map(resampleProbability =>
      config({ resampleProbability, frozenProbability: 0 }),
    )
    await pbt.search(perturbed.run, { ...options(never, 200), limits: narrow })
    await pbt.search(resampled.run, options(always, 200))
    const rates = perturbed.advanced.flatMap(step => step.rates)
    expect(rates.every(rate => rate >= narrow.minimum && rate <= narrow.maximum)).toBe(true)
    expect(rates).toContain(narrow.minimum)
    expect(rates).toContain(narrow.maximum)
    const [before, after] = [resampled.advanced[0].rates, resampled.advanced[9].rates]
    for (const [group, rate] of after.entries()) {
      expect([0.8, 1, 1.2].every(factor => Math.abs(rate / before[group] - factor) > 1e-9)).toBe(true)
    }
  })

  test('a run that is over is no donor, and is itself replaced where it is among the worst', async () => {
    // The best is over after the first interval: nobody is replaced.
    const over = toyRun({ loss: ({ run }) => run, length: run => (run === 0 ? 2 : 6) })
    const found = await pbt.search(over.run, options(config({}), 34))
    expect(steps(over.advanced).map(([run]) => run)).toEqual([0, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4])
    expect(found).toMatchObject({ best: { state: { run: 0, rounds: 2 }, loss: 0, done: true }, flops: 26 })
    // The worst has diverged.
    const diverged = toyRun({ loss: ({ run }) => run, length: run => (run === 4 ? 1 : 4) })
    await pbt.search(diverged.run, options(config({}), 10))
    expect(steps(diverged.advanced).slice(5)).toEqual([[0, 2]])
  })

  test('further populations are begun while the budget holds as much as the last one cost', async () => {
    const search = async (budget: number) => {
      const { run } = toyRun({ loss: ({ run }) => run, length: () => 4 })
      const { flops, runs } = await pbt.search(run, options(config({}), budget))
      return { flops, runs }
    }
    expect(await search(13)).toEqual({ flops: 14, runs: 5 })
    expect(await search(40)).toEqual({ flops: 20, runs: 5 })
    expect(await search(41)).toEqual({ flops: 40, runs: 10 })
  })

  test('finds a schedule that is better than the best constant rates, where the best rate falls', async () => {
    const ROUNDS = 60
    interface Drift {
      readonly round: number
      readonly error: number
    }
    /** The best rate falls from 10^-2.5 to 10^-5.5; being x decades off costs x² a round. */
    const drift: ResumableRun<Drift> = {
      begin: async () => ({ round: 0, error: 0 }),
      advance: async (state, rates, rounds) => {
        let { round, error } = state
        for (let i = 0; i < rounds && round < ROUNDS; i++, round++) {
          const best = -2.5 - (3 * (round + 0.5)) / ROUNDS
          for (const rate of rates) error += (Math.log10(rate) - best) ** 2 / (rates.length * ROUNDS)
        }
        return { state: { round, error }, loss: error, done: round === ROUNDS, flops: rounds }
      },
    }
    // The variance of a uniform distribution over 3 decades: what the constant in the middle costs.
    const bestConstant = 3 ** 2 / 12
    const settings = pbtConfig.parse({ population: 20, frozenProbability: 0 })
    const losses: number[] = []
    const random: number[] = []
    for (let seed = 0; seed < 10; seed++) {
      const given = options(settings, 20 * ROUNDS, seed)
      losses.push((await pbt.search(drift, given)).best.loss)
      const tried: number[] = []
      for (let i = 0; i < 20; i++) {
        const rates = drawRates({ ...given, config: settings })
        tried.push((await drift.advance(await drift.begin(), rates, ROUNDS)).loss)
      }
      random.push(Math.min(...tried))
    }
    const mean = (of: readonly number[]) => of.reduce((a, b) => a + b) / of.length
    expect(mean(losses)).toBeLessThan(mean(random))
    expect(mean(losses)).toBeLessThan(bestConstant)
  })
})

describe.each(['asha', 'pbt'] as const)('%s', id => {
  const { search, config } = populationSearches[id]
  /** Losses, lengths and costs that look random and are known by the run. */
  const toy = (seed: number) =>
    toyRun({
      loss: ({ run, rounds }) => Rng.of(seed, 'loss', run, rounds).next(),
      length: run => 1 + Rng.of(seed, 'length', run).int(20),
      flops: run => 0.1 + Rng.of(seed, 'flops', run).next(),
    })

  property([fc.integer({ min: 0, max: 1e6 }), fc.double({ min: 0.01, max: 200, noNaN: true })])(
    'spends the budget, goes beyond it by less than one advance, and says what it spent',
    async (seed, budget) => {
      const { run, advanced } = toy(seed)
      const { flops, best, runs } = await search(run, options(config.parse({}), budget, seed))
      const costs = advanced.map(step => step.flops)
      const total = costs.reduce((sum, cost) => sum + cost, 0)
      expect(flops).toBeCloseTo(total, 9)
      expect(total - costs[costs.length - 1]).toBeLessThan(budget)
      if (id === 'asha') expect(total).toBeGreaterThanOrEqual(budget)
      expect(runs).toBeGreaterThanOrEqual(new Set(advanced.map(step => step.run)).size)
      expect(best.loss).toBe(Rng.of(seed, 'loss', best.state.run, best.state.rounds).next())
    },
  )

  property([fc.integer({ min: 0, max: 1e6 })])('the same seed gives the same search', async seed => {
    const [first, second] = [toy(seed), toy(seed)]
    const results = [first, second].map(({ run }) => search(run, options(config.parse({}), 50, seed)))
    expect(await results[0]).toEqual(await results[1])
    expect(first.advanced).toEqual(second.advanced)
  })

  test('stops when the signal says so', async () => {
    const controller = new AbortController()
    let left = 7
    const { run, advanced } = toyRun({
      loss: () => {
        if (--left === 0) controller.abort()
        return 1
      },
    })
    const given = { ...options(config.parse({}), 1e6), signal: controller.signal }
    await expect(search(run, given)).rejects.toMatchObject({ kind: 'interrupted' })
    expect(advanced).toHaveLength(7)
  })

  test.each([0, -1, Number.NaN])('a budget of %s FLOPs is refused', async budget => {
    const { run } = toy(1)
    await expect(search(run, options(config.parse({}), budget))).rejects.toThrow(/FLOPs above 0/)
  })

  test('runs that cost nothing are refused: the search would never end', async () => {
    const { run } = toyRun({ loss: () => 1, flops: () => 0 })
    await expect(search(run, options(config.parse({}), 1))).rejects.toThrow(/cost 0 FLOPs/)
  })
})
