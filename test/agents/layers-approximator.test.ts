import { beforeAll, describe, expect, test } from 'vitest'
import { layersApproximator } from '../../src/agents/layers-approximator.ts'
import { Mlp } from '../../src/agents/mlp.ts'
import { Reinforce } from '../../src/agents/reinforce/agent.ts'
import { reinforceConfig } from '../../src/agents/reinforce/config.ts'
import { Rng } from '../../src/common/random.ts'
import { Box, Discrete } from '../../src/envs/spaces.ts'
import { startEngine } from '../../src/models/engine.ts'
import { tf } from '../../src/models/tf.ts'
import { describeAgent } from '../../src/testing.ts'

beforeAll(async () => {
  await startEngine()
})

function dense(inputs: number, outputs: number, seed = 1): tf.LayersModel {
  const kernelInitializer = tf.initializers.glorotUniform({ seed })
  return tf.sequential({
    layers: [
      tf.layers.dense({ inputShape: [inputs], units: 6, activation: 'tanh', kernelInitializer }),
      tf.layers.dropout({ rate: 0.5 }),
      tf.layers.dense({ units: outputs, kernelInitializer }),
    ],
  })
}

/** Parameters of an Mlp (kernels [out, in]) in the layout of tfjs (kernels [in, out]). */
function asLayers(mlp: Mlp, sizes: readonly number[]): Float32Array {
  const result = mlp.parameters.slice()
  let at = 0
  for (let l = 1; l < sizes.length; l++) {
    const [inputs, outputs] = [sizes[l - 1], sizes[l]]
    for (let i = 0; i < inputs; i++) {
      for (let j = 0; j < outputs; j++) result[at + i * outputs + j] = mlp.parameters[at + j * inputs + i]
    }
    at += outputs * (inputs + 1)
  }
  return result
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a).toHaveLength(b.length)
  return Math.max(...a.map((x, i) => Math.abs(x - b[i])))
}

describe('layersApproximator', () => {
  test('gives the outputs and gradients of the same network in typed arrays', () => {
    const sizes = [3, 6, 2]
    const mlp = new Mlp({ inputs: 3, hidden: [6], outputs: 2, rng: Rng.of(1) })
    const layers = layersApproximator(dense(3, 2))
    layers.parameters.set(asLayers(mlp, sizes))
    const batch = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i))
    const direction = Float32Array.from({ length: 8 }, (_, i) => Math.cos(i))
    const outputs = mlp.forward(batch, 4)
    expect(largestDifference(layers.forward(batch, 4), outputs)).toBeLessThan(1e-5)
    mlp.parameters.set(mlp.backward(direction))
    const expected = asLayers(mlp, sizes)
    expect(largestDifference(layers.backward(direction), expected)).toBeLessThan(1e-4)
  })

  test('approximators that share a model do not disturb each other', () => {
    const model = dense(2, 1)
    const [one, other] = [layersApproximator(model), layersApproximator(model)]
    const batch = Float32Array.of(0.3, -0.4)
    const before = one.forward(batch, 1)
    const gradient = one.backward(Float32Array.of(1))
    one.forward(batch, 1)
    other.parameters.fill(0.5)
    expect(other.forward(batch, 1)).not.toEqual(before)
    expect(one.backward(Float32Array.of(1))).toEqual(gradient)
    expect(one.forward(batch, 1)).toEqual(before)
  })

  test('keeps no tensor but the weights of the model', () => {
    const layers = layersApproximator(dense(3, 2))
    const held = tf.memory().numTensors
    for (let i = 0; i < 5; i++) {
      layers.forward(new Float32Array(6), 2)
      layers.backward(new Float32Array(4))
    }
    expect(tf.memory().numTensors).toBe(held)
  })

  test('other shapes are refused with what was given', () => {
    const image = tf.sequential({ layers: [tf.layers.flatten({ inputShape: [4, 4] })] })
    expect(() => layersApproximator(image)).toThrow(/one input of shape \[rows, n\].*\[rows, 4, 4\]/)
  })

  test('networks of a wrong width are refused by the agent, naming the sizes', () => {
    const make = () =>
      new Reinforce({
        observationSpace: new Box(-1, 1, [4]),
        actionSpace: new Discrete(3),
        config: reinforceConfig.parse({}),
        rng: Rng.of(1),
        gamma: 0.9,
        networks: { policy: () => layersApproximator(dense(5, 3)) },
      })
    expect(make).toThrow(/policy network.*5.*3.*4.*3/)
  })
})

describeAgent(
  'REINFORCE with tfjs networks',
  context =>
    new Reinforce({
      ...context,
      config: reinforceConfig.parse({ valueEpochs: 2 }),
      networks: {
        policy: ({ inputs, outputs }) => layersApproximator(dense(inputs, outputs)),
        value: ({ inputs, outputs }) => layersApproximator(dense(inputs, outputs)),
      },
    }),
)
