import { beforeAll, describe, expect, test } from 'vitest'
import type { Frame } from '../../../src/common/canvas.ts'
import { classColour } from '../../../src/common/palette.ts'
import { IGNORED } from '../../../src/data/annotation.ts'
import { geometryOf } from '../../../src/data/geometry.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { objectDetection } from '../../../src/models/tasks/detection/detection.ts'
import { drawBoxes } from '../../../src/models/tasks/detection/draw.ts'
import { withBanner } from '../../../src/models/tasks/drawing/banner.ts'
import { drawMask } from '../../../src/models/tasks/segmentation/draw.ts'
import { sceneSegmentation } from '../../../src/models/tasks/segmentation/segmentation.ts'
import type { Task, TaskDefinition } from '../../../src/models/tasks/task.ts'
import { drawMoment } from '../../../src/models/tasks/temporal/draw.ts'
import { temporalSegmentation } from '../../../src/models/tasks/temporal/temporal.ts'
import { type Annotated, boxed, masked, timed } from '../../support/annotated.ts'

beforeAll(async () => {
  await startEngine()
})

const CLASSES = ['cat', 'dog', 'cow']

function grey(width: number, height: number): Frame {
  return { width, height, pixels: new Uint8Array(width * height * 3).fill(128) }
}

function at({ width, pixels }: Frame, x: number, y: number): number[] {
  return [...pixels.subarray((y * width + x) * 3, (y * width + x + 1) * 3)]
}

function made<F extends object>(definition: TaskDefinition<F>, { dataset }: Annotated, frames = 1): Task {
  const input = { frames, size: [64, 64], fit: 'crop', strides: [8, 16] } as const
  return definition.create(definition.facts({ dataset, train: dataset.clips, balance: 'none', input }))
}

describe('boxes', () => {
  // A source of twice the size, letterboxed: 16 rows of bars above and below.
  const geometry = geometryOf([64, 128], [64, 64], 'letterbox')

  test('lie where the object is in the source', () => {
    const box = { label: 1, x: 16, y: 24, width: 32, height: 16, score: 0.87 }
    const picture = drawBoxes(grey(128, 64), [box], { classes: CLASSES, geometry })
    for (const [x, y] of [
      [32, 16],
      [95, 16],
      [32, 47],
      [95, 47],
    ])
      expect(at(picture, x, y), `${x}, ${y}`).toEqual([...classColour(1)])
    expect(at(picture, 31, 30)).toEqual([128, 128, 128])
    expect(at(picture, 64, 32)).toEqual([128, 128, 128])
  })

  test('have their label above them, and below where another is', () => {
    const box = { label: 0, x: 16, y: 28, width: 32, height: 8 }
    const one = drawBoxes(grey(128, 64), [box], { classes: CLASSES, geometry })
    expect(at(one, 32, 15)).toEqual([...classColour(0)])
    expect(at(one, 32, 40)).toEqual([128, 128, 128])
    const two = drawBoxes(grey(128, 64), [box, { ...box, label: 1 }], { classes: CLASSES, geometry })
    expect(at(two, 32, 15)).toEqual([...classColour(0)])
    expect(at(two, 32, 40)).toEqual([...classColour(1)])
  })

  test('without room for a label have their colour in a legend', () => {
    const box = { label: 2, x: 16, y: 28, width: 32, height: 8 }
    const crowded = [0, 1, 0, 1, 2].map(label => ({ ...box, label }))
    const picture = drawBoxes(grey(128, 64), crowded, { classes: CLASSES, geometry })
    expect(at(picture, 3, 59)).toEqual([...classColour(2)])
  })

  test('are of the sure ones alone, and nothing is drawn where nothing is known', () => {
    const task = made(objectDetection, boxed(8))
    const square = geometryOf([64, 64], [64, 64], 'crop')
    const found = { label: 0, x: 10, y: 20, width: 30, height: 30 }
    const draw = (score: number) =>
      task.draw?.(grey(64, 64), { of: { prediction: [[{ ...found, score }]] }, frame: 0, geometry: square })
    expect(draw(0.29)).toEqual(grey(64, 64))
    expect(draw(0.31)).not.toEqual(grey(64, 64))
    const target = { frames: [undefined] }
    expect(task.draw?.(grey(64, 64), { of: { target }, frame: 0, geometry: square })).toBeUndefined()
  })
})

