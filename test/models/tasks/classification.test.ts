import { beforeAll, describe, expect, test } from 'vitest'
import type { Dataset } from '../../../src/data/dataset.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { classification } from '../../../src/models/tasks/classification.ts'
import { perItemOf } from '../../../src/models/tasks/per-item.ts'
import { solveByLoss } from '../../../src/models/tasks/solve-by-loss.ts'
import { isGuessing, type Task } from '../../../src/models/tasks/task.ts'
import { tf } from '../../../src/models/tf.ts'
import { maxDifference } from '../../support/models.ts'
import { fc, property } from '../../support/property.ts'
import { classTask, outcomesOf } from '../../support/tasks.ts'

beforeAll(async () => {
  await startEngine()
})

const definition = classification('action-recognition', 'for tests')

function datasetOf(...labels: readonly string[]): Dataset {
  const clips = labels.map((label, i) => ({ id: `${i}`, path: `/${i}`, label }))
  return { path: '/data', classes: [...new Set(labels)].sort(), clips, hasGroups: false, skipped: [] }
}

describe('labels', () => {
  test('of one class alone can be scored, not learned from', () => {
    const one = datasetOf('x', 'x')
    expect(() => definition.check(one)).toThrow(/one class only, 'x' \(2 clips\)/)
    definition.check(one, { classes: ['x', 'y'] })
  })

  test('that a model does not know are named', () => {
    const check = () => definition.check(datasetOf('x', 'z'), { classes: ['x', 'y'] })
    expect(check).toThrow(/doesn't know: z \(it knows x, y\)/)
    const clip = { id: 'a.mp4', path: '/a.mp4', label: 'z' }
    expect(() => classTask(['x', 'y']).target(clip)).toThrow(
      /a\.mp4 is labelled 'z', and the classes are x, y/,
    )
  })

  test('are what a saved model goes on with: the same classes, however many clips each had', () => {
    const facts = { classes: ['x', 'y'], counts: [3, 9], balance: 'weights' } as const
    expect(definition.continues?.({ classes: ['x', 'y'] }, facts)).toBe(true)
    expect(definition.continues?.({ classes: ['y', 'x'] }, facts)).toBe(false)
    expect(definition.continues?.({ classes: ['x', 'y', 'z'] }, facts)).toBe(false)
  })
})

describe('facts', () => {
  test('are counted on the train split, and decide what counts', () => {
    const dataset = datasetOf('x', 'x', 'x', 'y', 'y', 'y')
    const of = (train: number) =>
      definition.facts({
        dataset,
        train: dataset.clips.slice(0, train),
        balance: 'none',
        input: { frames: 2, size: [28, 28], fit: 'crop', strides: [] },
      })
    expect(of(4)).toEqual({ classes: ['x', 'y'], counts: [3, 1], balance: 'none' })
    expect(definition.create(of(4)).metric).toBe('balanced accuracy')
    expect(definition.create(of(6)).metric).toBe('accuracy')
  })

  test('a fresh head guesses by them; weights count classes alike', () => {
    const counts = [6, 2]
    expect([...classTask(2, { counts }).head.start].map(Math.exp)).toEqual([
      expect.closeTo(0.75, 6),
      expect.closeTo(0.25, 6),
    ])
    const weighted = classTask(2, { counts, balance: 'weights' })
    expect([...weighted.head.start].map(Math.exp)).toEqual([expect.closeTo(0.5, 6), expect.closeTo(0.5, 6)])
    expect(6 * (weighted.weight?.(0) ?? 0) + 2 * (weighted.weight?.(1) ?? 0)).toBeCloseTo(8, 12)
    expect(classTask(2, { counts, balance: 'sampling' }).weight).toBeUndefined()
  })
})

describe('the score', () => {
  const clips = fc.array(
    fc.record({ loss: fc.double({ min: 0, max: 9, noNaN: true }), correct: fc.boolean(), label: fc.nat(2) }),
    { minLength: 2, maxLength: 12 },
  )

  property([clips, fc.boolean()])(
    'taken apart by sums is what leaving out each clip gives',
    (some, alike) => {
      const task = classTask(3, { counts: alike ? [5, 1, 1] : [1, 1, 1] })
      const outcomes = outcomesOf({
        losses: some.map(({ loss }) => loss),
        correct: some.map(({ correct }) => Number(correct)),
        labels: some.map(({ label }) => label),
      })
      const slow: Task = Object.assign(Object.create(task), { perItem: undefined })
      const [ours, theirs] = [perItemOf(task, outcomes), perItemOf(slow, outcomes)]
      some.forEach((_, item) => {
        const [a, b] = [ours.without(item), theirs.without(item)]
        for (const key of ['primary', 'selection', 'loss'] as const)
          expect(a[key]).toBeCloseTo(b[key] ?? 0, 9)
      })
      const { primary } = task.score(outcomes)
      expect(ours.points.reduce((sum, point) => sum + point, 0) / some.length).toBeCloseTo(primary, 9)
      if (!alike) for (const i of some.keys()) expect(ours.points[i]).toBeCloseTo(theirs.points[i], 9)
    },
  )

  test('one class named throughout is guessing, however large that class is', () => {
    const task = classTask(2, { counts: [9, 1] })
    const said = (correct: readonly number[]) =>
      isGuessing(task, task.score(outcomesOf({ losses: [1, 1, 1, 1], correct, labels: [0, 0, 0, 1] })))
    expect(said([1, 1, 1, 0])).toBe(true)
    expect(said([1, 1, 0, 1])).toBe(false)
  })
})

test('predictions and losses are the same from logits and from probabilities', () => {
  const task = classTask(3)
  const logits = tf.tensor2d([2, 1, -1, 0, 3, 0.5], [2, 3])
  const [raw, closed] = [
    { values: logits as tf.Tensor, activated: false },
    { values: tf.softmax(logits) as tf.Tensor, activated: true },
  ]
  const [a, b] = [raw, closed].map(outputs => Float32Array.from(task.loss(outputs, [0, 2]).dataSync()))
  expect(maxDifference(a, b)).toBeLessThan(1e-6)
  const words = (outputs: typeof raw) => task.predict(outputs).map(one => task.words(one))
  expect(words(raw)).toEqual(words(closed))
  expect(task.words(task.predict(raw)[0])).toBe('0 (70.5 %)')
  expect(task.answer(task.predict(raw)[1])).toMatchObject({ label: '1' })
})

test('the linear head by the loss alone is that of logistic regression', () => {
  const task = classTask(2)
  const features = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i * i))
  const problem = { features, targets: Array.from({ length: 20 }, (_, i) => Number(Math.sin(4 * i * i) > 0)) }
  const [ours, theirs] = [[...solveByLoss(task, problem)], [...(task.solve?.(problem) ?? [])]]
  expect(ours.map(({ l2 }) => l2)).toEqual(theirs.map(({ l2 }) => l2))
  // Weak penalties leave a direction that hardly changes the loss.
  for (const i of [0, 1, 2, 3]) {
    const logit = ({ kernel, bias }: (typeof ours)[number]) =>
      Float32Array.from({ length: 20 }, (_, row) => {
        const at = (c: number) =>
          bias[c] + features[2 * row] * kernel[c] + features[2 * row + 1] * kernel[2 + c]
        return at(1) - at(0)
      })
    expect(maxDifference(logit(ours[i]), logit(theirs[i])), String(i)).toBeLessThan(2e-2)
  }
})
