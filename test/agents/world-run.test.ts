import { beforeAll, describe, expect, test } from 'vitest'
import { populationSearches } from '../../src/agents/search/population-searches.ts'
import { type WorldRunState, worldRun } from '../../src/agents/search/world-run.ts'
import { Rng } from '../../src/common/random.ts'
import { settingsOf } from '../../src/envs/finetune/actions.ts'
import type { WorldState } from '../../src/envs/finetune/world-state.ts'
import { startEngine } from '../../src/models/engine.ts'
import { SYNTHETIC_TASK, tinyWorld } from '../support/world.ts'

beforeAll(async () => {
  await startEngine()
})

const SEED = 4
/** Of each round; groups freeze and thaw on the way. */
const RATES = [
  [0, 1e-4, 1e-3],
  [1e-4, 1e-4, 1e-3],
  [0, 0, 1e-2],
  [1e-3, 0, 1e-4],
]

/** Without the numbers that tell cached activations apart: they are never used twice, so no two runs agree on them. */
function comparable({ trainee, ...world }: WorldState) {
  const { versions: _, charged, ...others } = trainee
  return { ...world, ...others, charged: charged.size }
}

/** The run played in a world of its own, never left. */
async function straight(rates: readonly (readonly number[])[]) {
  const world = tinyWorld()
  await world.reset(SEED)
  for (const round of rates) await world.train(settingsOf(round, world.options.limits))
  return { state: world.snapshot(), loss: world.evaluation.loss, flops: world.flops }
}

describe('fine-tuning as a resumable run', () => {
  test('left and taken up again between the rounds of another, it is bit by bit what it is in one go', async () => {
    const run = worldRun(tinyWorld(), SEED)
    const paths = [RATES, [...RATES].reverse()]
    const states: WorldRunState<WorldState>[] = []
    for (const _ of paths) states.push(await run.begin())
    const last = [Infinity, Infinity]
    const flops = [0, 0]
    const done = [false, false]
    for (let round = 0; round < RATES.length; round++) {
      for (const [i, path] of paths.entries()) {
        const reached = await run.advance(states[i], path[round], 1)
        states[i] = reached.state
        last[i] = reached.loss
        flops[i] += reached.flops
        done[i] = reached.done
      }
    }
    expect(done).toEqual([true, true])
    for (const [i, path] of paths.entries()) {
      const expected = await straight(path)
      expect(comparable(states[i].world)).toEqual(comparable(expected.state))
      expect(last[i]).toBe(expected.loss)
      expect(flops[i]).toBe(expected.flops)
    }
  })

  test('several rounds at once stop at the end of the run; the state that they began from may be used again', async () => {
    const run = worldRun(tinyWorld(), SEED)
    const begun = await run.begin()
    const first = await run.advance(begun, RATES[1], 100)
    expect(first.done).toBe(true)
    expect(first.loss).toBe((await straight(RATES.map(() => RATES[1]))).loss)
    const again = await run.advance(begun, RATES[1], 100)
    expect(again).toEqual({ ...first, state: again.state })
    expect(comparable(again.state.world)).toEqual(comparable(first.state.world))
  })

  test('a run that diverges has the bound as its loss, and is over', async () => {
    const world = tinyWorld({ limits: { minimum: 1e-6, maximum: 1e6, reset: () => 1 } })
    const run = worldRun(world, SEED)
    const reached = await run.advance(await run.begin(), [1e6, 1e6, 1e6], 4)
    expect(reached).toMatchObject({ done: true, loss: SYNTHETIC_TASK.worst })
  })

  test.each(['asha', 'pbt'] as const)('what %s finds is what its schedule leads to', async id => {
    const world = tinyWorld()
    const run = worldRun(world, SEED)
    const { search, config } = populationSearches[id]
    const settings = config.parse(id === 'pbt' ? { population: 4, interval: 1 } : {})
    const { flops } = await straight(RATES.map(() => RATES[1]))
    const { best } = await search(run, {
      budgetFlops: 3 * flops,
      groups: world.groups,
      limits: world.options.limits,
      rng: Rng.of(2),
      config: settings,
    })
    let state = await run.begin()
    let loss = world.evaluation.loss
    for (const { rates, rounds } of best.legs) ({ state, loss } = await run.advance(state, rates, rounds))
    expect(loss).toBe(best.loss)
    expect(comparable(state.world)).toEqual(comparable(best.state.world))
  })
})
