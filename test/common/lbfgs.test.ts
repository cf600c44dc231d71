import { describe, expect, test } from 'vitest'
import { lbfgs, type Objective } from '../../src/common/lbfgs.ts'

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (x, i) => x * b[i]).reduce((x, y) => x + y, 0)

/** −Hg with H as a matrix: γI, then one BFGS update a pair (Nocedal & Wright 2006, eq. 7.16 to 7.20). */
function denseDescent(gradient: readonly number[], pairs: readonly { s: number[]; y: number[] }[]): number[] {
  const n = gradient.length
  const last = pairs.at(-1)
  const gamma = last === undefined ? 1 : dot(last.s, last.y) / dot(last.y, last.y)
  let h = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? gamma : 0)))
  const times = (a: number[][], b: number[][]) =>
    a.map(row =>
      b[0].map((_, j) =>
        dot(
          row,
          b.map(r => r[j]),
        ),
      ),
    )
  const transposed = (a: number[][]) => a[0].map((_, j) => a.map(row => row[j]))
  for (const { s, y } of pairs) {
    const rho = 1 / dot(y, s)
    const v = Array.from({ length: n }, (_, i) => s.map((sj, j) => Number(i === j) - rho * y[i] * sj))
    h = times(times(transposed(v), h), v).map((row, i) => row.map((x, j) => x + rho * s[i] * s[j]))
  }
  return h.map(row => -dot(row, gradient))
}

/** The same minimisation, every point at which the objective is computed; twelve pairs are remembered. */
function densePoints(objective: Objective, start: readonly number[], evaluations: number): number[][] {
  const points: number[][] = []
  const at = (point: number[]) => {
    points.push(point)
    const { value, gradient } = objective(Float64Array.from(point))
    return { point, value, gradient: [...gradient] }
  }
  let here = at([...start])
  const pairs: { s: number[]; y: number[] }[] = []
  while (points.length < evaluations) {
    const { point, value, gradient } = here
    const direction = denseDescent(gradient, pairs.slice(-12))
    let step = pairs.length === 0 ? Math.min(1, 1 / Math.hypot(...gradient)) : 1
    const next = () => at(point.map((x, i) => x + step * direction[i]))
    let tried = next()
    while (tried.value > value + 1e-4 * step * dot(direction, gradient)) {
      step /= 2
      tried = next()
    }
    const y = tried.gradient.map((g, i) => g - gradient[i])
    pairs.push({ s: direction.map(d => step * d), y })
    here = tried
  }
  return points
}

/** Rosenbrock's valley in n dimensions: its minimum is at ones. */
const valley: Objective = point => {
  const gradient = new Float64Array(point.length)
  let value = 0
  for (let i = 0; i + 1 < point.length; i++) {
    const [a, b] = [1 - point[i], point[i + 1] - point[i] ** 2]
    value += a ** 2 + 100 * b ** 2
    gradient[i] += -2 * a - 400 * point[i] * b
    gradient[i + 1] += 200 * b
  }
  return { value, gradient }
}

/** Half the squared distance to zero, along axes of very different steepness. */
const bowl: Objective = point => ({
  value: point.reduce((sum, x, i) => sum + 0.5 * 10 ** i * x ** 2, 0),
  gradient: point.map((x, i) => 10 ** i * x),
})

const recorded = (objective: Objective) => {
  const points: number[][] = []
  return {
    points,
    objective: (point: Float64Array) => {
      points.push([...point])
      return objective(point)
    },
  }
}

describe('lbfgs', () => {
  test.each([
    ['a bowl', bowl, [1, -2, 0.5, 3], 12],
    ['a valley, with more pairs than are remembered', valley, [-1.2, 1, -0.5, 0.8], 30],
  ] as const)('looks where the matrix form of BFGS does: %s', (_, objective, start, evaluations) => {
    const { points, objective: seen } = recorded(objective)
    lbfgs(seen, Float64Array.from(start), { maxEvaluations: evaluations, tolerance: 1e-12 })
    const wanted = densePoints(objective, start, evaluations)
    expect(points).toHaveLength(evaluations)
    for (const [i, point] of points.entries())
      for (const [j, x] of point.entries()) expect(x).toBeCloseTo(wanted[i][j], 6)
  })

  test('ends where the largest component of the gradient is below the tolerance', () => {
    const { points, objective } = recorded(valley)
    const found = lbfgs(objective, Float64Array.of(-1.2, 1), { tolerance: 1e-5 })
    expect(found).toMatchObject({ converged: true, evaluations: points.length })
    for (const x of found.point) expect(x).toBeCloseTo(1, 4)
    expect(found.value).toBe(valley(found.point).value)
    const steepest = (point: ArrayLike<number>) =>
      Math.max(...valley(Float64Array.from(point)).gradient.map(Math.abs))
    expect(steepest(found.point)).toBeLessThanOrEqual(1e-5)
    for (const point of points.slice(0, -1)) expect(steepest(point)).toBeGreaterThan(1e-5)
  })

  test('computes nothing more where it begins in the minimum', () => {
    const start = new Float64Array(3)
    expect(lbfgs(bowl, start)).toEqual({ point: start, value: 0, evaluations: 1, converged: true })
  })

  test('ends at the number of evaluations, at the best point that it has stood on', () => {
    const start = Float64Array.of(-1.2, 1)
    const { points, objective } = recorded(valley)
    const found = lbfgs(objective, start, { maxEvaluations: 7 })
    expect(found).toMatchObject({ converged: false, evaluations: 7 })
    expect(points).toHaveLength(7)
    expect(found.value).toBeLessThan(valley(start).value)
    expect(found.value).toBe(valley(found.point).value)
  })

  test('stays where no step is downhill, as near as floats come', () => {
    const start = Float64Array.of(1, 2)
    const uphill: Objective = point => ({
      value: bowl(point).value,
      gradient: bowl(point).gradient.map(g => -g),
    })
    const { evaluations, ...found } = lbfgs(uphill, start)
    expect(found).toEqual({ point: start, value: bowl(start).value, converged: false })
    // Halved until it is below 1e-12.
    expect(evaluations).toBeGreaterThan(35)
    expect(evaluations).toBeLessThan(45)
    expect(lbfgs(uphill, start, { maxEvaluations: 5 }).point).toEqual(start)
  })

  test('leaves out a pair along which the slope does not rise', () => {
    const line: Objective = point => ({ value: -point[0], gradient: Float64Array.of(-1) })
    const { points, objective } = recorded(line)
    lbfgs(objective, Float64Array.of(0), { maxEvaluations: 4 })
    // No curvature is learned on a line: each step is the first one again.
    expect(points).toEqual([[0], [1], [2], [3]])
  })
})
