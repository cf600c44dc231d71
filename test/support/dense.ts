import { expect } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { buildClipModel } from '../../src/models/clip-model.ts'
import { detectionHead, segmentationHead } from '../../src/models/dense-heads.ts'
import { initialWeights, readWeights } from '../../src/models/initialize.ts'
import { type GroupsOption, Network } from '../../src/models/network.ts'
import { SCALINGS } from '../../src/models/scaling.ts'
import type { MapsHead, TaskHead } from '../../src/models/tasks/task.ts'
import { tf } from '../../src/models/tf.ts'
import { maxDifference, tinyImageModel } from './models.ts'

export const DENSE_KINDS = ['detection', 'segmentation'] as const

/** What a task on maps wants: 3 numbers a place, of the tiny image model's two strides. */
export function denseHead(kind: (typeof DENSE_KINDS)[number], strides: readonly number[] = [2, 4]): TaskHead {
  const start = Float32Array.of(-1, 0.5, 2)
  const build = kind === 'detection' ? detectionHead : segmentationHead
  const reads: MapsHead = {
    strides,
    build: (maps, { rng }) => build(maps, { units: 3, channels: 6, strides, start, rng }),
  }
  return { reads, units: 3, activation: 'linear', start }
}

export function denseModel(
  output: TaskHead,
  { side = 12, frames = 2, backbone = tinyImageModel(1, side) } = {},
): tf.LayersModel {
  const options = { output, frames, size: [side, side] as const, scaling: SCALINGS[1] }
  return buildClipModel(backbone, { ...options, head: 'linear', rng: Rng.of(3) })
}

/** With a head whose last layer is drawn too, so that gradients reach everything. */
export function denseNetwork(output: TaskHead, groups: GroupsOption): Network {
  const network = new Network(denseModel(output), groups)
  const layer = network.variables.findLast(({ learned }) => learned)?.layer
  if (layer === undefined) throw new Error('no layer')
  const rng = Rng.of(5)
  const [kernel, bias] = layer.getWeights()
  const values = Float32Array.from({ length: kernel.size }, () => rng.normal() / 4)
  layer.setWeights([tf.tensor(values, kernel.shape), bias])
  return network
}

/** A fresh head says the same of every place and every frame: its start. */
export function expectSaysStart(
  network: Network,
  start: Float32Array,
  pixels: Uint8Array,
  clips: number,
): void {
  const weights = initialWeights(network, readWeights(network), { rng: Rng.of(1), headStart: start })
  for (const { name, shape, handle } of network.variables)
    tf.tidy(() => handle.assign(tf.tensor(weights[name], [...shape])))
  const answers = network.forward(network.input(pixels, clips), clips).dataSync()
  const said = Float32Array.from(answers, (_, i) => start[i % start.length])
  expect(maxDifference(answers, said)).toBeLessThan(1e-6)
}
