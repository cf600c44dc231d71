// What agents minimise: scripts/setup/native/losses.h says what each kernel does.
import { F32, first, halved, multiplyAdd, VECTOR } from './lanes'
import { sumSquares } from './networks'

/** exp(x), x held within −87 and 88. */
@inline
function exponential(value: v128): v128 {
  const round = f32x4.splat(12582912)
  const x = f32x4.min(f32x4.max(value, f32x4.splat(-87)), f32x4.splat(88))
  const rounded = multiplyAdd(x, f32x4.splat(1.44269504088896341), round)
  const n = f32x4.sub(rounded, round)
  const r = multiplyAdd(n, f32x4.splat(2.12194440e-4), multiplyAdd(n, f32x4.splat(-0.693359375), x))
  let p = multiplyAdd(f32x4.splat(1.9875691500e-4), r, f32x4.splat(1.3981999507e-3))
  p = multiplyAdd(p, r, f32x4.splat(8.3334519073e-3))
  p = multiplyAdd(p, r, f32x4.splat(4.1665795894e-2))
  p = multiplyAdd(p, r, f32x4.splat(1.6666665459e-1))
  p = multiplyAdd(p, r, f32x4.splat(5.0000001201e-1))
  const y = f32x4.add(multiplyAdd(p, f32x4.mul(r, r), r), f32x4.splat(1))
  const power = i32x4.add(i32x4.sub(rounded, round), i32x4.splat(127))
  return f32x4.mul(y, i32x4.shl(power, 23))
}

/** ln x, x > 0 and not the smallest. */
@inline
function logarithm(x: v128): v128 {
  let m = v128.or(v128.and(x, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000))
  const isSmall = f32x4.lt(m, f32x4.splat(0.707106781186547524))
  m = v128.bitselect(f32x4.add(m, m), m, isSmall)
  const exponent = i32x4.add(i32x4.sub(i32x4.shr_s(x, 23), i32x4.splat(126)), isSmall)
  const n = f32x4.convert_i32x4_s(exponent)
  const r = f32x4.sub(m, f32x4.splat(1)), square = f32x4.mul(r, r)
  let p = multiplyAdd(f32x4.splat(7.0376836292e-2), r, f32x4.splat(-1.1514610310e-1))
  p = multiplyAdd(p, r, f32x4.splat(1.1676998740e-1))
  p = multiplyAdd(p, r, f32x4.splat(-1.2420140846e-1))
  p = multiplyAdd(p, r, f32x4.splat(1.4249322787e-1))
  p = multiplyAdd(p, r, f32x4.splat(-1.6668057665e-1))
  p = multiplyAdd(p, r, f32x4.splat(2.0000714765e-1))
  p = multiplyAdd(p, r, f32x4.splat(-2.4999993993e-1))
  p = multiplyAdd(p, r, f32x4.splat(3.3333331174e-1))
  let y = multiplyAdd(n, f32x4.splat(-2.12194440e-4), f32x4.mul(f32x4.mul(r, square), p))
  y = multiplyAdd(f32x4.splat(-0.5), square, y)
  return multiplyAdd(n, f32x4.splat(0.693359375), f32x4.add(r, y))
}

export function sum(a: usize, n: i32): f32 {
  let p = f32x4.splat(0), q = f32x4.splat(0), r = f32x4.splat(0), s = f32x4.splat(0)
  for (let left = n; left > 0; left -= 16) {
    p = f32x4.add(p, first(v128.load(a), left))
    q = f32x4.add(q, first(v128.load(a, 16), left - 4))
    r = f32x4.add(r, first(v128.load(a, 32), left - 8))
    s = f32x4.add(s, first(v128.load(a, 48), left - 12))
    a += 4 * VECTOR
  }
  return halved(p, q, r, s)
}

export function scale(a: usize, n: i32, factor: f32): void {
  const by = f32x4.splat(factor)
  const end = a + (<usize>n) * F32
  for (; a < end; a += VECTOR) v128.store(a, f32x4.mul(v128.load(a), by))
}

export function standardize(a: usize, n: i32): void {
  const end = a + (<usize>n) * F32
  const mean = f32x4.splat(sum(a, n) / <f32>n)
  for (let at = a; at < end; at += VECTOR) v128.store(at, f32x4.sub(v128.load(at), mean))
  const deviation = f32x4.splat(sqrt<f32>(sumSquares(a, n) / <f32>(n - 1)) + <f32>1e-8)
  for (let at = a; at < end; at += VECTOR) v128.store(at, f32x4.div(v128.load(at), deviation))
}

/** An element in four rows, of which `valid` exist; 0 in the others. */
@inline
function column(at: usize, row: usize, valid: i32): v128 {
  let values = v128.load32_zero(at)
  if (valid > 1) values = v128.load32_lane(at + row, values, 1)
  if (valid > 2) values = v128.load32_lane(at + 2 * row, values, 2)
  if (valid > 3) values = v128.load32_lane(at + 3 * row, values, 3)
  return values
}

@inline
function setColumn(at: usize, row: usize, valid: i32, values: v128): void {
  store<f32>(at, f32x4.extract_lane(values, 0))
  if (valid > 1) store<f32>(at + row, f32x4.extract_lane(values, 1))
  if (valid > 2) store<f32>(at + 2 * row, f32x4.extract_lane(values, 2))
  if (valid > 3) store<f32>(at + 3 * row, f32x4.extract_lane(values, 3))
}

/** All bits where the mask allows, or where there is none. */
@inline
function allowedBy(mask: usize, at: usize, row: usize, valid: i32): v128 {
  return mask ? f32x4.ne(column(mask + at, row, valid), f32x4.splat(0)) : i32x4.splat(-1)
}

