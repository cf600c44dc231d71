import type { Rng } from '../common/random.ts'

/** A [rows, columns] matrix whose rows (or columns, if those are fewer) are orthogonal and of length `gain`. */
export function orthogonal(rows: number, columns: number, gain: number, rng: Rng): Float32Array {
  const [count, length] = rows <= columns ? [rows, columns] : [columns, rows]
  const vectors: Float64Array[] = []
  while (vectors.length < count) {
    const v = Float64Array.from({ length }, () => rng.normal())
    for (const u of vectors) {
      const along = dot(u, v)
      for (let i = 0; i < length; i++) v[i] -= along * u[i]
    }
    const norm = Math.sqrt(dot(v, v))
    vectors.push(v.map(x => x / norm))
  }
  return Float32Array.from({ length: rows * columns }, (_, k) => {
    const [row, column] = [Math.floor(k / columns), k % columns]
    return gain * (rows <= columns ? vectors[row][column] : vectors[column][row])
  })
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}
