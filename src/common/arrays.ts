/** One behind the other. */
export function concatenated(rows: readonly Float32Array[]): Float32Array {
  return filled(new Float32Array(lengthOf(rows)), rows)
}

/** One behind the other. */
export function concatenatedBytes(parts: readonly Uint8Array[]): Uint8Array {
  return filled(new Uint8Array(lengthOf(parts)), parts)
}

function lengthOf(parts: readonly ArrayLike<number>[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0)
}

function filled<A extends Float32Array | Uint8Array>(all: A, parts: readonly A[]): A {
  let offset = 0
  for (const part of parts) {
    all.set(part, offset)
    offset += part.length
  }
  return all
}

/** How many numbers an array of this shape has. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, side) => size * side, 1)
}

/** By a key, in the order in which keys and values come. */
export function grouped<T, K>(values: readonly T[], keyOf: (value: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>()
  for (const value of values) {
    const key = keyOf(value)
    const own = groups.get(key)
    if (own === undefined) groups.set(key, [value])
    else own.push(value)
  }
  return groups
}
