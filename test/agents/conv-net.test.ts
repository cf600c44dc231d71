import { afterEach, describe, expect, test, vi } from 'vitest'
import { checkAgent } from '../../src/agents/check.ts'
import { ConvNet } from '../../src/agents/conv-net.ts'
import { dqn } from '../../src/agents/dqn/definition.ts'
import { networksOf } from '../../src/agents/network.ts'
import { ppo } from '../../src/agents/ppo/definition.ts'
import { Rng } from '../../src/common/random.ts'
import type { Space } from '../../src/envs/env.ts'
import { Box } from '../../src/envs/spaces.ts'
import { KERNELS } from '../support/kernels.ts'

const SIZES = { picture: [5, 4, 2], filters: 3, outputs: 2, hidden: [6], rng: Rng.of(1) } as const

function batchOf(net: { readonly inputs: number }, rows: number): Float32Array {
  const rng = Rng.of(2)
  return Float32Array.from({ length: rows * net.inputs }, () => rng.normal())
}

describe('a convolution before a perceptron', () => {
  test('is the sums that it says it is', () => {
    const net = new ConvNet({
      picture: [3, 4, 2],
      filters: 1,
      outputs: 1,
      hidden: [],
      rng: Rng.of(1),
      scale: 0.5,
    })
    // The filter takes the upper left corner's first channel and the lower right corner's second.
    net.parameters.fill(0)
    net.parameters[0] = 2
    net.parameters[17] = 4
    net.parameters[18] = -1
    // Then the output: the two places' difference.
    net.parameters.set([1, -1, 10], 19)
    const picture = Float32Array.from({ length: 24 }, (_, i) => i)
    // Places 0 and 1: ½(2·0 + 4·21) − 1 and ½(2·2 + 4·23) − 1.
    expect([...net.forward(picture, 1)]).toEqual([41 - 47 + 10])
    net.parameters[18] = -50
    // Nothing passes the ReLU.
    expect([...net.forward(picture, 1)]).toEqual([10])
  })

  test.each(['tanh', 'relu'] as const)('its gradient is that of differences, %s', activation => {
    const net = new ConvNet({ ...SIZES, activation })
    const rows = 3
    const batch = batchOf(net, rows)
    const direction = Float32Array.from({ length: rows * net.outputs }, (_, i) => Math.sin(i + 1))
    const loss = () => net.forward(batch, rows).reduce((sum, y, i) => sum + y * direction[i], 0)
    loss()
    const gradient = net.backward(direction).slice()
    expect(gradient).toHaveLength(net.parameters.length)
    for (let i = 0; i < net.parameters.length; i += 3) {
      const before = net.parameters[i]
      const step = 1e-3
      net.parameters[i] = before + step
      const above = loss()
      net.parameters[i] = before - step
      const below = loss()
      net.parameters[i] = before
      expect(Math.abs((above - below) / (2 * step) - gradient[i])).toBeLessThan(2e-3)
    }
  })

  test('rows are each other’s business in no way, however many there are', () => {
    const net = new ConvNet(SIZES)
    const batch = batchOf(net, 40)
    const all = net.forward(batch, 40).slice()
    for (const row of [0, 7, 39]) {
      const alone = net.forward(batch.subarray(row * net.inputs, (row + 1) * net.inputs), 1)
      expect([...alone]).toEqual([...all.subarray(row * 2, row * 2 + 2)])
    }
  })

  test('starts as it is asked to', () => {
    const uniform = new ConvNet({ ...SIZES, initial: 'uniform' }).parameters.subarray(0, 3 * 19)
    expect(Math.max(...uniform.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(18))
    expect(uniform.every(x => x !== 0)).toBe(true)
    const filter = new ConvNet(SIZES).parameters.subarray(0, 18)
    expect(filter.reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(2, 5)
  })

  test('refuses pictures that are too small', () => {
    expect(() => new ConvNet({ ...SIZES, picture: [2, 9, 1] })).toThrow(
      /3x3 takes pictures at least that large, not 2x9/,
    )
  })
})

describe('kernels of one arithmetic give the same bits', () => {
  afterEach(() => vi.unstubAllEnvs())

  test.each([
    ['wasm', 'plain'],
    ...(Object.keys(KERNELS.fused).length === 3 ? [['relaxed-wasm', 'native']] : []),
  ])('%s and %s', async (one, other) => {
    const outcome = async (kernels: string) => {
      vi.resetModules()
      vi.stubEnv('LAYERGYM_KERNELS', kernels)
      const { ConvNet: Fresh } = await import('../../src/agents/conv-net.ts')
      const net = new Fresh({ ...SIZES, rng: Rng.of(1) })
      const batch = batchOf(net, 9)
      const outputs = net.forward(batch, 9).slice()
      return [outputs, net.backward(Float32Array.from(outputs, Math.sin)).slice()]
    }
    expect(await outcome(one)).toEqual(await outcome(other))
  })
})

describe('the setting network', () => {
  const picture = new Box(0, 255, [4, 4, 2], 'uint8')
  const sizes = { inputs: 32, outputs: 2, rng: Rng.of(1) }
  const made = (kind: 'auto' | 'mlp' | 'cnn', space: Space<unknown> = picture) =>
    networksOf(kind, { observationSpace: space })({ hidden: [3] })(sizes)

  test('auto is a convolution where observations are pictures, and scales them', () => {
    const net = made('auto')
    expect(net).toBeInstanceOf(ConvNet)
    net.parameters.fill(0)
    net.parameters.fill(1, 0, 18)
    const bright = net.forward(new Float32Array(32).fill(255), 1)
    expect(bright.every(Number.isFinite)).toBe(true)
    expect(made('auto', new Box(0, 1, [32]))).not.toBeInstanceOf(ConvNet)
    expect(made('auto', new Box(0, 1, [2, 8, 2]))).not.toBeInstanceOf(ConvNet)
  })

  test('mlp never is, and cnn asks for pictures', () => {
    expect(made('mlp')).not.toBeInstanceOf(ConvNet)
    expect(made('cnn')).toBeInstanceOf(ConvNet)
    expect(() => made('cnn', new Box(0, 1, [32]))).toThrow(/network cnn takes pictures/)
  })
})

test.each([
  ['ppo', ppo],
  ['dqn', dqn],
])('%s with pictures passes check-agent', async (_name, definition) => {
  const observationSpace = new Box(0, 1, [4, 4, 2], 'uint8')
  const findings = await checkAgent(definition, { observationSpace, learning: false })
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
})
