import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { Box, Graph, OneOf, spaceFromJSON } from '../../src/envs/spaces.ts'

interface Case {
  readonly space: { readonly kind: string }
  readonly value: unknown
  readonly contains: boolean
  /** Of Gymnasium's `flatten`; null where the value is outside. */
  readonly flat: readonly number[] | null
}

/** Of 40,000 samples. */
interface Means {
  readonly space: { readonly kind: string }
  readonly means: readonly number[]
}

const GOLDEN: readonly (Case | Means)[] = JSON.parse(
  readFileSync(new URL('../golden/spaces_gymnasium.json', import.meta.url), 'utf8'),
)

const CASES = GOLDEN.filter(each => 'value' in each)
const MEANS = GOLDEN.filter(each => 'means' in each)

describe('membership and flat forms are Gymnasium’s', () => {
  test.each(CASES)('$space.kind: $value', ({ space: described, value, contains, flat }) => {
    const space = spaceFromJSON(described)
    const own = typed(described, value)
    expect(space.contains(own)).toBe(contains)
    if (flat !== null) expect([...space.flatten(own)]).toEqual(flat)
  })
})

test.each(MEANS)('samples of whole numbers are on average Gymnasium’s', ({ space: described, means }) => {
  const space = spaceFromJSON(described) as Box<'int32'>
  const sums = means.map(() => 0)
  const rng = Rng.of(1)
  for (let i = 0; i < 10_000; i++) for (const [j, x] of space.sample(rng).entries()) sums[j] += x / 10_000
  for (const [j, mean] of means.entries()) expect(Math.abs(sums[j] - mean)).toBeLessThan(0.05)
})

/** Boxes and links as this side holds them. */
function typed(described: Case['space'], value: unknown): unknown {
  const space = spaceFromJSON(described)
  if (space instanceof Box && Array.isArray(value)) return space.array(value)
  if (space instanceof OneOf) {
    const [index, inner] = value as readonly [number, unknown]
    return [index, Array.isArray(inner) ? Float32Array.from(inner) : inner]
  }
  if (space instanceof Graph) {
    const { edgeLinks, ...rest } = value as { readonly edgeLinks?: readonly number[] }
    return edgeLinks === undefined ? rest : { ...rest, edgeLinks: Int32Array.from(edgeLinks) }
  }
  return value
}
