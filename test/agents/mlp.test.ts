import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { Adam, stepTogether } from '../../src/agents/adam.ts'
import type { Approximator } from '../../src/agents/approximator.ts'
import { EngineMlp } from '../../src/agents/engine-mlp.ts'
import { Mlp } from '../../src/agents/mlp.ts'
import { Rng } from '../../src/common/random.ts'
import { startEngine } from '../../src/models/engine.ts'
import { tf } from '../../src/models/tf.ts'
import { fc, property } from '../support/property.ts'

const golden = JSON.parse(readFileSync(new URL('../golden/mlp_torch.json', import.meta.url), 'utf8'))

function goldenMlp(): Mlp {
  const { inputs, hidden, outputs, parameters } = golden.mlp
  const mlp = new Mlp({ inputs, hidden, outputs, rng: Rng.of(1) })
  expect(mlp.parameters).toHaveLength(parameters.length)
  mlp.parameters.set(parameters)
  return mlp
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a).toHaveLength(b.length)
  return Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i])))
}

describe('Mlp', () => {
  test("outputs and gradients equal PyTorch's", () => {
    const mlp = goldenMlp()
    const { batch, rows, result, outputGradient, gradient } = golden.mlp
    expect(largestDifference(mlp.forward(Float32Array.from(batch), rows), result)).toBeLessThan(1e-6)
    expect(largestDifference(mlp.backward(Float32Array.from(outputGradient)), gradient)).toBeLessThan(2e-6)
  })

  test("fifty steps of training equal PyTorch's", () => {
    const mlp = goldenMlp()
    const adam = new Adam(mlp.parameters.length, { learningRate: 0.01 })
    const { batch, rows, target, losses, trained } = golden.mlp
    const input = Float32Array.from(batch)
    const own = losses.map(() => {
      const error = mlp.forward(input, rows).map((y, i) => y - target[i])
      adam.step(mlp.parameters, mlp.backward(error.map(e => e / error.length)))
      return error.reduce((sum, e) => sum + e * e, 0) / (2 * error.length)
    })
    expect(largestDifference(own, losses)).toBeLessThan(1e-5)
    expect(largestDifference(mlp.parameters, trained)).toBeLessThan(1e-4)
  })

  property([
    fc.integer({ min: 1, max: 5 }),
    fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 4 }),
    fc.integer(),
  ])('gradients agree with finite differences', (inputs, hidden, outputs, rows, seed) => {
    const rng = Rng.of(seed)
    const mlp = new Mlp({ inputs, hidden, outputs, rng })
    const batch = Float32Array.from({ length: rows * inputs }, () => rng.normal())
    const direction = Float32Array.from({ length: rows * outputs }, () => rng.normal())
    const loss = () => mlp.forward(batch, rows).reduce((sum, y, i) => sum + y * direction[i], 0)
    loss()
    const gradient = mlp.backward(direction).slice()
    for (let k = 0; k < 8; k++) {
      const i = rng.int(mlp.parameters.length)
      const [value, h] = [mlp.parameters[i], 1e-2]
      mlp.parameters[i] = value + h
      const above = loss()
      mlp.parameters[i] = value - h
      const slope = (above - loss()) / (2 * h)
      mlp.parameters[i] = value
      expect(Math.abs(slope - gradient[i])).toBeLessThan(5e-3 * (1 + Math.abs(slope)))
    }
  })

  test('rows do not influence each other, and a smaller batch after a larger one is right', () => {
    const mlp = new Mlp({ inputs: 3, outputs: 2, rng: Rng.of(2) })
    const batch = Float32Array.from({ length: 30 }, (_, i) => Math.sin(i))
    const all = mlp.forward(batch, 10).slice()
    const one = mlp.forward(batch.slice(12, 15), 1)
    expect([...one]).toEqual([...all.slice(8, 10)])
    // More rows than are asked for are left where they are.
    const long = new Float32Array(30_000)
    long.set(batch)
    const few = new Mlp({ inputs: 3, outputs: 2, rng: Rng.of(2) })
    expect([...few.forward(long, 2)]).toEqual([...all.slice(0, 4)])
  })

  test.each([
    [16, 4],
    [4, 16],
  ])('starts orthogonal, %i inputs to %i units, with gain √2', (inputs, units) => {
    const mlp = new Mlp({ inputs, hidden: [], outputs: units, rng: Rng.of(4), outputGain: Math.SQRT2 })
    const weight = (row: number, column: number) => mlp.parameters[row * inputs + column]
    const count = Math.min(inputs, units)
    for (let a = 0; a < count; a++) {
      for (let b = 0; b < count; b++) {
        let product = 0
        for (let k = 0; k < Math.max(inputs, units); k++) {
          product += inputs > units ? weight(a, k) * weight(b, k) : weight(k, a) * weight(k, b)
        }
        expect(product).toBeCloseTo(a === b ? 2 : 0, 5)
      }
    }
  })

  test('the same seed gives the same weights, another seed others', () => {
    const make = (seed: number): Approximator => new Mlp({ inputs: 4, outputs: 2, rng: Rng.of(seed) })
    expect(make(1).parameters).toEqual(make(1).parameters)
    expect(make(1).parameters).not.toEqual(make(2).parameters)
  })

  test.each<[string, readonly number[], 'orthogonal' | 'uniform']>([
    ['memory', Array.from({ length: 8 }, () => 4096), 'uniform'],
    ['time', [2048, 2048], 'orthogonal'],
  ])('one that would take too much %s is refused before it is made', (_, hidden, initial) => {
    const before = process.memoryUsage().rss
    const make = () => new Mlp({ inputs: 4, outputs: 2, hidden, initial, rng: Rng.of(1) })
    expect(make).toThrow(/4 → \d+.* at most \d+ .*smaller layers/)
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6)
  })
})

