import { beforeEach, describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import { maskOf } from '../../../src/envs/hierarchy/views.ts'
import { featureCount, type RoundResult, type World } from '../../../src/envs/world.ts'

/** What every world keeps, whatever its groups are. */
export function describeWorld<A, S, W>(name: string, make: () => World<A, S, W>): void {
  describe(`${name} keeps the contract of World`, () => {
    let world: World<A, S, W>
    beforeEach(() => {
      world = make()
    })
    const groups = () => Array.from({ length: world.groups }, (_, group) => group)
    const actionsFrom = (rng: Rng) =>
      groups().map(group => world.actions.space.sample(rng, maskOf(world, group)))
    const seen = () => groups().map(group => [...world.observation(group)])

    /** To the end of the run, by random actions. */
    async function play(seed: number, onRound: (result: RoundResult) => void = () => undefined) {
      const rng = Rng.of(seed, 'actions')
      const results: RoundResult[] = []
      while (!results.at(-1)?.terminated) {
        const result = await world.round(actionsFrom(rng))
        results.push(result)
        onRound(result)
        if (results.length > 1000) throw new Error('the run does not end')
      }
      return results
    }

    test('names its groups and its features, and shows that many numbers, each in [-1, 1]', async () => {
      await world.reset(1)
      expect(world.names).toHaveLength(world.groups)
      expect(new Set(world.names).size).toBe(world.groups)
      const check = () => {
        for (const observation of seen()) {
          expect(observation).toHaveLength(featureCount(world))
          expect(observation.every(x => x >= -1 && x <= 1)).toBe(true)
        }
        // What is said of the whole world is the same in every group's view.
        const own = world.features.group.length
        expect(new Set(seen().map(one => JSON.stringify(one.slice(own)))).size).toBe(1)
      }
      check()
      await play(1, check)
    })

    test('the same seed gives the same run', async () => {
      await world.reset(3)
      const first = [seen(), await play(5), seen()]
      await world.reset(3)
      expect([seen(), await play(5), seen()]).toEqual(first)
    })

    test('a snapshot is everything that decides the rest', async () => {
      await world.reset(2)
      await world.round(actionsFrom(Rng.of(9)))
      const state = world.snapshot()
      const [before, after] = [seen(), await play(4)]
      world.restore(state)
      expect(seen()).toEqual(before)
      expect(await play(4)).toEqual(after)
    })

    test('ends by itself, and says so once', async () => {
      await world.reset(1)
      const results = await play(1)
      expect(results.slice(0, -1).every(({ terminated }) => !terminated)).toBe(true)
      expect(results.every(({ rewards }) => rewards.length === world.groups)).toBe(true)
      expect(results.every(({ reward, noise }) => Number.isFinite(reward) && noise >= 0)).toBe(true)
      await expect(async () => world.round(actionsFrom(Rng.of(1)))).rejects.toThrow('reset')
    })

    test('costs what it says: more every round, within the budget until the last', async () => {
      await world.reset(1)
      let flops = world.flops
      await play(7, result => {
        expect(result.flops).toBe(world.flops)
        expect(result.flops).toBeGreaterThanOrEqual(flops)
        flops = result.flops
        expect(world.budgetLeft()).toBeGreaterThanOrEqual(0)
        expect(world.budgetLeft() === 0 || !result.terminated || world.diverged).toBe(true)
      })
    })

    test('the best moment has the highest score of those that it was chosen from', async () => {
      await world.reset(1)
      const results = await play(2)
      const { best } = world
      expect(results.map(({ step }) => step)).toContain(best.step)
      expect(best.flops).toBeLessThanOrEqual(world.flops)
      expect(best.measured.evaluation.score).toBeGreaterThanOrEqual(0)
    })

    test('groups that may not move stand still, whatever is chosen', async () => {
      await world.reset(1)
      world.permit(groups().map(group => group > 0))
      await world.train(world.awake())
      expect(world.rates[0]).toBe(0)
      expect(world.rates.slice(1).every(rate => rate > 0)).toBe(true)
    })

    test('moves at the rates that it is set to', async () => {
      await world.reset(1)
      const rates = groups().map(group => (group === 0 ? 0 : 1e-3))
      await world.train(world.settingsAt(rates))
      expect(world.rates).toEqual(rates)
    })

    test('stopping ends the run without another step', async () => {
      await world.reset(1)
      const { step } = await world.round(actionsFrom(Rng.of(1)))
      expect(world.stop()).toMatchObject({ step, terminated: true })
      await expect(async () => world.train(world.awake())).rejects.toThrow('reset')
    })

    test('before a reset it says what to do', async () => {
      await expect(async () => world.observation(0)).rejects.toThrow('reset')
    })
  })
}
