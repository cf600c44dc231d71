import { describe, expect, test } from 'vitest'
import { type KernelMemory, Layout } from '../../src/agents/kernels/kernels.ts'
import { kernelArithmetic } from '../../src/agents/kernels/memory.ts'
import { nativeKernels } from '../../src/agents/kernels/native.ts'
import { MULTIPLY_ADD } from '../../src/agents/kernels/plain.ts'
import { type Call, programOf } from '../../src/agents/kernels/program.ts'
import { backwardBoth, forwardBoth, Mlp } from '../../src/agents/mlp.ts'
import { Rng } from '../../src/common/random.ts'
import { KERNELS } from '../support/kernels.ts'

const native = nativeKernels()
const IMPLEMENTATIONS = { ...KERNELS.fused, ...KERNELS.rounded }

const numbers = (count: number, rng: Rng) => Float32Array.from({ length: count }, () => 3 * rng.normal())

describe('a program', () => {
  const calls = (a: number, b: number, c: number): readonly Call[] => [
    ['transpose', a, b, 5, 7],
    ['multiply', a, 7, 1, b, 0, c, 5, 7, 5],
    ['tanh', c, 25],
    ['columnSums', c, b, 5, 5],
    ['tanhGradient', c, a, 25],
    ['relu', c, 25],
    ['reluGradient', a, c, 25],
  ]
  const filled = (memoryOf: (bytes: number) => KernelMemory, seed: number) => {
    const layout = new Layout()
    const [a, b, c] = [35, 35, 25].map(floats => layout.reserve(floats))
    const memory = memoryOf(layout.bytes)
    new Float32Array(memory.buffer).set(numbers(layout.bytes / 4, Rng.of(seed)))
    return { memory, program: programOf(calls(a, b, c)), one: calls(a, b, c) }
  }
  const bitsOf = ({ buffer }: KernelMemory) => [...new Int32Array(buffer).slice(0, 220)]

  test.each(Object.entries(IMPLEMENTATIONS))(
    'does what its calls do, one after the other: %s',
    (_, memoryOf) => {
      const [together, apart] = [filled(memoryOf, 1), filled(memoryOf, 1)]
      together.memory.run(together.program)
      for (const [operation, ...args] of apart.one) {
        const kernel = apart.memory.kernels[operation] as (...args: readonly number[]) => void
        kernel(...args)
      }
      expect(bitsOf(together.memory)).toEqual(bitsOf(apart.memory))
      expect(bitsOf(together.memory)).not.toEqual(bitsOf(filled(memoryOf, 1).memory))
    },
  )

  test.runIf(native)('two at once give what one after the other gives', () => {
    if (native === undefined) return
    for (let turn = 0; turn < 300; turn++) {
      const [first, second] = [filled(native.memory, turn), filled(native.memory, turn + 1)]
      const [third, fourth] = [filled(native.memory, turn), filled(native.memory, turn + 1)]
      native.runBoth(first, second)
      third.memory.run(third.program)
      fourth.memory.run(fourth.program)
      expect(bitsOf(first.memory)).toEqual(bitsOf(third.memory))
      expect(bitsOf(second.memory)).toEqual(bitsOf(fourth.memory))
    }
  })
})

test('two perceptrons at once give what each gives alone', () => {
  const networks = (seed: number) => {
    const options = { inputs: 3, hidden: [9, 5] }
    return [
      new Mlp({ ...options, outputs: 2, rng: Rng.of(seed) }),
      new Mlp({ ...options, outputs: 1, rng: Rng.of(seed + 1) }),
    ] as const
  }
  const [rows, rng] = [11, Rng.of(5)]
  const batch = numbers(rows * 3, rng)
  const [byFirst, bySecond] = [numbers(rows * 2, rng), numbers(rows, rng)]
  const [both, alone] = [networks(1), networks(1)]
  const outputs = forwardBoth([both[0], batch], [both[1], batch], rows).map(y => [...y])
  expect(outputs).toEqual(alone.map(network => [...network.forward(batch, rows)]))
  const gradients = backwardBoth([both[0], byFirst], [both[1], bySecond]).map(g => [...g])
  expect(gradients).toEqual([alone[0].backward(byFirst), alone[1].backward(bySecond)].map(g => [...g]))
})

test('few inputs or many: a gradient is the sum over rows in their order, bit by bit', () => {
  const multiplyAdd = MULTIPLY_ADD[kernelArithmetic()]
  for (const inputs of [3, 16, 20]) {
    const [rows, outputs, rng] = [13, 19, Rng.of(inputs)]
    const mlp = new Mlp({ inputs, outputs, hidden: [], rng })
    const [batch, delta] = [numbers(rows * inputs, rng), numbers(rows * outputs, rng)]
    mlp.forward(batch, rows)
    const gradient = mlp.backward(delta)
    for (let j = 0; j < outputs; j++) {
      for (let i = 0; i < inputs; i++) {
        let sum = 0
        for (let r = 0; r < rows; r++) sum = multiplyAdd(delta[r * outputs + j], batch[r * inputs + i], sum)
        expect(gradient[j * inputs + i]).toBe(sum)
      }
    }
  }
})

test('parameters that change between two calls are noticed, whatever changed them', () => {
  const [mlp, other] = [1, 1].map(seed => new Mlp({ inputs: 2, outputs: 2, rng: Rng.of(seed) }))
  const row = Float32Array.of(0.4, -1)
  mlp.forward(row, 1)
  for (const change of [0.25, Number.NaN, -0]) {
    mlp.parameters[3] = change
    other.parameters[3] = change
    const fresh = new Mlp({ inputs: 2, outputs: 2, rng: Rng.of(9) })
    fresh.parameters.set(other.parameters)
    expect([...mlp.forward(row, 1)]).toEqual([...fresh.forward(row, 1)])
  }
})
