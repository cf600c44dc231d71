import { sizeOf } from '../common/arrays.ts'
import { inputError, messageOf } from '../common/error.ts'
import type { Graph, GraphNode, Layer } from './graph.ts'
import { compile } from './program.ts'
import { tf } from './tf.ts'

/** Inputs with more numbers aren't tried: that would be work of its own. */
const LARGEST = 2 ** 22
/** What tfjs says of inputs that nothing flows back to, as the whole numbers that an embedding takes. */
const NO_NEED = /^Cannot compute gradient of y=f\(x\)|must have 'float32' dtype/
/** For a dimension that the model leaves open. */
const OPEN = 8

/**
 * Tries a gradient of every layer that is left to tfjs, on zeros and on the engine that runs: which layers have one
 * depends on the engine, and the first step comes long after the clips are decoded. Convolutions of pictures, batch
 * normalisation and ReLU have gradients of our own.
 * @param engine its name, for the message
 * @throws input error naming the first layer without a gradient, and why
 */
export function refuseUntrainable(graph: Graph, engine: string): void {
  const tried = new Set<string>()
  for (const { kind, nodes } of compile(graph)) {
    const node = graph.nodes[nodes[0]]
    const { layer } = node
    if (kind !== 'node' || layer === undefined || isReplaced(graph, nodes[0])) continue
    const shapes = node.inputs.map(({ node: index, output }) =>
      sampleShape(layer, graph.nodes[index].shapes[output]),
    )
    const key = keyOf(layer, shapes)
    if (tried.has(key)) continue
    tried.add(key)
    const problem = gradientProblem(layer, shapes)
    if (problem !== undefined) throw untrainable(node, problem, engine)
  }
}

/** A head of our own takes the place of what follows the last weighted layer, and of that layer. */
function isReplaced({ nodes }: Graph, index: number): boolean {
  return nodes.slice(index + 1).every(({ layer }) => layer === undefined || layer.weights.length === 0)
}

function gradientProblem(layer: Layer, shapes: readonly (readonly number[])[]): string | undefined {
  if (shapes.some(shape => sizeOf(shape) > LARGEST)) return undefined
  try {
    tf.tidy(() => {
      const inputs = shapes.map(shape => tf.zeros([1, ...shape]))
      const output = (...given: tf.Tensor[]): tf.Scalar => {
        const [first, ...more] = [layer.call(given.length === 1 ? given[0] : given, {})].flat()
        return more.reduce<tf.Tensor>((sum, next) => tf.add(sum, tf.sum(next)), tf.sum(first)).asScalar()
      }
      const variables = layer.trainableWeights.map(weight => weight.read() as tf.Variable)
      if (variables.length > 0) tf.variableGrads(() => output(...inputs), variables)
      tf.grads(output)(inputs)
    })
    return undefined
  } catch (error) {
    const message = messageOf(error)
    return NO_NEED.test(message) ? undefined : message
  }
}

/** Without the batch axis. Whether there is a gradient doesn't depend on how large a picture is, only the work does. */
function sampleShape(layer: Layer, shape: readonly (number | null)[]): readonly number[] {
  const { kernelSize, dilationRate, strides, dataFormat } = layer as unknown as Readonly<
    Record<string, unknown>
  >
  const full = shape.map(side => side ?? OPEN)
  if (!Array.isArray(kernelSize)) return full
  const first =
    dataFormat === 'channelsFirst' ? full.length - kernelSize.length : full.length - 1 - kernelSize.length
  return full.map((side, axis) => {
    const i = axis - first
    if (i < 0 || i >= kernelSize.length) return side
    return Math.min(side, (kernelSize[i] - 1) * at(dilationRate, i) + 1 + at(strides, i))
  })
}

function at(setting: unknown, index: number): number {
  return Number(Array.isArray(setting) ? (setting[index] ?? setting[0]) : (setting ?? 1))
}

/** Layers that differ in their names alone are tried once. */
function keyOf(layer: Layer, shapes: readonly (readonly number[])[]): string {
  return JSON.stringify([layer.getClassName(), { ...layer.getConfig(), name: null }, shapes])
}

function untrainable({ name, layer }: GraphNode, problem: string, engine: string) {
  const type = layer?.getClassName() ?? 'layer'
  const [reason, advice] = isDilated(layer, problem)
    ? [
        `it is dilated, and tfjs has no gradient of a dilated ${type}, on no engine`,
        'take a network without it',
      ]
    : /not registered for backend/.test(problem)
      ? [
          `this engine has no gradient of it (${problem})`,
          'take the native engine (layergym doctor says what it needs)',
        ]
      : [problem, 'take a network without it']
  return inputError(
    'model.untrainable',
    `layer '${name}' (${type}) can't be trained on ${engine}: ${reason}; ${advice}`,
  )
}

/** An engine may miss something else of it first. What a transposed convolution calls dilation, tfjs ignores. */
function isDilated(layer: Layer | undefined, problem: string): boolean {
  if (/dilation/i.test(problem)) return true
  // A recurrent layer's is its cell's.
  const { dilationRate } = Object(layer?.getConfig()) as { readonly dilationRate?: unknown }
  const rates = Array.isArray(dilationRate) ? dilationRate : [dilationRate ?? 1]
  return rates.some(rate => Number(rate) > 1) && layer?.getClassName() !== 'Conv2DTranspose'
}
