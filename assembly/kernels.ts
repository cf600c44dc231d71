// The arithmetic of small networks, in AssemblyScript: float32, four lanes at a time (WebAssembly's fixed-width SIMD,
// whose results are the same on every machine). `npm run build:kernels` compiles it into src/agents/kernels.ts.
// Matrices are row-major; pointers are byte addresses; nothing is aligned, allocated or checked.

const F32: usize = 4

/** y = b + x wᵀ: x [rows, inputs], w [outputs, inputs], b [outputs], y [rows, outputs]. */
export function affine(x: usize, w: usize, b: usize, y: usize, rows: i32, inputs: i32, outputs: i32): void {
  const row = (<usize>inputs) * F32
  const paired = rows & ~1
  const blocked = outputs & ~3
  for (let j = 0; j < blocked; j += 4) {
    const at = w + (<usize>j) * row
    const bias = v128.load(b + (<usize>j) * F32)
    let r = 0
    for (; r < paired; r += 2) {
      const from = x + (<usize>r) * row
      const to = y + (<usize>r * outputs + j) * F32
      // Two rows by four units: eight sums that don't wait for each other.
      affineBlock(from, from + row, at, row, inputs, bias, to, to + (<usize>outputs) * F32)
    }
    if (r < rows) {
      const from = x + (<usize>r) * row
      const to = y + (<usize>r * outputs + j) * F32
      affineBlock(from, from, at, row, inputs, bias, to, to)
    }
  }
  for (let r = 0; r < rows; r++) {
    const from = x + (<usize>r) * row
    for (let j = blocked; j < outputs; j++) {
      const sum = load<f32>(b + (<usize>j) * F32) + dot(from, w + (<usize>j) * row, inputs)
      store<f32>(y + (<usize>r * outputs + j) * F32, sum)
    }
  }
}

@inline
function affineBlock(
  x0: usize, x1: usize, w: usize, row: usize, inputs: i32, bias: v128, y0: usize, y1: usize,
): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0)
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), c2 = f32x4.splat(0), c3 = f32x4.splat(0)
  const w1 = w + row, w2 = w1 + row, w3 = w2 + row
  const end = (<usize>(inputs & ~3)) * F32
  let i: usize = 0
  for (; i < end; i += 16) {
    const p = v128.load(x0 + i), q = v128.load(x1 + i)
    const m0 = v128.load(w + i), m1 = v128.load(w1 + i), m2 = v128.load(w2 + i), m3 = v128.load(w3 + i)
    a0 = f32x4.add(a0, f32x4.mul(p, m0))
    a1 = f32x4.add(a1, f32x4.mul(p, m1))
    a2 = f32x4.add(a2, f32x4.mul(p, m2))
    a3 = f32x4.add(a3, f32x4.mul(p, m3))
    c0 = f32x4.add(c0, f32x4.mul(q, m0))
    c1 = f32x4.add(c1, f32x4.mul(q, m1))
    c2 = f32x4.add(c2, f32x4.mul(q, m2))
    c3 = f32x4.add(c3, f32x4.mul(q, m3))
  }
  let a = f32x4.add(bias, lanes(a0, a1, a2, a3))
  let c = f32x4.add(bias, lanes(c0, c1, c2, c3))
  for (; i < row; i += F32) {
    let column = f32x4.splat(load<f32>(w + i))
    column = f32x4.replace_lane(column, 1, load<f32>(w1 + i))
    column = f32x4.replace_lane(column, 2, load<f32>(w2 + i))
    column = f32x4.replace_lane(column, 3, load<f32>(w3 + i))
    a = f32x4.add(a, f32x4.mul(column, v128.load32_splat(x0 + i)))
    c = f32x4.add(c, f32x4.mul(column, v128.load32_splat(x1 + i)))
  }
  v128.store(y0, a)
  v128.store(y1, c)
}

/** The sums of four vectors' lanes, as one vector. */
@inline
function lanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7))
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7))
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7))
}

@inline
function dot(a: usize, b: usize, n: i32): f32 {
  let sum = f32x4.splat(0)
  const whole = (<usize>(n & ~3)) * F32
  let i: usize = 0
  for (; i < whole; i += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(a + i), v128.load(b + i)))
  let total =
    f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) +
    (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3))
  for (; i < (<usize>n) * F32; i += F32) total += load<f32>(a + i) * load<f32>(b + i)
  return total
}

