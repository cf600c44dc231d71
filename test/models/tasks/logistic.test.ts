import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src/common/random.ts'
import {
  type Labelled,
  type LinearClassifier,
  LogisticRegression,
} from '../../../src/models/tasks/logistic.ts'
import { maxDifference } from '../../support/models.ts'
import { fc, property } from '../../support/property.ts'

interface Case {
  readonly n: number
  readonly classes: number
  readonly l2: number
  readonly features: readonly number[]
  readonly labels: readonly number[]
  readonly weights: readonly number[] | null
  readonly probabilities: readonly number[]
}

const { cases } = JSON.parse(
  readFileSync(new URL('../../golden/logistic_sklearn.json', import.meta.url), 'utf8'),
) as { readonly cases: readonly Case[] }

function probabilities({ kernel, bias }: LinearClassifier, features: Float32Array, classes: number) {
  const d = kernel.length / classes
  const result: number[] = []
  for (let at = 0; at < features.length; at += d) {
    const logits = [...bias].map((b, c) => {
      let sum = b
      for (let k = 0; k < d; k++) sum += features[at + k] * kernel[k * classes + c]
      return sum
    })
    const exps = logits.map(logit => Math.exp(logit - Math.max(...logits)))
    const total = exps.reduce((a, b) => a + b, 0)
    result.push(...exps.map(e => e / total))
  }
  return result
}

test.each(cases.map((golden, i) => [i, golden] as const))('equals scikit-learn (case %i)', (_, golden) => {
  const features = Float32Array.from(golden.features)
  const { labels, classes, l2 } = golden
  const regression = new LogisticRegression({
    ...{ features, labels, classes },
    ...(golden.weights && { weights: golden.weights }),
  })
  const [solved] = regression.path([l2])
  expect(solved.converged).toBe(true)
  expect(maxDifference(probabilities(solved, features, classes), golden.probabilities)).toBeLessThan(2e-4)
})

describe('logistic regression', () => {
  const problem = (n: number, d: number, classes: number, seed: number): Labelled => {
    const rng = Rng.of(seed)
    const labels = Array.from({ length: n }, (_, i) => i % classes)
    return { features: Float32Array.from({ length: n * d }, () => rng.normal()), labels, classes }
  }

  property([fc.integer({ min: 1, max: 1000 })], { numRuns: 10 })(
    'more features than rows or fewer: padding with features that are always 0 changes nothing',
    seed => {
      const narrow = problem(12, 5, 3, seed)
      const wide = new Float32Array(12 * 20)
      for (let i = 0; i < 12; i++) wide.set(narrow.features.subarray(i * 5, (i + 1) * 5), i * 20)
      const [a] = new LogisticRegression(narrow).path([0.01])
      const [b] = new LogisticRegression({ ...narrow, features: wide }).path([0.01])
      const rows = (own: LinearClassifier, features: Float32Array) => probabilities(own, features, 3)
      expect(maxDifference(rows(a, narrow.features), rows(b, wide))).toBeLessThan(1e-3)
    },
  )

  test('a weak penalty fits what a strong one does not, and a very strong one leaves the prior', () => {
    const data = {
      ...problem(30, 60, 3, 1),
      labels: Array.from({ length: 30 }, (_, i) => (i < 20 ? 0 : i < 25 ? 1 : 2)),
    }
    const [strong, , weak] = new LogisticRegression(data).path([1e4, 0.1, 1e-5])
    const prior = probabilities(strong, data.features, 3).slice(0, 3)
    expect(prior[0]).toBeCloseTo(20 / 30, 2)
    expect(prior[1]).toBeCloseTo(5 / 30, 2)
    const fitted = probabilities(weak, data.features, 3)
    expect(data.labels.every((label, i) => fitted[3 * i + label] > 0.9)).toBe(true)
  })

  test('rows that are copies of others are solved all the same', () => {
    const { features, labels, classes } = problem(10, 30, 2, 3)
    const twice = {
      features: Float32Array.from([...features, ...features]),
      labels: [...labels, ...labels],
      classes,
    }
    const [once] = new LogisticRegression({ features, labels, classes }).path([0.01])
    const [copied] = new LogisticRegression(twice).path([0.01])
    expect(copied.converged).toBe(true)
    const at = (own: LinearClassifier) => probabilities(own, features, classes)
    expect(maxDifference(at(once), at(copied))).toBeLessThan(1e-3)
  })
})
