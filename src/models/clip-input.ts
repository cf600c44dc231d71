import type { ClipValues } from '../data/clip-values.ts'
import type { Layer } from './graph.ts'
import { tf } from './tf.ts'

/** Puts clips into the tensor that enters a network, pixels by a table that holds their fixed scaling. */
export class ClipInput {
  /** By channel, or one for all where there is one channel. */
  private readonly tables: readonly Float32Array[]

  constructor(
    /** Of one clip, without the batch. */
    private readonly shape: readonly number[],
    /** The layer that scales pixels, where the network has one. */
    private readonly scaling: Layer | undefined,
  ) {
    const weights = scaling?.getWeights().map(weight => weight.dataSync())
    this.tables = Array.from({ length: shape.at(-1) === 1 ? 1 : 3 }, (_, channel) => {
      const scale = weights?.[0][channel] ?? 1
      const shift = weights?.[1][channel] ?? 0
      return Float32Array.from({ length: 256 }, (_, pixel) => Math.fround(pixel * scale) + shift)
    })
  }

  /** The caller's; frames are the rows of what was scaled. */
  tensor(values: ClipValues, clips: number): tf.Tensor {
    const floats = values instanceof Float32Array ? values : this.scaled(values)
    const [frames, ...frame] = this.shape
    if (this.scaling === undefined) return tf.tensor(floats, [clips, ...this.shape])
    return tf.tensor(floats, [clips * frames, ...frame])
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
