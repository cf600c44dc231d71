import { describe, expect, test } from 'vitest'
import type { Arithmetic, Kernels } from '../../src/agents/kernels/kernels.ts'
import { MULTIPLY_ADD } from '../../src/agents/kernels/plain.ts'
import { exponential, logarithm } from '../../src/agents/kernels/plain-losses.ts'
import { Rng } from '../../src/common/random.ts'
import { everywhere } from '../support/kernels.ts'
import { fc, property } from '../support/property.ts'

const ARITHMETICS: readonly Arithmetic[] = ['rounded', 'fused']
const dimension = fc.integer({ min: 1, max: 40 })
const normals = (count: number, rng: Rng) => Array.from({ length: count }, () => rng.normal())

function expectSame(all: readonly { readonly bits: unknown; readonly answer: unknown }[]) {
  for (const other of all.slice(1)) expect(other).toEqual(all[0])
}

const floatsOf = (bits: readonly number[]) => [...new Float32Array(Int32Array.from(bits).buffer)]

describe.each(ARITHMETICS)('kernels of losses, %s,', arithmetic => {
  const multiplyAdd = MULTIPLY_ADD[arithmetic]

  test('have exponentials and logarithms to two units in the last place', () => {
    for (let x = -87; x <= 88; x += 0.173) {
      const exact = Math.exp(Math.fround(x))
      expect(Math.abs(exponential(Math.fround(x), multiplyAdd) / exact - 1)).toBeLessThan(2.4e-7)
    }
    for (let x = 1e-30; x < 1e30; x *= 1.37) {
      const exact = Math.log(Math.fround(x))
      const off = Math.abs(logarithm(Math.fround(x), multiplyAdd) - exact)
      expect(off).toBeLessThanOrEqual(1.2e-7 * Math.max(1, Math.abs(exact)))
    }
    expect(exponential(0, multiplyAdd)).toBe(1)
    expect(logarithm(1, multiplyAdd)).toBe(0)
    expect(exponential(-1e9, multiplyAdd)).toBeCloseTo(0, 30)
  })

  property([
    dimension,
    fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 3 }),
    fc.integer(),
    fc.boolean(),
  ])('have the softmax of each choice, its entropy and its gradient', (rows, sizes, seed, masked) => {
    const rng = Rng.of(seed)
    const width = sizes.reduce((sum, size) => sum + size)
    const [from, count] = [width - sizes[sizes.length - 1], sizes[sizes.length - 1]]
    const logits = normals(rows * width, rng).map(x => Math.fround(5 * x))
    const actions = Array.from({ length: rows }, () => rng.int(count))
    const mask = Array.from({ length: rows * width }, () => rng.int(2))
    // What was done was allowed.
    for (let row = 0; row < rows; row++) mask[row * width + from + actions[row]] = 1
    const byChosen = normals(rows, rng).map(Math.fround)
    const [n, each] = [rows * width, rows]
    const sizesOf = [n, n, each, n, n, each, each, each, n]
    const given = Float32Array.of(
      ...logits,
      ...mask,
      ...actions,
      ...new Array(2 * n + 2 * each).fill(7),
      ...byChosen,
      ...new Array(n).fill(7),
    )
    const run = (kernels: Kernels, at: number[]) => {
      const [x, m, a, logp, p, chosen, entropies, by, gradient] = at
      kernels.categorical(x, masked ? m : 0, a, logp, p, chosen, entropies, rows, width, from, count)
      kernels.categoricalGradient(by, a, logp, p, entropies, gradient, rows, width, from, count, 0.3)
    }
    const all = everywhere(arithmetic, sizesOf, given, run)
    expectSame(all)
    const [, , , logp, p, chosen, entropies, , gradient] = all[0].bits.map(floatsOf)
    for (let row = 0; row < rows; row++) {
      const places = Array.from({ length: count }, (_, k) => row * width + from + k)
      const isOpen = (at: number) => !masked || mask[at] === 1
      const total = places.filter(isOpen).reduce((sum, at) => sum + Math.exp(logits[at]), 0)
      const exact = places.map(at => (isOpen(at) ? logits[at] - Math.log(total) : -Infinity))
      const entropy = exact.reduce((sum, log) => sum - (log === -Infinity ? 0 : Math.exp(log) * log), 0)
      for (const [k, at] of places.entries()) {
        if (isOpen(at)) expect(Math.abs(logp[at] - exact[k])).toBeLessThan(4e-6)
        else expect([logp[at], p[at], gradient[at]]).toEqual([-Infinity, 0, 0])
        expect(Math.abs(p[at] - Math.exp(exact[k]))).toBeLessThan(2e-6)
        const slope =
          byChosen[row] * ((k === actions[row] ? 1 : 0) - Math.exp(exact[k])) -
          (isOpen(at) ? 0.3 * Math.exp(exact[k]) * (exact[k] + entropy) : 0)
        if (isOpen(at)) expect(Math.abs(gradient[at] - slope)).toBeLessThan(1e-5)
      }
      expect(Math.abs(chosen[row] - exact[actions[row]])).toBeLessThan(4e-6)
      expect(Math.abs(entropies[row] - entropy)).toBeLessThan(4e-6)
    }
    // The other choices' places stay.
    for (let at = 0; at < n; at++)
      if (at % width < from) expect([logp[at], p[at], gradient[at]]).toEqual([7, 7, 7])
  })

  property([fc.integer({ min: 2, max: 200 }), fc.integer()])(
    'have sums and standardised values',
    (n, seed) => {
      const values = Float32Array.from(normals(2 * n, Rng.of(seed)), x => 3 + 2 * x)
      const run = (kernels: Kernels, [a, b]: number[]) => {
        const total = kernels.sum(b, n)
        kernels.standardize(a, n)
        kernels.scale(b, n, 0.3)
        return total
      }
      const all = everywhere(arithmetic, [n, n], values, run)
      expectSame(all)
      const [a, b] = [[...values.subarray(0, n)], [...values.subarray(n)]]
      const [standardized, scaled] = all[0].bits.map(floatsOf)
      const mean = a.reduce((x, y) => x + y) / n
      const deviation = Math.sqrt(a.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1))
      standardized.forEach((x, i) => {
        expect(Math.abs(x - (a[i] - mean) / deviation)).toBeLessThan(1e-5 / Math.min(1, deviation))
      })
      scaled.forEach((x, i) => {
        expect(x).toBeCloseTo(0.3 * b[i], 5)
      })
      expect((all[0].answer as number) / n).toBeCloseTo(b.reduce((x, y) => x + y) / n, 5)
    },
  )

  property([fc.integer({ min: 1, max: 90 }), fc.integer(), fc.double({ min: 0.01, max: 0.5, noNaN: true })])(
    'have PPO’s clipped objective and its slope',
    (n, seed, clip) => {
      const rng = Rng.of(seed)
      const [now, before, advantages] = [0, 1, 2].map(() => normals(n, rng).map(x => Math.fround(0.4 * x)))
      const run = (kernels: Kernels, at: number[]) => {
        const [a, b, c, d, e, f, g] = at
        kernels.clippedObjective(a, b, c, d, e, f, g, n, clip)
      }
      const given = Float32Array.of(...now, ...before, ...advantages, ...new Array(4 * n).fill(0))
      const all = everywhere(arithmetic, new Array(7).fill(n), given, run)
      expectSame(all)
      const [, , , objective, slope, divergence, outside] = all[0].bits.map(floatsOf)
      for (let i = 0; i < n; i++) {
        const ratio = Math.exp(now[i] - before[i])
        const held = Math.min(Math.max(ratio, 1 - clip), 1 + clip)
        const edge = Math.min(Math.abs(ratio - 1 - clip), Math.abs(ratio - 1 + clip))
        expect(objective[i]).toBeCloseTo(Math.min(ratio * advantages[i], held * advantages[i]), 5)
        expect(divergence[i]).toBeCloseTo(ratio - 1 - Math.log(ratio), 5)
        if (edge < 1e-5) continue
        expect(outside[i]).toBe(Math.abs(ratio - 1) > clip ? 1 : 0)
        const moves = ratio * advantages[i] <= held * advantages[i]
        expect(slope[i]).toBeCloseTo(moves ? ratio * advantages[i] : 0, 5)
      }
    },
  )

  property([fc.integer({ min: 1, max: 90 }), fc.integer(), fc.constantFrom(0.1, 0.7, Infinity)])(
    'have the loss of values, clipped or not, and its slope',
    (n, seed, clip) => {
      const rng = Rng.of(seed)
      const [values, before, returns] = [0, 1, 2].map(() => normals(n, rng).map(Math.fround))
      const run = (kernels: Kernels, [a, b, c, d, e]: number[]) => kernels.valueLoss(a, b, c, d, e, n, clip)
      const given = Float32Array.of(...values, ...before, ...returns, ...new Array(2 * n).fill(0))
      const all = everywhere(arithmetic, new Array(5).fill(n), given, run)
      expectSame(all)
      const [, , , loss, slope] = all[0].bits.map(floatsOf)
      for (let i = 0; i < n; i++) {
        const error = values[i] - returns[i]
        const held = before[i] + Math.min(Math.max(values[i] - before[i], -clip), clip) - returns[i]
        const larger = clip === Infinity ? error ** 2 : Math.max(error ** 2, held ** 2)
        expect(loss[i]).toBeCloseTo(0.5 * larger, 5)
        if (Math.abs(error ** 2 - held ** 2) < 1e-5 && clip < Infinity) continue
        expect(slope[i]).toBeCloseTo(error ** 2 >= larger ? error : 0, 5)
      }
    },
  )
})