/**
 * c = a b: a [m, k] with its elements `down` floats apart in a column and `along` in a row, b [k, n], c [m, n].
 * Both gradients of a layer are this: of its weights (a is transposed by its strides) and of its input.
 */
export function multiply(
  a: usize, down: i32, along: i32, b: usize, c: usize, m: i32, k: i32, n: i32,
): void {
  const d = (<usize>down) * F32, s = (<usize>along) * F32, row = (<usize>n) * F32
  const wide = n & ~7, whole = n & ~3, blocked = m & ~3
  for (let i = 0; i < blocked; i += 4) {
    const a0 = a + (<usize>i) * d, a1 = a0 + d, a2 = a1 + d, a3 = a2 + d
    const to = c + (<usize>i) * row
    let j = 0
    for (; j < wide; j += 8) {
      let p0 = f32x4.splat(0), p1 = f32x4.splat(0), p2 = f32x4.splat(0), p3 = f32x4.splat(0)
      let q0 = f32x4.splat(0), q1 = f32x4.splat(0), q2 = f32x4.splat(0), q3 = f32x4.splat(0)
      let at: usize = 0
      let from = b + (<usize>j) * F32
      for (let l = 0; l < k; l++) {
        const u = v128.load(from), v = v128.load(from, 16)
        const x0 = v128.load32_splat(a0 + at), x1 = v128.load32_splat(a1 + at)
        const x2 = v128.load32_splat(a2 + at), x3 = v128.load32_splat(a3 + at)
        p0 = f32x4.add(p0, f32x4.mul(x0, u))
        q0 = f32x4.add(q0, f32x4.mul(x0, v))
        p1 = f32x4.add(p1, f32x4.mul(x1, u))
        q1 = f32x4.add(q1, f32x4.mul(x1, v))
        p2 = f32x4.add(p2, f32x4.mul(x2, u))
        q2 = f32x4.add(q2, f32x4.mul(x2, v))
        p3 = f32x4.add(p3, f32x4.mul(x3, u))
        q3 = f32x4.add(q3, f32x4.mul(x3, v))
        at += s
        from += row
      }
      const o = to + (<usize>j) * F32
      v128.store(o, p0)
      v128.store(o, q0, 16)
      v128.store(o + row, p1)
      v128.store(o + row, q1, 16)
      v128.store(o + 2 * row, p2)
      v128.store(o + 2 * row, q2, 16)
      v128.store(o + 3 * row, p3)
      v128.store(o + 3 * row, q3, 16)
    }
    for (; j < whole; j += 4) {
      let p0 = f32x4.splat(0), p1 = f32x4.splat(0), p2 = f32x4.splat(0), p3 = f32x4.splat(0)
      let at: usize = 0
      let from = b + (<usize>j) * F32
      for (let l = 0; l < k; l++) {
        const u = v128.load(from)
        p0 = f32x4.add(p0, f32x4.mul(v128.load32_splat(a0 + at), u))
        p1 = f32x4.add(p1, f32x4.mul(v128.load32_splat(a1 + at), u))
        p2 = f32x4.add(p2, f32x4.mul(v128.load32_splat(a2 + at), u))
        p3 = f32x4.add(p3, f32x4.mul(v128.load32_splat(a3 + at), u))
        at += s
        from += row
      }
      const o = to + (<usize>j) * F32
      v128.store(o, p0)
      v128.store(o + row, p1)
      v128.store(o + 2 * row, p2)
      v128.store(o + 3 * row, p3)
    }
    for (; j < n; j++) {
      for (let r = 0; r < 4; r++) cell(a0 + (<usize>r) * d, s, b, row, j, k, to + (<usize>r) * row)
    }
  }
  for (let i = blocked; i < m; i++) {
    const a0 = a + (<usize>i) * d
    const to = c + (<usize>i) * row
    let j = 0
    for (; j < whole; j += 4) {
      let p = f32x4.splat(0)
      let at: usize = 0
      let from = b + (<usize>j) * F32
      for (let l = 0; l < k; l++) {
        p = f32x4.add(p, f32x4.mul(v128.load32_splat(a0 + at), v128.load(from)))
        at += s
        from += row
      }
      v128.store(to + (<usize>j) * F32, p)
    }
    for (; j < n; j++) cell(a0, s, b, row, j, k, to)
  }
}

