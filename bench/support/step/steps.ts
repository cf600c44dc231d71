import { Rng } from '../../../src/common/random.ts'
import { augment } from '../../../src/data/augment/augment.ts'
import type { Clip } from '../../../src/data/dataset.ts'
import type { ExecutorName } from '../../../src/models/executor-names.ts'
import { EXECUTOR_BY_NAME } from '../../../src/models/executors.ts'
import type { HeadBuilder } from '../../../src/models/head.ts'
import { readWeights } from '../../../src/models/initialize.ts'
import { loadModel } from '../../../src/models/load.ts'
import type { Network } from '../../../src/models/network.ts'
import { createOptimizer } from '../../../src/models/optimizer.ts'
import { SCALINGS } from '../../../src/models/scaling.ts'
import { rowSize } from '../../../src/models/sequence-model.ts'
import { classification } from '../../../src/models/tasks/classification.ts'
import { tf } from '../../../src/models/tf.ts'
import { Trainee } from '../../../src/models/trainee.ts'
import { buildNetwork, type InputFormat } from '../../../src/runner/instances/network.ts'
import { folderOf, type StepRow } from './row.ts'

const CLASSES = ['0', '1', '2', '3']
const TOKENS = 65

/** A trainee on noise that lies in memory, and one step of all its groups with AdamW. */
export interface Stepping {
  readonly trainee: Trainee
  readonly batch: readonly Clip[]
  step(): void
}

/** A row's network as fine-tuning trains it. @throws where the network isn't at hand */
export async function stepping(row: StepRow, executor: ExecutorName): Promise<Stepping> {
  const folder = folderOf(row)
  if (folder === undefined)
    throw new Error(`${row.folder} is not at hand: name its folder in LAYERGYM_MODELS`)
  const { model } = await loadModel(folder)
  return steppingOf(row, model, executor)
}

/** The same of a model that is none of a folder's. */
export function steppingOf(row: StepRow, model: tf.LayersModel, executor: ExecutorName): Stepping {
  const task = classification('action-recognition', 'for timings').create({ classes: CLASSES })
  const format = formatOf(row, model)
  const network = buildNetwork(model, {
    output: task.head,
    format,
    scaling: row.size === 0 ? undefined : SCALINGS[1],
    head: row.dropout === undefined ? row.head : droppingOut(row.dropout),
    keepHead: false,
    seed: 1,
    groups: { atMost: 4 },
  })
  const batch = clipsOf(row.batch)
  const values = noiseOf(row, format)
  const { frames, size, channels } = format
  const shape = [frames, ...size, channels] as const
  const trainee = new Trainee(
    {
      network,
      optimizer: () => createOptimizer({ kind: 'adamw' }),
      pixels: clips => values.subarray(0, (values.length / row.batch) * clips.length),
      augmented: row.augment
        ? (clips, rng) => augment({ pixels: values as Uint8Array, items: clips }, shape, { flip: 0.5 }, rng)
        : undefined,
      task,
      cacheBytes: 0,
      executor: EXECUTOR_BY_NAME[executor],
    },
    readWeights(network),
  )
  trainee.reset(trainee.pretrained, { modes: modesOf(network, row) })
  const rng = Rng.of(1, 'dropout')
  const rates = network.groups.map(() => 1e-4)
  return { trainee, batch, step: () => void trainee.step(batch, rates, rng) }
}

function modesOf(network: Network, { mode }: StepRow) {
  return network.groups.map(() => (mode === 'train-bn' ? ('batch' as const) : ('frozen' as const)))
}

function formatOf({ size, frames }: StepRow, model: tf.LayersModel): InputFormat {
  if (size === 0) return { frames, size: [1, rowSize(model)], channels: 1 }
  return { frames, size: [size, size], channels: model.inputs[0].shape[3] === 1 ? 1 : 3 }
}

function clipsOf(count: number): readonly Clip[] {
  return Array.from({ length: count }, (_, i) => ({ id: String(i), path: '', label: CLASSES[i % 4] }))
}

function noiseOf({ size, batch, net }: StepRow, format: InputFormat): Uint8Array | Float32Array {
  const length = batch * format.frames * format.size[0] * format.size[1] * format.channels
  const rng = Rng.of(1, 'pixels')
  if (size > 0) return Uint8Array.from({ length }, () => rng.int(256))
  return Float32Array.from({ length }, () => (net === 'char-lstm' ? rng.int(TOKENS) : rng.normal()))
}

/** As the two-layer head, with dropout before the classes. */
function droppingOut(rate: number): HeadBuilder {
  return (features, { units }) => {
    const on = (layer: tf.layers.Layer, x: tf.SymbolicTensor) => layer.apply(x) as tf.SymbolicTensor
    const dense = tf.layers.dense({ units: 48, activation: 'relu' })
    const perFrame = on(tf.layers.timeDistributed({ layer: dense }), features)
    const dropped = on(tf.layers.dropout({ rate }), on(tf.layers.flatten(), perFrame))
    return on(tf.layers.dense({ units, activation: 'softmax' }), dropped)
  }
}
