// Four floats at a time, in WebAssembly's fixed-width SIMD: what networks.ts and losses.ts share.

export const F32: usize = 4
export const VECTOR: usize = 16

/** a b + c */
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c)
  return f32x4.add(f32x4.mul(a, b), c)
}

/** The first `valid` lanes, 0 in the others. */
@inline
export function first(values: v128, valid: i32): v128 {
  return v128.and(values, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(valid)))
}

/** Of sixteen sums the sum, halved four times. */
@inline
export function halved(p: v128, q: v128, r: v128, s: v128): f32 {
  const four = f32x4.add(f32x4.add(p, r), f32x4.add(q, s))
  return (
    f32x4.extract_lane(four, 0) + f32x4.extract_lane(four, 2) +
    (f32x4.extract_lane(four, 1) + f32x4.extract_lane(four, 3))
  )
}
