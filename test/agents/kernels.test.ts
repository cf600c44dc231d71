import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { Arithmetic, Kernels } from '../../src/agents/kernels/kernels.ts'
import { nativeKernels } from '../../src/agents/kernels/native.ts'
import { Mlp } from '../../src/agents/mlp.ts'
import { Rng } from '../../src/common/random.ts'
import { everywhere, KERNELS } from '../support/kernels.ts'
import { fc, property } from '../support/property.ts'

test('the committed module is what its source compiles to', () => {
  const check = spawnSync(process.execPath, ['scripts/build-kernels.mjs', '--check'], { encoding: 'utf8' })
  expect(check.stderr).toBe('')
  expect(check.status).toBe(0)
})

const hasCompiler = ['g++', 'c++', 'clang++'].some(name => spawnSync(name, ['--version']).status === 0)

test.runIf(hasCompiler)('where there is a compiler, set-up has compiled them', () => {
  expect(nativeKernels()?.instructions).toMatch(/^(avx512|avx2|sse|neon|native)$/)
})

const dimension = fc.integer({ min: 1, max: 37 })
const numbers = (count: number, rng: Rng) => Float32Array.from({ length: count }, () => 3 * rng.normal())

function expectSame(all: readonly unknown[]) {
  for (const other of all.slice(1)) expect(other).toEqual(all[0])
}

const ARITHMETICS: readonly Arithmetic[] = ['rounded', 'fused']

test('there is WebAssembly of each arithmetic where this processor fuses', () => {
  expect(Object.keys(KERNELS.rounded)).toContain('wasm')
  const compiled = nativeKernels()?.instructions
  if (compiled?.startsWith('avx'))
    expect(Object.keys(KERNELS.fused)).toEqual(['plain', 'relaxed-wasm', compiled])
})

describe.each(ARITHMETICS)('every implementation gives the same bits, %s,', arithmetic => {
  property([dimension, dimension, dimension, fc.integer(), fc.boolean(), fc.boolean()])(
    'of products',
    (m, k, n, seed, turned, biased) => {
      const sizes = [m * k, k * n, n, m * n]
      const [down, along] = turned ? [1, m] : [k, 1]
      const run = (kernels: Kernels, [a, b, bias, c]: number[]) =>
        kernels.multiply(a, down, along, b, biased ? bias : 0, c, m, k, n)
      expectSame(everywhere(arithmetic, sizes, numbers(m * k + k * n + n + m * n, Rng.of(seed)), run))
    },
  )

  property([dimension, dimension, fc.integer()])(
    'of sums of columns and of a transposition',
    (m, n, seed) => {
      const run = (kernels: Kernels, [a, sums, t]: number[]) => {
        kernels.columnSums(a, sums, m, n)
        kernels.transpose(a, t, m, n)
      }
      expectSame(everywhere(arithmetic, [m * n, n, m * n], numbers(2 * m * n + n, Rng.of(seed)), run))
    },
  )

  property([fc.integer({ min: 1, max: 200 }), fc.integer()])('of activations and their slopes', (n, seed) => {
    const values = numbers(4 * n, Rng.of(seed))
    values[0] = Number.NaN
    const run = (kernels: Kernels, [y, d, z, e]: number[]) => {
      kernels.tanh(y, n)
      kernels.tanhGradient(d, y, n)
      kernels.relu(z, n)
      kernels.reluGradient(e, z, n)
    }
    // What NaN is made of differs between processors; that it is one doesn't.
    const without = everywhere(arithmetic, [n, n, n, n], values, run).map(({ bits }) =>
      bits.map(part => part.map(bit => (Number.isNaN(asFloat(bit)) ? 'NaN' : bit))),
    )
    expectSame(without)
  })

  property([fc.integer({ min: 1, max: 200 }), fc.integer()])('of steps of Adam and of norms', (n, seed) => {
    const rng = Rng.of(seed)
    const values = numbers(4 * n, rng)
    // Variances are none below 0.
    for (let i = 3 * n; i < 4 * n; i++) values[i] = Math.abs(values[i])
    const run = (kernels: Kernels, [p, g, mean, variance]: number[]) => {
      kernels.adam(p, g, mean, variance, n, 0.3, 2.5e-4, 1.7, 0.9, 0.999, 1e-5)
      return kernels.sumSquares(g, n)
    }
    const all = everywhere(arithmetic, [n, n, n, n], values, run)
    expectSame(all)
    const exact = values.subarray(n, 2 * n).reduce((sum, g) => sum + g * g, 0)
    expect((all[0].answer as number) / exact).toBeCloseTo(1, 5)
  })
})

function asFloat(bit: number): number {
  return new Float32Array(Int32Array.of(bit).buffer)[0]
}

/** A network of one layer or more in plain float64. */
function plainForward(mlp: Mlp, sizes: readonly number[], x: readonly number[], activation: 'tanh' | 'relu') {
  let at = 0
  return sizes.slice(1).reduce<readonly number[]>((input, outputs, l) => {
    const inputs = sizes[l]
    const y = Array.from({ length: outputs }, (_, j) => {
      const products = input.map((value, i) => value * mlp.parameters[at + j * inputs + i])
      return products.reduce((sum, value) => sum + value, mlp.parameters[at + inputs * outputs + j])
    })
    at += outputs * (inputs + 1)
    if (l === sizes.length - 2) return y
    return y.map(value => (activation === 'tanh' ? Math.tanh(value) : Math.max(0, value)))
  }, x)
}

