import type { Rng } from '../../common/random.ts'

/** Up to so many values all flips are tried. */
const EXACT = 14
const DRAWS = 9_999

/**
 * Two-sided p of values being symmetric around zero: the share of sign flips whose sum is at least as far from it
 * (Fisher 1935; scipy's permutation_test with `samples`). Exact for up to 14 values; beyond that over random flips,
 * the given signs among them, so that it is never too small.
 */
export function signFlip(values: readonly number[], rng: Rng): number {
  const sum = values.reduce((a, b) => a + b, 0)
  // Sums in another order differ in their last digits.
  const tolerance = 1e-12 * values.reduce((a, b) => a + Math.abs(b), 0)
  const least = Math.abs(sum) - tolerance
  return values.length <= EXACT ? allFlips(values, sum, least) : someFlips(values, least, rng)
}

/** By Gray code, one sign a step. The first sign stays: the other half of the flips are mirrors. */
function allFlips(values: readonly number[], start: number, least: number): number {
  const flips = 2 ** (values.length - 1)
  const signs = values.map(() => 1)
  let sum = start
  let far = 1
  for (let step = 1; step < flips; step++) {
    const at = 32 - Math.clz32(step & -step)
    signs[at] = -signs[at]
    sum += 2 * signs[at] * values[at]
    if (Math.abs(sum) >= least) far++
  }
  return far / flips
}

function someFlips(values: readonly number[], least: number, rng: Rng): number {
  let far = 1
  for (let draw = 0; draw < DRAWS; draw++) {
    let sum = 0
    for (const value of values) sum += rng.next() < 0.5 ? value : -value
    if (Math.abs(sum) >= least) far++
  }
  return far / (DRAWS + 1)
}
