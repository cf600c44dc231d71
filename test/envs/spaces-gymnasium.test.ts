import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { spaceFromJSON } from '../../src/envs/spaces.ts'

interface Case {
  readonly space: { readonly kind: string }
  readonly value: unknown
  readonly contains: boolean
  /** Of Gymnasium's `flatten`; null where the value is outside. */
  readonly flat: readonly number[] | null
}

const CASES: readonly Case[] = JSON.parse(
  readFileSync(new URL('../golden/spaces_gymnasium.json', import.meta.url), 'utf8'),
)

describe('membership and flat forms are Gymnasium’s', () => {
  test.each(CASES)('$space.kind: $value', ({ space: described, value, contains, flat }) => {
    const space = spaceFromJSON(described)
    const own = typed(value)
    expect(space.contains(own)).toBe(contains)
    if (flat !== null) expect([...space.flatten(own)]).toEqual(flat)
  })
})

/** A OneOf's boxes as this side holds them. */
function typed(value: unknown): unknown {
  if (!Array.isArray(value)) return value
  const [index, inner] = value
  return [index, Array.isArray(inner) ? Float32Array.from(inner) : inner]
}
