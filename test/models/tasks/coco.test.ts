import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { detectionConfusion } from '../../../src/models/tasks/coco/confusion.ts'
import { matchImage, overlapOf } from '../../../src/models/tasks/coco/match.ts'
import { accumulate, type CocoScore } from '../../../src/models/tasks/coco.ts'
import { fc, property } from '../../support/property.ts'
import { type CocoCase, cocoCase, drawBox, draws } from './coco-cases.ts'

const { figures } = JSON.parse(
  readFileSync(new URL('../../golden/coco_pycocotools.json', import.meta.url), 'utf8'),
) as { readonly figures: readonly (readonly number[])[] }

const box = (label: number, x: number, y: number, width: number, height: number) => ({
  label,
  x,
  y,
  width,
  height,
})

describe('as pycocotools', () => {
  test(`${figures.length} random cases: twelve figures and each class to 1e-6`, () => {
    const wrong = figures.flatMap((expected, seed) => {
      const own = flat(scored(cocoCase(seed)).score)
      const off = expected.map((figure, i) => Math.abs(figure - own[i]))
      return expected.length === own.length && Math.max(...off) < 1e-6 ? [] : [{ seed, expected, own }]
    })
    expect(wrong.slice(0, 3)).toEqual([])
    expect(figures.length).toBeGreaterThanOrEqual(1000)
  })

  test('the cases hold what is easily got wrong', () => {
    const cases = figures.map((_, seed) => cocoCase(seed))
    const images = cases.flatMap(of => of.images)
    expect(images.filter(({ boxes }) => boxes.some(({ crowd }) => crowd)).length).toBeGreaterThan(100)
    expect(images.filter(({ boxes }) => boxes.length === 0).length).toBeGreaterThan(100)
    expect(images.filter(({ detections }) => detections.length === 0).length).toBeGreaterThan(50)
    expect(images.filter(({ detections }) => ofOneClass(detections) > 100).length).toBeGreaterThan(10)
    for (let i = 0; i < 12; i++) {
      expect(figures.filter(of => of[i] > 0).length).toBeGreaterThan(100)
      expect(figures.filter(of => of[i] === -1).length).toBeGreaterThan(20)
    }
  })
})

describe('leaving an image out', () => {
  property([fc.nat(1199), fc.nat(10)])('is scoring the others', (seed, which) => {
    const { images, classes } = cocoCase(seed)
    const image = which % images.length
    const others = images.filter((_, i) => i !== image)
    expect(scored({ images, classes }).without(image)).toEqual(scored({ images: others, classes }).score)
  })

  property([fc.nat(1199), fc.nat(10)])(
    'is scoring the others, of a clip with all its frames',
    (seed, which) => {
      const { images, classes } = cocoCase(seed)
      const matches = images.map(({ boxes, detections }) => matchImage(boxes, detections))
      const clips = [matches.slice(0, 2), ...matches.slice(2).map(each => [each])].filter(of => of.length > 0)
      const whole = accumulate(clips, classes)
      expect(flat(whole.score)).toEqual(flat(scored({ images, classes }).score))
      const clip = which % clips.length
      const others = clips.filter((_, i) => i !== clip)
      expect(whole.without(clip)).toEqual(accumulate(others, classes).score)
    },
  )
})

describe('a bootstrap over images', () => {
  test('counts each as often as it was drawn', () => {
    const images = manyImages(60)
    const below = draws(3)
    const { resampled, score } = scored({ images, classes: 5 })
    expect(resampled(images.map(() => 1))).toBeCloseTo(score.ap as number, 12)
    for (let i = 0; i < 5; i++) {
      const counts = images.map(() => below(4))
      const drawn = images.flatMap((image, k) => new Array<typeof image>(counts[k]).fill(image))
      expect(resampled(counts)).toBeCloseTo(scored({ images: drawn, classes: 5 }).score.ap as number, 12)
    }
  })

  test('of images without boxes has no score', () => {
    const { resampled } = accumulate([[matchImage([], [])], [matchImage([box(0, 0, 0, 9, 9)], [])]], 1)
    expect(resampled([2, 0])).toBeUndefined()
    expect(resampled([0, 2])).toBe(0)
  })
})

