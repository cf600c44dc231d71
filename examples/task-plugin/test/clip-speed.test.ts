import type { Dataset } from 'layergym'
import { describeTask } from 'layergym/testing'
import { describe, expect, test } from 'vitest'
import { clipSpeed } from '../src/clip-speed.ts'

const dataset = datasetOf(...Array.from({ length: 30 }, (_, i) => String((i * 7) % 40)))

describeTask('clip-speed', clipSpeed, { dataset })

describe('labels', () => {
  test('must be numbers, and not all the same', () => {
    expect(() => clipSpeed.check(datasetOf('3', 'fast'))).toThrow(/1\.mp4 is labelled 'fast': give its speed/)
    expect(() => clipSpeed.check(datasetOf('3', '3'))).toThrow(/one speed/)
  })
})

test('the score is the closeness, as a share of the range of speeds', () => {
  const facts = clipSpeed.facts({
    dataset,
    train: dataset.clips,
    balance: 'none',
    input: { frames: 8, size: [64, 64], fit: 'crop', strides: [] },
  })
  const task = clipSpeed.create(facts)
  const score = task.score({ targets: [10, 20], predictions: [10, 20 + facts.range / 2], losses: [0, 1] })
  expect(score.primary).toBeCloseTo(0.75, 9)
  expect(score.parts.meanAbsoluteError).toBeCloseTo(facts.range / 4, 9)
  expect(task.words(12.34)).toBe('12.3 px/s')
})

function datasetOf(...labels: readonly string[]): Dataset {
  const clips = labels.map((label, i) => ({ id: `${i}.mp4`, path: `/${i}.mp4`, label }))
  return { path: '/clips', classes: [...new Set(labels)].sort(), clips, hasGroups: false, skipped: [] }
}
