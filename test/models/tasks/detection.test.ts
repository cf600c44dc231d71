import { beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '../../../src/models/engine.ts'
import { checkTask } from '../../../src/models/tasks/check.ts'
import { overlapOf, type TrueBox } from '../../../src/models/tasks/coco/match.ts'
import { decodeDetections } from '../../../src/models/tasks/detection/decode.ts'
import { objectDetection } from '../../../src/models/tasks/detection/detection.ts'
import { gridOf, levelFor } from '../../../src/models/tasks/detection/grid.ts'
import { detectionLoss } from '../../../src/models/tasks/detection/loss.ts'
import { denseTarget } from '../../../src/models/tasks/detection/targets.ts'
import { tf } from '../../../src/models/tf.ts'
import { boxed } from '../../support/annotated.ts'
import { fc, property } from '../../support/property.ts'

const SIZE = [64, 64] as const
const INPUT = { frames: 1, size: SIZE, fit: 'crop', strides: [8, 16] } as const
const GRID = gridOf(SIZE, [8, 16])
const PLACES = 8 * 8 + 4 * 4

beforeAll(async () => {
  await startEngine()
})

const anyBox = fc
  .record({
    label: fc.nat(1),
    x: fc.nat(40),
    y: fc.nat(40),
    width: fc.integer({ min: 4, max: 60 }),
    height: fc.integer({ min: 4, max: 60 }),
  })
  .map(box => ({ ...box, width: Math.min(box.width, 64 - box.x), height: Math.min(box.height, 64 - box.y) }))

describe('what places are to say', () => {
  test('the places of all maps, the finest first', () => {
    expect(GRID).toEqual({
      levels: [
        { stride: 8, rows: 8, columns: 8, offset: 0 },
        { stride: 16, rows: 4, columns: 4, offset: 64 },
      ],
      places: PLACES,
    })
    expect([20, 63, 64, 600].map(side => levelFor(GRID, side, side).stride)).toEqual([8, 8, 16, 16])
  })

  property([fc.array(anyBox, { maxLength: 3 })])(
    'an object has one middle of its class, and places that box it weigh 1 together',
    boxes => {
      const { positive, negative, weights } = denseTarget([boxes], GRID, 2)
      const middles = positive.filter(value => value === 1).length
      expect(middles).toBeLessThanOrEqual(boxes.length)
      expect(middles).toBeGreaterThanOrEqual(Math.min(1, boxes.length))
      expect(weights.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(boxes.length + 1e-5)
      positive.forEach((value, i) => {
        if (value === 1) expect(negative[i]).toBe(0)
      })
    },
  )

  test('alone, its places weigh 1', () => {
    const { weights } = denseTarget([[{ label: 0, x: 8, y: 16, width: 40, height: 24 }]], GRID, 2)
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5)
  })

  test('nothing is said of frames that nothing is known of, and of what lies under a crowd', () => {
    const unknown = denseTarget([undefined], GRID, 2)
    expect(unknown.negative.every(value => value === 0)).toBe(true)
    const { negative } = denseTarget(
      [[{ label: 1, x: 0, y: 0, width: 64, height: 64, crowd: true }]],
      GRID,
      2,
    )
    expect(negative.filter((_, i) => i % 2 === 1).every(value => value === 0)).toBe(true)
    expect(negative.filter((_, i) => i % 2 === 0).every(value => value === 1)).toBe(true)
  })
})

describe('loss and decoding speak of the same boxes', () => {
  /** Outputs that are certain of each box at its middle. */
  function certain(boxes: readonly { label: number; x: number; y: number; width: number; height: number }[]) {
    const values = new Float32Array(PLACES * 6).map((_, i) => (i % 6 < 2 ? -12 : 0))
    const { positive, boxes: corners } = denseTarget([boxes], GRID, 2)
    for (let place = 0; place < PLACES; place++) {
      for (let label = 0; label < 2; label++)
        if (positive[place * 2 + label] === 1) values[place * 6 + label] = 12
      const level = GRID.levels.findLast(({ offset }) => offset <= place) ?? GRID.levels[0]
      const at = place - level.offset
      const [left, top, right, bottom] = corners.subarray(place * 4, place * 4 + 4)
      if (right === 0) continue
      const { stride, columns } = level
      values[place * 6 + 2] = (left + right) / 2 / stride - ((at % columns) + 0.5)
      values[place * 6 + 3] = (top + bottom) / 2 / stride - (Math.floor(at / columns) + 0.5)
      values[place * 6 + 4] = Math.log((right - left) / stride)
      values[place * 6 + 5] = Math.log((bottom - top) / stride)
    }
    return values
  }

  function lossOf(values: Float32Array, box: TrueBox): number {
    const outputs = tf.tensor(values, [1, 1, PLACES, 6])
    const [loss] = tf.tidy(() => detectionLoss(outputs, [denseTarget([[box]], GRID, 2)], GRID, 2).dataSync())
    outputs.dispose()
    return loss
  }

  property([anyBox])('a box that is encoded is the one that is found, and loses nothing', box => {
    const values = certain([box])
    const [found] = decodeDetections(values, 1, { grid: GRID, classes: 2, size: SIZE })
    expect(found).toHaveLength(1)
    expect(found[0].label).toBe(box.label)
    expect(overlapOf(found[0], box)).toBeGreaterThan(0.999)
    expect(lossOf(values, box)).toBeLessThan(1e-2)
  })

  test('1 − GIoU of boxes apart, by hand', () => {
    const box = { label: 0, x: 0, y: 0, width: 16, height: 16 }
    const values = certain([box])
    // Every place's box as large as it, 16 pixels further right: union 512, hull 512, nothing in common.
    for (let place = 0; place < PLACES; place++) values[place * 6 + 2] += 16 / (place < 64 ? 8 : 16)
    expect(lossOf(values, box)).toBeCloseTo(5, 2)
  })

  test('places of a coarse map speak of larger boxes', () => {
    const values = new Float32Array(PLACES * 6).map((_, i) => (i % 6 < 2 ? -12 : 0))
    // The second row's third place of the map of stride 16: its middle is at 40, 24.
    const place = 64 + 4 + 2
    values[place * 6 + 1] = 3
    values.set([0.25, -0.5, Math.log(2), Math.log(1)], place * 6 + 2)
    const [found] = decodeDetections(values, 1, { grid: GRID, classes: 2, size: SIZE })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ label: 1, x: expect.closeTo(28, 4), y: 8, height: 16 })
    expect(found[0].width).toBeCloseTo(32, 4)
    expect(found[0].score).toBeCloseTo(1 / (1 + Math.exp(-3)), 6)
  })

  test('of two boxes over another the more certain one stays; other classes do not hide them', () => {
    const values = new Float32Array(PLACES * 6).map((_, i) => (i % 6 < 2 ? -12 : 0))
    const at = (place: number, label: number, logit: number) => {
      values[place * 6 + label] = logit
      values.set([0, 0, Math.log(4), Math.log(4)], place * 6 + 2)
    }
    at(9, 0, 3)
    at(11, 0, 2)
    at(18, 1, 1)
    const [found] = decodeDetections(values, 1, { grid: GRID, classes: 2, size: SIZE })
    expect(found.map(({ label }) => label)).toEqual([0, 0, 1])
    at(11, 0, -12)
    at(10, 0, 2)
    const [fewer] = decodeDetections(values, 1, { grid: GRID, classes: 2, size: SIZE })
    expect(fewer.map(({ label }) => label)).toEqual([0, 1])
  })
})

