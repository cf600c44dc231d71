// Products, activations and steps of optimizers: scripts/setup/native/kernels.h says what each kernel does.
import { F32, first, halved, multiplyAdd, VECTOR } from './lanes'

export function multiply(
  a: usize, down: i32, along: i32, b: usize, bias: usize, c: usize, m: i32, k: i32, n: i32,
): void {
  const row = (<usize>n) * F32
  const d = (<usize>down) * F32, s = (<usize>along) * F32
  const blocked = m & ~3, wide = n & ~7
  for (let i = 0; i < blocked; i += 4) {
    const from = a + (<usize>i) * d, to = c + (<usize>i) * row
    let j = 0
    for (; j < wide; j += 8) {
      const at = (<usize>j) * F32
      fourByTwo(from, d, s, b + at, row, bias ? bias + at : 0, to + at, k)
    }
    for (; j < n; j += 4) {
      const at = (<usize>j) * F32
      fourByOne(from, d, s, b + at, row, bias ? bias + at : 0, to + at, k, n - j)
    }
  }
  for (let i = blocked; i < m; i++) {
    const from = a + (<usize>i) * d, to = c + (<usize>i) * row
    for (let j = 0; j < n; j += 4) {
      const at = (<usize>j) * F32
      oneByOne(from, s, b + at, row, bias ? bias + at : 0, to + at, k, n - j)
    }
  }
}

/** Four rows by two vectors: eight sums that don't wait for each other. */
@inline
function fourByTwo(a: usize, d: usize, s: usize, b: usize, row: usize, bias: usize, c: usize, k: i32): void {
  let p0 = f32x4.splat(0), q0 = f32x4.splat(0)
  if (bias) {
    p0 = v128.load(bias)
    q0 = v128.load(bias, 16)
  }
  let p1 = p0, p2 = p0, p3 = p0, q1 = q0, q2 = q0, q3 = q0
  let a0 = a, a1 = a + d, a2 = a + 2 * d, a3 = a + 3 * d
  for (let l = 0; l < k; l++) {
    const u = v128.load(b), v = v128.load(b, 16)
    const x0 = v128.load32_splat(a0), x1 = v128.load32_splat(a1)
    const x2 = v128.load32_splat(a2), x3 = v128.load32_splat(a3)
    p0 = multiplyAdd(x0, u, p0)
    q0 = multiplyAdd(x0, v, q0)
    p1 = multiplyAdd(x1, u, p1)
    q1 = multiplyAdd(x1, v, q1)
    p2 = multiplyAdd(x2, u, p2)
    q2 = multiplyAdd(x2, v, q2)
    p3 = multiplyAdd(x3, u, p3)
    q3 = multiplyAdd(x3, v, q3)
    a0 += s
    a1 += s
    a2 += s
    a3 += s
    b += row
  }
  v128.store(c, p0)
  v128.store(c, q0, 16)
  v128.store(c + row, p1)
  v128.store(c + row, q1, 16)
  v128.store(c + 2 * row, p2)
  v128.store(c + 2 * row, q2, 16)
  v128.store(c + 3 * row, p3)
  v128.store(c + 3 * row, q3, 16)
}

@inline
function fourByOne(
  a: usize, d: usize, s: usize, b: usize, row: usize, bias: usize, c: usize, k: i32, valid: i32,
): void {
  let p0 = f32x4.splat(0)
  if (bias) p0 = v128.load(bias)
  let p1 = p0, p2 = p0, p3 = p0
  let a0 = a, a1 = a + d, a2 = a + 2 * d, a3 = a + 3 * d
  for (let l = 0; l < k; l++) {
    const u = v128.load(b)
    p0 = multiplyAdd(v128.load32_splat(a0), u, p0)
    p1 = multiplyAdd(v128.load32_splat(a1), u, p1)
    p2 = multiplyAdd(v128.load32_splat(a2), u, p2)
    p3 = multiplyAdd(v128.load32_splat(a3), u, p3)
    a0 += s
    a1 += s
    a2 += s
    a3 += s
    b += row
  }
  storeValid(c, p0, valid)
  storeValid(c + row, p1, valid)
  storeValid(c + 2 * row, p2, valid)
  storeValid(c + 3 * row, p3, valid)
}

@inline
function oneByOne(a: usize, s: usize, b: usize, row: usize, bias: usize, c: usize, k: i32, valid: i32): void {
  let p = f32x4.splat(0)
  if (bias) p = v128.load(bias)
  for (let l = 0; l < k; l++) {
    p = multiplyAdd(v128.load32_splat(a), v128.load(b), p)
    a += s
    b += row
  }
  storeValid(c, p, valid)
}

/** The first `valid` lanes, if fewer than four. */
@inline
function storeValid(to: usize, values: v128, valid: i32): void {
  if (valid >= 4) {
    v128.store(to, values)
    return
  }
  store<f32>(to, f32x4.extract_lane(values, 0))
  if (valid > 1) store<f32>(to, f32x4.extract_lane(values, 1), 4)
  if (valid > 2) store<f32>(to, f32x4.extract_lane(values, 2), 8)
}

