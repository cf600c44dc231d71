import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  addSegments,
  countSegments,
  segmentScore,
  UNLABELLED,
  withoutSegments,
} from '../../../src/models/tasks/segments.ts'

interface Case {
  /** Truth and prediction, a letter a frame. */
  readonly videos: readonly (readonly [string, string])[]
  /** Per cent: accuracy, edit, F1 at 10, 25, 50. */
  readonly figures: readonly number[]
}

const { cases } = JSON.parse(
  readFileSync(new URL('../../golden/segments.json', import.meta.url), 'utf8'),
) as { readonly cases: readonly Case[] }

const BACKGROUND = new Set(['x'.charCodeAt(0)])

test(`${cases.length} cases: accuracy, edit score and F1 as MS-TCN has them`, () => {
  for (const { videos, figures } of cases) {
    const { accuracy, edit, f1 } = segmentScore(addSegments(videos.map(counted)))
    const own = [accuracy, edit, ...f1].map(figure => 100 * (figure ?? 0))
    figures.forEach((figure, i) => {
      expect(own[i]).toBeCloseTo(figure, 6)
    })
  }
})

test('a recording is taken out by subtraction', () => {
  const { videos } = cases.find(of => of.videos.length === 3) as Case
  const counts = videos.map(counted)
  const others = segmentScore(addSegments(counts.slice(1)))
  const left = segmentScore(withoutSegments(addSegments(counts), counts[0]))
  expect(left.edit).toBeCloseTo(others.edit as number, 12)
  expect({ ...left, edit: 0 }).toEqual({ ...others, edit: 0 })
})

describe('what is not labelled', () => {
  const none = new Set<number>()

  test('counts nowhere, whatever is predicted there', () => {
    const truth = [0, 0, UNLABELLED, UNLABELLED, 1, 1]
    const counts = countSegments(truth, [0, 0, 2, 2, 1, 1], none)
    expect(counts).toMatchObject({ frames: 4, correct: 4, edit: 1, found: [2, 2, 2], wrong: [0, 0, 0] })
  })

  test('of nothing nothing is known', () => {
    const { accuracy, edit, f1 } = segmentScore(countSegments([UNLABELLED], [1], none))
    expect({ accuracy, edit, f1 }).toEqual({
      accuracy: undefined,
      edit: 1,
      f1: [undefined, undefined, undefined],
    })
    expect(segmentScore(addSegments([])).edit).toBeUndefined()
  })
})

function counted([truth, predicted]: readonly [string, string]) {
  return countSegments(codes(truth), codes(predicted), BACKGROUND)
}

function codes(text: string): number[] {
  return [...text].map(letter => letter.charCodeAt(0))
}
