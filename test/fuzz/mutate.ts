import type { Rng } from '../../src/common/random.ts'

/** What numbers and texts are replaced by: the edges of types, and words that mean something to some parser. */
const NUMBERS = [0, -1, 1, 2, 255, 256, 65_535, 2 ** 31, 2 ** 32, 2 ** 53, 1e308, -0.5, 1e-9]
const TEXTS = [
  '',
  ' ',
  '0',
  '-1',
  'NaN',
  'Infinity',
  '1e999',
  'null',
  'true',
  '__proto__',
  'constructor',
  '../../x',
  '/dev/zero',
  '%s%d',
  '\0',
  '\ufeff',
  '"',
  ',',
  '\n',
  'x'.repeat(5000),
]

/** One to three changes of a file's bytes: bits, runs, cuts, and pieces of itself elsewhere. */
export function mutateBytes(original: Uint8Array, rng: Rng): Buffer<ArrayBufferLike> {
  let bytes: Buffer<ArrayBufferLike> = Buffer.from(original)
  for (let changes = 1 + rng.int(3); changes > 0 && bytes.length > 0; changes--) bytes = changed(bytes, rng)
  return bytes
}

function changed(bytes: Buffer<ArrayBufferLike>, rng: Rng): Buffer<ArrayBufferLike> {
  const at = rng.int(bytes.length)
  const length = 1 + rng.int(Math.min(64, bytes.length - at))
  const piece = bytes.subarray(at, at + length)
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at + length)]
  switch (rng.int(6)) {
    case 0:
      bytes[at] ^= 1 << rng.int(8)
      return bytes
    case 1:
      return bytes.fill(rng.int(2) === 0 ? 0 : 255, at, at + length)
    case 2:
      return Buffer.concat([before, after])
    case 3:
      return Buffer.concat([before, piece, piece, after])
    case 4:
      return Buffer.from(before)
    default:
      bytes.writeUIntBE(rng.int(256), at, 1)
      return bytes
  }
}

/** A text with a token in it replaced: a number, a word, a line. */
export function mutateText(original: string, rng: Rng): string {
  if (rng.int(3) === 0) return mutateBytes(Buffer.from(original), rng).toString('utf8')
  const tokens = original.split(/([\s,:;[\]{}"<>=]+)/)
  for (let changes = 1 + rng.int(3); changes > 0; changes--) {
    const at = rng.int(tokens.length)
    if (rng.int(4) === 0) tokens.splice(at, 1 + rng.int(3))
    else tokens[at] = rng.int(2) === 0 ? String(pick(NUMBERS, rng)) : pick(TEXTS, rng)
  }
  return tokens.join('')
}

/** A value like the one given, of JSON's kinds, with one to three places changed, removed or doubled. */
export function mutateJson(original: unknown, rng: Rng): unknown {
  const value = structuredClone(original)
  for (let changes = 1 + rng.int(3); changes > 0; changes--) {
    const places = placesOf(value)
    if (places.length === 0) return value
    const { holder, key } = pick(places, rng)
    change(holder, key, rng)
  }
  return value
}

interface Place {
  readonly holder: Record<string, unknown>
  readonly key: string
}

function placesOf(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Record<string, unknown>
  return Object.keys(holder).flatMap(key => [{ holder, key }, ...placesOf(holder[key])])
}

function change(holder: Record<string, unknown>, key: string, rng: Rng): void {
  const others: readonly unknown[] = [null, [], {}, true, pick(NUMBERS, rng), pick(TEXTS, rng)]
  switch (rng.int(5)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1)
      else delete holder[key]
      return
    case 1:
      if (Array.isArray(holder)) holder.push(holder[Number(key)])
      else holder[`${key}x`] = holder[key]
      return
    case 2:
      holder[key] = nested(rng.int(2) === 0 ? [] : {}, 1 + rng.int(200))
      return
    default:
      holder[key] = pick(others, rng)
  }
}

function nested(value: unknown, depth: number): unknown {
  return depth === 0 ? value : nested([value], depth - 1)
}

function pick<A>(items: readonly A[], rng: Rng): A {
  return items[rng.int(items.length)]
}
