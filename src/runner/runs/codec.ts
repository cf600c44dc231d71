import { createHash } from 'node:crypto'

const ARRAYS = {
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
} as const

/**
 * JSON that keeps what JSON loses: typed arrays (base64 of their little-endian bytes), Maps, Sets, -0, and numbers
 * that are not finite. For checkpoints and policies.
 */
export function encode(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) => {
    if (ArrayBuffer.isView(v) && Object.hasOwn(ARRAYS, v.constructor.name)) {
      return {
        $array: v.constructor.name,
        data: Buffer.from(v.buffer, v.byteOffset, v.byteLength).toString('base64'),
      }
    }
    if (v instanceof Map) return { $map: [...v] }
    if (v instanceof Set) return { $set: [...v] }
    if (Object.is(v, -0)) return { $number: '-0' }
    if (typeof v === 'number' && !Number.isFinite(v)) return { $number: String(v) }
    return v
  })
}

export function decode(text: string): unknown {
  return JSON.parse(text, (_key, v: unknown) => {
    if (typeof v !== 'object' || v === null) return v
    if ('$array' in v && 'data' in v) {
      const bytes = Uint8Array.from(Buffer.from(String(v.data), 'base64'))
      return new ARRAYS[v.$array as keyof typeof ARRAYS](bytes.buffer)
    }
    if ('$map' in v) return new Map(v.$map as [unknown, unknown][])
    if ('$set' in v) return new Set(v.$set as unknown[])
    if ('$number' in v) return Number(v.$number)
    return v
  })
}

const SEAL = /^\{"sha256":"([\da-f]{64})",/

/**
 * `encode` of an object, with the SHA-256 of all that follows as its first key: a changed byte is noticed.
 * @param last a further key and what `encode` made of its value, if that is anything
 */
export function seal(value: object, last?: readonly [key: string, encoded: string | undefined]): string {
  const whole = encode(value)
  const text =
    last?.[1] === undefined ? whole : `${whole.slice(0, -1)},${JSON.stringify(last[0])}:${last[1]}}`
  return `{"sha256":"${sha256(text)}",${text.slice(1)}`
}

/** What `seal` wrote; undefined where a byte of it has changed, or it has no seal. @throws as `decode` */
export function unseal(text: string): unknown {
  const found = SEAL.exec(text)
  if (found === null) return undefined
  const content = `{${text.slice(found[0].length)}`
  return sha256(content) === found[1] ? decode(content) : undefined
}

/** As `decode`, for files that people may make themselves: sealed or not. @throws Error where a sealed one has changed */
export function decodeFile(text: string): unknown {
  if (!SEAL.test(text)) return decode(text)
  const value = unseal(text)
  if (value === undefined) throw new Error('its content is not what was written (sha256)')
  return value
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
