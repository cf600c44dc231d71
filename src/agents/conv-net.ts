import { inputError } from '../common/error.ts'
import type { Rng } from '../common/random.ts'
import type { Approximator } from './approximator.ts'
import { BYTES } from './kernels/kernels.ts'
import { type Allotted, allotted, makeRoom, type OptimizerRoom } from './kernels/memory.ts'
import { Mlp, type MlpOptions, parametersOf } from './mlp.ts'
import { orthogonal } from './orthogonal.ts'

/** Of a picture: [height, width, channels]. */
export type PictureShape = readonly [height: number, width: number, channels: number]

/** As an `MlpOptions`, whose `hidden` are the dense layers behind the convolution; its inputs are the picture's numbers. */
export interface ConvNetOptions extends Omit<MlpOptions, 'inputs'> {
  readonly picture: PictureShape
  readonly filters?: number
  /** What the picture's numbers are multiplied by, default 1. */
  readonly scale?: number
}

const KERNEL = 3

/**
 * A convolution of 3 × 3 cells, stride 1, without padding, then a perceptron: with 16 filters and one dense layer of 128, ReLU
 * throughout, the network of MinAtar (Young & Tian 2019, section 4). On the kernels: patches side by side are one matrix.
 *
 * `parameters` holds the filters [filters, 3, 3, channels] and their biases [filters], then the perceptron's, whose inputs are
 * [height − 2, width − 2, filters]. What `forward` and `backward` return stays valid until their next call.
 */
export class ConvNet implements Approximator {
  readonly inputs: number
  readonly outputs: number
  readonly parameters: Float32Array
  /** Where an optimizer moves them. */
  readonly optimizerRoom: OptimizerRoom
  private readonly shape: PictureShape
  private readonly filters: number
  private readonly scale: number
  /** Numbers of a patch. */
  private readonly patch: number
  /** Patches of a picture. */
  private readonly places: number
  private readonly head: Mlp
  private readonly gradient: Float32Array
  private own: Buffers
  private capacity = 0
  private rows = 0

  /** @throws input error when the picture is smaller than 3 × 3, or a layer too large */
  constructor({ picture, filters = 16, scale = 1, ...options }: ConvNetOptions) {
    const [height, width, channels] = picture
    if (height < KERNEL || width < KERNEL) {
      throw inputError(
        'network.picture',
        `a convolution of ${KERNEL}x${KERNEL} takes pictures at least that large, not ${height}x${width}: set network to mlp`,
      )
    }
    this.shape = picture
    this.filters = filters
    this.scale = scale
    this.patch = KERNEL * KERNEL * channels
    this.places = (height - KERNEL + 1) * (width - KERNEL + 1)
    this.inputs = height * width * channels
    this.outputs = options.outputs
    const kernel = initialFilters(filters, this.patch, options)
    const head = { ...options, inputs: this.places * filters }
    this.optimizerRoom = makeRoom(kernel.length + parametersOf(head))
    this.parameters = this.optimizerRoom.parameters
    this.parameters.set(kernel)
    this.head = new Mlp({ ...head, parameters: this.parameters.subarray(kernel.length) })
    this.gradient = new Float32Array(this.parameters.length)
    this.own = this.roomFor(8)
  }

  forward(batch: Float32Array, rows: number): Float32Array {
    const { filters, patch, places, parameters, head } = this
    this.own = this.roomFor(rows)
    this.rows = rows
    const { kernels, patches, weights, transposed, maps } = this.own
    this.unroll(batch, rows)
    weights.set(parameters.subarray(0, weights.length))
    // maps = bias + patches Wᵀ
    kernels.transpose(weights.byteOffset, transposed.byteOffset, filters, patch)
    const bias = weights.byteOffset + BYTES * filters * patch
    const [from, by, to] = [patches, transposed, maps].map(array => array.byteOffset)
    kernels.multiply(from, patch, 1, by, bias, to, rows * places, patch, filters)
    kernels.relu(to, rows * places * filters)
    return head.forward(maps, rows)
  }

  backward(outputGradient: Float32Array): Float32Array {
    const { filters, patch, places, head, rows, gradient } = this
    const { kernels, patches, weights, maps, delta, ofWeights } = this.own
    gradient.set(head.backward(outputGradient), weights.length)
    delta.set(head.inputGradient())
    const [of, from, to] = [delta, patches, ofWeights].map(array => array.byteOffset)
    kernels.reluGradient(of, maps.byteOffset, rows * places * filters)
    // ∂W = deltaᵀ patches, ∂b = Σ delta
    kernels.multiply(of, 1, filters, from, 0, to, filters, rows * places, patch)
    kernels.columnSums(of, to + BYTES * filters * patch, rows * places, filters)
    gradient.set(ofWeights)
    return gradient
  }

  /** Every 3 × 3 patch as a row, [rows · places, 3 · 3 · channels]. */
  private unroll(batch: Float32Array, rows: number): void {
    const [height, width, channels] = this.shape
    const { patches } = this.own
    const { scale } = this
    const across = KERNEL * channels
    let at = 0
    for (let row = 0; row < rows; row++) {
      for (let y = 0; y <= height - KERNEL; y++) {
        for (let x = 0; x <= width - KERNEL; x++) {
          for (let down = 0; down < KERNEL; down++) {
            const from = ((row * height + y + down) * width + x) * channels
            for (let i = 0; i < across; i++) patches[at++] = scale * batch[from + i]
          }
        }
      }
    }
  }

  /** Arrays for so many pictures, those that there are where they are large enough. */
  private roomFor(rows: number): Buffers {
    if (rows <= this.capacity) return this.own
    const { filters, patch, places } = this
    this.capacity = Math.max(rows, 2 * this.capacity)
    const weights = filters * (patch + 1)
    return allotted({
      patches: this.capacity * places * patch,
      weights,
      transposed: filters * patch,
      maps: this.capacity * places * filters,
      delta: this.capacity * places * filters,
      ofWeights: weights,
    })
  }
}

type Buffers = Allotted<'patches' | 'weights' | 'transposed' | 'maps' | 'delta' | 'ofWeights'>

/** Filters, then biases: as a perceptron's layer of so many inputs. */
function initialFilters(
  filters: number,
  patch: number,
  { rng, initial }: { readonly rng: Rng; readonly initial?: 'orthogonal' | 'uniform' },
): Float32Array {
  const parameters = new Float32Array(filters * (patch + 1))
  if (initial !== 'uniform') {
    parameters.set(orthogonal(filters, patch, Math.SQRT2, rng))
    return parameters
  }
  const bound = 1 / Math.sqrt(patch)
  return parameters.map(() => bound * (2 * rng.next() - 1))
}
