import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { IGNORED } from '../../../src/data/annotation.ts'
import {
  countPixels,
  noPixels,
  segmentationScore,
  withoutPixels,
} from '../../../src/models/tasks/mean-iou.ts'

interface Case {
  readonly classes: number
  /** A letter a pixel. */
  readonly truth: string
  readonly predicted: string
  readonly mean: number
  readonly perClass: readonly number[]
  readonly accuracy: number
}

const { cases } = JSON.parse(
  readFileSync(new URL('../../golden/jaccard_torchmetrics.json', import.meta.url), 'utf8'),
) as { readonly cases: readonly Case[] }

describe('as torchmetrics', () => {
  test(`${cases.length} cases: mean IoU, IoU of each class and pixel accuracy to 1e-6`, () => {
    for (const of of cases) {
      const { meanIou, pixelAccuracy, iou } = segmentationScore(countsOf(of))
      expect(meanIou).toBeCloseTo(of.mean, 6)
      expect(pixelAccuracy).toBeCloseTo(of.accuracy, 6)
      of.perClass.forEach((expected, c) => {
        expect(iou[c] ?? 0).toBeCloseTo(expected, 6)
      })
    }
  })

  test('the cases hold ignored pixels and classes that are missing in one or both', () => {
    const missing = (of: Case, masks: readonly string[]) =>
      letters(of).some(letter => masks.every(mask => !mask.includes(letter)))
    expect(cases.filter(({ truth }) => truth.includes('-')).length).toBeGreaterThan(50)
    expect(cases.filter(of => missing(of, [of.truth])).length).toBeGreaterThan(50)
    expect(cases.filter(of => missing(of, [of.predicted])).length).toBeGreaterThan(50)
    expect(cases.filter(of => missing(of, [of.truth, of.predicted])).length).toBeGreaterThan(20)
  })
})

describe('counts', () => {
  test('add up over frames, and one is taken out by subtraction', () => {
    const of = { ...cases[0], classes: 8 }
    const one = countsOf(of)
    const both = countsOf({ ...cases[1], classes: 8 }, countsOf(of))
    expect(segmentationScore(withoutPixels(both, one))).toEqual(
      segmentationScore(countsOf({ ...cases[1], classes: 8 })),
    )
  })

  test('where nothing is said, nothing is known', () => {
    const counts = noPixels(2)
    countPixels(counts, Uint8Array.of(IGNORED, IGNORED), [0, 1])
    expect(segmentationScore(counts)).toEqual({
      meanIou: undefined,
      pixelAccuracy: undefined,
      iou: [undefined, undefined],
    })
  })
})

function countsOf({ classes, truth, predicted }: Case, counts = noPixels(classes)) {
  countPixels(counts, mask(truth), mask(predicted))
  return counts
}

function mask(text: string): Uint8Array {
  return Uint8Array.from(text, letter => (letter === '-' ? IGNORED : letter.charCodeAt(0) - 97))
}

function letters({ classes }: Case): string[] {
  return Array.from({ length: classes }, (_, c) => String.fromCharCode(97 + c))
}
