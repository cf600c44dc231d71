import { beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import { BatchOrder } from '../../../src/envs/finetune/batches.ts'
import { measurementOf, withoutClip } from '../../../src/envs/finetune/evaluation.ts'
import { warmUpAndCosine } from '../../../src/envs/finetune/shape.ts'
import { isBetter } from '../../../src/envs/finetune/training.ts'
import type { RoundResult } from '../../../src/envs/world.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { isUnbalanced, meanOf } from '../../../src/models/tasks/metrics.ts'
import { fc, property } from '../../support/property.ts'
import { classTask, outcomesOf } from '../../support/tasks.ts'
import { tinyTrainee, tinyWorld } from '../../support/world.ts'

beforeAll(async () => {
  await startEngine()
})

const RESET = 4

test('a moment is better by its score, by its loss where that is the same', () => {
  const chosen = { score: 0.5, loss: 0.3 }
  const better = (change: object) => isBetter({ ...chosen, ...change }, chosen)
  expect([better({ score: 0.6, loss: 9 }), better({ loss: 0.2 })]).toEqual([true, true])
  expect([better({}), better({ loss: 0.4 }), better({ score: 0.4, loss: 0.1 })]).toEqual([
    false,
    false,
    false,
  ])
})

describe('the best moment of a run', () => {
  test('is its best round by the mean score of that and the one before, with its weights', async () => {
    const world = tinyWorld({ budgetSteps: 12 })
    await world.reset(2)
    const rounds: { result: RoundResult; weights: unknown }[] = []
    do {
      const result = await world.round([RESET, RESET, rounds.length === 2 ? 3 : RESET])
      rounds.push({ result, weights: world.options.trainee.read() })
    } while (!rounds[rounds.length - 1].result.terminated)
    const chosenBy = (i: number) => {
      const { score, loss } = rounds[i].result.evaluation
      return { score: i === 0 ? score : (rounds[i - 1].result.evaluation.score + score) / 2, loss }
    }
    const indices = rounds.map((_, i) => i)
    const best = rounds[indices.reduce((a, b) => (isBetter(chosenBy(b), chosenBy(a)) ? b : a))]
    expect(world.best.measured.evaluation).toEqual(best.result.evaluation)
    expect(world.best.step).toBe(best.result.step)
    expect(world.options.trainee.read(world.best.handle)).toEqual(best.weights)
  })

  test('is never the start, once there was a round, and never one that diverged', async () => {
    const world = tinyWorld({}, tinyTrainee({ optimizer: 'sgd' }))
    await world.reset(1)
    const start = world.best
    expect(start.step).toBe(0)
    await world.train(world.settings)
    expect(world.best.step).toBe(2)
    const { handle } = world.best
    const blown = await world.train(world.settings.map(() => ({ frozen: false, learningRate: 1e25 })))
    expect(blown.diverged).toBe(true)
    expect(world.best.handle).toBe(handle)
  })

  test('comes back with a snapshot', async () => {
    const world = tinyWorld()
    await world.reset(1)
    await world.round([RESET, RESET, RESET])
    const [state, best] = [world.snapshot(), world.best]
    await world.round([RESET, RESET, RESET])
    world.restore(state)
    expect(world.best).toEqual(best)
  })
})

describe('a shape', () => {
  test('multiplies the rates at every step; frozen groups stay frozen', async () => {
    const seen: (readonly number[])[] = []
    const trainee = tinyTrainee()
    const step = trainee.step.bind(trainee)
    trainee.step = (batch, rates, dropout) => {
      seen.push(rates)
      return step(batch, rates, dropout)
    }
    const world = tinyWorld({ shape: warmUpAndCosine, probed: false }, trainee)
    await world.reset(1)
    const settings = [0, 1e-3, 1e-2].map(rate => ({ frozen: rate === 0, learningRate: rate }))
    for (let over = false; !over; ) over = (await world.train(settings)).terminated
    expect(seen).toHaveLength(8)
    seen.forEach((rates, i) => {
      const factor = warmUpAndCosine(i / 8)
      expect(rates[0]).toBe(0)
      expect(rates[1]).toBeCloseTo(1e-3 * factor, 12)
      expect(rates[2]).toBeCloseTo(1e-2 * factor, 12)
    })
  })
})

describe('the score', () => {
  const figures = fc.array(
    fc.record({
      loss: fc.double({ min: 0, max: 30, noNaN: true }),
      correct: fc.boolean(),
      label: fc.integer({ min: 0, max: 3 }),
    }),
    { minLength: 1, maxLength: 30 },
  )
  property([figures, fc.boolean()])('lies in [0, 1]; better clips never lower it', (clips, balanced) => {
    const measured = (some: typeof clips) =>
      measurementOf(
        classTask(4, { counts: balanced ? [3, 1, 1, 1] : [1, 1, 1, 1] }),
        outcomesOf({
          losses: Float64Array.from(some, ({ loss }) => loss),
          correct: Uint8Array.from(some, ({ correct }) => Number(correct)),
          labels: Int32Array.from(some, ({ label }) => label),
        }),
      )
    const of = (some: typeof clips) => measured(some).evaluation.score
    const score = of(clips)
    expect(score).toBeGreaterThanOrEqual(0)
    expect(score).toBeLessThanOrEqual(1)
    const [first, ...others] = clips
    const improved = of([{ ...first, correct: true, loss: first.loss / 2 }, ...others])
    expect(improved).toBeGreaterThanOrEqual(score - 1e-12)
    // Leaving a clip out by sums is measuring without it.
    if (others.length > 0) {
      const [left, anew] = [withoutClip(measured(clips), 0), measured(others).evaluation]
      for (const key of ['loss', 'primary', 'score'] as const) expect(left[key]).toBeCloseTo(anew[key], 9)
      for (const part of ['accuracy', 'balancedAccuracy'])
        expect(left.parts[part]).toBeCloseTo(anew.parts[part], 9)
    }
  })

  test('balanced, it is the mean over classes of each one’s mean', () => {
    expect(meanOf([1, 1, 1, 0], [0, 0, 0, 1], true)).toBe(0.5)
    expect(meanOf([1, 1, 1, 0], [0, 0, 0, 1], false)).toBe(0.75)
    expect(isUnbalanced([0, 0, 1], 2)).toBe(false)
    expect(isUnbalanced([0, 0, 0, 1], 2)).toBe(true)
    expect(isUnbalanced([0, 0, 0], 2)).toBe(true)
  })
})

describe('balanced batches', () => {
  const clips = ['a', 'a', 'a', 'a', 'a', 'a', 'a', 'b', 'b', 'c'].map((label, i) => ({
    ...{ id: String(i), path: '', label },
  }))

  test('draw every class as often, each of its clips as often as the others, up to one', () => {
    const order = new BatchOrder(clips, Rng.of(1), true)
    const drawn = Array.from({ length: 42 }, () => order.next(5)).flat()
    const count = (of: (clip: (typeof clips)[number]) => boolean) => drawn.filter(of).length
    for (const label of ['a', 'b', 'c']) {
      expect(count(clip => clip.label === label)).toBeGreaterThanOrEqual(63)
      expect(count(clip => clip.label === label)).toBeLessThanOrEqual(84)
    }
    const ofA = clips.slice(0, 7).map(({ id }) => count(clip => clip.id === id))
    expect(Math.min(...ofA)).toBeGreaterThan(0)
  })

  test('go on from their state', () => {
    const order = new BatchOrder(clips, Rng.of(2), true)
    order.next(7)
    const state = order.state()
    const next = order.next(13).map(({ id }) => id)
    const other = new BatchOrder(clips, Rng.of(9), true)
    other.restore(state)
    expect(other.next(13).map(({ id }) => id)).toEqual(next)
  })
})
