import { describe, expect, expectTypeOf, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import type { Space } from '../../src/envs/env.ts'
import {
  Box,
  Dict,
  Discrete,
  type Dtype,
  Graph,
  MultiBinary,
  MultiDiscrete,
  OneOf,
  Sequence,
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
/** Of numbers that the flat form holds exactly. */
const wholes = fc
  .tuple(
    fc.constantFrom<Dtype>('int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32'),
    fc.integer({ min: 0, max: 100 }),
    fc.integer({ min: 0, max: 20 }),
    sizes,
  )
  .map(([dtype, low, width, n]) => new Box(low, low + width, [n], dtype))
const leaves: fc.Arbitrary<Space<unknown>> = fc.oneof(
  sizes.map(n => new Discrete(n)),
  fc.tuple(sizes, fc.integer({ min: -5, max: 5 })).map(([n, start]) => new Discrete(n, start)),
  sizes.map(n => new Text(n, { minLength: 0, characters: 'abc' })),
  boxes,
  wholes,
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
    fc.tuple(tie('space'), sizes).map(([part, n]) => new Sequence(part, n)),
    fc
      .tuple(tie('space'), tie('space'), sizes)
      .map(([node, edge, n]) => new Graph(node, edge, { maxNodes: n })),
    tie('space').map(node => new Graph(node)),
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

describe('dtypes of a Box', () => {
  test('values are arrays of the dtype alone', () => {
    const box = new Box(0, 255, [2], 'uint8')
    expectTypeOf<ValueOf<typeof box>>().toEqualTypeOf<Uint8Array>()
    expect(box.contains(Uint8Array.of(0, 255))).toBe(true)
    expect(box.contains(Float32Array.of(0, 255))).toBe(false)
    expect(box.contains(Int8Array.of(0, 1))).toBe(false)
    expect(box.toJSON()).toEqual({ kind: 'box', low: 0, high: 255, shape: [2], dtype: 'uint8' })
    expect(new Box(0, 1, [1]).toJSON()).toEqual({ kind: 'box', low: 0, high: 1, shape: [1] })
  })

  test('float64 keeps what float32 rounds', () => {
    const box = new Box(0.1, 0.1, [1], 'float64')
    expect(box.low[0]).toBe(0.1)
    expect(box.contains(Float64Array.of(0.1))).toBe(true)
    expect(box.contains(Float64Array.of(Math.fround(0.1)))).toBe(false)
  })

  test.each<[string, () => unknown, RegExp]>([
    [
      'a fraction',
      () => new Box(0, 0.5, [1], 'uint8'),
      /high holds 0.5: bounds of uint8 are whole numbers from 0 to 255$/,
    ],
    [
      'what it cannot hold',
      () => new Box(-129, 0, [1], 'int8'),
      /low holds -129: .* -128 to 127, or -Infinity/,
    ],
    [
      'what it cannot hold above',
      () => new Box(0, 128, [1], 'int8'),
      /high holds 128: .* -128 to 127, or Infinity for none$/,
    ],
    ['no bound where there is no sign', () => new Box(0, Infinity, [1], 'uint16'), /high holds Infinity/],
    ['what is none', () => new Box(0, 1, [1], 'int64' as Dtype), /dtype is float32, .*, not int64/],
    ['a side of nothing', () => new Box(0, 1, [2, 0]), /shape has integers >= 1, not \[2, 0\]/],
    ['half a side', () => new Box(0, 1, [1.5]), /shape has integers >= 1/],
    ['a bound too many', () => new Box([0, 0], 1, [1]), /low has 2 bounds, its shape needs 1/],
    ['a bound that is no number', () => new Box(0, Number.NaN, [1]), /high holds NaN/],
    ['bounds the wrong way round', () => new Box([0, 2], 1, [2]), /element 1 has 2 > 1/],
  ])('refuses %s', (_name, make, message) => expect(make).toThrow(message))

  test('whole numbers come up equally often, bounds included', () => {
    const counts = [0, 0, 0, 0]
    const rng = Rng.of(2)
    for (let i = 0; i < 4000; i++) counts[new Box(3, 6, [1], 'int16').sample(rng)[0] - 3]++
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120)
  })

  test('without bounds they are floors of normal and exponential numbers, and survive JSON as such', () => {
    const box = new Box([-Infinity, 5, -Infinity], [Infinity, Infinity, 5], [3], 'int32')
    expect(box.toJSON()).toMatchObject({ low: ['-inf', 5, '-inf'], high: ['inf', 'inf', 5] })
    const copy = spaceFromJSON(box.toJSON())
    const rng = Rng.of(3)
    const sums = [0, 0, 0]
    for (let i = 0; i < 4000; i++) {
      const sample = copy.sample(rng) as Int32Array
      expect(copy.contains(sample)).toBe(true)
      for (const j of sums.keys()) sums[j] += sample[j] / 4000
    }
    // E⌊N⌋ = −1/2; ⌊5 + X⌋ = 5 + 1/(e − 1); ⌊6 − X⌋ = 5 − 1/(e − 1).
    expect(sums[0]).toBeCloseTo(-0.5, 1)
    expect(Math.abs(sums[1] - 5 - 1 / (Math.E - 1))).toBeLessThan(0.06)
    expect(Math.abs(sums[2] - 5 + 1 / (Math.E - 1))).toBeLessThan(0.06)
  })
})

describe('Sequence and Graph', () => {
  test('lengths of a sequence are geometric, up to the longest', () => {
    const rng = Rng.of(4)
    const lengths = Array.from({ length: 4000 }, () => new Sequence(new Discrete(2), 50).sample(rng).length)
    expect(Math.min(...lengths)).toBe(1)
    expect(Math.abs(lengths.reduce((a, b) => a + b) / 4000 - 4)).toBeLessThan(0.2)
    expect(lengths.filter(n => n === 1).length / 4000).toBeCloseTo(0.25, 1)
    const short = new Sequence(new Discrete(2), 2)
    for (let i = 0; i < 50; i++) expect(short.contains(short.sample(rng))).toBe(true)
    expect(short.contains([])).toBe(true)
    expect(short.contains([0, 1, 0])).toBe(false)
  })

  test('a graph links nodes that it has, and has edges only where they have a space', () => {
    const space = new Graph(new Discrete(3), new Box(0, 1, [2]), { maxNodes: 3, maxEdges: 2 })
    expectTypeOf<ValueOf<typeof space>['nodes']>().toEqualTypeOf<readonly number[]>()
    const [nodes, edges] = [[0, 2], [Float32Array.of(0, 1)]]
    expect(space.contains({ nodes, edges, edgeLinks: Int32Array.of(0, 1) })).toBe(true)
    expect(space.contains({ nodes, edges, edgeLinks: Int32Array.of(0, 2) })).toBe(false)
    expect(space.contains({ nodes, edges })).toBe(false)
    expect(space.contains({ nodes: [0, 3] })).toBe(false)
    expect(new Graph(new Discrete(3)).contains({ nodes, edges, edgeLinks: Int32Array.of(0, 1) })).toBe(false)
    expect([...space.flatten({ nodes, edges, edgeLinks: Int32Array.of(1, 0) })]).toEqual([
      ...[2, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0],
      ...[0, 1, 0, 0, 1, 0, 0, 0],
    ])
  })

  test.each([
    ['a sequence of nothing', () => new Sequence(new Discrete(2), 0), /maxLength is an integer >= 1, not 0/],
    ['a graph without nodes', () => new Graph(new Discrete(2), undefined, { maxNodes: 0 }), /not 0 and 0/],
    ['edges without a space', () => new Graph(new Discrete(2), undefined, { maxEdges: 1 }), /not 10 and 1/],
  ])('%s is refused', (_name, make, message) => expect(make).toThrow(message))
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
