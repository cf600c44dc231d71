/**
 * Student's t at any level and with any degrees of freedom. Own code, since the library that is well kept
 * (@stdlib) brings 230 packages for it; held to scipy by test/runner/inference/student.test.ts.
 */

/** P(|T| > |t|) for `degrees` > 0 of freedom, which needn't be whole: I_x(ν/2, 1/2) at x = ν/(ν + t²). */
export function studentTwoSided(t: number, degrees: number): number {
  if (Number.isNaN(t)) return Number.NaN
  const square = t * t
  return square === Number.POSITIVE_INFINITY
    ? 0
    : incompleteBeta(degrees / 2, 0.5, degrees / (degrees + square), square / (degrees + square))
}

/** The t that |T| exceeds with probability `alpha` in (0, 1]: half of a two-sided interval, in standard errors. */
export function studentCritical(alpha: number, degrees: number): number {
  if (alpha >= 1) return 0
  const over = (x: number) => Math.log(studentTwoSided(Math.exp(x), degrees) / alpha)
  let [low, high] = [-20, 0]
  while (over(high) > 0) high += 2
  // The logarithm of p is nearly straight in that of t: false position, an end that stays counting half (Illinois).
  let [above, below] = [over(low), over(high)]
  for (let i = 0; i < 100 && high - low > 1e-14; i++) {
    const x = (low * below - high * above) / (below - above)
    const value = over(x)
    if (Math.abs(value) < 1e-13) return Math.exp(x)
    if (value > 0) {
      ;[low, above] = [x, value]
      below /= 2
    } else {
      ;[high, below] = [x, value]
      above /= 2
    }
  }
  return Math.exp((low + high) / 2)
}

/** The standard normal's 80 % point: the power that a detectable difference is stated for. */
const POWER = 0.8416212335729143

/**
 * The true difference, in standard errors, at which |t| exceeds `critical` with probability 0.8: the normal
 * approximation of the noncentral t (Abramowitz and Stegun 26.7.10), within 4 % from two degrees of freedom on.
 */
export function detectableErrors(critical: number, degrees: number): number {
  return critical * (1 - 1 / (4 * degrees)) + POWER * Math.sqrt(1 + critical ** 2 / (2 * degrees))
}

/** Regularised, by Lentz's continued fraction (Press et al., Numerical Recipes, 6.4). @param y 1 − x, undiminished */
function incompleteBeta(a: number, b: number, x: number, y: number): number {
  if (x <= 0) return 0
  if (y <= 0) return 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(y))
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(a, b, x)) / a
    : 1 - (front * betaFraction(b, a, y)) / b
}

function betaFraction(a: number, b: number, x: number): number {
  const away = (value: number) => (Math.abs(value) < 1e-300 ? 1e-300 : value)
  let c = 1
  let d = 1 / away(1 - ((a + b) * x) / (a + 1))
  let result = d
  for (let m = 1; m < 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / away(1 + even * d)
    c = away(1 + even / c)
    result *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / away(1 + odd * d)
    c = away(1 + odd / c)
    result *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return result
}

/** Stirling's series from 10 on, recurrence below. */
function logGamma(z: number): number {
  let shift = 0
  let x = z
  while (x < 10) shift += Math.log(x++)
  const inverse = 1 / (x * x)
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / x
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - shift
}
