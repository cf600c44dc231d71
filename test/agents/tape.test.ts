import { describe, expect, test } from 'vitest'
import { descentOf, Mlp, maskLogits, perceptronOnTape, Rng } from '../../src/agents.ts'
import { tf } from '../../src/models/tf.ts'

const rng = () => Rng.of(1, 'tape')

describe.each(['tanh', 'relu'] as const)('a perceptron of %s on the tape', activation => {
  test('has the outputs and the gradients of the Mlp with its parameters', () => {
    const network = new Mlp({
      inputs: 3,
      outputs: 2,
      hidden: [5, 4],
      rng: rng(),
      activation,
      initial: 'uniform',
    })
    const batch = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i + 1))
    const direction = Float32Array.from({ length: 8 }, (_, i) => Math.cos(i))
    const outputs = network.forward(batch, 4).slice()
    const gradient = network.backward(direction).slice()
    const taped = perceptronOnTape([3, 5, 4, 2], activation)
    const { loss, gradients } = descentOf(() => {
      const [given, along] = [tf.tensor2d(batch, [4, 3]), tf.tensor2d(direction, [4, 2])]
      return parameters => taped(parameters, given).mul(along).sum() as tf.Scalar
    }, [network.parameters])
    expect(loss).toBeCloseTo(
      outputs.reduce((sum, y, i) => sum + y * direction[i], 0),
      5,
    )
    for (const [i, g] of gradients[0].entries()) expect(g).toBeCloseTo(gradient[i], 5)
  })
})

test('descentOf gives every tensor back', () => {
  const before = tf.memory().numTensors
  descentOf(() => {
    const scale = tf.scalar(2)
    return (a, b) => a.mul(scale).sum().add(b.sum()) as tf.Scalar
  }, [Float32Array.of(1, 2), Float32Array.of(3)])
  expect(tf.memory().numTensors).toBe(before)
})

test('what a mask hides has probability 0', () => {
  const logits = maskLogits([undefined, Uint8Array.of(0, 1)], 2)
  expect([...tf.softmax(logits).dataSync()]).toEqual([0.5, 0.5, 0, 1])
})
