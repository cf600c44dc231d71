import { describe, expect, test } from 'vitest'
import { measureSteps } from '../../../../../src/runner/jobs/fine-tune/plan/measure.ts'
import { tinyTrainee, tinyWorld } from '../../../../support/world.ts'

const never = new AbortController().signal

/** A run's figures; where `measured`, steps are measured between two of its rounds. */
async function run(measured: boolean) {
  const world = tinyWorld({}, tinyTrainee({ inBatches: true }))
  const options = { clock: () => 0, signal: never }
  await world.reset(1)
  const rounds = [await world.round([4, 2, 2])]
  if (measured) await measureSteps({ worlds: [world] }, options)
  // All in training, then a prefix that is frozen and cached.
  for (const actions of [
    [2, 4, 2],
    [0, 2, 3],
  ])
    rounds.push(await world.round(actions))
  return { rounds, weights: world.options.trainee.read(), flops: world.flops }
}

describe('measuring steps', () => {
  test('changes nothing of a run, not even in its middle', async () => {
    expect(await run(true)).toEqual(await run(false))
  })

  test('takes the median of three, by the clock that is given', async () => {
    // A warm-up and three times for each kind; what each takes, in milliseconds.
    const taken = [9000, 30, 10, 20]
    let now = 0
    let calls = 0
    const clock = () => {
      const kind = Math.floor(calls / 8)
      if (calls % 2 === 1) now += taken[((calls - 1) / 2) % 4] * (kind + 1) * (calls % 8 === 1 ? 0.01 : 1)
      calls++
      return now
    }
    const seconds = await measureSteps({ worlds: [tinyWorld()] }, { clock, signal: never })
    expect(Object.entries(seconds).map(([kind, value]) => [kind, Number(value.toFixed(6))])).toEqual([
      ['head', 0.02],
      ['headEvaluation', 0.04],
      ['full', 0.06],
      ['evaluation', 0.08],
      ['statistics', 0.1],
    ])
  })

  test('takes the first of each kind where the run is short', async () => {
    let calls = 0
    const clock = () => Math.floor(++calls / 2) * 1000
    const seconds = await measureSteps({ worlds: [tinyWorld()] }, { clock, signal: never, once: true })
    expect(calls).toBe(2 * 5)
    expect(Object.values(seconds)).toEqual([1, 1, 1, 1, 1])
  })

  test('a slow kind is measured once', async () => {
    let now = 0
    let calls = 0
    const clock = () => {
      now += 10_000
      calls++
      return now
    }
    const seconds = await measureSteps({ worlds: [tinyWorld()] }, { clock, signal: never })
    expect(seconds.full).toBe(10)
    expect(calls).toBe(2 * 5)
  })

  test('stops when it is told to, and leaves the trainee as it was', async () => {
    const controller = new AbortController()
    const world = tinyWorld()
    const before = world.options.trainee.snapshot()
    const clock = () => {
      controller.abort()
      return 0
    }
    await expect(
      measureSteps({ worlds: [world] }, { clock, signal: controller.signal }),
    ).rejects.toMatchObject({
      kind: 'interrupted',
    })
    expect(world.options.trainee.snapshot()).toEqual(before)
  })
})