export function transpose(a: usize, t: usize, rows: i32, columns: i32): void {
  const across = (<usize>columns) * F32, down = (<usize>rows) * F32
  const wholeRows = rows & ~3, wholeColumns = columns & ~3
  for (let i = 0; i < wholeRows; i += 4) {
    let from = a + (<usize>i) * across
    let to = t + (<usize>i) * F32
    for (let j = 0; j < wholeColumns; j += 4) {
      const p = v128.load(from), q = v128.load(from + across)
      const r = v128.load(from + 2 * across), s = v128.load(from + 3 * across)
      const pq = v128.shuffle<f32>(p, q, 0, 4, 1, 5), rs = v128.shuffle<f32>(r, s, 0, 4, 1, 5)
      const PQ = v128.shuffle<f32>(p, q, 2, 6, 3, 7), RS = v128.shuffle<f32>(r, s, 2, 6, 3, 7)
      v128.store(to, v128.shuffle<f32>(pq, rs, 0, 1, 4, 5))
      v128.store(to + down, v128.shuffle<f32>(pq, rs, 2, 3, 6, 7))
      v128.store(to + 2 * down, v128.shuffle<f32>(PQ, RS, 0, 1, 4, 5))
      v128.store(to + 3 * down, v128.shuffle<f32>(PQ, RS, 2, 3, 6, 7))
      from += VECTOR
      to += 4 * down
    }
  }
  for (let i = 0; i < rows; i++) {
    for (let j = i < wholeRows ? wholeColumns : 0; j < columns; j++) {
      store<f32>(t + (<usize>j) * down + (<usize>i) * F32, load<f32>(a + (<usize>i) * across + (<usize>j) * F32))
    }
  }
}

export function columnSums(a: usize, c: usize, m: i32, n: i32): void {
  const row = (<usize>n) * F32
  for (let j = 0; j < n; j += 4) {
    let sum = f32x4.splat(0)
    let at = a + (<usize>j) * F32
    for (let i = 0; i < m; i++) {
      sum = f32x4.add(sum, v128.load(at))
      at += row
    }
    storeValid(c + (<usize>j) * F32, sum, n - j)
  }
}

export function tanh(y: usize, n: i32): void {
  const end = y + (<usize>n) * F32
  for (; y < end; y += VECTOR) {
    const x = f32x4.min(f32x4.max(v128.load(y), f32x4.splat(-7.90531110763549805)), f32x4.splat(7.90531110763549805))
    const s = f32x4.mul(x, x)
    let p = multiplyAdd(s, f32x4.splat(-2.76076847742355e-16), f32x4.splat(2.00018790482477e-13))
    p = multiplyAdd(s, p, f32x4.splat(-8.60467152213735e-11))
    p = multiplyAdd(s, p, f32x4.splat(5.12229709037114e-8))
    p = multiplyAdd(s, p, f32x4.splat(1.48572235717979e-5))
    p = multiplyAdd(s, p, f32x4.splat(6.37261928875436e-4))
    p = multiplyAdd(s, p, f32x4.splat(4.89352455891786e-3))
    let q = multiplyAdd(s, f32x4.splat(1.19825839466702e-6), f32x4.splat(1.18534705686654e-4))
    q = multiplyAdd(s, q, f32x4.splat(2.26843463243900e-3))
    q = multiplyAdd(s, q, f32x4.splat(4.89352518554385e-3))
    v128.store(y, f32x4.div(f32x4.mul(x, p), q))
  }
}

export function tanhGradient(d: usize, y: usize, n: i32): void {
  const end = (<usize>n) * F32
  for (let i: usize = 0; i < end; i += VECTOR) {
    const t = v128.load(y + i)
    const slope = f32x4.sub(f32x4.splat(1), f32x4.mul(t, t))
    v128.store(d + i, f32x4.mul(v128.load(d + i), slope))
  }
}

export function relu(y: usize, n: i32): void {
  const end = y + (<usize>n) * F32
  for (; y < end; y += VECTOR) v128.store(y, f32x4.max(v128.load(y), f32x4.splat(0)))
}

export function reluGradient(d: usize, y: usize, n: i32): void {
  const end = (<usize>n) * F32
  for (let i: usize = 0; i < end; i += VECTOR) {
    const open = f32x4.gt(v128.load(y + i), f32x4.splat(0))
    v128.store(d + i, v128.and(v128.load(d + i), open))
  }
}

export function sumSquares(a: usize, n: i32): f32 {
  let p = f32x4.splat(0), q = f32x4.splat(0), r = f32x4.splat(0), s = f32x4.splat(0)
  for (let left = n; left > 0; left -= 16) {
    const x = first(v128.load(a), left), y = first(v128.load(a, 16), left - 4)
    const z = first(v128.load(a, 32), left - 8), w = first(v128.load(a, 48), left - 12)
    p = f32x4.add(p, f32x4.mul(x, x))
    q = f32x4.add(q, f32x4.mul(y, y))
    r = f32x4.add(r, f32x4.mul(z, z))
    s = f32x4.add(s, f32x4.mul(w, w))
    a += 4 * VECTOR
  }
  return halved(p, q, r, s)
}

export function adam(
  p: usize, gradient: usize, mean: usize, variance: usize,
  n: i32, scale: f32, rate: f32, correction: f32, beta1: f32, beta2: f32, epsilon: f32,
): void {
  const by = f32x4.splat(scale), fast = f32x4.splat(rate), correct = f32x4.splat(correction)
  const rest1 = f32x4.splat(<f32>1 - beta1), keep2 = f32x4.splat(beta2), rest2 = f32x4.splat(<f32>1 - beta2)
  const least = f32x4.splat(epsilon)
  const end = (<usize>n) * F32
  for (let i: usize = 0; i < end; i += VECTOR) {
    const g = f32x4.mul(v128.load(gradient + i), by)
    const before = v128.load(mean + i)
    const m = f32x4.add(before, f32x4.mul(rest1, f32x4.sub(g, before)))
    const v = f32x4.add(f32x4.mul(keep2, v128.load(variance + i)), f32x4.mul(f32x4.mul(rest2, g), g))
    v128.store(mean + i, m)
    v128.store(variance + i, v)
    const step = f32x4.div(f32x4.mul(fast, m), f32x4.add(f32x4.mul(f32x4.sqrt(v), correct), least))
    v128.store(p + i, f32x4.sub(v128.load(p + i), step))
  }
}
