import { describe, expect, test } from 'vitest'
import { explored } from '../../src/agents/dqn/exploration.ts'
import { Rng } from '../../src/common/random.ts'
import { Discrete } from '../../src/envs/spaces.ts'

describe('random actions that are held', () => {
  const space = new Discrete(3)
  const rng = Rng.of(1)

  test('go on for as long as the memory says, and end where they are forbidden', () => {
    const held = { epsilon: 0, persistence: 2 }
    const memory = Float32Array.of(2, 1)
    const next = explored(held, space, { mask: undefined, memory, rng })
    expect(next).toEqual({ action: 1, memory: Float32Array.of(1, 1) })
    expect(explored(held, space, { mask: Uint8Array.of(1, 0, 1), memory, rng })).toBeUndefined()
    expect(explored(held, space, { mask: undefined, memory: Float32Array.of(0, 1), rng })).toBeUndefined()
  })

  test('last n steps with a probability in proportion to n to the −μ; without it, one step', () => {
    const lengths = Array.from({ length: 4000 }, () => {
      const decision = explored({ epsilon: 1, persistence: 3 }, space, {
        mask: undefined,
        memory: undefined,
        rng,
      })
      return 1 + (decision?.memory?.[0] ?? Number.NaN)
    })
    // P(length ≥ n) = n^−2.
    for (const n of [1, 2, 3]) {
      expect(lengths.filter(length => length >= n).length / 4000).toBeCloseTo(n ** -2, 1)
    }
    const once = explored({ epsilon: 1, persistence: undefined }, space, {
      mask: undefined,
      memory: undefined,
      rng,
    })
    expect(Object.keys(once ?? {})).toEqual(['action'])
  })
})