describe('masks', () => {
  test('tint what they cover, edges whole, and leave what nothing is said of', () => {
    const mask = Uint8Array.from({ length: 16 }, (_, i) => [0, 1, 1, IGNORED][i % 4])
    const geometry = geometryOf([80, 80], [4, 4], 'stretch')
    const picture = drawMask(grey(80, 80), mask, { classes: CLASSES, geometry })
    const half = (label: number) => classColour(label).map(value => Math.round((value + 128) / 2))
    expect(at(picture, 10, 10)).toEqual(half(0))
    expect(at(picture, 19, 10)).toEqual([...classColour(0)])
    expect(at(picture, 30, 10)).toEqual(half(1))
    expect(at(picture, 70, 10)).toEqual([128, 128, 128])
    expect(at(picture, 3, 64)).toEqual([...classColour(0)])
    expect(at(picture, 3, 73)).toEqual([...classColour(1)])
  })

  test('have no edge at the border of the picture, and a legend in the order of classes', () => {
    const mask = Uint8Array.from({ length: 16 }, (_, i) => (i % 4 < 2 ? 2 : 0))
    const geometry = geometryOf([80, 80], [4, 4], 'stretch')
    const picture = drawMask(grey(80, 80), mask, { classes: CLASSES, geometry })
    const half = (label: number) => classColour(label).map(value => Math.round((value + 128) / 2))
    // The lower right corner, beyond the legend.
    for (const [x, y] of [
      [79, 79],
      [70, 79],
      [79, 10],
    ])
      expect(at(picture, x, y), `${x}, ${y}`).toEqual(half(0))
    expect(at(picture, 39, 10)).toEqual([...classColour(2)])
    expect(at(picture, 3, 64)).toEqual([...classColour(0)])
    expect(at(picture, 3, 73)).toEqual([...classColour(2)])
  })

  test('of what is true and of what is said', () => {
    const { items, dataset } = masked(3)
    const task = made(sceneSegmentation, { items, dataset })
    const geometry = geometryOf([64, 64], [64, 64], 'crop')
    const target = task.target(items[0])
    const said = { masks: [items[0].truth?.[0].mask], probabilities: new Float32Array() }
    const drawn = [{ target }, { prediction: said }].map(of =>
      task.draw?.(grey(64, 64), { of, frame: 0, geometry }),
    )
    expect(drawn[0]).toEqual(drawn[1])
    expect(drawn[0]).not.toEqual(grey(64, 64))
  })
})

describe('moments', () => {
  test('are named above, and lie along the lower edge', () => {
    const labels = Int32Array.of(0, 0, 2, -1)
    const picture = drawMoment(grey(80, 40), labels, { frame: 2, classes: CLASSES, probability: 0.7 })
    expect(at(picture, 0, 0)).toEqual([...classColour(2)])
    expect(at(picture, 10, 38)).toEqual([...classColour(0)])
    expect(at(picture, 43, 38)).toEqual([...classColour(2)])
    expect(at(picture, 70, 38)).toEqual([128, 128, 128])
  })

  test('that nothing is known of have no name', () => {
    const labels = Int32Array.of(0, -1)
    const unnamed = drawMoment(grey(80, 40), labels, { frame: 1, classes: CLASSES })
    expect(at(unnamed, 0, 0)).toEqual([128, 128, 128])
    expect(at(unnamed, 10, 38)).toEqual([...classColour(0)])
    // Where this one is: black between white.
    expect([58, 60, 61].map(x => at(unnamed, x, 38)[0])).toEqual([128, 0, 255])
    const named = drawMoment(grey(80, 40), labels, { frame: 0, classes: CLASSES })
    expect(at(named, 0, 0)).toEqual([...classColour(0)])
  })

  test('come as a timeline of stretches', () => {
    const task = made(temporalSegmentation, timed(2), 8)
    const prediction = {
      labels: Int32Array.of(0, 0, 1),
      probabilities: Float32Array.of(0.5, 0.25, 0.25, 1, 0, 0, 0, 0.75, 0.25),
      times: [0, 2, 4, 6],
    }
    expect(task.timeline?.(prediction)).toEqual([
      { start: 0, end: 4, label: 'a', probability: 0.75 },
      { start: 4, end: 6, label: 'b', probability: 0.75 },
    ])
  })
})

test('a banner that is too long for its picture is cut', () => {
  const picture = withBanner(grey(40, 20), 'far too long for forty pixels')
  expect(at(picture, 0, 0)).toEqual([0, 0, 0])
  expect(at(picture, 0, 15)).toEqual([128, 128, 128])
})
