import { sizeOf } from '../common/arrays.ts'
import type { Rng } from '../common/random.ts'
import type { Layer } from './graph.ts'
import { isStandardisation } from './head-kinds.ts'
import type { Network } from './network.ts'
import type { Variable } from './variables.ts'

/** Values of all variables by name. */
export type Weights = Readonly<Record<string, Float32Array>>

/** What the network holds now, copied. */
export function readWeights(network: Network): Weights {
  return Object.fromEntries(
    network.variables.map(variable => [variable.name, Float32Array.from(variable.handle.dataSync())]),
  )
}

/**
 * A run's starting weights: the pretrained ones with a fresh head, or, `fromScratch`, fresh ones everywhere.
 * Kernels are Glorot uniform (Glorot & Bengio 2010), recurrent kernels orthogonal, as Keras initialises them;
 * variables of other roles (a head of the user's own) keep what they were built with. A fresh head's last layer, where
 * it is dense or a convolution, is zero with the task's start as its bias: training starts from guessing by it.
 */
export function initialWeights(
  network: Network,
  pretrained: Weights,
  options: {
    readonly rng: Rng
    readonly fromScratch?: boolean
    readonly keepHead?: boolean
    /** Bias of a fresh head's last layer, [units]. */
    readonly headStart: Float32Array
  },
): Weights {
  const head = network.groups.length - 1
  const output = outputLayer(network, options.headStart.length)
  return Object.fromEntries(
    network.variables.map(variable => {
      const isFitted = isStandardisation(variable.layer.name)
      const own = variable.group === head && options.keepHead !== true && !isFitted
      const fresh = options.fromScratch === true || own
      const drawn = fresh ? initialize(variable, options.rng) : undefined
      const guessing = fresh && variable.layer === output ? guess(variable, options.headStart) : undefined
      return [variable.name, guessing ?? drawn ?? pretrained[variable.name]]
    }),
  )
}

/** The dense layer, or the convolution, of so many units that the network ends in, where it does. */
export function outputLayer(network: Network, units: number): Layer | undefined {
  const last = network.variables.findLast(({ learned }) => learned)
  const width = last?.shape[last.shape.length - 1]
  const makes = ['Conv2D', 'Dense'].includes(last?.layer.getClassName() ?? '')
  return makes && width === units ? last?.layer : undefined
}

function guess({ role, size }: Variable, start: Float32Array): Float32Array {
  return role === 'bias' ? start : new Float32Array(size)
}

function initialize(variable: Variable, rng: Rng): Float32Array | undefined {
  const { role, size } = variable
  if (role === 'recurrent_kernel') return orthogonal(variable.shape, rng)
  if (role.endsWith('kernel')) return glorotUniform(variable.shape, rng, role.startsWith('depthwise'))
  if (role === 'bias' && ['ConvLSTM2D', 'LSTM'].includes(variable.layer.getClassName()))
    return forgetting(variable)
  if (role === 'bias' || role === 'beta' || role === 'moving_mean') return new Float32Array(size)
  if (role === 'gamma' || role === 'moving_variance') return new Float32Array(size).fill(1)
  return undefined
}

/** An LSTM's gates begin by forgetting nothing (Jozefowicz et al. 2015), where its layer says so: 1 in the second quarter. */
function forgetting({ layer, size }: Variable): Float32Array {
  const { unitForgetBias } = layer.getConfig() as { unitForgetBias?: boolean }
  return new Float32Array(size).fill(unitForgetBias === false ? 0 : 1, size / 4, size / 2)
}

function glorotUniform(shape: readonly number[], rng: Rng, depthwise: boolean): Float32Array {
  const receptive = sizeOf(shape.slice(0, -2))
  const [inputs, outputs] = shape.slice(-2)
  // A depthwise kernel sees one channel: its fan is the window.
  const fan = depthwise ? receptive * (1 + outputs) : receptive * (inputs + outputs)
  const limit = Math.sqrt(6 / fan)
  return Float32Array.from({ length: sizeOf(shape) }, () => (2 * rng.next() - 1) * limit)
}

/**
 * Columns made orthonormal by modified Gram–Schmidt, blockwise where there are more of them than rows; a convolution's
 * kernel has a row for every place and channel.
 */
function orthogonal(shape: readonly number[], rng: Rng): Float32Array {
  const columns = shape[shape.length - 1]
  const rows = sizeOf(shape.slice(0, -1))
  const result = new Float32Array(rows * columns)
  for (let block = 0; block < columns; block += rows) {
    const basis: number[][] = []
    for (let j = block; j < Math.min(columns, block + rows); j++) {
      const vector = Array.from({ length: rows }, () => rng.normal())
      for (const other of basis) {
        const dot = vector.reduce((sum, v, i) => sum + v * other[i], 0)
        for (let i = 0; i < rows; i++) vector[i] -= dot * other[i]
      }
      const norm = Math.hypot(...vector)
      const unit = vector.map(v => v / norm)
      basis.push(unit)
      for (let i = 0; i < rows; i++) result[i * columns + j] = unit[i]
    }
  }
  return result
}