const size = fc.integer({ min: 1, max: 19 })
const networks = fc.record({
  sizes: fc.array(size, { minLength: 2, maxLength: 4 }),
  rows: fc.integer({ min: 1, max: 23 }),
  seed: fc.integer(),
  activation: fc.constantFrom('tanh' as const, 'relu' as const),
})

function make({ sizes, rows, seed, activation }: typeof networks extends fc.Arbitrary<infer N> ? N : never) {
  const rng = Rng.of(seed)
  const hidden = sizes.slice(1, -1)
  const options = { inputs: sizes[0], outputs: sizes[sizes.length - 1], hidden, rng, activation }
  const mlp = new Mlp({ ...options, initial: 'uniform' })
  const batch = Float32Array.from({ length: rows * mlp.inputs }, () => rng.normal())
  return { mlp, batch, rng }
}

describe('any size, multiples of the vector width or not', () => {
  property([networks])('forward equals the plain sums', network => {
    const { mlp, batch } = make(network)
    const { inputs, outputs } = mlp
    const got = mlp.forward(batch, network.rows)
    for (let r = 0; r < network.rows; r++) {
      const x = [...batch.subarray(r * inputs, (r + 1) * inputs)]
      const expected = plainForward(mlp, network.sizes, x, network.activation)
      for (let j = 0; j < outputs; j++) expect(got[r * outputs + j]).toBeCloseTo(expected[j], 4)
    }
  })

  property([networks.filter(({ activation }) => activation === 'tanh')])(
    'backward is the slope of forward',
    network => {
      const { mlp, batch, rng } = make(network)
      const weights = Float32Array.from({ length: network.rows * mlp.outputs }, () => rng.normal())
      const loss = () => mlp.forward(batch, network.rows).reduce((sum, y, i) => sum + y * weights[i], 0)
      loss()
      const gradient = mlp.backward(weights).slice()
      for (let trial = 0; trial < 5; trial++) {
        const i = rng.int(gradient.length)
        const before = mlp.parameters[i]
        const step = 1e-2
        mlp.parameters[i] = before + step
        const up = loss()
        mlp.parameters[i] = before - step
        const down = loss()
        mlp.parameters[i] = before
        const slope = (up - down) / (2 * step)
        expect(Math.abs(gradient[i] - slope)).toBeLessThan(2e-2 * (1 + Math.abs(slope)))
      }
    },
  )

  property([networks])('a row does not depend on the others, nor on what was computed before', network => {
    const { mlp, batch } = make(network)
    const all = mlp.forward(batch, network.rows).slice()
    const { mlp: fresh } = make(network)
    const last = (network.rows - 1) * mlp.inputs
    expect([...fresh.forward(batch.slice(last), 1)]).toEqual([
      ...all.subarray((network.rows - 1) * mlp.outputs),
    ])
  })
})

describe('activations', () => {
  const through = (values: readonly number[], activation: 'tanh' | 'relu') => {
    const mlp = new Mlp({ inputs: 1, outputs: 1, hidden: [1], rng: Rng.of(1), activation })
    mlp.parameters.set([1, 0, 1, 0])
    return values.map(value => mlp.forward(Float32Array.of(value), 1)[0])
  }

  test('tanh is within 5e-7 of the true one, odd, rising, and 1 far out', () => {
    const values = Array.from({ length: 4001 }, (_, i) => (i - 2000) / 200)
    const got = through(values, 'tanh')
    got.forEach((y, i) => {
      expect(Math.abs(y - Math.tanh(values[i]))).toBeLessThan(5e-7)
      expect(y).toBe(0 - got[got.length - 1 - i])
      if (i > 0) expect(y).toBeGreaterThanOrEqual(got[i - 1] - 5e-7)
    })
    expect(through([0, 1e30, -1e30, Infinity], 'tanh')).toEqual([0, 1, -1, 1].map(v => expect.closeTo(v, 6)))
  })

  test('what is not a number stays so', () => {
    expect(through([Number.NaN], 'tanh')).toEqual([Number.NaN])
    expect(through([Number.NaN, -3, 3], 'relu')).toEqual([Number.NaN, 0, 3])
  })
})

test('memory that grows keeps what the network knows', () => {
  const mlp = new Mlp({ inputs: 3, outputs: 2, hidden: [8], rng: Rng.of(1) })
  const { parameters } = mlp
  const row = Float32Array.of(0.1, -0.2, 0.3)
  const before = [...mlp.forward(row, 1)]
  mlp.forward(new Float32Array(3 * 50_000), 50_000)
  mlp.backward(new Float32Array(2 * 50_000).fill(1))
  expect(mlp.parameters).toBe(parameters)
  expect([...mlp.forward(row, 1)]).toEqual(before)
})