export function categorical(
  logits: usize, mask: usize, actions: usize, logp: usize, p: usize, chosen: usize, entropies: usize,
  rows: i32, width: i32, from: i32, count: i32,
): void {
  const row = (<usize>width) * F32
  const lowest = f32x4.splat(-Infinity), none = f32x4.splat(0)
  for (let i = 0; i < rows; i += 4) {
    const valid = rows - i
    const place = (<usize>i) * row + (<usize>from) * F32
    let largest = lowest, total = none, entropy = none, own = none
    for (let k = 0; k < count; k++) {
      const at = place + (<usize>k) * F32
      const x = v128.bitselect(column(logits + at, row, valid), lowest, allowedBy(mask, at, row, valid))
      largest = v128.bitselect(x, largest, f32x4.gt(x, largest))
    }
    for (let k = 0; k < count; k++) {
      const at = place + (<usize>k) * F32
      const x = column(logits + at, row, valid)
      total = f32x4.add(total, v128.and(exponential(f32x4.sub(x, largest)), allowedBy(mask, at, row, valid)))
    }
    const normalizer = logarithm(total), action = v128.load(actions + (<usize>i) * F32)
    for (let k = 0; k < count; k++) {
      const at = place + (<usize>k) * F32
      const isAllowed = allowedBy(mask, at, row, valid)
      const log = f32x4.sub(f32x4.sub(column(logits + at, row, valid), largest), normalizer)
      const probability = v128.and(exponential(log), isAllowed)
      const shown = v128.bitselect(log, lowest, isAllowed)
      entropy = f32x4.sub(entropy, v128.and(f32x4.mul(probability, log), isAllowed))
      own = v128.bitselect(shown, own, f32x4.eq(action, f32x4.splat(<f32>k)))
      setColumn(logp + at, row, valid, shown)
      setColumn(p + at, row, valid, probability)
    }
    v128.store(chosen + (<usize>i) * F32, own)
    v128.store(entropies + (<usize>i) * F32, entropy)
  }
}

export function categoricalGradient(
  byChosen: usize, actions: usize, logp: usize, p: usize, entropies: usize, gradient: usize,
  rows: i32, width: i32, from: i32, count: i32, byEntropy: f32,
): void {
  const row = (<usize>width) * F32
  const one = f32x4.splat(1), none = f32x4.splat(0), spread = f32x4.splat(byEntropy)
  for (let i = 0; i < rows; i += 4) {
    const valid = rows - i
    const place = (<usize>i) * row + (<usize>from) * F32, first = (<usize>i) * F32
    const by = v128.load(byChosen + first), action = v128.load(actions + first), entropy = v128.load(entropies + first)
    for (let k = 0; k < count; k++) {
      const at = place + (<usize>k) * F32
      const probability = column(p + at, row, valid), log = column(logp + at, row, valid)
      const indicator = v128.and(one, f32x4.eq(action, f32x4.splat(<f32>k)))
      const byLog = f32x4.mul(by, f32x4.sub(indicator, probability))
      const slope = f32x4.sub(byLog, f32x4.mul(f32x4.mul(spread, probability), f32x4.add(log, entropy)))
      setColumn(gradient + at, row, valid, v128.and(slope, f32x4.ne(probability, none)))
    }
  }
}

export function clippedObjective(
  now: usize, before: usize, advantages: usize, objective: usize, slope: usize, divergence: usize, outside: usize,
  n: i32, clip: f32,
): void {
  const one = f32x4.splat(1), most = f32x4.splat(clip)
  const low = f32x4.splat(<f32>1 - clip), high = f32x4.splat(<f32>1 + clip)
  const end = (<usize>n) * F32
  for (let i: usize = 0; i < end; i += VECTOR) {
    const log = f32x4.sub(v128.load(now + i), v128.load(before + i))
    const ratio = exponential(log), advantage = v128.load(advantages + i)
    const surrogate = f32x4.mul(ratio, advantage)
    const clipped = f32x4.mul(f32x4.min(f32x4.max(ratio, low), high), advantage)
    const isBelow = f32x4.le(surrogate, clipped), off = f32x4.sub(ratio, one)
    v128.store(objective + i, v128.bitselect(surrogate, clipped, isBelow))
    v128.store(slope + i, v128.and(surrogate, isBelow))
    v128.store(divergence + i, f32x4.sub(off, log))
    v128.store(outside + i, v128.and(one, f32x4.gt(f32x4.abs(off), most)))
  }
}

export function valueLoss(
  values: usize, before: usize, returns: usize, loss: usize, slope: usize, n: i32, clip: f32,
): void {
  const half = f32x4.splat(0.5), high = f32x4.splat(clip), low = f32x4.splat(-clip)
  const clipped = clip < Infinity ? i32x4.splat(-1) : i32x4.splat(0)
  const end = (<usize>n) * F32
  for (let i: usize = 0; i < end; i += VECTOR) {
    const value = v128.load(values + i), old = v128.load(before + i), target = v128.load(returns + i)
    const error = f32x4.sub(value, target)
    const moved = f32x4.min(f32x4.max(f32x4.sub(value, old), low), high)
    const held = v128.and(f32x4.sub(f32x4.add(old, moved), target), clipped)
    const square = f32x4.mul(error, error), other = f32x4.mul(held, held)
    const isLarger = f32x4.ge(square, other)
    v128.store(loss + i, f32x4.mul(half, v128.bitselect(square, other, isLarger)))
    v128.store(slope + i, v128.and(error, isLarger))
  }
}
