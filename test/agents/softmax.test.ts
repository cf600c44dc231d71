import { describe, expect, test } from 'vitest'
import { CategoricalDistribution } from '../../src/agents/distributions/categorical.ts'
import { entropy, greedyAction, logSoftmax, sampleAction } from '../../src/agents/distributions/softmax.ts'
import { Rng } from '../../src/common/random.ts'
import { fc, property } from '../support/property.ts'

const rows = fc
  .array(fc.record({ logit: fc.float({ min: -50, max: 50, noNaN: true }), allowed: fc.boolean() }), {
    minLength: 1,
    maxLength: 8,
  })
  .filter(row => row.some(({ allowed }) => allowed))
  .map(row => ({
    logits: Float32Array.from(row, ({ logit }) => logit),
    mask: Uint8Array.from(row, ({ allowed }) => Number(allowed)),
  }))

describe('masked categorical', () => {
  property([rows, fc.integer()])(
    'masked actions are never taken; the others sum to 1',
    ({ logits, mask }, seed) => {
      const logp = logSoftmax(logits, mask)
      expect(logp.reduce((sum, l) => sum + Math.exp(l), 0)).toBeCloseTo(1, 9)
      expect(mask[greedyAction(logp)]).toBe(1)
      const rng = Rng.of(seed)
      for (let i = 0; i < 20; i++) expect(mask[sampleAction(logp, rng)]).toBe(1)
      for (const [i, allowed] of mask.entries()) if (allowed === 0) expect(logp[i]).toBe(-Infinity)
    },
  )

  property([rows])('a mask that forbids nothing gives the very numbers that no mask gives', ({ logits }) => {
    const open = new Uint8Array(logits.length).fill(1)
    expect(logSoftmax(logits)).toEqual(logSoftmax(logits, open))
  })

  property([rows, fc.float({ min: -100, max: 100, noNaN: true })])(
    'a constant added to all logits changes nothing',
    ({ logits, mask }, shift) => {
      const shifted = logSoftmax(
        logits.map(l => l + shift),
        mask,
      )
      logSoftmax(logits, mask).forEach((logp, i) => {
        if (mask[i] === 1) expect(shifted[i]).toBeCloseTo(logp, 3)
      })
    },
  )

  test('frequencies follow the probabilities', () => {
    const logp = logSoftmax(Float32Array.from([0.7, 0.2, 0.1], Math.log))
    const counts = [0, 0, 0]
    const rng = Rng.of(9)
    for (let i = 0; i < 10_000; i++) counts[sampleAction(logp, rng)]++
    for (const [i, p] of [0.7, 0.2, 0.1].entries())
      expect(Math.abs(counts[i] / 10_000 - p)).toBeLessThan(0.015)
  })

  test('entropy: ln n when uniform over n allowed, 0 when certain', () => {
    const masked = logSoftmax(new Float32Array(5), Uint8Array.of(1, 1, 0, 1, 1))
    expect(entropy(masked)).toBeCloseTo(Math.log(4))
    expect(entropy(logSoftmax(Float32Array.of(300, 0)))).toBeCloseTo(0)
  })

  test('a network that has diverged is an error, not an action', () => {
    expect(() => logSoftmax(Float32Array.of(Number.NaN, 1))).toThrow(/diverged/)
    expect(() => logSoftmax(Float32Array.of(Infinity, 1))).toThrow(/diverged/)
  })

  property([
    rows.map(({ logits, mask }) => ({ logits: logits.map(l => l / 20), mask })),
    fc.float({ min: -3, max: 3, noNaN: true }),
    fc.float({ min: 0, max: 2, noNaN: true }),
  ])('the gradient agrees with finite differences', ({ logits, mask }, advantage, entropyCoefficient) => {
    const action = mask.indexOf(1)
    const exact = Float64Array.from(logits)
    const loss = () => {
      const allowed = [...exact].filter((_, i) => mask[i] === 1)
      const z = Math.log(allowed.reduce((sum, l) => sum + Math.exp(l), 0))
      const h = -allowed.reduce((sum, l) => sum + Math.exp(l - z) * (l - z), 0)
      return -(exact[action] - z) * advantage - entropyCoefficient * h
    }
    // As the second of three rows, and the second choice of each: the others are neighbours only.
    const distribution = new CategoricalDistribution([2, logits.length], choices => choices)
    const row = [0.5, -0.5, ...logits]
    const { logProbabilities } = distribution.evaluate({
      rows: 3,
      outputs: Float32Array.from([...row.map(() => 1), ...row, ...row.map(() => -1)]),
      actions: Float32Array.of(1, 0, 0, action, 1, 0),
      masks: [undefined, Uint8Array.of(1, 1, ...mask), undefined],
    })
    const other = Math.log(1 / (1 + Math.exp(-1)))
    expect(logProbabilities[1] - other).toBeCloseTo(logSoftmax(logits, mask)[action], 6)
    const out = distribution.differentiate(Float64Array.of(0, -advantage, 0), -entropyCoefficient)
    const gradient = out.subarray(row.length + 2, 2 * row.length)
    for (const i of logits.keys()) {
      exact[i] = logits[i] + 1e-5
      const above = loss()
      exact[i] = logits[i] - 1e-5
      const slope = (above - loss()) / 2e-5
      exact[i] = logits[i]
      expect(gradient[i]).toBeCloseTo(slope, 4)
    }
  })
})
