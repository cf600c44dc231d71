import { beforeAll, describe, expect, test } from 'vitest'
import type { Clip } from '../../../src/data/dataset.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { matchImage } from '../../../src/models/tasks/coco/match.ts'
import { objectDetection } from '../../../src/models/tasks/detection/detection.ts'
import { itemFigures } from '../../../src/models/tasks/detection/figures.ts'
import { sceneSegmentation } from '../../../src/models/tasks/segmentation/segmentation.ts'
import type { Balance, Task, TaskData, TaskDefinition } from '../../../src/models/tasks/task.ts'
import { temporalSegmentation } from '../../../src/models/tasks/temporal/temporal.ts'
import { type Annotated, boxed, masked, timed } from '../../support/annotated.ts'

beforeAll(async () => {
  await startEngine()
})

interface More {
  readonly train?: readonly Clip[]
  readonly balance?: Balance
}

function dataOf({ dataset }: Annotated, { train = dataset.clips, balance = 'none' }: More = {}): TaskData {
  return { dataset, train, balance, input: { frames: 2, size: [64, 64], fit: 'crop', strides: [8, 16] } }
}

function made<F extends object>(definition: TaskDefinition<F>, data: TaskData): Task {
  return definition.create(definition.facts(data))
}

const box = (label: number, x: number, more: object = {}) => ({
  label,
  x,
  y: 8,
  width: 16,
  height: 24,
  ...more,
})

describe('detection says', () => {
  const task = made(objectDetection, dataOf(boxed(8)))
  const found = [
    [box(0, 0, { score: 0.9 }), box(0, 40, { score: 0.3 }), box(1, 8, { score: 0.29 })],
    [box(0, 0, { score: 0.8 }), box(1, 0, { score: 0.7 })],
  ]

  test('boxes by their classes’ names', () => {
    expect(task.answer(found)).toEqual({
      frames: [
        [
          { ...box(0, 0, { score: 0.9 }), label: 'cat' },
          { ...box(0, 40, { score: 0.3 }), label: 'cat' },
          { ...box(1, 8, { score: 0.29 }), label: 'dog' },
        ],
        [
          { ...box(0, 0, { score: 0.8 }), label: 'cat' },
          { ...box(1, 0, { score: 0.7 }), label: 'dog' },
        ],
      ],
    })
  })

  test('in words the most of each class that are surely on one frame', () => {
    expect(task.words(found)).toBe('2 cat, 1 dog')
    expect(task.words([found[0]])).toBe('2 cat')
    expect(task.words([[box(1, 8, { score: 0.29 })], []])).toBe('nothing')
  })

  test('in detail what is known of frames, with the names of classes', () => {
    const frames = [[box(0, 0), box(1, 40)], undefined]
    const targets = [{ frames, scale: { x: 1, y: 1 } }]
    const details = task.details?.({ targets, predictions: [found], losses: [1] }) ?? []
    expect(details.map(({ kind }) => kind)).toEqual(['curves', 'matrix'])
    expect(details[0]).toMatchObject({ curves: [{ name: 'cat' }, { name: 'dog' }] })
    expect(details[1]).toMatchObject({
      names: ['cat', 'dog', 'background'],
      text: expect.stringContaining('at least 0.3 confidence'),
      // The second cat is round the dog.
      counts: [
        [1, 0, 0],
        [1, 0, 0],
        [0, 0, 0],
      ],
    })
  })

  test('figures of boxes as they lie in the source', () => {
    const scale = { x: 0.5, y: 0.25 }
    const { images } = itemFigures({ frames: [[box(0, 4)]], scale } as never, [
      [{ ...box(0, 6), score: 0.5 }],
    ])
    const inSource = (x: number) => ({ label: 0, x: 2 * x, y: 32, width: 32, height: 96 })
    expect(images).toEqual([matchImage([inSource(4)], [{ ...inSource(6), score: 0.5 }])])
    // 32 by 96 pixels are no small object.
    expect(images[0].classes[0].positives).toEqual([1, 0, 1, 0])
  })
})

