import { inputError, messageOf } from '../common/error.ts'
import { ancestors, type Graph, isHeadLayer, type Layer, type Ref } from './graph.ts'
import { tf } from './tf.ts'

/**
 * Clones the part of a graph that leads to `until` into a new functional model with another input shape, and those outputs.
 * The weights are copies; the original model is left alone. Names of a head's layers are kept for a head.
 * @param inputShape without the batch axis, e.g. [64, 64, 3]
 * @throws input error when a layer can't work at that size
 */
export function rebuild(
  graph: Graph,
  options: {
    readonly inputShape: readonly (number | null)[]
    readonly until: readonly Ref[]
    readonly name: string
  },
): tf.LayersModel {
  const needed = ancestors(graph, options.until)
  const clones = new Map<Layer, Layer>()
  const made = new Map<number, tf.SymbolicTensor[]>()
  const input = tf.input({ shape: [...options.inputShape], name: `${options.name}_input` })
  for (const [index, node] of graph.nodes.entries()) {
    if (!needed.has(index)) continue
    if (node.kind === 'input') {
      made.set(index, [input])
      continue
    }
    if (node.layer === undefined) {
      throw inputError('model.rebuild', `'${node.name}' is wrapped over time: this model is used as it is`)
    }
    const inputs = node.inputs.map(ref => pick(made, ref))
    let clone = clones.get(node.layer)
    try {
      clone ??= cloneLayer(node.layer, isHeadLayer(node) ? `backbone_${node.name}` : node.name)
      const output = clone.apply(inputs.length === 1 ? inputs[0] : inputs) as
        | tf.SymbolicTensor
        | tf.SymbolicTensor[]
      made.set(index, Array.isArray(output) ? output : [output])
    } catch (error) {
      throw inputError(
        'model.size',
        `layer '${node.name}' can't work on an input of ${options.inputShape.join('x')}: ${messageOf(error)}. ` +
          'Choose a larger --size, or leave it out for the model’s own.',
        { cause: error },
      )
    }
    if (!clones.has(node.layer)) copyWeights(node.layer, clone)
    clones.set(node.layer, clone)
  }
  const outputs = options.until.map(ref => pick(made, ref))
  const model = tf.model({ inputs: input, outputs, name: options.name })
  for (const layer of model.layers) layer.trainable = true
  return model
}

/** A fresh layer of the same configuration, without the weights. */
function cloneLayer(layer: Layer, name: string): Layer {
  const config = { ...layer.getConfig(), name, trainable: true }
  // A layer that was a Sequential's first carries its input shape; the new place has its own.
  delete (config as Record<string, unknown>).batchInputShape
  return (layer.constructor as unknown as LayerClass).fromConfig(layer.constructor, config)
}

interface LayerClass {
  fromConfig(layerClass: unknown, config: tf.serialization.ConfigDict): Layer
}

/** Freezing reorders `weights`, so both sides are thawed first. */
function copyWeights(from: Layer, to: Layer): void {
  from.trainable = true
  to.setWeights(from.getWeights())
}

function pick(made: ReadonlyMap<number, tf.SymbolicTensor[]>, ref: Ref): tf.SymbolicTensor {
  const tensors = made.get(ref.node)
  if (tensors === undefined) throw new Error(`node ${ref.node} comes before what it reads`)
  return tensors[ref.output]
}