describe('the task', () => {
  test('keeps its contract', () => {
    const { dataset, items } = boxed(12)
    expect(checkTask(objectDetection, { dataset, items, input: INPUT })).toEqual([])
  })

  test('figures of a prediction are remembered, its loss is that of each call', () => {
    const { dataset, items } = boxed(4)
    const facts = objectDetection.facts({ dataset, train: dataset.clips, balance: 'none', input: INPUT })
    const task = objectDetection.create(facts)
    const outcomes = { targets: items.map(item => task.target(item)), predictions: items.map(() => [[]]) }
    expect(task.score({ ...outcomes, losses: [8, 8, 8, 8] }).loss).toBe(8)
    expect(task.score({ ...outcomes, losses: [2, 2, 2, 2] }).loss).toBe(2)
  })

  test('a fresh head loses no more than chance, and its certainty is how often objects occur', () => {
    const { dataset } = boxed(12)
    const facts = objectDetection.facts({ dataset, train: dataset.clips, balance: 'none', input: INPUT })
    const { head } = objectDetection.create(facts)
    const certainty = Array.from(head.start.slice(0, 2), logit => 1 / (1 + Math.exp(-logit)))
    for (const p of certainty) {
      expect(p).toBeGreaterThan(0.02)
      expect(p).toBeLessThan(0.3)
    }
    expect(facts.objects.reduce((a, b) => a + b, 0)).toBeCloseTo(1.5, 6)
  })

  test('data without boxes, and classes that a model does not know', () => {
    const { dataset } = boxed(12)
    const { boxClasses: _, ...bare } = dataset
    expect(() => objectDetection.check(bare)).toThrow(/has no boxes.*boxes\.csv/)
    const facts = objectDetection.facts({ dataset, train: dataset.clips, balance: 'none', input: INPUT })
    expect(() => objectDetection.check({ ...dataset, boxClasses: ['cat', 'cow'] }, facts)).toThrow(
      /cow.*knows cat, dog/,
    )
  })
})
