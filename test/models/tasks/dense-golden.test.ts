import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { IGNORED } from '../../../src/data/annotation.ts'
import type { Dataset, Item } from '../../../src/data/dataset.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { objectDetection } from '../../../src/models/tasks/detection/detection.ts'
import type { DetectionTarget } from '../../../src/models/tasks/detection/found.ts'
import {
  type SegmentationPrediction,
  sceneSegmentation,
} from '../../../src/models/tasks/segmentation/segmentation.ts'
import type { Task, TaskDefinition } from '../../../src/models/tasks/task.ts'
import { tf } from '../../../src/models/tf.ts'

/** Of test/golden/dense_torch.py; everything is flat. */
interface GoldenSet<Truth> {
  readonly strides: readonly number[]
  readonly classes: number
  readonly truth: readonly Truth[]
  readonly start: readonly number[]
  readonly values: readonly number[]
  readonly losses: readonly number[]
  readonly gradient: readonly number[]
}

type BoxRow = readonly [label: number, x: number, y: number, width: number, height: number]

interface DetectionSet extends GoldenSet<readonly BoxRow[]> {
  readonly targets: Readonly<
    Record<'positive' | 'negative' | 'boxes' | 'weights', readonly (readonly number[])[]>
  >
}

interface SegmentationSet extends GoldenSet<string> {
  readonly predicted: readonly string[]
}

const golden: {
  readonly size: readonly [number, number]
  readonly detection: readonly DetectionSet[]
  readonly segmentation: readonly SegmentationSet[]
} = JSON.parse(readFileSync(new URL('../../golden/dense_torch.json', import.meta.url), 'utf8'))
const { size } = golden

beforeAll(async () => {
  await startEngine()
})

describe.each(golden.detection)('boxes as PyTorch has them, strides $strides', set => {
  const items = set.truth.map(pictureOfBoxes)
  const task = taskOf(objectDetection, items, set)

  test('what places are to say', () => {
    items.forEach((item, i) => {
      const { dense } = task.target(item) as DetectionTarget
      for (const name of ['positive', 'negative', 'boxes', 'weights'] as const)
        expect(furthest(dense[name], set.targets[name][i]), name).toBeLessThan(1e-6)
    })
  })

  test('the logits and sides that a fresh head begins with', () => {
    expect(furthest(task.head.start, set.start)).toBeLessThan(1e-3)
  })

  test('the loss of each picture and its gradient', () => {
    const { losses, gradient } = lossAndGradient(task, items, set, [-1, task.head.units])
    expect(furthest(losses, set.losses)).toBeLessThan(1e-4)
    expect(furthest(gradient, set.gradient)).toBeLessThan(1e-4)
  })
})

describe.each(golden.segmentation)('masks as PyTorch has them, strides $strides', set => {
  const items = set.truth.map(pictureOfMask)
  const task = taskOf(sceneSegmentation, items, set)
  const map = [size[0] / set.strides[0], size[1] / set.strides[0], set.classes]

  test('the logits that a fresh head begins with', () => {
    expect(furthest(task.head.start, set.start)).toBeLessThan(1e-5)
  })

  test('the loss of each picture and its gradient', () => {
    const { losses, gradient } = lossAndGradient(task, items, set, map)
    expect(furthest(losses, set.losses)).toBeLessThan(1e-5)
    expect(furthest(gradient, set.gradient)).toBeLessThan(1e-5)
  })

  test('the class of each pixel', () => {
    const values = tf.tensor([...set.values], [items.length, 1, ...map])
    const predicted = task.predict({ values, activated: true }) as readonly SegmentationPrediction[]
    predicted.forEach(({ masks }, i) => {
      const wrong = classesOf(set.predicted[i]).filter((label, at) => label !== masks[0][at])
      expect(wrong).toHaveLength(0)
    })
  })
})

function taskOf<Facts extends object>(
  definition: TaskDefinition<Facts>,
  items: readonly Item[],
  set: GoldenSet<unknown>,
): Task {
  const names = Array.from({ length: set.classes }, (_, label) => String(label))
  const dataset: Dataset = {
    ...{ path: '/d', classes: [], clips: items, hasGroups: false, skipped: [] },
    ...{ boxClasses: names, maskClasses: names },
  }
  const input = { frames: 1, size, fit: 'stretch', strides: set.strides } as const
  const { facts, create } = definition
  return create(facts({ dataset, train: items, input, balance: 'none' }))
}

function lossAndGradient(
  task: Task,
  items: readonly Item[],
  set: GoldenSet<unknown>,
  frame: readonly number[],
) {
  const places = set.values.length / items.length / task.head.units
  const shape = [items.length, 1, ...frame.map(side => (side < 0 ? places : side))]
  const targets = items.map(item => task.target(item))
  const lossesOf = (values: tf.Tensor) => task.loss({ values, activated: true }, targets)
  const values = tf.tensor([...set.values], shape)
  return {
    losses: lossesOf(values).dataSync(),
    gradient: tf
      .grad(given => tf.sum(lossesOf(given)))(values)
      .dataSync(),
  }
}

function pictureOfBoxes(rows: readonly BoxRow[], i: number): Item {
  const boxes = rows.map(([label, x, y, width, height]) => ({ label: String(label), x, y, width, height }))
  return { ...picture(i), annotation: { size, boxes: [{ time: 0, boxes }] }, truth: [{ boxes }] }
}

function pictureOfMask(text: string, i: number): Item {
  const mask = classesOf(text)
  const counts = Array.from({ length: 26 }, (_, label) => mask.filter(value => value === label).length)
  return {
    ...picture(i),
    annotation: { size, mask: { path: `/d/${i}.mask.png`, legend: {}, counts } },
    truth: [{ mask }],
  }
}

function picture(i: number) {
  return { id: `${i}.png`, path: `/d/${i}.png`, label: '' }
}

/** From a letter a pixel. */
function classesOf(text: string): Uint8Array {
  return Uint8Array.from(text, letter => (letter === '-' ? IGNORED : letter.charCodeAt(0) - 97))
}

/** Largest difference, relative where a value is above 1. */
function furthest(ours: ArrayLike<number>, theirs: readonly number[]): number {
  expect(ours.length).toBe(theirs.length)
  return Math.max(...theirs.map((value, i) => Math.abs(ours[i] - value) / Math.max(1, Math.abs(value))))
}