@inline
function cell(a: usize, step: usize, b: usize, row: usize, j: i32, k: i32, to: usize): void {
  let sum: f32 = 0
  let at: usize = 0
  let from = b + (<usize>j) * F32
  for (let l = 0; l < k; l++) {
    sum += load<f32>(a + at) * load<f32>(from)
    at += step
    from += row
  }
  store<f32>(to + (<usize>j) * F32, sum)
}

/** c [n] = the sums of a's columns, a [m, n]. */
export function columnSums(a: usize, c: usize, m: i32, n: i32): void {
  const row = (<usize>n) * F32
  const whole = n & ~3
  let j = 0
  for (; j < whole; j += 4) {
    let sum = f32x4.splat(0)
    let at = a + (<usize>j) * F32
    for (let i = 0; i < m; i++) {
      sum = f32x4.add(sum, v128.load(at))
      at += row
    }
    v128.store(c + (<usize>j) * F32, sum)
  }
  for (; j < n; j++) {
    let sum: f32 = 0
    let at = a + (<usize>j) * F32
    for (let i = 0; i < m; i++) {
      sum += load<f32>(at)
      at += row
    }
    store<f32>(c + (<usize>j) * F32, sum)
  }
}

/**
 * y = tanh(y), n elements, the memory up to the next multiple of four included. A rational function within a few
 * units in the last place (the coefficients are those of Eigen's ptanh_float, MathFunctionsImpl.h).
 */
export function tanh(y: usize, n: i32): void {
  const end = y + (<usize>((n + 3) & ~3)) * F32
  for (; y < end; y += 16) {
    const x = f32x4.min(f32x4.max(v128.load(y), f32x4.splat(-7.90531110763549805)), f32x4.splat(7.90531110763549805))
    const s = f32x4.mul(x, x)
    let p = f32x4.add(f32x4.mul(s, f32x4.splat(-2.76076847742355e-16)), f32x4.splat(2.00018790482477e-13))
    p = f32x4.add(f32x4.mul(s, p), f32x4.splat(-8.60467152213735e-11))
    p = f32x4.add(f32x4.mul(s, p), f32x4.splat(5.12229709037114e-8))
    p = f32x4.add(f32x4.mul(s, p), f32x4.splat(1.48572235717979e-5))
    p = f32x4.add(f32x4.mul(s, p), f32x4.splat(6.37261928875436e-4))
    p = f32x4.add(f32x4.mul(s, p), f32x4.splat(4.89352455891786e-3))
    let q = f32x4.add(f32x4.mul(s, f32x4.splat(1.19825839466702e-6)), f32x4.splat(1.18534705686654e-4))
    q = f32x4.add(f32x4.mul(s, q), f32x4.splat(2.26843463243900e-3))
    q = f32x4.add(f32x4.mul(s, q), f32x4.splat(4.89352518554385e-3))
    v128.store(y, f32x4.div(f32x4.mul(x, p), q))
  }
}

/** d = d · (1 − y²), as above. */
export function tanhGradient(d: usize, y: usize, n: i32): void {
  const end = (<usize>((n + 3) & ~3)) * F32
  for (let i: usize = 0; i < end; i += 16) {
    const t = v128.load(y + i)
    const slope = f32x4.sub(f32x4.splat(1), f32x4.mul(t, t))
    v128.store(d + i, f32x4.mul(v128.load(d + i), slope))
  }
}

/** y = max(y, 0), as above; NaN stays NaN. */
export function relu(y: usize, n: i32): void {
  const end = y + (<usize>((n + 3) & ~3)) * F32
  for (; y < end; y += 16) v128.store(y, f32x4.max(v128.load(y), f32x4.splat(0)))
}

/** d = d where y > 0, else 0, as above. */
export function reluGradient(d: usize, y: usize, n: i32): void {
  const end = (<usize>((n + 3) & ~3)) * F32
  for (let i: usize = 0; i < end; i += 16) {
    const open = f32x4.gt(v128.load(y + i), f32x4.splat(0))
    v128.store(d + i, v128.and(v128.load(d + i), open))
  }
}
