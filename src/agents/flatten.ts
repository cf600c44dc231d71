import type { Space } from '../envs/env.ts'
import { Box } from '../envs/spaces.ts'

const FEW = 32

/**
 * Observations in their flat form, one a row.
 * @param out written to and returned, where it is given and large enough
 * @returns [rows, flatSize]
 */
export function flattenRows(
  space: Space<unknown>,
  observations: readonly unknown[],
  out?: Float32Array,
): Float32Array {
  const { flatSize } = space
  const length = observations.length * flatSize
  const rows = roomIn(out, length)
  for (let row = 0; row < observations.length; row++)
    flattenInto(space, observations[row], rows, row * flatSize)
  return rows
}

/** Writes the flat form of one observation at an offset. */
export function flattenInto(
  space: Space<unknown>,
  observation: unknown,
  out: Float32Array,
  offset: number,
): void {
  // A box's values are flat already: the copy that `flatten` owes its callers is saved.
  const flat = space instanceof Box ? (observation as Float32Array) : space.flatten(observation)
  // A call of `set` takes longer than a few numbers do.
  if (flat.length > FEW) out.set(flat, offset)
  else for (let i = 0; i < flat.length; i++) out[offset + i] = flat[i]
}

/**
 * The rows of a [n, width] matrix at these indices, [indices.length, width].
 * @param room written to and returned, where it is given and large enough
 */
export function gatherRows(
  matrix: Float32Array,
  width: number,
  indices: ArrayLike<number>,
  room?: Float32Array,
): Float32Array {
  const out = roomIn(room, indices.length * width)
  for (let k = 0; k < indices.length; k++) {
    const from = indices[k] * width
    for (let i = 0; i < width; i++) out[k * width + i] = matrix[from + i]
  }
  return out
}

/** The beginning of an array that is large enough, else a new one. */
function roomIn(room: Float32Array | undefined, length: number): Float32Array {
  return room !== undefined && room.length >= length ? room.subarray(0, length) : new Float32Array(length)
}
