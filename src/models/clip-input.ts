import { sizeOf } from '../common/arrays.ts'
import type { ClipValues } from '../data/clip-values.ts'
import type { Layer } from './graph.ts'
import { type NativeKernels, nativeKernels } from './kernels.ts'
import { tf } from './tf.ts'

/**
 * Puts clips into the tensor that enters a network, pixels under their fixed scaling: by the native engine as they lie in
 * memory, else by a table. Both give the same bits.
 */
export class ClipInput {
  /** By channel, or one for all where there is one channel. */
  private readonly tables: readonly Float32Array[]
  /** Of one row of a frame: engines are slow at repeating three numbers. */
  private readonly scale: Float32Array | undefined
  private readonly shift: Float32Array | undefined

  constructor(
    /** Of one clip, without the batch. */
    private readonly shape: readonly number[],
    /** The layer that scales pixels, where the network has one. */
    scaling: Layer | undefined,
  ) {
    const [scales, shifts] = scaling?.getWeights().map(weight => weight.dataSync() as Float32Array) ?? []
    const values = sizeOf(this.shape.slice(-2))
    const row = (of: Float32Array) => Float32Array.from({ length: values }, (_, i) => of[i % of.length])
    this.scale = scales && row(scales)
    this.shift = shifts && row(shifts)
    this.tables = Array.from({ length: shape.at(-1) === 1 ? 1 : 3 }, (_, channel) => {
      const scale = scales?.[channel] ?? 1
      const shift = shifts?.[channel] ?? 0
      return Float32Array.from({ length: 256 }, (_, pixel) => Math.fround(pixel * scale) + shift)
    })
  }

  /** The caller's; frames are the rows of what was scaled. */
  tensor(values: ClipValues, clips: number): tf.Tensor {
    const shape = this.shapeOf(clips)
    if (values instanceof Float32Array) return tf.tensor(values, shape)
    const native = nativeKernels()
    return native === undefined ? tf.tensor(this.scaled(values), shape) : this.onEngine(native, values, shape)
  }

  shapeOf(clips: number): number[] {
    const [frames, ...frame] = this.shape
    return this.scale === undefined ? [clips, ...this.shape] : [clips * frames, ...frame]
  }

  private onEngine(native: NativeKernels, pixels: Uint8Array, shape: readonly number[]): tf.Tensor {
    return tf.tidy(() => {
      if (this.scale === undefined || this.shift === undefined) return native.bytes(pixels, shape)
      const rows = native.bytes(pixels, [pixels.length / this.scale.length, this.scale.length])
      return tf.reshape(tf.add(tf.mul(rows, tf.tensor1d(this.scale)), tf.tensor1d(this.shift)), [...shape])
    })
  }

  private scaled(pixels: Uint8Array): Float32Array {
    const floats = new Float32Array(pixels.length)
    if (this.tables.length === 1) {
      const [table] = this.tables
      for (let i = 0; i < pixels.length; i++) floats[i] = table[pixels[i]]
    } else {
      const [red, green, blue] = this.tables
      for (let i = 0; i < pixels.length; i += 3) {
        floats[i] = red[pixels[i]]
        floats[i + 1] = green[pixels[i + 1]]
        floats[i + 2] = blue[pixels[i + 2]]
      }
    }
    return floats
  }
}
