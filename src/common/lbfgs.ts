/** A function's value and gradient at a point. */
export type Objective = (point: Float64Array) => { readonly value: number; readonly gradient: Float64Array }

export interface Minimum {
  readonly point: Float64Array
  readonly value: number
  /** How often the objective was computed. */
  readonly evaluations: number
  /** Whether the largest component of the gradient fell below the tolerance. */
  readonly converged: boolean
}

const MEMORY = 12
/** Armijo's condition: share of the decrease that the slope promises. */
const SUFFICIENT = 1e-4

/**
 * Minimises a smooth convex function by limited-memory BFGS (Nocedal & Wright 2006, algorithms 7.4 and 7.5), with
 * backtracking; pairs without positive curvature are left out.
 * @param tolerance of the gradient's largest component
 */
export function lbfgs(
  objective: Objective,
  start: Float64Array,
  { tolerance = 1e-6, maxEvaluations = 1000 }: { tolerance?: number; maxEvaluations?: number } = {},
): Minimum {
  let point = start
  let { value, gradient } = objective(point)
  let evaluations = 1
  const pairs: { s: Float64Array; y: Float64Array; rho: number }[] = []
  while (largest(gradient) > tolerance && evaluations < maxEvaluations) {
    const direction = descent(gradient, pairs)
    const slope = dot(direction, gradient)
    let step = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1
    let next = objective(moved(point, direction, step))
    evaluations++
    while (!(next.value <= value + SUFFICIENT * step * slope) && evaluations < maxEvaluations) {
      step /= 2
      // As near as floats come.
      if (step < 1e-12) return { point, value, evaluations, converged: false }
      next = objective(moved(point, direction, step))
      evaluations++
    }
    if (!(next.value <= value)) break
    const s = direction.map(d => step * d)
    const y = next.gradient.map((g, i) => g - gradient[i])
    const curvature = dot(s, y)
    if (curvature > 1e-12 * dot(y, y)) pairs.push({ s, y, rho: 1 / curvature })
    if (pairs.length > MEMORY) pairs.shift()
    point = moved(point, direction, step)
    value = next.value
    gradient = next.gradient
  }
  return { point, value, evaluations, converged: largest(gradient) <= tolerance }
}

/** −Hg by the two-loop recursion. */
function descent(
  gradient: Float64Array,
  pairs: readonly { s: Float64Array; y: Float64Array; rho: number }[],
): Float64Array {
  const q = Float64Array.from(gradient)
  const alphas = new Float64Array(pairs.length)
  for (let k = pairs.length - 1; k >= 0; k--) {
    const { s, y, rho } = pairs[k]
    alphas[k] = rho * dot(s, q)
    for (let i = 0; i < q.length; i++) q[i] -= alphas[k] * y[i]
  }
  const last = pairs.at(-1)
  const scale = last === undefined ? 1 : 1 / (last.rho * dot(last.y, last.y))
  for (let i = 0; i < q.length; i++) q[i] *= scale
  pairs.forEach(({ s, y, rho }, k) => {
    const beta = rho * dot(y, q)
    for (let i = 0; i < q.length; i++) q[i] += (alphas[k] - beta) * s[i]
  })
  return q.map(x => -x)
}

function moved(point: Float64Array, direction: Float64Array, step: number): Float64Array {
  return point.map((x, i) => x + step * direction[i])
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}

function largest(values: Float64Array): number {
  let most = 0
  for (const value of values) most = Math.max(most, Math.abs(value))
  return most
}
