import { describe, expect, expectTypeOf, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import type { Space } from '../../src/envs/env.ts'
import {
  Box,
  Dict,
  Discrete,
  MultiBinary,
  MultiDiscrete,
  OneOf,
  spaceFromJSON,
  Text,
  Tuple,
  type ValueOf,
} from '../../src/envs/spaces.ts'
import { fc, property } from '../support/property.ts'

const sizes = fc.integer({ min: 1, max: 6 })
const finite = fc.float({ min: -1e6, max: 1e6, noNaN: true })
const boxes = fc
  .array(fc.tuple(fc.option(finite, { nil: -Infinity }), fc.option(finite, { nil: Infinity })), {
    minLength: 1,
    maxLength: 6,
  })
  .map(bounds => {
    const pairs = bounds.map(([a, b]) => [Math.min(a, b), Math.max(a, b)])
    const [low, high] = [0, 1].map(side => pairs.map(pair => pair[side]))
    return new Box(low, high, [bounds.length])
  })
const leaves: fc.Arbitrary<Space<unknown>> = fc.oneof(
  sizes.map(n => new Discrete(n)),
  fc.tuple(sizes, fc.integer({ min: -5, max: 5 })).map(([n, start]) => new Discrete(n, start)),
  sizes.map(n => new Text(n, { minLength: 0, characters: 'abc' })),
  boxes,
  fc.array(sizes, { minLength: 1, maxLength: 4 }).map(n => new MultiDiscrete(n)),
  sizes.map(n => new MultiBinary(n)),
)
const { space: spaces } = fc.letrec<{ space: Space<unknown> }>(tie => ({
  space: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    leaves,
    fc.dictionary(fc.string({ minLength: 1 }), tie('space'), { maxKeys: 3 }).map(parts => new Dict(parts)),
    fc.array(tie('space'), { maxLength: 3 }).map(parts => new Tuple(...parts)),
    fc.array(tie('space'), { minLength: 1, maxLength: 3 }).map(parts => new OneOf(...parts)),
  ),
}))
const seeds = fc.integer()

describe('any space', () => {
  property([spaces, seeds])('contains what it samples', (space, seed) => {
    expect(space.contains(space.sample(Rng.of(seed)))).toBe(true)
  })

  property([spaces, seeds])('unflattens what it flattened', (space, seed) => {
    const value = space.sample(Rng.of(seed))
    const flat = space.flatten(value)
    expect(flat).toHaveLength(space.flatSize)
    expect(space.unflatten(flat)).toEqual(value)
  })

  property([spaces, seeds])('survives JSON: the same samples come out', (space, seed) => {
    const copy = spaceFromJSON(JSON.parse(JSON.stringify(space)))
    expect(copy.toJSON()).toEqual(space.toJSON())
    expect(copy.sample(Rng.of(seed))).toEqual(space.sample(Rng.of(seed)))
  })

  property([spaces, fc.anything()])('refuses what is of another type, without throwing', (space, value) => {
    if (space.contains(value)) expect(space.flatten(value)).toHaveLength(space.flatSize)
  })

  property([spaces, seeds])('flattens into an array of its own', (space, seed) => {
    const value = space.sample(Rng.of(seed))
    const before = structuredClone(value)
    space.flatten(value).fill(7)
    expect(value).toEqual(before)
  })
})

describe('masks', () => {
  const masks = fc
    .array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 9 })
    .filter(bits => bits.includes(1))

  property([masks, seeds])('a discrete sample is allowed', (bits, seed) => {
    const space = new Discrete(bits.length)
    expect(bits[space.sample(Rng.of(seed), Uint8Array.from(bits))]).toBe(1)
  })

  test('every allowed action comes up, about equally often', () => {
    const counts = [0, 0, 0, 0]
    const rng = Rng.of(1)
    for (let i = 0; i < 3000; i++) counts[new Discrete(4).sample(rng, Uint8Array.of(1, 0, 1, 1))]++
    expect(counts[1]).toBe(0)
    for (const i of [0, 2, 3]) expect(Math.abs(counts[i] - 1000)).toBeLessThan(120)
  })

  property([fc.array(masks, { minLength: 1, maxLength: 4 }), seeds])(
    'choices of MultiDiscrete have theirs side by side, and so have those in Tuple',
    (parts, seed) => {
      const mask = Uint8Array.from(parts.flat())
      const sizes = parts.map(part => part.length)
      for (const space of [new MultiDiscrete(sizes), new Tuple(...sizes.map(n => new Discrete(n)))]) {
        const sample = space.sample(Rng.of(seed), mask) as readonly number[]
        expect(sample.every((choice, i) => parts[i][choice] === 1)).toBe(true)
      }
    },
  )

  test('an empty or too short mask is an error that says so', () => {
    expect(() => new Discrete(3).sample(Rng.of(1), new Uint8Array(3))).toThrow(/allows no action/)
    expect(() => new Discrete(3).sample(Rng.of(1), new Uint8Array(2))).toThrow(/2 entries.*needs 3/)
  })

  test('switches that the mask hides stay 0', () => {
    const rng = Rng.of(3)
    for (let i = 0; i < 50; i++) {
      expect(new MultiBinary(3).sample(rng, Uint8Array.of(1, 0, 1))[1]).toBe(0)
    }
  })
})

describe('Box', () => {
  test('bounds are included, NaN and other lengths are outside', () => {
    const box = new Box([-1, 0], [1, Infinity], [2])
    expect(box.contains(Float32Array.of(-1, 0))).toBe(true)
    expect(box.contains(Float32Array.of(1, 1e30))).toBe(true)
    expect(box.contains(Float32Array.of(1.001, 0))).toBe(false)
    expect(box.contains(Float32Array.of(Number.NaN, 0))).toBe(false)
    expect(box.contains(Float32Array.of(0))).toBe(false)
    expect(box.contains([0, 0])).toBe(false)
  })

  test.each([
    ['low above high', () => new Box(1, 0, [1])],
    ['bounds that do not fit the shape', () => new Box([0, 0], 1, [3])],
    ['NaN', () => new Box(Number.NaN, 1, [1])],
    ['a shape with 0', () => new Box(0, 1, [0])],
  ])('%s is refused', (_name, make) => expect(make).toThrow(/Box/))

  test('samples are uniform between the bounds', () => {
    const rng = Rng.of(5)
    const mean = Array.from({ length: 4000 }, () => new Box(2, 6, [1]).sample(rng)[0])
    expect(mean.reduce((a, b) => a + b) / 4000).toBeCloseTo(4, 1)
  })
})

describe('types and descriptions', () => {
  test('the values of composites are typed by their parts', () => {
    const space = new Dict({
      gear: new Discrete(5),
      pedals: new Tuple(new Box(0, 1, [2]), new MultiBinary(1)),
    })
    expectTypeOf<ValueOf<typeof space>>().toEqualTypeOf<{
      readonly gear: number
      readonly pedals: readonly [Float32Array, Uint8Array]
    }>()
    expect(space.flatSize).toBe(8)
    expect(space.toJSON()).toMatchObject({ kind: 'dict', spaces: { gear: { kind: 'discrete', n: 5 } } })
  })

  test('what describes no space is refused with the place', () => {
    expect(() => spaceFromJSON({ kind: 'discrete', n: 0 })).toThrow(/describes no space.*\(at n\)/)
    expect(() => spaceFromJSON({ kind: 'sphere' })).toThrow(/describes no space/)
    expect(() => new Discrete(1.5)).toThrow(/1\.5/)
  })
})
