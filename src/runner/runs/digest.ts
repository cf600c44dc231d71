import { createHash, type Hash } from 'node:crypto'

/** Arrays of numbers; which it is enters before the bytes. */
const KINDS = [Float32Array, Float64Array, Int32Array, Uint8Array] as const

/**
 * SHA-256, hexadecimal, over what a value is: names, lengths and values, whatever order keys have. -0 and 0 differ,
 * all NaN are one, and what is undefined is not there.
 * @param without keys that are left out wherever they stand: times
 */
export function digestOf(value: unknown, without: readonly string[] = []): string {
  const hash = createHash('sha256')
  enter(hash, value, without)
  return hash.digest('hex')
}

/** A run's hash: its units' digests, in the order of their keys, which each stands with. */
export function runHash(digests: ReadonlyMap<string, string>): string {
  return digestOf([...digests].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function enter(hash: Hash, value: unknown, without: readonly string[]): void {
  if (typeof value === 'number') {
    hash.update('n').update(Float64Array.of(Number.isNaN(value) ? Number.NaN : value))
  } else if (typeof value === 'string') {
    hash.update(`s${Buffer.byteLength(value)}:`).update(value)
  } else if (typeof value !== 'object' || value === null) {
    hash.update(`${typeof value}${String(value)};`)
  } else if (ArrayBuffer.isView(value)) {
    const kind = KINDS.findIndex(each => value instanceof each)
    if (kind < 0) throw new Error(`no digest of ${value.constructor.name}`)
    hash.update(`t${kind},${value.byteLength}:`)
    hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
  } else if (Array.isArray(value)) {
    hash.update(`a${value.length}:`)
    for (const item of value) enter(hash, item, without)
  } else if (value instanceof Map || value instanceof Set) {
    hash.update(value instanceof Map ? 'map' : 'set')
    enter(hash, [...value], without)
  } else {
    const entries = Object.entries(value)
      .filter(([key, inner]) => inner !== undefined && !without.includes(key))
      .sort(([a], [b]) => (a < b ? -1 : 1))
    hash.update(`o${entries.length}:`)
    for (const [key, inner] of entries) {
      enter(hash, key, without)
      enter(hash, inner, without)
    }
  }
}