describe('Adam', () => {
  test("follows PyTorch's path to 1e-6", () => {
    const { gradients, path } = golden.adam
    const weights = Float32Array.from(path[0])
    const adam = new Adam(weights.length, { learningRate: 0.003, beta1: 0.8, beta2: 0.99, epsilon: 1e-5 })
    for (const [t, gradient] of gradients.entries()) {
      adam.step(weights, Float32Array.from(gradient))
      expect(largestDifference(weights, path[t + 1])).toBeLessThan(1e-6)
    }
  })

  test('goes on bit by bit from a state that went through JSON', () => {
    const rng = Rng.of(5)
    const gradient = () => Float32Array.from({ length: 4 }, () => rng.normal())
    const first = new Adam(4, { learningRate: 0.01 })
    const weights = new Float32Array(4)
    for (let i = 0; i < 5; i++) first.step(weights, gradient())
    const second = new Adam(4, { learningRate: 0.01 })
    second.restore(JSON.parse(JSON.stringify(first.state())))
    const copy = weights.slice()
    const next = gradient()
    first.step(weights, next)
    second.step(copy, next)
    expect(copy).toEqual(weights)
    expect(() => new Adam(5, { learningRate: 0.01 }).restore(first.state())).toThrow(/4 numbers.*5 .*needed/)
  })

  property([
    fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 }),
    fc.float({ min: 0.5, max: 10, noNaN: true }),
  ])(
    'stepTogether returns the norm over all parts, and steps down what is at most the maximum',
    (values, maximum) => {
      const norm = Math.hypot(...values)
      const half = Math.ceil(values.length / 2)
      // With β = 0 and a large ε, a step is the gradient itself, times rate / ε.
      const options = { learningRate: 1e6, beta1: 0, beta2: 0, epsilon: 1e6 }
      const parts = [values.slice(0, half), values.slice(half)].map(part => ({
        optimizer: new Adam(part.length, options),
        parameters: new Float32Array(part.length),
        gradient: Float32Array.from(part),
      }))
      expect(stepTogether(parts, maximum) / (norm || 1)).toBeCloseTo(norm === 0 ? 0 : 1, 5)
      const moved = Math.hypot(...parts.flatMap(({ parameters }) => [...parameters]))
      expect(moved).toBeLessThan(Math.min(norm, maximum) * (1 + 1e-3) + 1e-6)
      expect(moved).toBeGreaterThan(Math.min(norm, maximum) * (1 - 1e-3) - 1e-6)
    },
  )

  test('a gradient that is not finite is an error, before anything moves', () => {
    const parameters = new Float32Array(2)
    const optimizer = new Adam(2, { learningRate: 1 })
    const gradient = Float32Array.of(1, Number.NaN)
    expect(() => stepTogether([{ optimizer, parameters, gradient }], 1)).toThrow(/not finite/)
    expect([...parameters]).toEqual([0, 0])
  })
})

describe('EngineMlp', () => {
  beforeAll(() => startEngine({ engine: 'wasm' }))

  test.each([
    [{ inputs: 5, outputs: 3, hidden: [40, 20] }],
    [{ inputs: 4, outputs: 2, hidden: [33], activation: 'relu', initial: 'uniform' }],
    [{ inputs: 3, outputs: 2, hidden: [] }],
  ] as const)('computes what Mlp computes, to 1e-5, and leaks nothing: %o', options => {
    const [simd, engine] = [Mlp, EngineMlp].map(Kind => new Kind({ ...options, rng: Rng.of(3) }))
    expect(engine.parameters).toEqual(simd.parameters)
    const rng = Rng.of(4)
    const before = tf.memory().numTensors
    for (const rows of [7, 1, 16]) {
      const batch = Float32Array.from({ length: rows * options.inputs }, () => rng.normal())
      const direction = Float32Array.from({ length: rows * options.outputs }, () => rng.normal())
      expect(largestDifference(engine.forward(batch, rows), simd.forward(batch, rows))).toBeLessThan(1e-5)
      const [ours, theirs] = [engine.backward(direction), simd.backward(direction)]
      expect(largestDifference(ours, theirs)).toBeLessThan(1e-5 * rows)
    }
    if (engine instanceof EngineMlp) engine.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })
})