describe('detection knows of its data', () => {
  test('how often objects are seen a frame, and how large they are in places of their map', () => {
    const annotation = (...frames: (readonly object[])[]) => ({
      size: [128, 128] as const,
      boxes: frames.map((boxes, time) => ({ time, boxes })),
    })
    const cat = (width: number, height: number, more: object = {}) => ({
      label: 'cat',
      x: 0,
      y: 0,
      width,
      height,
      ...more,
    })
    const dog = { ...cat(16, 16), label: 'dog' }
    const given = boxed(1)
    const clips = [
      { ...given.items[0], annotation: annotation([cat(32, 64), cat(2, 2, { crowd: true })], [], [dog], []) },
      { ...given.items[0], annotation: undefined },
    ] as unknown as Clip[]
    const facts = objectDetection.facts(dataOf(given, { train: clips }))
    expect(facts.objects).toEqual([0.25, 0.25])
    // At half the size 16 by 32 and 8 by 8 pixels, in places of 8 pixels: 2 by 4 and 1 by 1.
    expect(facts.sides[0]).toBeCloseTo(Math.log(2) / 2, 12)
    expect(facts.sides[1]).toBeCloseTo(Math.log(4) / 2, 12)
    const none = objectDetection.facts(dataOf(given, { train: [] }))
    expect([none.objects, none.sides]).toEqual([
      [0, 0],
      [0, 0],
    ])
    const { chance, worst } = objectDetection.create(none)
    expect([chance > 0, Number.isFinite(worst), worst / chance]).toEqual([true, true, 3])
  })

  test('what it goes on with: the same classes and strides', () => {
    const facts = objectDetection.facts(dataOf(boxed(4)))
    const { continues } = objectDetection
    expect(continues?.(facts, { ...facts, objects: [9, 9] })).toBe(true)
    expect(continues?.(facts, { ...facts, classes: ['dog', 'cat'] })).toBe(false)
    expect(continues?.(facts, { ...facts, strides: [8] })).toBe(false)
  })
})

describe('segmentation says', () => {
  const given = masked(4)
  const task = made(sceneSegmentation, dataOf(given))
  const mask = Uint8Array.from([0, 1, 1, 2, 2, 2, 2, 2])
  const prediction = { masks: [mask, mask.map(() => 1)], probabilities: new Float32Array() }

  test('shares of classes, frame by frame', () => {
    expect(task.answer(prediction)).toEqual({
      frames: [{ shares: { sky: 1 / 8, road: 2 / 8, car: 5 / 8 } }, { shares: { sky: 0, road: 1, car: 0 } }],
    })
  })

  test('in words the three largest of the first frame', () => {
    expect(task.words(prediction)).toBe('car 63 %, road 25 %, sky 13 %')
    const dataset = { ...given.dataset, maskClasses: ['sky', 'road', 'car', 'sea'] }
    const four = made(sceneSegmentation, dataOf({ ...given, dataset }))
    expect(four.words({ masks: [mask.map(value => (value === 1 ? 3 : value))] })).toBe(
      'car 63 %, sea 25 %, sky 13 %',
    )
  })

  test('nothing of clips without masks; of some frames what is known', () => {
    const item = (masks: readonly (Uint8Array | undefined)[]) => ({
      ...given.items[0],
      truth: masks.map(own => (own ? { mask: own } : {})),
    })
    const whole = new Uint8Array(64 * 64)
    for (const none of [[], [undefined]])
      expect(() => task.target(item(none))).toThrow(/0\.png has no mask: scene-segmentation is scored/)
    expect(() => task.target({ ...given.items[0], truth: undefined })).toThrow(/has no mask/)
    expect(task.target(item([undefined, whole]))).toMatchObject({ masks: [undefined, whole] })
  })
})

describe('segmentation knows of its data', () => {
  test('shares of pixels, or of none as many', () => {
    const given = masked(2)
    const counts = (clips: readonly Clip[]) => sceneSegmentation.facts(dataOf(given, { train: clips })).shares
    const [a, b] = given.items.map(({ annotation }) => annotation?.mask?.counts ?? [])
    expect(counts(given.items)).toEqual([0, 1, 2].map(i => (a[i] + b[i]) / (2 * 64 * 64)))
    expect(counts([])).toEqual([1 / 3, 1 / 3, 1 / 3])
    expect(counts([{ ...given.items[0], annotation: undefined }])).toEqual([1 / 3, 1 / 3, 1 / 3])
  })

  test('from them what a fresh head says, how classes weigh, and what guessing comes to', () => {
    const given = masked(10)
    const none = made(sceneSegmentation, dataOf(given))
    const { shares } = sceneSegmentation.facts(dataOf(given))
    expect([...none.head.start]).toEqual(shares.map(share => Math.fround(Math.log(share))))
    expect(none.guessing).toBeCloseTo(Math.max(...shares) / 3, 12)
    expect([none.chance, none.worst]).toEqual([Math.log(3), 3 * Math.log(3)])
    expect(none.parts.map(({ key, name }) => [key, name])).toEqual([
      ['pixelAccuracy', 'pixel accuracy'],
      ['iou0', 'IoU of sky'],
      ['iou1', 'IoU of road'],
      ['iou2', 'IoU of car'],
    ])
    const weighted = made(sceneSegmentation, dataOf(given, { balance: 'weights' }))
    expect([...weighted.head.start]).toEqual([0, 0, 0])
    const rare = sceneSegmentation.create({ ...sceneSegmentation.facts(dataOf(given)), shares: [1, 0, 1e-9] })
    expect([...rare.head.start]).toEqual([0, ...Array(2).fill(Math.fround(Math.log(1e-4)))])
  })

  test('what it goes on with, and masks that are not enough', () => {
    const given = masked(2)
    const facts = sceneSegmentation.facts(dataOf(given))
    expect(sceneSegmentation.continues?.(facts, { ...facts, shares: [1, 0, 0] })).toBe(true)
    expect(sceneSegmentation.continues?.(facts, { ...facts, classes: ['sky'] })).toBe(false)
    expect(() => sceneSegmentation.check({ ...given.dataset, maskClasses: ['sky'] })).toThrow(
      /masks of one class only/,
    )
    sceneSegmentation.check({ ...given.dataset, maskClasses: ['sky', 'road'] })
    // A model that knows more classes takes data of fewer.
    sceneSegmentation.check({ ...given.dataset, maskClasses: ['sky', 'road'] }, facts)
  })
})

