import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '../../../src/models/engine.ts'
import { jackknife } from '../../../src/models/tasks/per-item.ts'
import { stridesOf } from '../../../src/models/tasks/strides.ts'
import { joinedWindows, rounded, runsOf } from '../../../src/models/tasks/temporal/recordings.ts'
import { temporalSegmentation } from '../../../src/models/tasks/temporal/temporal.ts'
import { windowSeconds } from '../../../src/models/tasks/temporal/windows.ts'
import { tf } from '../../../src/models/tf.ts'
import { timed } from '../../support/annotated.ts'

beforeAll(async () => {
  await startEngine()
})

const FACTS = { classes: ['a', 'b'], seconds: [6, 2], window: 4, frames: 4, balance: 'none' } as const

describe('windows of one recording as one', () => {
  const window = (labels: number[]) => ({
    labels: Int32Array.from(labels),
    probabilities: Float32Array.from(labels.flatMap((label, t) => [label + t / 10, t])),
  })
  const piece = (start?: number, end?: number) => ({ id: '', path: '/r', label: '', start, end })

  test('in time, of what two show the earlier one', () => {
    const windows = [window([0, 0, 1, 1]), window([1, 0, 0, 0]), window([1, 1, 1, 0])]
    const joined = joinedWindows(windows, [piece(), piece(4, 8), piece(6, 10)], FACTS)
    expect([...joined.labels]).toEqual([0, 0, 1, 1, 1, 0, 0, 0, 1, 0])
    expect(joined.times).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    const last = Array.from(joined.probabilities.slice(-4), x => Math.round(10 * x) / 10)
    expect(last).toEqual([1.2, 2, 0.3, 3])
    expect(joined.probabilities).toHaveLength(20)
    const task = temporalSegmentation.create(FACTS)
    expect(task.join?.(windows, [piece(), piece(4, 8), piece(6, 10)])).toEqual(joined)
  })

  test('a window ends where nothing else is said; one in the other gives nothing', () => {
    const joined = joinedWindows([window([0, 1]), window([1, 1])], [piece(2), piece(3, 5)], FACTS)
    expect([[...joined.labels], joined.times]).toEqual([
      [0, 1],
      [2, 4, 6],
    ])
  })

  test('stretches of one label', () => {
    expect(runsOf([])).toEqual([])
    expect(runsOf([3, 3, 1, 3])).toEqual([
      { label: 3, from: 0, to: 2 },
      { label: 1, from: 2, to: 3 },
      { label: 3, from: 3, to: 4 },
    ])
    expect([rounded(1.23456), rounded(2)]).toEqual([1.235, 2])
  })
})

describe('the loss of moments', () => {
  const item = (moments: readonly (string | undefined)[]) => ({
    ...timed(1).items[0],
    truth: moments.map(moment => ({ moment })),
  })
  const lossOf = (moments: readonly (string | undefined)[], rows: readonly number[][], more: object = {}) => {
    const task = temporalSegmentation.create({ ...FACTS, ...more })
    const values = tf.tensor([rows as number[][]])
    return tf.tidy(() => task.loss({ values, activated: true }, [task.target(item(moments))]).dataSync()[0])
  }
  const rows = [
    [0.5, 0.5],
    [0.5, 0.5],
    [0.25, 0.75],
  ]
  const near = (p: number, q: number) => (Math.log(p) - Math.log(q)) ** 2
  // The mean over two neighbours and two classes.
  const rough = (0.15 * (near(0.5, 0.25) + near(0.5, 0.75))) / 4

  test('is the mean over moments that are known, and how rough they are', () => {
    expect(lossOf(['a', 'a', 'b'], rows)).toBeCloseTo((2 * Math.log(2) - Math.log(0.75)) / 3 + rough, 5)
    expect(lossOf(['a', undefined, 'b'], rows)).toBeCloseTo((Math.log(2) - Math.log(0.75)) / 2 + rough, 5)
    expect(lossOf(['b'], [[0.25, 0.75]])).toBeCloseTo(-Math.log(0.75), 5)
    expect(lossOf([undefined, undefined, undefined], rows)).toBeCloseTo(rough, 5)
  })

  test('weighs classes so that they count alike', () => {
    const [a, b] = [8 / 12, 8 / 4]
    expect(lossOf(['a', 'a', 'b'], rows, { balance: 'weights' })).toBeCloseTo(
      (2 * a * Math.log(2) - b * Math.log(0.75)) / 3 + rough,
      5,
    )
  })

  test('a jump counts no more than e⁴ times', () => {
    const sharp = [
      [1, 1e-7],
      [1e-7, 1],
    ]
    expect(lossOf([undefined, undefined], sharp)).toBeCloseTo(0.15 * 16, 4)
  })
})

test('a window of data without segments has a second a frame', () => {
  const { dataset } = timed(1)
  const bare = dataset.clips.map(clip => ({ ...clip, annotation: undefined }))
  expect(windowSeconds({ ...dataset, clips: bare }, 12)).toBe(12)
})

test('strides that a network offers, or as many of its coarsest', () => {
  expect(stridesOf([2, 4, 8, 16], [8, 16], 'x')).toEqual([8, 16])
  expect(stridesOf([8, 32], [8, 16], 'x')).toEqual([8])
  expect(stridesOf([1, 2, 4], [8, 16], 'x')).toEqual([2, 4])
  expect(stridesOf([4], [8, 16], 'x')).toEqual([4])
  expect(() => stridesOf([], [8], 'my-task')).toThrow(
    /^my-task reads maps of a network, and this one has none/,
  )
})

test('of one item nothing can be left out: it is the whole', () => {
  const whole = { primary: 0.4, selection: 0.6, loss: 1, parts: {} }
  const { points, selection, without } = jackknife(whole, 1, () => {
    throw new Error('none is left')
  })
  expect([points, [...selection], without(0)]).toEqual([[0.4], [0.6], whole])
})
