import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { centredGram, gradientFigures, linearCka } from '../../src/models/statistics.ts'

/** Columns less their means: what centring means in the space of features. */
function centred(x: readonly number[][]): number[][] {
  const means = x[0].map((_, k) => x.reduce((sum, row) => sum + row[k], 0) / x.length)
  return x.map(row => row.map((value, k) => value - means[k]))
}

/** ‖XᵀY‖²_F, by features, as Kornblith et al. 2019 write it in equation 4. */
function crossed(x: readonly number[][], y: readonly number[][]): number {
  const of = (i: number, j: number) => x.reduce((sum, row, r) => sum + row[i] * y[r][j], 0)
  return x[0].flatMap((_, i) => y[0].map((_, j) => of(i, j) ** 2)).reduce((a, b) => a + b, 0)
}

function cka(x: readonly number[][], y: readonly number[][]): number {
  const [a, b] = [centred(x), centred(y)]
  return crossed(a, b) / Math.sqrt(crossed(a, a) * crossed(b, b))
}

const gram = (x: readonly number[][]) => centredGram(Float32Array.from(x.flat()), x.length)

describe('linear CKA', () => {
  test('is that of the features, whatever is added to all rows', () => {
    const rng = Rng.of(3)
    const drawn = (columns: number, shift: number) =>
      Array.from({ length: 7 }, () => Array.from({ length: columns }, () => rng.normal() + shift))
    for (const shift of [0, 5]) {
      const [x, y] = [drawn(4, shift), drawn(3, -shift)]
      expect(linearCka(gram(x), gram(y))).toBeCloseTo(cka(x, y), 5)
      expect(linearCka(gram(x), gram(x.map(row => row.map(value => value + 9))))).toBeCloseTo(1, 4)
    }
  })
})

test('activations that are the same for every row are like any others', () => {
  const varied = gram([
    [1, 2],
    [3, 5],
    [0, 1],
  ])
  const constant = gram([
    [4, 4],
    [4, 4],
    [4, 4],
  ])
  expect(linearCka(constant, varied)).toBe(1)
  expect(linearCka(varied, constant)).toBe(1)
  expect(linearCka(constant, constant)).toBe(1)
})

describe('figures of gradients', () => {
  const halves = (a: readonly number[], b: readonly number[]) =>
    [a, b].map(values => ({
      gradients: new Map([['w', Float32Array.from(values)]]),
    })) as unknown as Parameters<typeof gradientFigures>[1]

  test('signal to noise is that of the mean over half the difference, in squares', () => {
    // Mean (3, 4), half difference (1, 0): 25 to 1.
    const { figures } = gradientFigures(['w'], halves([4, 4], [2, 4]), undefined)
    expect(figures.signalToNoise).toBeCloseTo(25, 6)
    expect(figures.gradientNorm).toBeCloseTo(5, 6)
    expect(figures.alignment).toBeCloseTo(24 / Math.sqrt(32 * 20), 6)
    expect(figures.persistence).toBe(1)
  })

  test('persistence is the cosine with the mean before', () => {
    const before = new Map([['w', Float32Array.of(0, 2)]])
    expect(gradientFigures(['w'], halves([4, 4], [2, 4]), before).figures.persistence).toBeCloseTo(0.8, 6)
  })

  test('a variable that has a gradient in one half alone doesn’t count', () => {
    const both = { w: [4, 4], own: [100] }
    const one = { w: [2, 4] }
    const given = (values: Readonly<Record<string, readonly number[]>>) => ({
      gradients: new Map(Object.entries(values).map(([name, own]) => [name, Float32Array.from(own)])),
    })
    const pairs = [
      [given(both), given(one)],
      [given(one), given(both)],
    ] as const
    for (const [a, b] of pairs) {
      const { figures, mean } = gradientFigures(['own', 'w', 'nowhere'], [a, b], undefined)
      expect(figures.gradientNorm).toBeCloseTo(5, 6)
      expect([...mean.keys()]).toEqual(['w'])
    }
  })

  test('gradients that are 0 point nowhere', () => {
    const { figures } = gradientFigures(
      ['w'],
      halves([0, 0], [0, 0]),
      new Map([['w', Float32Array.of(1, 1)]]),
    )
    expect(figures).toEqual({ gradientNorm: 0, alignment: 0, signalToNoise: 0, persistence: 0 })
  })
})