describe('what is told', () => {
  const boxes = [box(0, 0, 0, 40, 40), box(1, 100, 100, 40, 40)]
  const perfect = boxes.map(of => ({ ...of, score: 0.9 }))

  test('a detector that sees everything has 1, one that sees nothing 0', () => {
    const { score } = accumulate([[matchImage(boxes, perfect)]], 3)
    expect(score).toMatchObject({ ap: 1, ap50: 1, apMedium: 1, ar100: 1, apSmall: undefined })
    expect(score.perClass).toEqual([1, 1, undefined])
    expect(accumulate([[matchImage(boxes, [])]], 3).score).toMatchObject({ ap: 0, ar1: 0 })
  })

  test('images without boxes of any kind say nothing', () => {
    const { score, curve } = accumulate([[matchImage([], perfect)]], 2)
    expect(score.ap).toBeUndefined()
    expect(curve(0)).toBeUndefined()
  })

  test('the curve of precision over recall', () => {
    const truth = [0, 1, 2, 3].map(i => box(0, 100 * i, 0, 50, 50))
    const wrong = { ...box(0, 0, 300, 50, 50), score: 0.8 }
    const seen = truth.slice(0, 2).map((of, i) => ({ ...of, score: 0.9 - 0.2 * i }))
    const curve = accumulate([[matchImage(truth, [...seen, wrong])]], 1).curve(0, 0.5)
    expect(curve).toHaveLength(101)
    expect(curve?.[0]).toBe(1)
    expect(curve?.[25]).toBe(1)
    expect(curve?.[26]).toBeCloseTo(2 / 3, 12)
    expect(curve?.[50]).toBeCloseTo(2 / 3, 12)
    expect(curve?.[51]).toBe(0)
  })

  test('overlap with a crowd is of the detection alone', () => {
    const crowd = { ...box(0, 0, 0, 100, 100), crowd: true }
    expect(overlapOf(box(0, 50, 50, 100, 100), crowd)).toBe(0.25)
    expect(overlapOf(box(0, 50, 50, 100, 100), box(0, 0, 0, 100, 100))).toBeCloseTo(2500 / 17500, 12)
    expect(overlapOf(box(0, 100, 0, 10, 10), crowd)).toBe(0)
  })
})

describe('confusion with the background', () => {
  const truth = [box(0, 0, 0, 40, 40), box(1, 100, 0, 40, 40), box(1, 200, 0, 40, 40)]
  const crowd = { ...box(1, 300, 0, 200, 200), crowd: true }
  const options = { classes: 2, confidence: 0.5 }

  test('right, of another class, missed, of nothing; crowds and the unsure count for nothing', () => {
    const detections = [
      { ...truth[0], score: 0.9 },
      { ...truth[1], label: 0, score: 0.8 },
      { ...truth[2], score: 0.4 },
      { ...box(1, 0, 300, 20, 20), score: 0.7 },
      { ...box(1, 310, 10, 20, 20), score: 0.7 },
    ]
    expect(detectionConfusion([...truth, crowd], detections, options)).toEqual([
      [1, 0, 0],
      [1, 0, 1],
      [0, 1, 0],
    ])
  })

  test('a box is found once, by what is closest to it', () => {
    const close = { ...box(0, 0, 0, 40, 38), score: 0.6 }
    const less = { ...box(1, 0, 0, 40, 30), score: 0.9 }
    expect(detectionConfusion([truth[0]], [less, close], options)).toEqual([
      [1, 0, 0],
      [0, 0, 0],
      [0, 1, 0],
    ])
  })
})

function scored({ images, classes }: CocoCase) {
  return accumulate(
    images.map(({ boxes, detections }) => [matchImage(boxes, detections)]),
    classes,
  )
}

function flat({ perClass, ...of }: CocoScore): number[] {
  const twelve = [of.ap, of.ap50, of.ap75, of.apSmall, of.apMedium, of.apLarge]
  const recalls = [of.ar1, of.ar10, of.ar100, of.arSmall, of.arMedium, of.arLarge]
  return [...twelve, ...recalls, ...perClass].map(figure => figure ?? -1)
}

function ofOneClass(detections: readonly { readonly label: number }[]): number {
  const counts = new Map<number, number>()
  for (const { label } of detections) counts.set(label, (counts.get(label) ?? 0) + 1)
  return Math.max(0, ...counts.values())
}

/** 20 boxes and 100 detections each, most of them near a box. */
function manyImages(n: number): CocoCase['images'] {
  const below = draws(7)
  return Array.from({ length: n }, () => {
    const boxes = Array.from({ length: 20 }, () => drawBox(below, 5, 800))
    const detections = Array.from({ length: 100 }, () => {
      const near = below(4) > 0 ? boxes[below(20)] : drawBox(below, 5, 800)
      return {
        ...near,
        x: near.x + below(40) / 4,
        width: near.width + below(40) / 4,
        score: below(1e6) / 1e6,
      }
    })
    return { boxes, detections }
  })
}
