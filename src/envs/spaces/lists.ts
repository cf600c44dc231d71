import type { Space } from '../env.ts'

/** Writes values' flat forms one after the other, from `at` on. */
export function flattenInto<T>(flat: Float32Array, at: number, space: Space<T>, values: readonly T[]): void {
  for (const [i, value] of values.entries()) flat.set(space.flatten(value), at + i * space.flatSize)
}

/** So many values whose flat forms lie one after the other, from `at` on. */
export function unflattened<T>(flat: Float32Array, at: number, space: Space<T>, count: number): T[] {
  return Array.from({ length: count }, (_, i) =>
    space.unflatten(flat.subarray(at + i * space.flatSize, at + (i + 1) * space.flatSize)),
  )
}