describe('moments', () => {
  const given = timed(2)
  const task = made(temporalSegmentation, dataOf(given))
  const prediction = {
    labels: Int32Array.of(0, 0, 2, 1),
    probabilities: Float32Array.of(0.5, 0.25, 0.25, 0.75, 0.25, 0, 0, 0, 1, 0.25, 0.5, 0.25),
  }

  test('are said as stretches, by frames or in seconds', () => {
    expect(task.words(prediction)).toBe('a → c → b')
    expect(task.answer(prediction)).toEqual({
      segments: [
        { label: 'a', probability: 0.625, from: 0, to: 2 },
        { label: 'c', probability: 1, from: 2, to: 3 },
        { label: 'b', probability: 0.5, from: 3, to: 4 },
      ],
    })
    const times = [1, 1.5, 2, 2.50001, 3]
    const answer = task.answer({ ...prediction, times }) as { segments: { start: number; end: number }[] }
    expect(answer.segments.map(({ start, end }) => [start, end])).toEqual([
      [1, 2],
      [2, expect.closeTo(2.5, 3)],
      [expect.closeTo(2.5, 3), 3],
    ])
    expect(task.timeline?.(prediction)?.map(({ start, end }) => [start, end])).toEqual([
      [0, 2],
      [2, 3],
      [3, 4],
    ])
  })

  test('are known with their windows; the classes’ seconds count within them', () => {
    const item = { ...given.items[1], start: 2, end: undefined }
    const target = task.target(item) as { labels: Int32Array; start: number; end: number; recording: string }
    const { window } = temporalSegmentation.facts(dataOf(given))
    expect(target).toMatchObject({ recording: item.path, start: 2, end: 2 + window })
    expect(task.target({ ...item, truth: [{}, { moment: 'b' }] })).toMatchObject({
      labels: Int32Array.of(-1, 1),
    })
    expect(() => task.target({ ...item, truth: undefined })).toThrow(/has no segments/)
    const seconds = (start?: number, end?: number) =>
      temporalSegmentation.facts(dataOf(given, { train: [{ ...given.items[0], start, end }] })).seconds
    // a, b, c, a of four seconds each.
    expect([seconds(), seconds(2, 6), seconds(10), seconds(0, 5)]).toEqual([
      [8, 4, 4],
      [2, 2, 0],
      [4, 0, 2],
      [4, 1, 0],
    ])
    expect(temporalSegmentation.facts(dataOf(given, { train: [] })).seconds).toEqual([0, 0, 0])
  })

  test('guessing comes to the commonest class’s share', () => {
    expect(task.guessing).toBeCloseTo(0.5, 12)
    const facts = temporalSegmentation.facts(dataOf(given))
    expect(temporalSegmentation.create({ ...facts, seconds: [0, 0, 0] }).guessing).toBeCloseTo(1 / 3, 12)
    expect(temporalSegmentation.create({ ...facts, seconds: [1, 0, 0] }).guessing).toBe(0.99)
    expect(temporalSegmentation.continues?.(facts, { ...facts, window: 9 })).toBe(true)
    expect(temporalSegmentation.continues?.(facts, { ...facts, classes: ['a'] })).toBe(false)
    expect(() => temporalSegmentation.check({ ...given.dataset, segmentClasses: ['a'] })).toThrow(
      /one label only/,
    )
    temporalSegmentation.check({ ...given.dataset, segmentClasses: ['a'] }, facts)
  })
})
